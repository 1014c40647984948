# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make help` lists the targets. All that is built or cached lies in .venv.

PYTHON ?= python3
STAMP := .venv/.complete
RUN := tests/tools/run
# The tests that start clusters are bound by waiting more than by work, so three processes are not too many for two cores.
PYTEST_FLAGS ?= -n 3 --dist loadfile

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# The order of the parts of `test` is meant: what fails cheaply comes first.
.NOTPARALLEL:
.PHONY: help venv demo test lint format typecheck ansible-lint sanity docs-check package-check \
	unit emulator integration molecule pytest bench fuzz lock clean FORCE

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

venv: $(STAMP) ## Build .venv from requirements-dev.lock (PYTHON=python3.12 chooses the interpreter)

# A tree that was moved or copied has a .venv that points elsewhere.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
$(STAMP): FORCE
endif
$(STAMP): requirements-dev.lock tests/tools/make_venv
	@tests/tools/make_venv "$(PYTHON)" "$@"

demo: $(STAMP) ## Show the collection at work on an emulated cluster
	@$(RUN) python -m demo

test: lint typecheck docs-check ansible-lint package-check sanity molecule pytest ## Run every check and every test

lint: $(STAMP) ## Check style and format of the Python code
	@$(RUN) ruff check --quiet
	@$(RUN) ruff format --check --quiet || { echo "ruff format would change files; run: make format"; exit 1; }

format: $(STAMP) ## Put the Python code in order, and write what documentation a tool knows
	@$(RUN) python tests/tools/option_docs.py
	@$(RUN) ruff check --fix --quiet
	@$(RUN) ruff format --quiet
	@$(RUN) python tests/tools/action_tables.py

typecheck: $(STAMP) ## Check the types, strictly
	@$(RUN) mypy -p ansible_collections.redis_enterprise.cluster.plugins -p redis_enterprise_emulator -p demo -p benchmark \
		-p fuzz
	@$(RUN) mypy -m action_tables -m docs_check -m lock -m option_docs -m package_check -m sanity

docs-check: $(STAMP) ## Check the modules' documentation and the changelog
	@$(RUN) python tests/tools/option_docs.py --check
	@$(RUN) antsibull-changelog lint
	@$(RUN) python tests/tools/action_tables.py --check
	@$(RUN) python tests/tools/docs_check.py

ansible-lint: $(STAMP) ## Check roles, playbooks and YAML at the profile `production`
	@$(RUN) ansible-lint --offline --profile production

package-check: $(STAMP) ## Build the tarball, install it into an empty path and run a playbook from there
	@$(RUN) python tests/tools/package_check.py

sanity: $(STAMP) ## Run ansible-test sanity
	@$(RUN) python tests/tools/sanity.py

molecule: $(STAMP) ## Run the molecule scenario: a rolling maintenance of an emulated cluster
	@$(RUN) molecule test --scenario-name rolling_maintenance

unit: $(STAMP) ## Run the unit tests
	@$(RUN) pytest tests/unit

emulator: $(STAMP) ## Run the tests of the emulated cluster and of the demo
	@$(RUN) pytest $(PYTEST_FLAGS) tests/emulator/tests tests/demo

integration: $(STAMP) ## Run the integration tests
	@$(RUN) pytest $(PYTEST_FLAGS) tests/integration

pytest: $(STAMP) ## Run all tests that pytest runs
	@$(RUN) pytest $(PYTEST_FLAGS)

bench: $(STAMP) ## Measure against the emulated cluster (BENCH_FLAGS="--runs 3 --only empty", see --help)
	@$(RUN) python -m benchmark $(BENCH_FLAGS)

fuzz: $(STAMP) ## Put mutated answers before every module (FUZZ_FLAGS="--mutations 400000", see --help)
	@$(RUN) python -m fuzz $(FUZZ_FLAGS)

lock: $(STAMP) ## Resolve requirements-dev.in anew into requirements-dev.lock
	@.venv/bin/python tests/tools/lock.py

clean: ## Remove all that was built
	rm -rf .venv .ansible .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

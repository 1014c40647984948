# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What README and tasks of the roles have in common; the variables themselves are in test_recipes.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from support.tree import ROOT, load, text

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if (path / "tasks").is_dir())
WITH_PHASES = ["node_removal", "rolling_maintenance"]
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)


def shown(value: Any) -> str:
    """A default as the README writes it."""
    return "none" if value == "" else str(yaml.safe_dump(value).split("\n")[0])


@pytest.mark.parametrize("role", WITH_PHASES)
def test_the_readme_shows_the_defaults(role: str) -> None:
    defaults = load(f"roles/{role}/defaults/main.yml")
    rows = {name: value.strip().strip("`") for name, value in ROW.findall(text(f"roles/{role}/README.md"))}
    assert {name: rows.get(name) for name in defaults} == {name: shown(value) for name, value in defaults.items()}


@pytest.mark.parametrize("role", WITH_PHASES)
def test_every_entry_point_is_declared_and_in_the_readme(role: str) -> None:
    files = {path.stem for path in (ROOT / "roles" / role / "tasks").glob("*.yml")} - {"api_host"}
    assert set(load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]) == files
    assert files <= {name for name, dummy in ROW.findall(text(f"roles/{role}/README.md"))}


@pytest.mark.parametrize("role", ROLES)
def test_the_variables_of_a_role_decide_nothing(role: str) -> None:
    lines = text(f"roles/{role}/vars/main.yml").splitlines()
    assert len(lines) < 60
    conditions = [line for line in lines if " if " in f"{line} "]
    assert not conditions, "a decision belongs into plugins/module_utils/_roll, with a test"

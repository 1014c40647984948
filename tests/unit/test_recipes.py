# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of CONTRIBUTING.md are followed to the end: what one of them names and a change forgot is named here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import pytest
from support.tree import ROOT, load, python_files, text

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Field
from redis_enterprise_emulator import bdb_schema
from redis_enterprise_emulator.bdb_field import Field as EmulatedField

MODULES = [path.stem for path in python_files("plugins/modules")]

# -- a module ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_an_action_plugin(module: str) -> None:
    path = f"plugins/action/{module}.py"
    assert (ROOT / path).is_file(), f"{path} is missing: without it, every task of {module} starts a process"
    assert f"plugins.modules.{module} import FRONT" in text(path), f"{path} has to import FRONT of {module}"


def test_an_action_plugin_has_a_module() -> None:
    alone = {path.stem for path in python_files("plugins/action")} - set(MODULES)
    assert not alone, f"plugins/action/ has files without a module in plugins/modules/: {sorted(alone)}"


def test_a_module_is_in_the_action_group() -> None:
    group = load("meta/runtime.yml")["action_groups"]["cluster"]
    forgotten = set(MODULES) - set(group)
    assert not forgotten, f"meta/runtime.yml: add to action_groups.cluster, for module_defaults: {sorted(forgotten)}"
    assert not set(group) - set(MODULES), f"meta/runtime.yml: no such module: {sorted(set(group) - set(MODULES))}"


def test_a_module_is_in_the_table_of_the_readme() -> None:
    rows = re.findall(r"^\| `(redis_\w+)` \|", text("README.md"), re.MULTILINE)
    forgotten = set(MODULES) - set(rows)
    assert not forgotten, f"README.md: add a row to the table of modules: {sorted(forgotten)}"
    assert not set(rows) - set(MODULES), f"README.md: no such module: {sorted(set(rows) - set(MODULES))}"


def test_a_module_is_run_in_both_fronts() -> None:
    path = "tests/integration/test_fronts.py"
    calls = [node for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.Call)]
    steps = {ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "step"}
    forgotten = set(MODULES) - steps
    assert not forgotten, f"{path}: add a step to STEPS, with its outcome: {sorted(forgotten)}"


# -- a field of a database ---------------------------------------------------------------------------------------------


def missing(rows: Iterator[Field], known: Mapping[str, EmulatedField], path: str = "") -> Iterator[str]:
    """The paths of fields and members that the emulator does not have."""
    for row in rows:
        emulated = known.get(row.name)
        if emulated is None:
            yield path + row.name
        else:
            members = (emulated.items or emulated).members
            yield from missing(iter(row.members), {member.name: member for member in members}, f"{path}{row.name}.")


def test_a_field_is_in_the_schema_of_the_emulator() -> None:
    forgotten = list(missing((row for row in FIELDS.values() if row.is_option), bdb_schema.FIELDS))
    assert not forgotten, (
        "tests/emulator/redis_enterprise_emulator/bdb_schema.py (members: bdb_nested.py): add what the vendor's "
        f"reference says of {forgotten}; the emulator refuses what it does not know"
    )

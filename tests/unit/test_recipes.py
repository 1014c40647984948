# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of CONTRIBUTING.md are followed to the end: what one of them names and a change forgot is named here."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.tree import ROOT, load, python_files, text

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.actions import NODE_ACTIONS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Field
from redis_enterprise_emulator import bdb_schema, emulator, node_actions
from redis_enterprise_emulator.bdb_field import Field as EmulatedField

ROLES = sorted(path.parent.parent.name for path in ROOT.glob("roles/*/tasks/main.yml"))
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


def test_a_field_is_known_to_the_emulator() -> None:
    """Both tables are written from the vendor's reference, independently, so that neither copies a mistake."""
    forgotten = {*missing((row for row in FIELDS.values() if row.is_option), bdb_schema.FIELDS)}
    forgotten |= {name for name in FIELDS if name not in bdb_schema.FIELDS}
    assert not forgotten, (
        "tests/emulator/redis_enterprise_emulator/bdb_schema.py (members: bdb_nested.py): add what the vendor's "
        f"reference says of {sorted(forgotten)}; the emulator refuses what it does not know"
    )


# -- an endpoint of the emulator ---------------------------------------------------------------------------------------


def test_a_route_of_the_emulator_has_a_row_of_provenance() -> None:
    path = "tests/emulator/README.md"
    _before, _heading, table = text(path).partition("## Where each route comes from")
    rows = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)}
    routes = {re.sub(r":\w+}", "}", route.path) for routes in emulator.ROUTES for route in routes}
    forgotten = routes - rows
    assert not forgotten, f"{path}: add a row to 'Where each route comes from', and say how sure it is: {forgotten}"


# -- an action ---------------------------------------------------------------------------------------------------------


def test_an_action_of_a_node_is_known_to_the_emulator() -> None:
    forgotten = set(NODE_ACTIONS) - set(node_actions.NAMES)
    assert not forgotten, f"tests/emulator/redis_enterprise_emulator/node_actions.py: emulate {sorted(forgotten)}"


# -- a variable of a role ----------------------------------------------------------------------------------------------


TEMPLATE = re.compile(r"\{\{.*?\}\}")


def words(value: str) -> set[str]:
    return set(re.findall(r"\w+", value))


def without_rescue(tasks: Any) -> Any:
    """The tasks as they run without a failure. What a rescue uses depends on the phase that failed."""
    if isinstance(tasks, list):
        return [without_rescue(item) for item in tasks]
    if isinstance(tasks, dict):
        return {key: without_rescue(item) for key, item in tasks.items() if key != "rescue"}
    return tasks


def included(tasks: Any) -> Iterator[str]:
    """The files of tasks that tasks import or include, by a name or by a template."""
    if isinstance(tasks, list):
        for item in tasks:
            yield from included(item)
    elif isinstance(tasks, dict):
        for key, item in tasks.items():
            if key.rpartition(".")[2] in ("import_tasks", "include_tasks"):
                yield str(item["file"] if isinstance(item, dict) else item)
            yield from included(item)


def phases(tasks: Any) -> Iterator[str]:
    """The names that the tasks hand on to a file that includes another one by a variable."""
    if isinstance(tasks, list):
        for item in tasks:
            yield from phases(item)
    elif isinstance(tasks, dict):
        yield from (str(value) for value in (tasks.get("vars") or {}).values() if re.fullmatch(r"\w+", str(value)))
        for item in tasks.values():
            yield from phases(item)


def used(role: Path, entry: str) -> set[str]:
    """All names that a file of tasks uses: itself, what it includes, and what the role's variables are built from."""
    seen, names, values = {role / "tasks" / f"{entry}.yml"}, set[str](), set[str]()
    files = [*seen]
    for path in files:
        tasks = without_rescue(load(path))
        names |= words(str(tasks))
        values |= set(phases(tasks))
        wanted = {TEMPLATE.sub(value, name) for name in included(tasks) for value in ("", *values)}
        new = {place / name for name in wanted for place in (role / "tasks", path.parent)}
        new = {path for path in new if path.is_file()} - seen
        seen |= new
        files += new
    variables = {name: words(str(value)) for name, value in (load(role / "vars" / "main.yml") or {}).items()}
    reached: set[str] = set()
    while names - reached:
        new_names = names - reached
        reached |= new_names
        names |= {word for name in new_names for word in variables.get(name, ())}
    return reached


def keys(value: Any) -> Iterator[str]:
    """The names that tasks or variables define: facts, variables, registered results, groups."""
    if isinstance(value, list):
        for item in value:
            yield from keys(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            if key in ("register", "groups"):
                yield from words(str(item))
            yield from keys(item)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)
    else:
        yield str(value)


@pytest.mark.parametrize("role", ROLES)
def test_a_variable_that_a_role_uses_is_defined(role: str) -> None:
    folder = ROOT / "roles" / role
    name = re.compile(rf"(?<![\w.])_*{role}_\w+\b(?!\s*\|\s*default)")
    files = [load(path) for path in (*folder.glob("tasks/**/*.yml"), folder / "vars" / "main.yml")]
    defined = {*load(folder / "defaults" / "main.yml"), *(key for file in files for key in keys(file))}
    undefined = {word for file in files for string in strings(file) for word in name.findall(string)} - defined
    assert not undefined, f"roles/{role}/defaults/main.yml: define {sorted(undefined)}"


@pytest.mark.parametrize("role", ROLES)
def test_an_entry_point_declares_the_variables_that_it_uses(role: str) -> None:
    folder = ROOT / "roles" / role
    defaults = load(folder / "defaults" / "main.yml")
    for entry, spec in load(folder / "meta" / "argument_specs.yml")["argument_specs"].items():
        assert (folder / "tasks" / f"{entry}.yml").is_file(), f"roles/{role}: {entry} has no file of tasks"
        forgotten = (used(folder, entry) & set(defaults)) - set(spec.get("options", {}))
        assert not forgotten, (
            f"roles/{role}/meta/argument_specs.yml: argument_specs.{entry}.options lacks what tasks/{entry}.yml uses: "
            f"{sorted(forgotten)}"
        )


@pytest.mark.parametrize("role", ROLES)
def test_a_variable_of_a_role_is_declared_and_documented(role: str) -> None:
    folder = ROOT / "roles" / role
    defaults = load(folder / "defaults" / "main.yml")
    specs = load(folder / "meta" / "argument_specs.yml")["argument_specs"]
    options = {name: option for entry in specs.values() for name, option in entry.get("options", {}).items()}
    forgotten = set(defaults) - set(options)
    assert not forgotten, f"roles/{role}/meta/argument_specs.yml: declare {sorted(forgotten)}"
    without = {name for name, option in options.items() if name.startswith(role) and not option.get("required")}
    without -= set(defaults)
    assert not without, f"roles/{role}/defaults/main.yml: give a default, null if there is none, to {sorted(without)}"
    fixed = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    other = {name for name, value in fixed.items() if options[name].get("default") != value}
    assert not other, f"roles/{role}: defaults/main.yml and meta/argument_specs.yml differ in {sorted(other)}"
    rows = dict(re.findall(r"^\| `(\w+)` \|([^|]*)\|", text(folder / "README.md"), re.MULTILINE))
    unwritten = set(options) - set(rows)
    assert not unwritten, f"roles/{role}/README.md: add a row to the table of variables for {sorted(unwritten)}"
    shown = {name: "none" if value == "" else json.dumps(value).strip('"') for name, value in fixed.items()}
    wrong = {name: value for name, value in shown.items() if rows[name].strip().strip("`") != value}
    assert not wrong, f"roles/{role}/README.md: another default is shown than {wrong}"

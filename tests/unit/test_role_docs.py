# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults, argument specs, README and tasks of the roles about nodes agree, for each entry point."""

from __future__ import annotations

import pytest
from support.role_docs import Role, as_shown

NODE_UID = "redis_node_uid"  # of the inventory; it has no default
ROLES = [Role("rolling_maintenance"), Role("node_removal")]
ENTRIES = [(role, entry) for role in ROLES for entry in role.specs]
PER_ROLE = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


@PER_ROLE
def test_every_default_is_documented_with_its_value(role: Role) -> None:
    for entry, options in role.specs.items():
        documented = {name: option.get("default") for name, option in options.items() if name != NODE_UID}
        assert documented == {name: role.defaults.get(name) for name in documented}, f"meta/argument_specs.yml, {entry}"
    assert {name for options in role.specs.values() for name in options} == {*role.defaults, NODE_UID}
    assert role.readme == {name: as_shown(value) for name, value in role.defaults.items()}, "README.md"


@pytest.mark.parametrize(("role", "entry"), ENTRIES, ids=[f"{role.name}-{entry}" for role, entry in ENTRIES])
def test_an_entry_point_documents_the_variables_that_it_uses(role: Role, entry: str) -> None:
    assert set(role.specs[entry]) - {NODE_UID} == role.used(entry), f"{role.name}/meta/argument_specs.yml, {entry}"


@PER_ROLE
def test_every_entry_point_is_documented(role: Role) -> None:
    files = {path.stem for path in (role.folder / "tasks").glob("*.yml")} - {"api_host"}
    assert set(role.specs) == files
    readme = (role.folder / "README.md").read_text(encoding="utf-8")
    assert [entry for entry in role.specs if f"| `{entry}` |" not in readme] == []


@PER_ROLE
def test_the_variables_of_a_role_decide_nothing(role: Role) -> None:
    text = (role.folder / "vars" / "main.yml").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert " if " not in text, "a decision belongs into plugins/module_utils/_roll, with a test"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every member of the objects inside a database: set, read back as it was set, nothing to do twice, and changed."""

from __future__ import annotations

import typing as t

import pytest
from support.bdb_members import ENTRIES, IMPORTS, MODULE, PLACES, SETTINGS, Members, first, optional, place
from support.bdb_runs import SIZE, created
from support.brisk import BriskModule

NEEDS: t.Mapping[str, dict[str, t.Any]] = {
    "bigstore_ram_weights": {"bigstore": True, "bigstore_ram_size": "100MB", "memory_size": "1GB"},
}


def stored(process: BriskModule, uid: int, name: str) -> t.Any:
    return process.cluster.api("GET", f"/v1/bdbs/{uid}?extended=true").json().get(name)


def options_of(value: t.Any) -> t.Any:
    """An object with its members named as options."""
    return {optional(name): each for name, each in value.items()}


# -- settings ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_settings(process: BriskModule) -> dict[str, int]:
    """A database for each object of settings, by its name."""
    return {name: created(process, f"all-{name}") for name in SETTINGS}


@pytest.mark.parametrize(
    ("name", "member"), [(name, member) for name, members in SETTINGS.items() for member in members]
)
def test_a_setting_is_set_and_changed_and_leaves_the_others_alone(
    process: BriskModule, with_settings: dict[str, int], name: str, member: str
) -> None:
    uid = with_settings[name]
    before = stored(process, uid, name) or {}
    for value in SETTINGS[name][member]:
        proved = process.prove(uid=uid, **{name: {optional(member): value}})
        assert proved.result["changes"] == [name]
        assert proved.writes[0]["body"] == {name: {member: value}}
        shown = stored(process, uid, name)
        assert shown[member] == value
        assert type(shown[member]) is type(value)
        others = {key: each for key, each in before.items() if key != member}
        assert {key: shown.get(key) for key in others} == others


@pytest.mark.parametrize("name", SETTINGS)
def test_all_settings_at_once(process: BriskModule, name: str) -> None:
    options = {"name": f"once-{name}".replace("_", "-"), **SIZE, name: options_of(first(SETTINGS[name]))}
    proved = process.prove(**options)
    assert stored(process, proved.result["bdb"]["uid"], name) == first(SETTINGS[name])


# -- places of backups and imports -------------------------------------------------------------------------------


def changed_in(members: Members, whole: dict[str, t.Any]) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """The same object with one member changed, for each of them."""
    for name, (_one, other) in members.items():
        yield name, {**whole, name: other}


@pytest.mark.parametrize("kind", PLACES)
def test_a_place_for_backups_is_set_and_each_of_its_members_counts(process: BriskModule, kind: str) -> None:
    uid, whole = created(process, f"backup-{kind}"), place(kind, PLACES[kind])
    process.prove(uid=uid, backup_location=whole)
    assert stored(process, uid, "backup_location") == whole
    for member, changed in changed_in(PLACES[kind], whole):
        proved = process.prove(uid=uid, backup_location=changed)
        assert proved.result["changes"] == ["backup_location"], member
        assert stored(process, uid, "backup_location") == changed
        assert process.run(uid=uid, backup_location=whole).changed


@pytest.mark.parametrize("kind", IMPORTS)
def test_a_source_of_an_import_is_sent_as_it_is(process: BriskModule, kind: str) -> None:
    uid, whole = created(process, f"import-{kind}"), place(kind, IMPORTS[kind])
    sent = process.run(uid=uid, dataset_import_sources=[whole])
    assert sent.writes[0]["body"] == {"dataset_import_sources": [whole]}
    assert (sent.changed, sent.result.get("failed")) == (True, None)


# -- lists of objects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ENTRIES if name != "shard_key_regex"])
def test_an_entry_of_a_list_is_set_and_each_of_its_members_counts(process: BriskModule, name: str) -> None:
    uid, whole = created(process, f"list-{name}", **NEEDS.get(name, {})), first(ENTRIES[name])
    process.prove(uid=uid, **{name: [whole]})
    assert stored(process, uid, name) == [whole]
    for member, changed in changed_in(ENTRIES[name], whole):
        proved = process.prove(uid=uid, **{name: [changed]})
        assert proved.result["changes"] == [name], member
        assert stored(process, uid, name) == [changed]
        assert process.run(uid=uid, **{name: [whole]}).changed


def test_a_sharding_rule_is_set_before_there_are_shards_to_hash_to(process: BriskModule) -> None:
    uid = created(process, "list-rules")
    for regex in ENTRIES["shard_key_regex"]["regex"]:
        process.prove(uid=uid, shard_key_regex=[{"regex": regex}])
        assert stored(process, uid, "shard_key_regex") == [{"regex": regex}]


def test_a_module_is_asked_for_with_all_that_can_be_said_of_it(process: BriskModule) -> None:
    module = next(
        module
        for module in process.cluster.api("GET", "/v1/modules").json()
        if module["module_name"] == "search" and module["compatible_redis_version"] == "7.4"
    )
    entry = {
        "module_id": module["uid"],
        "module_args": "TIMEOUT 100",
        "module_name": "search",
        "semantic_version": module["semantic_version"],
    }
    assert sorted(entry) == sorted(MODULE)
    proved = process.prove(name="list-modules", module_list=[entry], redis_version="7.4", **SIZE)
    assert stored(process, proved.result["bdb"]["uid"], "module_list") == [entry]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of BDB fields, field by field, against the emulated cluster: set, read, set again, change, change back."""

from __future__ import annotations

import typing as t

import pytest
from support.bdb_samples import NEEDS, values
from support.brisk import BriskModule
from support.emulated import Emulated

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS, SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Settable
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.values import to_api

OPTIONS = [row.name for row in FIELDS.values() if row.is_option and row.name not in ("name", "uid")]
FREE = [name for name in OPTIONS if FIELDS[name].settable in (Settable.ALWAYS, Settable.CONDITIONALLY)]
FIXED = [name for name in OPTIONS if FIELDS[name].settable is Settable.AT_CREATION]
UNSEEN = [name for name in OPTIONS if FIELDS[name].settable is Settable.WRITE_ONLY]
ONE_WAY = {"sharding", "shards_count"}  # the emulated cluster lets neither shrink


def stored(cluster: Emulated, uid: int) -> dict[str, t.Any]:
    return dict(cluster.api("GET", f"/v1/bdbs/{uid}?extended=true").json())


def holds(shown: t.Any, wanted: t.Any) -> bool:
    """Whether the cluster shows a value, however it spells it and whatever it adds."""
    if isinstance(wanted, dict):
        return all(holds(shown.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(wanted) == len(shown) and all(map(holds, shown, wanted))
    return bool(shown == wanted)


def made(process: BriskModule, name: str) -> tuple[int, dict[str, t.Any]]:
    """A database of its own for a field, with what the field's values need."""
    needs = {"memory_size": "1GB", **NEEDS.get(name, {})}
    result = process.run(name=f"f-{name.replace('_', '-')}", **needs).result
    assert not result.get("failed"), result
    return result["bdb"]["uid"], needs


@pytest.mark.parametrize("name", FREE)
def test_a_field_can_be_set_and_changed_and_changed_back(process: BriskModule, name: str) -> None:
    first, second = values(FIELDS[name])
    uid, _needs = made(process, name)
    for number, value in enumerate((second, first) if name in ONE_WAY else (first, second, first)):
        proved = process.prove(uid=uid, **{name: value})
        assert proved.result["changes"] == [name] or number == 0
        shown = stored(process.cluster, uid).get(name)
        if name == "active_defrag_ignore_bytes":
            assert shown == {"200mb": "209715200"}.get(value, value)
        elif name == "crdt_modules":
            assert shown in ('[{"name": "search"}]', "[]")
        else:
            assert holds(shown, to_api(SCHEMA.field(name), value)), shown
    process.run(uid=uid, state="absent")


@pytest.mark.parametrize("name", FIXED)
def test_a_field_that_is_set_once_can_only_be_set_at_creation(process: BriskModule, name: str) -> None:
    first, second = values(FIELDS[name])
    if FIELDS[name].choices:
        first, second = second, first
    options = {"memory_size": "1GB", **NEEDS.get(name, {}), name: first}
    made_with = process.prove(name=f"f-{name.replace('_', '-')}", **options)
    uid = made_with.result["bdb"]["uid"]
    for check in (True, False):
        refused = process.run(uid=uid, check=check, **{name: second})
        assert refused.result["failed"], refused.result
        assert f"{name} of database" in refused.result["msg"]
        assert "cannot become" in refused.result["msg"]
        assert set(refused.methods) == {"GET"}
    process.run(uid=uid, state="absent")


@pytest.mark.parametrize("name", UNSEEN)
def test_a_field_that_is_never_shown_follows_update_password(process: BriskModule, name: str) -> None:
    first, _second = values(FIELDS[name])
    uid, _needs = made(process, name)
    for check in (True, False, False):
        sent = process.run(uid=uid, check=check, **{name: first})
        assert sent.result["changes"] == [name], sent.result
    assert sent.writes[0]["body"] == {name: to_api(SCHEMA.field(name), first)}
    kept = process.run(uid=uid, update_password="on_create", **{name: first})
    assert (kept.changed, kept.writes) == (False, [])
    process.run(uid=uid, state="absent")


def test_every_option_is_proved_here() -> None:
    assert sorted(FREE + FIXED + UNSEEN) == sorted(OPTIONS)
    assert len(OPTIONS) > 120

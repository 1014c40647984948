# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision about one database: which step, with which body and which diff, or why not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.desired import Desired, desired_from
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.plan import plan
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput, Refused
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.plan import (
    pick,
    predicted,
    refuse_unknown,
    still_different,
    unknown_fields,
)

CURRENT = {
    "uid": 1,
    "name": "orders",
    "memory_size": 1073741824,
    "replication": False,
    "sharding": True,
    "port": 0,
    "endpoints": [{"port": 12000}],
    "type": "redis",
    "authentication_redis_pass": "old-pass",
}


def want(**params: t.Any) -> Desired:
    return desired_from({"name": "orders", **params})


def test_nothing_set_beyond_the_name_changes_nothing() -> None:
    made = plan(want(), CURRENT)
    assert (made.step, made.body, made.changed, made.changes) == ("nothing", {}, False, [])


def test_only_what_differs_is_sent() -> None:
    made = plan(want(memory_size="2GB", replication=False, port=12000, type="redis"), CURRENT)
    assert (made.step, made.body) == ("update", {"memory_size": 2147483648})
    assert made.before == {"uid": 1, "name": "orders", "memory_size": 1073741824}
    assert made.after == {"uid": 1, "name": "orders", "memory_size": 2147483648}
    assert made.changes == ["memory_size"]


def test_creation_sends_what_was_set_and_nothing_else() -> None:
    made = plan(want(memory_size="1GB", replication=True, uid=9), None)
    assert made.step == "create"
    assert made.body == {"name": "orders", "uid": 9, "memory_size": 1073741824, "replication": True}
    assert (made.before, made.after) == ({}, made.body)


def test_rename_by_uid() -> None:
    made = plan(desired_from({"uid": 1, "name": "orders-old"}), CURRENT)
    assert (made.step, made.body) == ("update", {"name": "orders-old"})
    assert (made.before["name"], made.after["name"]) == ("orders", "orders-old")


def test_deletion_shows_what_goes() -> None:
    made = plan(want(state="absent"), CURRENT)
    assert made.step == "delete"
    assert made.before["name"] == "orders"
    assert made.after == {}
    assert plan(want(state="absent"), None).step == "nothing"


@pytest.mark.parametrize(
    ("stored", "wanted", "update_password", "step"),
    [
        ("old-pass", "old-pass", "always", "nothing"),
        ("old-pass", "new-pass", "always", "update"),
        ("old-pass", "new-pass", "on_create", "nothing"),
        ("old-pass", "", "always", "update"),
        ("old-pass", "", "on_create", "nothing"),
        ("", "", "always", "nothing"),
        ("********", "new-pass", "always", "update"),
        ("********", "new-pass", "on_create", "nothing"),
        ("", "new-pass", "always", "update"),
        ("", "new-pass", "on_create", "nothing"),
    ],
)
def test_passwords(stored: str, wanted: str, update_password: str, step: str) -> None:
    desired = want(authentication_redis_pass=wanted, update_password=update_password)
    made = plan(desired, {**CURRENT, "authentication_redis_pass": stored})
    assert made.step == step
    told = f"{made.before} {made.after}"
    assert not [word for word in ("old-pass", "new-pass") if word in told]
    if step == "update" and wanted:
        assert made.before != made.after


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"port": 13000}, r"port of database 'orders' is 12000 and cannot become 13000.*create a new database"),
        ({"type": "memcached"}, "type of database 'orders' is 'redis' and cannot become 'memcached'"),
        ({"sharding": False}, "cannot be turned off"),
        ({"redis_version": "7.4"}, "only by an upgrade"),
        ({"config": {"crdt": True}}, "crdt of database 'orders'"),
    ],
)
def test_what_cannot_be_changed_is_refused_before_any_write(params: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        plan(want(**params), CURRENT)


def test_an_internal_database_is_never_deleted() -> None:
    with pytest.raises(Refused, match="internal"):
        plan(want(state="absent"), {**CURRENT, "internal": True})


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"name": None}, "set name, uid, or both"),
        ({"name": "-x"}, "letters, digits and hyphens"),
        ({"name": "a_b"}, "letters, digits and hyphens"),
        ({"memory_size": "lots"}, "memory_size must be a size"),
        ({"memory_size": "1GB", "config": {"memory_size": 1}}, "memory_size is set twice"),
        ({"config": {"uid": 7}}, "config must not hold uid: use the option"),
        ({"config": {"status": "active"}}, "status is set by the cluster"),
    ],
)
def test_bad_input_is_told_in_one_sentence(params: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        want(**params)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [({"name": None, "uid": 4, "memory_size": "1GB"}, "set name as well"), ({}, "memory_size is needed")],
)
def test_creation_needs_name_and_size(params: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        plan(want(**params), None)


LISTED = [{"uid": 1, "name": "orders"}, {"uid": 2, "name": "twin"}, {"uid": 3, "name": "twin"}]


@pytest.mark.parametrize(
    ("params", "uid"),
    [
        ({"name": "orders"}, 1),
        ({"name": "nobody"}, None),
        ({"name": None, "uid": 3}, 3),
        ({"name": "twin", "uid": 3}, 3),
        ({"name": "fresh", "uid": 3}, 3),
        ({"name": "fresh", "uid": 9}, None),
    ],
)
def test_which_database_is_meant(params: dict[str, t.Any], uid: int | None) -> None:
    meant = pick(want(**params), LISTED)
    assert (meant or {}).get("uid") == uid


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"name": "twin"}, r"2 databases have the name 'twin' \(uids 2, 3\): say which by uid"),
        ({"name": "orders", "uid": 2}, "point to different databases: the name belongs to uid 1"),
        ({"name": "orders", "uid": 9}, "point to different databases"),
        ({"name": "other", "uid": 1, "state": "absent"}, "is named 'orders', not 'other': nothing was deleted"),
    ],
)
def test_an_unclear_target_is_refused(params: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        pick(want(**params), LISTED)


def test_what_is_still_different_after_a_change() -> None:
    desired = want(memory_size="2GB", authentication_redis_pass="new-pass")
    changed = plan(desired, CURRENT)
    assert still_different(desired, CURRENT, changed) == ["authentication_redis_pass", "memory_size"]
    masked = {**CURRENT, "memory_size": 2147483648, "authentication_redis_pass": "****"}
    assert still_different(desired, masked, changed) == []
    renamed = desired_from({"uid": 1, "name": "new"})
    assert still_different(renamed, CURRENT, plan(renamed, CURRENT)) == ["name"]


@pytest.mark.parametrize("update_password", ["always", "on_create"])
def test_a_password_that_a_creation_did_not_bring_is_told(update_password: str) -> None:
    desired = want(memory_size="1GB", authentication_redis_pass="right", update_password=update_password)
    created = plan(desired, None)
    for shown, different in (("wrong", ["authentication_redis_pass"]), ("right", []), ("****", [])):
        assert still_different(desired, {**CURRENT, "authentication_redis_pass": shown}, created) == different


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"action": "flush"}, "set confirm_flush to true"),
        ({"action": "flush", "confirm_flush": True, "state": "absent"}, "exclude each other"),
        ({"action": "reset_admin_pass", "authentication_admin_pass": "x"}, "leave authentication_admin_pass out"),
        ({"recovery_plan": {"data_files": []}}, "recovery_plan needs a list"),
        ({"ssl": True, "tls_mode": "disabled"}, "contradict each other"),
    ],
)
def test_options_that_cannot_be_meant_are_told(params: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        want(**params)


def test_an_action_is_an_update_whatever_differs() -> None:
    made = plan(want(action="flush", confirm_flush=True, memory_size="1GB"), CURRENT)
    assert (made.step, made.body, made.changed, made.changes) == ("update", {}, True, [])
    assert made.request() == ("PUT", "/v1/bdbs/1/flush", {})
    assert (made.before, made.after) == (
        {"uid": 1, "name": "orders"},
        {"uid": 1, "name": "orders", "action": "flush"},
    )
    assert made.will == (
        "All keys of database 'orders' (uid 1) will be deleted, on every shard and replica; the configuration is kept."
    )
    with pytest.raises(InvalidInput, match=r"There is no database 'orders'.*nothing to act on"):
        plan(want(action="flush", confirm_flush=True, memory_size="1GB"), None)


@pytest.mark.parametrize(
    ("name", "value"), [("shard_key_regex", [{"regex": "(?<tag>.)"}]), ("hash_slots_policy", "16k")]
)
def test_where_keys_lie_changes_only_together_with_a_flush(name: str, value: t.Any) -> None:
    with pytest.raises(Refused, match="set action to flush as well, which deletes all data"):
        plan(want(**{name: value}), CURRENT)
    assert plan(want(**{name: value, "action": "flush", "confirm_flush": True}), CURRENT).body == {name: value}
    assert plan(want(**{name: value}), {**CURRENT, "sharding": False}).body == {name: value}


def test_a_recovery_plan_counts_at_creation_only() -> None:
    shard = {"uid": "1", "node_uid": "1", "role": "master", "assigned_slots": "0-16383"}
    desired = want(memory_size="1GB", recovery_plan={"original_bdb_shards": [shard], "data_files": None})
    bdb = {"name": "orders", "memory_size": 1073741824}
    files = {"original_bdb_shards": [shard]}
    assert plan(desired, None).request() == ("POST", "/v2/bdbs", {"bdb": bdb, "recovery_plan": files})
    assert plan(desired, CURRENT).step == "nothing"


def test_a_difference_in_a_nested_secret_shows_in_the_diff_without_the_secret() -> None:
    place = {"type": "s3", "secret_access_key": "new-pass"}
    current = {**CURRENT, "backup_location": {"type": "s3", "secret_access_key": "old-pass"}}
    made = plan(want(backup_location=place), current)
    assert made.body == {"backup_location": place}
    assert made.before != made.after
    assert not [word for word in ("old-pass", "new-pass") if word in f"{made.before} {made.after}"]
    masked = {**CURRENT, "backup_location": {"type": "s3", "secret_access_key": "****"}}
    assert plan(want(backup_location=place), masked).step == "update"
    assert plan(want(backup_location=place, update_password="on_create"), masked).step == "nothing"


PLACE = {"type": "s3", "bucket_name": "b", "secret_access_key": "new-pass"}
SOURCES = [{"uri": "redis://reader:new-pass@h:1", "compression": 1, "client_key": "new-key"}, {"uri": "redis://h:2"}]


@pytest.mark.parametrize(
    ("name", "wanted", "shown"),
    [
        ("authentication_admin_pass", "new-pass", "old-pass"),
        ("some_future_pass", "new-pass", "old-pass"),
        ("backup_location", PLACE, {**PLACE, "secret_access_key": "old-pass"}),
        ("backup_location", {"type": "s3", "bucket_name": "b"}, {**PLACE, "secret_access_key": "old-pass"}),
        ("replica_sources", SOURCES, [{**SOURCES[0], "uri": "redis://reader:old-pass@h:1"}, SOURCES[1]]),
        ("replica_sources", SOURCES, [{**SOURCES[0], "uri": "redis://reader@h:1"}, SOURCES[1]]),
        ("replica_sources", SOURCES, [SOURCES[1], {**SOURCES[0], "client_key": "old-key"}]),
        (
            "replica_sources",
            SOURCES,
            [{**SOURCES[0], "uri": "redis://reader:****@h:1", "client_key": "old"}, SOURCES[1]],
        ),
    ],
)
def test_on_create_leaves_the_passwords_of_a_database_alone(name: str, wanted: t.Any, shown: t.Any) -> None:
    current = {**CURRENT, name: shown}
    kept = want(config={name: wanted}, update_password="on_create")
    assert plan(kept, current).step == "nothing"
    assert still_different(kept, current, plan(kept, current)) == []
    assert plan(want(config={name: wanted}), current).body == {name: wanted}
    created = plan(want(config={name: wanted}, update_password="on_create", memory_size="1GB"), None)
    assert created.body[name] == wanted


@pytest.mark.parametrize(
    ("name", "wanted", "shown"),
    [
        ("backup_location", PLACE, {**PLACE, "bucket_name": "other", "secret_access_key": "old-pass"}),
        ("backup_location", PLACE, {}),
        ("replica_sources", SOURCES, [{**SOURCES[0], "compression": 2, "client_key": "old-key"}, SOURCES[1]]),
        ("replica_sources", SOURCES, SOURCES[:1]),
        ("replica_sources", SOURCES, [{**SOURCES[0], "uri": "redis://other:old-pass@h:1"}, SOURCES[1]]),
    ],
)
def test_what_differs_elsewhere_too_is_sent_with_its_passwords(name: str, wanted: t.Any, shown: t.Any) -> None:
    current = {**CURRENT, name: shown}
    desired = want(config={name: wanted}, update_password="on_create")
    assert plan(desired, current).body == {name: wanted}
    assert still_different(desired, current, plan(desired, current)) == [name]


def test_config_takes_fields_with_options_too_for_values_that_these_do_not_offer() -> None:
    made = plan(want(config={"memory_size": "2GB", "eviction_policy": "brand-new", "port": None}), CURRENT)
    assert made.body == {"memory_size": 2147483648, "eviction_policy": "brand-new"}


def test_unknown_fields_are_those_that_neither_table_nor_database_has() -> None:
    desired = want(config={"flush_on_fullsync": True, "max_conections": 5, "brand_new": 1})
    assert unknown_fields(desired, {**CURRENT, "brand_new": 0}) == ["max_conections"]
    assert unknown_fields(desired, None) == ["brand_new", "max_conections"]
    assert unknown_fields(want(state="absent", config={"x": 1}), CURRENT) == []
    refuse_unknown(SCHEMA, ["brand_new"], {"brand_new", "name"})
    refuse_unknown(SCHEMA, ["brand_new"], ())  # no schema to ask: the cluster itself judges
    with pytest.raises(InvalidInput, match=r"max_conections.*Did you mean max_connections\?"):
        refuse_unknown(SCHEMA, ["max_conections"], {"name"})


def test_a_prediction_keeps_the_members_that_were_not_named() -> None:
    made = plan(want(search={"search_timeout": 9}), {**CURRENT, "search": {"search-timeout": 5, "search-workers": 2}})
    assert predicted(made)["search"] == {"search-timeout": 9, "search-workers": 2}
    assert predicted(plan(want(memory_size="2GB"), CURRENT)) == {**CURRENT, "memory_size": 2147483648}


@pytest.mark.parametrize("params", [{}, {"state": "absent"}, {"uid": 1, "state": "absent"}, {"memory_size": "2GB"}])
def test_a_database_that_was_renamed_meanwhile_is_left_alone(params: dict[str, t.Any]) -> None:
    with pytest.raises(Refused, match="was renamed from 'orders' to 'theirs'"):
        plan(want(**params), {**CURRENT, "name": "theirs"})

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as they are stored and shown: defaults, the server's spelling, options of the modules, masks, releases."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from redis_enterprise_emulator.bdb_field import ABSENT, Access
from redis_enterprise_emulator.bdb_rules import ClusterView, json_schema, new_bdb, render, updated_bdb
from redis_enterprise_emulator.bdb_schema import FIELDS
from redis_enterprise_emulator.catalog import modules
from redis_enterprise_emulator.errors import ApiError
from redis_enterprise_emulator.versions import Version

Body = dict[str, Any]
GIB = 1024**3
V74, V722, V80, V82 = (7, 4, 2), (7, 22, 0), (8, 0, 16), (8, 2, 0)


def view(version: Version = V80, **changes: Any) -> ClusterView:
    known: Body = {
        "version": version,
        "bdbs": [],
        "node_count": 3,
        "racks": 0,
        "rack_aware": False,
        "modules": modules(version),
        "free_memory": 64 * GIB,
        "shards_limit": None,
        "shards_in_use": 0,
        "license_expired": False,
        "reserved_ports": frozenset(),
        "now": "2026-03-01T12:00:00Z",
    }
    return ClusterView(**{**known, **changes})


def create(body: Body | None = None, seen: ClusterView | None = None) -> Body:
    return new_bdb({"name": "orders", "memory_size": GIB, **(body or {})}, seen or view(), uid=5)


def test_a_new_database_has_the_defaults_of_the_captured_one() -> None:
    bdb = render(create(), view())
    assert len(bdb) == 139
    expected = {
        "uid": 5,
        "name": "orders",
        "status": "pending",
        "port": 0,
        "endpoints": [],
        "shard_list": [],
        "active_defrag_ignore_bytes": "104857600",
        "activedefrag": "no",
        "background_op": [{"status": "idle"}],
        "backup_interval": 86400,
        "backup_failure_reason": "",
        "crdt_modules": "[]",
        "eviction_policy": "volatile-lru",
        "hash_slots_policy": "16k",
        "max_aof_file_size": 322122547200,
        "proxy_policy": "single",
        "shard_key_regex": [],
        "shards_count": 1,
        "created_time": "2026-03-01T12:00:00Z",
        "last_changed_time": "2026-03-01T12:00:00Z",
    }
    assert {name: bdb[name] for name in expected} == expected
    assert bdb["version"].startswith(f"{bdb['redis_version']}.")
    assert re.fullmatch(r"[A-Za-z0-9]{48}", bdb["authentication_admin_pass"])
    assert not {"tags", "backup_location", "enforce_client_authentication", "search", "action_uid"} & bdb.keys()


def test_databases_share_no_defaults() -> None:
    first, second = create(), create()
    first["background_op"][0]["status"] = "busy"
    first["tags"] = []
    assert second["background_op"] == [{"status": "idle"}]
    assert first["authentication_admin_pass"] != second["authentication_admin_pass"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"uid": 9}, {"uid": 9}),
        ({"active_defrag_ignore_bytes": "100mb"}, {"active_defrag_ignore_bytes": "104857600"}),
        ({"repl_backlog_size": "1MB"}, {"repl_backlog_size": "1048576"}),
        ({"repl_backlog_size": "AUTO"}, {"repl_backlog_size": "auto"}),
        (
            {"sharding": True},
            {"shard_key_regex": [{"regex": r".*\{(?<tag>.*)\}.*"}, {"regex": "(?<tag>.*)"}], "shards_count": 1},
        ),
        ({"tls_mode": "enabled"}, {"ssl": True}),
        ({"ssl": True}, {"tls_mode": "enabled"}),
        ({"ssl": False}, {"tls_mode": "disabled"}),
        ({"bigstore": True}, {"max_aof_file_size": 161061273600}),
        ({"redis_version": "7.2"}, {"redis_version": "7.2", "version": "7.2.7", "module_list": []}),
        ({"version": "7.2"}, {"redis_version": "7.2", "version": "7.2.7"}),
        (
            {"replica_sources": [{"uri": "redis://a"}, {"uri": "redis://b"}]},
            {"replica_sources": [{"uid": 1, "uri": "redis://a"}, {"uid": 2, "uri": "redis://b"}]},
        ),
        ({"authentication_redis_pass": "s3cret"}, {"authentication_redis_pass": "s3cret"}),
        (
            {"type": "memcached", "authentication_sasl_uname": "u", "authentication_sasl_pass": "p"},
            {"eviction_policy": "allkeys-lru", "version": "1.4.17", "module_list": [], "redis_version": ""},
        ),
    ],
)
def test_values_are_stored_in_the_spelling_of_the_server(body: Body, expected: Body) -> None:
    bdb = create(body)
    assert {name: bdb[name] for name in expected} == expected


def _modules_of(bdb: Body) -> list[tuple[str, str]]:
    return [(entry["module_name"], entry["module_args"]) for entry in bdb["module_list"]]


def test_module_entries_are_completed() -> None:
    bdb = create({"redis_version": "7.2", "module_list": [{"module_name": "search", "module_args": ["A", "B"]}]})
    (entry,) = bdb["module_list"]
    assert entry.keys() == {"module_args", "module_id", "module_name", "semantic_version"}
    assert (entry["module_args"], entry["semantic_version"]) == ("A B", "2.8.26")
    by_id = create({"redis_version": "7.2", "module_list": [{"module_id": entry["module_id"]}]})
    assert _modules_of(by_id) == [("search", "")]


def test_redis_8_brings_its_modules() -> None:
    every = [("timeseries", ""), ("search", ""), ("bf", ""), ("ReJSON", "")]
    assert _modules_of(create({"redis_version": "8.0"})) == every
    asked = create({"redis_version": "8.0", "module_list": [{"module_name": "bf", "module_args": "X 1"}]})
    assert _modules_of(asked) == [("bf", "X 1"), ("timeseries", ""), ("search", ""), ("ReJSON", "")]
    assert _modules_of(create({"crdt": True, "replication": True})) == [("search", ""), ("ReJSON", "")]
    assert _modules_of(create({"bigstore": True})) == [("bf", ""), ("ReJSON", "")]
    assert _modules_of(create({}, view(modules=[]))) == []


def test_a_module_entry_needs_a_name() -> None:
    with pytest.raises(ApiError) as error:
        create({"module_list": [{"semantic_version": "1.0.0"}]})
    assert error.value.error_code == "invalid_schema"


def test_an_update_changes_only_what_is_in_the_body() -> None:
    current = {**create(), "status": "active", "shard_list": [1], "action_uid": "x"}
    before = copy.deepcopy(current)
    bdb = updated_bdb(current, {"memory_size": 2 * GIB}, view(now="2026-04-01T00:00:00Z"))
    assert bdb == {**before, "memory_size": 2 * GIB, "last_changed_time": "2026-04-01T00:00:00Z"}
    assert current == before


def test_an_update_with_the_same_values_changes_nothing() -> None:
    current = {**create({"sharding": True, "shards_count": 2}), "status": "active"}
    everything = render(current, view())
    assert updated_bdb(current, everything, view(now="2026-04-01T00:00:00Z")) == current


def test_sharding_turned_on_gets_the_default_rules() -> None:
    current = {**create(), "status": "active"}
    bdb = updated_bdb(current, {"sharding": True, "shards_count": 3}, view())
    assert [rule["regex"] for rule in bdb["shard_key_regex"]] == [r".*\{(?<tag>.*)\}.*", "(?<tag>.*)"]


def test_actions() -> None:
    current = {**create(), "status": "active"}
    reset = updated_bdb(current, {}, view(), action="reset_admin_pass")
    assert re.fullmatch(r"[A-Za-z0-9]{48}", reset["authentication_admin_pass"])
    assert reset["authentication_admin_pass"] != current["authentication_admin_pass"]
    assert updated_bdb(current, {}, view(), action="flush") == current


def test_module_options_are_merged_and_returned_on_request_only() -> None:
    bdb = {**create({"search": {"search-workers": 4}}), "status": "active"}
    bdb = updated_bdb(bdb, {"search": {"search-timeout": 700}}, view())
    assert "search" not in render(bdb, view())
    assert "search" not in render(bdb, view(), fields=["uid", "search"])
    shown = render(bdb, view(), extended=True)
    assert (shown["search"]["search-workers"], shown["search"]["search-timeout"]) == (4, 700)
    assert shown["search"]["search-default-scorer"] == "BM25STD"
    assert shown["timeseries"]["ts-chunk-size-bytes"] == 4096
    assert shown["probabilistic"]["bf-error-rate"] == 0.01
    assert render(bdb, view(), fields=["uid", "timeseries"], extended=True).keys() == {"uid", "timeseries"}


def test_module_options_follow_the_modules_and_the_release() -> None:
    without = create({"redis_version": "7.2"})
    assert not {"search", "timeseries", "probabilistic"} & render(without, view(), extended=True).keys()
    old = create({"module_list": [{"module_name": "search"}]}, view(V722))
    assert not {"search", "timeseries", "probabilistic"} & render(old, view(V722), extended=True).keys()


def test_fields_choose() -> None:
    bdb = create()
    assert render(bdb, view(), fields=["uid", "name", "nonsense"]) == {"uid": 5, "name": "orders"}
    newest = create(seen=view(V82))
    assert render(newest, view(V82)) == newest
    assert render({"uid": 1, "odd": True}, view()) == {"uid": 1, "odd": True}


def test_credentials_are_shown_or_masked() -> None:
    secrets: dict[str, Any] = {
        "authentication_redis_pass": "visible1",
        "authentication_sasl_pass": "visible2",
        "replica_sources": [{"uri": "redis://a", "client_key": "visible3"}],
        "backup_location": {"type": "s3", "bucket_name": "b", "access_key_id": "i", "secret_access_key": "visible4"},
    }
    bdb = create(secrets)
    assert render(bdb, view())["authentication_redis_pass"] == "visible1"
    before = copy.deepcopy(bdb)
    masked = render(bdb, view(mask_credentials=True))
    assert bdb == before
    assert not re.search(r"visible|" + bdb["authentication_admin_pass"], str(masked))
    assert masked["authentication_redis_pass"] == masked["authentication_admin_pass"] == "********"
    assert masked["backup_location"] == {**secrets["backup_location"], "secret_access_key": "********"}
    assert masked["replica_sources"] == [{"uid": 1, "uri": "redis://a", "client_key": "********"}]
    assert render(create(), view(mask_credentials=True))["authentication_redis_pass"] == ""
    assert render(bdb, view(mask_credentials=True), fields=["uid"]) == {"uid": 5}


def test_import_sources_cannot_be_read_back() -> None:
    bdb = create({"dataset_import_sources": [{"type": "mount_point", "path": "/data/dump.rdb"}]})
    assert bdb["dataset_import_sources"]
    assert render(bdb, view())["dataset_import_sources"] == []
    assert render(bdb, view(), fields=["dataset_import_sources"]) == {"dataset_import_sources": []}


@pytest.mark.parametrize(
    ("field", "value", "before", "since"),
    [
        ("tracking_table_max_keys", 10, V74, (7, 8, 2)),
        ("maxclients", 5000, (7, 8, 2), V722),
        ("replica_read_only", True, (7, 8, 2), V722),
        ("conns_minimum_dedicated", 3, V722, V80),
        ("search", {"search-timeout": 100}, V722, V80),
        ("audit_settings", {"audit_mode": "connection"}, V80, V82),
    ],
)
def test_releases_know_their_own_fields(
    field: str, value: Any, before: tuple[int, int, int], since: tuple[int, int, int]
) -> None:
    with pytest.raises(ApiError) as error:
        create({field: value}, view(before))
    assert (error.value.status, error.value.error_code) == (400, "invalid_schema")
    assert field in error.value.description
    assert field not in create({}, view(before))
    assert field not in json_schema(before)["properties"]
    assert create({field: value}, view(since))[field] == value
    assert field in json_schema(since)["properties"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"colour": "blue"}, "'colour'"),
        ({"memory_size": "1GB"}, "memory_size: '1GB' is not of type integer"),
        ({"memory_size": True}, "memory_size: True is not of type integer"),
        ({"memory_size": -1}, "memory_size: -1 is less than the minimum of 0"),
        ({"replication": "yes"}, "replication: 'yes' is not of type boolean"),
        ({"name": "no_underscore"}, "name: 'no_underscore' does not match"),
        ({"name": "trailing-"}, "name: "),
        ({"name": 5}, "name: 5 is not of type string"),
        ({"port": 65536}, "port: 65536 is greater than the maximum of 65535"),
        ({"shards_count": 0}, "shards_count: 0 is less than the minimum of 1"),
        ({"eviction_policy": "lru"}, "eviction_policy: 'lru' is not one of volatile-lru"),
        ({"active_defrag_cycle_max": 100}, "maximum of 99"),
        ({"slave_buffer": "much"}, "slave_buffer"),
        ({"repl_backlog_size": "1 MB"}, "repl_backlog_size"),
        ({"tags": [{"key": "team"}]}, "tags[0]: 'value' is a required property"),
        ({"tags": [{"key": "a&b", "value": ""}]}, "tags[0].key"),
        ({"tags": {"team": "blue"}}, "tags: "),
        ({"snapshot_policy": [{"secs": 0, "writes": 1}]}, "snapshot_policy[0].secs: 0 is less than the minimum of 1"),
        ({"search": {"search-speed": 1}}, "search: Additional properties are not allowed: 'search-speed'"),
        ({"search": {"search-default-dialect": 5}}, "search.search-default-dialect: 5 is greater"),
        ({"probabilistic": {"bf-error-rate": 2}}, "probabilistic.bf-error-rate"),
        ({"backup_location": {"path": "/x"}}, "backup_location: 'type' is a required property"),
        ({"authorized_subjects": [{"O": "x"}]}, "'CN' is a required property"),
        ({"use_nodes": [1]}, "use_nodes[0]: 1 is not of type string"),
    ],
)
def test_bodies_outside_of_the_schema(body: Body, part: str) -> None:
    with pytest.raises(ApiError) as error:
        create(body)
    assert (error.value.status, error.value.error_code) == (400, "invalid_schema")
    assert part in error.value.description


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(ApiError) as error:
        create({"authentication_redis_pass": 31337})
    assert error.value.description == "authentication_redis_pass: the value is not of type string."


def test_json_schema_describes_the_objects() -> None:
    schema = json_schema(V80)
    properties = schema["properties"]
    assert (schema["type"], schema["required"]) == ("object", ["name", "memory_size"])
    assert properties.keys() >= create().keys()
    assert properties["eviction_policy"]["enum"][0] == "volatile-lru"
    assert (properties["port"]["minimum"], properties["port"]["maximum"]) == (0, 65535)
    assert properties["status"]["readOnly"] is True
    assert properties["ssl"]["deprecated"] is True
    assert properties["search"]["properties"]["search-workers"]["maximum"] == 8192
    assert properties["tags"]["items"]["required"] == ["key", "value"]
    assert re.search(properties["name"]["pattern"], "orders-1")
    assert not re.search(properties["name"]["pattern"], "-orders-1")
    assert re.search(properties["repl_backlog_size"]["pattern"], "10MB")


def test_the_table_agrees_with_itself() -> None:
    for field in FIELDS.values():
        if field.default is not ABSENT and field.enum:
            assert field.default in field.enum, field.name
        if field.access is Access.WRITE:
            assert field.default is ABSENT, field.name
    assert len(FIELDS) > 170

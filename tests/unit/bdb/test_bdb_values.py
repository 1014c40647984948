# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a wanted value is held against what GET returns, and what is hidden of an object."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.compare import equal, readable
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.redact import redact, secrets_in
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.values import size_in_bytes, to_api

REGEX = [{"regex": r".*\{(?<tag>.*)\}.*"}, {"regex": "(?<tag>.*)"}]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (1073741824, 1073741824),
        ("1073741824", 1073741824),
        ("1GB", 1073741824),
        ("1gb", 1073741824),
        ("1 GiB", 1073741824),
        ("1.5g", 1610612736),
        ("100mb", 104857600),
        ("0", 0),
    ],
)
def test_sizes_in_any_spelling(text: t.Any, size: int) -> None:
    assert size_in_bytes(text, "memory_size") == size


@pytest.mark.parametrize("text", ["", "1 GB 2", "lots", "-1", "1XB", None])
def test_what_is_no_size_is_told(text: t.Any) -> None:
    with pytest.raises(InvalidInput, match=r"memory_size must be a size such as 1073741824, 512MB or 1GB"):
        size_in_bytes(text, "memory_size")


@pytest.mark.parametrize(
    ("name", "wanted", "bdb", "same"),
    [
        ("memory_size", "1GB", {"memory_size": 1073741824}, True),
        ("memory_size", 1073741824, {"memory_size": 1073741825}, False),
        ("active_defrag_ignore_bytes", "100mb", {"active_defrag_ignore_bytes": "104857600"}, True),
        ("active_defrag_ignore_bytes", "100mb", {}, True),
        ("port", 12000, {"port": 0, "endpoints": [{"port": 12000}]}, True),
        ("port", 12001, {"port": 0, "endpoints": [{"port": 12000}]}, False),
        ("port", 12000, {"port": 12000, "endpoints": []}, True),
        ("port", 0, {"port": 0, "endpoints": [{"port": 12000}]}, True),
        ("replication", False, {}, True),
        ("replication", True, {}, False),
        ("tags", [], {}, True),
        ("tags", [{"key": "a", "value": "1"}], {}, False),
        (
            "tags",
            [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}],
            {"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]},
            True,
        ),
        ("tags", [{"key": "a", "value": "1"}], {"tags": [{"key": "a", "value": "2"}]}, False),
        ("tags", [], {"tags": [{"key": "a", "value": "1"}]}, False),
        (
            "module_list",
            [{"module_name": "search"}],
            {"module_list": [{"module_name": "search", "module_args": "", "module_id": "x", "semantic_version": "8"}]},
            True,
        ),
        (
            "module_list",
            [{"module_name": "search", "module_args": "PARTITIONS AUTO"}],
            {"module_list": [{"module_name": "search", "module_args": ""}]},
            False,
        ),
        (
            "module_list",
            [{"module_name": "search"}],
            {"module_list": [{"module_name": "bf"}, {"module_name": "search"}]},
            True,
        ),
        ("module_list", [{"module_name": "search"}], {"module_list": [{"module_name": "bf"}]}, False),
        (
            "snapshot_policy",
            [{"secs": 60, "writes": 10}, {"secs": 900, "writes": 1}],
            {"snapshot_policy": [{"writes": 1, "secs": 900}, {"writes": 10, "secs": 60}]},
            True,
        ),
        ("shard_key_regex", REGEX, {"shard_key_regex": REGEX}, True),
        ("shard_key_regex", REGEX[::-1], {"shard_key_regex": REGEX}, False),
        ("redis_version", "7.4", {"redis_version": "7.4", "version": "7.4.2"}, True),
        ("redis_version", "7.4.2", {"redis_version": "7.4", "version": "7.4.2"}, True),
        ("redis_version", "7.2", {"redis_version": "7.4", "version": "7.4.2"}, False),
        ("redis_version", "7", {"redis_version": "74"}, False),
        ("max_connections", 10, {"max_connections": "10"}, True),
        ("backup_progress", 0, {"backup_progress": 0.0}, True),
        ("activedefrag", "no", {"activedefrag": "no"}, True),
        ("a_field_of_a_newer_release", "x", {"a_field_of_a_newer_release": "y"}, False),
        ("replication", True, {"replication": 1}, True),
    ],
)
def test_comparison(name: str, wanted: t.Any, bdb: dict[str, t.Any], same: bool) -> None:
    assert equal(SCHEMA, name, wanted, bdb) is same


@pytest.mark.parametrize(("value", "expected"), [("pass", True), ("", False), ("********", False), (None, False)])
def test_a_masked_password_is_not_readable(value: t.Any, expected: bool) -> None:
    assert readable(value) is expected


BDB = {
    "name": "db",
    "authentication_redis_pass": "top-secret-1",
    "authentication_admin_pass": "top-secret-2",
    "authentication_sasl_pass": "",
    "replica_sources": [{"uri": "redis://user:top-secret-3@10.0.0.1:12000"}],
    "backup_location": {"type": "s3", "access_key_id": "top-secret-4", "secret_access_key": "top-secret-5"},
    "some_future_pass": "top-secret-6",
}


def test_no_secret_survives_redaction_and_nothing_else_is_lost() -> None:
    shown = redact(SCHEMA, BDB)
    assert "top-secret" not in json.dumps(shown)
    assert (shown["name"], shown["authentication_sasl_pass"]) == ("db", "")
    assert shown["replica_sources"] == [{"uri": "redis://user:********@10.0.0.1:12000"}]
    assert shown["backup_location"]["type"] == "s3"


def test_secrets_are_found_wherever_they_lie() -> None:
    assert sorted(secrets_in(SCHEMA, {"config": BDB})) == [f"top-secret-{n}" for n in range(1, 7)]


def test_what_the_api_takes() -> None:
    assert to_api(SCHEMA.field("memory_size"), "1GB") == 1073741824
    assert to_api(SCHEMA.field("active_defrag_ignore_bytes"), "100mb") == "100mb"
    assert to_api(SCHEMA.field("module_list"), [{"module_name": "bf", "module_args": None}]) == [{"module_name": "bf"}]


def test_every_typed_option_that_is_secret_is_no_log() -> None:
    spec = SCHEMA.argument_spec()
    assert {name for name in spec if SCHEMA.field(name).secret} == {name for name in spec if spec[name].get("no_log")}

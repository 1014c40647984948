# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error code of the reference, provoked by a plausible request; and the near misses that are accepted."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

import pytest
import trustme

from redis_enterprise_emulator.bdb_errors import REFUSALS
from redis_enterprise_emulator.bdb_rules import ClusterView, busy, check_delete, new_bdb, updated_bdb
from redis_enterprise_emulator.catalog import modules
from redis_enterprise_emulator.errors import ApiError

Body = dict[str, Any]
MIB = 1024 * 1024
GIB = 1024 * MIB
CREATE_CODES = set(
    re.findall(
        r"\w+",
        """
    uid_exists missing_db_name missing_memory_size missing_module port_unavailable invalid_sharding
    bad_shards_blueprint not_rack_aware invalid_version busy invalid_data_persistence invalid_proxy_policy
    invalid_sasl_credentials invalid_replication insufficient_resources rack_awareness_violation invalid_certificate
    certificate_expired duplicated_certs replication_violation eviction_policy_violation
    invalid_oss_cluster_configuration memcached_cannot_use_modules missing_backup_interval invalid_bdb_tags
    unsupported_module_capabilities redis_acl_unsupported
    """,
    )
)  # wrong_cluster_state_id is about a request header, and the server's
UPDATE_CODES = set(
    re.findall(
        r"\w+",
        """
    rack_awareness_violation invalid_certificate certificate_expired duplicated_certs insufficient_resources
    not_supported_action_on_crdt name_violation bad_shards_blueprint replication_violation eviction_policy_violation
    replication_node_violation replication_size_violation invalid_oss_cluster_configuration missing_backup_interval
    crdt_sharding_violation invalid_proxy_policy invalid_bdb_tags unsupported_module_capabilities
    redis_acl_unsupported
    """,
    )
)

_authority = trustme.CA()
PEM = _authority.issue_cert("client").cert_chain_pems[0].bytes().decode()
OTHER_PEM = _authority.issue_cert("other").cert_chain_pems[0].bytes().decode()
OLD_PEM = (
    _authority.issue_cert("old", not_after=datetime.datetime(2020, 5, 1, tzinfo=datetime.UTC))
    .cert_chain_pems[0]
    .bytes()
    .decode()
)
TAG = {"key": "team", "value": "blue"}
SASL = {"authentication_sasl_uname": "user", "authentication_sasl_pass": "secret"}
HALVES = [
    {"nodes": [{"node_uid": "1", "role": "master"}], "slot_range": "0-8191"},
    {"nodes": [{"node_uid": "2", "role": "master"}], "slot_range": "8192-16383"},
]


def view(**changes: Any) -> ClusterView:
    version = changes.get("version", (8, 0, 16))
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
        "reserved_ports": frozenset({8443, 9443, 10050}),
        "now": "2026-03-01T12:00:00Z",
    }
    return ClusterView(**{**known, **changes})


def certs(*pems: str) -> list[dict[str, str]]:
    return [{"client_cert": pem} for pem in pems]


def create(body: Mapping[str, Any], seen: ClusterView | None = None) -> Body:
    return new_bdb({"name": "orders", "memory_size": GIB, **body}, seen or view(), uid=1)


def active(body: Mapping[str, Any], patch: Mapping[str, Any] | None = None) -> Body:
    """A database as it is once it runs."""
    return {**create(body), "status": "active", "shard_list": [1], **(patch or {})}


def status_of(code: str) -> int:
    """The pages' own status codes; 406 is theirs for every invalid configuration."""
    special = {"uid_exists": 409, "busy": 409, "license_expired": 403, "invalid_schema": 400, "invalid_action": 400}
    return special.get(code, 406)


def refused(error: pytest.ExceptionInfo[ApiError]) -> tuple[int, str]:
    assert error.value.description
    return error.value.status, error.value.error_code


MEMCACHED: Body = {"type": "memcached", **SASL}
SHARDED: Body = {"sharding": True, "shards_count": 2}
CRDT: Body = {"crdt": True, "replication": True}
OSS: Body = {**SHARDED, "oss_cluster": True, "proxy_policy": "all-nodes"}

CREATIONS: list[tuple[str, Body, ClusterView]] = [
    ("uid_exists", {"uid": 7}, view(bdbs=[{"uid": 7}])),
    ("uid_exists", {}, view(bdbs=[{"uid": 1}])),
    ("missing_db_name", {"name": ""}, view()),
    ("missing_module", {"module_list": [{"module_name": "graph"}]}, view()),
    ("missing_module", {"module_list": [{"module_name": "search", "semantic_version": "1.0.0"}]}, view()),
    ("port_unavailable", {"port": 9443}, view()),
    ("port_unavailable", {"port": 80}, view()),
    ("port_unavailable", {"port": 20001}, view()),
    ("port_unavailable", {"port": 12000}, view(bdbs=[{"uid": 7, "port": 12000}])),
    ("port_unavailable", {"port": 12000}, view(bdbs=[{"uid": 7, "port": 0, "endpoints": [{"port": 12000}]}])),
    ("invalid_sharding", {"shards_count": 2}, view()),
    ("invalid_sharding", {**SHARDED, "shard_key_regex": []}, view()),
    ("invalid_sharding", {**SHARDED, "shard_key_regex": [{"regex": "(?<tag>.*"}]}, view()),
    ("invalid_sharding", {**SHARDED, "shard_key_regex": [{"regex": "no group"}]}, view()),
    ("bad_shards_blueprint", {**SHARDED, "shards_blueprint": HALVES[:1]}, view()),
    ("bad_shards_blueprint", {**SHARDED, "shards_blueprint": [HALVES[0], HALVES[0]]}, view()),
    ("bad_shards_blueprint", {**SHARDED, "shards_blueprint": HALVES, "replication": True}, view()),
    ("bad_shards_blueprint", {"shards_blueprint": HALVES[:1]}, view()),
    ("not_rack_aware", {"rack_aware": True}, view()),
    ("rack_awareness_violation", {"rack_aware": True, "replication": True}, view(rack_aware=True, racks=1)),
    ("invalid_version", {"redis_version": "9.9"}, view()),
    ("invalid_version", {"version": "7.4.99"}, view()),
    ("invalid_version", {"version": "7.2", "redis_version": "7.4"}, view()),
    ("invalid_version", {"redis_version": "8.0"}, view(version=(7, 22, 0))),
    ("invalid_data_persistence", {"data_persistence": "snapshot"}, view()),
    ("invalid_data_persistence", {"data_persistence": "sometimes"}, view()),
    ("invalid_data_persistence", {**MEMCACHED, "data_persistence": "aof"}, view()),
    ("invalid_proxy_policy", {"proxy_policy": "some"}, view()),
    ("invalid_sasl_credentials", {"type": "memcached"}, view()),
    ("invalid_sasl_credentials", {**MEMCACHED, "authentication_sasl_pass": ""}, view()),
    ("invalid_sasl_credentials", {**MEMCACHED, "authentication_sasl_uname": "<user>"}, view()),
    ("invalid_replication", {"replication": True}, view(node_count=1)),
    ("insufficient_resources", {"memory_size": 65 * GIB}, view()),
    ("insufficient_resources", {"memory_size": MIB - 1}, view()),
    ("insufficient_resources", {"memory_size": MIB, "replication": True}, view()),
    ("insufficient_resources", {"sharding": True, "shards_count": 513}, view()),
    ("insufficient_resources", {"replication": True}, view(shards_limit=4, shards_in_use=3)),
    ("invalid_certificate", {"authentication_ssl_client_certs": certs("not a PEM")}, view()),
    ("invalid_certificate", {"authentication_ssl_client_certs": [{}]}, view()),
    ("invalid_certificate", {"tls_mode": "enabled", "enforce_client_authentication": "enabled"}, view()),
    ("certificate_expired", {"authentication_ssl_client_certs": certs(OLD_PEM)}, view()),
    ("duplicated_certs", {"authentication_ssl_client_certs": certs(PEM, PEM)}, view()),
    ("duplicated_certs", {"authentication_ssl_crdt_certs": certs(PEM, OTHER_PEM, PEM + "\n")}, view()),
    ("replication_violation", {"crdt": True}, view()),
    ("eviction_policy_violation", {"eviction_policy": "allkeys-lfu", "redis_version": "3.2"}, view()),
    ("eviction_policy_violation", {**MEMCACHED, "eviction_policy": "allkeys-lfu"}, view()),
    ("invalid_oss_cluster_configuration", {"oss_cluster": True}, view()),
    ("invalid_oss_cluster_configuration", {**OSS, "proxy_policy": "single"}, view()),
    ("invalid_oss_cluster_configuration", {**OSS, "hash_slots_policy": "legacy"}, view()),
    ("invalid_oss_cluster_configuration", {**OSS, "shard_key_regex": [{"regex": "(?<tag>.)"}]}, view()),
    (
        "invalid_oss_cluster_configuration",
        {**OSS, "redis_version": "7.2", "module_list": [{"module_name": "timeseries"}]},
        view(),
    ),
    ("memcached_cannot_use_modules", {**MEMCACHED, "module_list": [{"module_name": "search"}]}, view()),
    ("missing_backup_interval", {"backup": True}, view()),
    ("invalid_bdb_tags", {"tags": [TAG, {"key": "team", "value": "red"}]}, view()),
    ("unsupported_module_capabilities", {**CRDT, "module_list": [{"module_name": "bf"}]}, view()),
    ("redis_acl_unsupported", {**MEMCACHED, "roles_permissions": [{"role_uid": 1, "redis_acl_uid": 2}]}, view()),
    ("license_expired", {}, view(license_expired=True)),
    ("invalid_param", {"status": "active"}, view()),
    ("invalid_schema", {"backup_location": {"type": "s3", "bucket_name": "b"}}, view()),
    ("invalid_schema", {"eviction_policy": "allkeys-lrm"}, view(version=(7, 22, 0))),
]


@pytest.mark.parametrize(("code", "body", "seen"), CREATIONS)
def test_creation_is_refused(code: str, body: Body, seen: ClusterView) -> None:
    with pytest.raises(ApiError) as error:
        create(body, seen)
    assert refused(error) == (status_of(code), code)


def test_creation_needs_a_name_and_a_memory_size() -> None:
    with pytest.raises(ApiError) as error:
        new_bdb({"memory_size": GIB}, view(), uid=1)
    assert refused(error) == (406, "missing_db_name")
    with pytest.raises(ApiError) as error:
        new_bdb({"name": "orders"}, view(), uid=1)
    assert refused(error) == (406, "missing_memory_size")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({**SHARDED, "shards_blueprint": HALVES}, view()),
        (OSS, view()),
        ({**OSS, "redis_version": "7.2", "module_list": [{"module_name": "search"}]}, view()),
        ({"rack_aware": True, "replication": True}, view(rack_aware=True, racks=2)),
        ({"data_persistence": "snapshot", "snapshot_policy": [{"secs": 3600, "writes": 1}]}, view()),
        (MEMCACHED, view()),
        ({"replication": True}, view(shards_limit=4, shards_in_use=2, node_count=2)),
        ({"memory_size": 64 * GIB}, view()),
        ({"memory_size": 0}, view(free_memory=0)),
        ({"memory_size": 2 * MIB, "replication": True}, view()),
        ({"authentication_ssl_client_certs": certs(PEM, OTHER_PEM), "tls_mode": "enabled"}, view()),
        ({"authentication_ssl_client_certs": certs(OLD_PEM)}, view(now="2020-01-01T00:00:00Z")),
        ({"eviction_policy": "allkeys-lfu"}, view()),
        ({"backup": True, "backup_interval": 3600}, view()),
        ({"tags": [TAG, {"key": "tier", "value": "blue"}]}, view()),
        ({**CRDT, "module_list": [{"module_name": "ReJSON"}]}, view()),
        ({"roles_permissions": [{"role_uid": 1, "redis_acl_uid": 2}]}, view()),
        ({"port": 12000}, view(bdbs=[{"uid": 7, "port": 12001}])),
        ({"backup_location": {"type": "mount_point", "path": "/backups"}}, view()),
        ({"status": "pending", "endpoints": []}, view()),
    ],
)
def test_creation_is_accepted(body: Body, seen: ClusterView) -> None:
    bdb = create(body, seen)
    kept = {name: value for name, value in body.items() if name not in ("module_list", "shards_blueprint")}
    assert {name: bdb[name] for name in kept} == kept


UPDATES: list[tuple[str, Body, Body, ClusterView, str | None]] = [
    ("rack_awareness_violation", active({}), {"rack_aware": True}, view(), None),
    ("rack_awareness_violation", active({}), {"rack_aware": True}, view(rack_aware=True, racks=1), None),
    ("invalid_certificate", active({}), {"authentication_ssl_client_certs": certs("-----")}, view(), None),
    ("certificate_expired", active({}), {"authentication_ssl_crdt_certs": certs(OLD_PEM)}, view(), None),
    ("duplicated_certs", active({}), {"authentication_ssl_client_certs": certs(PEM, PEM)}, view(), None),
    ("insufficient_resources", active({}), {"sharding": True, "shards_count": 1024}, view(), None),
    ("insufficient_resources", active({}), {"memory_size": 3 * GIB}, view(free_memory=GIB), None),
    ("insufficient_resources", active({}), {"memory_size": 1000}, view(), None),
    ("insufficient_resources", active(SHARDED), {"shards_count": 4}, view(shards_limit=3, shards_in_use=2), None),
    ("insufficient_resources", active({}), {"replication": True}, view(shards_limit=1, shards_in_use=1), None),
    ("not_supported_action_on_crdt", active(CRDT), {}, view(), "reset_admin_pass"),
    ("name_violation", active(CRDT), {"name": "other"}, view(), None),
    ("bad_shards_blueprint", active(SHARDED), {"sharding": False}, view(), None),
    ("bad_shards_blueprint", active(SHARDED), {"shards_count": 1}, view(), None),
    ("bad_shards_blueprint", active(SHARDED), {"shards_count": 3}, view(), None),
    ("bad_shards_blueprint", active({}), {"shards_count": 2}, view(), None),
    ("bad_shards_blueprint", active(SHARDED), {"shards_blueprint": HALVES[1:]}, view(), None),
    ("bad_shards_blueprint", active(SHARDED), {"shard_key_regex": []}, view(), "flush"),
    ("bad_shards_blueprint", active(SHARDED), {"shard_key_regex": [{"regex": "(?<tag>.)"}]}, view(), None),
    ("bad_shards_blueprint", active(SHARDED), {"hash_slots_policy": "legacy"}, view(), None),
    ("replication_violation", active(CRDT), {"replication": False}, view(), None),
    (
        "eviction_policy_violation",
        active({}, {"version": "3.2.11", "redis_version": "3.2"}),
        {"eviction_policy": "volatile-lfu"},
        view(),
        None,
    ),
    ("replication_node_violation", active({}), {"replication": True}, view(node_count=1), None),
    ("replication_size_violation", active({"memory_size": MIB}), {"replication": True}, view(), None),
    ("replication_size_violation", active({"replication": True}), {"memory_size": MIB}, view(), None),
    ("invalid_oss_cluster_configuration", active({}), {"oss_cluster": True}, view(), None),
    ("invalid_oss_cluster_configuration", active(OSS), {"proxy_policy": "single"}, view(), None),
    ("missing_backup_interval", active({}), {"backup": True, "backup_interval": 0}, view(), None),
    ("missing_backup_interval", active({"backup": True, "backup_interval": 60}), {"backup_interval": 0}, view(), None),
    ("crdt_sharding_violation", active(CRDT), {"sharding": True, "shards_count": 2}, view(), None),
    ("invalid_proxy_policy", active({}), {"proxy_policy": "all"}, view(), None),
    ("invalid_bdb_tags", active({}), {"tags": [TAG, TAG]}, view(), None),
    (
        "unsupported_module_capabilities",
        active({"redis_version": "7.2", "module_list": [{"module_name": "search"}]}),
        {"sharding": True, "shards_count": 2},
        view(modules=[{**module, "capabilities": ["eviction_expiry"]} for module in modules((8, 0, 16))]),
        None,
    ),
    (
        "redis_acl_unsupported",
        active({}, {"version": "5.0.14", "redis_version": "5.0"}),
        {"roles_permissions": [{"role_uid": 1, "redis_acl_uid": 2}]},
        view(),
        None,
    ),
    ("invalid_sasl_credentials", active(MEMCACHED), {"authentication_sasl_pass": ""}, view(), None),
    ("invalid_data_persistence", active({}), {"data_persistence": "snapshot"}, view(), None),
    ("license_expired", active({}), {}, view(license_expired=True), "flush"),
    ("invalid_action", active({}), {}, view(), "explode"),
    ("busy", active({}, {"status": "active-change-pending"}), {"name": "other"}, view(), None),
    ("invalid_schema", active({}), {"colour": "blue"}, view(), None),
    # Set at creation only
    ("invalid_param", active({}), {"uid": 2}, view(), None),
    ("invalid_param", active({}), {"port": 12000}, view(), None),
    ("invalid_param", active({}), {"type": "memcached"}, view(), None),
    ("invalid_param", active({}), {"crdt": True}, view(), None),
    ("invalid_param", active({}), {"replica_read_only": True}, view(), None),
    ("invalid_param", active({"redis_version": "7.2"}), {"redis_version": "7.4"}, view(), None),
    ("invalid_param", active({"redis_version": "7.2"}), {"version": "7.22"}, view(), None),
    ("invalid_param", active({"redis_version": "7.2"}), {"module_list": [{"module_name": "search"}]}, view(), None),
    ("invalid_param", active({}), {"module_list": []}, view(), None),
    (
        "invalid_param",
        active({"redis_version": "7.2", "module_list": [{"module_name": "search"}]}),
        {"module_list": [{"module_name": "search", "module_args": ["PARTITIONS", "AUTO"]}]},
        view(),
        None,
    ),
    # Read-only
    ("invalid_param", active({}), {"status": "delete-pending"}, view(), None),
    ("invalid_param", active({}), {"shard_list": [2]}, view(), None),
]


@pytest.mark.parametrize(("code", "current", "body", "seen", "action"), UPDATES)
def test_update_is_refused(code: str, current: Body, body: Body, seen: ClusterView, action: str | None) -> None:
    with pytest.raises(ApiError) as error:
        updated_bdb(current, body, seen, action=action)
    assert refused(error) == (status_of(code), code)


@pytest.mark.parametrize(
    ("current", "body", "seen", "action"),
    [
        (active({}), {"replication": True, "data_persistence": "aof"}, view(), None),
        (active({}), {"sharding": True, "shards_count": 3}, view(), None),
        (active(SHARDED), {"shards_count": 6}, view(), None),
        (active(SHARDED), {"shards_blueprint": HALVES}, view(), None),
        (active(SHARDED), {"shard_key_regex": [{"regex": "(?<tag>.)"}]}, view(), "flush"),
        (active({}), {"memory_size": 2 * GIB}, view(free_memory=GIB), None),
        (active({}), {"memory_size": GIB // 2}, view(free_memory=0), None),
        (active({}), {"backup": True}, view(), None),
        (active({"name": "a"}), {"name": "b"}, view(license_expired=True), None),
        (active({}, {"rack_aware": True}), {"name": "b"}, view(), None),
        (active(CRDT), {"name": "orders", "memory_size": 2 * GIB}, view(), None),
        (active({"uid": 9}), {"uid": 9}, view(), None),
        (active({}, {"endpoints": [{"port": 12345}]}), {"port": 12345}, view(), None),
        (active({"redis_version": "7.2"}), {"redis_version": "7.2.7", "version": "7.2"}, view(), None),
        (active({}), {"module_list": [{"module_name": "search", "module_args": ""}]}, view(), None),
        ({"uid": 3, "name": "bare", "loaded_only": 1}, {"loaded_only": 1, "replication": True}, view(), None),
    ],
)
def test_update_is_accepted(current: Body, body: Body, seen: ClusterView, action: str | None) -> None:
    own_way = {"port", "version", "redis_version", "module_list", "shards_blueprint"}
    before = dict(current)
    bdb = updated_bdb(current, body, seen, action=action)
    assert {name: bdb[name] for name in body.keys() - own_way} == {name: body[name] for name in body.keys() - own_way}
    assert {name: bdb.get(name) for name in own_way} == {name: current.get(name) for name in own_way}
    assert current == before


def test_every_code_of_the_reference_is_provoked() -> None:
    created = {code for code, dummy, dummy in CREATIONS} | {"missing_memory_size", "busy"}
    assert created >= CREATE_CODES
    assert {row[0] for row in UPDATES} >= UPDATE_CODES
    assert REFUSALS.keys() >= CREATE_CODES | UPDATE_CODES


@pytest.mark.parametrize("plan", [{}, {"data_files": [{"shard_slots": "all", "filename": "f", "node_uid": "1"}]}])
def test_a_recovery_plan_needs_files(plan: Body) -> None:
    with pytest.raises(ApiError) as error:
        new_bdb({"name": "orders", "memory_size": GIB}, view(), uid=1, recovery_plan=plan)
    assert refused(error) == (400, "invalid_schema")


@pytest.mark.parametrize(
    ("key", "slots", "more"),
    [
        ("data_files", "shard_slots", {"filename": "redis.rdb"}),
        ("original_bdb_shards", "assigned_slots", {"uid": "4", "role": "master"}),
    ],
)
def test_a_recovery_plan_fits_the_shards(key: str, slots: str, more: Body) -> None:
    body = {"name": "orders", "memory_size": GIB, **SHARDED}
    parts = [{slots: part["slot_range"], "node_uid": "1", **more} for part in HALVES]
    assert new_bdb(body, view(), uid=1, recovery_plan={key: parts})["shards_count"] == 2
    for plan, code in (
        ({key: parts[:1]}, (406, "bad_shards_blueprint")),
        ({key: [{**parts[0], slots: None}]}, (400, "invalid_schema")),
        ({key: [{"node_uid": "1", **more}]}, (400, "invalid_schema")),
    ):
        with pytest.raises(ApiError) as error:
            new_bdb(body, view(), uid=1, recovery_plan=plan)
        assert refused(error) == code


def test_busy_is_a_conflict() -> None:
    assert (busy().status, busy().error_code) == (409, "busy")


def test_delete() -> None:
    check_delete({"uid": 1})
    check_delete({"uid": 1, "status": "active", "internal": False})
    check_delete({"uid": 1, "status": "creation-failed"})
    with pytest.raises(ApiError) as error:
        check_delete({"uid": 1, "status": "active", "internal": True})
    assert refused(error) == (403, "internal_bdb")
    with pytest.raises(ApiError) as error:
        check_delete({"uid": 1, "status": "active-change-pending"})
    assert refused(error) == (409, "bdb_not_active")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error code of the reference is provoked, and told with what to change beside the cluster's own words."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

import pytest
from support.bdb_samples import MEMCACHED, PEM, certificate
from support.brisk import BriskModule
from support.emulated import Run, emulated

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.error_help import codes

PLAIN, LONELY, ONE_RACK = ("--nodes", "3"), ("--nodes", "1"), ("--nodes", "2", "--rack", "a,a")
OLD_PEM = certificate("old.test", datetime.datetime(2020, 5, 1, tzinfo=datetime.UTC))
TAG = {"key": "team", "value": "shop"}
HALF = [{"nodes": [{"node_uid": "1", "role": "master"}], "slot_range": "0-8191"}]
SHARDED = {"sharding": True, "shards_count": 2}
CRDT = {"crdt": True, "replication": True, "redis_version": "7.4"}


@dataclasses.dataclass(frozen=True)
class Case:
    """C(options) make the cluster answer with C(code); C(names) is what the user is told to change."""

    code: str
    names: str
    options: dict[str, t.Any]
    exists: dict[str, t.Any] | None = None  # the database, when it is an update
    patch: dict[str, t.Any] | None = None  # what is put into its object past the API
    cluster: tuple[str, ...] = PLAIN

    @property
    def creation(self) -> bool:
        return self.exists is None

    def __str__(self) -> str:
        return f"{'create' if self.creation else 'update'}-{self.code}"


def certs(*pems: str) -> dict[str, t.Any]:
    return {"authentication_ssl_client_certs": [{"client_cert": pem} for pem in pems]}


# What provokes the same in a creation and in an update.
BOTH = [
    ("invalid_certificate", "authentication_ssl_client_certs", certs("no certificate")),
    ("certificate_expired", "authentication_ssl_client_certs", certs(OLD_PEM)),
    ("duplicated_certs", "only once", certs(PEM, PEM.replace("\n", "\r\n"))),
    ("invalid_oss_cluster_configuration", "proxy_policy", {"oss_cluster": True}),
    ("invalid_proxy_policy", "all-master-shards", {"config": {"proxy_policy": "some"}}),
    ("invalid_bdb_tags", "one tag for each key", {"tags": [TAG, TAG]}),
]
ACL = {"roles_permissions": [{"role_uid": 1, "redis_acl_uid": 1}]}
CREATIONS = [
    *(Case(code, names, options) for code, names, options in BOTH),
    Case("missing_module", "module_list", {"module_list": [{"module_name": "graph"}]}),
    Case("port_unavailable", "another port", {"port": 9443}),
    Case("invalid_sharding", "sharding to true", {"shards_count": 2}),
    Case("bad_shards_blueprint", "shards_blueprint", {**SHARDED, "shards_blueprint": HALF}),
    Case("not_rack_aware", "rack_aware to false", {"rack_aware": True}),
    Case("rack_awareness_violation", "rack ids", {"rack_aware": True, "replication": True}, cluster=ONE_RACK),
    Case("invalid_version", "redis_version", {"redis_version": "9.9"}),
    Case("invalid_data_persistence", "snapshot_policy", {"data_persistence": "snapshot"}),
    Case("invalid_sasl_credentials", "authentication_sasl_uname", {"type": "memcached"}),
    Case("invalid_replication", "replication to false", {"replication": True}, cluster=LONELY),
    Case("insufficient_resources", "memory_size", {"memory_size": "9000TB"}),
    Case("replication_violation", "replication to true", {"crdt": True}),
    Case("eviction_policy_violation", "eviction_policy", {"redis_version": "3.2", "eviction_policy": "allkeys-lfu"}),
    Case("memcached_cannot_use_modules", "module_list", {**MEMCACHED, "module_list": [{"module_name": "search"}]}),
    Case("missing_backup_interval", "backup_interval", {"backup": True}),
    Case("unsupported_module_capabilities", "module_list", {**CRDT, "module_list": [{"module_name": "bf"}]}),
    Case("redis_acl_unsupported", "roles_permissions", {**MEMCACHED, **ACL}),
]
UPDATES = [
    *(Case(code, names, options, {}) for code, names, options in BOTH),
    Case("rack_awareness_violation", "rack_aware to false", {"rack_aware": True}, {}),
    Case("insufficient_resources", "shards_count", {"shards_count": 514}, SHARDED),
    Case("not_supported_action_on_crdt", "reset_admin_pass", {"action": "reset_admin_pass"}, CRDT),
    Case("name_violation", "name", {"name": "renamed"}, CRDT),
    Case("bad_shards_blueprint", "shards_count", {"shards_count": 3}, SHARDED),
    Case("replication_violation", "replication to true", {"replication": False}, CRDT),
    Case("eviction_policy_violation", "eviction_policy", {"eviction_policy": "allkeys-lfu"}, MEMCACHED),
    Case("replication_node_violation", "replication to false", {"replication": True}, {}, cluster=LONELY),
    Case("replication_size_violation", "memory_size", {"replication": True}, {"memory_size": "1MB"}),
    Case("missing_backup_interval", "backup_interval", {"backup": True, "backup_interval": 0}, {}),
    Case("crdt_sharding_violation", "sharding", {"sharding": True}, CRDT),
    Case(
        "unsupported_module_capabilities",
        "module_list",
        {"eviction_policy": "allkeys-lru"},
        {"module_list": [{"module_name": "bf"}], "redis_version": "7.4", "replication": True},
        patch={"crdt": True},
    ),
    Case("redis_acl_unsupported", "roles_permissions", ACL, MEMCACHED),
]
# What this collection refuses by itself, or repeats: only a cluster that misjudges, or is beset, answers so.
INJECTED = [
    ("uid_exists", 409, "another uid"),
    ("missing_db_name", 406, "set name"),
    ("missing_memory_size", 406, "set memory_size"),
    ("busy", 409, "wait_timeout"),
    ("wrong_cluster_state_id", 409, "run the task again"),
]
FAILURE = {"status", "error_code", "description", "method", "path", "action", "attempts"}
CREATE_CODES = """
uid_exists missing_db_name missing_memory_size missing_module port_unavailable invalid_sharding bad_shards_blueprint
not_rack_aware invalid_version busy invalid_data_persistence invalid_proxy_policy invalid_sasl_credentials
invalid_replication insufficient_resources rack_awareness_violation invalid_certificate certificate_expired
duplicated_certs replication_violation eviction_policy_violation invalid_oss_cluster_configuration
memcached_cannot_use_modules missing_backup_interval wrong_cluster_state_id invalid_bdb_tags
unsupported_module_capabilities redis_acl_unsupported
"""
UPDATE_CODES = """
rack_awareness_violation invalid_certificate certificate_expired duplicated_certs insufficient_resources
not_supported_action_on_crdt name_violation bad_shards_blueprint replication_violation eviction_policy_violation
replication_node_violation replication_size_violation invalid_oss_cluster_configuration missing_backup_interval
crdt_sharding_violation invalid_proxy_policy invalid_bdb_tags unsupported_module_capabilities redis_acl_unsupported
"""


@pytest.fixture(scope="module")
def processes() -> t.Iterator[dict[tuple[str, ...], BriskModule]]:
    none = ("--data-plane", "none", "--time-scale", "0")
    with emulated(*PLAIN, *none) as plain, emulated(*LONELY, *none) as lonely, emulated(*ONE_RACK, *none) as racked:
        yield {PLAIN: BriskModule(plain), LONELY: BriskModule(lonely), ONE_RACK: BriskModule(racked)}


@pytest.fixture
def process(processes: dict[tuple[str, ...], BriskModule]) -> t.Iterator[BriskModule]:
    yield processes[PLAIN]
    processes[PLAIN].cluster.control("DELETE", "/faults")


def assert_told(run: Run, code: str, names: str, *, creation: bool) -> None:
    assert run.result.get("failed"), run.result
    failure, message = run.result["failure"], run.result["msg"]
    assert failure["error_code"] == code
    sentence = codes(creation=creation)[code]
    assert names in sentence
    assert sentence in message
    assert failure["description"] in message, "the cluster's own words are lost"
    assert set(failure) == FAILURE
    assert (failure["method"], failure["action"], failure["attempts"]) == ("POST" if creation else "PUT", None, 1)
    assert re.fullmatch(r"/v1/bdbs" if creation else r"/v1/bdbs/\d+(/reset_admin_pass)?", failure["path"])
    assert 400 <= failure["status"] < 500
    assert not run.changed


def test_every_code_of_the_reference_is_provoked() -> None:
    creations, updates = set(CREATE_CODES.split()), set(UPDATE_CODES.split())
    assert (len(creations), len(updates)) == (28, 19)
    assert {case.code for case in CREATIONS} | {code for code, _status, _names in INJECTED} == creations
    assert {case.code for case in UPDATES} == updates
    assert set(codes(creation=True)) == creations
    assert set(codes(creation=False)) == updates | {"busy"}


@pytest.mark.parametrize("case", [*CREATIONS, *UPDATES], ids=str)
def test_a_refusal_says_what_to_change(processes: dict[tuple[str, ...], BriskModule], case: Case) -> None:
    process = processes[case.cluster]
    target: dict[str, t.Any] = {"name": f"e-{case.code.replace('_', '-')}", "memory_size": "100MB"}
    if case.exists is not None:
        made = process.run(**{**target, **case.exists})
        assert not made.result.get("failed"), made.result
        target = {"uid": made.result["bdb"]["uid"]}
        if case.patch:
            process.cluster.control("POST", f"/bdbs/{target['uid']}", case.patch)
    checked = process.run(check=True, **{**target, **case.options})
    real = process.run(**{**target, **case.options})
    for run in (checked, real):
        assert_told(run, case.code, case.names, creation=case.creation)
    assert checked.writes == []
    assert checked.result["msg"] == real.result["msg"]
    if "uid" in target:
        process.run(uid=target["uid"], state="absent")


@pytest.mark.parametrize(("code", "status", "names"), INJECTED)
def test_what_only_a_cluster_in_trouble_says_is_told_too(
    process: BriskModule, code: str, status: int, names: str
) -> None:
    body = {"error_code": code, "description": f"The cluster's words on {code}"}
    process.cluster.fault("unavailable", method="POST", path="/v1/bdbs", status=status, body=body)
    run = process.run(name="injected", memory_size="100MB", wait_timeout=1)
    assert_told(run, code, names, creation=True)
    posts = run.methods.count("POST")
    assert posts > 1 if code in ("busy", "wrong_cluster_state_id") else posts == 1


def test_message_is_read_where_there_is_no_description(process: BriskModule) -> None:
    body = {"error_code": "invalid_sharding", "message": "In the words of older pages"}
    process.cluster.fault("unavailable", method="POST", path="/v1/bdbs", status=406, body=body)
    run = process.run(name="older", memory_size="100MB")
    assert_told(run, "invalid_sharding", "shard_key_regex", creation=True)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (400, {"error_code": "invalid_schema", "description": "what"}, "may be unknown to its release"),
        (406, {"error_code": "new_code", "description": "what"}, "correct the option that it names"),
        (406, None, "correct the option that it names"),
        (403, {"description": "redislabs license expired"}, "Renew the cluster's license"),
        (403, {"description": "not for you"}, "Use one with the role admin"),
    ],
)
def test_codes_of_other_releases_are_told_by_their_status(
    process: BriskModule, status: int, body: t.Any, sentence: str
) -> None:
    process.cluster.fault("unavailable", method="POST", path="/v1/bdbs", status=status, body=body)
    run = process.run(name="newer", memory_size="100MB")
    assert run.result["failed"]
    assert sentence in run.result["msg"]
    assert not body or body["description"] in run.result["msg"]


def test_a_licence_that_has_expired_is_told(process: BriskModule) -> None:
    process.cluster.control("POST", "/license", {"expired": True})
    try:
        run = process.run(name="unlicensed", memory_size="100MB")
    finally:
        process.cluster.control("POST", "/license", {"expired": False})
    assert run.result["failure"]["status"] == 403
    assert "Renew the cluster's license" in run.result["msg"]


def test_a_database_that_is_gone_in_the_middle_is_told(process: BriskModule) -> None:
    made = process.run(name="vanishes", memory_size="100MB")
    path = f"/v1/bdbs/{made.result['bdb']['uid']}"
    process.cluster.fault("unavailable", method="PUT", path=path, status=404, body={})
    checked = process.run(name="vanishes", memory_size="200MB", check=True)
    assert "run the task again to create it" in checked.result["msg"]
    still_there = process.run(name="vanishes", memory_size="200MB")
    assert still_there.result["failure"]["status"] == 404
    assert still_there.methods.count("PUT") == 1, "what the cluster shows and denies must not be tried for ever"

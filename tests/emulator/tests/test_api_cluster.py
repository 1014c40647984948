# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes, shards, cluster, policy, licence, modules, availability: shapes and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


def test_nodes(calm: Api) -> None:
    nodes = calm.json("/v1/nodes")
    assert [node["uid"] for node in nodes] == [1, 2, 3]
    node = calm.json("/v1/nodes/2")
    assert node["software_version"] == "8.0.16-29"
    assert node["addr"] in calm.emulator.urls[1]
    assert (node["status"], node["rack_id"], node["shard_list"]) == ("active", "", [])
    assert {"db_type": "memcached", "version": "1.4.17"} in node["supported_database_versions"]


def test_node_status_is_keyed_by_text(calm: Api) -> None:
    status = calm.json("/v1/nodes/status")
    assert {uid: s["role"] for uid, s in status.items()} == {"1": "master", "2": "slave", "3": "slave"}
    assert calm.json("/v1/nodes/2/status").keys() == status["2"].keys()
    assert "maintenance_snapshot" not in status["1"]


def test_memory_of_a_node_shrinks_with_its_shards(api: Api) -> None:
    free = {uid: status["free_provisional_ram"] for uid, status in api.json("/v1/nodes/status").items()}
    api.create(memory_size=10**9, replication=True)
    after = {uid: status["free_provisional_ram"] for uid, status in api.json("/v1/nodes/status").items()}
    assert sorted(free[uid] - after[uid] for uid in free) == [0, 5 * 10**8, 5 * 10**8]


def test_checks(calm: Api) -> None:
    assert calm.json("/v1/nodes/check/1") == {"node_uid": 1, "result": True}
    report = calm.json("/v1/cluster/check")
    assert report["cluster_test_result"] is True
    assert report["nodes"][2] == {"node_uid": "3", "result": True}


def test_shards_have_text_uids_and_a_number_for_the_database(api: Api) -> None:
    api.create(replication=True)
    shards = api.json("/v1/shards")
    assert [(s["uid"], s["bdb_uid"], s["role"], s["status"]) for s in shards] == [
        ("1", 1, "master", "active"),
        ("2", 1, "slave", "active"),
    ]
    assert all(isinstance(shard["node_uid"], str) for shard in shards)
    assert shards[0]["assigned_slots"] == "0-16383"
    assert api.json("/v1/shards/2")["role"] == "slave"


def test_cluster_licence_and_modules(calm: Api) -> None:
    cluster = calm.json("/v1/cluster")
    assert cluster["name"] == "cluster.local"
    assert 9443 in cluster["system_reserved_ports"]
    assert "BEGIN CERTIFICATE" in cluster["proxy_certificate"]
    licence = calm.json("/v1/license")
    assert (licence["expired"], licence["shards_limit"], licence["ram_shards_in_use"]) == (False, 10_000, 0)
    modules = calm.json("/v1/modules")
    assert {module["module_name"] for module in modules} == {"bf", "search", "ReJSON", "timeseries"}
    assert len({module["uid"] for module in modules}) == len(modules)


def test_policy_can_be_changed(api: Api) -> None:
    assert api.put("/v1/cluster/policy", {"default_shards_placement": "sparse"}).status_code == 200
    assert api.json("/v1/cluster/policy")["default_shards_placement"] == "sparse"
    for bad in ({"no_such_field": 1}, {"slave_ha": "yes"}):
        assert api.put("/v1/cluster/policy", bad).status_code == 400


def test_racks_make_the_cluster_rack_aware(start: Start) -> None:
    api = start("--rack", "a,b,c")
    assert api.json("/v1/cluster")["rack_aware"] is True
    assert [node["rack_id"] for node in api.json("/v1/nodes")] == ["a", "b", "c"]


def test_availability_answers_without_a_body(api: Api) -> None:
    api.create()
    for query in ("", "?extend_check=lag", "?extend_check=lag&availability_lag_tolerance_ms=50"):
        answer = api.get("/v1/bdbs/1/availability" + query)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("query", ["?extend_check=mood", "?extend_check=lag&availability_lag_tolerance_ms=soon"])
def test_bad_availability_checks_are_400(api: Api, query: str) -> None:
    api.create()
    answer = api.get("/v1/bdbs/1/availability" + query)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_schema")


def test_health_report_has_the_documented_parts(api: Api) -> None:
    api.create("r", replication=True)
    api.create("p")
    report = api.json("/v4/cluster/health")
    assert set(report) == {"active_alerts", "certificates", "database_infos", "fqdn", "license", "nodes", "status"}
    node = report["nodes"][0]
    assert (node["id"], node["role"], node["status"]) == ("1", "leader", "active")
    assert {shard["role"] for n in report["nodes"] for shard in n["shards"]} == {"leader", "follower"}
    assert [d["high_availability"]["status"] for d in report["database_infos"]] == ["up", "disabled"]
    issues = api.json("/v4/cluster/health?issues_only=true")
    assert (issues["nodes"], issues["database_infos"], issues["status"]) == ([], [], "ok")


def test_expired_licence_is_an_error_of_the_report(api: Api) -> None:
    api.control("POST", "/license", {"expired": True})
    report = api.json("/v4/cluster/health?issues_only=true")
    assert (report["status"], report["license"]["expired"]) == ("error", True)

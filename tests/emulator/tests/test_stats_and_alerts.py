# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics, alerts, and transfers of data: what a release without the health report says in other places."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from redis_enterprise_emulator.launch import ControlError

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


def test_statistics_of_nodes_say_what_is_free(api: Api) -> None:
    last = api.json("/v1/nodes/stats/last")
    assert list(last) == ["1", "2", "3"]
    assert last["2"]["persistent_storage_free"] > last["2"]["persistent_storage_avail"] > 0
    api.control("POST", "/nodes/2", {"persistent_free": 5_000_000, "ephemeral_free": 4_000_000})
    found = api.json("/v1/nodes/stats/last/2")["2"]
    assert (found["persistent_storage_free"], found["ephemeral_storage_free"]) == (5_000_000, 4_000_000)
    assert found["free_memory"] == api.json("/v1/nodes/2/status")["free_ram"]
    assert [(node["uid"], len(node["intervals"])) for node in api.json("/v1/nodes/stats")] == [(1, 1), (2, 1), (3, 1)]
    assert api.json("/v1/nodes/stats/3")["uid"] == 3
    assert api.json("/v1/cluster/stats/last").keys() == api.json("/v1/cluster/stats")["intervals"][0].keys()


def test_a_node_that_is_down_has_no_statistics(api: Api) -> None:
    api.control("POST", "/nodes/3/stop")
    assert list(api.json("/v1/nodes/stats/last")) == ["1", "2"]
    refused = api.get("/v1/nodes/stats/last/3")
    assert (refused.status_code, refused.json()["error_code"]) == (406, "node_not_active")
    assert api.get("/v1/nodes/stats/last/9").status_code == 404


@pytest.mark.parametrize("plane", ["none", "redis"])
def test_statistics_of_databases_and_shards(start: Start, plane: str) -> None:
    api = start("--data-plane", plane)
    api.create(replication=True)
    used = api.json("/v1/bdbs/stats/last/1")["1"]["used_memory"]
    assert (used > 0) is (plane == "redis")
    api.control("POST", "/bdbs/1/usage", {"used_memory": 4000})
    assert api.json("/v1/bdbs/stats/last?metrics=used_memory")["1"].keys() == {
        "used_memory",
        "etime",
        "stime",
        "interval",
    }
    assert api.json("/v1/bdbs/stats/1")["intervals"][0]["used_memory"] == 4000
    assert api.json("/v1/bdbs/stats")[0]["uid"] == "1"
    assert api.json("/v1/shards/stats/last/2")["2"]["used_memory"] == 4000
    assert [(shard["uid"], shard["role"]) for shard in api.json("/v1/shards/stats")] == [
        ("1", "master"),
        ("2", "slave"),
    ]
    assert api.json("/v1/shards/stats/1")["assigned_slots"] == "0-16383"
    assert list(api.json("/v1/shards/stats/last")) == ["1", "2"]
    for path in ("/v1/bdbs/stats/last/7", "/v1/bdbs/stats/7", "/v1/shards/stats/7", "/v1/shards/stats/last/7"):
        assert api.get(path).status_code == 404
    assert [shard["uid"] for shard in api.json("/v1/bdbs/1/shards")] == ["1", "2"]


def test_a_module_by_its_uid(calm: Api) -> None:
    module = calm.json("/v1/modules")[0]
    assert calm.json(f"/v1/modules/{module['uid']}") == module
    assert calm.get("/v1/modules/none").json()["error_code"] == "module_not_exist"


# -- alerts ----------------------------------------------------------------------------------------------------
def on(alerts: dict[str, Any]) -> set[str]:
    return {name for name, alert in alerts.items() if alert["state"]}


def test_alerts_have_the_captured_names_and_shape(calm: Api) -> None:
    alerts = calm.json("/v1/cluster/alerts")
    assert len(alerts) == 12
    assert alerts["cluster_license_about_to_expire"]["change_value"]["global_threshold"] == "7"
    assert {frozenset(alert) for alert in alerts.values()} == {
        frozenset({"change_time", "change_value", "enabled", "severity", "state"})
    }
    assert calm.json("/v1/cluster/alerts/cluster_even_node_count") == alerts["cluster_even_node_count"]
    assert on(alerts) == set()
    assert calm.json("/v1/nodes/alerts")["2"] == calm.json("/v1/nodes/alerts/2")
    assert calm.json("/v1/nodes/alerts/2/node_failed")["state"] is False
    for path in ("/v1/cluster/alerts/x", "/v1/nodes/alerts/1/x", "/v1/nodes/alerts/9", "/v1/bdbs/alerts/9"):
        assert calm.get(path).status_code == 404


def test_alerts_follow_the_cluster(start: Start) -> None:
    api = start("--nodes", "4", "--node-memory", "1000000000")
    assert on(api.json("/v1/cluster/alerts")) == {"cluster_even_node_count"}
    api.control("POST", "/nodes/2", {"persistent_free": 1})
    assert on(api.json("/v1/nodes/alerts/2")) == {"node_persistent_storage"}
    report = {node["id"]: node for node in api.json("/v4/cluster/health")["nodes"]}
    assert [alert["name"] for alert in report["2"]["active_alerts"]] == ["node_persistent_storage"]
    assert report["2"]["active_alerts"][0]["threshold"] == "70"
    assert api.json("/v4/cluster/health")["active_alerts"] == [], "an alert that is not enabled is not listed"
    api.create()
    home = api.shards()[0]["node_uid"]
    api.control("POST", "/bdbs/1/usage", {"used_memory": 800_000_000})
    assert "node_memory" in on(api.json(f"/v1/nodes/alerts/{home}"))
    api.control("POST", "/nodes/4/stop")
    api.until(lambda: "node_failed" in on(api.json("/v1/nodes/alerts/4")), "the node to be missed")
    assert "node_checks_error" in on(api.json("/v1/nodes/alerts/4"))
    api.control(
        "POST", "/license", {"expiration_date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))}
    )
    assert "cluster_license_about_to_expire" in on(api.json("/v1/cluster/alerts"))


@pytest.mark.parametrize("version", ["6.4.2", "8.0.10", "8.2.0"])
def test_any_alert_can_be_put_on_and_off(start: Start, version: str) -> None:
    api = start("--version", version)
    api.create()
    api.control("POST", "/alerts", {"kind": "cluster", "name": "cluster_internal_bdb", "severity": "CRITICAL"})
    api.control("POST", "/alerts", {"kind": "node", "uid": 2, "name": "node_aof_slow_disk_io"})
    api.control("POST", "/alerts", {"kind": "bdb", "uid": 1, "name": "bdb_size"})
    assert on(api.json("/v1/cluster/alerts")) == {"cluster_internal_bdb"}
    assert api.json("/v1/cluster/alerts/cluster_internal_bdb")["severity"] == "CRITICAL"
    assert {uid: on(alerts) for uid, alerts in api.json("/v1/nodes/alerts").items()} == {
        "1": set(),
        "2": {"node_aof_slow_disk_io"},
        "3": set(),
    }
    assert on(api.json("/v1/bdbs/alerts/1")) == {"bdb_size"} == on(api.json("/v1/bdbs/alerts")["1"])
    assert api.json("/v1/bdbs/alerts/1/bdb_size")["enabled"] is True
    if version == "8.2.0":
        report = api.json("/v4/cluster/health")
        assert [alert["name"] for alert in report["active_alerts"]] == ["cluster_internal_bdb"]
        assert [alert["name"] for alert in api.json("/v4/db/1/health")["active_alerts"]] == ["bdb_size"]
    api.control("POST", "/alerts", {"kind": "node", "uid": 2, "name": "node_aof_slow_disk_io", "state": False})
    assert on(api.json("/v1/nodes/alerts/2")) == set()


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/alerts", {"kind": "planet", "name": "x"}, "kind must be one of cluster, node, bdb"),
        ("/alerts", {"kind": "node", "name": "x"}, "needs 'uid'"),
        ("/alerts", {"kind": "cluster"}, "needs 'name'"),
        ("/alerts", {"kind": "cluster", "name": "x", "state": 1}, "'state' has a value of the wrong type"),
        ("/nodes/1", {"uptime": 1}, "'uptime' is not one of"),
        ("/nodes/1", {"max_listeners": True}, "'max_listeners' has a value of the wrong type"),
        ("/nodes/1/snapshots", {"name": "x", "roles": {"one": "master"}}, "roles maps uids"),
        ("/nodes/1/snapshots", {"name": "x", "endpoints": ["1"]}, "endpoints lists uids"),
        ("/bdbs/7/usage", {"used_memory": 1}, "Database 7 does not exist"),
        ("/bdbs/7/transfers", {"kind": "backup"}, "Database 7 does not exist"),
        ("/bdbs/7/transfers", {"kind": "move"}, "kind must be one of backup, export, import"),
        ("/actions", {"name": "x", "orphan": True, "status": "done"}, "status must be one of"),
        ("/actions", {"name": "x", "orphan": True, "scope": "planet"}, "scope node or cluster"),
    ],
)
def test_bad_calls_are_refused_with_a_sentence(calm: Api, path: str, body: dict[str, Any], message: str) -> None:
    with pytest.raises(ControlError) as refused:
        calm.control("POST", path, body)
    assert message in str(refused.value)


# -- backup, export, import ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "working", "status", "finished"),
    [
        ("backup", "exporting", "active", "last_backup_time"),
        ("export", "exporting", "active", "last_export_time"),
        ("import", "importing", "import-pending", None),
    ],
)
@pytest.mark.parametrize("version", ["7.8.6", "8.2.0"])
def test_a_transfer_shows_in_the_database_and_from_7_22_on_among_the_actions(
    start: Start, version: str, kind: str, working: str, status: str, finished: str | None
) -> None:
    api = start("--version", version)
    api.create()
    uid = api.control("POST", "/bdbs/1/transfers", {"kind": kind, "seconds": 3})["action_uid"]
    bdb = api.json("/v1/bdbs/1")
    assert (bdb["status"], bdb[f"{kind}_status"]) == (status, working)
    api.until(lambda: api.json("/v1/bdbs/1").get(f"{kind}_progress", 0) > 0, "progress")
    assert ("backup" in api.json("/v1/shards")[0]) is (kind == "backup")
    assert uid not in api.get("/v1/actions").text
    if version == "8.2.0":
        assert api.json(f"/v2/actions/{uid}")["name"] == kind
    api.until(lambda: api.json("/v1/bdbs/1")[f"{kind}_status"] == "succeeded", "the end")
    bdb = api.json("/v1/bdbs/1")
    assert (bdb["status"], finished is None or bool(bdb[finished])) == ("active", True)


def test_a_transfer_can_fail(api: Api) -> None:
    api.create()
    api.control("POST", "/bdbs/1/transfers", {"kind": "export", "failure_reason": "no-permission"})
    api.until(lambda: api.json("/v1/bdbs/1")["export_status"] == "failed", "the end")
    bdb = api.json("/v1/bdbs/1")
    assert (bdb["status"], bdb["export_failure_reason"]) == ("active", "no-permission")
    assert api.json("/v2/actions")[-1]["additional_info"]["error"] == "The export failed: no-permission."

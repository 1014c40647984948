# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assumptions that clients make about a cluster, and for each the switch with which it is false.

The README has the same ten as a table. A client's own tests set the switch; here it is shown that the switch works.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from redis_enterprise_emulator.launch import ControlError

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


def reported(api: Api, uid: int) -> dict[str, Any]:
    nodes = api.json("/v4/cluster/health")["nodes"]
    found: dict[str, Any] = next(node for node in nodes if node["id"] == str(uid))
    return found


# 1 -- the health report is fresh ------------------------------------------------------------------------------
def test_the_health_report_can_be_older_than_the_other_answers(api: Api) -> None:
    fault = api.fault(kind="stale_report")
    before = reported(api, 2)["observed_at"]
    api.node_action(2, "maintenance_on")
    shown = api.json("/v1/nodes/2")
    assert (shown["accept_servers"], shown["max_listeners"]) == (False, 0)
    assert "maintenance_snapshot" in api.json("/v1/nodes/2/status")
    assert (reported(api, 2)["in_maintenance"], reported(api, 2)["observed_at"]) == (False, before)
    api.control("DELETE", f"/faults/{fault}")
    assert reported(api, 2)["in_maintenance"] is True


def test_the_health_report_can_be_old_for_one_node_and_in_the_other_direction(api: Api) -> None:
    api.node_action(2, "maintenance_on")
    api.fault(kind="stale_report", node_uid=2)
    api.node_action(2, "maintenance_off")
    api.node_action(3, "maintenance_on")
    assert (reported(api, 2)["in_maintenance"], reported(api, 3)["in_maintenance"]) == (True, True)
    assert api.json("/v1/nodes/2")["accept_servers"] is True
    assert [node["id"] for node in api.json("/v4/cluster/health?issues_only=true")["nodes"]] == []


# 2 -- a quorum mark with a snapshot is maintenance, and off restores what was: test_quorum_only.py ---------------
def test_off_without_a_snapshot_can_complete_without_effect(api: Api) -> None:
    api.control("POST", "/settings", {"off_without_snapshot": "completes"})
    api.control("POST", "/nodes/3", {"quorum_only": True})
    assert api.node_action(3, "maintenance_off")["status"] == "completed"
    assert api.json("/v1/nodes/3")["accept_servers"] is False


# 3 -- enslave_node gives up the primary's role: test_maintenance_removal.py ----------------------------------------


# 4 -- every check endpoint exists on every release: test_live_routes.py -------------------------------------------
def test_any_route_can_be_taken_away(api: Api) -> None:
    api.fault(kind="unavailable", status=404, method="GET", path="/v1/cluster/check")
    assert (api.get("/v1/cluster/check").status_code, api.get("/v1/cluster/check").content) == (404, b"")
    assert api.get("/v1/nodes/check/1").status_code == 200


# 5 -- memory_size is the size of what moves -----------------------------------------------------------------------
def test_a_database_without_a_limit_can_be_larger_than_the_node_that_takes_it(start: Start) -> None:
    api = start("--node-memory", "1000000000")
    api.create("unlimited", memory_size=0, replication=True)
    api.create("other", memory_size=0, replication=True, proxy_policy="all-nodes")
    api.control("POST", "/bdbs/1/usage", {"used_memory": 600_000_000})
    assert api.json("/v1/bdbs/stats/last/1")["1"]["used_memory"] == 600_000_000
    shard = api.json("/v1/shards?extra_info_keys=used_memory")[0]
    assert shard["redis_info"] == {"used_memory": 600_000_000}
    home = int(shard["node_uid"])
    status = api.json(f"/v1/nodes/{home}/status")
    assert (status["free_ram"], status["free_provisional_ram"]) == (400_000_000, 850_000_000)
    target = ({1, 2, 3} - {found["node_uid"] for found in api.shards(bdb_uid=1)}).pop()
    api.control("POST", "/bdbs/2/usage", {"used_memory": 600_000_000})
    for found in (1, 2, 3):
        if found != target:
            moved = api.node_action(found, "maintenance_on")
            break
    assert moved["status"] == "completed", "the cluster reserves nothing for it"
    down = [shard for shard in api.json("/v1/shards") if shard["status"] == "inactive"]
    assert down, "the kernel ended a process on the node that took it"
    assert api.json(f"/v1/shards/{down[0]['uid']}")["detailed_status"] == "down"


@pytest.mark.parametrize("plane", ["none", "redis"])
def test_a_shard_that_ran_out_of_memory_is_back_with_its_node(start: Start, plane: str) -> None:
    api = start("--data-plane", plane, "--node-memory", "1000000000", "--quorum-only", "3")
    api.create("one", memory_size=0)
    home = api.shards()[0]["node_uid"]
    api.control("POST", "/bdbs/1/usage", {"used_memory": 2_000_000_000})
    api.node_action(home, "maintenance_on")
    assert api.shards()[0]["up"] is False
    other = api.shards()[0]["node_uid"]
    assert other != home
    assert api.get("/v1/bdbs/1/availability").status_code == 503
    api.node_action(home, "maintenance_off", {"skip_shards_restore": True})
    api.control("POST", "/bdbs/1/usage", {"used_memory": 1})
    api.control("POST", f"/nodes/{other}/stop")
    api.control("POST", f"/nodes/{other}/start")
    api.until(lambda: api.get("/v1/bdbs/1/availability", node=home).status_code == 200, "the shard")


def test_what_counts_as_room_is_up_to_the_policies(start: Start) -> None:
    api = start("--node-memory", "1000000000", "--quorum-only", "3")
    api.create(memory_size=800_000_000)
    home = api.shards()[0]["node_uid"]
    api.create("neighbour", memory_size=200_000_000)
    assert {shard["node_uid"] for shard in api.shards()} == {1, 2}
    api.control("POST", "/bdbs/1/usage", {"used_memory": 100_000_000})
    api.control("POST", "/bdbs/2/usage", {"used_memory": 100_000_000})
    refused = api.node_action(home, "maintenance_on")
    assert refused["error_code"] == "insufficient_resources", "reserved memory counts"
    api.node_action(home, "maintenance_off")
    assert api.put("/v1/cluster/policy", {"evict_node_use_free_memory": True}).status_code == 200
    assert api.node_action(home, "maintenance_on")["status"] == "completed", "what is used counts"


def test_overbooking_ignores_the_sizes_of_databases(start: Start) -> None:
    api = start("--node-memory", "1000000000", "--nodes", "1")
    body = {"name": "large", "memory_size": 5_000_000_000}
    assert api.post("/v1/bdbs?dry_run", body).status_code == 406
    api.put("/v1/cluster/policy", {"shards_overbooking": True})
    assert api.create(**body)["status"] == "active"
    assert api.json("/v1/nodes/1/status")["free_provisional_ram"] < 0


def test_a_database_on_flash_reserves_its_ram_only(api: Api) -> None:
    before = api.json("/v1/nodes/1/status")["free_provisional_ram"]
    flash = {"bigstore": True, "redis_version": "7.4", "bigstore_ram_size": 10**8, "memory_size": 10**9}
    api.create(**flash)
    home = api.shards()[0]["node_uid"]
    assert before - api.json(f"/v1/nodes/{home}/status")["free_provisional_ram"] == 10**8
    node, licence = api.json(f"/v1/nodes/{home}"), api.json("/v1/license")
    assert (node["flash_shard_count"], node["ram_shard_count"], node["shard_count"]) == (1, 0, 1)
    assert (licence["flash_shards_in_use"], licence["ram_shards_in_use"]) == (1, 0)
    assert "bigstore_ram_weight" in api.json("/v1/shards")[0]


# 6 -- a shard that is active and ok is a good copy ------------------------------------------------------------------
@pytest.mark.parametrize("version", ["6.4.2", "7.22.2", "8.2.0"])
def test_the_link_of_a_replica_can_be_down_while_all_is_ok(start: Start, version: str) -> None:
    api = start("--version", version)
    api.create(replication=True)
    primary, replica = api.json("/v1/shards")
    assert ("sync" in primary, replica["sync"]) == (False, {"progress": 0, "status": "idle"})
    fault = api.fault(kind="link_down", bdb_uid=1, seconds=60)
    replica = api.json("/v1/shards/2")
    assert (replica["status"], replica["detailed_status"]) == ("active", "ok")
    assert replica["sync"]["status"] == "link_down"
    ended = api.node_action(int(primary["node_uid"]), "maintenance_on")
    assert ended["status"] == "failed", "roles cannot be switched without loss"
    api.control("DELETE", f"/faults/{fault}")
    assert api.json("/v1/shards/2")["sync"]["status"] == "idle"


def test_only_the_lag_check_sees_that_the_link_is_down(api: Api) -> None:
    api.create(replication=True)
    api.fault(kind="link_down", bdb_uid=1, seconds=60)
    assert api.get("/v1/bdbs/1/availability").status_code == 200
    assert api.get("/v1/bdbs/1/availability?extend_check=lag").status_code == 503


def test_the_link_to_a_dead_primary_is_down(api: Api) -> None:
    api.create(replication=True)
    replica = api.shards(role="slave")[0]
    api.control("POST", f"/nodes/{replica['node_uid']}/stop")
    ask = next(uid for uid in (1, 2, 3) if uid != replica["node_uid"])
    api.until(lambda: api.get("/v1/shards", node=ask).status_code == 200, "a primary")
    assert api.json(f"/v1/shards/{replica['uid']}", node=ask)["sync"]["status"] == "link_down"


def test_the_role_that_a_shard_has_can_differ_from_the_one_it_should_have(start: Start) -> None:
    api = start("--version", "8.0.20")
    api.create(replication=True)
    api.control("POST", "/shards/2", {"actual_role": "master", "marked_for_removal": True})
    shown = api.json("/v1/shards/2")
    assert (shown["role"], shown["actual_role"], shown["marked_for_removal"]) == ("slave", "master", True)
    report = [shard for node in api.json("/v4/cluster/health")["nodes"] for shard in node["shards"]]
    assert [shard["detailed_status"] for shard in report if shard["id"] == "2"] == ["role_mismatch"]
    api.control("POST", "/shards/2", {"actual_role": None})
    assert api.json("/v1/shards/2")["actual_role"] == "slave"
    old = start("--version", "7.22.2")
    old.create()
    old.control("POST", "/shards/1", {"actual_role": "slave"})
    assert "actual_role" not in old.json("/v1/shards/1"), "a release that does not show it never does"
    with pytest.raises(ControlError, match="There is no shard 9"):
        api.control("POST", "/shards/9", {})


# 7 -- completed means done, and off restores all --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("omits", "shards", "role", "endpoint"),
    [(["endpoints"], 1, "master", False), (["roles"], 1, "slave", True), (["shards", "endpoints"], 0, "", False)],
)
def test_off_can_complete_without_restoring_all(
    api: Api, omits: list[str], shards: int, role: str, endpoint: bool
) -> None:
    api.create(replication=True)
    node = api.shards(role="master")[0]["node_uid"]
    api.node_action(node, "maintenance_on")
    api.fault(kind="partial_restore", node_uid=node, omits=omits, count=1)
    assert api.node_action(node, "maintenance_off")["status"] == "completed"
    found = api.shards(node_uid=node)
    assert len(found) == shards
    assert [shard["role"] for shard in found] == [role] * shards
    assert (api.control("GET", "/state")["endpoints"][0]["node_uid"] == node) is endpoint
    assert api.json(f"/v1/nodes/{node}")["accept_servers"] is True


# 8 -- the user sees every database ----------------------------------------------------------------------------------
def test_a_user_can_be_limited_to_some_databases(start: Start) -> None:
    api = start("--version", "8.2.0")
    for name in ("mine", "theirs"):
        api.create(name)
    api.control("POST", "/users", {"username": "team", "password": "p", "role": "db_member", "databases": [1]})
    team = type(api)(api.emulator, ("team", "p"))
    assert [bdb["name"] for bdb in team.json("/v1/bdbs")] == ["mine"]
    assert [shard["bdb_uid"] for shard in team.json("/v1/shards")] == [1]
    assert list(team.json("/v1/bdbs/stats/last")) == list(team.json("/v1/bdbs/alerts")) == ["1"]
    assert [info["name"] for info in team.json("/v4/cluster/health")["database_infos"]] == ["mine"]
    assert {action["object_name"] for action in team.json("/v1/actions")["state-machines"]} == {"bdb:1"}
    assert {action["additional_info"]["object_uid"] for action in team.json("/v2/actions")} == {"1"}
    for path in ("/v1/bdbs/2", "/v1/bdbs/2/availability", "/v1/bdbs/2/shards", "/v1/shards/2", "/v1/actions/bdb/2"):
        assert team.get(path).status_code == 404, path
    assert team.put("/v1/bdbs/2", {"max_connections": 1}).status_code == 404
    assert team.delete("/v1/bdbs/2").status_code == 404
    assert sum(node["shard_count"] for node in team.json("/v1/nodes")) == 2, "nodes show all of their shards"
    assert team.post("/v1/bdbs?dry_run", {"name": "theirs", "memory_size": 10**8}).status_code == 200, "a second one"
    assert team.json("/v1/license")["ram_shards_in_use"] == 2
    team.session.close()


@pytest.mark.parametrize(
    ("version", "role", "message"),
    [("8.0.20", "db_viewer", "from release 8.2.0 on"), ("8.2.0", "admin", "of role db_member or db_viewer")],
)
def test_only_some_roles_of_some_releases_can_be_limited(start: Start, version: str, role: str, message: str) -> None:
    user = {"username": "team", "password": "p", "role": role, "databases": [1]}
    with pytest.raises(ControlError, match=message):
        start("--version", version).control("POST", "/users", user)


# 9 -- any database that has the name can be deleted: test_active_active.py -----------------------------------------


# 10 -- what is listed as running runs, what is cancelled ends, and the API is back soon ------------------------------
def test_a_cancelled_action_can_stay_so(api: Api) -> None:
    fault = api.fault(kind="action", name="maintenance_on", outcome="uncancellable")
    api.fault(kind="slow_action", name="maintenance_on", seconds=30, count=1)
    path = "/v1/nodes/2/actions/maintenance_on"
    api.post(path, {})
    api.until(lambda: api.json(path)["status"] == "running", "the action to run")
    api.delete(path)
    time.sleep(0.3)
    assert api.json(path)["status"] == "cancelling"
    assert api.post(path, {}).status_code == 409
    api.control("DELETE", f"/faults/{fault}")
    assert api.ended(path)["status"] == "cancelled"


def test_an_uncancellable_action_that_is_let_be_completes(api: Api) -> None:
    api.fault(kind="action", name="maintenance_on", outcome="uncancellable")
    assert api.node_action(2, "maintenance_on")["status"] == "completed"


def test_a_state_machine_can_be_shown_for_good_while_its_database_is_fine(api: Api) -> None:
    api.create()
    orphan = {"name": "SMUpdateBDB", "kind": "state-machine", "bdb_uid": 1, "orphan": True}
    uid = api.control("POST", "/actions", orphan)["action_uid"]
    shown = api.json(f"/v1/actions/{uid}")
    assert (shown["status"], shown["progress"], shown["object_name"]) == ("active", 50.0, "bdb:1")
    assert shown["heartbeat"] < time.time() - 3000
    assert [action["status"] for action in api.json("/v2/actions") if action["action_uid"] == uid] == ["running"]
    assert api.json("/v1/bdbs/1")["status"] == "active"
    assert api.put("/v1/bdbs/1", {"max_connections": 4}).status_code == 200, "nothing is going on"
    api.settled(1)
    assert api.control("DELETE", f"/actions/{uid}") == {}
    assert api.get(f"/v1/actions/{uid}").status_code == 404


def test_a_task_can_be_cancelling_for_good(api: Api) -> None:
    orphan = {"name": "maintenance_on", "kind": "task", "node_uid": 2, "orphan": True, "scope": "node"}
    uid = api.control("POST", "/actions", {**orphan, "status": "cancelling"})["action_uid"]
    assert [action["status"] for action in api.json("/v1/actions")["actions"]] == ["cancelling"]
    assert api.post("/v1/nodes/2/actions/maintenance_on", {}).status_code == 409
    assert api.delete("/v1/nodes/2/actions/maintenance_on").status_code == 200
    assert api.json("/v1/nodes/2/actions/maintenance_on")["status"] == "cancelling"
    api.control("DELETE", f"/actions/{uid}")
    assert api.node_action(2, "maintenance_on")["status"] == "completed"
    with pytest.raises(ControlError, match="no orphaned action"):
        api.control("DELETE", f"/actions/{uid}")


def test_the_api_can_be_away_while_the_shards_work(api: Api) -> None:
    api.create()
    before = time.monotonic()
    api.fault(kind="api_away", seconds=1.0)
    for node in (1, 2, 3):
        with pytest.raises(requests.exceptions.ConnectionError):
            api.get("/v1/nodes", node=node)
    assert all(node["alive"] for node in api.control("GET", "/state")["nodes"])

    def back() -> bool:
        try:
            return api.get("/v1/nodes", node=3).status_code == 200
        except requests.exceptions.ConnectionError:
            return False

    api.until(back, "the API")
    assert time.monotonic() - before >= 0.9
    assert api.get("/v1/bdbs/1/availability").status_code == 200


def test_the_api_can_be_away_on_one_node(api: Api) -> None:
    api.fault(kind="api_away", seconds=30, nodes=[2])
    with pytest.raises(requests.exceptions.ConnectionError):
        api.get("/v1/nodes", node=2)
    assert api.json("/v1/nodes", node=1)[1]["status"] == "active"
    api.control("POST", "/nodes/2/stop")
    api.control("POST", "/nodes/2/start")
    assert api.get("/v1/nodes", node=2).status_code == 200, "a restart brings it back"


# Smaller ones ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [401, 403])
def test_one_host_can_refuse_what_the_others_accept(api: Api, status: int) -> None:
    api.fault(kind="unavailable", status=status, nodes=[2])
    assert [api.get("/v1/nodes", node=node).status_code for node in (1, 2, 3)] == [200, status, 200]


def test_v2_actions_can_be_refused_while_v1_answers(api: Api) -> None:
    body = {"error_code": "invalid_schema", "description": "The request does not fit the schema."}
    api.fault(kind="unavailable", status=400, body=body, path="/v2/actions.*")
    assert (api.get("/v2/actions").status_code, api.get("/v2/actions").json()) == (400, body)
    assert api.get("/v1/actions").status_code == 200


def test_a_database_that_is_not_active_is_not_deleted(api: Api) -> None:
    api.create()
    api.control("POST", "/bdbs/1", {"status": "recovery"})
    refused = api.delete("/v1/bdbs/1")
    assert (refused.status_code, refused.json()["error_code"]) == (409, "bdb_not_active")


def test_the_cluster_can_be_in_upgrade_mode_and_have_a_short_grace_period(api: Api) -> None:
    assert api.json("/v1/cluster")["upgrade_mode"] is False
    api.control("POST", "/cluster", {"upgrade_mode": True})
    assert api.json("/v1/cluster")["upgrade_mode"] is True
    api.put("/v1/cluster/policy", {"slave_ha_grace_period": 30, "persistent_node_removal": True})
    assert api.json("/v1/cluster")["slave_ha_grace_period"] == 30
    assert api.json("/v1/cluster/policy")["persistent_node_removal"] is True

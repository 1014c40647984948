# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that take part in the quorum and hold no data: how they are shown, and what maintenance does to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from redis_enterprise_emulator.launch import ControlError, LaunchError, launch

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
RELEASES = ("6.4.2", "7.2.4", "7.4.6", "7.8.6", "7.22.2", "8.0.20", "8.2.0")


@pytest.mark.parametrize("version", RELEASES)
def test_a_quorum_only_node_is_told_from_one_in_maintenance(start: Start, version: str) -> None:
    api = start("--version", version, "--quorum-only", "3")
    api.create(replication=True)
    assert api.shards(node_uid=3) == []
    api.node_action(2, "maintenance_on", {"evict_ha_replica": False, "keep_slave_shards": True})
    for uid, listeners in ((3, 100), (2, 0)):
        node, status = api.json(f"/v1/nodes/{uid}"), api.json(f"/v1/nodes/{uid}/status")
        assert (node["accept_servers"], node["max_listeners"], node["status"]) == (False, listeners, "active")
        assert (status["free_provisional_ram"], status["total_provisional_ram"]) == (0, 0)
    assert "maintenance_snapshot" not in api.json("/v1/nodes/3/status")
    assert ("maintenance_snapshot" in api.json("/v1/nodes/2/status")) is (version not in ("6.4.2", "7.2.4"))
    assert api.json("/v1/nodes/1")["accept_servers"] is True
    if version in ("8.0.20", "8.2.0"):
        report = {node["id"]: node for node in api.json("/v4/cluster/health")["nodes"]}
        assert [(report[uid]["quorum_only"], report[uid]["in_maintenance"]) for uid in ("1", "2", "3")] == [
            (False, False),
            (True, True),
            (True, False),
        ]


def test_two_nodes_with_data_and_one_for_the_quorum(start: Start) -> None:
    """The vendor's small topology: a node with data can be drained only if its replicas stay."""
    api = start("--quorum-only", "3")
    api.create(replication=True)
    moved = api.node_action(1, "maintenance_on")
    assert (moved["status"], moved["error_code"]) == ("failed", "insufficient_resources")
    api.node_action(1, "maintenance_off")
    kept = api.node_action(1, "maintenance_on", {"evict_ha_replica": False})
    assert kept["status"] == "completed"
    assert {shard["role"] for shard in api.shards(node_uid=1)} == {"slave"}
    assert api.node_action(1, "maintenance_off")["status"] == "completed"
    assert api.shards(node_uid=3) == []
    removed = api.node_action(2, "remove")
    assert (removed["status"], removed["error_code"]) == ("failed", "insufficient_resources")


def test_a_quorum_only_node_counts_for_the_quorum_and_can_be_primary(start: Start) -> None:
    api = start("--quorum-only", "3")
    api.control("POST", "/nodes/1/stop")
    api.until(lambda: api.get("/v1/nodes", node=2).status_code == 200, "a primary")
    assert api.json("/v1/nodes/status", node=2)["2"]["role"] == "master", "a node in service comes first"
    api.control("POST", "/nodes/1/start")
    api.control("POST", "/nodes/2/stop")
    api.until(lambda: api.get("/v1/nodes", node=3).status_code == 200, "a primary")
    api.control("POST", "/nodes/1/stop")
    assert api.get("/v1/nodes", node=3).status_code == 503, "one of three is no quorum"


@pytest.mark.parametrize("version", ["7.4.6", "8.2.0"])
def test_maintenance_makes_a_data_node_of_it(start: Start, version: str) -> None:
    """The mark that maintenance takes away is the only one that there is."""
    api = start("--version", version, "--quorum-only", "3")
    api.node_action(3, "maintenance_on")
    assert api.json("/v1/nodes/3")["max_listeners"] == 0
    api.node_action(3, "maintenance_off")
    node = api.json("/v1/nodes/3")
    assert (node["accept_servers"], node["max_listeners"]) == (True, 100)


def test_a_snapshot_of_maintenance_that_was_left_behind_brings_old_shards_onto_it(start: Start) -> None:
    api = start()
    api.create(replication=True)
    node = api.shards(role="slave")[0]["node_uid"]
    api.control("POST", f"/nodes/{node}/snapshots", {"name": "maintenance_mode_old", "maintenance": True})
    before = api.shards(node_uid=node)
    api.node_action(node, "maintenance_on")
    api.node_action(node, "maintenance_off", {"skip_shards_restore": True})
    assert api.node_state(node)["snapshots"] == []
    roles = {str(before[0]["uid"]): before[0]["role"]}
    left = {"name": "maintenance_mode_old", "maintenance": True, "roles": roles, "endpoints": [1]}
    api.control("POST", f"/nodes/{node}/snapshots", left)
    api.control("POST", f"/nodes/{node}", {"quorum_only": True})
    status, shown = api.json(f"/v1/nodes/{node}/status"), api.json(f"/v1/nodes/{node}")
    assert status["maintenance_snapshot"]["name"] == "maintenance_mode_old"
    assert (shown["accept_servers"], shown["max_listeners"]) == (False, 100)
    report = next(found for found in api.json("/v4/cluster/health")["nodes"] if found["id"] == str(node))
    assert (report["quorum_only"], report["in_maintenance"]) == (True, False)
    assert api.node_action(node, "maintenance_off")["status"] == "completed"
    assert [shard["uid"] for shard in api.shards(node_uid=node)] == [before[0]["uid"]]
    assert api.control("GET", "/state")["endpoints"][0]["node_uid"] == node


def test_the_mark_can_be_set_and_taken_away_by_either_api(api: Api) -> None:
    api.control("POST", "/nodes/3", {"quorum_only": True})
    assert api.json("/v1/nodes/3")["accept_servers"] is False
    assert api.put("/v1/nodes/3", {"accept_servers": True}).json()["accept_servers"] is True
    assert api.put("/v1/nodes/3", {"accept_servers": False}).json()["accept_servers"] is False
    api.control("POST", "/nodes/3", {"quorum_only": False, "max_listeners": 40, "max_redis_servers": 50})
    node = api.json("/v1/nodes/3")
    assert (node["accept_servers"], node["max_listeners"], node["max_redis_servers"]) == (True, 40, 50)


def test_a_node_with_shards_does_not_become_quorum_only(api: Api) -> None:
    api.create()
    home = api.shards()[0]["node_uid"]
    refused = api.put(f"/v1/nodes/{home}", {"accept_servers": False})
    assert (refused.status_code, refused.json()["error_code"]) == (406, "node_already_populated")
    with pytest.raises(ControlError, match="when it is empty"):
        api.control("POST", f"/nodes/{home}", {"quorum_only": True})


@pytest.mark.parametrize("uids", ["4", "0", "x", "1,9"])
def test_nodes_that_there_are_not_cannot_be_quorum_only(uids: str) -> None:
    with pytest.raises(LaunchError, match="takes uids of nodes from 1 to 3"):
        launch("--quorum-only", uids)


# -- the other fields of a node that can be set ---------------------------------------------------------------
def test_rack_ids_are_set_once_and_compared_without_case(start: Start) -> None:
    api = start("--rack", "RackA,racka,b")
    api.create(replication=True, rack_aware=True)
    racks = {api.json(f"/v1/nodes/{shard['node_uid']}")["rack_id"].lower() for shard in api.shards()}
    assert racks == {"racka", "b"}
    refused = api.put("/v1/nodes/1", {"rack_id": "c"})
    assert (refused.status_code, refused.json()["error_code"]) == (406, "node_already_has_rack_id")


@pytest.mark.parametrize(("version", "status"), [("7.8.6", 400), ("7.22.0", 200)])
def test_the_second_rack_came_with_7_22(start: Start, version: str, status: int) -> None:
    api = start("--version", version)
    answer = api.put("/v1/nodes/1", {"second_rack_id": "row1"})
    assert answer.status_code == status
    assert api.json("/v1/nodes/1").get("second_rack_id") == ("row1" if status == 200 else None)


@pytest.mark.parametrize("body", [{"uid": 7}, {"max_listeners": "many"}, {"accept_servers": 1}])
def test_other_fields_of_a_node_are_refused(calm: Api, body: dict[str, object]) -> None:
    assert calm.put("/v1/nodes/1", body).status_code == 400

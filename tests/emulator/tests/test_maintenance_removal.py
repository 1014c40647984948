# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing nodes, and turning a node into a replica."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import redis
import requests

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


def test_removed_node_is_emptied_and_leaves(api: Api) -> None:
    for name in ("a", "b"):
        api.create(name, replication=True)
    api.create("c")
    done = api.node_action(3, "remove")
    assert done["status"] == "completed"
    assert sorted(api.json("/v1/nodes/status")) == ["1", "2"]
    assert [node["uid"] for node in api.json("/v1/nodes")] == [1, 2]
    assert {shard["node_uid"] for shard in api.shards()} == {1, 2}
    with pytest.raises(requests.exceptions.ConnectionError):
        api.get("/v1/nodes", node=3)
    listed = api.json("/v1/nodes/actions")["actions"][0]
    assert (listed["name"], listed["node_uid"], listed["status"]) == ("remove_node", "3", "completed")


def test_removal_of_the_primary_elects_another(api: Api) -> None:
    answer = api.post("/v1/nodes/1/actions/remove", {}, node=2)
    assert answer.status_code == 200

    def removed() -> bool:
        reply = api.get("/v1/nodes/status", node=2)
        return reply.status_code == 200 and "1" not in reply.json()

    api.until(removed, "the end of node 1")
    roles = {uid: status["role"] for uid, status in api.json("/v1/nodes/status", node=2).items()}
    assert sorted(roles.values()) == ["master", "slave"]


def test_removal_without_room_is_refused_and_the_node_takes_nothing_more(start: Start) -> None:
    api = start("--node-memory", "1000000000")
    for name in ("a", "b", "c"):
        api.create(name, memory_size=600_000_000)
    failed = api.node_action(3, "remove")
    assert (failed["status"], failed["error_code"]) == ("failed", "insufficient_resources")
    node = api.json("/v1/nodes/3")
    assert (node["status"], node["accept_servers"]) == ("active", False)
    assert node["shard_count"] == 1


def test_removal_that_leaves_no_place_for_a_replica_is_refused(start: Start) -> None:
    api = start("--nodes", "2")
    api.create(replication=True)
    failed = api.node_action(2, "remove")
    assert failed["error_code"] == "insufficient_resources"


def test_last_node_cannot_be_removed(start: Start) -> None:
    assert start("--nodes", "1").node_action(1, "remove")["status"] == "failed"


def test_node_is_decommissioning_meanwhile(api: Api) -> None:
    api.fault(kind="slow_action", name="remove_node", seconds=0.5)
    api.post("/v1/nodes/3/actions/remove", {})
    api.until(lambda: api.json("/v1/nodes/3")["status"] == "decommissioning", "the status")
    assert api.json("/v1/nodes/3/actions")["actions"][0]["name"] == "remove_node"
    assert api.ended("/v1/nodes/3/actions/remove")["status"] == "completed"


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_removal_that_does_not_complete_leaves_the_node_active_or_as_it_was_told(api: Api, outcome: str) -> None:
    api.fault(kind="half_removed", node_uid=3, count=1)
    for uid, status in ((2, "active"), (3, "decommissioning"), (3, "active")):
        api.fault(kind="action", name="remove", outcome=outcome, at=50, count=1)
        assert api.node_action(uid, "remove")["status"] == outcome
        assert (api.json(f"/v1/nodes/{uid}")["status"], api.json(f"/v1/nodes/{uid}")["accept_servers"]) == (
            status,
            False,
        )
    assert api.node_action(3, "remove")["status"] == "completed"


def test_removal_that_is_cancelled_can_leave_the_node_decommissioning(api: Api) -> None:
    api.fault(kind="half_removed")
    api.fault(kind="action", name="remove", outcome="stuck", at=30)
    path = "/v1/nodes/3/actions/remove"
    api.post(path, {})
    api.until(lambda: api.json(path).get("progress") == 30.0, "progress 30")
    api.delete(path)
    assert api.ended(path)["status"] == "cancelled"
    assert api.json("/v1/nodes/status")["3"]["node_status"] == "decommissioning"
    report = next(node for node in api.json("/v4/cluster/health")["nodes"] if node["id"] == "3")
    assert (report["status"], report["detailed_status"]) == ("warning", "decommissioning")


def test_waiting_for_persistence_is_a_step_of_its_own(api: Api) -> None:
    api.fault(kind="action", name="remove", outcome="stuck", at=98)
    api.post("/v1/nodes/3/actions/remove", {"wait_for_persistence": True})
    task = api.json("/v1/nodes/3/actions/remove")["task_id"]
    api.until(lambda: api.json(f"/v1/actions/{task}")["state"] == "wait_for_persistence", "the state")
    api.control("DELETE", "/faults")
    assert api.ended("/v1/nodes/3/actions/remove")["status"] == "completed"


def test_dead_node_can_be_removed_and_its_replicas_are_made_anew(start: Start) -> None:
    api = start("--data-plane", "redis")
    api.create(replication=True)
    with redis.Redis("127.0.0.1", api.json("/v1/bdbs/1")["endpoints"][0]["port"], decode_responses=True) as db:
        db.set("key", "value")
        dead = api.shards(role="slave")[0]["node_uid"]
        other = next(uid for uid in (1, 2, 3) if uid != dead)
        api.control("POST", f"/nodes/{dead}/stop")
        api.until(lambda: api.get("/v1/nodes", node=other).status_code == 200, "a primary")
        assert api.node_action(dead, "remove", node=other)["status"] == "completed"
        assert {shard["node_uid"] for shard in api.shards()} == {1, 2, 3} - {dead}
        assert all(shard["up"] for shard in api.shards())
        assert api.get("/v1/bdbs/1/availability?extend_check=lag", node=other).status_code == 200
        assert db.get("key") == "value"


def test_dead_node_with_the_only_copy_is_not_removed(api: Api) -> None:
    api.create()
    dead = api.shards()[0]["node_uid"]
    other = next(uid for uid in (1, 2, 3) if uid != dead)
    api.control("POST", f"/nodes/{dead}/stop")
    api.until(lambda: api.get("/v1/nodes", node=other).status_code == 200, "a primary")
    failed = api.node_action(dead, "remove", node=other)
    assert (failed["status"], failed["error_code"]) == ("failed", "internal_error")
    assert "nowhere else" in failed["error_message"]


def role_of(api: Api, uid: int) -> str:
    return str(
        api.until(lambda: api.get("/v1/nodes/status").json() if api.get("/v1/nodes").ok else None, "a primary")[
            str(uid)
        ]["role"]
    )


def test_enslaving_the_primary_with_demote_node_elects_another_and_hands_over_roles(api: Api) -> None:
    api.create(replication=True)
    home = api.shards(role="master")[0]["node_uid"]
    assert home == 1
    api.post("/v1/nodes/1/actions/enslave_node", {"demote_node": True})
    api.until(lambda: api.control("GET", "/state")["primary"] != 1, "another primary")
    assert role_of(api, 1) == "slave"
    assert api.ended("/v1/nodes/1/actions/enslave_node")["status"] == "completed"
    assert not api.shards(node_uid=1, role="master")
    assert api.shards(node_uid=1, role="slave"), "the shards stay, as replicas"
    assert api.json("/v1/bdbs/1")["endpoints"][0]["addr"] != ["127.0.0.1"]


@pytest.mark.parametrize(
    ("options", "primary", "master_stays", "endpoint_stays"),
    [
        ({}, 1, False, False),
        ({"shards_only": True}, 1, False, True),
        ({"endpoints_only": True}, 1, True, False),
        ({"shards_only": True, "demote_node": True}, 2, False, True),
        ({"demote_node": False}, 1, False, False),
    ],
)
def test_enslave_options(
    api: Api, options: dict[str, bool], primary: int, master_stays: bool, endpoint_stays: bool
) -> None:
    api.create(replication=True)
    api.post("/v1/nodes/1/actions/enslave_node", options)

    def done() -> bool:
        reply = api.get("/v1/nodes/1/actions/enslave_node")
        return reply.status_code == 200 and reply.json()["status"] == "completed"

    api.until(done, "the end of enslave_node")
    state = api.control("GET", "/state")
    assert state["primary"] == primary
    assert bool(api.shards(node_uid=1, role="master")) is master_stays
    assert (state["endpoints"][0]["node_uid"] == 1) is endpoint_stays


def test_maintenance_can_demote_the_primary_and_does_not_by_default(api: Api) -> None:
    api.node_action(1, "maintenance_on")
    assert api.control("GET", "/state")["primary"] == 1
    api.node_action(1, "maintenance_off")
    api.post("/v1/nodes/1/actions/maintenance_on", {"demote_node": True})
    api.until(lambda: api.control("GET", "/state")["primary"] == 2, "another primary")

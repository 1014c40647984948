# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance mode: what moves, what stays, what the snapshot holds, and how often it has to be undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import redis

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
ON = "/v1/nodes/1/actions/maintenance_on"


def on_node(api: Api, node: int) -> list[tuple[int, str]]:
    return sorted((shard["uid"], shard["role"]) for shard in api.shards(node_uid=node))


def endpoint_nodes(api: Api) -> dict[int, int]:
    return {e["bdb_uid"]: e["node_uid"] for e in api.control("GET", "/state")["endpoints"]}


def layout(api: Api) -> tuple[list[tuple[int, int, str]], dict[int, int]]:
    return sorted((s["uid"], s["node_uid"], s["role"]) for s in api.shards()), endpoint_nodes(api)


@pytest.fixture
def filled(api: Api) -> Api:
    """A replicated and a plain database, both with a master on node 1."""
    api.create("replicated", replication=True)
    api.create("plain", memory_size=10_000_000)
    while not api.shards(node_uid=1, role="master", bdb_uid=2):
        api.delete("/v1/bdbs/2")
        api.until(lambda: api.get("/v1/bdbs/2").status_code == 404, "the deletion")
        api.create(f"filler-{time.monotonic_ns()}", memory_size=10**9)
        api.create("plain", uid=2, memory_size=10_000_000)
    return api


def test_on_empties_the_node_and_off_restores_it(api: Api) -> None:
    for name in ("a", "b", "c"):
        api.create(name, replication=True)
    before = layout(api)
    assert api.shards(node_uid=1, role="master"), "else nothing is tested"
    answer = api.post(ON, {})
    assert set(answer.json()) == {"status", "task_id"}
    assert answer.json()["status"] == "queued"
    done = api.ended(ON)
    assert done == {"status": "completed", "task_id": answer.json()["task_id"]}
    assert on_node(api, 1) == []
    assert 1 not in endpoint_nodes(api).values()
    assert all(api.json(f"/v1/bdbs/{uid}")["endpoints"][0]["addr"] != ["127.0.0.1"] for uid in (1, 2, 3))
    assert api.node_action(1, "maintenance_off")["status"] == "completed"
    assert layout(api) == before
    assert api.json("/v1/nodes/1/snapshots") == []


def test_where_maintenance_can_be_seen(api: Api) -> None:
    def seen() -> tuple[Any, ...]:
        node, status = api.json("/v1/nodes/1"), api.json("/v1/nodes/status")["1"]
        health = next(n for n in api.json("/v4/cluster/health")["nodes"] if n["id"] == "1")
        return (
            node["accept_servers"],
            node["max_listeners"],
            "maintenance_snapshot" in status,
            health["in_maintenance"],
            health["quorum_only"],
        )

    assert seen() == (True, 100, False, False, False)
    api.node_action(1, "maintenance_on")
    assert seen() == (False, 0, True, True, True)
    snapshot = api.json("/v1/nodes/1/status")["maintenance_snapshot"]
    assert set(snapshot) == {"created_time", "name", "node_uid"}
    assert snapshot["node_uid"] == "1"
    assert snapshot["name"].startswith("maintenance_mode_2")
    assert api.json("/v1/nodes/status")["1"]["total_provisional_ram"] == 0
    api.node_action(1, "maintenance_off")
    assert seen() == (True, 100, False, False, False)


def test_shards_leave_one_after_another_while_the_progress_moves(api: Api) -> None:
    api.create(sharding=True, shards_count=4)
    api.fault(kind="slow_action", name="maintenance_on", seconds=1.2)
    api.post(ON, {})
    seen: set[tuple[int, int]] = set()

    def done() -> bool:
        action = api.json(ON)
        seen.add((int(action.get("progress", 100)), len(on_node(api, 1))))
        return bool(action["status"] == "completed")

    api.until(done, "the end of maintenance_on")
    assert {count for dummy, count in seen} >= {4, 2, 0}, seen
    assert len({progress for progress, dummy in seen}) > 5, seen


def test_nothing_is_placed_on_a_node_in_maintenance(api: Api) -> None:
    api.node_action(1, "maintenance_on")
    api.node_action(2, "maintenance_on")
    for name in ("a", "b"):
        assert {shard["node_uid"] for shard in api.shards(bdb_uid=api.create(name)["uid"])} == {3}
    answer = api.post("/v1/bdbs", {"name": "r", "memory_size": 10**8, "replication": True})
    assert answer.status_code == 406, "no second node takes shards"


def test_replicas_can_stay_but_masters_are_demoted(filled: Api) -> None:
    assert filled.node_action(1, "maintenance_on", {"evict_ha_replica": False})["status"] == "completed"
    assert {role for dummy, role in on_node(filled, 1)} == {"slave"}, "what has no replica leaves all the same"
    assert filled.shards(bdb_uid=1, node_uid=1)
    assert not filled.shards(bdb_uid=2, node_uid=1)
    filled.node_action(1, "maintenance_off")
    assert (1, "master") in on_node(filled, 1)


def test_replicas_of_active_active_databases_have_an_option_of_their_own(api: Api) -> None:
    api.create("plain", replication=True)
    api.create("active", replication=True)
    api.control("POST", "/bdbs/2", {"crdt": True})
    node = api.shards(bdb_uid=2, role="slave")[0]["node_uid"]
    api.node_action(node, "maintenance_on", {"evict_active_active_replica": False})
    assert [shard["bdb_uid"] for shard in api.shards(node_uid=node)] == [2]


def test_only_the_named_databases_leave(filled: Api) -> None:
    filled.node_action(1, "maintenance_on", {"evict_dbs": ["2"]})
    assert not filled.shards(bdb_uid=2, node_uid=1)
    assert filled.shards(bdb_uid=1, node_uid=1, role="master")


def test_activations_stack(api: Api) -> None:
    api.create(replication=True)
    before = layout(api)
    api.node_action(1, "maintenance_on")
    first = api.json("/v1/nodes/1/snapshots")
    api.node_action(1, "maintenance_on")
    assert api.node_state(1)["maintenance_depth"] == 2
    assert api.json("/v1/nodes/1/snapshots") == first, "the snapshot of the first activation is kept"
    api.node_action(1, "maintenance_off")
    assert api.json("/v1/nodes/1")["accept_servers"] is False
    assert on_node(api, 1) == []
    api.node_action(1, "maintenance_off")
    assert api.json("/v1/nodes/1")["accept_servers"] is True
    assert layout(api) == before


def test_half_failed_on_keeps_its_snapshot_and_a_retry_does_not_overwrite_it(api: Api) -> None:
    api.create(replication=True)
    api.create("second", replication=True)
    before = layout(api)
    api.fault(kind="action", name="maintenance_on", outcome="failed", at=60, count=1, error="power cut")
    failed = api.node_action(1, "maintenance_on")
    assert (failed["status"], failed["error_message"]) == ("failed", "power cut")
    snapshot = api.json("/v1/nodes/1/snapshots")
    assert len(snapshot) == 1
    assert api.json("/v1/nodes/1/status")["maintenance_snapshot"] == snapshot[0]
    assert api.json("/v1/nodes/1")["accept_servers"] is False
    assert api.node_action(1, "maintenance_on")["status"] == "completed"
    assert api.json("/v1/nodes/1/snapshots") == snapshot
    assert api.node_action(1, "maintenance_off")["status"] == "completed", "one activation succeeded: one off"
    assert layout(api) == before


def test_overwrite_snapshot_forgets_the_original_layout(api: Api) -> None:
    api.create(replication=True)
    api.node_action(1, "maintenance_on")
    api.node_action(1, "maintenance_on", {"overwrite_snapshot": True})
    assert len(api.json("/v1/nodes/1/snapshots")) == 1
    api.node_action(1, "maintenance_off")
    api.node_action(1, "maintenance_off")
    assert on_node(api, 1) == [], "the new snapshot was of an empty node"


def test_off_without_a_snapshot_fails_and_the_node_stays(api: Api) -> None:
    failed = api.node_action(1, "maintenance_off")
    assert failed["status"] == "failed"
    assert "no snapshot" in failed["error_message"]
    api.node_action(1, "maintenance_on")
    failed = api.node_action(1, "maintenance_off", {"snapshot_name": "nightly"})
    assert (failed["status"], failed["error_code"]) == ("failed", "internal_error")
    assert api.json("/v1/nodes/1")["accept_servers"] is False
    assert api.node_action(1, "maintenance_off")["status"] == "completed"


@pytest.mark.parametrize("outcome", ["failed", "aborted"])
def test_off_that_ends_half_way_leaves_the_node_in_maintenance(api: Api, outcome: str) -> None:
    api.create(replication=True)
    before = layout(api)
    api.node_action(1, "maintenance_on")
    api.fault(kind="action", name="maintenance_off", outcome=outcome, at=60, count=1)
    assert api.node_action(1, "maintenance_off")["status"] == outcome
    assert api.json("/v1/nodes/1")["accept_servers"] is False
    assert "maintenance_snapshot" in api.json("/v1/nodes/1/status")
    assert api.node_action(1, "maintenance_off")["status"] == "completed"
    assert layout(api) == before


def test_off_from_a_named_snapshot(api: Api) -> None:
    api.create()
    home = api.shards()[0]["node_uid"]
    api.control("POST", f"/nodes/{home}/snapshots", {"name": "nightly"})
    api.node_action(home, "maintenance_on")
    assert api.json(f"/v1/nodes/{home}/snapshots")[0]["name"] == "nightly"
    assert api.node_action(home, "maintenance_off", {"snapshot_name": "nightly"})["status"] == "completed"
    assert api.shards()[0]["node_uid"] == home
    assert api.json(f"/v1/nodes/{home}/snapshots") == []


def test_skip_shards_restore_leaves_the_shards_where_they_are(api: Api) -> None:
    api.create(replication=True)
    api.node_action(1, "maintenance_on")
    moved = layout(api)
    assert api.node_action(1, "maintenance_off", {"skip_shards_restore": True})["status"] == "completed"
    assert layout(api) == moved
    node = api.json("/v1/nodes/1")
    assert (node["accept_servers"], node["max_listeners"]) == (True, 100)
    assert api.json("/v1/nodes/1/snapshots") == []


def test_maintenance_snapshot_cannot_be_deleted_by_hand_but_others_can(api: Api) -> None:
    api.control("POST", "/nodes/1/snapshots", {"name": "nightly"})
    api.node_action(1, "maintenance_on")
    name = api.json("/v1/nodes/1/status")["maintenance_snapshot"]["name"]
    assert api.delete(f"/v1/nodes/1/snapshots/{name}").status_code == 403
    assert api.delete("/v1/nodes/1/snapshots/nightly").json()["name"] == "nightly"
    assert api.delete("/v1/nodes/1/snapshots/nightly").status_code == 404


def test_quorum_check_counts_nodes_in_maintenance_as_alive(api: Api) -> None:
    for node in (1, 2, 3):
        assert api.node_action(node, "maintenance_on")["status"] == "completed", "the product lets you, so it does"


def test_quorum_check_refuses_when_a_node_is_down(api: Api) -> None:
    api.control("POST", "/nodes/3/stop")
    api.until(lambda: api.json("/v1/nodes/3")["status"] == "down", "node 3 to be seen down")
    failed = api.node_action(2, "maintenance_on")
    assert failed["status"] == "failed"
    assert "quorum" in failed["error_message"]
    assert api.json("/v1/nodes/2/snapshots") == [], "nothing was begun"
    assert api.json("/v1/nodes/2")["accept_servers"] is True


def test_dead_node_cannot_enter_maintenance(start: Start) -> None:
    api = start("--nodes", "5")
    api.control("POST", "/nodes/3/stop")
    failed = api.node_action(3, "maintenance_on")
    assert (failed["status"], failed["error_message"]) == ("failed", "Node 3 is down.")


def test_no_room_elsewhere_fails_before_anything_moves(start: Start) -> None:
    api = start("--node-memory", "1000000000")
    api.create("small", memory_size=100_000_000)
    for name in ("a", "b", "c"):
        api.create(name, memory_size=600_000_000)
    assert on_node(api, 1) == [(1, "master"), (4, "master")], "the small one would fit elsewhere, the other not"
    before = layout(api)
    failed = api.node_action(1, "maintenance_on")
    assert (failed["status"], failed["error_code"]) == ("failed", "insufficient_resources")
    assert layout(api) == before
    assert len(api.json("/v1/nodes/1/snapshots")) == 1, "the snapshot stays"
    assert api.node_action(1, "maintenance_off")["status"] == "completed"
    assert api.json("/v1/nodes/1")["accept_servers"] is True


def test_room_is_counted_once(start: Start) -> None:
    api = start("--node-memory", "1000000000")
    for name, size in (("one", 300), ("x", 600), ("y", 500), ("two", 300)):
        api.create(name, memory_size=size * 10**6)
    assert on_node(api, 1) == [(1, "master"), (4, "master")], "either fits on node 3, both do not"
    assert api.node_action(1, "maintenance_on")["error_code"] == "insufficient_resources"
    assert len(on_node(api, 1)) == 2


def test_no_room_for_replicas_is_solved_by_keeping_them(start: Start) -> None:
    api = start("--nodes", "3", "--node-memory", "1000000000")
    for name in ("a", "b", "c"):
        api.create(name, memory_size=800_000_000, replication=True)
    failed = api.node_action(1, "maintenance_on")
    assert failed["error_code"] == "insufficient_resources"
    assert api.node_action(1, "maintenance_on", {"evict_ha_replica": False})["status"] == "completed"
    assert {role for dummy, role in on_node(api, 1)} == {"slave"}


def test_restoring_without_room_leaves_the_node_in_maintenance(start: Start) -> None:
    api = start("--node-memory", "1000000000")
    api.create("a", memory_size=500_000_000)
    api.node_action(1, "maintenance_on")
    moved = layout(api)
    assert api.put("/v1/bdbs/1", {"memory_size": 900_000_000}).status_code == 200
    api.settled(1)
    failed = api.node_action(1, "maintenance_off")
    assert failed["status"] == "failed"
    assert "no room for shard 1" in failed["error_message"]
    assert layout(api) == moved
    assert api.json("/v1/nodes/1")["accept_servers"] is False
    assert len(api.json("/v1/nodes/1/snapshots")) == 1
    assert api.node_action(1, "maintenance_off", {"skip_shards_restore": True})["status"] == "completed"


def test_dead_node_stays_in_maintenance(start: Start) -> None:
    api = start("--nodes", "5")
    api.node_action(3, "maintenance_on")
    api.control("POST", "/nodes/3/stop")
    failed = api.node_action(3, "maintenance_off")
    assert (failed["status"], failed["error_message"]) == ("failed", "Node 3 is down.")
    assert api.node_state(3)["quorum_only"] is True
    api.control("POST", "/nodes/3/start")
    assert api.node_action(3, "maintenance_off")["status"] == "completed"


def test_cancelling_stops_where_it_is_and_undoes_nothing(api: Api) -> None:
    api.create(sharding=True, shards_count=4)
    api.fault(kind="slow_action", name="maintenance_on", seconds=2)
    api.post(ON, {})
    api.until(lambda: 0 < len(on_node(api, 1)) < 4, "some shards to have moved")
    assert api.delete(ON).status_code == 200
    assert api.json(ON)["status"] in ("cancelling", "cancelled")
    assert api.ended(ON)["status"] == "cancelled"
    assert 0 < len(on_node(api, 1)) < 4
    assert api.json("/v1/nodes/1")["accept_servers"] is False
    assert len(api.json("/v1/nodes/1/snapshots")) == 1


def test_delete_clears_the_record_of_a_finished_action(api: Api) -> None:
    api.node_action(1, "maintenance_on")
    assert api.delete(ON).status_code == 200
    assert api.get(ON).status_code == 404
    assert api.delete(ON).status_code == 404


@pytest.mark.parametrize("name", ["explode", "maintenance"])
def test_unknown_action_is_refused(api: Api, name: str) -> None:
    assert api.post(f"/v1/nodes/1/actions/{name}", {}).status_code == 400
    assert api.get(f"/v1/nodes/1/actions/{name}").status_code == 404
    assert api.delete(f"/v1/nodes/1/actions/{name}").status_code == 404


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("maintenance_on", {"evict_dbs": [1]}),
        ("maintenance_on", {"evict_dbs": "1"}),
        ("maintenance_on", {"overwrite_snapshot": "yes"}),
        ("maintenance_on", {"skip_shards_restore": True}),
        ("maintenance_off", {"snapshot_name": 1}),
        ("remove", {"wait_for_persistence": 1}),
    ],
)
def test_bad_options_are_400(api: Api, name: str, body: dict[str, Any]) -> None:
    answer = api.post(f"/v1/nodes/1/actions/{name}", body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_schema")
    assert api.json("/v1/nodes/1/actions") == {"actions": []}


def test_one_instance_of_a_type_at_a_time(api: Api) -> None:
    api.fault(kind="slow_action", name="maintenance_on", seconds=0.6)
    api.post(ON, {})
    for path in (ON, "/v1/nodes/2/actions/maintenance_on"):
        assert api.post(path, {}).status_code == 409
    assert api.post("/v1/nodes/2/actions/enslave_node", {}).status_code == 200, "another type may run"
    first = api.ended(ON)
    api.node_action(1, "maintenance_on")
    assert api.json(ON)["task_id"] != first["task_id"]
    assert api.get(f"/v1/actions/{first['task_id']}").status_code == 404, "a new one erases the last result"


def test_with_real_shards_nothing_is_lost(start: Start) -> None:
    api = start("--data-plane", "redis")
    api.create("replicated", replication=True)
    api.create("plain")
    ports = {uid: api.json(f"/v1/bdbs/{uid}")["endpoints"][0]["port"] for uid in (1, 2)}
    clients = {uid: redis.Redis("127.0.0.1", port, decode_responses=True) for uid, port in ports.items()}
    for uid, db in clients.items():
        db.set("who", uid)
    before = layout(api)
    nodes = sorted({shard["node_uid"] for shard in api.shards(role="master")})
    for node in nodes:
        assert api.node_action(node, "maintenance_on")["status"] == "completed"
        assert [db.get("who") for db in clients.values()] == ["1", "2"], "the same connections serve on"
        assert api.node_action(node, "maintenance_off")["status"] == "completed"
    assert layout(api) == before
    assert [db.get("who") for db in clients.values()] == ["1", "2"]
    for db in clients.values():
        db.close()

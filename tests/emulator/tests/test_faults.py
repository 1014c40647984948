# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault strikes what it was set for, and nothing else."""

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
SMALL = {"name": "db", "memory_size": 100_000_000}


def test_unavailable_for_a_number_of_requests(api: Api) -> None:
    api.fault(kind="unavailable", count=2)
    assert [api.get("/v1/nodes").status_code for dummy in range(3)] == [503, 503, 200]
    assert api.control("GET", "/faults") == []


def test_unavailable_for_a_time(api: Api) -> None:
    api.fault(kind="unavailable", seconds=0.4)
    before = time.monotonic()
    assert api.get("/v1/nodes").status_code == 503
    api.until(lambda: api.get("/v1/nodes").status_code == 200, "the end of the fault")
    assert time.monotonic() - before >= 0.35


def test_unavailable_with_status_and_body(api: Api) -> None:
    api.fault(kind="unavailable", status=500, body={"error_code": "internal_error"}, count=1)
    answer = api.get("/v1/nodes")
    assert (answer.status_code, answer.json()) == (500, {"error_code": "internal_error"})
    api.fault(kind="unavailable", body="<html>away</html>", count=1)
    answer = api.get("/v1/nodes")
    assert (answer.status_code, answer.text) == (503, "<html>away</html>")


@pytest.mark.parametrize(
    ("narrowed", "struck"),
    [
        ({"method": "POST"}, [("POST", "/v1/bdbs", 1)]),
        ({"path": "/v1/bdbs"}, [("GET", "/v1/bdbs", 1), ("POST", "/v1/bdbs", 1), ("GET", "/v1/bdbs", 2)]),
        ({"path": "/v1/(nodes|license)", "nodes": [2]}, [("GET", "/v1/nodes", 2)]),
        ({"nodes": [2], "method": "get"}, [("GET", "/v1/bdbs", 2), ("GET", "/v1/nodes", 2)]),
    ],
)
def test_faults_can_be_narrowed(api: Api, narrowed: dict[str, Any], struck: list[tuple[str, str, int]]) -> None:
    api.fault(kind="unavailable", **narrowed)
    calls = [("GET", "/v1/bdbs", 1), ("POST", "/v1/bdbs", 1), ("GET", "/v1/nodes", 1)]
    calls += [("GET", "/v1/bdbs", 2), ("GET", "/v1/nodes", 2)]
    hit = [call for call in calls if api.call(call[0], call[1], node=call[2], json={}).status_code == 503]
    assert hit == struck


def test_latency(api: Api) -> None:
    api.fault(kind="latency", delay=0.3, path="/v1/nodes", count=1)
    before = time.monotonic()
    assert api.get("/v1/nodes").status_code == 200
    assert time.monotonic() - before >= 0.3
    api.fault(kind="latency", delay=2, count=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        api.get("/v1/nodes", timeout=0.2)


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_dropped_connection(api: Api, when: str, created: int) -> None:
    api.fault(kind="drop", method="POST", when=when, count=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        api.post("/v1/bdbs", SMALL)
    assert len(api.json("/v1/bdbs")) == created
    entry = next(entry for entry in api.control("GET", "/journal") if entry["method"] == "POST")
    assert entry["status"] is None, "it got no answer"
    assert api.post("/v1/bdbs?dry_run", SMALL).status_code == 200, "the next one is served"


def test_redirect_to_the_primary_or_wherever(api: Api) -> None:
    api.fault(kind="redirect", nodes=[3])
    assert api.get("/v1/nodes").status_code == 200
    moved = api.get("/v1/bdbs?fields=uid", node=3)
    assert moved.status_code == 307
    assert moved.headers["location"] == api.emulator.urls[0] + "/v1/bdbs?fields=uid"
    api.control("DELETE", "/faults")
    api.fault(kind="redirect", location="https://10.0.0.1:9443/v1/nodes")
    assert api.get("/v1/nodes").headers["location"] == "https://10.0.0.1:9443/v1/nodes"


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_node_action_ends_as_it_was_told(api: Api, outcome: str) -> None:
    api.fault(kind="action", name="maintenance_on", node_uid=2, outcome=outcome, at=50, error_code="x", error="told so")
    ended = api.node_action(2, "maintenance_on")
    assert ended["status"] == outcome
    if outcome == "failed":
        assert (ended["error_code"], ended["error_message"]) == ("x", "told so")
    assert api.json(f"/v1/actions/{ended['task_id']}")["progress"] == "50"
    assert api.node_action(1, "maintenance_on")["status"] == "completed", "another node is not concerned"


def test_stuck_action_goes_on_when_the_fault_is_taken_away(api: Api) -> None:
    api.create()
    fault = api.fault(kind="action", name="SMUpdateBDB", outcome="stuck", at=40, count=1)
    action = api.put("/v1/bdbs/1", {"max_connections": 3}).json()["action_uid"]
    api.until(lambda: api.json(f"/v1/actions/{action}").get("progress") == 40.0, "progress 40")
    time.sleep(0.2)
    stuck = api.json(f"/v1/actions/{action}")
    assert (stuck["status"], stuck["progress"]) == ("active", 40.0)
    assert api.json("/v1/bdbs/1")["status"] == "active-change-pending"
    assert [fault["id"] for fault in api.control("GET", "/faults")] == [fault]
    api.control("DELETE", f"/faults/{fault}")
    assert api.settled(1)["status"] == "active"


@pytest.mark.parametrize("ending", ["taken away", "cancelled"])
def test_action_can_be_stuck_before_it_runs(api: Api, ending: str) -> None:
    fault = api.fault(kind="action", name="remove", outcome="stuck", at="starting", count=1)
    path = "/v1/nodes/3/actions/remove"
    api.post(path, {})
    api.until(lambda: api.json(path)["status"] == "starting", "the status")
    time.sleep(0.3)
    stuck = api.json(path)
    assert (stuck["status"], stuck["progress"]) == ("starting", 0.0)
    if ending == "cancelled":
        api.delete(path)
        assert api.ended(path)["status"] == "cancelled"
        assert api.node_action(3, "remove")["status"] == "completed", "a fault strikes as often as it was told"
    else:
        api.control("DELETE", f"/faults/{fault}")
        assert api.ended(path)["status"] == "completed"


def test_action_can_fail_before_it_runs(api: Api) -> None:
    api.fault(kind="action", name="maintenance_on", outcome="failed", at="starting", error="told so", count=1)
    failed = api.node_action(2, "maintenance_on")
    assert (failed["status"], failed["error_message"]) == ("failed", "told so")
    assert api.json("/v1/nodes/2/snapshots") == [], "it has done nothing"


def test_stuck_action_shows_its_pending_operations(api: Api) -> None:
    api.create()
    waiting = {"3": {"op_name": "wait_for_sync", "status_description": "syncing"}}
    fault = api.fault(kind="action", name="SMUpdateBDB", outcome="stuck", at=40, count=1, pending_ops=waiting)
    action = api.put("/v1/bdbs/1", {"max_connections": 3}).json()["action_uid"]
    api.until(lambda: api.json(f"/v1/actions/{action}").get("progress") == 40.0, "progress 40")
    assert api.json(f"/v1/actions/{action}")["pending_ops"] == waiting
    assert [found["pending_ops"] for found in api.json("/v1/actions/bdb/1") if "pending_ops" in found] == [waiting]
    api.control("DELETE", f"/faults/{fault}")
    assert api.settled(1)["status"] == "active"


def test_early_action_is_completed_before_its_work_is(api: Api) -> None:
    api.create()
    fault = api.fault(kind="action", name="SMUpdateBDB", outcome="early", at=40, count=1)
    action = api.put("/v1/bdbs/1", {"max_connections": 3}).json()["action_uid"]
    assert api.ended(f"/v1/actions/{action}")["status"] == "completed"
    assert api.json("/v1/bdbs/1")["status"] == "active-change-pending"
    assert api.put("/v1/bdbs/1", {"max_connections": 4}).status_code == 409
    api.control("DELETE", f"/faults/{fault}")
    assert api.settled(1)["status"] == "active"


@pytest.mark.parametrize("later", ["maintenance_off", "remove"])
def test_what_an_early_action_has_not_done_is_dropped_when_a_later_one_begins(api: Api, later: str) -> None:
    api.create(replication=True)
    node, other = (api.shards(role=role)[0]["node_uid"] for role in ("slave", "master"))
    before = sorted((shard["uid"], shard["node_uid"], shard["role"]) for shard in api.shards())
    fault = api.fault(kind="action", name="maintenance_on", outcome="early", at=40, count=1)
    assert api.node_action(node, "maintenance_on", node=other)["status"] == "completed"
    assert api.node_action(node, later, node=other)["status"] == "completed"
    api.control("DELETE", f"/faults/{fault}")
    time.sleep(0.5)
    if later == "maintenance_off":
        state = api.node_state(node)
        assert (state["maintenance_depth"], state["quorum_only"]) == (0, False)
        assert sorted((shard["uid"], shard["node_uid"], shard["role"]) for shard in api.shards()) == before
    assert {action["status"] for action in api.json("/v1/actions", node=other)["actions"]} == {"completed"}


def test_an_early_action_of_another_node_goes_on(api: Api) -> None:
    fault = api.fault(kind="action", name="maintenance_on", node_uid=2, outcome="early", at=40, count=1)
    assert api.node_action(2, "maintenance_on")["status"] == "completed"
    assert api.node_action(3, "maintenance_on")["status"] == "completed"
    api.node_action(3, "maintenance_off")
    api.control("DELETE", f"/faults/{fault}")
    api.until(lambda: api.node_state(2)["maintenance_depth"] == 1, "the rest of the work")


def test_lingering_action_is_running_after_its_work_is_done(api: Api) -> None:
    api.create()
    fault = api.fault(kind="action", name="SMUpdateBDB", outcome="lingering", at=80, count=1)
    action = api.put("/v1/bdbs/1", {"max_connections": 3}).json()["action_uid"]
    assert api.settled(1)["max_connections"] == 3
    shown = api.json(f"/v1/actions/{action}")
    assert (shown["status"], shown["progress"]) == ("active", 80.0)
    time.sleep(0.2)
    assert api.json(f"/v1/actions/{action}") == shown, "its heartbeat has stopped"
    assert api.put("/v1/bdbs/1", {"max_connections": 4}).status_code == 200, "nothing is going on"
    api.control("DELETE", f"/faults/{fault}")
    assert api.ended(f"/v1/actions/{action}")["status"] == "completed"


def test_stuck_node_action_can_be_cancelled(api: Api) -> None:
    api.fault(kind="action", name="maintenance_on", outcome="stuck", at=30)
    path = "/v1/nodes/1/actions/maintenance_on"
    api.post(path, {})
    api.until(lambda: api.json(path).get("progress") == 30.0, "progress 30")
    api.delete(path)
    assert api.ended(path)["status"] == "cancelled"


def test_slow_action_takes_its_time_and_shows_it(api: Api) -> None:
    api.fault(kind="slow_action", name="maintenance_on", seconds=0.8, count=1)
    before = time.monotonic()
    assert api.node_action(1, "maintenance_on")["status"] == "completed"
    assert time.monotonic() - before >= 0.75
    before = time.monotonic()
    api.node_action(1, "maintenance_off")
    assert time.monotonic() - before < 0.75


def test_busy_database(api: Api) -> None:
    api.create("one")
    api.create("two")
    api.fault(kind="busy", bdb_uid=1, count=2)
    assert api.put("/v1/bdbs/2", {"max_connections": 1}).status_code == 200
    for answer in (api.put("/v1/bdbs/1", {"max_connections": 1}), api.delete("/v1/bdbs/1")):
        assert (answer.status_code, answer.json()["error_code"]) == (409, "busy")
    assert api.put("/v1/bdbs/1", {"max_connections": 1}).status_code == 200
    api.fault(kind="busy", bdb_uid=1, seconds=0.3)
    api.settled(1)
    assert api.put("/v1/bdbs/1", {"max_connections": 2}).status_code == 409
    api.until(lambda: api.put("/v1/bdbs/1", {"max_connections": 2}).status_code == 200, "the end of the fault")


def test_election(api: Api) -> None:
    before = time.monotonic()
    api.fault(kind="election", seconds=0.5)
    for node in (1, 2, 3):
        answer = api.get("/v1/nodes", node=node)
        assert (answer.status_code, answer.content) == (503, b"")
    api.until(lambda: api.get("/v1/nodes").status_code == 200, "the end of the election")
    assert time.monotonic() - before >= 0.45
    roles = {uid: status["role"] for uid, status in api.json("/v1/nodes/status").items()}
    assert roles == {"1": "slave", "2": "master", "3": "slave"}


@pytest.mark.parametrize("plane", ["none", "redis"])
def test_lagging_replica(start: Start, plane: str) -> None:
    api = start("--data-plane", plane)
    api.create(replication=True)
    check = "/v1/bdbs/1/availability"
    assert api.get(check + "?extend_check=lag").status_code == 200
    api.fault(kind="lag", bdb_uid=1, seconds=0.6)
    answer = api.get(check + "?extend_check=lag")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "bdb_unavailable")
    assert api.get(check).status_code == 200, "only the extended check sees it"
    api.until(lambda: api.get(check + "?extend_check=lag").status_code == 200, "the replica to catch up")


def test_faults_can_be_listed_and_removed(api: Api) -> None:
    first = api.fault(kind="unavailable", path="/v1/x")
    second = api.fault(kind="latency", delay=1, path="/v1/y")
    assert [(f["id"], f["kind"], f["hits"]) for f in api.control("GET", "/faults")] == [
        (first, "unavailable", 0),
        (second, "latency", 0),
    ]
    api.control("DELETE", f"/faults/{first}")
    assert [f["id"] for f in api.control("GET", "/faults")] == [second]
    api.control("DELETE", "/faults")
    assert api.control("GET", "/faults") == []
    with pytest.raises(ControlError, match="no such fault"):
        api.control("DELETE", f"/faults/{first}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "kind must be one of"),
        ({"kind": "earthquake"}, "kind must be one of"),
        ({"kind": "latency"}, "needs 'delay'"),
        ({"kind": "latency", "delay": "long"}, "'delay' has a value of the wrong type"),
        ({"kind": "latency", "delay": True}, "'delay' has a value of the wrong type"),
        ({"kind": "busy", "bdb_uid": 1, "name": "x"}, "has no 'name'"),
        ({"kind": "action", "outcome": "exploded"}, "outcome must be one of"),
        ({"kind": "action", "outcome": "stuck", "at": "the end"}, "at must be a progress or starting"),
        ({"kind": "half_removed", "name": "remove"}, "has no 'name'"),
        ({"kind": "drop", "when": "never"}, "when must be before or after"),
        ({"kind": "unavailable", "path": "("}, "no regular expression"),
        ({"kind": "lag", "bdb_uid": 99, "seconds": 1}, "Database 99 does not exist"),
    ],
)
def test_bad_faults_are_refused_with_a_sentence(calm: Api, body: dict[str, Any], message: str) -> None:
    with pytest.raises(ControlError) as refused:
        calm.control("POST", "/faults", body)
    assert message in str(refused.value)

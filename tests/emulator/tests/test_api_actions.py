# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five shapes in which the API shows that something is going on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Api


def test_v1_is_an_object_and_finished_tasks_are_strings(api: Api) -> None:
    api.create()
    task = api.node_action(2, "maintenance_on")["task_id"]
    listed = api.json("/v1/actions")
    assert set(listed) == {"actions", "state-machines"}
    action = listed["actions"][0]
    assert re.fullmatch(r"\d{10,}", action.pop("creation_time"))
    assert action == {
        "action_uid": task,
        "task_id": task,
        "name": "maintenance_on",
        "node_uid": "2",
        "progress": "100",
        "status": "completed",
    }
    machine = listed["state-machines"][0]
    assert isinstance(machine.pop("heartbeat"), int)
    assert isinstance(machine.pop("action_uid"), str)
    assert machine == {"name": "SMCreateBDB", "object_name": "bdb:1", "status": "completed"}
    assert api.json(f"/v1/actions/{task}")["status"] == "completed"


def test_v1_of_a_running_task_has_a_float_and_a_state(api: Api) -> None:
    api.create(sharding=True, shards_count=2)
    api.fault(kind="action", name="maintenance_on", outcome="stuck", at=40)
    task = api.post("/v1/nodes/1/actions/maintenance_on", {}).json()["task_id"]
    api.until(lambda: api.json(f"/v1/actions/{task}")["progress"] == 40.0, "progress 40")
    action = api.json(f"/v1/actions/{task}")
    assert isinstance(action["progress"], float)
    assert action["state"].startswith("migrate_shard_")


def test_v2_is_a_flat_list_with_numbers(api: Api) -> None:
    api.create()
    task = api.node_action(2, "maintenance_on")["task_id"]
    actions = {action["action_uid"]: action for action in api.json("/v2/actions")}
    shown = actions.pop(task)
    assert isinstance(shown.pop("creation_time"), int)
    assert shown == {
        "action_type": "task",
        "action_uid": task,
        "additional_info": {"object_type": "node", "object_uid": "2"},
        "name": "maintenance_on",
        "progress": 100.0,
        "status": "completed",
    }
    machine = next(iter(actions.values()))
    assert machine["action_type"] == "state-machine"
    assert machine["additional_info"] == {"object_type": "bdb", "object_uid": "1"}
    assert api.json(f"/v2/actions/{task}")["name"] == "maintenance_on"


def test_v2_maps_the_states_of_machines(api: Api) -> None:
    api.create()
    api.fault(kind="action", name="SMUpdateBDB", outcome="stuck", at=10)
    action = api.put("/v1/bdbs/1", {"max_connections": 1}).json()["action_uid"]
    api.until(lambda: api.json(f"/v2/actions/{action}")["status"] == "running", "running")
    assert api.json(f"/v1/actions/{action}")["status"] == "active"


def test_failed_actions_say_why(api: Api) -> None:
    api.fault(kind="action", name="maintenance_on", outcome="failed", error_code="insufficient_resources", error="full")
    task = api.node_action(1, "maintenance_on")["task_id"]
    v1 = api.json(f"/v1/actions/{task}")
    assert (v1["status"], v1["error_code"], v1["error_message"]) == ("failed", "insufficient_resources", "full")
    assert api.json(f"/v2/actions/{task}")["additional_info"]["error"] == "full"
    listed = api.json("/v1/nodes/1/actions")["actions"][0]
    assert (listed["error_code"], listed["error_message"]) == ("insufficient_resources", "full")


def test_export_is_in_v2_only(api: Api) -> None:
    api.create()
    uid = api.control("POST", "/actions", {"kind": "other", "name": "export_bdb", "bdb_uid": 1})["action_uid"]
    assert api.json(f"/v2/actions/{uid}")["action_type"] == "other"
    assert api.get(f"/v1/actions/{uid}").status_code == 404
    assert uid not in api.get("/v1/actions").text


def test_actions_of_one_database(api: Api) -> None:
    api.create("a")
    api.create("b")
    api.put("/v1/bdbs/2", {"max_connections": 1})
    api.settled(2)
    assert [action["name"] for action in api.json("/v1/actions/bdb/1")] == ["SMCreateBDB"]
    machines = api.json("/v1/actions/bdb/2")
    assert [action["name"] for action in machines] == ["SMCreateBDB", "SMUpdateBDB"]
    assert [action["progress"] for action in machines] == [100.0, 100.0]


@pytest.mark.parametrize("path", ["/v1/nodes/actions", "/v1/cluster/actions"])
def test_lists_over_all_come_as_object_or_as_list(api: Api, path: str) -> None:
    assert api.json(path) == {"actions": []}
    api.control("POST", "/settings", {"list_shape": "list"})
    assert api.json(path) == []


def test_all_node_actions(api: Api) -> None:
    api.node_action(1, "maintenance_on")
    api.node_action(2, "maintenance_on")
    assert [action["node_uid"] for action in api.json("/v1/nodes/actions")["actions"]] == ["1", "2"]
    assert [action["node_uid"] for action in api.json("/v1/nodes/2/actions")["actions"]] == ["2"]
    assert api.json("/v1/nodes/3/actions") == {"actions": []}


def test_cluster_has_no_actions_unless_a_test_makes_them_known(api: Api) -> None:
    path = "/v1/cluster/actions/reshuffle"
    assert api.post(path, {}).status_code == 400
    api.control("POST", "/cluster-actions", {"name": "reshuffle", "seconds": 0.4})
    answer = api.post(path, {})
    assert answer.json()["status"] == "queued"
    assert api.post(path, {}).status_code == 409
    assert api.ended(path)["status"] == "completed"
    assert api.json("/v1/cluster/actions")["actions"][0]["name"] == "reshuffle"
    assert api.json(f"/v1/actions/{answer.json()['task_id']}")["name"] == "reshuffle"
    assert "node_uid" not in api.json("/v1/cluster/actions")["actions"][0]
    assert api.post(path, {}).json()["task_id"] != answer.json()["task_id"], "a new one replaces the record"
    assert api.delete(path).status_code == 200
    assert api.ended(path)["status"] == "cancelled"
    assert api.delete(path).status_code == 200
    assert api.delete(path).status_code == 404


CHANGE_MASTER = "/v1/cluster/actions/change_master"


def primary_of(api: Api) -> int:
    return int(api.control("GET", "/state")["primary"])


def change_ended(api: Api) -> dict[str, Any]:
    """The action once it is over; the API is away while another primary is elected."""

    def ready() -> Any:
        answer = api.get(CHANGE_MASTER)
        return answer.json() if answer.ok and answer.json()["status"] in ("completed", "failed") else None

    return dict(api.until(ready, "the end of change_master"))


@pytest.mark.parametrize("body", [{"node_uid": "2"}, {"node_uid": 2}])
def test_change_master_makes_the_node_the_primary(api: Api, body: dict[str, Any]) -> None:
    api.fault(kind="slow_action", name="change_master", seconds=0.4)
    answer = api.post(CHANGE_MASTER, body)
    assert answer.json()["status"] == "queued"
    assert api.post(CHANGE_MASTER, {"node_uid": "3"}).status_code == 409
    assert change_ended(api)["status"] == "completed"
    assert {uid: status["role"] for uid, status in api.json("/v1/nodes/status").items()} == {
        "1": "slave",
        "2": "master",
        "3": "slave",
    }
    assert api.post(CHANGE_MASTER, body).json()["task_id"] != answer.json()["task_id"], "a new one replaces the record"
    assert change_ended(api)["status"] == "completed"
    assert primary_of(api) == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"node_uid": "9"}, 404, "node_not_found"),
        ({}, 400, "invalid_schema"),
        ({"node_uid": True}, 400, "invalid_schema"),
        ({"node_uid": "node2"}, 400, "invalid_schema"),
    ],
)
def test_change_master_wants_a_node(api: Api, body: dict[str, Any], status: int, code: str) -> None:
    answer = api.post(CHANGE_MASTER, body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert api.get(CHANGE_MASTER).status_code == 404


def test_change_master_fails_for_a_node_that_is_down(api: Api) -> None:
    api.control("POST", "/nodes/3/stop")
    api.post(CHANGE_MASTER, {"node_uid": "3"})
    ended = change_ended(api)
    assert (ended["status"], ended["error_code"]) == ("failed", "internal_error")
    assert primary_of(api) == 1


@pytest.mark.parametrize(("version", "status"), [("7.2.4", 400), ("7.4.2", 200), ("8.2.0", 200)])
def test_change_master_came_with_7_4(start: Callable[..., Api], version: str, status: int) -> None:
    api = start("--version", version)
    assert api.post(CHANGE_MASTER, {"node_uid": "2"}).status_code == status

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five shapes of an action become one, with the quirks of each."""

from __future__ import annotations

import typing as t

import pytest
from support.stub_api import StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action import model
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import decode
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import ActionFailed, CollectionError

TASK_UID = "8fc32a11-0000-4000-8000-000000000001"
MACHINE_UID = "04d7b6ea-0000-4000-8000-000000000002"
V1: dict[str, t.Any] = {
    "actions": [
        {
            "action_uid": TASK_UID,
            "creation_time": "1760400087",
            "name": "retry_bdb",
            "node_uid": "1",
            "progress": "100",
            "status": "completed",
            "task_id": TASK_UID,
        }
    ],
    "state-machines": [
        {
            "action_uid": MACHINE_UID,
            "heartbeat": 1760400082,
            "name": "SMUpdateBDB",
            "object_name": "bdb:7",
            "status": "active",
            "progress": 50.0,
            "state": "proxy_policy",
            "pending_ops": {"3": {"op_name": "wait_for_sync", "status_description": "syncing", "progress": 12.0}},
        }
    ],
}
V2 = [
    {
        "action_type": "task",
        "action_uid": TASK_UID,
        "additional_info": {"object_type": "node", "object_uid": "1", "description": "Retries"},
        "creation_time": 1760400087,
        "name": "retry_bdb",
        "progress": 100.0,
        "status": "completed",
    },
    {
        "action_type": "state-machine",
        "action_uid": MACHINE_UID,
        "additional_info": {"object_type": "BDB", "object_uid": 7},
        "creation_time": 1760400080,
        "name": "SMUpdateBDB",
        "progress": 50.0,
        "status": "running",
    },
    {
        "action_type": "other",
        "action_uid": "x",
        "creation_time": 1,
        "name": "export",
        "progress": 3.5,
        "status": "queued",
    },
]


def test_v1_lists_tasks_and_state_machines_with_numbers_as_numbers() -> None:
    task, machine = model.from_v1(decode.actions_v1(V1))
    assert (task.uid, task.kind, task.status, task.progress, task.creation_time) == (
        TASK_UID,
        "task",
        "completed",
        100.0,
        1760400087,
    )
    assert (task.object_type, task.object_uid) == ("node", "1")
    assert (machine.uid, machine.kind, machine.status, machine.state) == (
        MACHINE_UID,
        "state_machine",
        "running",
        "proxy_policy",
    )
    assert (machine.object_type, machine.object_uid, machine.heartbeat) == ("bdb", "7", 1760400082)


def test_v2_is_a_flat_list() -> None:
    task, machine, other = model.from_v2(decode.actions_v2(V2))
    assert (task.kind, task.object_type, task.object_uid, task.description) == ("task", "node", "1", "Retries")
    assert (machine.kind, machine.object_type, machine.object_uid, machine.status) == (
        "state_machine",
        "bdb",
        "7",
        "running",
    )
    assert (other.kind, other.name, other.status, other.progress, other.object_uid) == (
        "other",
        "export",
        "queued",
        3.5,
        None,
    )


def test_v1_and_v2_agree_about_the_same_actions() -> None:
    def same(action: Action) -> t.Any:
        return (
            action.uid,
            action.name,
            action.kind,
            action.status,
            action.progress,
            action.object_type,
            action.object_uid,
        )

    assert (
        list(map(same, model.from_v1(decode.actions_v1(V1))))
        == list(map(same, model.from_v2(decode.actions_v2(V2))))[:2]
    )


ONE_NODE_ACTION = {"name": "remove_node", "node_uid": "1", "status": "running", "progress": 10}


@pytest.mark.parametrize("body", [ONE_NODE_ACTION, [ONE_NODE_ACTION], {"actions": [ONE_NODE_ACTION]}])
def test_node_actions_come_alone_as_a_list_or_in_an_object(body: t.Any) -> None:
    [action] = model.from_node(decode.object_action(body, "/v1/nodes/1/actions/remove"))
    assert (action.kind, action.name, action.object_type, action.object_uid) == ("node", "remove", "node", "1")
    assert (action.status, action.progress) == ("running", 10.0)


def test_a_started_node_action_has_a_task_id_and_takes_the_rest_from_the_request() -> None:
    [action] = model.from_node([{"status": "queued", "task_id": TASK_UID}], 3, "maintenance_on")
    assert (action.uid, action.name, action.object_uid, action.status, action.progress) == (
        TASK_UID,
        "maintenance_on",
        "3",
        "queued",
        None,
    )


def test_a_cluster_action_belongs_to_no_node() -> None:
    [action] = model.from_cluster([{"name": "change_master", "status": "queued", "progress": 0.0}])
    assert (action.kind, action.object_type, action.object_uid) == ("cluster", "cluster", None)


@pytest.mark.parametrize("body", [[], {"actions": []}, {"state-machines": []}, {"actions": [], "state-machines": []}])
def test_nothing_is_an_empty_list(body: t.Any) -> None:
    assert model.from_v1(decode.actions_v1(body)) == []


@pytest.mark.parametrize(
    "body", [None, "", "Sign in", {}, {"actions": None}, {"actions": {}}, [None], [{}], [{"uid": 1}]]
)
def test_nonsense_is_no_list_of_actions(body: t.Any, clock: t.Any) -> None:
    for path in ("/v1/actions", "/v2/actions"):
        api = StubApi({path: body}, clock)
        with pytest.raises(CollectionError, match=f"GET {path} was answered with 200, but not"):
            model.read_all(api.client, path[1:3])


@pytest.mark.parametrize(
    ("spelling", "status", "finished", "succeeded"),
    [
        ("pending", "queued", False, False),
        ("queued", "queued", False, False),
        ("starting", "starting", False, False),
        ("active", "running", False, False),
        ("running", "running", False, False),
        ("cancelling", "cancelling", False, False),
        ("completed", "completed", True, True),
        ("failed", "failed", True, False),
        ("canceled", "cancelled", True, False),
        ("cancelled", "cancelled", True, False),
        ("aborted", "aborted", True, False),
    ],
)
def test_each_status_has_one_spelling(spelling: str, status: str, finished: bool, succeeded: bool) -> None:
    action = model.from_v1_item({"name": "x", "status": spelling})
    assert (action.status, action.finished, action.succeeded) == (status, finished, succeeded)
    assert action.as_dict()["finished"] is finished


@pytest.mark.parametrize("progress", [None, "", "n/a"])
def test_a_progress_that_is_no_number_is_none(progress: t.Any) -> None:
    assert model.from_v1_item({"name": "x", "status": "running", "progress": progress}).progress is None


def test_the_sentence_says_what_is_stuck() -> None:
    _task, machine = model.from_v1(decode.actions_v1(V1))
    assert machine.sentence() == (
        "SMUpdateBDB of bdb 7 is running, 50%, state proxy_policy, shard 3: wait_for_sync syncing"
    )


def test_the_sentence_of_a_failure_has_its_error_and_no_progress() -> None:
    action = model.from_node(
        [{"status": "failed", "progress": 40, "error_code": "insufficient_resources", "error_message": "no room"}],
        2,
        "maintenance_on",
    )[0]
    assert action.sentence() == "maintenance_on of node 2 is failed, insufficient_resources: no room"


def test_what_an_operation_stores_for_itself_is_left_out() -> None:
    operation = {"op_name": "sync", "snapshot": {"authentication_redis_pass": "s3cret"}}
    action = model.from_v1_item({"name": "SMUpdateBDB", "status": "active", "pending_ops": {"3": operation}})
    assert action.pending_ops == {"3": {"op_name": "sync"}}


def test_only_a_good_end_passes() -> None:
    model.require_success(model.from_v1_item({"name": "x", "status": "completed"}), "nothing")
    model.require_success(model.from_v1_item({"name": "x", "status": "running"}), "nothing")


@pytest.mark.parametrize("status", ["failed", "cancelled", "aborted"])
def test_any_other_end_raises_with_what_remains(status: str) -> None:
    action = model.from_node(
        [{"status": status, "error_code": "internal_error", "error": "lost."}], 2, "maintenance_on"
    )
    with pytest.raises(
        ActionFailed, match=rf"maintenance_on of node 2 is {status}.*lost\. The snapshot is kept"
    ) as caught:
        model.require_success(action[0], "The snapshot is kept.")
    failure = caught.value.failure
    assert (failure.error_code, failure.description) == ("internal_error", "lost.")
    assert failure.action == action[0].as_dict()


# -- reading ---------------------------------------------------------------------------------------------------------


def test_auto_asks_v2_first_and_v1_where_there_is_none(clock: t.Any) -> None:
    new, old = StubApi({"/v1/actions": V1, "/v2/actions": V2}, clock), StubApi({"/v1/actions": V1}, clock)
    assert len(model.read_all(new.client)) == 3
    assert new.asked == ["/v2/actions"]
    assert len(model.read_all(old.client)) == 2
    assert old.asked == ["/v2/actions", "/v1/actions"]


def test_an_empty_v2_list_is_an_answer(clock: t.Any) -> None:
    api = StubApi({"/v2/actions": [], "/v1/actions": V1}, clock)
    assert model.read_all(api.client) == []


def test_v1_and_v2_can_be_forced(clock: t.Any) -> None:
    api = StubApi({"/v1/actions": V1, "/v2/actions": V2}, clock)
    assert (len(model.read_all(api.client, "v1")), len(model.read_all(api.client, "v2"))) == (2, 3)
    assert api.asked == ["/v1/actions", "/v2/actions"]


def test_v2_forced_on_an_old_cluster_is_an_error(clock: t.Any) -> None:
    with pytest.raises(ActionFailed, match=r"no /v2/actions.*use api_version v1 or auto"):
        model.read_all(StubApi({"/v1/actions": V1}, clock).client, "v2")


def test_no_action_at_all_can_be_a_404(clock: t.Any) -> None:
    assert model.read_all(StubApi({}, clock).client) == []


def test_one_action_by_its_uid(clock: t.Any) -> None:
    new = StubApi({f"/v2/actions/{TASK_UID}": V2[0]}, clock)
    old = StubApi({f"/v1/actions/{TASK_UID}": V1["actions"][0]}, clock)
    for api in (new, old):
        action = model.read_one(api.client, TASK_UID)
        assert action is not None
        assert (action.uid, action.status, action.object_uid) == (TASK_UID, "completed", "1")
    assert model.read_one(old.client, TASK_UID, "v2") is None
    assert model.read_one(new.client, TASK_UID, "v1") is None
    assert model.read_one(new.client, "gone") is None

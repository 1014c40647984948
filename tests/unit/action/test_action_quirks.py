# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is odd about actions in the API, one row each, and what becomes of it.

The labels say how sure each oddity is: live (captured from a real cluster), doc (the vendor's reference or release
notes), client (coded in a client that ships).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest
from support.acting_api import ActingApi, World
from support.node_actions import ENSLAVE, OFF, ON, REMOVE, act, failed
from support.stub_api import StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action import model
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import decode
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    GoalNotReached,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import action_info

LABELS = ("live", "doc", "client")
TASK_UID, MACHINE_UID = "159ca2f8-0000-4000-8000-000000000001", "a10586b1-0000-4000-8000-000000000002"


@dataclass(frozen=True)
class Quirk:
    """A body as the API sends it, and what has to be read from it."""

    label: str
    what: str
    parse: t.Callable[[t.Any], list[Action]]
    body: t.Any
    expected: t.Mapping[str, t.Any]
    sentence: str


FINISHED_TASK = {
    "action_uid": TASK_UID,
    "creation_time": "1760400087",
    "name": "retry_bdb",
    "node_uid": "1",
    "progress": "100",
    "status": "completed",
    "task_id": TASK_UID,
}
FINISHED_MACHINE = {
    "action_uid": MACHINE_UID,
    "heartbeat": 1760400082,
    "name": "SMCreateBDB",
    "object_name": "bdb:1",
    "status": "completed",
}
CLUSTER_ACTION = {"name": "rebalance", "progress": 40.0, "status": "running", "task_id": TASK_UID}
PENDING = {
    "heartbeat": 1760400090,
    "snapshot": {"authentication_redis_pass": "s3cret"},
    "last_sample_time": 1760400089,
    "op_name": "wait_for_sync",
    "status_code": "SYNCING",
    "status_description": "syncing",
    "progress": 12.0,
}

QUIRKS = [
    Quirk(
        "live",
        "a state machine has no progress once it has ended",
        lambda body: model.from_v1(decode.actions_v1(body)),
        {"actions": [], "state-machines": [FINISHED_MACHINE]},
        {
            "uid": MACHINE_UID,
            "kind": "state_machine",
            "status": "completed",
            "progress": None,
            "object_type": "bdb",
            "object_uid": "1",
            "creation_time": None,
            "heartbeat": 1760400082,
        },
        "SMCreateBDB of bdb 1 is completed",
    ),
    Quirk(
        "live",
        "a finished task is all strings",
        lambda body: model.from_v1(decode.actions_v1(body)),
        {"actions": [FINISHED_TASK], "state-machines": []},
        {"uid": TASK_UID, "progress": 100.0, "creation_time": 1760400087, "object_type": "node", "object_uid": "1"},
        "retry_bdb of node 1 is completed",
    ),
    Quirk(
        "doc",
        "the actions of the cluster are a list in one place of the reference",
        lambda body: model.from_cluster(decode.object_actions(body, "/v1/cluster/actions")),
        [CLUSTER_ACTION],
        {"uid": TASK_UID, "name": "rebalance", "kind": "cluster", "object_type": "cluster", "progress": 40.0},
        "rebalance is running, 40%",
    ),
    Quirk(
        "doc",
        "and an object in another",
        lambda body: model.from_cluster(decode.object_actions(body, "/v1/cluster/actions")),
        {"actions": [CLUSTER_ACTION]},
        {"uid": TASK_UID, "name": "rebalance", "kind": "cluster", "object_type": "cluster", "progress": 40.0},
        "rebalance is running, 40%",
    ),
    Quirk(
        "doc",
        "v2 has what is pending in additional_info, with what the operation stores for itself",
        lambda body: model.from_v2(decode.actions_v2(body)),
        [
            {
                "action_type": "state-machine",
                "action_uid": MACHINE_UID,
                "additional_info": {
                    "description": "Update a database",
                    "object_type": "BDB",
                    "object_uid": "7",
                    "pending_ops": {"3": PENDING},
                },
                "creation_time": 1760400080,
                "name": "SMUpdateBDB",
                "progress": 50.0,
                "status": "active",
            }
        ],
        {
            "status": "running",
            "object_uid": "7",
            "description": "Update a database",
            "pending_ops": {"3": {key: value for key, value in PENDING.items() if key != "snapshot"}},
        },
        "SMUpdateBDB of bdb 7 is running, 50%, shard 3: wait_for_sync syncing",
    ),
    Quirk(
        "doc",
        "the list of a node's actions says remove_node where the path says remove",
        lambda body: model.from_node(decode.object_actions(body, "/v1/nodes/actions")),
        {"actions": [{"name": "remove_node", "node_uid": "2", "status": "completed", "task_id": TASK_UID}]},
        {"name": "remove", "kind": "node", "object_uid": "2", "progress": None},
        "remove of node 2 is completed",
    ),
]


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: f"{quirk.label}: {quirk.what}")
def test_a_body_that_is_odd_is_read(quirk: Quirk) -> None:
    assert quirk.label in LABELS
    [action] = quirk.parse(quirk.body)
    shown = action.as_dict()
    assert {name: shown[name] for name in quirk.expected} == quirk.expected
    assert action.sentence() == quirk.sentence
    assert "s3cret" not in str(shown)


# -- since: in v1 the time of a task is a string, and a state machine has only a heartbeat (live) --

TIMELESS = {"action_uid": "x-1", "name": "SMUpdateBDB", "object_name": "bdb:2", "status": "active"}


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("1760400082", [TASK_UID, MACHINE_UID, "x-1"]),
        ("1760400083", [TASK_UID, "x-1"]),
        ("1760400087", [TASK_UID, "x-1"]),
        ("2025-10-14T00:01:27Z", [TASK_UID, "x-1"]),
        ("2025-10-14T02:01:28+02:00", ["x-1"]),
        ("1760400088", ["x-1"]),
    ],
)
def test_since_reads_the_times_of_v1(since: str, expected: list[str], clock: t.Any) -> None:
    body = {"actions": [FINISHED_TASK], "state-machines": [FINISHED_MACHINE, TIMELESS]}
    api = StubApi({"/v1/actions": body}, clock)
    result = action_info.run(Context(api.client, {"since": since}, clock=clock)).as_dict()
    assert [action["uid"] for action in result["actions"]] == expected


# -- what node actions do -------------------------------------------------------------------------------------------


def test_a_new_request_erases_the_result_of_the_last_one(world: World) -> None:
    """Label doc. For the uid of the last one the answer is that it is forgotten, and not the result of the new one."""
    world.behaviour.outcome = "failed"
    error = failed(world, ON, ActionFailed)
    first = error.failure.action
    assert first is not None

    def look(**params: t.Any) -> dict[str, t.Any]:
        context = Context(ActingApi(world).client, {"action": first, **params}, clock=world.clock)
        return action_info.run(context).as_dict()

    assert (look()["record"], look()["action"]["status"]) == ("listed", "failed")
    world.behaviour.outcome = "completed"
    again = act(world, ON)
    assert again["action"]["uid"] != first["uid"]
    assert (look()["record"], look()["action"]) == ("forgotten", None)
    assert look(wait=True)["evidence"] == "node 2 is as maintenance_on leaves it"


def test_an_option_of_an_older_schema_is_passed_on_with_a_warning(world: World) -> None:
    """Label client: maintenance_on had demote_node, and the reference has it not."""
    result = act(world, ON, action_options={"demote_node": True})
    assert result["changed"]
    assert world.posts == [{"demote_node": True}]
    assert result["warnings"] == [
        "The API's documentation has no option demote_node of maintenance_on. It is passed on as it is; what it does "
        "is not verified."
    ]


class Orphaned(World):
    """Label doc: node 2 lists a shard of which /v1/shards says nothing, as a migration can leave it."""

    def answer(self, method: str, path: str, body: t.Any) -> t.Any:
        found = super().answer(method, path, body)
        if path == "/v1/nodes":
            self.node(2)["shard_list"].append(77)
        return found


def test_a_shard_that_only_the_node_itself_lists_is_no_empty_node(clock: t.Any) -> None:
    world = Orphaned("8.0.16", clock)
    said = str(failed(world, ON, GoalNotReached))
    assert "maintenance_on of node 2 was reported as completed, but: Node 2 itself still lists shard 77. " in said
    assert "Do not stop the node." in said
    assert world.reported(2)["in_maintenance"] is True
    again = str(failed(world, ON, GoalNotReached))
    assert "Node 2 itself still lists shard 77" in again, "and it is no success the second time either"
    assert len(world.posts) == 2


class Mislabelled(World):
    """Label doc: the action has done its work, and is recorded as aborted, as when the primary changes meanwhile."""

    def _show_effects(self, now: float) -> None:
        for running in self.actions.values():
            if running.uid not in self.done and running.finished(now) and running.node_uid in self.uids:
                self.done.add(running.uid)
                self._take_effect(running)


STATES = {
    ON: "Node 2 is in maintenance with no shard on it, its snapshot maintenance_mode_2025-01-01_00-00-00 is kept",
    OFF: "Node 2 is not in maintenance with no shard on it",
    REMOVE: "Node 2 is no longer in the cluster",
    ENSLAVE: "Node 2 is not the primary of the cluster, with slave shard 2, master shard 3 on it",
}


@pytest.mark.parametrize("action", STATES)
def test_an_action_that_is_wrongly_aborted_fails_and_says_that_the_node_is_as_asked(action: str, clock: t.Any) -> None:
    world = Mislabelled("8.0.16", clock)
    if action == OFF:
        world.maintain(2)
    if action == ENSLAVE:
        world.make_primary(2)
    world.behaviour.outcome = "aborted"
    error = failed(world, action, ActionFailed)
    assert str(error) == (
        f"{action} of node 2 is aborted. {STATES[action]}, as {action} leaves it: run the task again to confirm that."
    )
    assert error.done == {"changed": True}
    again = act(world, action)
    assert (again["changed"], again["outcome"], len(world.posts)) == (False, "found", 1), "activations stack"


class HalfBack(Mislabelled):
    """maintenance_off has unmarked the node, and its snapshot is still there."""

    def end_maintenance(self, uid: int) -> None:
        kept = self.table["/v1/nodes/status"][str(uid)]["maintenance_snapshot"]
        super().end_maintenance(uid)
        self.table["/v1/nodes/status"][str(uid)]["maintenance_snapshot"] = kept


def test_an_off_that_was_aborted_before_its_end_is_not_taken_for_done(clock: t.Any) -> None:
    """It unmarks the node first, then moves shards back, and deletes the snapshot last."""
    world = HalfBack("8.0.16", clock)
    world.maintain(2)
    world.behaviour.outcome = "aborted"
    said = str(failed(world, OFF, ActionFailed))
    assert "Node 2 is not in maintenance with no shard on it, its snapshot" in said
    assert "as maintenance_" not in said
    world.behaviour.outcome = "completed"
    again = act(world, OFF)
    assert (again["changed"], again["reason"]) == (True, "an earlier maintenance_off did not finish")
    assert len(world.posts) == 2
    third = act(world, OFF)
    assert (third["changed"], third["outcome"], len(world.posts)) == (False, "found", 2), "it is completed"


def test_the_snapshot_of_an_off_that_ended_badly_is_not_overwritten(clock: t.Any) -> None:
    world = HalfBack("8.0.16", clock)
    world.maintain(2)
    world.behaviour.outcome = "failed"
    failed(world, OFF, ActionFailed)
    world.behaviour.outcome = "completed"
    result = act(world, ON, overwrite_snapshot=True)
    assert world.posts[-1] == {"overwrite_snapshot": False}
    [warning] = result["warnings"]
    assert "an earlier maintenance_off did not finish, and its snapshot holds the layout to go back to" in warning


@pytest.mark.parametrize("outcome", ["aborted", "failed", "cancelled"])
def test_an_action_that_did_not_do_its_work_is_done_again(outcome: str, world: World) -> None:
    world.behaviour.outcome = outcome
    assert "as maintenance_" not in str(failed(world, ON, ActionFailed))
    world.behaviour.outcome = "completed"
    assert act(world, ON)["changed"]
    assert len(world.posts) == 2


def test_a_failure_counts_even_if_the_node_looks_as_asked(clock: t.Any) -> None:
    """The cluster has a reason for a failure; for aborted it has none."""
    world = Mislabelled("8.0.16", clock)
    world.behaviour.outcome = "failed"
    said = str(failed(world, ON, ActionFailed))
    assert "Node 2 is in maintenance with no shard on it" in said
    assert "Run the task again to go on" in said
    world.behaviour.outcome = "completed"
    assert act(world, ON)["changed"]
    assert len(world.posts) == 2

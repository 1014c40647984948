# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_node_action on a fake clock: what happens between the request and the end, when it is not as usual."""

from __future__ import annotations

import typing as t

import pytest
from support.acting_api import Running, World
from support.node_actions import ENSLAVE, OFF, ON, REMOVE, act, failed
from support.stub_api import Status

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    ApiError,
    CollectionError,
    GoalNotReached,
    InvalidInput,
    Refused,
    WaitTimeout,
)


def message(world: World, action: str, kind: type[CollectionError], **options: t.Any) -> str:
    return str(failed(world, action, kind, **options))


def test_a_new_action_may_take_a_moment_to_be_listed(world: World) -> None:
    world.behaviour.hidden_for = 1.0
    assert act(world, ON)["action"]["status"] == "completed"
    assert len(world.posts) == 1


def test_a_lost_request_that_has_failed_is_not_sent_again(world: World) -> None:
    world.behaviour.answer_lost, world.behaviour.outcome, world.behaviour.seconds = True, "failed", 0.1
    said = message(world, ON, ActionFailed)
    assert "maintenance_on of node 2 is failed, internal_error: it went wrong" in said
    assert len(world.posts) == 1


def test_an_older_failure_is_not_taken_for_that_of_a_lost_request(world: World) -> None:
    world.record(2, ON, "failed")
    world.behaviour.answer_lost, world.behaviour.seconds = True, 5.0
    assert act(world, ON)["changed"]
    assert len(world.posts) == 1


def test_a_lost_request_whose_action_is_over_at_once_counts_as_done(world: World) -> None:
    world.behaviour.answer_lost, world.behaviour.seconds = True, 0.0
    result = act(world, REMOVE)
    assert (result["changed"], result["action"]["status"], result["node"]) == (True, "completed", None)
    assert not [each for each in result["warnings"] if "no node with uid" in each]


def test_a_conflict_lasts_as_long_as_the_user_waits(world: World) -> None:
    world.behaviour.conflicts = 10_000
    said = message(world, ON, WaitTimeout, timeout=10.0)
    assert "another action runs (maintenance_on is already in progress.)" in said
    assert world.clock.now() == pytest.approx(10, abs=1)


def test_a_conflict_over_the_very_action_ends_in_taking_it_up(world: World) -> None:
    """Another client starts it between the look and the request."""
    world.behaviour.overtaken = True
    result = act(world, ON)
    assert (result["changed"], result["outcome"], len(world.posts)) == (False, "adopted", 1)


def test_an_action_that_is_listed_but_has_no_record_is_no_busy_loop(world: World) -> None:
    world.actions[2, "unheard_of"] = Running("unheard_of", 2, "u-1", None)
    world.behaviour.unreadable = "unheard_of"
    said = message(world, REMOVE, WaitTimeout, timeout=20.0)
    assert "unheard_of of node 2 is running: it has to end first" in said
    assert len(world.sent) < 400


@pytest.mark.parametrize(("action", "converged"), [(ON, True), (OFF, False), (REMOVE, None), (ENSLAVE, False)])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_look_is_two_or_three_requests_for_the_actions_and_five_for_the_cluster(
    action: str, converged: bool | None, recorded: bool, world: World
) -> None:
    if converged:
        world.maintain(2)
    if recorded:
        world.record(2, ON, "completed")
    act(world, action, check=converged is None)
    opposite = {ON: OFF, OFF: ON}.get(action)
    asked = [f"/v1/nodes/2/actions/{action}", "/v1/nodes/2/actions"]
    asked += [f"/v1/nodes/2/actions/{opposite}"] if opposite else []
    assert [each.path for each in world.sent if "actions" in each.path] == asked
    assert [each.path for each in world.sent][: len(asked)] == asked
    assert len(world.sent) == len(asked) + 5


class Silent(World):
    """The list of a node's actions is empty, or not found, whatever runs."""

    listed: t.Any = None

    def answer(self, method: str, path: str, body: t.Any) -> t.Any:
        found = super().answer(method, path, body)
        return self.listed if path == "/v1/nodes/2/actions" else found


@pytest.mark.parametrize("action", [ON, OFF])
@pytest.mark.parametrize("listed", [Status(404), {"actions": []}])
def test_the_opposite_that_runs_is_waited_for_whatever_the_list_says(action: str, listed: t.Any, clock: t.Any) -> None:
    world = Silent("8.0.16", clock)
    world.listed = listed
    if action == ON:
        world.maintain(2)
    world.record(2, OFF if action == ON else ON, "completed", ends_in=20.0)
    assert act(world, action)["changed"]
    assert [each.at >= 20.0 for each in world.sent if each.method == "POST"] == [True]


@pytest.mark.parametrize("action", [REMOVE, ENSLAVE])
def test_a_primary_that_is_not_named_is_not_taken_for_a_replica(action: str, world: World) -> None:
    world.make_primary(2)
    del world.table["/v1/nodes/status"]["2"]
    assert "The cluster role of node 2 is unknown" in message(world, action, Refused)
    world.table["/v1/nodes/status"] = Status(404)
    assert "/v1/nodes/status was answered with 404" in message(world, action, ApiError)
    assert world.posts == []


@pytest.mark.parametrize("terse", [True, False])
@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled", "completed"])
def test_how_a_drain_ended_is_known_whatever_the_list_shows(terse: bool, outcome: str, world: World) -> None:
    """Its snapshot is there, and nothing else shows that the node was half drained."""
    world.table["/v1/nodes/status"]["2"]["maintenance_snapshot"] = {"name": "maintenance_mode_2025-01-01_00-00-00"}
    world.record(2, ON, outcome)
    world.behaviour.terse_list = terse
    checked = act(world, OFF, check=True)
    assert checked["changed"] is (outcome != "completed")
    assert len(world.sent) == 8


@pytest.mark.parametrize("action", [ON, REMOVE])
def test_an_action_that_is_listed_without_its_uid_is_waited_for(action: str, world: World) -> None:
    world.behaviour.terse_list = True
    world.record(2, ENSLAVE, "failed", ends_in=5.0)
    result = act(world, action)
    assert result["changed"]
    assert [each.at >= 5.0 for each in world.sent if each.method == "POST"] == [True]


@pytest.mark.parametrize("action", [ON, OFF, ENSLAVE])
def test_a_removal_that_began_meanwhile_ends_the_task(action: str, world: World) -> None:
    """Another action is waited for, and before it has ended a removal begins."""
    if action == OFF:
        world.maintain(2)
    if action == ENSLAVE:
        world.make_primary(2)
    world.record(2, OFF if action == ON else ON, "failed", ends_in=5.0)
    world.record(2, REMOVE, "completed", ends_in=30.0)
    world.actions[2, REMOVE].begins_at = 2.0
    said = message(world, action, Refused)
    assert "remove of node 2 is running: the node is leaving the cluster" in said
    assert world.clock.now() == pytest.approx(5, abs=1)
    assert world.posts == []


def test_the_endpoints_may_take_a_moment_to_agree(world: World) -> None:
    world.behaviour.effect_after = 2.0
    assert act(world, ON)["node"]["in_maintenance"]
    assert len(world.posts) == 1


def test_a_shard_that_stays_behind_is_no_success(world: World) -> None:
    world.behaviour.leaves_shard = "3"
    said = message(world, REMOVE, GoalNotReached)
    assert "reported as completed, but: of node 2, /v1/shards still shows shard 3 on it" in said
    world2 = World("8.0.16", type(world.clock)())
    world2.behaviour.leaves_shard = "3"
    assert "Node 2 still holds" in message(world2, ON, GoalNotReached)


def test_a_half_failed_drain_is_repeated_with_its_first_snapshot(world: World) -> None:
    world.behaviour.outcome = "failed"
    message(world, ON, ActionFailed, overwrite_snapshot=True)
    world.behaviour.outcome = "completed"
    result = act(world, ON, overwrite_snapshot=True)
    assert [body["overwrite_snapshot"] for body in world.posts] == [True, False]
    assert [each for each in result["warnings"] if "overwrite_snapshot is left out" in each]


@pytest.mark.parametrize("action", [ON, OFF, REMOVE, ENSLAVE])
@pytest.mark.parametrize(("ends_in", "status"), [(None, "running"), (-1.0, "completed")])
def test_absent_cancels_or_clears_and_says_what_remains(
    action: str, ends_in: float | None, status: str, world: World
) -> None:
    world.record(2, action, "completed", ends_in=ends_in)
    checked = act(world, action, state="absent", check=True)
    assert (checked["changed"], checked["action"]["status"]) == (True, status)
    assert "cancelled" in checked["reason"] or "cleared" in checked["reason"]
    assert {each.method for each in world.sent} == {"GET"}
    result = act(world, action, state="absent")
    assert result["diff"] == checked["diff"]
    assert result["action"]["status"] == ("cancelled" if ends_in is None else "completed")
    assert "Node 2 is" in result["reason"]
    again = act(world, action, state="absent")
    assert (again["changed"], again["action"], again["reason"]) == (False, None, f"no {action} of node 2 is recorded")


def test_absent_for_a_removed_node_clears_its_record(world: World) -> None:
    act(world, REMOVE)
    result = act(world, REMOVE, state="absent")
    assert result["changed"]
    assert "Node 2 is no longer in the cluster" in result["reason"]
    assert "its nodes are 1, 3" in act(world, REMOVE, state="absent")["warnings"][0]


@pytest.mark.parametrize("action", [ON, REMOVE])
def test_a_node_that_is_removed_meanwhile_ends_a_drain(action: str, world: World) -> None:
    world.behaviour.removed_after = 1.0
    if action == REMOVE:
        assert act(world, REMOVE)["changed"], "whichever client has removed it, it is removed"
        return
    assert "node 2 is not in the cluster" in message(world, ON, ActionFailed)


def test_an_adopted_handover_that_keeps_the_role_is_followed_by_an_own_one(world: World) -> None:
    """One that is in flight does not say whether it was started with demote_node."""
    world.make_primary(2)
    world.record(2, ENSLAVE, "completed", ends_in=5.0)
    result = act(world, ENSLAVE)
    assert (result["changed"], result["outcome"], result["node"]["role"]) == (True, "started", "slave")
    assert world.posts == [{"demote_node": True}]


def test_a_cluster_that_does_not_take_demote_node_names_the_other_way(world: World) -> None:
    world.make_primary(2)
    world.behaviour.refusal = Status(400, {"error_code": "invalid_schema", "description": "No option 'demote_node'."})
    said = message(world, ENSLAVE, ApiError)
    assert (
        "does not take enslave_node with demote_node (400: No option 'demote_node'). From 7.4 on, redis_cluste" in said
    )
    assert "change_master" not in message(world, ENSLAVE, ApiError, action_options={"shards_only": True})


# -- the outcome -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [({"answer_lost": True}, "started"), ({"overtaken": True}, "adopted"), ({"conflicts": 2}, "started")],
)
def test_the_outcome_says_whether_the_action_is_the_tasks_own(
    behaviour: dict[str, t.Any], outcome: str, world: World
) -> None:
    for name, value in behaviour.items():
        setattr(world.behaviour, name, value)
    result = act(world, ON)
    assert (result["outcome"], result["changed"]) == (outcome, outcome == "started")


# -- the node by another name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["node2", "NODE2", "node2.", "node2.example.com", "127.0.0.2", "2", " 2 "])
@pytest.mark.parametrize("state", ["completed", "absent"])
def test_the_node_can_be_named_by_its_host_name_or_address(name: str, state: str, world: World) -> None:
    if state == "absent":
        world.record(2, ON, "completed")
    result = act(world, ON, node=name, state=state)
    assert (result["changed"], result["node_uid"]) == (True, 2)
    assert {each.path for each in world.sent if each.method != "GET"} == {"/v1/nodes/2/actions/maintenance_on"}


@pytest.mark.parametrize("action", [ON, OFF, ENSLAVE])
@pytest.mark.parametrize("state", ["completed", "absent"])
def test_a_name_that_no_node_has_is_refused(action: str, state: str, world: World) -> None:
    said = message(world, action, Refused, node="node9", state=state, force=True)
    assert said == (
        "node9 does not match any node of the cluster; its nodes are 1 at 127.0.0.1, 2 at 127.0.0.2, 3 at 127.0.0.3."
    )
    assert world.writes == []


@pytest.mark.parametrize("state", ["completed", "absent"])
def test_a_name_that_no_node_has_may_be_that_of_a_removed_one(state: str, world: World) -> None:
    world.remove(2)
    for check in (True, False):
        result = act(world, REMOVE, node="node2", state=state, check=check)
        assert (result["changed"], result["node_uid"], result["action"]) == (False, None, None)
        assert result.get("outcome") == (None if state == "absent" else "found")
        [warning] = result["warnings"]
        assert "node2 does not match any node" in warning
        assert "It is not known whether it was removed or never existed: check node." in warning


def test_a_name_that_several_nodes_have_is_refused_for_a_removal_too(world: World) -> None:
    world.table["/v1/nodes/status"]["3"]["hostname"] = "node2.elsewhere.example.com"
    said = message(world, REMOVE, Refused, node="node2")
    assert said == "node2 matches nodes 2 and 3 of the cluster: say which by uid."


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"node": "node2", "node_uid": 2},
            "node and node_uid are both set, and each names the node: give one of them.",
        ),
        ({"node": None}, "maintenance_on is about one node: give node (its uid, host name or address) or node_uid."),
    ],
)
def test_exactly_one_of_both_names_the_node(options: dict[str, t.Any], sentence: str, world: World) -> None:
    assert message(world, ON, InvalidInput, **options) == sentence
    assert world.sent == []

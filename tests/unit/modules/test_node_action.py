# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_node_action on a fake clock: what happens between the request and the end, when it is not as usual."""

from __future__ import annotations

import typing as t

import pytest
from support.acting_api import ActingApi, Running, World
from support.stub_api import Status

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    ApiError,
    CollectionError,
    GoalNotReached,
    Refused,
    WaitTimeout,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import node_action

ON, OFF, REMOVE = "maintenance_on", "maintenance_off", "remove"


@pytest.fixture
def world(clock: t.Any) -> World:
    return World("8.0.16", clock)


def run(world: World, action: str, *, check_mode: bool = False, timeout: float = 60.0, **params: t.Any) -> t.Any:
    options = {"node_uid": 2, "action": action, "state": "completed", "action_options": {}, "force": False, **params}
    context = Context(ActingApi(world).client, options, check_mode, Wait(True, timeout), world.clock)
    return {**node_action.run(context).as_dict(), "warnings": context.warnings}


def failed(world: World, action: str, kind: type[CollectionError], **params: t.Any) -> str:
    with pytest.raises(kind) as caught:
        run(world, action, **params)
    return str(caught.value)


def posts(world: World) -> list[t.Any]:
    return [each.body for each in world.sent if each.method == "POST"]


def test_a_new_action_may_take_a_moment_to_be_listed(world: World) -> None:
    world.told.hidden_for = 1.0
    assert run(world, ON)["action"]["status"] == "completed"
    assert len(posts(world)) == 1


def test_a_lost_request_that_has_failed_is_not_sent_again(world: World) -> None:
    world.told.lost, world.told.outcome, world.told.seconds = True, "failed", 0.1
    said = failed(world, ON, ActionFailed)
    assert "maintenance_on of node 2 is failed, internal_error: it went wrong" in said
    assert len(posts(world)) == 1


def test_an_older_failure_is_not_taken_for_that_of_a_lost_request(world: World) -> None:
    world.record(2, ON, "failed")
    world.told.lost, world.told.seconds = True, 5.0
    assert run(world, ON)["changed"]
    assert len(posts(world)) == 1


def test_a_lost_request_whose_action_is_over_at_once_counts_as_done(world: World) -> None:
    world.told.lost, world.told.seconds = True, 0.0
    result = run(world, REMOVE)
    assert (result["changed"], result["action"]["status"], result["node"]) == (True, "completed", None)
    assert not [each for each in result["warnings"] if "no node with uid" in each]


def test_a_conflict_lasts_as_long_as_the_user_waits(world: World) -> None:
    world.told.conflicts = 10_000
    said = failed(world, ON, WaitTimeout, timeout=10.0)
    assert "another action runs (maintenance_on is already in progress.)" in said
    assert world.clock.now() == pytest.approx(10, abs=1)


def test_a_conflict_over_the_very_action_ends_in_taking_it_up(world: World) -> None:
    """Somebody else starts it between the look and the request."""
    world.told.overtaken = True
    result = run(world, ON)
    assert (result["changed"], result["adopted"], len(posts(world))) == (False, True, 1)


def test_an_action_that_is_listed_but_has_no_record_is_no_busy_loop(world: World) -> None:
    world.actions[2, "unheard_of"] = Running("unheard_of", 2, "u-1", None)
    world.told.unreadable = "unheard_of"
    said = failed(world, REMOVE, WaitTimeout, timeout=20.0)
    assert "unheard_of of node 2 is running: it has to end first" in said
    assert len(world.sent) < 400


@pytest.mark.parametrize(("action", "converged"), [(ON, True), (OFF, False), (REMOVE, None), ("enslave_node", False)])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_look_is_two_or_three_requests_for_the_actions_and_five_for_the_cluster(
    action: str, converged: bool | None, recorded: bool, world: World
) -> None:
    if converged:
        world.maintain(2)
    if recorded:
        world.record(2, ON, "completed")
    run(world, action, check_mode=converged is None)
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
    assert run(world, action)["changed"]
    assert [each.at >= 20.0 for each in world.sent if each.method == "POST"] == [True]


@pytest.mark.parametrize("action", [REMOVE, "enslave_node"])
def test_a_primary_that_nobody_names_is_not_taken_for_a_replica(action: str, world: World) -> None:
    world.make_primary(2)
    del world.table["/v1/nodes/status"]["2"]
    assert "Nobody can say whether node 2 is the primary" in failed(world, action, Refused)
    world.table["/v1/nodes/status"] = Status(404)
    assert "/v1/nodes/status was answered with 404" in failed(world, action, ApiError)
    assert posts(world) == []


@pytest.mark.parametrize("terse", [True, False])
@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled", "completed"])
def test_how_a_drain_ended_is_known_whatever_the_list_shows(terse: bool, outcome: str, world: World) -> None:
    """Its snapshot is there, and nothing else shows that the node was half drained."""
    world.table["/v1/nodes/status"]["2"]["maintenance_snapshot"] = {"name": "maintenance_mode_2025-01-01_00-00-00"}
    world.record(2, ON, outcome)
    world.told.terse = terse
    checked = run(world, OFF, check_mode=True)
    assert checked["changed"] is (outcome != "completed")
    assert len(world.sent) == 8


@pytest.mark.parametrize("action", [ON, REMOVE])
def test_an_action_that_is_listed_without_its_uid_is_waited_for(action: str, world: World) -> None:
    world.told.terse = True
    world.record(2, "enslave_node", "failed", ends_in=5.0)
    result = run(world, action)
    assert result["changed"]
    assert [each.at >= 5.0 for each in world.sent if each.method == "POST"] == [True]


@pytest.mark.parametrize("action", [ON, OFF, "enslave_node"])
def test_a_removal_that_began_meanwhile_ends_the_task(action: str, world: World) -> None:
    """Another action is waited for, and before it has ended a removal begins."""
    if action == OFF:
        world.maintain(2)
    if action == "enslave_node":
        world.make_primary(2)
    world.record(2, OFF if action == ON else ON, "failed", ends_in=5.0)
    world.record(2, REMOVE, "completed", ends_in=30.0)
    world.actions[2, REMOVE].begins_at = 2.0
    said = failed(world, action, Refused)
    assert "remove of node 2 is running: the node is leaving the cluster" in said
    assert world.clock.now() == pytest.approx(5, abs=1)
    assert posts(world) == []


def test_the_endpoints_may_take_a_moment_to_agree(world: World) -> None:
    world.told.effect_after = 2.0
    assert run(world, ON)["node"]["in_maintenance"]
    assert len(posts(world)) == 1


def test_a_shard_that_stays_behind_is_no_success(world: World) -> None:
    world.told.leaves_shard = "3"
    said = failed(world, REMOVE, GoalNotReached)
    assert "reported as completed, but: of node 2, /v1/shards still shows shard 3 on it" in said
    world2 = World("8.0.16", type(world.clock)())
    world2.told.leaves_shard = "3"
    assert "Node 2 still holds" in failed(world2, ON, GoalNotReached)


def test_a_half_failed_drain_is_repeated_with_its_first_snapshot(world: World) -> None:
    world.told.outcome = "failed"
    failed(world, ON, ActionFailed, overwrite_snapshot=True)
    world.told.outcome = "completed"
    result = run(world, ON, overwrite_snapshot=True)
    assert [body["overwrite_snapshot"] for body in posts(world)] == [True, False]
    assert [each for each in result["warnings"] if "overwrite_snapshot is left out" in each]


@pytest.mark.parametrize("action", [ON, OFF, REMOVE, "enslave_node"])
@pytest.mark.parametrize(("ends_in", "status"), [(None, "running"), (-1.0, "completed")])
def test_absent_cancels_or_clears_and_says_what_remains(
    action: str, ends_in: float | None, status: str, world: World
) -> None:
    world.record(2, action, "completed", ends_in=ends_in)
    checked = run(world, action, state="absent", check_mode=True)
    assert (checked["changed"], checked["action"]["status"]) == (True, status)
    assert "cancelled" in checked["reason"] or "cleared" in checked["reason"]
    assert {each.method for each in world.sent} == {"GET"}
    result = run(world, action, state="absent")
    assert result["diff"] == checked["diff"]
    assert result["action"]["status"] == ("cancelled" if ends_in is None else "completed")
    assert "Node 2 is" in result["reason"]
    again = run(world, action, state="absent")
    assert (again["changed"], again["action"], again["reason"]) == (False, None, f"no {action} of node 2 is recorded")


def test_absent_for_a_removed_node_clears_its_record(world: World) -> None:
    run(world, REMOVE)
    result = run(world, REMOVE, state="absent")
    assert result["changed"]
    assert "Node 2 is not in the cluster any more" in result["reason"]
    assert "its nodes are 1, 3" in run(world, REMOVE, state="absent")["warnings"][0]


@pytest.mark.parametrize("action", [ON, REMOVE])
def test_a_node_that_is_removed_meanwhile_ends_a_drain(action: str, world: World) -> None:
    world.told.removed_after = 1.0
    if action == REMOVE:
        assert run(world, REMOVE)["changed"], "whoever has done it, it is done"
        return
    assert "removed from the cluster meanwhile" in failed(world, ON, ActionFailed)

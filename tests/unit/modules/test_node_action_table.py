# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cell of the table of node actions: result, requests and refusal, with and without check mode and force.

Releases differ in where they show maintenance. Where that enters the decision, a case is tried on one of each kind.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest
from support.acting_api import World
from support.action_situations import NODE_TABLE, Outcome
from support.node_actions import ENSLAVE, OFF, ON, REMOVE, Attempt

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import Forceable
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.task import MOST_RUNS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    CollectionError,
    GoalNotReached,
    Refused,
    WaitTimeout,
)

RELEASE, OLDER_RELEASES = "8.0.16", ("7.2.4", "7.22.0")  # health report; max_listeners, and maintenance_snapshot
Setup = t.Callable[[World, str], None]
BODIES = {ENSLAVE: {"demote_node": True}}


@dataclass(frozen=True)
class Case:
    """How a situation is set up, the options of the task in it, and what its messages say."""

    setup: Setup
    options: dict[str, t.Any] = field(default_factory=dict)
    refusal: str | dict[str, str] = ""  # by action, where their reasons differ
    failure: str = ""
    by_release: bool = False  # whether it matters how the release shows maintenance

    def reason(self, action: str) -> str:
        return self.refusal if isinstance(self.refusal, str) else self.refusal[action]


def work_to_do(world: World, action: str) -> None:
    if action == OFF:
        world.maintain(2)
    if action == ENSLAVE:
        world.make_primary(2)


def goal_met(world: World, action: str) -> None:
    if action == ON:
        world.maintain(2)
    if action == REMOVE:
        world.remove(2)
        world.record(2, REMOVE, "completed")


def with_record(outcome: str, ends_in: float | None = -1.0, shows: str = "running") -> Setup:
    def setup(world: World, action: str) -> None:
        work_to_do(world, action)
        world.record(2, action, outcome, ends_in=ends_in, shows=shows, **BODIES.get(action, {}))

    return setup


def behaving(**behaviour: t.Any) -> Setup:
    def setup(world: World, action: str) -> None:
        work_to_do(world, action)
        for name, value in behaviour.items():
            setattr(world.behaviour, name, value)

    return setup


def other_running(world: World, action: str) -> None:
    work_to_do(world, action)
    if action == OFF:
        world.end_maintenance(2)
    world.record(2, OFF if action == ON else ON, "completed", ends_in=5.0)


def beside(name: str, outcome: str = "completed", shows: str = "running") -> Setup:
    def setup(world: World, action: str) -> None:
        work_to_do(world, action)
        world.record(2, name, outcome, ends_in=5.0, shows=shows, **BODIES.get(name, {}))

    return setup


def removed(world: World, action: str) -> None:
    work_to_do(world, action)
    goal_met(world, REMOVE)


def running_elsewhere(world: World, action: str) -> None:
    work_to_do(world, action)
    world.record(3, action, "failed", ends_in=5.0)


def down(world: World, action: str) -> None:
    work_to_do(world, action)
    if action != OFF:
        world.empty(2)
    world.put_down(2)


def down_only_copy(world: World, action: str) -> None:
    work_to_do(world, action)
    world.table["/v1/shards"][4]["node_uid"] = "2"
    world.put_down(2)


def primary(world: World, action: str) -> None:
    work_to_do(world, action)
    world.make_primary(2)


def role_unknown(world: World, action: str) -> None:
    primary(world, action)
    del world.table["/v1/nodes/status"]["2"]["role"]


def nodes(*steps: tuple[str, int]) -> Setup:
    def setup(world: World, action: str) -> None:
        work_to_do(world, action)
        for step, uid in steps:
            getattr(world, step)(uid)

    return setup


def no_room(world: World, action: str) -> None:
    work_to_do(world, action)
    for status in world.table["/v1/nodes/status"].values():
        status["free_provisional_ram"] = 0


def no_snapshot(world: World, action: str) -> None:
    work_to_do(world, action)
    world.table["/v1/nodes/2/snapshots"] = []


def lost_quorum(reason: str) -> dict[str, str]:
    return {
        ON: f"could lose its quorum: 1 of 3 nodes would be left, 2 are needed, and {reason}",
        REMOVE: f"1 of the 2 nodes left would be in service, 2 are needed, and {reason}",
    }


CASES = {
    "work_to_do": Case(work_to_do, by_release=True),
    "goal_met": Case(goal_met, by_release=True),
    "queued": Case(with_record("completed", 5.0, "queued")),
    "running": Case(with_record("completed", 5.0)),
    "stuck": Case(with_record("completed", None, "starting")),
    "cancelling": Case(with_record("cancelled", 5.0, "cancelling"), failure="is cancelled. "),
    "record_completed": Case(with_record("completed"), by_release=True),
    "record_failed": Case(with_record("failed")),
    "record_aborted": Case(with_record("aborted")),
    "record_cancelled": Case(with_record("cancelled")),
    "ends_failed": Case(behaving(outcome="failed"), failure="is failed, internal_error: it went wrong. "),
    "ends_aborted": Case(behaving(outcome="aborted"), failure="is aborted. "),
    "ends_cancelled": Case(behaving(outcome="cancelled"), failure="is cancelled. "),
    "ends_without_effect": Case(
        behaving(without_effect=True), failure="was reported as completed, but: ", by_release=True
    ),
    "cleared": Case(behaving(cleared_after=1.0), failure="was cancelled or cleared before its end was seen: "),
    "answer_lost": Case(behaving(answer_lost=True)),
    "other_running": Case(other_running),
    "enslave_running": Case(beside(ENSLAVE)),
    "remove_running": Case(
        beside(REMOVE), refusal="remove of node 2 is running: the node is leaving the cluster. To keep it, cancel"
    ),
    "remove_cancelling": Case(beside(REMOVE, "cancelled", "cancelling"), failure="is cancelled. "),
    "running_elsewhere": Case(running_elsewhere),
    "unknown_node": Case(
        work_to_do, {"node_uid": 9}, refusal="The cluster has no node with uid 9; its nodes are 1, 2, 3"
    ),
    "removed": Case(
        removed, refusal="Node 2 is no longer in the cluster: remove of node 2 is completed", by_release=True
    ),
    "decommissioning": Case(
        nodes(("decommission", 2)), refusal="Node 2 is decommissioning: its removal began and did not end"
    ),
    "down": Case(
        down,
        refusal={
            ON: "Node 2 is down: its shards cannot be moved away in order",
            OFF: "Node 2 is down: start it, and wait until the cluster sees it",
            ENSLAVE: "Node 2 is down: the others elect a new primary",
        },
    ),
    "down_only_copy": Case(
        down_only_copy,
        refusal={
            ON: "Node 2 is down: its shards cannot be moved away in order",
            OFF: "Node 2 is down: start it, and wait until the cluster sees it",
            REMOVE: "Node 2 is down and has the only copy of shard 3 of database cache, shard 5 of database queue",
            ENSLAVE: "Node 2 is down: the others elect a new primary",
        },
    ),
    "primary": Case(primary, refusal="Node 2 is the primary of the cluster: hand that role over first"),
    "role_unknown": Case(role_unknown, refusal="The cluster role of node 2 is unknown"),
    "other_in_maintenance": Case(
        nodes(("maintain", 3)), refusal=lost_quorum("node 3 is in maintenance"), by_release=True
    ),
    "other_down": Case(nodes(("put_down", 3)), refusal=lost_quorum("node 3 is down")),
    "other_decommissioning": Case(nodes(("decommission", 3)), refusal=lost_quorum("node 3 is decommissioning")),
    "others_away": Case(
        nodes(("maintain", 3), ("put_down", 1)),
        refusal={
            ON: "could lose its quorum: 0 of 3 nodes would be left",
            REMOVE: "0 of the 2 nodes left would be in service, 2 are needed",
            ENSLAVE: "No other node could take over from node 2: node 1 is down, node 3 is in maintenance",
        },
        by_release=True,
    ),
    "no_room": Case(
        no_room, refusal="Not all shards of node 2 find a place on the other nodes (shard 2 of database cache"
    ),
    "no_snapshot": Case(
        no_snapshot, refusal="has no snapshot to go back to. Set skip_shards_restore: true", by_release=True
    ),
    "no_wait": Case(work_to_do, {"wait": False}),
    "no_wait_other_running": Case(
        other_running, {"wait": False}, refusal="is running: it has to end first. Run the task again"
    ),
}
# The state of the node after a failure, and the way out.
ADVICE = {
    ON: "Node 2 is not in maintenance with slave shard 2, master shard 3 on it. Run the task again to go on, or use",
    OFF: "Make room on it and run the task again, or name another snapshot with snapshot_name; skip_shards_restore",
    REMOVE: "Node 2 is still in the cluster with slave shard 2, master shard 3 on it, and the cluster places nothing",
    ENSLAVE: "Node 2 is the primary of the cluster, with slave shard 2, master shard 3 on it. Run the task again",
}
CELLS = [
    pytest.param(CASES[row.id], action, outcome, release, id=f"{row.id}-{action}-{release}")
    for row, action, outcome in NODE_TABLE.cells
    for release in (RELEASE, *(OLDER_RELEASES if CASES[row.id].by_release else ()))
]
REFUSED_CELLS = [cell for cell in CELLS if cell.values[2] in (Outcome.REFUSED, Outcome.NEVER)]


def prepared(case: Case, action: str, release: str, clock: t.Any) -> World:
    world = World(release, clock)
    case.setup(world, action)
    return world


def test_every_row_has_its_case() -> None:
    assert [row.id for row in NODE_TABLE.rows] == list(CASES)


@pytest.mark.parametrize(("case", "action", "outcome", "release"), CELLS)
def test_the_cell_is_true(case: Case, action: str, outcome: Outcome, release: str, clock: t.Any) -> None:
    world = prepared(case, action, release, clock)
    attempt = Attempt(world, action, timeout=200.0, **case.options)
    result, error = attempt.result, attempt.error
    if outcome in (Outcome.RUNS, Outcome.STARTS, Outcome.WAITS):
        assert error is None, error
        assert (result["changed"], result["outcome"]) == (True, "started")
        assert result["diff"]["before"] != result["diff"]["after"] or outcome is Outcome.WAITS
        assert world.writes == ["POST"] * (1 + conflicts(world))
        assert world.posts == [BODIES.get(action, {})] * len(world.posts)
        assert result["action"]["status"] == ("queued" if outcome is Outcome.STARTS else "completed")
    elif outcome in (Outcome.NOTHING, Outcome.NOTHING_WARNED, Outcome.ADOPTS):
        assert error is None, error
        adopts = outcome is Outcome.ADOPTS
        assert (result["changed"], result["outcome"]) == (False, "adopted" if adopts else "found")
        assert world.writes == []
        assert bool(attempt.warnings) is (outcome is Outcome.NOTHING_WARNED)
    elif outcome is Outcome.TIMES_OUT:
        assert isinstance(error, WaitTimeout)
        assert f"{action} of node 2 is starting" in str(error)
        assert world.writes == []
    elif outcome is Outcome.FAILS:
        assert_failed(world, case, action, error)
    else:
        assert_refused(case, action, outcome, error)
        assert world.writes == []


def assert_refused(case: Case, action: str, outcome: Outcome, error: CollectionError | None) -> None:
    assert outcome in (Outcome.REFUSED, Outcome.NEVER)
    assert isinstance(error, Refused)
    assert isinstance(error, Forceable) is (outcome is Outcome.REFUSED)
    assert case.reason(action) in str(error)


def assert_failed(world: World, case: Case, action: str, error: CollectionError | None) -> None:
    assert isinstance(error, ActionFailed | GoalNotReached)
    assert error.failure.action is not None
    assert error.failure.action["name"] == action
    assert f"{action} of node 2 {case.failure}" in str(error)
    adopted = world.posts == []
    assert error.done == ({} if adopted else {"changed": True})
    assert adopted is ("is cancelled" in case.failure and world.behaviour.outcome != "cancelled")
    if isinstance(error, GoalNotReached):
        # Activations of maintenance stack, so that maintenance_off is tried until it has gone on for too long.
        assert world.writes == ["POST"] * (MOST_RUNS if action == OFF else 1)
        return
    assert ADVICE[action] in str(error)
    if world.behaviour.outcome == "failed":
        assert (error.failure.error_code, error.failure.description) == ("internal_error", "it went wrong")
    assert world.writes == ([] if adopted else ["POST"])


def conflicts(world: World) -> int:
    """How many POSTs came while the same action ran on another node."""
    ended = next((each.ends_at for (uid, dummy), each in world.actions.items() if uid == 3), None)
    return sum(each.method == "POST" and ended is not None and each.at < ended for each in world.sent)


@pytest.mark.parametrize(("case", "action", "outcome", "release"), CELLS)
def test_check_mode_predicts_the_same_and_sends_nothing(
    case: Case, action: str, outcome: Outcome, release: str, clock: t.Any
) -> None:
    world = prepared(case, action, release, clock)
    attempt = Attempt(world, action, check=True, **case.options)
    assert world.writes == []
    assert clock.now() == 0.0, "check mode does not wait"
    if outcome in (Outcome.REFUSED, Outcome.NEVER):
        assert_refused(case, action, outcome, attempt.error)
        return
    assert attempt.error is None, attempt.error
    expected = {Outcome.NOTHING: "found", Outcome.NOTHING_WARNED: "found", Outcome.ADOPTS: "adopted"}
    runs_already = any(
        uid == 2 and name == action and not each.finished(0.0) for (uid, name), each in world.actions.items()
    )
    predicted = "adopted" if runs_already else expected.get(outcome, "started")
    assert attempt.result["outcome"] == predicted
    assert attempt.result["changed"] is (predicted == "started")


@pytest.mark.parametrize(("case", "action", "outcome", "release"), REFUSED_CELLS)
def test_force_overrides_what_could_still_be_carried_out(
    case: Case, action: str, outcome: Outcome, release: str, clock: t.Any
) -> None:
    world = prepared(case, action, release, clock)
    attempt = Attempt(world, action, force=True, timeout=200.0, **case.options)
    if outcome is Outcome.NEVER:
        assert_refused(case, action, outcome, attempt.error)
        assert "force" not in str(attempt.error)
        assert world.writes == []
    else:
        assert not isinstance(attempt.error, Refused)
        assert world.writes[0] == "POST"
        assert any(case.reason(action) in sentence for sentence in attempt.warnings), attempt.warnings

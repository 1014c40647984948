# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cell of the tables of cluster actions: result, requests, refusal, and check mode.

Those that the collection knows are judged by the cluster, all others by their record.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest
from support.acting_api import CLUSTER, World
from support.action_situations import CLUSTER_TABLE, RECORDED_TABLE, Outcome
from support.node_actions import CHANGE_MASTER, ON, REBALANCE, Attempt
from support.stub_api import Status

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import Forceable
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    ApiError,
    CollectionError,
    GoalNotReached,
    InvalidInput,
    Refused,
    WaitTimeout,
)

Setup = t.Callable[[World, str], None]
STARTING = (Outcome.RUNS, Outcome.STARTS, Outcome.WAITS)
RUNNING_ALREADY = (Outcome.ADOPTS, Outcome.RETURNS)
UNKNOWN = {"error_code": "invalid_action", "description": "The cluster has no such action."}


@dataclass(frozen=True)
class Case:
    """How a situation is set up, the options of the task in it, and the error, where it ends with one."""

    setup: Setup
    options: dict[str, t.Any] = field(default_factory=dict)
    error: type[CollectionError] = ActionFailed
    message: str = ""
    by_another_client: bool = False  # whether the action is started after the task has looked
    release: str = "8.0.16"


def as_it_is(world: World, name: str) -> None:
    """Node 1 is the primary, and there is no record, or with rerun a completed one."""


def with_record(outcome: str, ends_in: float | None = -1.0, shows: str = "running", **body: t.Any) -> Setup:
    def setup(world: World, name: str) -> None:
        body_of = {CHANGE_MASTER: {"node_uid": "2"}}
        world.record(CLUSTER, name, outcome, ends_in=ends_in, shows=shows, **(body or body_of.get(name, {})))

    return setup


def no_record(world: World, name: str) -> None:
    world.actions.clear()


def behaving(**behaviour: t.Any) -> Setup:
    def setup(world: World, name: str) -> None:
        for each, value in behaviour.items():
            setattr(world.behaviour, each, value)

    return setup


def with_nodes(change: t.Callable[[World], t.Any]) -> Setup:
    return lambda world, name: change(world)


def quorum_only(world: World) -> None:
    world.node(2)["accept_servers"] = False
    world.reported(2)["quorum_only"] = True


def role_unknown(world: World) -> None:
    del world.table["/v1/nodes/status"]["2"]["role"]


SHARED = {
    "queued": Case(with_record("completed", 5.0, "queued")),
    "running": Case(with_record("completed", 5.0)),
    "stuck": Case(with_record("completed", None, "starting"), error=WaitTimeout, message="is starting"),
    "cancelling": Case(with_record("cancelled", 5.0, "cancelling"), message="is cancelled. "),
    "record_completed": Case(with_record("completed")),
    "record_failed": Case(with_record("failed")),
    "record_aborted": Case(with_record("aborted")),
    "record_cancelled": Case(with_record("cancelled")),
    "ends_failed": Case(behaving(outcome="failed"), message="is failed, internal_error: it went wrong. "),
    "ends_aborted": Case(behaving(outcome="aborted"), message="is aborted. "),
    "ends_cancelled": Case(behaving(outcome="cancelled"), message="is cancelled. "),
    "cleared": Case(behaving(cleared_after=1.0), message="was cancelled or cleared before its end was seen: "),
    "overtaken": Case(behaving(overtaken=True), by_another_client=True),
    "busy": Case(behaving(busy_until=5.0)),
    "answer_lost": Case(behaving(answer_lost=True)),
    "no_admin": Case(behaving(refusal=Status(403)), error=ApiError, message="role admin"),
    "no_wait": Case(no_record, {"wait": False}),
    "no_wait_running": Case(with_record("completed", 5.0), {"wait": False}),
    "no_wait_busy": Case(
        behaving(busy_until=5.0), {"wait": False}, WaitTimeout, "cannot start: the cluster says that another action"
    ),
    "unknown_action": Case(
        behaving(refusal=Status(400, UNKNOWN)), error=ApiError, message="(400: The cluster has no such action). "
    ),
}
REGISTERED = {
    **SHARED,
    "work_to_do": Case(as_it_is),
    "goal_met": Case(with_nodes(lambda world: world.make_primary(2))),
    "running_other_target": Case(with_record("completed", 5.0, node_uid="3")),
    "ends_without_effect": Case(
        behaving(without_effect=True),
        error=GoalNotReached,
        message="was reported as completed, but: node 1 is the prim",
    ),
    "cleared_goal_met": Case(behaving(cleared_after=1.0, done_when_cleared=True)),
    "old_release": Case(as_it_is, error=Refused, message="came with 7.4, and this cluster has 7.2.4", release="7.2.4"),
    "unknown_node": Case(as_it_is, {"node_uid": 9}, Refused, "no node with uid 9; its nodes are 1, 2, 3"),
    "down": Case(with_nodes(lambda world: world.put_down(2)), error=Refused, message="Node 2 is down, so it must not"),
    "in_maintenance": Case(
        with_nodes(lambda world: world.maintain(2)), error=Refused, message="Node 2 is in maintenance, so it must not"
    ),
    "quorum_only": Case(with_nodes(quorum_only), error=Refused, message="Node 2 is a quorum-only node, so it must not"),
    "decommissioning": Case(
        with_nodes(lambda world: world.decommission(2)), error=Refused, message="Node 2 is decommissioning, so it must"
    ),
    "drain_running": Case(
        with_nodes(lambda world: world.record(2, ON, "completed", ends_in=5.0)),
        error=Refused,
        message="Node 2 is not going to stay in service (maintenance_on of node 2 is running)",
    ),
    "role_unknown": Case(with_nodes(role_unknown), error=Refused, message="The cluster role of node 2 is unknown"),
    "not_bootstrapped": Case(behaving(refusal=Status(406)), error=ApiError, message="has not finished its bootstrap"),
    "node_gone": Case(behaving(refusal=Status(404)), error=ApiError, message="The cluster no longer has this node"),
}
RECORDED = {
    **SHARED,
    "no_record": Case(no_record),
    "unknown_path": Case(
        behaving(refusal=Status(404)), error=ApiError, message="(404: no details given). Check its name and action_opt"
    ),
    "invalid_name": Case(as_it_is, {"action": "../nodes"}, InvalidInput, "is not the name of an action"),
}
ADVICE = {
    CHANGE_MASTER: "Node 2 is not the primary of the cluster. Run the task again to go on.",
    REBALANCE: "What it has done is not known: look at redis_health_info, and run the task again to start it anew.",
}
CELLS = [
    pytest.param(CHANGE_MASTER, {}, REGISTERED[row.id], outcome, id=f"{name}-{row.id}")
    for row, name, outcome in CLUSTER_TABLE.cells
] + [
    pytest.param(REBALANCE, {"rerun": column == "rerun"}, RECORDED[row.id], outcome, id=f"{column}-{row.id}")
    for row, column, outcome in RECORDED_TABLE.cells
]


def prepared(name: str, options: dict[str, t.Any], case: Case, clock: t.Any) -> World:
    """With rerun there is a completed record, without it there is none: work to do either way."""
    world = World(case.release, clock)
    if options.get("rerun"):
        world.record(CLUSTER, name, "completed")
    case.setup(world, name)
    return world


def attempted(world: World, name: str, options: dict[str, t.Any], case: Case, **more: t.Any) -> Attempt:
    sent = {"action_options": {"only": ["1"]}} if name == REBALANCE else {}
    return Attempt(world, **{"action": name, **options, **sent, **case.options, **more})


@pytest.mark.parametrize(("table", "cases"), [(CLUSTER_TABLE, REGISTERED), (RECORDED_TABLE, RECORDED)])
def test_every_row_has_its_case(table: t.Any, cases: dict[str, Case]) -> None:
    assert {row.id for row in table.rows} == set(cases)


@pytest.mark.parametrize(("name", "options", "case", "outcome"), CELLS)
def test_the_cell_is_true(name: str, options: dict[str, t.Any], case: Case, outcome: Outcome, clock: t.Any) -> None:
    world = prepared(name, options, case, clock)
    attempt = attempted(world, name, options, case, timeout=200.0)
    result, error = attempt.result, attempt.error
    body = {"only": ["1"]} if name == REBALANCE else {"node_uid": "2"}
    assert attempt.warnings == []
    if outcome in STARTING:
        assert error is None, error
        assert (result["changed"], result["outcome"]) == (True, "started")
        assert result["action"]["uid"] not in ("earlier", "theirs")
        if not world.behaviour.done_when_cleared:
            assert result["action"]["status"] == ("queued" if outcome is Outcome.STARTS else "completed")
        assert len(world.writes) > 1 if world.behaviour.busy_until else world.writes == ["POST"]
        assert world.posts[-1] == body
        assert (clock.now() == 0.0) is (outcome is Outcome.STARTS)
    elif outcome in (Outcome.NOTHING, *RUNNING_ALREADY):
        assert error is None, error
        adopts = outcome is not Outcome.NOTHING
        assert (result["changed"], result["outcome"]) == (False, "adopted" if adopts else "found")
        if adopts or name == REBALANCE:
            assert result["action"]["status"] == ("running" if outcome is Outcome.RETURNS else "completed")
            assert result["action"]["uid"] == ("theirs" if case.by_another_client else f"earlier-{name}-0")
        assert world.writes == (["POST"] if case.by_another_client else [])
    else:
        assert outcome in (Outcome.FAILS, Outcome.TIMES_OUT, Outcome.NEVER)
        assert isinstance(error, case.error), error or result
        assert not isinstance(error, Forceable)
        assert case.message in str(error)
        sends = outcome is Outcome.FAILS and case.setup is not SHARED["cancelling"].setup
        assert world.writes == (["POST"] if sends else [])
        assert error.done == ({"changed": True} if sends and isinstance(error, ActionFailed | GoalNotReached) else {})
        assert (error.failure.action is not None) is isinstance(error, ActionFailed | GoalNotReached) or not sends
        if isinstance(error, ActionFailed):
            assert ADVICE[name] in str(error)
        if isinstance(error, WaitTimeout) and not sends:
            assert "state: absent cancels it" in str(error)


@pytest.mark.parametrize(("name", "options", "case", "outcome"), CELLS)
def test_check_mode_predicts_and_sends_nothing(
    name: str, options: dict[str, t.Any], case: Case, outcome: Outcome, clock: t.Any
) -> None:
    world = prepared(name, options, case, clock)
    attempt = attempted(world, name, options, case, check=True)
    assert world.writes == []
    assert clock.now() == 0.0, "check mode does not wait"
    if outcome is Outcome.NEVER:
        assert isinstance(attempt.error, case.error)
        return
    assert attempt.error is None, attempt.error
    if name == REBALANCE:
        assert len(world.sent) == 1
    running = world.actions.get((CLUSTER, name))
    adopts = running is not None and not running.finished(0.0)
    predicted = "adopted" if adopts else "found" if outcome is Outcome.NOTHING else "started"
    assert (attempt.result["outcome"], attempt.result["changed"]) == (predicted, predicted == "started")
    if outcome in (Outcome.RUNS, Outcome.STARTS, Outcome.NOTHING):
        real_clock = type(clock)()
        real = attempted(prepared(name, options, case, real_clock), name, options, case)
        assert attempt.result["diff"] == real.result["diff"]


# -- change_master: what the tables do not say -----------------------------------------------------------------------


def test_the_new_primary_may_take_a_while_to_show(world: World) -> None:
    world.behaviour.effect_after = 30.0
    attempt = Attempt(world, CHANGE_MASTER)
    assert (attempt.error, attempt.result["diff"]["after"]) == (None, {"primary_uid": 2})
    assert world.clock.now() >= 33.0
    assert world.posts == [{"node_uid": "2"}]


def test_it_ends_when_the_user_does_not_wait_longer(world: World) -> None:
    world.behaviour.without_effect = True
    attempt = Attempt(world, CHANGE_MASTER, timeout=10.0)
    assert isinstance(attempt.error, GoalNotReached)
    assert world.clock.now() <= 12.0


def test_an_action_for_another_node_is_waited_for_and_then_started_for_this_one(world: World) -> None:
    world.record(CLUSTER, CHANGE_MASTER, "completed", ends_in=5.0, node_uid="3")
    attempt = Attempt(world, CHANGE_MASTER)
    assert (attempt.error, attempt.result["changed"], attempt.result["outcome"]) == (None, True, "started")
    assert [each.at >= 5.0 for each in world.sent if each.method == "POST"] == [True]
    without_waiting = World("8.0.16", type(world.clock)())
    without_waiting.record(CLUSTER, CHANGE_MASTER, "completed", ends_in=5.0, node_uid="3")
    returned = Attempt(without_waiting, CHANGE_MASTER, wait=False).result
    assert (returned["changed"], returned["outcome"]) == (False, "adopted")
    assert "does not say for which node" in returned["reason"]


@pytest.mark.parametrize("name", ["node2", "NODE2.", "127.0.0.2", "2"])
def test_the_node_can_be_named(name: str, world: World) -> None:
    attempt = Attempt(world, CHANGE_MASTER, node=name)
    assert attempt.error is None, attempt.error
    assert (world.posts, attempt.result["node_uid"]) == ([{"node_uid": "2"}], 2)


@pytest.mark.parametrize("refusal", [None, "release"])
def test_absent_clears_its_record_and_needs_no_node(refusal: str | None, clock: t.Any) -> None:
    world = World("7.2.4" if refusal else "8.0.16", clock)
    world.record(CLUSTER, CHANGE_MASTER, "completed")
    attempt = Attempt(world, CHANGE_MASTER, state="absent", node_uid=None)
    assert (attempt.error, attempt.result["changed"]) == (None, True)
    assert world.writes == ["DELETE"]
    assert "and its record is cleared" in attempt.result["reason"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            CHANGE_MASTER,
            {"node_uid": None},
            "change_master is about one node: give node (its uid, host name or address)",
        ),
        (CHANGE_MASTER, {"node_uid": 2, "node": "node2"}, "node and node_uid are both set"),
        (
            CHANGE_MASTER,
            {"rerun": True},
            "change_master is judged by the cluster and not by its record: leave rerun out",
        ),
        (
            CHANGE_MASTER,
            {"action_options": {"node_uid": "3"}},
            "node_uid is in action_options: set the option node_uid",
        ),
        (REBALANCE, {"node_uid": 2}, "node_uid is an option of change_master, not of rebalance: leave it out"),
        (REBALANCE, {"node": "node2"}, "node is an option of change_master, not of rebalance: leave it out"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_sent(
    name: str, options: dict[str, t.Any], message: str, world: World
) -> None:
    attempt = Attempt(world, name, **options)
    assert isinstance(attempt.error, InvalidInput)
    assert message in str(attempt.error)
    assert world.sent == []

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cell of the table in docs/node_actions.md: result, requests and refusal, for every release and in check mode."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from support.acting_api import ActingApi, World

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.run import MOST_RUNS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    CollectionError,
    GoalNotReached,
    Refused,
    WaitTimeout,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import node_action

PAGE = Path(__file__).parents[3] / "docs" / "node_actions.md"
ON, OFF, REMOVE, ENSLAVE = "maintenance_on", "maintenance_off", "remove", "enslave_node"
ACTIONS = (ON, OFF, REMOVE, ENSLAVE)
RELEASES = ("6.4.2", "7.2.4", "7.4.6", "7.22.0", "8.0.16", "8.2.0")
Setup = t.Callable[[World, str], None]


def base(world: World, action: str) -> None:
    """Node 2 as it is when there is work to do."""
    if action == OFF:
        world.maintain(2)
    if action == ENSLAVE:
        world.make_primary(2)


def so_already(world: World, action: str) -> None:
    if action == ON:
        world.maintain(2)
    if action == REMOVE:
        world.remove(2)
        world.record(2, REMOVE, "completed")


def with_record(outcome: str, ends_in: float | None = -1.0, shows: str = "running") -> Setup:
    def setup(world: World, action: str) -> None:
        base(world, action)
        world.record(2, action, outcome, ends_in=ends_in, shows=shows)

    return setup


def ending_as(outcome: str) -> Setup:
    def setup(world: World, action: str) -> None:
        base(world, action)
        world.told.outcome = outcome

    return setup


def telling(**told: t.Any) -> Setup:
    def setup(world: World, action: str) -> None:
        base(world, action)
        for name, value in told.items():
            setattr(world.told, name, value)

    return setup


def another_action(world: World, action: str) -> None:
    base(world, action)
    if action == OFF:
        world.end_maintenance(2)
    world.record(2, OFF if action == ON else ON, "completed", ends_in=5.0)


def beside(name: str, outcome: str = "completed", shows: str = "running") -> Setup:
    def setup(world: World, action: str) -> None:
        base(world, action)
        world.record(2, name, outcome, ends_in=5.0, shows=shows)

    return setup


def was_removed(world: World, action: str) -> None:
    base(world, action)
    so_already(world, REMOVE)


def on_another_node(world: World, action: str) -> None:
    base(world, action)
    world.record(3, action, "failed", ends_in=5.0)


def node_down(world: World, action: str) -> None:
    base(world, action)
    if action != OFF:
        world.empty(2)
    world.put_down(2)


def only_copy(world: World, action: str) -> None:
    base(world, action)
    world.table["/v1/shards"][4]["node_uid"] = "2"
    world.put_down(2)


def primary(world: World, action: str) -> None:
    base(world, action)
    world.make_primary(2)


def role_unknown(world: World, action: str) -> None:
    primary(world, action)
    del world.table["/v1/nodes/status"]["2"]["role"]


def others(*steps: tuple[str, int]) -> Setup:
    def setup(world: World, action: str) -> None:
        base(world, action)
        for step, uid in steps:
            getattr(world, step)(uid)

    return setup


def no_room(world: World, action: str) -> None:
    base(world, action)
    for status in world.table["/v1/nodes/status"].values():
        status["free_provisional_ram"] = 0


def no_snapshot(world: World, action: str) -> None:
    base(world, action)
    world.table["/v1/nodes/2/snapshots"] = []


SITUATIONS: dict[str, Setup] = {
    "nothing going on, and work to do": base,
    "that it is so already": so_already,
    "the same action queued": with_record("completed", 5.0, "queued"),
    "the same action running": with_record("completed", 5.0),
    "the same action stuck in starting": with_record("completed", None, "starting"),
    "the same action being cancelled": with_record("cancelled", 5.0, "cancelling"),
    "a completed record, but the node is not so": with_record("completed"),
    "a failed record": with_record("failed"),
    "an aborted record": with_record("aborted"),
    "a cancelled record": with_record("cancelled"),
    "that its action ends as failed": ending_as("failed"),
    "that its action ends as aborted": ending_as("aborted"),
    "that its action ends as cancelled": ending_as("cancelled"),
    "that its action completes without effect": telling(idle=True),
    "that somebody cancels and clears its action": telling(cleared_after=1.0),
    "that the answer to its request is lost": telling(lost=True),
    "another action running on the node": another_action,
    "`enslave_node` running on the node": beside(ENSLAVE),
    "`remove` running on the node": beside(REMOVE),
    "`remove` being cancelled on the node": beside(REMOVE, "cancelled", "cancelling"),
    "the same action running on another node": on_another_node,
    "no node with this uid": base,
    "that the node was removed": was_removed,
    "the node decommissioning, and no removal running": others(("decommission", 2)),
    "the node down, its data elsewhere too": node_down,
    "the node down, with the only copy of data": only_copy,
    "the node being the primary": primary,
    "that nobody says whether the node is the primary": role_unknown,
    "another node in maintenance": others(("maintain", 3)),
    "another node down": others(("put_down", 3)),
    "another node decommissioning": others(("decommission", 3)),
    "all other nodes in maintenance or down": others(("maintain", 3), ("put_down", 1)),
    "no room on the other nodes": no_room,
    "no snapshot to go back to": no_snapshot,
    "`wait: false`, and work to do": base,
    "`wait: false`, and another action running on the node": another_action,
}


# What a refusal says, by situation; where actions have reasons of their own, by action.
REFUSALS: dict[str, str | dict[str, str]] = {
    "`remove` running on the node": "remove of node 2 is running: the node is leaving the cluster. To keep it, cancel",
    "no node with this uid": "The cluster has no node with uid 9; its nodes are 1, 2, 3",
    "that the node was removed": "Node 2 is not in the cluster any more: remove of node 2 is completed",
    "the node decommissioning, and no removal running": "Node 2 is decommissioning: its removal began and did not end",
    "the node down, its data elsewhere too": {
        ON: "Node 2 is down: its shards cannot be moved away in order",
        OFF: "Node 2 is down: start it, and wait until the cluster sees it",
        ENSLAVE: "Node 2 is down: the others elect a new primary",
    },
    "the node down, with the only copy of data": {
        ON: "Node 2 is down: its shards cannot be moved away in order",
        OFF: "Node 2 is down: start it, and wait until the cluster sees it",
        REMOVE: "Node 2 is down and has the only copy of shard 3 of database cache, shard 5 of database queue",
        ENSLAVE: "Node 2 is down: the others elect a new primary",
    },
    "the node being the primary": "Node 2 is the primary of the cluster: hand that over first with enslave_node",
    "that nobody says whether the node is the primary": "Nobody can say whether node 2 is the primary of the cluster",
    "another node in maintenance": {
        ON: "could lose its quorum: 1 of 3 nodes would be left, 2 are needed, and node 3 is in maintenance",
        REMOVE: "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is in maintenance",
    },
    "another node down": {
        ON: "could lose its quorum: 1 of 3 nodes would be left, 2 are needed, and node 3 is down",
        REMOVE: "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is down",
    },
    "another node decommissioning": {
        ON: "could lose its quorum: 1 of 3 nodes would be left, 2 are needed, and node 3 is decommissioning",
        REMOVE: "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is decommissioning",
    },
    "all other nodes in maintenance or down": {
        ON: "could lose its quorum: 0 of 3 nodes would be left",
        REMOVE: "0 of the 2 nodes left would be in service, 2 are needed",
        ENSLAVE: "No other node could take over from node 2: node 1 is down, node 3 is in maintenance",
    },
    "no room on the other nodes": "Not all shards of node 2 find a place on the other nodes (shard 2 of database cache",
    "no snapshot to go back to": "has no snapshot to go back to. Set skip_shards_restore: true",
    "`wait: false`, and another action running on the node": "is running: it has to end first. Run the task again",
}
NEVER = ("no node with this uid", "that the node was removed", "`remove` running on the node")  # not even with force
# What a failure leaves behind, and the way out.
REMAINS = {
    ON: "Node 2 is not in maintenance with slave shard 2, master shard 3 on it. Run the task again to go on, or use",
    OFF: "Make room on it and run the task again, or name another snapshot with snapshot_name; skip_shards_restore",
    REMOVE: "Node 2 is still in the cluster with slave shard 2, master shard 3 on it, and the cluster places nothing",
    ENSLAVE: "Node 2 is the primary of the cluster, with slave shard 2, master shard 3 on it. Run the task again",
}


def reason(situation: str, action: str) -> str:
    said = REFUSALS[situation]
    return said if isinstance(said, str) else said[action]


def table() -> dict[str, list[str]]:
    """The first table of the page: cells by situation."""
    rows = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 1 + len(ACTIONS):
            rows[cells[0]] = cells[1:]
    rows.pop("---")
    assert rows.pop("the module finds") == [f"`{action}`" for action in ACTIONS]
    return rows


CELLS = [
    pytest.param(situation, action, cell, release, id=f"{situation}-{action}-{release}")
    for situation, cells in table().items()
    for action, cell in zip(ACTIONS, cells, strict=True)
    for release in RELEASES
]


def attempt(
    world: World, situation: str, action: str, check_mode: bool, force: bool = False
) -> tuple[dict[str, t.Any], CollectionError | None, Context]:
    params = {
        "node_uid": 9 if situation == "no node with this uid" else 2,
        "action": action,
        "state": "completed",
        "action_options": {},
        "force": force,
    }
    wait = Wait("wait: false" not in situation, timeout=200.0)
    context = Context(ActingApi(world).client, params, check_mode, wait, world.clock)
    try:
        return node_action.run(context).as_dict(), None, context
    except CollectionError as error:
        return {}, error, context


def writes(world: World) -> list[str]:
    return [each.method for each in world.sent if each.method != "GET"]


def test_the_page_has_every_situation() -> None:
    assert set(table()) == set(SITUATIONS)


@pytest.mark.parametrize(("situation", "action", "cell", "release"), CELLS)
def test_the_cell_is_true(situation: str, action: str, cell: str, release: str, clock: t.Any) -> None:
    world = World(release, clock)
    SITUATIONS[situation](world, action)
    result, error, context = attempt(world, situation, action, check_mode=False)
    outcome, dummy, warning = cell.partition(", with a ")
    if outcome in ("runs", "starts", "waits, then runs"):
        assert error is None, error
        assert result["changed"] is True
        assert result["diff"]["before"] != result["diff"]["after"] or outcome == "waits, then runs"
        assert writes(world) in (["POST"], ["POST"] * (1 + len(_conflicts(world))))
        assert [each.body for each in world.sent if each.method == "POST"] == [{}] * len(writes(world))
        assert result["action"]["status"] == ("queued" if outcome == "starts" else "completed")
    elif outcome in ("nothing", "takes it up"):
        assert error is None, error
        assert result["changed"] is False
        assert result["adopted"] is (outcome == "takes it up")
        assert writes(world) == []
        assert bool(context.warnings) is bool(warning)
    elif outcome == "times out":
        assert isinstance(error, WaitTimeout)
        assert f"{action} of node 2 is starting" in str(error)
        assert writes(world) == []
    elif outcome == "refused":
        assert isinstance(error, Refused)
        assert reason(situation, action) in str(error)
        assert writes(world) == []
    else:
        assert outcome == "fails"
        assert_failed(world, situation, action, error)


def assert_failed(world: World, situation: str, action: str, error: CollectionError | None) -> None:
    assert isinstance(error, ActionFailed | GoalNotReached)
    assert error.failure.action is not None
    assert error.failure.action["name"] == action
    if "without effect" in situation:
        assert f"{action} of node 2 was reported as completed, but: " in str(error)
        assert "run the task again" in str(error)
        # Activations of maintenance stack, so that maintenance_off is tried until it has gone on for too long.
        assert writes(world) == ["POST"] * (MOST_RUNS if action == OFF else 1)
        return
    ending = "cancelled or cleared by somebody else before it was seen to end" if "somebody" in situation else "is "
    assert f"{action} of node 2 {ending}" in str(error).replace("was cancelled", "cancelled")
    assert REMAINS[action] in str(error)
    if "ends as failed" in situation:
        assert "is failed, internal_error: it went wrong. " in str(error)
        assert (error.failure.error_code, error.failure.description) == ("internal_error", "it went wrong")
    assert writes(world) == ([] if "being cancelled" in situation else ["POST"])


def _conflicts(world: World) -> list[str]:
    """POSTs that came while the same action ran on another node."""
    ended = next((each.ends_at for (uid, dummy), each in world.actions.items() if uid == 3), None)
    return [each.method for each in world.sent if each.method == "POST" and ended is not None and each.at < ended]


@pytest.mark.parametrize(("situation", "action", "cell", "release"), CELLS)
def test_check_mode_says_the_same_and_sends_nothing(
    situation: str, action: str, cell: str, release: str, clock: t.Any
) -> None:
    world = World(release, clock)
    SITUATIONS[situation](world, action)
    result, error, dummy = attempt(world, situation, action, check_mode=True)
    assert writes(world) == []
    assert clock.now() == 0.0, "check mode does not wait"
    if cell == "refused":
        assert isinstance(error, Refused)
        assert reason(situation, action) in str(error)
        return
    assert error is None, error
    adopted = cell in ("takes it up", "times out") or (cell == "fails" and "being cancelled" in situation)
    assert result["adopted"] is adopted
    assert result["changed"] is (not adopted and not cell.startswith("nothing"))


@pytest.mark.parametrize(
    ("situation", "action", "release"),
    [cell.values[:2] + cell.values[3:] for cell in CELLS if cell.values[2] == "refused"],
)
def test_force_overrides_what_could_still_be_carried_out(
    situation: str, action: str, release: str, clock: t.Any
) -> None:
    world = World(release, clock)
    SITUATIONS[situation](world, action)
    dummy, error, context = attempt(world, situation, action, check_mode=False, force=True)
    if situation in NEVER or "wait: false" in situation:
        assert isinstance(error, Refused)
        assert "force" not in str(error)
        assert writes(world) == []
    else:
        assert not isinstance(error, Refused)
        assert writes(world)[0] == "POST"
        assert any(reason(situation, action) in sentence for sentence in context.warnings), context.warnings

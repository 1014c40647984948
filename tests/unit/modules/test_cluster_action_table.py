# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cell of the table of cluster actions in docs/node_actions.md: result, requests, refusal, and check mode."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from support.acting_api import ActingApi
from support.acting_cluster import NAME, ClusterWorld
from support.stub_api import Status

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    ApiError,
    CollectionError,
    InvalidInput,
    WaitTimeout,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import cluster_action

PAGE = Path(__file__).parents[3] / "docs" / "node_actions.md"
NO_NAME = "a name with other characters than letters, digits, `-` and `_`"
UNKNOWN = {"error_code": "invalid_action", "description": "The cluster has no such action."}
Setup = t.Callable[[ClusterWorld], None]


def as_it_is(world: ClusterWorld) -> None:
    """With rerun there is a completed record, without it there is none: work to do either way."""


def recorded(status: str, ends_in: float | None = 0.0, until_then: str = "running") -> Setup:
    return lambda world: world.recorded(status, ends_in, until_then)


def no_record(world: ClusterWorld) -> None:
    world.record = None


def telling(**told: t.Any) -> Setup:
    def setup(world: ClusterWorld) -> None:
        for name, value in told.items():
            setattr(world, name, value)

    return setup


SITUATIONS: dict[str, Setup] = {
    "no record": no_record,
    "the action queued": recorded("completed", 5.0, "queued"),
    "the action running": recorded("completed", 5.0),
    "the action stuck in starting": recorded("completed", None, "starting"),
    "the action being cancelled": recorded("cancelled", 5.0, "cancelling"),
    "a completed record": recorded("completed"),
    "a failed record": recorded("failed"),
    "an aborted record": recorded("aborted"),
    "a cancelled record": recorded("cancelled"),
    "that the action ends as failed": telling(outcome="failed"),
    "that the action ends as aborted": telling(outcome="aborted"),
    "that the action ends as cancelled": telling(outcome="cancelled"),
    "that somebody cancels and clears the action": telling(cleared_after=1.0),
    "that somebody else starts the action just before (409)": telling(overtaken=True),
    "another action running (409)": telling(busy_until=5.0),
    "that the answer to its request is lost": telling(loses_answers=True),
    "that the release has no such action (400)": telling(refusal=Status(400, UNKNOWN)),
    "that the release has no such action (404)": telling(refusal=Status(404)),
    "that the user is no admin (403)": telling(refusal=Status(403)),
    NO_NAME: as_it_is,
    "`wait: false`, and no record": no_record,
    "`wait: false`, and the action running": recorded("completed", 5.0),
    "`wait: false`, and another action running (409)": telling(busy_until=5.0),
}
# What each failure is, and what its message has besides the name of the action.
FAILURES: dict[str, tuple[type[CollectionError], str]] = {
    "the action being cancelled": (ActionFailed, "rebalance is cancelled. Nothing says what it has left behind"),
    "that the action ends as failed": (ActionFailed, "is failed, internal_error: it went wrong. Nothing says"),
    "that the action ends as aborted": (ActionFailed, "is aborted. Nothing says what it has left behind"),
    "that the action ends as cancelled": (ActionFailed, "is cancelled. Nothing says what it has left behind"),
    "that somebody cancels and clears the action": (ActionFailed, "was cancelled or cleared by somebody else"),
    "that the release has no such action (400)": (ApiError, "(400: The cluster has no such action). Check its name"),
    "that the release has no such action (404)": (ApiError, "(404: no further word). Check its name"),
    "that the user is no admin (403)": (ApiError, "role admin"),
    "`wait: false`, and another action running (409)": (
        WaitTimeout,
        "cannot start: the cluster says that another action runs (Another action is in progress.)",
    ),
}


def table() -> dict[str, list[str]]:
    """The table below the heading: cells by situation."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## Cluster actions\n")[2]
    rows = {}
    for line in section.splitlines():
        if line.startswith("|"):
            situation, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            rows[situation] = cells
    rows.pop("---")
    assert rows.pop("the module finds") == ["`rerun: false`", "`rerun: true`"]
    return rows


CELLS = [
    pytest.param(situation, rerun, cell, id=f"{situation}-{'rerun' if rerun else 'once'}")
    for situation, cells in table().items()
    for rerun, cell in zip((False, True), cells, strict=True)
]


class Attempt:
    """One run of the task in a situation: its result or its error, and the world that it leaves."""

    def __init__(self, situation: str, rerun: bool, clock: t.Any, *, check_mode: bool = False) -> None:
        self.world = world = ClusterWorld(clock)
        if rerun:
            world.recorded("completed")
        SITUATIONS[situation](world)
        name = "../nodes" if situation == NO_NAME else NAME
        params = {"action": name, "state": "completed", "rerun": rerun, "action_options": {"only": ["1"]}}
        wait = Wait("wait: false" not in situation, timeout=200.0)
        self.result: dict[str, t.Any] = {}
        self.error: CollectionError | None = None
        context = Context(ActingApi(world).client, params, check_mode, wait, clock)
        try:
            self.result = cluster_action.run(context).as_dict()
        except CollectionError as error:
            self.error = error
        self.warnings = context.warnings


def test_the_page_has_every_situation() -> None:
    assert set(table()) == set(SITUATIONS)
    assert {situation for situation, cells in table().items() if cells[0] == "fails"} == set(FAILURES)


@pytest.mark.parametrize(("situation", "rerun", "cell"), CELLS)
def test_the_cell_is_true(situation: str, rerun: bool, cell: str, clock: t.Any) -> None:
    done = Attempt(situation, rerun, clock)
    result, error, world = done.result, done.error, done.world
    assert done.warnings == []
    if cell in ("runs", "starts", "waits, then runs"):
        assert error is None, error
        assert result["changed"] is True
        assert result["already"] is False
        assert result["action"]["uid"] not in ("earlier", "theirs")
        assert result["action"]["status"] == ("queued" if cell == "starts" else "completed")
        assert len(world.writes) > 1 if cell == "waits, then runs" else world.writes == ["POST"]
        assert [body for method, body in world.sent if method == "POST"][-1] == {"only": ["1"]}
        assert (clock.now() == 0.0) is (cell == "starts")
    elif cell in ("nothing", "takes it up", "returns it"):
        assert error is None, error
        assert result["changed"] is False
        assert (result["adopted"], result["already"]) == (cell != "nothing", cell == "nothing")
        assert result["action"]["status"] == ("running" if cell == "returns it" else "completed")
        assert result["action"]["uid"] == ("theirs" if "somebody else" in situation else "earlier")
        assert world.writes == (["POST"] if "409" in situation else [])
    elif cell == "times out":
        assert isinstance(error, WaitTimeout)
        assert "rebalance is starting" in str(error)
        assert "state: absent cancels it" in str(error)
        assert world.writes == []
    elif cell == "refused":
        assert isinstance(error, InvalidInput)
        assert world.sent == []
    else:
        assert cell == "fails"
        kind, sentence = FAILURES[situation]
        assert isinstance(error, kind), error
        assert sentence in str(error)
        assert world.writes == ([] if "being cancelled" in situation else ["POST"])
        started = isinstance(error, ActionFailed) and "being cancelled" not in situation
        assert error.done == ({"changed": True} if started else {})
        assert (error.failure.action is not None) is isinstance(error, ActionFailed)


@pytest.mark.parametrize(("situation", "rerun", "cell"), CELLS)
def test_check_mode_predicts_from_the_record_and_sends_nothing(
    situation: str, rerun: bool, cell: str, clock: t.Any
) -> None:
    done = Attempt(situation, rerun, clock, check_mode=True)
    assert done.world.writes == []
    assert clock.now() == 0.0, "check mode does not wait"
    if cell == "refused":
        assert isinstance(done.error, InvalidInput)
        return
    assert done.error is None, done.error
    assert len(done.world.sent) == 1
    there = cell in ("takes it up", "returns it", "times out") and "409" not in situation
    adopted = there or situation == "the action being cancelled"
    assert done.result["adopted"] is adopted
    assert done.result["changed"] is (not adopted and cell != "nothing")
    if cell in ("runs", "starts", "nothing"):
        assert done.result["diff"] == Attempt(situation, rerun, type(clock)()).result["diff"]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_cluster_action): carry out an action of the whole cluster, or cancel it."""

from __future__ import annotations

import typing as t

from .._action import model as _actions
from .._action.model import Action
from .._action.run import MOST_RUNS, ActionRun, cancel_and_clear, cluster_spot
from .._core.context import Context, Result
from .._core.errors import ActionFailed, ApiError, Failure, GoalNotReached
from .._node import cluster_action as _cluster_action_plan
from .._node.cluster_action import Step, Wanted

_REMAINS = "Nothing says what it has left behind: look at redis_health_info. Run the task again to start it anew."


def run(context: Context) -> Result:
    wanted = _cluster_action_plan.wanted_from(context.params)
    if context.params["state"] == "absent":
        return _remove_record(context, wanted.action)
    driver = ActionRun(context, cluster_spot(wanted.action))
    return driver.carry_out(lambda: _complete(context, driver, wanted))


def _complete(context: Context, driver: ActionRun, wanted: Wanted) -> Result:
    before = driver.spot.read(context)
    record, adopted = before, False
    while True:
        if driver.sent and record is not None and (before is None or before.uid != record.uid):
            _actions.require_success(record, _REMAINS)  # what a POST without an answer has started
        step = _cluster_action_plan.decide(wanted, record, before)
        if step.kind == "nothing" or context.check_mode:
            return _result(context, driver, before, record, step, adopted)
        adopted = adopted or step.kind == "adopt"
        action = record if step.kind == "adopt" else _start(driver, wanted.options, record, step)
        if action is not None:
            if context.wait.enabled:
                action = _end_of(driver, action, record if step.kind == "adopt" else None)
            return _result(context, driver, before, action, step, adopted)
        record = driver.spot.read(context)


def _start(driver: ActionRun, options: t.Mapping[str, t.Any], record: Action | None, step: Step) -> Action | None:
    if driver.sent >= MOST_RUNS:
        raise GoalNotReached(f"{driver.spot.label} was run {driver.sent} times to no effect: {step.why}.")
    try:
        return driver.start(options, record)
    except ApiError as error:
        if error.status not in (400, 404):
            raise
        said = error.failure.description or error.error_code or "no further word"
        raise ApiError(
            f"The cluster does not take {driver.spot.label} ({error.status}: {said.rstrip('.')}). Check its name and "
            "action_options; which actions there are depends on the release.",
            error.failure,
            error.body,
        ) from error


def _end_of(driver: ActionRun, action: Action, known: Action | None) -> Action:
    ended = driver.follow(driver.spot, known)
    if ended is None:
        raise ActionFailed(
            f"{driver.spot.label} was cancelled or cleared by somebody else before it was seen to end. {_REMAINS}",
            Failure(action=action.as_dict()),
        )
    _actions.require_success(ended, _REMAINS)
    return ended


def _result(
    context: Context, driver: ActionRun, before: Action | None, action: Action | None, step: Step, adopted: bool
) -> Result:
    changed = driver.sent > 0 or (context.check_mode and step.kind == "run")
    facts = {"action": driver.spot.path.rpartition("/")[2], "status": before.status if before else "absent"}
    return Result(
        changed,
        {
            "action": action.as_dict() if action else None,
            "adopted": adopted or (context.check_mode and step.kind == "adopt"),
            "already": not changed and step.kind == "nothing",
            "reason": step.why,
        },
        before=facts,
        after={**facts, "status": "completed"} if changed else facts,
    )


def _remove_record(context: Context, name: str) -> Result:
    """C(state: absent): cancel what runs and wait until it has stopped; clear the record of what has ended."""
    spot = cluster_spot(name)
    record = spot.read(context)
    before = record
    reason = f"no {name} is recorded"
    if record is not None:
        reason = f"{record.sentence()}, and will be {'cleared' if record.finished else 'cancelled'}"
        if not context.check_mode:
            record = cancel_and_clear(context, spot) or record
            reason = f"{record.sentence()}, and its record is cleared"
    return Result(
        before is not None,
        {"action": record.as_dict() if record else None, "reason": reason},
        before={"action": name, "recorded": before is not None},
        after={"action": name, "recorded": False},
    )

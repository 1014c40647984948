# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judgements of what the cluster shows of a database: whether it is as desired, and whether its action still moves."""

from __future__ import annotations

import typing as t

from .._action.model import Action
from .._core.errors import Failure, GoalNotReached, WaitTimeout
from .._schema.compare import equal
from .._schema.desired import Desired
from .._schema.plan import Plan, still_different
from .._schema.schema import Obj

PASSING = frozenset({"pending", "active-change-pending", "delete-pending", "import-pending"})  # statuses
STALLED_AFTER = 30.0  # seconds without progress, after which the database decides whether an action is over


class StallDetector:
    """Measures how long a running action has not moved, by the clock here: that of the cluster may be another.

    One that has operations pending, or has not begun, may stand still for long.
    """

    def __init__(self) -> None:
        self._last: Action | None = None
        self._since = 0.0

    def is_stalled(self, action: Action, now: float) -> bool:
        if action != self._last:
            self._last, self._since = action, now
        waits = action.status != "running" or bool(action.pending_ops)
        return not waits and now - self._since >= STALLED_AFTER


def is_as_desired(desired: Desired, bdb: Obj | None, plan: Plan) -> bool:
    """Whether the database shows all that is desired, whatever its action shows.

    What was sent with C(plan) and cannot be seen, such as a masked password, may as well not have arrived.
    """
    if bdb is None or desired.state == "absent":
        return bdb is None and desired.state == "absent"
    seen = all(equal(desired.schema, name, value, bdb) for name, value in plan.body.items())
    return seen and bdb.get("status") == "active" and not still_different(desired, bdb, plan)


def stalled_warning(desired: Desired, action: Action) -> str:
    """The warning where the database proves what its action denies."""
    state = "gone" if desired.state == "absent" else "active and as desired"
    return (
        f"The cluster says that {action.sentence()}, but it has made no progress for {STALLED_AFTER:.0f} s, and "
        f"{desired.label} is {state}: so the action is taken for completed."
    )


def claims_name(bdb: Obj) -> bool:
    """Whether a name belongs to the database that has it: one that is being deleted gives its name up."""
    return bdb.get("status") != "delete-pending"


def require_active(desired: Desired, current: Obj | None, *, may_pass: bool) -> None:
    """Values that are as desired are of no use in a database that is not active."""
    status = (current or {}).get("status", "active")
    if status == "active" or (status in PASSING and may_pass) or desired.state == "absent":
        return
    raise GoalNotReached(
        f"{desired.title} has the desired values, but its status is {status}. Look at redis_action_info and "
        "the cluster's log; a database that could not be created has to be deleted (state: absent) first."
    )


def timeout_error(
    late: WaitTimeout, label: str, bdb: Obj | None, actions: t.Sequence[Action], own: Action | None
) -> WaitTimeout:
    """The same error, with what the cluster is doing with the database. C(own) is the action of this task."""
    running = [action for action in actions if not action.finished]
    facts = [f"{label} is {bdb.get('status') if bdb else 'gone'}", *(action.sentence() for action in running)]
    facts += [] if running else ["no action on it is running"]
    news = "; ".join(each for each in facts if each not in str(late))
    to_blame = own or (running[0] if running else None)
    message = f"{late} At the end: {news}." if news else str(late)
    return WaitTimeout(message, Failure(action=to_blame.as_dict() if to_blame else None))

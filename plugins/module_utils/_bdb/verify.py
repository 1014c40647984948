# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a database is as it was asked for, and what to tell when it is not: judgements of what the cluster shows."""

from __future__ import annotations

import typing as t

from .._action import model as _actions
from .._action.model import Action
from .._core.errors import Failure, GoalNotReached, WaitTimeout
from . import facade as _bdb_fields
from . import plan as _bdb_plan
from .plan import Bdb, Desired, Plan

PASSING = frozenset({"pending", "active-change-pending", "delete-pending", "import-pending"})
STANDSTILL = 30.0  # seconds in which nothing of an action has moved, so that the database itself is asked whether it is


class Standstill:
    """How long a running action has not moved, by the clock here: that of the cluster may be another.

    One that has operations pending, or has not begun, may well stand still.
    """

    def __init__(self) -> None:
        self._shown: Action | None = None
        self._since = 0.0

    def is_long(self, action: Action, now: float) -> bool:
        if action != self._shown:
            self._shown, self._since = action, now
        waits = action.status != "running" or bool(action.pending_ops)
        return not waits and now - self._since >= STANDSTILL


def is_done(desired: Desired, bdb: Bdb | None, made: Plan) -> bool:
    """Whether the database shows all that was asked for, whatever its action shows.

    What was sent with C(made) and cannot be seen, such as a masked password, may as well not have arrived.
    """
    if bdb is None or desired.state == "absent":
        return bdb is None and desired.state == "absent"
    seen = all(_bdb_fields.equal(name, value, bdb) for name, value in made.body.items())
    return seen and bdb.get("status") == "active" and not _bdb_plan.still_different(desired, bdb, made)


def taken_for_done(desired: Desired, action: Action) -> str:
    """The warning where the database proves what its action denies."""
    shown = "gone" if desired.state == "absent" else "active and as asked"
    return (
        f"{action.sentence()}, says the cluster, but nothing of that has moved for {STANDSTILL:.0f} s, and "
        f"{desired.label} is {shown}: so the action is taken for completed."
    )


def require_active(desired: Desired, current: Bdb | None, *, may_pass: bool) -> None:
    """Values that are as asked are of no use while the database itself is not well."""
    status = (current or {}).get("status", "active")
    if status == "active" or (status in PASSING and may_pass) or desired.state == "absent":
        return
    raise GoalNotReached(
        f"{desired.label} has the values asked for, but its status is {status}. Look at redis_action_info and "
        "the cluster's log; a database that could not be created has to be deleted (state: absent) first."
    )


def not_taken_up(desired: Desired, bdb: Bdb, different: t.Sequence[str], action: Action | None) -> GoalNotReached:
    """The error of a change that the cluster reports as done, and does not show."""
    shown = ", ".join(_seen_value(name, bdb) for name in different)
    return GoalNotReached(
        f"The cluster accepted the change of {desired.label} and reports it as done, but {shown}. "
        "Write the value as the cluster shows it, or leave the option out.",
        Failure(action=action.as_dict() if action else None),
    )


def _seen_value(name: str, bdb: Bdb) -> str:
    """A field that the cluster does not show may be one that its release does not have."""
    since = _bdb_fields.field(name).since
    came = f" (the field came with release {since})" if since and bdb.get(name) is None else ""
    return f"{name} is {_bdb_fields.redact(bdb.get(name), name)!r}{came}"


def what_remains(label: str, bdb: Bdb | None) -> str:
    return f"{label} is {bdb.get('status') if bdb else 'not there'}."


def unwaited(answer: Bdb) -> Action | None:
    """With C(wait: false): what redis_action_info needs to go on waiting."""
    uid = answer.get("action_uid")
    return (
        _actions.from_v1_item({"action_uid": uid, "status": "queued", "object_name": f"bdb:{answer.get('uid')}"})
        if uid
        else None
    )


def in_vain(
    late: WaitTimeout, label: str, bdb: Bdb | None, actions: t.Sequence[Action], own: Action | None
) -> WaitTimeout:
    """The same error, with what the cluster is doing with the database. C(own) is the action of this task."""
    running = [action for action in actions if not action.finished]
    told = [f"{label} is {bdb.get('status') if bdb else 'gone'}", *(action.sentence() for action in running)]
    told += [] if running else ["no action on it is running"]
    news = "; ".join(each for each in told if each not in str(late))
    to_blame = own or (running[0] if running else None)
    message = f"{late} At the end: {news}." if news else str(late)
    return WaitTimeout(message, Failure(action=to_blame.as_dict() if to_blame else None))


def double(name: str, made: t.Any, listed: t.Sequence[Bdb]) -> GoalNotReached | None:
    """The error of a creation during which another database got the same name: the cluster lets that happen.

    C(made) is the uid that the cluster gave to this creation; None where its answer was lost. A database that is being
    deleted gives its name up, so it is none of those.
    """
    named_so = [bdb for bdb in listed if bdb.get("name") == name]
    uids = [bdb.get("uid") for bdb in named_so if bdb.get("status") != "delete-pending"]
    others = [uid for uid in uids if uid != made]
    if len(others) < (1 if made is not None else 2):
        return None
    named = " and ".join(f"uid {uid}" for uid in others)
    ours = (
        f"this task has made uid {made}, and somebody else {named}"
        if made is not None
        else f"{named}, and the answer that says which of them this task has made was lost"
    )
    return GoalNotReached(
        f"Several databases got the name {name!r} at the same time: {ours}. None was deleted. Find out which one is in "
        "use, delete the other with its uid and state absent, and run the task again."
    )

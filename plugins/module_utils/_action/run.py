# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, following, cancelling and clearing one action of a node or of the cluster.

The API names such an action by its path, allows one of a type at a time (409), and keeps the record of the last one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._core.context import Context, Deadline, Result
from .._core.errors import Ambiguous, ApiError, CollectionError, Failure, WaitTimeout
from .._core.waiter import Seen, pause_after, wait_until
from . import model as _actions
from .model import Action

MOST_RUNS = 10  # POSTs of one task
GRACE = 5.0  # seconds in which a lost request may still arrive, and the endpoints may still disagree
LOOK_AGAIN = 0.5
_LISTING = 2.0  # seconds that a new action may take to be listed
_FIRST_GLANCE, _GLANCES_APART = 1.0, 15.0  # seconds


@dataclasses.dataclass(frozen=True)
class Spot:
    """The place of one action in the API. C(parse) makes Actions of what it answers."""

    path: str
    label: str  # such as C(remove of node 2)
    parse: t.Callable[[t.Any], list[Action]]

    def read(self, context: Context) -> Action | None:
        """The running action, or the record of the last one."""
        found = self.parse(context.client.find(self.path))
        return found[0] if found else None


def node_spot(node_uid: int, name: str) -> Spot:
    return Spot(
        f"/v1/nodes/{node_uid}/actions/{name}",
        f"{name} of node {node_uid}",
        lambda body: _actions.from_node(body, node_uid, name),
    )


def cluster_spot(name: str) -> Spot:
    return Spot(
        f"/v1/cluster/actions/{name}",
        f"the cluster action {name}",
        lambda body: _actions.from_cluster(body, name),
    )


class _Glance:
    """Something beside the action itself that is worth a look for those who look on.

    It costs a request, so there are few: after 1 s, whenever 2.5 times as long has passed, and then every 15 s.
    """

    def __init__(self, look: t.Callable[[], str | None] | None) -> None:
        self._look = look
        self._next = _FIRST_GLANCE
        self._last: str | None = None

    def at(self, elapsed: float) -> list[str]:
        if self._look is not None and elapsed >= self._next:
            with contextlib.suppress(CollectionError):  # looking on must not end what is looked at
                self._last = self._look()
            self._next = elapsed + min(1.5 * elapsed, _GLANCES_APART)
        return [self._last] if self._last else []


class ActionRun:
    """All that one task does to one action, within the user's C(wait_timeout)."""

    def __init__(self, context: Context, spot: Spot) -> None:
        self.context = context
        self.spot = spot
        self.deadline: Deadline = context.deadline()
        self.began = context.clock.now()
        self.sent = 0  # requests that have started an action
        self.lost = 0  # requests of which nobody can say it

    def carry_out(self, work: t.Callable[[], Result]) -> Result:
        """C(work), whose error says so if the task has started an action before."""
        try:
            return work()
        except CollectionError as error:
            if self.sent:
                error.done = {"changed": True}
            raise

    def start(self, body: t.Mapping[str, t.Any], before: Action | None) -> Action | None:
        """POST. None when the answer was lost or the cluster is busy: then look again and decide anew.

        C(before) is the record as it was, by which a new one is told from it.
        """
        try:
            answer = self.context.client.write("POST", self.spot.path, dict(body)).data
        except Ambiguous as lost:
            self._let_lost_request_arrive(lost, before)
            return None
        except ApiError as error:
            if error.status != 409:
                raise
            self.pause(f"the cluster says that another action runs ({error.failure.description or 409})", error.failure)
            return None
        self.sent += 1
        return self.spot.parse(answer if isinstance(answer, dict) else {"status": "queued"})[0]

    def _let_lost_request_arrive(self, lost: Ambiguous, before: Action | None) -> None:
        """Nothing is sent again before the lost request had time to show up: activations of maintenance stack."""
        until = self.context.clock.now() + GRACE
        while self.context.clock.now() < until:
            found = self.spot.read(self.context)
            if found is not None and (before is None or found.uid != before.uid):
                self.sent += 1
                return
            if self.deadline.left().timeout <= 0:
                break
            self.context.clock.sleep(LOOK_AGAIN)
        self.lost += 1
        if self.deadline.left().timeout <= 0 or not self.context.wait.enabled:
            raise WaitTimeout(
                f"{lost} Look at redis_action_info before you run the task again.", lost.failure
            ) from lost

    def pause(self, why: str, failure: Failure | None = None) -> None:
        """Before the cluster is looked at again; raises WaitTimeout when the user's time is over."""
        left = self.deadline.left()
        if left.timeout <= 0 or not self.context.wait.enabled:
            raise WaitTimeout(
                f"{self.spot.label} cannot start: {why}. redis_action_info shows what runs; try again after it.",
                failure,
            )
        elapsed = self.context.clock.now() - self.began
        self.context.clock.sleep(min(pause_after(elapsed, left.interval), left.timeout))

    def follow(
        self, spot: Spot, known: Action | None = None, also: t.Callable[[], str | None] | None = None
    ) -> Action | None:
        """Poll an action until it is terminal; None when its record vanished, so that nobody can say how it ended.

        C(known) is the action as somebody has seen it already; a new one may take a moment to be listed. C(also) tells
        those who look on something more about it.
        """
        context = self.context
        seen: dict[str, Action | None] = {"last": known}
        began = context.clock.now()
        glance = _Glance(also if context.wait.shows_progress else None)

        def probe() -> Seen[t.Any]:
            action = spot.read(context)
            if action is None:
                is_new = seen["last"] is None and context.clock.now() - began < _LISTING
                seen["last"] = None
                return Seen(not is_new, f"{spot.label} is not listed")
            seen["last"] = action
            if action.finished:
                return Seen(True, action.sentence())
            line = action.line(*glance.at(context.clock.now() - began))
            return Seen(False, action.sentence(), Failure(action=action.as_dict()), line)

        try:
            wait_until(probe, self.deadline.left(), context.clock, spot.label)
        except WaitTimeout as error:
            raise WaitTimeout(f"{error} state: absent cancels it.", error.failure) from error
        return seen["last"]


def cancel_and_clear(context: Context, spot: Spot) -> Action | None:
    """DELETE cancels a running action and clears a finished one; so it is sent again until nothing is recorded.

    The action as it was seen last; None when there was no record.
    """
    last: list[Action | None] = [None]
    sent: set[str] = set()

    def probe() -> Seen[t.Any]:
        action = spot.read(context)
        if action is None:
            return Seen(True, "no record")
        last[0] = action
        key = f"{action.uid} {action.finished}"
        if key not in sent:
            sent.add(key)
            try:
                context.client.write("DELETE", spot.path, accept=(404,))
            except Ambiguous:
                sent.discard(key)  # it is read again, and sent again only if the record is still there
            if not context.wait.enabled:
                return Seen(True, action.sentence())
        return Seen(False, action.sentence(), Failure(action=action.as_dict()), action.line())

    wait_until(probe, context.wait, context.clock, f"{spot.label} to stop")
    return last[0]

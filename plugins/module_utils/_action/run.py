# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests about one action of a node or of the cluster: start, wait for its end, cancel, clear.

The API names such an action by its path, allows one of a type at a time (409), and keeps the record of the last one.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._core.context import Context, Deadline
from .._core.errors import Ambiguous, ApiError, CollectionError, Failure, UnexpectedAnswer, WaitTimeout
from .._core.waiter import GRACE, LISTED_WITHIN, Seen, pause_after, wait_until
from .lookup import ActionEndpoint
from .model import Action

LOOK_AGAIN = 0.5  # seconds
_FIRST_DETAIL, _DETAILS_APART = 1.0, 15.0  # seconds


class ProgressDetail:
    """Extra status shown while waiting, sampled sparsely because it costs a request.

    It is read after 1 s, whenever 2.5 times as long has passed, and then every 15 s.
    """

    def __init__(self, read: t.Callable[[], str | None] | None) -> None:
        self._read = read
        self._next = _FIRST_DETAIL
        self._last: str | None = None

    def at(self, elapsed: float) -> list[str]:
        if self._read is not None and elapsed >= self._next:
            with contextlib.suppress(CollectionError):  # a detail that cannot be read must not end the wait
                self._last = self._read()
            self._next = elapsed + min(1.5 * elapsed, _DETAILS_APART)
        return [self._last] if self._last else []


class ActionRun:
    """The requests of one task about one action, within the user's C(wait_timeout)."""

    def __init__(self, context: Context, endpoint: ActionEndpoint) -> None:
        self.context = context
        self.endpoint = endpoint
        self.deadline: Deadline = context.deadline()
        self.began = context.clock.now()
        self.sent = 0  # requests that have started an action
        self.lost = 0  # requests of which it is not known

    def start(self, body: t.Mapping[str, t.Any], before: Action | None) -> Action | None:
        """POST. None when the answer was lost or the cluster is busy: then look again and decide anew.

        C(before) is the earlier record, which a new one differs from.
        """
        try:
            answer = self.context.client.write("POST", self.endpoint.path, dict(body)).data
            started = self.endpoint.started(answer)
        except (Ambiguous, UnexpectedAnswer) as lost:
            self._await_lost_request(lost, before)
            return None
        except ApiError as error:
            if error.status != 409:
                raise
            self.pause(f"the cluster says that another action runs ({error.failure.description or 409})", error.failure)
            return None
        self.sent += 1
        return started

    def _await_lost_request(self, lost: CollectionError, before: Action | None) -> None:
        """Nothing is sent again before the lost request had time to show up: activations of maintenance stack."""
        until = self.context.clock.now() + GRACE
        while self.context.clock.now() < until:
            found = self.endpoint.action(self.context.client)
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
        """Wait before the cluster is read again; raises WaitTimeout when the user's time is over."""
        left = self.deadline.left()
        if left.timeout <= 0 or not self.context.wait.enabled:
            raise WaitTimeout(
                f"{self.endpoint.label} cannot start: {why}. redis_action_info shows what runs; try again after it.",
                failure,
            )
        elapsed = self.context.clock.now() - self.began
        self.context.clock.sleep(min(pause_after(elapsed, left.interval), left.timeout))

    def wait_until_finished(
        self, endpoint: ActionEndpoint, known: Action | None, detail: t.Callable[[], str | None] | None = None
    ) -> Action | None:
        """The action in its last status; None when its record vanished, so that how it ended is not known.

        C(known) is the action where it has been listed before; a new one may take a moment to be listed.
        """
        context = self.context
        began = context.clock.now()
        details = ProgressDetail(detail if context.wait.shows_progress else None)
        listed = known is not None

        def probe() -> Seen[Action]:
            nonlocal listed
            action = endpoint.action(context.client)
            elapsed = context.clock.now() - began
            if action is None:
                return Seen(listed or elapsed >= LISTED_WITHIN, f"{endpoint.label} is not listed")
            listed = True
            if action.finished:
                return Seen(True, action.sentence(), value=action)
            line = action.line(*details.at(elapsed))
            return Seen(False, action.sentence(), Failure(action=action.as_dict()), line)

        try:
            return wait_until(probe, self.deadline.left(), context.clock, endpoint.label).value
        except WaitTimeout as error:
            raise WaitTimeout(f"{error} state: absent cancels it.", error.failure) from error


def cancel_and_clear(context: Context, endpoint: ActionEndpoint) -> Action | None:
    """DELETE cancels a running action and clears a finished one; so it is sent again until nothing is recorded.

    The action as it was listed last; None when there was no record.
    """
    last: Action | None = None
    sent: set[str] = set()

    def probe() -> Seen[Action]:
        nonlocal last
        action = endpoint.action(context.client)
        if action is None:
            return Seen(True, "no record", value=last)
        last = action
        key = f"{action.uid} {action.finished}"
        if key not in sent:
            sent.add(key)
            try:
                context.client.write("DELETE", endpoint.path, accept=(404,))
            except Ambiguous:
                sent.discard(key)  # it is read again, and sent again only if the record is still there
            if not context.wait.enabled:
                return Seen(True, action.sentence(), value=action)
        return Seen(False, action.sentence(), Failure(action=action.as_dict()), action.line())

    return wait_until(probe, context.wait, context.clock, f"{endpoint.label} to stop").value

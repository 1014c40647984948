# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: a clock, a probe, and a pause between two probes that grows with the time waited so far."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .errors import Failure, WaitTimeout

SHORTEST_PAUSE = 0.1  # seconds
SHARE_OF_ELAPSED = 0.1  # the pause is this share of the time waited: late by at most a tenth
GRACE = 5.0  # seconds in which a lost request may still arrive, and the endpoints may still disagree
LISTED_WITHIN = 2.0  # seconds in which a new action is listed


class Clock:
    """Monotonic time; tests use a fake one."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


# Called with a status line and the seconds waited so far; returns whether it was shown.
OnProgress = t.Callable[[str, float], bool]


def silent(line: str, elapsed: float) -> bool:
    """The receiver of status lines where none are shown."""
    return True


@dataclasses.dataclass(frozen=True)
class Wait:
    """The user's waiting options, in seconds. C(on_progress) receives each new status line, except the final one."""

    enabled: bool = True
    timeout: float = 600.0
    interval: float = 5.0
    on_progress: OnProgress = silent

    @property
    def shows_progress(self) -> bool:
        """Whether status lines are shown at all."""
        return self.on_progress is not silent


T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Seen(t.Generic[T]):
    """One observation of a probe: whether the wait is over, a phrase for messages, and the C(value) that was read.

    C(line) is the status line for an operator, where that is not the phrase.
    """

    done: bool
    what: str
    failure: Failure | None = None
    line: str | None = None
    value: T | None = None


def pause_after(elapsed: float, longest: float) -> float:
    """Seconds until the next probe, after C(elapsed) seconds of waiting."""
    return max(SHORTEST_PAUSE, min(elapsed * SHARE_OF_ELAPSED, longest))


def wait_until(probe: t.Callable[[], Seen[T]], wait: Wait, clock: Clock, waiting_for: str) -> Seen[T]:
    """The observation with which C(probe) is done; raises WaitTimeout with the last one when time is over."""
    started = clock.now()
    shown = ""
    while True:
        seen = probe()
        elapsed = clock.now() - started
        if seen.done:
            return seen
        line = seen.line or seen.what
        if line != shown and wait.on_progress(line, elapsed):
            shown = line
        if elapsed >= wait.timeout:
            raise WaitTimeout(
                f"Waited {elapsed:.0f} s for {waiting_for}, and it is not done. Last seen: {seen.what}. "
                "It may still finish: look again before you repeat it, or give a longer wait_timeout.",
                seen.failure,
                seen.value,
            )
        clock.sleep(min(pause_after(elapsed, wait.interval), max(wait.timeout - elapsed, 0.01)))

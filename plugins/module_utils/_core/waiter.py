# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: a clock, a probe, and a pause that grows with the time waited so far."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .errors import Failure, WaitTimeout

SHORTEST_PAUSE = 0.1  # seconds
SHARE_OF_ELAPSED = 0.1  # the pause is this share of the time waited: late by at most a tenth


class Clock:
    """The time as the waiter sees it; tests put a fake one here."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


# Called with what was seen and the seconds waited so far; says whether it was shown.
OnProgress = t.Callable[[str, float], bool]


def silent(what: str, elapsed: float) -> bool:
    """Where no progress is shown."""
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
        """Whether progress is shown to anybody."""
        return self.on_progress is not silent


T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Seen(t.Generic[T]):
    """One observation of a probe: is the wait over, a phrase that says what was seen, and the C(value) that was read.

    C(line) is the status line for an operator, where that is not the phrase.
    """

    done: bool
    what: str
    failure: Failure | None = None
    line: str | None = None
    value: T | None = None


def pause_after(elapsed: float, longest: float) -> float:
    """Seconds to the next look, after C(elapsed) seconds of waiting."""
    return max(SHORTEST_PAUSE, min(elapsed * SHARE_OF_ELAPSED, longest))


def wait_until(probe: t.Callable[[], Seen[T]], wait: Wait, clock: Clock, waiting_for: str) -> Seen[T]:
    """Call C(probe) until it is done; raise WaitTimeout with the last thing seen when time is over.

    Returns the last observation, so that nothing has to be carried out of the probe by other means.
    """
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

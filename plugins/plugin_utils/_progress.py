# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees while a task waits: a line whenever something has moved, and not too many of them."""

from __future__ import annotations

import typing as t

QUIET_AT_FIRST = 1.0  # seconds; what is over by then needs no line
AT_MOST_EVERY = 1.0  # seconds between two lines


class Progress:
    """Called with what was seen and the seconds waited; shows it if it is new."""

    def __init__(self, host: str, show: t.Callable[[str], None]) -> None:
        self._host = host
        self._show = show
        self._last = ""
        self._shown_at = QUIET_AT_FIRST - AT_MOST_EVERY

    def __call__(self, what: str, elapsed: float) -> None:
        if elapsed < self._shown_at:
            self._shown_at = QUIET_AT_FIRST - AT_MOST_EVERY  # the task waits for something else now
        if what == self._last or elapsed - self._shown_at < AT_MOST_EVERY:
            return
        self._last, self._shown_at = what, elapsed
        self._show(f"[{self._host}] {what} · {duration(elapsed)}")


def duration(seconds: float) -> str:
    """C(8s), C(1m12s), C(2h03m)."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status lines of a waiting task: one for each change, at most one a second.

The in-process front shows them at once. A module cannot: it writes them to a file, which its action plugin reads.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from .waiter import Clock, OnProgress, silent

QUIET_AT_FIRST = 1.0  # seconds; a wait that is over by then needs no line
AT_MOST_EVERY = 1.0  # seconds between two lines
FILE = "REDIS_ENTERPRISE_PROGRESS_FILE"  # the environment variable by which an action plugin names the file


class Progress:
    """Shows the status lines of one wait, or of several at once, with the time waited so far."""

    def __init__(self, show: t.Callable[[str], None], clock: Clock | None = None) -> None:
        self._show = show
        self._clock = clock or Clock()
        self._next = self._clock.now()

    def __call__(self, line: str, elapsed: float) -> bool:
        now = self._clock.now()
        if elapsed < QUIET_AT_FIRST or now < self._next:
            return False
        self._next = now + AT_MOST_EVERY
        self._show(f"{line} · {duration(elapsed)}")
        return True


def duration(seconds: float) -> str:
    """C(8s), C(1m12s), C(2h03m)."""
    total = int(seconds)
    if total < 60:
        return f"{total}s"
    if total < 3600:
        return f"{total // 60}m{total % 60:02d}s"
    return f"{total // 3600}h{total % 3600 // 60:02d}m"


@contextlib.contextmanager
def progress_file(name: str | None, redact: t.Callable[[str], str]) -> t.Iterator[OnProgress]:
    """Appends the lines to a new file of that name, which exists for as long as the block runs.

    Without a name, or where the file cannot be created, nothing is shown: that must not keep a task from its work.
    """
    path = os.path.expanduser(os.path.expandvars(name or ""))
    try:
        if (name or "").startswith("~"):  # only the user's own home
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        yield silent
        return

    def append(line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(file, (" ".join(redact(line).split("\n")) + "\n").encode())

    try:
        yield Progress(append)
    finally:
        os.close(file)
        with contextlib.suppress(OSError):
            os.unlink(path)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One action of the whole cluster on a fake clock: what POST, GET and DELETE of it answer, as a test tells it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Clock

from .stub_api import Status

NAME = "rebalance"
_TERMINAL = ("completed", "failed", "cancelled", "aborted")
_BUSY = Status(409, {"error_code": "action_in_progress", "description": "Another action is in progress."})


@dataclass
class Record:
    """An action: what it shows until it ends, when that is (None: never), and how."""

    uid: str
    outcome: str = "completed"
    ends_at: float | None = 0.0
    until_then: str = "running"
    cleared_at: float | None = None

    def status(self, now: float) -> str:
        return self.outcome if self.ends_at is not None and now >= self.ends_at else self.until_then

    def shown(self, now: float) -> dict[str, t.Any]:
        record: dict[str, t.Any] = {"status": self.status(now), "task_id": self.uid}
        if self.status(now) == "failed":
            record |= {"error_code": "internal_error", "error_message": "it went wrong"}
        return record


@dataclass
class ClusterWorld:
    """The record of the action, and what the next POST does."""

    clock: Clock
    record: Record | None = None
    outcome: str = "completed"
    busy_until: float = 0.0  # another action runs so long
    refusal: Status | None = None
    loses_answers: bool = False  # it is done, but its answer does not arrive
    overtaken: bool = False  # somebody else starts it just before
    cleared_after: float | None = None  # somebody cancels and clears it so long after it began
    sent: list[tuple[str, t.Any]] = field(default_factory=list)

    def recorded(self, status: str, ends_in: float | None = 0.0, until_then: str = "running") -> None:
        ends_at = None if ends_in is None else self.clock.now() + ends_in
        self.record = Record("earlier", status, ends_at, until_then)

    @property
    def writes(self) -> list[str]:
        return [method for method, dummy in self.sent if method != "GET"]

    def answer(self, method: str, path: str, body: t.Any) -> t.Any:
        now = self.clock.now()
        assert path == f"/v1/cluster/actions/{NAME}", path
        self.sent.append((method, body))
        record = self.record
        if record is not None and record.cleared_at is not None and now >= record.cleared_at:
            record = self.record = None
        if method == "GET":
            return record.shown(now) if record else Status(404)
        assert method == "POST", method
        return self._start(now)

    def _start(self, now: float) -> t.Any:
        if self.refusal is not None:
            return self.refusal
        if self.overtaken:
            self.overtaken = False
            self.record = Record("theirs", "completed", now + 3.0)
        running = self.record is not None and self.record.status(now) not in _TERMINAL
        if running or now < self.busy_until:
            return _BUSY
        cleared_at = None if self.cleared_after is None else now + self.cleared_after
        ends_at = now + 3.0 if cleared_at is None else None
        self.record = Record(f"task-{len(self.sent)}", self.outcome, ends_at, cleared_at=cleared_at)
        return {"status": "queued", "task_id": self.record.uid}

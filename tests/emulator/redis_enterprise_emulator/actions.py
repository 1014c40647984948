# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running actions: tasks, state machines and others, their life cycle and their faults."""

from __future__ import annotations

import asyncio
import math
import sys
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from .dataplane.base import DataPlaneError
from .errors import ApiError
from .faults import HOLDING, STRIKING, Fault, FaultBook

TERMINAL = frozenset({"completed", "failed", "cancelled", "aborted"})
RETENTION = 1800.0  # seconds that a finished action can be seen; inferred
TICK = 0.05  # between two movements of the progress


class ActionStopped(Exception):
    """The action ends here and now, with this status."""

    def __init__(self, status: str, error_code: str = "", error: str = "") -> None:
        super().__init__(f"{status}: {error}")
        self.status = status
        self.error_code = error_code
        self.error = error


def failed(error_code: str, error: str) -> ActionStopped:
    return ActionStopped("failed", error_code, error)


@dataclass(eq=False)
class Action:
    kind: str  # "task", "state-machine" or "other"
    name: str
    status: str
    node_uid: int | None = None
    bdb_uid: int | None = None
    url_name: str = ""  # the name in the path, where it differs
    scope: str = ""  # "node" or "cluster": listed under /v1/nodes/… or /v1/cluster/…
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: float = field(default_factory=time.time)
    heartbeat: float = field(default_factory=time.time)
    progress: float = 0.0
    state: str = ""
    error_code: str = ""
    error: str = ""
    pending_ops: dict[str, dict[str, Any]] = field(default_factory=dict)
    finished: float | None = None
    cancelling: bool = False
    lingering: bool = False  # shown as running although its work is done
    superseded: bool = False  # shown as completed before a later action began: its remaining work is dropped
    raw: dict[str, Any] | None = None  # a loaded object

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name, self.url_name or self.name})


class Run:
    """The handle of an action's code: it reports progress, and faults and cancellation strike at its steps."""

    def __init__(self, action: Action, faults: FaultBook, pace: float) -> None:
        self.action = action
        self._faults = faults
        self._pace = pace
        slow = faults.of_action("slow_action", action.names, action.node_uid, action.bdb_uid)
        self._slow = 0.0 if slow is None else float(faults.hit(slow).settings["seconds"])

    def _fault(self, *outcomes: str, starting: bool = False) -> Fault | None:
        action = self.action
        return self._faults.of_action(
            "action", action.names, action.node_uid, action.bdb_uid, starting=starting, outcomes=outcomes
        )

    async def _obey(self) -> None:
        """End here if the action is cancelled, or if a later one has taken its place."""
        if self.action.superseded:
            raise ActionStopped("completed")
        if self.action.cancelling:
            fault = self._fault("uncancellable")
            if fault is not None:
                self._faults.hit(fault)
                while self._faults.holds(fault):
                    await asyncio.sleep(TICK)
            raise ActionStopped("cancelled")

    async def begin(self) -> None:
        """The moment before a task runs. State machines have none."""
        fault = self._fault(*STRIKING, starting=True)
        if fault is not None:
            await self._strike(fault)

    async def advance(self, progress: float, state: str = "", seconds: float = 0.02) -> None:
        """Move to this progress, in the time that the step takes."""
        action = self.action
        action.state = state or action.state
        fault = self._fault(*STRIKING)
        at = 0.0 if fault is None else float(fault.settings.get("at", 0))
        if fault is None or at > progress:
            return await self._move(progress, seconds)
        await self._move(max(action.progress, at), seconds)
        await self._strike(fault)
        await self._move(progress, seconds)

    async def finish(self) -> None:
        """The last step; what comes after it cannot fail."""
        await self.advance(100.0)

    async def _move(self, goal: float, seconds: float) -> None:
        action = self.action
        start = action.progress
        duration = self._slow * max(0.0, goal - start) / 100 or seconds * self._pace
        ticks = max(1, math.ceil(duration / TICK))
        for tick in range(1, ticks + 1):
            await self._obey()
            await asyncio.sleep(duration / ticks)
            action.progress = start + (goal - start) * tick / ticks
            action.heartbeat = time.time()
        await self._obey()

    async def _strike(self, fault: Fault) -> None:
        self._faults.hit(fault)
        settings = fault.settings
        if settings["outcome"] not in HOLDING:
            error = settings.get("error", f"{self.action.name} ended as {settings['outcome']} by a fault.")
            raise ActionStopped(settings["outcome"], settings.get("error_code", "internal_error"), error)
        if settings["outcome"] == "early":
            self.action.status = "completed"  # its work has not come that far
        self.action.pending_ops = settings.get("pending_ops", {})
        await self._hold(fault)
        self.action.pending_ops = {}

    async def _hold(self, fault: Fault) -> None:
        while self._faults.holds(fault):
            await self._obey()
            await asyncio.sleep(TICK)

    async def linger(self) -> None:
        """After the work: a fault may keep the action shown as running."""
        action = self.action
        fault = self._fault("lingering")
        if fault is not None:
            action.lingering = True
            action.progress = min(action.progress, float(fault.settings.get("at", 100)))
            await self._hold(self._faults.hit(fault))


Work = Callable[[Run], Awaitable[None]]


class ActionBook:
    def __init__(self, faults: FaultBook, pace: float, changed: Callable[[], None]) -> None:
        self._faults = faults
        self._pace = pace
        self._changed = changed
        self._actions: dict[str, Action] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, action: Action, work: Work) -> Action:
        self._expire()
        self._actions[action.uid] = action
        self._running[action.uid] = asyncio.create_task(self._drive(action, work))
        self._changed()
        return action

    async def _drive(self, action: Action, work: Work) -> None:
        run = Run(action, self._faults, self._pace)
        machine = action.kind == "state-machine"
        try:
            await asyncio.sleep(0.005 * self._pace)
            if not machine:
                action.status = "starting"
                await asyncio.sleep(0.005 * self._pace)
                await run.begin()
            action.status = "active" if machine else "running"
            await work(run)
            await run.linger()
            action.progress = 100.0
            self._end(action, "completed")
        except ActionStopped as stop:
            # A state machine knows no other end than completed and failed.
            self._end(action, "failed" if machine else stop.status, stop.error_code, stop.error)
        except (DataPlaneError, ApiError) as error:
            self._end(action, "failed", "internal_error", str(error))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            self._end(action, "failed", "internal_error", f"{type(error).__name__}: {error}")
        finally:
            self._running.pop(action.uid, None)

    def _end(self, action: Action, status: str, error_code: str = "", error: str = "") -> None:
        action.status = status
        action.error_code = error_code if status == "failed" else ""
        action.error = error if status in ("failed", "aborted") else ""
        action.finished = action.heartbeat = time.time()
        self._changed()

    def _expire(self) -> None:
        limit = time.time() - RETENTION
        for action in list(self._actions.values()):
            if action.finished is not None and action.finished < limit:
                del self._actions[action.uid]

    def add_loaded(self, action: Action) -> None:
        self._actions[action.uid] = action

    def get(self, uid: str) -> Action | None:
        self._expire()
        return self._actions.get(uid)

    def all(self) -> list[Action]:
        self._expire()
        return list(self._actions.values())

    def of_bdb(self, bdb_uid: int) -> list[Action]:
        return [a for a in self.all() if a.kind == "state-machine" and a.bdb_uid == bdb_uid]

    def busy(self, bdb_uid: int) -> bool:
        return any(not action.terminal and not action.lingering for action in self.of_bdb(bdb_uid))

    def supersede(self, node_uid: int, names: Collection[str]) -> None:
        """Drop the remaining work of actions that are shown as completed: a later action of the node begins."""
        for action in self.scoped("node", node_uid):
            if action.name in names and action.uid in self._running and action.terminal:
                action.superseded = True

    def scoped(self, scope: str, node_uid: int | None = None) -> list[Action]:
        return [a for a in self.all() if a.scope == scope and (node_uid is None or a.node_uid == node_uid)]

    def forget(self, actions: Iterable[Action]) -> None:
        for action in actions:
            self._actions.pop(action.uid, None)
        self._changed()

    def cancel(self, action: Action) -> None:
        """Ask a running action to end at its next step."""
        action.cancelling = True
        if not action.terminal:
            action.status = "cancelling"
        self._changed()

    async def close(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

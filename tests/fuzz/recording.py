# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run against the emulated cluster, written down: not only what was asked, but all that could have been asked.

Time is cut into epochs, each begun by a write, and epochs into moments, between which time passed. At each moment all
endpoints are read, so that a run which takes another way finds the state that the cluster had then.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from fuzz.stage import Stage
from fuzz.wire import Answer, Request

_NOT_FOUND = Answer(404, b'{"error_code": "not_found", "description": "Nothing was recorded for this."}')
_CLUSTER = (
    "/v1/nodes/status",
    "/v1/nodes/actions",
    "/v1/shards",
    "/v1/cluster",
    "/v1/cluster/check",
    "/v1/cluster/actions",
    "/v1/license",
    "/v1/actions",
    "/v2/actions",
    "/v4/cluster/health",
)
_NODE_ACTIONS = ("maintenance_on", "maintenance_off", "remove", "enslave_node")
_NODE = ("", "/actions", "/snapshots", *(f"/actions/{name}" for name in _NODE_ACTIONS))
_OF_EACH = {  # below the path of a list: what there is for each of its objects
    "/v1/nodes": _NODE,
    "/v1/bdbs": ("", "/availability"),
    "/v1/redis_acls": ("",),
}


@dataclass
class Epoch:
    """What the cluster answers from one write to the next: by target, the seconds since the write and the answer."""

    write: Request | None = None
    answer: Answer | None = None  # to the write
    answers: dict[str, list[tuple[float, Answer]]] = field(default_factory=dict)

    def add(self, at: float, target: str, answer: Answer) -> None:
        known = self.answers.setdefault(target, [])
        if not known or known[-1][1] != answer:
            known.append((at, answer))

    def at(self, elapsed: float, target: str) -> Answer | None:
        """The answer at that time."""
        known = self.answers.get(target, [])
        number = bisect.bisect_right(known, elapsed, key=lambda each: each[0])
        return known[number - 1][1] if number else None

    def first(self, target: str) -> Answer | None:
        """The first answer that was recorded."""
        known = self.answers.get(target)
        return known[0][1] if known else None


@dataclass
class Recording:
    """What a run without mutations asked, and what the cluster answers to that and to everything else."""

    epochs: list[Epoch] = field(default_factory=lambda: [Epoch()])
    dry_runs: list[tuple[Request, Answer]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    given: list[Answer] = field(default_factory=list)  # to each of these

    @property
    def writes(self) -> list[Request]:
        return [epoch.write for epoch in self.epochs if epoch.write is not None]

    def read(self, epoch: int, elapsed: float, target: str) -> Answer:
        """The answer to a GET in that epoch, so many seconds after it began.

        What was not asked with this query by then is made from the answer to the same without a query.
        """
        path, dummy, query = target.partition("?")
        own = self.epochs[epoch]
        found = own.at(elapsed, target) or _reduced(own.at(elapsed, path), query)
        return found or self._elsewhere(epoch, target) or _reduced(self._elsewhere(epoch, path), query) or _NOT_FOUND

    def _elsewhere(self, epoch: int, target: str) -> Answer | None:
        """How it was at the end of an earlier epoch, or else how it is found first from here on."""
        earlier = (each.at(float("inf"), target) for each in self.epochs[:epoch][::-1])
        later = (each.first(target) for each in self.epochs[epoch:])
        return next((answer for answer in (*earlier, *later) if answer is not None), None)

    def dry_run(self, request: Request) -> Answer:
        return next((answer for each, answer in self.dry_runs if each.means(request)), _NOT_FOUND)


class Recorder:
    """The world of a run that is recorded: the stage answers, and time passes on it."""

    def __init__(self, stage: Stage) -> None:
        self.recording = Recording()
        self._stage = stage
        self._time = 0.0
        self._began = 0.0  # the epoch
        self._known: dict[Answer, Answer] = {}  # each answer once
        self._stale = True
        self._uids: dict[str, list[Any]] = {path: [] for path in _OF_EACH}
        self._lock = threading.Lock()  # a module may have threads

    def now(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            if self._stale:
                self._read_all()
            self._time += seconds
            self._stage.advance(seconds)
            self._stale = True

    def answer(self, request: Request) -> Answer:
        with self._lock:
            answer = self._answer(request)
            self.recording.asked.append(request)
            self.recording.given.append(answer)
            return answer

    def _answer(self, request: Request) -> Answer:
        if request.is_write:
            if self._stale:
                self._read_all()
            answer = self._send(request)
            self.recording.epochs.append(Epoch(request, answer))
            self._began, self._stale = self._time, True
        elif request.method == "GET":
            answer = self._read(request.target)
        else:
            answer = self._send(request)
            self.recording.dry_runs.append((request, answer))
        return answer

    def finish(self) -> Recording:
        """The recording, with the state in which the run left the cluster."""
        if self._stale:
            self._read_all()
        return self.recording

    def _read(self, target: str) -> Answer:
        if self._stale:
            self._read_all()
        answer = self.recording.epochs[-1].at(self._time - self._began, target)
        return answer or self._look(target)

    def _read_all(self) -> None:
        self._stale = False
        asked = [request.target for request in self.recording.asked if request.method == "GET"]
        for target in dict.fromkeys((*self._endpoints(), *asked)):
            self._look(target)

    def _look(self, target: str) -> Answer:
        answer = self._send(Request("GET", target))
        self.recording.epochs[-1].add(self._time - self._began, target, answer)
        return answer

    def _endpoints(self) -> Iterator[str]:
        yield from _CLUSTER
        for path, uids in self._uids.items():
            answer = self._send(Request("GET", path))
            if answer.status == 200:  # otherwise those that were there last
                uids[:] = [each["uid"] for each in answer.json]
            yield path
            yield from (f"{path}/{uid}{each}" for uid in uids for each in _OF_EACH[path])
        yield from (f"/v1/nodes/check/{uid}" for uid in self._uids["/v1/nodes"])
        yield from (f"/v1/actions/bdb/{uid}" for uid in self._uids["/v1/bdbs"])

    def _send(self, request: Request) -> Answer:
        answer = self._stage.send(request.method, request.target, request.body, request.state_id)
        return self._known.setdefault(answer, answer)


def _reduced(answer: Answer | None, query: str) -> Answer | None:
    """What C(fields=) in a query leaves of an answer."""
    fields = parse_qs(query).get("fields")
    if answer is None or not fields:
        return answer
    names = set(fields[0].split(","))

    def of(item: Any) -> Any:
        return {name: value for name, value in item.items() if name in names} if isinstance(item, dict) else item

    return answer.with_json([of(item) for item in answer.json] if isinstance(answer.json, list) else of(answer.json))

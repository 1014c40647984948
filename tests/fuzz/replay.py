# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of a run that is replayed: a recording in which an answer is mutated, and a clock that only sleep moves."""

from __future__ import annotations

import threading
from typing import Any

from fuzz.mutations import Change, Mutation
from fuzz.recording import Recording
from fuzz.seam import Hung
from fuzz.wire import Answer, Request

MOST_REQUESTS = 2000  # of one run; a loop that does not sleep ends here
_UNEXPECTED = Answer(
    400, b'{"error_code": "unexpected", "description": "The run without mutations does not send this."}'
)


class World:
    """Answers as recorded: those of the epoch that was reached by the writes carried out, and of its time.

    C(stands) says whether the mutated answer is the last that was given for its path, so that the run goes by it.
    """

    def __init__(self, recording: Recording, mutation: Mutation | None = None, limit: float = float("inf")) -> None:
        self.asked: list[Request] = []
        self.carried_out: list[Request] = []
        self.attempted: list[Request] = []  # writes, whatever became of them
        self.unexpected: list[str] = []
        self.change: Change | None = None  # what the mutation has done, once it was met
        self.stands = False
        self._recording = recording
        self._mutation = mutation
        self._limit = limit
        self._time = 0.0
        self._began = 0.0
        self._epoch = 0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        self._time += seconds
        if self._time > self._limit:
            raise Hung(f"goes on after {self._time:.0f} s, and the limits are over after {self._limit:.0f} s")

    def answer(self, request: Request) -> Answer:
        with self._lock:
            number = len(self.asked)
            self.asked.append(request)
            if number >= MOST_REQUESTS:
                raise Hung(f"has sent {number} requests")
            if request.is_write:
                return self._write(number, request)
            if request.method == "GET":
                return self._mutated(number, request, self._true(request.target))
            return self._mutated(number, request, self._recording.dry_run(request))

    def truth(self, path: str) -> Any:
        """What the cluster itself would answer now; None where it has no such thing."""
        answer = self._true(path)
        return answer.json if answer.status == 200 else None

    def _true(self, target: str) -> Answer:
        return self._recording.read(self._epoch, self._time - self._began, target)

    def _write(self, number: int, request: Request) -> Answer:
        self.attempted.append(request)
        following = self._recording.epochs[self._epoch + 1 :][:1]
        if not following or following[0].write is None or not following[0].write.means(request):
            again = any(each.means(request) for each in self.carried_out)
            self.unexpected.append(f"{request} {'again' if again else request.body.decode(errors='replace')}")
            return _UNEXPECTED
        assert following[0].answer is not None
        answer = self._mutated(number, request, following[0].answer)
        if answer.carried_out:
            self.carried_out.append(request)
            self._epoch += 1
            self._began = self._time
        return answer

    def _mutated(self, number: int, request: Request, answer: Answer) -> Answer:
        mutation = self._mutation
        if mutation is None or number < mutation.request:
            return answer
        target = self._recording.asked[mutation.request]
        if (request.method, request.path) != (target.method, target.path):
            return answer
        mutated = mutation.apply(answer) if mutation.sticky or number == mutation.request else None
        self.stands = mutated is not None
        if mutated is None:
            return answer
        self.change = self.change or mutated[1]
        return mutated[0]

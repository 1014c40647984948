# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations put before mutated answers: record, mutate, replay, judge, count."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import itertools
import math
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fuzz.mutations import Mutation, planned
from fuzz.operations import OPERATIONS, Operation
from fuzz.oracle import Finding, Met, judge
from fuzz.recording import Recorder, Recording
from fuzz.replay import World
from fuzz.seam import CONNECTION, INVENTORY, WAIT_TIMEOUT, Ended, Seam, checked
from fuzz.stage import staged

_TIME_SCALE = 2.0  # of the emulated cluster: what it does is seen in a few steps
EXAMPLES = 3  # of findings with the same cause
# Seconds that a run may last beyond its wait_timeout: one request that is not answered, one more to tell why, a grace.
_BEYOND = 2 * CONNECTION["unavailable_timeout"] + 5.0


@dataclass(frozen=True)
class Example:
    """A finding, with all that it takes to see it again."""

    operation: str
    seed: int
    number: int
    request: str
    mutation: str

    def __str__(self) -> str:
        return f"--operation {self.operation} --seed {self.seed} --show {self.number}: {self.request} {self.mutation}"


@dataclass
class Tally:
    """What came of the mutations of one operation, or of a part of them."""

    mutations: int = 0
    seconds: float = 0.0
    counts: collections.Counter[Finding] = field(default_factory=collections.Counter)
    examples: dict[Finding, list[Example]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.mutations += other.mutations
        self.seconds += other.seconds
        self.counts.update(other.counts)
        for finding, some in other.examples.items():
            known = self.examples.setdefault(finding, [])
            known[:] = sorted([*known, *some], key=lambda example: example.number)[:EXAMPLES]

    def of_kind(self, kind: str) -> int:
        return sum(count for finding, count in self.counts.items() if finding.kind == kind)


class Subject:
    """One operation as it was recorded, ready to be replayed."""

    def __init__(self, seam: Seam, operation: Operation, scratch: Path) -> None:
        self.operation = operation
        self._seam = seam
        self._inventory = scratch / f"{operation.name}.redis_nodes.yml"
        self._params: Mapping[str, Any] = {}
        self.recording = self._record()
        self.limit = (WAIT_TIMEOUT if self._params.get("wait") else 0.0) + _BEYOND
        self.fails = False
        world, ended = self.run(None)
        self.fails = ended.failed
        self._require_sound(world, ended)

    def _record(self) -> Recording:
        with staged(time_scale=_TIME_SCALE, **self.operation.stage) as stage:
            self.operation.scene(stage)
            options = self.operation.options_on(stage)
            if self.operation.front is None:
                text = yaml.safe_dump({"plugin": INVENTORY, **CONNECTION, **options})
                self._inventory.write_text(text, encoding="utf-8")
            else:
                self._params = checked(self.operation.front, options)
            recorder = Recorder(stage)
            self.recorded = self._ended(recorder)
            return recorder.finish()

    def _ended(self, world: Any) -> Ended:
        if self.operation.front is None:
            return self._seam.inventory(world, self._inventory)
        return self._seam.module(world, self.operation.front, self._params, check=self.operation.check)

    def run(self, mutation: Mutation | None) -> tuple[World, Ended]:
        world = World(self.recording, mutation, self.limit)
        return world, self._ended(world)

    def findings(self, mutation: Mutation, world: World, ended: Ended) -> list[Finding]:
        told_once = world.truth("/v4/cluster/health") is None
        request, change = self.recording.asked[mutation.request], world.change
        met = Met(request, change, world.stands, told_once) if change is not None else None
        return list(judge(self.operation, world, ended, met, fails=self.fails))

    def _require_sound(self, world: World, ended: Ended) -> None:
        """Without a mutation the replay ends as the recorded run, and nothing is wrong with it."""
        wrong = list(judge(self.operation, world, ended, None, fails=self.fails))
        assert ended == self.recorded, f"{self.operation.name}: the replay differs: {self.recorded} {ended}"
        assert not wrong, f"{self.operation.name}: wrong without a mutation: {wrong}"

    def mutations(self, seed: int) -> Iterator[tuple[int, Mutation]]:
        """All that change an answer, with their numbers; a seed always gives the same order."""
        given = self.recording.given
        some = planned(self.recording, random.Random(f"{seed} {self.operation.name}"))
        return enumerate(mutation for mutation in some if mutation.apply(given[mutation.request]) is not None)

    def put_to_the_test(self, seed: int, count: int, part: int = 0, parts: int = 1) -> Tally:
        """The first C(count) mutations, or every C(parts)th of them."""
        tally, began = Tally(), time.monotonic()
        for number, mutation in itertools.islice(self.mutations(seed), part, count, parts):
            world, ended = self.run(mutation)
            tally.mutations += 1
            for finding in self.findings(mutation, world, ended):
                tally.counts[finding] += 1
                some = tally.examples.setdefault(finding, [])
                if len(some) < EXAMPLES:
                    request = f"request {mutation.request} {self.recording.asked[mutation.request]}"
                    some.append(Example(self.operation.name, seed, number, request, str(mutation)))
        tally.seconds = time.monotonic() - began
        return tally


@contextlib.contextmanager
def subjects() -> Iterator[Callable[[Operation], Subject]]:
    """While the block runs, a function that records an operation."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch, Seam().open() as seam:
        yield lambda operation: Subject(seam, operation, Path(scratch))


def campaign(names: Sequence[str], mutations: int, seed: int, jobs: int = 1) -> dict[str, Tally]:
    """Each operation gets its share of the mutations; the tally of each. A terminal sees how far it is."""
    count = math.ceil(mutations / len(names))
    tallies = {name: Tally() for name in names}
    parts = [(name, seed, count, part, jobs) for name in names for part in range(jobs)]
    for number, (name, tally) in enumerate(_done(parts, jobs), 1):
        tallies[name].add(tally)
        if sys.stderr.isatty():
            print(f"\r{number} of {len(parts)}: {name:<28}", end="", file=sys.stderr, flush=True)
    return tallies


def _done(parts: Sequence[tuple[str, int, int, int, int]], jobs: int) -> Iterator[tuple[str, Tally]]:
    if jobs == 1:
        yield from (_part(*part) for part in parts)
        return
    # A process of its own, not a fork: there may be threads in this one.
    with concurrent.futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(_part, *part) for part in parts]
        yield from (done.result() for done in concurrent.futures.as_completed(waiting))


def _part(name: str, seed: int, count: int, part: int, parts: int) -> tuple[str, Tally]:
    with subjects() as make:
        return name, make(OPERATIONS[name]).put_to_the_test(seed, count, part, parts)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of the benchmark, and the rounds in which they are measured."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from support.emulated import Emulated

from benchmark import clusters, measuring, roll
from benchmark.measuring import Sample

CONVERGED, CREATE, CHANGE, SLOW = "converged", "create", "change", "change at 20 ms"
ROLL = "roll, a node"
EMPTY, SET, MODULE, LOOP = "empty", "set.in_process", "set.as_module", "loop"
URI_LOOP, URI_JINJA, URI_CREATE, FLOOR = "uri_loop", "uri_jinja", "uri_create", "floor"
ROLE = "roll"
WAYS = {
    EMPTY: "empty play",
    SET: "redis_bdb_set",
    MODULE: "redis_bdb_set as a module",
    LOOP: "redis_bdb in a loop",
    URI_LOOP: "uri: GET, compare, PUT in a loop",
    URI_JINJA: "uri: one GET, compared in Jinja",
    URI_CREATE: "uri: one GET, POST in a loop",
    FLOOR: "bare script with requests",
    ROLE: "rolling_maintenance, its overhead",
}
LATENCY = 0.02  # seconds that the cluster takes for a request, in the work SLOW
PARALLEL = {SLOW: 8}
ROLL_SIZE = 10  # databases of the cluster that is rolled
USUAL_PARALLEL = 4  # the default of redis_bdb_set
HOURS_LONG = 500  # databases from which a loop of uri runs only once, and only when asked for


@dataclass(frozen=True)
class Cell:
    """One work done in one way."""

    work: str
    size: int
    way: str

    def __str__(self) -> str:
        return f"{self.work} {self.size} {self.way}" if self.work else self.way


@dataclass(frozen=True)
class Plan:
    """What to measure, and how often."""

    sizes: tuple[int, ...] = (1, 10, 100, 500)
    changes: int = 100
    rolled: int = ROLL_SIZE
    runs: int = 5
    uri_runs: int = 5
    full: bool = False
    only: tuple[str, ...] = ()

    def cells(self) -> list[Cell]:
        found = [Cell("", 0, EMPTY)]
        for size in self.sizes:
            found += [Cell(CONVERGED, size, way) for way in (FLOOR, SET, MODULE, LOOP, URI_LOOP, URI_JINJA)]
        for work in (CREATE, CHANGE, SLOW):
            uri = URI_CREATE if work == CREATE else URI_LOOP
            found += [Cell(work, self.changes, way) for way in (FLOOR, SET, MODULE, LOOP, uri)]
        found.append(Cell(ROLL, self.rolled, ROLE))
        return [cell for cell in found if not self.only or any(part in str(cell) for part in self.only)]

    def runs_of(self, cell: Cell) -> int:
        if cell.way == URI_LOOP and cell.size >= HOURS_LONG:
            return 1 if self.full else 0
        return self.uri_runs if cell.way in (URI_LOOP, URI_CREATE) else self.runs


Holder = tuple[bool, int]  # a cluster that is changed or not, and how many databases it holds


def _holder(cell: Cell) -> Holder | None:
    """Cells that can share a cluster do; a creation and a roll need a new one each time."""
    return None if cell.work in (CREATE, ROLL) else (cell.work in (CHANGE, SLOW), cell.size)


@dataclass
class Rounds:
    """Takes every cell once in each round, so that a change in the machine's mood meets all of them."""

    plan: Plan
    scratch: Path
    samples: dict[Cell, list[Sample]] = field(default_factory=dict)
    _value: Iterator[int] = field(default_factory=lambda: count(2000))

    def run(self) -> Mapping[Cell, list[Sample]]:
        cells = self.plan.cells()
        self.samples = {cell: [] for cell in cells}
        with contextlib.ExitStack() as stack:
            original = clusters.specimen()
            held: dict[Holder, Emulated] = {}
            for holder in sorted({holder for cell in cells if (holder := _holder(cell)) is not None}):
                held[holder] = stack.enter_context(clusters.holding(original, holder[1], self.scratch))
            for number in range(max(self.plan.runs_of(cell) for cell in cells)):
                for cell in cells:
                    if number < self.plan.runs_of(cell):
                        print(f"round {number + 1}: {cell}", file=sys.stderr, flush=True)
                        self.samples[cell].append(self._one(cell, held))
        return self.samples

    def _one(self, cell: Cell, held: Mapping[Holder, Emulated]) -> Sample:
        if cell.work == ROLL:
            return roll.measure(cell.size, self.scratch)
        holder = _holder(cell)
        if holder is not None:
            return self._checked(cell, held[holder])
        with clusters.without_databases() as empty:
            return self._checked(cell, empty)

    def _checked(self, cell: Cell, cluster: Emulated) -> Sample:
        """Measure, and make sure that the work was done: a figure for less than that would be a lie."""
        changes: dict[str, Any] = {"max_connections": next(self._value)} if cell.work in (CHANGE, SLOW) else {}
        sample = measuring.measure(
            cell.way,
            cluster,
            clusters.wanted(cell.size, **changes),
            self.scratch,
            parallel=PARALLEL.get(cell.work, USUAL_PARALLEL),
            latency=LATENCY if cell.work == SLOW else 0.0,
        )
        writes = cell.size if cell.work in (CREATE, CHANGE, SLOW) else 0
        bdbs = clusters.active(cluster, cell.size)
        values = clusters.FIELDS | changes
        wrong = [bdb["name"] for bdb in bdbs if any(bdb[name] != value for name, value in values.items())]
        if wrong or sample.writes != writes:
            raise SystemExit(
                f"benchmark: {cell} is worth nothing: {sample.writes} writes instead of {writes}, and not as asked: "
                f"{', '.join(wrong) or 'none'}."
            )
        return sample

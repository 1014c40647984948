# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the figures have to be: ratios and differences of figures of the same run, so that no machine is favoured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmark.measuring import Sample
from benchmark.rounds import CONVERGED, EMPTY, LOOP, MODULE, ROLE, ROLL, ROLL_SIZE, SET, SLOW, URI_JINJA, URI_LOOP, Cell

NOTHING = Cell("", 0, EMPTY)
Medians = Mapping[Cell, Sample]


@dataclass(frozen=True)
class Verdict:
    """A target and what came of it; the value is None where a figure for it was not measured."""

    sentence: str
    value: float | None
    limit: float
    at_least: bool = False

    @property
    def missed(self) -> bool:
        if self.value is None:
            return False
        return self.value < self.limit if self.at_least else self.value > self.limit

    def __str__(self) -> str:
        found = "not measured" if self.value is None else f"{self.value:.2f}"
        word = "missed" if self.missed else "-" if self.value is None else "met"
        return f"{word:>6}  {self.sentence}: {found} ({'at least' if self.at_least else 'at most'} {self.limit:g})"


def judge(medians: Medians) -> list[Verdict]:
    """All targets."""
    set_500, module_500 = Cell(CONVERGED, 500, SET), Cell(CONVERGED, 500, MODULE)
    uri_100 = Cell(CONVERGED, 100, URI_LOOP)
    return [
        Verdict("requests of redis_bdb_set, 500 converged", _figure(medians, set_500, "requests"), 1),
        Verdict("connections of redis_bdb_set, 500 converged", _figure(medians, set_500, "connections"), 1),
        Verdict("requests of redis_bdb_set as a module, 500 converged", _figure(medians, module_500, "requests"), 1),
        Verdict("seconds over an empty play, redis_bdb_set, 500 converged", _over(medians, set_500), 0.8),
        Verdict("the same as a module", _over(medians, module_500), 1.7),
        Verdict(
            "times faster than the uri loop, redis_bdb_set, 100 converged",
            _ratio(medians, uri_100, Cell(CONVERGED, 100, SET)),
            35,
            at_least=True,
        ),
        Verdict(
            "times faster than one GET compared in Jinja, redis_bdb_set, 500 converged",
            _ratio(medians, Cell(CONVERGED, 500, URI_JINJA), set_500),
            4,
            at_least=True,
        ),
        Verdict(
            "times faster than the uri loop, redis_bdb in a loop, 100 converged",
            _ratio(medians, uri_100, Cell(CONVERGED, 100, LOOP)),
            5,
            at_least=True,
        ),
        Verdict(
            "seconds over an empty play, 100 changes at 20 ms, 8 at a time", _over(medians, Cell(SLOW, 100, SET)), 1.2
        ),
        Verdict(
            "seconds a node of a roll beside drain, hook and restore",
            _figure(medians, Cell(ROLL, ROLL_SIZE, ROLE), "seconds"),
            1,
        ),
    ]


def _figure(medians: Medians, cell: Cell, name: str) -> float | None:
    return float(getattr(medians[cell], name)) if cell in medians else None


def _over(medians: Medians, cell: Cell) -> float | None:
    if cell not in medians or NOTHING not in medians:
        return None
    return medians[cell].seconds - medians[NOTHING].seconds


def _ratio(medians: Medians, slow: Cell, fast: Cell) -> float | None:
    return medians[slow].seconds / medians[fast].seconds if {slow, fast} <= set(medians) else None

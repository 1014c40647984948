# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's own logic: what is measured how often, how targets are judged, and what is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from benchmark.__main__ import main, report, table
from benchmark.measuring import Sample, middle
from benchmark.roll import HOOK, overhead, rolls
from benchmark.rounds import (
    CONVERGED,
    CREATE,
    EMPTY,
    FLOOR,
    LOOP,
    MODULE,
    ROLE,
    ROLL,
    ROLL_SIZE,
    SET,
    SLOW,
    URI_CREATE,
    URI_JINJA,
    URI_LOOP,
    Cell,
    Plan,
)
from benchmark.targets import judge


def sample(seconds: float, requests: int = 1, connections: int = 1) -> Sample:
    return Sample(seconds=seconds, cpu=0.1, requests=requests, writes=0, connections=connections, peak_mib=50.0)


GOOD = {
    Cell("", 0, EMPTY): sample(0.5, 0, 0),
    Cell(CONVERGED, 500, SET): sample(1.2),
    Cell(CONVERGED, 500, MODULE): sample(2.1),
    Cell(CONVERGED, 500, URI_JINJA): sample(4.9),
    Cell(CONVERGED, 100, SET): sample(1.0),
    Cell(CONVERGED, 100, LOOP): sample(7.0),
    Cell(CONVERGED, 100, URI_LOOP): sample(35.5),
    Cell(SLOW, 100, SET): sample(1.6),
    Cell(ROLL, ROLL_SIZE, ROLE): sample(0.9),
}


def test_all_targets_can_be_met() -> None:
    verdicts = judge(GOOD)
    assert len(verdicts) == 10
    assert [str(verdict) for verdict in verdicts if verdict.missed or verdict.value is None] == []


@pytest.mark.parametrize(
    ("cell", "worse", "sentences"),
    [
        (Cell(CONVERGED, 500, SET), sample(1.2, requests=2), ["requests of redis_bdb_set, 500 converged"]),
        (Cell(CONVERGED, 500, SET), sample(1.2, connections=2), ["connections of redis_bdb_set, 500 converged"]),
        (
            Cell(CONVERGED, 500, SET),
            sample(1.4),
            [
                "seconds over an empty play, redis_bdb_set, 500 converged",
                "times faster than one GET compared in Jinja, redis_bdb_set, 500 converged",
            ],
        ),
        (Cell(CONVERGED, 500, MODULE), sample(2.3), ["the same as a module"]),
        (
            Cell(CONVERGED, 100, URI_LOOP),
            sample(34.0),
            [
                "times faster than the uri loop, redis_bdb_set, 100 converged",
                "times faster than the uri loop, redis_bdb in a loop, 100 converged",
            ],
        ),
        (Cell(SLOW, 100, SET), sample(1.8), ["seconds over an empty play, 100 changes at 20 ms, 8 at a time"]),
        (
            Cell(ROLL, ROLL_SIZE, ROLE),
            sample(1.1),
            ["seconds a node of a roll beside drain, hook and restore"],
        ),
    ],
)
def test_a_target_that_is_missed_is_named(cell: Cell, worse: Sample, sentences: list[str]) -> None:
    assert [verdict.sentence for verdict in judge({**GOOD, cell: worse}) if verdict.missed] == sentences


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    verdicts = judge({})
    assert {verdict.value for verdict in verdicts} == {None}
    assert not any(verdict.missed for verdict in verdicts)
    assert all("not measured" in str(verdict) for verdict in verdicts)


def test_the_median_of_each_figure() -> None:
    found = middle([sample(3.0, 1), sample(1.0, 9), sample(2.0, 5)])
    assert (found.seconds, found.requests) == (2.0, 5)


def test_every_work_has_its_ways() -> None:
    cells = Plan().cells()
    assert len(set(cells)) == len(cells)
    assert Cell("", 0, EMPTY) in cells
    for size in (1, 10, 100, 500):
        assert {cell.way for cell in cells if cell.work == CONVERGED and cell.size == size} == {
            *(FLOOR, SET, MODULE, LOOP, URI_LOOP, URI_JINJA)
        }
    assert {cell.way for cell in cells if cell.work == CREATE} == {FLOOR, SET, MODULE, LOOP, URI_CREATE}
    assert set(GOOD) <= set(cells), "every target is about cells that exist"


def test_the_longest_loop_runs_only_when_asked_for_and_once() -> None:
    longest = Cell(CONVERGED, 500, URI_LOOP)
    assert Plan().runs_of(longest) == 0
    assert Plan(full=True).runs_of(longest) == 1


def test_runs_of_the_slow_loops_are_set_apart() -> None:
    plan = Plan(runs=7, uri_runs=2)
    ways = {cell.way: plan.runs_of(cell) for cell in plan.cells() if cell.size < 500}
    assert {way for way, runs in ways.items() if runs == 2} == {URI_LOOP, URI_CREATE}
    assert set(ways.values()) == {2, 7}


def test_only_chooses_cells_by_their_name() -> None:
    assert [str(cell) for cell in Plan(only=("empty", "20 ms 100 set")).cells()] == [
        "empty",
        "change at 20 ms 100 set.in_process",
        "change at 20 ms 100 set.as_module",
    ]


def notes(*events: tuple[float, str, str]) -> list[dict[str, Any]]:
    """What the stopwatch writes."""
    return [{"time": time, "event": event, "path": path} for time, event, path in events]


def test_the_overhead_of_a_roll_is_what_is_neither_drain_nor_hook_nor_restoration() -> None:
    roll = notes(
        (0, "batch", ""),
        (1, "start", "plan.yml:1"),
        (6, "end", ""),
        (10, "batch", ""),
        (11, "start", "drain.yml:1"),
        (31, "end", ""),
        (32, "start", "import.yml:1"),
        (33, "start", f"{HOOK}:3"),
        (43, "end", ""),
        (44, "start", "restore.yml:1"),
        (64, "end", ""),
        (65, "start", "verify.yml:1"),
        (70, "end", ""),
        (73, "over", ""),
    )
    actions = [12.0, 45.0]
    assert [(batch.start, batch.end) for batch in rolls(roll, actions)] == [(10, 73)]
    assert overhead(roll, actions) == pytest.approx((63 - 20 - 10 - 20) / 3)


def test_table_and_report_have_every_cell() -> None:
    samples = {cell: [found] for cell, found in GOOD.items()} | {Cell(CONVERGED, 500, URI_LOOP): []}
    lines = table(samples).splitlines()
    assert len(lines) == 1 + len(samples)
    assert len({len(line) for line in lines}) == 1, "the columns are in line"
    assert lines[-1].split()[-6:] == ["-", "-", "-", "-", "-", "0"]
    told = json.loads(json.dumps(report(samples, judge(GOOD))))
    assert [cell["median"] is None for cell in told["cells"]] == [not taken for taken in samples.values()]
    assert not any(target["missed"] for target in told["targets"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--runs", "0"], "'0' is no positive number"),
        (["--sizes", "1,many"], "'many' is no positive number"),
        (["--only", "nothing-like-this"], "no cell has nothing-like-this in its name"),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert sentence in capsys.readouterr().err

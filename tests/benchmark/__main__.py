# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the benchmark: measure, print a table, write JSON, and fail where a target is missed."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.measuring import Sample, middle
from benchmark.rounds import WAYS, Cell, Plan, Rounds
from benchmark.targets import Verdict, judge

OUTPUT = Path(__file__).resolve().parents[1] / "output" / "benchmark.json"


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number")
    return int(text)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(_positive(part) for part in text.split(","))


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="benchmark", description=__doc__)
    add = result.add_argument
    add("--runs", type=_positive, default=5, metavar="N", help="runs of which the median counts (default: 5)")
    add(
        "--uri-runs",
        type=_positive,
        metavar="N",
        help="the same for the loops of uri, which are slow (default: --runs)",
    )
    add("--sizes", type=_sizes, default=Plan.sizes, metavar="N,…", help="converged sets (default: 1,10,100,500)")
    add("--changes", type=_positive, default=Plan.changes, metavar="N", help="databases to create and change (100)")
    add(
        "--rolled",
        type=_positive,
        default=Plan.rolled,
        metavar="N",
        help="databases of the cluster that is rolled (10)",
    )
    add(
        "--only",
        action="append",
        default=[],
        metavar="TEXT",
        help="only cells with TEXT in their name; may be repeated",
    )
    add("--full", action="store_true", help="run the loop of uri over 500 databases too, once (minutes)")
    add("--json", type=Path, default=OUTPUT, metavar="FILE", help="where the figures go (default: tests/output)")
    return result


def table(samples: Mapping[Cell, Sequence[Sample]]) -> str:
    """All medians, as text; a dash where nothing was measured."""
    head = f"{'work':<16} {'databases':>9}  {'way':<33}"
    lines = [f"{head} {'seconds':>8} {'cpu':>6} {'requests':>8} {'conns':>6} {'MiB':>6} {'runs':>5}"]
    for cell, taken in samples.items():
        head = f"{cell.work or '-':<16} {cell.size or '-':>9}  {WAYS[cell.way]:<33}"
        if taken:
            found = middle(list(taken))
            times = f"{found.seconds:8.2f} {found.cpu:6.2f}"
            figures = f"{times} {found.requests:8} {found.connections:6} {found.peak_mib:6.0f}"
        else:
            figures = f"{'-':>8} {'-':>6} {'-':>8} {'-':>6} {'-':>6}"
        lines.append(f"{head} {figures} {len(taken):5}")
    return "\n".join(lines)


def report(samples: Mapping[Cell, Sequence[Sample]], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "ansible_core": importlib.metadata.version("ansible-core"),
        "cpus": os.cpu_count(),
        "cells": [
            {
                **dataclasses.asdict(cell),
                "median": dataclasses.asdict(middle(list(taken))) if taken else None,
                "samples": [dataclasses.asdict(sample) for sample in taken],
            }
            for cell, taken in samples.items()
        ],
        "targets": [{**dataclasses.asdict(verdict), "missed": verdict.missed} for verdict in verdicts],
    }


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    plan = Plan(
        sizes=arguments.sizes,
        changes=arguments.changes,
        rolled=arguments.rolled,
        runs=arguments.runs,
        uri_runs=arguments.uri_runs or arguments.runs,
        full=arguments.full,
        only=tuple(arguments.only),
    )
    if not plan.cells():
        parser().error(f"no cell has {' or '.join(plan.only)} in its name.")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        samples = Rounds(plan, Path(scratch)).run()
    verdicts = judge({cell: middle(taken) for cell, taken in samples.items() if taken})
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report(samples, verdicts), indent=2) + "\n", encoding="utf-8")
    print(table(samples))
    print("\n".join(["", "Targets:", *map(str, verdicts)]))
    missed = [verdict.sentence for verdict in verdicts if verdict.missed]
    if missed:
        print(f"Missed: {'; '.join(missed)}.", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put mutated answers before the operations of the collection, count what goes wrong, and fail where anything does."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fuzz.campaign import Subject, Tally, campaign, subjects
from fuzz.operations import OPERATIONS
from fuzz.oracle import KINDS, Finding

_MOST_CAUSES = 12  # of one kind, in print; the JSON has all
_SHOWN = 400  # characters of a body


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number")
    return int(text)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    add = made.add_argument
    add("--mutations", type=_positive, default=40_000, metavar="N", help="over all operations (default: 40000)")
    add("--seed", type=int, default=1, metavar="S", help="another seed, another sample of the mutations (default: 1)")
    add("--operation", action="append", choices=OPERATIONS, metavar="X", help="only this one; may be repeated")
    add("--json", type=Path, metavar="FILE", help="where all findings go")
    add("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="processes (default: one per core)")
    add("--show", type=int, metavar="NUMBER", help="run one mutation of the operation, and show what happens")
    add("--list", action="store_true", help="name the operations")
    return made


def table(tallies: Mapping[str, Tally], total: Tally) -> str:
    """The counts of each operation."""
    head = "".join(f"{kind:>{len(kind) + 2}}" for kind in KINDS)
    lines = [f"{'operation':<28}{'mutations':>10}{head}{'seconds':>9}"]
    for name, tally in (*tallies.items(), ("all", total)):
        counts = "".join(f"{tally.of_kind(kind) or '-':>{len(kind) + 2}}" for kind in KINDS)
        lines.append(f"{name:<28}{tally.mutations:>10}{counts}{tally.seconds:>9.1f}")
    return "\n".join(lines)


def causes(total: Tally) -> str:
    """What was found, by kind, the most frequent first, with examples."""
    lines = []
    for kind in KINDS:
        found = [(finding.about, count) for finding, count in total.counts.most_common() if finding.kind == kind]
        if found:
            lines += ["", f"{kind}: {sum(count for dummy, count in found)}"]
        for about, count in found[:_MOST_CAUSES]:
            lines.append(f"  {count} x {about}")
            lines += [f"      {example}" for example in total.examples[Finding(kind, about)]]
        if len(found) > _MOST_CAUSES:
            lines.append(f"  and {len(found) - _MOST_CAUSES} more causes (--json has all)")
    return "\n".join(lines)


def report(tallies: Mapping[str, Tally], total: Tally, seed: int, seconds: float) -> dict[str, Any]:
    """The same for a program."""

    def counted(tally: Tally) -> dict[str, Any]:
        kinds = {kind: tally.of_kind(kind) for kind in KINDS}
        return {"mutations": tally.mutations, "seconds": round(tally.seconds, 1), "kinds": kinds}

    return {
        "seed": seed,
        "wall_seconds": round(seconds, 1),
        **counted(total),
        "operations": {name: counted(tally) for name, tally in tallies.items()},
        "findings": [
            {
                "kind": finding.kind,
                "about": finding.about,
                "count": count,
                "operations": sorted(name for name, tally in tallies.items() if finding in tally.counts),
                "examples": [str(example) for example in total.examples[finding]],
            }
            for finding, count in total.counts.most_common()
        ],
    }


def show(subject: Subject, seed: int, number: int) -> str:
    """One mutation with all that came of it."""
    dummy, mutation = next(itertools.islice(subject.mutations(seed), number, None))
    world, ended = subject.run(mutation)
    before = subject.recording.given[mutation.request]
    after, change = mutation.apply(before) or (before, None)
    lines = [f"request {mutation.request}, {mutation}", f"change: {change}"]
    lines += [f"{each.status} {each.body[:_SHOWN]!r} {each.error or ''}" for each in (before, after)]
    lines += [f"{position:>4} {request}" for position, request in enumerate(world.asked)]
    lines += [f"seconds: {world.now():.1f}", f"crash: {ended.crash}, hung: {ended.hung}"]
    lines.append(json.dumps(ended.result, indent=2, default=str))
    return "\n".join([*lines, *(f"{each.kind}: {each.about}" for each in subject.findings(mutation, world, ended))])


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    names = list(dict.fromkeys(arguments.operation or OPERATIONS))
    if arguments.list:
        print("\n".join(names))
        return 0
    if arguments.show is not None:
        if len(names) != 1:
            parser().error("--show needs one --operation.")
        with subjects() as make:
            print(show(make(OPERATIONS[names[0]]), arguments.seed, arguments.show))
        return 0
    began = time.monotonic()
    tallies = campaign(names, arguments.mutations, arguments.seed, arguments.jobs)
    seconds, total = time.monotonic() - began, Tally()
    for tally in tallies.values():
        total.add(tally)
    if arguments.json is not None:
        found = report(tallies, total, arguments.seed, seconds)
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(table(tallies, total))
    print(causes(total))
    print(f"\n{total.mutations} mutations in {seconds:.0f} s: {sum(total.counts.values())} findings")
    return 1 if total.counts else 0


if __name__ == "__main__":
    sys.exit(main())

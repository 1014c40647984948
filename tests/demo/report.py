# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's verdict and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .cluster import Drain, Layout
from .workload import Outcome, verdict


@dataclass(frozen=True)
class Observed:
    """All that the demo saw."""

    before: Layout
    after: Layout
    drains: Sequence[Drain]
    outcomes: Sequence[Outcome]
    playbook_code: int
    least_writes: int


def faults(seen: Observed) -> list[str]:
    """Why the demo fails, a sentence each; empty when it passes."""
    found = []
    if seen.playbook_code != 0:
        found.append(f"the playbook ended with {seen.playbook_code}")
    found += [f"database {each.name} lost {each.lost:,} acknowledged writes" for each in seen.outcomes if each.lost]
    found += [f"node {uid} is not active" for uid in seen.after.not_active]
    found += [f"node {uid} is still in maintenance" for uid in seen.after.in_maintenance]
    for uid, shards in seen.before.shards.items():
        now = seen.after.shards.get(uid, ())
        if now != shards:
            found.append(f"node {uid} had the shards {' '.join(shards) or '-'} and has now {' '.join(now) or '-'}")
    untouched = set(seen.before.shards) - {each.node_uid for each in seen.drains}
    if untouched:
        found.append(f"never drained: node {', '.join(map(str, sorted(untouched)))}")
    written = sum(each.acknowledged for each in seen.outcomes)
    if written < seen.least_writes:
        found.append(f"only {written:,} writes were acknowledged, {seen.least_writes:,} are needed to say anything")
    return found


def table(seen: Observed) -> list[str]:
    lines = [f"{'node':<12}{'was empty for':>16}"]
    lines += [f"{'node ' + str(each.node_uid):<12}{each.seconds:>14.1f} s" for each in seen.drains]
    lines += ["", f"{'database':<12}{'acknowledged':>16}{'lost':>8}{'no answer':>12}{'longest pause':>16}"]
    lines += [
        f"{each.name:<12}{each.acknowledged:>16,}{each.lost:>8,}{each.indeterminate:>12,}"
        f"{each.longest_pause_ms:>13.1f} ms"
        for each in seen.outcomes
    ]
    return lines


def last_line(seen: Observed) -> str:
    wrong = faults(seen)
    if wrong:
        return f"FAIL: {'; '.join(wrong)}."
    return f"PASS: {len(seen.drains)} nodes stopped and started, one after another; {verdict(seen.outcomes)}"

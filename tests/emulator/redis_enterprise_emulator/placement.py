# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shard goes to which node: pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

SLOTS = 16384


class PlacementError(Exception):
    """No node can take the shard; the message says why."""


@dataclass
class Candidate:
    """A node that accepts shards, and what is free on it."""

    uid: int
    rack: str
    free_memory: int
    free_shards: int

    def fits(self, memory: int) -> bool:
        return self.free_shards > 0 and self.free_memory >= memory

    def take(self, memory: int) -> None:
        self.free_memory -= memory
        self.free_shards -= 1


def slot_ranges(count: int) -> list[tuple[int, int]]:
    """The 16384 hash slots in equal parts."""
    starts = [SLOTS * i // count for i in range(count + 1)]
    return [(starts[i], starts[i + 1] - 1) for i in range(count)]


def pick(
    candidates: Sequence[Candidate], memory: int, *, not_on: Collection[int] = (), not_in_racks: Collection[str] = ()
) -> Candidate:
    """The emptiest node that fits."""
    allowed = [c for c in candidates if c.uid not in not_on]
    if not allowed:
        raise PlacementError("No other node accepts shards.")
    if not_in_racks:
        allowed = [c for c in allowed if c.rack not in not_in_racks]
        if not allowed:
            raise PlacementError("No node in another rack accepts shards.")
    fitting = [c for c in allowed if c.fits(memory)]
    if not fitting:
        raise PlacementError(f"No node has {memory} bytes and room for a shard.")
    return max(fitting, key=lambda c: (c.free_memory, c.free_shards, -c.uid))


def place_masters(candidates: Sequence[Candidate], count: int, memory: int, policy: str) -> list[int]:
    """Nodes for so many masters; dense fills one node before the next, sparse takes them in turn."""
    chosen: list[int] = []
    current: Candidate | None = None
    for dummy in range(count):
        if policy == "sparse":
            spread = [c for c in candidates if c.fits(memory)]
            least = min((chosen.count(c.uid) for c in spread), default=0)
            current = pick([c for c in spread if chosen.count(c.uid) == least], memory)
        elif current is None or not current.fits(memory):
            current = pick(candidates, memory)
        current.take(memory)
        chosen.append(current.uid)
    return chosen


def place_replica(candidates: Sequence[Candidate], master_node: int, memory: int, master_rack: str | None) -> int:
    """A node for the replica: never the master's, and in another rack when the database is rack-aware."""
    racks = () if master_rack is None else (master_rack,)
    found = pick(candidates, memory, not_on=(master_node,), not_in_racks=racks)
    found.take(memory)
    return found.uid

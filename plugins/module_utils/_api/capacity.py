# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the shards of one node fit on the others? A pure estimate: first fit, the largest shard first."""

from __future__ import annotations

import dataclasses
import typing as t

from .cluster import Cluster, Node, Shard


@dataclasses.dataclass(frozen=True)
class UnplaceableShard:
    """A shard without a place, its size in bytes, and why each other node cannot take it."""

    shard: Shard
    size: int
    why: str


@dataclasses.dataclass
class _FreeCapacity:
    """What is left on a node while shards are placed on it. C(memory) is None where the cluster does not say."""

    node: Node
    memory: int | None
    places: int | None

    def refusal(self, size: int, forbidden: t.Mapping[int, str]) -> str | None:
        if self.node.uid in forbidden:
            return f"node {self.node.uid} {forbidden[self.node.uid]}"
        if self.places is not None and self.places < 1:
            return f"node {self.node.uid} has its full number of shards ({self.node.max_shards})"
        if self.memory is not None and self.memory < size:
            return f"node {self.node.uid} has {max(self.memory, 0) / 2**20:.0f} MiB left"
        return None

    def take(self, size: int) -> None:
        self.memory = None if self.memory is None else self.memory - size
        self.places = None if self.places is None else self.places - 1


def unplaceable_shards(leaving: Node, cluster: Cluster) -> list[UnplaceableShard]:
    """The shards of a node that find no place on the others, never beside another copy of the same data.

    Copies of a rack-aware database are not put into the same rack either.
    """
    rooms = [_room(node) for node in cluster.others(leaving.uid) if _takes_shards(node)]
    placed = {shard.uid: shard.node_uid for node in cluster.others(leaving.uid) for shard in node.shards}
    without_place = []
    for shard in sorted(leaving.shards, key=lambda each: (-_size(each, cluster), each.uid)):
        size = _size(shard, cluster)
        forbidden = _forbidden(shard, placed, cluster)
        refusals = []
        for room in rooms:
            refusal = room.refusal(size, forbidden)
            if refusal is None:
                room.take(size)
                placed[shard.uid] = room.node.uid
                break
            refusals.append(refusal)
        else:
            without_place.append(UnplaceableShard(shard, size, ", ".join(refusals) or "no other node takes shards"))
    return without_place


def _forbidden(shard: Shard, placed: t.Mapping[str, int], cluster: Cluster) -> dict[int, str]:
    """The nodes that may not take a shard, each with the reason."""
    database = cluster.database(shard.bdb_uid)
    reasons: dict[int, str] = {}
    for home in {placed[copy.uid] for copy in _copies(shard, cluster) if copy.uid in placed}:
        node = cluster.node(home)
        rack = node.rack_id if node is not None and database is not None and database.rack_aware else None
        for other in cluster.nodes:
            if rack is not None and other.rack_id == rack:
                reasons.setdefault(other.uid, f"is in rack {rack}, as its other copy is")
        reasons[home] = "has its other copy"
    return reasons


def _takes_shards(node: Node) -> bool:
    return node.in_service and node.accept_servers and not node.quorum_only


def _room(node: Node) -> _FreeCapacity:
    places = None if node.max_shards is None else node.max_shards - len(node.shards)
    return _FreeCapacity(node, node.free_provisional_ram, places)


def _size(shard: Shard, cluster: Cluster) -> int:
    database = cluster.database(shard.bdb_uid)
    return database.bytes_per_shard if database else 0


def _copies(shard: Shard, cluster: Cluster) -> list[Shard]:
    """The other copies of a shard's data: same slots. Where these are not shown, only one-shard databases can tell."""
    own = [each for each in cluster.shards if each.bdb_uid == shard.bdb_uid and each.uid != shard.uid]
    if not shard.slots and sum(each.is_master for each in [*own, shard]) > 1:
        return []
    return [each for each in own if each.slots == shard.slots]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the shards of one node fit on the others: a pure estimate, first fit, the largest shard first."""

from __future__ import annotations

import dataclasses
import typing as t

from .cluster import Cluster, Node, Shard


@dataclasses.dataclass(frozen=True)
class UnplaceableShard:
    """A shard that fits on no other node, its size in bytes, and why each of them cannot take it."""

    shard: Shard
    size: int
    why: str


@dataclasses.dataclass
class _FreeCapacity:
    """What is left on a node while shards are placed on it. A limit that the cluster does not state is None."""

    node: Node
    memory: int | None
    shards: int | None

    @classmethod
    def of(cls, node: Node) -> _FreeCapacity:
        shards = None if node.max_shards is None else node.max_shards - len(node.shards)
        return cls(node, node.free_provisional_ram, shards)

    def refusal(self, size: int, forbidden: t.Mapping[int, str]) -> str | None:
        """Why the node cannot take a shard of this size; None if it can."""
        if self.node.uid in forbidden:
            return f"node {self.node.uid} {forbidden[self.node.uid]}"
        if self.shards is not None and self.shards < 1:
            return f"node {self.node.uid} has its full number of shards ({self.node.max_shards})"
        if self.memory is not None and self.memory < size:
            return f"node {self.node.uid} has {max(self.memory, 0) / 2**20:.0f} MiB left"
        return None

    def take(self, size: int) -> None:
        self.memory = None if self.memory is None else self.memory - size
        self.shards = None if self.shards is None else self.shards - 1


def unplaceable_shards(leaving: Node, cluster: Cluster) -> list[UnplaceableShard]:
    """The shards of a node that fit on no other, never beside another copy of the same data.

    Copies of a rack-aware database are not put into the same rack either.
    """
    capacities = [_FreeCapacity.of(node) for node in cluster.others(leaving.uid) if _takes_shards(node)]
    node_of = {shard.uid: shard.node_uid for node in cluster.others(leaving.uid) for shard in node.shards}
    unplaceable = []
    for shard in sorted(leaving.shards, key=lambda each: (-_size(each, cluster), each.uid)):
        size = _size(shard, cluster)
        forbidden = _forbidden(shard, node_of, cluster)
        refusals = []
        for capacity in capacities:
            refusal = capacity.refusal(size, forbidden)
            if refusal is None:
                capacity.take(size)
                node_of[shard.uid] = capacity.node.uid
                break
            refusals.append(refusal)
        else:
            unplaceable.append(UnplaceableShard(shard, size, ", ".join(refusals) or "no other node takes shards"))
    return unplaceable


def _forbidden(shard: Shard, node_of: t.Mapping[str, int], cluster: Cluster) -> dict[int, str]:
    """The nodes that may not take a shard, each with the reason."""
    database = cluster.database(shard.bdb_uid)
    reasons: dict[int, str] = {}
    for uid in {node_of[copy.uid] for copy in _copies(shard, cluster) if copy.uid in node_of}:
        node = cluster.node(uid)
        rack = node.rack_id if node is not None and database is not None and database.rack_aware else None
        for other in cluster.nodes:
            if rack is not None and other.rack_id == rack:
                reasons.setdefault(other.uid, f"is in rack {rack}, as its other copy is")
        reasons[uid] = "has its other copy"
    return reasons


def _takes_shards(node: Node) -> bool:
    return node.in_service and node.accept_servers and not node.quorum_only


def _size(shard: Shard, cluster: Cluster) -> int:
    database = cluster.database(shard.bdb_uid)
    return database.bytes_per_shard if database else 0


def _copies(shard: Shard, cluster: Cluster) -> list[Shard]:
    """The other copies of a shard's data: those of the same slots. Without slots they are known for one shard only."""
    own = [each for each in cluster.shards if each.bdb_uid == shard.bdb_uid and each.uid != shard.uid]
    if not shard.slots and sum(each.is_master for each in [*own, shard]) > 1:
        return []
    return [each for each in own if each.slots == shard.slots]

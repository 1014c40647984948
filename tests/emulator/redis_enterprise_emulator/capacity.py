# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of nodes: reserved by shards, used by them, and free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import Node, Shard
from .placement import Candidate

if TYPE_CHECKING:
    from .cluster import Cluster

PROVISIONAL_SHARE = 0.85  # of a node's memory that shards may reserve; inferred


def used_memory(cluster: Cluster, shard: Shard) -> int:
    """Bytes in a shard: from the control API (`/bdbs/{uid}/usage`), else what the shard reserves."""
    used = cluster.usage.get(shard.bdb_uid)
    return shard.memory if used is None else used // max(1, len(cluster.masters_of(shard.bdb_uid)))


def needed_memory(cluster: Cluster, shard: Shard) -> int:
    """Bytes that must be free on the node that receives the shard; the cluster policies decide what counts."""
    if cluster.policy["shards_overbooking"]:
        return 0
    return used_memory(cluster, shard) if cluster.policy["evict_node_use_free_memory"] else shard.memory


def free_ram(cluster: Cluster, node: Node) -> int:
    return node.total_memory - sum(used_memory(cluster, shard) for shard in cluster.shards_on(node.uid))


def provisional(cluster: Cluster, node: Node) -> tuple[int, int]:
    """Total and free memory for shards; a node that takes none has none."""
    if node.quorum_only or not node.alive:
        return 0, 0
    shards = cluster.shards_on(node.uid)
    total = int(node.total_memory * PROVISIONAL_SHARE)
    full = len(shards) >= node.max_redis_servers
    if full and not cluster.release.does("provisional memory at the shard limit"):
        return total, 0
    return total, total - sum(shard.memory for shard in shards)


def candidates(cluster: Cluster) -> list[Candidate]:
    """The nodes that accept shards, with what the policies count as free."""
    by_use = cluster.policy["shards_overbooking"] or cluster.policy["evict_node_use_free_memory"]
    on_node: dict[int, list[Shard]] = {}
    for shard in cluster.shards.values():
        on_node.setdefault(shard.node_uid, []).append(shard)
    found = []
    for node in cluster.nodes.values():
        if node.accepts:
            shards = on_node.get(node.uid, [])
            if by_use:
                free = node.total_memory - sum(used_memory(cluster, shard) for shard in shards)
            else:
                free = int(node.total_memory * PROVISIONAL_SHARE) - sum(shard.memory for shard in shards)
            found.append(Candidate(node.uid, node.rack, free, node.max_redis_servers - len(shards)))
    return found

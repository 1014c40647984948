# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shards a database has, of what size, and on which nodes: from its object and the cluster."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any

from . import capacity
from .cluster import Cluster
from .errors import ApiError
from .model import Shard
from .placement import Candidate, PlacementError, pick, place_masters, place_replica, slot_ranges

__all__ = ["added_shards", "new_home", "new_layout", "port_free", "shard_memory", "slot_ranges"]


def shards_count(bdb: Mapping[str, Any]) -> int:
    return max(1, int(bdb.get("shards_count") or 1))


def shard_memory(bdb: Mapping[str, Any]) -> int:
    """The RAM of one shard. A database's memory_size covers its replicas too, and with flash also what lies there."""
    copies = 2 if bdb.get("replication") else 1
    ram = bdb.get("bigstore_ram_size") if bdb.get("bigstore") else 0
    return int(ram or bdb.get("memory_size") or 0) // (shards_count(bdb) * copies)


def reserved_memory(cluster: Cluster, bdb: Mapping[str, Any]) -> int:
    """What a new shard of the database has to find free."""
    return 0 if cluster.policy["shards_overbooking"] else shard_memory(bdb)


def port_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _rack(cluster: Cluster, bdb: Mapping[str, Any], node_uid: int) -> str | None:
    """The rack that a replica has to avoid, if any."""
    node = cluster.nodes.get(node_uid)
    return node.rack if bdb.get("rack_aware") and node is not None else None


def _no_room(error: PlacementError) -> ApiError:
    return ApiError(406, "insufficient_resources", f"Not enough resources in the cluster: {error}")


def new_layout(cluster: Cluster, bdb: Mapping[str, Any]) -> list[Shard]:
    """The shards of a new database: each master, then its replica."""
    candidates = capacity.candidates(cluster)
    policy = str(bdb.get("shards_placement") or "dense")
    try:
        nodes = place_masters(candidates, shards_count(bdb), reserved_memory(cluster, bdb), policy)
        shards = _masters(cluster, bdb, nodes, slot_ranges(len(nodes)))
        if bdb.get("replication"):
            shards += _replicas(cluster, bdb, shards, candidates, shards[-1].uid + 1)
    except PlacementError as error:
        raise _no_room(error) from None
    return shards


def _masters(
    cluster: Cluster, bdb: Mapping[str, Any], nodes: Sequence[int], slots: Sequence[tuple[int, int]]
) -> list[Shard]:
    first, memory = cluster.next_shard_uid(), shard_memory(bdb)
    return [Shard(first + i, bdb["uid"], node, "master", slots[i], memory=memory) for i, node in enumerate(nodes)]


def _replicas(
    cluster: Cluster,
    bdb: Mapping[str, Any],
    masters: Sequence[Shard],
    candidates: Sequence[Candidate],
    first_uid: int,
) -> list[Shard]:
    found = []
    room, memory = reserved_memory(cluster, bdb), shard_memory(bdb)
    for i, master in enumerate(masters):
        node = place_replica(candidates, master.node_uid, room, _rack(cluster, bdb, master.node_uid))
        found.append(Shard(first_uid + i, bdb["uid"], node, "slave", master.slots, memory, master.uid))
    return found


def added_shards(cluster: Cluster, new: Mapping[str, Any]) -> list[Shard]:
    """The shards that an update brings: more masters, and replicas for those that have none."""
    existing = cluster.masters_of(new["uid"])
    if not existing:  # a loaded database without shards
        return []
    candidates = capacity.candidates(cluster)
    room = reserved_memory(cluster, new)
    missing = shards_count(new) - len(existing)
    try:
        nodes = place_masters(candidates, max(0, missing), room, str(new.get("shards_placement") or "dense"))
        added = _masters(cluster, new, nodes, [(0, 0)] * len(nodes))
        bare = [*added, *(master for master in existing if cluster.replica_of(master) is None)]
        if new.get("replication"):
            first = cluster.next_shard_uid() + len(added)
            added = added + _replicas(cluster, new, bare, candidates, first)
    except PlacementError as error:
        raise _no_room(error) from None
    return added


def new_home(cluster: Cluster, shard: Shard, *, taken: Mapping[int, int] | None = None) -> int:
    """Where a shard can go that has to leave its node; taken counts memory promised to others on the way."""
    bdb = cluster.bdbs.get(shard.bdb_uid, {})
    candidates = capacity.candidates(cluster)
    for candidate in candidates:
        candidate.free_memory -= (taken or {}).get(candidate.uid, 0)
    partner = _partner(cluster, shard)
    avoid = {shard.node_uid} | ({partner.node_uid} if partner is not None else set())
    rack = None if partner is None else _rack(cluster, bdb, partner.node_uid)
    room = capacity.needed_memory(cluster, shard)
    return pick(candidates, room, not_on=avoid, not_in_racks=() if rack is None else (rack,)).uid


def _partner(cluster: Cluster, shard: Shard) -> Shard | None:
    if shard.master_uid is not None:
        return cluster.shards.get(shard.master_uid)
    return cluster.replica_of(shard)

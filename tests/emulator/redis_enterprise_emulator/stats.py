# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics: metrics of the emulated cluster's state; traffic and CPU are constants."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from . import capacity
from .cluster import Cluster
from .model import Node, Shard, iso_time

_AVAILABLE = 0.94  # of a free disk that processes may use: the captured answer's ratio
_NODE_IDLE = {"conns": 0.0, "cpu_idle": 0.99, "cpu_system": 0.002, "cpu_user": 0.004, "cur_aof_rewrites": 0.0}
_NO_TRAFFIC = {"egress_bytes": 0.0, "ingress_bytes": 0.0, "total_req": 0.0}
_BDB_IDLE = {"conns": 0.0, "evicted_objects": 0.0, "expired_objects": 0.0, "instantaneous_ops_per_sec": 0.0}
_SHARD_IDLE = {"blocked_clients": 0.0, "connected_clients": 0.0, "evicted_objects": 0.0, "expired_objects": 0.0}


def _interval(values: dict[str, float]) -> dict[str, Any]:
    now = time.time()
    return {**values, "etime": iso_time(now), "interval": "1sec", "stime": iso_time(now - 1)}


def of_nodes(cluster: Cluster, nodes: Sequence[Node]) -> dict[str, float]:
    """Of one node, or of several together."""
    free = sum(capacity.free_ram(cluster, node) for node in nodes)
    provisional = sum(capacity.provisional(cluster, node)[1] for node in nodes)
    persistent = sum(node.persistent_free for node in nodes)
    ephemeral = sum(node.ephemeral_free for node in nodes)
    return {
        **_NODE_IDLE,
        **_NO_TRAFFIC,
        "available_flash": 0.0,
        "available_memory": float(free),
        "ephemeral_storage_avail": _AVAILABLE * ephemeral,
        "ephemeral_storage_free": ephemeral,
        "free_memory": float(free),
        "persistent_storage_avail": _AVAILABLE * persistent,
        "persistent_storage_free": persistent,
        "provisional_flash": 0.0,
        "provisional_memory": float(provisional),
    }


def of_node(cluster: Cluster, node: Node) -> dict[str, Any]:
    return _interval(of_nodes(cluster, [node]))


def of_cluster(cluster: Cluster) -> dict[str, Any]:
    return _interval(of_nodes(cluster, list(cluster.nodes.values())))


async def _used(cluster: Cluster, shard: Shard) -> float:
    """From the control API, else from the process."""
    if shard.bdb_uid in cluster.usage:
        return float(capacity.used_memory(cluster, shard))
    info = await cluster.plane_of(shard.bdb_uid).shard_info(shard.uid) if cluster.shard_up(shard) else {}
    return float(info.get("used_memory", 0))


async def of_shard(cluster: Cluster, shard: Shard) -> dict[str, Any]:
    used = await _used(cluster, shard)
    return _interval({**_SHARD_IDLE, **_NO_TRAFFIC, "no_of_keys": 0.0, "used_memory": used, "used_memory_rss": used})


async def of_bdb(cluster: Cluster, bdb_uid: int) -> dict[str, Any]:
    used = 0.0
    for shard in cluster.masters_of(bdb_uid):
        used += await _used(cluster, shard)
    return _interval({**_BDB_IDLE, **_NO_TRAFFIC, "no_of_keys": 0.0, "used_memory": used})

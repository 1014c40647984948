# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters, shards and records as objects, for tests of pure decisions. Database 7 (db) has what shards there are."""

from __future__ import annotations

import typing as t

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import (
    Cluster,
    Database,
    Shard,
    assemble,
)

ROOM = 10 * 2**20  # bytes that are left on each node


def cluster(
    count: int = 3,
    *,
    primary: int = 1,
    maintained: t.Collection[int] = (),
    down: t.Collection[int] = (),
    leaving: t.Collection[int] = (),
    quorum_only: t.Collection[int] = (),
    snapshot_of: t.Collection[int] = (),
    shards: t.Sequence[Shard] = (),
    endpoint_on: int | None = None,
    replication: bool = True,
    crdt: bool = False,
    room: int = ROOM,
    release: str = "7.22.0-29",
) -> Cluster:
    nodes = [
        {
            "uid": uid,
            "addr": f"10.0.0.{uid}",
            "status": "down" if uid in down else "decommissioning" if uid in leaving else "active",
            "accept_servers": uid not in {*maintained, *quorum_only},
            "max_listeners": 0 if uid in maintained else 100,
            "max_redis_servers": 100,
            "software_version": release,
        }
        for uid in range(1, count + 1)
    ]
    statuses: dict[str, dict[str, t.Any]] = {
        str(uid): {"role": "master" if uid == primary else "slave", "free_provisional_ram": room, "hostname": f"n{uid}"}
        for uid in range(1, count + 1)
    }
    for uid in {*maintained, *snapshot_of}:
        statuses[str(uid)]["maintenance_snapshot"] = {"name": f"snap-{uid}"}
    addresses = (f"10.0.0.{endpoint_on}",) if endpoint_on else ()
    database = Database(7, "db", "active", replication, crdt, 2048, 1, addresses)
    return assemble(nodes, statuses, shards, [database], None)


def shard(role: str = "master", uid: str = "1", node: int = 2, detail: str = "ok") -> Shard:
    return Shard(uid, 7, node, role, "active", detail, "0-16383")


def record(name: str, status: str, node: int = 2) -> Action:
    """An action of a node as it is recorded."""
    return Action("guid", name, "node", status, object_type="node", object_uid=str(node))


def cluster_record(name: str, status: str, uid: str = "c-1") -> Action:
    """An action of the cluster as it is recorded."""
    return Action(uid, name, "cluster", status, object_type="cluster")

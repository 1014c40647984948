# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters as typed objects, for tests of pure decisions about nodes."""

from __future__ import annotations

import typing as t

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import (
    Cluster,
    Database,
    Node,
    Shard,
)


def node(uid: int, **fields: t.Any) -> Node:
    """A node in service at 10.0.0.<uid>; node 1 is the primary."""
    usual: dict[str, t.Any] = {
        "uid": uid,
        "addr": f"10.0.0.{uid}",
        "external_addr": (),
        "hostname": f"node{uid}.example.com",
        "status": "active",
        "role": "master" if uid == 1 else "slave",
        "rack_id": None,
        "software_version": "8.0.20-19",
        "accept_servers": True,
        "quorum_only": False,
        "max_shards": 100,
        "total_memory": None,
        "free_provisional_ram": None,
        "in_maintenance": False,
        "maintenance_source": "/v4/cluster/health in_maintenance",
        "maintenance_snapshot": None,
        "shards": (),
        "endpoints": (),
    }
    return Node(**{**usual, **fields})


def shard(uid: str, node_uid: int, *, bdb: int = 1, role: str = "master", slots: str = "0-16383") -> Shard:
    return Shard(uid, bdb, node_uid, role, "active", "ok", slots)


def database(uid: int = 1, name: str = "orders", *, replication: bool = True, **fields: t.Any) -> Database:
    usual = {"endpoint_addresses": (), **fields}
    return Database(uid, name, "active", replication, False, 2**30, 1, **usual)


def cluster(*nodes: Node, databases: t.Sequence[Database] = (), **fields: t.Any) -> Cluster:
    """These nodes, or three in service."""
    return Cluster(nodes or (node(1), node(2), node(3)), tuple(databases), **fields)

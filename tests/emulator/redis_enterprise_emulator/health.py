# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/v4/cluster/health, the consolidated report of 8.0.16 and later."""

from __future__ import annotations

import time
from typing import Any

from . import catalog, objects
from .cluster import Cluster
from .model import Node, Shard

_ROLES = {"master": "leader", "slave": "follower"}
_BAD = {"creation-failed", "recovery"}
_SERVICES = ("alert_mgr", "ccs", "cnm_exec", "cnm_http", "dmcproxy", "node_wd", "sentinel_service")


def _shard(cluster: Cluster, shard: Shard) -> dict[str, Any]:
    shown = objects.shard_object(cluster, shard)
    return {
        "detailed_status": shown["detailed_status"],
        "id": shown["uid"],
        "role": _ROLES[shard.role],
        "status": shown["status"],
    }


def _node(cluster: Cluster, node: Node) -> dict[str, Any]:
    shown = objects.node_object(cluster, node)
    total, free = cluster.provisional(node)
    return {
        "active_alerts": [],
        "detailed_status": node.status,
        "ephemeral_memory_path": shown.get("ephemeral_storage_path", ""),
        "ephemeral_memory_size": shown.get("ephemeral_storage_size", 0.0),
        "id": str(node.uid),
        "in_maintenance": node.maintenance_depth > 0 or (node.quorum_only and node.maintenance_snapshot() is not None),
        "memory": {
            "free_provisional_ram": free,
            "free_ram": node.total_memory - sum(shard.memory for shard in cluster.shards_on(node.uid)),
            "overbooking_depth": free,
            "total_provisional_ram": total,
            "total_ram": node.total_memory,
        },
        "observed_at": int(time.time()),
        "persistent_memory_path": shown.get("persistent_storage_path", ""),
        "persistent_memory_size": shown.get("persistent_storage_size", 0.0),
        "quorum_only": node.quorum_only or node.leaving,
        "role": _ROLES["master" if node.uid == cluster.primary else "slave"],
        "services": [{"name": name, "status": "RUNNING" if node.alive else "STOPPED"} for name in _SERVICES],
        "shards": [_shard(cluster, shard) for shard in cluster.shards_on(node.uid)],
        "status": "active" if node.status == "active" else "down" if node.status == "down" else "warning",
        "version": cluster.software_version,
    }


def _database(cluster: Cluster, bdb: dict[str, Any]) -> dict[str, Any]:
    uid: int = bdb["uid"]
    detailed = bdb.get("status", "unknown")
    shards = cluster.shards_of(uid)
    up = all(cluster.shard_up(shard) for shard in shards if shard.role == "master")
    whole = all(cluster.shard_up(shard) for shard in shards)
    good = "active" if whole and detailed == "active" else "warning"
    status = "down" if not up or detailed in _BAD else good
    return {
        "detailed_status": detailed,
        "high_availability": {"status": ("up" if whole else "down") if bdb.get("replication") else "disabled"},
        "id": str(uid),
        "name": bdb.get("name", ""),
        "status": status,
        "version": bdb.get("redis_version", ""),
    }


def health_report(cluster: Cluster, *, issues_only: bool) -> dict[str, Any]:
    licence = objects.license_object(cluster)
    nodes = [_node(cluster, node) for node in cluster.nodes.values()]
    databases = [_database(cluster, bdb) for bdb in cluster.bdbs.values()]
    bad_nodes = [node for node in nodes if node["status"] != "active"]
    bad_databases = [database for database in databases if database["status"] != "active"]
    down = [item for item in bad_nodes + bad_databases if item["status"] == "down"]
    status = "error" if down or licence["expired"] else "warning" if bad_nodes or bad_databases else "ok"
    certificates = [{"expired": False, "type": "proxy", "valid_until": licence["expiration_date"]}]
    return {
        "active_alerts": [],
        "certificates": [] if issues_only else certificates,
        "database_infos": bad_databases if issues_only else databases,
        "fqdn": catalog.CLUSTER_NAME,
        "license": {
            "expired": licence["expired"],
            "flex_shards_in_use": 0,
            "flex_shards_limit": 0,
            "ram_shards_in_use": len(cluster.shards),
            "ram_shards_limit": licence["shards_limit"],
            "shards_in_use": len(cluster.shards),
            "shards_limit": licence["shards_limit"],
            "valid_until": licence["expiration_date"],
        },
        "nodes": bad_nodes if issues_only else nodes,
        "status": status,
    }

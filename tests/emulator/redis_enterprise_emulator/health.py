# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The consolidated health reports of 8.0.16 and later: of the cluster, and of a database."""

from __future__ import annotations

import time
from typing import Any

from . import alerts, capacity, catalog, crdbs, objects
from .cluster import Cluster
from .model import Node, Shard

_ROLES = {"master": "leader", "slave": "follower"}
_BAD = {"creation-failed", "recovery"}
_SERVICES = ("alert_mgr", "ccs", "cnm_exec", "cnm_http", "dmcproxy", "node_wd", "sentinel_service")


def _shard(cluster: Cluster, shard: Shard) -> dict[str, Any]:
    shown = objects.shard_object(cluster, shard)
    mismatch = shown.get("actual_role", shard.role) != shard.role
    return {
        "detailed_status": "role_mismatch" if mismatch else shown["detailed_status"],
        "id": shown["uid"],
        "role": _ROLES[shard.role],
        "status": shown["status"],
    }


def _node(cluster: Cluster, node: Node) -> dict[str, Any]:
    shown = objects.node_object(cluster, node)
    total, free = capacity.provisional(cluster, node)
    return {
        "active_alerts": alerts.active(alerts.node_alerts(cluster, node)),
        "detailed_status": node.status,
        "ephemeral_memory_path": shown.get("ephemeral_storage_path", ""),
        "ephemeral_memory_size": shown.get("ephemeral_storage_size", 0.0),
        "id": str(node.uid),
        "in_maintenance": node.in_maintenance,
        "memory": {
            "free_provisional_ram": free,
            "free_ram": capacity.free_ram(cluster, node),
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


def _high_availability(cluster: Cluster, bdb: dict[str, Any]) -> dict[str, str]:
    if not bdb.get("replication"):
        return {"status": "disabled"}
    return {"status": "up" if all(cluster.shard_up(shard) for shard in cluster.shards_of(bdb["uid"])) else "down"}


def _status(cluster: Cluster, bdb: dict[str, Any]) -> str:
    shards = cluster.shards_of(bdb["uid"])
    detailed = bdb.get("status", "unknown")
    if detailed in _BAD or not all(cluster.shard_up(shard) for shard in shards if shard.role == "master"):
        return "down"
    complete = all(cluster.shard_up(shard) for shard in shards)
    return "active" if complete and detailed == "active" else "warning"


def _database(cluster: Cluster, bdb: dict[str, Any]) -> dict[str, Any]:
    return {
        "detailed_status": bdb.get("status", "unknown"),
        "high_availability": _high_availability(cluster, bdb),
        "id": str(bdb["uid"]),
        "name": bdb.get("name", ""),
        "status": _status(cluster, bdb),
        "version": bdb.get("redis_version", ""),
    }


def cluster_report(cluster: Cluster, *, issues_only: bool) -> dict[str, Any]:
    """The report, or the one that a fault keeps in its place."""
    fresh = _cluster_report(cluster, issues_only=issues_only)
    fault = cluster.faults.first("stale_report")
    if fault is None:
        return fresh
    held: dict[str, Any] = cluster.faults.hit(fault).held[issues_only]
    node_uid = fault.settings.get("node_uid")
    if node_uid is None:
        return held
    old = [node for node in held["nodes"] if node["id"] == str(node_uid)]
    return {**fresh, "nodes": [node for node in fresh["nodes"] if node["id"] != str(node_uid)] + old}


def hold(cluster: Cluster) -> dict[bool, dict[str, Any]]:
    """Both forms of the report as they are now."""
    return {issues_only: _cluster_report(cluster, issues_only=issues_only) for issues_only in (False, True)}


def _cluster_report(cluster: Cluster, *, issues_only: bool) -> dict[str, Any]:
    licence = {"ram_shards_in_use": 0, "flash_shards_in_use": 0, **objects.license_object(cluster)}
    nodes = [_node(cluster, node) for node in cluster.nodes.values()]
    databases = [_database(cluster, bdb) for bdb in cluster.bdbs.values()]
    bad_nodes = [node for node in nodes if node["status"] != "active"]
    bad_databases = [database for database in databases if database["status"] != "active"]
    down = [item for item in bad_nodes + bad_databases if item["status"] == "down"]
    status = "error" if down or licence["expired"] else "warning" if bad_nodes or bad_databases else "ok"
    certificates = [{"expired": False, "type": "proxy", "valid_until": licence["expiration_date"]}]
    return {
        "active_alerts": alerts.active(alerts.cluster_alerts(cluster)),
        "certificates": [] if issues_only else certificates,
        "database_infos": bad_databases if issues_only else databases,
        "fqdn": catalog.CLUSTER_NAME,
        "license": {
            "expired": licence["expired"],
            "flex_shards_in_use": licence["flash_shards_in_use"],
            "flex_shards_limit": 0,
            "ram_shards_in_use": licence["ram_shards_in_use"],
            "ram_shards_limit": licence["shards_limit"],
            "shards_in_use": len(cluster.shards),
            "shards_limit": licence["shards_limit"],
            "valid_until": licence["expiration_date"],
        },
        "nodes": bad_nodes if issues_only else nodes,
        "status": status,
    }


def database_report(cluster: Cluster, bdb_uid: int, errors: list[str]) -> dict[str, Any]:
    """Of one database; C(errors) are the reasons for which it is not available."""
    bdb = cluster.bdbs[bdb_uid]
    up = "down" if errors else "up"
    persistence = {"snapshot": "rdb"}.get(bdb.get("data_persistence", ""), bdb.get("data_persistence", "disabled"))
    found = {
        **_database(cluster, bdb),
        "active_alerts": alerts.active(alerts.bdb_alerts(cluster, bdb_uid)),
        "availability": up,
        "availability_errors": errors,
        "creation_time": bdb.get("created_time", ""),
        "endpoints": [
            {"availability": up, "name": endpoint.get("dns_name", "")} for endpoint in bdb.get("endpoints", [])
        ],
        "last_backup_time": bdb.get("last_backup_time"),
        "last_configured_time": bdb.get("last_changed_time", ""),
        "persistence": persistence,
        "shards": [_shard(cluster, shard) for shard in cluster.shards_of(bdb_uid)],
        "shards_placement": bdb.get("shards_placement", "dense"),
    }
    running = [action for action in cluster.actions.of_bdb(bdb_uid) if not action.terminal]
    if running:
        found["state_machine"] = {"name": running[-1].name, "state": running[-1].state}
    links = crdbs.links_of(cluster, bdb_uid)
    if links is not None:
        found["active_active"] = {
            "available": all(link["replication"] == "up" for link in links),
            "participating_clusters": links,
        }
    return found

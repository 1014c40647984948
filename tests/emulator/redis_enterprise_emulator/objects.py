# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes, shards and the licence in the shape of the API."""

from __future__ import annotations

import time
from typing import Any

from . import capacity, catalog
from .cluster import Cluster
from .model import STORAGE, Node, Shard, iso_time


def node_object(cluster: Cluster, node: Node) -> dict[str, Any]:
    if node.raw is not None:
        return node.raw
    shards = cluster.shards_on(node.uid)
    flash = [shard for shard in shards if cluster.on_flash(shard.bdb_uid)]
    members = {
        "accept_servers": not (node.quorum_only or node.leaving),
        "addr": node.addr,
        "architecture": "x86_64",
        "bigredis_storage_path": "/var/opt/redislabs/flash",
        "bigstore_driver": "rocksdb",
        "bigstore_enabled": False,
        "cores": 4,
        "ephemeral_storage_path": "/var/opt/redislabs/tmp",
        "ephemeral_storage_size": STORAGE,
        "external_addr": [],
        "fips_enabled": False,
        "flash_shard_count": len(flash),
        "max_listeners": node.max_listeners,
        "max_redis_forks": -1,
        "max_redis_servers": node.max_redis_servers,
        "max_slave_full_syncs": -1,
        "node_guardrails_ingress_throttling_worker_limit_ops_per_sec": -1,
        "os_family": "ubuntu",
        "os_name": "ubuntu",
        "os_semantic_version": "22.04",
        "os_version": "Ubuntu 22.04.5 LTS",
        "persistent_storage_path": "/var/opt/redislabs/persist",
        "persistent_storage_size": STORAGE,
        "rack_id": node.rack_id,
        "ram_shard_count": len(shards) - len(flash),
        "second_rack_id": node.second_rack_id,
        "shard_count": len(shards),
        "shard_list": sorted(shard.uid for shard in shards),
        "software_version": cluster.software_version,
        "status": node.status,
        "supported_database_versions": catalog.database_versions(cluster.version),
        "total_memory": node.total_memory,
        "uid": node.uid,
        "uptime": cluster.uptime(node),
        "use_internal_ipv6": False,
    }
    return cluster.release.shown("node", members)


def node_status(cluster: Cluster, node: Node) -> dict[str, Any]:
    shards = cluster.shards_on(node.uid)
    total, free = capacity.provisional(cluster, node)
    role = "master" if node.uid == cluster.primary else "slave"
    hostname = f"node{node.uid}.{catalog.CLUSTER_NAME}"
    if cluster.settings.node_status == "short":
        return {"hostname": hostname, "role": role}
    status: dict[str, Any] = {
        "cores": 4,
        "free_provisional_ram": free,
        "free_ram": capacity.free_ram(cluster, node),
        "hostname": hostname,
        "master_shards": sorted(shard.uid for shard in shards if shard.role == "master"),
        "node_overbooking_depth": 0,
        "node_status": node.status,
        "role": role,
        "slave_shards": sorted(shard.uid for shard in shards if shard.role == "slave"),
        "software_version": cluster.software_version,
        "software_version_sha": "0" * 64,
        "total_memory": node.total_memory,
        "total_provisional_ram": total,
    }
    snapshot = node.maintenance_snapshot()
    if snapshot is not None:
        status["maintenance_snapshot"] = snapshot.as_object()
    return cluster.release.shown("node_status", status)


def shard_object(cluster: Cluster, shard: Shard, info: dict[str, Any] | None = None) -> dict[str, Any]:
    up = cluster.shard_up(shard)
    members: dict[str, Any] = {
        "actual_role": shard.role,
        "assigned_slots": shard.assigned_slots,
        "bdb_uid": shard.bdb_uid,
        "detailed_status": "ok" if up else "down",
        "loading": {"status": "idle"},
        "marked_for_removal": False,
        "node_uid": str(shard.node_uid),
        "redis_info": info or {},
        "report_timestamp": iso_time(),
        "role": shard.role,
        "status": "active" if up else "inactive",
        "uid": str(shard.uid),
    }
    if shard.role == "slave":
        members["sync"] = {"progress": 0, "status": "idle" if cluster.link_up(shard) else "link_down"}
    if cluster.on_flash(shard.bdb_uid):
        members["bigstore_ram_weight"] = 1.0
    backup = cluster.bdbs.get(shard.bdb_uid, {})
    if shard.role == "master" and backup.get("backup_status") == "exporting":
        members["backup"] = {"progress": backup.get("backup_progress", 0.0), "status": "exporting"}
    return cluster.release.shown("shard", {**members, **cluster.shard_overlay.get(shard.uid, {})})


def license_object(cluster: Cluster) -> dict[str, Any]:
    flash = sum(cluster.on_flash(shard.bdb_uid) for shard in cluster.shards.values())
    members = {
        "activation_date": cluster.created,
        "cluster_name": None,
        "expiration_date": iso_time(time.time() + 30 * 86400),
        "expired": False,
        "features": ["trial", "bigstore"],
        "flash_shards_in_use": flash,
        "flash_shards_limit": None,
        "key": "",
        "license": "",
        "owner": None,
        "ram_shards_in_use": len(cluster.shards) - flash,
        "ram_shards_limit": None,
        "shards_limit": cluster.shards_limit,
    }
    return {**cluster.release.shown("license", members), **cluster.license_overlay}


def check_result(node: Node, *, uid_as_text: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"node_uid": str(node.uid) if uid_as_text else node.uid, "result": node.alive}
    if not node.alive:
        result["error"] = "process node_wd is not running or not responding ([Errno 111] Connection refused)"
    return result

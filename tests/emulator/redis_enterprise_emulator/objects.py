# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes, shards, the cluster and its licence in the shape of the API."""

from __future__ import annotations

import time
from typing import Any

from . import catalog
from .cluster import Cluster
from .model import LISTENERS, Node, Shard, iso_time

_STORAGE = 1_081_100_128_256.0
_ALERT_DAYS = {
    "cluster_ca_cert_about_to_expire": "90",
    "cluster_certs_about_to_expire": "45",
    "cluster_license_about_to_expire": "7",
    "node_ephemeral_storage": "70",
    "node_free_flash": "70",
    "node_internal_certs_about_to_expire": "45",
    "node_persistent_storage": "70",
}
_ALERT_FLAGS = (
    "cluster_node_operation_failed",
    "cluster_ocsp_query_failed",
    "cluster_ocsp_status_revoked",
    "node_checks_error",
)


def node_object(cluster: Cluster, node: Node) -> dict[str, Any]:
    if node.raw is not None:
        return node.raw
    shards = cluster.shards_on(node.uid)
    serving = not (node.quorum_only or node.leaving)
    return {
        "accept_servers": serving,
        "addr": node.addr,
        "architecture": "x86_64",
        "bigredis_storage_path": "/var/opt/redislabs/flash",
        "bigstore_enabled": False,
        "cores": 4,
        "ephemeral_storage_path": "/var/opt/redislabs/tmp",
        "ephemeral_storage_size": _STORAGE,
        "external_addr": [],
        "fips_enabled": False,
        "flash_shard_count": 0,
        "max_listeners": 0 if node.quorum_only else LISTENERS,
        "max_redis_forks": -1,
        "max_redis_servers": LISTENERS,
        "max_slave_full_syncs": -1,
        "os_family": "ubuntu",
        "os_name": "ubuntu",
        "os_semantic_version": "22.04",
        "os_version": "Ubuntu 22.04.5 LTS",
        "persistent_storage_path": "/var/opt/redislabs/persist",
        "persistent_storage_size": _STORAGE,
        "rack_id": node.rack_id,
        "ram_shard_count": len(shards),
        "second_rack_id": "",
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


def node_status(cluster: Cluster, node: Node) -> dict[str, Any]:
    shards = cluster.shards_on(node.uid)
    total, free = cluster.provisional(node)
    status: dict[str, Any] = {
        "cores": 4,
        "free_provisional_ram": free,
        "free_ram": node.total_memory - sum(shard.memory for shard in shards),
        "hostname": f"node{node.uid}.{catalog.CLUSTER_NAME}",
        "master_shards": sorted(shard.uid for shard in shards if shard.role == "master"),
        "node_overbooking_depth": 0,
        "node_status": node.status,
        "role": "master" if node.uid == cluster.primary else "slave",
        "slave_shards": sorted(shard.uid for shard in shards if shard.role == "slave"),
        "software_version": cluster.software_version,
        "software_version_sha": "0" * 64,
        "total_memory": node.total_memory,
        "total_provisional_ram": total,
    }
    snapshot = node.maintenance_snapshot()
    if snapshot is not None and cluster.features.maintenance_snapshot:
        status["maintenance_snapshot"] = snapshot.as_object()
    return status


def shard_object(cluster: Cluster, shard: Shard, info: dict[str, Any] | None = None) -> dict[str, Any]:
    up = cluster.shard_up(shard)
    return {
        "assigned_slots": shard.assigned_slots,
        "bdb_uid": shard.bdb_uid,
        "detailed_status": "ok" if up else "down",
        "loading": {"status": "idle"},
        "node_uid": str(shard.node_uid),
        "redis_info": info or {},
        "report_timestamp": iso_time(),
        "role": shard.role,
        "status": "active" if up else "inactive",
        "uid": str(shard.uid),
    }


def license_object(cluster: Cluster) -> dict[str, Any]:
    return {
        "activation_date": cluster.created,
        "cluster_name": None,
        "expiration_date": iso_time(time.time() + 30 * 86400),
        "expired": False,
        "features": ["trial", "bigstore"],
        "flash_shards_in_use": 0,
        "flash_shards_limit": None,
        "key": "",
        "license": "",
        "owner": None,
        "ram_shards_in_use": len(cluster.shards),
        "ram_shards_limit": None,
        "shards_limit": cluster.shards_limit,
        **cluster.license_overlay,
    }


def check_result(node: Node, *, uid_as_text: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"node_uid": str(node.uid) if uid_as_text else node.uid, "result": node.alive}
    if not node.alive:
        result["error"] = "process node_wd is not running or not responding ([Errno 111] Connection refused)"
    return result


def cluster_object(cluster: Cluster) -> dict[str, Any]:
    alerts: dict[str, Any] = {name: {"enabled": True, "threshold": days} for name, days in _ALERT_DAYS.items()}
    alerts |= dict.fromkeys(_ALERT_FLAGS, True)
    suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
    return {
        "alert_settings": alerts,
        "availability_lag_tolerance_ms": 100,
        "bigstore_driver": "speedb",
        "block_cluster_changes": False,
        "ccs_internode_encryption": True,
        "cluster_api_internal_port": 3346,
        "cluster_ssh_public_key": "",
        "cm_port": 8443,
        "cm_server_version": 1,
        "cm_session_timeout_minutes": 15,
        "cnm_http_max_threads_per_worker": 10,
        "cnm_http_port": 8080,
        "cnm_http_workers": 1,
        "cnm_https_port": min((node.port for node in cluster.nodes.values()), default=9443),
        "control_cipher_suites": "DEFAULT:!3DES",
        "control_cipher_suites_tls_1_3": suites,
        "crdb_coordinator_ignore_requests": False,
        "crdb_coordinator_port": 9081,
        "crdt_supported_featureset_version": 8,
        "crdt_supported_protocol_versions": ["1"],
        "created_time": cluster.created,
        "data_cipher_list": "DEFAULT:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!RC4:!MD5",
        "data_cipher_suites_tls_1_3": [],
        "debuginfo_path": "/tmp",
        "email_alerts": False,
        "encrypt_pkeys": False,
        "entra_id_cache_ttl": 30,
        "envoy_admin_port": 8002,
        "envoy_external_authorization": False,
        "envoy_max_downstream_connections": 1024,
        "envoy_mgmt_server_port": 8004,
        "gossip_envoy_admin_port": 8006,
        "handle_metrics_redirects": False,
        "handle_redirects": cluster.redirect,
        "http_support": True,
        "logrotate_settings": {"maxage": 7, "maxsize": "200M", "rotate": 10},
        "mask_bdb_credentials": False,
        "metrics_system": 0,
        "min_control_TLS_version": "1.2",
        "min_data_TLS_version": "1.2",
        "min_sentinel_TLS_version": "1.2",
        "module_upload_max_size_mb": 40,
        "mtls_authorized_subjects": [],
        "mtls_certificate_authentication": False,
        "mtls_client_cert_subject_validation_type": "disabled",
        "multi_commands_opt": "batch",
        "name": catalog.CLUSTER_NAME,
        "options_method_forbidden": False,
        "password_complexity": False,
        "password_expiration_duration": 0,
        "password_hashing_algorithm": "SHA-256",
        "password_min_length": 8,
        "proxy_certificate": cluster.certificate,
        "rack_aware": cluster.policy["rack_aware"],
        "reserved_ports": [],
        "robust_crdt_syncer": True,
        "s3_certificate_verification": True,
        "sentinel_cipher_suites": [],
        "sentinel_cipher_suites_tls_1_3": suites,
        "sentinel_tls_mode": "allowed",
        "slave_ha": cluster.policy["slave_ha"],
        "slave_ha_bdb_cooldown_period": cluster.policy["slave_ha_bdb_cooldown_period"],
        "slave_ha_cooldown_period": cluster.policy["slave_ha_cooldown_period"],
        "slave_ha_grace_period": cluster.policy["slave_ha_grace_period"],
        "slowlog_in_sanitized_support": True,
        "smtp_tls_mode": "none",
        "smtp_use_tls": False,
        "syncer_certificate": cluster.certificate,
        "system_reserved_ports": catalog.SYSTEM_PORTS,
        "upgrade_in_progress": False,
        "upgrade_mode": False,
        "use_external_ipv6": True,
        "use_ipv6": True,
        "wait_command": True,
        **cluster.cluster_overlay,
    }

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/cluster: keys and defaults of a captured object, and those that live captures of later builds have besides.

Of the latter only the names are known, and for some the type: their values here are inferred.
"""

from __future__ import annotations

import uuid
from typing import Any

from . import catalog
from .cluster import Cluster

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
_SUITES = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
_LATER: dict[str, Any] = {
    # doc, edition 8.0
    "client_maint_notifications": False,
    "crdt_supported_featureset_version_map": {},
    "crdt_supported_module_featureset_version_map": {},
    "crdt_supported_protocol_versions_map": {},
    "disconnect_clients_on_password_removal": "auto",
    "dmc_external_authentication": False,
    "dmc_external_cba_authentication": False,
    "dmc_external_entraid_authentication": False,
    "dmc_external_ldap_authentication": False,
    "metrics_auth": False,
    "replica_sconns_on_demand": "auto",
    "state_machine_smart_client_handoffs_delay_ms": 2000,
    # live on 7.22.2 or 8.0.20
    "availability_api": True,
    "client_eviction": False,
    "clusterset_on_topology_changed": False,
    "grpc_cluster_wd": False,
    "oss_cluster_client_maint_notifications": False,
    "pdns_server_type": "pdns",
    "redis_flex_multitenant": False,
    "shared_strings_enabled": False,
    "streamlined_translation": False,
    "usage_report_fields": [],
    "use_grpc_syncer_communication": False,
    # live on 8.2.0; the first two: doc too
    "allow_modules_upload": False,
    "control_plane_basic_authentication": True,
    "asm_client_maint_notifications": False,
    "grpc_gossip": False,
    "grpc_gossip_only": False,
    "grpc_info_provider": False,
    "state_machine_smart_client_handoffs_asm_delay_ms": 2000,
}


def alert_settings(cluster: Cluster) -> dict[str, Any]:
    settings: dict[str, Any] = {name: {"enabled": True, "threshold": days} for name, days in _ALERT_DAYS.items()}
    settings |= dict.fromkeys(_ALERT_FLAGS, True)
    return {**settings, **cluster.cluster_overlay.get("alert_settings", {})}


def cluster_object(cluster: Cluster) -> dict[str, Any]:
    members = {
        "alert_settings": alert_settings(cluster),
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
        "control_cipher_suites_tls_1_3": _SUITES,
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
        "handle_redirects": not cluster.settings.redirect,
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
        "sentinel_cipher_suites_tls_1_3": _SUITES,
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
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, catalog.CLUSTER_NAME)),
        "wait_command": True,
        **_LATER,
    }
    overlay = {name: value for name, value in cluster.cluster_overlay.items() if name != "alert_settings"}
    return {**cluster.release.shown("cluster", members), **overlay}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults of a cluster by release: database versions, modules, policy, ports."""

from __future__ import annotations

import hashlib
from typing import Any

from .versions import Version

CLUSTER_NAME = "cluster.local"

# (first release, database version, full version)
_REDIS = [
    ((0, 0, 0), "6.2", "6.2.13"),
    ((7, 2, 4), "7.2", "7.2.7"),
    ((7, 8, 2), "7.4", "7.4.2"),
    ((8, 0, 0), "8.0", "8.0.0"),
]

# module, capability, title, and (database version, lowest database version, module version) for each
_MODULES: list[tuple[str, str, str, list[tuple[str, str, str]]]] = [
    (
        "bf",
        "Probabilistic",
        "RedisBloom",
        [("8.0", "7.4", "8.0.1"), ("7.4", "7.4", "2.8.7"), ("7.2", "7.1", "2.6.18"), ("6.2", "6.0", "2.4.15")],
    ),
    (
        "search",
        "Search and query",
        "RediSearch 2",
        [("8.0", "8.0", "7.99.91"), ("7.4", "7.4", "2.10.17"), ("7.2", "7.1", "2.8.26"), ("6.2", "6.0.7", "2.6.29")],
    ),
    (
        "ReJSON",
        "JSON",
        "RedisJSON",
        [("8.0", "7.1", "7.99.3"), ("7.4", "7.4", "2.8.10"), ("7.2", "7.1", "2.6.17"), ("6.2", "6.0", "2.4.13")],
    ),
    (
        "timeseries",
        "Time Series",
        "RedisTimeSeries",
        [("8.0", "8.0", "8.0.2"), ("7.4", "7.4", "1.12.7"), ("7.2", "7.1", "1.10.18"), ("6.2", "6.0", "1.8.18")],
    ),
]
_CAPABILITIES = [
    "types",
    "no_multi_key",
    "replica_of",
    "eviction_expiry",
    "failover_migrate",
    "backup_restore",
    "reshard_rebalance",
    "persistence_aof",
    "persistence_rdb",
    "hash_policy",
    "clustering",
    "flash",
    "intershard_tls",
    "intershard_tls_pass",
    "ipv6",
]
_WITH_CRDB = ("search", "ReJSON")

SYSTEM_PORTS = [
    *(1968, 3333, 3334, 3335, 3336, 3339, 3340, 3341, 3342, 3343, 3344, 3345, 3346, 3348, 3349, 3350),
    *(3351, 3352, 3353, 3354, 3355, 8000, 8001, 8002, 8004, 8006, 8070, 8071, 8080, 8443, 8444, 9080),
    *(9081, 9091, 9125, 9443, 10050, 36379),
]


def database_versions(version: Version) -> list[dict[str, Any]]:
    found = [
        {"db_type": "redis", "major": True, "redis_version": short, "version": full}
        for since, short, full in _REDIS
        if version >= since
    ]
    return [*found, {"db_type": "memcached", "version": "1.4.17"}]


def newest_redis(version: Version) -> str:
    return [short for since, short, dummy in _REDIS if version >= since][-1]


def _number(semantic: str) -> int:
    major, minor, patch = (int(part) for part in semantic.split("."))
    return major * 10000 + minor * 100 + patch


def modules(version: Version) -> list[dict[str, Any]]:
    known = {short for since, short, dummy in _REDIS if version >= since}
    found: list[dict[str, Any]] = []
    for name, capability, title, releases in _MODULES:
        for redis_version, lowest, semantic in releases:
            if redis_version not in known:
                continue
            extra = ["crdb"] if name in _WITH_CRDB else []
            found.append(
                {
                    "author": "Redis",
                    "bigstore_version_2_support": False,
                    "capabilities": [*_CAPABILITIES, *extra],
                    "capability_name": capability,
                    "command_line_args": "",
                    "compatible_redis_version": redis_version,
                    "config_command": "_FT.CONFIG SET" if name == "search" else "",
                    "crdb": {},
                    "dependencies": {},
                    "description": title,
                    "display_name": title,
                    "email": "",
                    "homepage": "",
                    "is_bundled": True,
                    "license": "",
                    "min_redis_version": lowest,
                    "module_name": name,
                    "semantic_version": semantic,
                    "uid": hashlib.md5(f"{name}-{semantic}".encode(), usedforsecurity=False).hexdigest(),
                    "version": _number(semantic),
                }
            )
    return found


def default_policy(version: Version) -> dict[str, Any]:
    return {
        "acl_pubsub_default": "resetchannels",
        "auto_recovery": False,
        "automatic_node_offload": True,
        "data_internode_encryption": False,
        "db_conns_auditing": False,
        "default_bigstore_version": 1,
        "default_concurrent_restore_actions": 10,
        "default_fork_evict_ram": True,
        "default_non_sharded_proxy_policy": "single",
        "default_oss_cluster": False,
        "default_oss_sharding": False,
        "default_provisioned_redis_version": newest_redis(version),
        "default_recovery_wait_time": -1,
        "default_sharded_proxy_policy": "single",
        "default_shards_placement": "dense",
        "default_tracking_table_max_keys_policy": 1000000,
        "endpoint_rebind_propagation_grace_time": 15,
        "evict_node_use_free_memory": False,
        "failure_detection_sensitivity": "high",
        "filter_node_wd_health_metrics": True,
        "hide_user_data_from_log": False,
        "login_lockout_counter_reset_after": 900,
        "login_lockout_duration": 1800,
        "login_lockout_threshold": 5,
        "max_redis_forks": 0,
        "max_simultaneous_backups": 4,
        "max_slave_full_syncs": 0,
        "oss_cluster_api_preferred_endpoint_type": "ip",
        "oss_cluster_api_preferred_ip_type": "internal",
        "parallel_shards_upgrade": 0,
        "persistent_node_removal": False,
        "rack_aware": False,
        "redis_upgrade_policy": "major",
        "repl_diskless": True,
        "resp3_default": True,
        "shards_overbooking": False,
        "show_internals": False,
        "slave_ha": True,
        "slave_ha_bdb_cooldown_period": 7200,
        "slave_ha_cooldown_period": 3600,
        "slave_ha_grace_period": 600,
    }

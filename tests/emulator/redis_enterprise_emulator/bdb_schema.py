# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all fields of a BDB object.

Names, types, ranges and values are those of the vendor's reference. Defaults are those of an object captured from a
cluster of release 8.0 and, before 7.22, of one captured from 7.8; a field that neither has has no default here, even
where the reference names one: the key is absent until it is set. Fields that captures of later builds have show the
default that the reference names. Two things are our own reading: which fields can be set at creation only (the
reference says so for uid, replica_read_only, port and version alone), and which undocumented ones can be set at all.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from . import bdb_nested as nested
from .bdb_field import (
    ABSENT,
    Access,
    Field,
    array,
    boolean,
    choice,
    fresh,
    integer,
    number,
    record,
    secret,
    string,
)
from .versions import Version

V78: Version = (7, 8, 0)
V722: Version = (7, 22, 0)
V80: Version = (8, 0, 0)
V82: Version = (8, 2, 0)
V742: Version = (7, 4, 2)
V72: Version = (7, 2, 4)
V8020: Version = (8, 0, 20)  # seen live on 8.0.20-68; documented since 8.0, where it is
MENDED: Version = (7, 22, 2, 20)  # answers show what has its default (release notes, RS107596)

_READ = Access.READ
_CREATE = Access.CREATE
_SIZE = r"(?i)auto|\d+([kmg]?b?)"
_FAILED = ("", "no-permission", "wrong-file-path", "general-error")
_EXPORTING = ("", "exporting", "succeeded", "failed")
_SYNC = ("enabled", "disabled", "paused", "stopped")
_ON_OFF = ("enabled", "disabled")
_IMPORTING = ("", "idle", "initializing", "importing", "succeeded", "failed")
_STATUS = ("pending", "active", "active-change-pending", "delete-pending", "import-pending", "creation-failed")

DEFAULT_SHARD_KEY_REGEX = ({"regex": r".*\{(?<tag>.*)\}.*"}, {"regex": "(?<tag>.*)"})

_DOCUMENTED = (
    integer("uid", low=1, access=_CREATE),
    integer("account_id"),
    string("action_uid", access=_READ),
    integer("active_defrag_cycle_max", 25, 1, 99, since=V722),
    integer("active_defrag_cycle_min", 1, 1, 99, since=V722),
    string("active_defrag_ignore_bytes", "104857600", pattern=r"(?i)\d+([kmg]?b?)", since=V722),
    integer("active_defrag_max_scan_fields", 1000, 1, since=V722),
    integer("active_defrag_threshold_lower", 10, 0, 1000, since=V722),
    integer("active_defrag_threshold_upper", 100, 0, 1000, since=V722),
    choice("activedefrag", "no", "yes", "no", since=V722),
    choice("aof_policy", "appendfsync-every-sec", "appendfsync-every-sec", "appendfsync-always"),
    record("audit_settings", *nested.AUDIT, default={"audit_mode": "disabled"}, since=V82),
    secret("authentication_admin_pass"),  # generated at creation
    secret("authentication_redis_pass", "", deprecated="7.2"),
    secret("authentication_sasl_pass", ""),
    string("authentication_sasl_uname", ""),
    array("authentication_ssl_client_certs", nested.CERTIFICATE, []),
    array("authentication_ssl_crdt_certs", nested.CERTIFICATE, []),
    array("authorized_names", string(""), deprecated="6.4.2"),
    array("authorized_subjects", nested.SUBJECT, []),
    boolean("auto_shards_balancing", False, since=V80, shown=V8020),
    integer("auto_shards_balancing_grace_period", 120, since=V80, shown=V8020),
    boolean("auto_upgrade", False),
    array("avoid_nodes", string("")),
    array("background_op", record(""), [{"status": "idle"}], access=_READ, deprecated="7.8.2"),
    boolean("backup", False),
    choice("backup_failure_reason", "", *_FAILED, access=_READ),
    integer("backup_history", 0),
    integer("backup_interval", 86400, older=(V722, 0)),
    integer("backup_interval_offset", older=(V722, 0)),
    nested.location("backup_location"),
    number("backup_progress", 0.0, 0, 100, access=_READ),
    choice("backup_status", "", *_EXPORTING, access=_READ),
    boolean("bigstore", False, access=_CREATE),
    integer("bigstore_ram_size", 0),
    array("bigstore_ram_weights", record("", integer("shard_uid"), number("weight"))),
    integer("bigstore_version", 1, 1, 2, access=_CREATE, since=V722),
    choice("client_cert_subject_validation_type", "disabled", "disabled", "san_cn", "full_subject"),
    integer("conns", 5, 1),
    integer("conns_global_maximum_dedicated", 0, since=V80, shown=V8020),
    integer("conns_minimum_dedicated", 2, since=V80, shown=V8020),
    choice("conns_type", "per-thread", "per-thread", "per-shard"),
    boolean("crdt", False, access=_CREATE),
    boolean("crdt_causal_consistency", False),
    integer("crdt_config_version", 0),
    integer("crdt_featureset_version"),
    string("crdt_ghost_replica_ids", ""),
    string("crdt_guid", "", access=_CREATE),
    string("crdt_modules", "[]"),
    integer("crdt_protocol_version"),
    string("crdt_repl_backlog_size", "auto", pattern=_SIZE),
    integer("crdt_replica_id", 0),
    string("crdt_replicas", ""),
    array("crdt_sources", nested.SYNCER_SOURCE, []),
    choice("crdt_sync", "disabled", *_SYNC),
    integer("crdt_sync_connection_alarm_timeout_seconds", 0, since=V78),
    boolean("crdt_sync_dist", True),
    boolean("crdt_syncer_auto_oom_unlatch", True),
    choice("crdt_xadd_id_uniqueness_mode", "strict", "liberal", "strict", "semi-strict"),
    string("created_time", "", access=_READ),
    boolean("data_internode_encryption", False),
    choice("data_persistence", "disabled", "disabled", "snapshot", "aof", code="invalid_data_persistence"),
    array("dataset_import_sources", nested.IMPORT_SOURCE, [], hidden=True),
    boolean("db_conns_auditing", False, deprecated="8.2.0"),
    boolean("default_user", True),
    string("disabled_commands"),
    boolean("disconnect_clients_on_password_removal", False, since=V80, shown=V8020),
    string("dns_address_master", "", access=_READ, deprecated="4.3.3"),
    boolean("email_alerts", False),
    string("endpoint"),
    record("endpoint_ip", access=_READ, deprecated="4.3.3"),
    integer("endpoint_node", access=_READ, deprecated="4.3.3"),
    array("endpoints", record(""), [], access=_READ),
    choice("enforce_client_authentication", ABSENT, *_ON_OFF, older=(V722, "disabled")),
    choice(
        "eviction_policy",
        "volatile-lru",
        *("volatile-lru", "volatile-ttl", "volatile-random", "allkeys-lru", "allkeys-random", "noeviction"),
        *("volatile-lfu", "allkeys-lfu", "allkeys-lrm", "volatile-lrm"),
    ),
    choice("export_failure_reason", "", *_FAILED, access=_READ, shown=MENDED),
    number("export_progress", 0.0, 0, 100, access=_READ, shown=MENDED),
    choice("export_status", "", *_EXPORTING, access=_READ, shown=MENDED),
    boolean("generate_text_monitor", False),
    integer("gradual_src_max_sources", 1, 1),
    choice("gradual_src_mode", "disabled", *_ON_OFF),
    integer("gradual_sync_max_shards_per_source", 1, 1),
    choice("gradual_sync_mode", "auto", "enabled", "disabled", "auto"),
    choice(
        "gradual_sync_policy",
        "default",
        *("default", "non-gradual", "migration", "replica", "active-active", "custom"),
        since=V82,
    ),
    record("gradual_sync_policy_parameters", *nested.GRADUAL_LIMITS, default=nested.GRADUAL_DEFAULTS, since=V82),
    choice("hash_slots_policy", "16k", "legacy", "16k"),
    boolean("implicit_shard_key", False),
    string("import_failure_reason", "", access=_READ),
    number("import_progress", 0.0, 0, 100, access=_READ),
    choice("import_status", "", *_IMPORTING, access=_READ),
    boolean("internal", False, access=_CREATE),
    string("last_backup_time", access=_READ),
    string("last_changed_time", "", access=_READ),
    string("last_export_time", access=_READ),
    choice("link_sconn_on_full_request", "disabled", "enabled", "disabled", "ssl_only", since=V80, shown=V8020),
    integer("max_aof_file_size", 322122547200),
    integer("max_aof_load_time", 3600),
    integer("max_client_pipeline", 200, 1, 2047),
    integer("max_connections", 0),
    integer("max_pipelined", 2000, 1),
    integer("maxclients", 10000, 1, since=V722),
    boolean("master_persistence", False),
    integer("memory_size", 0),
    boolean("metrics_export_all", False),
    boolean("mkms", True),
    array(
        "module_list",
        record("", string("module_id"), Field("module_args", ""), string("module_name"), string("semantic_version")),
        [],
        access=_CREATE,
    ),
    boolean("mtls_allow_outdated_certs", False),
    boolean("mtls_allow_weak_hashing", False),
    choice("multi_commands_opt", "auto", "disabled", "batch", "auto", since=V722),
    string("name", "", pattern="[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"),
    boolean("oss_cluster", False),
    choice("oss_cluster_api_preferred_endpoint_type", "ip", "ip", "hostname"),
    choice("oss_cluster_api_preferred_ip_type", "internal", "internal", "external"),
    boolean("oss_sharding", False),
    integer("partial_request_timeout_seconds", 3, since=V80, shown=V8020),
    integer("port", 0, 0, 65535, access=_CREATE),
    integer("preemptive_drain_timeout_seconds", 2, since=V80, shown=V8020),
    record("probabilistic", *nested.PROBABILISTIC, since=V80, extended=True),
    choice("proxy_policy", "single", "single", "all-master-shards", "all-nodes", code="invalid_proxy_policy"),
    record(
        "query_performance_factor",
        *(boolean("active", False), integer("scaling_factor", 0, 0, 16)),
        default={"active": False, "scaling_factor": 0},
        since=V80,
        shown=V8020,
    ),
    boolean("rack_aware", False),
    integer("recovery_wait_time", -1, -1, since=V742),
    string("redis_version", "", access=_CREATE),
    string("repl_backlog_size", "auto", pattern=_SIZE),
    boolean("replica_read_only", False, access=_CREATE, since=V722),
    choice("replica_sconns_on_demand", "enabled", *_ON_OFF, since=V80, shown=V8020),
    array("replica_sources", nested.SYNCER_SOURCE, []),
    choice("replica_sync", "disabled", *_SYNC),
    integer("replica_sync_connection_alarm_timeout_seconds", 0, since=V78),
    boolean("replica_sync_dist", True),
    boolean("replication", False),
    integer("replication_oom_threshold_percent", 5, 0, 20, since=V80, shown=V8020),
    boolean("resp3", True, since=V72),
    array("roles_permissions", record("", integer("role_uid"), integer("redis_acl_uid"), required=("role_uid",)), []),
    choice("sched_policy", "cmp", "cmp", "mru", "spread", "mnp"),
    record("search", *nested.SEARCH, since=V80, extended=True),
    boolean("search_on_bigstore", False, since=V80, shown=V8020),
    boolean("shard_block_crossslot_keys", False),
    boolean("shard_block_foreign_keys", True),
    array("shard_key_regex", record("", string("regex"), required=("regex",)), []),
    number("shard_imbalance_threshold", 314572800, since=V80, shown=V8020),
    integer("shard_imbalance_threshold_percentage", 20, since=V80, shown=V8020),
    array("shard_list", integer("", low=1), [], access=_READ),
    array("shards_blueprint", nested.BLUEPRINT, access=Access.WRITE),  # on the page of optimize_shards_placement
    boolean("sharding", False),
    integer("shards_count", 1, 1),  # the highest value is a rule with an error code of its own
    choice("shards_placement", "dense", "dense", "sparse"),
    choice("skip_import_analyze", "disabled", *_ON_OFF),
    string("slave_buffer", "auto", pattern=r"(?i)auto|\d+[kmg]?b?|(\d+[kmg]?b?):(\d+[kmg]?b?):\d+"),
    boolean("slave_ha", False),
    integer("slave_ha_priority", 0),
    array("snapshot_policy", nested.SNAPSHOT_POLICY, []),
    boolean("ssl", False, deprecated="5.0.1"),
    choice("status", "pending", *_STATUS, "recovery", access=_READ),
    boolean("support_syncer_reconf", True),
    choice("sync", "disabled", *_SYNC, deprecated="5.0.1"),
    integer("sync_dedicated_threads", 5, 0, 10),
    array("sync_sources", nested.SYNCER_SOURCE, [], deprecated="5.0.1"),
    choice("syncer_log_level", "info", "crit", "error", "warn", "info", "trace", "debug"),
    choice("syncer_mode", "distributed", "distributed", "centralized", access=_READ),
    array("tags", nested.TAG, older=(V722, [])),
    record("timeseries", *nested.TIMESERIES, since=V80, extended=True),
    choice("tls_mode", "disabled", "enabled", "disabled", "replica_ssl"),
    integer("tracking_table_max_keys", 1000000, since=V78),
    boolean("traffic_manually_disabled", False, access=_READ, since=V8020),
    choice("type", "redis", "redis", "memcached", access=_CREATE),
    array("use_nodes", string("")),
    boolean("use_selective_flush", True, since=V80),
    string("version", "", access=_CREATE),
    boolean("wait_command", True, access=_READ),
)

# In the captured object, but not in the reference.
_CAPTURED = (
    array("acl", record(""), []),
    integer("bigstore_max_ram_ratio", 10, 1, 100, shown=MENDED),
    boolean("compare_key_hslot", False, shown=MENDED),
    array("dns_suffixes", string(""), []),
    boolean("flush_on_fullsync", True),
    integer("group_uid", 0),
    boolean("redis_cluster_enabled", False),
    integer("throughput_ingress", 0),
    integer("topology_epoch", 1, access=_READ),
)

# Seen live on later builds, by name only: types and values are our reading.
_SEEN = (
    boolean("availability_api", True, since=(7, 22, 2, 170), gap=(V80, V8020)),
    boolean("asm_scaling", False, access=_READ, since=V8020),
    record("dmc_shard_routing_map", default={}, access=_READ, since=V8020),
    boolean("is_balanced", True, access=_READ, since=V8020),
    integer("link_sconn_on_full_request_size_limit", 0, since=V8020),
    boolean("scaling_in_progress", False, access=_READ, since=V8020),
    boolean("streamlined_translation", False, since=V8020),
    boolean("string_sharing", False, since=V8020),
    boolean("use_grpc_syncer_communication", False, since=V8020),
    integer("max_pubsub_connections", 0, since=V82),
    boolean("maxmemory_rapid_growth", False, since=V82),
)

FIELDS: dict[str, Field] = {
    field.name: field for field in sorted(_DOCUMENTED + _CAPTURED + _SEEN, key=lambda row: row.name)
}


@cache
def fields_of(version: Version) -> dict[str, Field]:
    """The fields that a release knows."""
    return {
        name: field
        for name, field in FIELDS.items()
        if version >= field.since and not (field.gap and field.gap[0] <= version < field.gap[1])
    }


def default_of(name: str) -> Any:
    """What an absent field stands for; None where that is not known."""
    field = FIELDS.get(name)
    return None if field is None or field.default is ABSENT else fresh(field.default)


def defaults(version: Version) -> dict[str, Any]:
    """A new object of a release, with every default."""
    found = {}
    for name, row in fields_of(version).items():
        value = row.older[1] if row.older and version < row.older[0] else row.default
        if value is not ABSENT:
            found[name] = fresh(value)
    return found


@cache
def unshown(version: Version) -> frozenset[str]:
    """The fields that answers of a release leave out while they have their default."""
    return frozenset(name for name, row in fields_of(version).items() if version < row.shown)

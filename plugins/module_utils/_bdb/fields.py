# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a database, which the API calls a BDB.

Sources: the vendor's reference of the BDB object in its editions 7.4 to 8.2, the release notes, and an object that a
real cluster of 8.0 returned. A default that depends on the cluster or on other fields is left open.
"""

from __future__ import annotations

import typing as t

from .._schema.field import (
    Compare,
    Field,
    Kind,
    Settable,
    SizeForm,
    enum,
    flag,
    integer,
    objects,
    read_only,
    record,
    secret,
    size,
    strings,
    text,
)
from .._schema.schema import Schema
from . import nested_fields as nested

_RECREATE = "It is set once, at creation: create a new database with it and move the data, or leave the option out."
_UPGRADE = "It changes only by an upgrade of the database (rladmin upgrade db): leave the option out or upgrade first."
_FLUSH = "The keys lie in shards by the old rule: set action to flush as well, which deletes all data, or leave it out."

IDENTITY = (
    text("name"),
    integer("uid", settable=Settable.AT_CREATION, remedy=_RECREATE),
    enum("type", "redis", "redis", "memcached", settable=Settable.AT_CREATION, remedy=_RECREATE),
    integer("port", settable=Settable.AT_CREATION, also_in=("endpoints.port",), remedy=_RECREATE),
    text(
        "redis_version", settable=Settable.AT_CREATION, compare=Compare.VERSION, also_in=("version",), remedy=_UPGRADE
    ),
    text(
        "version", settable=Settable.AT_CREATION, compare=Compare.VERSION, also_in=("redis_version",), remedy=_UPGRADE
    ),
    objects(
        "module_list",
        *nested.MODULE,
        compare=Compare.INCLUDES,
        key="module_name",
        settable=Settable.AT_CREATION,
        remedy=_RECREATE,
    ),
    flag("auto_upgrade", False),
    objects("tags", *nested.TAG, compare=Compare.BY_KEY, key="key"),
    integer("account_id"),
    flag("email_alerts", False),
    flag("metrics_export_all", False),
)

SPACE = (
    size("memory_size", 0, needed="set it to a size such as 1GB."),
    flag("replication", False),
    flag("sharding", False),
    integer("shards_count", 1, low=1, high=512),
    objects(
        "shard_key_regex",
        *nested.SHARD_KEY_REGEX,
        compare=Compare.PLAIN,
        settable=Settable.CONDITIONALLY,
        remedy=_FLUSH,
    ),
    enum("hash_slots_policy", None, "legacy", "16k", settable=Settable.CONDITIONALLY, remedy=_FLUSH),
    flag("implicit_shard_key", False),
    enum("shards_placement", None, "dense", "sparse"),
    objects("shards_blueprint", *nested.SHARDS_BLUEPRINT, compare=Compare.PLAIN, settable=Settable.WRITE_ONLY),
    strings("avoid_nodes"),
    strings("use_nodes"),
    flag("rack_aware", False),
    flag("oss_sharding", False),
    flag("auto_shards_balancing", False, since="8.0.2"),
    integer("auto_shards_balancing_grace_period", 120, since="8.0.2"),
    Field("shard_imbalance_threshold", Kind.NUMBER, 314572800, since="8.0.2"),
    integer("shard_imbalance_threshold_percentage", 20, since="8.0.2"),
    # That these two are set once is our reading: the reference only ever speaks of creating databases with them.
    flag("bigstore", False, settable=Settable.AT_CREATION, remedy=_RECREATE),
    size("bigstore_ram_size", 0),
    objects("bigstore_ram_weights", *nested.RAM_WEIGHT, compare=Compare.BY_KEY, key="shard_uid"),
    integer(
        "bigstore_version",
        1,
        low=1,
        high=2,
        since="7.22",
        settable=Settable.AT_CREATION,
        remedy=_RECREATE,
    ),
    flag("search_on_bigstore", False, since="8.0.18"),
)

PERSISTENCE = (
    enum("data_persistence", "disabled", "disabled", "aof", "snapshot"),
    enum("aof_policy", "appendfsync-every-sec", "appendfsync-every-sec", "appendfsync-always"),
    objects("snapshot_policy", *nested.SNAPSHOT_POLICY),
    flag("master_persistence", False),
    size("max_aof_file_size"),  # 300 GB, but 150 GB for a database on flash
    integer("max_aof_load_time", 3600),
    integer("recovery_wait_time", -1, low=-1),
    flag("backup", False),
    integer("backup_interval"),
    integer("backup_interval_offset"),
    integer("backup_history", 0),
    record("backup_location", *nested.BACKUP_LOCATION, compare=Compare.REPLACED),
    objects("dataset_import_sources", *nested.IMPORT_SOURCE, compare=Compare.PLAIN, settable=Settable.WRITE_ONLY),
    enum("skip_import_analyze", "disabled", "enabled", "disabled"),
)

EVICTION_AND_MEMORY = (
    enum(
        "eviction_policy",
        "volatile-lru",
        "volatile-lru",
        "volatile-ttl",
        "volatile-random",
        "allkeys-lru",
        "allkeys-random",
        "noeviction",
        "volatile-lfu",
        "allkeys-lfu",
        "allkeys-lrm",
        "volatile-lrm",
    ),
    enum("activedefrag", "no", "yes", "no", since="7.22"),
    integer("active_defrag_cycle_max", 25, low=1, high=99, since="7.22"),
    integer("active_defrag_cycle_min", 1, low=1, high=99, since="7.22"),
    size("active_defrag_ignore_bytes", "100mb", size_form=SizeForm.AS_WRITTEN, since="7.22"),
    integer("active_defrag_max_scan_fields", 1000, since="7.22"),
    integer("active_defrag_threshold_lower", 10, low=0, high=1000, since="7.22"),
    integer("active_defrag_threshold_upper", 100, low=0, high=1000, since="7.22"),
    integer("tracking_table_max_keys", low=0, since="7.8.2"),
)

ACCESS = (
    secret(
        "authentication_redis_pass",
        "",
        deprecated="7.2",
        replacement_hint="the request PUT /v1/bdbs/{uid}/passwords, for several passwords",
    ),
    secret("authentication_admin_pass"),
    text("authentication_sasl_uname", ""),
    secret("authentication_sasl_pass", ""),
    flag("default_user", True),
    flag("disconnect_clients_on_password_removal", False, since="8.0.2"),
    objects("roles_permissions", *nested.ROLE_PERMISSION),
    text("disabled_commands", ""),
    enum("tls_mode", "disabled", "enabled", "disabled", "replica_ssl"),
    flag("ssl", False, deprecated="5.0.1", successor=("tls_mode",)),
    enum("enforce_client_authentication", "enabled", "enabled", "disabled"),
    objects("authentication_ssl_client_certs", *nested.CLIENT_CERT),
    objects("authentication_ssl_crdt_certs", *nested.CLIENT_CERT),
    enum("client_cert_subject_validation_type", "disabled", "disabled", "san_cn", "full_subject"),
    objects("authorized_subjects", *nested.SUBJECT, since="6.4.2"),
    strings("authorized_names", deprecated="6.4.2", successor=("authorized_subjects",)),
    flag("mtls_allow_outdated_certs", False),
    flag("mtls_allow_weak_hashing", False),
    flag("data_internode_encryption"),
    record("audit_settings", *nested.AUDIT, since="8.2"),
    flag("db_conns_auditing", False, deprecated="8.2", successor=("audit_settings.audit_mode",)),
)

_SYNC_STATES = ("enabled", "disabled", "paused", "stopped")

TRAFFIC = (
    enum("proxy_policy", None, "single", "all-master-shards", "all-nodes"),
    flag("oss_cluster", False),
    enum("oss_cluster_api_preferred_endpoint_type", "ip", "ip", "hostname"),
    enum("oss_cluster_api_preferred_ip_type", "internal", "internal", "external"),
    text("endpoint", settable=Settable.WRITE_ONLY),
    integer("max_connections", 0, low=0),
    integer("maxclients", 10000, since="7.22"),
    integer("max_client_pipeline", 200, high=2047),
    integer("max_pipelined", 2000),
    integer("conns", 5),
    enum("conns_type", "per-thread", "per-thread", "per-shard"),
    integer("conns_global_maximum_dedicated", 0, since="8.0.2"),
    integer("conns_minimum_dedicated", 2, since="8.0.2"),
    enum("sched_policy", "cmp", "cmp", "mru", "spread", "mnp"),
    enum("multi_commands_opt", "auto", "disabled", "batch", "auto", since="7.22"),
    flag("mkms", True),
    flag("resp3", True),
    flag("shard_block_crossslot_keys", False),
    flag("shard_block_foreign_keys", True),
    enum("link_sconn_on_full_request", "disabled", "enabled", "disabled", "ssl_only", since="8.0.2"),
    enum("replica_sconns_on_demand", "enabled", "enabled", "disabled", since="8.0.2"),
    integer("partial_request_timeout_seconds", 3, since="8.0.2"),
    integer("preemptive_drain_timeout_seconds", 2, since="8.0.2"),
)

REPLICAS = (
    flag("slave_ha"),
    integer("slave_ha_priority", 0),
    text("slave_buffer", "auto"),
    size("repl_backlog_size", "auto", size_form=SizeForm.TEXT, size_words=("auto",)),
)

SYNC = (
    enum("replica_sync", "disabled", *_SYNC_STATES),
    objects("replica_sources", *nested.SOURCE, compare=Compare.BY_KEY, key="uri"),
    flag("replica_read_only", False, settable=Settable.AT_CREATION, since="7.22", remedy=_RECREATE),
    integer("replica_sync_connection_alarm_timeout_seconds", 0, since="7.8.2"),
    flag("replica_sync_dist", True),
    enum("sync", "disabled", *_SYNC_STATES, deprecated="5.0.1", successor=("replica_sync", "crdt_sync")),
    objects(
        "sync_sources",
        *nested.SOURCE,
        compare=Compare.BY_KEY,
        key="uri",
        deprecated="5.0.1",
        successor=("replica_sources", "crdt_sources"),
    ),
    integer("sync_dedicated_threads", 5, low=0, high=10),
    enum("syncer_log_level", "info", "crit", "error", "warn", "info", "trace", "debug"),
    flag("support_syncer_reconf", True),
    flag("generate_text_monitor", False),
    flag("use_selective_flush", True, since="8.0.2"),
    enum(
        "gradual_sync_policy",
        "default",
        *("default", "non-gradual", "migration", "replica", "active-active", "custom"),
        since="8.2",
    ),
    record("gradual_sync_policy_parameters", *nested.GRADUAL_SYNC, since="8.2"),
    enum("gradual_src_mode", "disabled", "enabled", "disabled", deprecated="8.2", successor=("gradual_sync_policy",)),
    integer("gradual_src_max_sources", 1),
    enum(
        "gradual_sync_mode", None, "enabled", "disabled", "auto", deprecated="8.2", successor=("gradual_sync_policy",)
    ),
    integer("gradual_sync_max_shards_per_source", 1, deprecated="8.2", successor=("gradual_sync_policy",)),
)

ACTIVE_ACTIVE = (
    flag("crdt", False, settable=Settable.AT_CREATION, remedy=_RECREATE),
    flag("crdt_causal_consistency", False),
    Field("crdt_modules", Kind.JSON, "[]"),
    size("crdt_repl_backlog_size", "auto", size_form=SizeForm.TEXT, size_words=("auto",)),
    objects("crdt_sources", *nested.SOURCE, compare=Compare.BY_KEY, key="uri"),
    enum("crdt_sync", "disabled", *_SYNC_STATES),
    integer("crdt_sync_connection_alarm_timeout_seconds", 0, since="7.8.2"),
    flag("crdt_sync_dist", True),
    flag("crdt_syncer_auto_oom_unlatch", True),
    enum("crdt_xadd_id_uniqueness_mode", "strict", "liberal", "strict", "semi-strict"),
    integer("replication_oom_threshold_percent", 5, low=0, high=20, since="8.0.18"),
)

MODULES = (
    record("search", *nested.SEARCH, since="8.0.2", extended=True),
    record("timeseries", *nested.TIMESERIES, since="8.0.2", extended=True),
    record("probabilistic", *nested.PROBABILISTIC, since="8.0.2", extended=True),
    record("query_performance_factor", *nested.QUERY_PERFORMANCE, since="8.0.2", extended=True),
)

# Read-only by the reference; those of which it says nothing are facts about the database that no user could choose.
READ_ONLY = (
    read_only("action_uid", Kind.TEXT),
    read_only("background_op", deprecated="7.8.2", replacement_hint="redis_action_info"),
    read_only("backup_failure_reason", Kind.TEXT),
    read_only("backup_progress", Kind.NUMBER),
    read_only("backup_status", Kind.TEXT),
    read_only("created_time", Kind.TEXT),
    read_only("dns_address_master", Kind.TEXT, deprecated="4.3.3", replacement_hint="endpoints"),
    read_only("endpoint_ip", deprecated="4.3.3", replacement_hint="endpoints"),
    read_only("endpoint_node", Kind.INT, deprecated="4.3.3", replacement_hint="endpoints"),
    read_only("endpoints"),
    read_only("export_failure_reason", Kind.TEXT),
    read_only("export_progress", Kind.NUMBER),
    read_only("export_status", Kind.TEXT),
    read_only("import_failure_reason", Kind.TEXT),
    read_only("import_progress", Kind.NUMBER),
    read_only("import_status", Kind.TEXT),
    read_only("internal", Kind.BOOL, default=False),
    read_only("last_backup_time", Kind.TEXT),
    read_only("last_changed_time", Kind.TEXT),
    read_only("last_export_time", Kind.TEXT),
    read_only("shard_list"),
    read_only("status", Kind.TEXT),
    read_only("syncer_mode", Kind.TEXT),
    read_only("traffic_manually_disabled", Kind.BOOL, since="8.0.20"),
    read_only("wait_command", Kind.BOOL, default=True),
    # For internal use only, says the reference: the requests for Active-Active databases set them.
    read_only("crdt_config_version", Kind.INT),
    read_only("crdt_featureset_version", Kind.INT),
    read_only("crdt_ghost_replica_ids", Kind.TEXT),
    read_only("crdt_guid", Kind.TEXT),
    read_only("crdt_protocol_version", Kind.INT),
    read_only("crdt_replica_id", Kind.INT),
    read_only("crdt_replicas", Kind.TEXT),
    # Seen in real responses only.
    read_only("acl"),
    read_only("topology_epoch", Kind.INT),
)

# Seen in real responses, and not described anywhere: available through config only, unsupported.
UNDESCRIBED = (
    integer("bigstore_max_ram_ratio", has_option=False),
    flag("compare_key_hslot", has_option=False),
    Field("dns_suffixes", Kind.LIST, (), compare=Compare.UNORDERED, has_option=False),
    flag("flush_on_fullsync", has_option=False),
    integer("group_uid", has_option=False),
    flag("redis_cluster_enabled", has_option=False),
    Field("throughput_ingress", Kind.NUMBER, has_option=False),
)

FIELDS: t.Mapping[str, Field] = {
    row.name: row
    for section in (
        IDENTITY,
        SPACE,
        PERSISTENCE,
        EVICTION_AND_MEMORY,
        ACCESS,
        TRAFFIC,
        REPLICAS,
        SYNC,
        ACTIVE_ACTIVE,
        MODULES,
        READ_ONLY,
        UNDESCRIBED,
    )
    for row in section
}
RECOVERY_PLAN = record("recovery_plan", *nested.RECOVERY_PLAN)  # beside the database in the request, not a field of it
SCHEMA = Schema(
    "database",
    "/v1/bdbs",
    FIELDS,
    containers=frozenset({"config", "databases"}),
    shown_when_deleted=("uid", "name", "memory_size", "shards_count", "replication", "data_persistence"),
)

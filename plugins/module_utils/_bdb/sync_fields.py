# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of BDB fields, second part: endpoints, synchronisation, modules, and what only the cluster sets."""

from __future__ import annotations

from .._schema.field import Compare, Field, Kind, Settable, flag, objects, record, shown, size, text, whole, word
from . import nested_fields as nested

_RECREATE = "It is set once, at creation: create a new database with it and move the data, or leave the option out."
_SYNC = ("enabled", "disabled", "paused", "stopped")

TRAFFIC = (
    word("proxy_policy", None, "single", "all-master-shards", "all-nodes"),
    flag("oss_cluster", False),
    word("oss_cluster_api_preferred_endpoint_type", "ip", "ip", "hostname"),
    word("oss_cluster_api_preferred_ip_type", "internal", "internal", "external"),
    text("endpoint", settable=Settable.WRITE_ONLY),
    whole("max_connections", 0, low=0),
    whole("maxclients", 10000, since="7.22"),
    whole("max_client_pipeline", 200, high=2047),
    whole("max_pipelined", 2000),
    whole("conns", 5),
    word("conns_type", "per-thread", "per-thread", "per-shard"),
    whole("conns_global_maximum_dedicated", 0, since="8.0.2"),
    whole("conns_minimum_dedicated", 2, since="8.0.2"),
    word("sched_policy", "cmp", "cmp", "mru", "spread", "mnp"),
    word("multi_commands_opt", "auto", "disabled", "batch", "auto", since="7.22"),
    flag("mkms", True),
    flag("resp3", True),
    flag("shard_block_crossslot_keys", False),
    flag("shard_block_foreign_keys", True),
    word("link_sconn_on_full_request", "disabled", "enabled", "disabled", "ssl_only", since="8.0.2"),
    word("replica_sconns_on_demand", "enabled", "enabled", "disabled", since="8.0.2"),
    whole("partial_request_timeout_seconds", 3, since="8.0.2"),
    whole("preemptive_drain_timeout_seconds", 2, since="8.0.2"),
)

REPLICAS = (
    flag("slave_ha"),
    whole("slave_ha_priority", 0),
    text("slave_buffer", "auto"),
    size("repl_backlog_size", "auto"),
)

SYNC = (
    word("replica_sync", "disabled", *_SYNC),
    objects("replica_sources", *nested.SOURCE, compare=Compare.BY_KEY, key="uri"),
    flag("replica_read_only", False, settable=Settable.AT_CREATION, since="7.22", way_out=_RECREATE),
    whole("replica_sync_connection_alarm_timeout_seconds", 0, since="7.8.2"),
    flag("replica_sync_dist", True),
    word("sync", "disabled", *_SYNC, deprecated="5.0.1", successor=("replica_sync", "crdt_sync")),
    objects(
        "sync_sources",
        *nested.SOURCE,
        compare=Compare.BY_KEY,
        key="uri",
        deprecated="5.0.1",
        successor=("replica_sources", "crdt_sources"),
    ),
    whole("sync_dedicated_threads", 5, low=0, high=10),
    word("syncer_log_level", "info", "crit", "error", "warn", "info", "trace", "debug"),
    flag("support_syncer_reconf", True),
    flag("generate_text_monitor", False),
    flag("use_selective_flush", True, since="8.0.2"),
    word(
        "gradual_sync_policy",
        "default",
        *("default", "non-gradual", "migration", "replica", "active-active", "custom"),
        since="8.2",
    ),
    record("gradual_sync_policy_parameters", *nested.GRADUAL_SYNC, since="8.2"),
    word("gradual_src_mode", "disabled", "enabled", "disabled", deprecated="8.2", successor=("gradual_sync_policy",)),
    whole("gradual_src_max_sources", 1),
    word(
        "gradual_sync_mode", None, "enabled", "disabled", "auto", deprecated="8.2", successor=("gradual_sync_policy",)
    ),
    whole("gradual_sync_max_shards_per_source", 1, deprecated="8.2", successor=("gradual_sync_policy",)),
)

ACTIVE_ACTIVE = (
    flag("crdt", False, settable=Settable.AT_CREATION, way_out=_RECREATE),
    flag("crdt_causal_consistency", False),
    Field("crdt_modules", Kind.JSON, "[]"),
    size("crdt_repl_backlog_size", "auto"),
    objects("crdt_sources", *nested.SOURCE, compare=Compare.BY_KEY, key="uri"),
    word("crdt_sync", "disabled", *_SYNC),
    whole("crdt_sync_connection_alarm_timeout_seconds", 0, since="7.8.2"),
    flag("crdt_sync_dist", True),
    flag("crdt_syncer_auto_oom_unlatch", True),
    word("crdt_xadd_id_uniqueness_mode", "strict", "liberal", "strict", "semi-strict"),
    whole("replication_oom_threshold_percent", 5, low=0, high=20, since="8.0.18"),
)

MODULES = (
    record("search", *nested.SEARCH, since="8.0.2", extended=True),
    record("timeseries", *nested.TIMESERIES, since="8.0.2", extended=True),
    record("probabilistic", *nested.PROBABILISTIC, since="8.0.2", extended=True),
    record("query_performance_factor", *nested.QUERY_PERFORMANCE, since="8.0.2", extended=True),
)

# Read-only by the reference; those without a word about it there are facts about the database that nobody could choose.
READ_ONLY = (
    shown("action_uid", Kind.TEXT),
    shown("background_op", deprecated="7.8.2", instead="redis_action_info"),
    shown("backup_failure_reason", Kind.TEXT),
    shown("backup_progress", Kind.NUMBER),
    shown("backup_status", Kind.TEXT),
    shown("created_time", Kind.TEXT),
    shown("dns_address_master", Kind.TEXT, deprecated="4.3.3", instead="endpoints"),
    shown("endpoint_ip", deprecated="4.3.3", instead="endpoints"),
    shown("endpoint_node", Kind.INT, deprecated="4.3.3", instead="endpoints"),
    shown("endpoints"),
    shown("export_failure_reason", Kind.TEXT),
    shown("export_progress", Kind.NUMBER),
    shown("export_status", Kind.TEXT),
    shown("import_failure_reason", Kind.TEXT),
    shown("import_progress", Kind.NUMBER),
    shown("import_status", Kind.TEXT),
    shown("internal", Kind.BOOL, default=False),
    shown("last_backup_time", Kind.TEXT),
    shown("last_changed_time", Kind.TEXT),
    shown("last_export_time", Kind.TEXT),
    shown("shard_list"),
    shown("status", Kind.TEXT),
    shown("syncer_mode", Kind.TEXT),
    shown("traffic_manually_disabled", Kind.BOOL, since="8.0.20"),
    shown("wait_command", Kind.BOOL, default=True),
    # For internal use only, says the reference: the requests for Active-Active databases set them.
    shown("crdt_config_version", Kind.INT),
    shown("crdt_featureset_version", Kind.INT),
    shown("crdt_ghost_replica_ids", Kind.TEXT),
    shown("crdt_guid", Kind.TEXT),
    shown("crdt_protocol_version", Kind.INT),
    shown("crdt_replica_id", Kind.INT),
    shown("crdt_replicas", Kind.TEXT),
    # Seen in real responses only.
    shown("acl"),
    shown("topology_epoch", Kind.INT),
)

# Seen in real responses, and not described anywhere: to be had through config, at the user's own risk.
UNDESCRIBED = (
    whole("bigstore_max_ram_ratio", typed=False),
    flag("compare_key_hslot", typed=False),
    Field("dns_suffixes", Kind.LIST, (), compare=Compare.UNORDERED, typed=False),
    flag("flush_on_fullsync", typed=False),
    whole("group_uid", typed=False),
    flag("redis_cluster_enabled", typed=False),
    Field("throughput_ingress", Kind.NUMBER, typed=False),
)

ROWS = (*TRAFFIC, *REPLICAS, *SYNC, *ACTIVE_ACTIVE, *MODULES, *READ_ONLY, *UNDESCRIBED)

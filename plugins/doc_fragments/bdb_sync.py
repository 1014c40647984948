# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of options for the fields of a database: replicas, and synchronisation with other databases."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  slave_ha:
    description: Whether a lost replica is made anew on another node. The default is the cluster's setting.
    type: bool
  slave_ha_priority:
    description:
      - In which order databases get their lost replicas back.
      - The cluster's default is V(0).
    type: int
  slave_buffer:
    description:
      - 'The output buffer of a primary for its replica: V(auto), a number of megabytes, or three parts as in
        C(hard:soft:time).'
      - The cluster's default is V(auto).
    type: str
  repl_backlog_size:
    description:
      - 'The replication backlog: V(auto), or a size in bytes or with a unit such as V(64MB).'
      - The cluster's default is V(auto).
    type: str
  replica_sync:
    description:
      - Whether the database synchronises from its O(replica_sources). V(stopped) is what the cluster sets after an
        error.
      - The cluster's default is V(disabled).
    type: str
    choices: [enabled, disabled, paused, stopped]
  replica_sources:
    description: The databases from which this one replicates, all of them. The order does not matter.
    type: list
    elements: dict
    suboptions: &replica_sources
      uri:
        description: The URI of the source. It may hold a password, which is compared if the cluster shows it.
        type: str
        required: true
      uid:
        description: The number of the source. The cluster gives one if it is not set.
        type: int
      compression:
        description:
          - How much the stream is compressed.
          - From 0 to 6.
        type: int
      encryption:
        description: Whether the stream is encrypted.
        type: bool
      server_cert:
        description: The certificate of the source, as PEM.
        type: str
      client_cert:
        description: The certificate to show to the source, as PEM.
        type: str
      client_key:
        description: The private key of that certificate, as PEM.
        type: str
      replication_tls_sni:
        description: The server name for TLS.
        type: str
  replica_read_only:
    description:
      - Whether clients can only read from a database that has O(replica_sources).
      - The cluster's default is V(false).
      - Set once, at creation. Since release 7.22.
    type: bool
  replica_sync_connection_alarm_timeout_seconds:
    description:
      - Seconds after which a source that cannot be reached raises an alarm. V(0) means never.
      - The cluster's default is V(0).
      - Since release 7.8.2.
    type: int
  replica_sync_dist:
    description:
      - Whether the work of synchronising from O(replica_sources) is spread over the nodes.
      - The cluster's default is V(true).
    type: bool
  sync:
    description:
      - Whether the database synchronises from its O(sync_sources).
      - The cluster's default is V(disabled).
      - Deprecated since release 5.0.1; use O(replica_sync) or O(crdt_sync) instead.
    type: str
    choices: [enabled, disabled, paused, stopped]
  sync_sources:
    description:
      - The databases from which this one synchronises, all of them. The order does not matter.
      - Deprecated since release 5.0.1; use O(replica_sources) or O(crdt_sources) instead.
    type: list
    elements: dict
    suboptions: *replica_sources
  sync_dedicated_threads:
    description:
      - The number of threads for synchronising from other databases.
      - From 0 to 10. The cluster's default is V(5).
    type: int
  syncer_log_level:
    description:
      - The least severe messages that the synchronisation logs.
      - The cluster's default is V(info).
    type: str
    choices: [crit, error, warn, info, trace, debug]
  support_syncer_reconf:
    description:
      - Whether the synchronisation takes a new configuration by itself. Otherwise it is restarted.
      - The cluster's default is V(true).
    type: bool
  generate_text_monitor:
    description:
      - Whether the synchronisation writes data for monitoring.
      - The cluster's default is V(false).
    type: bool
  use_selective_flush:
    description:
      - Whether only those shards are flushed before a synchronisation that need it.
      - The cluster's default is V(true).
      - Since release 8.0.2.
    type: bool
  gradual_sync_policy:
    description:
      - How much of a full synchronisation happens at the same time. V(custom) means what
        O(gradual_sync_policy_parameters) says; the others have limits of their own.
      - The cluster's default is V(default).
      - Since release 8.2.
    type: str
    choices: [default, non-gradual, migration, replica, active-active, custom]
  gradual_sync_policy_parameters:
    description:
      - The limits for O(gradual_sync_policy=custom). V(-1) means no limit; V(0) is not possible.
      - Since release 8.2.
    type: dict
    suboptions:
      src_endpoint_limit:
        description:
          - Endpoints of the source at the same time.
          - At least -1. The cluster's default is V(1).
        type: int
      dst_endpoint_limit:
        description:
          - Endpoints of the destination at the same time.
          - At least -1. The cluster's default is V(-1).
        type: int
      dst_shard_limit:
        description:
          - Shards of the destination at the same time.
          - At least -1. The cluster's default is V(-1).
        type: int
      src_node_limit:
        description:
          - Nodes of the source at the same time.
          - At least -1. The cluster's default is V(-1).
        type: int
  gradual_src_mode:
    description:
      - Whether the sources are synchronised a few at a time.
      - The cluster's default is V(disabled).
      - Deprecated since release 8.2; use O(gradual_sync_policy) instead.
    type: str
    choices: [enabled, disabled]
  gradual_src_max_sources:
    description:
      - With O(gradual_src_mode=enabled), how many sources at a time.
      - The cluster's default is V(1).
    type: int
  gradual_sync_mode:
    description:
      - Whether the shards of a source are synchronised a few at a time. V(auto) leaves it to the cluster.
      - Deprecated since release 8.2; use O(gradual_sync_policy) instead.
    type: str
    choices: [enabled, disabled, auto]
  gradual_sync_max_shards_per_source:
    description:
      - With O(gradual_sync_mode=enabled), how many shards of a source at a time.
      - The cluster's default is V(1).
      - Deprecated since release 8.2; use O(gradual_sync_policy) instead.
    type: int
  crdt:
    description:
      - Whether the database is an instance of an Active-Active database.
      - The cluster's default is V(false).
      - Set once, at creation.
    type: bool
  crdt_causal_consistency:
    description:
      - Whether an Active-Active database is causally consistent.
      - The cluster's default is V(false).
    type: bool
  crdt_modules:
    description:
      - The modules of an Active-Active database, as JSON or as a list of dictionaries. It is compared by content.
    type: json
  crdt_repl_backlog_size:
    description:
      - 'The replication backlog of an Active-Active database: V(auto), or a size in bytes or with a unit such as
        V(64MB).'
      - The cluster's default is V(auto).
    type: str
  crdt_sources:
    description: The other instances of an Active-Active database, all of them. The order does not matter.
    type: list
    elements: dict
    suboptions: *replica_sources
  crdt_sync:
    description:
      - Whether an Active-Active database synchronises from its O(crdt_sources). V(stopped) is what the cluster sets
        after an error.
      - The cluster's default is V(disabled).
    type: str
    choices: [enabled, disabled, paused, stopped]
  crdt_sync_connection_alarm_timeout_seconds:
    description:
      - Seconds after which an instance that cannot be reached raises an alarm. V(0) means never.
      - The cluster's default is V(0).
      - Since release 7.8.2.
    type: int
  crdt_sync_dist:
    description:
      - Whether the work of synchronising from O(crdt_sources) is spread over the nodes.
      - The cluster's default is V(true).
    type: bool
  crdt_syncer_auto_oom_unlatch:
    description:
      - Whether the synchronisation goes on by itself after the database ran out of memory. Otherwise it ends.
      - The cluster's default is V(true).
    type: bool
  crdt_xadd_id_uniqueness_mode:
    description:
      - How strictly C(XADD) keeps the ids of an Active-Active database unique.
      - The cluster's default is V(strict).
    type: str
    choices: [liberal, strict, semi-strict]
  replication_oom_threshold_percent:
    description:
      - The share of the memory limit of an Active-Active database that clients cannot fill, kept for its
        synchronisation, in percent. It needs Redis 8.4.
      - From 0 to 20. The cluster's default is V(5).
      - Since release 8.0.18.
    type: int
"""

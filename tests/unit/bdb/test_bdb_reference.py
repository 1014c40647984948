# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of BDB fields: complete, and consistent in itself. The documentation follows from it: option_docs.py."""

from __future__ import annotations

import re
import typing as t

import pytest
from support.bdb_members import (
    AUDIT,
    BLUEPRINT,
    BLUEPRINT_NODE,
    ENTRIES,
    IMPORTS,
    MODULE,
    PLACES,
    RECOVERY_FILE,
    RECOVERY_SHARD,
    SETTINGS,
    optional,
)

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS, RECOVERY_PLAN, SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import (
    Compare,
    Field,
    Kind,
    Settable,
)

RELEASE = re.compile(r"\d+\.\d+(\.\d+)?")

# The names in the vendor's reference of the BDB object, release 8.2.
REFERENCE = """
account_id action_uid active_defrag_cycle_max active_defrag_cycle_min active_defrag_ignore_bytes
active_defrag_max_scan_fields active_defrag_threshold_lower active_defrag_threshold_upper activedefrag aof_policy
audit_settings authentication_admin_pass authentication_redis_pass authentication_sasl_pass authentication_sasl_uname
authentication_ssl_client_certs authentication_ssl_crdt_certs authorized_names authorized_subjects
auto_shards_balancing auto_shards_balancing_grace_period auto_upgrade avoid_nodes background_op backup
backup_failure_reason backup_history backup_interval backup_interval_offset backup_location backup_progress
backup_status bigstore bigstore_ram_size bigstore_ram_weights bigstore_version client_cert_subject_validation_type
conns conns_global_maximum_dedicated conns_minimum_dedicated conns_type crdt crdt_causal_consistency
crdt_config_version crdt_featureset_version crdt_ghost_replica_ids crdt_guid crdt_modules crdt_protocol_version
crdt_repl_backlog_size crdt_replica_id crdt_replicas crdt_sources crdt_sync
crdt_sync_connection_alarm_timeout_seconds crdt_sync_dist crdt_syncer_auto_oom_unlatch crdt_xadd_id_uniqueness_mode
created_time data_internode_encryption data_persistence dataset_import_sources db_conns_auditing default_user
disabled_commands disconnect_clients_on_password_removal dns_address_master email_alerts endpoint endpoint_ip
endpoint_node endpoints enforce_client_authentication eviction_policy export_failure_reason export_progress
export_status generate_text_monitor gradual_src_max_sources gradual_src_mode gradual_sync_max_shards_per_source
gradual_sync_mode gradual_sync_policy gradual_sync_policy_parameters hash_slots_policy implicit_shard_key
import_failure_reason import_progress import_status internal last_backup_time last_changed_time last_export_time
link_sconn_on_full_request master_persistence max_aof_file_size max_aof_load_time max_client_pipeline max_connections
max_pipelined maxclients memory_size metrics_export_all mkms module_list mtls_allow_outdated_certs
mtls_allow_weak_hashing multi_commands_opt name oss_cluster oss_cluster_api_preferred_endpoint_type
oss_cluster_api_preferred_ip_type oss_sharding partial_request_timeout_seconds port preemptive_drain_timeout_seconds
probabilistic proxy_policy query_performance_factor rack_aware recovery_wait_time redis_version repl_backlog_size
replica_read_only replica_sconns_on_demand replica_sources replica_sync replica_sync_connection_alarm_timeout_seconds
replica_sync_dist replication replication_oom_threshold_percent resp3 roles_permissions sched_policy search
search_on_bigstore shard_block_crossslot_keys shard_block_foreign_keys shard_imbalance_threshold
shard_imbalance_threshold_percentage shard_key_regex shard_list sharding shards_count shards_placement
skip_import_analyze slave_buffer slave_ha slave_ha_priority snapshot_policy ssl status support_syncer_reconf sync
sync_dedicated_threads sync_sources syncer_log_level syncer_mode tags timeseries tls_mode tracking_table_max_keys
traffic_manually_disabled type uid use_nodes use_selective_flush version wait_command
"""
# Not in that table: taken by requests, or seen in responses of a real cluster.
BESIDE = """
shards_blueprint acl bigstore_max_ram_ratio compare_key_hslot dns_suffixes flush_on_fullsync group_uid
redis_cluster_enabled throughput_ingress topology_epoch
"""


def every_field() -> t.Iterator[tuple[str, Field]]:
    """All rows and members with their paths."""

    def below(path: str, row: Field) -> t.Iterator[tuple[str, Field]]:
        yield path, row
        for member in row.members:
            yield from below(f"{path}.{member.option_name}", member)

    for row in (*FIELDS.values(), RECOVERY_PLAN):
        yield from below(row.name, row)


OPTIONS = [(path, row) for path, row in every_field() if FIELDS.get(path.partition(".")[0], RECOVERY_PLAN).is_option]


def test_every_field_of_the_reference_is_in_the_table_and_no_other() -> None:
    assert set(FIELDS) == set(REFERENCE.split()) | set(BESIDE.split())


def test_every_field_that_can_be_set_has_an_option() -> None:
    settable = {name for name in REFERENCE.split() if FIELDS[name].settable is not Settable.NEVER}
    assert set(SCHEMA.argument_spec()) == settable | {"shards_blueprint"}


@pytest.mark.parametrize(
    ("path", "row"), list(every_field()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_row_is_consistent(path: str, row: Field) -> None:
    assert not row.since or RELEASE.fullmatch(row.since)
    if row.deprecated:
        assert RELEASE.fullmatch(row.deprecated)
        assert bool(row.successor) != bool(row.replacement_hint), "one of the two, so that the user knows where to go"
        known = {known for known, _row in OPTIONS}
        assert set(row.successor) <= known
    assert not (row.choices and row.default) or row.default in row.choices
    assert bool(row.remedy) is (row.settable in (Settable.AT_CREATION, Settable.CONDITIONALLY))
    if row.compare in (Compare.BY_KEY, Compare.INCLUDES):
        assert row.key in {member.name for member in row.members}
    if row.compare in (Compare.SUPPLIED, Compare.REPLACED):
        assert row.kind is Kind.OBJECT
    if row.compare is Compare.UNORDERED:
        assert row.kind is Kind.LIST
    if row.kind is Kind.OBJECT:
        assert row.members or row.compare is Compare.PLAIN


def test_what_is_secret_is_no_log_and_what_only_sounds_so_is_not() -> None:
    secret = {path for path, row in OPTIONS if row.option().get("no_log")}
    assert secret == {path for path, row in OPTIONS if row.secret}
    places = ("backup_location", "dataset_import_sources")
    keys = ("key", "access_key_id", "secret_access_key", "private_key", "account_key", "sas_token")
    assert secret == {
        "authentication_redis_pass",
        "authentication_admin_pass",
        "authentication_sasl_pass",
        *(f"{place}.{key}" for place in places for key in keys),
        *(f"{sources}.client_key" for sources in ("replica_sources", "sync_sources", "crdt_sources")),
    }
    plain = ("tags.key", "shard_key_regex", "implicit_shard_key", "tracking_table_max_keys")
    assert all(row.option()["no_log"] is False for path, row in OPTIONS if path in plain)


# -- members of the objects inside a database ----------------------------------------------------------------------

LITERAL: dict[str, set[str]] = {
    **{name: set(members) for name, members in (*SETTINGS.items(), *ENTRIES.items())},
    "audit_settings.username_filter": set(AUDIT["username_filter"][0]),
    "audit_settings.source_ip_filter": set(AUDIT["source_ip_filter"][0]),
    "backup_location": {"type", *(name for members in PLACES.values() for name in members)},
    "dataset_import_sources": {"type", *(name for members in IMPORTS.values() for name in members)},
    "module_list": set(MODULE),
    "shards_blueprint": set(BLUEPRINT),
    "shards_blueprint.nodes": set(BLUEPRINT_NODE),
    "recovery_plan": {"original_bdb_shards", "data_files"},
    "recovery_plan.original_bdb_shards": set(RECOVERY_SHARD),
    "recovery_plan.data_files": set(RECOVERY_FILE),
}


def test_every_member_of_the_reference_is_in_the_table_and_no_other() -> None:
    assert {path: {member.name for member in row.members} for path, row in every_field() if row.members} == LITERAL
    assert (len(SETTINGS["search"]), len(SETTINGS["timeseries"]), len(SETTINGS["probabilistic"])) == (49, 8, 8)


@pytest.mark.parametrize(
    ("path", "pair"),
    [
        (f"{name}.{optional(member)}", pair)
        for name, members in (*SETTINGS.items(), *ENTRIES.items())
        for member, pair in members.items()
    ],
)
def test_ranges_and_words_of_a_member_reach_as_far_as_in_the_reference(path: str, pair: tuple[t.Any, t.Any]) -> None:
    row = dict(every_field())[path]
    for value in pair:
        assert row.low is None or value >= row.low
        assert row.high is None or value <= row.high
        assert not row.choices or value in row.choices
    if row.low is not None and row.high is not None:
        assert {row.low, row.high} == set(pair)

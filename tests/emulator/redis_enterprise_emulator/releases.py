# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release history: what each release added and removed, and the source of each fact.

A release has everything that changes up to its own added and none of them removed since; so a correction that was
backported stands here once for each branch. A name that no change mentions exists in all releases. Names are written

    GET /v2/actions                 a route
    node.second_rack_id             a member of an object
    maintenance_on(evict_dbs)       an option of an action
    !lag check                      a behaviour

The table of a database's fields (bdb_schema) has the first release of each field. Sources: "live" is a capture of a
real cluster of the named build; "notes" are the vendor's release notes of the build; "doc" is the first edition of the
vendor's reference that has it; "inferred" is our reading. Where a capture is the only source, the captured release is
the first that is known, not necessarily the first that there was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from .versions import Version


@dataclass(frozen=True)
class Change:
    """One release or build: the names that it added and removed."""

    release: Version
    source: str
    added: str = ""  # one name a line, or several parted by commas
    removed: str = ""


HISTORY: tuple[Change, ...] = (
    Change(
        (6, 4, 2, 43),
        "notes",
        "cluster.envoy_admin_port, cluster.envoy_mgmt_server_port, cluster.gossip_envoy_admin_port",
    ),
    Change(
        (7, 2, 4, 52),
        "doc: edition of August 2023; the licence's limits: doc, as of 7.2",
        "cluster.bigstore_driver, cluster.use_external_ipv6, policy.resp3_default\n"
        "redis_acl.min_version, redis_acl.max_version\n"
        "license.ram_shards_limit, license.flash_shards_limit",
        "node.bigstore_driver",
    ),
    Change(
        (7, 2, 4, 64),
        "notes; doc: edition of September 2023",
        "license.ram_shards_in_use, license.flash_shards_in_use, cluster.reserved_ports, node.os_family",
    ),
    Change((7, 2, 4, 92), "notes", "module.capability_name"),
    Change(
        (7, 4, 2, 54),
        "notes; members: doc, February 2024; change_master: doc, edition 7.4; master_healthcheck: live on 7.4.6",
        "GET /v1/actions/bdb/{uid}\n"
        "GET /v1/nodes/{uid}/snapshots, DELETE /v1/nodes/{uid}/snapshots/{name}\n"
        "GET /v1/local/node/master_healthcheck\n"
        "maintenance_on(overwrite_snapshot), maintenance_on(evict_ha_replica)\n"
        "maintenance_on(evict_active_active_replica), maintenance_on(evict_dbs)\n"
        "!one maintenance snapshot, !progress is a float, !action change_master\n"
        "node.use_internal_ipv6, cluster.crdb_coordinator_port, policy.auto_recovery\n"
        "cluster.control_cipher_suites_tls_1_3, cluster.data_cipher_suites_tls_1_3\n"
        "cluster.sentinel_cipher_suites_tls_1_3, cluster.sentinel_tls_mode",
    ),
    Change((7, 4, 6, 22), "doc: the page's example is of this build", "node_status.maintenance_snapshot"),
    Change(
        (7, 8, 2, 34),
        "notes; taking a snapshot: live on 7.8.6 and not on 7.4.6; RS123645 for the rules",
        "GET /v1/bdbs/{uid}/availability, GET /v1/local/bdbs/{uid}/endpoint/availability\n"
        "POST /v1/nodes/{uid}/snapshots/{name}\n"
        "!sharding needs rules, !role user_manager\n"
        "node.bigstore_enabled, cluster.password_min_length, module.compatible_redis_version\n"
        "policy.default_recovery_wait_time, policy.default_tracking_table_max_keys_policy\n"
        "policy.default_oss_sharding, policy.repl_diskless",
    ),
    Change(
        (7, 8, 4, 18),
        "notes",
        "!certificate authentication, !dry run of Redis ACLs\n"
        "cluster.mtls_certificate_authentication, cluster.mtls_authorized_subjects\n"
        "cluster.mtls_client_cert_subject_validation_type",
    ),
    Change((7, 8, 6, 13), "notes", "cluster.password_hashing_algorithm"),
    Change((7, 8, 6, 119), "notes, RS122458", "!skipped restoring deletes the snapshot"),
    Change((7, 22, 0, 0), "notes: mended in this branch later", removed="!skipped restoring deletes the snapshot"),
    Change(
        (7, 22, 0, 95),
        "notes, RS94080 and RS142296; members: doc, edition 7.22",
        "GET /v2/actions, GET /v2/actions/{uid}\n"
        "!update with action needs no body, !empty module_list is refused\n"
        "node.second_rack_id, node.max_redis_forks, node.max_slave_full_syncs\n"
        "cluster.logrotate_settings, cluster.multi_commands_opt, cluster.robust_crdt_syncer\n"
        "policy.default_oss_cluster, policy.default_bigstore_version",
    ),
    Change(
        (7, 22, 0, 216),
        "notes, RS122458 and RS152761",
        "!skipped restoring deletes the snapshot, !local availability is 503",
    ),
    Change((7, 22, 2, 14), "notes, RS162972", "!certificates on every node"),
    Change((7, 22, 2, 79), "notes, RS182423", "!availability on every node"),
    Change((7, 22, 2, 170), "live", "cluster.availability_api"),
    Change(
        (8, 0, 0, 0),
        "notes: mended in this branch later; live: not in an early build of 8.0",
        removed="!availability on every node, cluster.availability_api",
    ),
    Change(
        (8, 0, 2, 17),
        "notes, RS162290; members: doc, edition 8.0, and live on 8.0.20",
        "!lag check, !provisional memory at the shard limit\n"
        "cluster.availability_lag_tolerance_ms, cluster.mask_bdb_credentials, cluster.client_maint_notifications\n"
        "cluster.crdt_supported_featureset_version_map, cluster.crdt_supported_protocol_versions_map\n"
        "cluster.disconnect_clients_on_password_removal, cluster.replica_sconns_on_demand, cluster.metrics_auth\n"
        "cluster.dmc_external_authentication, cluster.dmc_external_cba_authentication\n"
        "cluster.dmc_external_entraid_authentication, cluster.dmc_external_ldap_authentication\n"
        "policy.filter_node_wd_health_metrics",
    ),
    Change((8, 0, 10, 64), "notes, RS182423", "!availability on every node"),
    Change(
        (8, 0, 16, 29),
        "notes; the path of the database's report: doc, openapi.json against the notes, see the settings",
        "GET /v4/cluster/health, GET /v4/db/{uid}/health, GET /v4/bdb/{uid}/health\n"
        "cluster.state_machine_smart_client_handoffs_delay_ms",
    ),
    Change((8, 0, 20, 19), "notes", "cluster.crdt_supported_module_featureset_version_map"),
    Change(
        (8, 0, 20, 68),
        "live",
        "shard.actual_role, shard.marked_for_removal, cluster.availability_api\n"
        "cluster.client_eviction, cluster.clusterset_on_topology_changed, cluster.grpc_cluster_wd\n"
        "cluster.oss_cluster_client_maint_notifications, cluster.pdns_server_type, cluster.redis_flex_multitenant\n"
        "cluster.shared_strings_enabled, cluster.streamlined_translation, cluster.usage_report_fields\n"
        "cluster.use_grpc_syncer_communication, cluster.uuid",
    ),
    Change(
        (8, 2, 0, 25),
        "notes for roles and uploads and use_ipv6; live",
        "!roles for some databases, node.node_guardrails_ingress_throttling_worker_limit_ops_per_sec\n"
        "cluster.allow_modules_upload, cluster.asm_client_maint_notifications\n"
        "cluster.control_plane_basic_authentication, cluster.grpc_gossip, cluster.grpc_gossip_only\n"
        "cluster.grpc_info_provider, cluster.state_machine_smart_client_handoffs_asm_delay_ms",
        "cluster.use_ipv6",
    ),
)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for line in text.splitlines() for name in line.split(",") if name.strip())


@cache
def known_names() -> dict[str, Change]:
    """Every name of the history, with the change that names it first."""
    found: dict[str, Change] = {}
    for change in HISTORY:
        for name in _names(change.added) + _names(change.removed):
            found.setdefault(name, change)
    return found


@dataclass(frozen=True)
class Release:
    """One release: which names of the history it has."""

    version: Version

    @cached_property
    def _lacks(self) -> frozenset[str]:
        lacking = {name for change in HISTORY for name in _names(change.added)}
        for change in HISTORY:
            if change.release <= self.version:
                lacking.difference_update(_names(change.added))
                lacking.update(_names(change.removed))
        return frozenset(lacking)

    def has_route(self, method: str, path: str) -> bool:
        return f"{method} {path.replace(':int}', '}')}" not in self._lacks

    def has_option(self, action: str, option: str) -> bool:
        return f"{action}({option})" not in self._lacks

    def does(self, behaviour: str) -> bool:
        """Whether it has a behaviour of the history; a misspelt name is an error."""
        if f"!{behaviour}" not in known_names():
            raise KeyError(behaviour)
        return f"!{behaviour}" not in self._lacks

    def shown(self, kind: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members that an object of this kind has on this release."""
        return {name: value for name, value in members.items() if f"{kind}.{name}" not in self._lacks}

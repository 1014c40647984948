# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error that creating, changing or deleting a database can answer, with its status.

The codes are those of the vendor's tables for POST /v1/bdbs and PUT /v1/bdbs/{uid}. The tables give each code one
sentence and no status; the pages' status codes are 403, 404, 406 and 409, so that 406 stands wherever the text does not
speak of a conflict. Which request provokes a code is written down with it: "doc" where the sentence or another page of
the reference says it, "inferred" where it is our reading.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ApiError


@dataclass(frozen=True)
class Refusal:
    """What stands behind an error code."""

    status: int
    trigger: str
    source: str = "doc"


REFUSALS: dict[str, Refusal] = {
    # Both tables
    "rack_awareness_violation": Refusal(406, "rack_aware with fewer than two racks; or, in a PUT, no rack awareness"),
    "invalid_certificate": Refusal(
        406, "a certificate that is no PEM; or client authentication with TLS on and no certificate (inferred)"
    ),
    "certificate_expired": Refusal(406, "the end of a certificate's validity lies before now"),
    "duplicated_certs": Refusal(406, "the same certificate twice in one list"),
    "insufficient_resources": Refusal(
        406, "more than 512 shards, or than the licence allows; more memory than is free; too little for its shards"
    ),
    "bad_shards_blueprint": Refusal(
        406,
        "shards_blueprint or recovery plan does not fit the shards; in a PUT also sharding turned off, shards taken "
        "away or not multiplied, another hashing policy without a flush",
        "inferred",
    ),
    "replication_violation": Refusal(406, "crdt without replication"),
    "eviction_policy_violation": Refusal(406, "an LFU policy with a version below 4, so also with memcached"),
    "invalid_oss_cluster_configuration": Refusal(
        406, "oss_cluster without sharding, with proxy policy single, legacy hash slots, own rules or time series"
    ),
    "missing_backup_interval": Refusal(406, "backup without backup_interval in a POST; with none or 0 in a PUT"),
    "invalid_proxy_policy": Refusal(406, "proxy_policy is none of the three"),
    "invalid_bdb_tags": Refusal(406, "two tags with the same key"),
    "unsupported_module_capabilities": Refusal(
        406, "a module without the capability (crdb, flash, clustering, …) that the configuration needs"
    ),
    "redis_acl_unsupported": Refusal(406, "roles_permissions for memcached, or for a version below 6", "inferred"),
    # Creation only
    "uid_exists": Refusal(409, "the uid is another database's"),
    "missing_db_name": Refusal(406, "no name, or an empty one"),
    "missing_memory_size": Refusal(406, "no memory_size"),
    "missing_module": Refusal(406, "module_list names a module that the cluster does not have"),
    "port_unavailable": Refusal(
        406, "the port is reserved, below 1024 or one of the shards' (20000-29999; inferred), or another database's"
    ),
    "invalid_sharding": Refusal(
        406, "several shards without sharding; sharding with an empty or unusable shard_key_regex", "inferred"
    ),
    "not_rack_aware": Refusal(406, "rack_aware in a cluster that is not"),
    "invalid_version": Refusal(406, "version or redis_version is not bundled with the release, or they disagree"),
    "busy": Refusal(409, "the database is in the middle of another change"),
    "invalid_data_persistence": Refusal(
        406, "an unknown policy; snapshot without snapshot_policy; any persistence for memcached (inferred)"
    ),
    "invalid_sasl_credentials": Refusal(
        406, "memcached without SASL name or password; forbidden characters in the name", "inferred"
    ),
    "invalid_replication": Refusal(406, "replication with fewer than two nodes"),
    "memcached_cannot_use_modules": Refusal(406, "type memcached with a module_list"),
    "license_expired": Refusal(403, "the licence is over (status: doc, code: inferred)"),
    # Updates only
    "not_supported_action_on_crdt": Refusal(406, "reset_admin_pass for a crdt database"),
    "name_violation": Refusal(406, "another name for a crdt database"),
    "replication_node_violation": Refusal(406, "replication with fewer than two nodes"),
    "replication_size_violation": Refusal(406, "less than 1 MiB for each shard and replica", "inferred"),
    "crdt_sharding_violation": Refusal(406, "sharding turned on for a crdt database that has none"),
    "invalid_action": Refusal(
        400,
        "an action that is neither flush nor reset_admin_pass; over the API that is an unknown path (live)",
        "inferred",
    ),
    # Not in the tables
    "invalid_schema": Refusal(
        400, "unknown field, wrong type, value out of range (code as on the OCSP page)", "inferred"
    ),
    "invalid_param": Refusal(406, "another value for a field that is read-only or set at creation only", "inferred"),
    "internal_bdb": Refusal(403, "DELETE of an internal database (status: doc, code: inferred)"),
    "bdb_not_active": Refusal(409, "DELETE of a database that is not active (status: doc, code: inferred)"),
}


def refuse(code: str, description: str) -> ApiError:
    return ApiError(REFUSALS[code].status, code, description)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about each error code with which the cluster refuses a database, in a sentence beside the server's own."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError

# Codes that creations and updates share.
_BOTH: t.Mapping[str, str] = {
    "rack_awareness_violation": (
        "Rack awareness cannot be kept: set rack_aware to false, or give the nodes rack ids so that enough of them are "
        "in different racks."
    ),
    "invalid_certificate": (
        "A client certificate is missing or is no PEM: correct authentication_ssl_client_certs (or "
        "authentication_ssl_crdt_certs), or set enforce_client_authentication to disabled."
    ),
    "certificate_expired": (
        "A client certificate has expired: replace it in authentication_ssl_client_certs (or "
        "authentication_ssl_crdt_certs) by one that is valid."
    ),
    "duplicated_certs": (
        "A client certificate is listed more than once: keep it only once in authentication_ssl_client_certs (or "
        "authentication_ssl_crdt_certs)."
    ),
    "bad_shards_blueprint": (
        "The shards cannot be laid out like this: make shards_blueprint (or recovery_plan) cover every slot once, with "
        "one part for each of shards_count, and change shards_count only to a multiple of the present one."
    ),
    "replication_violation": "An Active-Active database must be replicated: set replication to true.",
    "eviction_policy_violation": (
        "This eviction_policy needs a database of Redis 4 or later: choose one without LFU, or a later redis_version."
    ),
    "invalid_oss_cluster_configuration": (
        "oss_cluster needs sharding with the default shard_key_regex, hash_slots_policy 16k, and proxy_policy "
        "all-master-shards or all-nodes: set these, or set oss_cluster to false."
    ),
    "missing_backup_interval": "backup is on, but backup_interval is missing: set it to a number of seconds.",
    "invalid_proxy_policy": "proxy_policy has no such value: set it to single, all-master-shards or all-nodes.",
    "invalid_bdb_tags": "Two tags have the same key: keep one tag for each key.",
    "unsupported_module_capabilities": (
        "A module of this database does not support what is asked for: leave the module out of module_list, or the "
        "option that it does not support."
    ),
    "redis_acl_unsupported": (
        "This database does not support ACLs: leave roles_permissions out, or use type redis and a redis_version of at "
        "least 6.0."
    ),
}

_CREATION: t.Mapping[str, str] = {
    **_BOTH,
    "uid_exists": "The uid belongs to another database: choose another uid, or leave it out.",
    "missing_db_name": "A new database needs a name: set name.",
    "missing_memory_size": "A new database needs a size: set memory_size.",
    "missing_module": (
        "A module is not installed in the cluster: correct its name in module_list, or install the module first."
    ),
    "port_unavailable": (
        "The port is reserved or in use: choose another port, or leave it out so that the cluster chooses one."
    ),
    "invalid_sharding": (
        "The sharding is not complete: with more than one of shards_count set sharding to true, and give each "
        "shard_key_regex a group named tag."
    ),
    "not_rack_aware": "The cluster is not rack-aware: set rack_aware to false, or make the cluster rack-aware first.",
    "invalid_version": (
        "The cluster has no such version of Redis: set redis_version to one of the supported_database_versions of its "
        "nodes, or leave it out."
    ),
    "busy": "Another request works on the same database: try again when it has ended, or give a longer wait_timeout.",
    "invalid_data_persistence": (
        "The persistence is not complete: data_persistence snapshot needs a snapshot_policy, and a database of type "
        "memcached can have none."
    ),
    "invalid_sasl_credentials": (
        "A database of type memcached needs authentication_sasl_uname, without any of & < > and double quotes, and "
        "authentication_sasl_pass: set both."
    ),
    "invalid_replication": (
        "There are not enough nodes to replicate to: set replication to false, or add nodes that can hold shards."
    ),
    "insufficient_resources": (
        "The cluster has not enough resources for this database: lower memory_size or shards_count, free memory or "
        "add nodes, or see which number of shards the license allows."
    ),
    "memcached_cannot_use_modules": "A database of type memcached cannot have modules: leave module_list out.",
    "wrong_cluster_state_id": (
        "The cluster has changed between reading it and the request, again and again: run the task again when less "
        "is going on."
    ),
}

_UPDATE: t.Mapping[str, str] = {
    **_BOTH,
    "insufficient_resources": (
        "The database cannot grow like this: lower shards_count or memory_size, free memory or add nodes, or see which "
        "number of shards the license allows."
    ),
    "not_supported_action_on_crdt": (
        "The admin password of an Active-Active database cannot be reset here: leave action reset_admin_pass out."
    ),
    "name_violation": "An Active-Active database cannot be renamed: set name to the present one.",
    "replication_node_violation": (
        "There are not enough nodes to replicate to: set replication to false, or add nodes that can hold shards."
    ),
    "replication_size_violation": (
        "The memory limit is too small for replication: set a greater memory_size, or replication to false."
    ),
    "crdt_sharding_violation": (
        "An Active-Active database that was created without sharding cannot get it: leave sharding out, or create a "
        "new database with it."
    ),
    "busy": _CREATION["busy"],
}

_NOT_FOUND = "Something that the request names, such as a role or an ACL, does not exist: correct the option."
_BY_STATUS: t.Mapping[int, str] = {
    400: "The cluster does not understand the request: a field or value may be unknown to its release.",
    404: f"{_NOT_FOUND} Or the database does not exist any more: run the task again to create it.",
    406: "The cluster does not accept this configuration: correct the option that it names.",
    409: "The database is busy with another change: try again when it has ended, or give a longer wait_timeout.",
}


def codes(*, creation: bool) -> t.Mapping[str, str]:
    """Every error code of the reference, with its sentence."""
    return _CREATION if creation else _UPDATE


def advice(error: ApiError, *, creation: bool) -> str | None:
    """What the user should change; None where the error's own message says it (wrong password, missing licence)."""
    by_status = {**_BY_STATUS, 404: _NOT_FOUND} if creation else _BY_STATUS
    return codes(creation=creation).get(error.error_code) or by_status.get(error.status)

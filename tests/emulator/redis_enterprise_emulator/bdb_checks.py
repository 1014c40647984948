# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that span several fields, for creation and update alike.

A rule names the fields that it reads. An update runs only the rules of which a field changes, so that a database is
not refused a new name because a node has gone in the meantime. Where the rules come from stands in bdb_errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .bdb_certs import check_certificates
from .bdb_errors import refuse
from .bdb_modules import check_capabilities
from .bdb_nested import LOCATION_NEEDS, SASL_NAME_PATTERN
from .bdb_schema import DEFAULT_SHARD_KEY_REGEX
from .bdb_view import Case, major, memory_needed, shards_needed

MAX_SHARDS = 512
MIN_SHARD_MEMORY = 1024 * 1024  # for each master and replica (inferred)
SHARD_PORTS = range(20000, 30000)
_CERTIFICATES = ("authentication_ssl_client_certs", "authentication_ssl_crdt_certs")


def _crdt(case: Case) -> None:
    if not case.value("crdt"):
        return
    if not case.value("replication"):
        raise refuse("replication_violation", "A CRDT database must use replication: set replication to true.")
    if not case.creating and case.value("name") != case.before("name"):
        raise refuse("name_violation", "The name of a CRDT database cannot be changed.")
    if not case.creating and case.value("sharding") and not case.before("sharding"):
        raise refuse("crdt_sharding_violation", "A CRDT database created without sharding cannot be changed to use it.")


def _sharding(case: Case) -> None:
    if not case.value("sharding"):
        if case.before("sharding"):
            raise refuse("bad_shards_blueprint", "Sharding cannot be turned off.")
        if case.value("shards_count") > 1:
            raise case.refuse("invalid_sharding", "bad_shards_blueprint", "Several shards need sharding set to true.")
        return
    rules = case.value("shard_key_regex")
    if not rules:
        raise case.refuse("invalid_sharding", "bad_shards_blueprint", "Sharding needs at least one shard_key_regex.")
    for rule in rules:
        if not _usable(str(rule.get("regex", ""))):
            raise case.refuse(
                "invalid_sharding",
                "bad_shards_blueprint",
                "Each shard_key_regex needs a valid regex with a group 'tag'.",
            )


def _usable(regex: str) -> bool:
    """The rules are written in the PCRE dialect: (?<tag>…) for Python's (?P<tag>…)."""
    try:
        compiled = re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", regex))
    except re.error:
        return False
    return "tag" in compiled.groupindex


def _hashing_policy(case: Case) -> None:
    if case.creating or not case.before("sharding") or case.action == "flush":
        return
    for name in ("shard_key_regex", "hash_slots_policy"):
        if case.value(name) != case.before(name):
            raise refuse("bad_shards_blueprint", f"{name} can be changed only together with the action flush.")


def _shards_count(case: Case) -> None:
    count = case.value("shards_count")
    if count > MAX_SHARDS:
        raise refuse("insufficient_resources", f"{count} shards exceed the limit of {MAX_SHARDS} for a database.")
    if case.creating:
        return
    before = case.before("shards_count")
    if count < before:
        raise refuse("bad_shards_blueprint", f"The number of shards cannot be reduced from {before} to {count}.")
    if count % before:
        raise refuse("bad_shards_blueprint", f"The number of shards can grow only to a multiple of {before}.")


def _licence(case: Case) -> None:
    limit = case.view.shards_limit
    more = shards_needed(case.bdb) - (0 if case.current is None else shards_needed(case.current))
    if limit is not None and more > 0 and case.view.shards_in_use + more > limit:
        raise refuse(
            "insufficient_resources",
            f"The licence allows {limit} shards; {case.view.shards_in_use} are in use and {more} more are needed.",
        )


def _memory(case: Case) -> None:
    more = memory_needed(case.bdb) - (0 if case.current is None else memory_needed(case.current))
    if more > 0 and more > case.view.free_memory:
        raise refuse(
            "insufficient_resources", f"{more} more bytes of memory are needed and {case.view.free_memory} are free."
        )
    size, shards = case.value("memory_size"), shards_needed(case.bdb)
    if size and size < MIN_SHARD_MEMORY * shards:
        code = "replication_size_violation" if case.value("replication") else "insufficient_resources"
        raise case.refuse(
            "insufficient_resources", code, f"memory_size {size} is too small for {shards} shards and replicas."
        )


def _replication(case: Case) -> None:
    if case.value("replication") and case.view.node_count < 2:
        raise case.refuse(
            "invalid_replication", "replication_node_violation", "Replication needs two nodes that can hold shards."
        )


def _racks(case: Case) -> None:
    if not case.value("rack_aware"):
        return
    if not case.view.rack_aware:
        raise case.refuse("not_rack_aware", "rack_awareness_violation", "The cluster is not rack-aware.")
    if case.view.racks < 2:
        raise refuse("rack_awareness_violation", "A rack-aware database needs nodes in two racks.")


def _blueprint(case: Case) -> None:
    blueprint = case.body.get("shards_blueprint")
    if blueprint is None:
        return
    roles = ["master", "slave"] if case.value("replication") else ["master"]
    for part in blueprint:
        nodes = [node["node_uid"] for node in part["nodes"]]
        if sorted(node["role"] for node in part["nodes"]) != roles or len(set(nodes)) != len(nodes):
            raise refuse(
                "bad_shards_blueprint", f"Each part of shards_blueprint needs {' and '.join(roles)}, a node each."
            )
    check_slots([part["slot_range"] for part in blueprint], case.value("shards_count"), "shards_blueprint")


def check_slots(ranges: list[str], shards_count: int, what: str) -> None:
    """A range for each shard, and together every hash slot once."""
    if len(ranges) != shards_count:
        raise refuse("bad_shards_blueprint", f"{what} has {len(ranges)} parts for {shards_count} shards.")
    expected = 0
    for first, last in sorted((int(first), int(last)) for first, last in (text.split("-") for text in ranges)):
        if first != expected or last < first:
            raise refuse("bad_shards_blueprint", f"{what} does not cover slot {expected} exactly once.")
        expected = last + 1
    if expected != 16384:
        raise refuse("bad_shards_blueprint", f"{what} does not cover the slots 0-16383.")


def _oss_cluster(case: Case) -> None:
    if not case.value("oss_cluster"):
        return
    modules = {entry.get("module_name") for entry in case.value("module_list")}
    problems = {
        "sharding has to be true": not case.value("sharding"),
        "proxy_policy has to be all-master-shards or all-nodes": case.value("proxy_policy") == "single",
        "hash_slots_policy has to be 16k": case.value("hash_slots_policy") == "legacy",
        "shard_key_regex has to be the default": case.value("shard_key_regex") != list(DEFAULT_SHARD_KEY_REGEX),
        # Redis 8 brings time series into every database, so there it cannot be an obstacle. (inferred)
        "the module timeseries is not supported": "timeseries" in modules and major(case.bdb) < 8,
    }
    for problem, there in problems.items():
        if there:
            raise refuse("invalid_oss_cluster_configuration", f"For the OSS Cluster API {problem}.")


def _eviction(case: Case) -> None:
    policy = case.value("eviction_policy")
    if policy.endswith("-lfu") and major(case.bdb) < 4:
        raise refuse("eviction_policy_violation", f"{policy} is not supported by database versions below 4.")
    if policy.endswith("-lrm") and case.view.version < (8, 0, 0):
        raise refuse("invalid_schema", f"eviction_policy: '{policy}' is known from release 8.0 on.")


def _persistence(case: Case) -> None:
    policy = case.value("data_persistence")
    if policy == "snapshot" and not case.value("snapshot_policy"):
        raise refuse("invalid_data_persistence", "data_persistence snapshot needs a snapshot_policy.")
    if policy != "disabled" and case.value("type") == "memcached":
        raise refuse("invalid_data_persistence", "A memcached database cannot be persisted.")


def _backup(case: Case) -> None:
    given = case.body if case.creating else case.bdb  # the default interval is no choice of a schedule (inferred)
    if case.value("backup") and not given.get("backup_interval"):
        raise refuse("missing_backup_interval", "backup is on: set backup_interval too.")
    location = case.value("backup_location")
    if location:
        kind = location.get("type", "")
        missing = [name for name in LOCATION_NEEDS.get(kind, ("type",)) if not location.get(name)]
        if missing:
            raise refuse("invalid_schema", f"backup_location of type '{kind}' needs {', '.join(missing)}.")


def _tags(case: Case) -> None:
    keys = [tag["key"] for tag in case.value("tags") or []]
    for key in keys:
        if keys.count(key) > 1:
            raise refuse("invalid_bdb_tags", f"Two tags have the key '{key}'.")


def _certificates(case: Case) -> None:
    for name in _CERTIFICATES:
        check_certificates(case.value(name), name, case.view.now)
    # Nobody asks for enforcement when the field is absent, whatever its default is. (inferred)
    enforced = case.value("enforce_client_authentication") == "enabled" and case.value("tls_mode") == "enabled"
    if enforced and not any(case.value(name) for name in _CERTIFICATES):
        raise refuse("invalid_certificate", "Client authentication is enforced: give authentication_ssl_client_certs.")


def _acl(case: Case) -> None:
    if case.value("roles_permissions") and (case.value("type") == "memcached" or 0 < major(case.bdb) < 6):
        raise refuse("redis_acl_unsupported", "Redis ACL is not supported for this database: no roles_permissions.")


def _sasl(case: Case) -> None:
    name, password = case.value("authentication_sasl_uname"), case.value("authentication_sasl_pass")
    if not re.fullmatch(SASL_NAME_PATTERN, name):
        raise refuse("invalid_sasl_credentials", 'authentication_sasl_uname cannot have any of & < > ".')
    if case.value("type") == "memcached" and not (name and password):
        raise refuse(
            "invalid_sasl_credentials", "memcached needs authentication_sasl_uname and authentication_sasl_pass."
        )


def _port(case: Case) -> None:
    port = case.value("port")
    if not case.creating or port == 0:
        return
    if port < 1024 or port in SHARD_PORTS or port in case.view.reserved_ports:
        raise refuse("port_unavailable", f"Port {port} is reserved.")
    for other in case.view.bdbs:
        if port in ports_of(other):
            raise refuse("port_unavailable", f"Port {port} is in use by database {other.get('uid')}.")


def ports_of(bdb: Mapping[str, Any]) -> set[int]:
    """The port that was asked for and those of the endpoints; 0 is none."""
    return {bdb.get("port", 0), *(endpoint.get("port", 0) for endpoint in bdb.get("endpoints", []))} - {0}


@dataclass(frozen=True)
class Rule:
    check: Callable[[Case], None]
    fields: frozenset[str]


def _rule(check: Callable[[Case], None], *fields: str) -> Rule:
    return Rule(check, frozenset(fields))


RULES = (
    _rule(_crdt, "crdt", "replication", "name", "sharding"),
    _rule(_eviction, "eviction_policy"),
    _rule(_sharding, "sharding", "shards_count", "shard_key_regex"),
    _rule(_hashing_policy, "shard_key_regex", "hash_slots_policy"),
    _rule(_shards_count, "shards_count"),
    _rule(_blueprint, "shards_blueprint"),
    _rule(_replication, "replication"),
    _rule(_racks, "rack_aware", "replication"),
    _rule(_oss_cluster, "oss_cluster", "sharding", "proxy_policy", "hash_slots_policy", "shard_key_regex"),
    _rule(_persistence, "data_persistence", "snapshot_policy"),
    _rule(_backup, "backup", "backup_interval", "backup_location"),
    _rule(_tags, "tags"),
    _rule(_certificates, *_CERTIFICATES, "enforce_client_authentication", "tls_mode"),
    _rule(_acl, "roles_permissions"),
    _rule(_sasl, "authentication_sasl_uname", "authentication_sasl_pass"),
    _rule(_port, "port"),
    _rule(
        check_capabilities,
        *("module_list", "sharding", "replica_sources", "backup", "data_persistence", "eviction_policy"),
        "data_internode_encryption",
    ),
    _rule(_licence, "shards_count", "replication"),
    _rule(_memory, "memory_size", "replication", "shards_count", "bigstore_ram_size"),
)


def check_rules(case: Case, changed: set[str]) -> None:
    for rule in RULES:
        if case.creating or not changed.isdisjoint(rule.fields):
            rule.check(case)

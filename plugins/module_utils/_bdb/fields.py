# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of BDB fields, first part: what a database is, where it lies, and who may use it.

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
    flag,
    names,
    objects,
    record,
    secret,
    size,
    text,
    whole,
    word,
)
from . import nested_fields as nested
from . import sync_fields as more

_RECREATE = "It is set once, at creation: create a new database with it and move the data, or leave the option out."
_UPGRADE = "It changes only by an upgrade of the database (rladmin upgrade db): leave the option out or upgrade first."
_FLUSH = "The keys lie in shards by the old rule: set action to flush as well, which deletes all data, or leave it out."

IDENTITY = (
    text("name"),
    whole("uid", settable=Settable.AT_CREATION, way_out=_RECREATE),
    word("type", "redis", "redis", "memcached", settable=Settable.AT_CREATION, way_out=_RECREATE),
    whole("port", settable=Settable.AT_CREATION, compare=Compare.PORT, way_out=_RECREATE),
    text("redis_version", settable=Settable.AT_CREATION, compare=Compare.VERSION, way_out=_UPGRADE),
    text("version", settable=Settable.AT_CREATION, compare=Compare.VERSION, way_out=_UPGRADE),
    objects(
        "module_list",
        *nested.MODULE,
        compare=Compare.INCLUDES,
        key="module_name",
        settable=Settable.AT_CREATION,
        way_out=_RECREATE,
    ),
    flag("auto_upgrade", False),
    objects("tags", *nested.TAG, compare=Compare.BY_KEY, key="key"),
    whole("account_id"),
    flag("email_alerts", False),
    flag("metrics_export_all", False),
)

SPACE = (
    size("memory_size", 0),
    flag("replication", False),
    flag("sharding", False),
    whole("shards_count", 1, low=1, high=512),
    objects(
        "shard_key_regex",
        *nested.SHARD_KEY_REGEX,
        compare=Compare.PLAIN,
        settable=Settable.WITH_FLUSH,
        way_out=_FLUSH,
    ),
    word("hash_slots_policy", None, "legacy", "16k", settable=Settable.WITH_FLUSH, way_out=_FLUSH),
    flag("implicit_shard_key", False),
    word("shards_placement", None, "dense", "sparse"),
    objects("shards_blueprint", *nested.SHARDS_BLUEPRINT, compare=Compare.PLAIN, settable=Settable.WRITE_ONLY),
    names("avoid_nodes"),
    names("use_nodes"),
    flag("rack_aware", False),
    flag("oss_sharding", False),
    flag("auto_shards_balancing", False, since="8.0.2"),
    whole("auto_shards_balancing_grace_period", 120, since="8.0.2"),
    Field("shard_imbalance_threshold", Kind.NUMBER, 314572800, since="8.0.2"),
    whole("shard_imbalance_threshold_percentage", 20, since="8.0.2"),
    # That these two are set once is our reading: the reference only ever speaks of creating databases with them.
    flag("bigstore", False, settable=Settable.AT_CREATION, way_out=_RECREATE),
    size("bigstore_ram_size", 0),
    objects("bigstore_ram_weights", *nested.RAM_WEIGHT, compare=Compare.BY_KEY, key="shard_uid"),
    whole(
        "bigstore_version",
        1,
        low=1,
        high=2,
        since="7.22",
        settable=Settable.AT_CREATION,
        way_out=_RECREATE,
    ),
    flag("search_on_bigstore", False, since="8.0.18"),
)

PERSISTENCE = (
    word("data_persistence", "disabled", "disabled", "aof", "snapshot"),
    word("aof_policy", "appendfsync-every-sec", "appendfsync-every-sec", "appendfsync-always"),
    objects("snapshot_policy", *nested.SNAPSHOT_POLICY),
    flag("master_persistence", False),
    size("max_aof_file_size"),  # 300 GB, but 150 GB for a database on flash
    whole("max_aof_load_time", 3600),
    whole("recovery_wait_time", -1, low=-1),
    flag("backup", False),
    whole("backup_interval"),
    whole("backup_interval_offset"),
    whole("backup_history", 0),
    record("backup_location", *nested.BACKUP_LOCATION, compare=Compare.WHOLE),
    objects("dataset_import_sources", *nested.IMPORT_SOURCE, compare=Compare.PLAIN, settable=Settable.WRITE_ONLY),
    word("skip_import_analyze", "disabled", "enabled", "disabled"),
)

EVICTION_AND_MEMORY = (
    word(
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
    word("activedefrag", "no", "yes", "no", since="7.22"),
    whole("active_defrag_cycle_max", 25, low=1, high=99, since="7.22"),
    whole("active_defrag_cycle_min", 1, low=1, high=99, since="7.22"),
    size("active_defrag_ignore_bytes", "100mb", since="7.22"),
    whole("active_defrag_max_scan_fields", 1000, since="7.22"),
    whole("active_defrag_threshold_lower", 10, low=0, high=1000, since="7.22"),
    whole("active_defrag_threshold_upper", 100, low=0, high=1000, since="7.22"),
    whole("tracking_table_max_keys", low=0, since="7.8.2"),
)

ACCESS = (
    secret(
        "authentication_redis_pass",
        "",
        deprecated="7.2",
        instead="the request PUT /v1/bdbs/{uid}/passwords, for several passwords",
    ),
    secret("authentication_admin_pass"),
    text("authentication_sasl_uname", ""),
    secret("authentication_sasl_pass", ""),
    flag("default_user", True),
    flag("disconnect_clients_on_password_removal", False, since="8.0.2"),
    objects("roles_permissions", *nested.ROLE_PERMISSION),
    text("disabled_commands", ""),
    word("tls_mode", "disabled", "enabled", "disabled", "replica_ssl"),
    flag("ssl", False, deprecated="5.0.1", successor=("tls_mode",)),
    word("enforce_client_authentication", "enabled", "enabled", "disabled"),
    objects("authentication_ssl_client_certs", *nested.CLIENT_CERT),
    objects("authentication_ssl_crdt_certs", *nested.CLIENT_CERT),
    word("client_cert_subject_validation_type", "disabled", "disabled", "san_cn", "full_subject"),
    objects("authorized_subjects", *nested.SUBJECT, since="6.4.2"),
    names("authorized_names", deprecated="6.4.2", successor=("authorized_subjects",)),
    flag("mtls_allow_outdated_certs", False),
    flag("mtls_allow_weak_hashing", False),
    flag("data_internode_encryption"),
    record("audit_settings", *nested.AUDIT, since="8.2"),
    flag("db_conns_auditing", False, deprecated="8.2", successor=("audit_settings.audit_mode",)),
)

ROWS = (*IDENTITY, *SPACE, *PERSISTENCE, *EVICTION_AND_MEMORY, *ACCESS, *more.ROWS)
FIELDS: t.Mapping[str, Field] = {row.name: row for row in ROWS}
RECOVERY_PLAN = record("recovery_plan", *nested.RECOVERY_PLAN)  # beside the database in the request, not a field of it


def field(name: str) -> Field:
    """The row of a field. One that is not in the table can be set; it is hidden if it sounds like a password."""
    known = FIELDS.get(name)
    return known or Field(name, typed=False, compare=Compare.SECRET if name.endswith("_pass") else Compare.PLAIN)

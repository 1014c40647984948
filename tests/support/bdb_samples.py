# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two values for each field of a database that can be set, and what else must be set for them to be accepted."""

from __future__ import annotations

import datetime
import typing as t

import trustme

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Field, Kind

GB = 1024**3
REGEX = [{"regex": r".*\{(?<tag>.*)\}.*"}, {"regex": "(?<tag>.*)"}]
OTHER_REGEX = [{"regex": "(?<tag>.{3}).*"}]
_AUTHORITY = trustme.CA()


def certificate(name: str, not_after: datetime.datetime | None = None) -> str:
    return _AUTHORITY.issue_cert(name, not_after=not_after).cert_chain_pems[0].bytes().decode()


PEM, OTHER_PEM = certificate("one.test"), certificate("two.test")
_PLACE = {"type": "mount_point", "path": "/mnt/backup"}
_S3 = {
    "type": "s3",
    "bucket_name": "backups",
    "access_key_id": "sample-s3cret-id",
    "secret_access_key": "sample-s3cret-key",
}
_SFTP = {"type": "sftp", "sftp_url": "sftp://user:sample-s3cret-sftp@10.0.0.5/backups", "key": "sample-s3cret-ssh"}
_SOURCE = {"uri": "redis://:sample-s3cret-uri@10.0.0.9:12000", "compression": 3}
_OTHER_SOURCE = {"uri": "redis://10.0.0.8:12000", "client_key": "sample-s3cret-pem"}
_SUBJECT = {"CN": "client", "O": "Shop", "OU": ["web", "app"]}
_HALF = {"nodes": [{"node_uid": "1", "role": "master"}], "slot_range": "0-16383"}

# Where the type alone does not tell which values there are.
VALUES: t.Mapping[str, tuple[t.Any, t.Any]] = {
    "memory_size": ("1GB", "1536MB"),
    "max_aof_file_size": ("300GB", "161061273600"),
    "bigstore_ram_size": ("100MB", "0.25GB"),
    "active_defrag_ignore_bytes": ("200mb", "104857600"),
    "repl_backlog_size": ("64MB", "auto"),
    "crdt_repl_backlog_size": ("1gb", "auto"),
    "slave_buffer": ("64", "auto"),
    "max_client_pipeline": (300, 2047),
    "shards_count": (2, 1),
    "bigstore_version": (2, 1),
    "redis_version": ("7.4", "7.2"),
    "version": ("7.4.2", "7.2.7"),
    "port": (12345, 12346),
    "authentication_sasl_uname": ("reader", "writer"),
    "disabled_commands": ("KEYS FLUSHALL", "KEYS"),
    "endpoint": ("1:1", "2:1"),
    "crdt_modules": ([{"name": "search"}], "[]"),
    "tags": ([{"key": "team", "value": "shop"}, {"key": "env", "value": "7"}], [{"key": "env", "value": "7"}]),
    "shard_key_regex": (REGEX, OTHER_REGEX),
    "snapshot_policy": ([{"secs": 900, "writes": 1}, {"secs": 60, "writes": 100}], [{"secs": 60, "writes": 100}]),
    "module_list": ([{"module_name": "ReJSON"}], [{"module_name": "search", "module_args": "TIMEOUT 100"}]),
    "avoid_nodes": (["1", "2"], ["2"]),
    "use_nodes": (["1", "2"], ["3"]),
    "roles_permissions": (
        [{"role_uid": 1, "redis_acl_uid": 2}, {"role_uid": 2, "redis_acl_uid": 1}],
        [{"role_uid": 1, "redis_acl_uid": 1}],
    ),
    "authentication_ssl_client_certs": ([{"client_cert": PEM}, {"client_cert": OTHER_PEM}], [{"client_cert": PEM}]),
    "authentication_ssl_crdt_certs": ([{"client_cert": PEM.replace("\n", "\r\n")}], [{"client_cert": OTHER_PEM}]),
    "authorized_subjects": ([_SUBJECT, {"CN": "other"}], [{**_SUBJECT, "OU": ["web"]}]),
    "authorized_names": (["b.test", "a.test"], ["a.test"]),
    "bigstore_ram_weights": ([{"shard_uid": 1, "weight": 1}, {"shard_uid": 2, "weight": 2.5}], []),
    "backup_location": (_S3, _SFTP),
    "dataset_import_sources": ([{"type": "url", "url": "ftp://user:sample-s3cret-ftp@10.0.0.5/a.rdb"}], [_PLACE]),
    "replica_sources": ([_SOURCE, _OTHER_SOURCE], [{**_SOURCE, "compression": 4}]),
    "crdt_sources": ([_SOURCE], [{**_SOURCE, "compression": 5, "replication_tls_sni": "db.test"}]),
    "sync_sources": ([_OTHER_SOURCE], [_OTHER_SOURCE, _SOURCE]),
    "shards_blueprint": ([_HALF], [{**_HALF, "nodes": [{"node_uid": "2", "role": "master"}]}]),
    "gradual_sync_policy_parameters": ({"src_endpoint_limit": 2}, {"src_endpoint_limit": 3, "dst_shard_limit": 4}),
    "audit_settings": (
        {"audit_mode": "connection", "username_filter": {"enabled": True, "usernames": ["b", "a"]}},
        {"audit_mode": "disabled", "source_ip_filter": {"cidr_ranges": ["10.0.0.0/8"], "filter_type": "exclusive"}},
    ),
    "search": ({"search_timeout": 700, "search_on_oom": "fail"}, {"search_timeout": 500, "search_no_gc": True}),
    "timeseries": ({"ts_duplicate_policy": "LAST"}, {"ts_duplicate_policy": "SUM", "ts_ignore_max_val_diff": 0.5}),
    "probabilistic": ({"bf_error_rate": 0.05}, {"bf_error_rate": 0.001, "cf_bucket_size": 3}),
    "query_performance_factor": ({"active": True, "scaling_factor": 4}, {"active": False}),
}

BACKUP = {"backup_interval": 3600, "backup_location": _PLACE}
MEMCACHED = {"type": "memcached", "authentication_sasl_uname": "user", "authentication_sasl_pass": "sample-s3cret"}
# Options without which a value would be refused, for the field's own reasons.
NEEDS: t.Mapping[str, dict[str, t.Any]] = {
    "type": {"authentication_sasl_uname": "user", "authentication_sasl_pass": "sample-s3cret"},
    "shards_count": {"sharding": True},
    "data_persistence": {"snapshot_policy": [{"secs": 60, "writes": 1}]},
    "backup": BACKUP,
    "oss_cluster": {"sharding": True, "shards_count": 2, "proxy_policy": "all-nodes", "redis_version": "7.4"},
    "replication": {"memory_size": "1GB"},
    "bigstore": {"bigstore_ram_size": "100MB"},
    "bigstore_version": {"bigstore": True, "bigstore_ram_size": "100MB", "redis_version": "7.4"},
    "module_list": {"redis_version": "7.4"},
    "crdt": {"replication": True, "redis_version": "7.4"},
    "enforce_client_authentication": {"authentication_ssl_client_certs": [{"client_cert": PEM}]},
}


def values(row: Field) -> tuple[t.Any, t.Any]:
    """Two values that differ, as a user would write them."""
    if row.name in VALUES:
        return VALUES[row.name]
    if row.kind is Kind.BOOL:
        return (not row.default, bool(row.default))
    if row.choices:
        others = [choice for choice in row.choices if choice != row.default]
        return (others[0], row.default or others[1])
    if row.secret:
        return (f"sample-s3cret-1-{row.name}", f"sample-s3cret-2-{row.name}")
    if row.kind in (Kind.INT, Kind.NUMBER):
        return (
            int(row.high or (row.default or 0) + 7),
            int(row.low if row.low is not None else (row.default or 0) + 3),
        )
    assert row.kind is Kind.TEXT, f"{row.name} needs an entry in VALUES"
    return (f"{row.name}-one", f"{row.name}-two")

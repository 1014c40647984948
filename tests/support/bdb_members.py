# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of the objects in a BDB object, copied by hand from the vendor's reference (release 8.2), with values.

Each member has two values that the reference allows: where it gives a range, its two ends; where it lists words, the
first and the last. Nothing here is made from the collection's table or from the emulated cluster, so that both can be
held against it.
"""

from __future__ import annotations

import typing as t

from .bdb_samples import OTHER_PEM, PEM

Members = t.Mapping[str, tuple[t.Any, t.Any]]

I64 = 9223372036854775807
U64 = 18446744073709551615
U32 = 4294967295
BOTH = (True, False)

SEARCH: Members = {
    "search-timeout": (1, I64),
    "search-ext-load": ("/opt/one.so", "/opt/two.so"),
    "search-max-doctablesize": (1, U64),
    "search-friso-ini": ("/opt/one.ini", "/opt/two.ini"),
    "search-cursor-max-idle": (1, I64),
    "search-partial-indexed-docs": (I64, 0),
    "search-gc-scan-size": (1, I64),
    "search-no-gc": BOTH,
    "search-fork-gc-run-interval": (1, I64),
    "search-fork-gc-retry-interval": (1, I64),
    "search-fork-gc-clean-threshold": (1, I64),
    "search-vss-max-resize": (U32, 0),
    "search-union-iterator-heap": (1, I64),
    "search-min-phonetic-term-len": (1, I64),
    "search-multi-text-slop": (1, U32),
    "search-raw-docid-encoding": BOTH,
    "search-_print-profile-clock": (False, True),
    "search-_free-resource-on-thread": (False, True),
    "search-_numeric-compress": BOTH,
    "search-bg-index-sleep-gap": (1, U32),
    "search-_numeric-ranges-parents": (2, 0),
    "search-fork-gc-sleep-before-exit": (I64, 0),
    "search-no-mem-pools": BOTH,
    "search-_prioritize-intersect-union-children": BOTH,
    "search-conn-per-shard": (I64, 0),
    "search-cursor-reply-threshold": (I64, 1),
    "search-threads": (7, 3),
    "search-default-dialect": (4, 1),
    "search-topology-validation-timeout": (0, I64),
    "search-workers": (8192, 0),
    "search-min-operation-workers": (0, 8192),
    "search-tiered-hnsw-buffer-limit": (0, I64),
    "search-workers-priority-bias-threshold": (0, I64),
    "search-on-timeout": ("FAIL", "RETURN"),
    "search-min-prefix": (1, I64),
    "search-min-stem-len": (2, U32),
    "search-max-prefix-expansions": (1, I64),
    "search-max-search-results": (0, I64),
    "search-max-aggregate-results": (0, I64),
    "search-io-threads": (256, 1),
    "search-enable-unstable-features": BOTH,
    "search-index-cursor-limit": (0, I64),
    "search-bm25std-tanh-factor": (1, 10000),
    "search-indexer-yield-every-ops": (1, U32),
    "search-on-oom": ("ignore", "return"),
    "search-default-scorer": ("TFIDF", "HAMMING"),
    "search-_bg-index-mem-pct-thr": (0, 100),
    "search-_bg-index-oom-pause-time": (0, U32),
    "search-bg-index-sleep-duration-us": (0, 999999),
}

TIMESERIES: Members = {
    "ts-num-threads": (1, 16),
    "ts-compaction-policy": ("max:1m:1h", "min:10s:5d:10d"),
    "ts-retention-policy": (I64, 0),
    "ts-duplicate-policy": ("SUM", "BLOCK"),
    "ts-encoding": ("UNCOMPRESSED", "COMPRESSED"),
    "ts-chunk-size-bytes": (48, 1048576),
    "ts-ignore-max-time-diff": (I64, 0),
    "ts-ignore-max-val-diff": (0.25, 0),
}

PROBABILISTIC: Members = {
    "bf-error-rate": (0, 1),
    "bf-initial-size": (1, 1048576),
    "bf-expansion-factor": (0, 32768),
    "cf-initial-size": (1, 1048576),
    "cf-bucket-size": (1, 255),
    "cf-max-iterations": (1, 65535),
    "cf-expansion-factor": (0, 32768),
    "cf-max-expansions": (1, 65536),
}

QUERY_PERFORMANCE_FACTOR: Members = {"active": BOTH, "scaling_factor": (16, 0)}

GRADUAL_SYNC: Members = {
    "src_endpoint_limit": (-1, 9),
    "dst_endpoint_limit": (1, -1),
    "dst_shard_limit": (2, -1),
    "src_node_limit": (3, -1),
}

AUDIT: Members = {
    "audit_mode": ("connection_and_crud", "disabled"),
    "username_filter": (
        {
            "enabled": True,
            "usernames": ["reader", "writer"],
            "filter_type": "exclusive",
            "allow_while_username_unknown": True,
        },
        {
            "enabled": False,
            "usernames": ["writer"],
            "filter_type": "inclusive",
            "allow_while_username_unknown": False,
        },
    ),
    "source_ip_filter": (
        {
            "enabled": True,
            "ip_addresses": ["10.0.0.9", "fd00::9"],
            "cidr_ranges": ["10.1.0.0/16"],
            "filter_type": "exclusive",
        },
        {"enabled": False, "ip_addresses": [], "cidr_ranges": ["fd00::/8"], "filter_type": "inclusive"},
    ),
    "max_total_key_bytes": (0, 262144),
}

# Objects of settings: what is not named stays as it is.
SETTINGS: t.Mapping[str, Members] = {
    "search": SEARCH,
    "timeseries": TIMESERIES,
    "probabilistic": PROBABILISTIC,
    "query_performance_factor": QUERY_PERFORMANCE_FACTOR,
    "gradual_sync_policy_parameters": GRADUAL_SYNC,
    "audit_settings": AUDIT,
}

# Where a backup goes to or an import comes from: the members of each type of place.
_BUCKET = {"bucket_name": ("backups", "archive"), "subdir": ("redis/daily", "redis/weekly")}
_GOOGLE = {
    "client_email": ("backup@project.test", "other@project.test"),
    "client_id": ("104", "105"),
    "private_key": ("s3cret-gs-1", "s3cret-gs-2"),
    "private_key_id": ("key-1", "key-2"),
}
_AZURE = {"account_name": ("shop", "archive"), "container": ("backups", "others"), "subdir": ("daily", "weekly")}
PLACES: t.Mapping[str, Members] = {
    "url": {"url": ("ftp://user:s3cret-1@10.0.0.5:21/backups/", "ftp://user:s3cret-2@10.0.0.5:21/backups/")},
    "sftp": {
        "sftp_url": ("sftp://user:s3cret-1@10.0.0.5:22/backups/", "sftp://other:s3cret-1@10.0.0.5:22/backups/"),
        "key": ("s3cret-ssh-1", "s3cret-ssh-2"),
    },
    "s3": {
        **_BUCKET,
        "access_key_id": ("s3cret-id-1", "s3cret-id-2"),
        "region_name": ("eu-central-1", "us-east-1"),
        "secret_access_key": ("s3cret-key-1", "s3cret-key-2"),
    },
    "gs": {**_BUCKET, **_GOOGLE},
    "abs": {**_AZURE, "account_key": ("s3cret-account-1", "s3cret-account-2")},
    "abs with a token": {**_AZURE, "sas_token": ("s3cret-sas-1", "s3cret-sas-2")},  # one excludes the other
    "mount_point": {"path": ("/mnt/backup", "/mnt/archive")},
}
# An import names its file where the place is a bucket or a container.
IMPORTS: t.Mapping[str, Members] = {
    kind: {**members, "filename": ("one.rdb", "two.rdb.gz")} if {"bucket_name", "container"} & set(members) else members
    for kind, members in PLACES.items()
}

# What can be set of a source of replication; the cluster adds lag, last_error, last_update, rdb_size, rdb_transferred
# and status. The page of the deprecated sync_sources names no more than the first three.
SOURCE: Members = {
    "uri": ("redis://user:s3cret-1@10.0.0.9:12000", "redis://user:s3cret-2@10.0.0.9:12000"),
    "uid": (7, 8),
    "compression": (6, 0),
    "encryption": BOTH,
    "client_cert": (PEM, OTHER_PEM),
    "client_key": ("s3cret-pem-1", "s3cret-pem-2"),
    "server_cert": (OTHER_PEM, PEM),
    "replication_tls_sni": ("one.test", "two.test"),
}

# Lists of objects, each of which is replaced as a whole.
ENTRIES: t.Mapping[str, Members] = {
    "tags": {"key": ("team", "env"), "value": ("shop", "test")},
    "snapshot_policy": {"secs": (900, 60), "writes": (1, 10000)},
    "roles_permissions": {"role_uid": (1, 2), "redis_acl_uid": (2, 1)},
    "bigstore_ram_weights": {"shard_uid": (1, 2), "weight": (1, 0.5)},
    "shard_key_regex": {"regex": (r".*\{(?<tag>.*)\}.*", "(?<tag>.*)")},
    "authentication_ssl_client_certs": {"client_cert": (PEM, OTHER_PEM)},
    "authentication_ssl_crdt_certs": {"client_cert": (PEM, OTHER_PEM)},
    "authorized_subjects": {
        "CN": ("client", "other"),
        "O": ("Shop", "Store"),
        "OU": (["web", "app"], ["web"]),
        "L": ("Bonn", "Graz"),
        "ST": ("NRW", "Styria"),
        "C": ("DE", "AT"),
    },
    "replica_sources": SOURCE,
    "crdt_sources": SOURCE,
    "sync_sources": SOURCE,
}

MODULE = ("module_id", "module_args", "module_name", "semantic_version")
BLUEPRINT = ("nodes", "slot_range")
BLUEPRINT_NODE = ("node_uid", "role")
RECOVERY_SHARD = ("assigned_slots", "node_uid", "role", "uid")
RECOVERY_FILE = ("filename", "node_uid", "shard_slots")


def first(members: Members) -> dict[str, t.Any]:
    return {name: pair[0] for name, pair in members.items()}


def place(kind: str, members: Members) -> dict[str, t.Any]:
    """A place with the first value of each member."""
    return {"type": kind.partition(" ")[0], **first(members)}


def optional(name: str) -> str:
    """A member as an option is named."""
    return name.replace("-", "_")

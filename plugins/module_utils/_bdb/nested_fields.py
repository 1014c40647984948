# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of the objects inside a BDB object, and which of them are secret: the same name can be so in one only."""

from __future__ import annotations

from .._schema.field import (
    Compare,
    Field,
    Kind,
    enum,
    flag,
    integer,
    number,
    objects,
    pem,
    record,
    secret,
    strings,
    text,
    uri,
)

_INT64 = 2**63 - 1
_UINT32 = 2**32 - 1
_PLACES = ("url", "sftp", "s3", "gs", "abs", "mount_point")

SHARD_KEY_REGEX = (text("regex", required=True),)
SNAPSHOT_POLICY = (integer("secs", required=True), integer("writes", required=True))
TAG = (text("key", required=True), text("value", required=True))
CLIENT_CERT = (pem("client_cert", required=True),)
ROLE_PERMISSION = (integer("role_uid", required=True), integer("redis_acl_uid", required=True))
RAM_WEIGHT = (integer("shard_uid", required=True), number("weight", required=True))

MODULE = (
    text("module_name", required=True),
    Field(
        "module_args",
        Kind.ANY,
        compare=Compare.JOINED,
        deprecated="8.0",
        successor=("search", "timeseries", "probabilistic"),
    ),
    text("module_id", deprecated="7.8.2", successor=("module_list.module_name",)),
    text("semantic_version", deprecated="7.8.2", successor=("module_list.module_name",)),
)

SUBJECT = (
    text("CN", required=True),
    text("O"),
    Field("OU", Kind.LIST, ()),
    text("L"),
    text("ST"),
    text("C"),
)

# Other members (status, lag, last_error, …) are the cluster's; of what is compared, only what is supplied counts.
SOURCE = (
    uri("uri", required=True),
    integer("uid"),
    integer("compression", low=0, high=6),
    flag("encryption"),
    pem("server_cert"),
    pem("client_cert"),
    secret("client_key"),
    text("replication_tls_sni"),
)

_STORAGE = (
    enum("type", None, *_PLACES, required=True),
    uri("url"),
    uri("sftp_url"),
    secret("key"),  # the private SSH key
    text("bucket_name"),
    text("region_name"),
    secret("access_key_id"),
    secret("secret_access_key"),
    text("client_id"),
    text("client_email"),
    secret("private_key"),
    text("private_key_id"),
    text("account_name"),
    secret("account_key"),
    secret("sas_token"),
    text("container"),
    text("subdir"),
    text("path"),
)
BACKUP_LOCATION = _STORAGE
IMPORT_SOURCE = (*_STORAGE, text("filename"))

SHARDS_BLUEPRINT = (
    objects(
        "nodes",
        text("node_uid", required=True),
        enum("role", None, "master", "slave", required=True),
        compare=Compare.PLAIN,
        required=True,
    ),
    text("slot_range", required=True),
)

RECOVERY_PLAN = (
    objects(
        "original_bdb_shards",
        text("uid", required=True),
        text("node_uid", required=True),
        enum("role", None, "master", "slave", required=True),
        text("assigned_slots", required=True),
        since="7.22",
    ),
    objects(
        "data_files",
        text("shard_slots", required=True),
        text("node_uid", required=True),
        text("filename", required=True),
        deprecated="7.22",
        successor=("recovery_plan.original_bdb_shards",),
    ),
)

GRADUAL_SYNC = (
    integer("src_endpoint_limit", 1, low=-1),
    integer("dst_endpoint_limit", -1, low=-1),
    integer("dst_shard_limit", -1, low=-1),
    integer("src_node_limit", -1, low=-1),
)

AUDIT = (
    enum("audit_mode", "disabled", "disabled", "connection", "connection_and_crud"),
    record(
        "username_filter",
        flag("enabled", False),
        strings("usernames"),
        enum("filter_type", "inclusive", "inclusive", "exclusive"),
        flag("allow_while_username_unknown", False),
    ),
    record(
        "source_ip_filter",
        flag("enabled", False),
        strings("ip_addresses"),
        strings("cidr_ranges"),
        enum("filter_type", "inclusive", "inclusive", "exclusive"),
    ),
    integer("max_total_key_bytes", 131072, low=0),
)

QUERY_PERFORMANCE = (flag("active", False), integer("scaling_factor", 0, low=0, high=16))

TIMESERIES = (
    integer("ts-num-threads", low=1, high=16),
    text("ts-compaction-policy"),
    integer("ts-retention-policy", 0, low=0, high=_INT64),
    enum("ts-duplicate-policy", "BLOCK", "BLOCK", "FIRST", "LAST", "MIN", "MAX", "SUM"),
    enum("ts-encoding", "COMPRESSED", "COMPRESSED", "UNCOMPRESSED"),
    integer("ts-chunk-size-bytes", 4096, low=48, high=1048576),
    integer("ts-ignore-max-time-diff", 0, low=0, high=_INT64),
    number("ts-ignore-max-val-diff", 0),
)

PROBABILISTIC = (
    number("bf-error-rate", 0.01, low=0, high=1),
    integer("bf-initial-size", 100, low=1, high=1048576),
    integer("bf-expansion-factor", 2, low=0, high=32768),
    integer("cf-initial-size", 1024, low=1, high=1048576),
    integer("cf-bucket-size", 2, low=1, high=255),
    integer("cf-max-iterations", 20, low=1, high=65535),
    integer("cf-expansion-factor", 1, low=0, high=32768),
    integer("cf-max-expansions", 32, low=1, high=65536),
)

_BM25 = ("BM25", "BM25STD", "BM25STD.TANH", "BM25STD.NORM")
_SCORERS = ("TFIDF", "TFIDF.DOCNORM", *_BM25, "DISMAX", "DOCSCORE", "HAMMING")

SEARCH = (
    integer("search-timeout", 500, low=1, high=_INT64),
    text("search-ext-load"),
    integer("search-max-doctablesize", 1000000, low=1, high=2**64 - 1),
    text("search-friso-ini"),
    integer("search-cursor-max-idle", 300000, low=1, high=_INT64),
    integer("search-partial-indexed-docs", 0, low=0, high=_INT64),
    integer("search-gc-scan-size", 100, low=1, high=_INT64),
    flag("search-no-gc", False),
    integer("search-fork-gc-run-interval", 30, low=1, high=_INT64),
    integer("search-fork-gc-retry-interval", 5, low=1, high=_INT64),
    integer("search-fork-gc-clean-threshold", 100, low=1, high=_INT64),
    integer("search-vss-max-resize", 0, low=0, high=_UINT32),
    integer("search-union-iterator-heap", 20, low=1, high=_INT64),
    integer("search-min-phonetic-term-len", 3, low=1, high=_INT64),
    integer("search-multi-text-slop", 100, low=1, high=_UINT32),
    flag("search-raw-docid-encoding", False),
    flag("search-_print-profile-clock", True),
    flag("search-_free-resource-on-thread", True),
    flag("search-_numeric-compress", False),
    integer("search-bg-index-sleep-gap", 100, low=1, high=_UINT32),
    integer("search-_numeric-ranges-parents", 0, low=0, high=2),
    integer("search-fork-gc-sleep-before-exit", 0, low=0, high=_INT64),
    flag("search-no-mem-pools", False),
    flag("search-_prioritize-intersect-union-children", False),
    integer("search-conn-per-shard", 0, low=0, high=_INT64),
    integer("search-cursor-reply-threshold", 1, low=1, high=_INT64),
    integer("search-threads"),
    integer("search-default-dialect", 1, low=1, high=4),
    integer("search-topology-validation-timeout", 30000, low=0, high=_INT64),
    integer("search-workers", 0, low=0, high=8192),
    integer("search-min-operation-workers", 4, low=0, high=8192),
    integer("search-tiered-hnsw-buffer-limit", 1024, low=0, high=_INT64),
    integer("search-workers-priority-bias-threshold", 1, low=0, high=_INT64),
    enum("search-on-timeout", "RETURN", "RETURN", "FAIL"),
    integer("search-min-prefix", 2, low=1, high=_INT64),
    integer("search-min-stem-len", 4, low=2, high=_UINT32),
    integer("search-max-prefix-expansions", 200, low=1, high=_INT64),
    integer("search-max-search-results", 1000000, low=0, high=_INT64),
    integer("search-max-aggregate-results", 2147483648, low=0, high=_INT64),
    integer("search-io-threads", 1, low=1, high=256),
    flag("search-enable-unstable-features", False),
    integer("search-index-cursor-limit", 128, low=0, high=_INT64),
    integer("search-bm25std-tanh-factor", 4, low=1, high=10000),
    integer("search-indexer-yield-every-ops", 1000, low=1, high=_UINT32),
    enum("search-on-oom", "return", "return", "fail", "ignore"),
    enum("search-default-scorer", "BM25STD", *_SCORERS),
    integer("search-_bg-index-mem-pct-thr", 100, low=0, high=100),
    integer("search-_bg-index-oom-pause-time", 5, low=0, high=_UINT32),
    integer("search-bg-index-sleep-duration-us", 1, low=0, high=999999),
)

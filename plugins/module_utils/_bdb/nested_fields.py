# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of the objects inside a BDB object, and which of them are secret: the same name can be so in one only."""

from __future__ import annotations

from .._schema.field import (
    Compare,
    Field,
    Kind,
    flag,
    names,
    number,
    objects,
    pem,
    record,
    secret,
    text,
    uri,
    whole,
    word,
)

_INT64 = 2**63 - 1
_UINT32 = 2**32 - 1
_PLACES = ("url", "sftp", "s3", "gs", "abs", "mount_point")

SHARD_KEY_REGEX = (text("regex", required=True),)
SNAPSHOT_POLICY = (whole("secs", required=True), whole("writes", required=True))
TAG = (text("key", required=True), text("value", required=True))
CLIENT_CERT = (pem("client_cert", required=True),)
ROLE_PERMISSION = (whole("role_uid", required=True), whole("redis_acl_uid", required=True))
RAM_WEIGHT = (whole("shard_uid", required=True), number("weight", required=True))

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
    whole("uid"),
    whole("compression", low=0, high=6),
    flag("encryption"),
    pem("server_cert"),
    pem("client_cert"),
    secret("client_key"),
    text("replication_tls_sni"),
)

_STORAGE = (
    word("type", None, *_PLACES, required=True),
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
        word("role", None, "master", "slave", required=True),
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
        word("role", None, "master", "slave", required=True),
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
    whole("src_endpoint_limit", 1, low=-1),
    whole("dst_endpoint_limit", -1, low=-1),
    whole("dst_shard_limit", -1, low=-1),
    whole("src_node_limit", -1, low=-1),
)

AUDIT = (
    word("audit_mode", "disabled", "disabled", "connection", "connection_and_crud"),
    record(
        "username_filter",
        flag("enabled", False),
        names("usernames"),
        word("filter_type", "inclusive", "inclusive", "exclusive"),
        flag("allow_while_username_unknown", False),
    ),
    record(
        "source_ip_filter",
        flag("enabled", False),
        names("ip_addresses"),
        names("cidr_ranges"),
        word("filter_type", "inclusive", "inclusive", "exclusive"),
    ),
    whole("max_total_key_bytes", 131072, low=0),
)

QUERY_PERFORMANCE = (flag("active", False), whole("scaling_factor", 0, low=0, high=16))

TIMESERIES = (
    whole("ts-num-threads", low=1, high=16),
    text("ts-compaction-policy"),
    whole("ts-retention-policy", 0, low=0, high=_INT64),
    word("ts-duplicate-policy", "BLOCK", "BLOCK", "FIRST", "LAST", "MIN", "MAX", "SUM"),
    word("ts-encoding", "COMPRESSED", "COMPRESSED", "UNCOMPRESSED"),
    whole("ts-chunk-size-bytes", 4096, low=48, high=1048576),
    whole("ts-ignore-max-time-diff", 0, low=0, high=_INT64),
    number("ts-ignore-max-val-diff", 0),
)

PROBABILISTIC = (
    number("bf-error-rate", 0.01, low=0, high=1),
    whole("bf-initial-size", 100, low=1, high=1048576),
    whole("bf-expansion-factor", 2, low=0, high=32768),
    whole("cf-initial-size", 1024, low=1, high=1048576),
    whole("cf-bucket-size", 2, low=1, high=255),
    whole("cf-max-iterations", 20, low=1, high=65535),
    whole("cf-expansion-factor", 1, low=0, high=32768),
    whole("cf-max-expansions", 32, low=1, high=65536),
)

_BM25 = ("BM25", "BM25STD", "BM25STD.TANH", "BM25STD.NORM")
_SCORERS = ("TFIDF", "TFIDF.DOCNORM", *_BM25, "DISMAX", "DOCSCORE", "HAMMING")

SEARCH = (
    whole("search-timeout", 500, low=1, high=_INT64),
    text("search-ext-load"),
    whole("search-max-doctablesize", 1000000, low=1, high=2**64 - 1),
    text("search-friso-ini"),
    whole("search-cursor-max-idle", 300000, low=1, high=_INT64),
    whole("search-partial-indexed-docs", 0, low=0, high=_INT64),
    whole("search-gc-scan-size", 100, low=1, high=_INT64),
    flag("search-no-gc", False),
    whole("search-fork-gc-run-interval", 30, low=1, high=_INT64),
    whole("search-fork-gc-retry-interval", 5, low=1, high=_INT64),
    whole("search-fork-gc-clean-threshold", 100, low=1, high=_INT64),
    whole("search-vss-max-resize", 0, low=0, high=_UINT32),
    whole("search-union-iterator-heap", 20, low=1, high=_INT64),
    whole("search-min-phonetic-term-len", 3, low=1, high=_INT64),
    whole("search-multi-text-slop", 100, low=1, high=_UINT32),
    flag("search-raw-docid-encoding", False),
    flag("search-_print-profile-clock", True),
    flag("search-_free-resource-on-thread", True),
    flag("search-_numeric-compress", False),
    whole("search-bg-index-sleep-gap", 100, low=1, high=_UINT32),
    whole("search-_numeric-ranges-parents", 0, low=0, high=2),
    whole("search-fork-gc-sleep-before-exit", 0, low=0, high=_INT64),
    flag("search-no-mem-pools", False),
    flag("search-_prioritize-intersect-union-children", False),
    whole("search-conn-per-shard", 0, low=0, high=_INT64),
    whole("search-cursor-reply-threshold", 1, low=1, high=_INT64),
    whole("search-threads"),
    whole("search-default-dialect", 1, low=1, high=4),
    whole("search-topology-validation-timeout", 30000, low=0, high=_INT64),
    whole("search-workers", 0, low=0, high=8192),
    whole("search-min-operation-workers", 4, low=0, high=8192),
    whole("search-tiered-hnsw-buffer-limit", 1024, low=0, high=_INT64),
    whole("search-workers-priority-bias-threshold", 1, low=0, high=_INT64),
    word("search-on-timeout", "RETURN", "RETURN", "FAIL"),
    whole("search-min-prefix", 2, low=1, high=_INT64),
    whole("search-min-stem-len", 4, low=2, high=_UINT32),
    whole("search-max-prefix-expansions", 200, low=1, high=_INT64),
    whole("search-max-search-results", 1000000, low=0, high=_INT64),
    whole("search-max-aggregate-results", 2147483648, low=0, high=_INT64),
    whole("search-io-threads", 1, low=1, high=256),
    flag("search-enable-unstable-features", False),
    whole("search-index-cursor-limit", 128, low=0, high=_INT64),
    whole("search-bm25std-tanh-factor", 4, low=1, high=10000),
    whole("search-indexer-yield-every-ops", 1000, low=1, high=_UINT32),
    word("search-on-oom", "return", "return", "fail", "ignore"),
    word("search-default-scorer", "BM25STD", *_SCORERS),
    whole("search-_bg-index-mem-pct-thr", 100, low=0, high=100),
    whole("search-_bg-index-oom-pause-time", 5, low=0, high=_UINT32),
    whole("search-bg-index-sleep-duration-us", 1, low=0, high=999999),
)

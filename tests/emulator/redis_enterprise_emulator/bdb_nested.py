# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects inside a BDB object: options of the modules, places of backups, sources of replication, audit settings.

Source: the vendor's reference, one page for each of these objects.
"""

from __future__ import annotations

from .bdb_field import Field, array, boolean, choice, integer, number, record, secret, string

_I64 = 9223372036854775807
_U64 = 18446744073709551615
_U32 = 4294967295
_PLAIN = r'[^&<>"]*'  # the four characters that the reference rules out in names and keys

SEARCH = (
    integer("search-timeout", 500, 1, _I64),
    string("search-ext-load"),
    integer("search-max-doctablesize", 1000000, 1, _U64),
    string("search-friso-ini"),
    integer("search-cursor-max-idle", 300000, 1, _I64),
    integer("search-partial-indexed-docs", 0, 0, _I64),
    integer("search-gc-scan-size", 100, 1, _I64),
    boolean("search-no-gc", False),
    integer("search-fork-gc-run-interval", 30, 1, _I64),
    integer("search-fork-gc-retry-interval", 5, 1, _I64),
    integer("search-fork-gc-clean-threshold", 100, 1, _I64),
    integer("search-vss-max-resize", 0, 0, _U32),
    integer("search-union-iterator-heap", 20, 1, _I64),
    integer("search-min-phonetic-term-len", 3, 1, _I64),
    integer("search-multi-text-slop", 100, 1, _U32),
    boolean("search-raw-docid-encoding", False),
    boolean("search-_print-profile-clock", True),
    boolean("search-_free-resource-on-thread", True),
    boolean("search-_numeric-compress", False),
    integer("search-bg-index-sleep-gap", 100, 1, _U32),
    integer("search-_numeric-ranges-parents", 0, 0, 2),
    integer("search-fork-gc-sleep-before-exit", 0, 0, _I64),
    boolean("search-no-mem-pools", False),
    boolean("search-_prioritize-intersect-union-children", False),
    integer("search-conn-per-shard", 0, 0, _I64),
    integer("search-cursor-reply-threshold", 1, 1, _I64),
    integer("search-threads"),
    integer("search-default-dialect", 1, 1, 4),
    integer("search-topology-validation-timeout", 30000, 0, _I64),
    integer("search-workers", 0, 0, 8192),
    integer("search-min-operation-workers", 4, 0, 8192),
    integer("search-tiered-hnsw-buffer-limit", 1024, 0, _I64),
    integer("search-workers-priority-bias-threshold", 1, 0, _I64),
    choice("search-on-timeout", "RETURN", "RETURN", "FAIL"),
    integer("search-min-prefix", 2, 1, _I64),
    integer("search-min-stem-len", 4, 2, _U32),
    integer("search-max-prefix-expansions", 200, 1, _I64),
    integer("search-max-search-results", 1000000, 0, _I64),
    integer("search-max-aggregate-results", 2147483648, 0, _I64),
    integer("search-io-threads", 1, 1, 256),
    boolean("search-enable-unstable-features", False),
    integer("search-index-cursor-limit", 128, 0, _I64),
    integer("search-bm25std-tanh-factor", 4, 1, 10000),
    integer("search-indexer-yield-every-ops", 1000, 1, _U32),
    choice("search-on-oom", "return", "return", "fail", "ignore"),
    choice(
        "search-default-scorer",
        "BM25STD",
        *("TFIDF", "BM25", "TFIDF.DOCNORM", "BM25STD", "BM25STD.TANH", "BM25STD.NORM", "DISMAX", "DOCSCORE", "HAMMING"),
    ),
    integer("search-_bg-index-mem-pct-thr", 100, 0, 100),
    integer("search-_bg-index-oom-pause-time", 5, 0, _U32),
    integer("search-bg-index-sleep-duration-us", 1, 0, 999999),
)

TIMESERIES = (
    integer("ts-num-threads", low=1, high=16),
    string("ts-compaction-policy"),
    integer("ts-retention-policy", 0, 0, _I64),
    choice("ts-duplicate-policy", "BLOCK", "BLOCK", "FIRST", "LAST", "MIN", "MAX", "SUM"),
    choice("ts-encoding", "COMPRESSED", "COMPRESSED", "UNCOMPRESSED"),
    integer("ts-chunk-size-bytes", 4096, 48, 1048576),
    integer("ts-ignore-max-time-diff", 0, 0, _I64),
    number("ts-ignore-max-val-diff", 0),
)

PROBABILISTIC = (
    number("bf-error-rate", 0.01, 0, 1),
    integer("bf-initial-size", 100, 1, 1048576),
    integer("bf-expansion-factor", 2, 0, 32768),
    integer("cf-initial-size", 1024, 1, 1048576),
    integer("cf-bucket-size", 2, 1, 255),
    integer("cf-max-iterations", 20, 1, 65535),
    integer("cf-expansion-factor", 1, 0, 32768),
    integer("cf-max-expansions", 32, 1, 65536),
)

# Which module has to be in the database for its options to be returned. (inferred)
MODULE_OF = {"search": "search", "timeseries": "timeseries", "probabilistic": "bf"}

_LOCATION = (
    choice("type", "mount_point", "url", "sftp", "s3", "gs", "abs", "mount_point"),
    string("url"),
    secret("key"),
    string("sftp_url"),
    string("access_key_id"),
    string("bucket_name"),
    string("region_name"),
    secret("secret_access_key"),
    string("subdir"),
    string("client_email"),
    string("client_id"),
    secret("private_key"),
    string("private_key_id"),
    secret("account_key"),
    string("account_name"),
    string("container"),
    secret("sas_token"),
    string("path"),
)
# What each type of location cannot do without.
LOCATION_NEEDS: dict[str, tuple[str, ...]] = {
    "url": ("url",),
    "sftp": ("sftp_url",),
    "s3": ("bucket_name", "access_key_id", "secret_access_key"),
    "gs": ("bucket_name", "client_email", "client_id", "private_key", "private_key_id"),
    "abs": ("account_name", "container"),
    "mount_point": ("path",),
}


def location(name: str) -> Field:
    return record(name, *_LOCATION, required=("type",))


IMPORT_SOURCE = record("", *_LOCATION, string("filename"), required=("type",))

SYNCER_SOURCE = record(
    "",
    integer("uid"),
    string("client_cert"),
    secret("client_key"),
    integer("compression", low=0, high=6),
    boolean("encryption"),
    integer("lag"),
    string("last_error"),
    string("last_update"),
    integer("rdb_size"),
    integer("rdb_transferred"),
    string("replication_tls_sni"),
    string("server_cert"),
    string("status"),
    string("uri"),
    required=("uri",),
)

SNAPSHOT_POLICY = record("", integer("secs", low=1), integer("writes", low=1), required=("secs", "writes"))

TAG = record("", string("key", pattern=r'[^&<>"]+'), string("value"), required=("key", "value"))

CERTIFICATE = record("", string("client_cert"))

SUBJECT = record(
    "",
    string("CN"),
    string("O"),
    array("OU", string("")),
    string("L"),
    string("ST"),
    string("C", pattern="[A-Za-z]{2}"),
    required=("CN",),
)

SASL_NAME_PATTERN = _PLAIN

BLUEPRINT = record(
    "",
    array(
        "nodes",
        record("", string("node_uid"), choice("role", "master", "master", "slave"), required=("node_uid", "role")),
    ),
    string("slot_range", pattern=r"\d+-\d+"),
    required=("nodes", "slot_range"),
)

_FILTER = (boolean("enabled", False), choice("filter_type", "inclusive", "inclusive", "exclusive"))
AUDIT = (
    choice("audit_mode", "disabled", "disabled", "connection", "connection_and_crud"),
    record(
        "username_filter",
        *_FILTER,
        array("usernames", string("", pattern=r"[ -!#-%\'-;=?-~]{1,255}")),
        boolean("allow_while_username_unknown", False),
    ),
    record("source_ip_filter", *_FILTER, array("ip_addresses", string("")), array("cidr_ranges", string(""))),
    integer("max_total_key_bytes", 131072),
)

GRADUAL_DEFAULTS = {"src_endpoint_limit": 1, "dst_endpoint_limit": -1, "dst_shard_limit": -1, "src_node_limit": -1}
GRADUAL_LIMITS = tuple(integer(name, default, low=-1) for name, default in GRADUAL_DEFAULTS.items())

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule of comparison against what real clusters return, and the spelling of what is sent to them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.desired import desired_from
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS, SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.credentials import MASK
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.compare import Verdict, verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Compare
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.redact import redact, secrets_in
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.values import to_api

SAME, DIFFERENT, UNSEEN, SECRET = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSEEN, Verdict.OTHER_SECRET
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n"
CRLF = PEM.replace("\n", "\r\n")
CERTS = "authentication_ssl_client_certs"
URI = "redis://reader:pass-1@10.0.0.9:12000"
SHOWN_SOURCE = {"uid": 1, "uri": URI, "status": "in-sync", "lag": 3, "compression": 0, "encryption": False}
S3 = {"type": "s3", "bucket_name": "b", "access_key_id": "id", "secret_access_key": "key"}
SUBJECT = {"CN": "a", "O": "Shop", "OU": ["web", "app"]}
NAMED = [{"role_uid": 1, "redis_acl_uid": 2}, {"role_uid": 2, "redis_acl_uid": 3}]
SEARCH = {"search-timeout": 500, "search-no-gc": False, "search-on-oom": "return"}

ABSENT = object()
WEB = {"usernames": ["a", "b"], "enabled": True}
# rule, field, wanted, what GET returns for it, verdict
ROWS: list[tuple[Compare, str, t.Any, t.Any, Verdict]] = [
    (Compare.PLAIN, "max_pipelined", 2000, "2000", SAME),
    (Compare.PLAIN, "max_pipelined", 2000, 2000.0, SAME),
    (Compare.PLAIN, "max_pipelined", 2000, ABSENT, SAME),
    (Compare.PLAIN, "max_pipelined", 2001, ABSENT, DIFFERENT),
    (Compare.PLAIN, "recovery_wait_time", -1, "-1", SAME),
    (Compare.PLAIN, "replication", True, "true", SAME),
    (Compare.PLAIN, "replication", False, "yes", DIFFERENT),
    (Compare.PLAIN, "data_internode_encryption", False, ABSENT, DIFFERENT),  # the default is the cluster's
    (Compare.PLAIN, "activedefrag", "yes", "yes", SAME),
    (Compare.PLAIN, "activedefrag", "no", ABSENT, SAME),
    (Compare.PLAIN, "activedefrag", True, "yes", SAME),
    (Compare.PLAIN, "activedefrag", False, "yes", DIFFERENT),
    (Compare.PLAIN, "slave_buffer", "64", 64, SAME),
    (Compare.PLAIN, "shard_imbalance_threshold", 314572800.0, ABSENT, SAME),
    (Compare.PLAIN, "shard_imbalance_threshold", 0.5, "0.5", SAME),
    (Compare.PLAIN, "disabled_commands", "", ABSENT, SAME),
    (Compare.PLAIN, "crdt_modules", '[{"name": "search", "v": 1}]', '[{"v":1,"name":"search"}]', SAME),
    (Compare.PLAIN, "crdt_modules", "[]", ABSENT, SAME),
    (Compare.PLAIN, "crdt_modules", "[]", "", SAME),
    (Compare.PLAIN, "crdt_modules", '[{"name": "search"}]', "[]", DIFFERENT),
    (Compare.PLAIN, "enforce_client_authentication", "enabled", ABSENT, SAME),
    (Compare.PLAIN, "a_field_of_a_newer_release", {"a": 1}, {"a": "1"}, SAME),
    (Compare.PLAIN, "a_field_of_a_newer_release", [], ABSENT, SAME),
    (Compare.SIZE, "memory_size", "1GB", "1gb", SAME),
    (Compare.SIZE, "active_defrag_ignore_bytes", "104857600", "100mb", SAME),
    (Compare.SIZE, "active_defrag_ignore_bytes", "100MB", 104857600, SAME),
    (Compare.SIZE, "repl_backlog_size", "auto", "AUTO", SAME),
    (Compare.SIZE, "repl_backlog_size", "auto", ABSENT, SAME),
    (Compare.SIZE, "repl_backlog_size", "1MB", "auto", DIFFERENT),
    (Compare.SIZE, "crdt_repl_backlog_size", "1MB", "1048576", SAME),
    (Compare.SIZE, "max_aof_file_size", "300GB", 322122547200, SAME),
    (Compare.SIZE, "max_aof_file_size", "300GB", ABSENT, DIFFERENT),  # the default depends on flash
    (Compare.SECRET, "authentication_sasl_pass", "x", "x", SAME),
    (Compare.SECRET, "authentication_sasl_pass", "x", "y", SECRET),
    (Compare.SECRET, "authentication_sasl_pass", "x", "****", UNSEEN),
    (Compare.SECRET, "authentication_sasl_pass", "x", ABSENT, UNSEEN),
    (Compare.SECRET, "authentication_sasl_pass", "", ABSENT, SAME),
    (Compare.PEM, CERTS, [{"client_cert": PEM}], [{"client_cert": CRLF}], SAME),
    (Compare.PEM, CERTS, [{"client_cert": PEM.strip()}], [{"client_cert": PEM}], SAME),
    (Compare.PEM, CERTS, [{"client_cert": PEM}], [{"client_cert": PEM.replace("AAAA", "AAAB")}], DIFFERENT),
    (
        Compare.PEM,
        CERTS,
        [{"client_cert": "b"}, {"client_cert": "a"}],
        [{"client_cert": "a"}, {"client_cert": "b"}],
        SAME,
    ),
    (Compare.PEM, CERTS, [], ABSENT, SAME),
    (Compare.URI, "replica_sources", [{"uri": URI}], [SHOWN_SOURCE], SAME),
    (Compare.URI, "replica_sources", [{"uri": URI.replace("pass-1", "pass-2")}], [SHOWN_SOURCE], SECRET),
    (Compare.URI, "replica_sources", [{"uri": URI}], [{"uri": URI.replace("pass-1", "****")}], UNSEEN),
    (Compare.URI, "replica_sources", [{"uri": "redis://h:1"}], [{"uri": "redis://h:2"}], DIFFERENT),
    (Compare.URI, "backup_location", {"type": "url", "url": "ftp://a:b@c/"}, {"type": "url", "url": "****"}, UNSEEN),
    (
        Compare.JOINED,
        "module_list",
        [{"module_name": "bf", "module_args": ["A", "1"]}],
        [{"module_name": "bf", "module_args": "A  1"}],
        SAME,
    ),
    (
        Compare.JOINED,
        "module_list",
        [{"module_name": "bf", "module_args": "A 2"}],
        [{"module_name": "bf", "module_args": "A 1"}],
        DIFFERENT,
    ),
    (
        Compare.JOINED,
        "module_list",
        [{"module_name": "bf", "module_args": ""}],
        [{"module_name": "bf", "module_args": []}],
        SAME,
    ),
    (Compare.INCLUDES, "module_list", [], [{"module_name": "bf"}], SAME),
    (Compare.SUPPLIED, "search", {"search-timeout": 500}, SEARCH, SAME),
    (Compare.SUPPLIED, "search", {"search-timeout": 501}, SEARCH, DIFFERENT),
    (Compare.SUPPLIED, "search", {"search-workers": 0}, SEARCH, SAME),
    (Compare.SUPPLIED, "search", {"search-new-setting": 1}, SEARCH, DIFFERENT),
    (Compare.SUPPLIED, "search", {"search-no-gc": True}, ABSENT, DIFFERENT),
    (Compare.SUPPLIED, "search", {"search-timeout": 500}, ABSENT, SAME),
    (
        Compare.SUPPLIED,
        "audit_settings",
        {"username_filter": {"usernames": ["b", "a"]}},
        {"username_filter": WEB},
        SAME,
    ),
    (
        Compare.SUPPLIED,
        "audit_settings",
        {"username_filter": {"enabled": True}},
        {"audit_mode": "connection"},
        DIFFERENT,
    ),
    (Compare.SUPPLIED, "audit_settings", {"username_filter": {"enabled": False}}, {"audit_mode": "connection"}, SAME),
    (Compare.REPLACED, "backup_location", S3, dict(S3), SAME),
    (Compare.REPLACED, "backup_location", S3, {**S3, "subdir": "", "region_name": None}, SAME),
    (Compare.REPLACED, "backup_location", S3, {**S3, "subdir": "x"}, DIFFERENT),
    (Compare.REPLACED, "backup_location", S3, {**S3, "unheard_of": "x"}, SAME),
    (Compare.REPLACED, "backup_location", S3, {**S3, "secret_access_key": "********"}, UNSEEN),
    (Compare.REPLACED, "backup_location", S3, {**S3, "secret_access_key": "****", "bucket_name": "c"}, DIFFERENT),
    (Compare.REPLACED, "backup_location", S3, {**S3, "secret_access_key": "other"}, SECRET),
    (Compare.REPLACED, "backup_location", S3, {**S3, "secret_access_key": "other", "access_key_id": "****"}, SECRET),
    (Compare.REPLACED, "backup_location", S3, {**S3, "account_key": "left out"}, SECRET),
    (Compare.REPLACED, "backup_location", S3, ABSENT, DIFFERENT),
    (Compare.REPLACED, "backup_location", {}, ABSENT, SAME),
    (Compare.UNORDERED, "authorized_subjects", [{"CN": "b"}, SUBJECT], [SUBJECT, {"CN": "b", "O": ""}], SAME),
    (Compare.UNORDERED, "authorized_subjects", [{"CN": "a"}], [SUBJECT], DIFFERENT),
    (Compare.UNORDERED, "authorized_subjects", [{**SUBJECT, "OU": ["app", "web"]}], [SUBJECT], DIFFERENT),
    (Compare.UNORDERED, "authorized_subjects", [SUBJECT], [SUBJECT, {"CN": "b"}], DIFFERENT),
    (Compare.UNORDERED, "roles_permissions", NAMED[::-1], NAMED, SAME),
    (Compare.UNORDERED, "roles_permissions", NAMED[:1], NAMED, DIFFERENT),
    (Compare.UNORDERED, "avoid_nodes", ["2", "1"], [1, 2], SAME),
    (Compare.UNORDERED, "avoid_nodes", ["2"], ["1", "2"], DIFFERENT),
    (Compare.BY_KEY, "tags", [{"key": "n", "value": "7"}], [{"key": "n", "value": 7}], SAME),
    (
        Compare.BY_KEY,
        "bigstore_ram_weights",
        [{"shard_uid": 2, "weight": 1}, {"shard_uid": 1, "weight": 2}],
        [{"shard_uid": 1, "weight": 2.0}, {"shard_uid": 2, "weight": 1.0}],
        SAME,
    ),
    (
        Compare.BY_KEY,
        "replica_sources",
        [{"uri": "redis://h:1", "compression": 0}],
        [{"uri": "redis://h:1", "uid": 4}],
        DIFFERENT,
    ),
    (
        Compare.BY_KEY,
        "replica_sources",
        [{"uri": "redis://h:1", "client_key": "k"}],
        [{"uri": "redis://h:1", "client_key": "****"}],
        UNSEEN,
    ),
    (Compare.BY_KEY, "replica_sources", [], [SHOWN_SOURCE], DIFFERENT),
]


@pytest.mark.parametrize(("rule", "name", "wanted", "shown", "expected"), ROWS)
def test_each_rule(rule: Compare, name: str, wanted: t.Any, shown: t.Any, expected: Verdict) -> None:
    bdb = {"name": "orders"} if shown is ABSENT else {"name": "orders", name: shown}
    assert verdict(SCHEMA, name, wanted, bdb) is expected


@pytest.mark.parametrize(
    ("name", "wanted", "bdb", "expected"),
    [
        ("port", "12000", {"port": 0, "endpoints": [{"port": 12000}]}, SAME),
        ("port", 12000, {"port": 12000}, SAME),
        ("port", 12001, {"port": 0, "endpoints": [{"port": 12000}]}, DIFFERENT),
        ("port", 12000, {"port": 0, "endpoints": []}, DIFFERENT),
        ("version", "7.4", {"version": "7.4.2"}, SAME),
        ("version", "7.4", {"version": "7.40.2"}, DIFFERENT),
        ("redis_version", "7.4.2", {"redis_version": "7.4", "version": "7.4.2"}, SAME),
        ("redis_version", "7.4", {}, DIFFERENT),
    ],
)
def test_rules_that_look_at_other_fields(name: str, wanted: t.Any, bdb: dict[str, t.Any], expected: Verdict) -> None:
    assert verdict(SCHEMA, name, wanted, bdb) is expected


def test_every_rule_is_tried() -> None:
    assert {row[0] for row in ROWS} | {Compare.VERSION} == set(Compare)


@pytest.mark.parametrize("name", ["shards_blueprint", "dataset_import_sources", "endpoint"])
def test_what_is_never_shown_is_never_compared(name: str) -> None:
    assert verdict(SCHEMA, name, [{"a": 1}], {name: [{"a": 1}]}) is UNSEEN


@pytest.mark.parametrize(
    ("name", "given", "sent"),
    [
        ("memory_size", "0.5GB", 536870912),
        ("max_aof_file_size", 1024, 1024),
        ("repl_backlog_size", "64MB", "67108864"),
        ("repl_backlog_size", "Auto", "auto"),
        ("active_defrag_ignore_bytes", "100mb", "100mb"),
        ("port", "12000", 12000),
        ("replication", "yes", True),
        ("activedefrag", True, "yes"),
        ("shard_imbalance_threshold", 314572800.0, 314572800),
        ("crdt_modules", [{"name": "search"}], '[{"name": "search"}]'),
        ("crdt_modules", "[]", "[]"),
        ("avoid_nodes", [1, "2"], ["1", "2"]),
        ("search", {"search_timeout": 5, "search__numeric_compress": None}, {"search-timeout": 5}),
        ("search", {"search__numeric_compress": True}, {"search-_numeric-compress": True}),
        (
            "audit_settings",
            {"username_filter": {"enabled": "yes", "usernames": None}},
            {"username_filter": {"enabled": True}},
        ),
        ("snapshot_policy", [{"secs": "60", "writes": 1}], [{"secs": 60, "writes": 1}]),
        ("a_field_of_a_newer_release", {"x": None, "y": [1]}, {"x": None, "y": [1]}),
    ],
)
def test_what_the_api_takes(name: str, given: t.Any, sent: t.Any) -> None:
    assert to_api(SCHEMA.field(name), given) == sent


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("max_connections", "many", "max_connections must be an integer, not 'many'"),
        ("max_connections", 1.5, "must be an integer"),
        ("max_connections", True, "must be an integer"),
        ("replication", "perhaps", "replication must be true or false"),
        ("shard_imbalance_threshold", "x", "must be a number"),
        ("repl_backlog_size", "some", "must be a size such as"),
        ("memory_size", "auto", "must be a size such as"),
        ("memory_size", True, "must be a size such as"),
    ],
)
def test_what_a_field_cannot_mean_is_told(name: str, given: t.Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        to_api(SCHEMA.field(name), given)


def test_the_same_name_is_secret_in_one_object_and_not_in_another() -> None:
    shown = redact(
        SCHEMA,
        {
            "backup_location": {
                "type": "sftp",
                "key": "ssh-key",
                "sftp_url": "sftp://u:word@h/",
                "private_key_id": "7",
            },
            "tags": [{"key": "team", "value": "shop"}],
            "replica_sources": [{"uri": "redis://:word@h:1", "client_key": "pem", "client_cert": "cert"}],
        },
    )
    assert shown == {
        "backup_location": {
            "type": "sftp",
            "key": MASK,
            "sftp_url": f"sftp://u:{MASK}@h/",
            "private_key_id": "7",
        },
        "tags": [{"key": "team", "value": "shop"}],
        "replica_sources": [{"uri": f"redis://:{MASK}@h:1", "client_key": MASK, "client_cert": "cert"}],
    }


def test_options_that_only_speak_of_passwords_are_no_secrets() -> None:
    params = {"update_password": "always", "disconnect_clients_on_password_removal": True, "password": "hidden"}
    assert list(secrets_in(SCHEMA, params)) == ["hidden"]
    assert redact(SCHEMA, params)["update_password"] == "always"


def test_the_lines_of_a_key_are_secret_too() -> None:
    key = "-----BEGIN KEY-----\nAAAABBBB\nCCCCDDDD\n-----END KEY-----"
    found = list(secrets_in(SCHEMA, {"backup_location": {"key": key}}))
    assert found == [key, "AAAABBBB", "CCCCDDDD"]


def test_secrets_of_objects_that_nobody_knows_are_found_by_their_names() -> None:
    unknown = {"new_store": {"api_token": "t1", "password": "t2", "items": [{"client_key": "t3"}], "key": "no secret"}}
    assert sorted(secrets_in(SCHEMA, {"config": unknown})) == ["t1", "t2", "t3"]
    assert redact(SCHEMA, unknown)["new_store"]["key"] == "no secret"


@pytest.mark.parametrize(
    ("name", "others", "near"),
    [
        ("max_conections", (), "max_connections"),
        ("max_connection", (), "max_connections"),
        ("brand_new_field", ("brand_new_fields",), "brand_new_fields"),
        ("zzz", (), None),
        ("last_backup_tim", (), "backup_location"),
    ],
)
def test_the_closest_name(name: str, others: tuple[str, ...], near: str | None) -> None:
    assert SCHEMA.closest(name, others) == near


def test_deprecated_fields_and_members_name_their_successors() -> None:
    file = {"shard_slots": "0-16383", "node_uid": "1", "filename": "f"}
    told = desired_from(
        {
            "name": "orders",
            "ssl": True,
            "sync_sources": [{"uri": "redis://h:1"}],
            "module_list": [{"module_name": "bf", "module_args": "X"}],
            "recovery_plan": {"data_files": [file]},
            "memory_size": 1,
            "authentication_redis_pass": "x",  # there is no option instead
        }
    ).deprecations()
    assert [sentence.split()[0] for sentence in told] == [
        "module_list.module_args",
        "ssl",
        "sync_sources",
        "recovery_plan.data_files",
    ]
    assert "release 5.0.1" in told[1]
    assert "use tls_mode instead" in told[1]
    assert "use replica_sources or crdt_sources instead" in told[2]


def test_every_deprecated_field_that_has_an_option_instead_warns() -> None:
    deprecated = [row for row in FIELDS.values() if row.deprecated and row.is_option]
    assert len(deprecated) == 9
    for row in deprecated:
        told = list(row.deprecations(True))
        assert bool(told) is bool(row.successor)
        assert all(name in sentence for sentence in told for name in row.successor)

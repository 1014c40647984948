# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords in URIs, whatever they and their users are made of: hidden in fields and in texts, and known as secrets."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import quote

import pytest
from ansible.module_utils.common.parameters import remove_values
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.credentials import MASK, hide, parted
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.compare import Verdict, verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.redact import redact, secrets_in

# No colon can be in a user; what is written as one is %3A.
USERS = ["", "reader", "user@corp.com", "a%40b", "a%3Ab", "us'er", 'us"er', "user@a@b", "us er", "us/er", "-._~"]
ODD = "@:/?#'\"%&=+\\[]{}<>|^`$!*,;()-._~ äß"
# The words at both ends are what must not be seen; what is between them is as nasty as it gets.
PASSWORDS = st.builds("h1dden{}s3cret".format, st.text(ODD + "aZ0", max_size=12))
HOSTS = st.sampled_from(["10.0.0.9:12000", "ftp.example.com/dir", "[::1]:12000", "h", "h/a?b=c#d"])
EVERY = settings(deadline=None, derandomize=True, max_examples=200)
SCHEMES = st.sampled_from(["redis://", "rediss://", "ftp://", "SFTP://", "s3+x.y-z://"])


def holding(uri: str) -> dict[str, t.Any]:
    """A database with the URI in each place that can have one."""
    return {
        "name": "orders",
        "replica_sources": [{"uri": "redis://other:1"}, {"uri": uri, "compression": 1}],
        "crdt_sources": [{"uri": uri}],
        "backup_location": {"type": "sftp", "sftp_url": uri},
        "dataset_import_sources": [{"type": "url", "url": uri}],
        "new_store": {"places": [{"address": uri}]},
    }


def seen(shown: t.Any) -> list[str]:
    return [word for word in ("h1dden", "s3cret") if word in repr(shown) or word in json.dumps(shown)]


@EVERY
@given(SCHEMES, st.sampled_from(USERS), PASSWORDS, HOSTS)
def test_no_password_of_a_field_is_shown(scheme: str, user: str, password: str, host: str) -> None:
    uri = f"{scheme}{user}:{password}@{host}"
    shown = redact(SCHEMA, holding(uri))
    assert not seen(shown)
    assert shown["replica_sources"] == [
        {"uri": "redis://other:1"},
        {"uri": f"{scheme}{user}:{MASK}@{host}", "compression": 1},
    ]


@EVERY
@given(SCHEMES, st.sampled_from(USERS), PASSWORDS, HOSTS)
def test_the_password_is_a_secret_as_written_decoded_and_encoded(
    scheme: str, user: str, password: str, host: str
) -> None:
    written = [password, quote(password, safe="")]
    for form in written:
        secrets = set(secrets_in(SCHEMA, {"config": holding(f"{scheme}{user}:{form}@{host}")}))
        assert {form, quote(password, safe="")} <= secrets or "%" in password
        told = f"cannot log in with {form}, {form!r} or {json.dumps(form)}"
        assert not seen(remove_values({"msg": told, "values": [form]}, secrets))
    decoded = set(secrets_in(SCHEMA, {"config": holding(f"{scheme}{user}:{quote(password, safe='')}@{host}")}))
    assert password in decoded


@EVERY
@given(SCHEMES, st.sampled_from(USERS), PASSWORDS, HOSTS)
def test_no_password_is_shown_in_a_text(scheme: str, user: str, password: str, host: str) -> None:
    """In a text a URI ends with a space at the latest, so that these have to be encoded, as the standard says."""
    uri = f"{scheme}{user}:{password}@{host}".replace(" ", "%20")
    for text in (uri, f"cannot read {uri}: timed out", f"'{uri}'", json.dumps({"uri": uri}), f'"a"="{uri}", {uri}'):
        assert not seen(hide(text)), text
        assert not seen(hide({"error": [text]}))
    assert hide(f"cannot read {uri}: timed out").startswith("cannot read ")
    assert hide(f"cannot read {uri} now").endswith(" now")


@EVERY
@given(SCHEMES, st.sampled_from(USERS), PASSWORDS, HOSTS)
def test_the_parts_of_a_uri_make_up_the_uri(scheme: str, user: str, password: str, host: str) -> None:
    assert parted(f"{scheme}{user}:{password}@{host}") == (f"{scheme}{user}", password, f"@{host}")
    wanted = [{"uri": f"{scheme}{user}:{password}@{host}"}]
    for other, expected in ((password, Verdict.SAME), ("x", Verdict.OTHER_SECRET), ("****", Verdict.UNSEEN)):
        shown = {"replica_sources": [{"uri": f"{scheme}{user}:{other}@{host}"}]}
        assert verdict(SCHEMA, "replica_sources", wanted, shown) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "redis://10.0.0.9:12000",
        "redis://reader@10.0.0.9:12000",
        "redis://[::1]:12000/0",
        "redis://reader:@h",
        "/mnt/backup",
        "the mail address is a@b.test",
        "https://node1:9443 did not answer, ask admin@example.com",
        "12:30 a@b",
    ],
)
def test_what_holds_no_password_stays_as_it_is(text: str) -> None:
    assert hide(text) == text
    assert redact(SCHEMA, {"backup_failure_reason": text}) == {"backup_failure_reason": text}
    assert list(secrets_in(SCHEMA, {"backup_failure_reason": text})) == []


@pytest.mark.parametrize("text", ["redis://10.0.0.9:12000", "redis://reader@h:1", "redis://reader:@h", "h:1", ""])
def test_a_uri_without_a_password_stays_as_it_is(text: str) -> None:
    assert redact(SCHEMA, {"replica_sources": [{"uri": text}]}) == {"replica_sources": [{"uri": text}]}
    assert list(secrets_in(SCHEMA, {"replica_sources": [{"uri": text}]})) == []


def test_a_uri_without_a_scheme_is_one_all_the_same() -> None:
    shown = redact(SCHEMA, {"backup_location": {"type": "sftp", "sftp_url": "user@corp.com:s3cret@h/dir"}})
    assert shown["backup_location"]["sftp_url"] == f"user@corp.com:{MASK}@h/dir"


def test_secrets_with_quotes_are_known_as_they_are_quoted() -> None:
    secret = 'it\'s "here" \\'
    found = set(secrets_in(SCHEMA, {"authentication_redis_pass": secret}))
    assert found == {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}

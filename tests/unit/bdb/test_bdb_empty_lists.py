# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty list means none: every list of the table is emptied when it is asked to be, and filled when it is empty."""

from __future__ import annotations

import typing as t

import pytest
from support.bdb_samples import values

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.desired import desired_from
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS, SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.plan import plan
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.compare import Verdict, verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Compare, Kind, Settable
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.values import to_api

LISTS = [row for row in FIELDS.values() if row.kind is Kind.LIST and row.settable is not Settable.NEVER]
SHOWN = [row.name for row in LISTS if row.settable is not Settable.WRITE_ONLY and row.is_option]
# The cluster may add objects to these, so that an empty list says nothing about those that are there.
INCLUDING = [row.name for row in LISTS if row.compare is Compare.INCLUDES]

ABSENT = object()


def sample(name: str) -> t.Any:
    return to_api(SCHEMA.field(name), values(FIELDS[name])[0])


def test_the_lists_of_the_table() -> None:
    assert INCLUDING == ["module_list"]
    assert sorted(SHOWN) == [
        "authentication_ssl_client_certs",
        "authentication_ssl_crdt_certs",
        "authorized_names",
        "authorized_subjects",
        "avoid_nodes",
        "bigstore_ram_weights",
        "crdt_sources",
        "module_list",
        "replica_sources",
        "roles_permissions",
        "shard_key_regex",
        "snapshot_policy",
        "sync_sources",
        "tags",
        "use_nodes",
    ]


@pytest.mark.parametrize("name", SHOWN)
def test_an_empty_list_is_another_one_than_what_is_there(name: str) -> None:
    there = {"uid": 1, "name": "orders", name: sample(name)}
    expected = Verdict.SAME if name in INCLUDING else Verdict.DIFFERENT
    assert verdict(SCHEMA, name, [], there) is expected
    for one_of_several in (there[name][:1], there[name][-1:]):
        assert verdict(SCHEMA, name, [], {**there, name: one_of_several}) is expected


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("shown", [None, [], ABSENT])
def test_what_is_wanted_is_not_in_an_empty_list(name: str, shown: t.Any) -> None:
    there = {"uid": 1, "name": "orders", **({} if shown is ABSENT else {name: shown})}
    assert verdict(SCHEMA, name, sample(name), there) is Verdict.DIFFERENT
    assert verdict(SCHEMA, name, [], there) is Verdict.SAME


@pytest.mark.parametrize("name", [name for name in SHOWN if FIELDS[name].settable is Settable.ALWAYS])
def test_an_empty_list_is_sent_where_there_is_something(name: str) -> None:
    made = plan(desired_from({"uid": 1, name: []}), {"uid": 1, "name": "orders", name: sample(name)})
    assert (made.step, made.body) == ("update", {name: []})
    assert made.before[name] != made.after[name] == []
    assert plan(desired_from({"uid": 1, name: []}), {"uid": 1, "name": "orders", name: []}).step == "nothing"


@pytest.mark.parametrize(
    ("wanted", "there", "expected"),
    [
        ({"username_filter": {"usernames": []}}, {"username_filter": {"usernames": ["a"]}}, Verdict.DIFFERENT),
        ({"username_filter": {"usernames": ["a"]}}, {"username_filter": {"usernames": []}}, Verdict.DIFFERENT),
        (
            {"source_ip_filter": {"ip_addresses": []}},
            {"source_ip_filter": {"ip_addresses": ["::1"]}},
            Verdict.DIFFERENT,
        ),
        ({"source_ip_filter": {"cidr_ranges": []}}, {"source_ip_filter": {"cidr_ranges": ["::/0"]}}, Verdict.DIFFERENT),
        ({"source_ip_filter": {"cidr_ranges": []}}, {"source_ip_filter": {}}, Verdict.SAME),
        ({"source_ip_filter": {"cidr_ranges": []}}, {}, Verdict.SAME),
    ],
)
def test_lists_inside_objects(wanted: t.Any, there: t.Any, expected: Verdict) -> None:
    assert verdict(SCHEMA, "audit_settings", wanted, {"audit_settings": there}) is expected


@pytest.mark.parametrize(("wanted", "there"), [([], ["web"]), (["web"], []), (["web"], None), (None, ["web"])])
def test_lists_inside_objects_of_a_list(wanted: t.Any, there: t.Any) -> None:
    named = [{"CN": "client", **({} if wanted is None else {"OU": wanted})}]
    shown = [{"CN": "client", **({} if there is None else {"OU": there})}]
    assert verdict(SCHEMA, "authorized_subjects", named, {"authorized_subjects": shown}) is Verdict.DIFFERENT


@pytest.mark.parametrize("name", [row.name for row in LISTS if row.settable is Settable.WRITE_ONLY])
def test_lists_that_are_never_shown_are_never_compared(name: str) -> None:
    assert verdict(SCHEMA, name, [], {name: sample(name)}) is Verdict.UNSEEN

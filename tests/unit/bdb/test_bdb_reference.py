# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of BDB fields: consistent in itself, and with the members of the reference."""

from __future__ import annotations

import re
import typing as t

import pytest
from support.bdb_members import (
    AUDIT,
    BLUEPRINT,
    BLUEPRINT_NODE,
    ENTRIES,
    IMPORTS,
    MODULE,
    PLACES,
    RECOVERY_FILE,
    RECOVERY_SHARD,
    SETTINGS,
    optional,
)

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS, RECOVERY_PLAN
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import (
    Compare,
    Field,
    Kind,
    Settable,
)

RELEASE = re.compile(r"\d+\.\d+(\.\d+)?")


def every_field() -> t.Iterator[tuple[str, Field]]:
    """All rows and members with their paths."""

    def below(path: str, row: Field) -> t.Iterator[tuple[str, Field]]:
        yield path, row
        for member in row.members:
            yield from below(f"{path}.{member.option_name}", member)

    for row in (*FIELDS.values(), RECOVERY_PLAN):
        yield from below(row.name, row)


OPTIONS = [(path, row) for path, row in every_field() if FIELDS.get(path.partition(".")[0], RECOVERY_PLAN).is_option]


@pytest.mark.parametrize(
    ("path", "row"), list(every_field()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_row_is_consistent(path: str, row: Field) -> None:
    assert not row.since or RELEASE.fullmatch(row.since)
    if row.deprecated:
        assert RELEASE.fullmatch(row.deprecated)
        assert bool(row.successor) != bool(row.replacement_hint), "one of the two, so that the user knows where to go"
        known = {known for known, _row in OPTIONS}
        assert set(row.successor) <= known
    assert not (row.choices and row.default) or row.default in row.choices
    assert bool(row.remedy) is (row.settable in (Settable.AT_CREATION, Settable.CONDITIONALLY))
    if row.compare in (Compare.BY_KEY, Compare.INCLUDES):
        assert row.key in {member.name for member in row.members}
    if row.compare in (Compare.SUPPLIED, Compare.REPLACED):
        assert row.kind is Kind.OBJECT
    if row.compare is Compare.UNORDERED:
        assert row.kind is Kind.LIST
    if row.kind is Kind.OBJECT:
        assert row.members or row.compare is Compare.PLAIN


def test_what_is_secret_is_no_log_and_what_only_sounds_so_is_not() -> None:
    secret = {path for path, row in OPTIONS if row.option().get("no_log")}
    assert secret == {path for path, row in OPTIONS if row.secret}
    places = ("backup_location", "dataset_import_sources")
    keys = ("key", "access_key_id", "secret_access_key", "private_key", "account_key", "sas_token")
    assert secret == {
        "authentication_redis_pass",
        "authentication_admin_pass",
        "authentication_sasl_pass",
        *(f"{place}.{key}" for place in places for key in keys),
        *(f"{sources}.client_key" for sources in ("replica_sources", "sync_sources", "crdt_sources")),
    }
    plain = ("tags.key", "shard_key_regex", "implicit_shard_key", "tracking_table_max_keys")
    assert all(row.option()["no_log"] is False for path, row in OPTIONS if path in plain)


# -- members of the objects inside a database ----------------------------------------------------------------------

LITERAL: dict[str, set[str]] = {
    **{name: set(members) for name, members in (*SETTINGS.items(), *ENTRIES.items())},
    "audit_settings.username_filter": set(AUDIT["username_filter"][0]),
    "audit_settings.source_ip_filter": set(AUDIT["source_ip_filter"][0]),
    "backup_location": {"type", *(name for members in PLACES.values() for name in members)},
    "dataset_import_sources": {"type", *(name for members in IMPORTS.values() for name in members)},
    "module_list": set(MODULE),
    "shards_blueprint": set(BLUEPRINT),
    "shards_blueprint.nodes": set(BLUEPRINT_NODE),
    "recovery_plan": {"original_bdb_shards", "data_files"},
    "recovery_plan.original_bdb_shards": set(RECOVERY_SHARD),
    "recovery_plan.data_files": set(RECOVERY_FILE),
}


def test_every_member_of_the_reference_is_in_the_table_and_no_other() -> None:
    table = {path: {member.name for member in row.members} for path, row in every_field() if row.members}
    differing = {path: table.get(path, set()) ^ LITERAL.get(path, set()) for path in table.keys() | LITERAL.keys()}
    differing = {path: names for path, names in differing.items() if names}
    assert not differing, f"plugins/…/_bdb/nested_fields.py and tests/support/bdb_members.py differ in {differing}"
    assert (len(SETTINGS["search"]), len(SETTINGS["timeseries"]), len(SETTINGS["probabilistic"])) == (49, 8, 8)


@pytest.mark.parametrize(
    ("path", "pair"),
    [
        (f"{name}.{optional(member)}", pair)
        for name, members in (*SETTINGS.items(), *ENTRIES.items())
        for member, pair in members.items()
    ],
)
def test_ranges_and_words_of_a_member_reach_as_far_as_in_the_reference(path: str, pair: tuple[t.Any, t.Any]) -> None:
    row = dict(every_field())[path]
    for value in pair:
        assert row.low is None or value >= row.low
        assert row.high is None or value <= row.high
        assert not row.choices or value in row.choices
    if row.low is not None and row.high is not None:
        assert {row.low, row.high} == set(pair)

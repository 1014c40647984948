# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure health checks, run on a table of answers that a test has bent."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action import model as _actions
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import cluster as _cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health import verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.checks import CHECKS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.facts import (
    WARNING,
    Availability,
    Criteria,
    Facts,
    Problem,
)
from support import small_cluster
from support.stub_api import StubApi

NODE, SHARD, REPORT = "/v1/nodes", "/v1/shards", "/v4/cluster/health"
Table = dict[str, t.Any]
# A check, a change of the table, and (object, severity, message) of what is then found.
Row = tuple[str, t.Callable[[Table], t.Any], list[tuple[str, str, str]]]
ABOUT_NODE = tuple(name for name, check in CHECKS.items() if check.about_node)
DEFAULT = Criteria(tuple(name for name in CHECKS if name not in ABOUT_NODE))


def without(uid: int) -> Criteria:
    """What the module asks by default about a node that is to be taken out of service."""
    return Criteria(tuple(name for name, check in CHECKS.items() if not check.on_request), without_node=uid)


def facts(table: Table, clock: t.Any, **other: t.Any) -> Facts:
    cluster = _cluster.read(StubApi(table, clock).client)
    return Facts(
        **{
            "cluster": cluster,
            "cluster_check": table["/v1/cluster/check"],
            "license": table["/v1/license"],
            "availability": {database.uid: Availability(200) for database in cluster.databases},
            "actions": tuple(_actions.from_v2(table["/v2/actions"])),
            **other,
        }
    )


def shown(found: list[Problem]) -> list[tuple[str, str, str]]:
    return [(each.object, each.severity, each.message) for each in found]


def run_check(check: str, given: Facts, criteria: Criteria = DEFAULT) -> list[tuple[str, str, str]]:
    """What one check alone finds."""
    return shown(verdict.find_problems(given, dataclasses.replace(criteria, checks=(check,))))


def update(path: str, *keys: t.Any, **values: t.Any) -> t.Callable[[Table], None]:
    """A change of one object in the table of answers."""

    def bend(table: Table) -> None:
        item = table[path]
        for key in keys:
            item = item[key]
        item.update(values)

    return bend


def each(*changes: t.Callable[[Table], t.Any]) -> t.Callable[[Table], None]:
    def bend(table: Table) -> None:
        for change in changes:
            change(table)

    return bend


def assert_found(row: Row, clock: t.Any) -> None:
    """The check of a row finds nothing before the change, and what is expected after it."""
    check, bend, expected = row
    table = small_cluster.answers()
    assert run_check(check, facts(table, clock)) == []
    bend(table)
    assert run_check(check, facts(table, clock)) == expected
    found = verdict.find_problems(facts(table, clock), dataclasses.replace(DEFAULT, checks=(check,)))
    assert {problem.check for problem in found} == {check}
    assert verdict.is_healthy(found) is all(severity == WARNING for _what, severity, _message in expected)

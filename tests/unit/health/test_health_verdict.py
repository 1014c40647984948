# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict: severities that the user sets, and the sentences about problems."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from support import small_cluster
from support.health_checks import DEFAULT, NODE, REPORT, Table, facts, without

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health import verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.facts import ERROR, OFF, WARNING, Problem


def found(table: Table, clock: t.Any, **severities: str) -> list[tuple[str, str]]:
    criteria = dataclasses.replace(
        DEFAULT,
        checks=tuple(name for name in DEFAULT.checks if severities.get(name) != OFF),
        severities=severities,
    )
    return [(each.check, each.severity) for each in verdict.find_problems(facts(table, clock), criteria)]


def test_warning_makes_warnings_of_the_errors_of_a_check_and_of_no_other(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"]["expired"] = True
    table[NODE][1]["status"] = "down"
    assert found(table, clock) == [("nodes", ERROR), ("license", ERROR)]
    assert found(table, clock, license=WARNING) == [("nodes", ERROR), ("license", WARNING)]


def test_error_makes_errors_of_the_warnings_of_a_check(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[NODE][0]["shard_list"] = [1, 77]
    table[REPORT]["active_alerts"] = [{"name": "some_alert"}]
    assert found(table, clock) == [("shards", WARNING), ("report", WARNING)]
    assert found(table, clock, shards=ERROR) == [("shards", ERROR), ("report", WARNING)]


def test_the_severity_counts_for_what_could_not_be_read_too(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/cluster/check"] = "maintenance page"
    assert found(table, clock, cluster_check=WARNING) == [("cluster_check", WARNING)]


@pytest.mark.parametrize(
    ("check", "bend"),
    [
        (
            "license",
            lambda table: (table["/v1/license"].update(expired=True), table[REPORT]["license"].update(expired=True)),
        ),
        (
            "nodes",
            lambda table: (table[NODE][1].update(status="down"), table[REPORT]["nodes"][1].update(status="down")),
        ),
        (
            "databases",
            lambda table: (
                table["/v1/bdbs"][0].update(status="pending"),
                table[REPORT]["database_infos"][0].update(status="warning", detailed_status="pending"),
            ),
        ),
    ],
    ids=["license", "nodes", "databases"],
)
def test_what_is_turned_off_does_not_come_back_by_the_report(
    check: str, bend: t.Callable[[Table], t.Any], clock: t.Any
) -> None:
    table = small_cluster.answers()
    bend(table)
    table[REPORT]["status"] = "error"
    assert found(table, clock) == [(check, ERROR)]
    assert found(table, clock, **{check: WARNING}) == [(check, WARNING)]
    assert found(table, clock, **{check: OFF}) == []


# -- sentences -------------------------------------------------------------------------------------------------------


def problem(number: int, severity: str = ERROR, check: str = "nodes") -> Problem:
    return Problem("/v1/nodes", f"node {number}", severity, f"Node {number} is down.", check)


def test_the_status_line_names_the_first_error_and_how_many_more() -> None:
    assert verdict.status_line([problem(1, WARNING), problem(2), problem(2)]) == "Node 2 is down"
    assert verdict.status_line([problem(1), problem(2), problem(3)]) == "Node 1 is down (and 2 more)"


def test_a_failure_lists_errors_and_then_warnings_with_their_checks() -> None:
    both = [problem(1), problem(2), problem(2), problem(3, WARNING, "report")]
    assert verdict.failure_message(both).splitlines() == [
        "The cluster is not healthy:",
        "nodes: Node 1 is down.",
        "nodes: Node 2 is down.",
        "Warnings:",
        "report: Node 3 is down.",
    ]


def test_a_failure_does_not_list_without_end() -> None:
    many = [problem(number) for number in range(1, 14)] + [problem(number, WARNING) for number in range(20, 31)]
    lines = verdict.failure_message(many, 600.2).splitlines()
    assert lines[0] == "The cluster is not healthy after 600 s of waiting:"
    assert lines[1:11] == [f"nodes: Node {number} is down." for number in range(1, 11)]
    assert lines[11:13] == ["and 3 more errors, see problems in the result", "Warnings:"]
    assert lines[-1] == "and 1 more warnings, see problems in the result"


@pytest.mark.parametrize(
    ("checks", "opening"),
    [
        (["nodes", "quorum_without_node"], "The cluster is not healthy:"),
        (["nodes", "node_drained"], "The cluster is not healthy:"),
        (["quorum_without_node"], "The cluster cannot do without node 2 (127.0.0.2):"),
        (["single_copies", "node_drained"], "The cluster cannot do without node 2 (127.0.0.2):"),
        (["node_drained"], "Node 2 (127.0.0.2) is not drained and must not be stopped:"),
    ],
)
def test_a_failure_says_first_what_it_is_about(checks: list[str], opening: str, clock: t.Any) -> None:
    node = facts(small_cluster.answers(), clock).leaving(without(2))
    problems = [*(problem(number, check=check) for number, check in enumerate(checks)), problem(9, WARNING, "nodes")]
    assert verdict.failure_message(problems, node=node).splitlines()[0] == opening
    assert verdict.failure_message(problems).splitlines()[0] == "The cluster is not healthy:"

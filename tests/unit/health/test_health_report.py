# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster's own health report adds, and what it must not repeat."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from support import small_cluster
from support.health_checks import (
    DEFAULT,
    NODE,
    REPORT,
    Row,
    Table,
    assert_found,
    each,
    facts,
    run_check,
    shown,
    update,
    without,
)

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health import verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.facts import ERROR, WARNING

PROBLEMS: list[Row] = [
    (
        "report",
        update(REPORT, status="error"),
        [("cluster", ERROR, "The health report shows the status error, and no cause of it.")],
    ),
    (
        "report",
        update(REPORT, status="warning"),
        [("cluster", WARNING, "The health report shows the status warning, and no cause of it.")],
    ),
    (
        "report",
        each(update(REPORT, status="error"), update(REPORT, "nodes", 2, status="down", detailed_status="down")),
        [("node 3", ERROR, "The health report shows node 3 as down.")],
    ),
    (
        "report",
        each(update(REPORT, status="error"), update(REPORT, active_alerts=[{"name": "cluster_ocsp_query_failed"}])),
        [
            ("cluster", ERROR, "The health report shows the status error."),
            ("cluster", WARNING, "The health report shows the alert cluster_ocsp_query_failed on the cluster."),
        ],
    ),
    (
        "report",
        update(REPORT, "nodes", 2, detailed_status="decommissioning"),
        [("node 3", ERROR, "The health report shows node 3 as active / decommissioning.")],
    ),
    (
        "report",
        each(
            update(REPORT, "nodes", 2, status="warning", services=[{"name": "alert_mgr", "status": "FATAL"}]),
            update(REPORT, status="warning"),
        ),
        [
            ("node 3", WARNING, "The health report shows node 3 as warning / active."),
            ("node 3", WARNING, "The health report shows that services do not run on node 3: alert_mgr (FATAL)."),
        ],
    ),
    (
        "report",
        update(
            REPORT,
            "nodes",
            0,
            active_alerts=[{"name": "node_persistent_storage", "active_since": "2025-01-01T00:00:00Z"}],
        ),
        [
            (
                "node 1",
                WARNING,
                "The health report shows the alert node_persistent_storage on node 1 since 2025-01-01T00:00:00Z.",
            )
        ],
    ),
    (
        "report",
        update(REPORT, "database_infos", 0, status="down"),
        [("database 1", ERROR, "The health report shows database 1 (cache) as down / active.")],
    ),
    (
        "report",
        update(REPORT, "database_infos", 0, status="warning", detailed_status="import-pending"),
        [("database 1", ERROR, "The health report shows database 1 (cache) as warning / import-pending.")],
    ),
    (
        "report",
        update(REPORT, "database_infos", 0, status="warning", high_availability={"status": "down"}),
        [
            ("database 1", WARNING, "The health report shows database 1 (cache) as warning / active."),
            ("database 1", WARNING, "The health report shows the high availability of database 1 (cache) as down."),
        ],
    ),
    (
        "report",
        update(REPORT, "license", expired=True),
        [("license", ERROR, "The health report shows the license as expired.")],
    ),
    (
        "report",
        update(REPORT, "certificates", 0, expired=True),
        [("certificate proxy", WARNING, "The health report shows the certificate proxy as expired.")],
    ),
]


@pytest.mark.parametrize("row", PROBLEMS)
def test_a_problem_is_found_where_it_is_and_only_there(row: Row, clock: t.Any) -> None:
    assert_found(row, clock)


# -- maintenance that is allowed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["active", "warning"])
@pytest.mark.parametrize("overall", ["ok", "warning", "error"])
def test_an_allowed_maintenance_node_is_no_problem_anywhere(status: str, overall: str, clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    table[REPORT]["nodes"][1] |= {"status": status}
    table[REPORT]["status"] = overall
    allowed = dataclasses.replace(DEFAULT, allow_in_maintenance=frozenset({2}))
    assert verdict.find_problems(facts(table, clock), allowed) == []
    other = dataclasses.replace(DEFAULT, allow_in_maintenance=frozenset({3}))
    assert not verdict.is_healthy(verdict.find_problems(facts(table, clock), other))


def test_the_source_of_maintenance_is_the_endpoint_that_shows_it(clock: t.Any) -> None:
    sources = []
    for version in ("8.0.16-29", "7.4.6-22"):
        table = small_cluster.answers(version)
        small_cluster.maintenance(table, 2)
        sources += [
            problem.source
            for problem in verdict.find_problems(
                facts(table, clock), dataclasses.replace(DEFAULT, checks=("maintenance",))
            )
        ]
    assert sources == ["/v4/cluster/health", "/v1/nodes/status"]


def test_an_allowed_maintenance_node_that_is_down_is_one_error(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    table[NODE][1]["status"] = "down"
    table[REPORT]["nodes"][1] |= {"status": "down", "detailed_status": "down"}
    table[REPORT]["status"] = "error"
    allowed = dataclasses.replace(DEFAULT, allow_in_maintenance=frozenset({2}))
    assert shown(verdict.find_problems(facts(table, clock), allowed)) == [
        ("node 2", ERROR, "Node 2 (127.0.0.2) is down.")
    ]
    alone = dataclasses.replace(allowed, checks=("report",))
    assert shown(verdict.find_problems(facts(table, clock), alone)) == [
        ("node 2", ERROR, "The health report shows node 2 as down.")
    ]


# -- a node that half left -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["8.0.16-29", "7.4.6-22"])
@pytest.mark.parametrize("overall", ["ok", "warning", "error"])
def test_a_decommissioning_node_is_no_problem_where_it_is_allowed(version: str, overall: str, clock: t.Any) -> None:
    table = small_cluster.answers(version)
    small_cluster.decommissioning(table, 2)
    table.get(REPORT, {})["status"] = overall
    allowed = dataclasses.replace(without(2), allow_decommissioning=frozenset({2}))
    assert verdict.find_problems(facts(table, clock), allowed) == []
    for other in (without(2), dataclasses.replace(without(2), allow_decommissioning=frozenset({3}))):
        assert shown(verdict.find_problems(facts(table, clock), other)) == [
            ("node 2", ERROR, "Node 2 (127.0.0.2) is decommissioning.")
        ]
    small_cluster.decommissioning(table, 3)
    found = shown(verdict.find_problems(facts(table, clock), allowed))
    assert ("node 3", ERROR, "Node 3 (127.0.0.3) is decommissioning.") in found
    assert "node 2" not in [what for what, _severity, _message in found]


def test_an_allowed_decommissioning_node_is_no_problem_of_the_report_alone(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.decommissioning(table, 2)
    table[REPORT]["status"] = "warning"
    alone = dataclasses.replace(DEFAULT, checks=("report",))
    assert (
        run_check("report", facts(table, clock), dataclasses.replace(alone, allow_decommissioning=frozenset({2}))) == []
    )
    assert run_check("report", facts(table, clock), alone) == [
        ("node 2", ERROR, "The health report shows node 2 as warning / decommissioning.")
    ]


def test_an_allowed_decommissioning_node_that_is_down_is_an_error(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.decommissioning(table, 2)
    table[REPORT]["nodes"][1]["status"] = "down"
    allowed = dataclasses.replace(DEFAULT, checks=("nodes", "report"), allow_decommissioning=frozenset({2}))
    found = shown(verdict.find_problems(facts(table, clock), dataclasses.replace(allowed, checks=("report",))))
    assert found == [("node 2", ERROR, "The health report shows node 2 as down / decommissioning.")]
    table[NODE][1]["status"] = "down"
    found = shown(verdict.find_problems(facts(table, clock), allowed))
    assert found == [("node 2", ERROR, "Node 2 (127.0.0.2) is down.")]


def test_a_decommissioning_node_does_not_count_for_the_quorum(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.decommissioning(table, 2)
    allowed = dataclasses.replace(without(3), allow_decommissioning=frozenset({2}))
    [(what, severity, message)] = run_check("quorum_without_node", facts(table, clock), allowed)
    assert (what, severity) == ("cluster", ERROR)
    assert "Without node 3, too few nodes would be up" in message


@pytest.mark.parametrize(
    ("bend", "expected"),
    [
        (
            each(
                update("/v1/bdbs", 0, status="active-change-pending"),
                update(REPORT, "database_infos", 0, detailed_status="active-change-pending"),
                update(REPORT, status="warning"),
            ),
            ["database 1"],
        ),
        (
            each(
                update("/v1/license", expired=True),
                update(REPORT, "license", expired=True),
                update(REPORT, status="error"),
            ),
            ["license"],
        ),
    ],
)
def test_the_report_does_not_repeat_another_check(
    bend: t.Callable[[Table], None], expected: list[str], clock: t.Any
) -> None:
    table = small_cluster.answers()
    bend(table)
    assert [problem.object for problem in verdict.find_problems(facts(table, clock), DEFAULT)] == expected

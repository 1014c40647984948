# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a health check as lines, and the filter health_lines."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from support import small_cluster
from support.health_checks import DEFAULT
from support.stub_api import StubApi

from ansible_collections.redis_enterprise.cluster.plugins.filter.health_lines import FilterModule
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import health_info, node_info
from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils import _health_table

FILTER = FilterModule().filters()["health_lines"]


def report(clock: t.Any, table: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """The report as the role composes it, from the real operations."""

    def context() -> Context:
        return Context(StubApi(table, clock).client, {}, wait=Wait(enabled=False), clock=clock)

    return {**node_info.run(context()).as_dict(), **health_info.run(context()).as_dict(), **more}


def provisional(table: dict[str, t.Any], *gibibytes: float) -> None:
    for uid, total in enumerate(gibibytes, 1):
        table["/v1/nodes/status"][str(uid)]["total_provisional_ram"] = int(total * small_cluster.GIB)


def test_a_healthy_cluster(clock: t.Any) -> None:
    table = small_cluster.answers()
    provisional(table, 13.6, 13.6, 13.6)
    assert FILTER(report(clock, table, name="east", time="2026-03-02 09:24:17 UTC")) == [
        "Cluster east, release 8.0.16, 2026-03-02 09:24:17 UTC",
        "",
        "node  address    role     status  maintenance  shards  primary  endpoints  memory for shards",
        "   1  127.0.0.1  primary  active  no                1        1          1  8.0 of 13.6 GiB free",
        "   2  127.0.0.2  replica  active  no                2        1          0  8.0 of 13.6 GiB free",
        "   3  127.0.0.3  replica  active  no                2        1          1  8.0 of 13.6 GiB free",
        "",
        f"HEALTHY: {len(DEFAULT.checks)} checks found nothing wrong; 3 of 3 nodes in service, 2 needed.",
    ]


def test_problems_racks_releases_and_maintenance(clock: t.Any) -> None:
    table = small_cluster.answers("7.22.0-95")
    small_cluster.maintenance(table, 3)
    snapshot = {"name": "maintenance_mode_2024", "node_uid": "1"}
    table["/v1/nodes/status"]["1"] |= {"maintenance_snapshot": snapshot, "role": None}
    table["/v1/nodes/status"]["2"] |= {"free_provisional_ram": None}
    table["/v1/nodes"][1] |= {"rack_id": "b", "status": "down", "software_version": "7.4.6-22"}
    table["/v1/nodes"][0]["shard_list"].append(99)
    assert FILTER(report(clock, table)) == [
        "Cluster, release 7.4.6",
        "",
        "node  address    role     status  maintenance         shards  primary  endpoints  memory for shards"
        "  rack  release",
        "   1  127.0.0.1  -        active  no, but a snapshot       1        1          1  8.0 GiB free     "
        "  -     7.22.0-95",
        "   2  127.0.0.2  replica  down    no                       2        1          0  -                "
        "  b     7.4.6-22",
        "   3  127.0.0.3  replica  active  yes                      2        1          1  8.0 GiB free     "
        "  -     7.22.0-95",
        "",
        "error    nodes        Node 2 (127.0.0.2) is down.",
        "error    nodes        No node says that it is the primary of the cluster.",
        "error    maintenance  Node 3 is in maintenance.",
        "error    quorum       Too few nodes are up and not in maintenance: 1 of 3, and the quorum needs 2.",
        "warning  shards       Node 1 lists shard 99, which the cluster does not know; it may be a leftover.",
        "",
        "NOT HEALTHY: 4 errors and 1 warning; 1 of 3 nodes in service, 2 needed.",
    ]


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"healthy": True, "checks_run": ["nodes"]}, "HEALTHY: 1 check found nothing wrong."),
        (
            {"healthy": True, "checks_run": ["a", "b"], "problems": [{"severity": "warning"}]},
            "HEALTHY: 2 checks found 1 warning.",
        ),
        (
            {"healthy": False, "problems": [{"severity": "error"}], "waited": 12.3},
            "NOT HEALTHY: 1 error after 12 s of waiting.",
        ),
        ({"healthy": False}, "NOT HEALTHY: no reason given."),
        ({"healthy": None, "error": "No node\nanswered."}, "UNKNOWN: No node answered."),
        ({}, "UNKNOWN: the health could not be determined."),
        (
            {"healthy": True, "quorum": {"nodes": 1, "needed": 1, "in_service": 1}, "waited": 0.4},
            "HEALTHY: 0 checks found nothing wrong; 1 of 1 node in service, 1 needed.",
        ),
    ],
)
def test_verdicts(given: dict[str, t.Any], verdict: str) -> None:
    assert _health_table.verdict(given) == verdict


def test_parts_that_are_unknown_are_left_out() -> None:
    assert FILTER({"name": "cluster"}) == ["Cluster", "", "UNKNOWN: the health could not be determined."]
    assert FILTER({"healthy": True, "checks_run": ["nodes"], "error": "Time was over"}) == [
        "Cluster",
        "",
        "The nodes could not be read: Time was over.",
        "",
        "HEALTHY: 1 check found nothing wrong.",
    ]


def test_a_problem_that_two_looks_found_is_shown_once() -> None:
    problem = {"severity": "error", "check": "nodes", "message": "Node 2 is down."}
    assert FILTER({"healthy": False, "problems": [problem, dict(problem)]})[2:-2] == ["error  nodes  Node 2 is down."]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("healthy", "health_lines needs a dictionary with the results of redis_health_info"),
        (
            {"nodes": [{"uid": 1}]},
            "health_lines needs the results of redis_health_info and redis_node_info as they are",
        ),
        ({"healthy": True, "problems": [3]}, "as they are: TypeError"),
    ],
)
def test_what_is_no_report(given: t.Any, sentence: str) -> None:
    with pytest.raises(AnsibleFilterError, match=sentence):
        FILTER(given)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each problem of each check: found where it is, and not found where it is not."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from support import small_cluster
from support.health_checks import (
    ABOUT_NODE,
    DEFAULT,
    NODE,
    SHARD,
    Row,
    assert_found,
    each,
    facts,
    run_check,
    update,
    without,
)

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action import model as _actions
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health import verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.checks import CHECKS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.facts import (
    ERROR,
    WARNING,
    Availability,
    Criteria,
    Unread,
)


@pytest.mark.parametrize("version", ["8.0.16-29", "7.4.6-22"])
@pytest.mark.parametrize("criteria", [DEFAULT, without(1)])
def test_a_healthy_cluster_has_no_problem(version: str, criteria: Criteria, clock: t.Any) -> None:
    assert verdict.find_problems(facts(small_cluster.answers(version), clock), criteria) == []


PROBLEMS: list[Row] = [
    (
        "cluster_check",
        update("/v1/cluster/check", "nodes", 2, result=False, error="process alert_mgr is not running"),
        [("node 3", ERROR, "The cluster's own check of node 3 fails: process alert_mgr is not running.")],
    ),
    (
        "cluster_check",
        update("/v1/cluster/check", "nodes", 2, result=False),
        [("node 3", ERROR, "The cluster's own check of node 3 fails: no reason given.")],
    ),
    (
        "cluster_check",
        update("/v1/cluster/check", cluster_test_result=False),
        [("cluster", ERROR, "The cluster's own check fails, and it names no node.")],
    ),
    (
        "cluster_check",
        lambda table: table.update({"/v1/cluster/check": "maintenance page"}),
        [
            (
                "cluster",
                ERROR,
                "Could not read the cluster's own check: its answer holds no results of nodes.",
            )
        ],
    ),
    ("nodes", update(NODE, 1, status="down"), [("node 2", ERROR, "Node 2 (127.0.0.2) is down.")]),
    (
        "nodes",
        update("/v1/nodes/status", "1", role="slave"),
        [("cluster", ERROR, "No node says that it is the primary of the cluster.")],
    ),
    (
        "nodes",
        update("/v1/nodes/status", "3", role="master"),
        [("cluster", ERROR, "Nodes 1 and 3 all say that they are the primary of the cluster.")],
    ),
    (
        "shards",
        update(SHARD, 1, status="inactive", detailed_status="down"),
        [("shard 2", ERROR, "Replica shard 2 of database 1 (cache) on node 2 is not healthy (inactive, down).")],
    ),
    (
        "shards",
        update(SHARD, 0, detailed_status="loading"),
        [("shard 1", ERROR, "Primary shard 1 of database 1 (cache) on node 1 is not healthy (active, loading).")],
    ),
    (
        "shards",
        each(update(SHARD, 4, node_uid="9"), update(NODE, 2, shard_list=[4])),
        [
            ("shard 5", ERROR, "Primary shard 5 of database 2 (queue) is on node 9, which the cluster does not list."),
            ("database 2", ERROR, "Database 2 (queue) has 0 primary shard(s), and it should have 1."),
        ],
    ),
    (
        "shards",
        lambda table: table[SHARD].append({**table[SHARD][4], "node_uid": "1"}),
        [("shard 5", ERROR, "Shard 5 is listed on nodes 1 and 3 at once.")],
    ),
    (
        "shards",
        update(NODE, 0, shard_list=[1, 5]),
        [("shard 5", ERROR, "Shard 5 is listed on nodes 1 and 3 at once.")],
    ),
    (
        "shards",
        update(NODE, 0, shard_list=[1, 77]),
        [("shard 77", WARNING, "Node 1 lists shard 77, which the cluster does not know; it may be a leftover.")],
    ),
    (
        "shards",
        each(lambda table: table[SHARD].pop(3), update(NODE, 2, shard_list=[5])),
        [
            (
                "database 1",
                ERROR,
                "Primary shard 3 of database 1 (cache) has no replica, although replication is on.",
            )
        ],
    ),
    (
        "shards",
        each(update(SHARD, 1, node_uid="1"), update(NODE, 0, shard_list=[1, 2]), update(NODE, 1, shard_list=[3])),
        [("database 1", ERROR, "Primary shard 1 of database 1 (cache) and its replica 2 are both on node 1.")],
    ),
    (
        "shards",
        each(*(update(SHARD, index, assigned_slots="") for index in range(4)), update(SHARD, 3, role="master")),
        [
            ("database 1", ERROR, "Database 1 (cache) has 3 primary shard(s), and it should have 2."),
            ("database 1", ERROR, "Database 1 (cache) has 3 primary shards, but only 1 replicas."),
        ],
    ),
    (
        "racks",
        each(
            update("/v1/bdbs", 0, rack_aware=True),
            *(update(NODE, index, rack_id=rack) for index, rack in enumerate("aba")),
            update(SHARD, 1, node_uid="3"),
        ),
        [
            (
                "database 1",
                WARNING,
                "Primary shard 1 of database 1 (cache) and its replica 2 are both in rack a, although the database is "
                "rack-aware.",
            )
        ],
    ),
    (
        "databases",
        update("/v1/bdbs", 1, status="active-change-pending"),
        [("database 2", ERROR, "Database 2 (queue) is not active: its status is active-change-pending.")],
    ),
    (
        "databases",
        update("/v1/bdbs", 1, status="", name=""),
        [("database 2", ERROR, "Database 2 is not active: its status is unknown.")],
    ),
    (
        "license",
        update("/v1/license", expired=True, expiration_date="2020-01-01T00:00:00Z"),
        [("license", ERROR, "The cluster's license expired on 2020-01-01T00:00:00Z.")],
    ),
    (
        "license",
        update("/v1/license", shards_limit=4, ram_shards_in_use=3, flash_shards_in_use=2),
        [("license", ERROR, "The cluster uses 5 shards, and its license allows 4.")],
    ),
    (
        "license",
        update("/v1/license", ram_shards_limit=4),
        [("license", ERROR, "The cluster uses 5 RAM shards, and its license allows 4.")],
    ),
    (
        "license",
        update("/v1/license", flash_shards_limit=0, flash_shards_in_use=1),
        [("license", ERROR, "The cluster uses 1 flash shards, and its license allows 0.")],
    ),
    (
        "license",
        lambda table: table.update({"/v1/license": None}),
        [("license", ERROR, "The cluster has no license installed.")],
    ),
    (
        "actions",
        update("/v2/actions", 0, status="running", additional_info={"object_type": "bdb", "object_uid": "1"}),
        [("database 1", ERROR, "An action has not ended: retry_bdb of bdb 1 is running.")],
    ),
    (
        "actions",
        update("/v2/actions", 0, status="queued"),
        [("action retry_bdb", ERROR, "An action has not ended: retry_bdb is queued.")],
    ),
    (
        "maintenance",
        lambda table: small_cluster.maintenance(table, 2),
        [("node 2", ERROR, "Node 2 is in maintenance.")],
    ),
    (
        "quorum",
        each(update(NODE, 1, status="down"), lambda table: small_cluster.maintenance(table, 3)),
        [("cluster", ERROR, "Too few nodes are up and not in maintenance: 1 of 3, and the quorum needs 2.")],
    ),
]


@pytest.mark.parametrize("row", PROBLEMS)
def test_a_problem_is_found_where_it_is_and_only_there(row: Row, clock: t.Any) -> None:
    assert_found(row, clock)


def test_a_license_that_is_used_up_is_no_problem(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"] |= {"shards_limit": 5, "ram_shards_limit": 5, "flash_shards_limit": 0}
    assert run_check("license", facts(table, clock)) == []


def test_every_check_has_a_problem_in_the_tables() -> None:
    assert {row[0] for row in PROBLEMS} | {"availability", "report", *ABOUT_NODE} == set(CHECKS), (
        "a check of plugins/module_utils/_health/checks.py has no row in tests/unit/health/test_health.py"
    )


# -- availability ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Availability(503, {"error_code": "bdb_unavailable_shard_unreachable", "description": "shard unreachable."}),
            "Database 2 (queue) is not available: bdb_unavailable_shard_unreachable, shard unreachable.",
        ),
        (Availability(503, {"error_code": "no_quorum"}), "Database 2 (queue) is not available: no_quorum."),
        (
            Availability(503, "<html>away</html>"),
            "Could not read the availability of database 2: the answer is 503 without a reason.",
        ),
        (
            Availability(404, {"error_code": "db_not_found"}),
            "Database 2 (queue) is unknown to the availability check (db_not_found).",
        ),
        (Availability(404), "Database 2 (queue) is unknown to the availability check (404)."),
    ],
)
def test_a_database_that_is_not_available(answer: Availability, message: str, clock: t.Any) -> None:
    given = facts(small_cluster.answers(), clock, availability={1: Availability(200), 2: answer})
    assert run_check("availability", given) == [("database 2", ERROR, message)]


# -- actions ---------------------------------------------------------------------------------------------------------


def test_an_action_of_a_node_seen_by_two_endpoints_is_one_problem(clock: t.Any) -> None:
    twice = [
        *_actions.from_v2([{"action_type": "task", "action_uid": "u", "name": "maintenance_on", "status": "running"}]),
        *_actions.from_node([{"name": "maintenance_on", "node_uid": "2", "status": "running", "task_id": "u"}]),
        *_actions.from_node([{"name": "remove", "node_uid": "3", "status": "running"}]),
    ]
    given = facts(small_cluster.answers(), clock, actions=tuple(twice))
    found = verdict.find_problems(given, dataclasses.replace(DEFAULT, checks=("actions",)))
    assert [(problem.object, problem.source) for problem in found] == [
        ("action maintenance_on", "/v1/actions"),
        ("node 3", "/v1/nodes/actions"),
    ]


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "aborted"])
def test_finished_actions_do_not_matter(status: str, clock: t.Any) -> None:
    ended = tuple(_actions.from_node([{"name": "remove", "node_uid": "3", "status": status}]))
    assert run_check("actions", facts(small_cluster.answers(), clock, actions=ended)) == []


# -- without one node ------------------------------------------------------------------------------------------------


def test_quorum_without_a_node(clock: t.Any) -> None:
    table = small_cluster.answers()
    assert run_check("quorum_without_node", facts(table, clock), without(1)) == []
    small_cluster.maintenance(table, 3)
    assert run_check("quorum", facts(table, clock), without(1)) == []
    assert run_check("quorum_without_node", facts(table, clock), without(1)) == [
        (
            "cluster",
            ERROR,
            "Without node 1, too few nodes would be up and not in maintenance: 1 of 3, and the quorum needs 2.",
        )
    ]
    assert run_check("quorum_without_node", facts(table, clock), without(3)) == []


def test_single_copies_are_named_as_a_warning(clock: t.Any) -> None:
    given = facts(small_cluster.answers(), clock)
    assert run_check("single_copies", given, without(1)) == []
    [(what, severity, message)] = run_check("single_copies", given, without(3))
    assert (what, severity) == ("database 2", WARNING)
    assert message.startswith("Database 2 (queue) has no replicas and a shard on node 3: it is safe only if")


@pytest.mark.parametrize(
    "lose",
    [
        each(lambda table: table[SHARD].pop(1), update(NODE, 1, shard_list=[3])),
        update(SHARD, 1, detailed_status="loading"),
        update(SHARD, 1, status="inactive", detailed_status="down"),
    ],
)
def test_the_last_copy_of_replicated_data_is_an_error(
    lose: t.Callable[[dict[str, t.Any]], t.Any], clock: t.Any
) -> None:
    table = small_cluster.answers()
    lose(table)
    given = facts(table, clock)
    assert run_check("single_copies", given, without(1)) == [
        (
            "shard 1",
            ERROR,
            "Primary shard 1 of database 1 (cache) on node 1 is the last healthy copy of its data, although "
            "replication is on.",
        )
    ]
    assert run_check("single_copies", given, without(2)) == [], "the other copies on node 2 have a copy elsewhere"


def test_a_replica_can_be_the_last_copy_unless_it_is_not_healthy(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[SHARD][0]["detailed_status"] = "down"
    given = facts(table, clock)
    [(what, severity, message)] = run_check("single_copies", given, without(2))
    assert (what, severity) == ("shard 2", ERROR)
    assert message.startswith("Replica shard 2 of database 1 (cache) on node 2 is the last healthy copy of its data")
    assert run_check("single_copies", given, without(1)) == []


def test_without_slots_the_last_copy_is_unknown(clock: t.Any) -> None:
    table = small_cluster.answers()
    for shard in table[SHARD][:4]:
        shard["assigned_slots"] = ""
    table[SHARD][1]["detailed_status"] = table[SHARD][3]["detailed_status"] = "down"
    assert run_check("single_copies", facts(table, clock), without(1)) == []
    table["/v1/bdbs"][0]["shards_count"] = 1
    del table[SHARD][2:4]
    assert [what for what, *dummy in run_check("single_copies", facts(table, clock), without(1))] == ["shard 1"]


# -- all together ----------------------------------------------------------------------------------------------------


def test_errors_come_first_then_the_order_of_the_checks(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[NODE][0]["shard_list"] = [1, 77]  # a warning of the second check
    table["/v1/license"]["expired"] = True
    table["/v1/cluster/check"]["nodes"][0]["result"] = False
    found = verdict.find_problems(facts(table, clock), without(3))
    assert [(problem.check, problem.severity) for problem in found] == [
        ("cluster_check", ERROR),
        ("license", ERROR),
        ("shards", WARNING),
        ("single_copies", WARNING),
    ]
    assert found[0].as_dict() == {
        "check": "cluster_check",
        "source": "/v1/cluster/check",
        "object": "node 1",
        "severity": "error",
        "message": "The cluster's own check of node 1 fails: no reason given.",
    }


def test_what_could_not_be_read_stands_for_every_check_that_needs_it(clock: t.Any) -> None:
    unread = Unread("/v1/nodes/actions", "cluster", "running actions", "answered with 500.")
    given = facts(small_cluster.answers(), clock, unread={"actions": unread})
    found = verdict.find_problems(given, Criteria(("license", "actions", "node_drained"), without_node=1))
    message = "Could not read running actions: answered with 500."
    assert [(each.check, each.object, each.message) for each in found] == [
        (check, "cluster", message) for check in ("actions", "node_drained")
    ]


def test_one_unread_availability_hides_no_other(clock: t.Any) -> None:
    unread = Unread("/v1/bdbs/1/availability", "database 1", "the availability of database 1", "answered with 500")
    given = facts(
        small_cluster.answers(), clock, availability={1: unread, 2: Availability(503, {"error_code": "no_quorum"})}
    )
    assert run_check("availability", given) == [
        ("database 1", ERROR, "Could not read the availability of database 1: answered with 500."),
        ("database 2", ERROR, "Database 2 (queue) is not available: no_quorum."),
    ]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each problem of each check: found where it is, and not found where it is not."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.redis_enterprise.cluster.plugins.module_utils import _actions, _cluster, _health
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health_facts import (
    ERROR,
    WARNING,
    Answer,
    Facts,
    Problem,
    Question,
    not_found_out,
)
from support import small_cluster
from support.small_cluster import GIB
from support.stub_api import StubApi

Table = dict[str, t.Any]
Row = tuple[str, t.Callable[[Table], t.Any], list[tuple[str, str, str]]]
LOOK = Question(tuple(name for name in _health.CHECKS if name not in _health.WITHOUT_NODE_CHECKS))


def without(uid: int) -> Question:
    return Question(_health.CHECKS, without_node=uid)


def facts(table: Table, clock: t.Any, **other: t.Any) -> Facts:
    cluster = _cluster.read(StubApi(table, clock).client)
    return Facts(
        **{
            "cluster": cluster,
            "cluster_check": table["/v1/cluster/check"],
            "license": table["/v1/license"],
            "availability": {database.uid: Answer(200) for database in cluster.databases},
            "actions": tuple(_actions.from_v2(table["/v2/actions"])),
            **other,
        }
    )


def shown(found: list[Problem]) -> list[tuple[str, str, str]]:
    return [(each.object, each.severity, each.message) for each in found]


def ask(check: str, given: Facts, question: Question = LOOK) -> list[tuple[str, str, str]]:
    return shown(_health.problems(given, dataclasses.replace(question, checks=(check,))))


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


@pytest.mark.parametrize("version", ["8.0.16-29", "7.4.6-22"])
@pytest.mark.parametrize("question", [LOOK, without(1)])
def test_a_healthy_cluster_has_no_problem(version: str, question: Question, clock: t.Any) -> None:
    assert _health.problems(facts(small_cluster.answers(version), clock), question) == []


NODE, SHARD, REPORT = "/v1/nodes", "/v1/shards", "/v4/cluster/health"
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
                "the cluster's own check",
                ERROR,
                "Could not find out about the cluster's own check: its answer holds no results of nodes.",
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
        [("shard 2", ERROR, "Replica shard 2 of database 1 (cache) on node 2 is not well (inactive, down).")],
    ),
    (
        "shards",
        update(SHARD, 0, detailed_status="loading"),
        [("shard 1", ERROR, "Primary shard 1 of database 1 (cache) on node 1 is not well (active, loading).")],
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
        [("cluster", ERROR, "Only 1 of 3 nodes are up and not in maintenance, and the quorum needs 2.")],
    ),
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
            REPORT, "nodes", 0, active_alerts=[{"name": "node_persistent_storage", "active_since": "2025-01-01T00:00:00Z"}]
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


@pytest.mark.parametrize(("check", "bend", "expected"), PROBLEMS)
def test_a_problem_is_found_by_its_check_and_by_no_other_choice(
    check: str, bend: t.Callable[[Table], t.Any], expected: list[tuple[str, str, str]], clock: t.Any
) -> None:
    table = small_cluster.answers()
    assert ask(check, facts(table, clock)) == []
    bend(table)
    assert ask(check, facts(table, clock)) == expected
    found = _health.problems(facts(table, clock), dataclasses.replace(LOOK, checks=(check,)))
    assert {problem.check for problem in found} == {check}
    assert _health.is_healthy(found) is all(severity == WARNING for _what, severity, _message in expected)


def test_every_check_has_a_problem_in_the_tables() -> None:
    assert {row[0] for row in PROBLEMS} | {"availability", *_health.WITHOUT_NODE_CHECKS} == set(_health.CHECKS)


# -- availability ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Answer(503, {"error_code": "bdb_unavailable_shard_unreachable", "description": "shard unreachable."}),
            "Database 2 (queue) is not available: bdb_unavailable_shard_unreachable, shard unreachable.",
        ),
        (Answer(503, {"error_code": "no_quorum"}), "Database 2 (queue) is not available: no_quorum."),
        (
            Answer(503, "<html>away</html>"),
            "Could not find out about database 2: its availability was answered with 503 and no reason.",
        ),
        (
            Answer(404, {"error_code": "db_not_found"}),
            "Database 2 (queue) is not known to the check of availability (db_not_found).",
        ),
        (Answer(404), "Database 2 (queue) is not known to the check of availability (404)."),
    ],
)
def test_a_database_that_is_not_available(answer: Answer, message: str, clock: t.Any) -> None:
    given = facts(small_cluster.answers(), clock, availability={1: Answer(200), 2: answer})
    assert ask("availability", given) == [("database 2", ERROR, message)]


# -- actions ---------------------------------------------------------------------------------------------------------


def test_an_action_of_a_node_seen_by_two_endpoints_is_one_problem(clock: t.Any) -> None:
    twice = [
        *_actions.from_v2([{"action_type": "task", "action_uid": "u", "name": "maintenance_on", "status": "running"}]),
        *_actions.from_node({"name": "maintenance_on", "node_uid": "2", "status": "running", "task_id": "u"}),
        *_actions.from_node({"name": "remove", "node_uid": "3", "status": "running"}),
    ]
    given = facts(small_cluster.answers(), clock, actions=tuple(twice))
    found = _health.problems(given, dataclasses.replace(LOOK, checks=("actions",)))
    assert [(problem.object, problem.source) for problem in found] == [
        ("action maintenance_on", "/v1/actions"),
        ("node 3", "/v1/nodes/actions"),
    ]


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "aborted"])
def test_finished_actions_do_not_matter(status: str, clock: t.Any) -> None:
    ended = tuple(_actions.from_node({"name": "remove", "node_uid": "3", "status": status}))
    assert ask("actions", facts(small_cluster.answers(), clock, actions=ended)) == []


# -- maintenance that is allowed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["active", "warning"])
@pytest.mark.parametrize("overall", ["ok", "warning", "error"])
def test_an_allowed_maintenance_node_is_no_problem_anywhere(status: str, overall: str, clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    table[REPORT]["nodes"][1] |= {"status": status}
    table[REPORT]["status"] = overall
    allowed = dataclasses.replace(LOOK, in_maintenance_allowed=frozenset({2}))
    assert _health.problems(facts(table, clock), allowed) == []
    other = dataclasses.replace(LOOK, in_maintenance_allowed=frozenset({3}))
    assert not _health.is_healthy(_health.problems(facts(table, clock), other))


def test_the_source_of_maintenance_is_the_endpoint_that_shows_it(clock: t.Any) -> None:
    sources = []
    for version in ("8.0.16-29", "7.4.6-22"):
        table = small_cluster.answers(version)
        small_cluster.maintenance(table, 2)
        sources += [
            problem.source
            for problem in _health.problems(facts(table, clock), dataclasses.replace(LOOK, checks=("maintenance",)))
        ]
    assert sources == ["/v4/cluster/health", "/v1/nodes/status"]


def test_an_allowed_maintenance_node_that_is_down_is_one_error(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    table[NODE][1]["status"] = "down"
    table[REPORT]["nodes"][1] |= {"status": "down", "detailed_status": "down"}
    table[REPORT]["status"] = "error"
    allowed = dataclasses.replace(LOOK, in_maintenance_allowed=frozenset({2}))
    assert shown(_health.problems(facts(table, clock), allowed)) == [("node 2", ERROR, "Node 2 (127.0.0.2) is down.")]
    alone = dataclasses.replace(allowed, checks=("report",))
    assert shown(_health.problems(facts(table, clock), alone)) == [
        ("node 2", ERROR, "The health report shows node 2 as down.")
    ]


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
    assert [problem.object for problem in _health.problems(facts(table, clock), LOOK)] == expected


# -- without one node ------------------------------------------------------------------------------------------------


def test_quorum_without_a_node(clock: t.Any) -> None:
    table = small_cluster.answers()
    assert ask("quorum_without_node", facts(table, clock), without(1)) == []
    small_cluster.maintenance(table, 3)
    assert ask("quorum", facts(table, clock), without(1)) == []
    assert ask("quorum_without_node", facts(table, clock), without(1)) == [
        (
            "cluster",
            ERROR,
            "Without node 1 only 1 of 3 nodes would be up and not in maintenance, and the quorum needs 2.",
        )
    ]
    assert ask("quorum_without_node", facts(table, clock), without(3)) == []


def test_single_copies_are_named_as_a_warning(clock: t.Any) -> None:
    given = facts(small_cluster.answers(), clock)
    assert ask("single_copies", given, without(1)) == []
    [(what, severity, message)] = ask("single_copies", given, without(3))
    assert (what, severity) == ("database 2", WARNING)
    assert message.startswith("Database 2 (queue) has no replicas and a shard on node 3: it is safe only if")


def memory(**free: int | None) -> t.Callable[[Table], None]:
    """memory(n1=…, n2=…): what is free on the nodes."""

    def bend(table: Table) -> None:
        for name, value in free.items():
            table["/v1/nodes/status"][name[1:]]["free_provisional_ram"] = value

    return bend


CAPACITY: list[tuple[str, t.Callable[[Table], None], int, list[str]]] = [
    ("enough on the only node that may", memory(n2=0, n3=GIB), 1, []),
    (
        "room only beside the other copy",
        memory(n2=9 * GIB, n3=GIB - 2**20),
        1,
        ["shard 1: node 2 has its other copy, node 3 has 1023 MiB left"],
    ),
    ("both shards fit one each", memory(n1=GIB, n2=GIB), 3, []),
    ("both fit on one, in the order that works", memory(n1=2 * GIB, n2=0), 3, []),
    (
        "what is placed takes room",
        memory(n1=GIB, n2=0),
        3,
        ["shard 5: node 1 has 0 MiB left, node 2 has 0 MiB left"],
    ),
    (
        "the larger one first",
        each(update("/v1/bdbs", 1, memory_size=3 * GIB), memory(n1=3 * GIB, n2=GIB)),
        3,
        ["shard 4: node 1 has 0 MiB left, node 2 has its other copy"],
    ),
    (
        "no place left for one more shard",
        update(NODE, 2, max_redis_servers=2),
        1,
        ["shard 1: node 2 has its other copy, node 3 has its full number of shards (2)"],
    ),
    ("one place left", update(NODE, 2, max_redis_servers=3), 1, []),
    (
        "a node in maintenance takes nothing",
        lambda table: small_cluster.maintenance(table, 3),
        1,
        ["shard 1: node 2 has its other copy"],
    ),
    (
        "a quorum-only node takes nothing",
        each(update(NODE, 2, accept_servers=False), update(REPORT, "nodes", 2, quorum_only=True)),
        1,
        ["shard 1: node 2 has its other copy"],
    ),
    (
        "nobody is left",
        each(update(NODE, 1, status="down"), update(NODE, 2, status="down")),
        1,
        ["shard 1: no other node takes shards"],
    ),
    ("a node that is overbooked", memory(n3=-5 * GIB), 1, ["shard 1: node 2 has its other copy, node 3 has 0 MiB left"]),
]


@pytest.mark.parametrize(("_case", "bend", "uid", "expected"), CAPACITY)
def test_capacity_without_a_node(
    _case: str, bend: t.Callable[[Table], None], uid: int, expected: list[str], clock: t.Any
) -> None:
    table = small_cluster.answers()
    bend(table)
    found = ask("capacity_without_node", facts(table, clock), without(uid))
    assert {severity for _what, severity, _message in found} <= {ERROR}
    reasons = [f"{what}: {message.partition(f'other than {uid}: ')[2].rstrip('.')}" for what, _severity, message in found]
    assert reasons == expected


def test_the_message_about_capacity_names_the_shard_and_its_size(clock: t.Any) -> None:
    table = small_cluster.answers()
    memory(n3=0)(table)
    assert ask("capacity_without_node", facts(table, clock), without(1)) == [
        (
            "shard 1",
            ERROR,
            "Primary shard 1 of database 1 (cache) (1024 MiB) fits on no node other than 1: node 2 has its other copy, "
            "node 3 has 0 MiB left.",
        )
    ]


def test_free_memory_that_is_not_known_is_a_warning(clock: t.Any) -> None:
    table = small_cluster.answers()
    memory(n3=None)(table)
    message = "Node 3 does not say how much memory it has free for shards of node 1."
    assert ask("capacity_without_node", facts(table, clock), without(1)) == [("node 3", WARNING, message)]


def test_an_empty_node_needs_no_room(clock: t.Any) -> None:
    table = small_cluster.answers()
    memory(n2=None, n3=0)(table)
    table[SHARD][0]["node_uid"] = "3"
    assert ask("capacity_without_node", facts(table, clock), without(1)) == []


def test_without_slots_a_replica_is_told_from_its_database_if_it_has_one_shard(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[SHARD] = [{**shard, "assigned_slots": ""} for shard in table[SHARD][:2]]
    table["/v1/bdbs"][0]["shards_count"] = 1
    memory(n3=0)(table)
    assert [what for what, _severity, _message in ask("capacity_without_node", facts(table, clock), without(1))] == [
        "shard 1"
    ]


# -- all together ----------------------------------------------------------------------------------------------------


def test_errors_come_first_then_the_order_of_the_checks(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[NODE][0]["shard_list"] = [1, 77]  # a warning of the second check
    table["/v1/license"]["expired"] = True
    table["/v1/cluster/check"]["nodes"][0]["result"] = False
    found = _health.problems(facts(table, clock), without(3))
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


def test_what_could_not_be_found_out_stands_for_its_check(clock: t.Any) -> None:
    unread = not_found_out("license", "/v1/license", "the license", "answered with 500.")
    found = _health.problems(facts(small_cluster.answers(), clock, license=None, unread=(unread,)), LOOK)
    assert shown(found) == [("the license", ERROR, "Could not find out about the license: answered with 500.")]


def test_one_unread_availability_hides_no_other(clock: t.Any) -> None:
    unread = not_found_out("availability", "/v1/bdbs/1/availability", "database 1", "answered with 500")
    given = facts(
        small_cluster.answers(), clock, availability={2: Answer(503, {"error_code": "no_quorum"})}, unread=(unread,)
    )
    assert [what for what, _severity, _message in ask("availability", given)] == ["database 1", "database 2"]


def test_the_summary_has_a_line_for_each_error_and_ends_after_ten() -> None:
    def problem(number: int, severity: str = ERROR) -> Problem:
        return Problem("/v1/nodes", f"node {number}", severity, f"Node {number} is down.", "nodes")

    few = [problem(1), problem(2), problem(2), problem(3, WARNING)]
    assert _health.summary(few) == "The cluster is not healthy:\nNode 1 is down.\nNode 2 is down."
    many = _health.summary([problem(number) for number in range(1, 14)], 600.2).splitlines()
    assert many[0] == "The cluster is not healthy after 600 s of waiting:"
    assert many[1:11] == [f"Node {number} is down." for number in range(1, 11)]
    assert many[11:] == ["and 3 more"]

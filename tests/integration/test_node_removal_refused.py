# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook node_removal: what they refuse before anything is written."""

from __future__ import annotations

import time
import typing as t

import pytest
from support.emulated import Emulated, emulated
from support.removing import QUICK, REST_ONLY, ROLE, database, nodes, remove
from support.rolling import Roller


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Roller]:
    """Four nodes for tests in which nothing may be written: a replicated database and one without a copy."""
    with emulated("--nodes", "4", *REST_ONLY) as cluster:
        database(cluster, "single", replication=False)
        database(cluster, "replicated")
        yield Roller(cluster, tmp_path_factory.mktemp("untouched"), nodes=(1, 2, 3, 4))
        assert nodes(cluster) == [1, 2, 3, 4]


REFUSED: list[tuple[str, dict[str, t.Any], str]] = [
    ("nothing is named", {}, "Name the nodes to remove: node_removal_nodes with their uids"),
    ("an empty list", {"node_removal_nodes": []}, "Name the nodes to remove:"),
    ("a full stop for a comma", {"node_removal_nodes": "4.5"}, "cannot be converted to an int"),
    ("a range", {"node_removal_nodes": "3-5"}, "cannot be converted to an int"),
    ("two ways at once", {"node_removal_nodes": [4], "node_removal_hosts": "node3"}, "in one way only"),
    ("no such host", {"node_removal_hosts": "node9"}, "No host of the inventory matches node_removal_hosts (node9)"),
    ("not a uid", {"node_removal_nodes": ["node4"]}, "node_removal_nodes"),
    (
        "too few nodes would stay",
        {"node_removal_nodes": [3, 4]},
        "Without node 3, node 4 the cluster would have 2 nodes, and node_removal_min_nodes is 3",
    ),
    (
        "the primary may not hand over",
        {"node_removal_nodes": [1], "node_removal_demote_primary": False},
        "Node 1 is the primary of the cluster, and node_removal_demote_primary is false",
    ),
    (
        "data without a copy elsewhere",
        {"node_removal_nodes": [1]},
        "Node 1 holds data without a copy elsewhere, of database 1 (single).",
    ),
    (
        "no such file of tasks",
        {"node_removal_nodes": [4], "node_removal_tasks": "away.yml"},
        "node_removal_tasks is away.yml, and there is no such file in",
    ),
]


@pytest.mark.parametrize(("_case", "variables", "sentence"), REFUSED)
def test_what_is_wrong_with_the_order_is_refused(
    untouched: Roller, _case: str, variables: dict[str, t.Any], sentence: str
) -> None:
    untouched.hosts = {}
    run = remove(untouched, **QUICK, **variables)
    assert run.code != 0
    assert sentence in run.text
    assert run.writes == []


def test_check_mode_refuses_as_the_real_run_does(untouched: Roller) -> None:
    untouched.hosts = {}
    for variables, sentence in ((REFUSED[5][1:]), (REFUSED[6][1:]), (REFUSED[7][1:])):
        run = remove(untouched, "--check", **variables)
        assert run.code != 0
        assert sentence in run.text


def test_a_limit_and_uids_at_once_are_refused(untouched: Roller) -> None:
    untouched.hosts = {}
    run = remove(untouched, "--limit", "node4", node_removal_nodes=[3])
    assert run.code != 0
    assert "Name the nodes to remove in one way only" in run.text
    assert run.writes == []


def test_hosts_that_cannot_be_told_apart_are_refused(untouched: Roller) -> None:
    untouched.hosts = {"a": {"redis_node_uid": 4}, "b": {"redis_node_uid": "4"}, "127.0.0.2": {"redis_node_uid": 3}}
    twins = remove(untouched, node_removal_hosts="a,b")
    assert "a and b are all node 4 of the cluster" in twins.text
    mistaken = remove(untouched, node_removal_hosts="127.0.0.2")
    assert "127.0.0.2 has redis_node_uid 3, but its name or address is that of node 2" in mistaken.text
    tasks = untouched.tasks("nothing.yml", [{"name": "Nothing", "ansible.builtin.meta": "noop"}])
    hostless = remove(untouched, node_removal_nodes=[2], node_removal_tasks=tasks)
    assert "no host of the inventory has the variable redis_node_uid 2" in hostless.text
    several = remove(untouched, node_removal_nodes=[4])
    assert "Several hosts of the inventory have the same redis_node_uid: a, b." in several.text
    elsewhere = {"redis_enterprise_url": "https://127.0.0.9:1"}
    untouched.hosts = {"c": {"redis_node_uid": 3}, "d": {"redis_node_uid": 4, **elsewhere}}
    untouched.hosts["c"]["redis_enterprise_url"] = untouched.cluster.urls
    two = remove(untouched, node_removal_hosts="c,d")
    assert "choose hosts of one cluster" in two.text
    for run in (twins, mistaken, hostless, several, two):
        assert run.code != 0
        assert run.writes == []


def test_the_gate_itself_keeps_the_minimum_and_the_primary(untouched: Roller) -> None:
    variables: list[dict[str, t.Any]] = [
        {"redis_node_uid": 4, "node_removal_min_nodes": 4},
        {"redis_node_uid": 1, "node_removal_demote_primary": False},
    ]
    for chosen, sentence in zip(variables, ("would have 3 nodes", "is the primary of the cluster"), strict=True):
        play = {
            "name": "Remove",
            "hosts": "localhost",
            "gather_facts": False,
            "roles": [{"role": ROLE, "vars": chosen}],
        }
        run = untouched.run(untouched.tasks("own.yml", [play]))
        assert run.code != 0
        assert sentence in run.text
        assert "Nothing was changed." in run.text
        assert run.writes == []


def stuck_database(cluster: Emulated) -> str:
    cluster.fault("action", name="SMUpdateBDB", outcome="stuck", at=30)
    cluster.api("PUT", "/v1/bdbs/1", {"memory_size": 200_000_000})
    return "SMUpdateBDB"


def dead_node(cluster: Emulated) -> str:
    cluster.control("POST", "/nodes/5/stop")
    while cluster.api("GET", "/v1/nodes/5").json()["status"] == "active":
        time.sleep(0.05)
    return "Node 5 (127.0.0.5) is down"


def foreign_maintenance(cluster: Emulated) -> str:
    assert cluster.run("redis_node_action", node_uid=3, action="maintenance_on").changed
    return "In maintenance already: node 3."


def lost_replica(cluster: Emulated) -> str:
    database(cluster, "lonely", replication=False)
    cluster.control("POST", "/bdbs/2", {"replication": True})
    return "has no replica, although replication is on"


@pytest.mark.parametrize("trouble", [stuck_database, dead_node, foreign_maintenance, lost_replica])
def test_at_the_first_doubt_nothing_is_written(five: Roller, trouble: t.Callable[[Emulated], str]) -> None:
    sentence = trouble(five.cluster)
    run = remove(five, **QUICK, node_removal_nodes=[4])
    assert run.code != 0
    assert run.writes == []
    assert sentence in run.text
    assert "Nothing was changed." in run.text

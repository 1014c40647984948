# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a node removal: states, order, lines, and every refusal."""

from __future__ import annotations

import typing as t

import pytest
from support.nodes_of import cluster, database, node, shard

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import Cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.match import Host, RollRefused, match
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.plan import Plan, Progress, TasksFile
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.removal import (
    Removals,
    Rules,
    plan,
    tasks_withheld,
)

FIVE = cluster(*(node(uid) for uid in range(1, 6)))
HALF = {"status": "decommissioning"}
AWAY = TasksFile("away.yml", "/srv/away.yml", ("/srv",))


def removal(uid: int, status: str = "running") -> Action:
    return Action(f"action-{uid}", "remove", "node", status, object_type="node", object_uid=str(uid))


def planned(hosts: t.Sequence[Host], seen: Cluster = FIVE, **options: t.Any) -> Plan:
    options.setdefault("removals", Removals())
    return plan([match(host, seen) for host in hosts], seen, **options)


def hosts(*uids: int, **fields: t.Any) -> list[Host]:
    return [Host(f"h{uid}", node_uid=uid, **fields) for uid in uids]


def five(**changed: t.Mapping[str, t.Any]) -> Cluster:
    """Five nodes; C(n2={...}) changes node 2."""
    return cluster(*(node(uid, **changed.get(f"n{uid}", {})) for uid in range(1, 6)))


STATES: dict[str, tuple[int, Cluster, Removals, str, bool]] = {
    "in the cluster": (4, FIVE, Removals(), "begin", False),
    "an earlier removal has failed": (4, FIVE, Removals(of_node={4: removal(4, "failed")}), "begin", False),
    "its removal runs": (4, FIVE, Removals(of_node={4: removal(4)}), "adopt", False),
    "its removal runs, and only the list has it": (4, FIVE, Removals((removal(4),), {4: None}), "adopt", False),
    "its removal is being cancelled": (4, FIVE, Removals(of_node={4: removal(4, "cancelling")}), "adopt", False),
    "another removal runs": (4, FIVE, Removals((removal(5),), {4: None}), "begin", False),
    "it has left": (9, FIVE, Removals(of_node={9: removal(9, "completed")}), "gone", True),
    "it has left, though its record has not ended": (9, FIVE, Removals(of_node={9: removal(9)}), "gone", False),
    "it never was there": (9, FIVE, Removals(of_node={9: None}), "gone", False),
}


@pytest.mark.parametrize("case", STATES)
def test_the_state_of_a_node(case: str) -> None:
    uid, seen, removals, state, recorded = STATES[case]
    (found,) = planned(hosts(uid), seen, removals=removals).hosts
    assert (found.state, found.recorded, found.node_uid) == (state, recorded, uid)
    assert found.as_dict()["role"] == (None if state == "gone" else "replica")


ORDERS: dict[str, tuple[list[Host], Cluster, Removals, list[str]]] = {
    "the primary last": (hosts(1, 4), FIVE, Removals(), ["h4", "h1"]),
    "in maintenance first": (hosts(4, 5), five(n5={"in_maintenance": True}), Removals(), ["h5", "h4"]),
    "under way first, then what was interrupted, then maintenance, then what has left": (
        hosts(1, 9, 2, 3, 4),
        cluster(
            node(1),
            node(2, in_maintenance=True),
            node(3, status="decommissioning"),
            node(4),
            *(node(uid) for uid in (5, 6, 7)),
        ),
        Removals((removal(4),), {9: removal(9, "completed")}),
        ["h4", "h3", "h2", "h9", "h1"],
    ),
}


@pytest.mark.parametrize("case", ORDERS)
def test_the_order_of_the_removals(case: str) -> None:
    chosen, seen, removals, expected = ORDERS[case]
    assert planned(chosen, seen, removals=removals).order == expected


LINES: dict[str, tuple[int, Cluster, Removals, TasksFile, str]] = {
    "a replica": (4, FIVE, Removals(), AWAY, "h4: node 4 at 10.0.0.4, replica, 0 shards: remove, then run away.yml"),
    "the primary": (
        1,
        five(n1={"shards": (shard("1", 1),)}),
        Removals(),
        TasksFile(),
        "h1: node 1 at 10.0.0.1, primary, 1 shard: hand over the role of the primary, remove",
    ),
    "in maintenance": (
        4,
        five(n4={"in_maintenance": True}),
        Removals(),
        TasksFile(),
        "h4: node 4 at 10.0.0.4, replica, 0 shards, in maintenance: remove",
    ),
    "decommissioning": (
        4,
        five(n4={"status": "decommissioning"}),
        Removals(),
        TasksFile(),
        "h4: node 4 at 10.0.0.4, replica, 0 shards, decommissioning: remove",
    ),
    "under way": (
        4,
        five(n4=HALF),
        Removals((removal(4),)),
        AWAY,
        "h4: node 4 at 10.0.0.4, replica, 0 shards: is being removed, wait for the end, then run away.yml",
    ),
    "has left": (
        9,
        FIVE,
        Removals(of_node={9: removal(9, "completed")}),
        AWAY,
        "h9: node 9 is not in the cluster, its removal is completed, then run away.yml",
    ),
    "unknown": (9, FIVE, Removals(), AWAY, "h9: node 9 is not in the cluster, and no removal of it is recorded"),
}


@pytest.mark.parametrize("case", LINES)
def test_the_line_of_a_removal(case: str) -> None:
    uid, seen, removals, tasks, line = LINES[case]
    found = planned(hosts(uid), seen, removals=removals, tasks=tasks)
    assert found.hosts[0].line == line
    assert found.lines[1:] == [
        f"node {each.uid} at {each.addr}, {'primary' if each.uid == 1 else 'replica'}, 0 shards: stays"
        for each in seen.nodes
        if each.uid != uid
    ]


SINGLE = database(2, "single", replication=False)
RACKED = [node(uid, rack_id="a" if uid < 5 else "b") for uid in range(1, 6)]
REFUSED: dict[str, tuple[list[Host], Cluster, dict[str, t.Any], str, str]] = {
    "no name": ([Host("stranger")], FIVE, {}, "no_node", "or leave the host out if its node was removed"),
    "name of another": ([Host("node2.example.com", node_uid=9)], FIVE, {}, "other_node", "is that of node 2"),
    "clusters": (
        [Host("a", node_uid=4, url="x"), Host("b", node_uid=5, url="y")],
        FIVE,
        {},
        "clusters",
        "(x and y): choose hosts of one cluster.",
    ),
    "same node": ([Host("a", node_uid=4), Host("b", node_uid=4)], FIVE, {}, "same_node", "a and b are all node 4"),
    "no file": (
        hosts(4),
        FIVE,
        {"tasks": TasksFile("away.yml", "", ("/srv",))},
        "no_tasks_file",
        "node_removal_tasks is away.yml, and there is no such file in /srv",
    ),
    "tasks without a host": (
        [Host("node_removal_4", node_uid=4, synthetic=True)],
        FIVE,
        {"tasks": AWAY},
        "no_host_for_tasks",
        "no host of the inventory has the variable redis_node_uid 4",
    ),
    "too few": (
        hosts(3, 4, 5),
        FIVE,
        {},
        "too_few_nodes",
        "Without node 3, node 4, node 5 the cluster would have 2 nodes, and node_removal_min_nodes is 3",
    ),
    "too few with what is under way": (
        hosts(3, 4, 5),
        FIVE,
        {"removals": Removals((removal(4),))},
        "too_few_nodes",
        "would have 2 nodes",
    ),
    "primary": (
        hosts(1),
        FIVE,
        {"rules": Rules(hand_over_primary=False)},
        "primary",
        "Node 1 is the primary of the cluster, and node_removal_demote_primary is false",
    ),
    "in maintenance outside": (
        hosts(4),
        five(n3={"in_maintenance": True}),
        {},
        "in_maintenance",
        "In maintenance already: node 3.",
    ),
    "two in maintenance": (
        hosts(4, 5),
        five(n4={"in_maintenance": True}, n5={"in_maintenance": True}),
        {},
        "in_maintenance",
        "In maintenance already: node 4, node 5.",
    ),
    "url": (
        hosts(4, 5),
        FIVE,
        {"url_hosts": ("10.0.0.4", "node5")},
        "url",
        "The URL names only nodes that leave the cluster (10.0.0.4, node5): name one that stays as well.",
    ),
    "url in other letters": (hosts(4), FIVE, {"url_hosts": ("NODE4.example.com.",)}, "url", "(NODE4.example.com.)"),
    "interrupted outside": (
        hosts(4),
        five(n2=HALF),
        {},
        "interrupted",
        "Decommissioning, though no removal runs: node 2. At most one node may be, and only one that is to be removed.",
    ),
    "two interrupted": (hosts(2, 4), five(n2=HALF, n4=HALF), {}, "interrupted", "no removal runs: node 2, node 4."),
    "racks": (
        hosts(5),
        cluster(*RACKED, databases=[database(rack_aware=True)]),
        {},
        "racks",
        "Database orders is rack-aware, and the nodes that stay are all in rack a: replicas",
    ),
    "no racks": (
        hosts(5),
        cluster(*FIVE.nodes, databases=[database(rack_aware=True)]),
        {},
        "racks",
        "the nodes that stay have no rack: replicas",
    ),
    "single copies": (
        hosts(4),
        cluster(*five(n4={"shards": (shard("1", 4, bdb=2),)}).nodes, databases=[database(), SINGLE]),
        {},
        "single_copies",
        "Node 4 holds data without a copy elsewhere, of database 2 (single). Turn replication on, or set",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_of_a_removal(case: str) -> None:
    chosen, seen, options, reason, sentence = REFUSED[case]
    with pytest.raises(RollRefused) as refused:
        planned(chosen, seen, **options)
    assert refused.value.reason == reason
    assert sentence in str(refused.value)


ALLOWED: dict[str, tuple[list[Host], Cluster, dict[str, t.Any]]] = {
    "fewer nodes, if allowed": (hosts(3, 4, 5), FIVE, {"rules": Rules(min_nodes=2)}),
    "the primary hands over": (hosts(1), FIVE, {}),
    "a node in maintenance that leaves": (hosts(4), five(n4={"in_maintenance": True}), {}),
    "an interrupted node that leaves": (hosts(4), five(n4=HALF), {}),
    "another node whose removal runs": (hosts(4), five(n2=HALF), {"removals": Removals((removal(2),))}),
    "a url with a node that stays": (hosts(4), FIVE, {"url_hosts": ("10.0.0.4", "10.0.0.1")}),
    "a url of an address that is no node's": (hosts(4), FIVE, {"url_hosts": ("cluster.example.com",)}),
    "two racks stay": (hosts(4), cluster(*RACKED, databases=[database(rack_aware=True)]), {}),
    "one rack, and nothing is rack-aware": (hosts(5), cluster(*RACKED, databases=[database()]), {}),
    "one rack, and nothing is replicated": (
        hosts(5),
        cluster(*RACKED, databases=[database(replication=False, rack_aware=True)]),
        {},
    ),
    "single copies elsewhere": (
        hosts(4),
        cluster(*five(n5={"shards": (shard("1", 5, bdb=2),)}).nodes, databases=[SINGLE]),
        {},
    ),
    "single copies, if allowed": (
        hosts(4),
        cluster(*five(n4={"shards": (shard("1", 4, bdb=2),)}).nodes, databases=[SINGLE]),
        {"rules": Rules(migrate_single_copies=True)},
    ),
    "nothing is begun, whatever else is wrong": (
        hosts(4),
        five(n2={"in_maintenance": True}, n3=HALF),
        {"removals": Removals((removal(4),)), "rules": Rules(min_nodes=9)},
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_a_refusal_must_not_hit(case: str) -> None:
    chosen, seen, options = ALLOWED[case]
    assert planned(chosen, seen, **options).order


def test_in_check_mode_what_was_passed_counts_as_gone() -> None:
    seen = five(n2=HALF, n3={"in_maintenance": True})
    passed, two = frozenset({2, 3}), Rules(min_nodes=2)
    found = planned(hosts(4), seen, rules=two, progress=Progress(passed, pretended=True))
    assert [line.partition(" at ")[0] for line in found.lines] == ["h4: node 4", "node 1", "node 5"]
    with pytest.raises(RollRefused, match="would have 2 nodes"):
        planned(hosts(4), FIVE, progress=Progress(passed, pretended=True))
    with pytest.raises(RollRefused, match="In maintenance already: node 3"):
        planned(hosts(4), seen, rules=two, progress=Progress(passed))


WITHHELD: dict[str, tuple[int, Removals, TasksFile, bool]] = {
    "it has left": (9, Removals(of_node={9: removal(9, "completed")}), AWAY, False),
    "nobody knows whether it was there": (9, Removals(), AWAY, True),
    "there are no tasks": (9, Removals(), TasksFile(), False),
    "it is removed now": (4, Removals(), AWAY, False),
}


@pytest.mark.parametrize("case", WITHHELD)
def test_tasks_do_not_run_on_a_host_that_may_not_be_meant(case: str) -> None:
    uid, removals, tasks, withheld = WITHHELD[case]
    (found,) = planned(hosts(uid), removals=removals).hosts
    sentence = tasks_withheld(found, tasks)
    assert (sentence is not None) is withheld
    assert sentence is None or "away.yml does not run on h9: no removal of node 9 is recorded" in sentence

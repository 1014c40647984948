# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a rolling maintenance: order, lines, refusals, and the turn of a host that has become the primary."""

from __future__ import annotations

import typing as t

import pytest
from support.nodes_of import cluster, node, shard

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import Cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.maintenance import deferral, plan
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.match import Host, RollRefused, match
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.plan import (
    Plan,
    Progress,
    TasksFile,
    progress_at,
)

PATCH = TasksFile("work/patch.yml", "/srv/work/patch.yml", ("/srv", "."))


def planned(hosts: t.Sequence[Host], seen: Cluster, **options: t.Any) -> Plan:
    return plan([match(host, seen) for host in hosts], seen, **options)


def hosts(*uids: int, **fields: t.Any) -> list[Host]:
    return [Host(f"h{uid}", node_uid=uid, **fields) for uid in uids]


ORDERS: dict[str, tuple[str, list[Host], Cluster, list[str]]] = {
    "primary last": ("primary_last", hosts(1, 2, 3), cluster(), ["h2", "h3", "h1"]),
    "primary first": ("primary_first", hosts(3, 2, 1), cluster(), ["h1", "h3", "h2"]),
    "as in the inventory": ("inventory", hosts(3, 1, 2), cluster(), ["h3", "h1", "h2"]),
    "the primary is none of the hosts": ("primary_last", hosts(3, 2), cluster(), ["h3", "h2"]),
    "no primary": ("primary_last", hosts(1, 2), cluster(node(1, role=None), node(2)), ["h1", "h2"]),
    "in maintenance first": (
        "inventory",
        hosts(1, 2, 3),
        cluster(node(1), node(2), node(3, in_maintenance=True)),
        ["h3", "h1", "h2"],
    ),
    "the primary in maintenance first": (
        "primary_last",
        hosts(2, 1),
        cluster(node(1, in_maintenance=True), node(2)),
        ["h1", "h2"],
    ),
    "what needs nothing has no turn": (
        "primary_last",
        [*hosts(1), *hosts(2, needed=False), *hosts(3)],
        cluster(),
        ["h3", "h1"],
    ),
    "what needs nothing and is in maintenance has one": (
        "inventory",
        [*hosts(1), *hosts(2, needed=False)],
        cluster(node(1), node(2, in_maintenance=True)),
        ["h2", "h1"],
    ),
}


@pytest.mark.parametrize("case", ORDERS)
def test_the_order(case: str) -> None:
    order, chosen, seen, expected = ORDERS[case]
    assert planned(chosen, seen, order=order).order == expected


LINES: dict[str, tuple[Host, dict[str, t.Any], TasksFile, str, str]] = {
    "with tasks": (
        Host("h2", node_uid=2),
        {"shards": (shard("1", 2), shard("2", 2))},
        PATCH,
        "begin",
        "h2: node 2 at 10.0.0.2, replica, 2 shards, release 8.0.20-19: drain, run patch.yml, restore",
    ),
    "without tasks": (
        Host("h2", node_uid=2),
        {"role": "master", "shards": (shard("1", 2),)},
        TasksFile(),
        "begin",
        "h2: node 2 at 10.0.0.2, primary, 1 shard, release 8.0.20-19: drain, run no tasks, restore",
    ),
    "in maintenance": (
        Host("h2", node_uid=2),
        {"in_maintenance": True, "role": None},
        PATCH,
        "resume",
        "h2: node 2 at 10.0.0.2, role unknown, 0 shards, release 8.0.20-19: in maintenance already; drain, run "
        "patch.yml, restore",
    ),
    "in maintenance, nothing needed": (
        Host("h2", node_uid=2, needed=False),
        {"in_maintenance": True},
        PATCH,
        "restore",
        "h2: node 2 at 10.0.0.2, replica, 0 shards, release 8.0.20-19: in maintenance already; restore",
    ),
    "nothing needed": (
        Host("h2", node_uid=2, needed=False),
        {},
        PATCH,
        "skip",
        "h2: node 2 at 10.0.0.2, replica, 0 shards, release 8.0.20-19: needs no maintenance, not touched",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_the_line_of_a_host(case: str) -> None:
    host, fields, tasks, state, line = LINES[case]
    (found,) = planned([host], cluster(node(1), node(2, **fields)), tasks=tasks).hosts
    assert (found.state, found.line, found.needs_work) == (state, line, state != "skip")


def test_the_lines_have_what_is_not_touched_and_what_a_failure_leaves() -> None:
    assert planned(hosts(2), cluster(node(1), node(2)), tasks=PATCH).lines[1:] == [
        "node 1 at 10.0.0.1, primary, 0 shards: not among the hosts, not touched",
        "If patch.yml fails on a host, or the host becomes unreachable, its node stays drained and in maintenance, and "
        "no other node is touched. Run the playbook again to continue.",
    ]


REFUSED: dict[str, tuple[list[Host], Cluster, dict[str, t.Any], str, str]] = {
    "no_node": (hosts(9), cluster(), {}, "no_node", "h9 has redis_node_uid 9, and the cluster has no such node"),
    "clusters": (
        [Host("a", node_uid=1, url="https://east"), Host("b", node_uid=2)],
        cluster(),
        {},
        "clusters",
        "The hosts have different values of redis_enterprise_url (https://east and none): choose hosts of one cluster.",
    ),
    "same_node": (
        [Host("a", node_uid=2), Host("node2.example.com"), *hosts(3)],
        cluster(),
        {},
        "same_node",
        "a and node2.example.com are all node 2 of the cluster: keep one of them, or correct redis_node_uid.",
    ),
    "no_tasks_file": (
        hosts(1, 2),
        cluster(),
        {"tasks": TasksFile("patch.yml", "", ("/srv", "."))},
        "no_tasks_file",
        "rolling_maintenance_tasks is patch.yml, and there is no such file in /srv or .: correct it",
    ),
    "in maintenance outside": (
        hosts(1, 2),
        cluster(node(1), node(2), node(3, in_maintenance=True)),
        {},
        "in_maintenance",
        "In maintenance already: node 3. At most one node may be, and only one of the chosen hosts.",
    ),
    "two in maintenance": (
        hosts(1, 2, 3),
        cluster(node(1), node(2, in_maintenance=True), node(3, in_maintenance=True)),
        {},
        "in_maintenance",
        "In maintenance already: node 2, node 3.",
    ),
    "another in maintenance when the turn has come": (
        hosts(2),
        cluster(node(1), node(2, in_maintenance=True), node(3, in_maintenance=True)),
        {"progress": Progress(passed=frozenset({3}))},
        "in_maintenance",
        "In maintenance already: node 2, node 3.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str) -> None:
    chosen, seen, options, reason, sentence = REFUSED[case]
    with pytest.raises(RollRefused) as refused:
        planned(chosen, seen, **options)
    assert refused.value.reason == reason
    assert sentence in str(refused.value)


# -- the turn of a host --


def turn(uid: int, seen: Cluster, progress: Progress, order: str = "primary_last") -> bool:
    (found,) = planned(hosts(uid), seen, order=order, progress=progress).hosts
    return found.deferred


LEFT = Progress(left=("h4",), may_defer=True)
TURNS: dict[str, tuple[dict[str, t.Any], Progress, str, bool]] = {
    "the primary, and others are left": ({"role": "master"}, LEFT, "primary_last", True),
    "the primary, and it is the last": ({"role": "master"}, Progress(may_defer=True), "primary_last", False),
    "the primary, which was deferred before": ({"role": "master"}, Progress(left=("h4",)), "primary_last", False),
    "the primary, which is in maintenance": ({"role": "master", "in_maintenance": True}, LEFT, "primary_last", False),
    "the primary, in another order": ({"role": "master"}, LEFT, "primary_first", False),
    "the primary, in the order of the inventory": ({"role": "master"}, LEFT, "inventory", False),
    "a replica": ({"role": "slave"}, LEFT, "primary_last", False),
}


@pytest.mark.parametrize("case", TURNS)
def test_the_primary_is_deferred_as_long_as_others_are_left(case: str) -> None:
    fields, progress, order, expected = TURNS[case]
    assert turn(3, cluster(node(1, role="slave"), node(3, **fields)), progress, order) is expected


def test_a_deferral_says_why() -> None:
    (found,) = planned(hosts(1), cluster(), progress=LEFT).hosts
    assert deferral(found) == ("Node 1 (h1) has become the primary of the cluster, so it comes after all other nodes.")


UIDS = {"h2": 2, "h3": 3, "h4": 4, "h1": 1}
PROGRESS: dict[str, tuple[str, list[str], set[int], list[str], bool]] = {
    "the first": ("h2", [], set(), ["h3", "h4", "h1"], True),
    "in the middle": ("h4", [], {2, 3}, ["h1"], True),
    "after a deferred one": ("h4", ["h3"], {2}, ["h1", "h3"], True),
    "the last, after a deferred one": ("h1", ["h3"], {2, 4}, ["h3"], True),
    "the deferred one": ("h3", ["h3"], {2, 4, 1}, [], False),
    "the first of two deferred ones": ("h3", ["h3", "h1"], {2, 4}, ["h1"], False),
    "none of the planned": ("other", [], set(), [], False),
}


@pytest.mark.parametrize("case", PROGRESS)
def test_progress_is_what_was_done_and_what_is_left(case: str) -> None:
    name, deferred, passed, left, may_defer = PROGRESS[case]
    found = progress_at(name, UIDS, deferred, pretended=False, may_defer=True)
    assert found == Progress(frozenset(passed), tuple(left), False, may_defer)
    assert not progress_at(name, UIDS, deferred, pretended=False, may_defer=False).may_defer


def test_in_a_roll_of_four_the_new_primary_comes_last_whenever_the_role_has_moved() -> None:
    """Node 1 is the primary first, node 3 from the work on node 2 on, and node 1 again from the work on node 4 on."""
    order, deferred, done = ["h2", "h3", "h4", "h1"], [], []
    primary = {"h2": 1, "h3": 3, "h4": 3, "h1": 1}
    for name in order:
        seen = cluster(*(node(uid, role="master" if uid == primary[name] else "slave") for uid in range(1, 5)))
        progress = progress_at(name, UIDS, deferred, pretended=False, may_defer=True)
        (deferred if turn(UIDS[name], seen, progress) else done).append(name)
    assert (done, deferred) == (["h2", "h4"], ["h3", "h1"])


def test_in_check_mode_what_was_passed_counts_as_done() -> None:
    seen = cluster(node(1), node(2, in_maintenance=True), node(3))
    pretended = progress_at("h3", UIDS, [], pretended=True, may_defer=True)
    assert pretended.supposed == {2}
    assert planned(hosts(3), seen, progress=pretended).hosts[0].state == "begin"
    real = progress_at("h3", UIDS, [], pretended=False, may_defer=True)
    assert real.supposed == set()

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of a drained node, for the check node_drained: what still keeps a node from being stopped."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from support import small_cluster
from support.health_checks import NODE, SHARD, Table, each, facts, run_check, update, without

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action import model as _actions
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.facts import ERROR


def drained(table: Table) -> None:
    """Node 1 in maintenance, and empty: its primary shard and the endpoint went to node 3."""
    small_cluster.maintenance(table, 1)
    table[SHARD][0]["node_uid"] = "3"
    table[NODE][0]["shard_list"] = []
    table[NODE][2]["shard_list"] = [1, 4, 5]
    table["/v1/bdbs"][0]["endpoints"][0]["addr"] = ["127.0.0.3"]


def replica_on_node_1(table: Table) -> None:
    """Replica 2 of database 1 is on node 1 instead of node 2."""
    table[SHARD][1]["node_uid"] = "1"
    table[NODE][0]["shard_list"] = [*table[NODE][0]["shard_list"], 2]
    table[NODE][1]["shard_list"] = [3]


def found(table: Table, clock: t.Any, staying: tuple[str, ...] = (), **other: t.Any) -> list[tuple[str, str, str]]:
    criteria = dataclasses.replace(without(1), replicas_stay=staying)
    return run_check("node_drained", facts(table, clock, **other), criteria)


@pytest.mark.parametrize("version", ["8.0.16-29", "7.4.6-22"])
def test_a_drained_node_may_be_stopped(version: str, clock: t.Any) -> None:
    table = small_cluster.answers(version)
    drained(table)
    assert found(table, clock) == []


@pytest.mark.parametrize(
    ("bend", "message"),
    [
        (
            each(
                update(NODE, 0, accept_servers=True, max_listeners=100),
                update("/v4/cluster/health", "nodes", 0, in_maintenance=False),
            ),
            "Node 1 is not in maintenance.",
        ),
        (
            each(update(SHARD, 0, node_uid="1"), update(NODE, 0, shard_list=[1])),
            "Node 1 still holds primary shard 1 of database 1.",
        ),
        (replica_on_node_1, "Node 1 still holds replica shard 2 of database 1."),
        (update(NODE, 0, shard_list=[77, 1]), "Node 1 itself still lists shard 1, 77."),
        (update("/v1/bdbs", 0, "endpoints", 0, addr=["127.0.0.1"]), "Node 1 still serves the endpoint of cache."),
    ],
    ids=["in service", "primary", "replica", "own list", "endpoint"],
)
def test_what_keeps_a_node_from_being_stopped(bend: t.Callable[[Table], t.Any], message: str, clock: t.Any) -> None:
    table = small_cluster.answers()
    drained(table)
    bend(table)
    assert found(table, clock) == [("node 1", ERROR, message)]


def test_a_node_in_service_shows_all_that_has_to_happen_first(clock: t.Any) -> None:
    assert [message for dummy, dummy, message in found(small_cluster.answers(), clock)] == [
        "Node 1 is not in maintenance.",
        "Node 1 still holds primary shard 1 of database 1.",
        "Node 1 still serves the endpoint of cache.",
    ]


@pytest.mark.parametrize(
    ("crdt", "staying", "accepted"),
    [
        (False, (), False),
        (False, ("ha",), True),
        (False, ("active_active",), False),
        (True, ("ha",), False),
        (True, ("active_active",), True),
        (True, ("ha", "active_active"), True),
    ],
)
def test_replicas_of_a_named_kind_may_stay(crdt: bool, staying: tuple[str, ...], accepted: bool, clock: t.Any) -> None:
    table = small_cluster.answers()
    drained(table)
    replica_on_node_1(table)
    table["/v1/bdbs"][0]["crdt"] = crdt
    assert (found(table, clock, staying) == []) is accepted


def test_a_primary_shard_may_never_stay(clock: t.Any) -> None:
    table = small_cluster.answers()
    drained(table)
    table[SHARD][0]["node_uid"] = "1"
    assert [what for what, *dummy in found(table, clock, ("ha", "active_active"))] == ["node 1"]


def test_an_action_that_runs_on_the_node_can_undo_the_drain(clock: t.Any) -> None:
    table = small_cluster.answers()
    drained(table)
    own = _actions.from_node([{"name": "maintenance_off", "node_uid": "1", "status": "running", "progress": 3}])
    other = _actions.from_node([{"name": "remove", "node_uid": "3", "status": "running"}])
    ended = _actions.from_node([{"name": "maintenance_on", "node_uid": "1", "status": "completed"}])
    assert found(table, clock, actions=(*other, *ended)) == []
    assert found(table, clock, actions=(*own, *own)) == [
        ("node 1", ERROR, "Node 1 is not at rest: maintenance_off of node 1 is running, 3%.")
    ]


def test_a_sentence_names_eight_shards_and_how_many_more(clock: t.Any) -> None:
    table = small_cluster.answers()
    drained(table)
    table[SHARD] += [{**table[SHARD][4], "uid": str(uid), "node_uid": "1"} for uid in range(20, 30)]
    [(dummy, dummy, message)] = found(table, clock)
    assert message.endswith("primary shard 27 of database 2 and 2 more shards.")

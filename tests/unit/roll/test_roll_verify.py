# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verification: a node has what it had before, and of a removed one nothing is left."""

from __future__ import annotations

import typing as t

import pytest
from support.nodes_of import cluster, database, node, shard

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import Cluster, Node, Shard
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.verify import (
    left_behind,
    not_restored,
    racks_lost,
)

LOW, HIGH = "0-8191", "8192-16383"
DATABASES = [database(endpoint_addresses=("10.0.0.2",)), database(2, "cache")]
BEFORE = node(
    2,
    shards=(shard("1", 2, slots=LOW), shard("2", 2, role="slave", slots=HIGH), shard("3", 2, bdb=2)),
    endpoints=("orders",),
    rack_id="a",
)
ELSEWHERE = (
    shard("1", 3, slots=LOW),
    shard("2", 3, role="slave", slots=HIGH),
    shard("3", 3, bdb=2),
)


def seen(now: Node, *elsewhere: Shard) -> Cluster:
    return cluster(node(1), now, node(3, shards=elsewhere), databases=DATABASES)


def changed(**fields: t.Any) -> Node:
    return Node(**{**vars(BEFORE), **fields})


RESTORED: dict[str, Cluster] = {
    "as before": seen(BEFORE),
    "with more on it": seen(changed(shards=(*BEFORE.shards, shard("4", 2)), endpoints=("orders", "cache"))),
    "with other uids of the same shards": seen(
        changed(shards=tuple(Shard(**{**vars(s), "uid": "9"}) for s in BEFORE.shards))
    ),
    "without a database that was deleted": seen(changed(shards=BEFORE.shards[:2])),
    "without slots that were resharded": seen(
        changed(shards=(shard("1", 2), BEFORE.shards[2])), shard("5", 3, role="slave")
    ),
    "without the endpoint of a database that was deleted": cluster(
        node(1), changed(shards=BEFORE.shards[2:], endpoints=()), databases=DATABASES[1:]
    ),
}


@pytest.mark.parametrize("case", RESTORED)
def test_a_node_that_is_as_before(case: str) -> None:
    assert not_restored(BEFORE.as_dict(), 2, RESTORED[case]) is None


LOST: dict[str, tuple[Cluster, str]] = {
    "the node": (cluster(node(1)), "Node 2 is not in the cluster any more."),
    "service": (seen(changed(in_maintenance=True)), "it is still in maintenance."),
    "the primary shard": (
        seen(changed(shards=BEFORE.shards[1:]), *ELSEWHERE),
        "before its maintenance: 1 primary shard of database 1 (orders), slots 0-8191 did not come back.",
    ),
    "the replica": (
        seen(changed(shards=(BEFORE.shards[0], BEFORE.shards[2])), *ELSEWHERE),
        "1 replica shard of database 1 (orders), slots 8192-16383 did not come back.",
    ),
    "the role of a shard": (
        seen(changed(shards=(shard("1", 2, role="slave", slots=LOW), *BEFORE.shards[1:])), *ELSEWHERE),
        "1 primary shard of database 1 (orders), slots 0-8191 did not come back.",
    ),
    "everything": (
        seen(changed(shards=(), endpoints=()), *ELSEWHERE),
        "1 replica shard of database 1 (orders), slots 8192-16383 did not come back; 1 primary shard of database "
        "2 (cache), slots 0-16383 did not come back; the endpoint of orders did not come back.",
    ),
    "the endpoint": (seen(changed(endpoints=())), "the endpoint of orders did not come back."),
    "its part as more than a vote": (seen(changed(quorum_only=True)), "it only votes now (quorum only)."),
    "its rack": (seen(changed(rack_id=None)), "its rack is none, and was a."),
}


@pytest.mark.parametrize("case", LOST)
def test_a_node_that_is_not_as_before(case: str) -> None:
    now, sentence = LOST[case]
    found = not_restored(BEFORE.as_dict(), 2, now)
    assert found is not None
    assert found.endswith(sentence)


def test_shards_without_slots_are_counted() -> None:
    old = node(2, shards=(shard("1", 2, slots=""), shard("2", 2, slots="")))
    now = node(2, shards=(shard("1", 2, slots=""),))
    found = not_restored(old.as_dict(), 2, cluster(node(1), now, databases=DATABASES))
    assert found is not None
    assert found.endswith("1 primary shard of database 1 (orders) did not come back.")


def test_shards_that_were_to_stay_where_they_went_are_not_missed() -> None:
    now = changed(shards=(), endpoints=())
    assert not_restored(BEFORE.as_dict(), 2, seen(now, *ELSEWHERE), shards_stay=True) is None
    still = not_restored(BEFORE.as_dict(), 2, seen(changed(in_maintenance=True)), shards_stay=True)
    assert still is not None


def test_a_node_that_was_in_maintenance_before_has_to_be_out_of_it_and_no_more() -> None:
    before = changed(in_maintenance=True, quorum_only=True, shards=(), endpoints=(), rack_id="x").as_dict()
    assert not_restored(before, 2, seen(changed(shards=(), endpoints=()), *ELSEWHERE)) is None
    assert not_restored({}, 2, seen(BEFORE)) is None


@pytest.mark.parametrize("shards", [[{"bdb_uid": "x"}], [{}], ["3"]])
def test_a_note_that_is_none_is_an_error_and_not_a_node_as_before(shards: list[t.Any]) -> None:
    with pytest.raises(InvalidInput, match="before is not a node as"):
        not_restored({"shards": shards}, 2, seen(BEFORE))


# -- removals --

GONE = node(4, external_addr=("203.0.113.4",)).as_dict()
STAYING = cluster(node(1), node(2), databases=DATABASES)
LEFT: dict[str, tuple[Cluster, list[str], str | None]] = {
    "nothing": (STAYING, [], None),
    "the node": (cluster(node(1), node(4)), [], "Of node 4 the cluster still shows the node itself."),
    "a shard": (
        cluster(node(1), strays=(shard("7", 4),)),
        [],
        "Of node 4 the cluster still shows shard 7 on it.",
    ),
    "endpoints": (
        cluster(node(1), databases=[database(endpoint_addresses=("10.0.0.4", "203.0.113.4", "10.0.0.1"))]),
        [],
        "Of node 4 the cluster still shows an endpoint at 10.0.0.4 and an endpoint at 203.0.113.4.",
    ),
    "racks": (STAYING, ["database 1"], "still shows database 1 with its copies in one rack since."),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left_of_a_removed_node(case: str) -> None:
    now, racks, sentence = LEFT[case]
    found = left_behind(GONE, 4, now, racks)
    assert found == sentence or (found is not None and sentence is not None and found.endswith(sentence))


def test_a_node_of_which_nothing_is_known_has_no_addresses() -> None:
    assert left_behind({}, 4, STAYING) is None


def test_racks_that_were_lost_before_are_not_lost_again() -> None:
    def problems(*objects: str) -> list[dict[str, str]]:
        return [{"check": "racks", "object": each} for each in objects] + [{"check": "report", "object": "database 9"}]

    assert racks_lost(problems("database 1"), problems("database 1", "database 2", "database 2")) == ["database 2"]
    assert racks_lost([], []) == []

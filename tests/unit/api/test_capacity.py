# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the shards of one node fit on the others."""

from __future__ import annotations

import typing as t

import pytest
from support import small_cluster
from support.health_checks import NODE, REPORT, SHARD, Table, each, facts, run_check, update, without
from support.small_cluster import GIB

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.facts import ERROR, WARNING


def memory(**free: int | None) -> t.Callable[[Table], None]:
    """memory(n1=…, n2=…): what is free on the nodes."""

    def bend(table: Table) -> None:
        for name, value in free.items():
            table["/v1/nodes/status"][name[1:]]["free_provisional_ram"] = value

    return bend


RACKS = each(update(NODE, 0, rack_id="a"), update(NODE, 1, rack_id="b"), update(NODE, 2, rack_id="b"))
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
        "no node is left",
        each(update(NODE, 1, status="down"), update(NODE, 2, status="down")),
        1,
        ["shard 1: no other node takes shards"],
    ),
    (
        "two copies on the node go to two others",
        each(update(SHARD, 1, node_uid="1"), update(NODE, 1, max_redis_servers=1)),
        1,
        ["shard 2: node 2 has its full number of shards (1), node 3 has its other copy"],
    ),
    (
        "a rack-aware database wants another rack",
        each(RACKS, update("/v1/bdbs", 0, rack_aware=True)),
        1,
        ["shard 1: node 2 has its other copy, node 3 is in rack b, as its other copy is"],
    ),
    ("racks do not count for other databases", RACKS, 1, []),
    ("nodes without a rack take anything", update("/v1/bdbs", 0, rack_aware=True), 1, []),
    (
        "a node that is overbooked",
        memory(n3=-5 * GIB),
        1,
        ["shard 1: node 2 has its other copy, node 3 has 0 MiB left"],
    ),
]


@pytest.mark.parametrize(("_case", "bend", "uid", "expected"), CAPACITY)
def test_capacity_without_a_node(
    _case: str, bend: t.Callable[[Table], None], uid: int, expected: list[str], clock: t.Any
) -> None:
    table = small_cluster.answers()
    bend(table)
    found = run_check("capacity_without_node", facts(table, clock), without(uid))
    assert {severity for _what, severity, _message in found} <= {ERROR}
    reasons = [
        f"{what}: {message.partition(f'other than {uid}: ')[2].rstrip('.')}" for what, _severity, message in found
    ]
    assert reasons == expected


def test_the_message_about_capacity_names_the_shard_and_its_size(clock: t.Any) -> None:
    table = small_cluster.answers()
    memory(n3=0)(table)
    assert run_check("capacity_without_node", facts(table, clock), without(1)) == [
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
    assert run_check("capacity_without_node", facts(table, clock), without(1)) == [("node 3", WARNING, message)]


def test_an_empty_node_needs_no_room(clock: t.Any) -> None:
    table = small_cluster.answers()
    memory(n2=None, n3=0)(table)
    table[SHARD][0]["node_uid"] = "3"
    assert run_check("capacity_without_node", facts(table, clock), without(1)) == []


def test_without_slots_a_replica_is_known_if_its_database_has_one_shard(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[SHARD] = [{**shard, "assigned_slots": ""} for shard in table[SHARD][:2]]
    table["/v1/bdbs"][0]["shards_count"] = 1
    memory(n3=0)(table)
    assert [
        what for what, _severity, _message in run_check("capacity_without_node", facts(table, clock), without(1))
    ] == ["shard 1"]


def test_without_slots_a_shard_of_several_may_go_anywhere(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[SHARD] = [{**shard, "assigned_slots": ""} for shard in table[SHARD]]
    memory(n3=0)(table)
    assert run_check("capacity_without_node", facts(table, clock), without(1)) == []


def test_a_node_that_takes_nothing_need_not_say_what_is_free(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    memory(n2=None)(table)
    assert run_check("capacity_without_node", facts(table, clock), without(1)) == []

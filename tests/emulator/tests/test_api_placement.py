# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement as a pure function, and the emulator's own failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from redis_enterprise_emulator.launch import launch
from redis_enterprise_emulator.placement import (
    Candidate,
    PlacementError,
    pick,
    place_masters,
    place_replica,
    slot_ranges,
)

if TYPE_CHECKING:
    from conftest import Api


def nodes(*free: int, racks: str = "") -> list[Candidate]:
    names = racks or " " * len(free)
    return [Candidate(uid, names[uid - 1].strip(), memory, 100) for uid, memory in enumerate(free, 1)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 16, 512])
def test_slot_ranges_cover_all_slots_once(count: int) -> None:
    ranges = slot_ranges(count)
    assert len(ranges) == count
    assert ranges[0][0] == 0
    assert ranges[-1][1] == 16383
    assert all(ranges[i][1] + 1 == ranges[i + 1][0] for i in range(count - 1))
    sizes = {last - first for first, last in ranges}
    assert max(sizes) - min(sizes) <= 1


def test_emptiest_node_is_picked_and_the_first_of_equals() -> None:
    assert pick(nodes(10, 30, 20), 5).uid == 2
    assert pick(nodes(10, 10, 10), 5).uid == 1
    assert pick(nodes(10, 30, 20), 5, not_on=(2,)).uid == 3


@pytest.mark.parametrize(
    ("candidates", "not_on", "racks", "message"),
    [
        ([], (), (), "No other node accepts shards"),
        (nodes(10), (1,), (), "No other node accepts shards"),
        (nodes(10, 10, racks="aa"), (1,), ("a",), "No node in another rack"),
        (nodes(4, 3), (), (), "No node has 5 bytes"),
        ([Candidate(1, "", 100, 0)], (), (), "room for a shard"),
    ],
)
def test_why_there_is_no_place(
    candidates: list[Candidate], not_on: tuple[int, ...], racks: tuple[str, ...], message: str
) -> None:
    with pytest.raises(PlacementError, match=message):
        pick(candidates, 5, not_on=not_on, not_in_racks=racks)


def test_dense_fills_a_node_before_the_next() -> None:
    assert place_masters(nodes(20, 25, 10), 4, 10, "dense") == [2, 2, 1, 1]


def test_sparse_takes_the_nodes_in_turn() -> None:
    chosen = place_masters(nodes(100, 100, 100), 6, 10, "sparse")
    assert sorted(chosen) == [1, 1, 2, 2, 3, 3]
    assert place_masters(nodes(100, 5, 100), 2, 10, "sparse") in ([1, 3], [3, 1]), "node 2 is too small"


def test_what_was_placed_is_taken_off_the_node() -> None:
    candidates = nodes(10, 10)
    place_masters(candidates, 2, 10, "dense")
    with pytest.raises(PlacementError):
        pick(candidates, 1)


def test_replica_avoids_the_masters_node_and_rack() -> None:
    assert place_replica(nodes(10, 90, 50, racks="aab"), 1, 5, None) == 2
    assert place_replica(nodes(10, 90, 50, racks="aab"), 1, 5, "a") == 3


def test_a_fault_of_the_emulator_itself_is_a_500_and_shows_on_stderr() -> None:
    with launch("--nodes", "1", "--data-plane", "none") as emulator, requests.Session() as session:
        emulator.control("POST", "/license", {"shards_limit": "many"})
        session.trust_env = False
        session.verify = emulator.ca_cert
        session.auth = (emulator.username, emulator.password)
        answer = session.post(emulator.urls[0] + "/v1/bdbs", json={"name": "a", "memory_size": 10**8}, timeout=30)
        assert (answer.status_code, answer.json()["error_code"]) == (500, "internal_error")
        assert "TypeError" in emulator.stderr()
        assert session.get(emulator.urls[0] + "/v1/nodes", timeout=30).status_code == 200


def test_sharded_replicated_database_spreads_over_what_is_left(api: Api) -> None:
    api.node_action(1, "maintenance_on")
    api.create(replication=True, sharding=True, shards_count=4)
    assert {shard["node_uid"] for shard in api.shards()} == {2, 3}

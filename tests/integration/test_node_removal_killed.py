# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of node_removal that are killed at a bad moment, under load: the next does nothing twice and loses nothing."""

from __future__ import annotations

import contextlib
import time
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.removing import PLAYBOOK, database, homes, nodes, primary, remove
from support.rolling import ACTION, Roll, Roller, kill

from demo.workload import Target, Workload

REMOVE, ENSLAVE = "remove", "enslave_node"


@pytest.fixture
def busy(tmp_path: Path) -> t.Iterator[Roller]:
    """Five nodes with real shards of a replicated database, and clients that write to it until the test ends."""
    with emulated("--nodes", "5", "--data-plane", "redis") as cluster:
        database(cluster, "orders", shards_count=2, sharding=True)
        (bdb,) = cluster.api("GET", "/v1/bdbs").json()
        workload = Workload([Target("orders", "127.0.0.1", bdb["endpoints"][0]["port"])], rate=100)
        workload.start()
        try:
            yield Roller(cluster, tmp_path, nodes=(1, 2, 3, 4, 5))
        finally:
            workload.stop()
        (outcome,) = workload.check()
        assert outcome.lost == 0, outcome
        assert outcome.acknowledged > 300, outcome


def started(cluster: Emulated) -> list[str]:
    """The node actions that were asked for since the journal was cleared."""
    found = (ACTION.fullmatch(entry["path"]) for entry in cluster.journal() if entry["method"] == "POST")
    return [f"{match[2]} {match[1]}" for match in found if match]


def until(holds: t.Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} within {seconds:g} s"
        time.sleep(0.05)


@contextlib.contextmanager
def killed(roller: Roller, **variables: t.Any) -> t.Iterator[list[str]]:
    """A run that is killed at the end of the block; afterwards the list has what it had started."""
    actions: list[str] = []
    child = roller.start(PLAYBOOK, **variables)
    with child:
        try:
            yield actions
        finally:
            kill(child)
    actions += started(roller.cluster)


def went_on(roller: Roller, second: Roll, *gone: int) -> None:
    assert second.code == 0, second.output
    assert "WARNING" not in second.output
    assert not set(gone) & {*nodes(roller.cluster), *homes(roller.cluster)}
    third = remove(roller, node_removal_nodes=list(gone))
    assert (third.code, third.writes) == (0, []), third.output


def test_a_run_killed_while_the_primary_hands_over_is_taken_up(busy: Roller) -> None:
    busy.cluster.fault("slow_action", name=ENSLAVE, seconds=6, count=1)
    with killed(busy, node_removal_nodes=[1]) as first:
        busy.wait_for(f"{ENSLAVE} 1")
    assert first == [f"{ENSLAVE} 1"]
    assert primary(busy.cluster) == 1
    second = remove(busy, node_removal_nodes=[1])
    assert second.actions == [f"{REMOVE} 1"], "the role is handed over once"
    went_on(busy, second, 1)


def test_a_run_killed_after_the_hand_over_goes_on_with_the_removal(busy: Roller) -> None:
    with killed(busy, node_removal_nodes=[1]) as first:
        until(lambda: primary(busy.cluster) != 1, "another node is the primary")
    assert first == [f"{ENSLAVE} 1"]
    second = remove(busy, node_removal_nodes=[1])
    assert second.actions == [f"{REMOVE} 1"]
    went_on(busy, second, 1)


def test_a_run_killed_between_two_nodes_goes_on_with_the_second(busy: Roller) -> None:
    with killed(busy, node_removal_nodes=[2, 4]) as first:
        until(lambda: 2 not in nodes(busy.cluster), "node 2 leaves")
    assert first == [f"{REMOVE} 2"]
    second = remove(busy, node_removal_nodes=[2, 4])
    assert second.actions == [f"{REMOVE} 4"], "what has left is not removed again"
    assert "node 2 is not in the cluster, its removal is completed" in second.text
    went_on(busy, second, 2, 4)

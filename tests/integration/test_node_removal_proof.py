# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""node_removal goes on to the next node when every endpoint has forgotten the last one, and not before."""

from __future__ import annotations

import time

import pytest
from support.removing import PLAYBOOK, nodes, remove
from support.rolling import Roller

REMOVE = "remove"


def show_the_past(roller: Roller, path: str, **until: float) -> None:
    """One endpoint goes on to answer what it would answer now."""
    now = roller.cluster.api("GET", path).json()
    roller.cluster.fault("unavailable", method="GET", path=path, status=200, body=now, **until)


@pytest.mark.parametrize("path", ["/v1/shards", "/v1/nodes/status"])
def test_what_shows_late_that_the_node_has_left_is_waited_for(five: Roller, path: str) -> None:
    five.cluster.fault("slow_action", name=REMOVE, seconds=2, count=1)
    with five.start(PLAYBOOK, node_removal_nodes=[2]) as child:
        five.wait_for(f"{REMOVE} 2")
        until = time.time() + 4
        show_the_past(five, path, seconds=4)
        output = child.communicate(timeout=120)[0]
    assert child.returncode == 0, output
    journal = five.cluster.journal()
    began = next(entry["seq"] for entry in journal if entry["method"] == "POST")
    proof = next(entry for entry in journal if entry["seq"] > began and entry["path"] == "/v1/cluster/check")
    assert proof["time"] >= until, "the proof begins when the endpoint shows the removal"
    assert sum(entry["method"] == "POST" for entry in journal) == 1


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/v1/shards", "/v1/shards still shows shard 2 on it"),
        ("/v1/nodes/status", "/v1/nodes/status still shows it"),
    ],
)
def test_what_does_not_forget_the_node_ends_the_run(five: Roller, path: str, sentence: str) -> None:
    show_the_past(five, path)
    run = remove(five, node_removal_nodes=[2, 4])
    assert run.code != 0
    assert run.actions == [f"{REMOVE} 2"], "no further node is touched"
    assert f"remove of node 2 was reported as completed, but: of node 2, {sentence}" in run.text
    assert nodes(five.cluster) == [1, 3, 4, 5]
    again = remove(five, node_removal_nodes=[2, 4])
    assert (again.code != 0, again.writes) == (True, [])
    five.cluster.control("DELETE", "/faults")
    last = remove(five, node_removal_nodes=[2, 4])
    assert last.code == 0, last.output
    assert last.actions == [f"{REMOVE} 4"]

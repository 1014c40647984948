# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a roll while it runs: the primary of the cluster comes last, wherever that role has moved meanwhile."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.rolling import PLAYBOOK, Roll, Roller

ON = "maintenance_on"
DEFERRED = "has become the primary of the cluster, so it comes after all other nodes."


@pytest.fixture
def four() -> t.Iterator[Emulated]:
    with emulated("--nodes", "4", "--data-plane", "none", "--time-scale", "0.2") as cluster:
        yield cluster


def roll(cluster: Emulated, directory: Path, moves: dict[int, int], **variables: t.Any) -> Roll:
    """A roll of four nodes. While the tasks run on node k, the role of the primary leaves node C(moves[k])."""
    roller = Roller(cluster, directory, nodes=(1, 2, 3, 4))
    node = "{{ moves[rolling_maintenance_node_uid | string] }}"
    request = {
        "url": f"{cluster.urls[0]}/v1/nodes/{node}/actions/enslave_node",
        "method": "POST",
        "url_username": cluster.ready["username"],
        "url_password": cluster.ready["password"],
        "force_basic_auth": True,
        "ca_path": cluster.ready["ca_cert"],
        "use_proxy": False,
        "body_format": "json",
        "body": {"demote_node": True},
    }
    hook = roller.tasks(
        "move.yml",
        [
            {
                "name": "Move the role of the primary",
                "ansible.builtin.uri": request,
                "when": "rolling_maintenance_node_uid | string in moves",
            }
        ],
    )
    return roller.run(PLAYBOOK, rolling_maintenance_tasks=hook, moves=moves, **variables)


def drained(run: Roll) -> list[int]:
    return [int(action.split()[1]) for action in run.actions if action.startswith(ON)]


def test_the_node_that_becomes_the_primary_in_mid_roll_comes_last(four: Emulated, tmp_path: Path) -> None:
    run = roll(four, tmp_path, {2: 1})  # from node 1 to node 3, which would be next
    assert run.code == 0, run.output
    assert four.control("GET", "/state")["primary"] != 1
    assert drained(run) == [2, 4, 1, 3]
    assert f"Node 3 (node3) {DEFERRED}" in run.text
    assert run.text.count(DEFERRED) == 1


def test_without_a_move_nothing_is_deferred(four: Emulated, tmp_path: Path) -> None:
    run = roll(four, tmp_path, {})
    assert drained(run) == [2, 3, 4, 1]
    assert DEFERRED not in run.text


def test_another_order_stays_as_it_was_planned(four: Emulated, tmp_path: Path) -> None:
    run = roll(four, tmp_path, {1: 1}, rolling_maintenance_order="inventory")
    assert run.code == 0, run.output
    assert drained(run) == [1, 2, 3, 4]
    assert DEFERRED not in run.text


def test_a_failure_before_its_turn_leaves_the_deferred_node_alone(four: Emulated, tmp_path: Path) -> None:
    four.fault("action", name=ON, node_uid=4, outcome="failed", at=60, error="no room", count=1)
    run = roll(four, tmp_path, {2: 1})
    assert run.code != 0
    assert drained(run) == [2, 4]
    assert "The roll stops at node4." in run.text

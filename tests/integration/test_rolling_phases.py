# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of rolling_maintenance one by one: each reads the cluster anew, cleans up by itself, and is one task."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.rolling import PLAYBOOK, Roller

ON, OFF = "maintenance_on", "maintenance_off"
HEADER = re.compile(r"^TASK \[(?:\S+ : )?(.+?)\] \**$", re.MULTILINE)


@pytest.fixture
def roller(own_cluster: Emulated, tmp_path: Path) -> Roller:
    assert own_cluster.run("redis_bdb", name="one", memory_size="100MB", replication=True).changed
    return Roller(own_cluster, tmp_path, nodes=(2,))


def in_maintenance(cluster: Emulated) -> list[int]:
    return [node["uid"] for node in cluster.control("GET", "/state")["nodes"] if node["maintenance_depth"]]


def test_a_node_is_nine_printed_tasks_beside_those_of_the_operator(roller: Roller) -> None:
    work = roller.tasks("work.yml", [{"name": "Work", "ansible.builtin.debug": {"msg": "the machine is patched"}}])
    roll = roller.run(rolling_maintenance_tasks=work)
    assert roll.code == 0, roll.output
    batch = roll.output.partition("PLAY [Maintain one node]")[2].partition("PLAY [")[0]
    assert HEADER.findall(batch) == [
        "Validating arguments against arg spec 'main' - Maintenance of one node of a Redis Enterprise cluster",
        "Order | Find the node of the host, and whether its turn has come",
        "Gate | The cluster is healthy and can spare the node",
        "Drain | Shards and endpoints move off the node",
        "Gate again | The cluster can still spare the node, and the node is drained",
        "Tasks | The operator's tasks run on the drained node",
        "Work",
        "Wait until it is back | All nodes are up and pass their own checks",
        "Restore | The node leaves maintenance",
        "Verify | The cluster is healthy, and nothing is missing on the node",
    ]
    assert batch.count("included:") == 1


def test_each_phase_finds_its_node_anew(roller: Roller) -> None:
    """The address of the host passes from node 2 to node 3 while the play runs, and node 3 is in maintenance."""
    cluster = roller.cluster
    assert cluster.run("redis_node_action", node_uid=3, action=ON).changed
    nodes = cluster.api("GET", "/v1/nodes").json()

    def shown(uid: int) -> dict[str, t.Any]:
        """The fault that lets one node have the address."""
        body = [{**node, "external_addr": ["192.0.2.7"] if node["uid"] == uid else []} for node in nodes]
        return {"kind": "unavailable", "method": "GET", "path": "/v1/nodes", "status": 200, "body": body}

    def control(method: str, **options: t.Any) -> dict[str, t.Any]:
        uri = {"url": "{{ emulator_control }}/faults", "method": method, "use_proxy": False, **options}
        return {"name": f"{method} faults", "ansible.builtin.uri": uri}

    roller.hosts = {"moving": {"ansible_host": "192.0.2.7"}}
    post = {"body_format": "json", "status_code": [200, 201], "body": shown(3)}
    cluster.control("POST", "/faults", shown(2))
    moved = control("DELETE", status_code=[200, 204])
    roll = roller.phases("wait", moved, control("POST", **post), "restore")
    assert roll.actions == [f"{OFF} 3"], roll.output


def test_a_drain_alone_cleans_up(roller: Roller) -> None:
    roller.cluster.fault("action", name=ON, outcome="failed", at=60, error="no room", count=1)
    roll = roller.phases("drain")
    assert roll.code != 0
    assert roll.actions == [f"{ON} 2", f"{OFF} 2"]
    assert "The roll stops at node2." in roll.text
    assert "The node is back in service as it was; no task had run on it." in roll.text
    assert in_maintenance(roller.cluster) == []


def test_a_drain_of_a_node_that_was_in_maintenance_is_not_rolled_back(roller: Roller) -> None:
    assert roller.cluster.run("redis_node_action", node_uid=2, action=ON).changed
    roller.cluster.control("POST", "/nodes/3/stop")
    roll = roller.phases("tasks", rolling_maintenance_healthy_timeout=1)
    assert roll.code != 0
    assert roll.writes == []
    assert "The node was in maintenance before this run, and is left so." in roll.text
    assert in_maintenance(roller.cluster) == [2]


def test_the_gate_asks_about_racks_too_when_replicas_stay(tmp_path: Path) -> None:
    with emulated("--nodes", "3", "--rack", "a,a,b", "--data-plane", "none", "--time-scale", "0.3") as cluster:
        assert cluster.run("redis_bdb", name="together", memory_size="100MB", replication=True).changed
        cluster.control("POST", "/bdbs/1", {"rack_aware": True})
        roller = Roller(cluster, tmp_path, nodes=(3,))
        for stay in ({}, {"rolling_maintenance_evict_ha_replica": False}):
            roll = roller.phases("gate", **stay)
            assert roll.code == 0, roll.output
            assert "are both in rack a, although the database is rack-aware." in roll.text


def test_in_check_mode_a_node_left_in_maintenance_counts_as_restored(five: Roller) -> None:
    """Five nodes can spare a second one; of three they cannot, and the gate of the next node says so."""
    assert five.cluster.run("redis_node_action", node_uid=3, action=ON).changed
    five.nodes = (1, 2, 3)
    checked = five.run(PLAYBOOK, "--check")
    assert checked.code == 0, checked.output
    assert checked.writes == []
    real = five.run()
    assert real.code == 0, real.output
    assert real.actions == [f"{OFF} 3", f"{ON} 2", f"{OFF} 2", f"{ON} 1", f"{OFF} 1"]


@pytest.mark.parametrize("where", ["variable", "keyword"])
def test_become_is_for_the_nodes_and_not_for_the_api(roller: Roller, where: str) -> None:
    """The program of become does not exist, so that every task that used it would fail."""
    roller.everywhere = {"ansible_become_exe": "/no/such/sudo", "ansible_become_user": "nobody"}
    if where == "variable":
        roller.everywhere["ansible_become"] = True
    roll = roller.run(PLAYBOOK, *(["--become"] if where == "keyword" else []))
    assert roll.code == 0, roll.output
    assert roll.actions == [f"{ON} 2", f"{OFF} 2"]
    work = roller.tasks("work.yml", [{"name": "Work", "ansible.builtin.command": "true"}])
    failed = roller.run(PLAYBOOK, *(["--become"] if where == "keyword" else []), rolling_maintenance_tasks=work)
    assert "/no/such/sudo" in failed.text
    assert "stays drained and in maintenance" in failed.text

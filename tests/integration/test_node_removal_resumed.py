# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook node_removal: how they stop at a failure, and how they go on after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.emulated import emulated
from support.removing import ENSLAVE, PLAYBOOK, REMOVE, database, homes, nodes, remove
from support.rolling import Roller, kill

from demo.workload import Target, Workload


@pytest.mark.parametrize("outcome", ["failed", "aborted"])
def test_a_removal_that_fails_ends_the_run_and_a_second_run_goes_on(five: Roller, outcome: str) -> None:
    five.cluster.fault("action", name=REMOVE, outcome=outcome, at=50, error="disk full", count=1)
    run = remove(five, node_removal_nodes=[2, 4])
    assert run.code != 0
    assert run.actions == [f"{REMOVE} 2"]
    assert f"The removal stops at node2. remove of node 2 is {outcome}" in run.text
    assert "No removal of the node runs any more. Run the playbook again to go on." in run.text
    again = remove(five, node_removal_nodes=[2, 4])
    assert again.code == 0, again.output
    assert again.actions == [f"{REMOVE} 2", f"{REMOVE} 4"]


def test_a_removal_that_takes_too_long_is_left_to_run_and_taken_up(five: Roller) -> None:
    five.cluster.fault("slow_action", name=REMOVE, seconds=15, count=1)
    late = remove(five, node_removal_nodes=[2], node_removal_timeout=1)
    assert late.code != 0
    assert late.actions == [f"{REMOVE} 2"]
    assert "The removal still runs and is left to run." in late.text
    checked = remove(five, "--check", node_removal_nodes=[2])
    assert checked.code == 0, checked.output
    again = remove(five, node_removal_nodes=[2])
    assert again.code == 0, again.output
    assert again.writes == []
    assert "node 2 at 127.0.0.2, not primary, 1 shard(s): is being removed already and is waited for" in again.text
    assert nodes(five.cluster) == [1, 3, 4, 5]


def test_nobody_knows_what_runs_when_the_cluster_does_not_say(five: Roller) -> None:
    five.cluster.fault("slow_action", name=REMOVE, seconds=60)
    child = five.start(PLAYBOOK, node_removal_nodes=[2], node_removal_timeout=3)
    with child:
        five.wait_for(f"{REMOVE} 2")
        five.cluster.fault("unavailable", path="/v1/nodes/2/actions", status=500)
        output = " ".join(child.communicate(timeout=120)[0].split())
    assert child.returncode != 0
    assert "It is not known what the node is doing" in output


def test_a_primary_that_cannot_hand_over_stays(five: Roller) -> None:
    five.cluster.fault("action", name=ENSLAVE, outcome="failed", at=10, error="no successor", count=1)
    run = remove(five, node_removal_nodes=[1])
    assert run.code != 0
    assert run.actions == [f"{ENSLAVE} 1"]
    assert "no successor" in run.text
    assert "The node is still in the cluster, with all that is on it." in run.text
    again = remove(five, node_removal_nodes=[1])
    assert again.code == 0, again.output
    assert again.actions == [f"{ENSLAVE} 1", f"{REMOVE} 1"]


def test_tasks_that_fail_are_run_again_and_never_on_a_host_that_may_not_be_meant(five: Roller) -> None:
    tasks = five.tasks("broken.yml", [{"name": "Break", "ansible.builtin.fail": {"msg": "no such service"}}])
    run = remove(five, node_removal_nodes=[2, 4], node_removal_tasks=tasks)
    assert run.code != 0
    assert run.actions == [f"{REMOVE} 2"]
    assert "no such service. The node has left the cluster for good" in run.text
    mended = five.tasks("mended.yml", [{"name": "Work", "ansible.builtin.debug": {"msg": "the tasks have run"}}])
    again = remove(five, node_removal_nodes=[2], node_removal_tasks=mended)
    assert again.code == 0, again.output
    assert "the tasks have run" in again.text
    five.hosts = {"old": {"redis_node_uid": 77}}
    unknown = remove(five, node_removal_nodes=[77], node_removal_tasks=mended)
    assert unknown.code == 0, unknown.output
    assert "the cluster remembers no removal of node 77" in unknown.text
    assert "the tasks have run" not in unknown.text
    assert "It cannot be told whether 77 was removed or never existed" in unknown.text
    assert unknown.writes == []


def test_an_unreachable_host_ends_the_run(five: Roller) -> None:
    unreachable = {"ansible_connection": "ssh", "ansible_host": "localhost.invalid", "ansible_port": 1}
    five.hosts = {"node3": {"redis_node_uid": 3, **unreachable}, "node4": {"redis_node_uid": 4}}
    tasks = five.tasks("ping.yml", [{"name": "Ping", "ansible.builtin.ping": None}])
    run = remove(five, node_removal_nodes=[3, 4], node_removal_tasks=tasks)
    assert run.code != 0
    assert run.actions == [f"{REMOVE} 3"]


# -- with real data --


def test_a_killed_removal_is_taken_up_and_loses_nothing(tmp_path: Path) -> None:
    with emulated("--nodes", "4", "--data-plane", "redis") as cluster:
        database(cluster, "single", replication=False)
        database(cluster, "replicated")
        found = cluster.api("GET", "/v1/bdbs").json()
        targets = [Target(bdb["name"], "127.0.0.1", bdb["endpoints"][0]["port"]) for bdb in found]
        leaving = int(
            next(each for each in cluster.api("GET", "/v1/shards").json() if each["bdb_uid"] == 1)["node_uid"]
        )
        roller = Roller(cluster, tmp_path, nodes=(1, 2, 3, 4))
        chosen = {"node_removal_nodes": [leaving], "node_removal_migrate_single_copies": True}
        workload = Workload(targets, rate=100)
        workload.start()
        try:
            cluster.fault("slow_action", name=REMOVE, seconds=6, count=1)
            child = roller.start(PLAYBOOK, **chosen)
            with child:
                roller.wait_for(f"{REMOVE} {leaving}")
                kill(child)
            second = remove(roller, **chosen)
        finally:
            workload.stop()
        assert second.code == 0, second.output
        assert second.writes == []
        assert leaving not in nodes(cluster)
        assert leaving not in homes(cluster)
        outcomes = workload.check()
        assert [outcome.lost for outcome in outcomes] == [0, 0], outcomes
        assert all(outcome.acknowledged > 300 for outcome in outcomes), outcomes

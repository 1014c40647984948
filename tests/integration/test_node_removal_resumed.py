# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook node_removal: how they stop at a failure, and how they go on after it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from support.emulated import emulated
from support.removing import ENSLAVE, PLAYBOOK, QUICK, REMOVE, ROLE, database, homes, nodes, remove
from support.rolling import PLAYBOOK as ROLLING
from support.rolling import Roller, kill

from demo.workload import Target, Workload


@pytest.mark.parametrize("outcome", ["failed", "aborted"])
def test_a_removal_that_fails_ends_the_run_and_a_second_run_goes_on(five: Roller, outcome: str) -> None:
    five.cluster.fault("action", name=REMOVE, outcome=outcome, at=50, error="disk full", count=1)
    run = remove(five, node_removal_nodes=[2, 4])
    assert run.code != 0
    assert run.actions == [f"{REMOVE} 2"]
    assert f"The removal stops at node2. remove of node 2 is {outcome}" in run.text
    assert "No removal of the node runs any more. Run the playbook again to continue." in run.text
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
    assert "node 2 at 127.0.0.2, replica, 1 shard: is being removed, wait for the end" in again.text
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
    assert "The node is still in the cluster with all that is on it" in run.text
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
    assert "mended.yml does not run on old: no removal of node 77 is recorded" in unknown.text
    assert "the tasks have run" not in unknown.text
    assert "It is not known whether 77 was removed or never existed" in unknown.text
    assert unknown.writes == []


def test_an_unreachable_host_ends_the_run(five: Roller) -> None:
    unreachable = {"ansible_connection": "ssh", "ansible_host": "localhost.invalid", "ansible_port": 1}
    five.hosts = {"node3": {"redis_node_uid": 3, **unreachable}, "node4": {"redis_node_uid": 4}}
    tasks = five.tasks("ping.yml", [{"name": "Ping", "ansible.builtin.ping": None}])
    run = remove(five, node_removal_nodes=[3, 4], node_removal_tasks=tasks)
    assert run.code != 0
    assert run.actions == [f"{REMOVE} 3"]


# -- a node that half left: decommissioning, and no removal of it runs --


def half_left(roller: Roller, uid: int, **options: t.Any) -> None:
    """A removal by hand ends badly and leaves its node so."""
    roller.cluster.fault("half_removed", node_uid=uid, count=1)
    roller.cluster.fault("action", name=REMOVE, outcome="failed", at=3, error="disk full", count=1)
    options = {"node_uid": uid, "action": REMOVE, **options}
    assert roller.cluster.run("redis_node_action", **options).result["failed"]
    assert status(roller, uid) == "decommissioning"


def status(roller: Roller, uid: int) -> str:
    return str(roller.cluster.api("GET", f"/v1/nodes/{uid}").json()["status"])


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_a_node_that_half_left_comes_first_and_goes_on_leaving(five: Roller, outcome: str) -> None:
    five.cluster.fault("half_removed", node_uid=4, count=1)
    five.cluster.fault("action", name=REMOVE, outcome=outcome, at=3, error="disk full", count=1)
    run = remove(five, node_removal_nodes=[4, 2])
    assert run.code != 0
    assert f"The removal stops at node4. remove of node 4 is {outcome}" in run.text
    assert status(five, 4) == "decommissioning"
    checked = remove(five, "--check", node_removal_nodes=[2, 4])
    assert checked.code == 0, checked.output
    assert checked.writes == []
    assert "node4: node 4 at 127.0.0.4, replica, 0 shards, decommissioning: remove" in checked.text
    again = remove(five, node_removal_nodes=[2, 4])
    assert again.code == 0, again.output
    assert again.actions == [f"{REMOVE} 4", f"{REMOVE} 2"]
    assert nodes(five.cluster) == [1, 3, 5]


def test_a_removal_that_is_cancelled_half_way_goes_on_when_it_is_asked_for_again(five: Roller) -> None:
    five.cluster.fault("half_removed", count=1)
    five.cluster.fault("slow_action", name=REMOVE, seconds=60, count=1)
    child = five.start(PLAYBOOK, node_removal_nodes=[2])
    with child:
        five.wait_for(f"{REMOVE} 2")
        assert five.cluster.run("redis_node_action", node_uid=2, action=REMOVE, state="absent").changed
        child.communicate(timeout=120)
    assert child.returncode != 0
    assert status(five, 2) == "decommissioning"
    again = remove(five, node_removal_nodes=[2])
    assert again.code == 0, again.output
    assert again.actions == [f"{REMOVE} 2"]
    assert homes(five.cluster) <= {1, 3, 4, 5}


def test_the_primary_that_half_left_hands_over_and_goes_on_leaving(five: Roller) -> None:
    half_left(five, 1, force=True)
    refused = remove(five, node_removal_nodes=[1], node_removal_demote_primary=False)
    assert "Node 1 is the primary of the cluster, and node_removal_demote_primary is false" in refused.text
    assert refused.writes == []
    run = remove(five, node_removal_nodes=[1])
    assert run.code == 0, run.output
    assert run.actions == [f"{ENSLAVE} 1", f"{REMOVE} 1"]


def test_every_other_refusal_holds_for_a_node_that_half_left(five: Roller) -> None:
    database(five.cluster, "single", replication=False)
    shards = five.cluster.api("GET", "/v1/shards").json()
    home = int(next(each for each in shards if each["bdb_uid"] == 2)["node_uid"])
    half_left(five, home)
    for variables, sentence in (
        ({}, f"Node {home} holds data without a copy elsewhere, of database 2 (single)."),
        ({"node_removal_min_nodes": 5}, f"Without node {home} the cluster would have 4 nodes"),
    ):
        run = remove(five, **QUICK, node_removal_nodes=[home], **variables)
        assert run.code != 0
        assert sentence in run.text
        assert run.writes == []
    five.cluster.control("POST", "/nodes/5/stop")
    unwell = remove(five, **QUICK, node_removal_nodes=[home], node_removal_migrate_single_copies=True)
    assert "Node 5 (127.0.0.5) is down" in unwell.text
    assert "is decommissioning" not in unwell.text
    assert unwell.writes == []


def test_while_a_node_has_half_left_no_other_is_touched(five: Roller) -> None:
    half_left(five, 2)
    others = remove(five, node_removal_nodes=[4])
    assert "Decommissioning, though no removal runs: node 2." in others.text
    play = {
        "name": "Remove",
        "hosts": "localhost",
        "gather_facts": False,
        "roles": [{"role": ROLE, "vars": {"redis_node_uid": 4}}],
    }
    alone = five.run(five.tasks("own.yml", [play]), **QUICK)
    rolled = five.run(ROLLING, "--limit", "node4", rolling_maintenance_healthy_timeout=1)
    assert "Decommissioning, though no removal runs: node 2." in alone.text
    assert "Node 2 (127.0.0.2) is decommissioning." in rolled.text
    itself = five.run(ROLLING, "--limit", "node2", rolling_maintenance_healthy_timeout=1)
    assert "Node 2 (127.0.0.2) is decommissioning." in itself.text
    for run in (others, alone, rolled, itself):
        assert run.code != 0
        assert run.writes == []


def test_at_most_one_node_may_have_half_left(five: Roller) -> None:
    half_left(five, 2)
    half_left(five, 4, force=True)
    run = remove(five, node_removal_nodes=[2, 4])
    assert run.code != 0
    assert "Decommissioning, though no removal runs: node 2, node 4." in run.text
    assert run.writes == []
    assert five.cluster.run("redis_node_action", node_uid=4, action=REMOVE).changed
    again = remove(five, node_removal_nodes=[2, 4])
    assert again.code == 0, again.output
    assert again.actions == [f"{REMOVE} 2"]


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

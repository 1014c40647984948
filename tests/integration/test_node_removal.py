# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook node_removal: which nodes they remove, in which order, and what they verify afterwards."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from support.emulated import Emulated, emulated
from support.removing import ENSLAVE, REMOVE, REST_ONLY, ROLE, database, homes, nodes, primary, remove
from support.rolling import Roller


def test_nodes_leave_one_after_another_and_the_primary_last(five: Roller) -> None:
    checked = remove(five, "--check", node_removal_nodes=[1, 2])
    assert checked.code == 0, checked.output
    assert checked.writes == [], "check mode has written"
    assert "node1: node 1 at 127.0.0.1, primary, 1 shard: hand over the role of the primary, remove" in checked.text
    assert "node 3 at 127.0.0.3, replica, 0 shards: stays" in checked.text

    real = remove(five, node_removal_nodes=[1, 2])
    assert real.code == 0, real.output
    assert real.actions == [f"{REMOVE} 2", f"{ENSLAVE} 1", f"{REMOVE} 1"]
    assert [entry["body"] for entry in real.writes] == [{}, {"demote_node": True}, {}]
    assert nodes(five.cluster) == [3, 4, 5]
    assert primary(five.cluster) in (3, 4, 5)
    assert homes(five.cluster) <= {3, 4, 5}
    for count in ("changed=2", "changed=1"):  # as many in check mode as in the real run
        assert checked.output.count(count) == real.output.count(count) == 1

    again = remove(five, node_removal_nodes="1,2")
    assert again.code == 0, again.output
    assert again.writes == []
    assert again.output.count("changed=0") == 3
    assert "node 2 is not in the cluster, its removal is completed" in again.text
    assert "WARNING" not in checked.output + real.output + again.output
    assert five.cluster.ready["password"] not in checked.output + real.output


def test_hosts_are_chosen_by_limit_and_tasks_run_once_the_node_has_left(five: Roller) -> None:
    uri = {"url": "{{ emulator_control }}/state", "dest": f"{five.directory}/state.json", "use_proxy": False}
    tasks = five.tasks("stop.yml", [{"name": "Note the state", "ansible.builtin.uri": uri}])
    looked = remove(five, "--check", "--limit", "node2", node_removal_tasks=tasks)
    assert looked.code == 0, looked.output
    assert "remove, then run stop.yml" in looked.text
    assert not (five.directory / "state.json").exists()
    run = remove(five, "--limit", "node2", node_removal_tasks=tasks, node_removal_wait_for_persistence=True)
    assert run.code == 0, run.output
    assert run.actions == [f"{REMOVE} 2"]
    assert run.writes[0]["body"] == {"wait_for_persistence": True}
    noted = json.loads((five.directory / "state.json").read_text(encoding="utf-8"))
    assert [node["uid"] for node in noted["nodes"]] == [1, 3, 4, 5]


def test_hosts_are_chosen_by_a_pattern_and_found_by_their_address(five: Roller) -> None:
    five.hosts = {"127.0.0.4": {}, "five": {"ansible_host": "node5.cluster.local"}, "stays": {"redis_node_uid": 1}}
    run = remove(five, node_removal_hosts="all:!stays", node_removal_wait_for_persistence=False)
    assert run.code == 0, run.output
    assert run.actions == [f"{REMOVE} 4", f"{REMOVE} 5"]
    assert run.writes[0]["body"] == {"wait_for_persistence": False}
    gone = remove(five, node_removal_hosts="127.0.0.4")
    assert gone.code != 0
    assert "127.0.0.4 does not match any node of the cluster" in gone.text
    assert "or leave the host out if its node was removed" in gone.text


def test_the_role_alone_removes_the_node_that_it_is_given(five: Roller) -> None:
    role = {"role": ROLE, "vars": {"redis_node_uid": 5}}
    more = {**role, "vars": {"redis_node_uid": 4}}
    play = {"name": "Remove", "hosts": "localhost", "gather_facts": False, "roles": [role, more]}
    run = five.run(five.tasks("own.yml", [play]))
    assert run.code == 0, run.output
    assert run.actions == [f"{REMOVE} 5", f"{REMOVE} 4"]


def test_a_node_in_maintenance_leaves_first(five: Roller) -> None:
    assert five.cluster.run("redis_node_action", node_uid=2, action="maintenance_on").changed
    run = remove(five, node_removal_nodes=[4, 2])
    assert run.code == 0, run.output
    assert run.actions == [f"{REMOVE} 2", f"{REMOVE} 4"]
    assert "in maintenance: remove" in run.text


# -- the verification --


def verify(cluster: Emulated, **options: t.Any) -> str:
    """The last phase alone, for a removal that is said to be over: its failure, if any."""
    usual = {"operation": "removal", "wait": True, "wait_timeout": 1, **options}
    return str(cluster.run("redis_roll_node_info", **usual).result.get("msg", ""))


def test_a_node_that_left_something_behind_is_not_called_gone(five: Roller) -> None:
    before = {"addr": "127.0.0.1", "external_addr": []}
    left = verify(five.cluster, node_uid=4, before=before, problems_before=[])
    assert left == "Of node 4 the cluster still shows the node itself and an endpoint at 127.0.0.1."
    five.cluster.control("POST", "/nodes/5/stop")
    unhealthy = verify(five.cluster, node_uid=9, before=before, problems_before=[])
    assert "Node 5 (127.0.0.5) is down" in unhealthy
    assert "still shows" in verify(five.cluster, node_uid=9, before=before, check_health=False)


# -- racks --


def racks(cluster: Emulated) -> set[str]:
    """The racks that hold a copy of the database's data."""
    of_node = {str(node["uid"]): node["rack_id"] for node in cluster.api("GET", "/v1/nodes", node=2).json()}
    return {of_node[shard["node_uid"]] for shard in cluster.api("GET", "/v1/shards", node=2).json()}


def test_copies_stay_in_two_racks_or_the_removal_is_refused(tmp_path: Path) -> None:
    with emulated("--nodes", "5", "--rack", "a,b,a,b,c", *REST_ONLY) as cluster:
        database(cluster, "spread", rack_aware=True)
        held = sorted(homes(cluster))
        roller = Roller(cluster, tmp_path, nodes=(1, 2, 3, 4, 5))
        run = remove(roller, node_removal_nodes=[uid for uid in held if uid not in (1, 2)] or [1])
        assert run.code == 0, run.output
        assert len(racks(cluster)) == 2
        left = nodes(cluster)
        rack_of = {node["uid"]: node["rack_id"] for node in cluster.api("GET", "/v1/nodes", node=2).json()}
        others = [uid for uid in left if rack_of[uid] != "b"]
        refused = remove(roller, node_removal_nodes=others, node_removal_min_nodes=2)
        assert refused.code != 0
        assert "Database spread is rack-aware, and the nodes that stay are all in rack b" in refused.text
        assert refused.writes == []


def test_a_removal_after_which_copies_share_a_rack_is_not_called_done() -> None:
    with emulated("--nodes", "3", "--rack", "a,a,b", *REST_ONLY) as cluster:
        database(cluster, "together")
        cluster.control("POST", "/bdbs/1", {"rack_aware": True})
        options: dict[str, t.Any] = {"node_uid": 4, "before": {"addr": "127.0.0.4", "external_addr": []}}
        lost = "Of node 4 the cluster still shows database 1 with its copies in one rack since."
        assert verify(cluster, **options, problems_before=[]) == lost
        known = [{"check": "racks", "object": "database 1"}]
        assert verify(cluster, **options, problems_before=known) == ""
        assert verify(cluster, **options) == "", "without a look before, nothing is known to be lost"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook node_removal: what they remove, what they refuse, and how they go on after a failure."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.removing import PLAYBOOK, database, homes, nodes, primary, remove
from support.rolling import Roll, Roller, kill

from demo.workload import Target, Workload

ROLE = "redis_enterprise.cluster.node_removal"
REMOVE, ENSLAVE = "remove", "enslave_node"
QUICK: dict[str, t.Any] = {"node_removal_healthy_timeout": 1}
REST_ONLY = ("--data-plane", "none", "--time-scale", "0.3")


@pytest.fixture
def five(tmp_path: Path) -> t.Iterator[Roller]:
    """Five nodes with a replicated database on nodes 1 and 2."""
    with emulated("--nodes", "5", *REST_ONLY) as cluster:
        database(cluster, "replicated")
        yield Roller(cluster, tmp_path, nodes=(1, 2, 3, 4, 5))


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Roller]:
    """Four nodes for tests in which nothing may be written: a replicated database and one without a copy."""
    with emulated("--nodes", "4", *REST_ONLY) as cluster:
        database(cluster, "single", replication=False)
        database(cluster, "replicated")
        yield Roller(cluster, tmp_path_factory.mktemp("untouched"), nodes=(1, 2, 3, 4))
        assert nodes(cluster) == [1, 2, 3, 4]


def test_nodes_leave_one_after_another_and_the_primary_last(five: Roller) -> None:
    checked = remove(five, "--check", node_removal_nodes=[1, 2])
    assert checked.code == 0, checked.output
    assert checked.writes == [], "check mode has written"
    assert (
        "node1: node 1 at 127.0.0.1, primary, 1 shard(s): hands over the role of the primary and leaves" in checked.text
    )
    assert "node 3: stays" in checked.text
    assert "Node 1 would be removed once another node is the primary" in checked.text

    real = remove(five, node_removal_nodes=[1, 2])
    assert real.code == 0, real.output
    assert real.actions == [f"{REMOVE} 2", f"{ENSLAVE} 1", f"{REMOVE} 1"]
    assert [entry["body"] for entry in real.writes] == [{}, {}, {}]
    assert nodes(five.cluster) == [3, 4, 5]
    assert primary(five.cluster) in (3, 4, 5)
    assert homes(five.cluster) <= {3, 4, 5}
    for count in ("changed=2", "changed=1"):  # as many in check mode as in the real run
        assert checked.output.count(count) == real.output.count(count) == 1

    again = remove(five, node_removal_nodes="1,2")
    assert again.code == 0, again.output
    assert again.writes == []
    assert again.output.count("changed=0") == 3
    assert "Node 2 has left the cluster already: its removal is completed." in again.text
    assert "WARNING" not in checked.output + real.output + again.output
    assert five.cluster.ready["password"] not in checked.output + real.output


def test_hosts_are_chosen_by_limit_and_tasks_run_once_the_node_has_left(five: Roller) -> None:
    uri = {"url": "{{ emulator_control }}/state", "dest": f"{five.directory}/state.json", "use_proxy": False}
    tasks = five.tasks("stop.yml", [{"name": "Note the state", "ansible.builtin.uri": uri}])
    looked = remove(five, "--check", "--limit", "node2", node_removal_tasks=tasks)
    assert looked.code == 0, looked.output
    assert "stop.yml would run on the host." in looked.text
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
    assert "127.0.0.4 is no node of the cluster" in gone.text
    assert "If its node has left already, leave the host out" in gone.text


def test_the_role_alone_removes_the_node_that_it_is_given(five: Roller) -> None:
    role = {"role": ROLE, "vars": {"redis_node_uid": 5}}
    more = {**role, "vars": {"redis_node_uid": 4}}
    play = {"name": "Remove", "hosts": "localhost", "gather_facts": False, "roles": [role, more]}
    run = five.run(five.tasks("own.yml", [play]))
    assert run.code == 0, run.output
    assert run.actions == [f"{REMOVE} 5", f"{REMOVE} 4"]


# -- what is refused before anything is written --

REFUSED: list[tuple[str, dict[str, t.Any], str]] = [
    ("nothing is named", {}, "Say which nodes are to be removed"),
    ("an empty list", {"node_removal_nodes": []}, "Say which nodes are to be removed"),
    ("a full stop for a comma", {"node_removal_nodes": "4.5"}, "cannot be converted to an int"),
    ("a range", {"node_removal_nodes": "3-5"}, "cannot be converted to an int"),
    ("two ways at once", {"node_removal_nodes": [4], "node_removal_hosts": "node3"}, "Say in one way"),
    ("no such host", {"node_removal_hosts": "node9"}, "No host of the inventory matches node_removal_hosts (node9)"),
    ("not a uid", {"node_removal_nodes": ["node4"]}, "node_removal_nodes"),
    (
        "too few nodes would stay",
        {"node_removal_nodes": [3, 4]},
        "Without node 3, 4 the cluster would have 2 nodes, and node_removal_min_nodes is 3",
    ),
    (
        "the primary may not hand over",
        {"node_removal_nodes": [1], "node_removal_demote_primary": False},
        "Node 1 is the primary of the cluster, and node_removal_demote_primary is false",
    ),
    (
        "data without a copy elsewhere",
        {"node_removal_nodes": [1]},
        "Node 1 holds data without a copy elsewhere: Database 1 (single) has no replicas and a shard on node 1",
    ),
    (
        "no such file of tasks",
        {"node_removal_nodes": [4], "node_removal_tasks": "away.yml"},
        "node_removal_tasks is away.yml, and there is no such file in",
    ),
]


@pytest.mark.parametrize(("_case", "variables", "sentence"), REFUSED)
def test_what_is_wrong_with_the_order_is_refused(
    untouched: Roller, _case: str, variables: dict[str, t.Any], sentence: str
) -> None:
    untouched.hosts = {}
    run = remove(untouched, **QUICK, **variables)
    assert run.code != 0
    assert sentence in run.text
    assert run.writes == []


def test_check_mode_refuses_as_the_real_run_does(untouched: Roller) -> None:
    untouched.hosts = {}
    for variables, sentence in ((REFUSED[5][1:]), (REFUSED[6][1:]), (REFUSED[7][1:])):
        run = remove(untouched, "--check", **variables)
        assert run.code != 0
        assert sentence in run.text


def test_a_limit_and_uids_at_once_are_refused(untouched: Roller) -> None:
    untouched.hosts = {}
    run = remove(untouched, "--limit", "node4", node_removal_nodes=[3])
    assert run.code != 0
    assert "Say in one way which nodes are to be removed" in run.text
    assert run.writes == []


def test_hosts_that_cannot_be_told_apart_are_refused(untouched: Roller) -> None:
    untouched.hosts = {"a": {"redis_node_uid": 4}, "b": {"redis_node_uid": "4"}, "127.0.0.2": {"redis_node_uid": 3}}
    twins = remove(untouched, node_removal_hosts="a,b")
    assert "a and b are both node 4 of the cluster" in twins.text
    mistaken = remove(untouched, node_removal_hosts="127.0.0.2")
    assert "127.0.0.2 has redis_node_uid 3, but goes by the name or address of node 2" in mistaken.text
    tasks = untouched.tasks("nothing.yml", [{"name": "Nothing", "ansible.builtin.meta": "noop"}])
    hostless = remove(untouched, node_removal_nodes=[2], node_removal_tasks=tasks)
    assert "no host of the inventory has the variable redis_node_uid 2" in hostless.text
    several = remove(untouched, node_removal_nodes=[4])
    assert "Several hosts of the inventory have the same redis_node_uid: a, b." in several.text
    elsewhere = {"redis_enterprise_url": "https://127.0.0.9:1"}
    untouched.hosts = {"c": {"redis_node_uid": 3}, "d": {"redis_node_uid": 4, **elsewhere}}
    untouched.hosts["c"]["redis_enterprise_url"] = untouched.cluster.urls
    two = remove(untouched, node_removal_hosts="c,d")
    assert "remove nodes of one cluster at a time" in two.text
    for run in (twins, mistaken, hostless, several, two):
        assert run.code != 0
        assert run.writes == []


def test_the_gate_itself_keeps_the_minimum_and_the_primary(untouched: Roller) -> None:
    variables: list[dict[str, t.Any]] = [
        {"redis_node_uid": 4, "node_removal_min_nodes": 4},
        {"redis_node_uid": 1, "node_removal_demote_primary": False},
    ]
    for chosen, sentence in zip(variables, ("would have 3 nodes", "is the primary of the cluster"), strict=True):
        play = {
            "name": "Remove",
            "hosts": "localhost",
            "gather_facts": False,
            "roles": [{"role": ROLE, "vars": chosen}],
        }
        run = untouched.run(untouched.tasks("own.yml", [play]))
        assert run.code != 0
        assert "The removal stops at localhost." in run.text
        assert sentence in run.text
        assert "Nothing was changed." in run.text
        assert run.writes == []


def stuck_database(cluster: Emulated) -> str:
    cluster.fault("action", name="SMUpdateBDB", outcome="stuck", at=30)
    cluster.api("PUT", "/v1/bdbs/1", {"memory_size": 200_000_000})
    return "SMUpdateBDB"


def dead_node(cluster: Emulated) -> str:
    cluster.control("POST", "/nodes/5/stop")
    while cluster.api("GET", "/v1/nodes/5").json()["status"] == "active":
        time.sleep(0.05)
    return "Node 5 (127.0.0.5) is down"


def foreign_maintenance(cluster: Emulated) -> str:
    assert cluster.run("redis_node_action", node_uid=3, action="maintenance_on").changed
    return "In maintenance already: node 3."


def lost_replica(cluster: Emulated) -> str:
    database(cluster, "lonely", replication=False)
    cluster.control("POST", "/bdbs/2", {"replication": True})
    return "has no replica, although replication is on"


@pytest.mark.parametrize("trouble", [stuck_database, dead_node, foreign_maintenance, lost_replica])
def test_at_the_first_doubt_nothing_is_written(five: Roller, trouble: t.Callable[[Emulated], str]) -> None:
    sentence = trouble(five.cluster)
    run = remove(five, **QUICK, node_removal_nodes=[4])
    assert run.code != 0
    assert run.writes == []
    assert sentence in run.text
    assert "Nothing was changed." in run.text


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
        assert "Database spread is rack-aware, and the nodes that stay are in rack b only" in refused.text
        assert refused.writes == []


def test_a_removal_after_which_copies_share_a_rack_is_not_called_done(tmp_path: Path) -> None:
    with emulated("--nodes", "3", "--rack", "a,a,b", *REST_ONLY) as cluster:
        database(cluster, "together")
        cluster.control("POST", "/bdbs/1", {"rack_aware": True})
        roller = Roller(cluster, tmp_path)
        facts = {"node_removal_uid": 4, "node_removal_before": {"addr": "127.0.0.4", "external_addr": []}}
        run = prove(roller, **facts, node_removal_racks_before=[])
        assert "still shows database 1 with its copies in one rack since" in run.text
        known = prove(roller, **facts, node_removal_racks_before=["database 1"])
        assert known.code == 0, known.output


# -- nodes that are half gone, and failures --


def test_a_node_in_maintenance_leaves_first(five: Roller) -> None:
    assert five.cluster.run("redis_node_action", node_uid=2, action="maintenance_on").changed
    run = remove(five, node_removal_nodes=[4, 2])
    assert run.code == 0, run.output
    assert run.actions == [f"{REMOVE} 2", f"{REMOVE} 4"]
    assert "in maintenance: leaves" in run.text


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


def prove(roller: Roller, **facts: t.Any) -> Roll:
    """The last phase alone, for a removal that is said to be over."""
    tasks = [
        {"name": "Say what was removed", "ansible.builtin.set_fact": {"node_removal_course": "begin", **facts}},
        {"name": "Prove", "ansible.builtin.include_role": {"name": ROLE, "tasks_from": "prove.yml"}},
    ]
    play = {"name": "Prove", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
    return roller.run(roller.tasks("prove_alone.yml", [play]))


def test_a_node_that_left_something_behind_is_not_called_gone(five: Roller) -> None:
    before = {"addr": "127.0.0.1", "external_addr": []}
    run = prove(five, node_removal_uid=4, node_removal_before=before, node_removal_racks_before=[])
    assert run.code != 0
    assert "Of node 4 the cluster still shows the node itself and an endpoint at 127.0.0.1." in run.text
    five.cluster.control("POST", "/nodes/5/stop")
    unwell = prove(five, node_removal_uid=9, node_removal_before=before, node_removal_racks_before=[], **QUICK)
    assert "Node 5 (127.0.0.5) is down" in unwell.text


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

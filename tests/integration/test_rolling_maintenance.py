# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook rolling_maintenance: whole rolls, and every way in which one stops."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.rolling import Roll, Roller, kill

from demo.workload import Target, Workload

ON, OFF = "maintenance_on", "maintenance_off"
DEMO_HOOK = Path(__file__).parents[1] / "demo" / "hook.yml"
URI: dict[str, t.Any] = {"use_proxy": False, "return_content": True}


def databases(cluster: Emulated) -> None:
    for name, replication in (("single", False), ("replicated", True)):
        made = cluster.run("redis_bdb", name=name, memory_size="100MB", replication=replication)
        assert not made.result.get("failed"), made.result


@pytest.fixture
def roller(own_cluster: Emulated, tmp_path: Path) -> Roller:
    databases(own_cluster)
    return Roller(own_cluster, tmp_path)


def note_state(roller: Roller) -> str:
    """A hook that keeps what the cluster looked like when it ran."""
    uri = {
        **URI,
        "url": "{{ emulator_control }}/state",
        "dest": f"{roller.directory}/state-{{{{ rolling_maintenance_node_uid }}}}.json",
    }
    roller.tasks("note.yml", [{"name": "Note the state", "ansible.builtin.uri": uri}])
    return "note.yml"  # found in the current directory


def states(roller: Roller) -> dict[int, dict[str, t.Any]]:
    found = {
        int(path.stem.split("-")[1]): json.loads(path.read_text()) for path in roller.directory.glob("state-*.json")
    }
    return {uid: found[uid] for uid in sorted(found)}


def shards(cluster: Emulated) -> dict[str, list[str]]:
    where: dict[str, list[str]] = {"1": [], "2": [], "3": []}
    for shard in cluster.api("GET", "/v1/shards").json():
        where[shard["node_uid"]].append(shard["uid"])
    return {node: sorted(held) for node, held in where.items()}


def depths(cluster: Emulated) -> dict[int, int]:
    """How many activations of maintenance each node has."""
    return {node["uid"]: node["maintenance_depth"] for node in cluster.control("GET", "/state")["nodes"]}


IN_SERVICE = {1: 0, 2: 0, 3: 0}


def test_a_roll_takes_one_empty_node_after_another_and_the_primary_last(roller: Roller) -> None:
    hook, before = note_state(roller), shards(roller.cluster)

    checked = roller.run("redis_enterprise.cluster.rolling_maintenance", "--check", rolling_maintenance_tasks=hook)
    assert checked.code == 0, checked.output
    assert checked.writes == [], "check mode has written"
    assert states(roller) == {}, "check mode has run the operator's tasks"
    assert checked.output.count("drain, run note.yml, restore") == 3

    real = roller.run(rolling_maintenance_tasks=hook)
    assert real.code == 0, real.output
    assert real.actions == [f"{ON} 2", f"{OFF} 2", f"{ON} 3", f"{OFF} 3", f"{ON} 1", f"{OFF} 1"]
    assert list(states(roller)) == [1, 2, 3]
    for uid, state in states(roller).items():
        assert [shard for shard in state["shards"] if shard["node_uid"] == uid] == []
        assert {node["uid"] for node in state["nodes"] if node["maintenance_depth"]} == {uid}
    assert shards(roller.cluster) == before
    assert depths(roller.cluster) == IN_SERVICE


def test_the_output_is_for_people(roller: Roller) -> None:
    roller.nodes = (2,)
    roll = roller.run()
    assert roll.code == 0, roll.output
    assert "node2: node 2 at 127.0.0.2, replica, 1 shard, release 8.0.16" in roll.text
    assert "drain, run no tasks, restore" in roll.text
    assert "node 1 at 127.0.0.1, primary, 1 shard: not among the hosts, not touched" in roll.text
    assert [line for line in roll.output.splitlines() if len(line) > 240] == []
    assert "WARNING" not in roll.output
    assert roller.cluster.ready["password"] not in roll.output


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("primary_last", ["node2", "node3", "node1"]),
        ("primary_first", ["node1", "node3", "node2"]),
        ("inventory", ["node3", "node2", "node1"]),
    ],
)
def test_the_order_is_chosen_and_a_node_left_in_maintenance_comes_first(
    own_cluster: Emulated, tmp_path: Path, order: str, expected: list[str]
) -> None:
    roller = Roller(own_cluster, tmp_path)
    roller.nodes = (2, 3, 1) if order == "primary_last" else (3, 2, 1)
    planned = roller.phases("plan", serial=0, rolling_maintenance_order=order)
    assert planned.code == 0, planned.output
    assert lines_of_plan(planned.output) == expected
    left = expected[1]
    assert own_cluster.run("redis_node_action", node_uid=int(left[-1]), action=ON).changed
    resumed = roller.phases("plan", serial=0, rolling_maintenance_order=order)
    assert lines_of_plan(resumed.output) == [left, expected[0], expected[2]]
    assert "in maintenance already; drain, run no tasks, restore" in resumed.output


def lines_of_plan(output: str) -> list[str]:
    return [line.split('"')[1].split(":")[0] for line in output.splitlines() if '"node' in line]


def test_hosts_are_matched_by_name_or_address_and_each_must_be_one_node(own_cluster: Emulated, tmp_path: Path) -> None:
    roller = Roller(own_cluster, tmp_path)
    roller.hosts = {"127.0.0.3": {}, "node2.cluster.local": {}, "first": {"ansible_host": "127.0.0.1"}}
    matched = roller.phases("plan", serial=0)
    assert matched.code == 0, matched.output
    for line in ("first: node 1 at", "node2.cluster.local: node 2 at", "127.0.0.3: node 3 at"):
        assert line in matched.output

    roller.hosts = {"stranger": {"ansible_host": "192.0.2.7"}}
    unknown = roller.run()
    assert unknown.code != 0
    assert "stranger does not match any node of the cluster: it is known as stranger and 192.0.2.7" in unknown.text
    assert "1 at 127.0.0.1, 2 at 127.0.0.2, 3 at 127.0.0.3. Set its host variable redis_node_uid" in unknown.text

    roller.hosts = {"a": {"redis_node_uid": 2}, "b": {"redis_node_uid": "2"}, "c": {"redis_node_uid": 3}}
    twins = roller.run()
    assert twins.code != 0
    assert "a and b are all node 2 of the cluster" in twins.text
    assert unknown.writes == twins.writes == []


def test_a_file_of_tasks_that_does_not_exist_is_refused_before_the_first_node(
    own_cluster: Emulated, tmp_path: Path
) -> None:
    for check in ((), ("--check",)):
        roll = Roller(own_cluster, tmp_path).run(
            "redis_enterprise.cluster.rolling_maintenance", *check, rolling_maintenance_tasks="patch.yml"
        )
        assert roll.code != 0
        assert "rolling_maintenance_tasks is patch.yml, and there is no such file in" in roll.text
        assert roll.writes == []


def test_a_node_that_needs_nothing_is_left_alone(roller: Roller) -> None:
    roller.hosts = {
        "node2": {"redis_node_uid": 2, "rolling_maintenance_needed": "{{ 1 > 2 }}"},
        "node3": {"redis_node_uid": 3},
    }
    roll = roller.run()
    assert roll.code == 0, roll.output
    assert roll.actions == [f"{ON} 3", f"{OFF} 3"]
    assert "node2: node 2 at 127.0.0.2, replica, 1 shard" in roll.text
    assert "needs no maintenance, not touched" in roll.text


def test_each_phase_can_be_run_alone(roller: Roller) -> None:
    roller.nodes = (3,)
    hook = note_state(roller)
    written = {"drain": [f"{ON} 3"], "restore": [f"{OFF} 3"]}
    for phase in ("gate", "drain", "tasks", "wait", "restore", "verify"):
        roll = roller.phases(phase, rolling_maintenance_tasks=hook)
        assert roll.code == 0, roll.output
        assert roll.actions == written.get(phase, [])
    assert list(states(roller)) == [3]


# -- what stops a roll before anything is written --


def stuck_database(cluster: Emulated) -> str:
    cluster.fault("action", name="SMUpdateBDB", outcome="stuck", at=30)
    cluster.api("PUT", "/v1/bdbs/1", {"memory_size": 200_000_000})
    return "SMUpdateBDB"


def dead_node(cluster: Emulated) -> str:
    cluster.control("POST", "/nodes/3/stop")
    while cluster.api("GET", "/v1/nodes/3").json()["status"] == "active":
        pass
    return "Node 3 (127.0.0.3) is down"


def foreign_maintenance(cluster: Emulated) -> str:
    assert cluster.run("redis_node_action", node_uid=3, action=ON).changed
    return "In maintenance already: node 3."


@pytest.mark.parametrize("trouble", [stuck_database, dead_node, foreign_maintenance])
def test_at_the_first_doubt_nothing_is_written(roller: Roller, trouble: t.Callable[[Emulated], str]) -> None:
    sentence = trouble(roller.cluster)
    roller.nodes = (1, 2)
    roll = roller.run(rolling_maintenance_healthy_timeout=1)
    assert roll.code != 0
    assert roll.writes == []
    assert sentence in roll.text


def test_two_of_the_hosts_in_maintenance_are_one_too_many(own_cluster: Emulated, tmp_path: Path) -> None:
    foreign_maintenance(own_cluster)
    assert own_cluster.run("redis_node_action", node_uid=2, action=ON, force=True).changed
    roll = Roller(own_cluster, tmp_path).run()
    assert roll.code != 0
    assert roll.writes == []
    assert "In maintenance already: node 2, node 3. At most one node may be" in roll.text


def test_the_gate_itself_refuses_a_second_node_in_maintenance(roller: Roller) -> None:
    roller.nodes = (2,)
    foreign_maintenance(roller.cluster)
    roll = roller.phases("main")
    assert roll.code != 0
    assert roll.writes == []
    assert "In maintenance already: node 3." in roll.text
    assert "Nothing was changed." in roll.text


def test_the_tasks_never_run_on_a_node_that_is_not_drained(roller: Roller) -> None:
    roller.nodes = (2,)
    options = {"rolling_maintenance_healthy_timeout": 1, "rolling_maintenance_tasks": note_state(roller)}
    roll = roller.phases("tasks", **options)
    assert roll.code != 0
    assert "Node 2 (127.0.0.2) is not drained and must not be stopped" in roll.text
    assert "Node 2 is not in maintenance" in roll.text
    assert states(roller) == {}


# -- what happens to the node when something fails on the way --


def test_a_drain_that_fails_is_undone_and_then_the_roll_fails(roller: Roller) -> None:
    before = shards(roller.cluster)
    roller.cluster.fault("action", name=ON, outcome="failed", at=60, error="no room", count=1)
    roll = roller.run(rolling_maintenance_tasks=note_state(roller))
    assert roll.code != 0
    assert roll.actions == [f"{ON} 2", f"{OFF} 2"]
    assert "The roll stops at node2." in roll.text
    assert "no room" in roll.text
    assert "The node is back in service as it was; no task had run on it." in roll.text
    assert depths(roller.cluster) == IN_SERVICE
    assert shards(roller.cluster) == before
    assert states(roller) == {}


def test_a_drain_that_fails_and_cannot_be_undone_says_both(roller: Roller) -> None:
    roller.cluster.fault("action", name=ON, outcome="failed", at=60, error="no room", count=1)
    roller.cluster.fault("action", name=OFF, outcome="failed", at=10, error="no way back", count=1)
    roll = roller.run()
    assert roll.code != 0
    assert "no room" in roll.text
    assert "could not be taken back into service either" in roll.text
    assert "no way back" in roll.text


def test_nothing_is_undone_when_nobody_knows_what_runs(roller: Roller) -> None:
    roller.cluster.fault("slow_action", name=ON, seconds=5, count=1)
    roller.cluster.fault("action", name=ON, outcome="failed", at=60, error="no room", count=1)
    with roller.start() as child:
        roller.wait_for(f"{ON} 2")
        roller.cluster.fault("unavailable", path="/v1/nodes/2/actions", status=500)
        output = " ".join(child.communicate(timeout=120)[0].split())
    roll = Roll(child.returncode, output, roller.cluster.journal())
    assert roll.code != 0
    assert roll.actions == [f"{ON} 2"]
    assert "no room" in roll.text
    assert "It is not known what the node is doing" in roll.text
    assert "so nothing was undone" in roll.text


def test_a_drain_that_takes_too_long_is_left_to_run_and_taken_up(roller: Roller) -> None:
    roller.nodes = (2,)
    roller.cluster.fault("slow_action", name=ON, seconds=15, count=1)
    late = roller.run(rolling_maintenance_drain_timeout=1)
    assert late.code != 0
    assert late.actions == [f"{ON} 2"]
    assert "left to run: maintenance_on. Run the playbook again to take it over." in late.text
    again = roller.run()
    assert again.code == 0, again.output
    assert again.actions == [f"{OFF} 2"]
    assert depths(roller.cluster) == IN_SERVICE


def test_tasks_that_fail_leave_the_node_empty_and_a_second_run_goes_on(roller: Roller) -> None:
    hook = roller.tasks("broken.yml", [{"name": "Break", "ansible.builtin.fail": {"msg": "the disk is full"}}])
    roll = roller.run(rolling_maintenance_tasks=hook)
    assert roll.code != 0
    assert roll.actions == [f"{ON} 2"]
    assert "the disk is full. Work on the node had begun, so it stays drained and in maintenance" in roll.text
    assert depths(roller.cluster) == {1: 0, 2: 1, 3: 0}
    assert shards(roller.cluster)["2"] == []

    # Mended by hand meanwhile: it is only brought back.
    roller.nodes = (2,)
    again = roller.run(rolling_maintenance_tasks=hook, rolling_maintenance_needed=False)
    assert again.code == 0, again.output
    assert again.actions == [f"{OFF} 2"]
    assert "in maintenance already; restore" in again.text
    assert depths(roller.cluster) == IN_SERVICE


def test_a_node_that_does_not_come_back_stays_empty(roller: Roller) -> None:
    stop = {**URI, "url": "{{ emulator_control }}/nodes/{{ rolling_maintenance_node_uid }}/stop", "method": "POST"}
    pause = {"name": "Until it is noticed", "ansible.builtin.pause": {"seconds": 2}}
    hook = roller.tasks("off.yml", [{"name": "Stop", "ansible.builtin.uri": stop}, pause])
    roll = roller.run(rolling_maintenance_tasks=hook, rolling_maintenance_back_timeout=1)
    assert roll.code != 0
    assert roll.actions == [f"{ON} 2"]
    assert "Node 2 (127.0.0.2) is down" in roll.text
    assert "stays drained and in maintenance" in roll.text
    assert depths(roller.cluster) == {1: 0, 2: 1, 3: 0}


def test_a_restore_that_fails_says_so(roller: Roller) -> None:
    roller.cluster.fault("action", name=OFF, outcome="failed", at=10, error="snapshot broken", count=1)
    roll = roller.run()
    assert roll.code != 0
    assert roll.actions == [f"{ON} 2", f"{OFF} 2"]
    assert "snapshot broken" in roll.text
    assert "The work on the node is done, but the end of its maintenance failed." in roll.text


def test_a_node_that_gets_too_few_shards_back_is_not_called_done(roller: Roller) -> None:
    roller.nodes = (2,)
    shard = {"bdb_uid": 1, "slots": "0-16383", "role": "master"}
    before = {"shards": [shard] * 20 + [{**shard, "bdb_uid": 99}], "in_maintenance": False}
    roll = roller.phases("verify", rolling_maintenance_node_before=before)
    assert roll.code != 0
    assert "20 primary shards of database 1 (single), slots 0-16383 did not come back." in roll.text
    assert "out of maintenance, but the verification failed" in roll.text
    skipped = roller.phases(
        "verify", rolling_maintenance_node_before=before, rolling_maintenance_skip_shards_restore=True
    )
    assert skipped.code == 0, skipped.output


# -- with real data --


def test_a_killed_roll_is_taken_up_and_loses_nothing(tmp_path: Path) -> None:
    with emulated("--nodes", "3", "--data-plane", "redis") as cluster:
        databases(cluster)
        found = cluster.api("GET", "/v1/bdbs").json()
        targets = [Target(bdb["name"], "127.0.0.1", bdb["endpoints"][0]["port"]) for bdb in found]
        before = shards(cluster)
        workload = Workload(targets, rate=100)
        workload.start()
        try:
            roller = Roller(cluster, tmp_path)
            cluster.fault("slow_action", name=ON, seconds=6, count=1)
            child = roller.start(rolling_maintenance_tasks=str(DEMO_HOOK))
            with child:
                roller.wait_for(f"{ON} 2")
                kill(child)
            second = roller.run(rolling_maintenance_tasks=str(DEMO_HOOK))
        finally:
            workload.stop()
        assert second.code == 0, second.output
        assert second.actions == [f"{OFF} 2", f"{ON} 3", f"{OFF} 3", f"{ON} 1", f"{OFF} 1"]
        assert (depths(cluster), shards(cluster)) == (IN_SERVICE, before)
        outcomes = workload.check()
        assert [outcome.lost for outcome in outcomes] == [0, 0], outcomes
        assert all(outcome.acknowledged > 500 for outcome in outcomes), outcomes

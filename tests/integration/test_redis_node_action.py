# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_node_action against the emulated cluster: maintenance on and off, whatever state the node is in."""

from __future__ import annotations

import typing as t

import pytest
from support.emulated import Emulated, Run, emulated

ON, OFF = "maintenance_on", "maintenance_off"
RELEASES = ["6.4.2", "7.2.4", "7.4.6", "7.22.0", "8.0.16", "8.2.0"]


def databases(cluster: Emulated) -> None:
    for name, replication in (("single", False), ("replicated", True)):
        made = cluster.run("redis_bdb", name=name, memory_size="100MB", replication=replication)
        assert not made.result.get("failed"), made.result


def on(cluster: Emulated, node: int = 2, **options: t.Any) -> Run:
    return cluster.run("redis_node_action", node_uid=node, action=ON, **options)


def off(cluster: Emulated, node: int = 2, **options: t.Any) -> Run:
    return cluster.run("redis_node_action", node_uid=node, action=OFF, **options)


def shards_on(cluster: Emulated, node: int) -> list[str]:
    return [shard["uid"] for shard in cluster.api("GET", "/v1/shards").json() if shard["node_uid"] == str(node)]


@pytest.mark.parametrize("release", RELEASES)
def test_on_and_off_keep_the_gates_on_every_release(release: str) -> None:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3", "--version", release) as cluster:
        databases(cluster)
        before = {node: sorted(shards_on(cluster, node)) for node in (1, 2, 3)}
        node = next(uid for uid in (2, 3, 1) if before[uid])
        drained = cluster.prove("redis_node_action", node_uid=node, action=ON)
        assert drained.changed
        assert drained.result["action"]["status"] == "completed"
        assert drained.result["node"]["in_maintenance"]
        assert shards_on(cluster, node) == []
        assert len(drained.writes) == 1, "activations stack: exactly one POST"
        back = cluster.prove("redis_node_action", node_uid=node, action=OFF)
        assert back.changed
        assert not back.result["node"]["in_maintenance"]
        assert {node: sorted(shards_on(cluster, node)) for node in (1, 2, 3)} == before


def test_off_for_a_node_that_is_in_service_does_nothing(own_cluster: Emulated) -> None:
    run = off(own_cluster)
    assert (run.changed, run.result["action"], set(run.methods)) == (False, None, {"GET"})
    assert "is not in maintenance" in run.result["reason"]


def test_an_action_in_flight_is_adopted(own_cluster: Emulated) -> None:
    databases(own_cluster)
    own_cluster.fault("slow_action", name=ON, seconds=2)
    started = on(own_cluster, wait=False)
    assert started.changed
    assert started.result["action"]["status"] in ("queued", "starting", "running")
    checked = on(own_cluster, check=True)
    assert (checked.changed, checked.result["outcome"]) == (False, "adopted")
    adopted = on(own_cluster)
    assert (adopted.changed, adopted.result["outcome"]) == (False, "adopted")
    assert adopted.result["action"]["uid"] == started.result["action"]["uid"]
    assert adopted.result["node"]["in_maintenance"]
    assert adopted.writes == []


def test_off_waits_for_an_on_that_is_in_flight(own_cluster: Emulated) -> None:
    databases(own_cluster)
    own_cluster.fault("slow_action", name=ON, seconds=1.5)
    on(own_cluster, wait=False)
    refused = off(own_cluster, wait=False)
    assert refused.result["failed"]
    assert "has to end first" in refused.result["msg"]
    assert off(own_cluster, check=True).changed
    run = off(own_cluster)
    assert run.changed
    assert not run.result["node"]["in_maintenance"]


def test_activations_that_stacked_up_are_all_undone(own_cluster: Emulated) -> None:
    databases(own_cluster)
    on(own_cluster)
    assert own_cluster.api("POST", f"/v1/nodes/2/actions/{ON}", {}).status_code == 200
    on(own_cluster)  # waits until that one has ended
    run = off(own_cluster)
    assert not run.result.get("failed"), run.result
    assert not run.result["node"]["in_maintenance"]
    assert run.methods.count("POST") == 2
    assert any("more than once" in str(warning) for warning in run.result["warnings"])


def test_a_second_node_would_break_the_quorum(own_cluster: Emulated) -> None:
    on(own_cluster, 2)
    for check in (True, False):
        run = on(own_cluster, 3, check=check)
        assert run.result["failed"]
        assert "node 2 is in maintenance" in run.result["msg"]
        assert run.writes == []
    forced = on(own_cluster, 3, force=True)
    assert forced.changed
    assert any("force is set" in str(warning) for warning in forced.result["warnings"])


def test_a_node_that_is_down_is_refused(own_cluster: Emulated) -> None:
    own_cluster.control("POST", "/nodes/3/stop")
    while own_cluster.api("GET", "/v1/nodes/3").json()["status"] == "active":
        pass
    run = on(own_cluster, 3)
    assert run.result["failed"]
    assert "Node 3 is down" in run.result["msg"]


def test_an_unknown_node_is_refused(own_cluster: Emulated) -> None:
    for state in ("completed", "absent"):
        run = on(own_cluster, 9, state=state)
        assert run.result["failed"]
        assert "no node with uid 9; its nodes are 1, 2, 3" in run.result["msg"]


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_an_action_that_ends_badly_fails_and_is_repeated_with_its_first_snapshot(
    own_cluster: Emulated, outcome: str
) -> None:
    databases(own_cluster)
    own_cluster.fault("action", name=ON, outcome=outcome, at=60, error="no room", count=1)
    run = on(own_cluster, overwrite_snapshot=True)
    assert run.result["failed"]
    assert outcome in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == outcome
    first = own_cluster.api("GET", "/v1/nodes/2/snapshots").json()
    again = on(own_cluster, overwrite_snapshot=True)
    assert again.changed, again.result
    assert again.writes[0]["body"]["overwrite_snapshot"] is False
    assert own_cluster.api("GET", "/v1/nodes/2/snapshots").json() == first
    assert not off(own_cluster).result["node"]["in_maintenance"]


def test_a_stuck_action_is_named_when_time_runs_out(own_cluster: Emulated) -> None:
    databases(own_cluster)
    own_cluster.fault("action", name=ON, outcome="stuck", at=30)
    run = on(own_cluster, wait_timeout=1)
    assert run.result["failed"]
    assert "maintenance_on of node 2" in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == "running"


def test_absent_cancels_what_runs_and_clears_what_has_ended(own_cluster: Emulated) -> None:
    databases(own_cluster)
    own_cluster.fault("slow_action", name=ON, seconds=20)
    on(own_cluster, wait=False)
    assert on(own_cluster, state="absent", check=True).changed
    cancelled = on(own_cluster, state="absent")
    assert cancelled.changed
    assert cancelled.result["action"]["status"] in ("cancelled", "cancelling", "running")
    assert own_cluster.api("GET", f"/v1/nodes/2/actions/{ON}").status_code == 404
    again = on(own_cluster, state="absent")
    assert (again.changed, set(again.methods)) == (False, {"GET"})


def test_replicas_may_stay_and_primaries_never_do(own_cluster: Emulated) -> None:
    databases(own_cluster)
    for node in (1, 2, 3):
        run = own_cluster.prove("redis_node_action", node_uid=node, action=ON, evict_ha_replica=False)
        assert {shard["role"] for shard in run.result["node"]["shards"]} <= {"slave"}
        off(own_cluster, node)


def test_only_the_shards_of_some_databases_may_leave(own_cluster: Emulated) -> None:
    databases(own_cluster)
    held = {shard["uid"]: shard for shard in own_cluster.api("GET", "/v1/shards").json()}
    node = int(held["1"]["node_uid"])
    stays = [uid for uid in shards_on(own_cluster, node) if held[uid]["bdb_uid"] != held["1"]["bdb_uid"]]
    run = own_cluster.prove("redis_node_action", node_uid=node, action=ON, evict_dbs=[held["1"]["bdb_uid"]])
    assert run.writes[0]["body"] == {"evict_dbs": [str(held["1"]["bdb_uid"])]}
    assert shards_on(own_cluster, node) == stays


def test_replicas_of_active_active_databases_may_stay(own_cluster: Emulated) -> None:
    run = on(own_cluster, evict_active_active_replica=False)
    assert run.changed, run.result
    assert run.writes[0]["body"] == {"evict_active_active_replica": False}


def test_the_snapshot_to_go_back_to_can_be_named(own_cluster: Emulated) -> None:
    databases(own_cluster)
    before = shards_on(own_cluster, 2)
    on(own_cluster)
    name = own_cluster.api("GET", "/v1/nodes/2/snapshots").json()[0]["name"]
    run = own_cluster.prove("redis_node_action", node_uid=2, action=OFF, snapshot_name=name)
    assert run.writes[0]["body"] == {"snapshot_name": name}
    assert shards_on(own_cluster, 2) == before


def test_an_off_that_finds_no_room_says_the_way_out(own_cluster: Emulated) -> None:
    own_cluster.fault("action", name=OFF, outcome="failed", at=30, error_code="insufficient_resources", count=1)
    on(own_cluster)
    run = off(own_cluster)
    assert run.result["failed"]
    assert run.result["failure"]["error_code"] == "insufficient_resources"
    assert "Node 2 is in maintenance" in run.result["msg"]
    assert "Make room on it and run the task again" in run.result["msg"]
    assert "skip_shards_restore: true ends maintenance without moving shards back" in run.result["msg"]
    assert not off(own_cluster, skip_shards_restore=True).result["node"]["in_maintenance"]


def test_a_lost_answer_is_looked_into(own_cluster: Emulated) -> None:
    for when, node in (("after", 2), ("before", 3)):
        own_cluster.fault("drop", when=when, method="POST", count=1)
        run = on(own_cluster, node)
        assert run.changed, run.result
        depth = {entry["uid"]: entry for entry in own_cluster.control("GET", "/state")["nodes"]}[node]
        assert depth["maintenance_depth"] == 1, "one activation, not two"
        off(own_cluster, node)


def test_a_request_that_never_gets_an_answer_is_sent_few_times(own_cluster: Emulated) -> None:
    own_cluster.fault("unavailable", method="POST", seconds=60)
    run = on(own_cluster, wait_timeout=3)
    assert run.result["failed"]
    assert "before you run the task again" in run.result["msg"]
    assert run.methods.count("POST") <= 2, "activations stack"


def test_a_report_that_is_late_does_not_fail_a_good_drain(own_cluster: Emulated) -> None:
    databases(own_cluster)
    for action, kept in ((ON, False), (OFF, True)):
        own_cluster.control("POST", "/faults", {"kind": "latency", "delay": 0.4, "path": "/v4/cluster/health"})
        run = own_cluster.run("redis_node_action", node_uid=2, action=action)
        assert not run.result.get("failed"), run.result
        assert run.result["node"]["in_maintenance"] is not kept
        own_cluster.control("DELETE", "/faults")


def test_off_without_a_snapshot_says_the_way_out(own_cluster: Emulated) -> None:
    databases(own_cluster)
    on(own_cluster)
    run = off(own_cluster, snapshot_name="nightly")
    assert run.result["failed"]
    assert "has no snapshot 'nightly'" in run.result["msg"]
    skipped = off(own_cluster, skip_shards_restore=True)
    assert skipped.changed
    assert not skipped.result["node"]["in_maintenance"]


def test_only_admins_may_act(own_cluster: Emulated) -> None:
    own_cluster.control("POST", "/users", {"username": "viewer", "password": "v1ewer-pass", "role": "cluster_viewer"})
    run = on(own_cluster, username="viewer", password="v1ewer-pass")
    assert run.result["failed"]
    assert "role admin" in run.result["msg"]
    assert "v1ewer-pass" not in run.output

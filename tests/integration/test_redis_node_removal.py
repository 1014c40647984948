# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_node_action against the emulated cluster: removal of a node, and the role of the primary."""

from __future__ import annotations

import time
import typing as t

import pytest
from support.emulated import Emulated, Run, emulated

REMOVE, ENSLAVE = "remove", "enslave_node"
RELEASES = ["6.4.2", "7.2.4", "7.4.6", "7.22.0", "8.0.16", "8.2.0"]


def databases(cluster: Emulated) -> None:
    for name, replication in (("single", False), ("replicated", True)):
        made = cluster.run("redis_bdb", name=name, memory_size="100MB", replication=replication)
        assert not made.result.get("failed"), made.result


def remove(cluster: Emulated, node: int = 3, **options: t.Any) -> Run:
    return cluster.run("redis_node_action", node_uid=node, action=REMOVE, **options)


def nodes(cluster: Emulated) -> list[int]:
    return [node["uid"] for node in cluster.control("GET", "/state")["nodes"]]


def primary(cluster: Emulated) -> int:
    return int(cluster.control("GET", "/state")["primary"])


def warned(run: Run, text: str) -> bool:
    return any(text in str(warning) for warning in run.result.get("warnings", []))


@pytest.mark.parametrize("release", RELEASES)
def test_removal_keeps_the_gates_on_every_release(release: str) -> None:
    with emulated("--nodes", "4", "--data-plane", "none", "--time-scale", "0.3", "--version", release) as cluster:
        databases(cluster)
        holding = {int(each["node_uid"]) for each in cluster.api("GET", "/v1/shards").json()} - {1}
        uid = max(holding)
        run = cluster.prove("redis_node_action", node_uid=uid, action=REMOVE, wait_for_persistence=True)
        assert run.result["action"]["status"] == "completed"
        assert run.result["node"] is None
        assert run.writes[0]["body"] == {"wait_for_persistence": True}
        assert uid not in nodes(cluster)
        assert str(uid) not in cluster.api("GET", "/v1/nodes/status").json()
        assert uid not in {int(each["node_uid"]) for each in cluster.api("GET", "/v1/shards").json()}
        again = remove(cluster, uid)
        assert not again.result.get("warnings"), "its completed action is still recorded"


@pytest.mark.parametrize("release", RELEASES)
def test_the_role_of_the_primary_is_handed_over_on_every_release(release: str) -> None:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3", "--version", release) as cluster:
        assert primary(cluster) == 1
        run = cluster.prove("redis_node_action", node_uid=1, action=ENSLAVE)
        assert [entry["body"] for entry in run.writes] == [{"demote_node": True}], "without it the role stays"
        assert run.result["diff"] == {
            "before": {"node_uid": 1, "role": "master"},
            "after": {"node_uid": 1, "role": "slave"},
        }
        assert primary(cluster) != 1


def test_the_primary_is_removed_after_it_has_handed_over(own_cluster: Emulated) -> None:
    for check in (True, False):
        refused = remove(own_cluster, 1, check=check)
        assert refused.result["failed"]
        assert "enslave_node" in refused.result["msg"]
        assert refused.writes == []
    own_cluster.run("redis_cluster_action", action="change_master", node_uid=2)
    run = remove(own_cluster, 1)
    assert run.changed, run.result
    assert nodes(own_cluster) == [2, 3]
    assert warned(run, "2 nodes left")


def test_a_url_that_names_only_the_node_itself_is_refused(own_cluster: Emulated) -> None:
    refused = remove(own_cluster, 3, url=own_cluster.urls[2])
    assert "url names only node 3 itself" in refused.result["msg"]


def test_shards_without_a_place_are_refused() -> None:
    with emulated("--nodes", "2", "--data-plane", "none", "--time-scale", "0.3") as cluster:
        databases(cluster)
        run = remove(cluster, 2)
        assert "has its other copy" in run.result["msg"]
        assert "single node" in run.result["msg"]
        assert run.writes == []
        forced = remove(cluster, 2, force=True)
        assert forced.result["failed"]
        assert forced.result["failure"]["error_code"] == "insufficient_resources"
        assert "Node 2 is still in the cluster with" in forced.result["msg"]


def test_the_last_node_cannot_be_removed_not_even_by_force() -> None:
    with emulated("--nodes", "1", "--data-plane", "none", "--time-scale", "0.3") as cluster:
        run = remove(cluster, 1, force=True)
        assert "only node of the cluster" in run.result["msg"]
        assert run.writes == []


def test_a_node_in_maintenance_counts_as_absent(own_cluster: Emulated) -> None:
    own_cluster.run("redis_node_action", node_uid=2, action="maintenance_on")
    run = remove(own_cluster, 3)
    assert "node 2 is in maintenance" in run.result["msg"]
    gone = remove(own_cluster, 2)
    assert gone.changed, gone.result


def test_a_node_that_is_down_is_replaced_by_removing_it(own_cluster: Emulated) -> None:
    made = own_cluster.run("redis_bdb", name="replicated", memory_size="100MB", replication=True)
    assert made.changed
    uid = max(int(each["node_uid"]) for each in own_cluster.api("GET", "/v1/shards").json())
    uid = uid if uid != 1 else 2
    own_cluster.control("POST", f"/nodes/{uid}/stop")
    while (
        any(
            each["node_uid"] == uid and each["role"] == "master"
            for each in own_cluster.control("GET", "/state")["shards"]
        )
        or next(each for each in own_cluster.control("GET", "/state")["nodes"] if each["uid"] == uid)["status"]
        == "active"
    ):
        pass
    run = remove(own_cluster, uid)
    assert run.changed, run.result
    left = own_cluster.control("GET", "/state")
    assert uid not in {each["uid"] for each in left["nodes"]}
    assert len({each["node_uid"] for each in left["shards"]}) == 2, "the lost copy was made anew"


def test_an_unknown_uid_is_not_a_failure_but_a_warning(own_cluster: Emulated) -> None:
    for state in ("completed", "absent"):
        run = remove(own_cluster, 9, state=state)
        assert (run.changed, run.result.get("failed")) == (False, None)
        assert warned(run, "its nodes are 1, 2, 3")
    refused = own_cluster.run("redis_node_action", node_uid=9, action=ENSLAVE)
    assert "no node with uid 9" in refused.result["msg"]


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_a_removal_that_ends_badly_says_what_remains_and_goes_on(own_cluster: Emulated, outcome: str) -> None:
    databases(own_cluster)
    own_cluster.fault("action", name=REMOVE, outcome=outcome, at=50, error_code="internal_error", error="lost", count=1)
    run = remove(own_cluster)
    assert f"remove of node 3 is {outcome}" in run.result["msg"]
    assert "Node 3 is still in the cluster" in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == outcome
    again = remove(own_cluster)
    assert again.changed, again.result
    assert nodes(own_cluster) == [1, 2]


@pytest.mark.parametrize(
    ("outcome", "release"), [("failed", "6.4.2"), ("aborted", "7.4.6"), ("cancelled", "8.0.16"), ("failed", "8.2.0")]
)
def test_a_node_that_half_left_goes_on_leaving_and_no_other_node_does(outcome: str, release: str) -> None:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3", "--version", release) as cluster:
        databases(cluster)
        cluster.fault("half_removed", node_uid=3, count=1)
        cluster.fault("action", name=REMOVE, outcome=outcome, at=50, error="lost", count=1)
        run = remove(cluster)
        assert f"remove of node 3 is {outcome}" in run.result["msg"]
        assert cluster.api("GET", "/v1/nodes/3").json()["status"] == "decommissioning"
        for action in (REMOVE, "maintenance_on"):
            other = cluster.run("redis_node_action", node_uid=2, action=action)
            assert "and node 3 is decommissioning" in other.result["msg"]
            assert other.writes == []
        itself = cluster.run("redis_node_action", node_uid=3, action="maintenance_on")
        assert "Node 3 is decommissioning: its removal began and did not end" in itself.result["msg"]
        assert itself.writes == []
        again = cluster.prove("redis_node_action", node_uid=3, action=REMOVE)
        assert again.result["reason"] == "node 3 is decommissioning, and no removal of it runs"
        assert nodes(cluster) == [1, 2]


def test_a_node_that_half_left_is_still_not_removed_where_that_harms() -> None:
    with emulated(
        "--nodes", "3", "--data-plane", "none", "--time-scale", "0.3", "--node-memory", "1000000000"
    ) as cluster:
        for name in ("a", "b", "c"):
            assert cluster.run("redis_bdb", name=name, memory_size="600MB").changed
        cluster.fault("half_removed")
        assert remove(cluster, force=True).result["failure"]["error_code"] == "insufficient_resources"
        for check in (True, False):
            refused = remove(cluster, check=check)
            assert "Not all shards of node 3 find a place on the other nodes" in refused.result["msg"]
            assert refused.writes == []


def test_a_primary_that_half_left_hands_over_and_goes_on_leaving(own_cluster: Emulated) -> None:
    own_cluster.fault("half_removed", count=1)
    own_cluster.fault("action", name=REMOVE, outcome="failed", at=50, count=1)
    assert remove(own_cluster, 1, force=True).result["failed"]
    assert own_cluster.api("GET", "/v1/nodes/1").json()["status"] == "decommissioning"
    refused = remove(own_cluster, 1)
    assert "Node 1 is the primary of the cluster: hand that role over first" in refused.result["msg"]
    assert own_cluster.run("redis_node_action", node_uid=1, action=ENSLAVE).changed
    assert remove(own_cluster, 1).changed
    assert nodes(own_cluster) == [2, 3]


def test_a_removal_that_is_stuck_before_it_runs_is_named_cancelled_and_repeated(own_cluster: Emulated) -> None:
    databases(own_cluster)
    own_cluster.fault("action", name=REMOVE, outcome="stuck", at="starting", count=1)
    began = time.monotonic()
    stuck = remove(own_cluster, wait_timeout=1.5)
    assert 1.5 <= time.monotonic() - began < 15
    assert stuck.result["failed"]
    assert stuck.changed, "the removal was asked for"
    assert "for remove of node 3, and it is not done. Last seen: remove of node 3 is starting" in stuck.result["msg"]
    assert "state: absent cancels it" in stuck.result["msg"]
    action = stuck.result["failure"]["action"]
    assert (action["name"], action["object_uid"], action["status"]) == (REMOVE, "3", "starting")
    again = remove(own_cluster, wait_timeout=0.5)
    assert again.result["failure"]["action"]["uid"] == action["uid"], "it is adopted, and not started once more"
    assert again.writes == []
    maintenance = own_cluster.run("redis_node_action", node_uid=3, action="maintenance_on")
    assert "remove of node 3 is starting" in maintenance.result["msg"]
    ended = remove(own_cluster, state="absent")
    assert (ended.changed, ended.result["action"]["status"]) == (True, "cancelled")
    assert ended.result["action"]["uid"] == action["uid"]
    assert nodes(own_cluster) == [1, 2, 3]
    run = remove(own_cluster)
    assert (run.changed, run.result["outcome"], run.result["action"]["status"]) == (True, "started", "completed")
    assert nodes(own_cluster) == [1, 2]


@pytest.mark.parametrize("action", ["maintenance_on", "maintenance_off", ENSLAVE])
def test_nothing_else_is_begun_on_a_node_that_is_being_removed(own_cluster: Emulated, action: str) -> None:
    uid = 1 if action == ENSLAVE else 3
    if action == "maintenance_off":
        own_cluster.run("redis_node_action", node_uid=uid, action="maintenance_on")
    own_cluster.fault("slow_action", name=REMOVE, seconds=30, count=1)
    remove(own_cluster, uid, wait=False, force=True)
    for options in ({"check": True}, {}, {"force": True}):
        run = own_cluster.run("redis_node_action", node_uid=uid, action=action, **options)
        assert f"remove of node {uid} is " in run.result["msg"]
        assert "the node is leaving the cluster. To keep it, cancel that first" in run.result["msg"]
        assert run.writes == []
    assert remove(own_cluster, uid, state="absent").changed
    done = own_cluster.run("redis_node_action", node_uid=uid, action=action)
    assert done.changed, done.result


def test_a_node_that_was_removed_is_told_from_one_that_never_was(own_cluster: Emulated) -> None:
    assert remove(own_cluster).changed
    run = own_cluster.run("redis_node_action", node_uid=3, action="maintenance_on")
    assert run.result["msg"] == "Node 3 is no longer in the cluster: remove of node 3 is completed."


def test_a_removal_in_flight_is_adopted(own_cluster: Emulated) -> None:
    own_cluster.fault("slow_action", name=REMOVE, seconds=1.5, count=1)
    started = remove(own_cluster, wait=False)
    assert started.changed
    checked = remove(own_cluster, check=True)
    assert (checked.changed, checked.result["outcome"]) == (False, "adopted")
    adopted = remove(own_cluster)
    assert (adopted.changed, adopted.result["outcome"], adopted.writes) == (False, "adopted", [])
    assert nodes(own_cluster) == [1, 2]


def test_a_removal_waits_for_maintenance_that_is_in_flight(own_cluster: Emulated) -> None:
    own_cluster.fault("slow_action", name="maintenance_on", seconds=1.5, count=1)
    own_cluster.run("redis_node_action", node_uid=3, action="maintenance_on", wait=False)
    refused = remove(own_cluster, wait=False)
    assert "has to end first" in refused.result["msg"]
    assert remove(own_cluster).changed


def test_absent_cancels_a_removal_and_says_what_remains(own_cluster: Emulated) -> None:
    databases(own_cluster)
    own_cluster.fault("slow_action", name=REMOVE, seconds=20, count=1)
    remove(own_cluster, wait=False)
    run = remove(own_cluster, state="absent")
    assert run.changed
    assert "Node 3 is still in the cluster" in run.result["reason"]
    again = remove(own_cluster, state="absent")
    assert (again.changed, set(again.methods)) == (False, {"GET"})
    assert again.result["reason"] == "no remove of node 3 is recorded"


@pytest.mark.parametrize("when", ["after", "before"])
def test_a_lost_answer_is_looked_into(own_cluster: Emulated, when: str) -> None:
    own_cluster.fault("drop", when=when, method="POST", count=1)
    run = remove(own_cluster)
    assert run.changed, run.result
    assert nodes(own_cluster) == [1, 2]


def test_undocumented_options_are_passed_on_with_a_warning(own_cluster: Emulated) -> None:
    run = own_cluster.run(
        "redis_node_action", node_uid=1, action=ENSLAVE, action_options={"demote_node": True, "shards_only": False}
    )
    assert warned(run, "has no option demote_node, shards_only of enslave_node")
    assert run.writes[0]["body"] == {"demote_node": True, "shards_only": False}
    assert primary(own_cluster) != 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"action": "maintenance_on", "keep_slave_shards": True}, "evict_ha_replica: false and evict_active_active"),
        ({"action": "maintenance_on", "action_options": {"keep_slave_shards": True}}, "deprecated as of 7.4.2"),
        ({"action": "maintenance_on", "wait_for_persistence": True}, "wait_for_persistence is an option of remove"),
        ({"action": "remove", "evict_dbs": ["1"]}, "evict_dbs is an option of maintenance_on, not of remove"),
        ({"action": "maintenance_off", "action_options": {"no_such": 1}}, None),
    ],
)
def test_options_of_another_action_or_release_are_refused(
    own_cluster: Emulated, options: dict[str, t.Any], sentence: str | None
) -> None:
    for check in (True, False):
        run = own_cluster.run("redis_node_action", node_uid=2, check=check, **options)
        assert bool(run.result.get("failed")) is (sentence is not None)
        assert sentence is None or sentence in run.result["msg"]
        assert run.writes == []


def test_replicas_stay_before_7_4_2_with_the_old_option() -> None:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3", "--version", "7.2.4") as cluster:
        databases(cluster)
        for node in (1, 2, 3):
            run = cluster.run("redis_node_action", node_uid=node, action="maintenance_on", keep_slave_shards=True)
            assert run.changed, run.result
            assert {shard["role"] for shard in run.result["node"]["shards"]} <= {"slave"}
            cluster.run("redis_node_action", node_uid=node, action="maintenance_off")
        early = cluster.run("redis_node_action", node_uid=2, action="maintenance_on", evict_ha_replica=False)
        assert warned(early, "came with 7.4.2, and this cluster has 7.2.4")

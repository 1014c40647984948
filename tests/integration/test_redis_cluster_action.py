# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_cluster_action against the emulated cluster: start, wait, run again, cancel, clear; and change_master."""

from __future__ import annotations

import typing as t

import pytest
from support.emulated import Emulated, Run, emulated

NAME, CHANGE_MASTER = "rebalance", "change_master"
MODULE = "redis_cluster_action"
REST_ONLY = ("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3")


@pytest.fixture
def knowing(own_cluster: Emulated) -> Emulated:
    own_cluster.control("POST", "/cluster-actions", {"name": NAME, "seconds": 0.3})
    return own_cluster


def act(cluster: Emulated, **options: t.Any) -> Run:
    return cluster.run(MODULE, action=NAME, **options)


def test_an_action_is_run_once_and_again_only_if_asked(knowing: Emulated) -> None:
    run = knowing.prove(MODULE, action=NAME)
    assert run.result["action"]["status"] == "completed"
    assert run.result["action"]["kind"] == "cluster"
    found = act(knowing)
    assert (found.changed, found.result["action"]["uid"]) == (False, run.result["action"]["uid"])
    checked = act(knowing, rerun=True, check=True)
    assert (checked.changed, checked.writes) == (True, [])
    rerun = act(knowing, rerun=True)
    assert rerun.changed
    assert rerun.result["diff"] == checked.result["diff"]
    assert rerun.result["action"]["uid"] != run.result["action"]["uid"]


@pytest.mark.parametrize("rerun", [False, True])
def test_an_action_in_flight_is_adopted(knowing: Emulated, rerun: bool) -> None:
    knowing.fault("slow_action", name=NAME, seconds=1.5)
    started = act(knowing, wait=False)
    assert started.result["action"]["status"] == "queued"
    adopted = act(knowing, rerun=rerun)
    assert (adopted.changed, adopted.result["outcome"], adopted.writes) == (False, "adopted", [])
    assert adopted.result["action"]["uid"] == started.result["action"]["uid"]
    assert adopted.result["action"]["status"] == "completed"


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_one_that_failed_is_reported_and_run_again(knowing: Emulated, outcome: str) -> None:
    knowing.fault("action", name=NAME, outcome=outcome, at=50, error="no room", count=1)
    run = act(knowing)
    assert run.result["failed"]
    assert f"is {outcome}" in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == outcome
    assert act(knowing).changed


def test_an_unknown_action_is_refused_by_the_cluster(own_cluster: Emulated) -> None:
    run = act(own_cluster)
    assert run.result["failed"]
    assert "does not take the cluster action rebalance (400: The cluster has no action" in run.result["msg"]
    assert run.result["failure"]["status"] == 400


def test_a_name_that_is_none_is_refused_before_anything_is_sent(own_cluster: Emulated) -> None:
    run = own_cluster.run(MODULE, action="../bdbs")
    assert "is not the name of an action" in run.result["msg"]
    assert run.journal == []


def test_a_conflict_is_waited_for(knowing: Emulated) -> None:
    conflict = {"error_code": "action_in_progress", "description": "Another action is in progress."}
    knowing.fault("unavailable", status=409, body=conflict, method="POST", count=2)
    run = act(knowing)
    assert run.changed
    assert run.methods.count("POST") == 3
    knowing.fault("unavailable", status=409, body=conflict, method="POST", count=1)
    refused = act(knowing, rerun=True, wait=False)
    assert "another action runs (Another action is in progress.)" in refused.result["msg"]


@pytest.mark.parametrize("when", ["after", "before"])
@pytest.mark.parametrize("rerun", [False, True])
def test_a_lost_answer_is_looked_into(knowing: Emulated, when: str, rerun: bool) -> None:
    if rerun:
        act(knowing)
    knowing.fault("drop", when=when, method="POST", count=1)
    run = act(knowing, rerun=rerun)
    assert run.changed, run.result
    assert run.result["action"]["status"] == "completed"
    served = [entry for entry in run.journal if entry["method"] == "POST" and entry["status"] == 200]
    assert len(served) == (0 if when == "after" else 1)


def test_absent_cancels_what_runs_and_clears_what_has_ended(knowing: Emulated) -> None:
    knowing.fault("slow_action", name=NAME, seconds=20, count=1)
    act(knowing, wait=False)
    cancelled = knowing.prove(MODULE, action=NAME, state="absent")
    assert cancelled.result["action"]["status"] == "cancelled"
    act(knowing)
    cleared = act(knowing, state="absent")
    assert (cleared.changed, cleared.methods.count("DELETE")) == (True, 1)
    again = act(knowing, state="absent")
    assert (again.changed, again.result["reason"]) == (False, "no rebalance is recorded")


def test_a_stuck_action_is_named_with_the_way_out(knowing: Emulated) -> None:
    knowing.fault("action", name=NAME, outcome="stuck", at=30)
    run = act(knowing, wait_timeout=1)
    assert "rebalance is running, 30%" in run.result["msg"]
    assert "state: absent cancels it" in run.result["msg"]


def test_options_are_the_body(knowing: Emulated) -> None:
    run = act(knowing, action_options={"only": ["1"]})
    assert run.writes[0]["body"] == {"only": ["1"]}


# -- change_master ---------------------------------------------------------------------------------------------------


def change(cluster: Emulated, node_uid: int = 2, **options: t.Any) -> Run:
    return cluster.run(MODULE, action=CHANGE_MASTER, node_uid=node_uid, **options)


def primary(cluster: Emulated) -> int:
    return int(cluster.control("GET", "/state")["primary"])


@pytest.mark.parametrize("release", ["7.4.6", "7.8.6", "7.22.2", "8.0.20", "8.2.0"])
def test_the_primary_changes_on_every_release_that_has_it(release: str) -> None:
    with emulated(*REST_ONLY, "--version", release) as cluster:
        run = cluster.prove(MODULE, action=CHANGE_MASTER, node="127.0.0.2")
        assert (run.result["outcome"], run.result["node_uid"]) == ("started", 2)
        assert run.result["diff"] == {"before": {"primary_uid": 1}, "after": {"primary_uid": 2}}
        assert [entry["body"] for entry in run.writes] == [{"node_uid": "2"}]
        assert primary(cluster) == 2
        found = change(cluster)
        assert (found.changed, found.result["outcome"]) == (False, "found")
        assert change(cluster, 1).changed, "back, although its record says completed"
        assert primary(cluster) == 1


def test_before_7_4_the_other_way_is_named_and_works() -> None:
    with emulated(*REST_ONLY, "--version", "7.2.4") as cluster:
        refused = change(cluster)
        assert "change_master came with 7.4, and this cluster has 7.2.4: use redis_node_action" in refused.result["msg"]
        assert refused.writes == []
        assert cluster.run("redis_node_action", node_uid=1, action="enslave_node").changed
        assert primary(cluster) != 1


def test_the_api_may_be_away_until_the_new_primary_answers() -> None:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "8") as cluster:
        run = change(cluster, 3)
        assert run.changed, run.result
        assert {entry["status"] for entry in run.journal} >= {200, 503}
        assert primary(cluster) == 3


def test_one_in_flight_is_adopted_and_started_anew_for_another_node(own_cluster: Emulated) -> None:
    own_cluster.fault("slow_action", name=CHANGE_MASTER, seconds=4, count=1)
    started = change(own_cluster, 2, wait=False)
    assert started.result["outcome"] == "started"
    checked = change(own_cluster, 2, check=True)
    assert (checked.changed, checked.result["outcome"]) == (False, "adopted")
    adopted = change(own_cluster, 2)
    assert (adopted.changed, adopted.result["outcome"], adopted.writes) == (False, "adopted", [])
    assert adopted.result["action"]["uid"] == started.result["action"]["uid"]
    own_cluster.fault("slow_action", name=CHANGE_MASTER, seconds=4, count=1)
    change(own_cluster, 1, wait=False)
    other = change(own_cluster, 3)
    assert (other.changed, other.result["outcome"]) == (True, "started")
    assert primary(own_cluster) == 3


def test_a_node_that_must_not_be_the_primary_is_refused(own_cluster: Emulated) -> None:
    own_cluster.run("redis_node_action", node_uid=2, action="maintenance_on")
    own_cluster.control("POST", "/nodes/3/stop")
    while own_cluster.api("GET", "/v1/nodes/3").json()["status"] == "active":
        pass
    for uid, sentence in (
        (2, "Node 2 is in maintenance, so it must not become the primary"),
        (3, "Node 3 is down, so it must not become the primary"),
        (9, "The cluster has no node with uid 9; its nodes are 1, 2, 3"),
    ):
        for check in (True, False):
            run = change(own_cluster, uid, check=check)
            assert sentence in run.result["msg"]
            assert run.writes == []
    assert primary(own_cluster) == 1


def test_a_node_that_has_not_finished_its_bootstrap_is_named(own_cluster: Emulated) -> None:
    own_cluster.fault("unavailable", status=406, body="", method="POST", count=1)
    run = change(own_cluster)
    assert (
        "Node 2 cannot become the primary (406: no details given). The node has not finished its" in run.result["msg"]
    )
    assert run.result["failure"]["status"] == 406
    assert change(own_cluster).changed


@pytest.mark.parametrize("when", ["after", "before"])
def test_a_lost_answer_to_change_master_is_looked_into(own_cluster: Emulated, when: str) -> None:
    own_cluster.fault("drop", when=when, method="POST", count=1)
    run = change(own_cluster)
    assert (run.changed, run.result["outcome"]) == (True, "started"), run.result
    assert primary(own_cluster) == 2


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_a_change_that_fails_says_which_node_is_the_primary(own_cluster: Emulated, outcome: str) -> None:
    own_cluster.fault("action", name=CHANGE_MASTER, outcome=outcome, at=20, error="no answer", count=1)
    run = change(own_cluster)
    assert f"change_master is {outcome}" in run.result["msg"]
    assert "Node 2 is not the primary of the cluster. Run the task again to go on." in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == outcome
    assert change(own_cluster).changed

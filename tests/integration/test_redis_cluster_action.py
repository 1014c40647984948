# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_cluster_action against the emulated cluster: start, follow, run again, cancel, clear."""

from __future__ import annotations

import typing as t

import pytest
from support.emulated import Emulated, Run

NAME = "rebalance"
MODULE = "redis_cluster_action"


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
def test_an_action_in_flight_is_taken_up(knowing: Emulated, rerun: bool) -> None:
    knowing.fault("slow_action", name=NAME, seconds=1.5)
    started = act(knowing, wait=False)
    assert started.result["action"]["status"] == "queued"
    taken_up = act(knowing, rerun=rerun)
    assert (taken_up.changed, taken_up.result["adopted"], taken_up.writes) == (False, True, [])
    assert taken_up.result["action"]["uid"] == started.result["action"]["uid"]
    assert taken_up.result["action"]["status"] == "completed"


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_one_that_ended_badly_is_reported_and_run_again(knowing: Emulated, outcome: str) -> None:
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

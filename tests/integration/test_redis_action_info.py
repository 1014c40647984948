# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_action_info against the emulated cluster: the other half of wait: false, and what became of an action."""

from __future__ import annotations

import statistics
import typing as t

import pytest
from support.emulated import Emulated, Run, emulated

ON = "maintenance_on"


def info(cluster: Emulated, **options: t.Any) -> Run:
    return cluster.run("redis_action_info", **options)


def start(cluster: Emulated, seconds: float = 1.0, **fault: t.Any) -> dict[str, t.Any]:
    """A drain with wait: false, as the task returns it."""
    cluster.fault("slow_action", name=ON, seconds=seconds, count=1)
    if fault:
        cluster.fault("action", name=ON, count=1, **fault)
    run = cluster.run("redis_node_action", node_uid=2, action=ON, wait=False)
    return dict(run.result["action"])


@pytest.mark.parametrize("release", ["6.4.2", "7.22.0", "8.0.16"])
@pytest.mark.parametrize("by", ["uid", "action"])
def test_it_waits_for_what_another_task_has_started(release: str, by: str) -> None:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3", "--version", release) as cluster:
        started = start(cluster)
        run = info(cluster, wait=True, **({"uid": started["uid"]} if by == "uid" else {"action": started}))
        assert run.result["record"] == "listed"
        assert run.result["action"]["status"] == "completed"
        assert set(run.methods) == {"GET"}
        assert cluster.run("redis_node_info", node_uid=[2]).result["nodes"][0]["in_maintenance"]


@pytest.mark.parametrize("outcome", ["failed", "aborted", "cancelled"])
def test_waiting_fails_with_the_action(own_cluster: Emulated, outcome: str) -> None:
    started = start(own_cluster, outcome=outcome, at=60, error_code="internal_error", error="no room")
    run = info(own_cluster, uid=started["uid"], wait=True)
    assert run.result["failed"]
    assert f"of node 2 is {outcome}" in run.result["msg"]
    assert run.result["failure"]["action"]["uid"] == started["uid"]


def test_forgotten_differs_from_never_known(own_cluster: Emulated) -> None:
    started = start(own_cluster, 0.2)
    assert info(own_cluster, action=started, wait=True).result["record"] == "listed"
    own_cluster.run("redis_node_action", node_uid=2, action=ON, state="absent")
    forgotten = info(own_cluster, action=started)
    assert (forgotten.result["record"], forgotten.result["action"]) == ("forgotten", None)
    assert info(own_cluster, uid=started["uid"]).result["record"] == "unknown"
    judged = info(own_cluster, action=started, wait=True)
    assert judged.result["evidence"] == "node 2 is as maintenance_on leaves it"
    never = info(own_cluster, uid="4be7a5a0-0000-4000-8000-000000000000", wait=True)
    assert "It never had it, or has forgotten it" in never.result["msg"]


def test_a_deletion_without_waiting_is_judged_by_the_database(own_cluster: Emulated) -> None:
    made = own_cluster.run("redis_bdb", name="short-lived", memory_size="100MB", wait=False)
    assert info(own_cluster, action=made.result["action"], wait=True).result["action"]["status"] == "completed"
    gone = own_cluster.run("redis_bdb", name="short-lived", state="absent", wait=False)
    run = info(own_cluster, action=gone.result["action"], wait=True)
    assert run.result["record"] == "forgotten"
    assert run.result["evidence"].endswith("is gone")


def test_a_cluster_action_is_waited_for(own_cluster: Emulated) -> None:
    own_cluster.control("POST", "/cluster-actions", {"name": "rebalance", "seconds": 0.5})
    started = own_cluster.run("redis_cluster_action", action="rebalance", wait=False)
    run = info(own_cluster, action=started.result["action"], wait=True)
    assert run.result["action"]["status"] == "completed"


@pytest.mark.parametrize("shape", ["object", "list"])
def test_filters_and_scopes(own_cluster: Emulated, shape: str) -> None:
    own_cluster.control("POST", "/settings", {"list_shape": shape})
    own_cluster.run("redis_bdb", name="one", memory_size="100MB")
    own_cluster.run("redis_node_action", node_uid=3, action="remove")
    everything = info(own_cluster).result["actions"]
    assert {each["name"] for each in everything} == {"SMCreateBDB", "remove"}
    assert [each["name"] for each in info(own_cluster, object_type="bdb").result["actions"]] == ["SMCreateBDB"]
    assert [each["name"] for each in info(own_cluster, scope="all", node_uid=3).result["actions"]] == ["remove"]
    assert [each["name"] for each in info(own_cluster, scope="node").result["actions"]] == ["remove"]
    assert info(own_cluster, since="4102444800").result["actions"] == []
    assert len(info(own_cluster, since="2001-01-01T00:00:00Z").result["actions"]) == 2


@pytest.mark.parametrize(("release", "api_version"), [("7.4.6", "auto"), ("8.0.16", "v1"), ("8.0.16", "v2")])
def test_status_and_database_choose_among_all(release: str, api_version: str) -> None:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3", "--version", release) as cluster:
        for name in ("one", "two"):
            cluster.run("redis_bdb", name=name, memory_size="100MB")
        cluster.fault("action", name="SMUpdateBDB", outcome="stuck", at=30)
        cluster.run("redis_bdb", name="one", memory_size="200MB", wait=False)
        cluster.fault("action", name=ON, outcome="failed", at=10, error="no room", count=1)
        cluster.run("redis_node_action", node_uid=2, action=ON)

        def found(**options: t.Any) -> list[str]:
            actions = info(cluster, **options).result["actions"]
            return sorted(f"{each['name']} {each['object_uid']} {each['status']}" for each in actions)

        everything = {"scope": "all", "api_version": api_version}
        created = [f"SMCreateBDB {uid} completed" for uid in (1, 2)]
        updated, failed = "SMUpdateBDB 1 running", f"{ON} 2 failed"
        assert found(**everything) == sorted([*created, updated, failed])
        assert found(**everything, status=["running"]) == [updated]
        assert found(**everything, status=["failed", "running"]) == sorted([updated, failed])
        assert found(**everything, status=["aborted"]) == []
        assert found(**everything, bdb_uid=1) == [created[0], updated]
        assert found(**everything, bdb_uid=2) == [created[1]], "node 2 is no database"
        assert found(**everything, bdb_uid=1, status=["completed"]) == [created[0]]
        assert found(bdb_uid=1) == [created[0], updated]
        assert found(bdb_uid=1, status=["running"]) == [updated]


def test_a_short_action_is_noticed_within_a_fifth_of_a_second(own_cluster: Emulated) -> None:
    own_cluster.control("POST", "/cluster-actions", {"name": "short", "seconds": 0.2})
    late = []
    for dummy in range(5):
        run = own_cluster.run("redis_cluster_action", action="short", rerun=True)
        begun = next(each["time"] for each in run.journal if each["method"] == "POST")
        last = run.journal[-1]
        assert last["path"] == "/v1/cluster/actions/short"
        late.append(last["time"] - begun - 0.2)
    assert statistics.median(late) <= 0.2

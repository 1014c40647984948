# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that stop and start: listeners, failover, elections, quorum, and the data behind them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import redis
import requests

from redis_enterprise_emulator.launch import ControlError

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


def answering(api: Api, node: int) -> bool:
    try:
        return api.get("/v1/nodes", node=node).status_code == 200
    except requests.exceptions.ConnectionError:
        return False


def primaries(api: Api, node: int) -> list[str]:
    return [uid for uid, status in api.json("/v1/nodes/status", node=node).items() if status["role"] == "master"]


def stop(api: Api, uid: int, *, ask: int) -> None:
    """Stop a node and wait until the others have seen it and one of them answers."""
    api.control("POST", f"/nodes/{uid}/stop")
    api.until(lambda: api.node_state(uid)["status"] == "down", f"node {uid} to be seen down")
    api.until(lambda: answering(api, ask), "a primary")


def test_stopped_node_refuses_and_aborts_connections(api: Api) -> None:
    api.fault(kind="latency", delay=5, path="/v1/license", nodes=[2])
    failures: list[Exception] = []

    def ask() -> None:
        try:
            api.get("/v1/license", node=2)
        except requests.exceptions.ConnectionError as error:
            failures.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    api.until(lambda: api.control("GET", "/journal"), "the request to arrive")
    before = time.monotonic()
    api.control("POST", "/nodes/2/stop")
    waiting.join(5)
    assert failures, "a request in flight is broken off"
    assert time.monotonic() - before < 2
    with pytest.raises(requests.exceptions.ConnectionError):
        api.get("/v1/nodes", node=2)
    assert answering(api, 1)


def test_started_node_answers_at_the_same_address(api: Api) -> None:
    stop(api, 2, ask=1)
    assert api.json("/v1/nodes/2")["status"] == "down"
    assert api.json("/v1/cluster/check")["cluster_test_result"] is False
    assert api.json("/v1/nodes/check/2")["result"] is False
    assert api.control("POST", "/nodes/2/start") == {}
    assert answering(api, 2)
    assert api.json("/v1/nodes/2")["status"] == "active"
    assert api.json("/v1/cluster/check")["cluster_test_result"] is True


def test_stopping_twice_and_starting_a_running_node_is_refused(api: Api) -> None:
    with pytest.raises(ControlError, match="runs already"):
        api.control("POST", "/nodes/2/start")
    api.control("POST", "/nodes/2/stop")
    with pytest.raises(ControlError, match="stopped already"):
        api.control("POST", "/nodes/2/stop")
    with pytest.raises(ControlError, match="Node 9 does not exist"):
        api.control("POST", "/nodes/9/stop")


def test_stop_and_start_in_a_hurry(api: Api) -> None:
    api.create(replication=True)
    for dummy in range(3):
        api.control("POST", "/nodes/1/stop")
        api.control("POST", "/nodes/1/start")
    api.until(lambda: answering(api, 1), "node 1")
    assert all(shard["up"] for shard in api.shards())
    assert sorted(shard["role"] for shard in api.shards()) == ["master", "slave"]


def test_death_of_the_primary_is_an_election(api: Api) -> None:
    assert primaries(api, 1) == ["1"]
    api.control("POST", "/nodes/1/stop")
    answer = api.get("/v1/nodes", node=2)
    assert answer.status_code == 503
    api.until(lambda: answering(api, 2), "a primary")
    assert primaries(api, 2) == ["2"]
    assert api.json("/v1/nodes/1", node=2)["status"] == "down"
    api.control("POST", "/nodes/1/start")
    assert primaries(api, 2) == ["2"], "coming back is no election"


def test_majority_gone_is_no_quorum(api: Api) -> None:
    api.create(replication=True)
    home = api.shards(role="master")[0]["node_uid"]
    left = api.shards(role="slave")[0]["node_uid"]
    third = ({1, 2, 3} - {home, left}).pop()
    api.control("POST", f"/nodes/{third}/stop")
    api.control("POST", f"/nodes/{home}/stop")
    answer = api.get("/v1/bdbs/1/availability", node=left)
    assert (answer.status_code, answer.json()["error_code"]) == (503, "no_quorum")
    time.sleep(1.0)
    assert api.get("/v1/nodes", node=left).status_code == 503
    assert api.shards(node_uid=home)[0]["role"] == "master", "nobody may decide anything"
    api.control("POST", f"/nodes/{third}/start")
    api.until(lambda: answering(api, left), "the quorum")
    assert api.json(f"/v1/nodes/{home}", node=left)["status"] == "down"
    api.until(lambda: api.shards(node_uid=left, role="master"), "the promotion, now that there is a majority")


def test_endpoint_of_a_dead_node_goes_to_a_node_in_service(api: Api) -> None:
    api.node_action(2, "maintenance_on")
    api.create()
    home = api.shards()[0]["node_uid"]
    other = ({1, 3} - {home}).pop()
    stop(api, home, ask=other)
    addr = [api.json(f"/v1/nodes/{other}", node=other)["addr"]]
    api.until(lambda: api.json("/v1/bdbs/1", node=other)["endpoints"][0]["addr"] == addr, "the endpoint to move")


def test_lost_primary_and_quorum_come_back(api: Api) -> None:
    api.control("POST", "/nodes/1/stop")
    api.control("POST", "/nodes/2/stop")
    time.sleep(0.6)
    assert api.get("/v1/nodes", node=3).status_code == 503
    api.control("POST", "/nodes/2/start")
    api.until(lambda: answering(api, 3), "a primary")
    assert primaries(api, 3)[0] in ("2", "3")


def test_replica_is_promoted_and_the_old_master_comes_back_as_a_replica(api: Api) -> None:
    api.create(replication=True)
    old = api.shards(role="master")[0]
    ask = next(uid for uid in (1, 2, 3) if uid != old["node_uid"])
    stop(api, old["node_uid"], ask=ask)
    api.until(lambda: api.shards(uid=old["uid"], role="slave"), "the promotion")
    shown = {shard["uid"]: shard for shard in api.json("/v1/shards", node=ask)}
    dead = shown[str(old["uid"])]
    assert (dead["role"], dead["status"], dead["detailed_status"]) == ("slave", "inactive", "down")
    api.until(
        lambda: api.json("/v1/bdbs/1", node=ask)["endpoints"][0]["addr"] != [f"127.0.0.{old['node_uid']}"],
        "the endpoint to move",
    )
    assert api.get("/v1/bdbs/1/availability", node=ask).status_code == 200
    assert api.get("/v1/bdbs/1/availability?extend_check=lag", node=ask).status_code == 503, "no replica is left"
    api.control("POST", f"/nodes/{old['node_uid']}/start")
    assert all(shard["up"] for shard in api.shards())
    assert api.shards(uid=old["uid"])[0]["role"] == "slave"
    assert api.get("/v1/bdbs/1/availability?extend_check=lag", node=ask).status_code == 200


def test_health_report_names_what_is_wrong(api: Api) -> None:
    api.create(replication=True)
    api.create("plain", memory_size=10**9)
    assert api.json("/v4/cluster/health?issues_only=true")["nodes"] == []
    assert api.json("/v4/cluster/health")["status"] == "ok"
    home = api.shards(bdb_uid=2)[0]["node_uid"]
    ask = next(uid for uid in (1, 2, 3) if uid != home)
    stop(api, home, ask=ask)
    report = api.json("/v4/cluster/health?issues_only=true", node=ask)
    assert report["status"] == "error"
    assert [node["id"] for node in report["nodes"]] == [str(home)]
    assert {d["name"]: d["status"] for d in report["database_infos"]}["plain"] == "down"
    assert len(api.json("/v4/cluster/health", node=ask)["nodes"]) == 3


# -- with real shards -----------------------------------------------------------------------------------------
def database(api: Api, uid: int, ask: int = 1) -> redis.Redis:
    port = api.json(f"/v1/bdbs/{uid}", node=ask)["endpoints"][0]["port"]
    return redis.Redis("127.0.0.1", port, decode_responses=True, socket_timeout=5)


def value(db: redis.Redis, key: str) -> Any:
    """None while the database is away."""
    try:
        return db.get(key)
    except redis.RedisError:
        return None


def in_step(api: Api) -> bool:
    offsets = api.json("/v1/shards?extra_info_keys=master_repl_offset&extra_info_keys=slave_repl_offset")
    seen = {shard["role"]: shard["redis_info"] for shard in offsets}
    return bool(seen["master"]["master_repl_offset"] == seen["slave"]["slave_repl_offset"])


def test_acknowledged_data_survives_the_death_of_its_node(start: Start) -> None:
    api = start("--data-plane", "redis")
    api.create(replication=True)
    with database(api, 1) as db:
        for number in range(100):
            db.set(f"k{number}", number)
        api.until(lambda: in_step(api), "the replica to have all")
        home = api.shards(role="master")[0]["node_uid"]
        ask = next(uid for uid in (1, 2, 3) if uid != home)
        stop(api, home, ask=ask)
        api.until(lambda: value(db, "k99") == "99", "the replica to serve")
        assert db.dbsize() == 100
        db.set("after", "failover")
        api.control("POST", f"/nodes/{home}/start")
        api.until(lambda: all(shard["up"] for shard in api.shards()), "all shards")
        assert value(db, "after") == "failover"
        # And back again: the old master has all that was written meanwhile.
        second = api.shards(role="master")[0]["node_uid"]
        assert second != home
        assert api.get("/v1/bdbs/1/availability?extend_check=lag", node=home).status_code == 200
        stop(api, second, ask=home)
        api.until(lambda: value(db, "after") == "failover", "the first shard to serve again")


def test_database_without_replica_is_down_meanwhile_and_back_empty(start: Start) -> None:
    api = start("--data-plane", "redis")
    api.create()
    home = api.shards()[0]["node_uid"]
    ask = next(uid for uid in (1, 2, 3) if uid != home)
    with database(api, 1) as db:
        db.set("k", "v")
        stop(api, home, ask=ask)
        answer = api.get("/v1/bdbs/1/availability", node=ask)
        assert (answer.status_code, answer.json()["error_code"]) == (503, "bdb_unavailable_shard_unreachable")
        assert value(db, "k") is None
        api.control("POST", f"/nodes/{home}/start")
        api.until(lambda: api.get("/v1/bdbs/1/availability", node=ask).status_code == 200, "the database")
        assert db.dbsize() == 0


def test_persistent_database_comes_back_with_its_data(start: Start) -> None:
    api = start("--data-plane", "redis")
    api.create(data_persistence="aof", aof_policy="appendfsync-always")
    home = api.shards()[0]["node_uid"]
    ask = next(uid for uid in (1, 2, 3) if uid != home)
    with database(api, 1) as db:
        db.set("k", "v")
        stop(api, home, ask=ask)
        api.control("POST", f"/nodes/{home}/start")
        api.until(lambda: value(db, "k") == "v", "the data")


# -- what a chaotic schedule found ------------------------------------------------------------------------------
@pytest.mark.parametrize("plane", ["none", "redis"])
def test_a_shard_that_moves_off_a_dead_node_is_up_again(start: Start, plane: str) -> None:
    api = start("--data-plane", plane, "--nodes", "4")
    api.create(replication=True)
    first = api.shards(role="master")[0]
    ask = api.shards(role="slave")[0]["node_uid"]
    api.node_action(first["node_uid"], "maintenance_on", node=ask)
    refuge = api.shards(uid=first["uid"])[0]["node_uid"]
    stop(api, refuge, ask=ask)
    assert api.node_action(first["node_uid"], "maintenance_off", node=ask)["status"] == "completed"
    back = api.shards(uid=first["uid"])[0]
    assert (back["node_uid"], back["role"], back["up"]) == (first["node_uid"], "master", True)
    assert {shard["detailed_status"] for shard in api.json("/v1/shards", node=ask)} == {"ok"}


def test_the_only_copy_on_a_dead_node_cannot_be_moved(start: Start) -> None:
    api = start("--nodes", "4")
    api.create()
    first = api.shards()[0]
    api.node_action(first["node_uid"], "maintenance_on", node=4)
    refuge = api.shards()[0]["node_uid"]
    ask = next(uid for uid in (1, 2, 3, 4) if uid not in (first["node_uid"], refuge))
    stop(api, refuge, ask=ask)
    ended = api.node_action(first["node_uid"], "maintenance_off", node=ask)
    assert ended["status"] == "failed"
    assert "there is no shard to copy it from" in ended["error_message"]
    assert api.json(f"/v1/nodes/{first['node_uid']}", node=ask)["max_listeners"] == 0, "it stays in maintenance"

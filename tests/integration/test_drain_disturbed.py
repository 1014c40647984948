# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drain of a node with real data and clients that write all the while, disturbed: each ends in a stated result.

A crash of the job during the drain is tested with the rolling maintenance.
"""

from __future__ import annotations

import contextlib
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.emulated import Emulated, Run, emulated

from demo.workload import Target, Workload

ON, OFF = "maintenance_on", "maintenance_off"
DATABASES = {"single": {}, "replicated": {"replication": True}}


class Drain:
    """A cluster under load, and a drain of a node that holds data, started in the background."""

    def __init__(self, cluster: Emulated, pool: ThreadPoolExecutor) -> None:
        self.cluster = cluster
        self._pool = pool
        shards = cluster.control("GET", "/state")["shards"]
        self.node = next(each["node_uid"] for each in shards if each["role"] == "master" and each["node_uid"] != 1)

    def start(self, seconds: float, **options: t.Any) -> t.Any:
        self.cluster.fault("slow_action", name=ON, node_uid=self.node, seconds=seconds, count=1)
        future = self._pool.submit(self.act, ON, **options)
        while not self.records():
            time.sleep(0.05)
        time.sleep(seconds / 4)
        return future

    def act(self, action: str, **options: t.Any) -> Run:
        return self.cluster.run("redis_node_action", node_uid=self.node, action=action, **options)

    def records(self) -> list[dict[str, t.Any]]:
        answer = self.cluster.api("GET", f"/v1/nodes/{self.node}/actions")
        return list(answer.json()["actions"]) if answer.status_code == 200 else []

    def shards(self) -> dict[str, tuple[int, str]]:
        found = self.cluster.control("GET", "/state")["shards"]
        return {each["uid"]: (each["node_uid"], each["role"]) for each in found}


@pytest.fixture
def drain() -> t.Iterator[Drain]:
    """The test passes only if no acknowledged write is lost."""
    with emulated("--nodes", "3") as cluster, ThreadPoolExecutor(1) as pool, contextlib.ExitStack() as stack:
        targets = []
        for name, options in DATABASES.items():
            made = cluster.run("redis_bdb", name=name, memory_size="100MB", **options)
            assert made.changed, made.result
            targets.append(Target(name, "127.0.0.1", made.result["bdb"]["endpoints"][0]["port"]))
        workload = Workload(targets, rate=100.0)
        workload.start()
        stack.callback(workload.stop)
        yield Drain(cluster, pool)
        outcomes = workload.check()
        assert all(outcome.acknowledged > 50 for outcome in outcomes), outcomes
        assert sum(outcome.lost for outcome in outcomes) == 0, workload.verdict()


def test_cancelled_by_another_client_it_fails_and_the_next_run_goes_on(drain: Drain) -> None:
    before = drain.shards()
    running = drain.start(8.0)
    cancelled = drain.act(ON, state="absent")
    assert cancelled.changed, cancelled.result
    assert cancelled.result["action"]["status"] == "cancelled"
    assert f"Node {drain.node} is" in cancelled.result["reason"]
    ended = running.result(timeout=60).result
    assert ended["failed"]
    assert "is cancelled" in ended["msg"] or "was cancelled or cleared before its end was seen" in ended["msg"]
    assert drain.records() == [], "what another client has cancelled is not started again"
    again = drain.act(ON)
    assert again.changed, again.result
    assert again.result["node"]["shards"] == []
    assert drain.act(OFF).changed
    assert drain.shards() == before


def test_an_election_during_the_drain_is_waited_out(drain: Drain) -> None:
    running = drain.start(6.0)
    drain.cluster.fault("election", seconds=3)
    ended = running.result(timeout=60).result
    assert ended["changed"], ended
    assert ended["action"]["status"] == "completed"
    assert ended["node"]["shards"] == []
    assert drain.cluster.control("GET", "/state")["primary"] != 1


def test_an_api_that_is_away_for_20_s_is_waited_for(drain: Drain) -> None:
    running = drain.start(32.0)
    drain.cluster.fault("unavailable", seconds=20)
    ended = running.result(timeout=90)
    assert ended.changed, ended.result
    assert ended.result["node"]["shards"] == []
    polls = [each for each in ended.journal if each["path"].endswith(f"/actions/{ON}")]
    away = [each["time"] for each in polls if each["status"] == 503]
    assert away[-1] - away[0] > 10
    assert any(each["status"] == 200 and each["time"] > away[-1] for each in polls), "the drain was waited for"


def test_an_api_that_is_away_for_longer_than_allowed_fails_and_the_drain_is_adopted(drain: Drain) -> None:
    running = drain.start(8.0, unavailable_timeout=1)
    drain.cluster.fault("unavailable", seconds=3)
    ended = running.result(timeout=60).result
    assert ended["failed"]
    assert "did not answer" in ended["msg"]
    time.sleep(2.5)
    again = drain.act(ON)
    assert (again.changed, again.result["outcome"]) == (False, "adopted"), again.result
    assert again.result["node"]["shards"] == []

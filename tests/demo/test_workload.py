# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workload tells the truth: nothing lost when nothing is, and something lost when something is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import redis

from demo import workload as module
from demo.workload import Outcome, Target, Workload, WorkloadError, verdict
from redis_enterprise_emulator.dataplane.threaded import ThreadedPlane


@pytest.fixture
def stage() -> Iterator[ThreadedPlane]:
    with ThreadedPlane(nodes=2) as stage:
        yield stage


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def test_clean_run_loses_nothing_and_keeps_its_rate(stage: ThreadedPlane) -> None:
    targets = [
        Target("plain", "127.0.0.1", stage.database(1, [(1, 1)])),
        Target("guarded", "127.0.0.1", stage.database(2, [(2, 1), (3, 2)], password="right"), "right"),
    ]
    workload = Workload(targets, rate=100)
    workload.start()
    time.sleep(1)
    outcomes = workload.check()
    assert [outcome.name for outcome in outcomes] == ["plain", "guarded"]
    for outcome in outcomes:
        assert (outcome.lost, outcome.indeterminate) == (0, 0)
        assert 30 < outcome.acknowledged <= 102
        assert 9 < outcome.longest_pause_ms < 1000
    assert workload.acknowledged == sum(outcome.acknowledged for outcome in outcomes)
    assert ": 0 lost, longest pause" in workload.verdict()
    assert "without an answer" not in workload.verdict()


def test_data_lost_with_a_node_are_counted(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    workload = Workload([Target("frail", "127.0.0.1", port)], rate=300)
    workload.start()
    until(lambda: workload.acknowledged > 50)
    stage.run(stage.plane.kill_node(1))
    time.sleep(0.2)
    stage.run(stage.plane.start_node(1))
    killed_at = workload.acknowledged
    until(lambda: workload.acknowledged > killed_at + 20)
    (outcome,) = workload.check()
    assert 50 < outcome.lost < outcome.acknowledged
    assert outcome.indeterminate > 0
    assert outcome.longest_pause_ms >= 200
    assert f"{outcome.lost} lost, {outcome.indeterminate} without an answer" in workload.verdict()


def test_a_missing_and_a_changed_value_are_lost(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    workload = Workload([Target("db", "127.0.0.1", port)], rate=1000)
    workload.start()
    until(lambda: workload.acknowledged > 1200)  # more than one batch of reading
    workload.stop()
    with redis.Redis(port=port) as db:
        assert db.delete("w:db.1:3", "w:db.1:1100") == 2
        db.set("w:db.1:7", "other")
    (outcome,) = workload.check()
    assert outcome.lost == 3


def test_pause_without_an_end_counts(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    workload = Workload([Target("db", "127.0.0.1", port)], rate=300)
    workload.start()
    until(lambda: workload.acknowledged > 10)
    stage.run(stage.plane.kill_node(1))
    time.sleep(0.3)
    workload.stop()
    assert workload.longest_pause_ms >= 300
    stage.run(stage.plane.start_node(1))
    (outcome,) = workload.check()
    assert outcome.lost == outcome.acknowledged


def test_writers_of_one_database_do_not_share_keys(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    workload = Workload([Target("same", "127.0.0.1", port)] * 3, rate=300)
    workload.start()
    time.sleep(0.2)
    outcomes = workload.check()
    assert sum(outcome.lost for outcome in outcomes) == 0
    with redis.Redis(port=port) as db:
        assert db.dbsize() == sum(outcome.acknowledged for outcome in outcomes)


def test_what_cannot_be_read_back_is_an_error_and_not_a_result(
    stage: ThreadedPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = stage.database(1, [(1, 1)])
    workload = Workload([Target("gone", "127.0.0.1", port)], rate=300)
    workload.start()
    until(lambda: workload.acknowledged > 10)
    stage.run(stage.plane.kill_node(1))
    monkeypatch.setattr(module, "READ_PATIENCE", 0.3)
    with pytest.raises(WorkloadError, match=r"Database gone could not be read back within 0\.3 s"):
        workload.check()


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(WorkloadError, match="not 0"):
        Workload([], rate=0)


def test_stopping_what_never_started_is_harmless() -> None:
    workload = Workload([Target("db", "127.0.0.1", 1)])
    workload.stop()
    assert [outcome.acknowledged for outcome in workload.check()] == [0]


def test_verdict_is_one_sentence() -> None:
    outcomes = [Outcome("a", 100_000, 0, 0, 4.25), Outcome("b", 28_153, 2, 1, 9.96)]
    assert verdict(outcomes) == (
        "128,153 acknowledged writes to 2 databases: 2 lost, 1 without an answer, longest pause 10.0 ms."
    )

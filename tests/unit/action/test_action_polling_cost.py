# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How late the end of an action is noticed, and how many requests that takes: the real operation on a fake clock."""

from __future__ import annotations

import random
import statistics
import typing as t
from pathlib import Path

import pytest
from support.acting_api import Behaviour, World
from support.node_actions import ON, act

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.progress import Progress
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import OnProgress, silent

LATENCY = 0.005  # seconds a request takes
INTERVAL = 5.0
RECORD = "/v1/nodes/2/actions/maintenance_on"
PAGE = Path(__file__).parents[3] / "docs" / "performance.md"


def drain(clock: t.Any, seconds: float, on_progress: OnProgress = silent, **behaviour: t.Any) -> tuple[float, int]:
    """Seconds between the end of an action of this length and the poll that sees it, and the requests for that."""
    world = World("8.0.16", clock, latency=LATENCY)
    world.behaviour = Behaviour(seconds=seconds, **behaviour)
    assert act(world, ON, timeout=3600.0, interval=INTERVAL, on_progress=on_progress)["changed"]
    started = next(index for index, each in enumerate(world.sent) if each.method == "POST")
    last = max(index for index, each in enumerate(world.sent) if each.path == RECORD)
    waiting = world.sent[started + 1 : last + 1]
    assert {each.path for each in waiting} <= {RECORD, *([] if on_progress is silent else ["/v1/nodes/2"])}
    return waiting[-1].at - (world.sent[started].at + seconds), len(waiting)


def test_the_end_is_noticed_within_a_tenth_of_the_length_on_average(clock: t.Any) -> None:
    source = random.Random(7)
    shares = []
    for dummy in range(120):
        seconds = source.choice([source.uniform(0.05, 5), source.uniform(1, 60), source.uniform(10, 900)])
        late, polls = drain(clock, seconds)
        assert 0 <= late <= INTERVAL + LATENCY
        assert polls <= 50 or seconds > 30, seconds
        shares.append(late / (0.1 + 0.1 * seconds))
    assert statistics.mean(shares) <= 1.0


@pytest.mark.parametrize("length", [0.2, 1.0, 5.0, 30.0])
def test_the_average_holds_for_each_length(length: float, clock: t.Any) -> None:
    source = random.Random(11)
    lengths = [length * source.uniform(0.8, 1.2) for dummy in range(40)]
    late = statistics.mean(drain(clock, each)[0] for each in lengths)
    assert late <= 0.1 + 0.1 * length


def test_an_action_of_30_s_takes_at_most_50_polls(clock: t.Any) -> None:
    assert 20 <= drain(clock, 30.0)[1] <= 50


def test_around_the_polls_a_drain_sends_as_many_requests_as_the_page_says(clock: t.Any) -> None:
    world = World("8.0.16", clock, latency=LATENCY)
    world.behaviour = Behaviour(seconds=30.0)
    assert act(world, ON, timeout=3600.0, interval=INTERVAL)["changed"]
    started = next(index for index, each in enumerate(world.sent) if each.method == "POST")
    around = len(world.sent) - sum(each.path == RECORD for each in world.sent[started + 1 :])
    assert f": {around} more, however long it takes." in PAGE.read_text(encoding="utf-8")


def test_progress_lines_do_not_change_that(clock: t.Any) -> None:
    shown: list[str] = []
    assert 20 <= drain(clock, 30.0, Progress(shown.append, clock))[1] <= 50
    assert any("shards left" in line for line in shown)


def test_a_progress_detail_that_cannot_be_read_does_not_end_the_wait(clock: t.Any) -> None:
    shown: list[str] = []
    drain(clock, 30.0, Progress(shown.append, clock), node_fails=True)
    assert shown == ["node:2 maintenance_on running · 1s"]


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.15, 0.2])
def test_a_short_action_is_noticed_within_a_fifth_of_a_second(seconds: float, clock: t.Any) -> None:
    assert drain(clock, seconds)[0] <= 0.2


def test_a_long_action_is_polled_no_less_often_than_asked_for(clock: t.Any) -> None:
    drain(clock, 900.0)
    assert max(clock.sleeps) == pytest.approx(INTERVAL)

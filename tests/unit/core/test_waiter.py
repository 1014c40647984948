# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting on a fake clock: how often is looked, how late the end is seen, and what a time-out says."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import Failure, WaitTimeout
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import (
    Seen,
    Wait,
    pause_after,
    wait_until,
)


@pytest.mark.parametrize(
    ("elapsed", "pause"),
    [(0.0, 0.1), (0.9, 0.1), (1.0, 0.1), (2.0, 0.2), (20.0, 2.0), (50.0, 5.0), (3600.0, 5.0)],
)
def test_the_pause_is_a_tenth_of_the_time_waited_within_limits(elapsed: float, pause: float) -> None:
    assert pause_after(elapsed, 5.0) == pytest.approx(pause)


def test_a_very_short_interval_does_not_make_it_busy() -> None:
    assert pause_after(100.0, 0.001) == 0.1


def test_what_is_done_is_seen_without_a_pause(clock: t.Any) -> None:
    seen = wait_until(lambda: Seen(True, "there"), Wait(), clock, "it")
    assert (seen.what, clock.sleeps) == ("there", [])


@pytest.mark.parametrize("duration", [0.05, 0.5, 3.0, 17.0, 49.0])
def test_the_end_is_seen_at_most_a_tenth_late(clock: t.Any, duration: float) -> None:
    wait_until(lambda: Seen(clock.now() >= duration, "going on"), Wait(), clock, "it")
    assert duration <= clock.now() <= duration + max(0.1, duration * 0.1) + 1e-9


def test_a_long_wait_polls_seldom_and_at_most_an_interval_late(clock: t.Any) -> None:
    polls: list[float] = []

    def probe() -> Seen[None]:
        polls.append(clock.now())
        return Seen(clock.now() >= 1801.0, "going on")

    wait_until(probe, Wait(timeout=3600.0, interval=5.0), clock, "it")
    assert clock.now() <= 1806.0
    assert len(polls) < 420  # some 50 while the pause grows, then one every 5 s


def test_a_time_out_says_what_was_seen_last_and_how_it_goes_on(clock: t.Any) -> None:
    failure = Failure(action={"name": "maintenance_on"})
    with pytest.raises(WaitTimeout) as caught:
        wait_until(lambda: Seen(False, f"{clock.now():.0f} of 60", failure), Wait(timeout=30.0), clock, "the drain")
    assert str(caught.value) == (
        "Waited 30 s for the drain, and it is not done. Last seen: 30 of 60. It may still finish: look again before "
        "you repeat it, or give a longer wait_timeout."
    )
    assert caught.value.failure is failure
    assert clock.now() == pytest.approx(30.0)


def test_no_time_means_one_look(clock: t.Any) -> None:
    looks: list[int] = []

    def probe() -> Seen[None]:
        looks.append(1)
        return Seen(False, "not there")

    with pytest.raises(WaitTimeout, match="Waited 0 s for it"):
        wait_until(probe, Wait(timeout=0.0), clock, "it")
    assert (len(looks), clock.sleeps) == (1, [])


def test_the_last_look_is_at_the_end_of_the_time(clock: t.Any) -> None:
    wait_until(lambda: Seen(clock.now() >= 99.9, "going on"), Wait(timeout=100.0, interval=60.0), clock, "it")
    assert clock.now() == pytest.approx(100.0)


def test_an_error_of_the_probe_ends_the_wait(clock: t.Any) -> None:
    def probe() -> Seen[None]:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        wait_until(probe, Wait(), clock, "it")
    assert clock.sleeps == []

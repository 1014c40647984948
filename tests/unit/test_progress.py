# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines: new ones only, not too many, and none for what is over at once."""

from __future__ import annotations

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils._progress import Progress, duration


def test_a_line_for_what_is_new_and_at_most_one_a_second() -> None:
    shown: list[str] = []
    tell = Progress("node2", shown.append)
    for what, elapsed in [("a", 0.0), ("a", 0.5), ("a", 1.0), ("b", 1.5), ("b", 2.1), ("b", 9.0), ("c", 75.0)]:
        tell(what, elapsed)
    assert shown == ["[node2] a · 1s", "[node2] b · 2s", "[node2] c · 1m15s"]


def test_a_second_wait_of_the_same_task_begins_anew() -> None:
    shown: list[str] = []
    tell = Progress("node2", shown.append)
    for what, elapsed in [("on 90%", 30.0), ("off 10%", 0.2), ("off 20%", 1.2)]:
        tell(what, elapsed)
    assert shown == ["[node2] on 90% · 30s", "[node2] off 20% · 1s"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.9, "59s"), (72, "1m12s"), (3599, "59m59s"), (7384, "2h03m")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text

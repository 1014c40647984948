# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines: new ones only, not too many, none for what is over at once; and the file that a module writes."""

from __future__ import annotations

import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.progress import (
    Progress,
    duration,
    progress_file,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Seen, Wait, wait_until


def waited(clock: t.Any, looks: list[tuple[float, str]], on_progress: Progress) -> None:
    """A wait whose probe sees each thing from its second on; the last of them is the end."""
    began = clock.now()

    def probe() -> Seen[None]:
        seen = [what for since, what in looks if clock.now() - began >= since][-1]
        return Seen(seen == looks[-1][1], "a phrase", line=seen)

    wait_until(probe, Wait(timeout=1000.0, on_progress=on_progress), clock, "the end")


def test_a_line_for_what_is_new_and_at_most_one_a_second(clock: t.Any) -> None:
    shown: list[str] = []
    looks = [(0, "a"), (1.5, "b"), (2.3, "c"), (2.6, "d"), (75, "e"), (90, "end")]
    waited(clock, looks, Progress(shown.append, clock=clock))
    assert shown == ["a · 1s", "b · 2s", "d · 3s", "e · 1m19s"]


def test_what_is_over_within_a_second_needs_no_line(clock: t.Any) -> None:
    shown: list[str] = []
    waited(clock, [(0, "a"), (0.5, "b"), (0.9, "end")], Progress(shown.append, clock=clock))
    assert shown == []


def test_a_second_wait_of_the_same_task_begins_anew(clock: t.Any) -> None:
    shown: list[str] = []
    on_progress = Progress(shown.append, clock=clock)
    for dummy in range(2):
        waited(clock, [(0, "50%"), (3, "end")], on_progress)
    assert [line.split(" · ")[0] for line in shown] == ["50%", "50%"]


def test_several_waits_at_once_share_the_line_of_a_second(clock: t.Any) -> None:
    shown: list[str] = []
    on_progress = Progress(shown.append, clock=clock)
    for number in range(40):
        clock.sleep(0.1)
        on_progress(f"one {number}", 5.0 + number / 10)
        on_progress(f"two {number}", 0.5 + number / 10)
    assert len(shown) == 4


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.9, "59s"), (72, "1m12s"), (3599, "59m59s"), (7384, "2h03m")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("action", "more", "line"),
    [
        (Action("1", "maintenance_on", "node", "running", 40.4, "node", "2"), (), "node:2 maintenance_on 40%"),
        (
            Action("1", "maintenance_on", "node", "running", 40.4, "node", "2"),
            ("3 shards left",),
            "node:2 maintenance_on 40% · 3 shards left",
        ),
        (Action("1", "remove", "node", "queued", 0.0, "node", "2"), (), "node:2 remove queued"),
        (Action("1", "remove", "node", "running", None, "node", "2"), (), "node:2 remove running"),
        (Action("1", "rebalance", "cluster", "running", 7.0, "cluster"), (), "cluster rebalance 7%"),
        (
            Action("1", "SMUpdateBDB", "state_machine", "running", None, "bdb", "5", state="moving"),
            (),
            "bdb:5 SMUpdateBDB running · state moving",
        ),
    ],
)
def test_the_line_of_an_action(action: Action, more: tuple[str, ...], line: str) -> None:
    assert action.line(*more) == line


def test_the_lines_of_a_module_are_in_its_file_while_it_runs(tmp_path: Path, clock: t.Any) -> None:
    path = tmp_path / "lines"
    with progress_file(str(path), lambda line: line.replace("s3cret", "***")) as on_progress:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() == ""
        on_progress("at 40%", 0.5)
        on_progress("at 50%\nwith s3cret", 2.0)
        assert path.read_text() == "at 50% with *** · 2s\n"
    assert not path.exists()


def test_a_file_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("mine")
    with progress_file(str(path), str) as on_progress:
        on_progress("at 50%", 2.0)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", [None, "", "/dev/null/lines"])
def test_where_no_file_can_be_made_nothing_is_shown(name: str | None) -> None:
    with progress_file(name, str) as on_progress:
        assert on_progress("at 50%", 2.0)


def test_the_file_goes_with_a_module_that_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), progress_file(str(tmp_path / "lines"), str):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_no_folder_is_made_where_others_may_need_it(tmp_path: Path) -> None:
    with progress_file(str(tmp_path / "shared" / "lines"), str) as on_progress:
        assert on_progress("at 50%", 2.0)
    assert list(tmp_path.iterdir()) == []


def test_the_name_may_begin_with_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with progress_file("~/.ansible/tmp/lines", str):
        assert (tmp_path / ".ansible" / "tmp" / "lines").exists()

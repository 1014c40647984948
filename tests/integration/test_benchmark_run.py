# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark runs: every work in every way once, on sets too small to say anything about time."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest
from benchmark.__main__ import main
from support.emulated import Emulated


def test_every_cell_does_its_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[tuple[str, dict[str, t.Any]]] = []
    ask_for = Emulated.fault

    def fault(cluster: Emulated, kind: str, **options: t.Any) -> None:
        faults.append((kind, options))
        ask_for(cluster, kind, **options)

    monkeypatch.setattr(Emulated, "fault", fault)
    figures = tmp_path / "benchmark.json"
    assert main(["--runs", "1", "--sizes", "2", "--changes", "2", "--rolled", "2", "--json", str(figures)]) == 0
    cells = {(cell["work"], cell["way"]): cell["median"] for cell in json.loads(figures.read_text())["cells"]}
    assert len(cells) == 1 + 6 + 3 * 5 + 1
    assert all(cell["peak_mib"] > 10 and cell["seconds"] > 0 for cell in cells.values())
    for way in ("set.in_process", "set.as_module", "floor", "uri_jinja"):
        median = cells["converged", way]
        assert (median["requests"], median["writes"], median["connections"]) == (1, 0, 1)
    for (work, way), median in cells.items():
        assert median["writes"] == (0 if work in ("", "converged") else 2), f"{work} {way}"
    assert cells["roll, a node", "roll"]["requests"] > 10, "the cluster was looked at before and after each action"
    assert faults == [("latency", {"delay": 0.02})] * 5, "the cluster takes its time in one work, whatever the way"
    assert "Targets:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ([sys.executable, "-c", "import sys; sys.exit('no luck')"], "no luck"),
        ([sys.executable, "-c", ""], "is worth nothing: 0 writes instead of 2, and not as asked: bench-001, bench-002"),
    ],
)
def test_a_run_that_fails_or_does_not_do_its_work_ends_the_benchmark(
    command: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.measuring.command", lambda *_arguments: command)
    with pytest.raises(SystemExit, match=sentence):
        main(["--runs", "1", "--changes", "2", "--only", "change 2 set", "--json", str(tmp_path / "benchmark.json")])
    assert not (tmp_path / "benchmark.json").exists()


def test_a_roll_that_rolls_nothing_ends_the_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.roll.PLAYBOOK", "redis_enterprise.cluster.health_check")
    figures = tmp_path / "benchmark.json"
    with pytest.raises(SystemExit, match="the roll is worth nothing: 0 actions for 3 nodes"):
        main(["--runs", "1", "--rolled", "2", "--only", "roll", "--json", str(figures)])
    assert not figures.exists()

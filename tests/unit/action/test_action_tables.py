# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of docs/node_actions.md: every cell is filled, and a column that is added says which cells are missing."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from support.action_situations import FAILS, NODE_TABLE, REFUSED, RUNS, TABLES, Situation, Table

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_cell_is_filled_once(table: Table) -> None:
    assert table.missing() == []
    assert len({row.id for row in table.rows}) == len(table.rows)
    assert len({row.text for row in table.rows}) == len(table.rows)


def test_a_new_action_is_told_its_missing_cells() -> None:
    more = dataclasses.replace(NODE_TABLE, columns=(*NODE_TABLE.columns, "balance"))
    missing = more.missing()
    assert missing[0] == (
        "tests/support/action_situations.py: the row decommissioning has no cell for balance: add balance=... to it"
    )
    named = [row.id for row in NODE_TABLE.rows if row.otherwise is None]
    assert len(missing) == len(named)
    assert all(f"the row {row} " in sentence for row, sentence in zip(named, missing, strict=True))


def test_a_cell_of_an_action_that_is_none_is_named() -> None:
    table = Table("t", ("on",), ("`on`",), (Situation("row", "a row", FAILS, off=RUNS),))
    assert table.missing() == ["tests/support/action_situations.py: the row row has a cell for off, which is no column"]


def test_a_table_in_markdown() -> None:
    rows = (Situation("one", "a thing", RUNS), Situation("two", "another", RUNS, off=REFUSED))
    assert Table("t", ("on", "off"), ("`on`", "`off`"), rows).markdown() == (
        "| the task finds | `on` | `off` |\n"
        "| --- | --- | --- |\n"
        "| a thing | runs | runs |\n"
        "| another | runs | refused |"
    )


def test_a_page_that_differs_is_found_and_written(tmp_path: Path) -> None:
    """On a copy of the tool and the page; the tables come from the checkout."""
    for name in ("docs/node_actions.md", "tests/tools/action_tables.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    page, tool = tmp_path / "docs" / "node_actions.md", tmp_path / "tests" / "tools" / "action_tables.py"
    right = page.read_text(encoding="utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, tool, *arguments], capture_output=True, text=True, check=False)

    assert run("--check").returncode == 0
    page.write_text(right.replace("| times out ", "| runs ", 1), encoding="utf-8")
    found = run("--check")
    assert (found.returncode, "run: make format" in found.stdout) == (1, True)
    assert run().returncode == 0
    assert page.read_text(encoding="utf-8") == right
    page.write_text(right.replace("<!-- table: node actions -->", ""), encoding="utf-8")
    assert "docs/node_actions.md: write the lines <!-- table: node actions --> and" in run("--check").stderr

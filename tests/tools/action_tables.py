# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of docs/node_actions.md from tests/support/action_situations.py; with --check it only compares.

A table stands between the comments `<!-- table: NAME -->` and `<!-- end of table -->`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from support.action_situations import TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "node_actions.md"


def rendered(page: str) -> str:
    """The page with each table as it should be."""
    for table in TABLES:
        missing = table.missing()
        if missing:
            raise SystemExit("\n".join(missing))
        marks = f"<!-- table: {table.name} -->", "<!-- end of table -->"
        before, begin, rest = page.partition(f"{marks[0]}\n")
        dummy, end, after = rest.partition(f"\n{marks[1]}")
        if not end:
            raise SystemExit(f"docs/node_actions.md: write the lines {' and '.join(marks)}, one below the other")
        page = f"{before}{begin}{table.markdown()}{end}{after}"
    return page


def main() -> int:
    """0 if the page is, or now is, as it should be."""
    page = PAGE.read_text(encoding="utf-8")
    wanted = rendered(page)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, encoding="utf-8")
    elif wanted != page:
        print("docs/node_actions.md: the tables differ from tests/support/action_situations.py; run: make format")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

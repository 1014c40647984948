# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolves requirements-dev.in, with all that it brings along, into requirements-dev.lock.

Run it on the oldest Python that is supported, because the newest releases that run there run on the later ones as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = """\
# Everything that development needs, pinned; usable on Python 3.11 to 3.13.
# Written by `make lock` from requirements-dev.in; do not edit.
"""


def main() -> None:
    """Ask pip what it would install into an empty environment, and write that down."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--quiet", "--dry-run", "--ignore-installed"]
        subprocess.run([*command, "--report", report, "-r", "requirements-dev.in"], cwd=ROOT, check=True)
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
    found = {item["metadata"]["name"].lower().replace("_", "-"): item["metadata"]["version"] for item in items}
    pins = [f"{name}=={version}\n" for name, version in sorted(found.items())]
    (ROOT / "requirements-dev.lock").write_text(HEADER + "".join(pins), encoding="utf-8")


if __name__ == "__main__":
    main()

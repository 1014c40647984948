# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the collection, for tests of what holds for all of them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def python_files(*folders: str) -> list[Path]:
    """The Python files of the collection that git knows or would add, below any of `folders`."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard", "*.py"]
    listing = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    paths = [Path(name) for name in sorted(set(listing.split("\0")) - {""}) if (ROOT / name).is_file()]
    return [path for path in paths if any(path.is_relative_to(folder) for folder in folders)]


def text(path: Path | str) -> str:
    """The content of a file. (An `__init__.py` in plugins/ has to be empty; ansible-test wants it so.)"""
    return (ROOT / path).read_text(encoding="utf-8")


def load(path: Path | str) -> Any:
    """A YAML file of the collection."""
    return yaml.safe_load(text(path))

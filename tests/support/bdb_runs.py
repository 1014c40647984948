# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that tests of other things need first."""

from __future__ import annotations

import typing as t

from .brisk import BriskModule
from .emulated import Emulated

MB = 1024 * 1024
SIZE = {"memory_size": "100MB"}
REGEX = [{"regex": r".*\{(?<tag>.*)\}.*"}, {"regex": "(?<tag>.*)"}]


def created(process: BriskModule | Emulated, name: str, **options: t.Any) -> int:
    """The uid of a new database."""
    process = BriskModule(process) if isinstance(process, Emulated) else process
    result = process.run(name=name.replace("_", "-").replace(" ", "-"), **{**SIZE, **options}).result
    assert not result.get("failed"), result
    return int(result["bdb"]["uid"])

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each release of Redis Enterprise Software had."""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, int, int]


def parse_version(text: str) -> tuple[Version, str]:
    """The version as numbers, and in the spelling of node objects (with a build number)."""
    match = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?(?:-(\d+))?", text)
    if match is None:
        raise ValueError(f"'{text}' is no version; write it like 8.0.16 or 7.22.2-14.")
    major, minor, patch, build = match.groups()
    numbers = (int(major), int(minor), int(patch or 0))
    return numbers, f"{numbers[0]}.{numbers[1]}.{numbers[2]}-{build or 29}"


@dataclass(frozen=True)
class Features:
    """Switches that depend on the release alone. Sources stand in the README's provenance table."""

    v2_actions: bool
    maintenance_snapshot: bool  # in /v1/nodes/status
    one_maintenance_snapshot: bool  # maintenance_on keeps an existing snapshot unless told to overwrite it
    evict_options: bool  # evict_ha_replica, evict_active_active_replica, evict_dbs
    float_progress: bool
    lag_check: bool
    health_report: bool


def features_of(version: Version) -> Features:
    since_742 = version >= (7, 4, 2)
    return Features(
        v2_actions=version >= (7, 22, 0),
        maintenance_snapshot=since_742,
        one_maintenance_snapshot=since_742,
        evict_options=since_742,
        float_progress=since_742,
        lag_check=version >= (8, 0, 0),
        health_report=version >= (8, 0, 16),
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release numbers and builds."""

from __future__ import annotations

import re

Version = tuple[int, ...]  # major, minor, patch and build; what is missing compares as the first of its line

# The build that a release stands for when none is given: the one captured live, else the newest in the vendor's notes.
BUILDS: dict[Version, int] = {
    (6, 4, 2): 131,
    (7, 2, 4): 154,
    (7, 4, 2): 216,
    (7, 4, 6): 272,
    (7, 8, 2): 60,
    (7, 8, 4): 95,
    (7, 8, 6): 286,
    (7, 22, 0): 250,
    (7, 22, 2): 170,
    (8, 0, 2): 41,
    (8, 0, 6): 54,
    (8, 0, 10): 81,
    (8, 0, 16): 29,
    (8, 0, 18): 36,
    (8, 0, 20): 68,
    (8, 2, 0): 25,
}
_OTHER_BUILD = 29


def parse_version(text: str) -> tuple[Version, str]:
    """The version as numbers, and in the spelling of node objects (with a build number)."""
    match = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?(?:-(\d+))?", text)
    if match is None:
        raise ValueError(f"'{text}' is no version; write it like 8.0.16 or 7.22.2-14.")
    release = (int(match[1]), int(match[2]), int(match[3] or 0))
    build = int(match[4]) if match[4] else BUILDS.get(release, _OTHER_BUILD)
    return (*release, build), f"{release[0]}.{release[1]}.{release[2]}-{build}"

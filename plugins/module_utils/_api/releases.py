# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release of Redis Enterprise Software brought what, with the source of each fact."""

from __future__ import annotations

import re
import typing as t

Release = tuple[int, ...]

REDIS_ACL_DRY_RUN: Release = (7, 8, 4)  # ?dry_run of /v1/redis_acls; release notes 7.8.4-18


def release_of(software_version: t.Any) -> Release:
    """The release in a node's version, such as C(8.0.20-68); the earliest of all where it says none."""
    match = re.match(r"\d+(\.\d+)*", str(software_version))
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def all_have(feature: Release, nodes: t.Sequence[t.Mapping[str, t.Any]]) -> bool:
    """Whether every node has a feature: during an upgrade, nodes of an earlier release may answer."""
    return bool(nodes) and all(release_of(node.get("software_version")) >= feature for node in nodes)

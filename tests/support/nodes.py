# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of an emulated cluster that go down."""

from __future__ import annotations

import time

from .emulated import Emulated


def stop(cluster: Emulated, uid: int, seconds: float = 30.0) -> None:
    """End a node's process, and wait until the others have noticed and have a primary again."""
    cluster.control("POST", f"/nodes/{uid}/stop")
    other = 1 if uid != 1 else 2
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = cluster.api("GET", "/v1/nodes", node=other)
        if answer.status_code == 200 and any(node["uid"] == uid and node["status"] == "down" for node in answer.json()):
            return
        time.sleep(0.05)
    raise AssertionError(f"the cluster did not notice within {seconds:g} s that node {uid} is down")

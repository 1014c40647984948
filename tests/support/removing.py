# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the playbook node_removal against an emulated cluster, and what became of it."""

from __future__ import annotations

import typing as t

from .emulated import Emulated
from .rolling import Roll, Roller

PLAYBOOK = "redis_enterprise.cluster.node_removal"
ROLE = "redis_enterprise.cluster.node_removal"
REMOVE, ENSLAVE = "remove", "enslave_node"
QUICK: dict[str, t.Any] = {"node_removal_healthy_timeout": 1}
REST_ONLY = ("--data-plane", "none", "--time-scale", "0.3")


def remove(roller: Roller, *arguments: str, **variables: t.Any) -> Roll:
    return roller.run(PLAYBOOK, *arguments, **variables)


def database(cluster: Emulated, name: str, **options: t.Any) -> None:
    made = cluster.run("redis_bdb", name=name, **{"memory_size": "100MB", "replication": True, **options})
    assert not made.result.get("failed"), made.result


def nodes(cluster: Emulated) -> list[int]:
    return [node["uid"] for node in cluster.control("GET", "/state")["nodes"]]


def primary(cluster: Emulated) -> int:
    return int(cluster.control("GET", "/state")["primary"])


def homes(cluster: Emulated) -> set[int]:
    """The uids of the nodes that hold shards or endpoints."""
    state = cluster.control("GET", "/state")
    return {each["node_uid"] for each in [*state["shards"], *state["endpoints"]]}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster is like when an operation begins. Node 1 is its primary.

Database 1 (cache) has two primary shards with replicas, 2 (carts) one shard without, 3 (orders) one with a replica.
"""

from __future__ import annotations

from typing import Any

from fuzz.stage import Stage

_MB = 2**20
_REGEX = [{"regex": r".*\{(?<tag>.*)\}.*"}, {"regex": "(?<tag>.*)"}]
_SETTLED = 4.0  # seconds by which everything has ended
_SLOW, _WHILE = 2.0, 1.6  # seconds that something takes, and after how many of them the operation begins


def empty(stage: Stage) -> None:
    """No database."""


def calm(stage: Stage) -> None:
    """Three databases, nothing going on, and the records of what went on before."""
    sharded = {"sharding": True, "shards_count": 2, "shard_key_regex": _REGEX}
    _create(stage, name="cache", memory_size=400 * _MB, replication=True, **sharded)
    _create(stage, name="carts", memory_size=100 * _MB)
    _create(stage, name="orders", memory_size=200 * _MB, replication=True, data_persistence="aof")
    for action in ("maintenance_on", "maintenance_off"):
        _node_action(stage, 3, action)


def with_acl(stage: Stage) -> None:
    """A Redis ACL."""
    calm(stage)
    stage.api("POST", "/v1/redis_acls", {"name": "shop-read", "acl": "+@read ~shop:*"})


def two_of_one_name(stage: Stage) -> None:
    calm(stage)
    _create(stage, name="carts", memory_size=100 * _MB)


def in_maintenance(stage: Stage) -> None:
    """Node 2."""
    calm(stage)
    _node_action(stage, 2, "maintenance_on")


def another_in_maintenance(stage: Stage) -> None:
    """Node 3, so that no other may follow."""
    calm(stage)
    _node_action(stage, 3, "maintenance_on")


def down(stage: Stage) -> None:
    """Node 3."""
    calm(stage)
    stage.control("POST", "/nodes/3/stop")
    stage.advance(_SETTLED)


def draining(stage: Stage) -> None:
    """Node 2, for a moment more."""
    calm(stage)
    stage.control("POST", "/faults", {"kind": "slow_action", "name": "maintenance_on", "seconds": _SLOW})
    stage.api("POST", "/v1/nodes/2/actions/maintenance_on", {})
    stage.advance(_WHILE)


def removed(stage: Stage) -> None:
    """Node 3 of four."""
    calm(stage)
    _node_action(stage, 3, "remove")


def rebalance_known(stage: Stage) -> None:
    """A cluster action that was not run yet."""
    calm(stage)
    stage.control("POST", "/cluster-actions", {"name": "rebalance", "seconds": 0.2})


def rebalanced(stage: Stage) -> None:
    rebalance_known(stage)
    stage.api("POST", "/v1/cluster/actions/rebalance", {})
    stage.advance(_SETTLED)


def rebalancing(stage: Stage) -> None:
    rebalance_known(stage)
    stage.control("POST", "/faults", {"kind": "slow_action", "name": "rebalance", "seconds": _SLOW})
    stage.api("POST", "/v1/cluster/actions/rebalance", {})
    stage.advance(_WHILE)


def updating(stage: Stage) -> None:
    """Database 2, for a moment more."""
    calm(stage)
    stage.control("POST", "/faults", {"kind": "slow_action", "name": "SMUpdateBDB", "bdb_uid": 2, "seconds": _SLOW})
    stage.api("PUT", "/v1/bdbs/2", {"memory_size": 150 * _MB})
    stage.advance(_WHILE)


def action_of(stage: Stage, name: str) -> str:
    """The uid of the newest action of that name."""
    return str([each for each in stage.api("GET", "/v2/actions") if each["name"] == name][-1]["action_uid"])


def _create(stage: Stage, **fields: Any) -> None:
    stage.api("POST", "/v1/bdbs", fields)
    stage.advance(_SETTLED)


def _node_action(stage: Stage, uid: int, name: str) -> None:
    stage.api("POST", f"/v1/nodes/{uid}/actions/{name}", {})
    stage.advance(_SETTLED)
    status = stage.api("GET", f"/v1/nodes/{uid}/actions/{name}")["status"]
    assert status == "completed", f"{name} of node {uid} is {status}"

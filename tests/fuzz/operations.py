# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that are put before mutated answers: one entry each. A new module needs an entry here and no more."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front
from ansible_collections.redis_enterprise.cluster.plugins.modules import (
    redis_acl,
    redis_acl_info,
    redis_action_info,
    redis_bdb,
    redis_bdb_info,
    redis_bdb_set,
    redis_cluster_action,
    redis_health_info,
    redis_node_action,
    redis_node_info,
    redis_roll_node_info,
    redis_roll_plan_info,
)
from fuzz import claims, scenes
from fuzz.claims import Claim
from fuzz.stage import Stage

Options = Mapping[str, Any] | Callable[[Stage], Mapping[str, Any]]
Green = Callable[[Mapping[str, Any]], bool]


def succeeded(result: Mapping[str, Any]) -> bool:
    return True


def healthy(result: Mapping[str, Any]) -> bool:
    return bool(result["healthy"])


def checks_pass(result: Mapping[str, Any]) -> bool:
    """Of redis_node_info with extended."""
    return all(node["check"]["passed"] for node in result["nodes"])


@dataclass(frozen=True)
class Operation:
    """One task: C(front) is its module's, None the inventory plugin.

    C(claim) is what a success asserts about the cluster; C(green) whether it is a verdict that needs proof. C(stage)
    are options of the emulated cluster.
    """

    front: Front | None
    name: str
    options: Options
    scene: Callable[[Stage], None] = scenes.calm
    claim: Claim = claims.nothing
    green: Green = succeeded
    check: bool = False
    stage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_about_health(self) -> bool:
        return self.front in (redis_health_info.FRONT, redis_roll_node_info.FRONT)

    def options_on(self, stage: Stage) -> Mapping[str, Any]:
        return self.options(stage) if callable(self.options) else self.options


_bdb = functools.partial(Operation, redis_bdb.FRONT)
_bdb_set = functools.partial(Operation, redis_bdb_set.FRONT)
_bdb_info = functools.partial(Operation, redis_bdb_info.FRONT)
_node = functools.partial(Operation, redis_node_action.FRONT)
_node_info = functools.partial(Operation, redis_node_info.FRONT)
_cluster = functools.partial(Operation, redis_cluster_action.FRONT)
_action_info = functools.partial(Operation, redis_action_info.FRONT)
_health = functools.partial(Operation, redis_health_info.FRONT, green=healthy)
_acl = functools.partial(Operation, redis_acl.FRONT)
_acl_info = functools.partial(Operation, redis_acl_info.FRONT)
_roll_plan = functools.partial(Operation, redis_roll_plan_info.FRONT)
_roll_node = functools.partial(Operation, redis_roll_node_info.FRONT)
_inventory = functools.partial(Operation, None)

_OLD = {"version": "6.4.2"}
_FOUR = {"nodes": 4}
_RESIZED = {"name": "carts", "memory_size": "150MB"}
_NEW = {"name": "fresh", "memory_size": "100MB", "replication": True}
_AS_IS = {
    "name": "orders",
    "memory_size": "200MB",
    "replication": True,
    "data_persistence": "aof",
    "eviction_policy": "volatile-lru",
    "max_connections": 0,
    "oss_cluster": False,
}
_CACHE = {"name": "cache", "memory_size": "400MB"}
_NO_CARTS = {"name": "carts", "state": "absent"}
_ON = {"node_uid": 2, "action": "maintenance_on"}
_OFF = {"node_uid": 2, "action": "maintenance_off"}
_REMOVE = {"node_uid": 3, "action": "remove"}
_REBALANCE = {"action": "rebalance"}
_MASTER = {"action": "change_master", "node_uid": 2}
_HOSTS = [{"name": f"n{uid}", "addresses": [f"127.0.0.{uid}"]} for uid in (1, 2, 3)]
_ROLL = {"operation": "maintenance", "hosts": _HOSTS}
_TURN = {"operation": "maintenance", "hosts": _HOSTS[1:2], "turn": "n2"}
_READS = {"name": "shop-read", "acl": "+@read ~shop:*"}
_WRITES = {"name": "shop-read", "acl": "+@all ~shop:*"}
_NO_ACL = {"name": "shop-read", "state": "absent"}
_IS_NEW = claims.database("fresh", replication=True)
_IS_RESIZED = claims.database("carts", memory_size=150 * 2**20)
_IS_REBALANCED = claims.completed("/v1/cluster/actions/rebalance")
_NO_MORE_CARTS = claims.absent("/v1/bdbs", "carts")
_CHANGES = claims.changes(True)
_PLANNED = claims.hosts_planned({"n1": 1, "n2": 2, "n3": 3})


def _uid_of(name: str, **options: Any) -> Options:
    return lambda stage: {"uid": scenes.action_of(stage, name), **options}


def _drain_of_node_2(stage: Stage) -> Mapping[str, Any]:
    """The action as the task has returned it that started it."""
    known = {"name": "maintenance_on", "status": "queued", "kind": "node", "object_type": "node", "object_uid": "2"}
    return {"action": {"uid": scenes.action_of(stage, "maintenance_on"), **known}, "wait": True}


def _back(stage: Stage) -> Mapping[str, Any]:
    """Node 2, as it was noted before its maintenance."""
    shards = [
        {"bdb_uid": each["bdb_uid"], "slots": each["assigned_slots"], "role": each["role"]}
        for each in stage.api("GET", "/v1/shards")
        if each["node_uid"] == "2"
    ]
    note = {"uid": 2, "in_maintenance": False, "quorum_only": False, "rack_id": None, "shards": shards}
    return {"operation": "maintenance", "node_uid": 2, "before": note}


_ALL = [
    _bdb("bdb_create", _NEW, claim=_IS_NEW),
    _bdb("bdb_create_first", _NEW, scenes.empty, _IS_NEW),
    _bdb("bdb_create_check", _NEW, claim=_CHANGES, check=True),
    _bdb("bdb_update", _RESIZED, claim=_IS_RESIZED),
    _bdb("bdb_update_by_uid", {"uid": 2, **_RESIZED}, claim=_IS_RESIZED),
    _bdb("bdb_update_check", _RESIZED, claim=_CHANGES, check=True),
    _bdb("bdb_update_old", _RESIZED, claim=_IS_RESIZED, stage=_OLD),
    _bdb("bdb_update_unsettled", {**_RESIZED, "max_connections": 100}, scenes.updating, _IS_RESIZED),
    _bdb("bdb_rename", {"uid": 2, "name": "baskets"}, claim=claims.database("baskets")),
    _bdb("bdb_as_is", _AS_IS, claim=claims.database("orders", memory_size=200 * 2**20)),
    _bdb("bdb_flush", {"name": "carts", "action": "flush", "confirm_flush": True}),
    _bdb("bdb_reset_password", {"name": "carts", "action": "reset_admin_pass"}),
    _bdb("bdb_delete", _NO_CARTS, claim=_NO_MORE_CARTS),
    _bdb("bdb_delete_by_uid", {"uid": 2, **_NO_CARTS}, claim=_NO_MORE_CARTS),
    _bdb("bdb_delete_check", _NO_CARTS, claim=_CHANGES, check=True),
    _bdb("bdb_gone_already", {"name": "fresh", "state": "absent"}),
    _bdb("bdb_refuse_two", _RESIZED, scenes.two_of_one_name),
    _bdb("bdb_refuse_delete_of_two", _NO_CARTS, scenes.two_of_one_name),
    _bdb("bdb_refuse_other_name", {"uid": 3, **_NO_CARTS}),
    _bdb_set("bdb_set_as_is", {"databases": [_AS_IS, _CACHE]}),
    _bdb_set("bdb_set_create", {"databases": [_AS_IS, _NEW]}, claim=_IS_NEW),
    _bdb_set("bdb_set_update", {"databases": [_AS_IS, _RESIZED]}, claim=_IS_RESIZED),
    _bdb_set("bdb_set_purge", {"databases": [_AS_IS, _CACHE], "purge": True}, claim=_NO_MORE_CARTS),
    _bdb_set("bdb_set_refuse_purge", {"databases": [_AS_IS], "purge": True}),
    _bdb_info("bdb_info", {}, claim=claims.shown("bdbs", 1, 2, 3)),
    _bdb_info("bdb_info_by_name", {"name": "carts"}, claim=claims.shown("bdbs", 2)),
    _bdb_info("bdb_info_by_uid", {"uid": 2}, claim=claims.shown("bdbs", 2)),
    _acl("acl_create", _READS, claim=claims.present("/v1/redis_acls", **_READS)),
    _acl("acl_create_check", _READS, claim=_CHANGES, check=True),
    _acl("acl_update", _WRITES, scenes.with_acl, claims.present("/v1/redis_acls", **_WRITES)),
    _acl("acl_as_is", _READS, scenes.with_acl, claims.present("/v1/redis_acls", **_READS)),
    _acl("acl_delete", _NO_ACL, scenes.with_acl, claims.absent("/v1/redis_acls", "shop-read")),
    _acl("acl_delete_check", _NO_ACL, scenes.with_acl, _CHANGES, check=True),
    _acl("acl_refuse_predefined", {"name": "Full Access", "state": "absent"}),
    _acl_info("acl_info", {}, scenes.with_acl, claims.shown("redis_acls", 1)),
    _acl_info("acl_info_by_uid", {"uid": 1}, claim=claims.shown("redis_acls", 1)),
    _node("node_on", _ON, claim=claims.drained(2)),
    _node("node_on_old", _ON, claim=claims.drained(2), stage=_OLD),
    _node("node_on_check", _ON, claim=_CHANGES, check=True),
    _node("node_on_already", _ON, scenes.in_maintenance, claims.drained(2)),
    _node("node_on_adopt", _ON, scenes.draining, claims.drained(2)),
    _node("node_on_cancel", {**_ON, "state": "absent"}, scenes.draining),
    _node("node_on_clear", {**_ON, "state": "absent"}, scenes.in_maintenance),
    _node("node_on_refuse", _ON, scenes.another_in_maintenance, claims.drained(2)),
    _node("node_on_refuse_old", _ON, scenes.another_in_maintenance, claims.drained(2), stage=_OLD),
    _node("node_on_refuse_down", _ON, scenes.down, claims.drained(2)),
    _node("node_off", _OFF, scenes.in_maintenance, claims.in_service(2)),
    _node("node_off_old", _OFF, scenes.in_maintenance, claims.in_service(2), stage=_OLD),
    _node("node_off_already", _OFF, claim=claims.in_service(2)),
    _node("node_remove", _REMOVE, claim=claims.not_in_cluster(3), stage=_FOUR),
    _node("node_remove_already", _REMOVE, scenes.removed, stage=_FOUR),
    _node("node_remove_refuse", {**_REMOVE, "node_uid": 1}, claim=claims.not_in_cluster(1), stage=_FOUR),
    _node("node_enslave", {"node_uid": 1, "action": "enslave_node"}, claim=claims.not_primary(1)),
    _node("node_enslave_already", {"node_uid": 3, "action": "enslave_node"}, claim=claims.not_primary(3)),
    _node_info("node_info", {}, scenes.in_maintenance, claims.nodes_shown),
    _node_info("node_info_old", {}, scenes.in_maintenance, claims.nodes_shown, stage=_OLD),
    _node_info("node_info_extended", {"extended": True}, claim=claims.nodes_shown, green=checks_pass),
    _cluster("cluster_action", _REBALANCE, scenes.rebalance_known, _IS_REBALANCED),
    _cluster("cluster_action_already", _REBALANCE, scenes.rebalanced, _IS_REBALANCED),
    _cluster("cluster_action_adopt", _REBALANCE, scenes.rebalancing, _IS_REBALANCED),
    _cluster("cluster_action_rerun", {**_REBALANCE, "rerun": True}, scenes.rebalanced, _IS_REBALANCED),
    _cluster("cluster_action_cancel", {**_REBALANCE, "state": "absent"}, scenes.rebalancing),
    _cluster("cluster_master", _MASTER, claim=claims.primary(2)),
    _cluster("cluster_master_already", {**_MASTER, "node_uid": 1}, claim=claims.primary(1)),
    _action_info("action_info", {}, claim=claims.actions_shown("/v2/actions")),
    _action_info("action_info_old", {}, claim=claims.actions_shown("/v1/actions"), stage=_OLD),
    _action_info("action_info_node", {"scope": "node"}, claim=claims.actions_shown("/v1/nodes/actions")),
    _action_info("action_info_one", _uid_of("SMUpdateBDB"), scenes.updating, claims.action_shown),
    _action_info("action_info_wait", _uid_of("SMUpdateBDB", wait=True), scenes.updating, claims.settled(2)),
    _action_info("action_info_wait_given", _drain_of_node_2, scenes.draining, claims.drained(2)),
    _health("health", {}),
    _health("health_old", {}, stage=_OLD),
    _health("health_without_node", {"without_node": 2}),
    _health("health_in_maintenance", {}, scenes.in_maintenance, claims.unhealthy),
    _health("health_in_maintenance_old", {}, scenes.in_maintenance, claims.unhealthy, stage=_OLD),
    _health("health_down", {}, scenes.down, claims.unhealthy),
    _health("health_wait", {"wait": True}, scenes.updating, claims.settled(2)),
    _roll_plan("roll_plan", _ROLL, claim=_PLANNED),
    _roll_plan("roll_plan_turn", _TURN, claim=claims.hosts_planned({"n2": 2})),
    _roll_plan("roll_plan_removal", {**_TURN, "operation": "removal"}, stage=_FOUR),
    _roll_plan("roll_plan_match", {**_ROLL, "operation": "match"}, claim=_PLANNED),
    _roll_plan("roll_plan_refuse_removal", {**_TURN, "operation": "removal"}),
    _roll_node("roll_node", _back, claim=claims.in_service(2)),
    _roll_node("roll_node_refuse", _back, scenes.in_maintenance, claims.in_service(2)),
    _roll_node("roll_node_removed", {"operation": "removal", "node_uid": 3}, scenes.removed, stage=_FOUR),
    _roll_node("roll_node_refuse_removed", {"operation": "removal", "node_uid": 3}, stage=_FOUR),
    _roll_node("roll_node_left", {"operation": "removal", "node_uid": 3, "failed_phase": "remove"}),
    _inventory("inventory", {}, claim=claims.hosts_shown),
    _inventory("inventory_in_maintenance", {"hostname": "hostname"}, scenes.in_maintenance, claims.hosts_shown),
]
OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in _ALL}

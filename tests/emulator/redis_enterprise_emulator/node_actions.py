# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node actions and their options."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .actions import Action, Run, failed
from .cluster import Cluster
from .dataplane.base import DataPlaneError
from .errors import ApiError
from .failover import Failover
from .layout import new_home
from .maintenance import Evacuation, Maintenance
from .model import Node
from .moves import Mover
from .placement import PlacementError

_BOOLS: dict[str, tuple[str, ...]] = {
    "remove": ("wait_for_persistence",),
    "maintenance_on": (
        "overwrite_snapshot",
        "evict_ha_replica",
        "evict_active_active_replica",
        "keep_slave_shards",
        "demote_node",
    ),
    "maintenance_off": ("skip_shards_restore",),
    "enslave_node": ("demote_node", "endpoints_only", "shards_only"),
}
NAMES = tuple(_BOOLS)
_TASK_NAMES = {"remove": "remove_node"}  # the name in lists and in /v1/actions
_LAYOUT = frozenset({"maintenance_on", "maintenance_off", "remove_node"})  # each undoes what another was about to do


def _check_options(action: str, options: Mapping[str, Any]) -> None:
    for key, value in options.items():
        if key in _BOOLS[action]:
            good = isinstance(value, bool)
        elif (action, key) == ("maintenance_on", "evict_dbs"):
            good = isinstance(value, list) and all(isinstance(uid, str) and uid.isdigit() for uid in value)
        elif (action, key) == ("maintenance_off", "snapshot_name"):
            good = isinstance(value, str)
        else:
            raise ApiError(400, "invalid_schema", f"Action {action} has no option '{key}'.")
        if not good:
            raise ApiError(400, "invalid_schema", f"Option '{key}' of action {action} has a value of the wrong type.")


class NodeActions:
    def __init__(
        self, cluster: Cluster, mover: Mover, failover: Failover, on_removed: Callable[[Node], Awaitable[None]]
    ) -> None:
        self._cluster = cluster
        self._mover = mover
        self._failover = failover
        self._maintenance = Maintenance(cluster, mover)
        self._on_removed = on_removed

    @property
    def maintenance(self) -> Maintenance:
        return self._maintenance

    def start(self, node_uid: int, name: str, options: Mapping[str, Any]) -> Action:
        cluster = self._cluster
        node = cluster.node(node_uid)
        if name not in NAMES:
            raise ApiError(400, "invalid_action", f"'{name}' is no node action; use one of {', '.join(NAMES)}.")
        _check_options(name, options)
        # Older releases pass over the options that they do not know; inferred.
        known = {key: value for key, value in options.items() if cluster.release.has_option(name, key)}
        task_name = _TASK_NAMES.get(name, name)
        same = [a for a in cluster.actions.scoped("node") if a.name == task_name]
        if any(not action.terminal for action in same):
            raise ApiError(409, "action_in_progress", f"Action {name} is already in progress.")
        if task_name in _LAYOUT:
            cluster.actions.supersede(node_uid, _LAYOUT)
        cluster.actions.forget(action for action in same if action.node_uid == node_uid)
        if name == "remove":
            node.leaving = True  # from here on nothing is placed on it, even if the removal fails
        action = Action("task", task_name, "queued", node_uid=node_uid, url_name=name, scope="node")
        work = {
            "remove": self._remove,
            "maintenance_on": self._maintenance_on,
            "maintenance_off": self._maintenance.off,
            "enslave_node": self._enslave,
        }[name]
        return cluster.actions.start(action, lambda run: work(run, node, known))

    def find(self, node_uid: int, name: str) -> Action | None:
        found = [a for a in self._cluster.actions.scoped("node", node_uid) if name in a.names]
        return found[-1] if found else None

    async def _maintenance_on(self, run: Run, node: Node, options: Mapping[str, Any]) -> None:
        await self._maintenance.on(run, node, options)
        if options.get("demote_node"):
            await self._failover.demote(node.uid)

    async def _enslave(self, run: Run, node: Node, options: Mapping[str, Any]) -> None:
        """Shards and endpoints go, or only the one that an option names; the primary's role goes with demote_node."""
        cluster = self._cluster
        only_shards, only_endpoints = options.get("shards_only", False), options.get("endpoints_only", False)
        everything = not (only_shards or only_endpoints)
        await run.advance(10, "shards")
        if everything or only_shards:
            for shard in cluster.shards_on(node.uid):
                replica = cluster.replica_of(shard) if shard.role == "master" else None
                if replica is not None and cluster.shard_up(replica):
                    await self._mover.switch(shard, replica)
        await run.advance(50, "endpoints")
        if everything or only_endpoints:
            for endpoint in cluster.endpoints_on(node.uid):
                home = self._mover.endpoint_home(endpoint.bdb_uid, node.uid)
                if home is not None:
                    await self._mover.rebind(endpoint.bdb_uid, home)
        await run.finish()
        if options.get("demote_node"):
            await self._failover.demote(node.uid)

    async def _remove(self, run: Run, node: Node, options: Mapping[str, Any]) -> None:
        cluster = self._cluster
        node.decommissioning = True
        cluster.touch()
        try:
            if len(cluster.nodes) == 1:
                raise failed("insufficient_resources", "The last node of a cluster cannot be removed.")
            if node.alive:
                evacuation = Evacuation(cluster, self._mover, node, {})
                evacuation.check_resources()
                await evacuation.run(run, 5, 95)
            else:
                await self._abandon(run, node)
            if options.get("wait_for_persistence", cluster.policy.get("persistent_node_removal")):
                await run.advance(98, "wait_for_persistence", 0.2)
            await run.finish()
        except Exception:
            fault = cluster.faults.of_action("half_removed", run.action.names, node.uid, None)
            if fault is not None:
                cluster.faults.hit(fault)
            node.decommissioning = fault is not None
            cluster.touch()
            raise
        await self._failover.demote(node.uid)
        cluster.nodes.pop(node.uid, None)
        cluster.touch()
        # The listener closes a moment later, so that a client of this very node still sees the result.
        await asyncio.sleep(0)
        await self._on_removed(node)

    async def _abandon(self, run: Run, node: Node) -> None:
        """Remove a dead node: its replicas are rebuilt elsewhere; a shard without a replica makes the removal fail."""
        cluster = self._cluster
        shards = cluster.shards_on(node.uid)
        lost = [shard.uid for shard in shards if shard.role == "master"]
        if lost:
            raise failed("internal_error", f"Shards {lost} are on node {node.uid}, which is down, and nowhere else.")
        for number, shard in enumerate(shards, 1):
            await run.advance(5 + 90 * number / len(shards), f"rebuild_shard_{shard.uid}", 0.05)
            try:
                home = new_home(cluster, shard)
            except PlacementError as error:
                raise failed("insufficient_resources", f"Shard {shard.uid} fits nowhere: {error}") from None
            try:
                await self._failover.rebuild(shard, home)
            except DataPlaneError as error:
                raise failed("internal_error", f"Shard {shard.uid} cannot be rebuilt: {error}") from None

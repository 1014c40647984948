# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance mode: snapshot, evacuation, restore."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from . import layout
from .actions import Run, failed
from .capacity import candidates, needed_memory
from .cluster import Cluster
from .dataplane.base import DataPlaneError
from .model import LISTENERS, Node, Shard, Snapshot
from .moves import Mover
from .placement import PlacementError

PER_SHARD = 0.05  # seconds at time scale 1


def _mark(node: Node) -> None:
    """Close the node to shards and endpoints, as maintenance does."""
    node.quorum_only, node.max_listeners = True, 0


class Evacuation:
    """Which shards leave a node, and how."""

    def __init__(self, cluster: Cluster, mover: Mover, node: Node, options: Mapping[str, Any]) -> None:
        self._cluster = cluster
        self._mover = mover
        self._node = node
        self._only = {int(uid) for uid in options["evict_dbs"]} if "evict_dbs" in options else None
        keep_all = bool(options.get("keep_slave_shards", False))
        self._keep_replicas = keep_all or not options.get("evict_ha_replica", True)
        self._keep_crdt = keep_all or not options.get("evict_active_active_replica", True)

    def _concerns(self, bdb_uid: int) -> bool:
        return self._only is None or bdb_uid in self._only

    def _keeps(self, shard: Shard) -> bool:
        """Whether the shard stays as a replica. One without a partner never does: its data would be unavailable."""
        crdt = bool(self._cluster.bdbs.get(shard.bdb_uid, {}).get("crdt"))
        has_partner = shard.role == "slave" or self._live_replica(shard) is not None
        return has_partner and (self._keep_crdt if crdt else self._keep_replicas)

    def _live_replica(self, master: Shard) -> Shard | None:
        replica = self._cluster.replica_of(master)
        return replica if replica is not None and self._cluster.shard_up(replica) else None

    def shards(self) -> list[Shard]:
        found = [shard for shard in self._cluster.shards_on(self._node.uid) if self._concerns(shard.bdb_uid)]
        return sorted(found, key=lambda shard: (shard.role != "master", shard.uid))

    def check_resources(self) -> None:
        """Fail before anything moves if the other nodes have no room for the shards that leave."""
        taken: dict[int, int] = {}
        try:
            for shard in self.shards():
                if not self._keeps(shard):
                    home = layout.new_home(self._cluster, shard, taken=taken)
                    taken[home] = taken.get(home, 0) + needed_memory(self._cluster, shard)
        except PlacementError as error:
            raise failed("insufficient_resources", f"Shards of node {self._node.uid} fit nowhere: {error}") from None

    async def run(self, run: Run, start: float, end: float) -> None:
        shards = self.shards()
        for number, shard in enumerate(shards, 1):
            await run.advance(start + (end - start) * number / len(shards), f"migrate_shard_{shard.uid}", PER_SHARD)
            await self._leave(shard)
        for endpoint in self._cluster.endpoints_on(self._node.uid):
            if self._concerns(endpoint.bdb_uid):
                home = self._mover.endpoint_home(endpoint.bdb_uid, self._node.uid)
                if home is None:
                    raise failed("insufficient_resources", "No other node can bind the endpoints.")
                await self._mover.rebind(endpoint.bdb_uid, home)

    async def _leave(self, shard: Shard) -> None:
        if shard.uid not in self._cluster.shards or shard.node_uid != self._node.uid:
            return  # gone meanwhile
        keeps = self._keeps(shard)
        if shard.role == "master":
            replica = self._live_replica(shard)
            if replica is not None:
                await self._mover.switch(shard, replica)
        if keeps:
            return
        try:
            home = layout.new_home(self._cluster, shard)
        except PlacementError as error:
            raise failed("insufficient_resources", f"Shard {shard.uid} fits nowhere: {error}") from None
        await self._mover.migrate(shard, home)


class Maintenance:
    def __init__(self, cluster: Cluster, mover: Mover) -> None:
        self._cluster = cluster
        self._mover = mover

    # -- on ---------------------------------------------------------------------------------------------------
    async def on(self, run: Run, node: Node, options: Mapping[str, Any]) -> None:
        cluster = self._cluster
        await run.advance(2, "check_quorum")
        self._check_quorum(node)
        await run.advance(5, "snapshot")
        self._take_snapshot(node, bool(options.get("overwrite_snapshot", False)))
        _mark(node)  # stays if what follows fails, as does the snapshot
        cluster.touch()
        await run.advance(8, "quorum_only")
        evacuation = Evacuation(cluster, self._mover, node, options)
        evacuation.check_resources()
        await evacuation.run(run, 10, 95)
        await run.finish()
        node.maintenance_depth += 1
        cluster.touch()

    def _check_quorum(self, node: Node) -> None:
        """Nodes in maintenance count as alive here, as they do in the product."""
        if not node.alive:
            raise failed("internal_error", f"Node {node.uid} is down.")
        left = len([other for other in self._cluster.live_nodes() if other.uid != node.uid])
        if 2 * left <= len(self._cluster.nodes):
            raise failed("internal_error", f"Taking node {node.uid} offline would cause quorum loss.")

    def _take_snapshot(self, node: Node, overwrite: bool) -> None:
        if self._cluster.release.does("one maintenance snapshot") and node.maintenance_snapshot() is not None:
            if not overwrite:
                return
            node.snapshots = [snapshot for snapshot in node.snapshots if not snapshot.maintenance]
        now = time.gmtime()
        name = time.strftime("maintenance_mode_%Y-%m-%d_%H-%M-%S", now)
        node.snapshots.append(self.snapshot_of(node, name, now, maintenance=True))
        self._cluster.touch()

    def snapshot_of(self, node: Node, name: str, when: time.struct_time, *, maintenance: bool) -> Snapshot:
        cluster = self._cluster
        return Snapshot(
            name=name,
            created_time=time.strftime("%Y-%m-%d %H:%M:%S", when),
            node_uid=node.uid,
            maintenance=maintenance,
            roles={shard.uid: shard.role for shard in cluster.shards_on(node.uid)},
            endpoints=tuple(endpoint.bdb_uid for endpoint in cluster.endpoints_on(node.uid)),
        )

    # -- off --------------------------------------------------------------------------------------------------
    async def off(self, run: Run, node: Node, options: Mapping[str, Any]) -> None:
        cluster = self._cluster
        await run.advance(5, "load_snapshot")
        if node.maintenance_depth > 1:
            await run.finish()
            node.maintenance_depth -= 1
            if not cluster.release.does("one maintenance snapshot"):
                self._drop_newest(node)
            cluster.touch()
            return
        skip = bool(options.get("skip_shards_restore", False))
        snapshot = self._snapshot(node, options.get("snapshot_name"), skip)
        if not node.alive:
            raise failed("internal_error", f"Node {node.uid} is down.")
        if snapshot is None and not skip:
            await run.finish()  # without effect
            return
        before = node.quorum_only, node.max_listeners
        node.quorum_only, node.max_listeners = False, LISTENERS  # whether or not it was quorum-only before
        cluster.touch()
        try:
            if snapshot is not None and not skip:
                await self._restore(run, node, snapshot)
            await run.finish()
        except (DataPlaneError, PlacementError) as error:
            node.quorum_only, node.max_listeners = before
            raise failed("internal_error", f"The snapshot cannot be restored: {error}") from None
        except Exception:
            node.quorum_only, node.max_listeners = before  # the node stays in maintenance
            raise
        node.maintenance_depth = 0
        if not skip or cluster.release.does("skipped restoring deletes the snapshot"):
            node.snapshots = [s for s in node.snapshots if not s.maintenance and s is not snapshot]
        cluster.touch()

    @staticmethod
    def _drop_newest(node: Node) -> None:
        newest = node.maintenance_snapshot()
        node.snapshots = [snapshot for snapshot in node.snapshots if snapshot is not newest]

    def _snapshot(self, node: Node, name: object, skip: bool) -> Snapshot | None:
        if name is None:
            found = node.maintenance_snapshot()
        else:
            found = next((snapshot for snapshot in node.snapshots if snapshot.name == name), None)
        lenient = self._cluster.settings.off_without_snapshot == "completes"
        if found is None and (name is not None or not (skip or lenient)):
            wanted = f"named {name}" if name is not None else "of maintenance mode"
            raise failed("internal_error", f"Node {node.uid} has no snapshot {wanted}.")
        return found

    async def _restore(self, run: Run, node: Node, snapshot: Snapshot) -> None:
        cluster = self._cluster
        fault = cluster.faults.of_action("partial_restore", run.action.names, node.uid, None)
        omitted = [] if fault is None else cluster.faults.hit(fault).settings["omits"]
        wanted = [(cluster.shards[uid], role) for uid, role in snapshot.roles.items() if uid in cluster.shards]
        for number, (shard, role) in enumerate(wanted, 1):
            await run.advance(10 + 85 * number / len(wanted), f"restore_shard_{shard.uid}", PER_SHARD)
            if "shards" not in omitted:
                await self._bring_back(shard, shard.role if "roles" in omitted else role, node)
        for bdb_uid in snapshot.endpoints:
            if "endpoints" not in omitted:
                await self._mover.rebind(bdb_uid, node.uid)

    async def _bring_back(self, shard: Shard, role: str, node: Node) -> None:
        cluster = self._cluster
        partner_uid = shard.master_uid
        partner = cluster.shards.get(partner_uid) if partner_uid is not None else cluster.replica_of(shard)
        if partner is not None and partner.node_uid == node.uid:
            return  # its partner lives here now; the two never share a node
        if shard.node_uid != node.uid:
            room = needed_memory(cluster, shard)
            fits = any(c.uid == node.uid and c.fits(room) for c in candidates(cluster))
            if not fits:
                raise PlacementError(f"Node {node.uid} has no room for shard {shard.uid}.")
            await self._mover.migrate(shard, node.uid)
        if partner is not None and shard.role != role:
            master, replica = (partner, shard) if role == "master" else (shard, partner)
            await self._mover.switch(master, replica)

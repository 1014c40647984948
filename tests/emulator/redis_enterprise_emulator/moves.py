# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of shards, roles and endpoints: first in the data plane, then in the state."""

from __future__ import annotations

from .capacity import free_ram, used_memory
from .cluster import Cluster
from .dataplane.base import DataPlaneError
from .model import Shard


class Mover:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def migrate(self, shard: Shard, node_uid: int) -> None:
        cluster = self._cluster
        async with cluster.bdb_lock(shard.bdb_uid):
            if shard.uid not in cluster.shards or shard.node_uid == node_uid:
                return
            source = shard if shard.master_uid is None else cluster.shards.get(shard.master_uid)
            if source is None or not cluster.shard_up(source):
                raise DataPlaneError(f"shard {shard.uid} cannot move: there is no shard to copy it from.")
            await cluster.plane_of(shard.bdb_uid).migrate(shard.uid, node_uid)
            shard.node_uid, shard.down = node_uid, False  # it runs there, even if the node that it left is down
            cluster.refresh_bdb(shard.bdb_uid)
        await self._run_out_of_memory(node_uid)

    async def switch(self, master: Shard, replica: Shard) -> None:
        """Planned change of roles without loss."""
        cluster = self._cluster
        async with cluster.bdb_lock(master.bdb_uid):
            if replica.master_uid != master.uid:
                raise DataPlaneError(f"shard {replica.uid} is no replica of shard {master.uid}.")
            if cluster.faults.of_bdb("link_down", master.bdb_uid) is not None:
                raise DataPlaneError(f"shard {replica.uid} is not connected to shard {master.uid}.")
            await cluster.plane_of(master.bdb_uid).switch(master.uid, replica.uid)
            self._swap_roles(master, replica)

    async def promote(self, replica: Shard) -> None:
        """Unplanned failover: the primary is gone, its replica takes over."""
        cluster = self._cluster
        async with cluster.bdb_lock(replica.bdb_uid):
            master = None if replica.master_uid is None else cluster.shards.get(replica.master_uid)
            if master is None:
                return
            await cluster.plane_of(replica.bdb_uid).promote(replica.uid)
            self._swap_roles(master, replica)

    def _swap_roles(self, master: Shard, replica: Shard) -> None:
        master.role, master.master_uid = "slave", replica.uid
        replica.role, replica.master_uid = "master", None
        self._cluster.refresh_bdb(master.bdb_uid)

    async def _run_out_of_memory(self, node_uid: int) -> None:
        """Kill the largest shard of a node whose shards use more memory than it has.

        Only shards of databases whose use the control API has set are counted."""
        cluster = self._cluster
        node = cluster.nodes.get(node_uid)
        known = [shard for shard in cluster.shards_on(node_uid) if shard.bdb_uid in cluster.usage]
        if node is None or not known or free_ram(cluster, node) >= 0:
            return
        largest = max(known, key=lambda shard: used_memory(cluster, shard))
        await cluster.plane_of(largest.bdb_uid).kill_shard(largest.uid)
        largest.down = True
        cluster.touch()

    async def rebind(self, bdb_uid: int, node_uid: int) -> None:
        cluster = self._cluster
        async with cluster.bdb_lock(bdb_uid):
            endpoint = cluster.endpoints.get(bdb_uid)
            if endpoint is None or endpoint.node_uid == node_uid:
                return
            await cluster.plane_of(bdb_uid).rebind_endpoint(bdb_uid, node_uid)
            endpoint.node_uid = node_uid
            cluster.refresh_bdb(bdb_uid)

    async def attach(self, replica: Shard) -> None:
        """Reattach a replica to its primary after a restart."""
        cluster = self._cluster
        async with cluster.bdb_lock(replica.bdb_uid):
            if replica.master_uid is None or replica.uid not in cluster.shards:
                return
            await cluster.plane_of(replica.bdb_uid).replicate(replica.uid, replica.master_uid)

    def endpoint_home(self, bdb_uid: int, leaving: int) -> int | None:
        """The node that takes over an endpoint: that of the first primary shard, else any that accepts."""
        cluster = self._cluster
        accepting = [node.uid for node in cluster.nodes.values() if node.accepts and node.uid != leaving]
        masters = [shard.node_uid for shard in cluster.masters_of(bdb_uid) if shard.node_uid in accepting]
        return next(iter([*masters, *accepting]), None)

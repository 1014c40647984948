# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint of a database: a listener, the routes to its shards, and the hold that makes switches invisible."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace

import trustme

from .base import DataPlaneError, EndpointSpec, Route
from .client import ClientConnection
from .commands import CommandTable
from .shard import ShardProcess
from .slots import gap_in_routes, slot_table

# The emulated DNS name of an endpoint resolves here whatever node it is bound to.
ADDRESS = "127.0.0.1"


class Endpoint:
    """Client connections ask it where a slot is served and whether they must wait."""

    def __init__(
        self,
        spec: EndpointSpec,
        find_shard: Callable[[int], ShardProcess | None],
        commands: CommandTable,
        server_version: str,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.spec = spec
        self.commands = commands
        self.server_version = server_version
        self.held = False
        self.clients: set[ClientConnection] = set()
        self._find_shard = find_shard
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._set_routes(spec.routes)

    @property
    def password(self) -> str:
        return self.spec.password

    @property
    def listening(self) -> bool:
        return self._server is not None

    async def open(self) -> int:
        """Listen; port 0 lets the system choose, and the choice stays."""
        if self._server is not None:
            return self.spec.port
        self._drop_reservation()
        loop = asyncio.get_running_loop()
        try:
            listener = _bound_socket(self.spec.port)
            self._server = await loop.create_server(lambda: ClientConnection(self), sock=listener, ssl=self._tls)
        except OSError as error:
            raise DataPlaneError(
                f"the endpoint of database {self.spec.bdb_uid} cannot listen on port {self.spec.port}: {error.strerror}"
            ) from None
        self.spec = replace(self.spec, port=listener.getsockname()[1])
        return self.spec.port

    def down(self) -> None:
        """Refuse connections and break the open ones, but keep the port for the way back up."""
        self.close()
        try:
            self._reserved = _bound_socket(self.spec.port)
        except OSError:
            self._reserved = None  # opening again will say so if the port is really gone

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        self._drop_reservation()
        for client in list(self.clients):
            client.abort()

    def hold(self) -> None:
        """Requests that arrive from now on wait."""
        self.held = True

    async def drain(self, timeout: float) -> None:
        """Return when no request is in flight."""
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            raise DataPlaneError(
                f"{self._in_flight} requests to database {self.spec.bdb_uid} were still in flight after {timeout:g} s."
            ) from None

    def release(self) -> None:
        self.held = False
        for client in list(self.clients):
            client.pump()

    def update(self, *, routes: tuple[Route, ...] | None, password: str | None) -> None:
        if routes is not None:
            self._set_routes(routes)
            self.drop_stale_backends()
        if password is not None:
            self.spec = replace(self.spec, password=password)

    def drop_stale_backends(self) -> None:
        """After a route or a shard's process changed: connections to processes that serve no slot any more end."""
        serving = {self._find_shard(uid) for uid in self.shard_uids}
        for client in list(self.clients):
            client.drop_backends(lambda shard: shard not in serving)

    def uid_for_slot(self, slot: int) -> int:
        return self._table[slot]

    def shard_by_uid(self, uid: int) -> ShardProcess | None:
        return self._find_shard(uid)

    def sent(self, count: int) -> None:
        self._in_flight += count
        if self._in_flight:
            self._idle.clear()

    def answered(self, count: int) -> None:
        self._in_flight -= count
        if not self._in_flight:
            self._idle.set()

    def _set_routes(self, routes: tuple[Route, ...]) -> None:
        problem = gap_in_routes(routes)
        if problem:
            raise DataPlaneError(problem)
        self.spec = replace(self.spec, routes=routes)
        self._table = slot_table(routes)
        self.shard_uids = list(dict.fromkeys(route.shard_uid for route in routes))

    def _drop_reservation(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
        self._reserved = None


def tls_context(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(ADDRESS, "localhost").configure_cert(context)
    return context


def _bound_socket(port: int) -> socket.socket:
    made = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio would not set TCP_NODELAY
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((ADDRESS, port))
    except OSError:
        made.close()
        raise
    return made

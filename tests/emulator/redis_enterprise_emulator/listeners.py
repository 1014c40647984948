# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, sockets and the servers behind them: one TLS listener for each node, all in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import trustme
import uvicorn
from starlette.types import ASGIApp, Scope

ATTEMPTS = 20


class ListenError(Exception):
    """The addresses cannot be had; the message says which."""


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone: there are several, and the process has its own handler."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Listener:
    """One address: can be closed at once, as if the process had died, and opened again."""

    def __init__(self, host: str, port: int, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        self.host = host
        self.port = port
        self.app: ASGIApp | None = None
        self._socket = sock
        self._context = context
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        if self._server is not None:
            return
        if self.app is None:
            raise ListenError("A listener needs an application before it opens.")
        config = uvicorn.Config(
            self.app,
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=65,
        )
        config.load()
        config.ssl = self._context
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.002)
        if self._task.done():
            raise ListenError(f"Nothing can listen on {self.host}:{self.port}: {self._task.exception()}.")

    def transport_of(self, scope: Scope) -> asyncio.Transport | None:
        """The connection that a request came over."""
        connections = () if self._server is None else self._server.server_state.connections
        client = tuple(scope.get("client") or ())
        found = (each.transport for each in connections if getattr(each, "client", None) == client)
        return next(found, None)

    async def close(self, *, keep_port: bool = False) -> None:
        """Refuse and abort at once. A kept port stays bound, so that no other process gets it meanwhile."""
        server, task = self._server, self._task
        self._server = self._task = None
        if server is None or task is None:
            if not keep_port:
                self._socket.close()
            return
        for listening in server.servers:
            listening.close()
        self._socket.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        if keep_port:
            self._socket = _bound(self.host, self.port)
        server.should_exit = server.force_exit = True
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _bound(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY only where it is; without that, answers come 40 ms late.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _bind_all(hosts: Sequence[str], port: int) -> list[socket.socket] | None:
    """The same port on each address, or None if one of them has it in use."""
    bound: list[socket.socket] = []
    try:
        for host in hosts:
            bound.append(_bound(host, port or (bound[0].getsockname()[1] if bound else 0)))
    except OSError:
        for sock in bound:
            sock.close()
        return None
    return bound


def bind_nodes(count: int, base_port: int | None) -> list[socket.socket]:
    """127.0.0.1, .2, .3… on one port; where there is only 127.0.0.1 (macOS), a port for each node."""
    if sys.platform.startswith("linux"):
        hosts = [f"127.0.0.{number}" for number in range(1, count + 1)]
        for dummy in range(1 if base_port else ATTEMPTS):
            bound = _bind_all(hosts, base_port or 0)
            if bound is not None:
                return bound
    one_host: list[socket.socket] = []
    try:
        for number in range(count):
            one_host.append(_bound("127.0.0.1", base_port + number if base_port else 0))
    except OSError as error:
        for sock in one_host:
            sock.close()
        raise ListenError(f"No ports can be had from {base_port} on ({error}); choose another --base-port.") from None
    return one_host


def control_socket() -> socket.socket:
    return _bound("127.0.0.1", 0)


class Authority:
    """The certificate authority of this run, with files in its private directory."""

    def __init__(self, hosts: Iterator[str], directory: Path) -> None:
        self.ca = trustme.CA(organization_name="Redis Enterprise emulator")
        self._directory = directory
        self._certificate = self.ca.issue_cert(
            *dict.fromkeys([*hosts, "localhost", "cluster.local", "*.cluster.local"])
        )

    @property
    def certificate(self) -> str:
        return self._certificate.cert_chain_pems[0].bytes().decode()

    def server_context(self) -> ssl.SSLContext:
        """Clients may show a certificate of this authority; they need not."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        self.ca.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def write_ca(self, path: Path) -> Path:
        self.ca.cert_pem.write_to_path(str(path))
        return path

    def write_client(self) -> tuple[Path, Path]:
        """A certificate that counts as the administrator, and its key."""
        issued = self.ca.issue_cert("client.cluster.local", common_name="admin")
        cert, key = self._directory / "client.pem", self._directory / "client.key"
        cert.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        key.touch(mode=0o600)
        issued.private_key_pem.write_to_path(str(key))
        return cert, key

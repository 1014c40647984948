# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path of a request to a node before the API: journal, faults, quorum, redirect, authentication."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ApiError
from .faults import Fault
from .journal import Entry, is_flag_set
from .model import User
from .routing import NODE_KEY, USER_KEY, error_response

if TYPE_CHECKING:
    from .emulator import Emulator


HEALTHCHECK = "/v1/local/node/master_healthcheck"  # answers without a quorum too
AVAILABILITY = re.compile(r"/v1/bdbs/\d+/availability")


class Gateway:
    """The ASGI application of one node."""

    def __init__(
        self, emulator: Emulator, node_uid: int, api: ASGIApp, transport_of: Callable[[Scope], asyncio.Transport | None]
    ) -> None:
        self._emulator = emulator
        self._cluster = emulator.cluster
        self._node_uid = node_uid
        self._api = api
        self._transport_of = transport_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope["query_string"].decode("latin-1")
        dry_run = is_flag_set(parse_qsl(query, keep_blank_values=True), "dry_run")
        client = "{}:{}".format(*(scope.get("client") or ("?", 0)))
        entry = self._cluster.journal.begin(
            self._node_uid, scope["method"], scope["path"], query, headers, body, dry_run, client
        )
        try:
            await self._serve(scope, body, send, entry, dict(headers))
        except Exception:
            traceback.print_exc(file=sys.stderr)  # the server sends a bare 500
            raise

    async def _serve(self, scope: Scope, body: bytes, send: Send, entry: Entry, headers: dict[str, str]) -> None:
        early, drop = await self._faults(scope)
        if drop is not None and drop.settings.get("when", "before") == "before":
            return await self._drop(scope)
        response = early or self._refuse(scope, headers)
        if drop is None:
            if response is not None:
                return await self._send(response, scope, send, entry)
            return await self._api(scope, _replay(body), self._recorder(send, entry))
        if response is None:  # the request is processed, its answer gets lost
            await self._api(scope, _replay(body), _swallow)
        await self._drop(scope)

    def _fault(self, kind: str, scope: Scope) -> Fault | None:
        return self._cluster.faults.of_request(kind, scope["method"], scope["path"], self._node_uid)

    async def _faults(self, scope: Scope) -> tuple[Response | None, Fault | None]:
        late = self._fault("latency", scope)
        if late is not None:
            await asyncio.sleep(float(late.settings["delay"]))
        drop = self._fault("drop", scope)
        if drop is not None:
            return None, drop
        away = self._fault("unavailable", scope)
        if away is not None:
            return _canned(away, scope["path"]), None
        moved = self._fault("redirect", scope)
        return (None if moved is None else self._redirect(scope, moved.settings.get("location"))), None

    def _redirect(self, scope: Scope, location: str | None = None) -> Response:
        primary = self._cluster.nodes.get(self._cluster.primary or 0)
        target = location
        if target is None:
            query = scope["query_string"].decode("latin-1")
            base = primary.url if primary is not None else ""
            target = f"{base}{scope['path']}{'?' + query if query else ''}"
        return Response(status_code=307, headers={"location": target})

    def _refuse(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        """An answer in place of the API's, or None; the user goes into the scope."""
        cluster = self._cluster
        if self._redirects(scope["path"]):
            return self._redirect(scope)  # even to a primary that has just died: the nodes do not know yet
        try:
            if scope["path"] != HEALTHCHECK:
                cluster.check_serving()
        except ApiError as error:
            return error_response(error)
        scope[NODE_KEY] = self._node_uid
        user = self._certified(scope) or self._authenticated(headers.get("authorization", ""))
        if user is None:
            return Response(status_code=401, headers={"www-authenticate": 'Basic realm="rlrest"'})
        scope[USER_KEY] = user
        return None

    def _redirects(self, path: str) -> bool:
        """Whether this node sends the client to the primary. What is asked of the node itself it answers itself."""
        cluster = self._cluster
        if not cluster.settings.redirect or not cluster.has_quorum or cluster.electing:
            return False
        if path.startswith("/v1/local/") or self._node_uid == cluster.primary:
            return False
        return not (AVAILABILITY.fullmatch(path) and cluster.release.does("availability on every node"))

    def _certified(self, scope: Scope) -> User | None:
        """A client certificate counts as the administrator, on the nodes where the release looks at it."""
        release = self._cluster.release
        everywhere = release.does("certificates on every node") or self._node_uid == self._cluster.primary
        if not (release.does("certificate authentication") and everywhere):
            return None
        transport = self._transport_of(scope)
        has_certificate = transport is not None and bool(transport.get_extra_info("peercert"))
        return self._cluster.admin if has_certificate else None

    def _authenticated(self, header: str) -> User | None:
        kind, dummy, encoded = header.partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, dummy, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._cluster.user(name, password)

    async def _drop(self, scope: Scope) -> None:
        transport = self._transport_of(scope)
        if transport is not None:
            transport.abort()
            await asyncio.sleep(0.01)  # lets the server see that the connection is gone, so that it sends nothing

    async def _send(self, response: Response, scope: Scope, send: Send, entry: Entry) -> None:
        await response(scope, _nothing, self._recorder(send, entry))

    def _recorder(self, send: Send, entry: Entry) -> Send:
        async def record(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                if message["status"] != 401 and self._cluster.settings.state_id != "absent":
                    message["headers"].append((b"cluster-state-id", str(self._cluster.state_id).encode()))
            await send(message)

        return record


def _canned(fault: Fault, path: str) -> Response:
    """The answer of the fault; C({last}) in an object is the last part of the path, such as the uid asked for."""
    body: Any = fault.settings.get("body", "")
    status = fault.settings.get("status", 503)
    if isinstance(body, str):
        return Response(body, status)
    text = json.dumps(body).replace("{last}", path.rpartition("/")[2])
    return Response(text, status, media_type="application/json")


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _swallow(message: Message) -> None:
    return None

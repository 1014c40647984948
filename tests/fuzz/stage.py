# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated cluster in this process, without a socket in between, whose time passes only when it is told to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import selectors
from collections.abc import Iterator
from typing import Any, cast

from starlette.types import ASGIApp, Message

from fuzz.wire import Answer
from redis_enterprise_emulator import control
from redis_enterprise_emulator.emulator import Emulator, Options

USERNAME, PASSWORD = "admin@cluster.local", "s3cret-pass"
_CREDENTIALS = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode())
_HEADERS = [(b"authorization", b"Basic " + _CREDENTIALS), (b"content-type", b"application/json")]


class _VirtualSelector(selectors.DefaultSelector):
    """Where nothing is ready, the time until the next timer is skipped."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.skipped += timeout
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.skipped


class Stage:
    """One emulated cluster. Requests take no time; C(advance) lets it pass."""

    def __init__(self, **options: Any) -> None:
        settings = {"data_plane": "none", "username": USERNAME, "password": PASSWORD, **options}
        self._loop = _VirtualLoop()
        self._emulator = self._loop.run_until_complete(Emulator.start(Options(**settings)))
        self._control = control.application(self._emulator)

    def close(self) -> None:
        self._loop.run_until_complete(self._emulator.close())
        self._loop.close()

    def advance(self, seconds: float) -> None:
        self._loop.run_until_complete(asyncio.sleep(seconds))

    def send(self, method: str, target: str, body: bytes = b"", state_id: str | None = None) -> Answer:
        """A request to the REST API of node 1, whatever it is answered with."""
        headers = [*_HEADERS, (b"cluster-state-id", state_id.encode())] if state_id else _HEADERS
        return self._loop.run_until_complete(_exchange(self._emulator.application(1), method, target, body, headers))

    def api(self, method: str, target: str, body: Any = None) -> Any:
        """The same for a request that has to succeed; the decoded answer."""
        return self._succeeded(self.send(method, target, _encoded(body)), f"{method} {target}")

    def control(self, method: str, target: str, body: Any = None) -> Any:
        """The control API, which is past the cluster's own."""
        answer = self._loop.run_until_complete(_exchange(self._control, method, target, _encoded(body), _HEADERS))
        return self._succeeded(answer, f"{method} {target}")

    @staticmethod
    def _succeeded(answer: Answer, what: str) -> Any:
        assert 200 <= answer.status < 300, f"{what} was answered with {answer.status}: {answer.body.decode()}"
        return answer.json


@contextlib.contextmanager
def staged(**options: Any) -> Iterator[Stage]:
    """A stage for as long as the block runs."""
    stage = Stage(**options)
    try:
        yield stage
    finally:
        stage.close()


def _encoded(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


async def _exchange(
    application: ASGIApp, method: str, target: str, body: bytes, headers: list[tuple[bytes, bytes]]
) -> Answer:
    path, dummy, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 9443),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    headers_sent = tuple((name.decode(), value.decode()) for name, value in start["headers"])
    return Answer(
        cast("int", start["status"]),
        b"".join(message.get("body", b"") for message in sent if message is not start),
        tuple(each for each in headers_sent if each[0] != "content-length"),  # a mutated body has another
    )

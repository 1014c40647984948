# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One client's connection to one shard. Requests go out in order, replies come back in order."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from .resp import FrameScanner, ProtocolError, encode

if TYPE_CHECKING:
    from .shard import ShardProcess


class Sink(Protocol):
    """Takes one reply."""

    def deliver(self, frame: bytes) -> None: ...


class Ignored:
    """For replies that the client does not see."""

    def deliver(self, frame: bytes) -> None:
        return None


class Owner(Protocol):
    """The client connection as its backends see it."""

    def answered(self, count: int) -> None:
        """So many requests are no longer in flight."""

    def replies_ready(self) -> None: ...
    def abort(self) -> None: ...


class Backend(asyncio.Protocol):
    """Opens on creation; what is sent before it is open waits."""

    def __init__(self, owner: Owner, shard: ShardProcess, resp_version: int) -> None:
        self.shard = shard
        self.closed = False
        self._owner = owner
        self._pending: deque[Sink] = deque()
        self._scanner = FrameScanner()
        self._transport: asyncio.Transport | None = None
        self._greeted = False
        hello = encode("HELLO", resp_version, "AUTH", "default", shard.password)
        self._outbox: list[bytes] = [hello]
        self._opening = asyncio.get_running_loop().create_task(self._open())

    def send(self, raw: bytes, sink: Sink) -> None:
        """Goes out with the next flush."""
        self._pending.append(sink)
        self._outbox.append(raw)

    def flush(self) -> None:
        if self._transport is not None and self._outbox:
            self._transport.write(b"".join(self._outbox))
            self._outbox.clear()

    def close(self) -> bool:
        """True when requests were in flight: they stay unanswered, so the client's connection must go too."""
        unanswered = len(self._pending)
        self._pending.clear()
        self.closed = True
        self._opening.cancel()
        if self._transport is not None:
            self._transport.abort()
        if unanswered:
            self._owner.answered(unanswered)
        return bool(unanswered)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self.closed:
            transport.abort()
        self.flush()

    def data_received(self, data: bytes) -> None:
        answered = 0
        broken = False
        try:
            for frame in self._scanner.feed(data):
                if not self._greeted:
                    self._greeted = True
                    broken = broken or frame.startswith(b"-")
                elif self._pending:
                    self._pending.popleft().deliver(frame)
                    answered += 1
        except (ProtocolError, ValueError):
            broken = True
        if answered:
            self._owner.answered(answered)
            self._owner.replies_ready()
        if broken:
            self._lost()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed:
            self._lost()

    def _lost(self) -> None:
        """A request in flight may have been done or not: only a broken connection says so truthfully."""
        if self.close():
            self._owner.abort()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_unix_connection(lambda: self, str(self.shard.socket_path))
        except OSError:
            self._refuse_pending()

    def _refuse_pending(self) -> None:
        # Nothing was sent, so an error reply is the truth.
        self.closed = True
        count = len(self._pending)
        while self._pending:
            self._pending.popleft().deliver(unavailable(self.shard.spec.uid))
        self._owner.answered(count)
        self._owner.replies_ready()


def unavailable(shard_uid: int) -> bytes:
    return b"-ERR shard %d of the database is not available\r\n" % shard_uid

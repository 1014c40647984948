# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a request and its reply at an endpoint: the slots that keep the order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .backend import Backend

OK = b"+OK\r\n"


class ReplySlot:
    """The place of one reply in a client's order of requests."""

    __slots__ = ("frame",)

    def __init__(self, frame: bytes | None = None) -> None:
        self.frame = frame

    def deliver(self, frame: bytes) -> None:
        self.frame = frame


class Gathered:
    """One reply out of those of several shards."""

    def __init__(self, slot: ReplySlot, shards: int, combine: Callable[[list[bytes]], bytes]) -> None:
        self._slot = slot
        self._missing = shards
        self._combine = combine
        self._frames: list[bytes] = []

    def deliver(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._missing -= 1
        if not self._missing:
            errors = [one for one in self._frames if one.startswith(b"-")]
            self._slot.deliver(errors[0] if errors else self._combine(self._frames))


def total(frames: list[bytes]) -> bytes:
    """The sum of integer replies."""
    return b":%d\r\n" % sum(int(frame[1:]) for frame in frames)


def first(frames: list[bytes]) -> bytes:
    return frames[0]


class Transaction:
    """MULTI … EXEC, collected at the endpoint and sent to one shard at once; WATCH is bound to a connection."""

    def __init__(self) -> None:
        self.requests: list[tuple[list[bytes], bytes]] | None = None
        self.watching: Backend | None = None

    @property
    def open(self) -> bool:
        return self.requests is not None

    def begin(self) -> None:
        self.requests = []

    def end(self) -> list[tuple[list[bytes], bytes]]:
        requests, self.requests = self.requests or [], None
        return requests


def bulk(text: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(text), text)


def hello(resp_version: int, server_version: str, client_id: int) -> bytes:
    """The reply to HELLO: a map in RESP3, a flat array in RESP2; proto and id are integers."""
    head = b"%7\r\n" if resp_version == 3 else b"*14\r\n"
    fields = (
        (b"server", bulk(b"redis")),
        (b"version", bulk(server_version.encode())),
        (b"proto", b":%d\r\n" % resp_version),
        (b"id", b":%d\r\n" % client_id),
        (b"mode", bulk(b"standalone")),
        (b"role", bulk(b"master")),
        (b"modules", b"*0\r\n"),
    )
    return head + b"".join(bulk(name) + value for name, value in fields)

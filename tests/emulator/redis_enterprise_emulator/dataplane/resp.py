# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RESP wire format: requests from clients, frames from shards, values for our own use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAX_BULK = 512 * 1024 * 1024
MAX_ARGUMENTS = 1024 * 1024

_LINE_TYPES = frozenset(b"+-:_,#(")
_BULK_TYPES = frozenset(b"$!=")
_CHILDREN = {ord("*"): 1, ord("~"): 1, ord(">"): 1, ord("%"): 2}


class ProtocolError(Exception):
    """The peer does not speak RESP; the connection cannot go on."""


class ReplyError(Exception):
    """An error reply, as a value."""


def encode(*args: bytes | str | int) -> bytes:
    """A request as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        data = arg if isinstance(arg, bytes) else str(arg).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


class RequestParser:
    """Cuts a client's bytes into requests: a list of arguments and the bytes to forward."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[list[bytes], bytes]]:
        self._buffer += data
        start = 0
        try:
            while True:
                args, end = self._next(start)
                if end < 0:
                    return
                raw = bytes(self._buffer[start:end])
                start = end
                if args:
                    yield args, raw
        finally:
            del self._buffer[:start]

    def _next(self, start: int) -> tuple[list[bytes], int]:
        buffer = self._buffer
        eol = buffer.find(b"\r\n", start)
        if eol < 0:
            if len(buffer) - start > 65536:
                raise ProtocolError("too big inline request")
            return [], -1
        if buffer[start] != 42:  # not "*": what a person types into a terminal
            return bytes(buffer[start:eol]).split(), eol + 2
        count = _number(buffer[start + 1 : eol], MAX_ARGUMENTS, "multibulk length")
        pos = eol + 2
        args = []
        for dummy in range(count):
            eol = buffer.find(b"\r\n", pos)
            if eol < 0:
                return [], -1
            if buffer[pos] != 36:
                raise ProtocolError(f"expected '$', got '{chr(buffer[pos])}'")
            length = _number(buffer[pos + 1 : eol], MAX_BULK, "bulk length")
            pos = eol + 2 + length + 2
            if pos > len(buffer):
                return [], -1
            args.append(bytes(buffer[eol + 2 : pos - 2]))
        return args, pos


def _number(digits: bytearray, limit: int, what: str) -> int:
    try:
        value = int(digits)
    except ValueError:
        raise ProtocolError(f"invalid {what}") from None
    if not 0 <= value <= limit:
        raise ProtocolError(f"invalid {what}")
    return value


class FrameScanner:
    """Cuts a server's bytes into complete replies without decoding them; remembers where it stood."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0
        self._remaining = 1

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        start = 0
        buffer = self._buffer
        while self._step():
            if self._remaining == 0:
                yield bytes(buffer[start : self._position])
                start = self._position
                self._remaining = 1
        del buffer[:start]
        self._position -= start

    def _step(self) -> bool:
        """Pass one element (of an aggregate, only its head); False when bytes are missing."""
        buffer = self._buffer
        pos = self._position
        eol = buffer.find(b"\r\n", pos)
        if eol < 0:
            return False
        kind = buffer[pos]
        end = eol + 2
        children = 0
        if kind in _BULK_TYPES:
            length = int(buffer[pos + 1 : eol])
            if length >= 0:
                end += length + 2
                if end > len(buffer):
                    return False
        elif kind in _CHILDREN:
            children = max(int(buffer[pos + 1 : eol]), 0) * _CHILDREN[kind]
        elif kind not in _LINE_TYPES:
            raise ProtocolError(f"unknown reply type {chr(kind)!r}")
        self._position = end
        self._remaining += children - 1
        return True


def decode(frame: bytes) -> Any:
    """The value of one complete reply (RESP2, and RESP3's simple types); an error reply becomes a ReplyError."""
    value, _end = _decode(frame, 0)
    return value


def _decode(frame: bytes, pos: int) -> tuple[Any, int]:
    eol = frame.index(b"\r\n", pos)
    kind, head, end = frame[pos : pos + 1], frame[pos + 1 : eol], eol + 2
    if kind == b"+":
        return head, end
    if kind == b"-":
        return ReplyError(head.decode(errors="replace")), end
    if kind == b":":
        return int(head), end
    if kind == b"_":
        return None, end
    if kind == b"$":
        length = int(head)
        return (None, end) if length < 0 else (frame[end : end + length], end + length + 2)
    if kind in (b"*", b"~"):
        count = int(head)
        if count < 0:
            return None, end
        items = []
        for dummy in range(count):
            item, end = _decode(frame, end)
            items.append(item)
        return items, end
    raise ProtocolError(f"cannot decode a reply of type {kind!r}")

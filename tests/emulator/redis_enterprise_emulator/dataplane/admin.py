# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own connection to a shard, for INFO, CONFIG, REPLICAOF and the like; clients never share it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .base import DataPlaneError
from .resp import FrameScanner, ReplyError, decode, encode

Command = tuple[bytes | str | int, ...]


class Admin:
    """Commands one after another; one that gets no answer in time closes the connection, the next opens another."""

    def __init__(self, path: Path, password: str, who: str) -> None:
        self._path = path
        self._password = password
        self._who = who
        self._lock = asyncio.Lock()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def call(self, *command: bytes | str | int, timeout: float = 2.0) -> Any:
        """The value of the reply; an error reply, a time-out or a dead shard is a DataPlaneError."""
        (value,) = await self.pipeline([command], timeout=timeout)
        if isinstance(value, ReplyError):
            raise DataPlaneError(f"{self._who} refused {_name(command)}: {value}")
        return value

    async def pipeline(self, commands: Sequence[Command], *, timeout: float = 2.0) -> list[Any]:
        """The values of the replies in order, error replies as ReplyError values."""
        if not commands:
            return []
        async with self._lock:
            try:
                async with asyncio.timeout(timeout):
                    return await self._exchange(commands)
            except TimeoutError:
                self.close()
                raise DataPlaneError(f"{self._who} did not answer {_name(commands[0])} within {timeout:g} s.") from None
            except (OSError, EOFError) as error:
                self.close()
                raise DataPlaneError(f"{self._who} is gone ({error or 'connection closed'}).") from None
            except asyncio.CancelledError:
                # A reply may still be under way; it must not be taken for the next command's.
                self.close()
                raise

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_unix_connection(str(self._path))
            (answer,) = await self._replies(encode("AUTH", self._password), 1)
            if isinstance(answer, ReplyError):
                raise OSError(str(answer))
        return await self._replies(b"".join(encode(*command) for command in commands), len(commands))

    async def _replies(self, data: bytes, count: int) -> list[Any]:
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(data)
        scanner = FrameScanner()
        values: list[Any] = []
        while len(values) < count:
            received = await self._reader.read(65536)
            if not received:
                raise EOFError("connection closed")
            values.extend(decode(frame) for frame in scanner.feed(received))
        return values


def _name(command: Command) -> str:
    first = command[0]
    return first.decode() if isinstance(first, bytes) else str(first)

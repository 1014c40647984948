# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts one process in another's place as master without losing a write or breaking a connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from .base import DataPlaneError, SwitchReport
from .endpoint import Endpoint
from .shard import POLL, ShardProcess, until_ok

LINK_TIMEOUT = 2.0  # before clients are held
DRAIN_TIMEOUT = 1.0
OFFSET_TIMEOUT = 2.0
PAUSE_MS = 5000  # the old master's own limit, should we vanish in between


async def hand_over(
    old: ShardProcess, new: ShardProcess, endpoint: Endpoint | None, repoint: Callable[[], None]
) -> SwitchReport:
    """Hold new requests, let those in flight finish, wait for equal offsets, promote, repoint, release.

    Until the new process is promoted, any failure releases the clients with nothing changed.
    """
    await new.wait_for_link(lambda: old.alive, LINK_TIMEOUT)
    await _catch_up(new, await old.offset())  # most of the way without anybody waiting
    await new.tcp_port()  # opened now, so that replicas can attach right after the switch
    started = time.perf_counter()
    if endpoint is not None:
        endpoint.hold()
    try:
        if endpoint is not None:
            await endpoint.drain(DRAIN_TIMEOUT)
        offset = await _promote_when_equal(old, new)
        repoint()
    finally:
        held_ms = (time.perf_counter() - started) * 1000
        if endpoint is not None:
            endpoint.drop_stale_backends()
            endpoint.release()
    return SwitchReport(held_ms=held_ms, offset=offset)


async def _promote_when_equal(old: ShardProcess, new: ShardProcess) -> int:
    try:
        await old.admin.call("CLIENT", "PAUSE", PAUSE_MS, "WRITE")
        offset = await _equal_offsets(old, new)
        await new.admin.call("REPLICAOF", "NO", "ONE")
    except (DataPlaneError, asyncio.CancelledError):
        # Whoever is still there goes on as before.
        with suppress(DataPlaneError):
            await old.admin.call("CLIENT", "UNPAUSE")
        raise
    return offset


async def _catch_up(new: ShardProcess, wanted: int) -> None:
    async def problem() -> str:
        reached = await new.offset()
        return "" if reached >= wanted else _behind(new, wanted - reached)

    await until_ok(problem, LINK_TIMEOUT)


async def _equal_offsets(old: ShardProcess, new: ShardProcess) -> int:
    wanted = 0

    async def problem() -> str:
        nonlocal wanted
        wanted, reached = await asyncio.gather(old.offset(), new.offset())
        return "" if wanted == reached else _behind(new, wanted - reached)

    await until_ok(problem, OFFSET_TIMEOUT, POLL / 4)
    return wanted


def _behind(new: ShardProcess, missing: int) -> str:
    return f"shard {new.spec.uid} is still {missing} bytes behind its master"

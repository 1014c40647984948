# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves keys between the shards of a database while its clients are held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from .admin import Command
from .base import DataPlaneError, Route
from .endpoint import Endpoint
from .resp import ReplyError
from .shard import ShardProcess
from .slots import key_slot, slot_table

BATCH = 500
BATCH_TIMEOUT = 30.0


@dataclass
class Move:
    """What was copied from one shard to another."""

    source: ShardProcess
    target: ShardProcess
    keys: list[bytes] = field(default_factory=list)


async def move_keys(
    endpoint: Endpoint, shards: Mapping[int, ShardProcess], new_routes: tuple[Route, ...], use: Callable[[], None]
) -> None:
    """Copy every key that the new routes place elsewhere, use the routes, then delete the originals.

    The caller holds the clients. When copying fails, the copies go again and nothing has changed.
    """
    moves: list[Move] = []
    table = slot_table(new_routes)
    try:
        for uid in endpoint.shard_uids:
            await _copy_from(shards[uid], shards, table, moves)
    except BaseException:
        await _delete([(move.target, move.keys) for move in moves])
        raise
    use()
    # The originals are out of reach now; they only would be counted twice.
    await _delete([(move.source, move.keys) for move in moves])


async def _copy_from(
    source: ShardProcess, shards: Mapping[int, ShardProcess], table: list[int], moves: list[Move]
) -> None:
    cursor = b"0"
    by_target: dict[int, Move] = {}
    while True:
        cursor, keys = await source.admin.call("SCAN", cursor, "COUNT", BATCH, timeout=BATCH_TIMEOUT)
        batches: dict[int, list[bytes]] = {}
        for key in dict.fromkeys(keys):
            target = table[key_slot(key)]
            if target != source.spec.uid:
                batches.setdefault(target, []).append(key)
        for target, batch in batches.items():
            if target not in by_target:
                by_target[target] = Move(source, shards[target])
                moves.append(by_target[target])
            by_target[target].keys.extend(batch)
            await _copy(source, shards[target], batch)
        if cursor == b"0":
            return


async def _copy(source: ShardProcess, target: ShardProcess, keys: list[bytes]) -> None:
    questions: list[Command] = []
    for key in keys:
        questions += [("DUMP", key), ("PTTL", key)]
    answers = await source.admin.pipeline(questions, timeout=BATCH_TIMEOUT)
    restores: list[Command] = []
    for key, dump, ttl in zip(keys, answers[::2], answers[1::2], strict=True):
        if isinstance(dump, ReplyError) or isinstance(ttl, ReplyError):
            raise DataPlaneError(f"shard {source.spec.uid} could not hand out a key: {dump} {ttl}")
        if dump is None or ttl == -2:
            continue  # expired meanwhile
        # To RESTORE, 0 means no expiry; a key with less than a millisecond left gets one.
        restores.append(("RESTORE", key, 0 if ttl == -1 else max(ttl, 1), dump, "REPLACE"))
    for reply in await target.admin.pipeline(restores, timeout=BATCH_TIMEOUT):
        if isinstance(reply, ReplyError):
            raise DataPlaneError(f"shard {target.spec.uid} could not take a key: {reply}")


async def _delete(copies: list[tuple[ShardProcess, list[bytes]]]) -> None:
    for shard, keys in copies:
        for start in range(0, len(keys), BATCH):
            with suppress(DataPlaneError):  # a shard that died has nothing left to delete
                await shard.admin.pipeline([("UNLINK", *keys[start : start + BATCH])], timeout=BATCH_TIMEOUT)

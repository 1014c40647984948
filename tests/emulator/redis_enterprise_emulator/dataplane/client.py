# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client's connection to an endpoint: the handshake is answered here, everything else goes to the key's shard."""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from .backend import Backend, Ignored, unavailable
from .commands import ALL_SHARDS, ANY_SHARD, CommandRefused
from .replies import OK, Gathered, ReplySlot, Transaction, bulk, first, hello, total
from .resp import ProtocolError, RequestParser, encode
from .slots import key_slot

if TYPE_CHECKING:
    from .endpoint import Endpoint
    from .shard import ShardProcess

NO_AUTH = b"-NOAUTH Authentication required.\r\n"
WRONG_PASS = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
CLIENT_OK = frozenset({b"SETINFO", b"SETNAME", b"NO-EVICT", b"NO-TOUCH"})
# A client that sends faster than its shards answer is not read from until it has caught up.
QUEUE_HIGH, QUEUE_LOW = 4096, 1024

_ids = count(1)
_ignored = Ignored()


class ClientConnection(asyncio.Protocol):
    """Requests wait in a queue while the endpoint is held; replies leave in the order of the requests."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._id = next(_ids)
        self._parser = RequestParser()
        self._queue: deque[tuple[list[bytes], bytes]] = deque()
        self._slots: deque[ReplySlot] = deque()
        self._backends: dict[ShardProcess, Backend] = {}
        self._transport: asyncio.Transport | None = None
        self._authenticated = not endpoint.password
        self._resp_version = 2
        self._name = b""
        self._transaction = Transaction()
        self._congested = self._closing = self._reading_paused = False
        self._local: dict[bytes, Callable[[list[bytes]], bytes]] = {
            b"AUTH": self._auth,
            b"CLIENT": self._client,
            b"ECHO": lambda args: bulk(args[1]) if len(args) == 2 else _arity(args),
            b"HELLO": self._hello,
            b"PING": lambda args: bulk(args[1]) if len(args) > 1 else b"+PONG\r\n",
            b"QUIT": self._quit,
            b"SELECT": lambda args: OK if args[1:] == [b"0"] else b"-ERR DB index is out of range\r\n",
        }
        self._control: dict[bytes, Callable[[list[bytes], bytes], None]] = {
            b"MULTI": self._multi,
            b"EXEC": self._exec,
            b"DISCARD": self._discard,
            b"WATCH": self._watch,
            b"UNWATCH": self._unwatch,
        }

    # The connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._endpoint.clients.add(self)
        if not self._endpoint.listening:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._endpoint.clients.discard(self)
        self._queue.clear()
        self._closing = True
        self.drop_backends(lambda shard: True)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        try:
            self._queue.extend(self._parser.feed(data))
        except ProtocolError as error:
            self._slots.append(ReplySlot(f"-ERR Protocol error: {error}\r\n".encode()))
            self._closing = True
        self.pump()

    def pause_writing(self) -> None:
        self._congested = True

    def resume_writing(self) -> None:
        self._congested = False
        self.pump()

    def abort(self) -> None:
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    # The flow of requests and replies.

    def pump(self) -> None:
        """Handle what waits, as far as it may be handled now."""
        while self._queue and not (self._endpoint.held or self._congested or self._closing):
            args, raw = self._queue[0]
            name = args[0].upper()
            if name == b"HELLO" and any(slot.frame is None for slot in self._slots):
                break  # it may change the version of the replies that are still to come
            self._queue.popleft()
            self._handle(name, args, raw)
        for backend in self._backends.values():
            backend.flush()
        self._write_ready()
        self._regulate_reading()

    def replies_ready(self) -> None:
        self._write_ready()
        if self._queue and not self._endpoint.held:
            self.pump()

    def answered(self, count: int) -> None:
        self._endpoint.answered(count)

    def drop_backends(self, drop: Callable[[ShardProcess], bool]) -> None:
        """Close connections to shards; with a request in flight the client's connection has to go too."""
        for shard in [shard for shard in self._backends if drop(shard)]:
            backend = self._backends.pop(shard)
            if backend.close():
                self.abort()

    def _write_ready(self) -> None:
        ready: list[bytes] = []
        while self._slots and self._slots[0].frame is not None:
            ready.append(self._slots.popleft().frame or b"")
        if self._transport is None:
            return
        if ready:
            self._transport.write(b"".join(ready))
        if self._closing and not self._slots:
            self._transport.close()

    def _regulate_reading(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if not self._reading_paused and len(self._queue) > QUEUE_HIGH:
            self._reading_paused = True
            self._transport.pause_reading()
        elif self._reading_paused and len(self._queue) < QUEUE_LOW:
            self._reading_paused = False
            self._transport.resume_reading()

    def _reply(self, frame: bytes) -> None:
        self._slots.append(ReplySlot(frame))

    def _handle(self, name: bytes, args: list[bytes], raw: bytes) -> None:
        if not self._authenticated and name not in (b"AUTH", b"HELLO", b"QUIT"):
            self._reply(NO_AUTH)
        elif name in self._control:
            self._control[name](args, raw)
        elif self._transaction.requests is not None and name != b"QUIT":
            self._transaction.requests.append((args, raw))
            self._reply(b"+QUEUED\r\n")
        elif name in self._local:
            self._reply(self._local[name](args))
        else:
            try:
                self._forward(name, args, raw)
            except CommandRefused as refusal:
                self._reply(_error(refusal))

    # Forwarding.

    def _forward(self, name: bytes, args: list[bytes], raw: bytes) -> None:
        if name in ALL_SHARDS:
            self._forward_to_all(name, raw)
            return
        shard = self._shard_of(name, args)
        slot = ReplySlot()
        self._slots.append(slot)
        self._endpoint.sent(1)
        self._backend(shard).send(raw, slot)

    def _forward_to_all(self, name: bytes, raw: bytes) -> None:
        shards = [self._live(uid) for uid in self._endpoint.shard_uids]
        slot = ReplySlot()
        self._slots.append(slot)
        gathered = Gathered(slot, len(shards), total if name == b"DBSIZE" else first)
        for shard in shards:
            self._endpoint.sent(1)
            self._backend(shard).send(raw, gathered)

    def _shard_of(self, name: bytes, args: list[bytes]) -> ShardProcess:
        """The one shard that serves all keys of a request; CommandRefused if there is no such shard."""
        keys = self._endpoint.commands.keys(name, args)
        uids = self._endpoint.shard_uids
        if len(uids) == 1 or (not keys and name in ANY_SHARD):
            return self._live(uids[0])
        if not keys:
            raise CommandRefused(
                f"ERR '{name.decode()}' without a key needs a database of one shard; this one has {len(uids)}"
            )
        wanted = {self._endpoint.uid_for_slot(key_slot(key)) for key in keys}
        if len(wanted) > 1:
            raise CommandRefused("CROSSSLOT Keys in request are served by different shards")
        return self._live(wanted.pop())

    def _live(self, uid: int) -> ShardProcess:
        shard = self._endpoint.shard_by_uid(uid)
        if shard is None or not shard.alive:
            raise CommandRefused(unavailable(uid)[1:].decode().strip())
        return shard

    def _backend(self, shard: ShardProcess) -> Backend:
        backend = self._backends.get(shard)
        if backend is None or backend.closed:
            backend = self._backends[shard] = Backend(self, shard, self._resp_version)
        return backend

    # Transactions.

    def _multi(self, args: list[bytes], raw: bytes) -> None:
        if self._transaction.open:
            self._reply(b"-ERR MULTI calls can not be nested\r\n")
        else:
            self._transaction.begin()
            self._reply(OK)

    def _discard(self, args: list[bytes], raw: bytes) -> None:
        if not self._transaction.open:
            self._reply(b"-ERR DISCARD without MULTI\r\n")
            return
        self._transaction.end()
        self._stop_watching()
        self._reply(OK)

    def _exec(self, args: list[bytes], raw: bytes) -> None:
        if not self._transaction.open:
            self._reply(b"-ERR EXEC without MULTI\r\n")
            return
        requests = self._transaction.end()
        watched = self._transaction.watching
        try:
            shards = {self._shard_of(one[0].upper(), one) for one, _raw in requests}
        except CommandRefused as refusal:
            self._stop_watching()
            self._reply(f"-EXECABORT Transaction discarded because of: {refusal}\r\n".encode())
            return
        if len(shards) > 1:
            self._stop_watching()
            self._reply(b"-EXECABORT Transaction discarded because of: keys are served by different shards\r\n")
        elif not shards:
            self._stop_watching()
            self._reply(b"*0\r\n")
        else:
            backend = self._backend(shards.pop())
            self._transaction.watching = None
            if watched is not None and watched is not backend:
                # The connection that watched is gone (the shard moved), so it is unknown whether the key changed.
                self._reply(b"_\r\n" if self._resp_version == 3 else b"*-1\r\n")
                return
            slot = ReplySlot()
            self._slots.append(slot)
            self._endpoint.sent(len(requests) + 2)
            for request in (encode("MULTI"), *(one for _args, one in requests)):
                backend.send(request, _ignored)
            backend.send(encode("EXEC"), slot)

    def _watch(self, args: list[bytes], raw: bytes) -> None:
        if self._transaction.open:
            self._reply(b"-ERR WATCH inside MULTI is not allowed\r\n")
            return
        try:
            backend = self._backend(self._shard_of(b"WATCH", args))
            watching = self._transaction.watching
            if watching is not None and watching is not backend and not watching.closed:
                raise CommandRefused("CROSSSLOT Keys in request are served by different shards")
            self._forward(b"WATCH", args, raw)
            # Once lost, a watch stays lost until EXEC says so.
            self._transaction.watching = watching or backend
        except CommandRefused as refusal:
            self._reply(_error(refusal))

    def _unwatch(self, args: list[bytes], raw: bytes) -> None:
        self._stop_watching()
        self._reply(OK)

    def _stop_watching(self) -> None:
        watched, self._transaction.watching = self._transaction.watching, None
        if watched is not None and not watched.closed:
            self._endpoint.sent(1)
            watched.send(encode("UNWATCH"), _ignored)

    # What the endpoint answers itself.

    def _auth(self, args: list[bytes]) -> bytes:
        if not 2 <= len(args) <= 3:
            return _arity(args)
        if len(args) == 2 and not self._endpoint.password:
            return b"-ERR AUTH <password> called without any password configured for the default user.\r\n"
        return OK if self._log_in(args[1] if len(args) == 3 else b"default", args[-1]) else WRONG_PASS

    def _log_in(self, user: bytes, password: bytes) -> bool:
        wanted = self._endpoint.password.encode()
        if user != b"default" or (wanted and not hmac.compare_digest(wanted, password)):
            return False
        self._authenticated = True
        return True

    def _hello(self, args: list[bytes]) -> bytes:
        version, rest = self._resp_version, [*args[1:]]
        if rest:
            if rest[0] not in (b"2", b"3"):
                return b"-NOPROTO unsupported protocol version\r\n"
            version = int(rest.pop(0))
        while rest:
            option = rest.pop(0).upper()
            if option == b"AUTH" and len(rest) >= 2:
                if not self._log_in(rest.pop(0), rest.pop(0)):
                    return WRONG_PASS
            elif option == b"SETNAME" and rest:
                self._name = rest.pop(0)
            else:
                return b"-ERR Syntax error in HELLO\r\n"
        if not self._authenticated:
            return b"-NOAUTH HELLO must be called with the client already authenticated.\r\n"
        if version != self._resp_version:
            self._resp_version = version
            self.drop_backends(lambda shard: True)
        return hello(version, self._endpoint.server_version, self._id)

    def _client(self, args: list[bytes]) -> bytes:
        sub = args[1].upper() if len(args) > 1 else b""
        if sub == b"SETNAME" and len(args) == 3:
            self._name = args[2]
        if sub in CLIENT_OK:
            return OK
        if sub == b"ID":
            return b":%d\r\n" % self._id
        if sub == b"GETNAME":
            return bulk(self._name)
        return b"-ERR this CLIENT subcommand is not available at a database endpoint\r\n"

    def _quit(self, args: list[bytes]) -> bytes:
        self._closing = True
        self._queue.clear()
        return OK


def _error(refusal: CommandRefused) -> bytes:
    return f"-{refusal}\r\n".encode()


def _arity(args: list[bytes]) -> bytes:
    return b"-ERR wrong number of arguments for '%b' command\r\n" % args[0].lower()

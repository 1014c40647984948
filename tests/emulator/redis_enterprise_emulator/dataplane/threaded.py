# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A redis data plane on an event loop of its own, for callers that are not asynchronous: tests and trials."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import trustme

from .base import EndpointSpec, Route, ShardSpec
from .redis import RedisDataPlane, open_redis_plane
from .slots import SLOT_COUNT

T = TypeVar("T")


class ThreadedPlane:
    """Use it in a with statement; run() waits for a verb of the plane."""

    plane: RedisDataPlane

    def __init__(self, nodes: int = 3) -> None:
        self.ca = trustme.CA()
        self._nodes = nodes
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> ThreadedPlane:
        self._thread.start()
        uids = range(1, self._nodes + 1)
        self.plane = self.run(open_redis_plane(uids, dict.fromkeys(uids, "127.0.0.1"), ca=self.ca))
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self.run(self.plane.close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def run(self, verb: Coroutine[Any, Any, T], timeout: float = 60.0) -> T:
        return asyncio.run_coroutine_threadsafe(verb, self._loop).result(timeout)

    def database(
        self,
        bdb_uid: int,
        masters: Sequence[tuple[int, int]],
        replicas: Sequence[tuple[int, int, int]] = (),
        *,
        password: str = "",
        tls: bool = False,
        persist: bool = False,
    ) -> int:
        """Start a database and return its port. Masters are (shard, node), replicas (shard, node, master's shard);
        the endpoint is on the first master's node."""
        for shard_uid, node_uid, *_master in (*masters, *replicas):
            self.run(self.plane.start_shard(ShardSpec(shard_uid, bdb_uid, node_uid, persist=persist)))
        for shard_uid, _node_uid, master_uid in replicas:
            self.run(self.plane.replicate(shard_uid, master_uid))
        routes = even_routes([shard_uid for shard_uid, _node_uid in masters])
        spec = EndpointSpec(bdb_uid, masters[0][1], 0, routes, password=password, tls=tls)
        return self.run(self.plane.open_endpoint(spec))


def even_routes(shard_uids: Sequence[int]) -> tuple[Route, ...]:
    """The slots in equal ranges, one for each shard."""
    bounds = [SLOT_COUNT * index // len(shard_uids) for index in range(len(shard_uids) + 1)]
    return tuple(Route(bounds[i], bounds[i + 1] - 1, uid) for i, uid in enumerate(shard_uids))

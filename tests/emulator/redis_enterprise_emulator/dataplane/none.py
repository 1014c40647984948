# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane "none": REST only. It keeps just enough to answer as if every shard were healthy."""

from __future__ import annotations

from .base import DataPlaneError, EndpointSpec, ReplicaState, Route, ShardSpec, SwitchReport

FIRST_PORT = 12000


class NoDataPlane:
    """Starts no process and binds no port; a node that was killed takes its shards and endpoints down."""

    name = "none"

    def __init__(self) -> None:
        self._shard_nodes: dict[int, int] = {}
        self._endpoint_nodes: dict[int, int] = {}
        self._dead_nodes: set[int] = set()
        self._dead_shards: set[int] = set()
        self._next_port = FIRST_PORT

    async def start_shard(self, spec: ShardSpec) -> None:
        self._shard_nodes[spec.uid] = spec.node_uid
        self._dead_shards.discard(spec.uid)

    async def stop_shard(self, shard_uid: int) -> None:
        self._shard_nodes.pop(shard_uid, None)

    async def replicate(self, replica_uid: int, master_uid: int) -> None:
        return None

    async def replica_state(self, replica_uid: int) -> ReplicaState:
        return ReplicaState(link_up=self._alive(replica_uid), lag_bytes=0)

    async def switch(self, master_uid: int, replica_uid: int) -> SwitchReport:
        if not self._alive(replica_uid):
            raise DataPlaneError(f"shard {replica_uid} does not run, so it cannot become master.")
        return SwitchReport(held_ms=0.0, offset=0)

    async def promote(self, replica_uid: int) -> None:
        if not self._alive(replica_uid):
            raise DataPlaneError(f"shard {replica_uid} does not run, so it cannot become master.")

    async def migrate(self, shard_uid: int, to_node_uid: int) -> SwitchReport:
        if to_node_uid in self._dead_nodes:
            raise DataPlaneError(f"node {to_node_uid} is down, so shard {shard_uid} cannot move there.")
        self._shard_nodes[shard_uid] = to_node_uid
        self._dead_shards.discard(shard_uid)
        return SwitchReport(held_ms=0.0, offset=0)

    async def open_endpoint(self, spec: EndpointSpec) -> int:
        self._endpoint_nodes[spec.bdb_uid] = spec.node_uid
        if spec.port:
            return spec.port
        port = self._next_port
        self._next_port += 1
        return port

    async def rebind_endpoint(self, bdb_uid: int, node_uid: int) -> None:
        self._endpoint_nodes[bdb_uid] = node_uid

    async def update_endpoint(
        self, bdb_uid: int, *, routes: tuple[Route, ...] | None = None, password: str | None = None
    ) -> None:
        return None

    async def close_endpoint(self, bdb_uid: int) -> None:
        self._endpoint_nodes.pop(bdb_uid, None)

    async def endpoint_up(self, bdb_uid: int) -> bool:
        node_uid = self._endpoint_nodes.get(bdb_uid)
        return node_uid is not None and node_uid not in self._dead_nodes

    async def reshard(self, bdb_uid: int, new_routes: tuple[Route, ...]) -> None:
        return None

    async def configure_shard(self, shard_uid: int, *, memory_limit: int, eviction_policy: str) -> None:
        return None

    async def flush(self, bdb_uid: int) -> None:
        return None

    async def shard_info(self, shard_uid: int) -> dict[str, str]:
        return {"loading": "0", "used_memory": "0"} if self._alive(shard_uid) else {}

    async def delay_replica(self, replica_uid: int, seconds: float) -> None:
        return None

    async def kill_shard(self, shard_uid: int) -> None:
        self._dead_shards.add(shard_uid)

    async def kill_node(self, node_uid: int) -> None:
        self._dead_nodes.add(node_uid)

    async def start_node(self, node_uid: int) -> None:
        self._dead_nodes.discard(node_uid)
        self._dead_shards -= {uid for uid, node in self._shard_nodes.items() if node == node_uid}

    async def close(self) -> None:
        self._shard_nodes.clear()
        self._endpoint_nodes.clear()

    def _alive(self, shard_uid: int) -> bool:
        node_uid = self._shard_nodes.get(shard_uid)
        return node_uid is not None and node_uid not in self._dead_nodes and shard_uid not in self._dead_shards

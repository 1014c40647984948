# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface between control plane and data plane.

The control plane decides (which shard on which node, who is master, where the endpoint is bound);
the data plane does it with real processes and real connections, and says what it saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ShardSpec:
    """A shard to start: one redis-server process."""

    uid: int
    bdb_uid: int
    node_uid: int
    memory_limit: int = 0  # bytes, 0 means no limit
    eviction_policy: str = "noeviction"  # the API's spelling; mapped to maxmemory-policy
    persist: bool = False  # keep an append-only file that survives the process


@dataclass(frozen=True)
class Route:
    """Hash slots first..last (inclusive, CRC16 mod 16384) are served by this master shard."""

    first_slot: int
    last_slot: int
    shard_uid: int


@dataclass(frozen=True)
class EndpointSpec:
    """The endpoint of a database, bound on one node. Port 0 lets the data plane choose."""

    bdb_uid: int
    node_uid: int
    port: int
    routes: tuple[Route, ...]
    password: str = ""
    tls: bool = False


@dataclass(frozen=True)
class ReplicaState:
    """State of a replica: link, and bytes behind its primary."""

    link_up: bool
    lag_bytes: int


@dataclass(frozen=True)
class SwitchReport:
    """A planned switch of a master: how long clients were held, and that both offsets were equal."""

    held_ms: float
    offset: int


class DataPlaneError(Exception):
    """The data plane could not do what was asked; the message says what was seen."""


class DataPlane(Protocol):
    """The verbs. Each returns when the thing has really happened, or raises DataPlaneError."""

    name: str  # "redis" or "none"

    async def start_shard(self, spec: ShardSpec) -> None: ...

    async def stop_shard(self, shard_uid: int) -> None:
        """End the process and forget its data."""

    async def replicate(self, replica_uid: int, master_uid: int) -> None:
        """Make one shard a replica of another and wait until its first full sync is done."""

    async def replica_state(self, replica_uid: int) -> ReplicaState: ...

    async def switch(self, master_uid: int, replica_uid: int) -> SwitchReport:
        """Planned fail-over without loss: hold new requests at the endpoint, pause writes, wait for equal
        offsets, promote the replica, make the old master its replica, re-point the routes, release."""

    async def promote(self, replica_uid: int) -> None:
        """Unplanned fail-over: the master is gone. The replica becomes master, routes of the old master
        point to it; whatever it had not received is lost."""

    async def migrate(self, shard_uid: int, to_node_uid: int) -> SwitchReport:
        """Move a shard (master or replica) to another node under the same uid: start a process there, sync it
        from the current one, switch without loss, end the old process, re-attach replicas."""

    async def open_endpoint(self, spec: EndpointSpec) -> int:
        """Bind the endpoint and return its port."""

    async def rebind_endpoint(self, bdb_uid: int, node_uid: int) -> None:
        """Bind the endpoint to another node. Its stable address stays, and so do open connections
        unless the old node is dead."""

    async def update_endpoint(
        self, bdb_uid: int, *, routes: tuple[Route, ...] | None = None, password: str | None = None
    ) -> None: ...

    async def close_endpoint(self, bdb_uid: int) -> None: ...

    async def endpoint_up(self, bdb_uid: int) -> bool:
        """The listener is bound on a live node and every routed shard answers PING."""

    async def reshard(self, bdb_uid: int, new_routes: tuple[Route, ...]) -> None:
        """Move keys so that each lies in the shard that new_routes names, without loss, then use new_routes.
        The new shards have been started; the old ones are stopped by the caller afterwards."""

    async def configure_shard(self, shard_uid: int, *, memory_limit: int, eviction_policy: str) -> None: ...

    async def flush(self, bdb_uid: int) -> None: ...

    async def shard_info(self, shard_uid: int) -> dict[str, str]:
        """Fields of INFO; empty when the process does not answer."""

    async def delay_replica(self, replica_uid: int, seconds: float) -> None:
        """Fault: stop the replica's process (SIGSTOP) for a while so that it lags."""

    async def kill_shard(self, shard_uid: int) -> None:
        """Fault: the shard's process ends at once (SIGKILL), as the kernel ends one when memory runs out."""

    async def kill_node(self, node_uid: int) -> None:
        """The node's processes end at once (SIGKILL); endpoints bound there refuse connections."""

    async def start_node(self, node_uid: int) -> None:
        """The node may be used again. Its shards restart: empty, or from their append-only file."""

    async def close(self) -> None:
        """End every process and listener, remove every file."""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of an emulated cluster: nodes, shards, endpoints, snapshots, users."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

LISTENERS = 100  # max_listeners and max_redis_servers of a node in service
STORAGE = 1_081_100_128_256.0  # bytes of a node's disks


def iso_time(seconds: float | None = None) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@dataclass
class Snapshot:
    """What a node held when maintenance began."""

    name: str
    created_time: str
    node_uid: int
    maintenance: bool
    roles: dict[int, str] = field(default_factory=dict)  # shard uid → role
    endpoints: tuple[int, ...] = ()  # databases whose endpoint was bound here

    def as_object(self) -> dict[str, str]:
        return {"created_time": self.created_time, "name": self.name, "node_uid": str(self.node_uid)}


@dataclass
class Node:
    uid: int
    addr: str
    port: int
    total_memory: int
    rack_id: str = ""
    second_rack_id: str = ""
    alive: bool = True  # the process runs
    seen_down: bool = False  # the others have noticed that it does not
    leaving: bool = False  # a removal was accepted: no shard is placed here any more
    decommissioning: bool = False
    quorum_only: bool = False  # takes no shards: set for good, or by maintenance
    max_listeners: int = LISTENERS  # maintenance sets it to 0, the mark alone does not
    max_redis_servers: int = LISTENERS
    maintenance_depth: int = 0
    persistent_free: float = 0.9 * STORAGE
    ephemeral_free: float = 0.9 * STORAGE
    started: float = field(default_factory=time.time)
    snapshots: list[Snapshot] = field(default_factory=list)
    raw: dict[str, Any] | None = None  # a loaded object, served as it is

    @property
    def url(self) -> str:
        return f"https://{self.addr}:{self.port}"

    @property
    def accepts(self) -> bool:
        """Whether shards and endpoints can be placed here."""
        return self.alive and not (self.quorum_only or self.leaving)

    @property
    def rack(self) -> str:
        """The rack id for comparison; case does not count."""
        return self.rack_id.lower()

    @property
    def in_maintenance(self) -> bool:
        """Activated, or marked by an activation that did not complete."""
        return self.maintenance_depth > 0 or (self.quorum_only and self.max_listeners == 0)

    @property
    def status(self) -> str:
        if self.seen_down:
            return "down"
        return "decommissioning" if self.decommissioning else "active"

    def maintenance_snapshot(self) -> Snapshot | None:
        found = [snapshot for snapshot in self.snapshots if snapshot.maintenance]
        return found[-1] if found else None


@dataclass
class Shard:
    uid: int
    bdb_uid: int
    node_uid: int
    role: str  # "master" or "slave", the API's words
    slots: tuple[int, int]
    memory: int = 0
    master_uid: int | None = None  # of a replica
    down: bool = False

    @property
    def assigned_slots(self) -> str:
        return f"{self.slots[0]}-{self.slots[1]}"


@dataclass
class Endpoint:
    bdb_uid: int
    node_uid: int
    port: int


@dataclass(frozen=True)
class User:
    name: str
    password: str
    role: str
    databases: frozenset[int] | None = None  # those that the role is scoped to; None is all


# Who may do what; the names are those of the vendor's table of management roles.
VIEWERS = frozenset({"admin", "cluster_member", "cluster_viewer", "db_member", "db_viewer", "user_manager"})
DB_WRITERS = frozenset({"admin", "cluster_member", "db_member"})
ADMINS = frozenset({"admin"})
ROLES = VIEWERS | {"none"}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the emulated cluster, and queries on it."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from . import bdb_rules as rules
from . import capacity, catalog
from .actions import ActionBook
from .dataplane.base import DataPlane, Route
from .errors import ApiError
from .faults import FaultBook
from .journal import Journal
from .model import Endpoint, Node, Shard, User, iso_time
from .releases import Release
from .settings import Settings
from .versions import parse_version

if TYPE_CHECKING:
    from .crdbs import Crdb

FIRST_STATE_ID = 1


class Cluster:
    """Everything that the API shows, and the plane that holds the data. It decides nothing."""

    def __init__(
        self,
        nodes: Sequence[Node],
        plane: DataPlane,
        *,
        version: str,
        admin: User,
        rest_only: DataPlane,
        time_scale: float = 1.0,
        shards_limit: int | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.version, self.software_version = parse_version(version)
        self.release = Release(self.version)
        self.settings = settings or Settings()
        self.nodes: dict[int, Node] = {node.uid: node for node in nodes}
        self.bdbs: dict[int, dict[str, Any]] = {}
        self.shards: dict[int, Shard] = {}
        self.endpoints: dict[int, Endpoint] = {}
        self.users: dict[str, User] = {admin.name: admin}
        self.admin = admin
        self.loaded: set[int] = set()  # databases from a file: served as they are, with no process behind them
        self.time_scale = time_scale
        self.state_id = FIRST_STATE_ID
        self.shards_limit = shards_limit
        self.primary: int | None = min(self.nodes, default=None)
        self.electing = False
        self.faults = FaultBook()
        self.journal = Journal()
        self.actions = ActionBook(self.faults, time_scale, self.touch)
        self.modules = catalog.modules(self.version)
        self.policy = catalog.default_policy(self.version)
        self.policy["rack_aware"] = any(node.rack_id for node in nodes)
        self.created = iso_time()
        self.cluster_overlay: dict[str, Any] = {}
        self.license_overlay: dict[str, Any] = {}
        self.shard_overlay: dict[int, dict[str, Any]] = {}  # shard uid → members that are shown in place of its own
        self.alert_overlay: dict[tuple[str, int, str], dict[str, Any]] = {}  # (kind, uid, name) → members likewise
        self.crdbs: dict[str, Crdb] = {}  # by guid
        self.usage: dict[int, int] = {}  # database uid → bytes in it, where a test has said so
        self.cluster_actions: dict[str, float] = {}  # actions registered by the control API, and their duration
        self.certificate = ""
        self._plane = plane
        self._rest_only = rest_only
        self._locks: dict[int, asyncio.Lock] = {}
        self._last_bdb = 0
        self._last_shard = 0

    # -- change -----------------------------------------------------------------------------------------------
    def touch(self) -> None:
        self.state_id += 1

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.time_scale)

    def bdb_lock(self, bdb_uid: int) -> asyncio.Lock:
        """Held while shards of the database move or change."""
        return self._locks.setdefault(bdb_uid, asyncio.Lock())

    def next_bdb_uid(self) -> int:
        return max(self._last_bdb, *self.bdbs, 0) + 1

    def next_shard_uid(self) -> int:
        return max(self._last_shard, *self.shards, 0) + 1

    def add_shards(self, shards: Iterable[Shard]) -> None:
        for shard in shards:
            self.shards[shard.uid] = shard
            self._last_shard = max(self._last_shard, shard.uid)

    def add_bdb(self, bdb: dict[str, Any]) -> None:
        self.bdbs[bdb["uid"]] = bdb
        self._last_bdb = max(self._last_bdb, bdb["uid"])

    def drop_bdb(self, bdb_uid: int) -> None:
        """Forget the database. Its actions go with it: the API answers action_not_found afterwards."""
        self.bdbs.pop(bdb_uid, None)
        self.endpoints.pop(bdb_uid, None)
        self.loaded.discard(bdb_uid)
        self.usage.pop(bdb_uid, None)
        for shard in self.shards_of(bdb_uid):
            del self.shards[shard.uid]
        self.actions.forget(self.actions.of_bdb(bdb_uid))

    def refresh_bdb(self, bdb_uid: int) -> None:
        """Update shard_list and endpoints of the stored object."""
        bdb = self.bdbs.get(bdb_uid)
        if bdb is None:
            return
        if bdb_uid not in self.loaded:
            bdb["shard_list"] = sorted(shard.uid for shard in self.shards_of(bdb_uid))
            bdb["endpoints"] = self._endpoint_objects(bdb)
        self.touch()

    # -- read -------------------------------------------------------------------------------------------------
    def plane_of(self, bdb_uid: int) -> DataPlane:
        return self._rest_only if bdb_uid in self.loaded else self._plane

    @property
    def plane(self) -> DataPlane:
        return self._plane

    def shards_of(self, bdb_uid: int) -> list[Shard]:
        return [shard for shard in self.shards.values() if shard.bdb_uid == bdb_uid]

    def masters_of(self, bdb_uid: int) -> list[Shard]:
        return sorted((s for s in self.shards_of(bdb_uid) if s.role == "master"), key=lambda s: s.slots)

    def routes_of(self, bdb_uid: int) -> tuple[Route, ...]:
        return tuple(Route(*shard.slots, shard.uid) for shard in self.masters_of(bdb_uid))

    def shards_on(self, node_uid: int) -> list[Shard]:
        return [shard for shard in self.shards.values() if shard.node_uid == node_uid]

    def endpoints_on(self, node_uid: int) -> list[Endpoint]:
        return [endpoint for endpoint in self.endpoints.values() if endpoint.node_uid == node_uid]

    def replica_of(self, master: Shard) -> Shard | None:
        return next((s for s in self.shards_of(master.bdb_uid) if s.master_uid == master.uid), None)

    def node(self, uid: int) -> Node:
        node = self.nodes.get(uid)
        if node is None:
            raise ApiError(404, "node_not_found", f"Node {uid} does not exist.")
        return node

    def bdb(self, uid: int) -> dict[str, Any]:
        bdb = self.bdbs.get(uid)
        if bdb is None:
            raise ApiError(404, "db_not_exist", f"Database {uid} does not exist.")
        return bdb

    def live_nodes(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.alive]

    @property
    def has_quorum(self) -> bool:
        return 2 * len(self.live_nodes()) > len(self.nodes)

    def shard_up(self, shard: Shard) -> bool:
        node = self.nodes.get(shard.node_uid)
        return not shard.down and node is not None and node.alive

    def endpoint_nodes(self, bdb_uid: int) -> list[int]:
        """The nodes where the endpoint is bound, by the database's proxy policy."""
        endpoint = self.endpoints.get(bdb_uid)
        policy = self.bdbs.get(bdb_uid, {}).get("proxy_policy", "single")
        if policy == "all-nodes":
            return [node.uid for node in self.nodes.values() if node.accepts]
        if policy == "all-master-shards":
            return sorted({shard.node_uid for shard in self.masters_of(bdb_uid)})
        return [] if endpoint is None else [endpoint.node_uid]

    def link_up(self, replica: Shard) -> bool:
        """Whether a replica is connected to its master."""
        master = None if replica.master_uid is None else self.shards.get(replica.master_uid)
        if self.faults.of_bdb("link_down", replica.bdb_uid) is not None:
            return False
        return master is not None and self.shard_up(replica) and self.shard_up(master)

    def on_flash(self, bdb_uid: int) -> bool:
        return bool(self.bdbs.get(bdb_uid, {}).get("bigstore"))

    def license_expired(self) -> bool:
        return bool(self.license_overlay.get("expired", False))

    def view(self) -> rules.ClusterView:
        candidates = capacity.candidates(self)
        return rules.ClusterView(
            version=self.version,
            bdbs=list(self.bdbs.values()),
            node_count=len(candidates),
            racks=len({c.rack for c in candidates if c.rack}),
            rack_aware=bool(self.policy["rack_aware"]),
            modules=self.modules,
            free_memory=sys.maxsize if self.policy["shards_overbooking"] else sum(c.free_memory for c in candidates),
            shards_limit=self.shards_limit,
            shards_in_use=len(self.shards),
            license_expired=self.license_expired(),
            reserved_ports=frozenset([*catalog.SYSTEM_PORTS, *self.cluster_overlay.get("reserved_ports", [])]),
            mask_credentials=bool(self.cluster_overlay.get("mask_bdb_credentials", False)),
            now=iso_time(),
            keeps_modules=self.release.does("empty module_list is refused"),
            needs_rules=self.release.does("sharding needs rules") and self.settings.shard_rules == "required",
            defaults_left_out=self.settings.defaults == "left_out",
        )

    def _endpoint_objects(self, bdb: dict[str, Any]) -> list[dict[str, Any]]:
        endpoint = self.endpoints.get(bdb["uid"])
        if endpoint is None:
            return []
        policy = bdb.get("proxy_policy", "single")
        uids = self.endpoint_nodes(bdb["uid"])
        return [
            {
                "addr": [self.nodes[uid].addr for uid in uids if uid in self.nodes],
                "addr_type": "external",
                "dns_name": f"redis-{endpoint.port}.{catalog.CLUSTER_NAME}",
                "oss_cluster_api_preferred_endpoint_type": bdb.get("oss_cluster_api_preferred_endpoint_type", "ip"),
                "oss_cluster_api_preferred_ip_type": bdb.get("oss_cluster_api_preferred_ip_type", "internal"),
                "port": endpoint.port,
                "proxy_policy": policy,
                "uid": f"{bdb['uid']}:1",
            }
        ]

    # -- access -----------------------------------------------------------------------------------------------
    def check_serving(self) -> None:
        """503 when no node can answer for the cluster."""
        if not self.has_quorum:
            raise ApiError(503, "no_quorum", "The cluster has no quorum.")
        primary = None if self.primary is None else self.nodes.get(self.primary)
        if self.electing or primary is None or not primary.alive:
            raise ApiError(503)

    def user(self, name: str, password: str) -> User | None:
        user = self.users.get(name)
        if user is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            return None
        return user

    def uptime(self, node: Node) -> int:
        return int(time.time() - node.started)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the emulated cluster, and what can be read off it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any

from . import bdb_rules as rules
from . import catalog
from .actions import ActionBook
from .dataplane.base import DataPlane, Route
from .errors import ApiError
from .faults import FaultBook
from .journal import Journal
from .model import LISTENERS, Endpoint, Node, Shard, User, iso_time
from .placement import Candidate
from .versions import features_of, parse_version

PROVISIONAL_SHARE = 0.85  # of a node's memory that shards may be given; inferred
FIRST_STATE_ID = 1
STATE_ID_USES = ("honoured", "ignored", "absent")  # a write with an old one is refused; is not; none is sent


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
        redirect: bool = False,
    ) -> None:
        self.version, self.software_version = parse_version(version)
        self.features = features_of(self.version)
        self.nodes: dict[int, Node] = {node.uid: node for node in nodes}
        self.bdbs: dict[int, dict[str, Any]] = {}
        self.shards: dict[int, Shard] = {}
        self.endpoints: dict[int, Endpoint] = {}
        self.users: dict[str, User] = {admin.name: admin}
        self.admin = admin
        self.loaded: set[int] = set()  # databases from a file: served as they are, with no process behind them
        self.time_scale = time_scale
        self.state_id = FIRST_STATE_ID
        self.state_id_use = STATE_ID_USES[0]
        self.shards_limit = shards_limit
        self.redirect = redirect
        self.primary: int | None = min(self.nodes, default=None)
        self.electing = False
        self.faults = FaultBook()
        self.journal = Journal()
        self.actions = ActionBook(self.faults, time_scale, self.touch)
        self.modules = catalog.modules(self.version)
        self.policy = catalog.default_policy(self.version)
        racks = {node.rack_id for node in nodes if node.rack_id}
        self.policy["rack_aware"] = bool(racks)
        self.created = iso_time()
        self.cluster_overlay: dict[str, Any] = {}
        self.license_overlay: dict[str, Any] = {}
        self.cluster_actions: dict[str, float] = {}  # names that the control API made known, and their seconds
        self.list_shape = "object"  # of /v1/nodes/actions and /v1/cluster/actions
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
        """Whoever moves or changes the shards of a database holds this."""
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
        for shard in self.shards_of(bdb_uid):
            del self.shards[shard.uid]
        self.actions.forget(self.actions.of_bdb(bdb_uid))

    def refresh_bdb(self, bdb_uid: int) -> None:
        """Let the stored object say where its shards and endpoint are now."""
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

    def provisional(self, node: Node) -> tuple[int, int]:
        """Total and free memory for shards; a node that takes none has none."""
        if node.quorum_only or not node.alive:
            return 0, 0
        total = int(node.total_memory * PROVISIONAL_SHARE)
        return total, total - sum(shard.memory for shard in self.shards_on(node.uid))

    def candidates(self) -> list[Candidate]:
        used: dict[int, tuple[int, int]] = {}
        for shard in self.shards.values():
            memory, count = used.get(shard.node_uid, (0, 0))
            used[shard.node_uid] = (memory + shard.memory, count + 1)
        found = []
        for node in self.nodes.values():
            if node.accepts:
                memory, count = used.get(node.uid, (0, 0))
                free = int(node.total_memory * PROVISIONAL_SHARE) - memory
                found.append(Candidate(node.uid, node.rack_id, free, LISTENERS - count))
        return found

    def license_expired(self) -> bool:
        return bool(self.license_overlay.get("expired", False))

    def view(self) -> rules.ClusterView:
        candidates = self.candidates()
        return rules.ClusterView(
            version=self.version,
            bdbs=list(self.bdbs.values()),
            node_count=len(candidates),
            racks=len({c.rack for c in candidates if c.rack}),
            rack_aware=bool(self.policy["rack_aware"]),
            modules=self.modules,
            free_memory=sum(c.free_memory for c in candidates),
            shards_limit=self.shards_limit,
            shards_in_use=len(self.shards),
            license_expired=self.license_expired(),
            reserved_ports=frozenset([*catalog.SYSTEM_PORTS, *self.cluster_overlay.get("reserved_ports", [])]),
            mask_credentials=bool(self.cluster_overlay.get("mask_bdb_credentials", False)),
            now=iso_time(),
        )

    def _endpoint_objects(self, bdb: dict[str, Any]) -> list[dict[str, Any]]:
        endpoint = self.endpoints.get(bdb["uid"])
        if endpoint is None:
            return []
        policy = bdb.get("proxy_policy", "single")
        uids = [endpoint.node_uid]
        if policy == "all-nodes":
            uids = [node.uid for node in self.nodes.values() if node.accepts]
        elif policy == "all-master-shards":
            uids = sorted({shard.node_uid for shard in self.masters_of(bdb["uid"])})
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

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases: create, update and delete, and the state machines that do it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from typing import Any

from . import bdb_rules as rules
from . import layout
from .actions import Action, Run
from .cluster import Cluster
from .dataplane.base import DataPlaneError, EndpointSpec, Route, ShardSpec
from .errors import ApiError
from .model import Endpoint, Shard, iso_time

Bdb = dict[str, Any]


def spec_of(bdb: Mapping[str, Any], shard: Shard) -> ShardSpec:
    return ShardSpec(
        uid=shard.uid,
        bdb_uid=shard.bdb_uid,
        node_uid=shard.node_uid,
        memory_limit=shard.memory,
        eviction_policy=str(bdb.get("eviction_policy", "noeviction")),
        persist=bdb.get("data_persistence", "disabled") != "disabled",
    )


def uses_tls(bdb: Mapping[str, Any]) -> bool:
    return bdb.get("tls_mode") == "enabled" or bool(bdb.get("ssl"))


def password_of(bdb: Mapping[str, Any]) -> str:
    return str(bdb.get("authentication_redis_pass") or "")


def wanted_port(bdb: Mapping[str, Any]) -> int:
    return int(bdb.get("port") or 0)


class Databases:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def _check_not_busy(self, bdb_uid: int) -> None:
        cluster = self._cluster
        fault = cluster.faults.of_bdb("busy", bdb_uid)
        if fault is not None:
            cluster.faults.hit(fault)
        if fault is not None or cluster.actions.busy(bdb_uid):
            raise rules.busy()

    def shown(self, bdb: Bdb, action: Action | None = None) -> Bdb:
        shown = dict(rules.render(bdb, self._cluster.view()))
        if action is not None:
            shown["action_uid"] = action.uid
        return shown

    def _machine(self, name: str, bdb_uid: int) -> Action:
        return Action("state-machine", name, "pending", bdb_uid=bdb_uid)

    # -- create -----------------------------------------------------------------------------------------------
    def create(self, body: Mapping[str, Any], *, dry_run: bool, recovery_plan: Mapping[str, Any] | None = None) -> Bdb:
        cluster = self._cluster
        asked = body.get("uid")
        uid = asked if isinstance(asked, int) and not isinstance(asked, bool) else cluster.next_bdb_uid()
        bdb = rules.new_bdb(body, cluster.view(), uid=uid, recovery_plan=recovery_plan)
        shards = layout.new_layout(cluster, bdb)
        bdb["shard_list"] = [shard.uid for shard in shards]
        bdb["endpoints"] = []
        real = cluster.plane.name != "none"
        if real and wanted_port(bdb) and not layout.port_free(wanted_port(bdb)):
            raise ApiError(406, "port_unavailable", f"Port {wanted_port(bdb)} is in use.")
        if dry_run:
            return self.shown(bdb)
        cluster.add_bdb(bdb)
        cluster.add_shards(shards)
        cluster.touch()
        action = self._machine("SMCreateBDB", uid)
        reply = self.shown(bdb, action)
        cluster.actions.start(action, lambda run: self._create(run, bdb, shards))
        return reply

    async def _create(self, run: Run, bdb: Bdb, shards: list[Shard]) -> None:
        cluster = self._cluster
        uid: int = bdb["uid"]
        try:
            async with cluster.bdb_lock(uid):
                await run.advance(10, "placement")
                for number, shard in enumerate(shards, 1):
                    await run.advance(10 + 60 * number / len(shards), "start_shards", 0.01)
                    await cluster.plane.start_shard(spec_of(bdb, shard))
                for shard in shards:
                    if shard.master_uid is not None:
                        await cluster.plane.replicate(shard.uid, shard.master_uid)
                await run.advance(85, "bind_endpoint", 0.01)
                await self._open_endpoint(bdb)
                await run.finish()
                bdb["status"] = "active"
        except Exception:
            bdb["status"] = "creation-failed"
            await self._release(uid)
            raise
        finally:
            cluster.refresh_bdb(uid)

    async def _open_endpoint(self, bdb: Bdb, port: int | None = None) -> None:
        cluster = self._cluster
        uid: int = bdb["uid"]
        routes = cluster.routes_of(uid)
        node_uid = cluster.shards[routes[0].shard_uid].node_uid
        wanted = wanted_port(bdb) if port is None else port
        spec = EndpointSpec(uid, node_uid, wanted, routes, password_of(bdb), uses_tls(bdb))
        cluster.endpoints[uid] = Endpoint(uid, node_uid, await cluster.plane_of(uid).open_endpoint(spec))

    async def _release(self, bdb_uid: int) -> None:
        """Remove the endpoint and all processes of a database, as far as they exist."""
        cluster = self._cluster
        plane = cluster.plane_of(bdb_uid)
        if cluster.endpoints.pop(bdb_uid, None) is not None:
            await plane.close_endpoint(bdb_uid)
        for shard in cluster.shards_of(bdb_uid):
            with contextlib.suppress(DataPlaneError):  # it was never started, or its node is away
                await plane.stop_shard(shard.uid)
            cluster.shards.pop(shard.uid, None)

    # -- delete -----------------------------------------------------------------------------------------------
    def delete(self, bdb_uid: int) -> Bdb:
        cluster = self._cluster
        bdb = cluster.bdb(bdb_uid)
        self._check_not_busy(bdb_uid)
        rules.check_delete(bdb)
        bdb["status"] = "delete-pending"
        cluster.touch()
        action = self._machine("SMDeleteBDB", bdb_uid)
        reply = self.shown(bdb, action)
        reply.pop("status", None)  # as captured: the answer to a DELETE may have none
        cluster.actions.start(action, lambda run: self._delete(run, bdb))
        return reply

    async def _delete(self, run: Run, bdb: Bdb) -> None:
        cluster = self._cluster
        uid: int = bdb["uid"]
        try:
            async with cluster.bdb_lock(uid):
                await run.advance(14.29, "config_security")
                await run.advance(50, "stop_shards")
                await run.finish()
                await self._release(uid)
        except Exception:
            bdb["status"] = "active"
            raise
        cluster.drop_bdb(uid)

    # -- update -----------------------------------------------------------------------------------------------
    def update(self, bdb_uid: int, body: Mapping[str, Any], *, dry_run: bool, action: str | None = None) -> Bdb:
        cluster = self._cluster
        current = cluster.bdb(bdb_uid)
        self._check_not_busy(bdb_uid)
        if current.get("status", "active") != "active":
            raise rules.busy()
        updated = rules.updated_bdb(current, body, cluster.view(), action=action)
        added = layout.added_shards(cluster, updated)
        if action == "reset_admin_pass" and "authentication_admin_pass" not in body:
            updated["authentication_admin_pass"] = secrets.token_urlsafe(36)
        if dry_run:
            return self.shown(updated)
        updated["status"] = "active-change-pending"
        updated["last_changed_time"] = iso_time()
        cluster.bdbs[bdb_uid] = updated
        cluster.touch()
        machine = self._machine("SMUpdateBDB", bdb_uid)
        reply = self.shown(updated, machine)
        change = _Change(cluster, current, updated, added)
        cluster.actions.start(machine, lambda run: self._update(run, change, action))
        return reply

    async def _update(self, run: Run, change: _Change, action: str | None) -> None:
        cluster = self._cluster
        uid: int = change.new["uid"]
        try:
            async with cluster.bdb_lock(uid):
                await run.advance(20, "configure", 0.01)
                await change.shards()
                await run.advance(60, "proxy_policy", 0.01)
                await change.settings()
                if uses_tls(change.old) != uses_tls(change.new) and uid in cluster.endpoints:
                    port = cluster.endpoints[uid].port
                    await cluster.plane_of(uid).close_endpoint(uid)
                    await self._open_endpoint(change.new, port)
                if action == "flush":
                    await cluster.plane_of(uid).flush(uid)
                await run.finish()
        except Exception:
            await change.undo()
            raise
        change.new["status"] = "active"
        cluster.refresh_bdb(uid)


class _Change:
    """The steps from one stored object to another: shards that are added, removed and configured."""

    def __init__(self, cluster: Cluster, old: Bdb, new: Bdb, added: list[Shard]) -> None:
        self._cluster = cluster
        self._plane = cluster.plane_of(new["uid"])
        self.old = old
        self.new = new
        self._added = added
        self._resharded = False

    async def shards(self) -> None:
        cluster, uid = self._cluster, self.new["uid"]
        if not self.new.get("replication"):
            for shard in cluster.shards_of(uid):
                if shard.role == "slave":
                    await self._stop(shard)
        masters = [shard for shard in self._added if shard.role == "master"]
        for shard in self._added:
            await self._plane.start_shard(spec_of(self.new, shard))
            cluster.add_shards([shard])
        if masters:
            await self._reshard()
        for shard in self._added:
            if shard.master_uid is not None:
                await self._plane.replicate(shard.uid, shard.master_uid)

    async def _reshard(self) -> None:
        """Share the slots out anew; replicas serve the same slots as their masters."""
        cluster, uid = self._cluster, self.new["uid"]
        masters = sorted((s for s in cluster.shards_of(uid) if s.role == "master"), key=lambda s: s.uid)
        ranges = layout.slot_ranges(len(masters))
        routes = tuple(Route(*slots, shard.uid) for slots, shard in zip(ranges, masters, strict=True))
        await self._plane.reshard(uid, routes)
        self._resharded = True
        for slots, shard in zip(ranges, masters, strict=True):
            shard.slots = slots
            replica = cluster.replica_of(shard)
            if replica is not None:
                replica.slots = slots

    async def settings(self) -> None:
        cluster, uid = self._cluster, self.new["uid"]
        memory = layout.shard_memory(self.new)
        policy = str(self.new.get("eviction_policy", "noeviction"))
        for shard in cluster.shards_of(uid):
            shard.memory = memory
            if cluster.shard_up(shard):
                await self._plane.configure_shard(shard.uid, memory_limit=memory, eviction_policy=policy)
        if password_of(self.old) != password_of(self.new) and uid in cluster.endpoints:
            await self._plane.update_endpoint(uid, password=password_of(self.new))

    async def undo(self) -> None:
        """A failed update leaves the database as it was, apart from slots that have moved already; inferred."""
        cluster, uid = self._cluster, self.new["uid"]
        restored = {**self.old, "status": "active"}
        if self._resharded:
            restored["shards_count"] = self.new["shards_count"]
        else:
            for shard in self._added:
                if shard.uid in cluster.shards:
                    await self._stop(shard)
        try:
            back = _Change(cluster, self.new, restored, layout.added_shards(cluster, restored))
            await back.shards()
            await back.settings()
        except (ApiError, DataPlaneError):
            pass  # the object is restored all the same, and the action's error says what went wrong first
        cluster.bdbs[uid] = restored
        cluster.refresh_bdb(uid)

    async def _stop(self, shard: Shard) -> None:
        await self._plane.stop_shard(shard.uid)
        self._cluster.shards.pop(shard.uid, None)

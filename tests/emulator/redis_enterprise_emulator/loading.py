# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""--load: objects from a file in the API's format, served unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .actions import Action
from .cluster import Cluster
from .dataplane.base import ShardSpec
from .layout import shard_memory
from .model import Endpoint, Node, Shard
from .placement import slot_ranges

_KEYS = ("bdbs", "nodes", "cluster", "actions")


class LoadError(Exception):
    """The file cannot be used; the message says why."""


def read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise LoadError(f"{path} is not JSON: {error}.") from None
    if not isinstance(data, dict) or set(data) - set(_KEYS):
        raise LoadError(f"{path} must hold one object with some of {', '.join(_KEYS)}.")
    for key in ("bdbs", "nodes"):
        for item in data.get(key, []):
            if not isinstance(item, dict) or not isinstance(item.get("uid"), int):
                raise LoadError(f"Each of '{key}' in {path} must be an object with an integer uid.")
    return data


async def load(cluster: Cluster, data: dict[str, Any]) -> None:
    for raw in data.get("nodes", []):
        _load_node(cluster, raw)
    for raw in data.get("bdbs", []):
        await _load_bdb(cluster, raw)
    cluster.cluster_overlay.update(data.get("cluster", {}))
    for raw in _flat(data.get("actions", [])):
        cluster.actions.add_loaded(_action(raw))


def _load_node(cluster: Cluster, raw: dict[str, Any]) -> None:
    node = cluster.nodes.get(raw["uid"])
    if node is None:  # shown, but nothing listens for it
        node = Node(raw["uid"], str(raw.get("addr", "")), 9443, int(raw.get("total_memory", 0)))
        cluster.nodes[node.uid] = node
    node.raw = raw
    node.rack_id = str(raw.get("rack_id", node.rack_id))
    if raw.get("status") == "down":
        node.alive, node.seen_down = False, True
    node.quorum_only = raw.get("accept_servers") is False


async def _load_bdb(cluster: Cluster, raw: dict[str, Any]) -> None:
    uid: int = raw["uid"]
    cluster.loaded.add(uid)
    cluster.add_bdb(raw)
    shards = _shards(cluster, raw)
    cluster.add_shards(shards)
    for shard in shards:
        await cluster.plane_of(uid).start_shard(ShardSpec(shard.uid, uid, shard.node_uid))
    endpoints = raw.get("endpoints") or []
    if endpoints and shards:
        cluster.endpoints[uid] = Endpoint(uid, shards[0].node_uid, int(endpoints[0].get("port", 0)))


def _shards(cluster: Cluster, raw: dict[str, Any]) -> list[Shard]:
    """Shards for a shard_list: masters first, then their replicas, in turn over the nodes."""
    listed: list[int] = raw.get("shard_list") or []
    masters = len(listed) // 2 if raw.get("replication") else len(listed)
    if not masters:
        return []
    nodes = sorted(cluster.nodes)
    slots = slot_ranges(masters)
    memory = shard_memory(raw)
    found = []
    for index, shard_uid in enumerate(listed):
        number = index % masters
        replica = index >= masters
        node = nodes[(raw["uid"] + number + (1 if replica else 0)) % len(nodes)]
        role, master = ("slave", listed[number]) if replica else ("master", None)
        found.append(Shard(shard_uid, raw["uid"], node, role, slots[number], memory, master))
    return found


def _flat(actions: Any) -> list[dict[str, Any]]:
    """A flat list, or the object of /v1/actions."""
    if isinstance(actions, dict):
        return [*actions.get("actions", []), *actions.get("state-machines", [])]
    return list(actions)


def _action(raw: dict[str, Any]) -> Action:
    uid = raw.get("action_uid") or raw.get("task_id")
    if not uid:
        raise LoadError("Each of 'actions' needs an action_uid or a task_id.")
    machine = raw.get("action_type") == "state-machine" or "object_name" in raw
    kind = "state-machine" if machine else str(raw.get("action_type", "task"))
    info = raw.get("additional_info", {})
    name = str(raw.get("object_name", ""))
    bdb = name.removeprefix("bdb:") if name.startswith("bdb:") else ""
    if not bdb and info.get("object_type") == "bdb":
        bdb = str(info.get("object_uid", ""))
    node = str(raw.get("node_uid", ""))
    return Action(
        kind=kind,
        name=str(raw.get("name", "")),
        status=str(raw.get("status", "")),
        node_uid=int(node) if node.isdigit() else None,
        bdb_uid=int(bdb) if bdb.isdigit() else None,
        uid=str(uid),
        created=float(raw.get("creation_time", 0)),
        heartbeat=float(raw.get("heartbeat", 0)),
        progress=float(raw.get("progress", 0)),
        state=str(raw.get("state", "")),
        error=str(raw.get("error", info.get("error", ""))),
        raw=raw,
    )

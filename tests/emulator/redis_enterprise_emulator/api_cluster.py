# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes, shards, the cluster, its policy, licence and modules."""

from __future__ import annotations

import time
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from . import capacity, objects
from .cluster_object import cluster_object
from .dataplane.base import DataPlaneError
from .errors import ApiError
from .model import ADMINS, VIEWERS, Shard
from .routing import Call, api

_MEMORY_KEYS = ("used_memory", "used_memory_rss")


async def list_nodes(call: Call) -> list[dict[str, Any]]:
    cluster = call.emulator.cluster
    return [objects.node_object(cluster, node) for node in cluster.nodes.values()]


async def get_node(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return objects.node_object(cluster, cluster.node(call.uid()))


async def all_status(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return {str(node.uid): objects.node_status(cluster, node) for node in cluster.nodes.values()}


async def node_status(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return objects.node_status(cluster, cluster.node(call.uid()))


async def node_check(call: Call) -> dict[str, Any]:
    return objects.check_result(call.emulator.cluster.node(call.uid()), uid_as_text=False)


async def cluster_check(call: Call) -> dict[str, Any]:
    nodes = [objects.check_result(node, uid_as_text=True) for node in call.emulator.cluster.nodes.values()]
    return {"cluster_test_result": all(node["result"] for node in nodes), "nodes": nodes}


async def snapshots(call: Call) -> list[dict[str, str]]:
    return [snapshot.as_object() for snapshot in call.emulator.cluster.node(call.uid()).snapshots]


async def delete_snapshot(call: Call) -> dict[str, str]:
    cluster, name = call.emulator.cluster, call.text("name")
    node = cluster.node(call.uid())
    found = next((snapshot for snapshot in node.snapshots if snapshot.name == name), None)
    if found is None:
        raise ApiError(404, "snapshot_not_found", f"Node {node.uid} has no snapshot {name}.")
    if found.maintenance:
        raise ApiError(403, "maintenance_snapshot", f"{name} is a maintenance snapshot and cannot be deleted.")
    node.snapshots.remove(found)
    cluster.touch()
    return found.as_object()


async def take_snapshot(call: Call) -> dict[str, str]:
    emulator, name = call.emulator, call.text("name")
    node = emulator.cluster.node(call.uid())
    if any(snapshot.name == name for snapshot in node.snapshots):
        raise ApiError(409, "snapshot_exists", f"Node {node.uid} has a snapshot {name} already.")
    taken = emulator.node_actions.maintenance.snapshot_of(node, name, time.gmtime(), maintenance=False)
    node.snapshots.insert(0, taken)
    emulator.cluster.touch()
    return taken.as_object()


# Members of a node that can be set, with their types.
_NODE_FIELDS: dict[str, type] = {
    "accept_servers": bool,
    "max_listeners": int,
    "max_redis_servers": int,
    "rack_id": str,
    "second_rack_id": str,
}


async def put_node(call: Call) -> dict[str, Any]:
    cluster, body = call.emulator.cluster, call.object_body()
    node = cluster.node(call.uid())
    for name, value in body.items():
        if name not in cluster.release.shown("node", _NODE_FIELDS):
            raise ApiError(400, "invalid_schema", f"A node has no field '{name}' that can be set.")
        kind = _NODE_FIELDS[name]
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise ApiError(400, "invalid_schema", f"'{name}' has a value of the wrong type.")
    if body.get("accept_servers") is False and (cluster.shards_on(node.uid) or cluster.endpoints_on(node.uid)):
        raise ApiError(406, "node_already_populated", f"Node {node.uid} contains shards or endpoints.")
    if node.rack_id and body.get("rack_id", node.rack_id) != node.rack_id:
        raise ApiError(406, "node_already_has_rack_id", f"Node {node.uid} has the rack id {node.rack_id}.")
    if "accept_servers" in body:
        node.quorum_only = not body["accept_servers"]
    for name in set(body) - {"accept_servers"}:
        setattr(node, name, body[name])
    cluster.touch()
    return objects.node_object(cluster, node)


async def _shard(call: Call, shard: Shard) -> dict[str, Any]:
    cluster = call.emulator.cluster
    wanted = call.request.query_params.getlist("extra_info_keys")
    info: dict[str, Any] = {}
    if wanted and cluster.shard_up(shard):
        try:
            have = await cluster.plane_of(shard.bdb_uid).shard_info(shard.uid)
        except DataPlaneError:
            have = {}
        if shard.bdb_uid in cluster.usage:
            have = {**have, **dict.fromkeys(_MEMORY_KEYS, str(capacity.used_memory(cluster, shard)))}
        info = {key: int(have[key]) if have[key].isdigit() else have[key] for key in wanted if key in have}
    return objects.shard_object(cluster, shard, info)


async def list_shards(call: Call) -> list[dict[str, Any]]:
    shards = sorted(call.emulator.cluster.shards.items())
    return [await _shard(call, shard) for dummy, shard in shards if call.sees(shard.bdb_uid)]


async def shards_of_bdb(call: Call) -> list[dict[str, Any]]:
    uid = call.bdb_uid()
    shards = sorted(call.emulator.cluster.shards_of(uid), key=lambda shard: shard.uid)
    return [await _shard(call, shard) for shard in shards]


async def get_shard(call: Call) -> dict[str, Any]:
    shard = call.emulator.cluster.shards.get(call.uid())
    if shard is None or not call.sees(shard.bdb_uid):
        raise ApiError(404, "shard_not_found", f"Shard {call.uid()} does not exist.")
    return await _shard(call, shard)


async def get_cluster(call: Call) -> dict[str, Any]:
    return cluster_object(call.emulator.cluster)


async def get_policy(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return cluster.release.shown("policy", cluster.policy)


async def put_policy(call: Call) -> Response:
    cluster, body = call.emulator.cluster, call.object_body()
    for key, value in body.items():
        if key not in cluster.release.shown("policy", cluster.policy):
            raise ApiError(400, "invalid_schema", f"The policy has no field '{key}'.")
        if type(value) is not type(cluster.policy[key]):
            raise ApiError(400, "invalid_schema", f"'{key}' has a value of the wrong type.")
    cluster.policy.update(body)
    cluster.touch()
    return Response(status_code=200)


async def get_license(call: Call) -> dict[str, Any]:
    return objects.license_object(call.emulator.cluster)


async def list_modules(call: Call) -> list[dict[str, Any]]:
    cluster = call.emulator.cluster
    return [cluster.release.shown("module", module) for module in cluster.modules]


async def get_module(call: Call) -> dict[str, Any]:
    for module in await list_modules(call):
        if module["uid"] == call.text("uid"):
            return module
    raise ApiError(404, "module_not_exist", f"Module {call.text('uid')} does not exist.")


async def master_healthcheck(call: Call) -> dict[str, str]:
    """Whether the node that is asked is connected to the primary."""
    cluster = call.emulator.cluster
    try:
        cluster.check_serving()
    except ApiError:
        return {"status": "inactive"}
    return {"status": "active"}


ROUTES: list[Route] = [
    api("GET", "/v1/nodes", list_nodes, VIEWERS),
    api("GET", "/v1/nodes/status", all_status, VIEWERS),
    api("GET", "/v1/nodes/check/{uid:int}", node_check, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}", get_node, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}/status", node_status, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}/snapshots", snapshots, VIEWERS),
    api("POST", "/v1/nodes/{uid:int}/snapshots/{name}", take_snapshot, ADMINS),
    api("DELETE", "/v1/nodes/{uid:int}/snapshots/{name}", delete_snapshot, ADMINS),
    api("PUT", "/v1/nodes/{uid:int}", put_node, ADMINS),
    api("GET", "/v1/shards", list_shards, VIEWERS),
    api("GET", "/v1/shards/{uid:int}", get_shard, VIEWERS),
    api("GET", "/v1/cluster", get_cluster, VIEWERS),
    api("GET", "/v1/cluster/check", cluster_check, VIEWERS),
    api("GET", "/v1/cluster/policy", get_policy, VIEWERS),
    api("PUT", "/v1/cluster/policy", put_policy, ADMINS),
    api("GET", "/v1/license", get_license, VIEWERS),
    api("GET", "/v1/modules", list_modules, VIEWERS),
    api("GET", "/v1/modules/{uid}", get_module, VIEWERS),
    api("GET", "/v1/bdbs/{uid:int}/shards", shards_of_bdb, VIEWERS),
    api("GET", "/v1/local/node/master_healthcheck", master_healthcheck, VIEWERS),
]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes, shards, the cluster, its policy, licence and modules."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from . import objects
from .dataplane.base import DataPlaneError
from .errors import ApiError
from .health import health_report
from .model import ADMINS, VIEWERS, Shard
from .routing import Call, api


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


async def _shard(call: Call, shard: Shard) -> dict[str, Any]:
    cluster = call.emulator.cluster
    wanted = call.request.query_params.getlist("extra_info_keys")
    info: dict[str, Any] = {}
    if wanted and cluster.shard_up(shard):
        try:
            have = await cluster.plane_of(shard.bdb_uid).shard_info(shard.uid)
        except DataPlaneError:
            have = {}
        info = {key: int(have[key]) if have[key].isdigit() else have[key] for key in wanted if key in have}
    return objects.shard_object(cluster, shard, info)


async def list_shards(call: Call) -> list[dict[str, Any]]:
    return [await _shard(call, shard) for dummy, shard in sorted(call.emulator.cluster.shards.items())]


async def get_shard(call: Call) -> dict[str, Any]:
    shard = call.emulator.cluster.shards.get(call.uid())
    if shard is None:
        raise ApiError(404, "shard_not_found", f"Shard {call.uid()} does not exist.")
    return await _shard(call, shard)


async def get_cluster(call: Call) -> dict[str, Any]:
    return objects.cluster_object(call.emulator.cluster)


async def get_policy(call: Call) -> dict[str, Any]:
    return call.emulator.cluster.policy


async def put_policy(call: Call) -> Response:
    cluster, body = call.emulator.cluster, call.object_body()
    for key, value in body.items():
        if key not in cluster.policy:
            raise ApiError(400, "invalid_schema", f"The policy has no field '{key}'.")
        if type(value) is not type(cluster.policy[key]):
            raise ApiError(400, "invalid_schema", f"'{key}' has a value of the wrong type.")
    cluster.policy.update(body)
    cluster.touch()
    return Response(status_code=200)


async def get_license(call: Call) -> dict[str, Any]:
    return objects.license_object(call.emulator.cluster)


async def list_modules(call: Call) -> list[dict[str, Any]]:
    return call.emulator.cluster.modules


async def health(call: Call) -> dict[str, Any]:
    return health_report(call.emulator.cluster, issues_only=call.flag("issues_only"))


ROUTES: list[Route] = [
    api("GET", "/v1/nodes", list_nodes, VIEWERS),
    api("GET", "/v1/nodes/status", all_status, VIEWERS),
    api("GET", "/v1/nodes/check/{uid:int}", node_check, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}", get_node, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}/status", node_status, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}/snapshots", snapshots, VIEWERS),
    api("DELETE", "/v1/nodes/{uid:int}/snapshots/{name}", delete_snapshot, ADMINS),
    api("GET", "/v1/shards", list_shards, VIEWERS),
    api("GET", "/v1/shards/{uid:int}", get_shard, VIEWERS),
    api("GET", "/v1/cluster", get_cluster, VIEWERS),
    api("GET", "/v1/cluster/check", cluster_check, VIEWERS),
    api("GET", "/v1/cluster/policy", get_policy, VIEWERS),
    api("PUT", "/v1/cluster/policy", put_policy, ADMINS),
    api("GET", "/v1/license", get_license, VIEWERS),
    api("GET", "/v1/modules", list_modules, VIEWERS),
    api(
        "GET", "/v4/cluster/health", health, VIEWERS, available=lambda emulator: emulator.cluster.features.health_report
    ),
]

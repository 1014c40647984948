# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics and alerts of the cluster, its nodes, databases and shards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from . import alerts, stats
from .cluster import Cluster
from .errors import ApiError
from .model import VIEWERS, Node, Shard
from .routing import Call, api


def _intervals(interval: dict[str, Any]) -> dict[str, Any]:
    return {"intervals": [interval]}


def _chosen(call: Call, interval: dict[str, Any]) -> dict[str, Any]:
    """The metrics asked for, or all."""
    wanted = call.query("metrics")
    if not wanted:
        return interval
    names = {*wanted.split(","), "etime", "stime", "interval"}
    return {name: value for name, value in interval.items() if name in names}


# -- statistics -----------------------------------------------------------------------------------------------
def _working_node(call: Call) -> Node:
    node = call.emulator.cluster.node(call.uid())
    if not node.alive:
        raise ApiError(406, "node_not_active", f"Node {node.uid} is not active.")
    return node


async def nodes_last(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return {str(node.uid): stats.of_node(cluster, node) for node in cluster.live_nodes()}


async def node_last(call: Call) -> dict[str, Any]:
    node = _working_node(call)
    return {str(node.uid): stats.of_node(call.emulator.cluster, node)}


async def nodes_stats(call: Call) -> list[dict[str, Any]]:
    cluster = call.emulator.cluster
    return [{**_intervals(stats.of_node(cluster, node)), "uid": node.uid} for node in cluster.live_nodes()]


async def node_stats(call: Call) -> dict[str, Any]:
    node = _working_node(call)
    return {**_intervals(stats.of_node(call.emulator.cluster, node)), "uid": node.uid}


async def cluster_last(call: Call) -> dict[str, Any]:
    return stats.of_cluster(call.emulator.cluster)


async def cluster_stats(call: Call) -> dict[str, Any]:
    return _intervals(stats.of_cluster(call.emulator.cluster))


def _bdb_uids(call: Call) -> list[int]:
    return [uid for uid in sorted(call.emulator.cluster.bdbs) if call.sees(uid)]


async def _of_bdb(call: Call, uid: int) -> dict[str, Any]:
    return _chosen(call, await stats.of_bdb(call.emulator.cluster, uid))


async def bdbs_last(call: Call) -> dict[str, Any]:
    return {str(uid): await _of_bdb(call, uid) for uid in _bdb_uids(call)}


async def bdb_last(call: Call) -> dict[str, Any]:
    return {str(call.uid()): await _of_bdb(call, call.bdb_uid())}


async def bdbs_stats(call: Call) -> list[dict[str, Any]]:
    return [{**_intervals(await _of_bdb(call, uid)), "uid": str(uid)} for uid in _bdb_uids(call)]


async def bdb_stats(call: Call) -> dict[str, Any]:
    return {**_intervals(await _of_bdb(call, call.bdb_uid())), "uid": str(call.uid())}


def _shards(call: Call) -> list[Shard]:
    return [shard for dummy, shard in sorted(call.emulator.cluster.shards.items()) if call.sees(shard.bdb_uid)]


def _shard(call: Call) -> Shard:
    shard = call.emulator.cluster.shards.get(call.uid())
    if shard is None or not call.sees(shard.bdb_uid):
        raise ApiError(404, "shard_not_found", f"Shard {call.uid()} does not exist.")
    return shard


async def _of_shard(call: Call, shard: Shard) -> dict[str, Any]:
    return _chosen(call, await stats.of_shard(call.emulator.cluster, shard))


def _identity(shard: Shard) -> dict[str, str]:
    place = {"assigned_slots": shard.assigned_slots, "node_uid": str(shard.node_uid)}
    return {**place, "role": shard.role, "uid": str(shard.uid)}


async def shards_last(call: Call) -> dict[str, Any]:
    return {str(shard.uid): await _of_shard(call, shard) for shard in _shards(call)}


async def shard_last(call: Call) -> dict[str, Any]:
    return {str(call.uid()): await _of_shard(call, _shard(call))}


async def shards_stats(call: Call) -> list[dict[str, Any]]:
    return [{**_identity(shard), **_intervals(await _of_shard(call, shard))} for shard in _shards(call)]


async def shard_stats(call: Call) -> dict[str, Any]:
    shard = _shard(call)
    return {**_identity(shard), **_intervals(await _of_shard(call, shard))}


# -- alerts ---------------------------------------------------------------------------------------------------
def _one(call: Call, found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    name = call.text("alert")
    if name not in found:
        raise ApiError(404, "alert_not_found", f"There is no alert {name}.")
    return found[name]


async def cluster_alerts(call: Call) -> dict[str, Any]:
    return alerts.cluster_alerts(call.emulator.cluster)


async def cluster_alert(call: Call) -> dict[str, Any]:
    return _one(call, alerts.cluster_alerts(call.emulator.cluster))


async def nodes_alerts(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return {str(node.uid): alerts.node_alerts(cluster, node) for node in cluster.nodes.values()}


def _node_alerts(call: Call) -> dict[str, Any]:
    cluster: Cluster = call.emulator.cluster
    return alerts.node_alerts(cluster, cluster.node(call.uid()))


async def node_alerts(call: Call) -> dict[str, Any]:
    return _node_alerts(call)


async def node_alert(call: Call) -> dict[str, Any]:
    return _one(call, _node_alerts(call))


async def bdbs_alerts(call: Call) -> dict[str, Any]:
    return {str(uid): alerts.bdb_alerts(call.emulator.cluster, uid) for uid in _bdb_uids(call)}


async def bdb_alerts(call: Call) -> dict[str, Any]:
    return alerts.bdb_alerts(call.emulator.cluster, call.bdb_uid())


async def bdb_alert(call: Call) -> dict[str, Any]:
    return _one(call, alerts.bdb_alerts(call.emulator.cluster, call.bdb_uid()))


ROUTES: list[Route] = [
    api("GET", "/v1/nodes/stats", nodes_stats, VIEWERS),
    api("GET", "/v1/nodes/stats/last", nodes_last, VIEWERS),
    api("GET", "/v1/nodes/stats/last/{uid:int}", node_last, VIEWERS),
    api("GET", "/v1/nodes/stats/{uid:int}", node_stats, VIEWERS),
    api("GET", "/v1/nodes/alerts", nodes_alerts, VIEWERS),
    api("GET", "/v1/nodes/alerts/{uid:int}", node_alerts, VIEWERS),
    api("GET", "/v1/nodes/alerts/{uid:int}/{alert}", node_alert, VIEWERS),
    api("GET", "/v1/cluster/stats", cluster_stats, VIEWERS),
    api("GET", "/v1/cluster/stats/last", cluster_last, VIEWERS),
    api("GET", "/v1/cluster/alerts", cluster_alerts, VIEWERS),
    api("GET", "/v1/cluster/alerts/{alert}", cluster_alert, VIEWERS),
    api("GET", "/v1/bdbs/stats", bdbs_stats, VIEWERS),
    api("GET", "/v1/bdbs/stats/last", bdbs_last, VIEWERS),
    api("GET", "/v1/bdbs/stats/last/{uid:int}", bdb_last, VIEWERS),
    api("GET", "/v1/bdbs/stats/{uid:int}", bdb_stats, VIEWERS),
    api("GET", "/v1/bdbs/alerts", bdbs_alerts, VIEWERS),
    api("GET", "/v1/bdbs/alerts/{uid:int}", bdb_alerts, VIEWERS),
    api("GET", "/v1/bdbs/alerts/{uid:int}/{alert}", bdb_alert, VIEWERS),
    api("GET", "/v1/shards/stats", shards_stats, VIEWERS),
    api("GET", "/v1/shards/stats/last", shards_last, VIEWERS),
    api("GET", "/v1/shards/stats/last/{uid:int}", shard_last, VIEWERS),
    api("GET", "/v1/shards/stats/{uid:int}", shard_stats, VIEWERS),
]

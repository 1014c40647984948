# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/bdbs, /v2/bdbs, their availability, and /v1/jsonschema."""

from __future__ import annotations

import sys
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from . import bdb_rules as rules
from .cluster import Cluster
from .cluster_object import cluster_object
from .errors import ApiError
from .model import DB_WRITERS, VIEWERS
from .routing import Call, Handler, api

EMPTY = "text/html"  # the type of the empty body that says that a database is available


def _fields(call: Call) -> list[str] | None:
    asked = call.query("fields")
    return [name.strip() for name in asked.split(",") if name.strip()] if asked else None


def _rendered(cluster: Cluster, view: rules.ClusterView, bdb: dict[str, Any], call: Call) -> dict[str, Any]:
    fields = _fields(call)
    if bdb["uid"] in cluster.loaded:
        return bdb if fields is None else {name: bdb[name] for name in fields if name in bdb}
    return rules.render(bdb, view, fields=fields, extended=call.flag("extended"))


async def list_bdbs(call: Call) -> list[dict[str, Any]]:
    cluster = call.emulator.cluster
    view = cluster.view()
    return [_rendered(cluster, view, bdb, call) for uid, bdb in sorted(cluster.bdbs.items()) if call.sees(uid)]


async def get_bdb(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return _rendered(cluster, cluster.view(), cluster.bdb(call.bdb_uid()), call)


async def create_v1(call: Call) -> dict[str, Any]:
    return call.emulator.databases.create(call.object_body(), dry_run=call.flag("dry_run"))


async def create_v2(call: Call) -> dict[str, Any]:
    body = call.object_body()
    bdb, plan = body.get("bdb"), body.get("recovery_plan")
    if not isinstance(bdb, dict):
        raise ApiError(400, "invalid_schema", "The database's configuration belongs under 'bdb'.")
    if plan is not None and not isinstance(plan, dict):
        raise ApiError(400, "invalid_schema", "recovery_plan must be an object.")
    return call.emulator.databases.create(bdb, dry_run=call.flag("dry_run"), recovery_plan=plan)


async def update(call: Call) -> dict[str, Any]:
    return call.emulator.databases.update(call.bdb_uid(), call.object_body(), dry_run=call.flag("dry_run"))


def _update_with(action: str) -> Handler:
    async def handler(call: Call) -> dict[str, Any]:
        uid, release = call.bdb_uid(), call.emulator.cluster.release
        if call.body is None and not release.does("update with action needs no body"):
            raise ApiError(400, "bad_request", "The request needs a body.")
        return call.emulator.databases.update(uid, call.object_body(), dry_run=call.flag("dry_run"), action=action)

    return handler


async def delete(call: Call) -> dict[str, Any]:
    return call.emulator.databases.delete(call.bdb_uid())


async def json_schema(call: Call) -> dict[str, Any]:
    wanted = call.query("object")
    if wanted != "bdb":
        raise ApiError(406, "invalid_object", f"There is no schema of '{wanted}'.")
    return rules.json_schema(call.emulator.cluster.version)


# -- availability ---------------------------------------------------------------------------------------------
def _lag_tolerance(call: Call) -> int | None:
    """In milliseconds, the request's or else the cluster's; None if no lag check is asked for, or known."""
    cluster = call.emulator.cluster
    if not cluster.release.does("lag check"):
        return None
    checks = [name for name in (call.query("extend_check") or "").split(",") if name]
    if [name for name in checks if name != "lag"]:
        raise ApiError(400, "invalid_schema", "extend_check knows 'lag' only.")
    text = call.query("availability_lag_tolerance_ms") or ""
    if text and not text.isdigit():
        raise ApiError(400, "invalid_schema", "availability_lag_tolerance_ms must be an integer.")
    if not checks:
        return None
    return int(text or cluster_object(cluster)["availability_lag_tolerance_ms"])


async def _lagging(cluster: Cluster, bdb_uid: int, tolerance: int) -> bool:
    fault = cluster.faults.of_bdb("lag", bdb_uid)
    if fault is not None and fault.settings.get("milliseconds", sys.maxsize) > tolerance:
        return True
    for shard in cluster.shards_of(bdb_uid):
        if shard.role == "slave":
            if not cluster.link_up(shard):
                return True
            state = await cluster.plane_of(bdb_uid).replica_state(shard.uid)
            if not state.link_up and fault is None:
                return True
    return False


async def _available(call: Call, uid: int, tolerance: int | None) -> Response:
    if tolerance is not None and await _lagging(call.emulator.cluster, uid, tolerance):
        raise ApiError(503, "bdb_unavailable", f"A replica of database {uid} lags behind its primary.")
    return Response(status_code=200, media_type=EMPTY)


def _known_bdb(call: Call) -> int:
    uid = call.uid()
    if uid not in call.emulator.cluster.bdbs or not call.sees(uid):
        raise ApiError(404, "db_not_found", f"Database {uid} does not exist in the cluster.")
    return uid


async def availability(call: Call) -> Response:
    tolerance, uid = _lag_tolerance(call), _known_bdb(call)
    reasons = await unavailable_reasons(call.emulator.cluster, uid)
    if reasons:
        code = "bdb_unavailable" + "".join(f"_{reason}" for reason in reasons)
        raise ApiError(503, code, f"Database {uid} is not available: {', '.join(reasons)}.")
    return await _available(call, uid, tolerance)


async def local_availability(call: Call) -> Response:
    """Of the database's endpoint on the node that was asked."""
    cluster = call.emulator.cluster
    tolerance, uid = _lag_tolerance(call), _known_bdb(call)
    if call.asked_node not in cluster.endpoint_nodes(uid) or await unavailable_reasons(cluster, uid):
        if not cluster.release.does("local availability is 503"):
            raise ApiError(500)
        raise ApiError(503, "bdb_endpoint_unavailable", f"Database {uid} has no available endpoint on this node.")
    return await _available(call, uid, tolerance)


async def unavailable_reasons(cluster: Cluster, bdb_uid: int) -> list[str]:
    if bdb_uid in cluster.loaded:
        return []
    endpoint = cluster.endpoints.get(bdb_uid)
    node = None if endpoint is None else cluster.nodes.get(endpoint.node_uid)
    reasons = []
    if not all(cluster.shard_up(shard) for shard in cluster.masters_of(bdb_uid)):
        reasons.append("shard_unreachable")
    if node is None or not node.alive:
        reasons.append("port_unbound")
    if not reasons and not await cluster.plane_of(bdb_uid).endpoint_up(bdb_uid):
        reasons.append("shard_unreachable")
    return reasons


ROUTES: list[Route] = [
    api("GET", "/v1/bdbs", list_bdbs, VIEWERS),
    api("POST", "/v1/bdbs", create_v1, DB_WRITERS),
    api("POST", "/v2/bdbs", create_v2, DB_WRITERS),
    api("GET", "/v1/bdbs/{uid:int}", get_bdb, VIEWERS),
    api("PUT", "/v1/bdbs/{uid:int}", update, DB_WRITERS),
    api("DELETE", "/v1/bdbs/{uid:int}", delete, DB_WRITERS),
    api("GET", "/v1/bdbs/{uid:int}/availability", availability, VIEWERS),
    api("GET", "/v1/local/bdbs/{uid:int}/endpoint/availability", local_availability, VIEWERS),
    *(api("PUT", f"/v1/bdbs/{{uid:int}}/{action}", _update_with(action), DB_WRITERS) for action in rules.ACTIONS),
    api("GET", "/v1/jsonschema", json_schema, VIEWERS),
]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/bdbs, /v2/bdbs, their availability, and /v1/jsonschema."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from . import bdb_rules as rules
from .cluster import Cluster
from .errors import ApiError
from .model import DB_WRITERS, VIEWERS
from .routing import Call, api

DEFAULT_LAG_TOLERANCE_MS = 100


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
    return [_rendered(cluster, view, bdb, call) for dummy, bdb in sorted(cluster.bdbs.items())]


async def get_bdb(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    return _rendered(cluster, cluster.view(), cluster.bdb(call.uid()), call)


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
    return call.emulator.databases.update(call.uid(), call.object_body(), dry_run=call.flag("dry_run"))


async def update_with_action(call: Call) -> dict[str, Any]:
    return call.emulator.databases.update(
        call.uid(), call.object_body(), dry_run=call.flag("dry_run"), action=call.text("action")
    )


async def delete(call: Call) -> dict[str, Any]:
    return call.emulator.databases.delete(call.uid())


async def json_schema(call: Call) -> dict[str, Any]:
    wanted = call.query("object")
    if wanted != "bdb":
        raise ApiError(406, "invalid_object", f"There is no schema of '{wanted}'.")
    return rules.json_schema(call.emulator.cluster.version)


# -- availability ---------------------------------------------------------------------------------------------
def _tolerance(call: Call) -> int:
    text = call.query("availability_lag_tolerance_ms")
    if text is None:
        return DEFAULT_LAG_TOLERANCE_MS
    if not text.isdigit():
        raise ApiError(400, "invalid_schema", "availability_lag_tolerance_ms must be an integer.")
    return int(text)


async def _lagging(cluster: Cluster, bdb_uid: int) -> bool:
    if cluster.faults.of_bdb("lag", bdb_uid) is not None:
        return True
    for shard in cluster.shards_of(bdb_uid):
        if shard.role == "slave":
            if not cluster.shard_up(shard):
                return True
            state = await cluster.plane_of(bdb_uid).replica_state(shard.uid)
            if not state.link_up:
                return True
    return False


async def availability(call: Call) -> Response:
    cluster, uid = call.emulator.cluster, call.uid()
    checks = [name for name in (call.query("extend_check") or "").split(",") if name]
    if cluster.features.lag_check:
        if [name for name in checks if name != "lag"]:
            raise ApiError(400, "invalid_schema", "extend_check knows 'lag' only.")
        _tolerance(call)
    if uid not in cluster.bdbs:
        raise ApiError(404, "db_not_found", f"Database {uid} does not exist in the cluster.")
    reasons = await _reasons(cluster, uid)
    if reasons:
        code = "bdb_unavailable" + "".join(f"_{reason}" for reason in reasons)
        raise ApiError(503, code, f"Database {uid} is not available: {', '.join(reasons)}.")
    if "lag" in checks and cluster.features.lag_check and await _lagging(cluster, uid):
        raise ApiError(503, "bdb_unavailable", f"A replica of database {uid} lags behind its master.")
    return Response(status_code=200)


async def _reasons(cluster: Cluster, bdb_uid: int) -> list[str]:
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
    api("PUT", "/v1/bdbs/{uid:int}/{action}", update_with_action, DB_WRITERS),
    api("GET", "/v1/jsonschema", json_schema, VIEWERS),
]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: what a test does to the cluster, and reads from it, behind the API's back."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .actions import Action
from .api_actions import start_plain
from .cluster import STATE_ID_USES
from .dataplane.base import DataPlaneError
from .errors import ApiError
from .faults import Fault, FaultError
from .model import ROLES, User
from .routing import error_response, json_response

if TYPE_CHECKING:
    from .emulator import Emulator

Command = Callable[["Emulator", Request, dict[str, Any]], Awaitable[Any]]


def _bad(description: str) -> ApiError:
    return ApiError(400, "bad_request", description)


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        body = await request.json()
    except ValueError:
        raise _bad("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise _bad("The body must be a JSON object.")
    return body


def _route(method: str, path: str, command: Command) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            result = await command(request.app.state.emulator, request, await _body(request))
        except (FaultError, DataPlaneError) as error:
            return error_response(_bad(str(error)))
        except ApiError as error:
            return error_response(error)
        return json_response({} if result is None else result)

    return Route(path, endpoint, methods=[method])


def _need(body: dict[str, Any], key: str, kind: type) -> Any:
    value = body.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _bad(f"The body needs '{key}', of type {kind.__name__}.")
    return value


# -- journal and faults ---------------------------------------------------------------------------------------
async def _journal(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    since = request.query_params.get("since", "0")
    if not re.fullmatch(r"\d+", since):
        raise _bad("since must be the seq of an entry.")
    return emulator.cluster.journal.entries(int(since))


async def _clear_journal(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.cluster.journal.clear()


async def _add_fault(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    fault = emulator.cluster.faults.add(body)
    await _take_effect(emulator, fault)
    return {"id": fault.id}


async def _take_effect(emulator: Emulator, fault: Fault) -> None:
    """Faults that are not asked about by a request or an action begin at once."""
    cluster = emulator.cluster
    if fault.kind == "election":
        emulator.failover.start_election(float(fault.expires or 0) - time.monotonic())
    elif fault.kind == "lag":
        uid: int = fault.settings["bdb_uid"]
        cluster.bdb(uid)
        seconds = float(fault.expires or 0) - time.monotonic()
        for shard in cluster.shards_of(uid):
            if shard.role == "slave" and cluster.shard_up(shard):
                await cluster.plane_of(uid).delay_replica(shard.uid, seconds)


async def _list_faults(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    return emulator.cluster.faults.listed()


async def _clear_faults(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.cluster.faults.clear()


async def _remove_fault(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    if not emulator.cluster.faults.remove(request.path_params["id"]):
        raise ApiError(404, "not_found", "There is no such fault.")


# -- nodes and users ------------------------------------------------------------------------------------------
async def _stop_node(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    await emulator.failover.stop_node(request.path_params["uid"])


async def _start_node(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    await emulator.failover.start_node(request.path_params["uid"])


async def _snapshot_node(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    """What `rladmin node snapshot create` does; the REST API has no call for it."""
    node = emulator.cluster.node(request.path_params["uid"])
    name = _need(body, "name", str)
    taken = emulator.node_actions.maintenance.snapshot_of(node, name, time.gmtime(), maintenance=False)
    node.snapshots.insert(0, taken)
    return taken.as_object()


async def _add_user(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    name, password, role = (_need(body, key, str) for key in ("username", "password", "role"))
    if role not in ROLES:
        raise _bad(f"role must be one of {', '.join(sorted(ROLES))}.")
    emulator.cluster.users[name] = User(name, password, role)


async def _client_certificate(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    cert, key = emulator.authority.write_client()
    return {"client_cert": str(cert), "client_key": str(key)}


# -- state ----------------------------------------------------------------------------------------------------
async def _state(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    cluster = emulator.cluster
    return {
        "state_id": cluster.state_id,
        "primary": cluster.primary,
        "electing": cluster.electing,
        "quorum": cluster.has_quorum,
        "nodes": [
            {
                "uid": node.uid,
                "alive": node.alive,
                "status": node.status,
                "maintenance_depth": node.maintenance_depth,
                "quorum_only": node.quorum_only,
                "leaving": node.leaving,
                "snapshots": [snapshot.name for snapshot in node.snapshots],
            }
            for node in cluster.nodes.values()
        ],
        "shards": [
            {
                "uid": shard.uid,
                "bdb_uid": shard.bdb_uid,
                "node_uid": shard.node_uid,
                "role": shard.role,
                "slots": shard.assigned_slots,
                "up": cluster.shard_up(shard),
                "memory": shard.memory,
            }
            for shard in cluster.shards.values()
        ],
        "endpoints": [
            {"bdb_uid": e.bdb_uid, "node_uid": e.node_uid, "host": "127.0.0.1", "port": e.port}
            for e in cluster.endpoints.values()
        ],
    }


async def _patch_bdb(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    """Set fields of a stored object as they are; a null value takes the key away."""
    cluster = emulator.cluster
    bdb = cluster.bdb(request.path_params["uid"])
    for key, value in body.items():
        if value is None:
            bdb.pop(key, None)
        else:
            bdb[key] = value
    cluster.touch()


async def _patch_cluster(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.cluster.cluster_overlay.update(body)
    emulator.cluster.touch()


async def _patch_license(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    cluster = emulator.cluster
    cluster.license_overlay.update(body)
    if "shards_limit" in body:
        cluster.shards_limit = body["shards_limit"]
    cluster.touch()


async def _settings(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    cluster = emulator.cluster
    if set(body) - {"list_shape", "redirect", "state_id"}:
        raise _bad("Settings are list_shape (object or list), redirect (true or false) and state_id.")
    if body.get("list_shape", "object") not in ("object", "list"):
        raise _bad("list_shape must be object or list.")
    if not isinstance(body.get("redirect", False), bool):
        raise _bad("redirect must be true or false.")
    cluster.list_shape = body.get("list_shape", cluster.list_shape)
    if body.get("state_id", "honoured") not in STATE_ID_USES:
        raise _bad(f"state_id must be one of {', '.join(STATE_ID_USES)}.")
    cluster.redirect = body.get("redirect", cluster.redirect)
    cluster.state_id_use = body.get("state_id", cluster.state_id_use)


# -- actions that the emulated API cannot start ---------------------------------------------------------------
async def _know_cluster_action(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    seconds = body.get("seconds", 0.2)
    if not isinstance(seconds, (int, float)):
        raise _bad("seconds must be a number.")
    emulator.cluster.cluster_actions[_need(body, "name", str)] = float(seconds)


async def _start_action(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    kind = body.get("kind", "other")
    if kind not in ("task", "state-machine", "other"):
        raise _bad("kind must be task, state-machine or other.")
    status = "pending" if kind == "state-machine" else "queued"
    action = Action(kind, _need(body, "name", str), status, node_uid=body.get("node_uid"), bdb_uid=body.get("bdb_uid"))
    start_plain(emulator, action, float(body.get("seconds", 0.2)))
    return {"action_uid": action.uid}


async def _shutdown(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.on_shutdown()


def application(emulator: Emulator) -> Starlette:
    app = Starlette(
        routes=[
            _route("GET", "/journal", _journal),
            _route("DELETE", "/journal", _clear_journal),
            _route("GET", "/faults", _list_faults),
            _route("POST", "/faults", _add_fault),
            _route("DELETE", "/faults", _clear_faults),
            _route("DELETE", "/faults/{id}", _remove_fault),
            _route("POST", "/nodes/{uid:int}/stop", _stop_node),
            _route("POST", "/nodes/{uid:int}/start", _start_node),
            _route("POST", "/nodes/{uid:int}/snapshots", _snapshot_node),
            _route("POST", "/users", _add_user),
            _route("POST", "/client-certificate", _client_certificate),
            _route("GET", "/state", _state),
            _route("POST", "/bdbs/{uid:int}", _patch_bdb),
            _route("POST", "/cluster", _patch_cluster),
            _route("POST", "/license", _patch_license),
            _route("POST", "/settings", _settings),
            _route("POST", "/cluster-actions", _know_cluster_action),
            _route("POST", "/actions", _start_action),
            _route("POST", "/shutdown", _shutdown),
        ]
    )
    app.state.emulator = emulator
    return app

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API's calls for nodes and users."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route

from .control_input import bad, is_kind, need, only, route
from .errors import ApiError
from .model import ROLES, User

if TYPE_CHECKING:
    from .emulator import Emulator

_SCOPED = ("db_member", "db_viewer")  # roles that can be limited to some databases


async def _stop(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    await emulator.failover.stop_node(request.path_params["uid"])


async def _start(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    await emulator.failover.start_node(request.path_params["uid"])


async def _patch(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    """What `rladmin tune node` does, and what disks a node has free."""
    cluster = emulator.cluster
    node = cluster.node(request.path_params["uid"])
    fields: dict[str, type | tuple[type, ...]] = {
        "quorum_only": bool,
        "max_listeners": int,
        "max_redis_servers": int,
        "rack_id": str,
        "second_rack_id": str,
        "persistent_free": (int, float),
        "ephemeral_free": (int, float),
    }
    only(body, fields)
    if body.get("quorum_only") and cluster.shards_on(node.uid):
        raise ApiError(409, "conflict", f"Node {node.uid} holds shards: a node is made quorum-only when it is empty.")
    for name, value in body.items():
        setattr(node, name, value)
    cluster.touch()


async def _snapshot(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    """What `rladmin node snapshot create` does; or a snapshot of maintenance that was left behind."""
    only(body, {"name": str, "maintenance": bool, "roles": dict, "endpoints": list})
    node = emulator.cluster.node(request.path_params["uid"])
    name, left_behind = need(body, "name", str), body.get("maintenance", False)
    taken = emulator.node_actions.maintenance.snapshot_of(node, name, time.gmtime(), maintenance=left_behind)
    if "roles" in body:
        roles = body["roles"]
        if not all(uid.isdigit() and role in ("master", "slave") for uid, role in roles.items()):
            raise bad("roles maps uids of shards to master or slave.")
        taken.roles = {int(uid): role for uid, role in roles.items()}
    if "endpoints" in body:
        if not all(is_kind(uid, int) for uid in body["endpoints"]):
            raise bad("endpoints lists uids of databases.")
        taken.endpoints = tuple(body["endpoints"])
    node.snapshots.insert(0, taken)
    emulator.cluster.touch()
    return taken.as_object()


async def _add_user(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    name, password, role = (need(body, key, str) for key in ("username", "password", "role"))
    release = emulator.cluster.release
    known = ROLES if release.does("role user_manager") else ROLES - {"user_manager"}
    if role not in known:
        raise bad(f"role must be one of {', '.join(sorted(known))}.")
    scope = body.get("databases")
    if scope is not None:
        if not release.does("roles for some databases"):
            raise bad("Roles can be limited to databases from release 8.2.0 on.")
        if role not in _SCOPED or not isinstance(scope, list) or not all(is_kind(uid, int) for uid in scope):
            raise bad(f"databases lists uids, for a user of role {' or '.join(_SCOPED)}.")
    databases = None if scope is None else frozenset(scope)
    emulator.cluster.users[name] = User(name, password, role, databases)


async def _client_certificate(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    cert, key = emulator.authority.write_client()
    return {"client_cert": str(cert), "client_key": str(key)}


ROUTES: list[Route] = [
    route("POST", "/nodes/{uid:int}/stop", _stop),
    route("POST", "/nodes/{uid:int}/start", _start),
    route("POST", "/nodes/{uid:int}/snapshots", _snapshot),
    route("POST", "/nodes/{uid:int}", _patch),
    route("POST", "/users", _add_user),
    route("POST", "/client-certificate", _client_certificate),
]

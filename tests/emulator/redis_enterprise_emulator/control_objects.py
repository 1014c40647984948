# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API's calls for databases, shards, alerts, actions, and the objects of the cluster itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route

from . import alerts, crdbs, transfers
from .actions import Action
from .api_actions import start_plain
from .control_input import bad, is_kind, missing, need, only, route

if TYPE_CHECKING:
    from .emulator import Emulator

_KINDS = ("task", "state-machine", "other")
_ORPHAN_STATUS = ("queued", "starting", "running", "cancelling", "pending", "active")


# -- databases and shards -------------------------------------------------------------------------------------
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


async def _fill_bdb(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    """Set the memory that the primaries of a database use together."""
    cluster, uid = emulator.cluster, request.path_params["uid"]
    cluster.bdb(uid)
    cluster.usage[uid] = need(body, "used_memory", int)
    cluster.touch()


async def _transfer(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    only(body, {"kind": str, "seconds": (int, float), "failure_reason": str})
    if body.get("kind") not in transfers.KINDS:
        raise bad(f"kind must be one of {', '.join(transfers.KINDS)}.")
    cluster, uid = emulator.cluster, request.path_params["uid"]
    cluster.bdb(uid)
    action = transfers.start(
        cluster, uid, body["kind"], float(body.get("seconds", 0.2)), body.get("failure_reason", "")
    )
    return {"action_uid": action.uid}


async def _patch_shard(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    """Override members of a shard; null removes the override."""
    cluster, uid = emulator.cluster, request.path_params["uid"]
    if uid not in cluster.shards:
        raise missing(f"There is no shard {uid}.")
    overlay = {**cluster.shard_overlay.get(uid, {}), **body}
    cluster.shard_overlay[uid] = {name: value for name, value in overlay.items() if value is not None}
    cluster.touch()


async def _add_crdb(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    peers = need(body, "peers", list)
    if not peers or not all(isinstance(peer, str) for peer in peers):
        raise bad("peers lists the names of the other clusters.")
    return {"guid": crdbs.register(emulator.cluster, need(body, "bdb_uid", int), peers).guid}


# -- the cluster ----------------------------------------------------------------------------------------------
async def _patch_cluster(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.cluster.cluster_overlay.update(body)
    emulator.cluster.touch()


async def _patch_license(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    cluster = emulator.cluster
    cluster.license_overlay.update(body)
    if "shards_limit" in body:
        cluster.shards_limit = body["shards_limit"]
    cluster.touch()


async def _patch_alert(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    """Raise or clear an alert."""
    only(body, {"kind": str, "uid": int, "name": str, "state": bool, "enabled": bool, "severity": str})
    kind, name = body.get("kind"), need(body, "name", str)
    if kind not in alerts.NAMES:
        raise bad(f"kind must be one of {', '.join(alerts.NAMES)}.")
    cluster, uid = emulator.cluster, 0 if kind == "cluster" else need(body, "uid", int)
    shown = {"enabled": True, "severity": "WARNING", "state": True}
    shown |= {key: body[key] for key in shown if key in body}
    cluster.alert_overlay[(kind, uid, name)] = shown
    cluster.touch()


# -- actions that no call of the API starts -------------------------------------------------------------------
async def _know_cluster_action(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    seconds = body.get("seconds", 0.2)
    if not is_kind(seconds, (int, float)):
        raise bad("seconds must be a number.")
    emulator.cluster.cluster_actions[need(body, "name", str)] = float(seconds)


async def _start_action(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    """An action without any effect; an orphan never finishes and has no work behind it."""
    kind = body.get("kind", "other")
    if kind not in _KINDS:
        raise bad(f"kind must be one of {', '.join(_KINDS)}.")
    status = "pending" if kind == "state-machine" else "queued"
    action = Action(kind, need(body, "name", str), status, node_uid=body.get("node_uid"), bdb_uid=body.get("bdb_uid"))
    if not body.get("orphan"):
        start_plain(emulator, action, float(body.get("seconds", 0.2)))
        return {"action_uid": action.uid}
    action.status = body.get("status", "active" if kind == "state-machine" else "running")
    action.scope = body.get("scope", "")
    if action.status not in _ORPHAN_STATUS or action.scope not in ("", "node", "cluster"):
        raise bad(f"status must be one of {', '.join(_ORPHAN_STATUS)}, scope node or cluster.")
    action.progress = float(body.get("progress", 50))
    action.created = action.heartbeat = time.time() - float(body.get("age", 3600))
    action.lingering = True
    emulator.cluster.actions.add_loaded(action)
    return {"action_uid": action.uid}


async def _forget_action(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    """Remove an orphaned action, as a restart of the services does."""
    book = emulator.cluster.actions
    action = book.get(request.path_params["uid"])
    if action is None or not action.lingering:
        raise missing("There is no orphaned action of this uid.")
    book.forget([action])


ROUTES: list[Route] = [
    route("POST", "/bdbs/{uid:int}", _patch_bdb),
    route("POST", "/bdbs/{uid:int}/usage", _fill_bdb),
    route("POST", "/bdbs/{uid:int}/transfers", _transfer),
    route("POST", "/shards/{uid:int}", _patch_shard),
    route("POST", "/crdbs", _add_crdb),
    route("POST", "/cluster", _patch_cluster),
    route("POST", "/license", _patch_license),
    route("POST", "/alerts", _patch_alert),
    route("POST", "/cluster-actions", _know_cluster_action),
    route("POST", "/actions", _start_action),
    route("DELETE", "/actions/{uid}", _forget_action),
]

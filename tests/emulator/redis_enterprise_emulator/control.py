# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: journal, faults, settings and state, and the assembly of all its routes."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request

from . import control_nodes, control_objects, health
from .control_input import bad, missing, route
from .faults import Fault

if TYPE_CHECKING:
    from .emulator import Emulator


# -- journal and faults ---------------------------------------------------------------------------------------
async def _journal(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    since = request.query_params.get("since", "0")
    if not re.fullmatch(r"\d+", since):
        raise bad("since must be the seq of an entry.")
    return emulator.cluster.journal.entries(int(since))


async def _clear_journal(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.cluster.journal.clear()


async def _add_fault(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    fault = emulator.cluster.faults.add(body)
    await _take_effect(emulator, fault)
    return {"id": fault.id}


async def _take_effect(emulator: Emulator, fault: Fault) -> None:
    """Start the faults that do not wait for a request or an action."""
    cluster = emulator.cluster
    seconds = float(fault.expires or 0) - time.monotonic()
    if fault.kind == "election":
        emulator.failover.start_election(seconds)
    elif fault.kind == "api_away":
        await emulator.failover.close_api(fault.nodes or list(cluster.nodes), seconds)
    elif fault.kind == "stale_report":
        fault.held = health.hold(cluster)
    elif fault.kind in ("lag", "link_down"):
        uid: int = fault.settings["bdb_uid"]
        cluster.bdb(uid)
        for shard in cluster.shards_of(uid):
            if shard.role == "slave" and cluster.shard_up(shard):
                await cluster.plane_of(uid).delay_replica(shard.uid, seconds)


async def _list_faults(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    return emulator.cluster.faults.listed()


async def _clear_faults(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.cluster.faults.clear()


async def _remove_fault(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    if not emulator.cluster.faults.remove(request.path_params["id"]):
        raise missing("There is no such fault.")


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
                "max_listeners": node.max_listeners,
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


async def _show_settings(emulator: Emulator, request: Request, body: dict[str, Any]) -> Any:
    return emulator.cluster.settings.as_object()


async def _settings(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.cluster.settings.change(body)


async def _shutdown(emulator: Emulator, request: Request, body: dict[str, Any]) -> None:
    emulator.on_shutdown()


def application(emulator: Emulator) -> Starlette:
    app = Starlette(
        routes=[
            route("GET", "/journal", _journal),
            route("DELETE", "/journal", _clear_journal),
            route("GET", "/faults", _list_faults),
            route("POST", "/faults", _add_fault),
            route("DELETE", "/faults", _clear_faults),
            route("DELETE", "/faults/{id}", _remove_fault),
            route("GET", "/state", _state),
            route("GET", "/settings", _show_settings),
            route("POST", "/settings", _settings),
            route("POST", "/shutdown", _shutdown),
            *control_nodes.ROUTES,
            *control_objects.ROUTES,
        ]
    )
    app.state.emulator = emulator
    return app

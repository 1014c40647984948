# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Active-Active databases, to be read only."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from . import crdbs
from .errors import ApiError
from .model import VIEWERS
from .routing import Call, api


def _crdb(call: Call) -> crdbs.Crdb:
    found = call.emulator.cluster.crdbs.get(call.text("guid"))
    if found is None or not call.sees(found.bdb_uid):
        raise ApiError(404, "crdb_not_found", f"There is no Active-Active database {call.text('guid')}.")
    return found


async def list_crdbs(call: Call) -> list[dict[str, Any]]:
    cluster = call.emulator.cluster
    return [crdbs.as_object(cluster, crdb) for crdb in cluster.crdbs.values() if call.sees(crdb.bdb_uid)]


async def get_crdb(call: Call) -> dict[str, Any]:
    return crdbs.as_object(call.emulator.cluster, _crdb(call))


async def health_report(call: Call) -> list[dict[str, Any]]:
    return crdbs.health_report(call.emulator.cluster, _crdb(call))


async def list_tasks(call: Call) -> list[dict[str, Any]]:
    return []


ROUTES: list[Route] = [
    api("GET", "/v1/crdbs", list_crdbs, VIEWERS),
    api("GET", "/v1/crdbs/{guid}", get_crdb, VIEWERS),
    api("GET", "/v1/crdbs/{guid}/health_report", health_report, VIEWERS),
    api("GET", "/v1/crdb_tasks", list_tasks, VIEWERS),
]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/v4: the consolidated health reports of the cluster and of a database."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from . import health
from .api_bdbs import unavailable_reasons
from .errors import ApiError
from .model import VIEWERS
from .routing import Call, Handler, api


async def of_cluster(call: Call) -> dict[str, Any]:
    report = health.cluster_report(call.emulator.cluster, issues_only=call.flag("issues_only"))
    return {**report, "database_infos": [info for info in report["database_infos"] if call.sees(int(info["id"]))]}


def _of_database(path: str) -> Handler:
    async def handler(call: Call) -> dict[str, Any]:
        """Two pages of the vendor name two paths; a setting says which of them the cluster has."""
        if call.emulator.cluster.settings.db_health != path:
            raise ApiError(404)
        cluster, uid = call.emulator.cluster, call.bdb_uid()
        return health.database_report(cluster, uid, await unavailable_reasons(cluster, uid))

    return handler


ROUTES: list[Route] = [
    api("GET", "/v4/cluster/health", of_cluster, VIEWERS),
    api("GET", "/v4/db/{uid:int}/health", _of_database("db"), VIEWERS),
    api("GET", "/v4/bdb/{uid:int}/health", _of_database("bdb"), VIEWERS),
]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes: dispatch of a request by release and role, preconditions, bodies, and error responses."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .errors import ApiError
from .journal import is_flag_set
from .model import User

if TYPE_CHECKING:
    from .emulator import Emulator

WRITES = ("POST", "PUT", "DELETE")
USER_KEY = "emulator.user"
NODE_KEY = "emulator.node"  # the uid of the node that was asked


@dataclass(frozen=True)
class Call:
    """One authenticated request."""

    emulator: Emulator
    request: Request
    user: User
    body: Any

    def uid(self, name: str = "uid") -> int:
        return int(self.request.path_params[name])

    def bdb_uid(self) -> int:
        """The uid of an existing database that the user may see."""
        uid = self.uid()
        if not self.sees(uid):
            raise ApiError(404, "db_not_exist", f"Database {uid} does not exist.")
        self.emulator.cluster.bdb(uid)
        return uid

    @property
    def asked_node(self) -> int:
        return int(self.request.scope[NODE_KEY])

    def text(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        return self.request.query_params.get(name)

    def flag(self, name: str) -> bool:
        return is_flag_set(self.request.query_params.multi_items(), name)

    def object_body(self) -> dict[str, Any]:
        """The body, which has to be an object; none at all counts as an empty one."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise ApiError(400, "invalid_schema", "The body must be a JSON object.")
        return self.body

    def sees(self, bdb_uid: int | None) -> bool:
        """Whether the user may see this database: a role can be scoped to some."""
        return self.user.databases is None or bdb_uid in self.user.databases


Handler = Callable[[Call], Awaitable[Any]]


def json_response(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content, separators=(",", ":")), status, media_type="application/json")


def error_response(error: ApiError) -> Response:
    """With a JSON body, unless the error has no code: some 401, 404 and 503 of the product have none."""
    if not error.error_code:
        return Response(status_code=error.status)
    return json_response({"error_code": error.error_code, "description": error.description}, error.status)


def _check_state_id(call: Call) -> None:
    wanted = call.request.headers.get("cluster-state-id")
    have = call.emulator.cluster.state_id
    honoured = call.emulator.cluster.settings.state_id == "honoured"
    if honoured and wanted is not None and wanted != str(have):
        raise ApiError(409, "wrong_cluster_state_id", f"The cluster's state id is {have}, not {wanted}.")


async def _body(request: Request) -> Any:
    raw = await request.body()
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise ApiError(400, "bad_request", "The body is not valid JSON.") from None


def api(method: str, path: str, handler: Handler, roles: frozenset[str]) -> Route:
    """A route; on releases that do not have it, it is answered as an unknown path."""

    async def endpoint(request: Request) -> Response:
        emulator: Emulator = request.app.state.emulator
        user: User = request.scope[USER_KEY]
        if not emulator.cluster.release.has_route(method, path):
            return await _no_handler(request)
        if user.role not in roles:
            return error_response(ApiError(403, "forbidden", f"The role {user.role} may not do this."))
        try:
            call = Call(emulator, request, user, await _body(request) if method in WRITES else None)
            if method in WRITES:
                _check_state_id(call)
            result = await handler(call)
        except ApiError as error:
            return error_response(error)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            return error_response(ApiError(500, "internal_error", f"The emulator failed: {type(error).__name__}."))
        return result if isinstance(result, Response) else json_response(result)

    return Route(path, endpoint, methods=[method])


async def _no_handler(request: Request) -> Response:
    """404 for a path that the release does not have; OPTIONS and 405 name the methods of one that it has."""
    release = request.app.state.emulator.cluster.release
    path = request.scope["path"]
    methods = {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route is not FALLBACK and route.path_regex.match(path)
        for method in (route.methods or set()) - {"HEAD"}
        if release.has_route(method, route.path)
    }
    if not methods:
        return Response(status_code=404)
    allow = {"allow": ", ".join(sorted({*methods, "OPTIONS"}))}
    return Response(status_code=200 if request.method == "OPTIONS" else 405, headers=allow)


# The last route of the API: what no other one answers.
FALLBACK = Route("/{path:path}", _no_handler, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

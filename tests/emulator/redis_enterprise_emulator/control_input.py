# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call of the control API: its body, and refusals that say what to write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .dataplane.base import DataPlaneError
from .errors import ApiError
from .faults import FaultError
from .routing import error_response, json_response
from .settings import SettingError

if TYPE_CHECKING:
    from .emulator import Emulator

Command = Callable[["Emulator", Request, dict[str, Any]], Awaitable[Any]]
Kinds = type | tuple[type, ...]


def bad(description: str) -> ApiError:
    return ApiError(400, "bad_request", description)


def missing(description: str) -> ApiError:
    return ApiError(404, "not_found", description)


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        body = await request.json()
    except ValueError:
        raise bad("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise bad("The body must be a JSON object.")
    return body


def route(method: str, path: str, command: Command) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            result = await command(request.app.state.emulator, request, await _body(request))
        except (FaultError, DataPlaneError, SettingError) as error:
            return error_response(bad(str(error)))
        except ApiError as error:
            return error_response(error)
        return json_response({} if result is None else result)

    return Route(path, endpoint, methods=[method])


def is_kind(value: Any, kinds: Kinds) -> bool:
    """A boolean is no number here."""
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    return isinstance(value, wanted) and (not isinstance(value, bool) or bool in wanted)


def need(body: Mapping[str, Any], key: str, kind: type) -> Any:
    value = body.get(key)
    if not is_kind(value, kind):
        raise bad(f"The body needs '{key}', of type {kind.__name__}.")
    return value


def only(body: Mapping[str, Any], known: Mapping[str, Kinds]) -> None:
    """Refuse keys that are not known, and values of another type."""
    for key, value in body.items():
        if key not in known:
            raise bad(f"'{key}' is not one of {', '.join(known)}.")
        if not is_kind(value, known[key]):
            raise bad(f"'{key}' has a value of the wrong type.")

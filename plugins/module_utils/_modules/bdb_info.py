# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_bdb_info): one database or all, each with its endpoints as C(host:port)."""

from __future__ import annotations

import re
import typing as t

from .._bdb.fields import SCHEMA
from .._core.context import Context, Result
from .._core.errors import InvalidInput
from .._http.connection import join_host
from .._schema.read import read_matching
from .._schema.redact import redact

_ALWAYS = ("uid", "name", "status", "endpoints")  # what a result needs
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def run(context: Context) -> Result:
    params = context.params
    found = read_matching(context.client, SCHEMA, params.get("name"), params.get("uid"), _query(params))
    return Result(False, {"bdbs": [_shape(bdb) for bdb in found]})


def _query(params: t.Mapping[str, t.Any]) -> dict[str, str]:
    """C(fields) and C(extended) as the API takes them."""
    query: dict[str, str] = {}
    fields = params.get("fields")
    if fields is not None:
        asked = [str(field).strip() for field in fields]
        wrong = [field for field in asked if not _FIELD.fullmatch(field)]
        if wrong:
            raise InvalidInput(
                f"fields holds {wrong[0]!r}, which is no field of a database: use names from the API, such as "
                "memory_size."
            )
        query["fields"] = ",".join(dict.fromkeys((*_ALWAYS, *asked)))
    if params.get("extended"):
        query["extended"] = "true"
    return query


def _shape(bdb: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "uid": bdb.get("uid"),
        "name": bdb.get("name"),
        "status": bdb.get("status"),
        "endpoints": list(dict.fromkeys(_addresses(bdb))),
        "bdb": redact(SCHEMA, dict(bdb)),
    }


def _addresses(bdb: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """C(host:port) of each endpoint: by its DNS name, which follows a failover, else by its addresses."""
    for endpoint in bdb.get("endpoints") or []:
        port = endpoint.get("port")
        if not port:  # not bound yet
            continue
        name, addresses = endpoint.get("dns_name"), endpoint.get("addr") or []
        hosts = [name] if name else addresses if isinstance(addresses, list) else [addresses]
        yield from (join_host(str(host), int(port)) for host in hosts)

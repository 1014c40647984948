# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the values of a body are written into the stored object: the server's spelling, not the client's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .bdb_field import Access, fresh
from .bdb_schema import FIELDS
from .bdb_view import value_of

_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SIZES = ("active_defrag_ignore_bytes", "repl_backlog_size", "crdt_repl_backlog_size")
# Objects of settings: what a request leaves out of them stays as it is. (inferred: the reference says nothing of it)
_MERGED = (
    *("search", "timeseries", "probabilistic", "query_performance_factor", "audit_settings"),
    "gradual_sync_policy_parameters",
)
_SOURCES = ("replica_sources", "crdt_sources", "sync_sources")
_OWN_WAY = ("module_list", "version", "redis_version")  # completed elsewhere


def normalised(body: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the body as they are stored. Objects of options are merged with what is there."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        field = FIELDS.get(name)
        if field is None or field.access is Access.WRITE or name in _OWN_WAY:
            continue
        found[name] = _stored(name, value, current)
    _mirror_tls(found)
    return found


def _stored(name: str, value: Any, current: Mapping[str, Any]) -> Any:
    if name in _SIZES:
        return _bytes(value)
    if name in _MERGED:
        return {**(value_of(current, name) or {}), **fresh(value)}
    if name in _SOURCES:
        # Entries without a uid are numbered. (inferred)
        return [{"uid": position, **source} for position, source in enumerate(value, start=1)]
    return fresh(value)


def _bytes(text: str) -> str:
    """ "100mb" comes back as "104857600". (live for active_defrag_ignore_bytes, inferred for the backlogs)"""
    match = re.fullmatch(r"(\d+)([kmg]?)b?", text.lower())
    return text.lower() if match is None else str(int(match[1]) * _UNITS[match[2]])


def _mirror_tls(found: dict[str, Any]) -> None:
    """C(ssl) is the old name of C(tls_mode); both are in the object and agree. (inferred)"""
    if "tls_mode" in found:
        found["ssl"] = found["tls_mode"] == "enabled"
    elif "ssl" in found:
        found["tls_mode"] = "enabled" if found["ssl"] else "disabled"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database versions and modules: those of a release, and the module_list of a new database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .bdb_errors import refuse
from .bdb_view import Case, ClusterView, major
from .catalog import database_versions, newest_redis
from .versions import Version

# Databases of Redis 8 and later have the bundled modules without asking. (doc) The order is that of the captured
# object. That a module_list given with such a database adds nothing and takes nothing away is inferred.
_RAM = ("timeseries", "search", "bf", "ReJSON")
_FLASH = ("bf", "ReJSON")
_ACTIVE_ACTIVE = ("search", "ReJSON")


def choose_version(body: Mapping[str, Any], release: Version) -> dict[str, str]:
    """The fields version and redis_version of a new database."""
    rows = database_versions(release)
    if body.get("type") == "memcached":
        return {"version": next(str(row["version"]) for row in rows if row["db_type"] == "memcached")}
    full = {str(row["redis_version"]): str(row["version"]) for row in rows if row["db_type"] == "redis"}
    wanted = {_short(str(body[name]), full) for name in ("redis_version", "version") if body.get(name)}
    if len(wanted) > 1:
        raise refuse("invalid_version", "version and redis_version do not name the same database version.")
    short = wanted.pop() if wanted else newest_redis(release)
    return {"redis_version": short, "version": full[short]}


def _short(text: str, full: Mapping[str, str]) -> str:
    plain = text.removesuffix("-big")  # the spelling of databases on flash
    short = ".".join(plain.split(".")[:2])
    if short not in full or plain not in (short, full[short]):
        raise refuse("invalid_version", f"Database version '{text}' is not one of {', '.join(full)}.")
    return short


def same_version(stored: str, wanted: str) -> bool:
    """7.4 and 7.4.2 are the same here: a client may send the one that it finds easier."""
    return stored == wanted or stored.startswith(f"{wanted}.") or wanted.startswith(f"{stored}.")


def choose_modules(
    bdb: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]], view: ClusterView
) -> list[dict[str, Any]]:
    """The complete module_list of a new database."""
    if bdb["type"] == "memcached":
        if wanted:
            raise refuse(
                "memcached_cannot_use_modules", "A memcached database cannot have modules: leave out module_list."
            )
        return []
    found = [_entry(_find(item, bdb, view), item.get("module_args", "")) for item in wanted]
    have = {entry["module_name"] for entry in found}
    for name in _automatic(bdb):
        if name not in have and any(module["module_name"] == name for module in view.modules):
            found.append(_entry(_find({"module_name": name}, bdb, view), ""))
    return found


def _automatic(bdb: Mapping[str, Any]) -> tuple[str, ...]:
    if major(bdb) < 8:
        return ()
    if bdb["crdt"]:
        return _ACTIVE_ACTIVE
    return _FLASH if bdb["bigstore"] else _RAM


def _entry(module: Mapping[str, Any], arguments: Any) -> dict[str, Any]:
    """One entry as GET returns it."""
    return {
        "module_args": joined_arguments(arguments),
        "module_id": module["uid"],
        "module_name": module["module_name"],
        "semantic_version": module["semantic_version"],
    }


def joined_arguments(arguments: Any) -> str:
    """The reference shows a list, the captured object a string."""
    if isinstance(arguments, list):
        return " ".join(str(item) for item in arguments if item is not None)
    return str(arguments or "")


def _find(item: Mapping[str, Any], bdb: Mapping[str, Any], view: ClusterView) -> Mapping[str, Any]:
    named = {"uid": item.get("module_id"), "module_name": item.get("module_name")}
    asked = {name: value for name, value in named.items() if value}
    if not asked:
        raise refuse("invalid_schema", "module_list: each entry needs a module_name.")
    if item.get("semantic_version"):
        asked["semantic_version"] = item["semantic_version"]
    matching = [module for module in view.modules if all(module.get(name) == value for name, value in asked.items())]
    if not matching:
        text = " ".join(str(value) for value in asked.values())
        raise refuse("missing_module", f"The cluster has no module {text}: install it, or leave it out of module_list.")
    return max(matching, key=lambda module: _fitness(module, str(bdb["redis_version"])))


def _fitness(module: Mapping[str, Any], redis_version: str) -> tuple[bool, bool, tuple[int, ...]]:
    """Made for this database version; able to run with it; and the newest."""
    return (
        module.get("compatible_redis_version") == redis_version,
        _numbers(module.get("min_redis_version", "")) <= _numbers(redis_version),
        _numbers(module.get("semantic_version", "")),
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in str(text).split(".") if part.isdigit())


def check_capabilities(case: Case) -> None:
    """Refuse modules that lack a capability which the configuration needs."""
    needed = set(_needed(case))
    modules = {module.get("uid"): module for module in case.view.modules}
    for entry in case.value("module_list"):
        module = modules.get(entry.get("module_id"), {})
        missing = needed.difference(module.get("capabilities", needed))
        if missing:
            raise refuse(
                "unsupported_module_capabilities",
                f"Module {entry.get('module_name')} does not support {', '.join(sorted(missing))}.",
            )


def _needed(case: Case) -> Iterable[str]:
    wants = {
        "crdb": case.value("crdt"),
        "flash": case.value("bigstore"),
        "clustering": case.value("sharding"),
        "replica_of": bool(case.value("replica_sources")),
        "backup_restore": case.value("backup"),
        "persistence_aof": case.value("data_persistence") == "aof",
        "persistence_rdb": case.value("data_persistence") == "snapshot",
        "eviction_expiry": case.value("eviction_policy") != "noeviction",
        "intershard_tls": case.value("data_internode_encryption"),
    }
    return (capability for capability, wanted in wants.items() if wanted)

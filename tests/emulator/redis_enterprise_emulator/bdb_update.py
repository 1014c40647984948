# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change: from the body of a PUT to the object as it would be afterwards; and what may be deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .bdb_checks import check_rules, ports_of
from .bdb_create import generated_password
from .bdb_errors import refuse
from .bdb_field import Access, fresh
from .bdb_modules import joined_arguments, same_version
from .bdb_normalise import normalised
from .bdb_schema import DEFAULT_SHARD_KEY_REGEX, FIELDS
from .bdb_types import check_body
from .bdb_view import Case, ClusterView, value_of
from .errors import ApiError

ACTIONS = ("flush", "reset_admin_pass")


def busy() -> ApiError:
    return refuse("busy", "Another request is being processed on this database: try again later.")


def updated_bdb(
    current: Mapping[str, Any], body: Mapping[str, Any], view: ClusterView, *, action: str | None = None
) -> dict[str, Any]:
    """The object with the changes, or ApiError. C(current) stays as it is."""
    _check_action(current, view, action)
    if current.get("status", "active") != "active":
        raise busy()
    check_body(body, view.version, current)
    _check_fixed(current, body, view)
    wanted = {name: value for name, value in body.items() if name in FIELDS and _settable(name)}
    if _empties_modules(body, view):
        wanted["module_list"] = []
    changes = normalised(wanted, current)
    if "module_list" in wanted:
        changes["module_list"] = []
    if changes.get("sharding") and not value_of(current, "shard_key_regex") and "shard_key_regex" not in changes:
        changes["shard_key_regex"] = fresh(list(DEFAULT_SHARD_KEY_REGEX))
    if action == "reset_admin_pass":
        changes["authentication_admin_pass"] = generated_password()
    bdb = {**current, **changes}
    changed = {name for name in changes if value_of(bdb, name) != value_of(current, name)}
    changed.update(name for name in body if name in FIELDS and FIELDS[name].access is Access.WRITE)
    check_rules(Case(bdb=bdb, body=body, view=view, current=current, action=action), changed)
    if changed and view.now:
        bdb["last_changed_time"] = view.now
    return bdb


def _settable(name: str) -> bool:
    return FIELDS[name].access in (Access.ANY, Access.WRITE)


def _check_action(current: Mapping[str, Any], view: ClusterView, action: str | None) -> None:
    if action is None:
        return
    if action not in ACTIONS:
        raise refuse("invalid_action", f"Unknown action '{action}'; known are {', '.join(ACTIONS)}.")
    if view.license_expired:  # the reference has this status for updates with an action only
        raise refuse("license_expired", "The licence has expired: actions on databases are not allowed.")
    if action == "reset_admin_pass" and value_of(current, "crdt"):
        raise refuse("not_supported_action_on_crdt", "reset_admin_pass is not allowed on a CRDT database.")


def _empties_modules(body: Mapping[str, Any], view: ClusterView) -> bool:
    """An empty list took the modules away, in releases before it was refused."""
    return body.get("module_list") == [] and not view.keeps_modules


def _check_fixed(current: Mapping[str, Any], body: Mapping[str, Any], view: ClusterView) -> None:
    """Refuse changes of fixed fields. Their current value may be sent again: what GET returns is accepted."""
    for name, value in body.items():
        field = FIELDS.get(name)
        if field is None or _settable(name) or _same(name, value, current):
            continue
        if _empties_modules({name: value}, view):
            continue
        if field.access is Access.READ:
            raise refuse("invalid_param", f"{name} is read-only: leave it out.")
        raise refuse("invalid_param", f"{name} is set at creation and cannot be changed: leave it out.")


def _same(name: str, value: Any, current: Mapping[str, Any]) -> bool:
    stored = value_of(current, name)
    if value == stored:
        return True
    if name == "port":
        return value in ports_of(current)
    if name in ("version", "redis_version"):
        return same_version(str(stored), str(value))
    if name == "module_list":
        return _same_modules(stored or [], value)
    return False


def _same_modules(stored: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> bool:
    """Each entry sent is there and says nothing else; what a client does not name it does not ask to change."""
    return all(any(_matches(have, entry) for have in stored) for entry in wanted) and (bool(wanted) or not stored)


def _matches(have: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    return all(
        joined_arguments(value) == joined_arguments(have.get(name))
        if name == "module_args"
        else value == have.get(name)
        for name, value in entry.items()
    )


def check_delete(current: Mapping[str, Any]) -> None:
    if current.get("internal"):
        raise refuse("internal_bdb", "An internal database cannot be deleted.")
    # A database whose creation failed can only be deleted. (inferred)
    if current.get("status", "active") not in ("active", "creation-failed"):
        raise refuse("bdb_not_active", f"The database is in status {current['status']}: it can be deleted when active.")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new database: from the body of a POST to the complete object."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any

from .bdb_checks import check_rules, check_slots
from .bdb_errors import refuse
from .bdb_field import Access, fresh
from .bdb_modules import choose_modules, choose_version
from .bdb_normalise import normalised
from .bdb_schema import DEFAULT_SHARD_KEY_REGEX, FIELDS, V722, default_of, defaults
from .bdb_types import check_body
from .bdb_view import Case, ClusterView
from .versions import Version

_ALPHABET = string.ascii_letters + string.digits
_FLASH_AOF_SIZE = 161061273600


def generated_password() -> str:
    """A password of 48 letters and digits, as the cluster generates it."""
    return "".join(secrets.choice(_ALPHABET) for dummy in range(48))


def new_bdb(
    body: Mapping[str, Any], view: ClusterView, *, uid: int, recovery_plan: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The object, with status pending, or ApiError. C(uid) is the one to give when the body has none."""
    if view.license_expired:
        raise refuse("license_expired", "The licence has expired: databases cannot be created.")
    _check_required(body)
    check_body(body, view.version, {})
    _check_read_only(body)
    if any(other.get("uid") == body.get("uid", uid) for other in view.bdbs):
        raise refuse("uid_exists", f"Database uid {body.get('uid', uid)} is already in use.")
    bdb = _assembled(body, view, uid)
    check_rules(Case(bdb=bdb, body=body, view=view), set())
    if recovery_plan is not None:
        _check_recovery_plan(recovery_plan, bdb, view.version)
    return bdb


def _check_required(body: Mapping[str, Any]) -> None:
    if body.get("name", "") == "":
        raise refuse("missing_db_name", "A database needs a name.")
    if "memory_size" not in body:
        raise refuse("missing_memory_size", "A database needs a memory_size, in bytes.")


def _check_read_only(body: Mapping[str, Any]) -> None:
    for name, value in body.items():
        if FIELDS[name].access is Access.READ and value != default_of(name):
            raise refuse("invalid_param", f"{name} is read-only: leave it out.")


def _assembled(body: Mapping[str, Any], view: ClusterView, uid: int) -> dict[str, Any]:
    if str(body.get("eviction_policy", "")).endswith("-lfu"):
        _check_lfu(body)
    bdb = defaults(view.version)
    bdb["uid"] = uid
    bdb["authentication_admin_pass"] = generated_password()
    bdb["created_time"] = bdb["last_changed_time"] = view.now
    bdb.update(_dependent_defaults(body, view))
    bdb.update(normalised(body, bdb))
    bdb.update(choose_version(body, view.version))
    bdb["module_list"] = choose_modules(bdb, body.get("module_list", []), view)
    return bdb


def _check_lfu(body: Mapping[str, Any]) -> None:
    """Before the version itself is judged: no version below 4 is bundled any more."""
    for name in ("version", "redis_version"):
        first = str(body.get(name, "")).partition(".")[0]
        if first.isdigit() and int(first) < 4:
            raise refuse("eviction_policy_violation", "LFU policies are not supported by database versions below 4.")


def _dependent_defaults(body: Mapping[str, Any], view: ClusterView) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if body.get("type") == "memcached":
        found["eviction_policy"] = "allkeys-lru"
    if body.get("bigstore"):
        found["max_aof_file_size"] = _FLASH_AOF_SIZE
    if body.get("sharding") and "shard_key_regex" not in body and not view.needs_rules:
        found["shard_key_regex"] = fresh(list(DEFAULT_SHARD_KEY_REGEX))
    return found


# The lists that a recovery plan can be, with the members of their entries and the one that says which slots. (doc)
_PLANS = {
    "data_files": (("shard_slots", "node_uid", "filename"), "shard_slots"),
    "original_bdb_shards": (("assigned_slots", "node_uid", "role", "uid"), "assigned_slots"),
}


def _check_recovery_plan(plan: Mapping[str, Any], bdb: Mapping[str, Any], version: Version) -> None:
    """It names a file or an old shard for each shard, and has to fit their number. (doc; the code is inferred)"""
    known = [name for name in _PLANS if name != "original_bdb_shards" or version >= V722]
    given = [name for name in known if name in plan]
    if len(given) != 1 or len(plan) != 1:
        raise refuse("invalid_schema", f"recovery_plan needs one of {' and '.join(known)}.")
    members, slots_in = _PLANS[given[0]]
    entries = plan[given[0]]
    if not isinstance(entries, list) or not all(_is_entry(item, members, slots_in) for item in entries):
        raise refuse("invalid_schema", f"recovery_plan: each of {given[0]} needs {', '.join(members)}.")
    slots = list(dict.fromkeys(item[slots_in] for item in entries))  # a replica has an entry of its own
    check_slots(slots, bdb["shards_count"], "recovery_plan")


def _is_entry(item: Any, members: Sequence[str], slots_in: str) -> bool:
    if not isinstance(item, dict) or not set(members) <= set(item) or not isinstance(item[slots_in], str):
        return False
    return [part.isdigit() for part in item[slots_in].split("-")] == [True, True]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new database: from the body of a POST to the complete object."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from .bdb_checks import check_rules, check_slots
from .bdb_errors import refuse
from .bdb_field import Access, fresh
from .bdb_modules import choose_modules, choose_version
from .bdb_normalise import normalised
from .bdb_schema import DEFAULT_SHARD_KEY_REGEX, FIELDS, default_of, defaults
from .bdb_types import check_body
from .bdb_view import Case, ClusterView

_ALPHABET = string.ascii_letters + string.digits
_FLASH_AOF_SIZE = 161061273600


def generated_password() -> str:
    """As long as the cluster's own: 48 letters and digits."""
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
        _check_recovery_plan(recovery_plan, bdb)
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
    bdb.update(_dependent_defaults(body))
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


def _dependent_defaults(body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if body.get("type") == "memcached":
        found["eviction_policy"] = "allkeys-lru"
    if body.get("bigstore"):
        found["max_aof_file_size"] = _FLASH_AOF_SIZE
    if body.get("sharding") and "shard_key_regex" not in body:
        found["shard_key_regex"] = fresh(list(DEFAULT_SHARD_KEY_REGEX))
    return found


def _check_recovery_plan(plan: Mapping[str, Any], bdb: Mapping[str, Any]) -> None:
    """It names a file for each shard, and has to fit the number of shards. (doc; the code is inferred)"""
    files = plan.get("data_files")
    if not isinstance(files, list) or not all(_is_data_file(item) for item in files):
        raise refuse("invalid_schema", "recovery_plan needs data_files with shard_slots, node_uid and filename.")
    slots = list(dict.fromkeys(item["shard_slots"] for item in files))  # a replica has a file of its own
    check_slots(slots, bdb["shards_count"], "recovery_plan")


def _is_data_file(item: Any) -> bool:
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("shard_slots", "filename")):
        return False
    return "node_uid" in item and [part.isdigit() for part in item["shard_slots"].split("-")] == [True, True]

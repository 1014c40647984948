# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Input of the rules: a view of the cluster, and one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .bdb_errors import refuse
from .bdb_schema import default_of
from .errors import ApiError
from .versions import Version


@dataclass(frozen=True)
class ClusterView:
    """The cluster as it is while one request is judged."""

    version: Version
    bdbs: Sequence[Mapping[str, Any]]  # stored objects
    node_count: int  # nodes that can hold shards
    racks: int  # distinct rack ids among them
    rack_aware: bool
    modules: Sequence[Mapping[str, Any]]  # the cluster's module objects
    free_memory: int  # bytes that can still be provisioned
    shards_limit: int | None  # of the licence; None is no limit
    shards_in_use: int  # masters and replicas
    license_expired: bool
    reserved_ports: frozenset[int]
    mask_credentials: bool = False
    now: str = ""  # ISO time
    keeps_modules: bool = True  # an empty module_list in an update takes none away
    needs_rules: bool = False  # sharding is refused without shard_key_regex
    defaults_left_out: bool = False  # settings at their default are omitted from answers


@dataclass(frozen=True)
class Case:
    """A request with the object as it would be afterwards."""

    bdb: Mapping[str, Any]
    body: Mapping[str, Any]
    view: ClusterView
    current: Mapping[str, Any] | None = None  # None when the database is created
    action: str | None = None

    @property
    def creating(self) -> bool:
        return self.current is None

    def value(self, name: str) -> Any:
        return value_of(self.bdb, name)

    def before(self, name: str) -> Any:
        return default_of(name) if self.current is None else value_of(self.current, name)

    def refuse(self, at_creation: str, in_update: str, description: str) -> ApiError:
        """The two tables of error codes name some things differently."""
        return refuse(at_creation if self.creating else in_update, description)


def value_of(bdb: Mapping[str, Any], name: str) -> Any:
    """Absent means default: a loaded object need not have every field."""
    return bdb[name] if name in bdb else default_of(name)


def shards_needed(bdb: Mapping[str, Any]) -> int:
    copies = 2 if value_of(bdb, "replication") else 1
    return int(value_of(bdb, "shards_count")) * copies


def memory_needed(bdb: Mapping[str, Any]) -> int:
    """RAM to provision. The memory limit covers masters and replicas together. (doc)"""
    ram = value_of(bdb, "bigstore_ram_size") if value_of(bdb, "bigstore") else 0
    return int(ram or value_of(bdb, "memory_size"))


def major(bdb: Mapping[str, Any]) -> int:
    """The major version of the database, 0 when nothing says it."""
    text = str(value_of(bdb, "version") or value_of(bdb, "redis_version")).partition(".")[0]
    return int(text) if text.isdigit() else 0

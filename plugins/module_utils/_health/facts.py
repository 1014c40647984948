# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of health are given and what they return: a question, facts, problems; and how objects are named."""

from __future__ import annotations

import dataclasses
import typing as t

from .._action.model import Action
from .._api.cluster import Cluster, Database, Shard

ERROR, WARNING = "error", "warning"


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it was read (an endpoint), what it is about, how bad it is, and a sentence."""

    source: str
    object: str
    severity: str
    message: str
    check: str = ""

    def as_dict(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Question:
    """What the user wants to know. C(without_node) is the node that is to be taken away, if any."""

    checks: tuple[str, ...]
    allow_in_maintenance: frozenset[int] = frozenset()
    allow_decommissioning: frozenset[int] = frozenset()
    without_node: int | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """Of C(/v1/bdbs/{uid}/availability): the status, and the body where it is not 200."""

    status: int
    body: t.Any = None


@dataclasses.dataclass(frozen=True)
class Facts:
    """What was read in one look. C(unread) says what could not be found out."""

    cluster: Cluster
    cluster_check: t.Any = None
    license: t.Any = None
    availability: t.Mapping[int, Answer] = dataclasses.field(default_factory=dict)  # by uid of the database
    actions: tuple[Action, ...] = ()
    unread: tuple[Problem, ...] = ()


def not_found_out(check: str, source: str, what: str, why: str) -> Problem:
    return Problem(source, what, ERROR, f"Could not find out about {what}: {why.rstrip('.')}.", check)


def database_name(database: Database) -> str:
    return f"Database {database.uid} ({database.name})" if database.name else f"Database {database.uid}"


def inner(name: str) -> str:
    return name[0].lower() + name[1:]


def shard_name(shard: Shard, cluster: Cluster) -> str:
    database = cluster.database(shard.bdb_uid)
    named = inner(database_name(database)) if database else f"database {shard.bdb_uid}"
    return f"{'Primary' if shard.is_master else 'Replica'} shard {shard.uid} of {named}"

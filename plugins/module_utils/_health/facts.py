# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What health checks are given (facts and criteria) and what they return (findings); and the names of objects."""

from __future__ import annotations

import dataclasses
import typing as t

from .._action.model import Action
from .._api.cluster import Cluster, Database, Node, Shard

ERROR, WARNING, OFF = "error", "warning", "off"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong, as a check finds it: the endpoint that shows it, what it is about, and a sentence.

    C(severity) is set where it is another than the check's own.
    """

    source: str
    object: str
    message: str
    severity: str | None = None


@dataclasses.dataclass(frozen=True)
class Problem:
    """A finding in the result, with the name of its check and its final severity."""

    source: str
    object: str
    severity: str
    message: str
    check: str

    def as_dict(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Criteria:
    """What counts as healthy: the checks, their severities where the user set them, and what is expected of nodes.

    C(without_node) is the node that is to be taken out of service, if any.
    """

    checks: tuple[str, ...]
    severities: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    replicas_stay: tuple[str, ...] = ()
    without_node: int | None = None
    allow_in_maintenance: frozenset[int] = frozenset()
    allow_decommissioning: frozenset[int] = frozenset()

    def covers(self, check: str) -> bool:
        """Whether another check speaks for this subject, or must not: it is made, or it is turned off."""
        return check in self.checks or self.severities.get(check) == OFF


@dataclasses.dataclass(frozen=True)
class Unread:
    """What could not be read, and why. It is a finding of every check that needs it."""

    source: str
    object: str
    what: str
    why: str

    def finding(self) -> Finding:
        return Finding(self.source, self.object, f"Could not read {self.what}: {self.why.rstrip('.')}.", ERROR)


@dataclasses.dataclass(frozen=True)
class Availability:
    """The answer of C(/v1/bdbs/{uid}/availability): the status, and the body where it is not 200."""

    status: int
    body: t.Any = None


@dataclasses.dataclass(frozen=True)
class Facts:
    """What was read for one assessment. C(unread) names the other members that could not be read."""

    cluster: Cluster
    cluster_check: t.Any = None
    license: t.Any = None
    actions: tuple[Action, ...] = ()
    availability: t.Mapping[int, Availability | Unread] = dataclasses.field(default_factory=dict)  # by database uid
    unread: t.Mapping[str, Unread] = dataclasses.field(default_factory=dict)

    def leaving(self, criteria: Criteria) -> Node:
        """The node that is to be taken out of service."""
        return self.cluster.require_node(criteria.without_node or 0)


def database_name(database: Database) -> str:
    return f"Database {database.uid} ({database.name})" if database.name else f"Database {database.uid}"


def inner(name: str) -> str:
    """A name as it is written inside a sentence."""
    return name[0].lower() + name[1:]


def shard_name(shard: Shard, cluster: Cluster) -> str:
    database = cluster.database(shard.bdb_uid)
    named = inner(database_name(database)) if database else f"database {shard.bdb_uid}"
    return f"{'Primary' if shard.is_master else 'Replica'} shard {shard.uid} of {named}"

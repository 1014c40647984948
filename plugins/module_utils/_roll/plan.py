# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terms of a plan for several hosts, of either kind: what is asked for, what comes out, and what both refuse."""

from __future__ import annotations

import dataclasses
import os.path
import typing as t

from .._api.cluster import Cluster, Node
from .match import Match, RollRefused, require_listed

MATCHED = "matched"
_ROLES = {"master": "primary", "slave": "replica"}


@dataclasses.dataclass(frozen=True)
class TasksFile:
    """The file of the operator's tasks, as it was given; C(path) is where the controller has found it."""

    given: str = ""
    path: str = ""
    searched: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return os.path.basename(self.given)


@dataclasses.dataclass(frozen=True)
class HostPlan:
    """What happens to one host; C(node) is None where the cluster does not list it (any more)."""

    host: str
    node_uid: int
    node: Node | None
    state: str
    line: str  # for people
    needs_work: bool = True
    deferred: bool = False  # its turn is put off until all others are done
    recorded: bool = False  # its removal is recorded as completed

    @property
    def known(self) -> bool:
        """Whether it is certain that the host is or was the node."""
        return self.node is not None or self.recorded

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "host": self.host,
            "node_uid": self.node_uid,
            "role": _ROLES.get(self.node.role or "") if self.node else None,
            "in_maintenance": self.node is not None and self.node.in_maintenance,
            "state": self.state,
            "needs_work": self.needs_work,
            "deferred": self.deferred,
            "known": self.known,
            "line": self.line,
        }


@dataclasses.dataclass(frozen=True)
class Plan:
    """The hosts in the order of their turns, and lines about what is not touched."""

    hosts: tuple[HostPlan, ...]
    remarks: tuple[str, ...] = ()

    @property
    def order(self) -> list[str]:
        return [each.host for each in self.hosts if each.needs_work]

    @property
    def lines(self) -> list[str]:
        return [*(each.line for each in self.hosts), *self.remarks]


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a run is when the turn of one host has come: the uids that it is done with, and the hosts that are left.

    C(pretended) says that nothing was done to the former, as in check mode; C(may_defer) that a turn can be put off.
    """

    passed: frozenset[int] = frozenset()
    left: tuple[str, ...] = ()
    pretended: bool = False
    may_defer: bool = False

    @property
    def supposed(self) -> frozenset[int]:
        """The nodes that would be as the run leaves them, and are not."""
        return self.passed if self.pretended else frozenset()


def progress_at(
    turn: str, uids: t.Mapping[str, int], deferred: t.Sequence[str], *, pretended: bool, may_defer: bool
) -> Progress:
    """C(uids) has the hosts of the whole run in order; those that were deferred come after all others."""
    if turn not in uids:
        return Progress(pretended=pretended)
    sequence = [*(name for name in uids if name not in deferred), *deferred]
    position = sequence.index(turn)
    return Progress(
        frozenset(uids[name] for name in sequence[:position] if name in uids),
        tuple(sequence[position + 1 :]),
        pretended,
        may_defer=may_defer and turn not in deferred,
    )


def matched(matches: t.Sequence[Match], cluster: Cluster) -> Plan:
    """Which host is which node, and nothing else; raises RollRefused."""
    found = []
    for each in matches:
        node = require_listed(each, cluster)
        line = f"{each.host.name}: {summary(node)}"
        found.append(HostPlan(each.host.name, each.uid, node, MATCHED, line, needs_work=False))
    return Plan(tuple(found))


def summary(node: Node) -> str:
    """A node in a line of the plan."""
    count = len(node.shards)
    role = _ROLES.get(node.role or "", "role unknown")
    return f"node {node.uid} at {node.addr}, {role}, {count} shard{'' if count == 1 else 's'}"


def refuse_unclear(matches: t.Sequence[Match], tasks: TasksFile, variable: str) -> None:
    """Raises RollRefused where hosts cannot be planned together; C(variable) is what names the file of tasks."""
    urls = list(dict.fromkeys(each.host.url for each in matches))
    if len(urls) > 1:
        raise RollRefused(
            "clusters",
            f"The hosts have different values of redis_enterprise_url ({' and '.join(url or 'none' for url in urls)}): "
            "choose hosts of one cluster.",
        )
    for found in matches:
        same = [each.host.name for each in matches if each.uid == found.uid]
        if len(same) > 1:
            raise RollRefused(
                "same_node",
                f"{' and '.join(same)} are all node {found.uid} of the cluster: keep one of them, or correct "
                "redis_node_uid.",
            )
    if tasks.given and not tasks.path:
        raise RollRefused(
            "no_tasks_file",
            f"{variable} is {tasks.given}, and there is no such file in {' or '.join(tasks.searched)}: correct it, or "
            "give an absolute path.",
        )


def refuse_maintenance_elsewhere(cluster: Cluster, uids: t.Collection[int], supposed: t.Collection[int]) -> None:
    """Raises RollRefused where a node outside the plan is in maintenance, or more than one inside."""
    found = [node.uid for node in cluster.nodes if node.in_maintenance and node.uid not in supposed]
    if len(found) > 1 or set(found) - set(uids):
        raise RollRefused(
            "in_maintenance",
            f"In maintenance already: {numbered(found)}. At most one node may be, and only one of the chosen hosts. "
            "End maintenance of the others first (redis_node_action, maintenance_off).",
        )


def numbered(uids: t.Iterable[int]) -> str:
    return ", ".join(f"node {uid}" for uid in uids)

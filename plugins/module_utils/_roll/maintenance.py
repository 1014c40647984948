# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a rolling maintenance: who takes part, in which order, and why it must not start or go on. Pure."""

from __future__ import annotations

import typing as t

from .._api.cluster import Cluster, Node
from .match import Host, Match, require_listed
from .plan import HostPlan, Plan, Progress, TasksFile, refuse_maintenance_elsewhere, refuse_unclear, summary

PRIMARY_LAST, PRIMARY_FIRST, INVENTORY = "primary_last", "primary_first", "inventory"
ORDERS = (PRIMARY_LAST, PRIMARY_FIRST, INVENTORY)
BEGIN, RESUME, RESTORE, SKIP = "begin", "resume", "restore", "skip"


def plan(
    matches: t.Sequence[Match],
    cluster: Cluster,
    order: str = PRIMARY_LAST,
    tasks: TasksFile | None = None,
    progress: Progress | None = None,
) -> Plan:
    """The plan for these hosts; raises RollRefused. C(progress) is given for the host whose turn has come."""
    tasks, progress = tasks or TasksFile(), progress or Progress()
    chosen = [(found.host, require_listed(found, cluster)) for found in matches]
    refuse_unclear(matches, tasks, "rolling_maintenance_tasks")
    uids = [node.uid for dummy, node in chosen]
    refuse_maintenance_elsewhere(cluster, uids, progress.supposed)
    chosen.sort(key=lambda pair: _rank(pair[0], pair[1], order))
    hosts = tuple(_host_plan(host, node, order, tasks, progress) for host, node in chosen)
    return Plan(hosts, tuple(_remarks(cluster, uids, tasks)))


def _host_plan(host: Host, node: Node, order: str, tasks: TasksFile, progress: Progress) -> HostPlan:
    state = _state(host, node)
    deferred = state == BEGIN and progress.may_defer and _comes_last(node, order) and bool(progress.left)
    line = f"{host.name}: {summary(node)}, release {node.software_version}: {_what(state, tasks)}"
    return HostPlan(
        host.name, node.uid, node, state, line, needs_work=state != SKIP and not deferred, deferred=deferred
    )


def _state(host: Host, node: Node) -> str:
    """A node that an earlier run left in maintenance has to come back, whether it needs anything by now or not."""
    if node.in_maintenance:
        return RESUME if host.needed else RESTORE
    return BEGIN if host.needed else SKIP


def _comes_last(node: Node, order: str) -> bool:
    """Whether all other nodes have to be done first; asked anew at each turn, since the primary can have moved."""
    return order == PRIMARY_LAST and node.role == "master"


def _rank(host: Host, node: Node, order: str) -> tuple[bool, bool, bool]:
    """What is in maintenance already comes first, and what needs nothing is shown last."""
    is_primary = node.role == "master"
    later = {PRIMARY_LAST: is_primary, PRIMARY_FIRST: not is_primary, INVENTORY: False}[order]
    return _state(host, node) == SKIP, not node.in_maintenance, later


def _what(state: str, tasks: TasksFile) -> str:
    work = f"drain, {f'run {tasks.name}' if tasks.given else 'run no tasks'}, restore"
    return {
        BEGIN: work,
        RESUME: f"in maintenance already; {work}",
        RESTORE: "in maintenance already; restore",
        SKIP: "needs no maintenance, not touched",
    }[state]


def _remarks(cluster: Cluster, uids: t.Collection[int], tasks: TasksFile) -> t.Iterator[str]:
    for node in cluster.nodes:
        if node.uid not in uids:
            yield f"{summary(node)}: not among the hosts, not touched"
    if tasks.given:
        yield (
            f"If {tasks.name} fails on a host, or the host becomes unreachable, its node stays drained and in "
            "maintenance, and no other node is touched. Run the playbook again to continue."
        )


def deferral(planned: HostPlan) -> str:
    """What an operator reads where a turn is put off."""
    return (
        f"Node {planned.node_uid} ({planned.host}) has become the primary of the cluster, so it comes after all other "
        "nodes."
    )

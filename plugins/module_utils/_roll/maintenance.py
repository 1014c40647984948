# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a rolling maintenance: who takes part, in which order, and why it must not start or go on. Pure."""

from __future__ import annotations

import typing as t

from .._api.cluster import Cluster, Node
from .match import Match, require_listed
from .plan import HostPlan, Plan, Progress, TasksFile, refuse_maintenance_elsewhere, refuse_unclear, summary

PRIMARY_LAST, PRIMARY_FIRST, INVENTORY = "primary_last", "primary_first", "inventory"
ORDERS = (PRIMARY_LAST, PRIMARY_FIRST, INVENTORY)
BEGIN, RESUME, RESTORE, SKIP = "begin", "resume", "restore", "skip"
# By whether the node is in maintenance already, and whether it needs maintenance.
_STATES = {(False, True): BEGIN, (True, True): RESUME, (True, False): RESTORE, (False, False): SKIP}


def plan(
    matches: t.Sequence[Match],
    cluster: Cluster,
    order: str = PRIMARY_LAST,
    tasks: TasksFile | None = None,
    progress: Progress | None = None,
) -> Plan:
    """The plan for these hosts; raises RollRefused. C(progress) is given for the host whose turn has come."""
    tasks, progress = tasks or TasksFile(), progress or Progress()
    for found in matches:
        require_listed(found, cluster)
    refuse_unclear(matches, tasks, "rolling_maintenance_tasks")
    uids = [found.uid for found in matches]
    refuse_maintenance_elsewhere(cluster, uids, progress.supposed)
    planned = [_host_plan(found, order, tasks, progress) for found in matches]
    planned.sort(key=lambda each: _rank(each, order))
    return Plan(tuple(planned), tuple(_remarks(cluster, uids, tasks)))


def _host_plan(found: Match, order: str, tasks: TasksFile, progress: Progress) -> HostPlan:
    node = t.cast(Node, found.node)
    # A node that an earlier run left in maintenance has to come back, whether it needs anything by now or not.
    state = _STATES[node.in_maintenance, found.host.needed]
    return HostPlan(
        found.host.name,
        found.uid,
        node,
        state,
        f"{found.host.name}: {summary(node)}, release {node.software_version}: {_what(state, tasks)}",
        needs_work=state != SKIP,
        deferred=state == BEGIN and progress.may_defer and _comes_last(node, order) and bool(progress.left),
    )


def _comes_last(node: Node, order: str) -> bool:
    """Whether all other nodes have to be done first; asked anew at each turn, since the primary can have moved."""
    return order == PRIMARY_LAST and node.role == "master"


def _rank(planned: HostPlan, order: str) -> tuple[bool, bool, bool]:
    """What is in maintenance already comes first, and what needs nothing is shown last."""
    node = t.cast(Node, planned.node)
    is_primary = node.role == "master"
    later = {PRIMARY_LAST: is_primary, PRIMARY_FIRST: not is_primary, INVENTORY: False}[order]
    return not planned.needs_work, not node.in_maintenance, later


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

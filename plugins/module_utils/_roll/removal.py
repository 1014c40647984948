# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a node removal: which nodes leave, in which order, and why they must not. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._action.model import Action
from .._api.cluster import Cluster, Database, Node
from .match import Match, RollRefused
from .plan import (
    HostPlan,
    Plan,
    Progress,
    TasksFile,
    numbered,
    refuse_maintenance_elsewhere,
    refuse_unclear,
    summary,
)

BEGIN, ADOPT, GONE = "begin", "adopt", "gone"
STATES = (BEGIN, ADOPT, GONE)


@dataclasses.dataclass(frozen=True)
class Rules:
    """What the operator allows."""

    min_nodes: int = 3
    hand_over_primary: bool = True
    migrate_single_copies: bool = False


@dataclasses.dataclass(frozen=True)
class Removals:
    """What the cluster records about removals: all that it lists, and by uid the last one of each host's node."""

    listed: tuple[Action, ...] = ()
    of_node: t.Mapping[int, Action | None] = dataclasses.field(default_factory=dict)

    def runs(self, uid: int) -> bool:
        own = self.of_node.get(uid)
        named = [each for each in self.listed if each.object_uid == str(uid)]
        return any(each is not None and not each.finished for each in (own, *named))

    def completed(self, uid: int) -> bool:
        own = self.of_node.get(uid)
        return own is not None and own.succeeded


def plan(
    matches: t.Sequence[Match],
    cluster: Cluster,
    removals: Removals,
    rules: Rules | None = None,
    url_hosts: t.Sequence[str] = (),
    tasks: TasksFile | None = None,
    progress: Progress | None = None,
) -> Plan:
    """The plan for these hosts; raises RollRefused. C(progress) is given for the host whose turn has come."""
    rules, tasks, progress = rules or Rules(), tasks or TasksFile(), progress or Progress()
    kept = tuple(node for node in cluster.nodes if node.uid not in progress.supposed)
    cluster = dataclasses.replace(cluster, nodes=kept)
    refuse_unclear(matches, tasks, "node_removal_tasks")
    for found in matches:
        if tasks.given and found.host.synthetic:
            raise RollRefused(
                "no_host_for_tasks",
                "node_removal_tasks has to run on a host, and no host of the inventory has the variable redis_node_uid "
                f"{found.uid}: add it, or leave node_removal_tasks out.",
            )
    planned = sorted((_host_plan(found, removals, tasks) for found in matches), key=_rank)
    _refuse_unsafe(planned, cluster, removals, rules, url_hosts)
    leaving = [each.node_uid for each in planned]
    staying = [f"{summary(node)}: stays" for node in cluster.nodes if node.uid not in leaving]
    return Plan(tuple(planned), tuple(staying))


def _host_plan(found: Match, removals: Removals, tasks: TasksFile) -> HostPlan:
    state = GONE if found.node is None else ADOPT if removals.runs(found.uid) else BEGIN
    recorded = removals.completed(found.uid)
    after = f", then run {tasks.name}" if tasks.given and (state != GONE or recorded) else ""
    line = f"{found.host.name}: {_what(found, state, recorded)}{after}"
    return HostPlan(found.host.name, found.uid, found.node, state, line, recorded=recorded)


def _what(found: Match, state: str, recorded: bool) -> str:
    node = found.node
    if node is None:
        why = "its removal is completed" if recorded else "and no removal of it is recorded"
        return f"node {found.uid} is not in the cluster, {why}"
    condition = ", in maintenance" if node.in_maintenance else ""
    if state == ADOPT:
        return f"{summary(node)}{condition}: is being removed, wait for the end"
    condition += ", decommissioning" if node.decommissioning else ""
    work = "hand over the role of the primary, remove" if node.role == "master" else "remove"
    return f"{summary(node)}{condition}: {work}"


def _rank(planned: HostPlan) -> int:
    """What is under way comes first, or no other node could be verified; the primary last: it hands over once."""
    node = planned.node
    if node is None:
        return 3
    if planned.state == ADOPT:
        return 0
    if node.decommissioning:
        return 1
    if node.in_maintenance:
        return 2
    return 5 if node.role == "master" else 4


def _refuse_unsafe(
    planned: t.Sequence[HostPlan], cluster: Cluster, removals: Removals, rules: Rules, url_hosts: t.Sequence[str]
) -> None:
    to_begin = [each.node for each in planned if each.state == BEGIN and each.node is not None]
    if not to_begin:
        return  # what is under way is only waited for
    leaving = {each.node_uid for each in planned}
    staying = [node for node in cluster.nodes if node.uid not in leaving]
    _refuse_too_few(leaving, staying, rules)
    _refuse_primary(to_begin, rules)
    refuse_maintenance_elsewhere(cluster, leaving, ())
    _refuse_url(cluster, leaving, url_hosts)
    _refuse_interrupted(cluster, leaving, removals)
    _refuse_one_rack(cluster, staying)
    _refuse_single_copies(cluster, to_begin, rules)


def _refuse_too_few(leaving: t.Iterable[int], staying: t.Sequence[Node], rules: Rules) -> None:
    if len(staying) < rules.min_nodes:
        raise RollRefused(
            "too_few_nodes",
            f"Without {numbered(sorted(leaving))} the cluster would have {len(staying)} nodes, and "
            f"node_removal_min_nodes is {rules.min_nodes}: add nodes first, or remove fewer.",
        )


def _refuse_primary(to_begin: t.Sequence[Node], rules: Rules) -> None:
    primaries = [node.uid for node in to_begin if node.role == "master"]
    if primaries and not rules.hand_over_primary:
        raise RollRefused(
            "primary",
            f"{numbered(primaries).capitalize()} is the primary of the cluster, and node_removal_demote_primary is "
            "false: remove other nodes, or let it hand over that role.",
        )


def _refuse_url(cluster: Cluster, leaving: t.Collection[int], url_hosts: t.Sequence[str]) -> None:
    """A removed node does not answer any more, so the end would not be seen."""
    named = [{node.uid for node in cluster.nodes_named(name)} for name in url_hosts]
    if named and all(uids and uids <= set(leaving) for uids in named):
        raise RollRefused(
            "url",
            f"The URL names only nodes that leave the cluster ({', '.join(url_hosts)}): name one that stays as well.",
        )


def _refuse_interrupted(cluster: Cluster, leaving: t.Collection[int], removals: Removals) -> None:
    found = [node.uid for node in cluster.nodes if node.decommissioning and not removals.runs(node.uid)]
    if len(found) > 1 or set(found) - set(leaving):
        raise RollRefused(
            "interrupted",
            f"Decommissioning, though no removal runs: {numbered(found)}. At most one node may be, and only one that "
            "is to be removed. Remove the others first, one at a time (redis_node_action, remove).",
        )


def _refuse_one_rack(cluster: Cluster, staying: t.Sequence[Node]) -> None:
    racks = sorted({node.rack_id for node in staying if node.rack_id})
    rack_aware = [each.name for each in cluster.databases if each.rack_aware and each.replication]
    if rack_aware and len(racks) < 2:
        raise RollRefused(
            "racks",
            f"Database {', '.join(rack_aware)} is rack-aware, and the nodes that stay "
            f"{f'are all in rack {racks[0]}' if racks else 'have no rack'}: replicas have to be in another rack than "
            "their primary shards. Add a node in another rack first, or remove others.",
        )


def _refuse_single_copies(cluster: Cluster, to_begin: t.Sequence[Node], rules: Rules) -> None:
    if rules.migrate_single_copies:
        return
    for node in to_begin:
        single = [each for each in _databases_on(node, cluster) if not each.replication]
        if single:
            named = ", ".join(f"{each.uid} ({each.name})" for each in single)
            raise RollRefused(
                "single_copies",
                f"Node {node.uid} holds data without a copy elsewhere, of database {named}. Turn replication on, or "
                "set node_removal_migrate_single_copies to true: the cluster then moves the only copy.",
            )


def _databases_on(node: Node, cluster: Cluster) -> list[Database]:
    held = {shard.bdb_uid for shard in node.shards}
    return [each for each in cluster.databases if each.uid in held]


def tasks_withheld(planned: HostPlan, tasks: TasksFile) -> str | None:
    """Why the operator's tasks do not run on a host, or None: a mistyped uid must not stop a machine that is needed."""
    if not tasks.given or planned.known:
        return None
    return (
        f"{tasks.name} does not run on {planned.host}: no removal of node {planned.node_uid} is recorded, so it is not "
        "certain that this host was that node. Run the tasks by hand."
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action C(remove): taking a node out of the cluster for good."""

from __future__ import annotations

import typing as t

from .._action.registry import (
    ActionType,
    Forceable,
    Option,
    Step,
    View,
    Wanted,
    adopt_running,
    guard,
    undocumented_options,
)
from .._api.capacity import unplaceable_shards
from .._api.cluster import Cluster, Node, Shard
from .._core.errors import GoalNotReached, Refused
from .base import REMOVE, content, gone, let_other_end, not_in_service, unknown_role_refusal


class Remove(ActionType):
    name = REMOVE
    sentence = (
        "V(remove) moves everything to the other nodes and takes the node out of the cluster for good. A node that the "
        "cluster does not list counts as removed, with a warning unless its completed action is still recorded. A node "
        "that an earlier removal has left V(decommissioning) goes on leaving."
    )
    options: t.ClassVar = {
        "wait_for_persistence": Option(
            "bool",
            "Whether the action ends only when the migrated shards have new persistence files. By default, the policy "
            "C(persistent_node_removal) of the cluster decides.",
        ),
    }
    removes_node = True
    progress_detail = "left"

    def decide(self, wanted: Wanted, view: View) -> Step:
        step = adopt_running(view)
        if step is not None:
            return step
        node = view.cluster.node(wanted.node_uid)
        if node is None:
            return self._decide_without_node(wanted, view)
        if not view.cluster.others(node.uid):
            raise Refused(
                f"Node {node.uid} is the only node of the cluster, which cannot be removed. Nothing was changed."
            )
        step = let_other_end(view.running_other)
        if step is not None:
            return step
        warnings = [
            *undocumented_options(self, wanted),
            *guard(wanted, *_removal_refusals(node, view.cluster), _unreachable_refusal(node, view)),
            *_remarks(node, view.cluster),
        ]
        why = "is decommissioning, and no removal of it runs" if node.decommissioning else "is in the cluster"
        return Step("run", f"node {node.uid} {why}", dict(wanted.options), tuple(warnings))

    def _decide_without_node(self, wanted: Wanted, view: View) -> Step:
        uid = wanted.node_uid
        left = self.unmet_goal(wanted, view.cluster, view.cluster)
        if left is not None:
            raise GoalNotReached(
                f"The cluster no longer lists node {uid}, but: {left}. Wait until the cluster has put that in order, "
                "and look at redis_health_info."
            )
        if view.own_record is not None and view.own_record.succeeded:
            return Step("nothing", f"node {uid} was removed: its action is completed")
        known = ", ".join(str(each.uid) for each in view.cluster.nodes)
        return Step(
            "nothing",
            f"the cluster has no node with uid {uid}",
            warnings=(
                f"The cluster has no node with uid {uid}; its nodes are {known}. It is not known whether {uid} was "
                "removed or never existed: check node_uid.",
            ),
        )

    def unmet_goal(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        """Which endpoint still shows something of the node."""
        uid = wanted.node_uid
        left = []
        if now.node(uid) is not None:
            left.append("/v1/nodes still lists it")
        left.extend(f"{path} still shows it" for path, uids in sorted(now.shown_in.items()) if uid in uids)
        shards = [shard.uid for shard in (*now.shards, *now.strays) if shard.node_uid == uid]
        if shards:
            left.append(f"/v1/shards still shows shard {', '.join(shards)} on it")
        node = before.node(uid)
        addresses = {node.addr, *node.external_addr} - {""} if node else set()
        bound = [each.name for each in now.databases if addresses & set(each.endpoint_addresses)]
        if bound:
            left.append(f"/v1/bdbs still shows the endpoint of {', '.join(bound)} on it")
        return f"of node {uid}, {' and '.join(left)}" if left else None

    def facts(self, wanted: Wanted, view: View) -> dict[str, t.Any]:
        return {"node_uid": wanted.node_uid, "in_cluster": view.cluster.node(wanted.node_uid) is not None}

    def goal(self, wanted: Wanted) -> dict[str, t.Any]:
        return {"in_cluster": False}

    def recovery_advice(self, wanted: Wanted, node: Node | None) -> str:
        if node is None:
            return f"{gone(wanted.node_uid)}."
        return (
            f"Node {node.uid} is still in the cluster with {content(node)} on it, and the cluster places nothing new "
            "on it. Run the task again to go on; state: absent clears the record of the attempt."
        )


def _removal_refusals(node: Node, cluster: Cluster) -> t.Iterator[Forceable | None]:
    others = cluster.others(node.uid)
    yield unknown_role_refusal(node, cluster)
    if node.role == "master":
        yield Forceable(
            f"Node {node.uid} is the primary of the cluster: hand that role over first, with redis_cluster_action and "
            "action: change_master (7.4 and later) or with action: enslave_node, or remove another node."
        )
    # The nodes of the cluster that is left have to have a majority of their own.
    in_service = sum(other.in_service for other in others)
    needed = len(others) // 2 + 1
    if in_service < needed:
        yield Forceable(
            f"Without node {node.uid} the cluster could lose its quorum: {in_service} of the {len(others)} nodes left "
            f"would be in service, {needed} are needed, and {not_in_service(others, ' and ')}."
        )
    if len(others) == 1:
        yield Forceable(
            f"Without node {node.uid} the cluster would be a single node, without any redundancy: add a node first."
        )
    primaries = [shard for shard in node.shards if shard.is_master]
    if primaries and not node.can_migrate:
        copies = _named(primaries, cluster)
        yield Forceable(f"Node {node.uid} is {node.status} and has the only copy of {copies}: start it first.")
    # A node that half left goes on from where it is, unless it has died meanwhile: its status need not say so.
    unhealthy = [shard for shard in primaries if node.decommissioning and not shard.healthy]
    if unhealthy:
        yield Forceable(
            f"Node {node.uid} is {node.status}, and {_named(unhealthy, cluster)} on it is not healthy: repair it first."
        )
    # Replicas of a node that is down are rebuilt from their primaries, so they need a place like all others.
    unplaceable = "; ".join(
        f"shard {each.shard.uid} of {_database(each.shard, cluster)}: {each.why}"
        for each in unplaceable_shards(node, cluster)
    )
    if unplaceable:
        yield Forceable(
            f"Not all shards of node {node.uid} find a place on the other nodes ({unplaceable}): make room first."
        )


def _unreachable_refusal(node: Node, view: View) -> Forceable | None:
    own = {node.addr, node.hostname, *node.external_addr}
    if not view.asked_through or not set(view.asked_through) <= own:
        return None
    return Forceable(
        f"url names only node {node.uid} itself, which will not answer any more: name another node in url, so that "
        "the end can be seen."
    )


def _remarks(node: Node, cluster: Cluster) -> t.Iterator[str]:
    alone = [shard for shard in node.shards if node.can_migrate and shard.is_master and not _replicated(shard, cluster)]
    if alone:
        yield (
            f"{_named(alone, cluster)} on node {node.uid} has no replica: all of it is migrated, which takes "
            "longer and needs its node until the end."
        )
    if len(cluster.others(node.uid)) == 2:
        yield "The cluster will have 2 nodes left: the loss of one of them costs the quorum. Add a node soon."


def _replicated(shard: Shard, cluster: Cluster) -> bool:
    database = cluster.database(shard.bdb_uid)
    return database is not None and database.replication


def _database(shard: Shard, cluster: Cluster) -> str:
    database = cluster.database(shard.bdb_uid)
    return f"database {database.name if database else shard.bdb_uid}"


def _named(shards: t.Sequence[Shard], cluster: Cluster) -> str:
    return ", ".join(f"shard {shard.uid} of {_database(shard, cluster)}" for shard in shards)

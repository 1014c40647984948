# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about the removal of one node from the cluster: a pure decision."""

from __future__ import annotations

import typing as t

from .._api import capacity as _capacity
from .._api.cluster import Cluster, Node, Shard
from .._core.errors import GoalNotReached, Refused
from .maintenance import Step, View, Wanted, adopt, guard, let_end, on_node, unknown_role, unverified


def decide(wanted: Wanted, view: View) -> Step:
    """The next step towards a cluster without the node; raises Refused where it could do harm."""
    step = adopt(view.own_record)
    if step is not None:
        return step
    node = view.cluster.node(wanted.node_uid)
    if node is None:
        return _not_listed(wanted, view)
    if not view.cluster.others(node.uid):
        raise Refused(f"Node {node.uid} is the only node of the cluster, which cannot be removed. Nothing was changed.")
    step = let_end(view.in_the_way())
    if step is not None:
        return step
    dangers = [*_dangers(node, view.cluster), *_no_way_left(node, view)]
    warnings = [
        *unverified(wanted),
        *guard(wanted, " ".join(dangers) or None),
        *_remarks(node, view.cluster),
    ]
    why = "is decommissioning, and no removal of it runs" if node.decommissioning else "is in the cluster"
    return Step("run", f"node {node.uid} {why}", dict(wanted.options), tuple(warnings))


def _not_listed(wanted: Wanted, view: View) -> Step:
    uid = wanted.node_uid
    left = not_as_asked(wanted, view.cluster, view.cluster)
    if left is not None:
        raise GoalNotReached(
            f"The cluster does not list node {uid} any more, but: {left}. Wait until the cluster has put that in "
            "order, and look at redis_health_info."
        )
    own = view.own_record
    if own is not None and own.succeeded:
        return Step("nothing", f"node {uid} was removed: its action is completed")
    known = ", ".join(str(each.uid) for each in view.cluster.nodes)
    return Step(
        "nothing",
        f"the cluster has no node with uid {uid}",
        warnings=(
            f"The cluster has no node with uid {uid}; its nodes are {known}. It cannot be told whether {uid} was "
            "removed or never existed: check node_uid.",
        ),
    )


def _dangers(node: Node, cluster: Cluster) -> t.Iterator[str]:
    others = cluster.others(node.uid)
    unknown = unknown_role(node, cluster)
    if unknown is not None:
        yield unknown
    if node.role == "master":
        yield (
            f"Node {node.uid} is the primary of the cluster: hand that over first with enslave_node, or remove another "
            "node."
        )
    # The nodes of the cluster that is left have to have a majority of their own.
    in_service = [other for other in others if other.in_service]
    needed = len(others) // 2 + 1
    if len(in_service) < needed:
        away = " and ".join(
            f"node {other.uid} is {'in maintenance' if other.alive else other.status}"
            for other in others
            if not other.in_service
        )
        yield (
            f"Without node {node.uid} the cluster could lose its quorum: {len(in_service)} of the {len(others)} nodes "
            f"left would be in service, {needed} are needed, and {away}."
        )
    if len(others) == 1:
        yield f"Without node {node.uid} the cluster would be a single node, without any redundancy: add a node first."
    lost = [shard for shard in node.shards if shard.is_master]
    if lost and not node.can_migrate:
        yield f"Node {node.uid} is {node.status} and has the only copy of {_named(lost, cluster)}: start it first."
    # A node that half left goes on from where it is, unless it has died meanwhile: its status need not say so.
    unwell = [shard for shard in lost if node.decommissioning and not shard.healthy]
    if unwell:
        yield f"Node {node.uid} is {node.status}, and {_named(unwell, cluster)} on it is not well: mend that first."
    # Replicas of a node that is down are made anew from their primaries, so they need a place like all others.
    unplaceable = _capacity.unplaceable_shards(node, cluster)
    if unplaceable:
        listed = "; ".join(
            f"shard {each.shard.uid} of {_name(each.shard, cluster)}: {each.why}" for each in unplaceable
        )
        yield f"Not all shards of node {node.uid} find a place on the other nodes ({listed}): make room first."


def _no_way_left(node: Node, view: View) -> t.Iterator[str]:
    own = {node.addr, node.hostname, *node.external_addr}
    if view.asked_through and set(view.asked_through) <= own:
        yield (
            f"url names only node {node.uid} itself, which will not answer any more: name another node in url, so that "
            "the end can be seen."
        )


def _remarks(node: Node, cluster: Cluster) -> t.Iterator[str]:
    alone = [shard for shard in node.shards if node.can_migrate and shard.is_master and not _replicated(shard, cluster)]
    if alone:
        yield (
            f"{_named(alone, cluster)} on node {node.uid} has no replica: it is migrated as a whole, which takes "
            "longer and needs its node until the end."
        )
    if len(cluster.others(node.uid)) == 2:
        yield "The cluster will have 2 nodes left: the loss of one of them costs the quorum. Add a node soon."


def _replicated(shard: Shard, cluster: Cluster) -> bool:
    database = cluster.database(shard.bdb_uid)
    return database is not None and database.replication


def _name(shard: Shard, cluster: Cluster) -> str:
    database = cluster.database(shard.bdb_uid)
    return f"database {database.name if database else shard.bdb_uid}"


def _named(shards: t.Sequence[Shard], cluster: Cluster) -> str:
    return ", ".join(f"shard {shard.uid} of {_name(shard, cluster)}" for shard in shards)


def not_as_asked(wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
    """After the action: which endpoint still shows something of the node, or None."""
    uid = wanted.node_uid
    left = []
    if now.node(uid) is not None:
        left.append("/v1/nodes still lists it")
    left.extend(f"{path} still shows it" for path, uids in sorted(now.shown_in.items()) if uid in uids)
    shards = [shard.uid for shard in (*now.shards, *now.strays) if shard.node_uid == uid]
    if shards:
        left.append(f"/v1/shards still shows shard {', '.join(shards)} on it")
    gone = before.node(uid)
    addresses = {gone.addr, *gone.external_addr} - {""} if gone else set()
    bound = [each.name for each in now.databases if addresses & set(each.endpoint_addresses)]
    if bound:
        left.append(f"/v1/bdbs still shows the endpoint of {', '.join(bound)} on it")
    return f"of node {uid}, {' and '.join(left)}" if left else None


def facts(uid: int, cluster: Cluster) -> dict[str, t.Any]:
    """What removal changes, for the diff."""
    return {"node_uid": uid, "in_cluster": cluster.node(uid) is not None}


def remains(wanted: Wanted, node: Node | None) -> str:
    if node is None:
        return f"Node {wanted.node_uid} is not in the cluster any more."
    return (
        f"Node {node.uid} is still in the cluster with {on_node(node)} on it, and the cluster places nothing new on "
        "it. Run the task again to go on; state: absent clears the record of the attempt."
    )

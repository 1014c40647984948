# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do so that a node is not the primary of the cluster: a pure decision.

The API's documentation has no option of enslave_node. An older schema has three, which C(action_options) can pass on;
what they leave to do is read here as that schema names it.
"""

from __future__ import annotations

import typing as t

from .._api.cluster import Cluster, Node
from .._core.errors import Refused
from .maintenance import (
    Step,
    View,
    Wanted,
    adopt,
    guard,
    let_end,
    on_node,
    still_there,
    unknown_role,
    unverified,
)

_PARTS = ("shards_only", "endpoints_only")


def decide(wanted: Wanted, view: View) -> Step:
    """The next step towards a node that is a replica; raises Refused where it cannot become one."""
    node = still_there(wanted, view)
    step = adopt(view.own_record)
    if step is not None:
        return step
    problem = not_as_asked(wanted, view.cluster, view.cluster)
    if problem is None:
        return Step(
            "nothing", f"node {node.uid} is not the primary" if _whole(wanted) else "nothing is left to hand over"
        )
    step = let_end(view.in_the_way())
    if step is not None:
        return step
    dangers = [unknown_role(node, view.cluster) if _whole(wanted) else None, _danger(node, view.cluster)]
    warnings = [*unverified(wanted), *guard(wanted, " ".join(each for each in dangers if each) or None)]
    return Step("run", problem, dict(wanted.options), tuple(warnings))


def _danger(node: Node, cluster: Cluster) -> str | None:
    others = cluster.others(node.uid)
    if not others:
        raise Refused(f"Node {node.uid} is the only node of the cluster: nothing can take over. Nothing was changed.")
    if not node.can_migrate:
        return f"Node {node.uid} is {node.status}: the others elect a new primary without being asked. Start it first."
    if not any(other.in_service for other in others):
        away = ", ".join(f"node {other.uid} is {'in maintenance' if other.alive else other.status}" for other in others)
        return f"No other node could take over from node {node.uid}: {away}."
    return None


def _whole(wanted: Wanted) -> bool:
    """Whether it is the role that is asked for, and not only a part of what the node does."""
    return not any(wanted.options.get(name) for name in _PARTS) and wanted.options.get("demote_node", True)


def not_as_asked(wanted: Wanted, _before: Cluster, now: Cluster) -> str | None:
    """A sentence that says what the node still does, or None."""
    node = now.require_node(wanted.node_uid)
    if _whole(wanted):
        if now.role_unknown(node):
            return f"nobody can say whether node {node.uid} is the primary"
        return f"node {node.uid} is the primary of the cluster" if node.role == "master" else None
    everything = not any(wanted.options.get(name) for name in _PARTS)
    primaries = [shard.uid for shard in node.shards if shard.is_master and _has_replica(shard.bdb_uid, now)]
    if primaries and (everything or wanted.options.get("shards_only")):
        return f"node {node.uid} has primary shard {', '.join(primaries)}"
    if node.endpoints and (everything or wanted.options.get("endpoints_only")):
        return f"node {node.uid} serves the endpoint of {', '.join(node.endpoints)}"
    return None


def _has_replica(bdb_uid: int, cluster: Cluster) -> bool:
    database = cluster.database(bdb_uid)
    return database is not None and database.replication


def facts(uid: int, cluster: Cluster) -> dict[str, t.Any]:
    """What the action changes, for the diff."""
    node = cluster.node(uid)
    return {"node_uid": uid, "role": node.role if node else None}


def remains(wanted: Wanted, node: Node | None) -> str:
    if node is None:
        return f"Node {wanted.node_uid} is not in the cluster any more."
    role = "not the primary of the cluster"
    if node.role != "slave":
        role = "the primary of the cluster" if node.role == "master" else "in a role that nobody can tell"
    return f"Node {node.uid} is {role}, with {on_node(node)} on it. Run the task again to go on."

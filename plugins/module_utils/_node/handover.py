# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions C(enslave_node) and C(change_master): which node is the primary of the cluster.

The API's reference has no option of enslave_node; C(rladmin), which runs the same action, has demote_node, shards_only
and endpoints_only. Without demote_node only shards and endpoints change places, and the role stays.
"""

from __future__ import annotations

import typing as t

from .._action.registry import (
    ActionType,
    Forceable,
    Step,
    View,
    Wanted,
    adopt_running,
    dotted,
    guard,
    undocumented_options,
)
from .._api.cluster import Cluster, Node
from .._core.errors import Refused
from .base import (
    CHANGE_MASTER,
    ENSLAVE,
    ON,
    REMOVE,
    content,
    gone,
    let_other_end,
    not_in_service,
    require_node,
    unknown_role_refusal,
)

_PARTS = ("shards_only", "endpoints_only")
_ELECTION = 60.0  # seconds until the cluster shows its new primary; meanwhile the API may be away


class EnslaveNode(ActionType):
    name = ENSLAVE
    sentence = (
        "V(enslave_node) hands the role of the cluster's primary over to another node, which the cluster chooses, and "
        "makes replicas of the node's primary shards where they have one elsewhere. From 7.4 on, "
        "M(redis_enterprise.cluster.redis_cluster_action) with V(change_master) hands over the role alone."
    )
    record_tells_goal = False  # it does not say whether demote_node was set
    settles_within = _ELECTION
    unmet_advice = (
        "Look at redis_node_info and redis_action_info; from 7.4 on, redis_cluster_action with action: change_master "
        "makes another node the primary."
    )

    def decide(self, wanted: Wanted, view: View) -> Step:
        node = require_node(wanted, view)
        step = adopt_running(view)
        if step is not None:
            return step
        unmet = self.unmet_goal(wanted, view.cluster, view.cluster)
        if unmet is None:
            done = f"node {node.uid} is not the primary" if _wants_role(wanted) else "nothing is left to hand over"
            return Step("nothing", done)
        step = let_other_end(view.running_other)
        if step is not None:
            return step
        unknown = unknown_role_refusal(node, view.cluster) if _wants_role(wanted) else None
        warnings = [
            *undocumented_options(self, wanted),
            *guard(wanted, unknown, _handover_refusal(node, view.cluster)),
        ]
        body = {**wanted.options, "demote_node": True} if _wants_role(wanted) else dict(wanted.options)
        return Step("run", unmet, body, tuple(warnings))

    def unmet_goal(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        node = now.require_node(wanted.node_uid)
        if _wants_role(wanted):
            if now.role_unknown(node):
                return f"the cluster role of node {node.uid} is unknown"
            return f"node {node.uid} is the primary of the cluster" if node.role == "master" else None
        everything = not any(wanted.options.get(name) for name in _PARTS)
        primaries = [shard.uid for shard in node.shards if shard.is_master and _has_replica(shard.bdb_uid, now)]
        if primaries and (everything or wanted.options.get("shards_only")):
            return f"node {node.uid} has primary shard {', '.join(primaries)}"
        if node.endpoints and (everything or wanted.options.get("endpoints_only")):
            return f"node {node.uid} serves the endpoint of {', '.join(node.endpoints)}"
        return None

    def facts(self, wanted: Wanted, view: View) -> dict[str, t.Any]:
        node = view.cluster.node(wanted.node_uid)
        return {"node_uid": wanted.node_uid, "role": node.role if node else None}

    def goal(self, wanted: Wanted) -> dict[str, t.Any]:
        return {"role": "slave"}

    def recovery_advice(self, wanted: Wanted, node: Node | None) -> str:
        if node is None:
            return f"{gone(wanted.node_uid)}."
        state = {"slave": "is not the primary of the cluster", "master": "is the primary of the cluster"}
        role = state.get(node.role or "", "has an unknown role")
        return f"Node {node.uid} {role}, with {content(node)} on it. Run the task again to go on."

    def rejection_help(self, wanted: Wanted, status: int, said: str) -> str | None:
        if status != 400 or not _wants_role(wanted):
            return None
        return (
            f"The cluster does not take {ENSLAVE} with demote_node (400: {said}). From 7.4 on, redis_cluster_action "
            "with action: change_master makes another node the primary."
        )


def _wants_role(wanted: Wanted) -> bool:
    """Whether the goal is that the node is not the primary, and not only to move shards or endpoints."""
    return not any(wanted.options.get(name) for name in _PARTS) and bool(wanted.options.get("demote_node", True))


def _has_replica(bdb_uid: int, cluster: Cluster) -> bool:
    database = cluster.database(bdb_uid)
    return database is not None and database.replication


def _handover_refusal(node: Node, cluster: Cluster) -> Forceable | None:
    others = cluster.others(node.uid)
    if not others:
        raise Refused(f"Node {node.uid} is the only node of the cluster: nothing can take over. Nothing was changed.")
    if not node.can_migrate:
        return Forceable(
            f"Node {node.uid} is {node.status}: the others elect a new primary without being asked. Start it first."
        )
    if not any(other.in_service for other in others):
        return Forceable(f"No other node could take over from node {node.uid}: {not_in_service(others, ', ')}.")
    return None


class ChangeMaster(ActionType):
    name = CHANGE_MASTER
    sentence = (
        "V(change_master) makes a node the primary of the cluster (7.4 and later). It does nothing if the node is the "
        "primary, and refuses a node that is not in service."
    )
    since = (7, 4, 0)
    record_tells_goal = False  # it does not say which node
    settles_within = _ELECTION
    unmet_advice = "Look at redis_node_info and redis_action_info, and run the task again."

    def decide(self, wanted: Wanted, view: View) -> Step:
        uid, cluster = wanted.node_uid, view.cluster
        node = cluster.require_node(uid)
        if view.own_record is not None and not view.own_record.finished:
            why = (
                f"{view.own_record.sentence()}, and does not say for which node: it is waited for, and started for "
                f"node {uid} if another one is the primary then"
            )
            return Step("adopt", why, action=view.own_record)
        unmet = self.unmet_goal(wanted, cluster, cluster)
        if unmet is None:
            return Step("nothing", f"node {uid} is the primary")
        self._refuse(node, view)
        body = {**wanted.options, "node_uid": str(uid)}
        return Step("run", unmet, body, tuple(undocumented_options(self, wanted)))

    def _refuse(self, node: Node, view: View) -> None:
        """Raise Refused where the node must not become the primary, or cannot. Nothing overrides that."""
        release = view.cluster.release
        if release and release < self.since:
            raise Refused(
                f"{CHANGE_MASTER} came with {dotted(self.since[:2])}, and this cluster has {dotted(release)}: use "
                "redis_node_action with action: enslave_node for the node that is the primary now. Nothing was changed."
            )
        running = next((each for each in view.others if each.name in (ON, REMOVE) and not each.finished), None)
        state = None
        if running is not None:
            state = f"not going to stay in service ({running.sentence()})"
        elif not node.alive:
            state = node.status
        elif node.in_maintenance:
            state = "in maintenance"
        elif node.quorum_only:
            state = "a quorum-only node"
        if state is not None:
            raise Refused(
                f"Node {node.uid} is {state}, so it must not become the primary: name a node in service. Nothing was "
                "changed."
            )
        unknown = unknown_role_refusal(node, view.cluster)
        if unknown is not None:
            raise Refused(f"{unknown} Nothing was changed.")

    def unmet_goal(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        if now.require_node(wanted.node_uid).role == "master":
            return None
        primary = _primary(now)
        return f"node {primary} is the primary of the cluster" if primary else "no node is the primary of the cluster"

    def facts(self, wanted: Wanted, view: View) -> dict[str, t.Any]:
        return {"primary_uid": _primary(view.cluster)}

    def goal(self, wanted: Wanted) -> dict[str, t.Any]:
        return {"primary_uid": wanted.node_uid}

    def recovery_advice(self, wanted: Wanted, node: Node | None) -> str:
        if node is None:
            return f"{gone(wanted.node_uid)}."
        role = "is" if node.role == "master" else "is not"
        return f"Node {node.uid} {role} the primary of the cluster. Run the task again to go on."

    def rejection_help(self, wanted: Wanted, status: int, said: str) -> str | None:
        help_of = {
            400: "The release may not have it: use redis_node_action with action: enslave_node for the primary",
            404: "The cluster no longer has this node, or the release has no such action",
            406: "The node has not finished its bootstrap: wait until it is active, or name another node",
        }
        if status not in help_of:
            return None
        return f"Node {wanted.node_uid} cannot become the primary ({status}: {said}). {help_of[status]}."


def _primary(cluster: Cluster) -> int | None:
    return next((node.uid for node in cluster.nodes if node.role == "master"), None)

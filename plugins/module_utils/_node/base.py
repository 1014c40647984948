# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that the decisions about node actions share."""

from __future__ import annotations

from .._action.model import Action
from .._action.registry import Forceable, Step, View, Wanted
from .._api.cluster import Cluster, Node
from .._core.errors import Refused

ON, OFF, REMOVE, ENSLAVE = "maintenance_on", "maintenance_off", "remove", "enslave_node"
CHANGE_MASTER = "change_master"
_MOST_NAMED = 8  # shards in one sentence


def require_node(wanted: Wanted, view: View) -> Node:
    """The node; raises Refused where the cluster does not list it, or no longer."""
    removal = view.other(REMOVE)
    if removal is not None and removal.succeeded and view.cluster.node(wanted.node_uid) is None:
        raise Refused(f"{gone(wanted.node_uid)}: {removal.sentence()}.")
    return view.cluster.require_node(wanted.node_uid)


def let_other_end(other: Action | None) -> Step | None:
    """The step if another action runs on the node; raises Refused where the node will be gone after it."""
    if other is None:
        return None
    if other.name == REMOVE and other.status != "cancelling":
        raise Refused(
            f"{other.sentence()}: the node is leaving the cluster. To keep it, cancel that first with action: remove "
            "and state: absent. Nothing was changed."
        )
    return Step("wait", f"{other.sentence()}: it has to end first", action=other)


def unknown_role_refusal(node: Node, cluster: Cluster) -> Forceable | None:
    """The refusal of an action that must not meet the primary unawares, where the role of the node is unknown."""
    if not cluster.role_unknown(node):
        return None
    return Forceable(
        f"The cluster role of node {node.uid} is unknown: /v1/nodes/status does not give it. Run the task again, and "
        "look at redis_health_info if that stays so."
    )


def gone(uid: int) -> str:
    return f"Node {uid} is no longer in the cluster"


def absence(node: Node) -> str:
    """Why a node is not in service."""
    return "in maintenance" if node.alive else node.status


def not_in_service(nodes: list[Node], separator: str) -> str:
    """The nodes that are not in service, each with the reason."""
    return separator.join(f"node {node.uid} is {absence(node)}" for node in nodes if not node.in_service)


def content(node: Node) -> str:
    """The shards and endpoints of a node in words."""
    named = ", ".join(f"{shard.role} shard {shard.uid}" for shard in node.shards[:_MOST_NAMED])
    more = f" and {len(node.shards) - _MOST_NAMED} more shards" if len(node.shards) > _MOST_NAMED else ""
    endpoints = f" and the endpoint of {', '.join(node.endpoints)}" if node.endpoints else ""
    return (named or "no shard") + more + endpoints

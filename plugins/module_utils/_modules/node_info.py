# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_node_info): nodes with role, status, shards and maintenance state."""

from __future__ import annotations

import typing as t

from .._action.lookup import node_actions_endpoint
from .._action.model import Action
from .._api import cluster as cluster_api
from .._api import decode
from .._api.cluster import Cluster, Node
from .._core.context import Context, Result
from .._core.credentials import hide
from .._core.errors import InvalidInput, error_body

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

_NO_RESULT = (404, 500, 503)  # a node that is down cannot check itself; that is an answer


def run(context: Context) -> Result:
    names, uids = context.params.get("node"), context.params.get("node_uid")
    if names is not None and uids is not None:
        raise InvalidInput("node and node_uid are both set, and each names the nodes: give one of them.")
    cluster = cluster_api.read(context.client)
    nodes: t.Sequence[Node] = cluster.nodes
    if names is not None:
        nodes = [cluster.resolve_node(name) for name in names]
    elif uids is not None:
        nodes = [cluster.require_node(uid) for uid in uids]
    extended = bool(context.params.get("extended"))
    actions = _unfinished(context.client) if extended else []
    return Result(
        False,
        {
            "nodes": [
                {**node.as_dict(), **(_extended(context.client, node, actions) if extended else {})}
                for node in {each.uid: each for each in nodes}.values()
            ],
            "primary_uid": next((node.uid for node in cluster.nodes if node.role == "master"), None),
            "quorum": _quorum(cluster),
            "racks": cluster.racks,
            "release": ".".join(map(str, cluster.release)),
            "releases": cluster.releases,
            "url_hosts": list(context.client.host_names),
        },
    )


def _quorum(cluster: Cluster) -> dict[str, int]:
    return {
        "nodes": len(cluster.nodes),
        "needed": cluster.quorum,
        "in_service": sum(node.in_service for node in cluster.nodes),
    }


def _unfinished(client: Client) -> list[Action]:
    return [action for action in node_actions_endpoint(None).actions(client) if not action.finished]


def _extended(client: Client, node: Node, actions: t.Sequence[Action]) -> dict[str, t.Any]:
    """Running actions of the node, its snapshots (null where the release does not list them) and its own checks."""
    response = client.get(f"/v1/nodes/check/{node.uid}", accept=_NO_RESULT)
    if response.status == 200:
        check = decode.node_check(response.data, node.uid)
        passed, error = check["result"], check.get("error")
    else:
        passed = False
        error = f"The check was answered with {response.status}: {error_body(response.data)[1] or 'no details given'}."
    listed = client.find(f"/v1/nodes/{node.uid}/snapshots")
    return {
        "actions": [action.as_dict() for action in actions if action.object_uid == str(node.uid)],
        "snapshots": None if listed is None else hide(decode.snapshots(listed, node.uid)),
        "check": {"passed": passed, "error": None if passed else hide(error) or "The check gave no reason."},
    }

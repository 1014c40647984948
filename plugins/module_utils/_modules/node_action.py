# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_node_action): carry out an action of one node, or cancel it."""

from __future__ import annotations

import typing as t

from .._action.lookup import ActionEndpoint, node_action_endpoint, node_actions_endpoint
from .._action.registry import ActionType, View, Wanted
from .._action.task import FOUND, ActionTask, remove_record
from .._api import cluster as cluster_api
from .._api import decode
from .._api.cluster import Cluster
from .._core.context import Context, Result
from .._node.actions import NODE_ACTIONS
from . import node_option

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

OPTIONS: t.Mapping[str, t.Any] = {
    **node_option.SPEC,
    "action": {"type": "str", "required": True, "choices": list(NODE_ACTIONS)},
    "state": {"type": "str", "choices": ["completed", "absent"], "default": "completed"},
    **NODE_ACTIONS.option_specs,
    "action_options": {"type": "dict", "default": {}},
    "force": {"type": "bool", "default": False},
}


def run(context: Context) -> Result:
    params, client = context.params, context.client
    action = NODE_ACTIONS[params["action"]]
    options = NODE_ACTIONS.options_from(action, params)
    node_option.require(params, action.name)
    try:
        uid = node_option.read_uid(client, params)
    except node_option.UnknownNode as unknown:
        if not action.removes_node:
            raise
        return _removed_or_unknown(context, str(unknown))
    if uid is None:
        raise AssertionError("one of the two options is set")
    wanted = Wanted(uid, action.name, options, params["force"])
    endpoint = node_action_endpoint(uid, action.name)
    if params["state"] == "absent":
        return _remove_record(context, action, wanted, endpoint)
    read = _reader(client, action, uid, endpoint)
    return ActionTask(context, action, wanted, endpoint, read, lambda cluster: _values(cluster, uid)).run()


def _values(cluster: Cluster, uid: int) -> dict[str, t.Any]:
    node = cluster.node(uid)
    return {"node": node.as_dict() if node else None, "node_uid": uid}


def _reader(client: Client, action: ActionType, uid: int, endpoint: ActionEndpoint) -> t.Callable[[], View]:
    def read() -> View:
        """The records before the cluster: an action that ends in between is then not taken for one that never ran.

        The list of the node's actions need not have the uid of each, nor all that have ended, and where there are none
        it may be answered with 404 (the reference has that and the empty list). So the action itself is read where it
        is named, and so is the opposite one, of which it counts how it has ended too.
        """
        own = endpoint.action(client)
        others = [each for each in node_actions_endpoint(uid).actions(client) if each.name != action.name]
        record = node_action_endpoint(uid, action.opposite).action(client) if action.opposite else None
        if record is not None:
            others = [record, *(each for each in others if each.name != action.opposite)]
        cluster = cluster_api.read(client)
        snapshots = _snapshots(client, cluster, uid) if action.reads_snapshots else None
        return View(cluster, own, others=tuple(others), snapshots=snapshots, asked_through=client.host_names)

    return read


def _snapshots(client: Client, cluster: Cluster, uid: int) -> tuple[str, ...] | None:
    node = cluster.node(uid)
    if node is None or not node.in_maintenance:
        return None
    listed = client.find(f"/v1/nodes/{uid}/snapshots")
    return None if listed is None else tuple(each["name"] for each in decode.snapshots(listed, uid))


def _remove_record(context: Context, action: ActionType, wanted: Wanted, endpoint: ActionEndpoint) -> Result:
    uid = wanted.node_uid
    result = remove_record(
        context,
        endpoint,
        {"node_uid": uid, "action": action.name},
        f"no {action.name} of node {uid} is recorded",
        lambda: action.recovery_advice(wanted, cluster_api.read(context.client).node(uid)),
    )
    if not result.changed:  # nothing to cancel may mean a mistyped uid; for a removal, that the node is gone
        cluster = cluster_api.read(context.client)
        if cluster.node(uid) is None and action.removes_node:
            known = ", ".join(str(each.uid) for each in cluster.nodes)
            context.warn(f"The cluster has no node with uid {uid}; its nodes are {known}. Check node_uid.")
        else:
            cluster.require_node(uid)
    return result


def _removed_or_unknown(context: Context, unknown: str) -> Result:
    """A removal of a node that is named by a host name or address which no node has."""
    context.warn(f"{unknown} It is not known whether it was removed or never existed: check node.")
    values: dict[str, t.Any] = {"action": None, "reason": unknown.rstrip("."), "node_uid": None}
    if context.params["state"] != "absent":
        values |= {"node": None, "outcome": FOUND}
    facts = {"node_uid": None, "in_cluster": False}
    return Result(False, values, before=facts, after=facts)

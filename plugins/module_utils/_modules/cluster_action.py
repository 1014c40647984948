# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_cluster_action): carry out an action of the cluster, or cancel it."""

from __future__ import annotations

import typing as t

from .._action.lookup import ActionEndpoint, cluster_action_endpoint, node_actions_endpoint
from .._action.registry import NO_NODE, ActionType, View, Wanted
from .._action.task import ActionTask, remove_record
from .._api import cluster as cluster_api
from .._core.context import Context, Result
from .._core.errors import InvalidInput
from .._node.actions import CLUSTER_ACTIONS
from .._node.cluster_action import RecordedAction
from . import node_option

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

OPTIONS: t.Mapping[str, t.Any] = {
    "action": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["completed", "absent"], "default": "completed"},
    **node_option.SPEC,
    **CLUSTER_ACTIONS.option_specs,
    "rerun": {"type": "bool", "default": False},
    "action_options": {"type": "dict", "default": {}},
}


def run(context: Context) -> Result:
    params = context.params
    action = CLUSTER_ACTIONS.get(params["action"]) or RecordedAction(params["action"])
    endpoint = cluster_action_endpoint(action.name)
    options = CLUSTER_ACTIONS.options_from(action, params)
    _refuse_options(action, params)
    if params["state"] == "absent":
        return remove_record(context, endpoint, {"action": action.name}, f"no {action.name} is recorded")
    uid = node_option.read_uid(context.client, params)
    wanted = Wanted(NO_NODE if uid is None else uid, action.name, options, rerun=bool(params.get("rerun")))
    read = _reader(context.client, action, wanted, endpoint)
    return ActionTask(context, action, wanted, endpoint, read, lambda _cluster: {"node_uid": uid}).run()


def _refuse_options(action: ActionType, params: t.Mapping[str, t.Any]) -> None:
    named = node_option.given(params)
    if not action.takes_node and named:
        with_node = " and ".join(each.name for each in CLUSTER_ACTIONS.values() if each.takes_node)
        raise InvalidInput(f"{named} is an option of {with_node}, not of {action.name}: leave it out.")
    if action.takes_node and params["state"] != "absent":
        node_option.require(params, action.name)
        if "node_uid" in (params.get("action_options") or {}):
            raise InvalidInput("node_uid is in action_options: set the option node_uid (or node) instead.")
    if action.reads_cluster and params.get("rerun"):
        raise InvalidInput(f"{action.name} is judged by the cluster and not by its record: leave rerun out.")


def _reader(client: Client, action: ActionType, wanted: Wanted, endpoint: ActionEndpoint) -> t.Callable[[], View]:
    def read() -> View:
        """The records before the cluster: an action that ends in between is then not taken for one that never ran."""
        own = endpoint.action(client)
        if not action.reads_cluster:
            return View(own_record=own)
        others = node_actions_endpoint(wanted.node_uid).actions(client)
        return View(cluster_api.read(client), own, others=tuple(others))

    return read

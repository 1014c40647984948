# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/actions, /v2/actions, and the actions of nodes and of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from . import action_render as render
from .actions import Action, Run, failed
from .errors import ApiError
from .model import ADMINS, VIEWERS, Node
from .routing import Call, api

if TYPE_CHECKING:
    from .emulator import Emulator

CHANGE_MASTER = "change_master"


def _not_found(uid: str) -> ApiError:
    return ApiError(404, "action_not_found", f"Action {uid} does not exist.")


def _seen(call: Call) -> list[Action]:
    """All actions but those of databases that the user does not see."""
    return [
        action for action in call.emulator.cluster.actions.all() if action.bdb_uid is None or call.sees(action.bdb_uid)
    ]


async def list_v1(call: Call) -> dict[str, Any]:
    shown = [action for action in _seen(call) if action.kind != "other"]
    return {
        "actions": [render.as_v1(action) for action in shown if action.kind == "task"],
        "state-machines": [render.as_v1(action) for action in shown if action.kind == "state-machine"],
    }


async def get_v1(call: Call) -> dict[str, Any]:
    action = call.emulator.cluster.actions.get(call.text("uid"))
    if action is None or action not in _seen(call) or action.kind == "other":
        raise _not_found(call.text("uid"))
    return render.as_v1(action)


async def list_v2(call: Call) -> list[dict[str, Any]]:
    return [render.as_v2(action) for action in _seen(call)]


async def get_v2(call: Call) -> dict[str, Any]:
    action = call.emulator.cluster.actions.get(call.text("uid"))
    if action is None or action not in _seen(call):
        raise _not_found(call.text("uid"))
    return render.as_v2(action)


async def of_bdb(call: Call) -> list[dict[str, Any]]:
    actions = call.emulator.cluster.actions.of_bdb(call.bdb_uid())
    return [render.as_bdb_action(action) for action in actions]


# -- actions of a scope: one instance of a type at a time -----------------------------------------------------
def _scoped_list(call: Call, actions: list[Action]) -> dict[str, Any]:
    precise = call.emulator.cluster.release.does("progress is a float")
    return {"actions": [render.as_scoped(action, float_progress=precise) for action in actions]}


def _all_scoped(call: Call, scope: str) -> Any:
    """The reference shows this as a list in one place and as an object in another; a test may choose."""
    cluster = call.emulator.cluster
    shown = _scoped_list(call, cluster.actions.scoped(scope))
    return shown["actions"] if cluster.settings.list_shape == "list" else shown


def _single(call: Call, action: Action | None, name: str) -> dict[str, Any]:
    if action is None:
        raise ApiError(404, "action_not_found", f"Action {name} does not run, and there is no status of a last run.")
    return render.as_single(action, float_progress=call.emulator.cluster.release.does("progress is a float"))


def _queued(action: Action) -> dict[str, Any]:
    return {"status": "queued", "task_id": action.uid}


def _cancel_or_clear(call: Call, action: Action | None, name: str) -> Response:
    if action is None:
        raise ApiError(404, "action_not_found", f"Action {name} is unknown or does not run.")
    book = call.emulator.cluster.actions
    if action.terminal:
        book.forget([action])
    else:
        book.cancel(action)
    return Response(status_code=200)


async def node_actions_all(call: Call) -> Any:
    return _all_scoped(call, "node")


async def node_actions(call: Call) -> dict[str, Any]:
    cluster = call.emulator.cluster
    actions = cluster.actions.scoped("node", call.uid())
    if not actions:
        cluster.node(call.uid())  # 404, unless a removed node's record is still there
    return _scoped_list(call, actions)


async def node_action(call: Call) -> dict[str, Any]:
    return _single(call, call.emulator.node_actions.find(call.uid(), call.text("action")), call.text("action"))


async def start_node_action(call: Call) -> dict[str, Any]:
    return _queued(call.emulator.node_actions.start(call.uid(), call.text("action"), call.object_body()))


async def end_node_action(call: Call) -> Response:
    name = call.text("action")
    return _cancel_or_clear(call, call.emulator.node_actions.find(call.uid(), name), name)


def _cluster_action(call: Call) -> Action | None:
    found = [a for a in call.emulator.cluster.actions.scoped("cluster") if call.text("action") in a.names]
    return found[-1] if found else None


async def cluster_actions(call: Call) -> Any:
    return _all_scoped(call, "cluster")


async def cluster_action(call: Call) -> dict[str, Any]:
    return _single(call, _cluster_action(call), call.text("action"))


async def start_cluster_action(call: Call) -> dict[str, Any]:
    cluster, name, body = call.emulator.cluster, call.text("action"), call.object_body()
    node = None
    if name == CHANGE_MASTER and cluster.release.does("action change_master"):
        node = cluster.node(_node_uid(body))
    elif name not in cluster.cluster_actions:
        raise ApiError(400, "invalid_action", f"The cluster has no action '{name}'.")
    last = _cluster_action(call)
    if last is not None and not last.terminal:
        raise ApiError(409, "action_in_progress", f"Action {name} is already in progress.")
    if last is not None:
        cluster.actions.forget([last])
    action = Action("task", name, "queued", scope="cluster")
    if node is not None:
        return _queued(_change_master(call.emulator, action, node))
    return _queued(start_plain(call.emulator, action, cluster.cluster_actions[name]))


def _node_uid(body: dict[str, Any]) -> int:
    """The reference has it as a string; a number is taken too."""
    uid = body.get("node_uid")
    if isinstance(uid, bool) or not str(uid).isdigit():
        raise ApiError(400, "invalid_schema", "change_master needs the node_uid of a node.")
    return int(str(uid))


def _change_master(emulator: Emulator, action: Action, node: Node) -> Action:
    async def work(run: Run) -> None:
        await run.advance(50, "handing_over", 0.1)
        if not node.alive:
            raise failed("internal_error", f"Node {node.uid} is down.")
        await run.finish()
        await emulator.failover.promote(node.uid)

    return emulator.cluster.actions.start(action, work)


def start_plain(emulator: Emulator, action: Action, seconds: float) -> Action:
    """An action that does nothing but take its time."""

    async def work(run: Run) -> None:
        await run.advance(90, "working", seconds)
        await run.finish()

    return emulator.cluster.actions.start(action, work)


async def end_cluster_action(call: Call) -> Response:
    return _cancel_or_clear(call, _cluster_action(call), call.text("action"))


ROUTES: list[Route] = [
    api("GET", "/v1/actions", list_v1, VIEWERS),
    api("GET", "/v1/actions/bdb/{uid:int}", of_bdb, VIEWERS),
    api("GET", "/v1/actions/{uid}", get_v1, VIEWERS),
    api("GET", "/v2/actions", list_v2, VIEWERS),
    api("GET", "/v2/actions/{uid}", get_v2, VIEWERS),
    api("GET", "/v1/nodes/actions", node_actions_all, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}/actions", node_actions, VIEWERS),
    api("GET", "/v1/nodes/{uid:int}/actions/{action}", node_action, VIEWERS),
    api("POST", "/v1/nodes/{uid:int}/actions/{action}", start_node_action, ADMINS),
    api("DELETE", "/v1/nodes/{uid:int}/actions/{action}", end_node_action, ADMINS),
    api("GET", "/v1/cluster/actions", cluster_actions, VIEWERS),
    api("GET", "/v1/cluster/actions/{action}", cluster_action, VIEWERS),
    api("POST", "/v1/cluster/actions/{action}", start_cluster_action, ADMINS),
    api("DELETE", "/v1/cluster/actions/{action}", end_cluster_action, ADMINS),
]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_action_info): the actions of every scope in one shape, one by its uid or all."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .. import _actions
from .._actions import Action
from .._errors import ApiError, InvalidInput
from .._operation import Context, Result

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._client import Client

_UID = re.compile(r"[A-Za-z0-9_.:-]+")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which actions the user asks for."""

    scope: str  # all, node, cluster or bdb
    uid: str | None = None
    node_uid: int | None = None
    bdb_uid: int | None = None
    name: str | None = None
    status: tuple[str, ...] = ()
    api_version: str = "auto"

    def covers(self, action: Action) -> bool:
        return (
            (self.uid is None or action.uid == self.uid)
            and (self.name is None or action.name == self.name)
            and (not self.status or action.status in self.status)
        )


def run(context: Context) -> Result:
    wanted = wanted_from(context.params)
    if wanted.uid is not None and wanted.scope == "all":
        found = _by_uid(context, wanted.uid, wanted.api_version)
    else:
        found = _of_scope(context.client, wanted)
    actions = [action for action in found if wanted.covers(action)]
    one = actions[0] if wanted.uid is not None and actions else None
    return Result(
        False,
        {
            "actions": [action.as_dict() for action in actions],
            "action": one.as_dict() if one else None,
        },
    )


def wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """The task's options as a Wanted; raises InvalidInput where they contradict each other."""
    node_uid, bdb_uid, uid = params.get("node_uid"), params.get("bdb_uid"), params.get("uid")
    if node_uid is not None and bdb_uid is not None:
        raise InvalidInput("node_uid and bdb_uid are both set: an action belongs to a node or a database; give one.")
    implied = "node" if node_uid is not None else "bdb" if bdb_uid is not None else "all"
    scope = params.get("scope") or implied
    if implied not in ("all", scope):
        raise InvalidInput(f"{implied}_uid is set, but scope is {scope}: leave scope out, or set it to {implied}.")
    if scope == "bdb" and bdb_uid is None:
        raise InvalidInput("scope is bdb, but bdb_uid is not set: give the uid of the database.")
    api_version = params.get("api_version") or "auto"
    if scope != "all" and api_version == "v2":
        raise InvalidInput(f"api_version is v2, but the API has the scope {scope} only in v1: leave api_version out.")
    if uid is not None and (params.get("name") or params.get("status")):
        raise InvalidInput("uid names one action: leave name and status out, or leave uid out.")
    if uid is not None and not _UID.fullmatch(uid):
        raise InvalidInput(f"uid {uid!r} is not the uid of an action: it has letters, digits and hyphens.")
    return Wanted(
        scope, uid, node_uid, bdb_uid, params.get("name") or None, tuple(params.get("status") or ()), api_version
    )


def _by_uid(context: Context, uid: str, api_version: str) -> list[Action]:
    """One action. If it is not listed under its uid, the lists are searched: node actions can be missing there."""
    action = _actions.read_one(context.client, uid, api_version)
    if action is not None:
        return [action]
    if api_version == "v2":
        return _actions.read_all(context.client, "v2")  # raises where the release has no v2
    try:
        return [*_node_actions(context.client, None), *_cluster_actions(context.client)]
    except ApiError as error:
        if error.status != 403:
            raise
        context.warn(f"The action {uid} was not looked for among node actions, which only the role admin may see.")
        return []


def _of_scope(client: Client, wanted: Wanted) -> list[Action]:
    if wanted.scope == "node":
        return _node_actions(client, wanted.node_uid)
    if wanted.scope == "cluster":
        return _cluster_actions(client)
    if wanted.scope == "bdb":
        return _actions.from_v1(client.find(f"/v1/actions/bdb/{wanted.bdb_uid}"))
    return _actions.read_all(client, wanted.api_version)


def _node_actions(client: Client, node_uid: int | None) -> list[Action]:
    path = "/v1/nodes/actions" if node_uid is None else f"/v1/nodes/{node_uid}/actions"
    return _actions.from_node(client.find(path), node_uid)


def _cluster_actions(client: Client) -> list[Action]:
    return _actions.from_cluster(client.find("/v1/cluster/actions"))

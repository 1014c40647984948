# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_action_info): the actions of every scope in one shape; one by its uid, waited for or not."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from .._action import lookup, model
from .._action.lookup import ActionEndpoint, ActionSearch
from .._action.model import Action
from .._action.registry import Wanted, why_not_completed
from .._api import cluster as cluster_api
from .._core.context import Context, Result
from .._core.errors import ActionFailed, Failure, InvalidInput
from .._core.waiter import LISTED_WITHIN, Seen, wait_until
from .._node.actions import NODE_ACTIONS
from . import node_option

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

_UID = re.compile(r"[A-Za-z0-9_.:-]+")
_FILTERS = ("name", "status", "object_type", "since")
LISTED, FORGOTTEN, UNKNOWN = "listed", "forgotten", "unknown"


@dataclasses.dataclass(frozen=True)
class Selection:
    """The actions that the user asks for."""

    scope: str  # all, node, cluster or bdb
    uid: str | None = None
    given: Action | None = None  # the one action as another task has returned it
    node_uid: int | None = None
    bdb_uid: int | None = None
    name: str | None = None
    status: tuple[str, ...] = ()
    object_type: str | None = None
    since: float | None = None
    api_version: str = "auto"
    wait: bool = False

    def covers(self, action: Action) -> bool:
        return (
            (self.name is None or action.name == self.name)
            and (not self.status or action.status in self.status)
            and (self.object_type is None or action.object_type == self.object_type)
            and (self.scope != "all" or self._is_about(action))
            and (self.since is None or _time_of(action) is None or t.cast("float", _time_of(action)) >= self.since)
        )

    def _is_about(self, action: Action) -> bool:
        """Of all actions, those on the node or database asked for; in their own scopes the endpoint sees to that."""
        wanted = {"node": self.node_uid, "bdb": self.bdb_uid}
        asked = [(kind, str(uid)) for kind, uid in wanted.items() if uid is not None]
        return not asked or (action.object_type, action.object_uid) in asked


def _time_of(action: Action) -> int | None:
    return action.heartbeat if action.creation_time is None else action.creation_time


def run(context: Context) -> Result:
    selection = selection_from(context.params)
    if node_option.given(context.params) == "node":
        selection = dataclasses.replace(selection, node_uid=node_option.read_uid(context.client, context.params))
    if selection.uid is None:
        actions = [action for action in _list(context.client, selection) if selection.covers(action)]
        return _result(selection, actions, None, None)
    search = ActionSearch(context.client, selection.uid, _endpoints(selection), context.warn)
    if selection.wait:
        return _wait_for(context, selection, search)
    action = search.find()
    if action is None and selection.api_version == "v2":
        search.require_v2()
    missing = UNKNOWN if selection.given is None else FORGOTTEN
    return _result(selection, [action] if action else [], action, LISTED if action else missing)


def _result(
    selection: Selection,
    actions: t.Sequence[Action],
    one: Action | None,
    record: str | None,
    evidence: str | None = None,
) -> Result:
    return Result(
        False,
        {
            "actions": [action.as_dict() for action in actions],
            "action": one.as_dict() if one else None,
            "record": record,
            "evidence": evidence,
            "node_uid": selection.node_uid,
        },
    )


# -- the selection ---------------------------------------------------------------------------------------------------


def selection_from(params: t.Mapping[str, t.Any]) -> Selection:
    """The selection that the task's options describe; raises InvalidInput where they contradict each other.

    A node that is named by C(node) has no uid here yet: nothing is read before the options are known to be valid.
    """
    node, bdb_uid = node_option.given(params), params.get("bdb_uid")
    if node and bdb_uid is not None:
        raise InvalidInput(f"{node} and bdb_uid are both set: an action belongs to a node or a database; give one.")
    implied = "node" if node else "bdb" if bdb_uid is not None else "all"
    scope = params.get("scope") or implied
    if scope not in ("all", implied) and implied != "all":
        raise InvalidInput(
            f"{node or 'bdb_uid'} is set, but scope is {scope}: leave scope out, or set it to {implied}."
        )
    if scope == "bdb" and bdb_uid is None:
        raise InvalidInput("scope is bdb, but bdb_uid is not set: give the uid of the database.")
    api_version = params.get("api_version") or "auto"
    if scope != "all" and api_version == "v2":
        raise InvalidInput(f"api_version is v2, but the API has the scope {scope} only in v1: leave api_version out.")
    given = _given(params)
    uid = given.uid if given else params.get("uid")
    filters = [name for name in _FILTERS if params.get(name)]
    if uid is not None and filters:
        raise InvalidInput(f"uid and action name one action: leave {' and '.join(filters)} out.")
    if uid is not None and not _UID.fullmatch(uid):
        raise InvalidInput(f"uid {uid!r} is not the uid of an action: it has letters, digits and hyphens.")
    if params.get("wait") and uid is None:
        raise InvalidInput("wait is true, but nothing says for what: give uid, or action as another task returned it.")
    return Selection(
        scope,
        uid,
        given,
        params.get("node_uid"),
        bdb_uid,
        model.canonical_name(params["name"]) if params.get("name") else None,
        tuple(params.get("status") or ()),
        params.get("object_type"),
        _since(params.get("since")),
        api_version,
        bool(params.get("wait")),
    )


def _given(params: t.Mapping[str, t.Any]) -> Action | None:
    result = params.get("action")
    if result is None:
        return None
    others = [name for name in ("uid", "scope", "node", "node_uid", "bdb_uid") if params.get(name) is not None]
    if others:
        raise InvalidInput(f"action says all about the action: leave {' and '.join(others)} out.")
    return model.from_result(result)


def _since(text: str | None) -> float | None:
    """Seconds since the epoch, of that number or of a time in ISO 8601 (UTC unless it says otherwise)."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"since {text!r} is not a time: write seconds since the epoch, or a time like 2030-01-31T12:00:00Z."
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=datetime.UTC)).timestamp()


def _list(client: Client, selection: Selection) -> list[Action]:
    if selection.scope == "all":
        return model.read_all(client, selection.api_version)
    return _endpoint_of_scope(selection).actions(client)


def _endpoint_of_scope(selection: Selection) -> ActionEndpoint:
    if selection.scope == "node":
        return lookup.node_actions_endpoint(selection.node_uid)
    if selection.scope == "bdb" and selection.bdb_uid is not None:
        return lookup.bdb_actions_endpoint(selection.bdb_uid)
    return lookup.cluster_actions_endpoint()


def _endpoints(selection: Selection) -> list[ActionEndpoint]:
    if selection.given is not None:
        return lookup.endpoints_of_action(selection.given)
    if selection.scope == "all":
        return lookup.endpoints_of_uid(str(selection.uid), selection.api_version)
    return [_endpoint_of_scope(selection)]


# -- waiting ---------------------------------------------------------------------------------------------------------


def _wait_for(context: Context, selection: Selection, search: ActionSearch) -> Result:
    """Wait until the action is completed. One that the cluster has forgotten is judged by its object."""
    began = context.clock.now()

    def probe() -> Seen[Action]:
        action = search.find()
        if action is not None:
            return Seen(
                action.finished, action.sentence(), Failure(action=action.as_dict()), action.line(), value=action
            )
        known = search.last or selection.given
        if known is not None:
            return _effect_of_forgotten(context.client, known)
        if context.clock.now() - began < LISTED_WITHIN:
            return Seen(False, f"action {selection.uid} is not listed")
        raise ActionFailed(
            f"The cluster lists no action {selection.uid}. It never had it, or has forgotten it, which it does some "
            "time after the end; which of the two cannot be read from a uid. Give action, as the task that started it "
            "returned it, instead of uid."
        )

    last = wait_until(probe, context.wait, context.clock, f"the action {selection.uid}")
    if last.value is None:
        return _result(selection, [], None, FORGOTTEN, last.what)
    model.require_success(last.value, "Look at its object before it is tried again.")
    return _result(selection, [last.value], last.value, LISTED)


def _effect_of_forgotten(client: Client, action: Action) -> Seen[Action]:
    """The end of a forgotten action as its object shows it; raises ActionFailed where that speaks against it."""
    if action.object_type == "bdb" and action.object_uid:
        bdb = client.find(f"/v1/bdbs/{action.object_uid}")
        status = "gone" if bdb is None else str(bdb.get("status"))
        what = f"database {action.object_uid} is {status}"
        deleting = "Delete" in action.name
        if status.endswith("pending"):
            return Seen(False, what)
        if status == ("gone" if deleting else "active") or (status == "gone" and not action.name):
            return Seen(True, what)
    elif action.object_type == "node" and action.object_uid and action.name in NODE_ACTIONS:
        cluster, wanted = cluster_api.read(client), Wanted(int(action.object_uid), action.name)
        problem = why_not_completed(NODE_ACTIONS[action.name], wanted, cluster, cluster)
        if problem is None:
            return Seen(True, f"node {action.object_uid} is as {action.name} leaves it")
        what = problem
    else:
        what = "nothing else tells how it ended"
    raise ActionFailed(
        f"The cluster has forgotten {action.name or 'the action'} ({action.uid}) before its end was seen: its record "
        f"was cleared, or replaced by that of a new one, or it ended long ago; and {what}.",
        Failure(action=action.as_dict()),
    )

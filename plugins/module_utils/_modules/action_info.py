# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_action_info): the actions of every scope in one shape; one by its uid, waited for or not."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from .._action import lookup as _action_lookup
from .._action import model as _actions
from .._action.lookup import Finder
from .._action.model import Action
from .._api import cluster as _cluster
from .._core.context import Context, Result
from .._core.errors import ActionFailed, Failure, InvalidInput
from .._core.waiter import Seen, wait_until
from . import node_action

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

_UID = re.compile(r"[A-Za-z0-9_.:-]+")
_GRACE = 2.0  # seconds that a new action may take to be listed
_SELECTING = ("name", "status", "object_type", "since")
LISTED, FORGOTTEN, UNKNOWN = "listed", "forgotten", "unknown"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which actions the user asks for."""

    scope: str  # all, node, cluster or bdb
    uid: str | None = None
    given: Action | None = None  # what another task has returned about the one
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
    wanted = wanted_from(context.params)
    if wanted.uid is None:
        actions = [action for action in _of_scope(context.client, wanted) if wanted.covers(action)]
        return _result(actions, None, None)
    finder = Finder(context.client, wanted.uid, _sources(wanted), context.warn)
    if wanted.wait:
        return _wait_for(context, wanted, finder)
    action = finder.look()
    if action is None and wanted.api_version == "v2":
        finder.require_v2()
    missing = UNKNOWN if wanted.given is None else FORGOTTEN
    return _result([action] if action else [], action, LISTED if action else missing)


def _result(actions: t.Sequence[Action], one: Action | None, record: str | None, evidence: str | None = None) -> Result:
    return Result(
        False,
        {
            "actions": [action.as_dict() for action in actions],
            "action": one.as_dict() if one else None,
            "record": record,
            "evidence": evidence,
        },
    )


# -- what is asked for -----------------------------------------------------------------------------------------------


def wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """The task's options as a Wanted; raises InvalidInput where they contradict each other."""
    node_uid, bdb_uid = params.get("node_uid"), params.get("bdb_uid")
    if node_uid is not None and bdb_uid is not None:
        raise InvalidInput("node_uid and bdb_uid are both set: an action belongs to a node or a database; give one.")
    implied = "node" if node_uid is not None else "bdb" if bdb_uid is not None else "all"
    scope = params.get("scope") or implied
    if scope not in ("all", implied) and implied != "all":
        raise InvalidInput(f"{implied}_uid is set, but scope is {scope}: leave scope out, or set it to {implied}.")
    if scope == "bdb" and bdb_uid is None:
        raise InvalidInput("scope is bdb, but bdb_uid is not set: give the uid of the database.")
    api_version = params.get("api_version") or "auto"
    if scope != "all" and api_version == "v2":
        raise InvalidInput(f"api_version is v2, but the API has the scope {scope} only in v1: leave api_version out.")
    given = _given(params)
    uid = given.uid if given else params.get("uid")
    selecting = [name for name in _SELECTING if params.get(name)]
    if uid is not None and selecting:
        raise InvalidInput(f"uid and action name one action: leave {' and '.join(selecting)} out.")
    if uid is not None and not _UID.fullmatch(uid):
        raise InvalidInput(f"uid {uid!r} is not the uid of an action: it has letters, digits and hyphens.")
    if params.get("wait") and uid is None:
        raise InvalidInput("wait is true, but nothing says for what: give uid, or action as another task returned it.")
    return Wanted(
        scope,
        uid,
        given,
        node_uid,
        bdb_uid,
        _actions.canonical_name(params["name"]) if params.get("name") else None,
        tuple(params.get("status") or ()),
        params.get("object_type"),
        _since(params.get("since")),
        api_version,
        bool(params.get("wait")),
    )


def _given(params: t.Mapping[str, t.Any]) -> Action | None:
    shown = params.get("action")
    if shown is None:
        return None
    others = [name for name in ("uid", "scope", "node_uid", "bdb_uid") if params.get(name) is not None]
    if others:
        raise InvalidInput(f"action says all about the action: leave {' and '.join(others)} out.")
    return _actions.from_shown(shown)


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


def _of_scope(client: Client, wanted: Wanted) -> list[Action]:
    if wanted.scope == "all":
        return _actions.read_all(client, wanted.api_version)
    source = _list_of(wanted)
    return source.parse(client.find(source.path))


def _list_of(wanted: Wanted) -> _action_lookup.Source:
    if wanted.scope == "node":
        return _action_lookup.node_list(wanted.node_uid)
    if wanted.scope == "bdb" and wanted.bdb_uid is not None:
        return _action_lookup.bdb_list(wanted.bdb_uid)
    return _action_lookup.cluster_list()


def _sources(wanted: Wanted) -> list[_action_lookup.Source]:
    if wanted.given is not None:
        return _action_lookup.by_action(wanted.given)
    if wanted.scope == "all":
        return _action_lookup.by_uid(str(wanted.uid), wanted.api_version)
    return [_list_of(wanted)]


# -- waiting ---------------------------------------------------------------------------------------------------------


def _wait_for(context: Context, wanted: Wanted, finder: Finder) -> Result:
    """Until the action has ended well. One that the cluster has forgotten is judged by the object that it was about."""
    began = context.clock.now()
    objects: list[str] = []  # what the object says, where the action is not listed any more

    def probe() -> Seen[t.Any]:
        action = finder.look()
        if action is not None:
            return Seen(action.finished, action.sentence(), Failure(action=action.as_dict()), action.line())
        if context.clock.now() - began < _GRACE and finder.seen is None and wanted.given is None:
            return Seen(False, f"action {wanted.uid} is not listed")
        known = finder.seen or wanted.given
        if known is None:
            raise ActionFailed(
                f"The cluster lists no action {wanted.uid}. It never had it, or has forgotten it, which it does some "
                "time after the end; which of them cannot be told from a uid. Give action, as the task that started it "
                "returned it, instead of uid."
            )
        aftermath = _aftermath(context.client, known)
        objects[:] = [aftermath.what]
        return aftermath

    wait_until(probe, context.wait, context.clock, f"the action {wanted.uid}")
    if objects:
        return _result([], None, FORGOTTEN, objects[0])
    action = t.cast("Action", finder.seen)
    _actions.require_success(action, "Look at the object that it was about before it is tried again.")
    return _result([action], action, LISTED)


def _aftermath(client: Client, action: Action) -> Seen[t.Any]:
    """What the object of a forgotten action says about its end; raises ActionFailed where it speaks against it."""
    if action.object_type == "bdb" and action.object_uid:
        bdb = client.find(f"/v1/bdbs/{action.object_uid}")
        status = "gone" if bdb is None else str(bdb.get("status"))
        what = f"database {action.object_uid} is {status}"
        deleting = "Delete" in action.name
        if status.endswith("pending"):
            return Seen(False, what)
        if status == ("gone" if deleting else "active") or (status == "gone" and not action.name):
            return Seen(True, what)
    elif action.object_type == "node" and action.object_uid and action.name in node_action.NAMES:
        problem = node_action.undone(action.name, int(action.object_uid), _cluster.read(client))
        if problem is None:
            return Seen(True, f"node {action.object_uid} is as {action.name} leaves it")
        what = problem
    else:
        what = "nothing else tells how it ended"
    raise ActionFailed(
        f"The cluster has forgotten {action.name or 'the action'} ({action.uid}) before it was seen to end: somebody "
        f"cleared its record, or started a new one, or it ended long ago; and {what}.",
        Failure(action=action.as_dict()),
    )

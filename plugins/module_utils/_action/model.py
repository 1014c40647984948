# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The typed Action, and the parsers of the five shapes in which the API lists actions.

They are: tasks and state machines (C(/v1/actions)), v2 actions, node actions and cluster actions, all decoded before
they are parsed. C(progress) may be missing, and a status has two spellings.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._api import decode
from .._core.credentials import hide
from .._core.errors import ActionFailed, Failure, InvalidInput

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

TERMINAL = frozenset({"completed", "failed", "cancelled", "aborted"})
_SPELLINGS = {"pending": "queued", "active": "running", "starting": "starting", "canceled": "cancelled"}
_NODE_ACTION_NAMES = {"remove_node": "remove"}  # the reference spells this one both ways


@dataclasses.dataclass(frozen=True)
class Action:
    """One long-running operation of the cluster. Times are seconds since the epoch, progress is 0 to 100."""

    uid: str | None
    name: str
    kind: str  # task, state_machine, node, cluster or other
    status: str  # queued, starting, running, completed, failed, cancelling, cancelled or aborted
    progress: float | None = None
    object_type: str | None = None  # bdb, node or cluster
    object_uid: str | None = None
    state: str | None = None
    creation_time: int | None = None
    heartbeat: int | None = None
    description: str | None = None
    error_code: str | None = None
    error: str | None = None
    pending_ops: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return self.status in TERMINAL

    @property
    def succeeded(self) -> bool:
        return self.status == "completed"

    @property
    def doubtful(self) -> bool:
        """Whether only its object tells how it ended: an action that has done its work can be recorded as aborted."""
        return self.status == "aborted"

    def as_dict(self) -> dict[str, t.Any]:
        return {**dataclasses.asdict(self), "finished": self.finished}

    def sentence(self) -> str:
        """Its state for a message, such as C(maintenance_on of node 2 is running, 40%)."""
        of = f" of {self.object_type} {self.object_uid}" if self.object_uid else ""
        percent = f", {self.progress:.0f}%" if self.progress is not None and not self.finished else ""
        return ", ".join([f"{self.name}{of} is {self.status}{percent}", *self._details()])

    def line(self, *more: str) -> str:
        """The status line while it runs, such as C(node:2 maintenance_on 40%); C(more) follows."""
        on = ":".join(part for part in (self.object_type, self.object_uid) if part)
        percent = f"{self.progress:.0f}%" if self.progress is not None and self.status == "running" else self.status
        return " · ".join([f"{on} {self.name} {percent}".lstrip(), *self._details(), *more])

    def _details(self) -> t.Iterator[str]:
        if self.state:
            yield f"state {self.state}"
        for shard, operation in sorted(self.pending_ops.items()):
            if isinstance(operation, dict):
                status = operation.get("status_description") or operation.get("status_code") or "pending"
                yield f"shard {shard}: {operation.get('op_name') or 'operation'} {status}"
        if self.error or self.error_code:
            yield ": ".join(part for part in (self.error_code, self.error) if part)


def from_v1(listed: tuple[t.Sequence[t.Mapping[str, t.Any]], t.Sequence[t.Mapping[str, t.Any]]]) -> list[Action]:
    """C(GET /v1/actions): tasks and state machines."""
    return [from_v1_item(item) for item in (*listed[0], *listed[1])]


def from_v1_item(item: t.Mapping[str, t.Any]) -> Action:
    """C(GET /v1/actions/{uid}), and the elements of the lists above."""
    object_type, object_uid = _object(item)
    machine = bool(item.get("object_name")) or str(item.get("name", "")).startswith("SM")
    return _action(item, "state_machine" if machine else "task", object_type, object_uid)


def from_v2(listed: t.Sequence[t.Mapping[str, t.Any]]) -> list[Action]:
    """C(GET /v2/actions)."""
    return [from_v2_item(item) for item in listed]


def from_v2_item(item: t.Mapping[str, t.Any]) -> Action:
    kind = {"task": "task", "state-machine": "state_machine"}.get(str(item.get("action_type")), "other")
    info = item.get("additional_info") or {}
    merged = {**info, **{key: value for key, value in item.items() if key != "additional_info"}}
    uid = info.get("object_uid")
    object_type = info.get("object_type")
    if uid is None and item.get("object_name"):
        object_type, uid = _object(item)
    return _action(merged, kind, _lower(object_type), _text(uid))


def from_node(
    listed: t.Sequence[t.Mapping[str, t.Any]], node_uid: int | str | None = None, name: str | None = None
) -> list[Action]:
    """Node actions; C(node_uid) and C(name) are those of the path, where it has them."""
    return [_action({"name": name, **item}, "node", "node", _text(item.get("node_uid", node_uid))) for item in listed]


def from_cluster(listed: t.Sequence[t.Mapping[str, t.Any]], name: str | None = None) -> list[Action]:
    """Cluster actions; C(name) is that of the path, where it has one."""
    return [_action({"name": name, **item}, "cluster", "cluster", None) for item in listed]


def from_result(result: t.Mapping[str, t.Any]) -> Action:
    """The action that a module has returned, without the members that are not needed to find it again."""
    uid, status = _text(result.get("uid")), _text(result.get("status"))
    if uid is None or status is None:
        raise InvalidInput(
            "action is not an action as the modules return it, with uid and status: give the value that another task "
            "returned under that name, such as drain.action."
        )
    return Action(
        uid,
        _text(result.get("name")) or "",
        _text(result.get("kind")) or "other",
        _SPELLINGS.get(status, status),
        object_type=_text(result.get("object_type")),
        object_uid=_text(result.get("object_uid")),
    )


def _action(item: t.Mapping[str, t.Any], kind: str, object_type: str | None, object_uid: str | None) -> Action:
    name = str(item.get("name") or "")
    status = str(item["status"]).lower()
    return Action(
        uid=_text(item.get("action_uid") or item.get("task_id")),
        name=canonical_name(name),
        kind=kind,
        status=_SPELLINGS.get(status, status),
        progress=_number(item.get("progress")),
        object_type=object_type,
        object_uid=object_uid,
        state=_text(item.get("state")),
        creation_time=_integer(item.get("creation_time")),
        heartbeat=_integer(item.get("heartbeat")),
        description=hide(_text(item.get("description"))),
        error_code=_text(item.get("error_code")),
        error=hide(_text(item.get("error_message") or item.get("error"))),
        pending_ops=hide(_without_snapshots(item.get("pending_ops"))),
    )


def canonical_name(name: str) -> str:
    """The name as request paths spell it."""
    return _NODE_ACTION_NAMES.get(name, name)


def _without_snapshots(operations: t.Any) -> dict[str, t.Any]:
    """Pending operations without their snapshots, which can hold the settings of a database."""
    return {
        str(shard): {key: value for key, value in each.items() if key != "snapshot"} if isinstance(each, dict) else each
        for shard, each in (operations.items() if isinstance(operations, dict) else ())
    }


def _object(item: t.Mapping[str, t.Any]) -> tuple[str | None, str | None]:
    name = item.get("object_name")
    if isinstance(name, str) and ":" in name:
        object_type, uid = name.split(":", 1)
        return _lower(object_type), uid
    if item.get("node_uid") is not None:
        return "node", _text(item["node_uid"])
    return None, _text(name)


def _lower(value: t.Any) -> str | None:
    return str(value).lower() if value else None


def _text(value: t.Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _number(value: t.Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _integer(value: t.Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


# -- reading ---------------------------------------------------------------------------------------------------------


def read_all(client: Client, api_version: str = "auto") -> list[Action]:
    """All actions that the cluster lists; C(auto) asks v2, and v1 where the release has no v2 (before 7.22)."""
    if api_version in ("auto", "v2"):
        body = client.find("/v2/actions")
        if body is not None:
            return from_v2(decode.actions_v2(body))
        if api_version == "v2":
            raise ActionFailed("This release has no /v2/actions (it came with 7.22): use api_version v1 or auto.")
    body = client.find("/v1/actions")
    return [] if body is None else from_v1(decode.actions_v1(body))


def read_one(client: Client, uid: str, api_version: str = "auto") -> Action | None:
    """One action by its uid; None where the cluster does not list it, or no longer."""
    if api_version in ("auto", "v2"):
        path = f"/v2/actions/{uid}"
        body = client.find(path)
        if body is not None:
            return from_v2_item(decode.action_v2(body, path))
        if api_version == "v2":
            return None
    path = f"/v1/actions/{uid}"
    body = client.find(path)
    return None if body is None else from_v1_item(decode.action_v1(body, path))


def require_success(action: Action, advice: str) -> None:
    """Raise ActionFailed, with C(advice), for an action that ended in any other way than completed."""
    if action.finished and not action.succeeded:
        raise ActionFailed(
            f"{action.sentence().rstrip('.')}. {advice}",
            Failure(
                error_code=action.error_code,
                description=action.error or action.description,
                action=action.as_dict(),
            ),
        )

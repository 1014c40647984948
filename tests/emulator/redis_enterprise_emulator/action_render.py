# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renderings of an action: v1, v2, by database, by node or cluster."""

from __future__ import annotations

from typing import Any

from .actions import Action

_V2_STATUS = {"pending": "queued", "active": "running"}


def _is_v2(raw: dict[str, Any]) -> bool:
    return "action_type" in raw


def as_v1(action: Action) -> dict[str, Any]:
    """/v1/actions: finished tasks are all strings, running ones have a float and a state."""
    if action.raw is not None and not _is_v2(action.raw):
        return action.raw
    if action.kind == "state-machine":
        return _machine(action)
    shown: dict[str, Any] = {
        "action_uid": action.uid,
        "creation_time": str(int(action.created)),
        "name": action.name,
        "progress": str(int(action.progress)) if action.terminal else action.progress,
        "status": action.status,
        "task_id": action.uid,
    }
    if action.node_uid is not None:
        shown["node_uid"] = str(action.node_uid)
    if not action.terminal:
        shown["state"] = action.state
    return {**shown, **_errors(action)}


def _machine(action: Action) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "action_uid": action.uid,
        "heartbeat": int(action.heartbeat),
        "name": action.name,
        "object_name": f"bdb:{action.bdb_uid}",
        "status": action.status,
    }
    if not action.terminal:
        shown |= {"pending_ops": action.pending_ops, "progress": action.progress, "state": action.state}
    if action.error:
        shown |= {"error": action.error, "state": action.state}
    return shown


def _errors(action: Action) -> dict[str, str]:
    if action.status != "failed":
        return {}
    return {"error_code": action.error_code, "error_message": action.error}


def as_bdb_action(action: Action) -> dict[str, Any]:
    """/v1/actions/bdb/{uid}: each has a progress."""
    return {**as_v1(action), "progress": action.progress}


def as_v2(action: Action) -> dict[str, Any]:
    if action.raw is not None and _is_v2(action.raw):
        return action.raw
    shown: dict[str, Any] = {
        "action_type": action.kind,
        "action_uid": action.uid,
        "creation_time": int(action.created),
        "name": action.name,
        "progress": float(action.progress),
        "status": _V2_STATUS.get(action.status, action.status),
    }
    info: dict[str, Any] = {}
    if action.bdb_uid is not None:
        info |= {"object_type": "bdb", "object_uid": str(action.bdb_uid)}
    elif action.node_uid is not None:
        info |= {"object_type": "node", "object_uid": str(action.node_uid)}
    if action.error:
        info["error"] = action.error
    if action.pending_ops:
        info["pending_ops"] = action.pending_ops
    if info:
        shown["additional_info"] = info
    return shown


def as_scoped(action: Action, *, float_progress: bool) -> dict[str, Any]:
    """In the list of a node's or the cluster's actions."""
    shown: dict[str, Any] = {
        "name": action.name,
        "progress": action.progress if float_progress else int(action.progress),
        "status": action.status,
        "task_id": action.uid,
    }
    if action.node_uid is not None:
        shown["node_uid"] = str(action.node_uid)
    return {**shown, **_errors(action)}


def as_single(action: Action, *, float_progress: bool) -> dict[str, Any]:
    """One action by its name: a finished one shows no progress."""
    shown: dict[str, Any] = {"status": action.status, "task_id": action.uid}
    if not action.terminal:
        shown["progress"] = action.progress if float_progress else int(action.progress)
    return {**shown, **_errors(action)}

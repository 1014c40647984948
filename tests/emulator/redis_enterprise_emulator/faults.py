# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what a test can inject, and which request or action each one matches."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

REQUEST_KINDS = ("unavailable", "latency", "drop", "redirect")
ACTION_KINDS = ("action", "slow_action", "half_removed", "partial_restore")
OTHER_KINDS = ("busy", "election", "lag", "link_down", "peer_down", "stale_report", "api_away")
KINDS = REQUEST_KINDS + ACTION_KINDS + OTHER_KINDS
OUTCOMES = ("failed", "aborted", "cancelled", "stuck", "lingering", "early", "uncancellable")
HOLDING = ("stuck", "lingering", "early", "uncancellable")  # they last until the fault is removed or over
STRIKING = ("failed", "aborted", "cancelled", "stuck", "early")  # while the action is at work
RESTORED = ("shards", "roles", "endpoints")  # what maintenance_off can leave out
STARTING = "starting"  # for C(at): before the action runs

_COMMON: dict[str, type | tuple[type, ...]] = {
    "kind": str,
    "method": str,
    "path": str,
    "nodes": list,
    "count": int,
    "seconds": (int, float),
}
_KEYS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "unavailable": {"status": int, "body": object},
    "latency": {"delay": (int, float)},
    "drop": {"when": str},
    "redirect": {"location": str},
    "action": {
        "name": str,
        "node_uid": int,
        "bdb_uid": int,
        "outcome": str,
        "at": (int, float, str),
        "error_code": str,
        "error": str,
        "pending_ops": dict,
    },
    "slow_action": {"name": str, "node_uid": int, "bdb_uid": int},
    "half_removed": {"node_uid": int},
    "busy": {"bdb_uid": int},
    "election": {},
    "lag": {"bdb_uid": int, "milliseconds": int},
    "link_down": {"bdb_uid": int},
    "peer_down": {"bdb_uid": int, "peer": str},
    "stale_report": {"node_uid": int},
    "api_away": {},
    "partial_restore": {"node_uid": int, "omits": list},
}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "latency": ("delay",),
    "action": ("outcome",),
    "slow_action": ("seconds",),
    "busy": ("bdb_uid",),
    "election": ("seconds",),
    "lag": ("bdb_uid", "seconds"),
    "link_down": ("bdb_uid", "seconds"),
    "peer_down": ("bdb_uid",),
    "api_away": ("seconds",),
    "partial_restore": ("omits",),
}


class FaultError(ValueError):
    """The fault cannot be understood; the message says what to write."""


@dataclass
class Fault:
    id: str
    kind: str
    settings: dict[str, Any]
    method: str = ""
    path: str = ""
    nodes: tuple[int, ...] = ()
    count: int | None = None
    expires: float | None = None
    hits: int = 0
    held: Any = field(default=None, repr=False)  # what a stale report shows
    _pattern: re.Pattern[str] | None = field(default=None, repr=False)

    @property
    def starting(self) -> bool:
        return self.settings.get("at") == STARTING

    def matches_request(self, method: str, path: str, node_uid: int) -> bool:
        if self.method and self.method.upper() != method:
            return False
        if self.nodes and node_uid not in self.nodes:
            return False
        return self._pattern is None or self._pattern.fullmatch(path) is not None

    def matches_action(self, names: frozenset[str], node_uid: int | None, bdb_uid: int | None) -> bool:
        wanted = self.settings
        if "name" in wanted and wanted["name"] not in names:
            return False
        if "node_uid" in wanted and wanted["node_uid"] != node_uid:
            return False
        return "bdb_uid" not in wanted or wanted["bdb_uid"] == bdb_uid

    def as_object(self) -> dict[str, Any]:
        names = ("id", "kind", "method", "path", "count", "expires", "hits")
        return {**{name: getattr(self, name) for name in names}, "nodes": list(self.nodes), **self.settings}


def _check(body: Mapping[str, Any]) -> str:
    kind = body.get("kind")
    if kind not in KINDS:
        raise FaultError(f"kind must be one of {', '.join(KINDS)}.")
    known = {**_COMMON, **_KEYS[kind]}
    for key, value in body.items():
        if key not in known:
            raise FaultError(f"A fault of kind {kind} has no '{key}'; it takes {', '.join(sorted(known))}.")
        if (isinstance(value, bool) and known[key] is not object) or not isinstance(value, known[key]):
            raise FaultError(f"'{key}' has a value of the wrong type.")
    for key in _REQUIRED.get(kind, ()):
        if key not in body:
            raise FaultError(f"A fault of kind {kind} needs '{key}'.")
    if body.get("outcome", "failed") not in OUTCOMES:
        raise FaultError(f"outcome must be one of {', '.join(OUTCOMES)}.")
    if isinstance(body.get("at"), str) and body["at"] != STARTING:
        raise FaultError(f"at must be a progress or {STARTING}.")
    if body.get("when", "before") not in ("before", "after"):
        raise FaultError("when must be before or after.")
    if not set(body.get("omits", ())) <= set(RESTORED):
        raise FaultError(f"omits takes some of {', '.join(RESTORED)}.")
    return str(kind)


class FaultBook:
    """All faults that are set. Reading them drops those whose time or count is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faults: dict[str, Fault] = {}
        self._next = 1

    def add(self, body: Mapping[str, Any]) -> Fault:
        kind = _check(body)
        try:
            pattern = re.compile(body["path"]) if body.get("path") else None
        except re.error as error:
            raise FaultError(f"path is no regular expression: {error}.") from None
        settings = {key: body[key] for key in _KEYS[kind] if key in body}
        # For a slow action, seconds is how long the action takes; for all others it is the fault's own lifetime.
        lifetime = None if kind == "slow_action" else body.get("seconds")
        if kind == "slow_action":
            settings["seconds"] = body["seconds"]
        fault = Fault(
            id=str(self._next),
            kind=kind,
            settings=settings,
            method=body.get("method", ""),
            path=body.get("path", ""),
            nodes=tuple(body.get("nodes", ())),
            count=body.get("count"),
            expires=None if lifetime is None else self._clock() + lifetime,
            _pattern=pattern,
        )
        self._next += 1
        self._faults[fault.id] = fault
        return fault

    def __iter__(self) -> Iterator[Fault]:
        """Faults that can still strike. A spent one that holds an action stays until it is removed."""
        for fault in list(self._faults.values()):
            spent = fault.count == 0
            if self._over(fault) or (spent and fault.settings.get("outcome") not in HOLDING):
                del self._faults[fault.id]
            elif not spent:
                yield fault

    def _over(self, fault: Fault) -> bool:
        return fault.expires is not None and fault.expires <= self._clock()

    def holds(self, fault: Fault) -> bool:
        """Whether a fault that holds an action is still set."""
        return self._faults.get(fault.id) is fault and not self._over(fault)

    def listed(self) -> list[dict[str, Any]]:
        for dummy in self:  # drops what is over
            pass
        return [fault.as_object() for fault in self._faults.values()]

    def remove(self, fault_id: str) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        self._faults.clear()

    @staticmethod
    def hit(fault: Fault) -> Fault:
        fault.hits += 1
        if fault.count is not None:
            fault.count -= 1
        return fault

    def of_request(self, kind: str, method: str, path: str, node_uid: int) -> Fault | None:
        for fault in self:
            if fault.kind == kind and fault.matches_request(method, path, node_uid):
                return self.hit(fault)
        return None

    def of_action(
        self,
        kind: str,
        names: frozenset[str],
        node_uid: int | None,
        bdb_uid: int | None,
        *,
        starting: bool = False,
        outcomes: Collection[str] = (),
    ) -> Fault | None:
        """The fault that fits, of these outcomes or any; the caller hits it when it really strikes."""
        for fault in self.all_of(kind):
            fits = not outcomes or fault.settings.get("outcome") in outcomes
            if fits and fault.starting is starting and fault.matches_action(names, node_uid, bdb_uid):
                return fault
        return None

    def all_of(self, kind: str) -> list[Fault]:
        return [fault for fault in self if fault.kind == kind]

    def first(self, kind: str) -> Fault | None:
        return next(iter(self.all_of(kind)), None)

    def of_bdb(self, kind: str, bdb_uid: int) -> Fault | None:
        return next((fault for fault in self.all_of(kind) if fault.settings["bdb_uid"] == bdb_uid), None)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a run over a mutated answer. In doubt nothing is: each kind leaves nothing to argue about.

A value that another cluster could really have (C(plausible)) may change what a run does; nonsense may not. Facts that
several endpoints tell are the exception, because one of them alone must not be believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fuzz.claims import FALSE_ABSENCE, FALSE_GREEN
from fuzz.mutations import Change
from fuzz.operations import Operation
from fuzz.replay import World
from fuzz.seam import Ended
from fuzz.wire import Request

TRACEBACK, UNPRINTABLE, WRITE = "traceback", "unprintable", "unexpected write"
WRONG_CHANGED, HANG = "wrong changed", "hang"
KINDS = (TRACEBACK, UNPRINTABLE, WRITE, FALSE_GREEN, FALSE_ABSENCE, WRONG_CHANGED, HANG)

_IDENTITY = frozenset({"uid", "id", "name", "node_uid", "bdb_uid", "action_uid"})
_UNIQUE = frozenset({"uid", "id", "action_uid"})
_STATUS = frozenset({"status", "detailed_status", "node_status", "role"})
_MAINTENANCE = frozenset({"in_maintenance", "accept_servers", "max_listeners", "maintenance_snapshot"})
# Kinds of change after which an answer is nonsense, or (text) says the same as before.
_NEVER = frozenset({"type", "broken", "body", "text", "hollow"})

_BAD = frozenset({"type", "null", "broken", "body"})
_GONE = _BAD | {"missing"}
_HOLLOW = _BAD | {"hollow"}
_UID = _GONE | {"duplicate"}
_WORD = _BAD | {"word"}
# Members on which a green verdict stands, by endpoint, with the kinds of change after which it has nothing to stand on.
_PROOFS: tuple[tuple[str, dict[str, frozenset[str]]], ...] = (
    (r"/v1/nodes", {"": _BAD | {"emptied"}, "*": _HOLLOW, "*.uid": _UID, "*.status": _BAD}),
    (r"/v1/nodes/status", {"": _HOLLOW, "*": _BAD}),
    (r"/v1/shards", {"": _BAD, "*": _HOLLOW, "*.uid": _UID, "*.bdb_uid": _GONE, "*.node_uid": _GONE}),
    (r"/v1/bdbs", {"": _BAD, "*": _HOLLOW, "*.uid": _UID}),
    (r"/v1/bdbs/\d+", {"": _HOLLOW, "uid": _GONE | {"number"}, "name": _BAD, "status": _GONE}),
    (r"/v1/redis_acls", {"": _BAD, "*": _HOLLOW, "*.uid": _UID, "*.name": _BAD}),
    (r"/v1/redis_acls/\d+", {"": _HOLLOW, "uid": _GONE | {"number"}, "name": _BAD, "acl": _BAD}),
    (r"/v1/nodes/\d+/actions/\w+|/v1/cluster/actions/\w+", {"": _HOLLOW, "status": _GONE | {"word"}}),
    (r"/v[12]/actions/[0-9a-f-]+", {"": _HOLLOW, "status": _GONE | {"word"}}),
    (r"/v1/nodes/check/\d+", {"": _HOLLOW, "result": _GONE}),
    (r"/v4/cluster/health", {"": _HOLLOW, "nodes": _BAD, "nodes.*": _BAD, "nodes.*.in_maintenance": _BAD}),
)
_PROOFS_OF_HEALTH: tuple[tuple[str, dict[str, frozenset[str]]], ...] = (
    (r"/v1/shards", {"*.status": _BAD, "*.detailed_status": _BAD, "*.role": _BAD}),
    (r"/v1/bdbs", {"": _BAD | {"emptied"}, "*.status": _BAD}),
    (r"/v4/cluster/health", {"status": _WORD, "nodes.*.status": _WORD, "database_infos.*.status": _WORD}),
    (r"/v1/cluster/check", {"": _HOLLOW, "nodes": _GONE | {"emptied"}, "nodes.*": _HOLLOW, "nodes.*.result": _GONE}),
    (r"/v1/license", {"": _HOLLOW, "expired": _GONE}),
    (r"/v1/bdbs/\d+/availability", {"": frozenset({"body"})}),
    (r"/v[12]/actions", {"": _BAD, "*": _HOLLOW, "*.status": _GONE | {"word"}}),
    (r"/v1/nodes/actions", {"": _BAD, "actions": _BAD, "actions.*": _HOLLOW, "actions.*.status": _GONE | {"word"}}),
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. C(about) groups those with the same cause."""

    kind: str
    about: str


@dataclass(frozen=True)
class Met:
    """A mutation as the run has met it."""

    request: Request
    change: Change
    stands: bool  # the run goes by it: no later answer to the same has taken its place
    told_once: bool = False  # no other endpoint says anything about maintenance, as in old releases

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def pattern(self) -> str:
        """The place in the answer, with every number as an asterisk."""
        return ".".join("*" if str(key).isdecimal() else str(key) for key in self.change.path or ())

    @property
    def member(self) -> str:
        return self.pattern.rpartition(".")[2]

    def hits(self, proofs: tuple[tuple[str, dict[str, frozenset[str]]], ...]) -> bool:
        """Whether it takes one of the proofs away."""
        return (
            not self.plausible
            and self.change.path is not None
            and any(
                self.change.kind in members.get(self.pattern, ())
                for endpoint, members in proofs
                if re.fullmatch(endpoint, self.path)
            )
        )

    @property
    def plausible(self) -> bool:
        """Whether a cluster could really answer so."""
        kind, member = self.change.kind, self.member
        if self.change.path is None:
            return kind == "status" and "/actions" in self.path  # a 404: no record
        if "/actions/" in self.path and self.pattern == "" and self.change.after in ([], [self.change.before]):
            return True  # such lists are another shape of a record
        if kind in _NEVER or (member in _MAINTENANCE and not self.told_once):
            return False
        if kind == "emptied":
            return self.pattern != "" or self.path not in ("/v1/nodes", "/v1/bdbs")
        if kind == "duplicate":
            return member not in _UNIQUE and self.pattern != ""
        if kind in ("missing", "null"):
            return member not in _IDENTITY | _STATUS and self.pattern not in ("", "*")
        if kind == "word" and member in _STATUS:
            return False
        asked_by_uid = re.fullmatch(r"/v1/(bdbs|redis_acls)/\d+", self.path) is not None
        return not (asked_by_uid and self.pattern in ("uid", "name"))


def judge(operation: Operation, world: World, ended: Ended, met: Met | None, *, fails: bool) -> Iterator[Finding]:
    """All that is wrong with a run; C(met) is None for one without a mutation, C(fails) whether that one fails."""
    if ended.hung is not None:
        yield Finding(HANG, re.sub(r"\d+", "N", ended.hung))
    if ended.crash is not None:
        yield Finding(TRACEBACK, ended.crash)
    if ended.hung is None and (unprintable := _unprintable(ended)):
        yield Finding(UNPRINTABLE, unprintable)
    plausible = met is not None and met.plausible
    if world.unexpected and not plausible:
        yield Finding(WRITE, re.sub(r"[0-9a-f-]{36}", "UID", world.unexpected[0].partition(" {")[0]))
    if (wrong := _wrong_changed(operation, world, ended, plausible)) is not None:
        yield Finding(WRONG_CHANGED, wrong)
    if not ended.failed:
        yield from _untrue(operation, world, ended, met, fails=fails)


def _untrue(operation: Operation, world: World, ended: Ended, met: Met | None, *, fails: bool) -> Iterator[Finding]:
    """Of a success."""
    if met is None or not met.plausible:
        found = [Finding(kind, sentence) for kind, sentence in operation.claim(ended.result, world)]
        if fails and not found:
            found = [Finding(FALSE_GREEN, "succeeds, where it has to be refused")]
        if found:
            yield found[0]
            return
    if met is None or not met.stands or not operation.green(ended.result):
        return
    if met.request.method != "GET":  # no verdict stands on the answer to a write: it is read back
        if operation.check and met.change.kind == "action":
            yield Finding(FALSE_GREEN, "takes an answer with an action_uid for that of a dry run")
    elif met.hits(_PROOFS) or (operation.is_about_health and met.hits(_PROOFS_OF_HEALTH)):
        endpoint = re.sub(r"[0-9a-f-]{36}|(?<=/)\d+", "N", met.path)
        yield Finding(FALSE_GREEN, f"stands on {endpoint} {met.pattern or 'as a whole'} ({met.change.kind})")


def _unprintable(ended: Ended) -> str | None:
    """Why the result cannot be handed on as JSON in UTF-8."""
    try:
        json.dumps(ended.result, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "half of a surrogate pair"
    except ValueError:
        return "NaN or an infinity"
    except (TypeError, RecursionError) as error:
        return type(error).__name__
    return None


def _wrong_changed(operation: Operation, world: World, ended: Ended, plausible: bool) -> str | None:
    """What a result says of changes, against the writes that were carried out."""
    if operation.check or operation.front is None or ended.hung is not None:
        return None
    changed = bool(ended.result.get("changed"))
    if world.carried_out and not changed:
        return f"changed is false after {_first(world.carried_out)}"
    if changed and not world.attempted and not plausible:
        return "changed is true, and nothing was sent"
    return None


def _first(requests: list[Request]) -> str:
    return re.sub(r"(?<=/)\d+", "N", str(requests[0]))

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about an action of the whole cluster: a pure decision from its record and what is wanted.

Nothing but the record says what such an action has left behind, so a completed one is taken for what was asked for.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._action.model import Action
from .._core.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclasses.dataclass(frozen=True)
class Wanted:
    action: str
    rerun: bool = False
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Step:
    """One of: nothing, run (start the action), adopt (it runs already)."""

    kind: str
    why: str


def wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """The task's options as a Wanted; raises InvalidInput for a name that cannot stand in a path."""
    name = params["action"]
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"action {name!r} is not the name of an action: it has letters, digits, - and _ only.")
    return Wanted(name, bool(params.get("rerun")), params.get("action_options") or {})


def decide(wanted: Wanted, record: Action | None, before: Action | None) -> Step:
    """The next step; C(before) is the record as it was when the task began, by which rerun tells a new one from it."""
    if record is None:
        return Step("run", f"no {wanted.action} is recorded")
    if not record.finished:
        return Step("adopt", f"{record.sentence()} already")
    if not record.succeeded:
        return Step("run", f"the last one did not end well: {record.sentence()}")
    ended_meanwhile = before is None or before.uid != record.uid or not before.finished
    if wanted.rerun and not ended_meanwhile:
        return Step("run", f"rerun is set, and {record.sentence()}")
    return Step("nothing", record.sentence())

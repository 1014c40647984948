# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action of the cluster that is not registered: run by its name, and judged by its record alone."""

from __future__ import annotations

import re
import typing as t

from .._action.registry import ActionType, Step, View, Wanted, adopt_running
from .._api.cluster import Cluster, Node
from .._core.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z0-9_-]+")


class RecordedAction(ActionType):
    """Nothing but the record says what such an action has done, so a completed one is taken for what is wanted."""

    sentence = "Any other name is passed on. Which actions there are depends on the release."
    takes_node = False
    reads_cluster = False

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"action {name!r} is not the name of an action: it has letters, digits, - and _ only.")
        self.name = name

    def decide(self, wanted: Wanted, view: View) -> Step:
        record, first = view.own_record, view.first_record
        if record is None:
            return Step("run", f"no {wanted.action} is recorded", wanted.options)
        step = adopt_running(view)
        if step is not None:
            return step
        if not record.succeeded:
            return Step("run", f"the last one did not complete: {record.sentence()}", wanted.options)
        ended_meanwhile = view.has_new_record or (first is not None and not first.finished)
        if wanted.rerun and not ended_meanwhile:
            return Step("run", f"rerun is set, and {record.sentence()}", wanted.options)
        return Step("nothing", record.sentence(), action=record)

    def unmet_goal(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        return "nothing but its record tells how it ended"

    def facts(self, wanted: Wanted, view: View) -> dict[str, t.Any]:
        return {"action": wanted.action, "status": view.own_record.status if view.own_record else "absent"}

    def goal(self, wanted: Wanted) -> dict[str, t.Any]:
        return {"status": "completed"}

    def recovery_advice(self, wanted: Wanted, node: Node | None) -> str:
        return "What it has done is not known: look at redis_health_info, and run the task again to start it anew."

    def rejection_help(self, wanted: Wanted, status: int, said: str) -> str | None:
        if status not in (400, 404):
            return None
        return (
            f"The cluster does not take the cluster action {wanted.action} ({status}: {said}). Check its name and "
            "action_options; which actions there are depends on the release."
        )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An object that the reconciler manages, and whose writes return the uid of an action."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.errors import Failure
from .._core.waiter import Seen
from .._schema.plan import Plan
from .._schema.reconcile import D, ManagedObject, Reconciler
from .._schema.schema import Obj
from . import model
from .model import Action


class ObjectWithActions(ManagedObject[D]):
    """Follows the action of each write until it ends. A write that returns none is complete once it is answered."""

    last_action: Action | None = None
    _forgotten = False  # by the cluster, after it was seen

    def accepted(self, answer: Obj) -> None:
        """What redis_action_info needs to go on waiting."""
        uid = answer.get("action_uid")
        if uid:
            name = f"{self.result_key}:{answer.get('uid')}"
            self.last_action = model.from_v1_item({"action_uid": uid, "status": "queued", "object_name": name})

    def running(self, work: Reconciler, plan: Plan, answer: Obj) -> Seen[Obj] | None:
        action_uid, last = answer.get("action_uid"), self.last_action
        if not action_uid or (last is not None and last.finished and last.uid == str(action_uid)):
            return None
        action = model.read_one(work.client, str(action_uid), "v1")
        self.last_action, self._forgotten = action or self.last_action, action is None
        if action is None or action.finished or self.is_over(work, plan, answer, action):
            return None
        return Seen(False, action.sentence(), Failure(action=action.as_dict()), action.line())

    def is_over(self, work: Reconciler, plan: Plan, answer: Obj, action: Action) -> bool:
        """Whether the object proves that an action which is shown as running has ended."""
        return False

    def require_success(self, obj: Obj | None) -> None:
        if self.last_action is not None:
            status = obj.get("status", "there") if obj else "not there"
            model.require_success(self.last_action, f"{self.desired.title} is {status}.")

    def facts(self, plan: Plan, *, check_mode: bool) -> dict[str, t.Any]:
        action = self.last_action
        if action is not None and self._forgotten:  # the object proves that it is done
            action = dataclasses.replace(
                action, status="completed", progress=100.0, state=None, heartbeat=None, pending_ops={}
            )
        return {"action": action.as_dict() if action else None}

    @property
    def action(self) -> dict[str, t.Any] | None:
        return self.last_action.as_dict() if self.last_action else None

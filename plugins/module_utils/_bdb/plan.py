# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular about the step for a database: actions, recovery plans, and what sharding forbids."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.errors import InvalidInput, Refused
from .._schema import plan as schema_plan
from .._schema.field import Settable
from .._schema.schema import Obj
from .desired import Desired
from .fields import SCHEMA

_WILL = {
    "flush": "All keys of {0} will be deleted, on every shard and replica; the configuration is kept.",
    "reset_admin_pass": "{0} will get a new random admin password; what uses the present one must be given the new.",
}


@dataclasses.dataclass(frozen=True)
class Plan(schema_plan.Plan):
    """The step for one database."""

    action: str | None = None  # what the update does beside changing fields
    recovery_plan: t.Mapping[str, t.Any] | None = None  # what a creation loads

    @property
    def unprovable(self) -> str:
        return f"action {self.action}" if self.action else ""

    @property
    def will(self) -> str | None:
        """What an action does, in a sentence; for check mode."""
        if self.action is None:
            return None
        current = self.current or {}
        sentence = _WILL[self.action].format(f"database {current.get('name')!r} (uid {current.get('uid')})")
        return sentence[0].upper() + sentence[1:]

    def request(self) -> tuple[str, str, t.Any]:
        method, path, body = super().request()
        if self.creates and self.recovery_plan:
            return "POST", "/v2/bdbs", {"bdb": body, "recovery_plan": self.recovery_plan}
        return method, f"{path}/{self.action}" if self.action else path, body


def plan(desired: Desired, current: Obj | None) -> Plan:
    """The step to take; raises Refused or InvalidInput before any write."""
    schema_plan.refuse_renamed(desired, current)
    if desired.state == "absent":
        return _deletion(desired, current)
    return _creation(desired) if current is None else _update(desired, current)


def _deletion(desired: Desired, current: Obj | None) -> Plan:
    if current is not None and current.get("internal"):
        raise Refused(f"Database {current.get('name')!r} is internal to the cluster and is never deleted.")
    return _extended(schema_plan.deletion(desired, current))


def _creation(desired: Desired) -> Plan:
    if desired.action and desired.name is not None:
        raise InvalidInput(
            f"There is no {desired.label}, so that action {desired.action} has nothing to act on: create the database "
            "first, without action."
        )
    step = schema_plan.creation(desired)
    if not desired.recovery_plan:
        return _extended(step)
    after = {**step.after, "recovery_plan": desired.recovery_plan}
    return _extended(dataclasses.replace(step, after=after), recovery_plan=desired.recovery_plan)


def _update(desired: Desired, current: Obj) -> Plan:
    body = schema_plan.differences(desired, current)
    for name in sorted(body):
        _refuse_impossible(name, body[name], current, desired.action)
    if not body and not desired.action:
        return Plan(schema=SCHEMA, step="nothing", current=current)
    before, after = schema_plan.diff(SCHEMA, body, current)
    if desired.action:
        after["action"] = desired.action
    return Plan(
        schema=SCHEMA,
        step="update",
        current=current,
        body=body,
        before=before,
        after=after,
        action=desired.action,
    )


def _refuse_impossible(name: str, value: t.Any, current: Obj, action: str | None) -> None:
    settable = SCHEMA.field(name).settable
    needs_flush = settable is Settable.CONDITIONALLY and bool(current.get("sharding")) and action != "flush"
    if settable is Settable.AT_CREATION or needs_flush:
        raise schema_plan.unchangeable_refusal(SCHEMA, name, value, current)
    if name == "sharding" and not value:
        raise Refused(
            f"sharding of database {current.get('name')!r} is on and cannot be turned off: create a database without "
            "it and move the data, or leave the option out."
        )


def _extended(step: schema_plan.Plan, recovery_plan: t.Mapping[str, t.Any] | None = None) -> Plan:
    common = {field.name: getattr(step, field.name) for field in dataclasses.fields(step)}
    return Plan(**common, recovery_plan=recovery_plan)

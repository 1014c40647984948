# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step that brings one object to its desired state: a pure decision from what is and what is desired."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.credentials import MASK
from .._core.errors import Failure, GoalNotReached, InvalidInput, Refused
from .compare import Verdict, value_shown, verdict
from .desired import Desired
from .field import Compare, Settable
from .redact import redact
from .schema import Obj, Schema


@dataclasses.dataclass(frozen=True)
class Plan:
    """One step: nothing, create, update or delete. C(body) is what to send; C(before)/C(after) is the diff."""

    schema: Schema
    step: str
    current: Obj | None = None
    body: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    before: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    after: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.step != "nothing"

    @property
    def creates(self) -> bool:
        return self.step == "create"

    @property
    def deletes(self) -> bool:
        return self.step == "delete"

    @property
    def changes(self) -> list[str]:
        return sorted(self.body) if self.step in ("create", "update") else []

    @property
    def unprovable(self) -> str:
        """What the write does beside changing fields, so that the object cannot show whether it was carried out."""
        return ""

    def request(self) -> tuple[str, str, t.Any]:
        """Method, path and body."""
        if self.current is None:
            return "POST", self.schema.path, dict(self.body)
        path = f"{self.schema.path}/{self.current['uid']}"
        return ("DELETE", path, None) if self.deletes else ("PUT", path, dict(self.body))


def pick(desired: Desired, listed: t.Sequence[Obj]) -> Obj | None:
    """The object that is meant, out of all (each with at least uid and name); None when it does not exist."""
    noun, name_field = desired.schema.noun, desired.schema.name_field
    named = [obj for obj in listed if desired.name is not None and obj.get(name_field) == desired.name]
    if desired.uid is None:
        if len(named) > 1:
            uids = ", ".join(str(obj["uid"]) for obj in named)
            raise Refused(
                f"{len(named)} {noun}s have the {name_field} {desired.name!r} (uids {uids}): say which by uid."
            )
        return named[0] if named else None
    meant = next((obj for obj in listed if obj.get("uid") == desired.uid), None)
    others = [obj for obj in named if obj.get("uid") != desired.uid]
    if others and meant not in named:
        raise Refused(
            f"uid {desired.uid} and {name_field} {desired.name!r} point to different {noun}s: the {name_field} belongs "
            f"to uid {others[0]['uid']}. Correct one of the two."
        )
    if meant is not None and desired.state == "absent" and desired.name not in (None, meant.get(name_field)):
        raise Refused(
            f"{desired.schema.title} {desired.uid} is named {meant.get(name_field)!r}, not {desired.name!r}: nothing "
            f"was deleted. Correct the uid or the {name_field}."
        )
    return meant


def plan(desired: Desired, current: Obj | None) -> Plan:
    """The step to take; raises Refused or InvalidInput before any write."""
    refuse_renamed(desired, current)
    if desired.state == "absent":
        return deletion(desired, current)
    return creation(desired) if current is None else update(desired, current)


def refuse_renamed(desired: Desired, current: Obj | None) -> None:
    """The object may have been renamed while the task waited: then it is not the one that was meant."""
    renames = desired.uid is not None and desired.state == "present"
    name = (current or {}).get(desired.schema.name_field)
    if current is None or renames or desired.name in (None, name):
        return
    raise Refused(
        f"{desired.schema.title} {current.get('uid')} was renamed from {desired.name!r} to {name!r} while the task "
        "waited, so it was not touched. Run the task again."
    )


def deletion(desired: Desired, current: Obj | None) -> Plan:
    schema = desired.schema
    if current is None:
        return Plan(schema, "nothing")
    before = {key: current[key] for key in schema.shown_when_deleted if key in current}
    return Plan(schema, "delete", current, before=redact(schema, before))


def creation(desired: Desired) -> Plan:
    schema = desired.schema
    if desired.name is None:
        raise InvalidInput(
            f"There is no {schema.noun} with uid {desired.uid}: set {schema.name_field} as well to create it."
        )
    body: dict[str, t.Any] = {schema.name_field: desired.name, **desired.values}
    if desired.uid is not None:
        if schema.field("uid").settable is Settable.NEVER:
            raise InvalidInput(
                f"There is no {schema.noun} with uid {desired.uid}, and the cluster sets the uid of a new one: leave "
                f"uid out to create {desired.label}."
            )
        body["uid"] = desired.uid
    for row in schema.fields.values():
        if row.needed and row.name not in body:
            raise InvalidInput(f"{row.name} is needed to create {desired.label}: {row.needed}")
    return Plan(schema, "create", None, body, after=redact(schema, body))


def update(desired: Desired, current: Obj) -> Plan:
    schema = desired.schema
    body = differences(desired, current)
    for name in sorted(body):
        row = schema.field(name)
        if row.settable is Settable.AT_CREATION:
            raise unchangeable_refusal(schema, name, body[name], current)
    if not body:
        return Plan(schema, "nothing", current)
    before, after = diff(schema, body, current)
    return Plan(schema, "update", current, body, before, after)


def differences(desired: Desired, current: Obj) -> dict[str, t.Any]:
    """The fields to send: those that differ from what is desired."""
    body = {name: value for name, value in desired.values.items() if _differs(desired, name, value, current)}
    name_field = desired.schema.name_field
    if desired.name is not None and desired.name != current.get(name_field):
        body[name_field] = desired.name
    return body


def _differs(desired: Desired, name: str, value: t.Any, current: Obj) -> bool:
    """With on_create, a password of an object that exists is left alone, whether or not the cluster shows it."""
    found = verdict(desired.schema, name, value, current)
    return found is Verdict.DIFFERENT or (found is not Verdict.SAME and desired.update_password == "always")


def unchangeable_refusal(schema: Schema, name: str, value: t.Any, current: Obj) -> Refused:
    row = schema.field(name)
    have, want = (redact(schema, each, name) for each in (value_shown(row, current), value))
    return Refused(
        f"{name} of {schema.noun} {current.get(schema.name_field)!r} is {have!r} and cannot become {want!r}. "
        f"{row.remedy}"
    )


def diff(schema: Schema, body: t.Mapping[str, t.Any], current: Obj) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Before and after of an update, without secrets. What differs in a secret only is marked as new."""
    identity = {key: current.get(key) for key in schema.identity}
    before = redact(schema, {**identity, **{name: value_shown(schema.field(name), current) for name in body}})
    after = redact(schema, {**identity, **body})
    for name in body:
        if after[name] == MASK:
            after[name] = f"{MASK} (new)"
        elif after[name] == before[name]:
            after[name] = {"value": after[name], "secrets": "(new)"}
    return before, after


def predicted(plan: Plan) -> dict[str, t.Any]:
    """The object as the plan leaves it, as far as that is known without the cluster."""
    found = dict(plan.current or {})
    for name, value in plan.body.items():
        merged = plan.schema.field(name).compare is Compare.SUPPLIED and isinstance(found.get(name), dict)
        found[name] = {**found[name], **value} if merged else value
    return found


def still_different(desired: Desired, obj: Obj, plan: Plan) -> list[str]:
    """Names of the fields in which an object that was read back after C(plan) differs from what is desired.

    With on_create, a password is left alone only where the object was there before.
    """
    schema = desired.schema
    keeps_passwords = desired.update_password == "on_create" and not plan.creates
    bad = Verdict.DIFFERENT if keeps_passwords else Verdict.OTHER_SECRET
    names = [name for name, value in desired.values.items() if verdict(schema, name, value, obj) >= bad]
    if desired.name is not None and obj.get(schema.name_field) != desired.name:
        names.append(schema.name_field)
    return sorted(names)


# -- fields that the schema does not know ----------------------------------------------------------------------------


def unknown_fields(desired: Desired, current: Obj | None) -> list[str]:
    """Fields that neither the schema nor the object has: the cluster's own JSON schema must say whether they exist."""
    if desired.state == "absent":
        return []
    return sorted(name for name in desired.values if name not in desired.schema.fields and name not in (current or {}))


def refuse_unknown(schema: Schema, names: t.Sequence[str], known: t.Collection[str]) -> None:
    """C(known) are the fields of the cluster's JSON schema; when it has none, the cluster itself must judge."""
    for name in names if known else ():
        if name not in known:
            near = schema.closest(name, known)
            raise InvalidInput(
                f"config holds {name}, and this cluster knows no such field of a {schema.noun}. "
                + (f"Did you mean {near}? " if near else "")
                + "Correct the name, or remove it."
            )


# -- errors of what was sent -----------------------------------------------------------------------------------------


def not_applied_error(
    desired: Desired, obj: Obj, different: t.Sequence[str], action: dict[str, t.Any] | None
) -> GoalNotReached:
    """The error of a change that the cluster reports as done, and does not show."""
    shown = ", ".join(_shown_instead(desired.schema, name, obj) for name in different)
    return GoalNotReached(
        f"The cluster accepted the change of {desired.label} and reports it as done, but {shown}. "
        "Write the value as the cluster shows it, or leave the option out.",
        Failure(action=action),
    )


def _shown_instead(schema: Schema, name: str, obj: Obj) -> str:
    """A field that the cluster does not show may be one that its release does not have."""
    since = schema.field(name).since
    came = f" (the field came with release {since})" if since and obj.get(name) is None else ""
    return f"{name} is {redact(schema, obj.get(name), name)!r}{came}"


def duplicate_name_error(schema: Schema, name: str, created: t.Any, listed: t.Sequence[Obj]) -> GoalNotReached | None:
    """The error of a creation during which another object got the same name, where the cluster lets that happen.

    C(created) is the uid that the cluster gave to this creation; None where its answer was lost.
    """
    others = [obj.get("uid") for obj in listed if obj.get(schema.name_field) == name and obj.get("uid") != created]
    if len(others) < (1 if created is not None else 2):
        return None
    named = " and ".join(f"uid {uid}" for uid in others)
    origin = (
        f"this task created uid {created}, another client {named}"
        if created is not None
        else f"{named}, and the answer that says which of them this task created was lost"
    )
    return GoalNotReached(
        f"Several {schema.noun}s got the {schema.name_field} {name!r} at the same time: {origin}. None was deleted. "
        "Find out which one is in use, delete the other with its uid and state absent, and run the task again."
    )

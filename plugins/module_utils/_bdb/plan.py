# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do with one database: a pure decision from (what is, what is wanted) to a plan with its diff."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.credentials import MASK
from .._core.errors import InvalidInput, Refused
from . import facade as fields
from .desired import IDENTITY, Desired, desired_from
from .facade import Compare, Settable, Verdict

__all__ = ["Bdb", "Desired", "Plan", "desired_from", "pick", "plan", "predicted", "still_different", "unknown_fields"]

Bdb = t.Mapping[str, t.Any]
_WILL = {
    "flush": "All keys of {0} will be deleted, on every shard and replica; the configuration is kept.",
    "reset_admin_pass": "{0} will get a new random admin password; what uses the present one must be given the new.",
}


@dataclasses.dataclass(frozen=True)
class Plan:
    """One step: nothing, create, update or delete. C(body) is what to send; C(before)/C(after) is the diff."""

    step: str
    current: Bdb | None = None
    body: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    before: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    after: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    action: str | None = None  # what the update does beside changing fields
    recovery_plan: t.Mapping[str, t.Any] | None = None  # what a creation loads

    @property
    def changed(self) -> bool:
        return self.step != "nothing"

    @property
    def changes(self) -> list[str]:
        return sorted(self.body) if self.step in ("create", "update") else []

    @property
    def will(self) -> str | None:
        """What an action does, in a sentence; for check mode."""
        current = self.current or {}
        label = f"database {current.get('name')!r} (uid {current.get('uid')})"
        sentence = _WILL[self.action].format(label) if self.action else None
        return sentence and sentence[0].upper() + sentence[1:]

    def request(self) -> tuple[str, str, t.Any]:
        """Method, path and body."""
        if self.current is None:
            if self.recovery_plan:
                return "POST", "/v2/bdbs", {"bdb": dict(self.body), "recovery_plan": self.recovery_plan}
            return "POST", "/v1/bdbs", dict(self.body)
        path = f"/v1/bdbs/{self.current['uid']}"
        if self.step == "delete":
            return "DELETE", path, None
        return "PUT", f"{path}/{self.action}" if self.action else path, dict(self.body)


def pick(desired: Desired, listed: t.Sequence[Bdb]) -> Bdb | None:
    """The database that is meant, out of all (each with at least uid and name); None when it does not exist."""
    named = [bdb for bdb in listed if desired.name is not None and bdb.get("name") == desired.name]
    if desired.uid is None:
        if len(named) > 1:
            uids = ", ".join(str(bdb["uid"]) for bdb in named)
            raise Refused(f"{len(named)} databases have the name {desired.name!r} (uids {uids}): say which by uid.")
        return named[0] if named else None
    meant = next((bdb for bdb in listed if bdb.get("uid") == desired.uid), None)
    others = [bdb for bdb in named if bdb.get("uid") != desired.uid]
    if others and meant not in named:
        raise Refused(
            f"uid {desired.uid} and name {desired.name!r} point to different databases: the name belongs to uid "
            f"{others[0]['uid']}. Correct one of the two."
        )
    if meant is not None and desired.state == "absent" and desired.name not in (None, meant.get("name")):
        raise Refused(
            f"Database {desired.uid} is named {meant.get('name')!r}, not {desired.name!r}: nothing was deleted. "
            "Correct the uid or the name."
        )
    return meant


def plan(desired: Desired, current: Bdb | None) -> Plan:
    """The step that brings the cluster to what is wanted; raises Refused or InvalidInput before any write."""
    _refuse_renamed(desired, current)
    if desired.state == "absent":
        return _absent(current)
    if current is None:
        return _create(desired)
    return _update(desired, current)


def _refuse_renamed(desired: Desired, current: Bdb | None) -> None:
    """A name may have passed on while the task was waiting: what was meant by it is not what is there now."""
    renames = desired.uid is not None and desired.state == "present"
    if current is None or renames or desired.name in (None, current.get("name")):
        return
    raise Refused(
        f"Database {current.get('uid')} was named {desired.name!r} and is named {current.get('name')!r} by now: "
        "somebody else has renamed it, so it is left alone. Run the task again."
    )


def still_different(desired: Desired, bdb: Bdb, made: Plan) -> list[str]:
    """Names of the fields in which an object that was read back after C(made) differs from what was asked for.

    With on_create, a password is left alone only where the database was there before.
    """
    lenient = desired.update_password == "on_create" and made.step != "create"
    told = Verdict.DIFFERENT if lenient else Verdict.OTHER_SECRET
    names = [name for name, value in desired.values.items() if fields.verdict(name, value, bdb) >= told]
    if desired.name is not None and bdb.get("name") != desired.name:
        names.append("name")
    return sorted(names)


def predicted(made: Plan) -> dict[str, t.Any]:
    """The object as the plan leaves it, as far as that can be told without the cluster."""
    now = dict(made.current or {})
    for name, value in made.body.items():
        merged = fields.field(name).compare is Compare.SUPPLIED and isinstance(now.get(name), dict)
        now[name] = {**now[name], **value} if merged else value
    return now


def unknown_fields(desired: Desired, current: Bdb | None) -> list[str]:
    """Fields that neither the table nor the database has: the cluster's own schema must say whether they exist."""
    if desired.state == "absent":
        return []
    return sorted(name for name in desired.values if name not in fields.FIELDS and name not in (current or {}))


def refuse_unknown(names: t.Sequence[str], known: t.Collection[str]) -> None:
    """C(known) are the fields of the cluster's schema; when it has none, the cluster itself must judge."""
    for name in names if known else ():
        if name not in known:
            near = fields.closest(name, known)
            raise InvalidInput(
                f"config holds {name}, and this cluster knows no such field of a database. "
                + (f"Did you mean {near}? " if near else "")
                + "Correct the name, or remove it."
            )


def _absent(current: Bdb | None) -> Plan:
    if current is None:
        return Plan("nothing")
    if current.get("internal"):
        raise Refused(f"Database {current.get('name')!r} is internal to the cluster and is never deleted.")
    shown = ("uid", "name", "memory_size", "shards_count", "replication", "data_persistence")
    return Plan("delete", current, before={key: current[key] for key in shown if key in current})


def _create(desired: Desired) -> Plan:
    if desired.name is None:
        raise InvalidInput(f"There is no database with uid {desired.uid}: set name as well to create it.")
    if desired.action:
        raise InvalidInput(
            f"There is no {desired.label}, so that action {desired.action} has nothing to act on: create the database "
            "first, without action."
        )
    if "memory_size" not in desired.values:
        raise InvalidInput(f"memory_size is needed to create {desired.label}: set it to a size such as 1GB.")
    body: dict[str, t.Any] = {"name": desired.name, **desired.values}
    if desired.uid is not None:
        body["uid"] = desired.uid
    after = fields.redact(body)
    if desired.recovery_plan:
        after["recovery_plan"] = desired.recovery_plan
    return Plan("create", None, body, before={}, after=after, recovery_plan=desired.recovery_plan)


def _update(desired: Desired, current: Bdb) -> Plan:
    body = {name: value for name, value in desired.values.items() if _differs(desired, name, value, current)}
    if desired.name is not None and desired.name != current.get("name"):
        body["name"] = desired.name
    for name in sorted(body):
        _refuse_impossible(name, body[name], current, desired.action)
    if not body and not desired.action:
        return Plan("nothing", current)
    identity = {key: current.get(key) for key in IDENTITY}
    before = fields.redact({**identity, **{name: _shown(name, current) for name in body}})
    after = _after(identity, body, before)
    if desired.action:
        after["action"] = desired.action
    return Plan("update", current, body, before=before, after=after, action=desired.action)


def _differs(desired: Desired, name: str, value: t.Any, current: Bdb) -> bool:
    """A password of a database that exists is left alone with on_create, whether or not the cluster shows it."""
    found = fields.verdict(name, value, current)
    return found is Verdict.DIFFERENT or (found is not Verdict.SAME and desired.update_password == "always")


def _refuse_impossible(name: str, value: t.Any, current: Bdb, action: str | None) -> None:
    row = fields.field(name)
    fixed = row.settable is Settable.AT_CREATION
    fixed = fixed or (row.settable is Settable.WITH_FLUSH and bool(current.get("sharding")) and action != "flush")
    if fixed:
        raise Refused(
            f"{name} of database {current.get('name')!r} is {_shown(name, current)!r} and cannot become "
            f"{fields.redact(value, name)!r}. {row.way_out}"
        )
    if name == "sharding" and not value:
        raise Refused(
            f"sharding of database {current.get('name')!r} is on and cannot be turned off: create a database without "
            "it and move the data, or leave the option out."
        )


def _shown(name: str, bdb: Bdb) -> t.Any:
    """The present value as a reader understands it: the real port, not the 0 that GET has."""
    if fields.field(name).compare is Compare.PORT:
        ports = fields.endpoint_ports(bdb)
        return ports[0] if ports else bdb.get(name)
    return bdb.get(name)


def _after(
    identity: t.Mapping[str, t.Any], body: t.Mapping[str, t.Any], before: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """What differs only in a secret is told apart in the diff, without showing either secret."""
    shown: dict[str, t.Any] = fields.redact({**identity, **body})
    for name in body:
        if shown[name] == MASK:
            shown[name] = f"{MASK} (new)"
        elif shown[name] == before[name]:
            shown[name] = {"value": shown[name], "secrets": "(new)"}
    return shown

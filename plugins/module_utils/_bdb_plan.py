# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do with one database: a pure decision from (what is, what is wanted) to a plan with its diff."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from . import _bdb_fields as fields
from ._bdb_fields import Compare, Settable
from ._errors import InvalidInput, Refused

Bdb = t.Mapping[str, t.Any]
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_IDENTITY = ("uid", "name")


@dataclasses.dataclass(frozen=True)
class Desired:
    """What the user wrote. C(values) has only the fields that were set."""

    state: str  # present or absent
    name: str | None = None
    uid: int | None = None
    values: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    update_password: str = "always"  # or on_create

    @property
    def label(self) -> str:
        return f"database {self.name!r}" if self.name else f"database with uid {self.uid}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """One step: nothing, create, update or delete. C(body) is what to send; C(before)/C(after) is the diff."""

    step: str
    current: Bdb | None = None
    body: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    before: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    after: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.step != "nothing"

    @property
    def changes(self) -> list[str]:
        return sorted(self.body) if self.step in ("create", "update") else []


def desired_from(params: t.Mapping[str, t.Any]) -> Desired:
    """The options of C(redis_bdb) as a Desired; raises InvalidInput for what cannot be meant."""
    config = dict(params.get("config") or {})
    typed = {name: params[name] for name in fields.argument_spec() if params.get(name) is not None}
    twice = sorted(set(config) & set(fields.argument_spec()))
    if twice:
        raise InvalidInput(f"config must not hold {', '.join(twice)}: use the option of that name.")
    values = {key: fields.wire_value(key, value) for key, value in {**config, **typed}.items() if value is not None}
    for name in sorted(values):
        if fields.field(name).settable is Settable.NEVER:
            raise InvalidInput(f"{name} is set by the cluster and cannot be given: remove it from config.")
    name, uid = params.get("name"), params.get("uid")
    if name is None and uid is None:
        raise InvalidInput("Say which database is meant: set name, uid, or both.")
    if name is not None and not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a database name: use letters, digits and hyphens, with a letter or digit at both ends."
        )
    for key in _IDENTITY:
        values.pop(key, None)
    return Desired(params.get("state") or "present", name, uid, values, params.get("update_password") or "always")


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
    if desired.state == "absent":
        return _absent(current)
    if current is None:
        return _create(desired)
    return _update(desired, current)


def still_different(desired: Desired, bdb: Bdb) -> list[str]:
    """Names of the fields in which an object that was read back differs from what was asked for."""
    names = [
        name for name, value in desired.values.items() if _comparable(name, bdb) and not fields.equal(name, value, bdb)
    ]
    if desired.name is not None and bdb.get("name") != desired.name:
        names.append("name")
    return sorted(names)


def _comparable(name: str, bdb: Bdb) -> bool:
    return fields.field(name).compare is not Compare.SECRET or fields.readable(bdb.get(name))


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
    if "memory_size" not in desired.values:
        raise InvalidInput(f"memory_size is needed to create {desired.label}: set it to a size such as 1GB.")
    body: dict[str, t.Any] = {"name": desired.name, **desired.values}
    if desired.uid is not None:
        body["uid"] = desired.uid
    return Plan("create", None, body, before={}, after=fields.redact(body))


def _update(desired: Desired, current: Bdb) -> Plan:
    body = {name: value for name, value in desired.values.items() if _differs(desired, name, value, current)}
    if desired.name is not None and desired.name != current.get("name"):
        body["name"] = desired.name
    for name in sorted(body):
        _refuse_impossible(name, body[name], current)
    if not body:
        return Plan("nothing", current)
    identity = {key: current.get(key) for key in _IDENTITY}
    return Plan(
        "update",
        current,
        body,
        before=fields.redact({**identity, **{name: _shown(name, current) for name in body}}),
        after=_after(identity, body),
    )


def _differs(desired: Desired, name: str, value: t.Any, current: Bdb) -> bool:
    if fields.field(name).compare is not Compare.SECRET:
        return not fields.equal(name, value, current)
    now = current.get(name)
    if fields.readable(now):
        return bool(now != value)
    if not now and value == "":
        return False
    return desired.update_password == "always"  # masked or blank: whether it differs cannot be seen


def _refuse_impossible(name: str, value: t.Any, current: Bdb) -> None:
    row = fields.field(name)
    if row.settable is Settable.AT_CREATION:
        raise Refused(
            f"{name} of database {current.get('name')!r} is {_shown(name, current)!r} and cannot become {value!r}. "
            f"{row.way_out}"
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


def _after(identity: t.Mapping[str, t.Any], body: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A new password is told apart from the old one in the diff, without showing either."""
    shown = fields.redact({**identity, **body})
    return {name: f"{value} (new)" if value == fields.MASK else value for name, value in shown.items()}

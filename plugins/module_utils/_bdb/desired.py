# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user wants of one database: the options of redis_bdb, checked, and spelt as the API takes them."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._core.errors import InvalidInput
from .._schema.values import on_the_wire
from . import facade as fields
from .facade import Settable

IDENTITY = ("uid", "name")
ACTIONS = ("flush", "reset_admin_pass")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")


@dataclasses.dataclass(frozen=True)
class Desired:
    """What the user wrote. C(values) has only the fields that were set."""

    state: str  # present or absent
    name: str | None = None
    uid: int | None = None
    values: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    update_password: str = "always"  # or on_create
    action: str | None = None
    recovery_plan: t.Mapping[str, t.Any] | None = None

    @property
    def label(self) -> str:
        return f"database {self.name!r}" if self.name else f"database with uid {self.uid}"

    @property
    def extended(self) -> bool:
        """Whether a field was set that GET shows only when asked for it."""
        return any(fields.field(name).extended for name in self.values)

    def deprecations(self) -> list[str]:
        plan = {"recovery_plan": self.recovery_plan} if self.recovery_plan else {}
        return list(fields.deprecations({**self.values, **plan}))


def options() -> dict[str, t.Any]:
    """The argument spec of C(redis_bdb) but for connection and waiting; and of one database in a set of them."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "update_password": {"type": "str", "choices": ["always", "on_create"], "default": "always", "no_log": False},
        "action": {"type": "str", "choices": list(ACTIONS)},
        "confirm_flush": {"type": "bool", "default": False},
        "recovery_plan": fields.RECOVERY_PLAN.option(),
        "config": {"type": "dict", "default": {}},
        **fields.argument_spec(),
    }


def desired_from(params: t.Mapping[str, t.Any]) -> Desired:
    """The options of C(redis_bdb) as a Desired; raises InvalidInput for what cannot be meant."""
    values = _values(params)
    name, uid = params.get("name"), params.get("uid")
    if name is None and uid is None:
        raise InvalidInput("Say which database is meant: set name, uid, or both.")
    if name is not None and not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a database name: use letters, digits and hyphens, with a letter or digit at both ends."
        )
    desired = Desired(
        params.get("state") or "present",
        name,
        uid,
        values,
        params.get("update_password") or "always",
        params.get("action"),
        on_the_wire(fields.RECOVERY_PLAN, params.get("recovery_plan") or None),
    )
    _check_action(desired, bool(params.get("confirm_flush")))
    _check_recovery_plan(desired)
    _check_tls(values)
    return desired


def _values(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Options and config as one, but for what says which database is meant."""
    config = {name: value for name, value in (params.get("config") or {}).items() if value is not None}
    typed = {
        name: value
        for name, value in params.items()
        if value is not None and name not in IDENTITY and name in fields.FIELDS and fields.FIELDS[name].is_option
    }
    for name in sorted(config):
        if name in IDENTITY:
            raise InvalidInput(f"config must not hold {name}: use the option of that name.")
        if name in typed:
            raise InvalidInput(f"{name} is set twice, as an option and in config: remove it from config.")
        if fields.field(name).settable is Settable.NEVER:
            raise InvalidInput(f"{name} is set by the cluster and cannot be given: remove it from config.")
    return {name: fields.wire_value(name, value) for name, value in sorted({**config, **typed}.items())}


def _check_action(desired: Desired, confirmed: bool) -> None:
    if desired.action is None:
        return
    if desired.state == "absent":
        raise InvalidInput(f"action {desired.action} and state absent exclude each other: leave one of them out.")
    if desired.action == "flush" and not confirmed:
        raise InvalidInput(
            f"action flush deletes all data of {desired.label}: set confirm_flush to true if that is what you want."
        )
    if desired.action == "reset_admin_pass" and "authentication_admin_pass" in desired.values:
        raise InvalidInput(
            "action reset_admin_pass makes a new random password: leave authentication_admin_pass out, or the action."
        )


def _check_tls(values: t.Mapping[str, t.Any]) -> None:
    if {"ssl", "tls_mode"} <= set(values) and values["ssl"] != (values["tls_mode"] == "enabled"):
        raise InvalidInput("ssl and tls_mode contradict each other: leave ssl out, which is the old name of tls_mode.")


def _check_recovery_plan(desired: Desired) -> None:
    if desired.recovery_plan and len([files for files in desired.recovery_plan.values() if files]) != 1:
        raise InvalidInput("recovery_plan needs a list under one of original_bdb_shards and data_files, not both.")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired state of one database: the options of redis_bdb, checked, and spelt as the API takes them."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._core.errors import InvalidInput
from .._schema import desired as schema_desired
from .._schema.values import to_api
from .fields import RECOVERY_PLAN, SCHEMA

ACTIONS = ("flush", "reset_admin_pass")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")


@dataclasses.dataclass(frozen=True)
class Desired(schema_desired.Desired):
    """What the user wrote of one database."""

    action: str | None = None
    recovery_plan: t.Mapping[str, t.Any] | None = None

    def deprecations(self) -> list[str]:
        return [*super().deprecations(), *RECOVERY_PLAN.deprecations(self.recovery_plan)]


def options() -> dict[str, t.Any]:
    """The argument spec of C(redis_bdb) but for connection and waiting; and of one database in a set of them."""
    return {
        **schema_desired.options(SCHEMA),
        "action": {"type": "str", "choices": list(ACTIONS)},
        "confirm_flush": {"type": "bool", "default": False},
        "recovery_plan": RECOVERY_PLAN.option(),
        "config": {"type": "dict", "default": {}},
    }


def desired_from(params: t.Mapping[str, t.Any]) -> Desired:
    """The options of C(redis_bdb) as a Desired; raises InvalidInput where they cannot be meant."""
    common = schema_desired.desired_from(SCHEMA, params)
    if common.name is not None and not _NAME.fullmatch(common.name):
        raise InvalidInput(
            f"{common.name!r} is not a database name: use letters, digits and hyphens, with a letter or digit at both "
            "ends."
        )
    desired = Desired(
        **{field.name: getattr(common, field.name) for field in dataclasses.fields(common)},
        action=params.get("action"),
        recovery_plan=to_api(RECOVERY_PLAN, params.get("recovery_plan") or None),
    )
    _check_action(desired, bool(params.get("confirm_flush")))
    _check_recovery_plan(desired)
    _check_tls(desired.values)
    return desired


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

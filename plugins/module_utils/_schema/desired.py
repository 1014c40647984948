# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired state of one object: a module's options, checked, and spelt as the API takes them."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.errors import InvalidInput
from .field import Settable
from .schema import Schema
from .values import to_api


@dataclasses.dataclass(frozen=True)
class Desired:
    """What the user wrote. C(values) has only the fields that were set."""

    schema: Schema
    state: str  # present or absent
    name: str | None = None
    uid: int | None = None
    values: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    update_password: str = "always"  # or on_create

    @property
    def label(self) -> str:
        return f"{self.schema.noun} {self.name!r}" if self.name else f"{self.schema.noun} with uid {self.uid}"

    @property
    def title(self) -> str:
        """The label at the beginning of a sentence."""
        return self.label[:1].upper() + self.label[1:]

    @property
    def extended(self) -> bool:
        """Whether a field was set that GET shows only when asked for it."""
        return any(self.schema.field(name).extended for name in self.values)

    def deprecations(self) -> list[str]:
        found = (self.schema.field(name).deprecations(value) for name, value in self.values.items())
        return [sentence for each in found for sentence in each]


def options(schema: Schema) -> dict[str, t.Any]:
    """The argument spec of a module for one object, but for connection and waiting."""
    spec: dict[str, t.Any] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}
    if any(row.secret for row in schema.fields.values()):
        choices = ["always", "on_create"]
        spec["update_password"] = {"type": "str", "choices": choices, "default": "always", "no_log": False}
    return {**spec, **schema.argument_spec()}


def desired_from(schema: Schema, params: t.Mapping[str, t.Any]) -> Desired:
    """The options as a Desired; raises InvalidInput where they cannot be meant."""
    name, uid = params.get(schema.name_field), params.get("uid")
    if name is None and uid is None:
        raise InvalidInput(f"Say which {schema.noun} is meant: set {schema.name_field}, uid, or both.")
    return Desired(
        schema,
        params.get("state") or "present",
        name,
        uid,
        _values(schema, params),
        params.get("update_password") or "always",
    )


def _values(schema: Schema, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Options and config as one, without the identity."""
    config = {name: value for name, value in (params.get("config") or {}).items() if value is not None}
    typed = {
        name: value
        for name, value in params.items()
        if value is not None and name not in schema.identity and name in schema.fields and schema.field(name).is_option
    }
    for name in sorted(config):
        if name in schema.identity:
            raise InvalidInput(f"config must not hold {name}: use the option of that name.")
        if name in typed:
            raise InvalidInput(f"{name} is set twice, as an option and in config: remove it from config.")
        if schema.field(name).settable is Settable.NEVER:
            raise InvalidInput(f"{name} is set by the cluster and cannot be given: remove it from config.")
    return {name: to_api(schema.field(name), value) for name, value in sorted({**config, **typed}.items())}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a body keeps to the schema, and the schema as JSON schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .bdb_errors import refuse
from .bdb_field import ABSENT, Access, Field
from .bdb_schema import fields_of
from .versions import Version


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[object], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "number": lambda value: _is_integer(value) or isinstance(value, float),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "": lambda value: True,
}


def check_body(body: Mapping[str, Any], version: Version, known: Mapping[str, Any]) -> None:
    """Refuse unknown fields and wrong values. C(known) may hold fields of its own: a loaded object's."""
    fields = fields_of(version)
    for name, value in body.items():
        field = fields.get(name)
        if field is not None:
            check_value(field, value, name)
        elif known.get(name, ABSENT) != value:
            raise refuse(
                "invalid_schema", f"Additional properties are not allowed: '{name}' is no field of a database."
            )


def check_value(field: Field, value: Any, path: str) -> None:
    if not _TYPES[field.type](value):
        raise refuse("invalid_schema", f"{path}: {_shown(field, value)} is not of type {field.type}.")
    if field.enum and value not in field.enum:
        raise refuse(field.code, f"{path}: {_shown(field, value)} is not one of {', '.join(filter(None, field.enum))}.")
    if field.pattern and not re.fullmatch(field.pattern, value):
        raise refuse("invalid_schema", f"{path}: {_shown(field, value)} does not match {field.pattern}.")
    if field.low is not None and value < field.low:
        raise refuse("invalid_schema", f"{path}: {value} is less than the minimum of {field.low}.")
    if field.high is not None and value > field.high:
        raise refuse("invalid_schema", f"{path}: {value} is greater than the maximum of {field.high}.")
    if field.items is not None:
        for position, item in enumerate(value):
            check_value(field.items, item, f"{path}[{position}]")
    if field.type == "object":
        _check_members(field, value, path)


def _check_members(field: Field, value: Mapping[str, Any], path: str) -> None:
    for name in field.required:
        if name not in value:
            raise refuse("invalid_schema", f"{path}: '{name}' is a required property.")
    if not field.members:
        return
    members = {member.name: member for member in field.members}
    for name, item in value.items():
        if name not in members:
            raise refuse("invalid_schema", f"{path}: Additional properties are not allowed: '{name}'.")
        check_value(members[name], item, f"{path}.{name}")


def _shown(field: Field, value: Any) -> str:
    return "the value" if field.secret else repr(value)


def json_schema(version: Version) -> dict[str, Any]:
    """The JSON schema of a BDB object of this release."""
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "description": "A database of the cluster.",
        "properties": {name: _property(field) for name, field in fields_of(version).items()},
        "required": ["name", "memory_size"],
        "additionalProperties": False,
    }


def _property(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": field.type} if field.type else {}
    if field.enum:
        found["enum"] = list(field.enum)
    if field.pattern:
        found["pattern"] = _portable(field.pattern)
    if field.low is not None:
        found["minimum"] = field.low
    if field.high is not None:
        found["maximum"] = field.high
    if field.default is not ABSENT:
        found["default"] = field.default
    if field.access is Access.READ:
        found["readOnly"] = True
    if field.deprecated:
        found["deprecated"] = True
    if field.items is not None:
        found["items"] = _property(field.items)
    if field.members:
        found["properties"] = {member.name: _property(member) for member in field.members}
        found["additionalProperties"] = False
    if field.required:
        found["required"] = list(field.required)
    return found


def _portable(pattern: str) -> str:
    """JSON schema's patterns are searched for, and know no inline flags."""
    bare = pattern.removeprefix("(?i)")
    if bare != pattern:
        bare = re.sub(r"\[kmg\]\?b\?", "[kKmMgG]?[bB]?", bare)
    return f"^({bare})$"

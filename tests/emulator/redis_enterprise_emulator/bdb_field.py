# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the schema describes one field of a BDB object, and short constructors for its table."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from .versions import Version


class _Absent(enum.Enum):
    ABSENT = "absent"


ABSENT = _Absent.ABSENT  # the key is absent until it is set


class Access(enum.Enum):
    """When a client may give a field a value."""

    ANY = "at creation and in updates"
    CREATE = "at creation only"
    READ = "never: the cluster sets it"
    WRITE = "at any time, but it is not kept in the object"


@dataclass(frozen=True)
class Field:
    """One field, or one member of a nested object."""

    name: str
    type: str  # a JSON type: boolean, integer, number, string, array, object
    default: Any = ABSENT
    access: Access = Access.ANY
    enum: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    pattern: str = ""  # matched against the entire string
    items: Field | None = None  # of an array
    members: tuple[Field, ...] = ()  # of an object; none means that any member will do
    required: tuple[str, ...] = ()  # members without which an object is refused
    since: Version = (0, 0, 0)
    gap: tuple[Version, Version] | None = None  # releases from the first up to the second do not know it
    shown: Version = (0, 0, 0)  # the release from which answers show the default too
    older: tuple[Version, Any] | None = None  # up to this release new objects had that value
    deprecated: str = ""  # the release that deprecated it
    secret: bool = False
    extended: bool = False  # returned with ?extended=true only
    code: str = "invalid_schema"  # the error for a value outside of the enum
    hidden: bool = False  # can be set, and is never returned


def boolean(name: str, default: Any = ABSENT, **more: Any) -> Field:
    return Field(name, "boolean", default, **more)


def integer(name: str, default: Any = ABSENT, low: int | None = 0, high: int | None = None, **more: Any) -> Field:
    return Field(name, "integer", default, low=low, high=high, **more)


def number(name: str, default: Any = ABSENT, low: int | None = 0, high: int | None = None, **more: Any) -> Field:
    return Field(name, "number", default, low=low, high=high, **more)


def string(name: str, default: Any = ABSENT, **more: Any) -> Field:
    return Field(name, "string", default, **more)


def secret(name: str, default: Any = ABSENT, **more: Any) -> Field:
    return Field(name, "string", default, secret=True, **more)


def choice(name: str, default: Any, *values: str, **more: Any) -> Field:
    return Field(name, "string", default, enum=values, **more)


def array(name: str, items: Field, default: Any = ABSENT, **more: Any) -> Field:
    return Field(name, "array", default, items=items, **more)


def record(name: str, *members: Field, required: tuple[str, ...] = (), **more: Any) -> Field:
    return Field(name, "object", members=members, required=required, **more)


def fresh(value: Any) -> Any:
    """A copy of a default that may be changed. Defaults hold only JSON."""
    if isinstance(value, list):
        return [fresh(item) for item in value]
    if isinstance(value, dict):
        return {name: fresh(item) for name, item in value.items()}
    return value

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of a schema: all that is known of one field of an object, or of one member of an object inside it."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from enum import Enum

# Ansible takes options with such names for secrets unless they say that they are not.
_LOOKS_SECRET = re.compile(r"pass|key|secret|token", re.IGNORECASE)


class Kind(Enum):
    """The type in the API; the value is the type of the option."""

    BOOL = "bool"
    INT = "int"
    NUMBER = "float"
    TEXT = "str"
    LIST = "list"
    OBJECT = "dict"
    JSON = "json"  # a string that holds JSON
    ANY = "raw"


class Settable(Enum):
    """When a field takes a value."""

    ALWAYS = "always"
    AT_CREATION = "at creation"
    CONDITIONALLY = "conditionally"  # the plan of the object decides
    WRITE_ONLY = "write-only"  # accepted, and never shown
    NEVER = "never"  # the cluster sets it


class Compare(Enum):
    """How a desired value is compared with the one that GET returns."""

    PLAIN = "plain"  # equal, once numbers in strings are numbers and yes is true
    SIZE = "size"  # bytes in any spelling: 1GB, 1073741824, "1gb"; or a word such as auto
    VERSION = "version"  # 7.2 is met by 7.2.4
    SECRET = "secret"  # may come back empty or masked
    URI = "uri"  # may hold a password, which may come back masked
    PEM = "pem"  # certificates, whatever their line ends
    JOINED = "joined"  # words in a string, or in a list
    SUPPLIED = "supplied"  # an object of which only the members supplied count
    REPLACED = "replaced"  # an object that a write replaces: a member left out must be empty
    UNORDERED = "unordered"  # a set
    BY_KEY = "by key"  # a set of objects with an identifying member; of each only the members supplied count
    INCLUDES = "includes"  # the same, and the cluster may add objects: databases of Redis 8 bring modules unasked


class SizeForm(Enum):
    """How the API takes a size."""

    BYTES = "bytes"
    TEXT = "text"  # bytes in a string
    AS_WRITTEN = "as written"  # the reference itself spells it 100mb


@dataclasses.dataclass(frozen=True)
class Field:
    """One field. A field that GET leaves out has its C(default)."""

    name: str
    kind: Kind = Kind.ANY
    default: t.Any = None
    settable: Settable = Settable.ALWAYS
    compare: Compare = Compare.PLAIN
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    members: tuple[Field, ...] = ()  # of the object, or of each object in the list
    key: str = ""  # identifying member, with Compare.BY_KEY and Compare.INCLUDES
    required: bool = False  # as a member of its object
    needed: str = ""  # advice where a creation lacks it; empty where it may
    since: str = ""  # release that brought it; the oldest reference at hand is that of 7.4
    deprecated: str = ""  # release that deprecated it
    successor: tuple[str, ...] = ()  # options that replace a deprecated one
    replacement_hint: str = ""  # what replaces a deprecated one, where that is no option
    has_option: bool = True  # provided that it can be set
    extended: bool = False  # GET shows it only with ?extended=true
    remedy: str = ""  # what to do when a field that cannot be changed differs
    also_in: tuple[str, ...] = ()  # where else an object shows its value, such as endpoints.port
    size_form: SizeForm = SizeForm.BYTES
    size_words: tuple[str, ...] = ()  # words that are accepted instead of a size

    @property
    def option_name(self) -> str:
        """Ansible takes no hyphens in the names of options; the API has them in the settings of modules."""
        return self.name.replace("-", "_")

    @property
    def secret(self) -> bool:
        return self.compare is Compare.SECRET

    @property
    def is_option(self) -> bool:
        return self.has_option and self.settable is not Settable.NEVER

    def option(self) -> dict[str, t.Any]:
        """The argument spec of its option."""
        spec: dict[str, t.Any] = {"type": self.kind.value}
        if self.kind is Kind.LIST:
            spec["elements"] = "dict" if self.members else "str"
        if self.choices:
            spec["choices"] = list(self.choices)
        if self.required:
            spec["required"] = True
        if self.members:
            spec["options"] = {member.option_name: member.option() for member in self.members}
        if self.secret:
            spec["no_log"] = True
        elif _LOOKS_SECRET.search(self.name):
            spec["no_log"] = False
        return spec

    def deprecations(self, value: t.Any, path: str = "") -> t.Iterator[str]:
        """A sentence for each deprecated option in a value: for this one, or for members of it."""
        path = path or self.name
        if self.deprecated and self.successor:
            yield (
                f"{path} is deprecated since release {self.deprecated} of Redis Enterprise Software: where the cluster "
                f"has this release or a later one, use {' or '.join(self.successor)} instead."
            )
        for item in value if isinstance(value, list) else [value]:
            for member in self.members if isinstance(item, dict) else ():
                if item.get(member.name) is not None:
                    yield from member.deprecations(item[member.name], f"{path}.{member.name}")


# -- short ways to write a row ---------------------------------------------------------------------------------------


def flag(name: str, default: bool | None = None, **other: t.Any) -> Field:
    return Field(name, Kind.BOOL, default, **other)


def integer(name: str, default: int | None = None, **other: t.Any) -> Field:
    return Field(name, Kind.INT, default, **other)


def number(name: str, default: float | None = None, **other: t.Any) -> Field:
    return Field(name, Kind.NUMBER, default, **other)


def text(name: str, default: str | None = None, **other: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, **other)


def enum(name: str, default: str | None, *choices: str, **other: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, choices=choices, **other)


def size(name: str, default: int | str | None = None, **other: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, compare=Compare.SIZE, **other)


def secret(name: str, default: str | None = None, **other: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, compare=Compare.SECRET, **other)


def uri(name: str, **other: t.Any) -> Field:
    return Field(name, Kind.TEXT, compare=Compare.URI, **other)


def pem(name: str, **other: t.Any) -> Field:
    return Field(name, Kind.TEXT, compare=Compare.PEM, **other)


def strings(name: str, **other: t.Any) -> Field:
    """A set of strings."""
    return Field(name, Kind.LIST, (), compare=Compare.UNORDERED, **other)


def objects(name: str, *members: Field, compare: Compare = Compare.UNORDERED, **other: t.Any) -> Field:
    return Field(name, Kind.LIST, (), compare=compare, members=members, **other)


def record(name: str, *members: Field, compare: Compare = Compare.SUPPLIED, **other: t.Any) -> Field:
    return Field(name, Kind.OBJECT, compare=compare, members=members, **other)


def read_only(name: str, kind: Kind = Kind.ANY, **other: t.Any) -> Field:
    """A field that only the cluster sets."""
    return Field(name, kind, settable=Settable.NEVER, **other)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the table of BDB fields says about one field or about one member of an object, and how a row is written."""

from __future__ import annotations

import dataclasses
import enum
import re
import typing as t

# Ansible takes options with such names for secrets unless it is told that they are none.
_LOOKS_SECRET = re.compile(r"pass|key|secret|token", re.IGNORECASE)


class Kind(enum.Enum):
    """The type on the wire; the value is the type of the option."""

    BOOL = "bool"
    INT = "int"
    NUMBER = "float"
    TEXT = "str"
    LIST = "list"
    OBJECT = "dict"
    JSON = "json"  # a string that holds JSON
    ANY = "raw"


class Settable(enum.Enum):
    """When a field takes a value."""

    ALWAYS = "always"
    AT_CREATION = "at creation"
    WITH_FLUSH = "with action flush"  # once there are shards to hash to: the keys would lie in the wrong ones
    WRITE_ONLY = "write-only"  # taken, and never shown
    NEVER = "never"  # the cluster sets it


class Compare(enum.Enum):
    """How a wanted value is held against the one that GET returns."""

    PLAIN = "plain"  # equal, once numbers in strings are numbers and yes is true
    SIZE = "size"  # bytes in any spelling: 1GB, 1073741824, "1gb"; or a word such as auto
    PORT = "port"  # GET says 0 when the cluster chose the port; the endpoints have the real one
    VERSION = "version"  # 7.2 is met by 7.2.4
    SECRET = "secret"  # may come back blank or masked
    URI = "uri"  # may hold a password, which may come back masked
    PEM = "pem"  # certificates, whatever their line ends
    JOINED = "joined"  # words in a string, or in a list
    SUPPLIED = "supplied"  # an object of which only the members supplied count
    WHOLE = "whole"  # an object that is replaced as a whole: a member left out must be blank
    UNORDERED = "unordered"  # a set
    BY_KEY = "by key"  # a set of objects with an identifying member; of each only the members supplied count
    INCLUDES = "includes"  # the same, and the cluster may add objects: databases of Redis 8 bring modules unasked


@dataclasses.dataclass(frozen=True)
class Field:
    """One field. Everything that the collection knows about it stands here; absent in GET means C(default)."""

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
    required: bool = False
    since: str = ""  # release that brought it; the oldest reference at hand is that of 7.4
    deprecated: str = ""  # release that deprecated it
    successor: tuple[str, ...] = ()  # options that replace a deprecated one
    instead: str = ""  # what replaces a deprecated one, where that is no option
    typed: bool = True  # has an option, provided that it can be set
    extended: bool = False  # GET shows it only with ?extended=true
    way_out: str = ""  # what to do when a create-only field differs

    @property
    def option_name(self) -> str:
        """Ansible takes no hyphens in the names of options; the API has them in the settings of modules."""
        return self.name.replace("-", "_")

    @property
    def secret(self) -> bool:
        return self.compare is Compare.SECRET

    @property
    def is_option(self) -> bool:
        return self.typed and self.settable is not Settable.NEVER

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


# -- short ways to write a row ---------------------------------------------------------------------------------------


def flag(name: str, default: bool | None = None, **more: t.Any) -> Field:
    return Field(name, Kind.BOOL, default, **more)


def whole(name: str, default: int | None = None, **more: t.Any) -> Field:
    return Field(name, Kind.INT, default, **more)


def number(name: str, default: float | None = None, **more: t.Any) -> Field:
    return Field(name, Kind.NUMBER, default, **more)


def text(name: str, default: str | None = None, **more: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, **more)


def word(name: str, default: str | None, *choices: str, **more: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, choices=choices, **more)


def size(name: str, default: int | str | None = None, **more: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, compare=Compare.SIZE, **more)


def secret(name: str, default: str | None = None, **more: t.Any) -> Field:
    return Field(name, Kind.TEXT, default, compare=Compare.SECRET, **more)


def uri(name: str, **more: t.Any) -> Field:
    return Field(name, Kind.TEXT, compare=Compare.URI, **more)


def pem(name: str, **more: t.Any) -> Field:
    return Field(name, Kind.TEXT, compare=Compare.PEM, **more)


def names(name: str, **more: t.Any) -> Field:
    """A set of strings."""
    return Field(name, Kind.LIST, (), compare=Compare.UNORDERED, **more)


def objects(name: str, *members: Field, compare: Compare = Compare.UNORDERED, **more: t.Any) -> Field:
    return Field(name, Kind.LIST, (), compare=compare, members=members, **more)


def record(name: str, *members: Field, compare: Compare = Compare.SUPPLIED, **more: t.Any) -> Field:
    return Field(name, Kind.OBJECT, compare=compare, members=members, **more)


def shown(name: str, kind: Kind = Kind.ANY, **more: t.Any) -> Field:
    """A field that only the cluster sets."""
    return Field(name, kind, settable=Settable.NEVER, **more)

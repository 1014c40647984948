# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values in answers of the API, from which decoders of objects are built.

A kind takes a value and its place, and returns the value with its type or raises UnexpectedAnswer. Numbers that come as
strings are numbers; null is a value of its own, never false and never zero.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing as t

from .errors import UnexpectedAnswer

_DIGITS = re.compile(r"-?[0-9]{1,20}")
_MOST = 2**64  # no count, size or time of the API is beyond it

Record = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Place:
    """A place in an answer: the request, and the member as in C([2].uid)."""

    path: str
    member: str = ""
    method: str = "GET"

    def __getitem__(self, key: int | str) -> Place:
        step = f"[{key}]" if isinstance(key, int) else f".{key}" if self.member else str(key)
        return dataclasses.replace(self, member=self.member + step)

    def error(self, found: t.Any, wanted: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(self.method, self.path, self.member, found, wanted)


Kind = t.Callable[[t.Any, Place], t.Any]


def integer(value: t.Any, place: Place) -> int:
    """A whole number, also as text, and as a float without a fraction."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MOST:
        raise place.error(value, "a whole number")
    return value


def uid(value: t.Any, place: Place) -> int:
    """The uid of a node or database: 1 or more."""
    number_ = integer(value, place)
    if number_ < 1:
        raise place.error(value, "a uid")
    return number_


def number(value: t.Any, place: Place) -> float:
    """A finite number, also as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise place.error(value, "a number") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise place.error(value, "a number")
    return float(value)


def text(value: t.Any, place: Place) -> str:
    if not isinstance(value, str):
        raise place.error(value, "text")
    return value


def name(value: t.Any, place: Place) -> str:
    """Text that is not empty."""
    if not text(value, place).strip():
        raise place.error(value, "a name")
    return t.cast(str, value)


def key(value: t.Any, place: Place) -> str:
    """An id that the API gives as text or as a number, such as the uid of a shard."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return name(value, place)


def boolean(value: t.Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.error(value, "true or false")
    return value


def mapping(value: t.Any, place: Place) -> Record:
    """An object of which nothing more is known."""
    if not isinstance(value, dict):
        raise place.error(value, "an object")
    return value


def one_of(*words: str) -> Kind:
    def decode(value: t.Any, place: Place) -> str:
        if text(value, place) not in words:
            raise place.error(value, f"one of {', '.join(words)}")
        return t.cast(str, value)

    return decode


def nullable(kind: Kind) -> Kind:
    """Null says no more than an absent member."""
    return lambda value, place: None if value is None else kind(value, place)


def items(kind: Kind) -> Kind:
    def decode(value: t.Any, place: Place) -> list[t.Any]:
        if not isinstance(value, list):
            raise place.error(value, "a list")
        return [kind(each, place[number_]) for number_, each in enumerate(value)]

    return decode


def one_or_more(kind: Kind) -> Kind:
    """A list, which may come bare where it has one item."""
    whole = items(kind)
    return lambda value, place: whole(value if isinstance(value, list) else [value], place)


def record(required: t.Mapping[str, Kind], optional: t.Mapping[str, Kind] | None = None) -> Kind:
    """An object with these members, and others."""

    def decode(value: t.Any, place: Place) -> Record:
        found = dict(mapping(value, place))
        for member, kind in required.items():
            if member not in found:
                raise place[member].error(MISSING, "there")
            found[member] = kind(found[member], place[member])
        for member, kind in (optional or {}).items():
            if member in found:
                found[member] = kind(found[member], place[member])
        return found

    return decode


class _Missing:
    """What is found where a member is missing."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


def distinct(kind: Kind, member: str) -> Kind:
    """A list of objects, no two of which are the same."""
    whole = items(kind)

    def decode(value: t.Any, place: Place) -> list[Record]:
        seen: set[t.Any] = set()
        found: list[Record] = whole(value, place)
        for number_, each in enumerate(found):
            if each[member] in seen:
                raise place[number_][member].error(each[member], "listed once")
            seen.add(each[member])
        return found

    return decode

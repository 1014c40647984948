# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One spelling for values that users and the API spell in several ways."""

from __future__ import annotations

import json
import re
import typing as t

from .._core.credentials import parted
from .._core.errors import InvalidInput
from .field import Compare, Field, Kind, SizeForm

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4, "P": 1024**5}
_SIZE = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgtp]?)i?b?\s*$", re.IGNORECASE)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,19})")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})

MASKED = re.compile(r"^\*+$")


def is_empty(value: t.Any) -> bool:
    """Whether a value says no more than an absent one."""
    return value is None or value == "" or (isinstance(value, (list, tuple, dict)) and not value)


def size_in_bytes(value: t.Any, name: str) -> int:
    """Bytes of C(1GB), C(1.5 GiB), C("1073741824") or a number; units are powers of 1024."""
    match = _SIZE.match(str(value))
    if not match or isinstance(value, bool):
        raise InvalidInput(f"{name} must be a size such as 1073741824, 512MB or 1GB, not {value!r}.")
    unit = _UNITS[match[2].upper()]
    return int(float(match[1]) * unit) if "." in match[1] else int(match[1]) * unit


def size_or_word(row: Field, value: t.Any) -> int | str:
    """Bytes, or a word that the row accepts, such as C(auto)."""
    text = str(value).strip().lower()
    return text if text in row.size_words else size_in_bytes(value, row.name)


def to_int(value: t.Any) -> int | None:
    """The integer that a number or a string stands for."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = str(value)
    return int(text) if _INTEGER.fullmatch(text) else None


def join_words(value: t.Any) -> str:
    """Words of a list or of a string; the reference shows arguments as the one, real clusters as the other."""
    words = value if isinstance(value, (list, tuple)) else str(value or "").split()
    return " ".join(str(each) for each in words if each is not None)


def certificate(value: t.Any) -> str:
    """A PEM text with the line ends of one system, and none around it."""
    return "\n".join(line.strip() for line in str(value or "").splitlines() if line.strip())


def normalize(row: Field, value: t.Any) -> t.Any:
    """A scalar as its row means it; C("10"), 10 and 10.0 are the same number, yes and true the same flag."""
    if row.compare is Compare.PEM:
        return certificate(value)
    if row.compare is Compare.JOINED:
        return join_words(value)
    if row.kind is Kind.JSON:
        return _parsed(value)
    if row.kind is Kind.BOOL or set(row.choices) == {"yes", "no"}:
        return _truth(value)
    if row.kind is Kind.TEXT:
        return "" if value is None else str(value)
    if row.kind is Kind.NUMBER and isinstance(value, str):
        return _number(value)
    return normalize_untyped(value)


def normalize_untyped(value: t.Any) -> t.Any:
    """The same for a value of which nothing is known, however deep it goes."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (str, float)):
        number = to_int(value)
        return value if number is None else number
    if isinstance(value, dict):
        return {key: normalize_untyped(member) for key, member in sorted(value.items()) if member is not None}
    if isinstance(value, (list, tuple)):
        return [normalize_untyped(member) for member in value]
    return value


def without_password(uri: t.Any) -> str:
    """What identifies a source: its URI but for the password, which the cluster may mask."""
    parts = parted(str(uri or ""))
    return parts.before + parts.after


def uri_password(uri: t.Any) -> str | None:
    return parted(str(uri or "")).password or None


def to_api(row: Field, value: t.Any) -> t.Any:
    """The value as the API takes it: numbers for sizes, and members that were left out of an object dropped."""
    if value is None:
        return None
    if row.compare is Compare.SIZE:
        return _size_to_api(row, value)
    if row.kind is Kind.BOOL:
        return _truth_or_refuse(row, value)
    if row.kind is Kind.INT:
        return _needed(to_int(value), row, value, "an integer")
    if row.kind is Kind.NUMBER:
        return normalize_untyped(_needed(_number(value), row, value, "a number"))
    if row.kind is Kind.TEXT:
        return _text_to_api(row, value)
    if row.kind is Kind.JSON and not isinstance(value, str):
        return json.dumps(value)
    if row.kind is Kind.LIST:
        return _list_to_api(row, value)
    if row.kind is Kind.OBJECT:
        if not isinstance(value, dict):
            raise InvalidInput(f"{row.name} must be an object, not {type(value).__name__}.")
        return _object_to_api(row, value)
    return value


def _size_to_api(row: Field, value: t.Any) -> t.Any:
    amount = size_or_word(row, value)
    if row.size_form is SizeForm.AS_WRITTEN:
        return str(value)
    return str(amount) if row.size_form is SizeForm.TEXT else amount


def _text_to_api(row: Field, value: t.Any) -> t.Any:
    if row.compare is Compare.JOINED:
        return join_words(value)
    if isinstance(value, bool) and set(row.choices) == {"yes", "no"}:
        return "yes" if value else "no"
    return str(value) if isinstance(value, (int, float)) else value


def _list_to_api(row: Field, value: t.Any) -> t.Any:
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not row.members:
        return [str(item) if isinstance(item, (int, float)) else item for item in items]
    for item in items:
        if not isinstance(item, dict):
            known = ", ".join(member.name for member in row.members)
            raise InvalidInput(f"{row.name} must be a list of objects with {known}; {type(item).__name__} is none.")
    return [_object_to_api(row, item) for item in items]


def _object_to_api(row: Field, value: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    members = {name: member for member in row.members for name in (member.name, member.option_name)}
    found = {}
    for key, given in value.items():
        member = members.get(key) or Field(key)
        if given is not None:
            found[member.name] = to_api(member, given)
    return found


def _number(value: t.Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _truth(value: t.Any) -> t.Any:
    text = str(value).lower()
    return True if text in _TRUE else False if text in _FALSE else value


def _truth_or_refuse(row: Field, value: t.Any) -> bool:
    truth = _truth(value)
    return bool(_needed(truth if isinstance(truth, bool) else None, row, value, "true or false"))


def _needed(found: t.Any, row: Field, value: t.Any, what: str) -> t.Any:
    if found is None:
        raise InvalidInput(f"{row.name} must be {what}, not {value!r}.")
    return found


def _parsed(value: t.Any) -> t.Any:
    if not isinstance(value, str):
        return normalize_untyped(value)
    try:
        return normalize_untyped(json.loads(value or "null"))
    except ValueError:
        return value

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparison of a desired value with the one that GET returns, by the rule in its row."""

from __future__ import annotations

import typing as t
from enum import IntEnum

from .field import Compare, Field, Settable
from .schema import Obj, Schema
from .values import (
    MASKED,
    is_empty,
    normalize,
    normalize_untyped,
    size_or_word,
    uri_password,
    without_password,
)


class Verdict(IntEnum):
    """From the best to the worst; what consists of several parts is as its worst one."""

    SAME = 0
    UNSEEN = 1  # the cluster does not show the value (a masked password), or no more of it than what is the same
    OTHER_SECRET = 2  # a password differs, and nothing else does
    DIFFERENT = 3


def verdict(schema: Schema, name: str, desired: t.Any, obj: Obj) -> Verdict:
    """Whether the object has the desired value. A field that GET leaves out has its default."""
    row = schema.field(name)
    if row.settable is Settable.WRITE_ONLY:
        return Verdict.UNSEEN
    if not row.also_in:
        return compared(schema, row, desired, obj.get(name))
    return min(compared(schema, row, desired, value) for value in values_shown(row, obj))


def equal(schema: Schema, name: str, desired: t.Any, obj: Obj) -> bool:
    return verdict(schema, name, desired, obj) is Verdict.SAME


def values_shown(row: Field, obj: Obj) -> list[t.Any]:
    """Every value that an object shows for a field: the one under its own name, then those of C(also_in)."""
    found = [obj.get(row.name)]
    for path in row.also_in:
        name, dummy, member = path.partition(".")
        value = obj.get(name)
        found += [item.get(member) for item in value or () if isinstance(item, dict)] if member else [value]
    return found


def value_shown(row: Field, obj: Obj) -> t.Any:
    """The value for a reader: the first that says something, so the real port and not the 0 that GET has."""
    return next((value for value in values_shown(row, obj) if value), obj.get(row.name))


def readable(value: t.Any) -> bool:
    """Whether a secret that GET returned can be compared: not empty, and not masked by the cluster."""
    return isinstance(value, str) and value != "" and not MASKED.match(value)


def compared(schema: Schema, row: Field, desired: t.Any, current: t.Any) -> Verdict:
    """The verdict on one value, or on one member of an object."""
    if current is None:
        current = row.default
    if is_empty(desired) and is_empty(current):
        return Verdict.SAME
    rule = _RULES.get(row.compare)
    if rule is not None:
        return rule(schema, row, desired, current)
    if row.members:
        return _in_order(schema, row, desired, current)
    want, have = normalize(row, desired), normalize(row, current)
    return _verdict(want == have or (is_empty(want) and is_empty(have)))


def _verdict(same: bool) -> Verdict:
    return Verdict.SAME if same else Verdict.DIFFERENT


def _secret_verdict(same: bool) -> Verdict:
    return Verdict.SAME if same else Verdict.OTHER_SECRET


def _worst(verdicts: t.Iterable[Verdict]) -> Verdict:
    return max(verdicts, default=Verdict.SAME)


# -- scalars ---------------------------------------------------------------------------------------------------------


def _size(_schema: Schema, row: Field, desired: t.Any, current: t.Any) -> Verdict:
    return _verdict(not is_empty(current) and size_or_word(row, current) == size_or_word(row, desired))


def _version(_schema: Schema, _row: Field, desired: t.Any, current: t.Any) -> Verdict:
    return _verdict(f"{current}.".startswith(f"{desired}."))


def _secret(_schema: Schema, _row: Field, desired: t.Any, current: t.Any) -> Verdict:
    return _secret_verdict(desired == current) if readable(current) else Verdict.UNSEEN


def _uri(_schema: Schema, _row: Field, desired: t.Any, current: t.Any) -> Verdict:
    if MASKED.match(str(current)):
        return Verdict.UNSEEN
    if without_password(desired) != without_password(current):
        return Verdict.DIFFERENT
    have, want = uri_password(current), uri_password(desired)
    if have != want and have is not None and MASKED.match(have):
        return Verdict.UNSEEN
    return _secret_verdict(have == want)


# -- objects ---------------------------------------------------------------------------------------------------------


def _supplied(schema: Schema, row: Field, desired: t.Any, current: t.Any) -> Verdict:
    if not isinstance(desired, dict) or not isinstance(current or {}, dict):
        return _verdict(normalize_untyped(desired) == normalize_untyped(current))
    have = current or {}
    members = {member.name: member for member in row.members}
    return _worst(
        compared(schema, members.get(key) or schema.field(key), value, have.get(key))
        for key, value in desired.items()
        if value is not None
    )


def _replaced(schema: Schema, row: Field, desired: t.Any, current: t.Any) -> Verdict:
    left_out = [
        _secret_verdict(False) if member.secret else Verdict.DIFFERENT
        for member in row.members
        if isinstance(desired, dict)
        and is_empty(desired.get(member.name))
        and not is_empty((current or {}).get(member.name))
    ]
    return _worst([*left_out, _supplied(schema, row, desired, current)])


# -- lists -----------------------------------------------------------------------------------------------------------


def _in_order(schema: Schema, row: Field, desired: t.Any, current: t.Any) -> Verdict:
    if len(desired) != len(current or ()):
        return Verdict.DIFFERENT
    return _worst(_replaced(schema, row, want, have) for want, have in zip(desired, current, strict=True))


def _unordered(schema: Schema, row: Field, desired: t.Any, current: t.Any) -> Verdict:
    """A set: each item once, however often and in whatever order it is listed."""
    if not row.members:
        return _verdict({str(item) for item in desired} == {str(item) for item in current or ()})
    #            have 0   have 1       The best of each row says whether a desired item is there, the best of each
    #   want 0   SAME     DIFFERENT    column whether an existing item is desired.
    table = [[_replaced(schema, row, want, have) for have in current or ()] for want in desired]
    columns = [[line[number] for line in table] for number in range(len(current or ()))]
    return _worst(min(line, default=Verdict.DIFFERENT) for line in (*table, *columns))


def _by_key(schema: Schema, row: Field, desired: t.Any, current: t.Any) -> Verdict:
    have = {_key(row, item): item for item in current or ()}
    want = {_key(row, item) for item in desired}
    if want - set(have) or (row.compare is Compare.BY_KEY and want != set(have)):
        return Verdict.DIFFERENT
    return _worst(_supplied(schema, row, item, have[_key(row, item)]) for item in desired)


def _key(row: Field, item: Obj) -> str:
    return without_password(item.get(row.key)) if row.key == "uri" else str(item.get(row.key))


_RULES: t.Mapping[Compare, t.Callable[[Schema, Field, t.Any, t.Any], Verdict]] = {
    Compare.SIZE: _size,
    Compare.VERSION: _version,
    Compare.SECRET: _secret,
    Compare.URI: _uri,
    Compare.SUPPLIED: _supplied,
    Compare.REPLACED: _replaced,
    Compare.UNORDERED: _unordered,
    Compare.BY_KEY: _by_key,
    Compare.INCLUDES: _by_key,
}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a wanted value is held against the one that GET returns: by the rule that stands in the table."""

from __future__ import annotations

import enum
import typing as t

from .._bdb.fields import field
from .field import Compare, Field, Settable
from .values import MASKED, any_plain, blank, plain, size_or_word, uri_password, whole, without_password


class Verdict(enum.IntEnum):
    """From the best to the worst: what consists of several parts is as its worst one."""

    SAME = 0
    UNSEEN = 1  # the cluster does not show the value (a masked password), or no more of it than what is the same
    OTHER_SECRET = 2  # a password differs, and nothing else does
    DIFFERENT = 3


def verdict(name: str, wanted: t.Any, bdb: t.Mapping[str, t.Any]) -> Verdict:
    """Whether the database has the wanted value. A field that GET leaves out has its default."""
    row = field(name)
    if row.settable is Settable.WRITE_ONLY:
        return Verdict.UNSEEN
    if row.compare is Compare.PORT:
        return _says(whole(wanted) in (whole(bdb.get(name)), *endpoint_ports(bdb)))
    if row.compare is Compare.VERSION:
        return _says(_version_met(str(wanted), bdb))
    return compared(row, wanted, bdb.get(name))


def equal(name: str, wanted: t.Any, bdb: t.Mapping[str, t.Any]) -> bool:
    return verdict(name, wanted, bdb) is Verdict.SAME


def endpoint_ports(bdb: t.Mapping[str, t.Any]) -> tuple[int, ...]:
    """The ports on which the database really listens."""
    return tuple(int(each["port"]) for each in bdb.get("endpoints") or [] if each.get("port"))


def readable(value: t.Any) -> bool:
    """Whether a secret that GET returned can be compared: not blank, and not masked by the cluster."""
    return isinstance(value, str) and value != "" and not MASKED.match(value)


def compared(row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    """One value, or one member of an object, held against what is there."""
    if current is None:
        current = row.default
    if blank(wanted) and blank(current):
        return Verdict.SAME
    rule = _RULES.get(row.compare)
    if rule is not None:
        return rule(row, wanted, current)
    if row.members:
        return _in_order(row, wanted, current)
    meant, shown = plain(row, wanted), plain(row, current)
    return _says(meant == shown or (blank(meant) and blank(shown)))


def _says(same: bool) -> Verdict:
    return Verdict.SAME if same else Verdict.DIFFERENT


def _all(verdicts: t.Iterable[Verdict]) -> Verdict:
    return max(verdicts, default=Verdict.SAME)


def _says_of_secret(same: bool) -> Verdict:
    return Verdict.SAME if same else Verdict.OTHER_SECRET


# -- scalars ---------------------------------------------------------------------------------------------------------


def _size(row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    return _says(not blank(current) and size_or_word(current, row.name) == size_or_word(wanted, row.name))


def _secret(_row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    return _says_of_secret(wanted == current) if readable(current) else Verdict.UNSEEN


def _uri(_row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    if MASKED.match(str(current)):
        return Verdict.UNSEEN
    if without_password(wanted) != without_password(current):
        return Verdict.DIFFERENT
    seen, meant = uri_password(current), uri_password(wanted)
    if seen != meant and seen is not None and MASKED.match(seen):
        return Verdict.UNSEEN
    return _says_of_secret(seen == meant)


def _version_met(wanted: str, bdb: t.Mapping[str, t.Any]) -> bool:
    have = [str(bdb[name]) for name in ("redis_version", "version") if bdb.get(name)]
    return any(each == wanted or each.startswith(wanted + ".") for each in have)


# -- objects ---------------------------------------------------------------------------------------------------------


def _supplied(row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    if not isinstance(wanted, dict) or not isinstance(current or {}, dict):
        return _says(any_plain(wanted) == any_plain(current))
    have = current or {}
    members = {member.name: member for member in row.members}
    return _all(
        compared(members.get(key) or field(key), value, have.get(key))
        for key, value in wanted.items()
        if value is not None
    )


def _whole(row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    left_out = [
        _says_of_secret(False) if member.secret else Verdict.DIFFERENT
        for member in row.members
        if isinstance(wanted, dict) and blank(wanted.get(member.name)) and not blank((current or {}).get(member.name))
    ]
    return _all([*left_out, _supplied(row, wanted, current)])


# -- lists -----------------------------------------------------------------------------------------------------------


def _in_order(row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    if len(wanted) != len(current or ()):
        return Verdict.DIFFERENT
    return _all(_whole(row, item, have) for item, have in zip(wanted, current, strict=True))


def _unordered(row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    """A set: each thing once, however often and in whatever order it is listed."""
    if not row.members:
        return _says({str(item) for item in wanted} == {str(item) for item in current or ()})
    there = list(current or ())
    found = [[_whole(row, item, have) for have in there] for item in wanted]
    asked_for = [[line[number] for line in found] for number in range(len(there))]  # each of those there, by nobody too
    return _all(min(line, default=Verdict.DIFFERENT) for line in (*found, *asked_for))


def _by_key(row: Field, wanted: t.Any, current: t.Any) -> Verdict:
    have = {_identity(row, item): item for item in current or ()}
    asked = {_identity(row, item) for item in wanted}
    if asked - set(have) or (row.compare is Compare.BY_KEY and asked != set(have)):
        return Verdict.DIFFERENT
    return _all(_supplied(row, item, have[_identity(row, item)]) for item in wanted)


def _identity(row: Field, item: t.Mapping[str, t.Any]) -> str:
    return without_password(item.get(row.key)) if row.key == "uri" else str(item.get(row.key))


_RULES: t.Mapping[Compare, t.Callable[[Field, t.Any, t.Any], Verdict]] = {
    Compare.SIZE: _size,
    Compare.SECRET: _secret,
    Compare.URI: _uri,
    Compare.SUPPLIED: _supplied,
    Compare.WHOLE: _whole,
    Compare.UNORDERED: _unordered,
    Compare.BY_KEY: _by_key,
    Compare.INCLUDES: _by_key,
}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stored object as GET returns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .bdb_field import ABSENT, Access, Field, fresh
from .bdb_nested import MODULE_OF
from .bdb_schema import FIELDS, unshown
from .bdb_view import ClusterView
from .versions import Version

MASK = "********"  # inferred: the reference says only that the credentials are masked

_HIDDEN = frozenset(name for name, field in FIELDS.items() if field.hidden)
_SETTINGS = frozenset(name for name, field in FIELDS.items() if field.access is Access.ANY)
_EXTENDED = tuple(name for name, field in FIELDS.items() if field.extended)


def render(
    bdb: Mapping[str, Any], view: ClusterView, *, fields: Sequence[str] | None = None, extended: bool = False
) -> dict[str, Any]:
    """The requested fields, or all; unknown names are ignored. The values are shared with the store."""
    if fields is None:
        found = dict(bdb)
        for name in _EXTENDED:
            found.pop(name, None)
    else:
        found = {name: bdb[name] for name in fields if name in bdb and name not in _EXTENDED}
    if extended:
        found.update(_module_options(bdb, view.version, fields))
    for name in _left_out(view).intersection(found):
        if found[name] == FIELDS[name].default:
            del found[name]
    for name in _HIDDEN.intersection(found):
        found[name] = []
    if view.mask_credentials:
        for name in _MASKED.keys() & found.keys():
            found[name] = _MASKED[name](found[name])
    return found


def _left_out(view: ClusterView) -> frozenset[str]:
    """Fields that are omitted while they have their default."""
    return _SETTINGS if view.defaults_left_out else unshown(view.version)


def _module_options(bdb: Mapping[str, Any], version: Version, fields: Sequence[str] | None) -> dict[str, Any]:
    modules = {entry.get("module_name") for entry in bdb.get("module_list", [])}
    found = {}
    for name in _EXTENDED:
        wanted = version >= FIELDS[name].since and (fields is None or name in fields)
        if wanted and (name in bdb or MODULE_OF[name] in modules):
            values = {option.name: fresh(option.default) for option in FIELDS[name].members}
            known = {option: value for option, value in values.items() if value is not ABSENT}
            found[name] = {**known, **bdb.get(name, {})}
    return found


def _masker(field: Field) -> Callable[[Any], Any] | None:
    """A function that masks the secrets in a field; None if it has none. An empty secret stays empty."""
    if field.secret:
        return lambda value: MASK if value else value
    if field.items is not None and (inner := _masker(field.items)) is not None:
        mask_item = inner
        return lambda value: [mask_item(item) for item in value]
    inside = {member.name: masker for member in field.members if (masker := _masker(member)) is not None}
    if not inside:
        return None
    return lambda value: {name: inside[name](item) if name in inside else item for name, item in value.items()}


_MASKED = {name: masker for name, field in FIELDS.items() if (masker := _masker(field)) is not None}

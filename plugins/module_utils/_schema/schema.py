# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of one type of object: its fields, where it lies in the API, and by what an object is identified."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import typing as t

from .field import Compare, Field, Settable

Obj = t.Mapping[str, t.Any]  # an object as the API shows it


@dataclasses.dataclass(frozen=True, eq=False)
class Schema:
    """What the collection knows of one type of object. Every object has a C(uid) beside its name."""

    noun: str  # in messages, such as database
    path: str  # of the list in the API, such as /v1/bdbs; one object is below it, by its uid
    fields: t.Mapping[str, Field]
    name_field: str = "name"  # the field that holds the name
    containers: frozenset[str] = frozenset()  # options, no fields themselves, that hold objects with fields in them
    shown_when_deleted: tuple[str, ...] = ("uid", "name")  # the fields of an object in the diff of its deletion

    @property
    def identity(self) -> tuple[str, str]:
        return "uid", self.name_field

    @property
    def title(self) -> str:
        """The noun at the beginning of a sentence."""
        return self.noun[:1].upper() + self.noun[1:]

    def field(self, name: str) -> Field:
        """The row of a field. One that is not in the schema can be set; it is hidden if it sounds like a password."""
        return self.fields.get(name) or _unknown(name)

    def argument_spec(self) -> dict[str, t.Any]:
        """The options for the identity and for the fields that have one."""
        rows = self.fields.values()
        return {row.name: row.option() for row in rows if row.is_option or row.name in self.identity}

    def closest(self, name: str, others: t.Iterable[str] = ()) -> str | None:
        """The known field that a misspelt name was most likely meant to be."""
        known = [row.name for row in self.fields.values() if row.settable is not Settable.NEVER]
        found = difflib.get_close_matches(name, sorted({*known, *others}), n=1)
        return found[0] if found else None


@functools.lru_cache(maxsize=1024)
def _unknown(name: str) -> Field:
    return Field(name, has_option=False, compare=Compare.SECRET if name.endswith("_pass") else Compare.PLAIN)

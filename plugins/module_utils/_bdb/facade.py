# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a BDB object, as the rest of the collection uses them: options, spelling, comparison, secrets.

The rows stand in _bdb_table.py and _bdb_table_more.py, nested objects in _bdb_nested.py, and what the parts of a row
mean in _bdb_row.py. All that is asked here is answered from there.
"""

from __future__ import annotations

import difflib
import typing as t

from .._schema.compare import Verdict, endpoint_ports, equal, readable, verdict
from .._schema.field import Compare, Field, Settable
from .._schema.redact import redact, secrets_in
from .._schema.values import on_the_wire, size_in_bytes
from .fields import FIELDS, RECOVERY_PLAN, field

__all__ = [
    "FIELDS",
    "RECOVERY_PLAN",
    "Compare",
    "Field",
    "Settable",
    "Verdict",
    "argument_spec",
    "closest",
    "deprecations",
    "endpoint_ports",
    "equal",
    "field",
    "readable",
    "redact",
    "secrets_in",
    "size_in_bytes",
    "verdict",
    "wire_value",
]


def argument_spec() -> dict[str, t.Any]:
    """The typed options of C(redis_bdb)."""
    return {row.name: row.option() for row in FIELDS.values() if row.is_option}


def wire_value(name: str, value: t.Any) -> t.Any:
    """The value as the API takes it."""
    return on_the_wire(field(name), value)


def closest(name: str, others: t.Iterable[str] = ()) -> str | None:
    """The known field that a misspelt name was most likely meant to be."""
    known = [row.name for row in FIELDS.values() if row.settable is not Settable.NEVER]
    found = difflib.get_close_matches(name, sorted({*known, *others}), n=1)
    return found[0] if found else None


def deprecations(values: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """A sentence for each deprecated field or member that was set and for which there is another option."""
    for name, value in values.items():
        yield from _deprecations(FIELDS.get(name, RECOVERY_PLAN if name == "recovery_plan" else None), value, name)


def _deprecations(row: Field | None, value: t.Any, path: str) -> t.Iterator[str]:
    if row is None:
        return
    if row.deprecated and row.successor:
        yield (
            f"{path} is deprecated since release {row.deprecated} of Redis Enterprise Software: where the cluster has "
            f"this release or a later one, use {' or '.join(row.successor)} instead."
        )
    for item in value if isinstance(value, list) else [value]:
        for member in row.members if isinstance(item, dict) else ():
            if item.get(member.name) is not None:
                yield from _deprecations(member, item[member.name], f"{path}.{member.name}")

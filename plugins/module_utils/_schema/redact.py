# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in options and in objects: finding them, and copies without them."""

from __future__ import annotations

import json
import re
import typing as t

from .._core.credentials import MASK, encodings, hide, hide_in_uri, is_uri, parted, passwords_in
from .field import Compare, Field, Kind
from .schema import Schema

_SOUNDS_SECRET = re.compile(
    r"(^|_)(pass|password|passwd|passphrase|secret|token|account_key|private_key|client_key|access_key_id"
    r"|secret_access_key)$",
    re.IGNORECASE,
)
_NOT_SECRET = frozenset({"update_password"})  # says what to do with passwords


def redact(schema: Schema, value: t.Any, name: str = "") -> t.Any:
    """A copy without passwords, keys and credentials in URIs, however deep they lie.

    C(name) is the field whose value it is; without it, the value is an object with fields in it.
    """
    return _redacted(schema, value, schema.field(name))


def secrets_in(schema: Schema, value: t.Any, name: str = "") -> t.Iterator[str]:
    """Every secret string in options or an object, however deep it lies."""
    return _found(schema, value, schema.field(name))


def _redacted(schema: Schema, value: t.Any, row: Field) -> t.Any:
    if value and _is_secret(row):
        return MASK
    if isinstance(value, dict):
        return {key: _redacted(schema, member, _member(schema, row, str(key))) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(schema, member, row) for member in value]
    return hide_in_uri(value) if _is_uri(value, row) else hide(value)


def _found(schema: Schema, value: t.Any, row: Field) -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _found(schema, member, _member(schema, row, str(key)) if not _is_secret(row) else row)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _found(schema, member, row)
    elif _is_secret(row) and value not in (None, "") and not isinstance(value, bool):
        yield from _spellings(str(value))
    elif isinstance(value, str) and _is_container(schema, row):
        yield from _found_in_text(schema, value, row)
    elif isinstance(value, str):
        for password in [parted(value).password or ""] if _is_uri(value, row) else passwords_in(value):
            for encoded in encodings(password) if password else ():
                yield from _spellings(encoded)


def _is_uri(value: t.Any, row: Field) -> bool:
    """Whether a value is one URI, and not a text that may mention some."""
    return isinstance(value, str) and (row.compare is Compare.URI or (not row.has_option and is_uri(value)))


def _is_container(schema: Schema, row: Field) -> bool:
    """Whether objects belong here; users may write them as one string, which Ansible takes apart only later."""
    return row.name in schema.containers or row.kind is Kind.OBJECT or bool(row.members)


def _found_in_text(schema: Schema, value: str, row: Field) -> t.Iterator[str]:
    try:
        taken_apart = json.loads(value)
    except ValueError:
        taken_apart = None
    if not isinstance(taken_apart, (dict, list)):
        yield value  # what in it is secret cannot be known
        taken_apart = dict(pair.split("=", 1) for pair in value.split() if "=" in pair)
    yield from _found(schema, taken_apart, row)


def _spellings(value: str) -> t.Iterator[str]:
    """The secret as it is and as it is quoted; of a key each line, because quoting changes its line ends."""
    yield value
    lines = value.splitlines()
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= 8 and not line.startswith("-----"))
    else:
        yield from {repr(value)[1:-1], json.dumps(value)[1:-1]} - {value}


def _member(schema: Schema, row: Field, key: str) -> Field:
    """The row of a member. In an object that the schema does not know, names mean what they mean in the schema."""
    return next((member for member in row.members if member.name == key), None) or schema.field(key)


def _is_secret(row: Field) -> bool:
    if row.has_option or row.name in _NOT_SECRET:
        return row.secret
    return row.secret or bool(_SOUNDS_SECRET.search(row.name))

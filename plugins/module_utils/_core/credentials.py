# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials inside of texts: C(redis://user:password@host) in a field, an error or the state of an action."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import quote, unquote

MASK = "********"
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# In a text nobody says where a URI ends: it goes to the last "@" before a space. Hiding too much does no harm.
_IN_TEXT = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:]*:)(?P<password>\S+)@", re.IGNORECASE)


class Uri(t.NamedTuple):
    """A URI in three parts; together with the colon before the password they are what was written."""

    before: str  # scheme and user
    password: str | None
    after: str  # host and path, with the "@"


def parted(uri: str) -> Uri:
    """What is known to be a URI. Users and passwords can hold any character, so the last C(@) ends them."""
    scheme = _SCHEME.match(uri)
    start, end = scheme.end() if scheme else 0, uri.rfind("@")
    colon = uri.find(":", start, max(end, start))
    if colon < 0:
        return Uri(uri, None, "")
    return Uri(uri[:colon], uri[colon + 1 : end], uri[end:])


def is_uri(text: str) -> bool:
    return bool(_SCHEME.match(text))


def hide_in_uri(uri: str) -> str:
    """What is known to be a URI, without its password."""
    parts = parted(uri)
    return f"{parts.before}:{MASK}{parts.after}" if parts.password else uri


def hide(value: t.Any) -> t.Any:
    """A copy without the passwords of URIs, however deep they lie, and in whatever text."""
    if isinstance(value, str):
        return _IN_TEXT.sub(rf"\g<before>{MASK}@", value) if "://" in value else value
    if isinstance(value, dict):
        return {key: hide(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [hide(member) for member in value]
    return value


def passwords_in(text: str) -> list[str]:
    """The passwords of the URIs in a text."""
    return [match["password"] for match in _IN_TEXT.finditer(text)] if "://" in text else []


def encodings(password: str) -> tuple[str, ...]:
    """The password of a URI as it was written, decoded, and encoded: programs show the one for the other."""
    decoded = unquote(password)
    return tuple(dict.fromkeys((password, decoded, quote(decoded, safe=""))))

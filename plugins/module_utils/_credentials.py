# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials inside of texts: C(redis://user:password@host) in a field, an error or the state of an action."""

from __future__ import annotations

import re
import typing as t

MASK = "********"
# A password may hold "/" and "@" itself, so it goes up to the last "@"; hiding too much does no harm.
URI_CREDENTIALS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/@\s:]*):(?P<password>[^\s\"']+)@", re.IGNORECASE
)


def hide(value: t.Any) -> t.Any:
    """A copy without the passwords of URIs, however deep they lie."""
    if isinstance(value, str):
        return URI_CREDENTIALS.sub(rf"\g<scheme>\g<user>:{MASK}@", value)
    if isinstance(value, dict):
        return {key: hide(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [hide(member) for member in value]
    return value

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about the errors with which the cluster refuses a small object."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError

_BY_CODE: t.Mapping[str, str] = {
    "name_already_exists": "Another object has the name: choose another one.",
    "missing_field": "A field is missing that the cluster needs: set the option that it names.",
    "invalid_param": "The cluster does not accept a value: correct the option that it names.",
    "unsupported_resource": "Some nodes still run an earlier release: upgrade all nodes of the cluster first.",
}
_BY_STATUS: t.Mapping[int, str] = {
    400: "The cluster does not understand the request: correct the option that it names.",
    406: "The cluster does not accept this: the object may still be in use.",
    409: "The object is read-only, or in conflict with another one.",
    501: "This release does not have such objects: upgrade the cluster first.",
}


def advice(error: ApiError) -> str | None:
    """What the user should change; None where the error's own message says it (wrong password, missing licence)."""
    return _BY_CODE.get(error.error_code) or _BY_STATUS.get(error.status)

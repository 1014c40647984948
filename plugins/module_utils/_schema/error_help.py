# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the API with what the user should change in front of the cluster's own description."""

from __future__ import annotations

from .._core.errors import ApiError
from .desired import Desired

_PARTICIPLES = {"create": "created", "update": "changed", "delete": "deleted"}


def explained(error: ApiError, desired: Desired, step: str, advice: str | None) -> ApiError:
    """The same error with the advice; the error itself where there is none (wrong password, missing licence)."""
    if advice is None:
        return error
    own = error.failure.description or error.failure.error_code or "no details given"
    code = f"{error.status}, {error.error_code}" if error.error_code else str(error.status)
    message = f"{desired.title} was not {_PARTICIPLES[step]}. {advice} The cluster says ({code}): {own}"
    return ApiError(message if message.endswith(".") else f"{message}.", error.failure, error.body)

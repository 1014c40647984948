# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exception that is rendered as an API error."""

from __future__ import annotations


class ApiError(Exception):
    """An answer of the API that is not a success: status, and a JSON body unless error_code is empty."""

    def __init__(self, status: int, error_code: str = "", description: str = "") -> None:
        super().__init__(f"{status} {error_code} {description}")
        self.status = status
        self.error_code = error_code
        self.description = description

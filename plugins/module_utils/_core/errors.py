# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, and how it is told: every error is a sentence plus a structured C(failure)."""

from __future__ import annotations

import dataclasses
import typing as t

from .credentials import hide


@dataclasses.dataclass(frozen=True)
class Failure:
    """The facts behind a failed task, for a rescue block or a ticket."""

    status: int | None = None
    error_code: str | None = None
    description: str | None = None
    method: str | None = None
    path: str | None = None
    action: dict[str, t.Any] | None = None
    attempts: int = 0

    def as_dict(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)


class CollectionError(Exception):
    """Base of all errors that end a task; C(str(error)) is the message that the user reads.

    C(done) is what the task had changed before it failed, in the keys of a result: changed and diff.
    """

    def __init__(self, message: str, failure: Failure | None = None) -> None:
        super().__init__(message)
        self.failure = failure or Failure()
        self.done: dict[str, t.Any] = {}

    def as_result(self) -> dict[str, t.Any]:
        return {"failed": True, "msg": str(self), "failure": self.failure.as_dict(), **self.done}


class InvalidInput(CollectionError):
    """An option cannot be used as given; nothing was sent."""


class Refused(CollectionError):
    """The request is clear, but carrying it out could do harm; nothing was changed."""


class Unavailable(CollectionError):
    """No node of the cluster answered in time."""


class Ambiguous(CollectionError):
    """A write was sent and no usable answer came: it may or may not have been done. Read before going on."""


class ApiError(CollectionError):
    """The cluster answered, and the answer is not a success."""

    def __init__(self, message: str, failure: Failure, body: t.Any = None) -> None:
        super().__init__(message, failure)
        self.body = body

    @property
    def status(self) -> int:
        return self.failure.status or 0

    @property
    def error_code(self) -> str:
        return self.failure.error_code or ""


class UnexpectedAnswer(ApiError):
    """An answer that is none of this API's: a member is missing, or of another type. Nothing follows from it."""

    def __init__(self, method: str, path: str, member: str, found: t.Any, wanted: str, status: int = 200) -> None:
        shown = repr(found) if found is None or isinstance(found, (bool, int, float)) else _kind_of(found)
        what = f"{member} is {shown}" if member else f"the body is {shown}"
        super().__init__(
            f"{method} {path} was answered with {status}, but not as the REST API does: {what}, and should be "
            f"{wanted}. Nothing was concluded from it. Does url lead to the cluster itself (port 9443)?",
            Failure(status=status, method=method, path=path),
        )


def _kind_of(found: t.Any) -> str:
    """What was found, without its content: it can be anything, a secret too."""
    kinds = {str: "text", list: "a list", dict: "an object"}
    return next(
        (f"{word} of length {len(found)}" for kind, word in kinds.items() if isinstance(found, kind)), repr(found)
    )


class ActionFailed(CollectionError):
    """A long-running action ended, but not well (failed, cancelled or aborted)."""


class WaitTimeout(CollectionError):
    """The time given by the user ran out; the message says what was seen last, and C(value) is what was read then."""

    def __init__(self, message: str, failure: Failure | None = None, value: t.Any = None) -> None:
        super().__init__(message, failure)
        self.value = value


class GoalNotReached(CollectionError):
    """The cluster reported success, but what it shows is not what was asked for."""


def error_body(body: t.Any) -> tuple[str | None, str | None]:
    """(error_code, description) of every shape that the API has for an error; plain text is a description."""
    if isinstance(body, dict):
        code = body.get("error_code")
        text = next((body[key] for key in ("description", "message", "error_message", "detail") if body.get(key)), None)
        return (str(code) if code else None), (hide(str(text)) if text else None)
    if isinstance(body, str):
        return None, hide(" ".join(body.split()))[:500]
    return None, None

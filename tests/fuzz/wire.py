# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the wire, as plain values: requests and answers."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """C(target) is the path with its query, as it was sent."""

    method: str
    target: str
    body: bytes = b""
    state_id: str | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @functools.cached_property
    def is_write(self) -> bool:
        """Whether it could change the cluster: a dry run does not."""
        query = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        return self.method != "GET" and not any(name == "dry_run" for name, dummy in query)

    def __str__(self) -> str:
        return f"{self.method} {self.target}"

    def means(self, other: Request) -> bool:
        """Whether the two ask for the same."""
        return (self.method, self.target, loads(self.body)) == (other.method, other.target, loads(other.body))


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, or what happened instead of one (C(error) makes the exception)."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    error: Callable[[], Exception] | None = None
    sent: bool = True  # whether the request can have reached the API, where there is an error

    @functools.cached_property
    def json(self) -> Any:
        return loads(self.body)

    @functools.cached_property
    def normal(self) -> bytes:
        """The body as this encoder writes it."""
        return json.dumps(self.json).encode()

    def with_json(self, body: Any) -> Answer:
        """The same answer with another body."""
        return dataclasses.replace(self, body=json.dumps(body).encode())

    @property
    def carried_out(self) -> bool:
        """Whether a write that was answered so can have been carried out.

        A refused connection, a redirect that keeps the method, and a refusal prove that it was not.
        """
        if self.error is not None:
            return self.sent
        return not (self.status in (307, 308) or 400 <= self.status < 500)


def loads(body: bytes) -> Any:
    """The decoded JSON; the text itself where it is none."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request journal: every request in order, with its answer's status."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

LIMIT = 100_000
_FALSE = ("0", "false", "no")


def is_flag_set(query: Iterable[tuple[str, str]], name: str) -> bool:
    """A bare flag counts as set, as does any value but 0, false and no."""
    return any(key == name and value.lower() not in _FALSE for key, value in query)


def body_of(raw: bytes) -> Any:
    """The body as JSON if it is JSON, else as text; None when there is none."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


@dataclass
class Entry:
    seq: int
    time: float
    node_uid: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    dry_run: bool
    connection: str
    status: int | None = None  # None while the request is being served, and when it got no answer


class Journal:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=LIMIT)
        self._next = 1

    def begin(
        self,
        node_uid: int,
        method: str,
        path: str,
        query: str,
        headers: Iterable[tuple[str, str]],
        raw_body: bytes,
        dry_run: bool,
        connection: str,
    ) -> Entry:
        kept = {name: value for name, value in headers if name != "authorization"}
        entry = Entry(
            self._next, time.time(), node_uid, method, path, query, kept, body_of(raw_body), dry_run, connection
        )
        self._next += 1
        self._entries.append(entry)
        return entry

    def entries(self, since: int = 0) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self._entries if entry.seq > since]

    def clear(self) -> None:
        self._entries.clear()

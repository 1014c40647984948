# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real client with a table of answers in place of the network: for tests of operations that only read."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import urlsplit

import requests
import requests.adapters

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Clock
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.client import Client
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.connection import Connection


class Status:
    """An answer that is not 200."""

    def __init__(self, status: int, body: t.Any = None) -> None:
        self.status = status
        self.body = body


class StubApi(requests.adapters.BaseAdapter):
    """C(answers) by path: a body, a Status, or a callable that gives one of them. Paths not named answer 404."""

    def __init__(self, answers: t.MutableMapping[str, t.Any], clock: Clock, unavailable_timeout: float = 5.0) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[str] = []  # paths with their query, in order
        connection = Connection(
            hosts=("stub.test:9443",),
            username="admin@example.com",
            password="s3cret-pass",
            validate_certs=False,
            unavailable_timeout=unavailable_timeout,
        )
        self.client = Client(connection, clock)
        self.client._session.mount("https://", self)

    def send(self, request: requests.PreparedRequest, *_args: t.Any, **_options: t.Any) -> requests.Response:
        url = urlsplit(str(request.url))
        self.asked.append(f"{url.path}?{url.query}" if url.query else url.path)
        assert request.method == "GET", "what only reads must not write"
        answer = self.answers.get(url.path, Status(404))
        answer = answer() if callable(answer) else answer
        status = answer if isinstance(answer, Status) else Status(200, answer)
        response = requests.Response()
        response.status_code = status.status
        response._content = b"" if status.body is None else json.dumps(status.body).encode()
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        """Nothing is open."""

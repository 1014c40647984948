# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulators for the tests, and a client that hides nothing of what they answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from redis_enterprise_emulator.launch import Launched, launch

FAST = ("--data-plane", "none")
RULES = [{"regex": r".*\{(?<tag>.*)\}.*"}, {"regex": "(?<tag>.*)"}]  # those of the reference
TERMINAL = ("completed", "failed", "cancelled", "aborted")


class Api:
    """One user's view of one emulator. Calls go to node 1 unless another is named."""

    def __init__(self, emulator: Launched, auth: tuple[str, str] | None = None) -> None:
        self.emulator = emulator
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = emulator.ca_cert
        self.session.auth = auth or (emulator.username, emulator.password)

    def call(self, method: str, path: str, *, node: int = 1, **arguments: Any) -> requests.Response:
        arguments.setdefault("allow_redirects", False)
        arguments.setdefault("timeout", 30)
        return self.session.request(method, self.emulator.urls[node - 1] + path, **arguments)

    def get(self, path: str, **arguments: Any) -> requests.Response:
        return self.call("GET", path, **arguments)

    def json(self, path: str, *, node: int = 1) -> Any:
        answer = self.get(path, node=node)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def post(self, path: str, body: Any = None, **arguments: Any) -> requests.Response:
        return self.call("POST", path, json=body, **arguments)

    def put(self, path: str, body: Any = None, **arguments: Any) -> requests.Response:
        return self.call("PUT", path, json=body, **arguments)

    def delete(self, path: str, **arguments: Any) -> requests.Response:
        return self.call("DELETE", path, **arguments)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        return self.emulator.control(method, path, body)

    def fault(self, **body: Any) -> str:
        return str(self.control("POST", "/faults", body)["id"])

    def as_user(self, name: str, role: str) -> Api:
        self.control("POST", "/users", {"username": name, "password": "user-pass", "role": role})
        return Api(self.emulator, (name, "user-pass"))

    def until(self, ready: Callable[[], Any], what: str, seconds: float = 15.0) -> Any:
        """The first true answer, or a failure that says what was waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = ready()
            if value:
                return value
            time.sleep(0.02)
        pytest.fail(f"{what} did not come within {seconds} s; state: {self.control('GET', '/state')}")

    def settled(self, uid: int, *, node: int = 1) -> dict[str, Any]:
        """The database, once no state machine runs on it."""

        def ready() -> Any:
            bdb = self.json(f"/v1/bdbs/{uid}", node=node)
            return bdb if "pending" not in bdb["status"] else None

        found: dict[str, Any] = self.until(ready, f"database {uid} at rest")
        return found

    def create(self, name: str = "db", **fields: Any) -> dict[str, Any]:
        """A database; one that is sharded gets the rules that it needs."""
        if fields.get("sharding"):
            fields.setdefault("shard_key_regex", RULES)
        answer = self.post("/v1/bdbs", {"name": name, "memory_size": 100_000_000, **fields})
        assert answer.status_code == 200, answer.text
        bdb = self.settled(answer.json()["uid"])
        assert bdb["status"] == "active", self.json("/v1/actions")
        return bdb

    def ended(self, path: str, *, node: int = 1) -> dict[str, Any]:
        """The action at this path, once it is over."""

        def ready() -> Any:
            action = self.json(path, node=node)
            return action if action["status"] in TERMINAL else None

        found: dict[str, Any] = self.until(ready, f"the end of {path}")
        return found

    def node_action(self, uid: int, name: str, body: Any = None, *, node: int = 1) -> dict[str, Any]:
        """Start a node action and wait for its end."""
        path = f"/v1/nodes/{uid}/actions/{name}"
        answer = self.post(path, body or {}, node=node)
        assert answer.status_code == 200, answer.text
        return self.ended(path, node=node)

    def shards(self, **wanted: Any) -> list[dict[str, Any]]:
        shards = self.control("GET", "/state")["shards"]
        return [shard for shard in shards if all(shard[key] == value for key, value in wanted.items())]

    def node_state(self, uid: int) -> dict[str, Any]:
        nodes = self.control("GET", "/state")["nodes"]
        return next(node for node in nodes if node["uid"] == uid)


@pytest.fixture
def start() -> Iterator[Callable[..., Api]]:
    """Start an emulator (REST only unless a data plane is named) that ends with the test."""
    running: list[Api] = []

    def starter(*arguments: str) -> Api:
        plane = () if "--data-plane" in arguments else FAST
        running.append(Api(launch(*plane, *arguments)))
        return running[-1]

    yield starter
    for api in running:
        api.session.close()
        errors = api.emulator.stderr()
        assert api.emulator.stop() == 0
        assert "Traceback" not in errors, errors


@pytest.fixture(scope="module")
def calm() -> Iterator[Api]:
    """One emulator for the tests of a file that change nothing in it."""
    with launch(*FAST) as emulator:
        api = Api(emulator)
        yield api
        api.session.close()


@pytest.fixture
def api(start: Callable[..., Api]) -> Api:
    return start()

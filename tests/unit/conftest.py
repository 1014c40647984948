# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests share: a clock without waiting, and scripted servers behind a private authority."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
import trustme
from support.acting_api import World
from support.scripted_api import ScriptedApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Clock
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.client import Client
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.connection import Connection


class FakeClock(Clock):
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    """A cluster of three nodes whose actions run on the fake clock."""
    return World("8.0.16", clock)


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_cert(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def serve(ca: trustme.CA) -> t.Iterator[t.Callable[..., ScriptedApi]]:
    """serve(answers, host=...) starts a scripted server for the length of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *answers, host="127.0.0.1": stack.enter_context(ScriptedApi(ca, answers, host))


@pytest.fixture
def client_for(ca_cert: str, clock: FakeClock) -> t.Iterator[t.Callable[..., Client]]:
    """client_for(host, ...) with short time-outs on the fake clock."""
    with contextlib.ExitStack() as stack:

        def make(*hosts: str, **options: t.Any) -> Client:
            settings: dict[str, t.Any] = {
                "username": "admin@example.com",
                "password": "s3cret-pass",
                "ca_cert": ca_cert,
                "request_timeout": 2.0,
                "unavailable_timeout": 10.0,
                **options,
            }
            client = Client(Connection(hosts=hosts, **settings), clock)
            stack.callback(client.close)
            return client

        yield make

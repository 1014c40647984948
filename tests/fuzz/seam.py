# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that knows how the collection is run, and how it reaches the network and the time.

The network is replaced below the client: its session takes no connection. The client's own code, and that of the
library for requests which are not plain, runs as it does in a task.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import os
import re
import ssl
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from unittest import mock
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.structures
import requests.utils
import urllib3
import yaml
from ansible import constants
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache

from ansible_collections.redis_enterprise.cluster.plugins.doc_fragments import connection
from ansible_collections.redis_enterprise.cluster.plugins.inventory.redis_nodes import DOCUMENTATION, InventoryModule
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Clock
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front, perform
from fuzz.wire import Answer, Request

CONNECTION: Mapping[str, Any] = {
    "url": ["https://cluster.test:9443"],
    "username": "admin@cluster.local",
    "password": "s3cret-pass",
    "validate_certs": False,
    "request_timeout": 2.0,
    "unavailable_timeout": 5.0,
}
INVENTORY = "redis_enterprise.cluster.redis_nodes"
WAIT_TIMEOUT = 30.0  # seconds, of the modules that wait
MISTAKE = "This is a mistake in the collection"  # what the frame says of an exception that nobody expected
STATE_ID = "cluster-state-id"
_PLAIN = re.compile(r"https://[a-z0-9.:-]+/[A-Za-z0-9/._~%?=&,:-]*")
_KEPT = ("HOME",)  # of the environment: no proxies, and next to nothing to look through for them


class Hung(BaseException):
    """The run goes on beyond every limit. No C(Exception), so that no one in between can keep it."""


class World(Protocol):
    """What a run talks to, and its time."""

    def answer(self, request: Request) -> Answer: ...

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


@dataclass
class Ended:
    """How a run ended: what the task returns, and the exception that nobody expected."""

    result: dict[str, Any] = field(default_factory=dict)
    crash: str | None = None  # the exception, with the function that raised it
    hung: str | None = None

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed")) or self.crash is not None or self.hung is not None


class Seam:
    """While it is open, every client in this process talks to C(world), and time passes only by its sleeping."""

    def __init__(self) -> None:
        self.world: World | None = None
        self._hung: str | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[Seam]:
        through_session = requests.Session.request

        def request(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
            params, data = options.get("params"), options.get("data")
            whole = f"{url}?{params}" if isinstance(params, str) and params else url
            if (params is not None and not isinstance(params, str)) or not _PLAIN.fullmatch(whole):
                return through_session(session, method, url, **options)  # the library's own way, down to the adapter
            state_id = (options.get("headers") or {}).get(STATE_ID)
            return self._respond(method, whole, data or b"", state_id, bool(options.get("stream")))

        def send(
            adapter: requests.adapters.HTTPAdapter, sent: requests.PreparedRequest, stream: bool = False, **options: Any
        ) -> requests.Response:
            body = sent.body or b""
            state_id = sent.headers.get(STATE_ID)
            return self._respond(
                str(sent.method), str(sent.url), body.encode() if isinstance(body, str) else body, state_id, stream
            )

        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with (
            mock.patch.object(requests.Session, "request", request),
            mock.patch.object(requests.adapters.HTTPAdapter, "send", send),
            mock.patch.object(Clock, "now", self._now),
            mock.patch.object(Clock, "sleep", self._sleep),
            mock.patch.object(ssl.SSLContext, "__new__", _one_context()),
            mock.patch.object(threading, "excepthook", self._in_thread),
            mock.patch.dict(os.environ, kept, clear=True),
        ):
            yield self

    def _now(self) -> float:
        return self._served.now()

    def _sleep(self, seconds: float) -> None:
        self._served.sleep(seconds)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        """A thread of a module ends with an exception that nobody in it expects: it can only have hung."""
        self._hung = str(args.exc_value)

    @property
    def _served(self) -> World:
        assert self.world is not None, "nothing is served"
        return self.world

    def _respond(self, method: str, url: str, body: bytes, state_id: str | None, stream: bool) -> requests.Response:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = self._served.answer(Request(method, target, body, state_id))
        _mark(answer.sent)
        if answer.error is not None:
            raise answer.error()
        headers = {**dict(answer.headers), "content-length": str(len(answer.body))}
        response = requests.Response()
        response.status_code = answer.status
        response.headers = requests.structures.CaseInsensitiveDict(headers)
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.raw = urllib3.HTTPResponse(io.BytesIO(answer.body), headers, answer.status, preload_content=False)
        response.url = url
        if not stream:
            dummy = response.content  # read at once, as the session does
        return response

    # -- runs --------------------------------------------------------------------------------------------------

    def module(self, world: World, front: Front, params: Mapping[str, Any], *, check: bool = False) -> Ended:
        """One run of a module, with options as C(checked) gives them."""
        own = {name: copy.deepcopy(value) if value else value for name, value in params.items()}
        return self._run(world, lambda: perform(front, own, {}, check).result)

    def inventory(self, world: World, path: Path) -> Ended:
        """One run of the inventory plugin; its result is C(hosts), with their variables, and C(groups)."""
        return self._run(world, lambda: _inventory(path))

    def _run(self, world: World, work: Callable[[], dict[str, Any]]) -> Ended:
        self.world, self._hung = world, None
        try:
            result = work()
        except Hung as hung:
            return Ended(hung=str(hung))
        except Exception as error:
            return Ended(crash=_place(traceback.format_exc(), error))
        return Ended(hung=self._hung) if self._hung else Ended(result, _crash_in(result))


def _mark(sent: bool) -> None:
    """Tell the sockets of the transport, through which nothing goes here, whether the request has left."""
    sockets = sys.modules.get(f"{Clock.__module__.rpartition('._core')[0]}._http.sockets")
    if sockets is not None:
        sockets._request.sent = sent


def _one_context() -> Any:
    """One TLS context for all clients: none connects by it, and to make one takes longer than many a run."""
    make = ssl.SSLContext.__new__
    shared = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def new(cls: type[ssl.SSLContext], protocol: int | None = None, *args: Any, **options: Any) -> ssl.SSLContext:
        return shared if protocol == ssl.PROTOCOL_TLS_CLIENT else make(cls, protocol, *args, **options)

    return staticmethod(new)


def checked(front: Front, options: Mapping[str, Any]) -> dict[str, Any]:
    """A task's options as Ansible hands them to the module."""
    waiting = {"wait_timeout": WAIT_TIMEOUT} if "wait_timeout" in front.options else {}
    result = ArgumentSpecValidator(front.argument_spec).validate({**CONNECTION, **waiting, **options})
    assert not result.error_messages, result.error_messages
    return dict(result.validated_parameters)


@functools.cache
def _define_options() -> None:
    """What Ansible's plugin loader does: the options of the inventory plugin, from its documentation."""
    fragments = (constructed, inventory_cache, connection)
    parts = (DOCUMENTATION, *(each.ModuleDocFragment.DOCUMENTATION for each in fragments))
    options: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, option in yaml.safe_load(part)["options"].items():
            options[name] = {**option, **options.get(name, {})}
    constants.config.initialize_plugin_configuration_definitions("inventory", INVENTORY, options)


def _inventory(path: Path) -> dict[str, Any]:
    _define_options()
    plugin, data = InventoryModule(), InventoryData()
    plugin._load_name = INVENTORY
    try:
        plugin.parse(data, DataLoader(), str(path), cache=False)
    except AnsibleError as error:
        return {"failed": True, "msg": str(error)}
    groups = {name: sorted(host.name for host in group.get_hosts()) for name, group in data.groups.items()}
    return {"hosts": {name: host.get_vars() for name, host in data.hosts.items()}, "groups": groups}


def _crash_in(result: Mapping[str, Any]) -> str | None:
    """The mistake that a result tells of, its own or that of one of its items."""
    for each in (result, *(result.get("results") or ())):
        message = str(each.get("msg") or "")
        if MISTAKE in message:
            return _place(str(each.get("exception") or ""), message.partition(MISTAKE)[2].partition(": ")[2])
    return None


def _place(trace: str, error: object) -> str:
    """The exception, with the function of the collection in which it came up, where the trace shows it."""
    frames = re.findall(r'File ".*?/plugins/([^"]+)", line \d+, in (\S+)', trace)
    text = error if isinstance(error, str) else repr(error)
    kind = re.split(r"[(:]", text, maxsplit=1)[0]
    return f"{kind} in {frames[-1][0]}:{frames[-1][1]}" if frames else kind

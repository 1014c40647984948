# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo asks the emulated cluster itself, past the collection: where things are, and when they happened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from redis_enterprise_emulator.launch import Launched

from .workload import Target

_ACTION = re.compile(r"/v1/nodes/(\d+)/actions/(maintenance_on|maintenance_off)")


@dataclass(frozen=True)
class Layout:
    """Where the shards are, and which nodes are not in service."""

    shards: Mapping[int, tuple[str, ...]]  # node uid to shard uids
    not_active: tuple[int, ...]
    in_maintenance: tuple[int, ...]


@dataclass(frozen=True)
class Drain:
    """How long a node was empty: from the end of maintenance_on to the end of maintenance_off."""

    node_uid: int
    seconds: float


class Cluster:
    """The REST API of a running emulator."""

    def __init__(self, emulator: Launched) -> None:
        self._url = emulator.urls[0]
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (emulator.username, emulator.password)
        self._session.verify = emulator.ca_cert

    def close(self) -> None:
        self._session.close()

    def _get(self, path: str) -> Any:
        answer = self._session.get(self._url + path, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def targets(self) -> list[Target]:
        """All databases. The port that counts is the endpoint's; its DNS name leads to this machine."""
        return [Target(bdb["name"], "127.0.0.1", bdb["endpoints"][0]["port"]) for bdb in self._get("/v1/bdbs")]

    def layout(self) -> Layout:
        nodes, shards = self._get("/v1/nodes"), self._get("/v1/shards")
        report = self._get("/v4/cluster/health")["nodes"]
        return Layout(
            shards={
                node["uid"]: tuple(sorted(each["uid"] for each in shards if int(each["node_uid"]) == node["uid"]))
                for node in nodes
            },
            not_active=tuple(node["uid"] for node in nodes if node["status"] != "active"),
            in_maintenance=tuple(int(node["uid"]) for node in report if node["in_maintenance"]),
        )

    def node_of_database(self, name: str) -> int:
        """The node on which the (only) primary shard of a database is."""
        uid = next(bdb["uid"] for bdb in self._get("/v1/bdbs") if bdb["name"] == name)
        shards = self._get("/v1/shards")
        return next(int(each["node_uid"]) for each in shards if each["bdb_uid"] == uid and each["role"] == "master")


def drains(journal: Iterable[Mapping[str, Any]]) -> list[Drain]:
    """From the request journal, in the order of the roll.

    An action has ended when its last poll was answered: the poll after which the module reads the nodes again.
    """
    ended: dict[int, float] = {}
    found: list[Drain] = []
    running: tuple[int, str] | None = None
    last_poll = 0.0
    for entry in journal:
        match = _ACTION.fullmatch(entry["path"])
        if match:
            key = (int(match[1]), match[2])
            if entry["method"] == "POST":
                running = key
            if key == running:
                last_poll = entry["time"]
        elif running is not None and entry["path"] == "/v1/nodes":
            node_uid, name = running[0], running[1]
            if name == "maintenance_on":
                ended[node_uid] = last_poll
            elif node_uid in ended:
                found.append(Drain(node_uid, last_poll - ended.pop(node_uid)))
            running = None
    return found

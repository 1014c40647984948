# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases to measure with, and emulated clusters that hold them."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.emulated import Emulated, emulated

PORTS_FROM = 20000  # of the objects; without a data plane nothing listens there
FIELDS: dict[str, Any] = {
    "memory_size": 100 * 1024 * 1024,
    "replication": False,
    "data_persistence": "aof",
    "eviction_policy": "allkeys-lru",
    "oss_cluster": False,
    "max_connections": 1000,
}
# Actions end at once: what is measured is the client's own time, and that of the requests.
_ARGUMENTS = ("--nodes", "3", "--data-plane", "none", "--time-scale", "0", "--node-memory", str(2**40))


def wanted(size: int, **changes: Any) -> list[dict[str, Any]]:
    """The databases as a user writes them."""
    return [{"name": f"bench-{uid:03}", **FIELDS, **changes} for uid in range(1, size + 1)]


def specimen() -> dict[str, Any]:
    """One database, as the emulated cluster shows it: the copies have all of its fields."""
    with emulated(*_ARGUMENTS) as cluster:
        cluster.api("POST", "/v1/bdbs", wanted(1)[0]).raise_for_status()
        return active(cluster, 1)[0]


def active(cluster: Emulated, size: int) -> list[dict[str, Any]]:
    """All databases, once there are as many as expected and none is under way; asked past the collection."""
    end = time.monotonic() + 30
    while True:
        bdbs: list[dict[str, Any]] = cluster.api("GET", "/v1/bdbs").json()
        if len(bdbs) == size and all(bdb["status"] == "active" for bdb in bdbs):
            return bdbs
        if time.monotonic() > end:
            raise SystemExit(f"benchmark: the cluster should have {size} active databases, and has {len(bdbs)}.")
        time.sleep(0.05)


def copies(original: dict[str, Any], size: int) -> list[dict[str, Any]]:
    """The specimen as `size` databases, each with its own uid, name, port and shard."""
    found = []
    for uid, item in enumerate(wanted(size), 1):
        port = PORTS_FROM + uid
        endpoint = {**original["endpoints"][0], "uid": f"{uid}:1", "port": port, "dns_name": f"redis-{port}.bench"}
        found.append({**original, **item, "uid": uid, "port": port, "shard_list": [uid], "endpoints": [endpoint]})
    return found


@contextlib.contextmanager
def holding(original: dict[str, Any], size: int, scratch: Path) -> Iterator[Emulated]:
    """A cluster that has `size` databases from the start."""
    path = scratch / f"load-{size}.json"
    path.write_text(json.dumps({"bdbs": copies(original, size)}))
    with emulated(*_ARGUMENTS, "--load", str(path)) as cluster:
        active(cluster, size)
        yield cluster


@contextlib.contextmanager
def without_databases() -> Iterator[Emulated]:
    with emulated(*_ARGUMENTS) as cluster:
        yield cluster


@contextlib.contextmanager
def replicated(size: int) -> Iterator[Emulated]:
    """A cluster whose databases were created through its API, so that it can move their shards and endpoints."""
    with emulated(*_ARGUMENTS) as cluster:
        for item in wanted(size, replication=True):
            cluster.api("POST", "/v1/bdbs", item).raise_for_status()
        active(cluster, size)
        yield cluster

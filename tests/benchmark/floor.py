# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: the calls that redis_bdb_set makes, in a bare script, with nothing of the collection and of Ansible.

python -m benchmark.floor FILE PARALLEL
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

FIELDS = (
    "uid,name,status,endpoints,memory_size,replication,data_persistence,eviction_policy,oss_cluster,max_connections"
)
FINISHED = ("completed", "failed", "cancelled", "aborted")


class Floor:
    """One session for each thread."""

    def __init__(self, cluster: dict[str, Any]) -> None:
        self._cluster = cluster
        self._local = threading.local()

    def call(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.auth = (self._cluster["username"], self._cluster["password"])
            session.verify = self._cluster["ca_cert"]
            session.trust_env = False
        answer = session.request(method, self._cluster["url"] + path, json=body, params=params, timeout=30)
        if answer.status_code != 404:
            answer.raise_for_status()
        return answer.json()

    def done(self, accepted: dict[str, Any]) -> None:
        """Wait for the action, then read the database."""
        while self.call("GET", f"/v1/actions/{accepted['action_uid']}").get("status", "completed") not in FINISHED:
            time.sleep(0.1)
        while self.call("GET", f"/v1/bdbs/{accepted['uid']}")["status"] != "active":
            time.sleep(0.1)

    def create(self, wanted: dict[str, Any]) -> None:
        self.done(self.call("POST", "/v1/bdbs", wanted))

    def change(self, uid: int, body: dict[str, Any]) -> None:
        self.done(self.call("PUT", f"/v1/bdbs/{uid}", body))


def main(path: str, parallel: int) -> None:
    """Read all databases once, compare, and send what differs."""
    data = json.loads(Path(path).read_text())
    floor = Floor(data["bench_cluster"])
    present = {bdb["name"]: bdb for bdb in floor.call("GET", "/v1/bdbs", fields=FIELDS)}
    with ThreadPoolExecutor(parallel) as pool:
        jobs = []
        for wanted in data["bench_databases"]:
            bdb = present.get(wanted["name"])
            if bdb is None:
                jobs.append(pool.submit(floor.create, wanted))
            elif body := {name: value for name, value in wanted.items() if bdb.get(name) != value}:
                jobs.append(pool.submit(floor.change, bdb["uid"], body))
        for job in jobs:
            job.result()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

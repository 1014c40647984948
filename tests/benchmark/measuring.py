# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measurement: a command against a cluster, and what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from support.emulated import BIN, Emulated

HERE = Path(__file__).resolve().parent
WRITES = ("POST", "PUT", "DELETE")
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss


@dataclass(frozen=True)
class Sample:
    """What one run cost; of a roll, what one node of it cost.

    `cpu` is the time that the client's processes spent on a processor, `writes` are those that the cluster took, and
    the peak is the resident memory of the largest process.
    """

    seconds: float
    cpu: float
    requests: int
    writes: int
    connections: int
    peak_mib: float


@dataclass(frozen=True)
class Usage:
    """What a command took from the machine: its wall time, and what it and the processes that it started have used."""

    seconds: float
    cpu: float
    peak_mib: float


def middle(samples: list[Sample]) -> Sample:
    """The median of each figure."""
    return Sample(
        seconds=median(sample.seconds for sample in samples),
        cpu=median(sample.cpu for sample in samples),
        requests=round(median(sample.requests for sample in samples)),
        writes=round(median(sample.writes for sample in samples)),
        connections=round(median(sample.connections for sample in samples)),
        peak_mib=median(sample.peak_mib for sample in samples),
    )


def command(way: str, variables: Path, parallel: int) -> list[str]:
    """The command line of a way to do the work; its play is the file of that name."""
    if way == "floor":
        return [sys.executable, "-m", "benchmark.floor", str(variables), str(parallel)]
    play, _dot, host = way.partition(".")
    inventory = ["--inventory", str(HERE / "plays" / "inventory.yml"), "--limit", host or "in_process"]
    extra = [] if play == "empty" else ["--extra-vars", f"@{variables}"]
    return [str(BIN / "ansible-playbook"), *inventory, *extra, str(HERE / "plays" / f"{play}.yml")]


def measure(
    way: str, cluster: Emulated, databases: list[dict[str, Any]], scratch: Path, *, parallel: int, latency: float
) -> Sample:
    """Run one way once; it ends the benchmark when the run fails."""
    variables = scratch / "variables.json"
    uids = {bdb["name"]: bdb["uid"] for bdb in cluster.api("GET", "/v1/bdbs?fields=uid,name").json()}
    variables.write_text(
        json.dumps(
            {
                "bench_cluster": {**cluster.connection, "url": cluster.urls[0]},
                "bench_databases": databases,
                "bench_objects": [{**item, "uid": uids.get(item["name"])} for item in databases],
                "bench_parallel": parallel,
            }
        )
    )
    environment = {
        **cluster.environment,
        "REDIS_ENTERPRISE_URL": cluster.urls[0],
        "ANSIBLE_CONNECTION_PLUGINS": str(HERE.parent / "support" / "connection"),
        "ANSIBLE_NOCOLOR": "1",
    }
    cluster.clear_journal()
    if latency:
        cluster.fault("latency", delay=latency)
    usage = run(command(way, variables, parallel), environment, scratch)
    if latency:
        cluster.control("DELETE", "/faults")
    journal = cluster.journal()
    return Sample(
        seconds=usage.seconds,
        cpu=usage.cpu,
        requests=len(journal),
        writes=sum(entry["method"] in WRITES and entry["status"] == 200 for entry in journal),
        connections=len({entry["connection"] for entry in journal}),
        peak_mib=usage.peak_mib,
    )


def run(arguments: list[str], environment: dict[str, str], scratch: Path) -> Usage:
    """Run a command; it ends the benchmark when the command fails."""
    with tempfile.TemporaryFile("w+", dir=scratch) as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            arguments, env=environment, cwd=scratch, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise SystemExit(f"benchmark: {' '.join(arguments)} failed:\n{output.read()[-4000:]}")
    return Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _UNIT / 2**20)

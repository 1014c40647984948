# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a roll costs beside its work: the time of a node without drain, hook and restore, and requests a node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from support.emulated import BIN

from benchmark import clusters
from benchmark.measuring import HERE, WRITES, Sample, run

NODES = 3
HOOK = HERE / "plays" / "hook.yml"
PLAYBOOK = "redis_enterprise.cluster.rolling_maintenance"
_ACTION = re.compile(r"/v1/nodes/(\d+)/actions/(maintenance_on|maintenance_off)")
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    """A stretch of time: a batch of hosts, or a task."""

    start: float
    end: float
    path: str = ""

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def holds(self, moments: Iterable[float]) -> bool:
        return any(self.start <= moment < self.end for moment in moments)


def batches(entries: Sequence[Entry]) -> list[Span]:
    """From the beginning of one batch to that of the next; the last one ends with the playbook."""
    moments = [entry["time"] for entry in entries if entry["event"] in ("batch", "over")]
    return [Span(start, end) for start, end in pairwise(moments)]


def tasks(entries: Sequence[Entry]) -> list[Span]:
    """From the start of each task to its last result; a task without a result, such as an import, is left out."""
    found: list[Span] = []
    current: Entry | None = None
    for entry in entries:
        if entry["event"] == "start":
            current = entry
            found.append(Span(entry["time"], entry["time"], entry["path"] or ""))
        elif entry["event"] == "end" and current is not None:
            found[-1] = Span(current["time"], entry["time"], current["path"] or "")
    return [span for span in found if span.seconds]


def rolls(entries: Sequence[Entry], actions: Sequence[float]) -> list[Span]:
    """The batches in which node actions were started; the others only plan."""
    return [batch for batch in batches(entries) if batch.holds(actions)]


def overhead(entries: Sequence[Entry], actions: Sequence[float]) -> float:
    """Seconds a node that are neither its drain nor its restoration, the tasks that started `actions`, nor the hook."""
    work = [task for task in tasks(entries) if task.holds(actions) or task.path.startswith(f"{HOOK}:")]
    return (sum(batch.seconds for batch in rolls(entries, actions)) - sum(task.seconds for task in work)) / NODES


def measure(size: int, scratch: Path) -> Sample:
    """Roll a cluster of three nodes with `size` replicated databases once. The figures but the peak are of one node."""
    inventory, notes = scratch / "roll.json", scratch / "stopwatch"
    inventory.write_text(json.dumps(_inventory()), encoding="utf-8")
    notes.unlink(missing_ok=True)
    with clusters.replicated(size) as cluster:
        environment = {
            **cluster.environment,
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE.parent / "support" / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "stopwatch",
            "ANSIBLE_HOME": str(scratch / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "STOPWATCH_FILE": str(notes),
        }
        cluster.clear_journal()
        hook = f"rolling_maintenance_tasks={HOOK}"
        usage = run([str(BIN / "ansible-playbook"), "-i", str(inventory), PLAYBOOK, "-e", hook], environment, scratch)
        journal = cluster.journal()
    entries = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    started = [entry for entry in journal if _ACTION.fullmatch(entry["path"]) and entry["method"] == "POST"]
    if len(started) != 2 * NODES or not any(entry.get("path", "").startswith(f"{HOOK}:") for entry in entries):
        raise SystemExit(f"benchmark: the roll is worth nothing: {len(started)} actions for {NODES} nodes.")
    moments = [entry["time"] for entry in started]
    rolled = [entry for entry in journal if any(batch.holds([entry["time"]]) for batch in rolls(entries, moments))]
    return Sample(
        seconds=overhead(entries, moments),
        cpu=usage.cpu / NODES,
        requests=round(len(rolled) / NODES),
        writes=round(sum(entry["method"] in WRITES and not entry["dry_run"] for entry in rolled) / NODES),
        connections=round(len({entry["connection"] for entry in rolled}) / NODES),
        peak_mib=usage.peak_mib,
    )


def _inventory() -> dict[str, Any]:
    """One host for each node, all of them this machine."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    hosts = {f"node{uid}": {"redis_node_uid": uid} for uid in range(1, NODES + 1)}
    return {"redis_enterprise_nodes": {"hosts": hosts, "vars": local}}

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolls over an emulated cluster: the shipped playbook or single phases of the role, and what they sent."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .emulated import BIN, WRITES, Emulated

PLAYBOOK = "redis_enterprise.cluster.rolling_maintenance"
ROLE = "redis_enterprise.cluster.rolling_maintenance"
ACTION = re.compile(r"/v1/nodes/(\d+)/actions/(\w+)")


@dataclass(frozen=True)
class Roll:
    """One run of a playbook: how it ended, what it printed, and what it sent."""

    code: int
    output: str
    journal: list[dict[str, t.Any]]

    @property
    def writes(self) -> list[dict[str, t.Any]]:
        return [entry for entry in self.journal if entry["method"] in WRITES and not entry["dry_run"]]

    @property
    def actions(self) -> list[str]:
        """The node actions that were started, such as C(maintenance_on 2), in order."""
        found = []
        for entry in self.writes:
            match = ACTION.fullmatch(entry["path"])
            assert match, f"an unexpected write: {entry['method']} {entry['path']}"
            found.append(f"{match[2]} {match[1]}")
        return found

    @property
    def text(self) -> str:
        """The output in one line, for sentences that may be broken anywhere."""
        return " ".join(self.output.split())


@dataclass
class Roller:
    """Runs playbooks with an inventory of one host for each node."""

    cluster: Emulated
    directory: Path
    nodes: t.Sequence[int] = (1, 2, 3)
    hosts: dict[str, dict[str, t.Any]] = field(default_factory=dict)  # other hosts than node1, node2...
    everywhere: dict[str, t.Any] = field(default_factory=dict)  # variables of all hosts, localhost too

    def command(self, playbook: str, variables: t.Mapping[str, t.Any], arguments: t.Sequence[str]) -> list[str]:
        hosts = self.hosts or {f"node{uid}": {"redis_node_uid": uid} for uid in self.nodes}
        group = {
            "hosts": hosts,
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "emulator_control": self.cluster.ready["control"],
            },
        }
        inventory = self.directory / "inventory.json"
        groups = {"redis_enterprise_nodes": group, "all": {"vars": self.everywhere}}
        inventory.write_text(json.dumps(groups), encoding="utf-8")
        extra = self.directory / "extra.json"
        extra.write_text(json.dumps(dict(variables)), encoding="utf-8")
        return [str(BIN / "ansible-playbook"), "-i", str(inventory), playbook, "-e", f"@{extra}", *arguments]

    def environment(self) -> dict[str, str]:
        home = self.directory / "ansible"
        return {
            **self.cluster.environment,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_REMOTE_TEMP": str(home / "tmp"),
        }

    def start(self, playbook: str = PLAYBOOK, *arguments: str, **variables: t.Any) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own, so that it can be killed as a whole."""
        self.cluster.clear_journal()
        return subprocess.Popen(
            self.command(playbook, variables, arguments),
            env=self.environment(),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, playbook: str = PLAYBOOK, *arguments: str, **variables: t.Any) -> Roll:
        with self.start(playbook, *arguments, **variables) as child:
            try:
                output = child.communicate(timeout=240)[0]
            finally:
                kill(child)
        return Roll(child.returncode, output, self.cluster.journal())

    def phases(self, *phases: str | t.Mapping[str, t.Any], serial: int = 1, **variables: t.Any) -> Roll:
        """Run single phases of the role in one play, with other tasks between them."""
        tasks = [
            {"name": phase, "ansible.builtin.include_role": {"name": ROLE, "tasks_from": phase}}
            if isinstance(phase, str)
            else phase
            for phase in phases
        ]
        play = {"name": "Phases", "hosts": "all", "gather_facts": False, "tasks": tasks}
        path = self.directory / "phases.json"
        path.write_text(json.dumps([{**play, **({"serial": serial} if serial else {})}]), encoding="utf-8")
        return self.run(str(path), **variables)

    def tasks(self, name: str, tasks: t.Sequence[t.Mapping[str, t.Any]]) -> str:
        """Write a file of tasks for the operator's hook; its path."""
        path = self.directory / name
        path.write_text(json.dumps(list(tasks)), encoding="utf-8")
        return str(path)

    def wait_for(self, action: str, seconds: float = 60.0) -> None:
        """Wait until the cluster was asked for this node action, such as C(maintenance_on 2)."""
        name, uid = action.split()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            path = f"/v1/nodes/{uid}/actions/{name}"
            if any(each["method"] == "POST" and each["path"] == path for each in self.cluster.journal()):
                return
            time.sleep(0.1)
        raise AssertionError(f"{action} did not come within {seconds:g} s")


def kill(child: subprocess.Popen[str]) -> None:
    """SIGKILL for a playbook and all of its workers."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

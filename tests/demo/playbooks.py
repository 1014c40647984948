# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks of the demo, as a user would, and ends them with the demo."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from redis_enterprise_emulator.launch import Launched

HERE = Path(__file__).resolve().parent
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"


class Playbooks:
    """ansible-playbook with an inventory of the emulated nodes; everything that it writes goes below C(directory)."""

    def __init__(self, emulator: Launched, directory: Path) -> None:
        self._directory = directory
        self._inventory = directory / "inventory.json"
        self._inventory.write_text(json.dumps(inventory(emulator)), encoding="utf-8")
        self._environment = {
            **os.environ,
            **emulator.environment(),
            "ANSIBLE_HOME": str(directory / "ansible"),
            "ANSIBLE_REMOTE_TEMP": str(directory / "ansible" / "tmp"),
        }

    def run(self, playbook: str, *arguments: str, quiet: bool = False) -> int:
        """Run it to its end and return its exit code; its output goes to ours, or only on failure when quiet."""
        command = [str(PLAYBOOK), "-i", str(self._inventory), playbook, *arguments]
        with self._started(command, quiet) as child:
            output = child.communicate()[0]
            if quiet and child.returncode:
                print(output, flush=True)
            return child.returncode

    @contextlib.contextmanager
    def _started(self, command: Sequence[str], quiet: bool) -> Iterator[subprocess.Popen[str]]:
        child = subprocess.Popen(
            command,
            env=self._environment,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            start_new_session=True,  # so that its workers can be ended with it
        )
        try:
            yield child
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()


def inventory(emulator: Launched) -> dict[str, object]:
    """One host for each node, all of them this machine."""
    return {
        "redis_enterprise_nodes": {
            "hosts": {f"node{uid}": {"redis_node_uid": uid} for uid in range(1, len(emulator.urls) + 1)},
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "emulator_control": emulator.control_url,
            },
        }
    }

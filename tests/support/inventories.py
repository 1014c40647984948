# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory files of the plugin redis_nodes, and what Ansible's commands make of them."""

from __future__ import annotations

import json
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from .emulated import BIN, Emulated

PASSWORD = "inv3ntory-s3cret"


@dataclass
class Inventory:
    """An inventory file, and the commands that read it."""

    cluster: Emulated
    folder: Path

    def environment(self, *without: str) -> dict[str, str]:
        own = {
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_INVENTORY_ENABLED": "auto",
        }
        return {name: value for name, value in {**self.cluster.environment, **own}.items() if name not in without}

    def write(self, name: str = "redis_nodes.yml", **options: t.Any) -> Path:
        path = self.folder / name
        path.write_text(yaml.safe_dump({"plugin": "redis_enterprise.cluster.redis_nodes", **options}), encoding="utf-8")
        return path

    def run(
        self, *arguments: str, command: str = "ansible-inventory", without: t.Sequence[str] = (), **variables: str
    ) -> subprocess.CompletedProcess[str]:
        self.cluster.clear_journal()
        return subprocess.run(
            [str(BIN / command), "-i", str(self.folder / "redis_nodes.yml"), *arguments],
            env={**self.environment(*without), **variables},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def graph(self, **options: t.Any) -> dict[str, list[str]]:
        """The groups with their members, as C(--graph) shows them."""
        self.write(**options)
        done = self.run("--graph")
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        groups: dict[str, list[str]] = {}
        for line in done.stdout.splitlines():
            name = line.lstrip(" |-")
            if name.startswith("@"):
                members = groups.setdefault(name.strip("@:"), [])
            elif name:
                members.append(name)
        del groups["all"], groups["ungrouped"]
        return groups

    def hosts(self, **options: t.Any) -> dict[str, dict[str, t.Any]]:
        """The variables of each host."""
        self.write(**options)
        done = self.run("--list")
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return hostvars(done.stdout)

    def refusal(self, *without: str, **options: t.Any) -> str:
        """What is said of a source that cannot be read; with the setting of the guide that is a failure."""
        self.write(**options)
        done = self.run("--graph", without=without, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true")
        assert done.returncode != 0, done.stdout
        assert PASSWORD not in done.stdout + done.stderr
        return " ".join(done.stderr.split())

    @property
    def requests(self) -> list[str]:
        return [entry["path"] for entry in self.cluster.journal()]


def hostvars(listing: str) -> dict[str, dict[str, t.Any]]:
    """The variables of each host in what C(--list) prints, without Ansible's marks of what is no template."""

    def bare(value: dict[str, t.Any]) -> t.Any:
        return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else value

    return dict(json.loads(listing, object_hook=bare)["_meta"]["hostvars"])

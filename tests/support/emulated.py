# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated cluster as a child process, and modules and playbooks run against it as a user would run them."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import requests

from redis_enterprise_emulator.launch import launch

MODULES = "ansible_collections.redis_enterprise.cluster.plugins.modules"
BIN = Path(sys.executable).parent
WRITES = ("POST", "PUT", "DELETE")


@dataclass(frozen=True)
class Run:
    """One run of a module: its result, what it sent, and all that it printed."""

    result: dict[str, t.Any]
    journal: list[dict[str, t.Any]]
    output: str

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def methods(self) -> list[str]:
        return [entry["method"] for entry in self.journal]

    @property
    def writes(self) -> list[dict[str, t.Any]]:
        """Requests that could change the cluster."""
        return [entry for entry in self.journal if entry["method"] in WRITES and not entry["dry_run"]]


@dataclass(frozen=True)
class Emulated:
    """A running emulated cluster and its control API."""

    ready: dict[str, t.Any]

    @property
    def urls(self) -> list[str]:
        return list(self.ready["urls"])

    @property
    def connection(self) -> dict[str, t.Any]:
        """Connection options of the modules."""
        names = ("username", "password", "ca_cert")
        return {"url": self.urls, **{name: self.ready[name] for name in names}}

    @property
    def environment(self) -> dict[str, str]:
        """The same, as environment variables."""
        return {
            **os.environ,
            "REDIS_ENTERPRISE_URL": ",".join(self.urls),
            "REDIS_ENTERPRISE_USER": self.ready["username"],
            "REDIS_ENTERPRISE_PASSWORD": self.ready["password"],
            "REDIS_ENTERPRISE_CA_CERT": self.ready["ca_cert"],
        }

    def control(self, method: str, path: str, body: t.Any = None) -> t.Any:
        response = requests.request(method, self.ready["control"] + path, json=body, timeout=30)
        response.raise_for_status()
        return response.json() if response.content else None

    def fault(self, kind: str, **options: t.Any) -> None:
        self.control("POST", "/faults", {"kind": kind, **options})

    def api(self, method: str, path: str, body: t.Any = None, *, node: int = 1) -> requests.Response:
        """A request to the REST API that goes past the collection."""
        return requests.request(
            method,
            self.urls[node - 1] + path,
            json=body,
            auth=(self.ready["username"], self.ready["password"]),
            verify=self.ready["ca_cert"],
            timeout=30,
        )

    def journal(self) -> list[dict[str, t.Any]]:
        answer = self.control("GET", "/journal")
        return list(answer["requests"] if isinstance(answer, dict) else answer)

    def clear_journal(self) -> None:
        self.control("DELETE", "/journal")

    def wait_for(self, method: str, path: str, seconds: float = 60.0) -> None:
        """Until the cluster was asked this; for what has to happen while a task runs."""
        end = time.monotonic() + seconds
        while not any((entry["method"], entry["path"]) == (method, path) for entry in self.journal()):
            assert time.monotonic() < end, f"no {method} {path}"
            time.sleep(0.05)

    def run(self, module: str, *, check: bool = False, **options: t.Any) -> Run:
        """Run a module in a process of its own, as Ansible does, with diff mode on."""
        self.clear_journal()
        arguments = {**self.connection, **options, "_ansible_check_mode": check, "_ansible_diff": True}
        done = subprocess.run(
            [sys.executable, "-m", f"{MODULES}.{module}"],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        assert lines, done.stdout + done.stderr
        return Run(json.loads(lines[-1]), self.journal(), done.stdout + done.stderr)

    def prove(self, module: str, *, gets: int | None = None, **options: t.Any) -> Run:
        return prove(functools.partial(self.run, module, **options), gets=gets)


def prove(run: t.Callable[..., Run], *, gets: int | None = None) -> Run:
    """The gates of every module: check mode writes nothing and says what the real run says; the second run only reads.

    C(run) takes C(check); C(gets) is the most requests of the second run. Returns the real run.
    """
    checked = run(check=True)
    assert not checked.result.get("failed"), checked.result
    assert checked.writes == [], "check mode has written"
    real = run()
    assert not real.result.get("failed"), real.result
    assert (checked.changed, checked.result.get("diff")) == (real.changed, real.result.get("diff"))
    assert bool(real.writes) is real.changed
    prove_converged(run, gets=gets)
    return real


def prove_converged(run: t.Callable[..., Run], *, gets: int | None = None) -> None:
    again = run()
    assert not again.result.get("failed"), again.result
    assert not again.changed, f"the second run reports a change: {again.result.get('diff')}"
    assert set(again.methods) == {"GET"}
    if gets is not None:
        assert len(again.methods) <= gets, [entry["path"] for entry in again.journal]


def playbook(
    path: Path | str, *arguments: str, environment: t.Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook to its end; standard error is part of the output."""
    return subprocess.run(
        [str(BIN / "ansible-playbook"), str(path), *arguments],
        env={**(environment or os.environ), "ANSIBLE_NOCOLOR": "1"},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )


@contextlib.contextmanager
def emulated(*arguments: str) -> t.Iterator[Emulated]:
    """Start an emulated cluster on free ports; it ends with the block, or with this process.

    It fills in the rules of sharding, which the collection leaves out and releases from 7.8.2 on insist on.
    """
    with launch("--shard-rules", "filled", *arguments) as running:
        yield Emulated(
            {
                "urls": running.urls,
                "username": running.username,
                "password": running.password,
                "ca_cert": running.ca_cert,
                "control": running.control_url,
            }
        )

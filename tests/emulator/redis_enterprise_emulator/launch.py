# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the emulator as a process of its own, for tests and for the demo."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

PACKAGE_PARENT = Path(__file__).resolve().parents[1]
READY_WITHIN = 30.0  # seconds; a loaded machine is slow, a normal start takes less than one


class LaunchError(Exception):
    """The emulator did not start; the message holds what it wrote to stderr."""


class ControlError(Exception):
    """The control API refused; the message is its description."""


@dataclass
class Launched:
    """A running emulator. Use it as a context manager, or call stop()."""

    urls: list[str]
    username: str
    password: str
    ca_cert: str
    control_url: str
    pid: int
    data_plane: str
    process: subprocess.Popen[str]
    errors: IO[str]  # the open file of its stderr

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API; the answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control_url + path, data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(error.read().decode()) from None

    def environment(self) -> dict[str, str]:
        """The variables with which the collection finds this cluster."""
        return {
            "REDIS_ENTERPRISE_URL": ",".join(self.urls),
            "REDIS_ENTERPRISE_USER": self.username,
            "REDIS_ENTERPRISE_PASSWORD": self.password,
            "REDIS_ENTERPRISE_CA_CERT": self.ca_cert,
        }

    def stderr(self) -> str:
        self.errors.seek(0)
        return str(self.errors.read())

    def stop(self) -> int:
        """End it and wait; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.errors.close()
        return code

    def __enter__(self) -> Launched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _ready_line(process: subprocess.Popen[str]) -> str:
    if process.stdout is None:
        return ""
    end = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.1)[0]:
            break
    else:
        if process.poll() is None:
            return ""
    return process.stdout.readline()


def _unnamed_file() -> IO[str]:
    """A file for stderr: an unread pipe could fill up and block the emulator."""
    return tempfile.TemporaryFile("w+")


def launch(*arguments: str, environment: Mapping[str, str] | None = None) -> Launched:
    """Start it with these command line arguments and wait for its ready line.

    It ends with the thread that calls this, should that end before stop() is called (Linux).
    """
    errors = _unnamed_file()
    variables = {**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "redis_enterprise_emulator", "--die-with-parent", *arguments],
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=variables,
    )
    line = _ready_line(process)
    if not line.strip():
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        errors.seek(0)
        message = errors.read().strip()
        errors.close()
        raise LaunchError(message or "The emulator said nothing.")
    ready = json.loads(line)
    return Launched(
        urls=ready["urls"],
        username=ready["username"],
        password=ready["password"],
        ca_cert=ready["ca_cert"],
        control_url=ready["control"],
        pid=ready["pid"],
        data_plane=ready["data_plane"],
        process=process,
        errors=errors,
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A shard: one server process on a unix socket, and what can be asked of it."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .admin import Admin
from .base import DataPlaneError, ShardSpec
from .nest import Nest

START_TIMEOUT = 15.0
SYNC_TIMEOUT = 60.0
POLL = 0.002


class ShardProcess:
    """One process. A shard that migrates or restarts gets another one under the same uid."""

    def __init__(self, nest: Nest, server: Path, spec: ShardSpec, number: int, directory: Path | None = None) -> None:
        self.spec = spec
        self.socket_path = nest.directory / f"{spec.uid}-{number}.sock"
        # The directory of a shard that persists is handed on to the process that replaces a killed one.
        self.directory = directory or nest.directory / f"{spec.uid}-{number}"
        self.password = secrets.token_hex(16)
        self.admin = Admin(self.socket_path, self.password, f"shard {spec.uid}")
        self._nest = nest
        self._server = server
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._wake: asyncio.TimerHandle | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def paused(self) -> bool:
        return self._wake is not None

    async def start(self) -> None:
        """Return when the shard answers, or raise with what it said."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        log = self.directory / "log"
        with log.open("wb") as output:
            self._process = self._nest.spawn([str(self._server), "-"], self._config().encode(), output)
        await until_ok(lambda: self._problem_at_start(log), START_TIMEOUT)

    def kill(self) -> None:
        """SIGKILL, at once; data in the append-only file stays."""
        self._cancel_wake()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
        self.admin.close()

    async def end(self, *, forget: bool) -> None:
        """Kill, wait until the process is gone, and remove its data if they are to be forgotten."""
        self.kill()
        while self.alive:
            await asyncio.sleep(POLL)
        self.socket_path.unlink(missing_ok=True)
        if forget:
            shutil.rmtree(self.directory, ignore_errors=True)

    def pause(self, seconds: float) -> None:
        """SIGSTOP for a while."""
        if self._process is None or not self.alive:
            raise DataPlaneError(f"shard {self.spec.uid} does not run, so it cannot be delayed.")
        self._cancel_wake()
        self._process.send_signal(signal.SIGSTOP)
        self._wake = asyncio.get_running_loop().call_later(seconds, self.resume)

    def resume(self) -> None:
        self._cancel_wake()
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGCONT)

    async def answers(self) -> bool:
        if not self.alive or self.paused:
            return False
        try:
            await self.admin.call("PING", timeout=0.5)
        except DataPlaneError:
            return False
        return True

    async def info(self, section: str = "", *, timeout: float = 2.0) -> dict[str, str]:
        """Fields of INFO. A process known to stand still is not asked, because it could only time out."""
        if self.paused:
            raise DataPlaneError(f"shard {self.spec.uid} stands still.")
        reply: bytes = await self.admin.call("INFO", *([section] if section else []), timeout=timeout)
        lines = (line.partition(":") for line in reply.decode(errors="replace").splitlines() if ":" in line)
        return {name: value for name, _colon, value in lines}

    async def offset(self) -> int:
        return int((await self.info("replication"))["master_repl_offset"])

    async def tcp_port(self) -> int:
        """The port on which replicas reach this shard; opened when first asked for."""
        for _attempt in range(10):
            if self._port:
                return self._port
            port = _free_port()
            try:
                await self.admin.call("CONFIG", "SET", "port", port)
            except DataPlaneError:
                if not self.alive:
                    raise
                continue  # another process took the port in between
            self._port = port
        raise DataPlaneError(f"shard {self.spec.uid} found no free port for replication.")

    async def attach(self, master: ShardProcess) -> None:
        """Become a replica and wait until writes arrive (after a first full synchronisation if one is needed)."""
        port = await master.tcp_port()
        full_syncs = await master.full_syncs()
        await self.admin.call("CONFIG", "SET", "masterauth", master.password)
        await self.admin.call("REPLICAOF", "127.0.0.1", port)
        await self.wait_for_link(lambda: master.alive, SYNC_TIMEOUT)
        if await master.full_syncs() > full_syncs:
            # After a full synchronisation a master keeps writes back until the replica's next acknowledgement, up to
            # a second later, which would be a second for which a switch holds its clients. A link that is made
            # anew resumes at once.
            await master.wait_for_transfers()
            await self.admin.call("CLIENT", "KILL", "TYPE", "master")
            await self.wait_for_link(lambda: master.alive, SYNC_TIMEOUT)
        if self.spec.persist:
            await self._wait_for_file()

    async def full_syncs(self) -> int:
        return int((await self.info("stats"))["sync_full"])

    async def wait_for_transfers(self) -> None:
        """Return when no replica is being sent a full synchronisation."""

        async def problem() -> str:
            info = await self.info("replication")
            states = [value for name, value in info.items() if name.startswith("slave") and "state=" in value]
            done = all("state=online" in state for state in states)
            return "" if done else f"shard {self.spec.uid} is still sending its data"

        await until_ok(problem, SYNC_TIMEOUT)

    async def wait_for_link(self, master_alive: Callable[[], bool], timeout: float) -> None:
        async def problem() -> str:
            status = (await self.info("replication")).get("master_link_status")
            if status != "up" and not master_alive():
                raise DataPlaneError(f"shard {self.spec.uid} lost its master before it was in sync.")
            return "" if status == "up" else f"shard {self.spec.uid} is not in sync with its master (link: {status})"

        await until_ok(problem, timeout)

    async def _wait_for_file(self) -> None:
        """After a full synchronisation the append-only file is written anew; until then a kill would lose it all."""

        async def problem() -> str:
            info = await self.info("persistence")
            done = info["aof_rewrite_in_progress"] == info["aof_rewrite_scheduled"] == "0"
            return "" if done else f"shard {self.spec.uid} is still writing its append-only file"

        await until_ok(problem, SYNC_TIMEOUT)

    async def _problem_at_start(self, log: Path) -> str:
        if not self.alive:
            raise DataPlaneError(f"shard {self.spec.uid} did not start: {_last_words(log)}")
        try:
            await self.admin.call("PING")
        except DataPlaneError as error:  # not listening yet, or loading its append-only file
            return f"shard {self.spec.uid} does not answer ({error})"
        return ""

    async def configure(self, *, memory_limit: int, eviction_policy: str) -> None:
        self.spec = replace(self.spec, memory_limit=memory_limit, eviction_policy=eviction_policy)
        if self.alive:
            policy = policy_name(eviction_policy)
            await self.admin.call("CONFIG", "SET", "maxmemory", memory_limit, "maxmemory-policy", policy)

    def _cancel_wake(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
        self._wake = None

    def _config(self) -> str:
        """Goes in through stdin, so that no password shows in the list of processes."""
        persist = "yes" if self.spec.persist else "no"
        settings = {
            "port": "0",
            "bind": "127.0.0.1",
            "unixsocket": f'"{self.socket_path}"',
            "unixsocketperm": "700",
            "dir": f'"{self.directory}"',
            "databases": "1",
            "requirepass": self.password,
            "save": '""',
            "appendonly": persist,
            "appendfsync": "always",
            "maxmemory": str(self.spec.memory_limit),
            "maxmemory-policy": policy_name(self.spec.eviction_policy),
            "repl-diskless-sync": "yes",
            "repl-diskless-sync-delay": "0",
            "repl-diskless-load": "swapdb",
            "repl-backlog-size": "32mb",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())


@dataclass
class Shard:
    """What the plane knows of a shard: its present process, and whose replica it is."""

    process: ShardProcess
    master_uid: int | None = None
    last_offset: int = 0  # as last seen; a shard that stands still cannot be asked

    @property
    def uid(self) -> int:
        return self.process.spec.uid

    @property
    def bdb_uid(self) -> int:
        return self.process.spec.bdb_uid


async def until_ok(look: Callable[[], Awaitable[str]], timeout: float, pause: float = POLL) -> None:
    """Look again and again until there is no problem; when time runs out, the last problem is the error."""
    deadline = time.monotonic() + timeout
    while problem := await look():
        if time.monotonic() > deadline:
            raise DataPlaneError(f"{problem} after {timeout:g} s.")
        await asyncio.sleep(pause)


def policy_name(eviction_policy: str) -> str:
    """The API and the server spell the policies alike, but for older objects with underscores."""
    return eviction_policy.replace("_", "-") or "noeviction"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    if not lines:
        return "it wrote nothing."
    # In front of a complaint about a setting stands the setting.
    return " ".join(lines[-2:]) if len(lines) > 1 and lines[-2].startswith(">>>") else lines[-1]

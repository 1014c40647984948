# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: parses the options, prints the ready line, and shuts down cleanly."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .emulator import Emulator, Options
from .listeners import ListenError
from .loading import LoadError
from .settings import CHOICES
from .versions import parse_version

PR_SET_PDEATHSIG = 1


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number")
    return int(text)


def _scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1000:
        raise argparse.ArgumentTypeError(f"'{text}' is no factor from 0 to 1000")
    return value


def _version(text: str) -> str:
    try:
        parse_version(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def parser() -> argparse.ArgumentParser:
    usage = argparse.ArgumentParser(
        prog="redis_enterprise_emulator",
        description="An emulated Redis Enterprise Software cluster: the REST API, with real data behind it.",
    )
    add = usage.add_argument
    add("--nodes", type=_positive, default=3, metavar="N", help="how many nodes (default: 3)")
    add("--base-port", type=_positive, metavar="PORT", help="port of the API (default: a free one)")
    add("--version", type=_version, default="8.0.16", metavar="X.Y.Z", help="release to emulate (default: 8.0.16)")
    add("--data-plane", choices=("redis", "none"), default="redis", help="real shards, or REST only")
    add("--load", type=Path, metavar="FILE", help="JSON file with bdbs, nodes, cluster, actions to serve as they are")
    add("--time-scale", type=_scale, default=1.0, metavar="F", help="factor on all durations (default: 1.0)")
    add("--username", default="admin@cluster.local", help="administrator (default: admin@cluster.local)")
    add("--password", default="", help="the administrator's password (default: a random one)")
    add("--ca-out", type=Path, metavar="FILE", help="where to write the CA certificate")
    add("--ready-file", type=Path, metavar="FILE", help="file that gets the ready line too")
    add("--rack", metavar="R1,R2,…", help="rack id of each node; makes the cluster rack-aware")
    add("--node-memory", type=_positive, metavar="BYTES", default=Options.node_memory, help="memory of each node")
    add("--shards-limit", type=_positive, metavar="N", default=Options.shards_limit, help="shards of the licence")
    add("--redirect", action="store_true", help="nodes other than the primary answer 307")
    add(
        "--shard-rules",
        choices=CHOICES["shard_rules"],
        default=Options.shard_rules,
        help="whether sharding needs shard_key_regex where the release demands it (default: required)",
    )
    add("--quorum-only", metavar="UID,…", default="", help="nodes that take no shards")
    add("--die-with-parent", action="store_true", help="end when the process that started this one ends (Linux)")
    return usage


def options_of(arguments: argparse.Namespace, usage: argparse.ArgumentParser) -> Options:
    racks = tuple(arguments.rack.split(",")) if arguments.rack else ()
    if racks and len(racks) != arguments.nodes:
        usage.error(f"--rack names {len(racks)} racks for {arguments.nodes} nodes; name one for each.")
    if arguments.nodes > 200:
        usage.error("--nodes can be 200 at most.")
    return Options(
        nodes=arguments.nodes,
        base_port=arguments.base_port,
        version=arguments.version,
        data_plane=arguments.data_plane,
        load=arguments.load,
        time_scale=arguments.time_scale,
        username=arguments.username,
        password=arguments.password,
        ca_out=arguments.ca_out,
        racks=racks,
        node_memory=arguments.node_memory,
        shards_limit=arguments.shards_limit,
        redirect=arguments.redirect,
        shard_rules=arguments.shard_rules,
        quorum_only=_quorum_only(arguments, usage),
    )


def _quorum_only(arguments: argparse.Namespace, usage: argparse.ArgumentParser) -> tuple[int, ...]:
    named = [uid for uid in arguments.quorum_only.split(",") if uid]
    if not all(uid.isdigit() and 1 <= int(uid) <= arguments.nodes for uid in named):
        usage.error(f"--quorum-only takes uids of nodes from 1 to {arguments.nodes}, parted by commas.")
    return tuple(int(uid) for uid in named)


def _die_with_parent(parent: int) -> bool:
    """Ask for SIGTERM when the parent ends; False if it has ended already."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def _write_atomically(path: Path, text: str) -> None:
    """The file holds the password, so only its owner may read it; readers never see half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
    partial.replace(path)


async def _run(options: Options, ready_file: Path | None) -> None:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)

    def shut_down() -> None:
        loop.call_later(0.05, end.set)  # the request to shut down still gets its answer

    emulator = await Emulator.start(options, shut_down)
    try:
        ready: dict[str, Any] = {
            "urls": emulator.urls,
            "username": emulator.admin.name,
            "password": emulator.admin.password,
            "ca_cert": str(emulator.write_ca()),
            "control": emulator.control_url,
            "pid": os.getpid(),
            "data_plane": emulator.cluster.plane.name,
        }
        line = json.dumps(ready)
        if ready_file is not None:
            _write_atomically(ready_file, line)
        print(line, flush=True)
        await end.wait()
    finally:
        await emulator.close()
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


def main(argv: Sequence[str] | None = None) -> int:
    parent = os.getppid()
    usage = parser()
    arguments = usage.parse_args(argv)
    options = options_of(arguments, usage)
    if arguments.die_with_parent and not _die_with_parent(parent):
        return 1
    try:
        asyncio.run(_run(options, arguments.ready_file))
    except (ListenError, LoadError, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1
    return 0

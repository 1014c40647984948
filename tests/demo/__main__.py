# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m demo: rolling maintenance of an emulated cluster under load. Exit code 0 only if nothing was lost."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from redis_enterprise_emulator.launch import ControlError, Launched, LaunchError, launch

from .cluster import Cluster, drains
from .playbooks import HERE, Playbooks
from .report import Observed, faults, last_line, table
from .workload import Workload, WorkloadError

NODES = 3
LEAST_WRITES = 10_000
LONGEST_WAIT = 60.0  # seconds for which is waited, after the roll, until enough has been written


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument(
        "--undrained", action="store_true", help="stop a node that was not drained; data is lost, so the demo must fail"
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored
    try:
        return demo(undrained=options.undrained)
    except KeyboardInterrupt:
        print("\nInterrupted; everything that was started has been ended.", file=sys.stderr)
        return 130
    except (LaunchError, ControlError, WorkloadError, OSError) as error:  # OSError: the emulator is gone
        print(f"FAIL: {error}")
        return 1


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def demo(*, undrained: bool = False) -> int:
    started = time.monotonic()
    with contextlib.ExitStack() as ends:
        directory = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="redis-enterprise-demo-")))
        emulator = ends.enter_context(launch("--nodes", str(NODES), "--data-plane", "redis", "--shard-rules", "filled"))
        if emulator.data_plane != "redis":
            raise LaunchError(emulator.stderr().strip())
        _say(f"An emulated cluster of {NODES} nodes is up; its shards are real processes. Creating databases.")
        cluster = ends.enter_context(contextlib.closing(Cluster(emulator)))
        playbooks = Playbooks(emulator, directory)
        if playbooks.run(str(HERE / "databases.yml"), quiet=True):
            raise LaunchError("the databases could not be created; see above")
        seen = _roll(emulator, cluster, playbooks, undrained)
    _say("\n".join(["", *table(seen), "", f"It took {time.monotonic() - started:.0f} s."]))
    _say(last_line(seen))
    return 1 if faults(seen) else 0


def _roll(emulator: Launched, cluster: Cluster, playbooks: Playbooks, undrained: bool) -> Observed:
    before = cluster.layout()
    workload = Workload(cluster.targets())
    workload.start()
    try:
        _say("Writers write to every database. The roll begins.")
        emulator.control("DELETE", "/journal")
        if undrained:
            victim = f"node{cluster.node_of_database('single')}"
            code = playbooks.run(str(HERE / "undrained.yml"), "-e", f"victim={victim}")
        else:
            hook = f"rolling_maintenance_tasks={HERE / 'hook.yml'}"
            code = playbooks.run("redis_enterprise.cluster.rolling_maintenance", "-e", hook)
        _wait_for_writes(workload)
    finally:
        workload.stop()
    journal = emulator.control("GET", "/journal")
    return Observed(
        before=before,
        after=cluster.layout(),
        drains=drains(journal["requests"] if isinstance(journal, dict) else journal),
        outcomes=workload.check(),
        playbook_code=code,
        least_writes=LEAST_WRITES,
    )


def _wait_for_writes(workload: Workload) -> None:
    end = time.monotonic() + LONGEST_WAIT
    while workload.acknowledged < LEAST_WRITES and time.monotonic() < end:
        time.sleep(0.2)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

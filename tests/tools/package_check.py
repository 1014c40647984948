# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the collection's tarball, looks into it, installs it into an empty path and runs a playbook from there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checkout import ROOT, sources

PLAYBOOK = Path(__file__).with_suffix(".yml")
WRITTEN_BY_THE_BUILD = {"MANIFEST.json", "FILES.json"}
NOT_PACKAGED = {"galaxy.yml"}  # becomes MANIFEST.json


def ansible(*arguments: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> None:
    """Run one of Ansible's commands; show what it said only when it failed."""
    command = [str(argument) for argument in arguments]
    result = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {result.returncode}:\n{result.stdout}")


def check_contents(tarball: Path) -> None:
    """The tarball holds what git knows, apart from git's own files, and nothing that development left behind."""
    with tarfile.open(tarball) as archive:
        packed = {member.name for member in archive.getmembers() if not member.isdir()} - WRITTEN_BY_THE_BUILD
    wanted = {source.as_posix() for source in sources() if not source.parts[0].startswith(".git")} - NOT_PACKAGED
    if packed != wanted:
        sys.exit(
            "The tarball differs from what git lists; correct build_ignore in galaxy.yml, or .gitignore.\n"
            f"  only in the tarball: {sorted(packed - wanted)}\n  missing from it: {sorted(wanted - packed)}"
        )


@contextmanager
def emulated_cluster() -> Iterator[dict[str, object]]:
    """A cluster of one node, without a data plane; yields its ready line."""
    command = [sys.executable, "-m", "redis_enterprise_emulator", "--nodes", "1", "--data-plane", "none"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as emulator:
        try:
            assert emulator.stdout is not None
            line = emulator.stdout.readline()
            if not line:
                sys.exit("The emulated cluster did not start; see its message above.")
            yield json.loads(line)
        finally:
            emulator.send_signal(signal.SIGTERM)


def main() -> None:
    """Build, look, install, verify, use."""
    with tempfile.TemporaryDirectory(prefix="package-") as scratch:
        empty = Path(scratch)
        ansible("ansible-galaxy", "collection", "build", "--output-path", empty, cwd=ROOT)
        [tarball] = empty.glob("*.tar.gz")
        check_contents(tarball)
        print(f"{tarball.name}: {tarball.stat().st_size // 1024} KiB")

        # The link in .venv counts as an installed collection, and would hide a mistake in the tarball.
        installed = empty / "collections"
        alone = {"ANSIBLE_COLLECTIONS_PATH": str(installed), "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
        ansible(
            "ansible-galaxy",
            "collection",
            "install",
            "--offline",
            "-p",
            installed,
            tarball,
            cwd=empty,
            environment=alone,
        )
        name = "redis_enterprise.cluster"
        ansible("ansible-galaxy", "collection", "verify", "--offline", name, cwd=empty, environment=alone)
        with emulated_cluster() as cluster:
            variables = empty / "cluster.json"
            variables.write_text(json.dumps({"cluster": cluster}), encoding="utf-8")
            ansible("ansible-playbook", PLAYBOOK, "-e", f"@{variables}", cwd=empty, environment=alone)
    print("The collection works from its tarball.")


if __name__ == "__main__":
    main()

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the shards live: a private directory and a process group that both end with the emulator.

A small shell process waits for the end of a pipe that only the emulator holds. However the emulator ends, SIGKILL
included, the pipe closes, and the shell removes the directory and kills its process group, which all shards belong to.
Unlike a parent-death signal this needs no code between fork and exec, does not care which thread started a shard, and
works wherever there is a POSIX shell.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

# When the emulator dies, the group is orphaned, and if one of it stands still, the kernel sends SIGHUP to all of it.
WATCH = 'trap "" HUP INT QUIT TERM; while read -r _; do :; done; rm -rf -- "$1"; kill -KILL 0'
# A socket's path must fit into 108 bytes; leave room for the names below the directory.
LONGEST_DIRECTORY = 70


class Nest:
    """Starts processes that cannot outlive the emulator, in a directory that cannot either."""

    def __init__(self) -> None:
        # mkdtemp gives mode 0700.
        self.directory = Path(tempfile.mkdtemp(prefix="re-"))
        if len(str(self.directory)) > LONGEST_DIRECTORY:
            self.directory.rmdir()
            self.directory = Path(tempfile.mkdtemp(prefix="re-", dir="/tmp"))
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", WATCH, "watch", str(self.directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def spawn(self, command: list[str], stdin: bytes, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """A process of the group; stdin is a file, so that nothing blocks however slowly it is read."""
        with tempfile.TemporaryFile(dir=self.directory) as text:
            text.write(stdin)
            text.seek(0)
            return subprocess.Popen(
                command,
                stdin=text,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=self._watcher.pid,
                cwd=self.directory,
            )

    def close(self) -> None:
        """End whatever is left of the group and remove the directory."""
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._watcher.stdin is not None:
            self._watcher.stdin.close()
        self._watcher.wait()

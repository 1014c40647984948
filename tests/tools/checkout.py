# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the collection's sources at the place where Ansible's own tools want them.

ansible-test insists on a directory …/ansible_collections/redis_enterprise/cluster that is no link, and it looks at all
that it finds there. So it gets what git knows or would add, and nothing else.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def sources() -> list[Path]:
    """The collection's files, relative to its root: those which git tracks and those which it would add."""
    # A checkout that belongs to another user, as in many containers, is still the one to test.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        sys.exit(f"git cannot list the files in {ROOT}: work in a git checkout, with git on PATH.")
    names = sorted(set(listing.split("\0")) - {""})
    return [Path(name) for name in names if (ROOT / name).is_file()]


@contextmanager
def checkout() -> Iterator[Path]:
    """A temporary copy of the sources; yields its root."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as scratch:
        tree = Path(scratch, "ansible_collections", "redis_enterprise", "cluster")
        for source in sources():
            target = tree / source
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / source, target, follow_symlinks=False)
        yield tree

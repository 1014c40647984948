# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the documentation of all plugins and roles, and the extra pages under docs/docsite."""

from __future__ import annotations

import subprocess
import sys

from checkout import checkout


def main() -> int:
    """Lint a copy of the sources, so that nothing which git ignores is looked at."""
    with checkout() as tree:
        command = ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--check-extra-docs-refs"]
        command += ["--validate-collection-refs=dependent", "--disallow-unknown-collection-refs", "."]
        return subprocess.run(command, cwd=tree, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

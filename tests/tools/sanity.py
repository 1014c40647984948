# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `ansible-test sanity` on a copy of the sources. More arguments go to ansible-test.

ansible-test makes virtual environments of its own, with two habits that fail behind a proxy or on a closed network:
it downloads pip's bootstrap script from a site apart, and it starts pip without the caller's variables. So it gets a
bootstrap script which uses the pip that comes with Python, and a pip.conf which says what those variables say.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ansible_test
from checkout import checkout

# What decides from where pip gets a package, and by which way.
SETTINGS = (
    "cert",
    "client-cert",
    "extra-index-url",
    "find-links",
    "index-url",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
BOOTSTRAP = """\
import subprocess
import sys

packages = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install"] + packages)
"""


def pip_version() -> str:
    """The version of pip that this ansible-test puts into its environments."""
    source = Path(ansible_test.__path__[0], "_internal", "python_requirements.py").read_text(encoding="utf-8")
    match = re.search(r"pip='([0-9.]+)'", source)
    if match is None:
        sys.exit("This ansible-test bootstraps pip in another way; adapt pip_version() in tests/tools/sanity.py.")
    return match.group(1)


def pip_settings() -> dict[str, str]:
    """The settings of the caller's pip; a variable goes before a file, as it does in pip."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    # A caller who installs with --user by default would get his own file listed, and no other.
    environment = os.environ | {"HOME": os.environ["CALLER_HOME"], "PIP_USER": "0"}
    listing = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, dict[str, str]] = {}
    for line in listing.splitlines():
        name, value = line.split("=", 1)
        section, key = name.rsplit(".", 1)
        if key in SETTINGS:
            found.setdefault(section, {})[key] = str(ast.literal_eval(value))
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    settings = {"proxy": proxy} if proxy else {}
    for section in ("global", "install", ":env:"):
        settings |= found.get(section, {})
    return settings


@contextmanager
def prepared_pip(home: Path) -> Iterator[None]:
    """Put the bootstrap script and pip.conf where ansible-test looks; the latter may hold a password, so it goes."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"get_pip_{pip_version().replace('.', '_')}.py").write_text(BOOTSTRAP, encoding="utf-8")
    config = home / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {' '.join(value.split())}\n" for name, value in pip_settings().items()]
    config.unlink(missing_ok=True)
    with open(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(["[global]\n", "quiet = 1\n", *lines])
    try:
        yield
    finally:
        config.unlink(missing_ok=True)


def main() -> int:
    """Run the tests with the interpreter that runs this file."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["ansible-test", "sanity", "--local", "--python", version, *sys.argv[1:]]
    with prepared_pip(Path.home()), checkout() as tree:
        return subprocess.run(command, cwd=tree, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

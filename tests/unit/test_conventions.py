# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every file of the collection, and would otherwise have to be found in review."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml
from support.tree import ROOT, load, python_files, text

HEADER = [
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
]
COLLECTION = "ansible_collections.redis_enterprise.cluster"
EMULATOR = "redis_enterprise_emulator"
LONGEST = 400
# Files that may be longer, each with the reason.
MAY_BE_LONGER: dict[str, str] = {}


def imported(path: Path) -> Iterator[str]:
    """The full name of everything that a file imports, wherever in the file; its own package's as `.name`."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module.removesuffix('.')}.{alias.name}" for alias in node.names)


def is_part_of(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of `packages` or lies in one of them."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def test_every_module_says_since_when_it_exists() -> None:
    version = load("galaxy.yml")["version"]
    unsaid = []
    for path in python_files("plugins/modules"):
        for node in ast.parse(text(path)).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
                added = yaml.safe_load(ast.literal_eval(node.value)).get("version_added", "")
                numbers = [int(part) for part in str(added).split(".") if part]
                if len(numbers) != 3 or numbers > [int(part) for part in version.split(".")]:
                    unsaid.append(f"{path}: version_added {added!r}")
    assert not unsaid


def test_every_python_file_begins_with_the_licence() -> None:
    def header(path: Path) -> list[str]:
        lines = text(path).splitlines()
        return lines[1:3] if lines and lines[0].startswith("#!") else lines[:2]

    files = python_files(".")
    assert files
    assert not [str(path) for path in files if text(path) and header(path) != HEADER]


def test_every_python_file_postpones_annotations() -> None:
    files = [path for path in python_files(".") if path.name != "__init__.py"]
    assert not [str(path) for path in files if "__future__.annotations" not in imported(path)]


def test_no_file_is_too_long() -> None:
    lengths = {path.as_posix(): len(text(path).splitlines()) for path in python_files("plugins", "tests/emulator")}
    assert {name for name, length in lengths.items() if length > LONGEST} == set(MAY_BE_LONGER)


def test_plugins_import_only_what_a_user_has() -> None:
    allowed = {*sys.stdlib_module_names, "requests", "urllib3", "ansible"}  # requests stands on urllib3
    foreign = [
        f"{path}: {name}"
        for path in python_files("plugins")
        for name in imported(path)
        if not name.startswith(".") and name.partition(".")[0] not in allowed and not is_part_of(name, COLLECTION)
    ]
    assert not foreign


def test_runtime_requirements_are_requests_alone() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if line.strip() and not line.startswith("#")]
    assert [line.partition(">")[0] for line in requirements] == ["requests"]


def test_emulator_and_plugins_do_not_know_each_other() -> None:
    knowing = [
        f"{path}: {name}"
        for path in python_files("tests/emulator/redis_enterprise_emulator")
        for name in imported(path)
        if is_part_of(name, "ansible", "ansible_collections", "plugins")
    ]
    knowing += [
        f"{path}: {name}"
        for path in python_files("plugins")
        for name in imported(path)
        if EMULATOR in name or is_part_of(name, f"{COLLECTION}.tests")
    ]
    assert not knowing


def test_every_test_file_is_run() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = settings["tool"]["pytest"]["ini_options"]["testpaths"]
    tests = {path for path in python_files("tests", "roles", "extensions") if path.name.startswith("test_")}
    assert tests == {path for path in python_files(*folders) if path.name.startswith("test_")}


def test_no_two_test_files_have_one_name() -> None:
    """A name is enough for `pytest -k`, and in a conversation."""
    names = [path.name for path in python_files("tests") if path.name.startswith("test_")]
    assert not {name for name in names if names.count(name) > 1}


def test_no_check_is_silenced() -> None:
    assert not list((ROOT / "tests" / "sanity").glob("ignore-*")), "ansible-test sanity must pass without exceptions"
    assert not (ROOT / ".ansible-lint-ignore").exists(), "ansible-lint must pass without exceptions"
    assert not {"skip_list", "warn_list", "enable_list"} & set(load(".ansible-lint"))


def test_no_test_is_skipped() -> None:
    skipping = []
    for path in python_files("tests"):
        for node in ast.walk(ast.parse(text(path))):
            if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("pytest."):
                name = ast.unparse(node).removeprefix("pytest.").removeprefix("mark.")
                if name in {"skip", "skipif", "xfail", "importorskip"}:
                    skipping.append(f"{path}:{node.lineno}: {name}")
    assert not skipping

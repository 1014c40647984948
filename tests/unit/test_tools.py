# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small tools that the Makefile calls: what they say when something is wrong, and what they keep out."""

from __future__ import annotations

import dataclasses
import importlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import (
    Field,
    Kind,
    Settable,
)

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tests" / "tools"


def call(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with additions to the environment; keep all that it says."""
    arguments = [str(part) for part in command]
    return subprocess.run(arguments, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.fixture(name="load")
def tool_loader(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a tool as it is imported when it runs: with its directory at the head of the path."""
    monkeypatch.syspath_prepend(TOOLS)

    def load(name: str) -> ModuleType:
        for known in ("checkout", name):
            monkeypatch.delitem(sys.modules, known, raising=False)
        return importlib.import_module(name)

    return load


def copy_of(tool: str, root: Path) -> Path:
    """A tool in a tree of its own."""
    target = root / "tests" / "tools" / tool
    target.parent.mkdir(parents=True)
    shutil.copy2(TOOLS / tool, target)
    return target


@pytest.mark.parametrize(
    ("python", "advice"),
    [
        ("#!/bin/sh\nexit 1\n", "is not a Python from 3.11 to 3.13; say which one to use"),
        ('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n', "cannot make virtual environments; install"),
    ],
)
def test_make_venv_says_what_is_wrong_with_the_interpreter(tmp_path: Path, python: str, advice: str) -> None:
    tool = copy_of("make_venv", tmp_path / "root")
    interpreter = tmp_path / "python"
    interpreter.write_text(python, encoding="utf-8")
    interpreter.chmod(0o755)
    result = call(tool, interpreter, ".venv/.complete")
    assert result.returncode == 1
    assert advice in result.stderr
    assert not (tmp_path / "root" / ".venv").exists()


def test_make_venv_leaves_no_stamp_when_pip_fails(tmp_path: Path) -> None:
    tool = copy_of("make_venv", tmp_path / "root")
    (tmp_path / "root" / "requirements-dev.lock").write_text("./there-is-no-such-directory\n", encoding="utf-8")
    result = call(tool, sys.executable, ".venv/.complete")
    assert result.returncode == 1
    assert "pip could not install requirements-dev.lock" in result.stderr
    assert not (tmp_path / "root" / ".venv" / ".complete").exists()


def test_run_drops_what_would_change_a_result(tmp_path: Path) -> None:
    caller = {"HOME": str(tmp_path), "ANSIBLE_STRATEGY": "free", "GIT_DIR": "/nowhere", "REDIS_ENTERPRISE_URL": "x"}
    result = call(TOOLS / "run", "env", **caller, KEPT="yes")
    found = dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)
    assert result.returncode == 0
    assert not {"ANSIBLE_STRATEGY", "GIT_DIR", "REDIS_ENTERPRISE_URL"} & set(found)
    assert found["KEPT"] == "yes"
    assert found["HOME"] == str(ROOT / ".venv" / "home")
    assert found["PATH"].split(":")[0] == str(ROOT / ".venv" / "bin")


def test_checkout_holds_the_sources_and_nothing_else(load: Any) -> None:
    with load("checkout").checkout() as tree:
        names = {path.relative_to(tree).parts[0] for path in tree.rglob("*")}
        assert tree.parts[-3:] == ("ansible_collections", "redis_enterprise", "cluster")
        assert {"galaxy.yml", "plugins", ".gitignore"} <= names
        assert not {".git", ".venv"} & names
    assert not tree.exists()


def test_checkout_wants_git(tmp_path: Path) -> None:
    tool = copy_of("checkout.py", tmp_path / "root")
    command = f"import sys; sys.path.insert(0, {str(tool.parent)!r}); import checkout; checkout.sources()"
    result = call(sys.executable, "-c", command, GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert result.returncode == 1
    assert "work in a git checkout, with git on PATH" in result.stderr


def test_package_check_names_what_is_too_much_and_what_is_missing(load: Any, tmp_path: Path) -> None:
    tool = load("package_check")
    tarball = tmp_path / "collection.tar.gz"
    with tarfile.open(tarball, "w:gz") as archive:
        for source in [*tool.sources(), Path("left/behind.log"), Path("MANIFEST.json")]:
            if source.parts[0] not in {".gitignore", "galaxy.yml", "LICENSE"}:
                archive.addfile(tarfile.TarInfo(source.as_posix()), io.BytesIO())
    with pytest.raises(SystemExit) as failure:
        tool.check_contents(tarball)
    assert "only in the tarball: ['left/behind.log']" in str(failure.value)
    assert "missing from it: ['LICENSE']" in str(failure.value)


def test_package_check_shows_what_a_failed_command_said(load: Any, tmp_path: Path) -> None:
    tool = load("package_check")
    with pytest.raises(SystemExit, match=r"(?s)failed with 3:\nthis went wrong"):
        tool.ansible("sh", "-c", "echo this went wrong; exit 3", cwd=tmp_path)


def test_sanity_takes_over_the_way_to_the_index_and_drops_it_again(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = load("sanity")
    config = tmp_path / "caller.conf"
    config.write_text("[global]\nindex-url = https://one.example/simple\nretries = 7\nuser = true\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_INDEX_URL", "https://two.example/simple")
    monkeypatch.setenv("CALLER_HOME", str(tmp_path))
    monkeypatch.delenv("PIP_PROXY", raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    written = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    with tool.prepared_pip(tmp_path / "home"):
        lines = written.read_text(encoding="utf-8").splitlines()
        assert written.stat().st_mode & 0o777 == 0o600
        [bootstrap] = (tmp_path / "home" / ".ansible" / "test" / "cache").glob("get_pip_*.py")
        compile(bootstrap.read_text(encoding="utf-8"), bootstrap, "exec")
    assert {"index-url = https://two.example/simple", "retries = 7", "proxy = http://proxy.example:3128"} <= set(lines)
    assert not [line for line in lines if "one.example" in line or line.startswith("user")]
    assert not written.exists()


# -- documentation of options ----------------------------------------------------------------------------------------

FRAGMENT = """\
class ModuleDocFragment:
    DOCUMENTATION = r\"""
options:
  first:
    description:
      - "What people have said of it, with a colon: 'as here'. Since release 6.0."
      - From 1 to 3. The cluster's default is V(9).
    type: str
  lanes:
    description: Its lanes.
    type: list
    elements: dict
    suboptions: &lanes
      width:
        description: How wide it is.
        type: int
  other_lanes:
    description: The others.
    type: list
    elements: dict
    suboptions: *lanes
\"""
"""
COMPLETE = """\
class ModuleDocFragment:
    DOCUMENTATION = r\"""
options:
  first:
    description:
      - 'What people have said of it, with a colon: ''as here''.'
      - From 1 to 5. The cluster's default is V(2).
      - Set once, at creation. Since release 7.4.
      - Deprecated since release 8.0; use O(lanes[].width) instead.
    type: int
  lanes:
    description: Its lanes.
    type: list
    elements: dict
    suboptions: &lanes
      width:
        description:
          - How wide it is.
          - At least 0.
        type: int
        required: true
  other_lanes:
    description: The others.
    type: list
    elements: dict
    suboptions: *lanes
\"""
"""


FIRST = Field("first", Kind.INT, 2, low=1, high=5, since="7.4", settable=Settable.AT_CREATION)
LANES = Field("lanes", Kind.LIST, members=(Field("width", Kind.INT, low=0, required=True),))
TABLE = [
    dataclasses.replace(FIRST, deprecated="8.0", successor=("lanes.width",)),
    Field("shown", settable=Settable.NEVER),
    LANES,
    dataclasses.replace(LANES, name="other_lanes"),
]


@pytest.fixture(name="option_docs")
def option_docs_tool(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """option_docs(table, *arguments) runs the tool over two fragments in `tmp_path`."""
    tool = load("option_docs")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    (tmp_path / "first.py").write_text(FRAGMENT, encoding="utf-8")
    (tmp_path / "second.py").write_text('DOCUMENTATION = r"""\noptions: {}\n"""\n', encoding="utf-8")

    def run(table: list[Field], *arguments: str) -> int:
        document = tool.Document(tool.fields(table), ["first.py", "second.py"], exclusive=True)
        monkeypatch.setattr(tool, "DOCUMENTS", (document,))
        return int(tool.main(arguments))

    return run


def test_what_a_table_knows_is_written_and_the_rest_stays(
    option_docs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert option_docs(TABLE, "--check") == 1
    shown = capsys.readouterr().out
    assert "\n-      - From 1 to 3. The cluster's default is V(9).\n" in shown
    assert "\n+      - From 1 to 5. The cluster's default is V(2).\n" in shown
    assert "first.py: the documentation differs from its table, as shown above. Run: make format" in shown
    assert (tmp_path / "first.py").read_text(encoding="utf-8") == FRAGMENT
    assert option_docs(TABLE) == 0
    assert (tmp_path / "first.py").read_text(encoding="utf-8") == COMPLETE
    assert option_docs(TABLE, "--check") == 0
    assert capsys.readouterr().out == ""


def test_a_new_field_gets_a_place_and_waits_for_its_sentence(
    option_docs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [TABLE[0], Field("new", Kind.TEXT, "b", choices=("a", "b")), *TABLE[1:]]
    assert option_docs(table) == 0, "the format is right, and what is missing is said"
    stub = """
  new:
    description:
      - TODO say what new means.
      - The cluster's default is V(b).
    type: str
    choices: [a, b]
  lanes:
"""
    assert stub in (tmp_path / "first.py").read_text(encoding="utf-8")
    capsys.readouterr()
    assert option_docs(table, "--check") == 1
    assert capsys.readouterr().out == (
        "first.py: new has no description; write a sentence that says what it means, for TODO.\n"
    )


def test_a_new_field_can_be_the_first(option_docs: Any, tmp_path: Path) -> None:
    option_docs([Field("new", Kind.BOOL), *TABLE])
    documented = yaml.safe_load((tmp_path / "first.py").read_text(encoding="utf-8").split('"""')[1])["options"]
    assert list(documented) == ["new", "first", "lanes", "other_lanes"]


def test_a_field_that_is_gone_is_named_and_its_sentence_stays(
    option_docs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [dataclasses.replace(LANES, members=(Field("depth", Kind.INT),)), TABLE[3]]
    option_docs(table)
    text = (tmp_path / "first.py").read_text(encoding="utf-8")
    assert "What people have said of it" in text
    assert ("&lanes" in text, text.count("How wide it is")) == (False, 2), "they are no longer the same"
    capsys.readouterr()
    assert option_docs(table, "--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "first.py: lanes.depth has no description; write a sentence that says what it means, for TODO.",
        "first.py: lanes.width is no longer a field; remove it.",
        "first.py: first is no longer a field; remove it.",
    ]


def test_items_of_a_registry_are_replaced_and_the_introduction_stays(load: Any) -> None:
    tool = load("option_docs")
    entry = dataclasses.replace(tool.checks()[0], derived=["V(one): it is so.", "V(two): it is not."])
    description = ["Which checks.", "V(gone): no more.", "V(two): as before."]
    documented = {"checks": {"description": description, "default": []}}
    completion = tool.Completion()
    assert completion.options([entry], documented)["checks"] == {
        "description": ["Which checks.", "V(one): it is so.", "V(two): it is not."],
        "default": [],
        **{key: value for key, value in entry.spec.items() if key in ("type", "elements", "choices")},
    }
    assert completion.problems == []


def test_long_and_odd_values_are_written_so_that_yaml_reads_them(load: Any) -> None:
    tool = load("option_docs")
    many = [f"choice-{number}-of-quite-some-length" for number in range(6)]
    description = "# no comment." + " w" * 90
    entries = tool.fields([Field("key", Kind.TEXT, choices=("yes", *many))])
    complete = tool.Completion().options(entries, {"key": {"description": description}})
    lines = list(tool.Writer({}).option("key", complete["key"], 2))
    assert max(map(len, lines)) <= 120
    assert yaml.safe_load("\n".join(lines)) == {
        "key": {"description": [description], "type": "str", "choices": ["yes", *many]}
    }


def test_documentation_that_is_no_yaml_is_named(option_docs: Any, tmp_path: Path) -> None:
    (tmp_path / "second.py").write_text('DOCUMENTATION = r"""\noptions: a: b\n"""\n', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"second\.py: DOCUMENTATION is not valid YAML\. mapping values are not"):
        option_docs(TABLE)
    (tmp_path / "second.py").write_text("", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"second\.py has no DOCUMENTATION\."):
        option_docs(TABLE)
    (tmp_path / "second.py").unlink()
    with pytest.raises(SystemExit, match=r"second\.py is missing: there is a table of fields for it\."):
        option_docs(TABLE)


def test_the_documentation_of_this_collection_is_complete(load: Any) -> None:
    assert load("option_docs").main(["--check"]) == 0, "run make format, then write what is missing"

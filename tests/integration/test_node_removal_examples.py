# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide and the README of the role node_removal say is tried: examples and the connection."""

from __future__ import annotations

import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from support.emulated import BIN, Emulated, emulated
from support.removing import PLAYBOOK, nodes
from support.rolling import Roller

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)


def read(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The guide's examples as the files that they are called."""
    for name, text in EXAMPLE.findall((ROOT / "docs" / "node_removal.md").read_text(encoding="utf-8")):
        (tmp_path / name).write_text(f"---\n{text}", encoding="utf-8")
    return tmp_path


@pytest.fixture
def five() -> t.Iterator[Emulated]:
    with emulated("--nodes", "5", "--data-plane", "none", "--time-scale", "0.3") as cluster:
        yield cluster


def play(roller: Roller, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook in the directory of the examples; only the connection leads elsewhere."""
    connection = {f"redis_enterprise_{name}": value for name, value in roller.cluster.connection.items()}
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    roller.command(playbook, {**connection, **local}, ())
    return subprocess.run(
        [str(BIN / "ansible-playbook"), playbook, "-e", "@extra.json", *arguments],
        cwd=roller.directory,
        env=roller.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_examples_of_the_guide_work(five: Emulated, examples: Path) -> None:
    names = sorted(path.name for path in examples.glob("*.yml"))
    assert names == ["away.yml", "give_up.yml", "inventory.yml", "shrink.yml"]
    roller = Roller(five, examples)
    wrapped = [{"name": "Wrap", "hosts": "all", "tasks": [{"ansible.builtin.import_tasks": "away.yml"}]}]
    (examples / "wrap.yml").write_text(yaml.safe_dump(wrapped), encoding="utf-8")
    five.clear_journal()
    inventory = ("-i", "inventory.yml")
    limited = play(
        roller, PLAYBOOK, *inventory, "--limit", "node5.example.com", "-e", "node_removal_tasks=away.yml", "-C"
    )
    assert limited.returncode == 0, limited.stdout + limited.stderr
    assert "remove, then run away.yml" in limited.stdout
    for arguments in (
        (PLAYBOOK, "-e", "node_removal_nodes=4,5", "--check"),
        ("shrink.yml", "--check"),
        ("give_up.yml", "--check"),
        ("wrap.yml", *inventory, "--syntax-check"),
    ):
        done = play(roller, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert {entry["method"] for entry in five.journal()} == {"GET"}

    five.clear_journal()
    shrunk = play(roller, "shrink.yml")
    assert shrunk.returncode == 0, shrunk.stdout + shrunk.stderr
    assert [entry["body"] for entry in five.journal() if entry["method"] == "POST"] == [{"wait_for_persistence": True}]
    assert nodes(five) == [1, 2, 3, 4]


def test_a_uid_without_a_host_uses_the_connection_of_the_group_and_another_host_makes_the_calls(
    five: Emulated, tmp_path: Path
) -> None:
    roller = Roller(five, tmp_path)
    roller.hosts = {"jump": {"redis_node_uid": 99}}
    connection = {f"redis_enterprise_{name}": value for name, value in five.connection.items()}
    command = roller.command(PLAYBOOK, {"node_removal_nodes": [4], "node_removal_api_host": "jump"}, ("-v",))
    inventory = read(tmp_path / "inventory.json")
    inventory["redis_enterprise_nodes"]["vars"] |= connection
    (tmp_path / "inventory.json").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    environment = {name: value for name, value in roller.environment().items() if "REDIS_ENTERPRISE" not in name}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[node_removal_4 -> jump]" in done.stdout
    assert five.ready["password"] not in done.stdout + done.stderr
    assert nodes(five) == [1, 2, 3, 5]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide and the role's documentation say is tried: examples, defaults, and the demo's own alarm."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.emulated import BIN, Emulated
from support.rolling import PLAYBOOK, Roller

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The guide's examples as the files that they are called."""
    for name, text in EXAMPLE.findall((ROOT / "docs" / "rolling_maintenance.md").read_text(encoding="utf-8")):
        (tmp_path / name).write_text(f"---\n{text}", encoding="utf-8")
    return tmp_path


def play(roller: Roller, examples: Path, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook with the guide's inventory; only the connection leads elsewhere."""
    connection = {f"redis_enterprise_{name}": value for name, value in roller.cluster.connection.items()}
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    roller.command(playbook, {**connection, **local}, ())
    return subprocess.run(
        [str(BIN / "ansible-playbook"), "-i", "inventory.yml", playbook, "-e", "@extra.json", *arguments],
        cwd=examples,
        env=roller.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_examples_of_the_guide_work(own_cluster: Emulated, examples: Path) -> None:
    assert sorted(path.name for path in examples.glob("*.yml")) == [
        "give_up.yml",
        "inventory.yml",
        "patch.yml",
        "roll.yml",
    ]
    roller = Roller(own_cluster, examples)
    own_cluster.clear_journal()
    looked = play(roller, examples, PLAYBOOK, "--check", "-e", "rolling_maintenance_tasks=patch.yml")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert looked.stdout.count("drain, run patch.yml, restore") == 3
    (examples / "wrap.yml").write_text(
        yaml.safe_dump([{"name": "Wrap", "hosts": "all", "tasks": [{"ansible.builtin.import_tasks": "patch.yml"}]}])
    )
    for arguments in (("roll.yml", "--check"), ("give_up.yml", "--check"), ("wrap.yml", "--syntax-check")):
        done = play(roller, examples, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert {entry["method"] for entry in own_cluster.journal()} == {"GET"}


def test_the_hosts_can_be_limited_and_the_calls_made_from_another_host(own_cluster: Emulated, tmp_path: Path) -> None:
    roller = Roller(own_cluster, tmp_path)
    roller.hosts = {
        "node2": {"redis_node_uid": 2},
        "node3": {"redis_node_uid": 3},
        "jump": {"redis_node_uid": 99},
    }
    roll = roller.run(PLAYBOOK, "--limit", "node3", rolling_maintenance_api_host="jump")
    assert roll.code == 0, roll.output
    assert roll.actions == ["maintenance_on 3", "maintenance_off 3"]
    assert "[node3 -> jump]" in roll.output


def test_options_of_the_actions_are_sent_only_if_they_are_set(own_cluster: Emulated, tmp_path: Path) -> None:
    made = own_cluster.run("redis_bdb", name="replicated", memory_size="100MB", replication=True)
    assert not made.result.get("failed"), made.result
    roller = Roller(own_cluster, tmp_path, nodes=(1,))
    plain = roller.run()
    assert [entry["body"] for entry in plain.writes] == [{"overwrite_snapshot": True}, {"skip_shards_restore": False}]
    chosen = roller.run(
        rolling_maintenance_overwrite_snapshot=False,
        rolling_maintenance_evict_ha_replica=False,
        rolling_maintenance_evict_active_active_replica=True,
        rolling_maintenance_skip_shards_restore=True,
        rolling_maintenance_tasks=roller.tasks("nothing.yml", [{"name": "Nothing", "ansible.builtin.meta": "noop"}]),
    )
    assert chosen.code == 0, chosen.output
    assert [entry["body"] for entry in chosen.writes] == [
        {"evict_ha_replica": False, "evict_active_active_replica": True},
        {"skip_shards_restore": True},
    ]


def test_an_unreachable_host_ends_the_roll_and_its_node_stays_drained(own_cluster: Emulated, tmp_path: Path) -> None:
    roller = Roller(own_cluster, tmp_path)
    unreachable = {"ansible_connection": "ssh", "ansible_host": "localhost", "ansible_port": 1}
    roller.hosts = {"node2": {"redis_node_uid": 2, **unreachable}, "node3": {"redis_node_uid": 3}}
    roll = roller.run(rolling_maintenance_tasks=roller.tasks("ping.yml", [{"ansible.builtin.ping": None}]))
    assert roll.code != 0
    assert roll.actions == ["maintenance_on 2"]
    assert "ok: [node3 -> localhost]" not in roll.output
    assert "or the host becomes unreachable, its node stays drained and in maintenance" in roll.text


def test_the_demo_fails_when_a_node_is_stopped_that_was_not_emptied() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--undrained"],
        env={**os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    lost = re.search(r"database single lost ([\d,]+) acknowledged writes", last)
    assert last.startswith("FAIL: ")
    assert lost, last

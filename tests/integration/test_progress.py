# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator sees a long drain move: in what ansible-playbook prints, and in the events that a controller gets."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import ansible_runner
import pytest
import yaml
from support.emulated import BIN, Emulated, emulated, playbook

SUPPORT = Path(__file__).parents[1] / "support"
LINE = re.compile(r"\[localhost\] node:2 maintenance_on (\d+)%(?: · (\d+) shards? left)? · (\d+)s")
LONG, SHORT = 20, 3  # seconds


@dataclass(frozen=True)
class Shown:
    """One progress line: what it says, and when it was seen to arrive, in seconds since any moment."""

    percent: int
    shards: int | None
    seconds: int
    at: float


@dataclass(frozen=True)
class Drain:
    lines: list[Shown]
    result: dict[str, t.Any]
    journal: list[dict[str, t.Any]]


def shown(text: str, at: float) -> list[Shown]:
    found = LINE.fullmatch(text.strip())
    return [Shown(int(found[1]), int(found[2]) if found[2] else None, int(found[3]), at)] if found else []


def write_play(folder: Path, options: dict[str, t.Any] | None = None, **keywords: t.Any) -> Path:
    """A play that drains node 2 and saves the result; C(keywords) are the task's."""
    drain = {"node_uid": 2, "action": "maintenance_on", **(options or {})}
    play = {
        "name": "Drain",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [
            {"name": "Drain", "redis_enterprise.cluster.redis_node_action": drain, "register": "done", **keywords},
            {
                "name": "Save",
                "ansible.builtin.copy": {
                    "content": "{{ done | to_json }}",
                    "dest": str(folder / "result"),
                    "mode": "0600",
                },
                "when": "not ansible_check_mode",
            },
        ],
    }
    path = folder / "drain.yml"
    path.write_text(yaml.safe_dump([play]), encoding="utf-8")
    return path


def environment(cluster: Emulated) -> dict[str, str]:
    return {
        **cluster.environment,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CONNECTION_PLUGINS": str(SUPPORT / "connection"),
        "ANSIBLE_BECOME_PLUGINS": str(SUPPORT / "become"),
    }


def by_playbook(cluster: Emulated, play: Path, connection: str) -> list[Shown]:
    """The lines as somebody at the terminal sees them arrive."""
    lines = []
    with subprocess.Popen(
        [str(BIN / "ansible-playbook"), "-i", "localhost,", "-c", connection, str(play)],
        env={**environment(cluster), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line)
            lines += shown(line, time.monotonic())
    assert process.returncode == 0, "".join(printed)
    return lines


def by_runner(cluster: Emulated, play: Path, connection: str) -> list[Shown]:
    """The lines in the events that ansible-runner gives to its caller, as Automation Platform is one."""
    lines: list[Shown] = []
    run = ansible_runner.run(
        private_data_dir=str(play.parent),
        playbook=str(play),
        inventory=f"localhost ansible_connection={connection}",
        envvars={**environment(cluster), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        event_handler=lambda event: lines.extend(
            found for line in event["stdout"].splitlines() for found in shown(line, time.monotonic())
        ),
        quiet=True,
    )
    assert run.rc == 0, run.stdout.read()
    return lines


WAYS: dict[str, tuple[t.Callable[[Emulated, Path, str], list[Shown]], str, dict[str, t.Any]]] = {
    "from the controller": (by_playbook, "local", {}),
    "from another host": (by_playbook, "elsewhere", {}),
    "with become": (by_playbook, "elsewhere", {"become": True, "become_method": "plainly"}),
    "in events": (by_runner, "local", {}),
    "in events, from another host": (by_runner, "elsewhere", {}),
}


def drain(way: str, folder: Path) -> Drain:
    run, connection, keywords = WAYS[way]
    with emulated("--nodes", "3", "--data-plane", "none") as cluster:
        for number in range(4):
            cluster.run("redis_bdb", name=f"db-{number}", memory_size="100MB", replication=True)
        cluster.fault("slow_action", name="maintenance_on", seconds=LONG)
        cluster.clear_journal()
        lines = run(cluster, write_play(folder, **keywords), connection)
        return Drain(lines, json.loads((folder / "result").read_text(encoding="utf-8")), cluster.journal())


@pytest.fixture(scope="module")
def drains(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drain]:
    """A drain of 20 s in every way, all at the same time."""
    with concurrent.futures.ThreadPoolExecutor(len(WAYS)) as pool:
        running = {way: pool.submit(drain, way, tmp_path_factory.mktemp("drain")) for way in WAYS}
        return {way: done.result() for way, done in running.items()}


@pytest.mark.parametrize("way", WAYS)
def test_a_drain_of_20_s_is_seen_to_move(drains: dict[str, Drain], way: str) -> None:
    lines = drains[way].lines
    assert 8 <= len(lines) <= LONG + 1, lines
    percents = [line.percent for line in lines]
    assert percents == sorted(set(percents))
    assert percents[0] < 25 < 75 < percents[-1]
    shards = [line.shards for line in lines if line.shards is not None]
    assert shards == sorted(shards, reverse=True)
    assert len(set(shards)) > 1, "no shard was seen to go"


@pytest.mark.parametrize("way", WAYS)
def test_the_lines_arrive_while_it_happens(drains: dict[str, Drain], way: str) -> None:
    lines = drains[way].lines
    for line in lines:
        assert line.at - lines[0].at == pytest.approx(line.seconds - lines[0].seconds, abs=3.0), line


@pytest.mark.parametrize("way", WAYS)
def test_looking_on_changes_neither_the_result_nor_much_of_the_cost(drains: dict[str, Drain], way: str) -> None:
    told = drains[way]
    assert told.result["changed"]
    assert told.result["node"]["in_maintenance"]
    first = drains["from the controller"].result
    assert set(told.result) == set(first)
    for key in ("changed", "outcome", "reason", "failed", "diff"):
        assert told.result.get(key) == first.get(key)
    polls = [entry for entry in told.journal if entry["path"] == "/v1/nodes/2/actions/maintenance_on"]
    looks = [entry for entry in told.journal if entry["path"] == "/v1/nodes/2"]
    assert len(looks) <= 4
    assert len(polls) + len(looks) <= 50


def run_short(
    cluster: Emulated, play: Path, connection: str, *arguments: str, seconds: float = SHORT, **variables: str
) -> tuple[int, str]:
    """How many lines were shown, and all that was printed."""
    cluster.run("redis_bdb", name="one", memory_size="100MB", replication=True)
    cluster.fault("slow_action", name="maintenance_on", seconds=seconds)
    done = playbook(
        play, "-i", "localhost,", "-c", connection, *arguments, environment={**environment(cluster), **variables}
    )
    assert done.returncode == 0, done.stdout
    return len(LINE.findall(done.stdout)), done.stdout


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
@pytest.mark.parametrize("quiet", [{"options": {"progress": False}}, {"no_log": True}, {"async": 60, "poll": 1}])
def test_a_task_that_is_to_be_quiet_is_quiet(
    own_cluster: Emulated, tmp_path: Path, connection: str, quiet: dict[str, t.Any]
) -> None:
    play = write_play(tmp_path, **quiet)
    lines, output = run_short(own_cluster, play, connection, ANSIBLE_ASYNC_DIR=str(tmp_path / "jobs"))
    assert lines == 0, output
    assert json.loads((tmp_path / "result").read_text(encoding="utf-8"))["changed"]


def test_another_host_runs_one_module_and_one_command_for_each_line(own_cluster: Emulated, tmp_path: Path) -> None:
    lines, output = run_short(own_cluster, write_play(tmp_path), "elsewhere", "-vvv")
    assert 2 <= lines <= SHORT + 1
    assert output.count("plugins/modules/redis_node_action.py") == 1
    readings = len(re.findall(r"EXEC /bin/sh -c 'f=\S+/redis_enterprise-\w+\.progress;", output))
    assert lines <= readings <= lines + 2
    assert not list(Path.home().glob(".ansible/tmp/redis_enterprise-*")), "the file was left behind"


def test_check_mode_has_nothing_to_follow(own_cluster: Emulated, tmp_path: Path) -> None:
    lines, output = run_short(own_cluster, write_play(tmp_path), "elsewhere", "--check", "-vvv")
    assert lines == 0
    assert ".progress" not in output
    assert "changed=1" in output


def test_a_host_that_cannot_hold_the_file_costs_lines_and_nothing_else(own_cluster: Emulated, tmp_path: Path) -> None:
    play = write_play(tmp_path, vars={"ansible_remote_tmp": "/dev/null/no"})
    lines, output = run_short(own_cluster, play, "elsewhere", "-vvv", seconds=9, ANSIBLE_PIPELINING="1")
    assert lines == 0
    assert output.count("EXEC /bin/sh -c 'f=/dev/null/no/redis_enterprise-") == 6, "looked for it without end"
    assert json.loads((tmp_path / "result").read_text(encoding="utf-8"))["node"]["in_maintenance"]


def test_each_host_has_its_own_lines_where_hosts_run_freely(own_cluster: Emulated, tmp_path: Path) -> None:
    own_cluster.run("redis_bdb", name="one", memory_size="100MB", replication=True)
    own_cluster.fault("slow_action", name="maintenance_on", seconds=SHORT)
    path = tmp_path / "free.yml"
    path.write_text(
        """
- name: Freely
  hosts: drainer, onlooker
  gather_facts: false
  strategy: free
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Drain
      redis_enterprise.cluster.redis_node_action:
        node_uid: 2
        action: maintenance_on
      when: inventory_hostname == 'drainer'
    - name: Wait until it runs
      redis_enterprise.cluster.redis_action_info:
        node_uid: 2
      register: listed
      until: listed.actions | length > 0
      retries: 50
      delay: 0.1
      when: inventory_hostname == 'onlooker'
    - name: Wait for it
      redis_enterprise.cluster.redis_action_info:
        action: "{{ listed.actions[0] }}"
        wait: true
      when: inventory_hostname == 'onlooker'
""",
        encoding="utf-8",
    )
    done = playbook(
        path,
        "-i",
        "drainer,onlooker,",
        "-e",
        "{\"ansible_connection\": \"{{ 'elsewhere' if inventory_hostname == 'drainer' else 'local' }}\"}",
        environment=environment(own_cluster),
    )
    assert done.returncode == 0, done.stdout
    for host in ("drainer", "onlooker"):
        assert re.search(rf"^\[{host}\] node:2 maintenance_on \d+%.* · \d+s$", done.stdout, re.MULTILINE), done.stdout

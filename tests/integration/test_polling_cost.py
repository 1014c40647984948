# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How late the end of an action is noticed in real time, beside a loop of C(uri) with C(until) and C(delay: 5).

The figures in docs/performance.md are what this prints (pytest with -s).
"""

from __future__ import annotations

import concurrent.futures
import random
import statistics
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.emulated import emulated, playbook

ACTION = "/v1/cluster/actions/measured"
HEAD = """
- name: Run an action, and wait for its end
  hosts: localhost
  gather_facts: false
  connection: local
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  module_defaults:
    ansible.builtin.uri:
      url_username: "{{ lookup('env', 'REDIS_ENTERPRISE_USER') }}"
      url_password: "{{ lookup('env', 'REDIS_ENTERPRISE_PASSWORD') }}"
      force_basic_auth: true
      ca_path: "{{ lookup('env', 'REDIS_ENTERPRISE_CA_CERT') }}"
  tasks:
"""
WAYS = {
    "redis_cluster_action": """
    - name: Run it
      redis_enterprise.cluster.redis_cluster_action:
        action: measured
""",
    "uri": """
    - name: Start it
      ansible.builtin.uri:
        url: "{{ lookup('env', 'REDIS_ENTERPRISE_URL').split(',')[0] }}/v1/cluster/actions/measured"
        method: POST
        body: {}
        body_format: json
    - name: Wait for it
      ansible.builtin.uri:
        url: "{{ lookup('env', 'REDIS_ENTERPRISE_URL').split(',')[0] }}/v1/cluster/actions/measured"
      register: polled
      until: polled.json.status == 'completed'
      retries: 100
      delay: 5
""",
}


@dataclass(frozen=True)
class Noticed:
    """One action: its length, the seconds from its end to the poll that saw it, and the requests from its start on."""

    length: float
    late: float
    requests: int


def noticed(folder: Path, way: str, length: float) -> Noticed:
    book = folder / "play.yml"
    book.write_text(HEAD + WAYS[way], encoding="utf-8")
    with emulated("--nodes", "1", "--data-plane", "none") as cluster:
        cluster.control("POST", "/cluster-actions", {"name": "measured", "seconds": length})
        done = playbook(book, "-i", "localhost,", environment=cluster.environment)
        assert done.returncode == 0, done.stdout
        journal = cluster.journal()
    started = next(number for number, entry in enumerate(journal) if entry["method"] == "POST")
    assert all(entry["path"] == ACTION for entry in journal[started:])
    return Noticed(length, journal[-1]["time"] - journal[started]["time"] - length, len(journal) - started)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Noticed]]:
    """Actions of random length, the first of 30 s: each in both ways on clusters of their own, all at the same time."""
    source = random.Random(5)
    lengths = [30.0, *(source.uniform(0.2, 25.0) for dummy in range(5))]
    with concurrent.futures.ThreadPoolExecutor(2 * len(lengths)) as pool:
        running = {
            way: [pool.submit(noticed, tmp_path_factory.mktemp("polling"), way, length) for length in lengths]
            for way in WAYS
        }
        table = {way: [each.result() for each in found] for way, found in running.items()}
    for way, seen in table.items():
        late, requests = statistics.mean(each.late for each in seen), statistics.mean(each.requests for each in seen)
        worst = max(each.late for each in seen)
        print(f"\n{way}: {late:.2f} s late on average, {worst:.2f} s at worst, {requests:.0f} requests; ", end="")
        print(f"{seen[0].requests} for 30 s")
    return table


def test_the_end_is_noticed_as_early_as_promised(measured: dict[str, list[Noticed]]) -> None:
    seen = measured["redis_cluster_action"]
    assert statistics.mean(each.late / (0.1 + 0.1 * each.length) for each in seen) <= 1.0
    for each in seen:
        assert 0 <= each.late <= 5.0 + 1.0, each  # wait_interval, and one request of a busy machine
        assert each.requests <= 51, each  # 50 polls, and the start


def test_a_loop_of_uri_notices_it_later(measured: dict[str, list[Noticed]]) -> None:
    ours, theirs = (statistics.mean(each.late for each in measured[way]) for way in WAYS)
    assert ours < theirs

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator sees a long drain move, in what ansible-playbook prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.emulated import Emulated, playbook

PLAY = """
- name: Drain
  hosts: localhost
  gather_facts: false
  connection: local
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Drain node 2
      redis_enterprise.cluster.redis_node_action:
        node_uid: 2
        action: maintenance_on
        progress: %s
"""


@pytest.mark.parametrize("progress", [True, False])
def test_a_long_drain_is_seen_to_move(own_cluster: Emulated, tmp_path: Path, progress: bool) -> None:
    own_cluster.run("redis_bdb", name="one", memory_size="100MB", replication=True)
    own_cluster.fault("slow_action", name="maintenance_on", seconds=5)
    book = tmp_path / "drain.yml"
    book.write_text(PLAY % str(progress).lower(), encoding="utf-8")
    done = playbook(book, "-i", "localhost,", environment=own_cluster.environment)
    assert done.returncode == 0, done.stdout
    lines = re.findall(
        r"^\[localhost\] maintenance_on of node 2 is running, (\d+)%.* · \d+s$", done.stdout, re.MULTILINE
    )
    assert len(lines) == len(set(lines))
    assert (2 <= len(lines) <= 6) if progress else not lines, done.stdout

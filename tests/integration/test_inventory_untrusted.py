# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster says of its nodes is data to the inventory, and never a template."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated, playbook

PLAY = """
- name: Show
  hosts: redis_enterprise_nodes
  gather_facts: false
  connection: local
  tasks:
    - name: Show the rack, and what the inventory makes of it
      ansible.builtin.debug:
        msg: "{{ redis_node_rack_id }} and {{ place }}"
"""


@pytest.fixture
def node() -> dict[str, t.Any]:
    with emulated("--nodes", "1", "--data-plane", "none") as cluster:
        return dict(cluster.api("GET", "/v1/nodes/1").json())


def shown(node: dict[str, t.Any], folder: Path, *, inventory: str = "") -> tuple[int, str]:
    load = folder / "load.json"
    load.write_text(json.dumps({"nodes": [node]}), encoding="utf-8")
    source = folder / "it.redis_nodes.yml"
    source.write_text(
        "plugin: redis_enterprise.cluster.redis_nodes\ncompose:\n  place: redis_node_rack_id | upper\n" + inventory,
        encoding="utf-8",
    )
    play = folder / "show.yml"
    play.write_text(PLAY, encoding="utf-8")
    with emulated("--nodes", "1", "--data-plane", "none", "--load", str(load)) as cluster:
        done = run(cluster, source, play)
    return done


def run(cluster: Emulated, source: Path, play: Path) -> tuple[int, str]:
    done = playbook(play, "-i", str(source), environment=cluster.environment)
    return done.returncode, done.stdout


def test_a_template_in_a_variable_is_text(node: dict[str, t.Any], tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    node["rack_id"] = f"{{{{ lookup('pipe', 'touch {mark}; echo r1') }}}}"
    code, output = shown(node, tmp_path)
    assert code == 0, output
    assert "{{ lookup('pipe'" in output
    assert "{{ LOOKUP('PIPE'" in output
    assert not mark.exists()


def test_a_template_as_a_host_name_is_refused(node: dict[str, t.Any], tmp_path: Path) -> None:
    node["rack_id"] = "{{ 6 * 7 }}"
    dummy, output = shown(node, tmp_path, inventory="hostname: redis_node_rack_id\n")
    assert "would be named '{{ 6 * 7 }}', which is no host name" in output
    assert "42" not in output

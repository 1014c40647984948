# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides say of the role cluster_viewer: it is enough to look, for the inventory and for health_check."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from support.emulated import BIN, Emulated, emulated
from support.nodes import stop

VIEWER = {"username": "viewer@example.com", "password": "v1ewer-s3cret"}
HEALTH_CHECK = "redis_enterprise.cluster.health_check"


@pytest.fixture
def viewed() -> t.Iterator[Emulated]:
    """Three nodes with a database, and a user who may only look."""
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3") as cluster:
        made = cluster.run("redis_bdb", name="orders", memory_size="100MB", replication=True)
        assert not made.result.get("failed"), made.result
        cluster.control("POST", "/users", {**VIEWER, "role": "cluster_viewer"})
        assert cluster.run("redis_bdb", name="mine", memory_size="100MB", **VIEWER).result["failure"]["status"] == 403
        yield cluster


def look(cluster: Emulated, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Ansible as the viewer. Nothing is refused, and nothing is told."""
    cluster.clear_journal()
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        env={
            **cluster.environment,
            "REDIS_ENTERPRISE_USER": VIEWER["username"],
            "REDIS_ENTERPRISE_PASSWORD": VIEWER["password"],
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        },
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert VIEWER["password"] not in done.stdout + done.stderr
    journal = cluster.journal()
    assert journal
    assert {entry["method"] for entry in journal} == {"GET"}
    refused = [entry["path"] for entry in journal if entry["status"] in (401, 403)]
    assert refused == [], "the viewer may not ask this"
    return done


def test_a_viewer_has_the_whole_inventory(viewed: Emulated, tmp_path: Path) -> None:
    source = tmp_path / "redis_nodes.yml"
    source.write_text(yaml.safe_dump({"plugin": "redis_enterprise.cluster.redis_nodes"}), encoding="utf-8")
    done = look(viewed, tmp_path, "ansible-inventory", "-i", str(source), "--list")
    assert (done.returncode, done.stderr) == (0, "")
    hosts = json.loads(done.stdout)["_meta"]["hostvars"]
    assert [host["redis_node_uid"] for host in hosts.values()] == [1, 2, 3]
    assert sum(host["redis_node_shard_count"] for host in hosts.values()) == 2
    by_admin, by_viewer = (viewed.run("redis_node_info", **who).result["nodes"] for who in ({}, VIEWER))
    for node in (*by_admin, *by_viewer):
        del node["uptime"]
    assert by_viewer == by_admin


def test_a_viewer_sees_the_health_and_what_is_wrong_with_it(viewed: Emulated, tmp_path: Path) -> None:
    well = look(viewed, tmp_path, "ansible-playbook", HEALTH_CHECK)
    assert (well.returncode, well.stderr) == (0, "")
    assert "found nothing wrong; 3 of 3 nodes in service, 2 needed." in well.stdout
    spare = look(viewed, tmp_path, "ansible-playbook", HEALTH_CHECK, "-e", "health_check_without_node=2")
    assert spare.returncode == 0, spare.stdout
    stop(viewed, 3)
    unwell = look(viewed, tmp_path, "ansible-playbook", HEALTH_CHECK)
    assert (unwell.returncode, unwell.stderr) == (2, "")
    assert "Node 3 (127.0.0.3) is down." in unwell.stdout
    assert "Could not read" not in unwell.stdout


def test_a_viewer_follows_what_runs(viewed: Emulated, tmp_path: Path) -> None:
    viewed.fault("slow_action", name="maintenance_on", seconds=60, count=1)
    started = viewed.run("redis_node_action", node_uid=2, action="maintenance_on", wait=False).result["action"]
    found = viewed.run("redis_action_info", action=started, **VIEWER).result
    assert (found["record"], found["action"]["uid"]) == ("listed", started["uid"])
    done = look(viewed, tmp_path, "ansible-playbook", HEALTH_CHECK)
    assert done.returncode == 2
    assert "maintenance_on of node 2 is running" in " ".join(done.stdout.split())

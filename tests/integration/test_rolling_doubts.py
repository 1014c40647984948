# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolls that must not reach the operator's tasks: the wrong host, the wrong cluster, and a node that died meanwhile."""

from __future__ import annotations

import threading
import time
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.rolling import PLAYBOOK, Roll, Roller

ON, OFF = "maintenance_on", "maintenance_off"


@pytest.fixture
def roller(own_cluster: Emulated, tmp_path: Path) -> Roller:
    assert own_cluster.run("redis_bdb", name="one", memory_size="100MB", replication=True).changed
    return Roller(own_cluster, tmp_path)


def leave_a_mark(roller: Roller) -> str:
    mark = {"content": "", "dest": f"{roller.directory}/touched-{{{{ inventory_hostname }}}}", "mode": "0600"}
    return roller.tasks("mark.yml", [{"name": "Leave a mark", "ansible.builtin.copy": mark}])


def touched(roller: Roller) -> list[str]:
    return sorted(path.name.removeprefix("touched-") for path in roller.directory.glob("touched-*"))


@pytest.mark.parametrize(
    ("host", "variables"),
    [
        ("127.0.0.1", {"redis_node_uid": 3}),
        ("first", {"ansible_host": "127.0.0.1", "redis_node_uid": "3"}),
        ("node1.cluster.local", {"redis_node_uid": 2}),
    ],
)
def test_a_host_that_goes_by_the_name_of_another_node_is_refused(
    roller: Roller, host: str, variables: dict[str, t.Any]
) -> None:
    roller.hosts = {host: variables}
    roll = roller.run(rolling_maintenance_tasks=leave_a_mark(roller))
    assert roll.code != 0
    uid = variables["redis_node_uid"]
    assert f"{host} has redis_node_uid {uid}, but its name or address is that of node 1: correct one" in roll.text
    assert (roll.writes, touched(roller)) == ([], [])


def test_a_host_under_a_name_of_its_own_is_believed(roller: Roller) -> None:
    roller.hosts = {"rack7-slot2": {"redis_node_uid": 2, "ansible_host": "192.0.2.7"}}
    roll = roller.run(rolling_maintenance_tasks=leave_a_mark(roller))
    assert roll.code == 0, roll.output
    assert (roll.actions, touched(roller)) == ([f"{ON} 2", f"{OFF} 2"], ["rack7-slot2"])


def test_hosts_of_two_clusters_are_refused(roller: Roller, tmp_path: Path) -> None:
    with emulated("--nodes", "3", "--data-plane", "none") as other:
        urls = [roller.cluster.urls[0], other.urls[0]]
        roller.hosts = {
            "east-2": {"redis_node_uid": 2, "redis_enterprise_url": urls[0]},
            "west-3": {"redis_node_uid": 3, "redis_enterprise_url": urls[1]},
        }
        roll = roller.run(rolling_maintenance_tasks=leave_a_mark(roller))
        assert not [entry for entry in other.journal() if entry["method"] != "GET"]
    assert roll.code != 0
    assert f"The hosts have different values of redis_enterprise_url ({urls[0]} and {urls[1]})" in roll.text
    assert (roll.writes, touched(roller)) == ([], [])


def roll_node_2(roller: Roller, meanwhile: t.Callable[[], None], healthy_timeout: int) -> Roll:
    """A roll of this one node, and what happens to the cluster meanwhile."""
    disturber = threading.Thread(target=meanwhile, daemon=True)
    disturber.start()
    mark = leave_a_mark(roller)
    options = {"rolling_maintenance_tasks": mark, "rolling_maintenance_healthy_timeout": healthy_timeout}
    roll = roller.run(PLAYBOOK, "--limit", "node2", **options)
    disturber.join(timeout=60)
    return roll


def test_a_node_that_dies_during_the_drain_keeps_the_tasks_from_running(own_cluster: Emulated, tmp_path: Path) -> None:
    roller = Roller(own_cluster, tmp_path)  # without databases: the drain itself ends well
    roller.cluster.fault("slow_action", name=ON, node_uid=2, seconds=4)

    def kill_node_3() -> None:
        roller.wait_for(f"{ON} 2")
        time.sleep(1.5)  # the cluster itself looks at the quorum when it begins
        roller.cluster.control("POST", "/nodes/3/stop")

    roll = roll_node_2(roller, kill_node_3, healthy_timeout=8)
    assert roll.code != 0
    assert touched(roller) == []
    assert "Node 3 (127.0.0.3) is down" in roll.text
    assert roll.actions == [f"{ON} 2", f"{OFF} 2"]
    assert "The node is back in service as it was; no task had run on it." in roll.text


def test_the_last_look_before_the_tasks_is_at_the_node_itself(own_cluster: Emulated, tmp_path: Path) -> None:
    """While the roll waits for a healthy cluster, another operator ends maintenance."""
    roller = Roller(own_cluster, tmp_path)
    own_cluster.fault("slow_action", name=ON, node_uid=2, seconds=4)

    def ended(action: str) -> bool:
        record = own_cluster.api("GET", f"/v1/nodes/2/actions/{action}")
        return record.status_code == 200 and record.json()["status"] == "completed"

    def interfere() -> None:
        roller.wait_for(f"{ON} 2")
        time.sleep(1.5)
        own_cluster.control("POST", "/nodes/3/stop")
        until = time.monotonic() + 30
        while not ended(ON) and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(2)  # the roll waits for node 3 now
        own_cluster.api("POST", f"/v1/nodes/2/actions/{OFF}", {}).raise_for_status()
        while not ended(OFF) and time.monotonic() < until:
            time.sleep(0.1)
        own_cluster.control("POST", "/nodes/3/start")

    roll = roll_node_2(roller, interfere, healthy_timeout=60)
    assert roll.code != 0
    assert touched(roller) == []
    assert "Node 2 (127.0.0.2) is not drained and must not be stopped" in roll.text

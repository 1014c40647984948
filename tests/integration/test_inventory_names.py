# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin redis_nodes: hosts named by their rack, the age of a cache, and a node that is leaving."""

from __future__ import annotations

import json
import os
import time
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.inventories import Inventory

QUICK = ("--data-plane", "none", "--time-scale", "0.3")
RACKS = "a,a,b:1,"  # the last node has none


@pytest.fixture(scope="module")
def racked() -> t.Iterator[Emulated]:
    with emulated("--nodes", "4", "--rack", RACKS, *QUICK) as running:
        yield running


@pytest.fixture
def inventory(racked: Emulated, tmp_path: Path) -> Inventory:
    return Inventory(racked, tmp_path)


def output(inventory: Inventory, *arguments: str, command: str = "ansible-inventory") -> str:
    done = inventory.run(*arguments, command=command)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


# -- by rack ---------------------------------------------------------------------------------------------------------


def test_hosts_by_rack_differ_by_their_uid(inventory: Inventory) -> None:
    hosts = ["a-node-1", "a-node-2", "b-1-node-3", "node-4"]
    groups = inventory.graph(hostname="rack")
    assert (groups["redis_enterprise_nodes"], groups["rack_a"], groups["rack_b_1"]) == (hosts, hosts[:2], hosts[2:3])
    prefixed = inventory.graph(hostname="rack", hostname_prefix="east-")
    assert prefixed["redis_enterprise_nodes"] == [f"east-{host}" for host in hosts]


@pytest.mark.parametrize(("host", "uid", "rack"), [("a-node-2", 2, "a"), ("b-1-node-3", 3, "b:1"), ("node-4", 4, None)])
def test_a_host_by_rack_is_its_node(inventory: Inventory, host: str, uid: int, rack: str | None) -> None:
    inventory.write(hostname="rack")
    variables = json.loads(output(inventory, "--host", host))
    assert (variables["redis_node_uid"], variables["ansible_host"]) == (uid, f"127.0.0.{uid}")
    shown = variables["redis_node_rack_id"]
    assert (shown["__ansible_unsafe"] if isinstance(shown, dict) else shown) == rack


def test_a_pattern_finds_hosts_by_rack(inventory: Inventory) -> None:
    inventory.write(hostname="rack")
    listed = output(inventory, "b-1-node-3:a-node-*:!a-node-1", "--list-hosts", command="ansible")
    assert [line.strip() for line in listed.splitlines()[1:]] == ["b-1-node-3", "a-node-2"]


# -- the cache -------------------------------------------------------------------------------------------------------


def test_what_is_cached_counts_as_long_as_cache_timeout_says(inventory: Inventory) -> None:
    folder = inventory.folder / "cache"
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}

    def reads_cluster(age: float, timeout: int) -> bool:
        """Whether the cluster is read although there is a cache of this age."""
        (kept,) = folder.iterdir()
        then = time.time() - age
        os.utime(kept, (then, then))
        inventory.graph(**cache, cache_timeout=timeout)
        return inventory.requests != []

    inventory.graph(**cache, cache_timeout=60)
    assert len(inventory.requests) == 5
    assert not reads_cluster(age=30, timeout=60)
    assert reads_cluster(age=61, timeout=60)
    (renewed,) = folder.iterdir()
    assert time.time() - renewed.stat().st_mtime < 30, "what was read anew is kept anew"
    assert reads_cluster(age=30, timeout=20)
    assert not reads_cluster(age=30, timeout=0), "0 keeps it for ever, as in every plugin of Ansible"


# -- a node that is leaving ------------------------------------------------------------------------------------------


def test_a_node_that_is_leaving_has_a_group_of_its_own(tmp_path: Path) -> None:
    with emulated("--nodes", "3", *QUICK) as cluster:
        cluster.fault("slow_action", name="remove", seconds=60, count=1)
        assert cluster.api("POST", "/v1/nodes/3/actions/remove", {}).status_code == 200
        end = time.monotonic() + 30
        while cluster.api("GET", "/v1/nodes/3").json()["status"] != "decommissioning":
            assert time.monotonic() < end
            time.sleep(0.05)
        groups = Inventory(cluster, tmp_path).graph(hostname="uid")
        assert (groups["status_decommissioning"], groups["status_active"]) == (["node-3"], ["node-1", "node-2"])

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate before each node of node_removal: each reason to refuse on its own, and nothing written."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from support.emulated import Emulated, emulated
from support.nodes import stop
from support.removing import QUICK, REST_ONLY, database, homes, nodes, remove
from support.rolling import Roll, Roller

MIB = 2**20


def refused(roller: Roller, *arguments: str, **variables: t.Any) -> list[list[str]]:
    """The lines that are said in check mode and in the real run; neither has written anything."""
    said = []
    for mode in (["--check"], []):
        run = remove(roller, *mode, *arguments, **QUICK, **variables)
        assert run.code != 0, run.output
        assert run.writes == []
        assert "Nothing was changed." in run.text
        said.append(failure(run))
    return said


def failure(run: Roll) -> list[str]:
    """The lines of the last message: that of stop.yml, or of the plan."""
    last = re.findall(r'"msg": ("(?:[^"\\]|\\.)*")', run.output)[-1]
    return t.cast("list[str]", json.loads(last).splitlines())


def holder(cluster: Emulated, name: str, role: str = "master") -> int:
    """The node that has the database's only shard of that role."""
    uid = next(bdb["uid"] for bdb in cluster.api("GET", "/v1/bdbs").json() if bdb["name"] == name)
    (shard,) = (
        shard for shard in cluster.api("GET", "/v1/shards").json() if (shard["bdb_uid"], shard["role"]) == (uid, role)
    )
    return int(shard["node_uid"])


# -- room and racks --------------------------------------------------------------------------------------------------


def test_without_room_for_its_shards_a_node_stays(tmp_path: Path) -> None:
    with emulated("--nodes", "4", "--node-memory", str(150 * MIB), *REST_ONLY) as cluster:
        for name in ("one", "two"):  # four shards of 100 MiB, and each node has room for one
            database(cluster, name, memory_size="200MB")
        assert homes(cluster) == {1, 2, 3, 4}
        for dummy, said in refused(Roller(cluster, tmp_path), node_removal_nodes=[4]):
            assert "of database 2 (two) (100 MiB) fits on no node other than 4: node" in said
            assert (said.count(" has 28 MiB left"), said.count("has its other copy")) == (2, 1)


def test_shards_of_a_rack_aware_database_do_not_share_a_rack_for_want_of_room(tmp_path: Path) -> None:
    """The nodes that stay are in two racks; but the only one in another rack is full."""
    with emulated("--nodes", "4", "--rack", "c,a,b,a", "--node-memory", str(150 * MIB), *REST_ONLY) as cluster:
        database(cluster, "filler", replication=False, memory_size="100MB", rack_aware=False)
        database(cluster, "spread", memory_size="200MB", rack_aware=True)
        assert [holder(cluster, "filler"), holder(cluster, "spread"), holder(cluster, "spread", "slave")] == [1, 2, 3]
        for dummy, said in refused(Roller(cluster, tmp_path), node_removal_nodes=[3]):
            assert (
                "of database 2 (spread) (100 MiB) fits on no node other than 3: node 1 has 28 MiB left, node 2 has its "
                "other copy, node 4 is in rack a, as its other copy is." in said
            )


# -- quorum ----------------------------------------------------------------------------------------------------------


def test_the_quorum_is_a_reason_of_its_own(tmp_path: Path) -> None:
    """With two nodes, both in service, nothing else is wrong."""
    with emulated("--nodes", "2", *REST_ONLY) as cluster:
        for dummy, *said in refused(Roller(cluster, tmp_path), node_removal_nodes=[2], node_removal_min_nodes=1):
            assert said == [
                "quorum_without_node: Without node 2, too few nodes would be up and not in maintenance: 1 of 2, and "
                "the quorum needs 2. Nothing was changed."
            ]


# -- the last copy ---------------------------------------------------------------------------------------------------


@pytest.fixture
def four(tmp_path: Path) -> t.Iterator[Roller]:
    with emulated("--nodes", "4", *REST_ONLY) as cluster:
        database(cluster, "fine")
        yield Roller(cluster, tmp_path, nodes=(1, 2, 3, 4))


def without_replica(cluster: Emulated) -> str:
    """A replica that the cluster has lost and not made anew."""
    database(cluster, "lonely", replication=False)
    cluster.control("POST", "/bdbs/2", {"replication": True})
    return "has no replica, although replication is on."


def with_dead_replica(cluster: Emulated) -> str:
    """The replica is on a node that is down."""
    database(cluster, "lonely")
    stop(cluster, holder(cluster, "lonely", "slave"))
    return "is not healthy (inactive, down)."


@pytest.mark.parametrize("lose", [without_replica, with_dead_replica])
def test_the_node_with_the_last_copy_stays_and_the_shard_is_named(
    four: Roller, lose: t.Callable[[Emulated], str]
) -> None:
    elsewhere = lose(four.cluster)
    last = holder(four.cluster, "lonely")
    (shard,) = (
        each["uid"]
        for each in four.cluster.api("GET", "/v1/shards").json()
        if (each["bdb_uid"], each["role"]) == (2, "master")
    )
    for said in refused(four, node_removal_nodes=[last], node_removal_migrate_single_copies=True):
        text = " ".join(said)
        assert (
            f"Primary shard {shard} of database 2 (lonely) on node {last} is the last healthy copy of its data" in text
        )
        assert elsewhere in text
    assert last in nodes(four.cluster)


# -- the URL ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaving", [[4], [1], [3, 4]])
def test_a_url_that_names_only_what_leaves_is_refused(four: Roller, leaving: list[int]) -> None:
    """The primary (1) has not handed over its role either."""
    url = [four.cluster.urls[uid - 1] for uid in leaving]
    for said in refused(four, node_removal_nodes=leaving, node_removal_min_nodes=2, redis_enterprise_url=url):
        hosts = ", ".join(f"127.0.0.{uid}" for uid in leaving)
        assert f"The URL names only nodes that leave the cluster ({hosts}): name one that stays" in " ".join(said)


def test_the_role_alone_refuses_a_url_that_names_only_its_node(four: Roller) -> None:
    role = {"role": "redis_enterprise.cluster.node_removal", "vars": {"redis_node_uid": 1}}
    defaults = {"group/redis_enterprise.cluster.cluster": {"url": four.cluster.urls[0]}}
    play = {"name": "Remove", "hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "roles": [role]}
    run = four.run(four.tasks("own.yml", [play]), **QUICK)
    assert run.code != 0
    assert run.writes == []
    assert "The URL names only nodes that leave the cluster (127.0.0.1): name one that stays" in run.text
    assert "Nothing was changed." in run.text

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster as several endpoints show it, above all: is a node in maintenance, and who says so?"""

from __future__ import annotations

import re
import typing as t

import pytest
from support import small_cluster
from support.small_cluster import GIB
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import cluster as _cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import Cluster, Node, same_host
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import ApiError, Refused


def read(table: dict[str, t.Any], clock: t.Any) -> Cluster:
    return _cluster.read(StubApi(table, clock).client)


def node(cluster: Cluster, uid: int) -> Node:
    found = cluster.node(uid)
    assert found is not None
    return found


def test_one_look_is_five_requests_without_secrets(clock: t.Any) -> None:
    api = StubApi(small_cluster.answers(), clock)
    _cluster.read(api.client)
    assert [path.partition("?")[0] for path in api.asked] == [
        "/v1/nodes",
        "/v1/nodes/status",
        "/v1/shards",
        "/v1/bdbs",
        "/v4/cluster/health",
    ]
    [bdbs] = [path for path in api.asked if path.startswith("/v1/bdbs")]
    assert "fields=" in bdbs
    assert "pass" not in bdbs


def test_nodes_have_their_shards_and_endpoints(clock: t.Any) -> None:
    cluster = read(small_cluster.answers(), clock)
    assert {each.uid: [shard.uid for shard in each.shards] for each in cluster.nodes} == {
        1: ["1"],
        2: ["2", "3"],
        3: ["4", "5"],
    }
    assert {each.uid: each.endpoints for each in cluster.nodes} == {1: ("cache",), 2: (), 3: ("queue",)}
    assert {each.uid: each.role for each in cluster.nodes} == {1: "master", 2: "slave", 3: "slave"}
    assert [shard.slots for shard in node(cluster, 2).shards] == ["0-8191", "8192-16383"]
    assert node(cluster, 3).listed_shards == ("4", "5")
    assert [shard.uid for shard in cluster.shards] == ["1", "2", "3", "4", "5"]
    assert node(cluster, 2).as_dict()["shard_count"] == 2
    assert node(cluster, 2).as_dict()["shards"][0]["uid"] == "2"


def test_an_endpoint_is_found_by_the_external_address_too(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][1]["external_addr"] = "10.0.0.2"
    table["/v1/bdbs"][0]["endpoints"][0]["addr"] = ["10.0.0.2"]
    cluster = read(table, clock)
    assert node(cluster, 2).external_addr == ("10.0.0.2",)
    assert [each.uid for each in cluster.nodes if "cache" in each.endpoints] == [2]


def test_a_shard_on_an_unknown_node_is_not_lost(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/shards"][4]["node_uid"] = "9"
    cluster = read(table, clock)
    assert [(shard.uid, shard.node_uid) for shard in cluster.strays] == [("5", 9)]
    assert "5" not in [shard.uid for shard in cluster.shards]


@pytest.mark.parametrize(("nodes", "quorum"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_quorum_is_more_than_half(nodes: int, quorum: int) -> None:
    items = [{"uid": uid, "status": "active"} for uid in range(1, nodes + 1)]
    assert _cluster.assemble(items, {}, [], [], None).quorum == quorum


def test_the_release_is_the_lowest_on_any_node(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][2]["software_version"] = "7.22.0-95"
    assert read(table, clock).release == (7, 22, 0)
    assert _cluster.assemble([{"uid": 1}], {}, [], [], None).release == ()


@pytest.mark.parametrize(
    ("memory_size", "shards_count", "replication", "each"),
    [(4 * GIB, 2, True, GIB), (4 * GIB, 2, False, 2 * GIB), (GIB, 1, False, GIB), (0, 1, True, 0)],
)
def test_memory_is_shared_by_all_shards_and_replicas(
    memory_size: int, shards_count: int, replication: bool, each: int, clock: t.Any
) -> None:
    table = small_cluster.answers()
    table["/v1/bdbs"][0] |= {"memory_size": memory_size, "shards_count": shards_count, "replication": replication}
    database = read(table, clock).database(1)
    assert database is not None
    assert database.bytes_per_shard == each


@pytest.mark.parametrize(
    ("status", "detailed", "well"),
    [
        ("active", "ok", True),
        ("active", "", True),
        ("active", "loading", False),
        ("inactive", "ok", False),
        ("trimming", "trimming", False),
    ],
)
def test_only_an_active_shard_is_healthy(status: str, detailed: str, well: bool, clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/shards"][0] |= {"status": status, "detailed_status": detailed}
    assert read(table, clock).shards[0].healthy is well


# -- maintenance -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "source"),
    [
        ("8.0.16-29", "/v4/cluster/health in_maintenance"),
        ("7.4.6-22", "/v1/nodes/status maintenance_snapshot"),
    ],
)
def test_maintenance_is_read_from_the_best_source_of_the_release(version: str, source: str, clock: t.Any) -> None:
    table = small_cluster.answers(version)
    small_cluster.maintenance(table, 2)
    in_maintenance = node(read(table, clock), 2)
    assert (in_maintenance.in_maintenance, in_maintenance.maintenance_source) == (True, source)
    assert in_maintenance.maintenance_snapshot == "maintenance_mode_2025-01-01_00-00-00"
    assert (in_maintenance.quorum_only, in_maintenance.alive, in_maintenance.in_service) == (True, True, False)


def test_before_snapshots_a_node_without_listeners_is_in_maintenance(clock: t.Any) -> None:
    table = small_cluster.answers("7.2.4-92")
    table["/v1/nodes"][1] |= {"accept_servers": False, "max_listeners": 0}
    cluster = read(table, clock)
    assert node(cluster, 2).maintenance_source == "/v1/nodes max_listeners and accept_servers"
    assert [each.uid for each in cluster.nodes if each.in_maintenance] == [2]


def test_a_permanent_quorum_only_node_is_not_in_maintenance(clock: t.Any) -> None:
    old, new = small_cluster.answers("7.4.6-22"), small_cluster.answers()
    old["/v1/nodes"][1]["accept_servers"] = False
    new["/v1/nodes"][1]["accept_servers"] = False
    new["/v4/cluster/health"]["nodes"][1]["quorum_only"] = True
    for table in (old, new):
        voting = node(read(table, clock), 2)
        assert (voting.in_maintenance, voting.quorum_only, voting.in_service) == (False, True, True)


def test_a_snapshot_that_was_left_behind_is_not_maintenance(clock: t.Any) -> None:
    table = small_cluster.answers("7.4.6-22")
    table["/v1/nodes/status"]["2"]["maintenance_snapshot"] = {"name": "maintenance_mode_old"}
    left = node(read(table, clock), 2)
    assert (left.in_maintenance, left.maintenance_snapshot) == (False, "maintenance_mode_old")


ON = {"accept_servers": False, "max_listeners": 0}
SERVING = {"accept_servers": True, "max_listeners": 100}
QUORUM_ONLY = {"accept_servers": False, "max_listeners": 100}
SNAPSHOT = {"maintenance_snapshot": {"name": "s"}}


@pytest.mark.parametrize(
    ("node", "status", "report", "active", "conflict"),
    [
        pytest.param(ON, SNAPSHOT, {"in_maintenance": True}, True, None, id="all say on"),
        pytest.param(SERVING, {}, {"in_maintenance": False}, False, None, id="all say off"),
        pytest.param(ON, SNAPSHOT, {"in_maintenance": False}, True, "in_maintenance: false, but", id="report lags on"),
        pytest.param(SERVING, {}, {"in_maintenance": True}, True, "in_maintenance: true, but", id="report lags off"),
        pytest.param(ON, {}, {"in_maintenance": False}, False, None, id="quorum-only without listeners"),
        pytest.param(QUORUM_ONLY, SNAPSHOT, {"in_maintenance": False}, False, None, id="quorum-only, stale snapshot"),
        pytest.param(SERVING, SNAPSHOT, {"in_maintenance": False}, False, None, id="stale snapshot"),
        pytest.param(ON, SNAPSHOT, None, True, None, id="no report, on"),
        pytest.param({"accept_servers": False}, SNAPSHOT, None, True, None, id="no report, listeners not shown"),
        pytest.param(QUORUM_ONLY, SNAPSHOT, None, False, None, id="no report, quorum-only with a stale snapshot"),
        pytest.param(SERVING, SNAPSHOT, None, False, None, id="no report, stale snapshot"),
        pytest.param(ON, {}, None, True, None, id="no report and no snapshot, on"),
        pytest.param(QUORUM_ONLY, {}, None, False, None, id="no report, quorum-only"),
        pytest.param({}, {}, None, False, None, id="nothing said"),
    ],
)
def test_sources_about_maintenance_have_to_agree(
    node: dict[str, t.Any], status: dict[str, t.Any], report: dict[str, t.Any] | None, active: bool, conflict: str
) -> None:
    found = _cluster.maintenance(node, status, report)
    assert found.active is active
    assert (conflict in str(found.conflict)) if conflict else (found.conflict is None)


def test_a_node_that_is_down_does_not_carry(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][2]["status"] = "down"
    del table["/v1/nodes/status"]["3"]
    down = node(read(table, clock), 3)
    assert (down.alive, down.in_service, down.role, down.free_provisional_ram) == (False, False, None, None)


def test_without_the_status_of_its_nodes_nothing_is_said_of_a_cluster(clock: t.Any) -> None:
    """All releases have that path. A stray 404 must not mean that no node is the primary or has a snapshot."""
    with pytest.raises(ApiError, match="GET /v1/nodes/status was answered with 404") as caught:
        read({**small_cluster.answers(), "/v1/nodes/status": Status(404)}, clock)
    assert (caught.value.status, caught.value.failure.path) == (404, "/v1/nodes/status")


def test_who_is_known_not_to_be_the_primary(clock: t.Any) -> None:
    table = small_cluster.answers()
    assert not any(read(table, clock).role_unknown(each) for each in read(table, clock).nodes)
    del table["/v1/nodes/status"]["3"]
    cluster = read(table, clock)
    assert cluster.role_unknown(node(cluster, 3)), "it is in service, and may have become the primary"
    table["/v1/nodes"][2]["status"] = "down"
    cluster = read(table, clock)
    assert not cluster.role_unknown(node(cluster, 3)), "node 1 is"
    table["/v1/nodes/status"]["1"]["role"] = "slave"
    cluster = read(table, clock)
    assert cluster.role_unknown(node(cluster, 3))


def test_an_older_release_has_no_report(clock: t.Any) -> None:
    table = small_cluster.answers("6.4.2-94")
    cluster = read(table, clock)
    assert cluster.report is None
    assert [each.in_maintenance for each in cluster.nodes] == [False, False, False]


def test_a_cluster_that_cannot_give_its_report_is_not_well_and_the_other_sources_count(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v4/cluster/health"] = Status(503, {"description": "no quorum"})
    cluster = read(table, clock)
    assert cluster.report == {"status": "error"}
    assert not node(cluster, 1).in_maintenance
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("node1", "node1", True),
        ("Node1.Example.com.", "node1.example.com", True),
        ("node1", "node1.example.com", True),
        ("node1.example.com", "NODE1", True),
        ("node1.example.com", "node1.example.org", False),
        ("node1", "node10", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.10", False),
        ("10", "10.0.0.1", False),
        ("[2001:DB8::1]", "2001:db8:0::1", True),
        ("2001:db8::1", "2001:db8::2", False),
        ("", "node1", False),
        (".", "node1", False),
    ],
)
def test_two_names_of_one_host(one: str, other: str, same: bool) -> None:
    for names in ((one, other), (other, one)):
        assert same_host(*names) is same


@pytest.mark.parametrize("text", ["2", " 2 ", "127.0.0.2", "NODE2", "node2.cluster.local."])
def test_a_node_is_found_by_uid_name_or_address(text: str) -> None:
    assert named_nodes().resolve_node(text).uid == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("9", "The cluster has no node with uid 9; its nodes are 1, 2."),
        ("stranger", "stranger does not match any node of the cluster; its nodes are 1 at 127.0.0.1, 2 at 127.0.0.2."),
        ("twin", "twin matches nodes 1 and 2 of the cluster: say which by uid."),
        ("node2.cluster.example", "node2.cluster.example does not match any node of the cluster"),
    ],
)
def test_a_node_that_is_not_clear_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        named_nodes().resolve_node(text)


def named_nodes() -> Cluster:
    nodes = [{"uid": uid, "addr": f"127.0.0.{uid}", "external_addr": ["twin"]} for uid in (1, 2)]
    statuses = {str(uid): {"hostname": f"node{uid}.cluster.local"} for uid in (1, 2)}
    return _cluster.assemble(nodes, statuses, [], [], None)

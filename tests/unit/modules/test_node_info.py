# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_node_info: nodes, the primary, the quorum, and what `extended` adds."""

from __future__ import annotations

import typing as t

import pytest
from support import small_cluster
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ApiError,
    InvalidInput,
    Refused,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import node_info

SNAPSHOT = {"name": "nightly", "created_time": "2025-01-01 00:00:00", "node_uid": "2"}


def run(clock: t.Any, table: dict[str, t.Any], **params: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    api = StubApi(table, clock)
    return node_info.run(Context(api.client, params, clock=clock)).as_dict(), api.asked


def test_all_nodes_in_five_requests(clock: t.Any) -> None:
    result, asked = run(clock, small_cluster.answers())
    assert [node["uid"] for node in result["nodes"]] == [1, 2, 3]
    assert (result["primary_uid"], result["release"], result["changed"]) == (1, "8.0.16", False)
    assert result["url_hosts"] == ["stub.test"]
    assert result["quorum"] == {"nodes": 3, "needed": 2, "in_service": 3}
    assert len(asked) == 5
    assert "snapshots" not in result["nodes"][0]


def test_a_node_in_maintenance_does_not_carry(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    result, _asked = run(clock, table)
    assert [node["in_maintenance"] for node in result["nodes"]] == [False, True, False]
    assert result["quorum"] == {"nodes": 3, "needed": 2, "in_service": 2}


def test_chosen_nodes_keep_their_order_and_the_facts_about_all(clock: t.Any) -> None:
    result, _asked = run(clock, small_cluster.answers(), node_uid=[3, 2, 3])
    assert [node["uid"] for node in result["nodes"]] == [3, 2]
    assert (result["primary_uid"], result["quorum"]["nodes"]) == (1, 3)


@pytest.mark.parametrize("names", [["node3", "2", "127.0.0.3"], ["NODE3.", "127.0.0.2"]])
def test_nodes_can_be_named_by_host_name_or_address(names: list[str], clock: t.Any) -> None:
    result, asked = run(clock, small_cluster.answers(), node=names)
    assert [node["uid"] for node in result["nodes"]] == [3, 2]
    assert len(asked) == 5


def test_a_name_that_no_node_has_is_refused(clock: t.Any) -> None:
    with pytest.raises(Refused, match="node9 does not match any node of the cluster; its nodes are 1 at 127"):
        run(clock, small_cluster.answers(), node=["node1", "node9"])


def test_nodes_are_named_in_one_way(clock: t.Any) -> None:
    with pytest.raises(InvalidInput, match="node and node_uid are both set"):
        run(clock, small_cluster.answers(), node=["node1"], node_uid=[1])


def test_no_node_asked_for_is_no_node(clock: t.Any) -> None:
    assert run(clock, small_cluster.answers(), node_uid=[])[0]["nodes"] == []


def test_an_unknown_uid_names_the_known_ones(clock: t.Any) -> None:
    with pytest.raises(Refused, match=r"no node with uid 9; its nodes are 1, 2, 3\."):
        run(clock, small_cluster.answers(), node_uid=[1, 9])


def test_without_a_primary_there_is_none(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes/status"]["1"]["role"] = "slave"
    assert run(clock, table)[0]["primary_uid"] is None


def test_extended_adds_snapshots_and_checks_of_the_chosen_nodes(clock: t.Any) -> None:
    table = small_cluster.answers()
    table |= {"/v1/nodes/check/2": {"node_uid": 2, "result": True}, "/v1/nodes/2/snapshots": [SNAPSHOT]}
    result, asked = run(clock, table, node_uid=[2], extended=True)
    assert result["nodes"][0]["snapshots"] == [SNAPSHOT]
    assert result["nodes"][0]["check"] == {"passed": True, "error": None}
    assert result["nodes"][0]["actions"] == []  # the one that the cluster remembers has failed long ago
    assert asked[5:] == ["/v1/nodes/actions", "/v1/nodes/check/2", "/v1/nodes/2/snapshots"]


def test_extended_shows_what_runs_on_each_node(clock: t.Any) -> None:
    table = small_cluster.answers()
    running = {"name": "remove_node", "node_uid": "2", "status": "active", "progress": "40"}
    table["/v1/nodes/actions"]["actions"].append(running)
    result, asked = run(clock, table, extended=True)
    shown = [[(each["name"], each["status"], each["progress"]) for each in node["actions"]] for node in result["nodes"]]
    assert shown == [[], [("remove", "running", 40.0)], []]
    assert asked.count("/v1/nodes/actions") == 1


def test_what_a_report_needs_without_more_requests(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][0] |= {"uptime": 412, "cores": 14, "os_version": "Ubuntu 22.04.5 LTS", "rack_id": "east-1a"}
    table["/v1/nodes"][2] |= {"rack_id": "east-1a", "software_version": "8.0.6-54"}
    table["/v1/nodes/status"]["1"] |= {"free_ram": 3, "total_provisional_ram": 9}
    result, asked = run(clock, table)
    first, second, third = result["nodes"]
    assert (first["uptime"], first["cores"], first["os_version"]) == (412, 14, "Ubuntu 22.04.5 LTS")
    assert (first["free_ram"], first["total_provisional_ram"]) == (3, 9)
    assert [second[key] for key in ("uptime", "cores", "os_version", "free_ram")] == [None] * 4
    counts = ("shard_count", "primary_shard_count", "replica_shard_count")
    assert [[node[key] for key in counts] for node in result["nodes"]] == [[1, 1, 0], [2, 1, 1], [2, 1, 1]]
    assert result["racks"] == {"east-1a": [1, 3]}
    assert (result["release"], result["releases"]) == ("8.0.6", ["8.0.6-54", "8.0.16-29"])
    assert third["software_version"] == "8.0.6-54"
    assert len(asked) == 5


def test_a_snapshot_without_maintenance_is_stale(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    table["/v1/nodes/status"]["3"]["maintenance_snapshot"] = {"name": "maintenance_mode_2024", "node_uid": "3"}
    nodes = run(clock, table)[0]["nodes"]
    assert [(node["in_maintenance"], node["stale_snapshot"]) for node in nodes] == [
        (False, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"node_uid": 2, "result": False, "error": "process alert_mgr is down"}, "process alert_mgr is down"),
        ({"node_uid": 2, "result": False}, "The check gave no reason."),
        (Status(503), "The check was answered with 503: no details given."),
        (
            Status(500, {"error_code": "internal_error", "description": "node unreachable"}),
            "The check was answered with 500: node unreachable.",
        ),
        (Status(404, {"result": True}), "The check was answered with 404: no details given."),
    ],
)
def test_a_check_without_success_has_not_passed(answer: t.Any, error: str, clock: t.Any) -> None:
    table = {**small_cluster.answers(), "/v1/nodes/check/2": answer}
    result, _asked = run(clock, table, node_uid=[2], extended=True)
    assert result["nodes"][0]["check"] == {"passed": False, "error": error}
    assert result["nodes"][0]["snapshots"] is None  # this release does not list them


def test_a_role_that_does_not_suffice_ends_the_task(clock: t.Any) -> None:
    with pytest.raises(ApiError, match="403"):
        run(clock, {**small_cluster.answers(), "/v1/nodes/check/2": Status(403)}, node_uid=[2], extended=True)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_roll_plan_info: what is read, what comes out for all hosts and for one, and input that cannot be meant."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from support import small_cluster
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import ApiError, InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import roll_plan_info
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.match import RollRefused

CLUSTER = ["/v1/nodes", "/v1/nodes/status", "/v1/shards", "/v1/bdbs", "/v4/cluster/health"]
HOSTS: list[dict[str, t.Any]] = [
    {"name": "node1", "addresses": ["127.0.0.1"], "node_uid": "", "url": ["https://a", "https://b"]},
    {"name": "db-east", "node_uid": 2, "url": "https://a, https://b"},
    {"name": "NODE3.example.com", "node_uid": " 3 ", "url": "https://a, https://b", "needed": "no"},
]


def run(
    clock: t.Any, table: dict[str, t.Any] | None = None, *, check: bool = False, **params: t.Any
) -> tuple[dict[str, t.Any], list[str], list[str]]:
    api = StubApi(table or small_cluster.answers(), clock)
    checked = ArgumentSpecValidator(dict(roll_plan_info.OPTIONS)).validate({"operation": "maintenance", **params})
    assert not checked.error_messages
    context = Context(api.client, checked.validated_parameters, check, clock=clock)
    return roll_plan_info.run(context).as_dict(), [path.partition("?")[0] for path in api.asked], context.warnings


def test_the_plan_of_a_maintenance_reads_the_cluster_once(clock: t.Any) -> None:
    result, asked, warnings = run(clock, hosts=HOSTS, tasks="patch.yml", tasks_path="/srv/patch.yml")
    assert (asked, warnings) == (CLUSTER, [])
    assert result["order"] == ["db-east", "node1"]
    assert [(each["host"], each["node_uid"], each["role"], each["state"]) for each in result["hosts"]] == [
        ("db-east", 2, "replica", "begin"),
        ("node1", 1, "primary", "begin"),
        ("NODE3.example.com", 3, "replica", "skip"),
    ]
    assert result["lines"][0] == (
        "db-east: node 2 at 127.0.0.2, replica, 2 shards, release 8.0.16-29: drain, run patch.yml, restore"
    )
    assert (result["changed"], result["host"], result["node"], result["allow"]) == (False, None, None, [])


def test_a_turn_is_about_one_host_and_its_node(clock: t.Any) -> None:
    result, asked, warnings = run(clock, hosts=HOSTS[1:2], turn="db-east")
    assert (asked, warnings, result["order"], result["allow"]) == (CLUSTER, [], ["db-east"], [2])
    assert result["host"] == result["hosts"][0]
    assert [shard["uid"] for shard in result["node"]["shards"]] == ["2", "3"]


def test_the_new_primary_is_deferred_with_a_warning(clock: t.Any) -> None:
    planned = [{"host": name, "node_uid": uid, "line": "..."} for name, uid in (("node1", 1), ("db-east", 2))]
    options = {"hosts": HOSTS[:1], "turn": "node1", "planned": planned}
    result, dummy, warnings = run(clock, **options, may_defer=True)
    assert (result["host"]["deferred"], result["host"]["needs_work"], result["order"]) == (True, False, [])
    assert warnings == ["Node 1 (node1) has become the primary of the cluster, so it comes after all other nodes."]
    for others in ({"may_defer": False}, {"may_defer": True, "deferred": ["node1"]}, {"planned": planned[:1]}):
        result, dummy, warnings = run(clock, **{**options, **others})
        assert (result["host"]["deferred"], result["order"], warnings) == (False, ["node1"], [])


def test_in_check_mode_the_nodes_before_count_as_done(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    planned = [{"host": "db-east", "node_uid": 2}, {"host": "node1", "node_uid": 1}]
    options: dict[str, t.Any] = {"hosts": HOSTS[:1], "turn": "node1", "planned": planned}
    assert run(clock, table, check=True, **options)[0]["allow"] == [1, 2]
    with pytest.raises(RollRefused, match=r"In maintenance already: node 2\..* Nothing was changed\.$"):
        run(clock, table, **options)


def test_a_removal_reads_the_records_of_removals_too(clock: t.Any) -> None:
    table = small_cluster.answers()
    running = {"name": "remove_node", "node_uid": "2", "status": "active", "progress": "40"}
    table["/v1/nodes/actions"]["actions"].append(running)
    table["/v1/nodes/9/actions/remove"] = {"status": "completed", "task_id": "a"}
    hosts = [{"name": "h2", "node_uid": 2}, {"name": "h9", "node_uid": 9}, {"name": "h7", "node_uid": 7}]
    result, asked, warnings = run(clock, table, operation="removal", hosts=hosts, tasks="away.yml", tasks_path="/a")
    assert asked == [*CLUSTER, "/v1/nodes/actions", *(f"/v1/nodes/{uid}/actions/remove" for uid in (2, 9, 7))]
    assert [(each["host"], each["state"], each["known"]) for each in result["hosts"]] == [
        ("h2", "adopt", True),
        ("h9", "gone", True),
        ("h7", "gone", False),
    ]
    assert warnings == []
    for name, uid, expected in (("h7", 7, 1), ("h9", 9, 0)):
        turn = {"hosts": [{"name": name, "node_uid": uid}], "turn": name, "tasks": "away.yml", "tasks_path": "/a"}
        result, dummy, warnings = run(clock, table, operation="removal", **turn)
        assert (result["node"], len(warnings)) == (None, expected)


def test_a_removal_is_refused_by_the_rules(clock: t.Any) -> None:
    options: dict[str, t.Any] = {"operation": "removal", "hosts": [{"name": "h3", "node_uid": 3}]}
    for more, sentence in (
        ({}, "node_removal_min_nodes is 3"),
        ({"min_nodes": 2}, "Node 3 holds data without a copy elsewhere, of database 2 (queue)."),
        ({"min_nodes": 2, "migrate_single_copies": True}, None),
        ({"min_nodes": 2, "hosts": [{"name": "h1", "node_uid": 1}], "hand_over_primary": False}, "is the primary"),
        ({"hosts": [{"name": "node_removal_3", "node_uid": 3}], "tasks": "a", "tasks_path": "/a"}, "no host of the"),
    ):
        if sentence is None:
            assert run(clock, **{**options, **more})[0]["order"] == ["h3"]
            continue
        with pytest.raises(RollRefused) as refused:
            run(clock, **{**options, **more})
        assert sentence in str(refused.value)
        assert str(refused.value).endswith(" Nothing was changed.")


def test_a_match_refuses_nothing_but_a_doubt_about_the_node(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 1)
    small_cluster.maintenance(table, 2)
    result, asked, dummy = run(clock, table, operation="match", hosts=HOSTS[1:2], turn="db-east", tasks="missing.yml")
    assert asked == CLUSTER
    assert (result["host"]["state"], result["host"]["needs_work"], result["node"]["uid"]) == ("matched", False, 2)
    with pytest.raises(RollRefused, match="the cluster has no such node"):
        run(clock, table, operation="match", hosts=[{"name": "h", "node_uid": 9}], turn="h")


INVALID: dict[str, tuple[dict[str, t.Any], str]] = {
    "no hosts": ({"hosts": []}, "hosts is empty"),
    "a uid that is none": (
        {"hosts": [{"name": "h", "node_uid": "two"}]},
        "h has redis_node_uid 'two', and the uid of a",
    ),
    "a turn of another host": (
        {"hosts": HOSTS[:1], "turn": "h"},
        "turn is h, so hosts has to hold that host and no other",
    ),
    "a turn of several hosts": ({"hosts": HOSTS, "turn": "node1"}, "turn is node1, so hosts has to hold"),
    "planned is no plan": ({"hosts": HOSTS[:1], "turn": "node1", "planned": [{"host": "x"}]}, "planned does not hold"),
}


@pytest.mark.parametrize("case", INVALID)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(clock: t.Any, case: str) -> None:
    params, sentence = INVALID[case]
    api = StubApi({}, clock)
    options = {
        **ArgumentSpecValidator(dict(roll_plan_info.OPTIONS))
        .validate({"operation": "match", **params})
        .validated_parameters
    }
    with pytest.raises(InvalidInput, match=sentence):
        roll_plan_info.run(Context(api.client, options, clock=clock))
    assert api.asked == []


def test_a_cluster_that_cannot_be_read_is_an_error(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"] = Status(401, {"error_code": "unauthorized"})
    with pytest.raises(ApiError):
        run(clock, table, hosts=HOSTS)

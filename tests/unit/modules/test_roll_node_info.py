# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_roll_node_info: the verification of a node, and how a failed phase has left it."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from support import small_cluster
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import node_info, roll_node_info

ACTIONS = "/v1/nodes/2/actions"


def run(
    clock: t.Any, table: dict[str, t.Any] | None = None, *, check: bool = False, wait: bool = False, **params: t.Any
) -> tuple[dict[str, t.Any], list[str]]:
    api = StubApi(table or small_cluster.answers(), clock)
    given = {"operation": "maintenance", "node_uid": 2, **params}
    checked = ArgumentSpecValidator(dict(roll_node_info.OPTIONS)).validate(given)
    assert not checked.error_messages
    context = Context(api.client, checked.validated_parameters, check, Wait(wait, 30.0), clock=clock)
    return roll_node_info.run(context).as_dict(), [path.partition("?")[0] for path in api.asked]


def note(clock: t.Any, uid: int = 2) -> dict[str, t.Any]:
    """The node as redis_node_info shows it."""
    api = StubApi(small_cluster.answers(), clock)
    shown = node_info.run(Context(api.client, {}, clock=clock)).as_dict()["nodes"]
    return t.cast("dict[str, t.Any]", shown[uid - 1])


# -- the verification --


def test_a_node_that_is_back_is_verified_after_the_health(clock: t.Any) -> None:
    result, asked = run(clock, before=note(clock))
    assert (result["verified"], result["problems"], result.get("failed")) == (True, [], None)
    assert asked[0] == "/v1/nodes"
    assert asked.index("/v1/cluster/check") < len(asked) - 5, "the node is read when the cluster is healthy"
    assert asked[-5:] == ["/v1/nodes", "/v1/nodes/status", "/v1/shards", "/v1/bdbs", "/v4/cluster/health"]


def test_an_unhealthy_cluster_is_not_looked_at_further(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/bdbs"][0]["status"] = "recovery"
    result, asked = run(clock, table, before=note(clock))
    assert result["failed"]
    assert "Database 1 (cache) is not active" in result["msg"]
    assert asked.count("/v1/nodes") == 1
    table["/v1/bdbs"] = lambda: small_cluster.answers()["/v1/bdbs"] if clock.now() > 3 else [unhealthy]
    unhealthy = {**small_cluster.answers()["/v1/bdbs"][0], "status": "recovery"}
    assert run(clock, table, before=note(clock), wait=True)[0]["verified"]


def test_shards_that_did_not_come_back_fail_the_task(clock: t.Any) -> None:
    table = small_cluster.answers()
    for shard in table["/v1/shards"]:
        if shard["uid"] == "3":
            shard["node_uid"] = "1"
    table["/v1/nodes"][0]["shard_list"], table["/v1/nodes"][1]["shard_list"] = [1, 3], [2]
    result, dummy = run(clock, table, before=note(clock))
    assert (result["failed"], result["verified"]) == (True, False)
    assert result["msg"].endswith("1 primary shard of database 1 (cache), slots 8192-16383 did not come back.")
    assert run(clock, table, before=note(clock), shards_stay=True)[0]["verified"]


def test_a_removed_node_leaves_nothing_and_no_rack_is_lost(clock: t.Any) -> None:
    result, asked = run(clock, operation="removal", node_uid=9, before={}, problems_before=[])
    assert result["verified"]
    left, dummy = run(clock, operation="removal", node_uid=2, before=note(clock))
    assert "Of node 2 the cluster still shows the node itself and shard 2, 3 on it." in left["msg"]
    unasked, asked = run(clock, operation="removal", node_uid=9, check_health=False)
    assert unasked["verified"]
    assert len(asked) == 5


def test_racks_that_were_lost_with_the_node_fail_the_task(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/bdbs"][0]["rack_aware"] = True
    for node in table["/v1/nodes"]:
        node["rack_id"] = "a"
    options: dict[str, t.Any] = {"operation": "removal", "node_uid": 9}
    lost, dummy = run(clock, table, **options, problems_before=[])
    assert "still shows database 1 with its copies in one rack since" in lost["msg"]
    known = [{"check": "racks", "object": "database 1"}]
    for more in ({"problems_before": known}, {}):
        assert run(clock, table, **options, **more)[0]["verified"]


# -- after a failure --


def test_the_drain_is_rolled_back_when_nothing_runs(clock: t.Any) -> None:
    table = small_cluster.answers()
    table[ACTIONS] = {"actions": [{"name": "maintenance_on", "node_uid": "2", "status": "failed"}]}
    result, asked = run(clock, table, failed_phase="drain", before={}, failed_result={"msg": "no room"})
    assert (result["roll_back"], result["cause"], asked) == (True, "no room.", [ACTIONS])
    table[ACTIONS] = {"actions": [{"name": "maintenance_on", "node_uid": "2", "status": "active"}]}
    result, asked = run(clock, table, failed_phase="gate_again", before={})
    assert (result["roll_back"], asked) == (False, [ACTIONS])
    assert "is left to run: maintenance_on" in result["outcome"]


@pytest.mark.parametrize("answer", [Status(500, {"error_code": "broken"}), Status(401)])
def test_nothing_is_rolled_back_when_the_cluster_does_not_say_what_runs(clock: t.Any, answer: Status) -> None:
    result, dummy = run(clock, {ACTIONS: answer}, failed_phase="drain")
    assert not result["roll_back"]
    assert "It is not known what the node is doing" in result["outcome"]


CALM: dict[str, tuple[dict[str, t.Any], bool, str]] = {
    "check mode": ({"failed_phase": "drain"}, True, "Nothing was changed."),
    "in maintenance before": (
        {"failed_phase": "drain", "before": {"in_maintenance": True}},
        False,
        "The node was in maintenance before this run, and is left so.",
    ),
    "the tasks": ({"failed_phase": "tasks"}, False, "so it stays drained and in maintenance"),
    "the gate of a removal": ({"operation": "removal", "failed_phase": "gate"}, False, "Nothing was changed."),
}


@pytest.mark.parametrize("case", CALM)
def test_where_nothing_has_to_be_read_nothing_is(clock: t.Any, case: str) -> None:
    params, check, sentence = CALM[case]
    result, asked = run(clock, {}, check=check, **params)
    assert (asked, result["roll_back"]) == ([], False)
    assert sentence in result["outcome"]


def test_a_phase_of_the_other_operation_is_invalid(clock: t.Any) -> None:
    with pytest.raises(InvalidInput, match="the phases of a removal are order, gate, hand_over, remove, verify, tasks"):
        run(clock, {}, operation="removal", failed_phase="drain")

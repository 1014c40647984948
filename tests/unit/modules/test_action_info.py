# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_action_info: which endpoint is asked for what, and which options contradict each other."""

from __future__ import annotations

import typing as t

import pytest
from support.small_cluster import answers
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    ApiError,
    InvalidInput,
    Refused,
    WaitTimeout,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import action_info

TASK = {"action_type": "task", "action_uid": "t-1", "name": "maintenance_on", "status": "running", "progress": 10.0}
EXPORT = {"action_type": "other", "action_uid": "o-1", "name": "export", "status": "completed", "progress": 100.0}
MACHINE = {"action_uid": "m-1", "name": "SMUpdateBDB", "object_name": "bdb:7", "status": "active", "progress": 50.0}
NODE_ACTION = {"name": "maintenance_on", "node_uid": "2", "status": "failed", "task_id": "n-1"}
CLUSTER_ACTION = {"name": "change_master", "status": "queued", "progress": 0.0, "task_id": "c-1"}
TABLE: dict[str, t.Any] = {
    "/v2/actions": [TASK, EXPORT],
    "/v2/actions/t-1": TASK,
    "/v1/actions": {"actions": [], "state-machines": [MACHINE]},
    "/v1/actions/m-1": MACHINE,
    "/v1/actions/bdb/7": [MACHINE],
    "/v1/nodes/actions": [NODE_ACTION],
    "/v1/nodes/2/actions": {"actions": [NODE_ACTION]},
    "/v1/cluster/actions": {"actions": [CLUSTER_ACTION]},
}
OLD = {path: body for path, body in TABLE.items() if not path.startswith("/v2")}


def run(clock: t.Any, table: dict[str, t.Any], **params: t.Any) -> tuple[dict[str, t.Any], list[str], Context]:
    api = StubApi(dict(table), clock)
    context = Context(api.client, params, clock=clock)
    return action_info.run(context).as_dict(), api.asked, context


def uids(result: dict[str, t.Any]) -> list[str]:
    return [action["uid"] for action in result["actions"]]


@pytest.mark.parametrize(
    ("params", "expected", "asked"),
    [
        ({}, ["t-1", "o-1"], ["/v2/actions"]),
        ({"scope": "all", "api_version": "v1"}, ["m-1"], ["/v1/actions"]),
        ({"api_version": "v2"}, ["t-1", "o-1"], ["/v2/actions"]),
        ({"node_uid": 2}, ["n-1"], ["/v1/nodes/2/actions"]),
        ({"scope": "node", "node_uid": 2}, ["n-1"], ["/v1/nodes/2/actions"]),
        ({"scope": "node"}, ["n-1"], ["/v1/nodes/actions"]),
        ({"node_uid": 3}, [], ["/v1/nodes/3/actions"]),
        ({"scope": "cluster"}, ["c-1"], ["/v1/cluster/actions"]),
        ({"bdb_uid": 7}, ["m-1"], ["/v1/actions/bdb/7"]),
        ({"bdb_uid": 8}, [], ["/v1/actions/bdb/8"]),
        ({"name": "export"}, ["o-1"], ["/v2/actions"]),
        ({"status": ["running", "queued"]}, ["t-1"], ["/v2/actions"]),
        ({"status": ["failed"], "name": "export"}, [], ["/v2/actions"]),
        ({"node_uid": 2, "name": "maintenance_off"}, [], ["/v1/nodes/2/actions"]),
    ],
)
def test_each_scope_asks_one_endpoint(
    params: dict[str, t.Any], expected: list[str], asked: list[str], clock: t.Any
) -> None:
    result, requests_sent, _context = run(clock, TABLE, **params)
    assert uids(result) == expected
    assert result["action"] is None
    assert result["changed"] is False
    assert requests_sent == asked


@pytest.mark.parametrize("name", ["node2", "NODE2.", "127.0.0.2", "2"])
@pytest.mark.parametrize("scope", [None, "node", "all"])
def test_a_node_can_be_named_by_its_host_name_or_address(name: str, scope: str | None, clock: t.Any) -> None:
    table = {**answers(), **TABLE, "/v2/actions": [NODE_TASK, BDB_TASK]}
    result, asked, _context = run(clock, table, node=name, scope=scope)
    assert uids(result) == (["r-1"] if scope == "all" else ["n-1"])
    assert result["node_uid"] == 2
    assert asked[-1] == ("/v2/actions" if scope == "all" else "/v1/nodes/2/actions")
    assert len(asked) == (1 if name == "2" else 6)


def test_a_name_that_no_node_has_is_refused(clock: t.Any) -> None:
    with pytest.raises(Refused, match="node9 does not match any node"):
        run(clock, answers(), node="node9")


def test_all_falls_back_to_v1_before_7_22(clock: t.Any) -> None:
    result, asked, _context = run(clock, OLD)
    assert (uids(result), asked) == (["m-1"], ["/v2/actions", "/v1/actions"])


NODE_TASK = {
    "action_type": "task",
    "action_uid": "r-1",
    "name": "remove_node",
    "status": "running",
    "creation_time": 1000,
    "additional_info": {"object_type": "node", "object_uid": "2"},
}
BDB_TASK = {
    "action_uid": "b-1",
    "action_type": "state-machine",
    "name": "SMUpdateBDB",
    "status": "completed",
    "creation_time": 2000,
    "additional_info": {"object_type": "BDB", "object_uid": 7},
}
TIMELESS = {"action_uid": "x-1", "action_type": "other", "name": "export", "status": "queued"}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"scope": "all", "node_uid": 2}, ["r-1"]),
        ({"scope": "all", "node_uid": 7}, []),
        ({"scope": "all", "bdb_uid": 7}, ["b-1"]),
        ({"object_type": "bdb"}, ["b-1"]),
        ({"object_type": "node", "name": "remove"}, ["r-1"]),
        ({"name": "remove_node"}, ["r-1"]),
        ({"since": "1000"}, ["r-1", "b-1", "x-1"]),
        ({"since": "1000.5"}, ["b-1", "x-1"]),
        ({"since": "1970-01-01T00:33:20Z"}, ["b-1", "x-1"]),
        ({"since": "1970-01-01T00:33:20"}, ["b-1", "x-1"]),
        ({"since": "1970-01-01T01:33:20.1+01:00"}, ["x-1"]),
    ],
)
def test_all_actions_are_filtered(params: dict[str, t.Any], expected: list[str], clock: t.Any) -> None:
    result, asked, _context = run(clock, {"/v2/actions": [NODE_TASK, BDB_TASK, TIMELESS]}, **params)
    assert uids(result) == expected
    assert asked == ["/v2/actions"]
    assert result["record"] is None


def test_every_scope_has_the_same_keys(clock: t.Any) -> None:
    shapes = {
        frozenset(action)
        for params in ({}, {"scope": "node"}, {"scope": "cluster"}, {"bdb_uid": 7}, {"api_version": "v1"})
        for action in run(clock, TABLE, **params)[0]["actions"]
    }
    assert len(shapes) == 1
    assert {"uid", "kind", "finished", "object_type", "error_code"} <= next(iter(shapes))


@pytest.mark.parametrize(
    ("params", "uid"),
    [
        ({"uid": "t-1"}, "t-1"),
        ({"uid": "t-1", "api_version": "v2"}, "t-1"),
        ({"uid": "m-1"}, "m-1"),
        ({"uid": "m-1", "api_version": "v1"}, "m-1"),
        ({"uid": "m-1", "bdb_uid": 7}, "m-1"),
        ({"uid": "n-1"}, "n-1"),
        ({"uid": "n-1", "node_uid": 2}, "n-1"),
        ({"uid": "c-1"}, "c-1"),
        ({"uid": "c-1", "scope": "cluster"}, "c-1"),
    ],
)
def test_one_action_is_found_wherever_it_is(params: dict[str, t.Any], uid: str, clock: t.Any) -> None:
    result, _asked, _context = run(clock, TABLE, **params)
    assert result["action"]["uid"] == uid
    assert result["actions"] == [result["action"]]


def test_one_action_that_is_listed_takes_one_request(clock: t.Any) -> None:
    assert run(clock, TABLE, uid="t-1")[1] == ["/v2/actions/t-1"]


@pytest.mark.parametrize("params", [{}, {"api_version": "v1"}, {"api_version": "v2"}, {"node_uid": 2}, {"bdb_uid": 7}])
def test_an_unknown_action_is_null(params: dict[str, t.Any], clock: t.Any) -> None:
    result, _asked, context = run(clock, TABLE, uid="gone", **params)
    assert (result["action"], result["actions"], context.warnings) == (None, [], [])
    assert result["record"] == "unknown"


def test_v2_on_an_older_release_is_an_error_and_not_nothing(clock: t.Any) -> None:
    for params in ({"api_version": "v2"}, {"api_version": "v2", "uid": "m-1"}):
        with pytest.raises(ActionFailed, match=r"7\.22"):
            run(clock, OLD, **params)


def test_who_may_not_see_node_actions_is_told_so(clock: t.Any) -> None:
    table = {**TABLE, "/v1/nodes/actions": Status(403)}
    result, _asked, context = run(clock, table, uid="gone")
    assert result["action"] is None
    assert context.warnings == [
        "The action gone was not looked for among node actions, which only the role admin may see."
    ]
    with pytest.raises(ApiError, match="role admin"):
        run(clock, table, scope="node")


def test_another_error_ends_the_task(clock: t.Any) -> None:
    with pytest.raises(ApiError, match="500"):
        run(clock, {**TABLE, "/v1/cluster/actions": Status(500)}, uid="gone")


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"node_uid": 2, "bdb_uid": 7}, "node_uid and bdb_uid are both set"),
        ({"node": "node2", "bdb_uid": 7}, "node and bdb_uid are both set"),
        ({"node": "node2", "node_uid": 2}, "node and node_uid are both set"),
        ({"scope": "cluster", "node_uid": 2}, "node_uid is set, but scope is cluster"),
        ({"scope": "cluster", "node": "node2"}, "node is set, but scope is cluster"),
        ({"scope": "node", "bdb_uid": 7}, "bdb_uid is set, but scope is node"),
        ({"scope": "bdb"}, "scope is bdb, but bdb_uid is not set"),
        ({"scope": "cluster", "api_version": "v2"}, "has the scope cluster only in v1"),
        ({"node_uid": 2, "api_version": "v2"}, "has the scope node only in v1"),
        ({"uid": "t-1", "name": "export"}, "leave name out"),
        ({"uid": "t-1", "status": ["running"], "since": "1"}, "leave status and since out"),
        ({"action": {"uid": "t-1", "status": "queued"}, "uid": "t-1"}, "leave uid out"),
        ({"action": {"uid": "t-1", "status": "queued"}, "node_uid": 2}, "leave node_uid out"),
        ({"action": {"uid": "t-1", "status": "queued"}, "node": "2"}, "leave node out"),
        ({"action": {"name": "maintenance_on"}}, "is not an action as the modules return it"),
        ({"wait": True}, "nothing says for what"),
        ({"since": "yesterday"}, "is not a time: write seconds since the epoch"),
        ({"uid": "../nodes/1"}, "is not the uid of an action"),
        ({"uid": ""}, "is not the uid of an action"),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_anything_is_sent(
    params: dict[str, t.Any], sentence: str, clock: t.Any
) -> None:
    api = StubApi(dict(TABLE), clock)
    with pytest.raises(InvalidInput, match=sentence) as caught:
        action_info.run(Context(api.client, params))
    assert str(caught.value).count(". ") == 0
    assert api.asked == []


# -- one action, as another task returned it, and waiting for it -----------------------------------------------------

GIVEN_NODE = {"uid": "n-2", "name": "enslave_node", "kind": "node", "status": "queued"}
GIVEN_NODE |= {"object_type": "node", "object_uid": "2"}
GIVEN_BDB = {"uid": "m-9", "name": "", "kind": "state_machine", "status": "queued"}
GIVEN_BDB |= {"object_type": "bdb", "object_uid": "7"}


def ending(*bodies: t.Any) -> t.Callable[[], t.Any]:
    """One answer after another; the last one is repeated."""
    left = list(bodies)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def machine(status: str, **more: t.Any) -> dict[str, t.Any]:
    return {"action_uid": "m-9", "name": "SMUpdateBDB", "object_name": "bdb:7", "status": status, **more}


def test_an_action_that_another_task_returned_is_found_with_one_request(clock: t.Any) -> None:
    table = {"/v1/nodes/2/actions/enslave_node": {"status": "running", "task_id": "n-2"}}
    result, asked, _context = run(clock, table, action=GIVEN_NODE)
    assert asked == ["/v1/nodes/2/actions/enslave_node"]
    assert (result["record"], result["action"]["status"]) == ("listed", "running")


def test_an_action_that_another_task_returned_and_nobody_lists_is_forgotten(clock: t.Any) -> None:
    newer = {"/v1/nodes/2/actions/enslave_node": {"status": "running", "task_id": "n-3"}}
    for table in ({}, newer):
        result, _asked, _context = run(clock, table, action=GIVEN_NODE)
        assert (result["record"], result["action"], result["actions"]) == ("forgotten", None, [])


def test_waiting_ends_with_the_action_and_polls_one_endpoint(clock: t.Any) -> None:
    table = {"/v1/actions/m-9": ending(machine("pending"), machine("active"), machine("completed"))}
    result, asked, _context = run(clock, table, uid="m-9", wait=True)
    assert (result["record"], result["action"]["status"], result["evidence"]) == ("listed", "completed", None)
    assert asked == ["/v2/actions/m-9", *["/v1/actions/m-9"] * 3]


@pytest.mark.parametrize("status", ["failed", "cancelled", "aborted"])
def test_waiting_fails_with_an_action_that_does(status: str, clock: t.Any) -> None:
    bodies = ending(machine("active"), machine(status, error_code="internal_error", error="lost"))
    with pytest.raises(ActionFailed, match=rf"SMUpdateBDB of bdb 7 is {status}.*lost") as caught:
        run(clock, {"/v1/actions/m-9": bodies}, uid="m-9", wait=True)
    assert caught.value.failure.error_code == "internal_error"


def test_waiting_has_an_end(clock: t.Any) -> None:
    api = StubApi({"/v1/actions/m-9": machine("active", progress="40")}, clock)
    context = Context(api.client, {"uid": "m-9", "wait": True}, clock=clock, wait=Wait(timeout=30))
    with pytest.raises(WaitTimeout, match="SMUpdateBDB of bdb 7 is running, 40%"):
        action_info.run(context)
    assert clock.now() == pytest.approx(30)


def test_an_action_that_is_listed_late_is_waited_for(clock: t.Any) -> None:
    table = {"/v1/actions/m-9": ending(Status(404), Status(404), machine("completed"))}
    assert run(clock, table, uid="m-9", wait=True)[0]["record"] == "listed"


def test_waiting_for_one_that_never_was_says_that_it_cannot_be_told(clock: t.Any) -> None:
    with pytest.raises(ActionFailed, match=r"It never had it, or has forgotten it.*Give action"):
        run(clock, {}, uid="m-9", wait=True)
    assert clock.now() >= 2.0


@pytest.mark.parametrize(
    ("name", "bdb", "evidence"),
    [
        ("SMDeleteBDB", [Status(404)], "database 7 is gone"),
        ("SMDeleteBDB", [{"uid": 7, "status": "delete-pending"}, Status(404)], "database 7 is gone"),
        ("SMUpdateBDB", [{"uid": 7, "status": "active"}], "database 7 is active"),
        ("SMUpdateBDB", [{"uid": 7, "status": "active-change-pending"}, {"status": "active"}], "database 7 is active"),
        ("", [Status(404)], "database 7 is gone"),
    ],
)
def test_a_forgotten_action_of_a_database_is_judged_by_the_database(
    name: str, bdb: list[t.Any], evidence: str, clock: t.Any
) -> None:
    result, _asked, context = run(clock, {"/v1/bdbs/7": ending(*bdb)}, action={**GIVEN_BDB, "name": name}, wait=True)
    assert (result["record"], result["evidence"], result["action"]) == ("forgotten", evidence, None)
    assert context.warnings == []


@pytest.mark.parametrize(
    ("name", "bdb", "what"),
    [
        ("SMDeleteBDB", {"status": "active"}, "database 7 is active"),
        ("SMUpdateBDB", Status(404), "database 7 is gone"),
        ("SMCreateBDB", {"status": "creation-failed"}, "database 7 is creation-failed"),
    ],
)
def test_a_database_that_is_not_as_the_action_leaves_it_is_a_failure(
    name: str, bdb: t.Any, what: str, clock: t.Any
) -> None:
    with pytest.raises(ActionFailed, match=f"has forgotten {name} .*{what}") as caught:
        run(clock, {"/v1/bdbs/7": bdb}, action={**GIVEN_BDB, "name": name}, wait=True)
    assert (caught.value.failure.action or {})["uid"] == "m-9"


def test_an_action_that_vanishes_while_it_is_waited_for_is_forgotten_too(clock: t.Any) -> None:
    table = {"/v1/actions/m-9": ending(machine("active"), Status(404)), "/v1/bdbs/7": {"status": "active"}}
    assert run(clock, table, uid="m-9", wait=True)[0]["record"] == "forgotten"


@pytest.mark.parametrize(("name", "good"), [("enslave_node", True), ("maintenance_on", False), ("remove", False)])
def test_a_forgotten_action_of_a_node_is_judged_by_the_node(name: str, good: bool, clock: t.Any) -> None:
    given = {**GIVEN_NODE, "name": name}
    if good:
        assert run(clock, answers(), action=given, wait=True)[0]["evidence"] == "node 2 is as enslave_node leaves it"
        return
    with pytest.raises(ActionFailed, match=f"has forgotten {name}"):
        run(clock, answers(), action=given, wait=True)


@pytest.mark.parametrize(
    "given",
    [
        {"uid": "c-9", "name": "rebalance", "kind": "cluster", "status": "queued", "object_type": "cluster"},
        {"uid": "n-9", "name": "maintenance_on", "kind": "node", "status": "queued"}
        | {"object_type": "node", "object_uid": "9"},
        {"uid": "o-9", "name": "export", "kind": "other", "status": "running"},
    ],
)
def test_a_forgotten_action_whose_end_is_not_known_is_a_failure(given: dict[str, t.Any], clock: t.Any) -> None:
    with pytest.raises(ActionFailed, match=r"nothing else tells how it ended|node 9 is not in the cluster"):
        run(clock, answers(), action=given, wait=True)

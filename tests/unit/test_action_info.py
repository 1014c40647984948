# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_action_info: which endpoint is asked for what, and which options contradict each other."""

from __future__ import annotations

import typing as t

import pytest
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._errors import (
    ActionFailed,
    ApiError,
    InvalidInput,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._operation import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._operations import action_info

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


def test_all_falls_back_to_v1_before_7_22(clock: t.Any) -> None:
    result, asked, _context = run(clock, OLD)
    assert (uids(result), asked) == (["m-1"], ["/v2/actions", "/v1/actions"])


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
        ({"scope": "cluster", "node_uid": 2}, "node_uid is set, but scope is cluster"),
        ({"scope": "all", "node_uid": 2}, "node_uid is set, but scope is all"),
        ({"scope": "node", "bdb_uid": 7}, "bdb_uid is set, but scope is node"),
        ({"scope": "bdb"}, "scope is bdb, but bdb_uid is not set"),
        ({"scope": "cluster", "api_version": "v2"}, "has the scope cluster only in v1"),
        ({"node_uid": 2, "api_version": "v2"}, "has the scope node only in v1"),
        ({"uid": "t-1", "name": "export"}, "leave name and status out"),
        ({"uid": "t-1", "status": ["running"]}, "leave name and status out"),
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

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoders of the API's answers: what a real cluster sends goes through, and nothing else does."""

from __future__ import annotations

import copy
import typing as t

import pytest
from support import small_cluster

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import decode
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import UnexpectedAnswer

NONSENSE: tuple[t.Any, ...] = (
    None,
    True,
    7,
    -1.5,
    float("nan"),
    float("inf"),
    "",
    "Sign in",
    [],
    {},
    [None],
    [[]],
    [{}],
)
TASK = {"action_uid": "a1", "name": "retry_bdb", "status": "completed", "progress": "100", "creation_time": "1"}
MACHINE = {"action_uid": "a2", "name": "SMCreateBDB", "object_name": "bdb:1", "status": "active", "heartbeat": 1}
TASK_V2 = {
    "action_uid": "a3",
    "action_type": "task",
    "additional_info": {"object_type": "bdb", "object_uid": "1"},
    "creation_time": 1,
    "name": "export_bdb",
    "progress": 12.5,
    "status": "running",
}


def valid() -> dict[str, tuple[t.Callable[[t.Any], t.Any], t.Any]]:
    """For each object its decoder and an answer of a cluster."""
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    return {
        "nodes": (decode.nodes, table["/v1/nodes"]),
        "node statuses": (decode.node_statuses, table["/v1/nodes/status"]),
        "shards": (decode.shards, table["/v1/shards"]),
        "databases": (decode.databases, table["/v1/bdbs"]),
        "database": (lambda body: decode.database(body, 1), table["/v1/bdbs"][0]),
        "health report": (decode.health_report, table["/v4/cluster/health"]),
        "license": (decode.license_, table["/v1/license"]),
        "cluster check": (decode.cluster_check, table["/v1/cluster/check"]),
        "node check": (lambda body: decode.node_check(body, 1), {"node_uid": 1, "result": True}),
        "snapshots": (lambda body: decode.snapshots(body, 1), [{"name": "nightly", "node_uid": "1"}]),
        "actions v1": (decode.actions_v1, {"actions": [TASK], "state-machines": [MACHINE]}),
        "action v1": (lambda body: decode.action_v1(body, "/v1/actions/a1"), TASK),
        "actions v2": (decode.actions_v2, [TASK_V2]),
        "action v2": (lambda body: decode.action_v2(body, "/v2/actions/a3"), TASK_V2),
        "object actions": (
            lambda body: decode.object_actions(body, "/v1/nodes/actions"),
            {"actions": [{"name": "maintenance_on", "node_uid": "1", "status": "failed"}]},
        ),
        "object action": (
            lambda body: decode.object_action(body, "/v1/nodes/1/actions/remove"),
            {"status": "queued", "task_id": "a4"},
        ),
    }


# Empty objects and lists that are answers: nothing is there.
EMPTY = {
    "node statuses": ({},),
    "shards": ([],),
    "databases": ([],),
    "snapshots": ([],),
    "actions v1": ([],),
    "actions v2": ([],),
    "object actions": ([],),
    "object action": ([],),
}


@pytest.mark.parametrize("name", valid())
def test_what_a_cluster_sends_is_decoded(name: str) -> None:
    decoder, body = valid()[name]
    before = copy.deepcopy(body)
    assert decoder(body)
    assert body == before, "a decoder changes nothing in place"


@pytest.mark.parametrize("name", valid())
def test_nonsense_in_place_of_an_answer_is_refused(name: str) -> None:
    decoder, _body = valid()[name]
    for nonsense in NONSENSE:
        if nonsense in EMPTY.get(name, ()) and not isinstance(nonsense, bool):
            continue
        with pytest.raises(UnexpectedAnswer):
            decoder(nonsense)


def places(body: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    yield path
    for key, each in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        yield from places(each, (*path, key))


def replaced(body: t.Any, path: tuple[t.Any, ...], value: t.Any) -> t.Any:
    changed = copy.deepcopy(body)
    if not path:
        return value
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", valid())
def test_nonsense_anywhere_is_decoded_or_refused_and_never_a_traceback(name: str) -> None:
    decoder, body = valid()[name]
    refused = 0
    for path in places(body):
        for nonsense in NONSENSE:
            try:
                decoder(replaced(body, path, nonsense))
            except UnexpectedAnswer as error:
                refused += bool(error.failure.path)
    assert refused


@pytest.mark.parametrize(
    ("name", "path", "value", "sentence"),
    [
        ("nodes", (1, "uid"), "x", "[1].uid is text of length 1, and should be a whole number"),
        ("nodes", (1, "uid"), 1, "[1].uid is 1, and should be listed once"),
        ("nodes", (0, "accept_servers"), None, "[0].accept_servers is None, and should be true or false"),
        ("nodes", (), [], "the body is a list of length 0, and should be a list of at least one node"),
        ("node statuses", ("1", "role"), "king", "1.role is text of length 4, and should be one of master, slave"),
        ("shards", (0, "bdb_uid"), 0, "[0].bdb_uid is 0, and should be a uid"),
        ("shards", (0, "detailed_status"), None, "[0].detailed_status is None, and should be text"),
        ("databases", (1, "uid"), 1, "[1].uid is 1, and should be listed once"),
        ("database", ("uid",), 2, "uid is 2, and should be 1, which was asked for"),
        ("health report", ("nodes", 0, "in_maintenance"), None, "nodes[0].in_maintenance is None"),
        ("health report", ("nodes", 0, "in_maintenance"), "False", "nodes[0].in_maintenance is text of length 5"),
        ("license", ("expired",), "false", "expired is text of length 5, and should be true or false"),
        ("license", ("shards_limit",), "many", "shards_limit is text of length 4, and should be a whole number"),
        ("cluster check", ("nodes",), [], "nodes is a list of length 0, and should be a list of at least one result"),
        ("cluster check", ("nodes", 0, "result"), "true", "nodes[0].result is text of length 4"),
        ("actions v1", (), {}, "actions is nothing, and should be there"),
        ("action v1", ("action_uid",), "a9", "action_uid is text of length 2, and should be a1, which was asked for"),
        ("action v1", ("status",), "gone", "status is text of length 4, and should be one of queued"),
        ("actions v2", (0, "progress"), float("nan"), "[0].progress is nan, and should be a number"),
        ("object actions", (), {}, "actions is nothing, and should be there"),
    ],
)
def test_the_error_names_member_and_what_was_found(name: str, path: t.Any, value: t.Any, sentence: str) -> None:
    decoder, body = valid()[name]
    with pytest.raises(UnexpectedAnswer) as refused:
        decoder(replaced(body, path, value))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("value", "found"), [("12", 12), (12.0, 12), (12, 12), ("-1", -1)], ids=["text", "float", "number", "negative"]
)
def test_numbers_that_come_as_strings_are_numbers(value: t.Any, found: int) -> None:
    body = replaced(valid()["license"][1], ("shards_limit",), value)
    assert decode.license_(body)["shards_limit"] == found


def test_members_that_are_not_known_are_kept() -> None:
    decoder, body = valid()["nodes"]
    assert decoder(replaced(body, (0, "future"), {"x": [None]}))[0]["future"] == {"x": [None]}


def test_an_error_does_not_show_what_was_found() -> None:
    with pytest.raises(UnexpectedAnswer) as refused:
        decode.nodes("Authorization: Basic c2VjcmV0")
    assert "c2VjcmV0" not in str(refused.value)

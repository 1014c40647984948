# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_bdb_info: which request is sent, which databases are meant, and what is made of them."""

from __future__ import annotations

import json
import typing as t

import pytest
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import ApiError, InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import bdb_info

ALWAYS = "uid%2Cname%2Cstatus%2Cendpoints"


def bdb(uid: int, name: str, **fields: t.Any) -> dict[str, t.Any]:
    endpoint = {"addr": ["10.0.0.1"], "dns_name": f"redis-{12000 + uid}.example.com", "port": 12000 + uid}
    return {"uid": uid, "name": name, "status": "active", "endpoints": [endpoint], **fields}


def run(clock: t.Any, answers: dict[str, t.Any], **params: t.Any) -> tuple[list[dict[str, t.Any]], list[str]]:
    api = StubApi(answers, clock)
    result = bdb_info.run(Context(api.client, params, clock=clock)).as_dict()
    assert result["changed"] is False
    return result["bdbs"], api.asked


def test_all_databases_in_one_request_by_uid(clock: t.Any) -> None:
    bdbs, asked = run(clock, {"/v1/bdbs": [bdb(2, "queue"), bdb(1, "cache", memory_size=5)]})
    assert asked == ["/v1/bdbs"]
    assert [(each["uid"], each["name"], each["status"]) for each in bdbs] == [
        (1, "cache", "active"),
        (2, "queue", "active"),
    ]
    assert bdbs[0]["bdb"]["memory_size"] == 5
    assert bdbs[0]["endpoints"] == ["redis-12001.example.com:12001"]


def test_internal_databases_are_databases(clock: t.Any) -> None:
    bdbs, _asked = run(clock, {"/v1/bdbs": [bdb(1, "metrics", internal=True)]})
    assert [each["bdb"]["internal"] for each in bdbs] == [True]


def test_a_name_gives_every_database_of_that_name(clock: t.Any) -> None:
    answers = {"/v1/bdbs": [bdb(1, "cache"), bdb(2, "queue"), bdb(3, "cache")]}
    bdbs, asked = run(clock, answers, name="cache")
    assert [each["uid"] for each in bdbs] == [1, 3]
    assert asked == ["/v1/bdbs"]
    assert run(clock, answers, name="nobody")[0] == []


def test_a_uid_is_asked_for_alone(clock: t.Any) -> None:
    answers = {"/v1/bdbs/2": bdb(2, "queue")}
    bdbs, asked = run(clock, answers, uid=2)
    assert [each["name"] for each in bdbs] == ["queue"]
    assert asked == ["/v1/bdbs/2"]


def test_that_a_uid_is_not_there_is_believed_of_the_list_only(clock: t.Any) -> None:
    answers = {"/v1/bdbs": [bdb(1, "cache"), bdb(2, "queue")]}
    assert run(clock, answers, uid=9) == ([], ["/v1/bdbs/9", "/v1/bdbs"])
    assert [each["name"] for each in run(clock, answers, uid=2)[0]] == ["queue"]


def test_uid_and_name_must_both_fit(clock: t.Any) -> None:
    answers = {"/v1/bdbs/2": bdb(2, "queue")}
    assert [each["uid"] for each in run(clock, answers, uid=2, name="queue")[0]] == [2]
    assert run(clock, answers, uid=2, name="cache")[0] == []


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"fields": ["memory_size"]}, f"fields={ALWAYS}%2Cmemory_size"),
        ({"fields": [" port ", "name", "port"]}, f"fields={ALWAYS}%2Cport"),
        ({"fields": []}, f"fields={ALWAYS}"),
        ({"extended": True}, "extended=true"),
        ({"fields": ["search"], "extended": True}, f"fields={ALWAYS}%2Csearch&extended=true"),
    ],
)
def test_fields_and_extended_are_passed_on(params: dict[str, t.Any], query: str, clock: t.Any) -> None:
    for scope in ({}, {"uid": 2}):
        path = "/v1/bdbs/2" if scope else "/v1/bdbs"
        answers = {"/v1/bdbs": [bdb(2, "queue")], "/v1/bdbs/2": bdb(2, "queue")}
        assert run(clock, answers, **scope, **params)[1] == [f"{path}?{query}"]


@pytest.mark.parametrize("wrong", ["", "memory size", "port&extended=true", "uid,name"])
def test_what_is_no_field_name_is_refused_before_anything_is_sent(wrong: str, clock: t.Any) -> None:
    api = StubApi({}, clock)
    with pytest.raises(InvalidInput, match="which is no field of a database"):
        bdb_info.run(Context(api.client, {"fields": ["port", wrong]}, clock=clock))
    assert api.asked == []


@pytest.mark.parametrize(
    ("endpoints", "shown"),
    [
        ([{"dns_name": "redis-1.example.com", "addr": ["10.0.0.1"], "port": 1}], ["redis-1.example.com:1"]),
        ([{"dns_name": "", "addr": ["10.0.0.1", "10.0.0.2"], "port": 1}], ["10.0.0.1:1", "10.0.0.2:1"]),
        ([{"addr": "10.0.0.1", "port": "1"}], ["10.0.0.1:1"]),
        ([{"addr": ["fd00::1"], "port": 1}], ["[fd00::1]:1"]),
        (
            [{"dns_name": "in.example.com", "port": 1}, {"dns_name": "out.example.com", "port": 1}],
            ["in.example.com:1", "out.example.com:1"],
        ),
        ([{"dns_name": "same", "addr": ["10.0.0.1"], "port": 1}, {"dns_name": "same", "port": 1}], ["same:1"]),
        ([{"dns_name": "unbound", "port": 0}, {"dns_name": "unbound"}], []),
        ([{"port": 1}], []),
        ([], []),
        (None, []),
    ],
)
def test_endpoints_as_clients_write_them(endpoints: t.Any, shown: list[str], clock: t.Any) -> None:
    bdbs, _asked = run(clock, {"/v1/bdbs": [bdb(1, "cache") | {"endpoints": endpoints}]})
    assert bdbs[0]["endpoints"] == shown
    assert bdbs[0]["bdb"]["endpoints"] == endpoints


def test_no_secret_is_returned(clock: t.Any) -> None:
    secret = bdb(
        1,
        "cache",
        authentication_redis_pass="s3cret-user",
        authentication_admin_pass="s3cret-admin",
        replica_sources=[{"uri": "redis://reader:s3cret-uri@10.0.0.9:12000"}],
        backup_location={"type": "s3", "secret_access_key": "s3cret-key"},
    )
    bdbs, _asked = run(clock, {"/v1/bdbs": [secret]})
    assert "s3cret-" not in json.dumps(bdbs)
    assert bdbs[0]["bdb"]["authentication_redis_pass"] == "********"


def test_a_refused_request_ends_the_task(clock: t.Any) -> None:
    with pytest.raises(ApiError, match="403"):
        run(clock, {"/v1/bdbs": Status(403)})


def test_an_empty_cluster_has_no_databases(clock: t.Any) -> None:
    assert run(clock, {"/v1/bdbs": []})[0] == []

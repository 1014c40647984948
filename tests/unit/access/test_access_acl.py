# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_acl and redis_acl_info: releases, refusals, actions and errors, against objects in memory."""

from __future__ import annotations

import typing as t

import pytest
from support.object_api import LOST_AFTER, LOST_BEFORE, ObjectApi, Refusal

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.releases import release_of
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ActionFailed,
    ApiError,
    InvalidInput,
    Refused,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import acl

FULL = {"uid": 1, "name": "Full Access", "acl": "+@all ~*"}
GEO = {"uid": 2, "name": "Geo", "acl": "~* +@geo"}
WARNING = "Check mode has not validated the rules"


@pytest.fixture
def api() -> ObjectApi:
    api = ObjectApi("/v1/redis_acls", dict(FULL), dict(GEO))
    api.others["/v1/nodes"] = nodes("8.0.20-68")
    api.others["/v1/bdbs"] = [{"uid": 5, "name": "orders"}]
    return api


def nodes(*versions: t.Any) -> list[dict[str, t.Any]]:
    return [{"uid": uid, "software_version": version} for uid, version in enumerate(versions, 1)]


def run(api: ObjectApi, clock: t.Any, *, check: bool = False, **params: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    context = Context(t.cast("t.Any", api), params, check, Wait(timeout=60.0), clock)
    return acl.run(context).as_dict(), context.warnings


@pytest.mark.parametrize(
    ("versions", "validated"),
    [
        (["7.8.4-18"], True),
        (["8.2.0-25", "8.2.0-25"], True),
        (["7.8.2-60"], False),
        (["7.4.6-272", "8.0.20-68"], False),
        ([None], False),
        (["unknown"], False),
    ],
)
@pytest.mark.parametrize("params", [{"name": "New", "acl": "+@read"}, {"name": "Geo", "acl": "+@read"}])
def test_a_dry_run_is_asked_for_only_where_every_node_knows_it(
    api: ObjectApi, clock: t.Any, params: dict[str, t.Any], versions: list[t.Any], validated: bool
) -> None:
    api.others["/v1/nodes"] = nodes(*versions)
    result, warnings = run(api, clock, check=True, **params)
    assert result["changed"]
    assert result["redis_acl"]["acl"] == "+@read"
    assert api.writes == []
    assert ("DRY" in [method for method, _path in api.journal]) is validated
    assert [sentence.startswith(WARNING) for sentence in warnings] == ([] if validated else [True])
    assert run(api, clock, **params)[1] == []


def test_releases_are_numbers() -> None:
    assert release_of("7.22.0-241") > release_of("7.8.4-18") > release_of("7.8.2-60") > release_of("")


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "params",
    [{"name": "Full Access", "acl": "+@read"}, {"uid": 1, "name": "x"}, {"name": "Full Access", "state": "absent"}],
)
def test_the_predefined_acl_is_never_touched(
    api: ObjectApi, clock: t.Any, params: dict[str, t.Any], check: bool
) -> None:
    with pytest.raises(Refused, match="'Full Access' is predefined"):
        run(api, clock, check=check, **params)
    assert api.writes == []
    assert run(api, clock, check=check, name="Full Access", acl="+@all  ~*")[0]["changed"] is False


@pytest.mark.parametrize("check", [True, False])
def test_an_acl_that_databases_use_is_not_deleted(api: ObjectApi, clock: t.Any, check: bool) -> None:
    using = [{"role_uid": 1, "redis_acl_uid": 1}, {"role_uid": 2, "redis_acl_uid": 2}]
    other = [{"role_uid": 1, "redis_acl_uid": 1}]
    api.others["/v1/bdbs"] = [
        {"uid": uid, "name": name, "roles_permissions": pairs}
        for uid, name, pairs in ((1, "b", using), (2, "a", using), (3, "c", other), (4, "d", None))
    ]
    with pytest.raises(Refused, match=r"Redis ACL 'Geo' \(uid 2\) is used by a, b: remove it from the roles_perm"):
        run(api, clock, check=check, name="Geo", state="absent")
    assert api.writes == []


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"name": "New"}, "acl is needed to create Redis ACL 'New': set it to rules such as"),
        ({"uid": 9, "acl": "+@read"}, "There is no Redis ACL with uid 9: set name as well"),
        ({"uid": 9, "name": "New", "acl": "+@read"}, "leave uid out to create Redis ACL 'New'"),
        ({"acl": "+@read"}, "Say which Redis ACL is meant"),
    ],
)
def test_what_a_creation_needs(api: ObjectApi, clock: t.Any, params: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        run(api, clock, **params)
    assert sentence in str(caught.value)
    assert api.writes == []


@pytest.mark.parametrize("status", [400, 409])
def test_a_name_created_at_the_same_time_ends_with_one_acl(api: ObjectApi, clock: t.Any, status: int) -> None:
    def elsewhere() -> Refusal:
        api.create(name="New", acl="+@read ~x")
        return Refusal(status, "name_already_exists")

    api.disturb.append(elsewhere)
    result, _warnings = run(api, clock, name="New", acl="+@read")
    assert api.objects[3] == {"uid": 3, "name": "New", "acl": "+@read"}
    assert api.writes == ["POST", "PUT"]
    assert result["changed"]


@pytest.mark.parametrize("lost", [LOST_BEFORE, LOST_AFTER])
def test_a_lost_creation_makes_one_acl(api: ObjectApi, clock: t.Any, lost: str) -> None:
    api.disturb.append(lost)
    assert run(api, clock, name="New", acl="+@read")[0]["changed"]
    assert [obj["name"] for obj in api.objects.values()] == ["Full Access", "Geo", "New"]


@pytest.mark.parametrize(
    ("params", "refusal", "sentence"),
    [
        (
            {"uid": 2, "name": "Full"},
            Refusal(409, "name_already_exists"),
            "was not changed. Another object has the name",
        ),
        ({"name": "New", "acl": "x"}, Refusal(400, "invalid_param"), "was not created. The cluster does not accept"),
        ({"name": "New", "acl": "x"}, Refusal(400, "unsupported_resource"), "upgrade all nodes of the cluster first"),
        ({"name": "New", "acl": "x"}, Refusal(501), "This release does not have such objects"),
        ({"name": "Geo", "acl": "x"}, Refusal(409, "anything"), "was not changed. The object is read-only"),
        ({"name": "Geo", "state": "absent"}, Refusal(406), "was not deleted. The cluster does not accept this"),
        ({"name": "Geo", "acl": "x"}, Refusal(403), "answered with 403"),
    ],
)
def test_what_the_cluster_refuses_is_explained(
    api: ObjectApi, clock: t.Any, params: dict[str, t.Any], refusal: Refusal, sentence: str
) -> None:
    api.disturb.append(refusal)
    with pytest.raises(ApiError) as caught:
        run(api, clock, **params)
    assert sentence in str(caught.value)
    assert caught.value.done == {}
    assert clock.sleeps == [], "nothing is tried again"


def test_the_action_of_a_change_is_followed(api: ObjectApi, clock: t.Any) -> None:
    def action() -> dict[str, t.Any]:
        return {"action_uid": "a1", "name": "redis_acl", "status": "running" if clock.time < 3 else "completed"}

    api.answer = lambda obj: {**obj, "action_uid": "a1"}
    api.others["/v1/actions/a1"] = action
    result, _warnings = run(api, clock, name="Geo", acl="+@read")
    assert 3 <= clock.time < 5
    assert (result["action"]["uid"], result["action"]["status"]) == ("a1", "completed")
    api.others["/v1/actions/a1"] = {**action(), "status": "failed", "error": "no shard answered"}
    with pytest.raises(ActionFailed, match=r"no shard answered\. Redis ACL 'Geo' is there\.") as caught:
        run(api, clock, name="Geo", acl="+@write")
    assert caught.value.done["changed"]


def test_without_waiting_the_action_is_returned(api: ObjectApi, clock: t.Any) -> None:
    api.answer = lambda obj: {**obj, "action_uid": "a1"}
    context = Context(t.cast("t.Any", api), {"name": "Geo", "acl": "+@read"}, False, Wait(enabled=False), clock)
    result = acl.run(context).as_dict()
    assert (result["changed"], result["action"]["uid"], result["action"]["finished"]) == (True, "a1", False)
    assert (result["action"]["object_type"], result["action"]["object_uid"]) == ("redis_acl", "2")


@pytest.mark.parametrize(
    ("params", "uids"),
    [
        ({}, [1, 2]),
        ({"name": "Geo"}, [2]),
        ({"uid": 2}, [2]),
        ({"uid": 2, "name": "Geo"}, [2]),
        ({"uid": 2, "name": "other"}, []),
        ({"uid": 9}, []),
        ({"name": "other"}, []),
    ],
)
def test_info(api: ObjectApi, clock: t.Any, params: dict[str, t.Any], uids: list[int]) -> None:
    context = Context(t.cast("t.Any", api), params, clock=clock)
    result = acl.run_info(context).as_dict()
    assert result == {"changed": False, "redis_acls": [api.objects[uid] for uid in uids]}

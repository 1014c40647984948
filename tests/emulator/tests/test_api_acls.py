# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis ACLs: shapes, refusals, dry run by release, and what their use by a database means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
PATH = "/v1/redis_acls"
GEO = {"name": "Geo", "acl": "~* +@geo"}


def error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def create(api: Api, **fields: Any) -> int:
    answer = api.post(PATH, {**GEO, **fields})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["uid"])


def test_the_life_of_an_acl(api: Api) -> None:
    before = api.json(PATH)
    assert [(acl["uid"], acl["name"], acl["acl"]) for acl in before] == [(1, "Full Access", "+@all ~*")]
    uid = create(api)
    acl = {"uid": uid, **GEO, "min_version": "6.0", "max_version": "9999"}
    assert api.json(f"{PATH}/{uid}") == acl
    assert api.json(PATH) == [*before, acl]
    changed = api.put(f"{PATH}/{uid}", {"acl": "~geo:* +@geo -@dangerous"})
    assert changed.json() == {**acl, "acl": "~geo:* +@geo -@dangerous"}
    assert api.put(f"{PATH}/{uid}", {"name": "Geo 2"}).json()["name"] == "Geo 2"
    assert api.delete(f"{PATH}/{uid}").status_code == 200
    assert error(api.get(f"{PATH}/{uid}")) == (404, "redis_acl_not_exist")
    assert api.json(PATH) == before
    assert create(api) == uid + 1, "a uid is not used twice"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "Geo"}, "missing_field"),
        ({"acl": "+@all"}, "missing_field"),
        ({**GEO, "uid": 9}, "invalid_schema"),
        ({**GEO, "acl": 5}, "invalid_param"),
        ({**GEO, "name": "Geo/2"}, "invalid_param"),
        ({**GEO, "acl": "geo"}, "invalid_param"),
        ({**GEO, "acl": "+@all >password"}, "invalid_param"),
    ],
)
def test_what_is_refused(calm: Api, body: dict[str, Any], code: str) -> None:
    assert error(calm.post(PATH, body)) == (400, code)


@pytest.mark.parametrize(
    "acl", ["+@read +FT.INFO", "~app1* %R~app2*", "resetchannels &c1 &c2", "+GET ~k1 (+SET ~k2)", ""]
)
def test_what_the_reference_has_as_an_example_is_taken(api: Api, acl: str) -> None:
    assert api.json(f"{PATH}/{create(api, acl=acl)}")["acl"] == acl


def test_a_name_is_taken_once(api: Api) -> None:
    first, second = create(api), create(api, name="Other")
    assert error(api.post(PATH, GEO)) == (409, "name_already_exists")
    assert error(api.put(f"{PATH}/{second}", {"name": "Geo"})) == (409, "name_already_exists")
    assert api.put(f"{PATH}/{first}", GEO).status_code == 200


def test_the_predefined_acl_is_read_only(calm: Api) -> None:
    assert error(calm.put(f"{PATH}/1", {"acl": "+@read"})) == (409, "read_only_object")
    assert error(calm.delete(f"{PATH}/1")) == (409, "read_only_object")


def test_only_those_who_manage_users_write(api: Api) -> None:
    viewer = api.as_user("viewer", "db_viewer")
    assert viewer.get(PATH).status_code == 200
    assert error(viewer.post(PATH, GEO)) == (403, "forbidden")
    assert api.as_user("manager", "user_manager").post(PATH, GEO).status_code == 200


@pytest.mark.parametrize(("version", "kept"), [("7.8.2", True), ("7.8.4", False), ("8.2.0", False)])
def test_the_dry_run_came_with_7_8_4(start: Start, version: str, kept: bool) -> None:
    api = start("--version", version)
    state_id = api.get(PATH).headers["cluster-state-id"]
    answer = api.post(f"{PATH}?dry_run", GEO)
    assert (answer.status_code, answer.json()["name"]) == (200, "Geo")
    assert [acl["name"] for acl in api.json(PATH)] == ["Full Access", *(["Geo"] if kept else [])]
    assert (api.get(PATH).headers["cluster-state-id"] != state_id) is kept
    if not kept:
        uid = create(api)
        assert api.put(f"{PATH}/{uid}?dry_run", {"acl": "+@read"}).json()["acl"] == "+@read"
        assert api.json(f"{PATH}/{uid}")["acl"] == GEO["acl"]
        assert error(api.post(f"{PATH}?dry_run", GEO)) == (409, "name_already_exists")


def test_versions_are_shown_from_7_2_4(start: Start) -> None:
    assert set(start("--version", "6.4.2").json(f"{PATH}/1")) == {"uid", "name", "acl"}


def test_an_acl_in_use_is_kept_and_its_change_is_an_action(api: Api) -> None:
    uid = create(api)
    bdb = api.create(roles_permissions=[{"role_uid": 1, "redis_acl_uid": uid}])
    assert error(api.delete(f"{PATH}/{uid}")) == (406, "redis_acl_in_use")
    changed = api.put(f"{PATH}/{uid}", {"acl": "+@read"}).json()
    api.until(lambda: api.json(f"/v1/actions/{changed['action_uid']}")["status"] == "completed", "the action")
    assert "action_uid" not in api.json(f"{PATH}/{uid}")
    api.put(f"/v1/bdbs/{bdb['uid']}", {"roles_permissions": []})
    api.settled(bdb["uid"])
    assert api.delete(f"{PATH}/{uid}").status_code == 200

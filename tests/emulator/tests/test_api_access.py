# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in, who may do what, and how the API refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


@pytest.mark.parametrize("auth", [None, ("admin@cluster.local", "wrong"), ("nobody", "wrong")])
def test_401_has_no_json_body(calm: Api, auth: tuple[str, str] | None) -> None:
    session = requests.Session()
    session.trust_env = False
    answer = session.get(calm.emulator.urls[0] + "/v1/bdbs", auth=auth, verify=calm.emulator.ca_cert, timeout=30)
    session.close()
    assert answer.status_code == 401
    assert answer.content == b""
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", ["Bearer abc", "Basic !!!", "Basic /////w=="])
def test_other_authorization_is_401(api: Api, header: str) -> None:
    api.session.auth = None
    assert api.get("/v1/bdbs", headers={"Authorization": header}).status_code == 401


def test_client_certificate_is_the_administrator(api: Api) -> None:
    files = api.control("POST", "/client-certificate")
    api.session.auth = None
    assert api.get("/v1/bdbs").status_code == 401
    api.session.close()
    api.session.cert = (files["client_cert"], files["client_key"])
    assert api.get("/v1/bdbs").status_code == 200
    assert api.put("/v1/cluster/policy", {}).status_code == 200, "only the administrator may"


def test_certificate_of_another_authority_is_refused(api: Api, start: Start) -> None:
    foreign = start("--nodes", "1").control("POST", "/client-certificate")
    api.session.cert = (foreign["client_cert"], foreign["client_key"])
    with pytest.raises(requests.exceptions.ConnectionError):
        api.get("/v1/bdbs")


READS = (
    "/v1/bdbs",
    "/v1/nodes",
    "/v1/actions",
    "/v2/actions",
    "/v1/nodes/actions",
    "/v1/license",
    "/v4/cluster/health",
)
ADMIN_WRITES = (
    ("POST", "/v1/nodes/1/actions/maintenance_on"),
    ("DELETE", "/v1/nodes/1/actions/maintenance_on"),
    ("POST", "/v1/cluster/actions/x"),
    ("DELETE", "/v1/nodes/1/snapshots/x"),
    ("PUT", "/v1/cluster/policy"),
)
BDB_WRITES = (("POST", "/v1/bdbs"), ("POST", "/v2/bdbs"), ("PUT", "/v1/bdbs/1"), ("DELETE", "/v1/bdbs/1"))


@pytest.mark.parametrize(
    ("role", "reads", "writes_bdbs"),
    [
        ("cluster_viewer", True, False),
        ("db_viewer", True, False),
        ("user_manager", True, False),
        ("db_member", True, True),
        ("cluster_member", True, True),
        ("none", False, False),
    ],
)
def test_roles(calm: Api, role: str, reads: bool, writes_bdbs: bool) -> None:
    user = calm.as_user("someone", role)
    assert {user.get(path).status_code for path in READS} == ({200} if reads else {403})
    for method, path in ADMIN_WRITES:
        assert user.call(method, path, json={}).status_code == 403, (method, path)
    for method, path in BDB_WRITES:
        refused = user.call(method, path, json={}).status_code == 403
        assert refused is not writes_bdbs, (method, path)


def test_403_says_which_role_it_was(calm: Api) -> None:
    answer = calm.as_user("viewer", "db_viewer").post("/v1/bdbs", {"name": "x", "memory_size": 1})
    assert answer.json() == {"error_code": "forbidden", "description": "The role db_viewer may not do this."}


@pytest.mark.parametrize("path", ["/", "/v1/nothing", "/v9/bdbs", "/v1/bdbs/abc"])
def test_unknown_path_is_404_without_json(calm: Api, path: str) -> None:
    answer = calm.get(path)
    assert answer.status_code == 404
    assert "json" not in answer.headers.get("content-type", "")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/bdbs/7", "db_not_exist"),
        ("/v1/nodes/7", "node_not_found"),
        ("/v1/nodes/7/status", "node_not_found"),
        ("/v1/nodes/7/actions", "node_not_found"),
        ("/v1/nodes/7/snapshots", "node_not_found"),
        ("/v1/nodes/check/7", "node_not_found"),
        ("/v1/shards/7", "shard_not_found"),
        ("/v1/actions/7", "action_not_found"),
        ("/v2/actions/7", "action_not_found"),
        ("/v1/actions/bdb/7", "db_not_exist"),
        ("/v1/bdbs/7/availability", "db_not_found"),
        ("/v1/nodes/1/actions/maintenance_on", "action_not_found"),
        ("/v1/cluster/actions/x", "action_not_found"),
    ],
)
def test_missing_objects_are_404_with_a_code(calm: Api, path: str, code: str) -> None:
    answer = calm.get(path)
    assert answer.status_code == 404
    assert answer.json()["error_code"] == code
    assert answer.json()["description"]


@pytest.mark.parametrize("body", ["{not json", "[1]", '"text"'])
def test_bad_bodies_are_400(calm: Api, body: str) -> None:
    answer = calm.call("POST", "/v1/bdbs", data=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error_code", "description"}


def test_state_id_rises_with_a_change_and_with_nothing_else(api: Api) -> None:
    first = int(api.get("/v1/bdbs").headers["cluster-state-id"])
    assert int(api.get("/v1/nodes").headers["cluster-state-id"]) == first
    assert api.post("/v1/bdbs?dry_run", {"name": "a", "memory_size": 10**8}).status_code == 200
    assert int(api.get("/v1/bdbs").headers["cluster-state-id"]) == first
    api.create("a")
    assert int(api.get("/v1/bdbs").headers["cluster-state-id"]) > first


def test_state_id_is_a_precondition_of_writes(api: Api) -> None:
    now = int(api.get("/v1/bdbs").headers["cluster-state-id"])
    body = {"name": "a", "memory_size": 10**8}
    stale = api.post("/v1/bdbs", body, headers={"cluster-state-id": str(now - 1)})
    assert (stale.status_code, stale.json()["error_code"]) == (409, "wrong_cluster_state_id")
    assert api.json("/v1/bdbs") == []
    assert api.post("/v1/bdbs", body, headers={"cluster-state-id": str(now)}).status_code == 200
    assert api.get("/v1/bdbs", headers={"cluster-state-id": "1"}).status_code == 200, "reads have no precondition"


def test_every_node_answers(api: Api) -> None:
    api.create("shared")
    for node in (1, 2, 3):
        assert [bdb["name"] for bdb in api.json("/v1/bdbs", node=node)] == ["shared"]


def test_redirect_to_the_primary(start: Start) -> None:
    api = start("--redirect")
    assert api.get("/v1/bdbs?fields=uid").status_code == 200
    moved = api.get("/v1/bdbs?fields=uid", node=2)
    assert moved.status_code == 307
    assert moved.headers["location"] == api.emulator.urls[0] + "/v1/bdbs?fields=uid"

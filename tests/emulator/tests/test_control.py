# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: journal, state, users, patches, and actions that no call of the API starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from redis_enterprise_emulator.launch import ControlError

if TYPE_CHECKING:
    from conftest import Api


def test_journal_records_every_request_in_order(api: Api) -> None:
    api.get("/v1/bdbs?fields=uid", node=2)
    api.post("/v1/bdbs?dry_run", {"name": "x", "memory_size": 10**8}, headers={"X-Trace": "7"})
    api.get("/v1/bdbs/9")
    entries = api.control("GET", "/journal")
    assert [(e["seq"], e["node_uid"], e["method"], e["path"], e["query"], e["status"]) for e in entries] == [
        (1, 2, "GET", "/v1/bdbs", "fields=uid", 200),
        (2, 1, "POST", "/v1/bdbs", "dry_run", 200),
        (3, 1, "GET", "/v1/bdbs/9", "", 404),
    ]
    assert [entry["dry_run"] for entry in entries] == [False, True, False]
    assert entries[1]["body"] == {"name": "x", "memory_size": 10**8}
    assert entries[0]["body"] is None
    assert entries[1]["headers"]["x-trace"] == "7"
    assert all("authorization" not in entry["headers"] for entry in entries)
    assert entries[0]["connection"] != entries[1]["connection"] == entries[2]["connection"]
    assert entries[0]["time"] <= entries[1]["time"] <= entries[2]["time"]


def test_journal_holds_refused_requests_and_bodies_that_are_no_json(api: Api) -> None:
    api.call("POST", "/v1/bdbs", data="{oops", auth=("nobody", "x"))
    entry = api.control("GET", "/journal")[0]
    assert (entry["status"], entry["body"]) == (401, "{oops")


def test_journal_can_be_read_from_a_point_and_cleared(api: Api) -> None:
    for dummy in range(3):
        api.get("/v1/nodes")
    assert [entry["seq"] for entry in api.control("GET", "/journal?since=1")] == [2, 3]
    api.control("DELETE", "/journal")
    assert api.control("GET", "/journal") == []
    api.get("/v1/nodes")
    assert [entry["seq"] for entry in api.control("GET", "/journal")] == [4], "numbers go on"
    with pytest.raises(ControlError, match="since must be"):
        api.control("GET", "/journal?since=x")


def test_state_shows_what_the_api_hides(api: Api) -> None:
    api.create(replication=True)
    state = api.control("GET", "/state")
    assert (state["primary"], state["electing"], state["quorum"]) == (1, False, True)
    assert [node["maintenance_depth"] for node in state["nodes"]] == [0, 0, 0]
    assert {shard["role"] for shard in state["shards"]} == {"master", "slave"}
    assert state["endpoints"][0]["host"] == "127.0.0.1"


def test_fields_of_a_stored_database_can_be_set_raw(api: Api) -> None:
    api.create()
    api.control("POST", "/bdbs/1", {"authentication_redis_pass": "********", "crdt_guid": None, "odd": [1]})
    bdb = api.json("/v1/bdbs/1?fields=authentication_redis_pass,crdt_guid")
    assert bdb == {"authentication_redis_pass": "********"}
    with pytest.raises(ControlError, match="Database 5 does not exist"):
        api.control("POST", "/bdbs/5", {})


def test_cluster_can_be_patched_to_mask_credentials(api: Api) -> None:
    api.create(authentication_redis_pass="very-secret")
    assert api.json("/v1/bdbs/1")["authentication_redis_pass"] == "very-secret"
    api.control("POST", "/cluster", {"mask_bdb_credentials": True})
    assert api.json("/v1/cluster")["mask_bdb_credentials"] is True
    assert "very-secret" not in api.get("/v1/bdbs").text


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/users", {"username": "x", "password": "y", "role": "king"}, "role must be one of"),
        ("/users", {"username": "x"}, "needs 'password'"),
        ("/settings", {"colour": "red"}, "Settings are"),
        ("/settings", {"list_shape": "tree"}, "list_shape must be one of object, list"),
        ("/settings", {"redirect": 1}, "redirect must be one of false, true"),
        ("/settings", {"state_id": "maybe"}, "state_id must be one of honoured, ignored, absent"),
        ("/cluster-actions", {"seconds": 1}, "needs 'name'"),
        ("/cluster-actions", {"name": "x", "seconds": "1"}, "seconds must be"),
        ("/actions", {"kind": "dream", "name": "x"}, "kind must be"),
        ("/nodes/1/snapshots", {}, "needs 'name'"),
        ("/faults", [1], "must be a JSON object"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(calm: Api, path: str, body: Any, message: str) -> None:
    with pytest.raises(ControlError) as refused:
        calm.control("POST", path, body)
    assert message in str(refused.value)


def test_settings_are_changed_together_or_not_at_all(api: Api) -> None:
    default = api.control("GET", "/settings")
    assert default["shard_rules"] == "required"
    with pytest.raises(ControlError, match="defaults must be"):
        api.control("POST", "/settings", {"shard_rules": "filled", "defaults": "guessed"})
    assert api.control("GET", "/settings") == default
    api.control("POST", "/settings", {"shard_rules": "filled", "defaults": "left_out"})
    assert api.control("GET", "/settings") == {**default, "shard_rules": "filled", "defaults": "left_out"}


def test_redirect_can_be_switched_on_later(api: Api) -> None:
    assert api.get("/v1/nodes", node=2).status_code == 200
    api.control("POST", "/settings", {"redirect": True})
    assert api.get("/v1/nodes", node=2).status_code == 307
    assert api.get("/v1/nodes", node=1).status_code == 200


@pytest.mark.parametrize(
    ("use", "sent", "status"), [("honoured", True, 409), ("ignored", True, 200), ("absent", False, 200)]
)
def test_the_state_id_can_be_taken_out_of_use(api: Api, use: str, sent: bool, status: int) -> None:
    api.control("POST", "/settings", {"state_id": use})
    assert ("cluster-state-id" in api.get("/v1/bdbs").headers) is sent
    body = {"name": "x", "memory_size": 10**8}
    assert api.post("/v1/bdbs", body, headers={"cluster-state-id": "0"}).status_code == status

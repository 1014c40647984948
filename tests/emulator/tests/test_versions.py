# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a release is written, and how each one behaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from redis_enterprise_emulator.launch import ControlError
from redis_enterprise_emulator.versions import Version, parse_version

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
SHARDED = {"name": "sharded", "memory_size": 10**8, "sharding": True, "shards_count": 2}


@pytest.mark.parametrize(
    ("text", "numbers", "shown"),
    [
        ("8.0.16", (8, 0, 16, 29), "8.0.16-29"),
        ("7.4.6", (7, 4, 6, 272), "7.4.6-272"),
        ("7.22.2-14", (7, 22, 2, 14), "7.22.2-14"),
        ("7.5", (7, 5, 0, 29), "7.5.0-29"),
    ],
)
def test_spelling(text: str, numbers: Version, shown: str) -> None:
    assert parse_version(text) == (numbers, shown)


@pytest.mark.parametrize("text", ["", "8", "8.x", "8.0.16.1", "v8.0"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        parse_version(text)


# -- databases ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("version", "status"), [("7.4.6", 200), ("7.8.2", 406), ("8.2.0", 406)])
def test_sharding_needs_rules_from_7_8_2_on(start: Start, version: str, status: int) -> None:
    api = start("--version", version)
    answer = api.post("/v1/bdbs?dry_run", SHARDED)
    assert answer.status_code == status
    if status == 406:
        assert answer.json()["error_code"] == "invalid_sharding"
        api.control("POST", "/settings", {"shard_rules": "filled"})
        assert len(api.post("/v1/bdbs?dry_run", SHARDED).json()["shard_key_regex"]) == 2
        api.create()
        assert api.put("/v1/bdbs/1?dry_run", {"sharding": True}).status_code == 200, "the rule is one of creations"


def test_shard_rules_can_be_chosen_at_the_start(start: Start) -> None:
    assert start("--shard-rules", "filled").post("/v1/bdbs?dry_run", SHARDED).status_code == 200


@pytest.mark.parametrize("version", ["7.4.6", "7.22.2-14", "7.22.2-20"])
def test_fields_at_their_default_are_left_out_before_7_22_2_20(start: Start, version: str) -> None:
    api = start("--version", version)
    api.create()
    left_out = {"export_status", "export_progress", "export_failure_reason", "bigstore_max_ram_ratio"}
    shown = left_out & api.json("/v1/bdbs/1").keys()
    assert shown == (left_out if version == "7.22.2-20" else set())
    api.put("/v1/bdbs/1", {"bigstore_max_ram_ratio": 20})
    assert api.settled(1)["bigstore_max_ram_ratio"] == 20


def test_all_settings_at_their_default_can_be_left_out(api: Api) -> None:
    api.control("POST", "/settings", {"defaults": "left_out"})
    api.create(max_connections=7)
    bdb = api.json("/v1/bdbs/1")
    assert bdb["max_connections"] == 7
    assert not {"replication", "proxy_policy", "shards_count", "slave_ha"} & bdb.keys()
    assert bdb["status"] == "active", "what is no setting is shown"
    api.put("/v1/bdbs/1", {"max_connections": 0})
    assert "max_connections" not in api.settled(1)


def test_members_of_a_database_by_release(start: Start) -> None:
    def members(version: str) -> set[str]:
        api = start("--version", version, "--nodes", "1")
        api.create()
        return set(api.json("/v1/bdbs/1"))

    old, captured, newest = members("7.8.4"), members("8.0.2"), members("8.2.0")
    assert {"tags", "enforce_client_authentication", "backup_interval_offset"} <= old - captured
    assert {"activedefrag", "maxclients", "export_status"} <= captured - old
    assert {"availability_api", "is_balanced", "auto_shards_balancing", "gradual_sync_policy"} <= newest - captured
    assert "availability_api" in members("7.22.2")


@pytest.mark.parametrize(("version", "status"), [("7.8.6", 400), ("7.22.0", 200)])
def test_an_update_with_an_action_needs_a_body_before_7_22(start: Start, version: str, status: int) -> None:
    api = start("--version", version)
    api.create()
    assert api.call("PUT", "/v1/bdbs/1/flush").status_code == status
    api.settled(1)
    assert api.put("/v1/bdbs/1/flush", {}).status_code == 200


@pytest.mark.parametrize(("version", "left"), [("7.8.6", 0), ("7.22.0", 1)])
def test_an_empty_module_list_took_modules_away_before_7_22(start: Start, version: str, left: int) -> None:
    api = start("--version", version)
    api.create(module_list=[{"module_name": "search"}])
    answer = api.put("/v1/bdbs/1", {"module_list": []})
    assert answer.status_code == (406 if left else 200)
    assert len(api.settled(1)["module_list"]) == left


@pytest.mark.parametrize(("version", "status"), [("7.8.4", 400), ("7.22.0", 200)])
def test_recovery_plan_by_shards(start: Start, version: str, status: int) -> None:
    shard = {"uid": "1", "node_uid": "1", "role": "master", "assigned_slots": "0-16383"}
    body = {"bdb": {"name": "db", "memory_size": 10**8}, "recovery_plan": {"original_bdb_shards": [shard]}}
    assert start("--version", version).post("/v2/bdbs?dry_run", body).status_code == status


def test_database_versions_of_a_release(start: Start) -> None:
    def shown(version: str) -> list[str]:
        node = start("--version", version, "--nodes", "1").json("/v1/nodes/1")
        return [v["redis_version"] for v in node["supported_database_versions"] if "redis_version" in v]

    assert shown("7.2.4") == ["6.2", "7.2"]
    assert shown("8.0.16") == ["6.2", "7.2", "7.4", "8.0"]


# -- availability ---------------------------------------------------------------------------------------------
def test_lag_check_is_passed_over_before_8_0(start: Start) -> None:
    api = start("--version", "7.22.0")
    api.create(replication=True)
    api.fault(kind="lag", bdb_uid=1, seconds=5)
    assert api.get("/v1/bdbs/1/availability?extend_check=lag").status_code == 200


def test_the_lag_that_is_tolerated_is_the_clusters_or_the_requests(api: Api) -> None:
    api.create(replication=True)
    api.fault(kind="lag", bdb_uid=1, seconds=60, milliseconds=300)
    check = "/v1/bdbs/1/availability?extend_check=lag"
    assert api.get(check).status_code == 503
    assert api.get(f"{check}&availability_lag_tolerance_ms=400").status_code == 200
    api.control("POST", "/cluster", {"availability_lag_tolerance_ms": 500})
    assert api.get(check).status_code == 200


@pytest.mark.parametrize(("version", "elsewhere"), [("7.8.6", 500), ("7.22.2", 503)])
def test_the_endpoint_of_a_database_on_one_node(start: Start, version: str, elsewhere: int) -> None:
    api = start("--version", version)
    api.create()
    bound = api.control("GET", "/state")["endpoints"][0]["node_uid"]
    path = "/v1/local/bdbs/1/endpoint/availability"
    for node in (1, 2, 3):
        answer = api.get(path, node=node)
        assert answer.status_code == (200 if node == bound else elsewhere)
        if answer.status_code == 503:
            assert answer.json()["error_code"] == "bdb_endpoint_unavailable"
    assert api.get(path, node=bound).headers["content-type"].startswith("text/html")
    assert api.get("/v1/local/bdbs/7/endpoint/availability").json()["error_code"] == "db_not_found"


@pytest.mark.parametrize(
    ("version", "status"), [("7.22.2-14", 307), ("7.22.2-79", 200), ("8.0.6", 307), ("8.0.10", 200)]
)
def test_availability_is_redirected_until_it_was_mended(start: Start, version: str, status: int) -> None:
    api = start("--version", version, "--redirect")
    api.create()
    assert api.get("/v1/bdbs/1/availability", node=2).status_code == status
    assert api.get("/v1/bdbs/1", node=2).status_code == 307
    assert api.get("/v1/local/node/master_healthcheck", node=2).json() == {"status": "active"}
    assert api.json("/v1/cluster")["handle_redirects"] is False


# -- access ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("version", "statuses"),
    [("7.8.2", [401, 401]), ("7.8.4", [200, 401]), ("7.22.2-13", [200, 401]), ("7.22.2", [200, 200])],
)
def test_where_a_client_certificate_is_accepted(start: Start, version: str, statuses: list[int]) -> None:
    api = start("--version", version)
    files = api.control("POST", "/client-certificate")
    with requests.Session() as session:
        session.trust_env = False
        session.verify = api.emulator.ca_cert
        session.cert = (files["client_cert"], files["client_key"])
        found = [session.get(url + "/v1/nodes", timeout=30).status_code for url in api.emulator.urls[:2]]
    assert found == statuses


def test_the_user_manager_came_with_7_8_2(start: Start) -> None:
    user = {"username": "x", "password": "y", "role": "user_manager"}
    with pytest.raises(ControlError, match="role must be one of"):
        start("--version", "7.4.6").control("POST", "/users", user)
    assert start("--version", "7.8.2").control("POST", "/users", user) == {}


# -- nodes and their actions ----------------------------------------------------------------------------------
def test_before_7_4_2_each_activation_takes_a_snapshot_and_status_does_not_show_it(start: Start) -> None:
    api = start("--version", "7.2.4")
    api.create(replication=True)
    before = sorted((shard["uid"], shard["node_uid"]) for shard in api.shards())
    api.node_action(1, "maintenance_on")
    assert "maintenance_snapshot" not in api.json("/v1/nodes/status")["1"]
    api.node_action(1, "maintenance_on")
    assert len(api.node_state(1)["snapshots"]) == 2
    api.node_action(1, "maintenance_off")
    api.node_action(1, "maintenance_off")
    assert sorted((shard["uid"], shard["node_uid"]) for shard in api.shards()) == before
    assert api.node_state(1)["snapshots"] == []


def test_before_7_4_2_replicas_are_kept_by_the_old_option_only(start: Start) -> None:
    api = start("--version", "7.2.4")
    api.create(replication=True)
    node = api.shards(role="slave")[0]["node_uid"]
    api.node_action(node, "maintenance_on", {"keep_slave_shards": True})
    assert len(api.shards(node_uid=node)) == 1
    api.node_action(node, "maintenance_off")
    api.node_action(node, "maintenance_on", {"evict_ha_replica": False})
    assert api.shards(node_uid=node) == [], "the new option is not known yet"


def test_progress_is_a_whole_number_before_7_4_2(start: Start) -> None:
    for version, kind in (("7.2.4", int), ("7.4.2", float)):
        api = start("--version", version)
        api.fault(kind="action", name="maintenance_on", outcome="stuck", at=3)
        api.post("/v1/nodes/1/actions/maintenance_on", {})
        path = "/v1/nodes/1/actions/maintenance_on"
        api.until(lambda api=api, path=path: api.json(path)["status"] == "running", "the action to run")
        assert isinstance(api.json(path)["progress"], kind)


@pytest.mark.parametrize(
    ("version", "left"), [("7.4.6", 1), ("7.8.6-95", 1), ("7.8.6", 0), ("7.22.0-95", 1), ("7.22.0", 0), ("8.2.0", 0)]
)
def test_skipping_the_restoring_left_the_snapshot_behind(start: Start, version: str, left: int) -> None:
    api = start("--version", version)
    api.create(replication=True)
    api.node_action(1, "maintenance_on")
    assert api.node_action(1, "maintenance_off", {"skip_shards_restore": True})["status"] == "completed"
    assert len(api.node_state(1)["snapshots"]) == left
    assert ("maintenance_snapshot" in api.json("/v1/nodes/1/status")) is bool(left)
    assert api.json("/v1/nodes/1")["accept_servers"] is True


@pytest.mark.parametrize(("version", "free"), [("7.22.2", False), ("8.0.2", True)])
def test_provisional_memory_at_the_limit_of_shards(start: Start, version: str, free: bool) -> None:
    api = start("--version", version, "--nodes", "1")
    api.put("/v1/nodes/1", {"max_redis_servers": 1})
    api.create()
    assert (api.json("/v1/nodes/1/status")["free_provisional_ram"] > 0) is free


def test_the_status_of_nodes_can_be_that_of_the_oldest_pages(start: Start) -> None:
    api = start("--version", "6.4.2")
    assert len(api.json("/v1/nodes/1/status")) > 2
    api.control("POST", "/settings", {"node_status": "short"})
    found: dict[str, Any] = api.json("/v1/nodes/status")
    assert {uid: sorted(status) for uid, status in found.items()} == {uid: ["hostname", "role"] for uid in "123"}

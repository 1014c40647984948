# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases over the API: create, read, update, delete, dry runs, placement."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import redis

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
SMALL = {"name": "db", "memory_size": 100_000_000}


def test_create_goes_from_pending_to_active(api: Api) -> None:
    api.fault(kind="slow_action", name="SMCreateBDB", seconds=0.6)
    answer = api.post("/v1/bdbs", SMALL)
    assert answer.status_code == 200
    bdb = answer.json()
    assert (bdb["uid"], bdb["status"], bdb["endpoints"]) == (1, "pending", [])
    action = api.json(f"/v1/actions/{bdb['action_uid']}")
    assert action["name"] == "SMCreateBDB"
    assert action["object_name"] == "bdb:1"
    assert action["status"] in ("pending", "active")
    seen = set()

    def done() -> bool:
        action = api.json(f"/v1/actions/{bdb['action_uid']}")
        seen.add(action.get("progress"))
        return action["status"] == "completed"

    api.until(done, "the end of the creation")
    assert len(seen) > 3, "progress moves"
    settled = api.json("/v1/bdbs/1")
    assert settled["status"] == "active"
    assert "action_uid" not in settled
    assert settled["port"] == 0, "the cluster chose it, and the endpoint says which"
    endpoint = settled["endpoints"][0]
    assert endpoint["port"] >= 1024
    assert endpoint["dns_name"] == f"redis-{endpoint['port']}.cluster.local"
    assert endpoint["uid"] == "1:1"
    assert endpoint["addr"][0].startswith("127.0.0.")
    assert settled["shard_list"] == [1]


@pytest.mark.parametrize("query", ["?dry_run", "?dry_run=1", "?dry_run=true"])
def test_dry_run_of_a_creation_creates_nothing(api: Api, query: str) -> None:
    answer = api.post("/v1/bdbs" + query, SMALL)
    assert answer.status_code == 200
    bdb = answer.json()
    assert (bdb["uid"], bdb["status"], bdb["name"]) == (1, "pending", "db")
    assert "action_uid" not in bdb
    assert api.json("/v1/bdbs") == []
    assert api.json("/v1/actions") == {"actions": [], "state-machines": []}


def test_dry_run_0_is_no_dry_run(api: Api) -> None:
    assert "action_uid" in api.post("/v1/bdbs?dry_run=0", SMALL).json()


@pytest.mark.parametrize(
    ("body", "code"),
    [({"memory_size": 10**8}, "missing_db_name"), ({"name": "a"}, "missing_memory_size")],
)
def test_invalid_creation_is_refused(api: Api, body: dict[str, object], code: str) -> None:
    for path in ("/v1/bdbs", "/v1/bdbs?dry_run"):
        answer = api.post(path, body)
        assert answer.status_code in (400, 406)
        assert answer.json()["error_code"] == code
    assert api.json("/v1/bdbs") == []


def test_uid_can_be_chosen_once(api: Api) -> None:
    assert api.create("a", uid=7)["uid"] == 7
    answer = api.post("/v1/bdbs", {**SMALL, "uid": 7})
    assert (answer.status_code, answer.json()["error_code"]) == (409, "uid_exists")
    assert api.create("b")["uid"] == 8


def test_uid_of_a_deleted_database_is_not_used_again(api: Api) -> None:
    api.create("a")
    api.delete("/v1/bdbs/1")
    api.until(lambda: api.get("/v1/bdbs/1").status_code == 404, "the deletion")
    assert api.create("b")["uid"] == 2


def test_v2_takes_the_object_under_bdb(api: Api) -> None:
    plan = {"data_files": [{"shard_slots": "0-16383", "node_uid": "1", "filename": "redis-4.rdb"}]}
    answer = api.post("/v2/bdbs", {"bdb": SMALL, "recovery_plan": plan})
    assert answer.status_code == 200, answer.text
    assert api.settled(1)["status"] == "active"
    assert api.post("/v2/bdbs", SMALL).status_code == 400
    assert api.post("/v2/bdbs", {"bdb": SMALL, "recovery_plan": 1}).status_code == 400


def test_update_is_pending_until_its_state_machine_ends(api: Api) -> None:
    api.create()
    api.fault(kind="slow_action", name="SMUpdateBDB", seconds=0.8)
    answer = api.put("/v1/bdbs/1", {"max_connections": 5})
    assert answer.status_code == 200
    assert answer.json()["status"] == "active-change-pending"
    assert answer.json()["max_connections"] == 5
    api.until(lambda: api.json("/v1/actions/bdb/1")[-1]["status"] == "active", "the machine to run")
    running = api.json("/v1/actions/bdb/1")[-1]
    assert (running["name"], running["pending_ops"]) == ("SMUpdateBDB", {})
    assert api.settled(1)["max_connections"] == 5
    assert api.json(f"/v1/actions/{answer.json()['action_uid']}")["status"] == "completed"


def test_dry_run_of_an_update_changes_nothing(api: Api) -> None:
    api.create()
    answer = api.put("/v1/bdbs/1?dry_run", {"max_connections": 5})
    assert answer.status_code == 200
    assert answer.json()["max_connections"] == 5
    assert "action_uid" not in answer.json()
    assert api.json("/v1/bdbs/1")["max_connections"] == 0
    assert api.put("/v1/bdbs/1?dry_run", {"proxy_policy": "sideways"}).status_code in (400, 406)


def test_busy_database_refuses_writes(api: Api) -> None:
    api.create()
    api.fault(kind="slow_action", name="SMUpdateBDB", seconds=0.5)
    api.put("/v1/bdbs/1", {"max_connections": 5})
    for answer in (
        api.put("/v1/bdbs/1", {"max_connections": 6}),
        api.put("/v1/bdbs/1/flush", {}),
        api.delete("/v1/bdbs/1"),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (409, "busy")
    assert api.settled(1)["max_connections"] == 5
    assert api.put("/v1/bdbs/1", {"max_connections": 6}).status_code == 200


def test_delete_ends_in_404_for_the_database_and_for_its_action(api: Api) -> None:
    api.create()
    api.fault(kind="slow_action", name="SMDeleteBDB", seconds=0.3)
    answer = api.delete("/v1/bdbs/1")
    assert answer.status_code == 200
    assert "status" not in answer.json()
    action = answer.json()["action_uid"]
    assert api.json("/v1/bdbs/1")["status"] == "delete-pending"
    assert api.json(f"/v1/actions/{action}")["name"] == "SMDeleteBDB"
    api.until(lambda: api.get("/v1/bdbs/1").status_code == 404, "the deletion")
    assert api.get(f"/v1/actions/{action}").json()["error_code"] == "action_not_found"
    assert api.shards() == []


def test_internal_database_cannot_be_deleted(api: Api) -> None:
    api.create()
    api.control("POST", "/bdbs/1", {"internal": True})
    assert api.delete("/v1/bdbs/1").status_code == 403
    assert api.json("/v1/bdbs/1")["status"] == "active"


def test_reset_admin_pass(api: Api) -> None:
    api.create()
    before = api.json("/v1/bdbs/1")["authentication_admin_pass"]
    assert api.put("/v1/bdbs/1/reset_admin_pass?dry_run", {}).status_code == 200
    assert api.json("/v1/bdbs/1")["authentication_admin_pass"] == before
    assert api.put("/v1/bdbs/1/reset_admin_pass", {}).status_code == 200
    after = api.settled(1)["authentication_admin_pass"]
    assert after
    assert after != before


def test_unknown_action_of_a_database_is_no_path(api: Api) -> None:
    api.create()
    assert api.put("/v1/bdbs/1/explode", {}).status_code == 404


def test_fields_are_filtered(api: Api) -> None:
    api.create("a")
    api.create("b")
    assert api.json("/v1/bdbs?fields=uid,name") == [{"uid": 1, "name": "a"}, {"uid": 2, "name": "b"}]
    assert set(api.json("/v1/bdbs/1?fields=uid,%20status")) == {"uid", "status"}


def test_schema_of_a_database(api: Api) -> None:
    schema = api.json("/v1/jsonschema?object=bdb")
    assert schema["type"] == "object"
    assert "memory_size" in schema["properties"]
    for path in ("/v1/jsonschema?object=zebra", "/v1/jsonschema"):
        assert api.get(path).status_code == 406


# -- placement ------------------------------------------------------------------------------------------------
def test_replica_is_never_on_its_masters_node(api: Api) -> None:
    api.create(replication=True, sharding=True, shards_count=3)
    masters = {shard["slots"]: shard for shard in api.shards(role="master")}
    replicas = {shard["slots"]: shard for shard in api.shards(role="slave")}
    assert set(masters) == set(replicas) == {"0-5460", "5461-10921", "10922-16383"}
    assert all(masters[slots]["node_uid"] != replicas[slots]["node_uid"] for slots in masters)


@pytest.mark.parametrize(("policy", "nodes"), [("dense", 1), ("sparse", 3)])
def test_placement_policy(api: Api, policy: str, nodes: int) -> None:
    api.create(sharding=True, shards_count=3, shards_placement=policy)
    assert len({shard["node_uid"] for shard in api.shards()}) == nodes


def test_replica_goes_to_another_rack(start: Start) -> None:
    api = start("--rack", "a,a,b")
    for name in ("one", "two", "three"):
        api.create(name, replication=True, rack_aware=True)
    for uid in (1, 2, 3):
        assert 3 in {shard["node_uid"] for shard in api.shards(bdb_uid=uid)}, "node 3 is alone in rack b"


def test_no_room_is_insufficient_resources(start: Start) -> None:
    api = start("--node-memory", "1000000000")
    answer = api.post("/v1/bdbs", {"name": "big", "memory_size": 900_000_000})
    assert (answer.status_code, answer.json()["error_code"]) == (406, "insufficient_resources")
    # Half of it fits on a node, so two shards do.
    body = {
        "name": "big",
        "memory_size": 900_000_000,
        "sharding": True,
        "shard_key_regex": [{"regex": "(?<tag>.*)"}],
        "shards_count": 2,
    }
    assert api.post("/v1/bdbs?dry_run", body).status_code == 200


def test_shards_of_the_licence_are_a_limit(start: Start) -> None:
    api = start("--shards-limit", "2")
    api.create("a", replication=True)
    answer = api.post("/v1/bdbs", SMALL)
    assert answer.status_code == 406
    assert api.json("/v1/license")["shards_limit"] == 2


def test_expired_licence_is_403(api: Api) -> None:
    api.control("POST", "/license", {"expired": True})
    assert api.post("/v1/bdbs", SMALL).status_code == 403
    assert api.json("/v1/license")["expired"] is True


def test_replication_on_and_off_adds_and_removes_replicas(api: Api) -> None:
    api.create()
    api.put("/v1/bdbs/1", {"replication": True})
    assert api.settled(1)["shard_list"] == [1, 2]
    assert {shard["memory"] for shard in api.shards()} == {50_000_000}, "memory_size covers the replica"
    api.put("/v1/bdbs/1", {"replication": False})
    assert api.settled(1)["shard_list"] == [1]
    assert {shard["memory"] for shard in api.shards()} == {100_000_000}


def test_more_shards_share_the_slots(api: Api) -> None:
    api.create(replication=True, sharding=True, shards_count=1)
    api.put("/v1/bdbs/1", {"shards_count": 2})
    assert len(api.settled(1)["shard_list"]) == 4
    for role in ("master", "slave"):
        assert sorted(shard["slots"] for shard in api.shards(role=role)) == ["0-8191", "8192-16383"]


def test_failed_creation_says_so(api: Api) -> None:
    api.fault(kind="action", name="SMCreateBDB", outcome="failed", at=50, error="no luck")
    uid = api.post("/v1/bdbs", SMALL).json()["uid"]
    assert api.settled(uid)["status"] == "creation-failed"
    action = api.json("/v1/actions/bdb/1")[0]
    assert (action["status"], action["error"]) == ("failed", "no luck")
    assert api.shards() == []


@pytest.mark.parametrize("at", [0, 50, 100])
def test_failed_update_leaves_the_database_as_it_was(api: Api, at: int) -> None:
    api.create()
    api.fault(kind="action", name="SMUpdateBDB", outcome="failed", at=at)
    api.put("/v1/bdbs/1", {"replication": True, "max_connections": 9})
    bdb = api.settled(1)
    assert (bdb["status"], bdb["replication"], bdb["max_connections"]) == ("active", False, 0)
    assert bdb["shard_list"] == [1]
    assert len(api.shards()) == 1


def test_failed_switching_off_of_replication_brings_the_replica_back(api: Api) -> None:
    api.create(replication=True)
    api.fault(kind="action", name="SMUpdateBDB", outcome="failed", at=100)
    api.put("/v1/bdbs/1", {"replication": False})
    assert api.settled(1)["replication"] is True
    assert sorted(shard["role"] for shard in api.shards()) == ["master", "slave"]


def test_failed_deletion_leaves_the_database(api: Api) -> None:
    api.create()
    api.fault(kind="action", name="SMDeleteBDB", outcome="failed")
    api.delete("/v1/bdbs/1")
    assert api.settled(1)["status"] == "active"
    assert len(api.shards()) == 1


# -- with real shards -----------------------------------------------------------------------------------------
def client(api: Api, uid: int, password: str | None = None) -> redis.Redis:
    bdb = api.json(f"/v1/bdbs/{uid}")
    return redis.Redis("127.0.0.1", bdb["endpoints"][0]["port"], password=password, decode_responses=True)


def test_data_survives_updates_and_goes_with_a_flush(start: Start) -> None:
    api = start("--data-plane", "redis")
    api.create(sharding=True, shards_count=1, authentication_redis_pass="one")
    with client(api, 1, "one") as db:
        for number in range(200):
            db.set(f"key:{number}", number)
    changes = ({"replication": True}, {"shards_count": 2}, {"memory_size": 200_000_000}, {"replication": False})
    for change in changes:
        assert api.put("/v1/bdbs/1", change).status_code == 200, change
        assert api.settled(1)["status"] == "active", change
        assert api.json("/v1/actions/bdb/1")[-1]["status"] == "completed", change
    with client(api, 1, "one") as db:
        assert [db.get(f"key:{number}") for number in range(200)] == [str(number) for number in range(200)]
    api.put("/v1/bdbs/1", {"authentication_redis_pass": "two"})
    api.settled(1)
    with client(api, 1, "one") as db, pytest.raises(redis.AuthenticationError):
        db.ping()
    with client(api, 1, "two") as db:
        assert db.dbsize() == 200
        api.put("/v1/bdbs/1/flush", {})
        api.settled(1)
        assert db.dbsize() == 0
    info = api.json("/v1/shards/1?extra_info_keys=redis_version&extra_info_keys=used_memory")["redis_info"]
    assert set(info) == {"redis_version", "used_memory"}
    assert isinstance(info["used_memory"], int)


def test_tls_can_be_switched_on_without_a_new_port(start: Start) -> None:
    api = start("--data-plane", "redis", "--nodes", "1")
    port = api.create(authentication_redis_pass="pw")["endpoints"][0]["port"]
    api.put("/v1/bdbs/1", {"tls_mode": "enabled"})
    assert api.settled(1)["endpoints"][0]["port"] == port
    with redis.Redis("127.0.0.1", port, password="pw", ssl=True, ssl_ca_certs=api.emulator.ca_cert) as db:
        assert db.ping()


def test_port_in_use_is_unavailable(start: Start) -> None:
    api = start("--data-plane", "redis", "--nodes", "1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = api.post("/v1/bdbs", {**SMALL, "port": taken.getsockname()[1]})
    assert answer.json()["error_code"] == "port_unavailable", answer.text


def test_deleting_frees_the_port(start: Start) -> None:
    api = start("--data-plane", "redis", "--nodes", "1")
    port = api.create()["endpoints"][0]["port"]
    api.delete("/v1/bdbs/1")
    api.until(lambda: api.get("/v1/bdbs/1").status_code == 404, "the deletion")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_creating_is_quick(api: Api) -> None:
    before = time.monotonic()
    api.create(replication=True)
    assert time.monotonic() - before < 2.0

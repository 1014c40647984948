# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Active-Active databases: the local instance, its peers, and what deleting the instance does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from redis_enterprise_emulator.launch import ControlError

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
PEERS = ["east.example.com", "west.example.com"]


@pytest.fixture
def joined(api: Api) -> Api:
    api.create("shop", replication=True, redis_version="7.4")
    api.control("POST", "/crdbs", {"bdb_uid": 1, "peers": PEERS})
    return api


def test_an_instance_and_its_active_active_database_name_each_other(joined: Api) -> None:
    bdb = joined.json("/v1/bdbs/1")
    crdb = joined.json("/v1/crdbs")[0]
    assert (bdb["crdt"], bdb["crdt_guid"], bdb["crdt_sync"]) == (True, crdb["guid"], "enabled")
    assert crdb["local_databases"] == [{"bdb_uid": "1", "id": 1}]
    assert [instance["cluster"]["name"] for instance in crdb["instances"]] == ["cluster.local", *PEERS]
    assert joined.json(f"/v1/crdbs/{crdb['guid']}") == crdb
    assert joined.get("/v1/crdbs/none").json()["error_code"] == "crdb_not_found"
    assert joined.json("/v1/crdb_tasks") == []


def test_a_peer_that_is_not_reachable_shows_in_both_reports(joined: Api) -> None:
    guid = joined.json("/v1/crdbs")[0]["guid"]

    def up() -> tuple[bool, list[str]]:
        health = joined.json("/v4/db/1/health")["active_active"]
        return health["available"], [link["replication"] for link in health["participating_clusters"]]

    assert up() == (True, ["up", "up"])
    fault = joined.fault(kind="peer_down", bdb_uid=1, peer=PEERS[1])
    assert up() == (False, ["up", "down"])
    reports = joined.json(f"/v1/crdbs/{guid}/health_report")
    assert [connection["status"] for connection in reports[0]["connections"]] == ["up", "down"]
    assert ["connection_error" in report for report in reports] == [False, False, True]
    assert joined.json("/v1/bdbs/1")["status"] == "active"
    joined.control("DELETE", f"/faults/{fault}")
    joined.fault(kind="peer_down", bdb_uid=1)
    assert up() == (False, ["down", "down"])


def test_deleting_the_instance_takes_its_data_and_nothing_stops_it(joined: Api) -> None:
    assert joined.delete("/v1/bdbs/1").status_code == 200
    joined.until(lambda: joined.get("/v1/bdbs/1").status_code == 404, "the end of the deletion")
    assert joined.shards() == []
    crdb = joined.json("/v1/crdbs")[0]
    assert (crdb["local_databases"], len(crdb["instances"])) == ([], 3), "the other clusters do not know"


@pytest.mark.parametrize(("setting", "found", "not_found"), [("db", "db", "bdb"), ("bdb", "bdb", "db")])
def test_the_report_of_a_database_has_one_of_two_paths(api: Api, setting: str, found: str, not_found: str) -> None:
    api.create(replication=True)
    api.control("POST", "/settings", {"db_health": setting})
    assert api.get(f"/v4/{not_found}/1/health").status_code == 404
    report = api.json(f"/v4/{found}/1/health")
    assert (report["availability"], report["availability_errors"], report["status"]) == ("up", [], "active")
    assert {shard["role"] for shard in report["shards"]} == {"leader", "follower"}
    assert "active_active" not in report
    assert report["endpoints"][0]["availability"] == "up"
    assert api.get(f"/v4/{found}/7/health").status_code == 404


def test_the_report_of_a_database_says_what_is_wrong_with_it(api: Api) -> None:
    api.create()
    home = api.shards()[0]["node_uid"]
    ask = next(uid for uid in (1, 2, 3) if uid != home)
    api.control("POST", f"/nodes/{home}/stop")
    api.until(lambda: api.get("/v1/nodes", node=ask).status_code == 200, "a primary")
    report = api.json("/v4/db/1/health", node=ask)
    assert (report["status"], report["availability"]) == ("down", "down")
    assert "shard_unreachable" in report["availability_errors"]
    assert report["high_availability"] == {"status": "disabled"}


def test_the_report_of_a_database_names_its_state_machine(api: Api) -> None:
    api.create()
    assert "state_machine" not in api.json("/v4/db/1/health")
    api.fault(kind="action", name="SMUpdateBDB", outcome="stuck", at=40)
    api.put("/v1/bdbs/1", {"max_connections": 3})
    api.until(lambda: "state_machine" in api.json("/v4/db/1/health"), "the state machine")
    assert api.json("/v4/db/1/health")["state_machine"]["name"] == "SMUpdateBDB"


@pytest.mark.parametrize("body", [{"bdb_uid": 1}, {"bdb_uid": 1, "peers": []}, {"bdb_uid": 1, "peers": [1]}])
def test_bad_peers_are_refused(calm: Api, body: dict[str, object]) -> None:
    with pytest.raises(ControlError, match="peers"):
        calm.control("POST", "/crdbs", body)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real clusters do with databases beside what the reference promises: statuses that are wrong, changes that are
stuck, deletions that others have begun, and values in shapes of their own.
"""

from __future__ import annotations

import concurrent.futures
import re
import time
import typing as t

import pytest
from support.bdb_runs import REGEX, SIZE, created
from support.brisk import BriskModule
from support.emulated import Emulated

from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_bdb_info, redis_bdb_set

MORE = {"memory_size": "120MB"}
OPERATION = {
    "op_name": "wait_for_sync",
    "status_code": "syncing",
    "status_description": "waiting for the replica",
    "heartbeat": 1760400087,
    "progress": 12.5,
    "snapshot": {"authentication_redis_pass": "0p-s3cret"},
}
STUCK = "state proxy_policy, shard 3: wait_for_sync waiting for the replica"


@pytest.fixture
def process(cluster: Emulated) -> t.Iterator[BriskModule]:
    yield BriskModule(cluster)
    cluster.control("DELETE", "/faults")


def status(process: BriskModule, uid: int) -> str | None:
    answer = process.cluster.api("GET", f"/v1/bdbs/{uid}?fields=status")
    return None if answer.status_code == 404 else str(answer.json()["status"])


def settle(process: BriskModule, uid: int) -> None:
    process.cluster.control("DELETE", "/faults")
    while status(process, uid) not in ("active", None):
        time.sleep(0.02)


# -- an action that is shown as running after its end --------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "options"), [("SMUpdateBDB", MORE), ("SMCreateBDB", {**SIZE, "max_connections": 5})]
)
def test_a_finished_action_shown_as_running_does_not_hold_the_task_up(
    process: BriskModule, machine: str, options: dict[str, t.Any]
) -> None:
    name = f"lingering-{machine.lower()}"
    if machine == "SMUpdateBDB":
        created(process, name)
    process.cluster.fault("action", name=machine, outcome="lingering", at=60, count=1)
    run = process.run(name=name, **options)
    assert not run.result.get("failed"), run.result
    assert (run.changed, run.result["bdb"]["status"]) == (True, "active")
    assert (run.result["action"]["status"], run.result["action"]["finished"]) == ("running", False)
    assert len(run.result["warnings"]) == 1
    assert f"{machine} of bdb {run.result['bdb']['uid']} is running, 60%" in run.result["warnings"][0]
    assert f"database '{name}' is active and as desired" in run.result["warnings"][0]
    assert process.cluster.api("GET", f"/v1/actions/{run.result['action']['uid']}").json()["status"] == "active"
    process.converged(name=name, **options)


def test_in_a_set_too_and_the_next_change_has_its_turn(process: BriskModule) -> None:
    process.cluster.fault("action", name="SMCreateBDB", outcome="lingering", at=60, count=1)
    items = [{"name": f"lingering-set-{number}", **SIZE} for number in range(3)]
    run = BriskModule(process.cluster, redis_bdb_set.FRONT).run(databases=items, max_parallel=1)
    assert not run.result.get("failed"), run.result
    assert all(item["changed"] for item in run.result["results"])
    assert len(run.result["warnings"]) == 1


def test_a_deletion_is_done_when_the_database_is_gone_whatever_its_action_shows(process: BriskModule) -> None:
    created(process, "lingering-delete")
    shown = {"action_uid": "{last}", "name": "SMDeleteBDB", "object_name": "bdb:1", "status": "active", "heartbeat": 1}
    process.cluster.fault("unavailable", method="GET", path="/v1/actions/[^/]+", status=200, body=shown)
    run = process.run(name="lingering-delete", state="absent")
    assert not run.result.get("failed"), run.result
    assert (run.changed, run.result["bdb"], run.result["action"]["status"]) == (True, None, "running")
    assert "database 'lingering-delete' is gone" in run.result["warnings"][0]


@pytest.mark.parametrize(
    ("options", "fault", "why"),
    [
        ({"action": "flush", "confirm_flush": True}, {"outcome": "lingering"}, "a flush cannot be seen"),
        (MORE, {"outcome": "stuck"}, "the change is still pending"),
    ],
)
def test_otherwise_an_action_that_stands_still_is_waited_for(
    process: BriskModule, options: dict[str, t.Any], fault: dict[str, t.Any], why: str
) -> None:
    uid = created(process, f"waited-for-{fault['outcome']}")
    process.cluster.fault("action", name="SMUpdateBDB", at=60, count=1, **fault)
    run = process.run(uid=uid, wait_timeout=45, **options)
    assert run.result.get("failed"), why
    assert f"SMUpdateBDB of bdb {uid} is running" in run.result["msg"]
    assert re.match(r"Waited 4\d s for the update", run.result["msg"]), "nearly all of the 45 s"
    assert run.result["warnings"] == []
    settle(process, uid)


@pytest.mark.parametrize("machine", ["SMCreateBDB", "SMUpdateBDB"])
def test_a_password_that_cannot_be_seen_does_not_end_the_waiting(process: BriskModule, machine: str) -> None:
    name = f"unseen-{machine.lower()}"
    if machine == "SMUpdateBDB":
        created(process, name)
    process.cluster.control("POST", "/cluster", {"mask_bdb_credentials": True})
    process.cluster.fault("action", name=machine, outcome="lingering", at=60, count=1)
    run = process.run(name=name, wait_timeout=45, authentication_redis_pass="n3w-s3cret", **SIZE)
    process.cluster.control("POST", "/cluster", {"mask_bdb_credentials": False})
    assert run.result["failed"]
    assert run.changed
    assert f"{machine} of bdb" in run.result["msg"]
    assert "Waited 4" in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == "running"
    assert run.result["warnings"] == []


def test_an_action_that_the_cluster_has_forgotten_is_told_as_completed(process: BriskModule) -> None:
    uid = created(process, "forgotten")
    process.cluster.fault("action", name="SMUpdateBDB", outcome="lingering", at=60, count=1)
    process.cluster.clear_journal()

    def forget() -> None:
        process.cluster.wait_for("PUT", f"/v1/bdbs/{uid}")
        time.sleep(1)
        process.cluster.fault("unavailable", status=404, method="GET", path="/v1/actions/.*")

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        forgotten = pool.submit(forget)
        run = process.run(name="forgotten", **MORE)
        forgotten.result()
    assert not run.result.get("failed"), run.result
    action = run.result["action"]
    assert (action["name"], action["status"], action["progress"]) == ("SMUpdateBDB", "completed", 100.0)
    assert run.result["warnings"] == []


def test_who_waits_less_long_reads_that_the_database_is_active(process: BriskModule) -> None:
    uid = created(process, "lingering-short")
    process.cluster.fault("action", name="SMUpdateBDB", outcome="lingering", at=60, count=1)
    run = process.run(name="lingering-short", wait_timeout=10, **MORE)
    assert run.result["failed"]
    assert f"Last seen: SMUpdateBDB of bdb {uid} is running, 60%" in run.result["msg"]
    assert "At the end: database 'lingering-short' is active." in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == "running"
    process.converged(name="lingering-short", **MORE)


# -- an action that is shown as completed before its end -------------------------------------------------------------


@pytest.mark.parametrize("machine", ["SMCreateBDB", "SMUpdateBDB", "SMDeleteBDB"])
def test_a_completed_action_is_no_proof(process: BriskModule, machine: str) -> None:
    name = f"early-{machine.lower()}"
    if machine != "SMCreateBDB":
        created(process, name)
    options: dict[str, t.Any] = {"state": "absent"} if machine == "SMDeleteBDB" else MORE
    process.cluster.fault("action", name=machine, outcome="early", at=20, seconds=0.7)
    started = time.monotonic()
    run = process.run(name=name, **options)
    assert not run.result.get("failed"), run.result
    assert run.changed
    assert time.monotonic() - started > 0.6, "the database was not ready"
    if machine == "SMDeleteBDB":
        assert process.cluster.run("redis_bdb_info", name=name).result["bdbs"] == []
    else:
        assert run.result["bdb"]["status"] == "active"
    process.converged(name=name, **options)


def test_a_completed_action_with_a_database_that_stays_pending_is_told(process: BriskModule) -> None:
    uid = created(process, "early-for-ever")
    process.cluster.fault("action", name="SMUpdateBDB", outcome="early", at=20, count=1)
    run = process.run(name="early-for-ever", wait_timeout=5, **MORE)
    assert run.result["failed"]
    assert run.changed
    assert "Last seen: database 'early-for-ever' is active-change-pending." in run.result["msg"]
    assert run.result["msg"].endswith("At the end: no action on it is running.")
    assert run.result["failure"]["action"]["status"] == "completed"
    settle(process, uid)


# -- a change that is stuck ------------------------------------------------------------------------------------------


def test_a_stuck_change_is_told_with_its_pending_operations(process: BriskModule) -> None:
    uid = created(process, "stuck-ours")
    process.cluster.fault("action", name="SMUpdateBDB", outcome="stuck", at=60, count=1, pending_ops={"3": OPERATION})
    run = process.run(name="stuck-ours", wait_timeout=5, **MORE)
    assert run.result["failed"]
    assert run.changed
    assert f"SMUpdateBDB of bdb {uid} is running, 60%, {STUCK}" in run.result["msg"]
    assert "database 'stuck-ours' is active-change-pending" in run.result["msg"]
    action = run.result["failure"]["action"]
    assert (action["name"], action["status"]) == ("SMUpdateBDB", "running")
    assert action["pending_ops"]["3"]["op_name"] == "wait_for_sync"
    assert "0p-s3cret" not in run.output
    settle(process, uid)


@pytest.mark.parametrize("options", [MORE, {"state": "absent"}, SIZE], ids=["change", "absent", "converged"])
def test_what_somebody_elses_stuck_change_holds_up_is_told_with_it(
    process: BriskModule, options: dict[str, t.Any]
) -> None:
    name = f"stuck-theirs-{len(options) + len(options.get('memory_size', ''))}"
    uid = created(process, name)
    process.cluster.fault("action", name="SMUpdateBDB", outcome="stuck", at=60, count=1, pending_ops={"3": OPERATION})
    changed = process.cluster.api("PUT", f"/v1/bdbs/{uid}", {"max_connections": 9})
    assert changed.status_code == 200
    while not any(each.get("pending_ops") for each in process.cluster.api("GET", f"/v1/actions/bdb/{uid}").json()):
        time.sleep(0.02)
    run = process.run(name=name, wait_timeout=5, **options)
    assert run.result["failed"]
    assert (run.changed, run.writes) == (False, [])
    assert f"Last seen: database '{name}' is active-change-pending." in run.result["msg"]
    assert f"SMUpdateBDB of bdb {uid} is running, 60%, {STUCK}" in run.result["msg"]
    assert run.result["failure"]["action"]["uid"] == changed.json()["action_uid"]
    assert run.result["failure"]["action"]["pending_ops"]["3"]["status_code"] == "syncing"
    assert "0p-s3cret" not in run.output
    settle(process, uid)


def test_an_api_that_goes_away_meanwhile_does_not_hide_what_was_waited_for(process: BriskModule) -> None:
    uid = created(process, "stuck-and-away")
    process.cluster.fault("action", name="SMUpdateBDB", outcome="stuck", at=60, count=1)
    process.cluster.fault("unavailable", method="GET", path=f"/v1/actions/bdb/{uid}", status=500, body={})
    run = process.run(name="stuck-and-away", wait_timeout=5, **MORE)
    assert "Last seen: SMUpdateBDB" in run.result["msg"]
    settle(process, uid)


# -- deletions of databases on which something goes on ---------------------------------------------------------------


@pytest.mark.parametrize("many", [False, True], ids=["redis_bdb", "redis_bdb_set"])
@pytest.mark.parametrize("busy", ["a change", "busy"])
def test_a_database_in_use_is_deleted_when_it_is_free(process: BriskModule, many: bool, busy: str) -> None:
    name = f"free-later-{many:d}-{len(busy)}"
    uid = created(process, name)
    if busy == "busy":
        process.cluster.fault("busy", bdb_uid=uid, seconds=0.7)
    else:
        process.cluster.fault("slow_action", name="SMUpdateBDB", seconds=0.7, count=1)
        assert process.cluster.api("PUT", f"/v1/bdbs/{uid}", {"max_connections": 9}).status_code == 200
    run = delete(process, name, many=many)
    assert (run.changed, status(process, uid)) == (True, None)
    assert [write["status"] for write in run.writes][-1] == 200
    assert (len(run.writes) > 1) is (busy == "busy"), "a change is waited for, and not run up against"
    last = [(entry["method"], entry["path"], entry["status"]) for entry in run.journal[-2:]]
    assert last == [("GET", f"/v1/bdbs/{uid}", 404), ("GET", "/v1/bdbs", 200)]
    again = delete(process, name, many=many)
    assert (again.changed, set(again.methods)) == (False, {"GET"})


@pytest.mark.parametrize("many", [False, True], ids=["redis_bdb", "redis_bdb_set"])
def test_a_database_that_somebody_else_deletes_is_waited_for_and_no_change(process: BriskModule, many: bool) -> None:
    name = f"deleted-by-others-{many:d}"
    uid = created(process, name)
    process.cluster.fault("slow_action", name="SMDeleteBDB", seconds=0.7, count=1)
    assert process.cluster.api("DELETE", f"/v1/bdbs/{uid}").status_code == 200
    checked = delete(process, name, many=many, check=True)
    assert (checked.changed, checked.writes, status(process, uid)) == (False, [], "delete-pending")
    run = delete(process, name, many=many)
    assert (run.changed, run.writes, status(process, uid)) == (False, [], None)


def test_a_deletion_by_somebody_else_that_fails_is_done_here(process: BriskModule) -> None:
    uid = created(process, "deleted-in-vain")
    process.cluster.fault("action", name="SMDeleteBDB", outcome="failed", at=60, count=1)
    process.cluster.fault("slow_action", name="SMDeleteBDB", seconds=0.7, count=1)
    assert process.cluster.api("DELETE", f"/v1/bdbs/{uid}").status_code == 200
    run = delete(process, "deleted-in-vain", many=False)
    assert (run.changed, len(run.writes), status(process, uid)) == (True, 1, None)


def test_a_database_that_is_being_deleted_is_created_again_when_it_is_gone(process: BriskModule) -> None:
    uid = created(process, "comes-again")
    process.cluster.fault("slow_action", name="SMDeleteBDB", seconds=0.7, count=1)
    assert process.cluster.api("DELETE", f"/v1/bdbs/{uid}").status_code == 200
    run = process.run(name="comes-again", **SIZE)
    assert run.changed, run.result
    assert run.result["bdb"]["uid"] != uid
    assert run.result["bdb"]["status"] == "active"


def delete(process: BriskModule, name: str, *, many: bool, check: bool = False) -> t.Any:
    item = {"name": name, "state": "absent"}
    if many:
        run = BriskModule(process.cluster, redis_bdb_set.FRONT).run(databases=[item], check=check)
    else:
        run = process.run(check=check, **item)
    assert not run.result.get("failed"), run.result
    return run


# -- answers and shapes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("body", [None, {"error_code": "unsupported_version", "description": "Not this version."}])
def test_a_version_of_the_api_that_is_not_supported_is_told_at_once(
    process: BriskModule, method: str, body: t.Any
) -> None:
    name = "version-not-supported"
    if method in ("PUT", "DELETE"):
        created(process, name)
    process.cluster.fault("unavailable", method=method, path="/v1/bdbs(/.*)?", status=505, body=body)
    options = {"PUT": MORE, "DELETE": {"state": "absent"}}.get(method, SIZE)
    run = process.run(name=name, **options)
    assert run.result["failed"]
    assert run.methods.count(method) == 1, "this does not pass, so nothing is tried again"
    assert run.result["failure"]["status"] == 505
    assert run.result["failure"]["error_code"] == (body or {}).get("error_code")
    assert "505" in run.result["msg"]
    assert (body or {}).get("description", "") in run.result["msg"]
    assert "Use a release of this collection that knows the cluster's release" in run.result["msg"]
    assert not run.changed
    process.cluster.control("DELETE", "/faults")
    process.run(name=name, state="absent")


def test_blank_reasons_and_numbers_in_texts_are_read_as_they_come(process: BriskModule) -> None:
    uid = created(process, "shapes", use_nodes=[1, "2"], avoid_nodes=["3"])
    odd = {
        "backup_failure_reason": "",
        "export_failure_reason": "",
        "import_failure_reason": "",
        "backup_status": "",
        "last_backup_time": "",
        "backup_progress": "0.0",
        "max_connections": "0",
        "crdt_modules": "[]",
        "port": 0,
        "tags": None,
        "backup_location": None,
        "enforce_client_authentication": None,
    }
    process.cluster.control("POST", f"/bdbs/{uid}", odd)
    shown = process.cluster.api("GET", f"/v1/bdbs/{uid}").json()
    assert shown["use_nodes"] == ["1", "2"]
    assert {name: shown.get(name) for name in odd} == odd
    port = shown["endpoints"][0]["port"]
    process.converged(
        name="shapes",
        use_nodes=[2, 1],
        avoid_nodes=[3],
        max_connections=0,
        crdt_modules=[],
        port=port,
        tags=[],
        enforce_client_authentication="enabled",
    )
    info = BriskModule(process.cluster, redis_bdb_info.FRONT).run(uid=uid)
    assert {name: info.result["bdbs"][0]["bdb"].get(name) for name in odd} == odd
    assert process.prove(name="shapes", max_connections=7).result["changes"] == ["max_connections"]


@pytest.mark.parametrize("later", [False, True], ids=["created with it", "changed to it"])
def test_the_sharding_rules_that_the_cluster_fills_in_are_no_difference(process: BriskModule, later: bool) -> None:
    name = f"rules-{later:d}"
    if later:
        created(process, name)
    options = {"name": name, "sharding": True, "shards_count": 2, **SIZE}
    proved = process.prove(**options)
    assert "shard_key_regex" not in proved.writes[0]["body"]
    assert "shard_key_regex" not in proved.result["changes"]
    shown = process.cluster.api("GET", f"/v1/bdbs/{proved.result['bdb']['uid']}?fields=shard_key_regex").json()
    assert shown["shard_key_regex"] == REGEX
    process.converged(**options, shard_key_regex=REGEX)
    for check in (True, False):
        refused = process.run(check=check, **options, shard_key_regex=REGEX[1:])
        assert "set action to flush" in refused.result["msg"]

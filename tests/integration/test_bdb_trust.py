# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_bdb where it could be misled: what is not to be believed, and what is not to be touched."""

from __future__ import annotations

import concurrent.futures
import json
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from support.bdb_runs import SIZE, created
from support.emulated import MODULES, Emulated, playbook

# -- what is there, and is not to be kept or not to be touched ----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("roles_permissions", [{"role_uid": 2, "redis_acl_uid": 3}]),
        ("authorized_subjects", [{"CN": "client"}]),
        ("snapshot_policy", [{"secs": 3600, "writes": 1}]),
        ("tags", [{"key": "team", "value": "shop"}]),
    ],
)
def test_an_empty_list_takes_away_what_is_there(cluster: Emulated, name: str, there: t.Any) -> None:
    database = f"emptied-{name.replace('_', '-')}"
    uid = created(cluster, database)
    cluster.control("POST", f"/bdbs/{uid}", {name: there})
    emptied = cluster.prove("redis_bdb", name=database, gets=2, **{name: []})
    assert [(write["path"], write["body"]) for write in emptied.writes] == [(f"/v1/bdbs/{uid}", {name: []})]
    assert cluster.api("GET", f"/v1/bdbs/{uid}").json().get(name) in (None, [])


def test_on_create_does_not_bring_back_a_password_that_was_changed_since(cluster: Emulated) -> None:
    place = {"type": "s3", "bucket_name": "b", "access_key_id": "id", "secret_access_key": "first-s3cret"}
    options = {"authentication_redis_pass": "first-s3cret", "backup_location": place}
    uid = created(cluster, "rotated", update_password="on_create", **options)
    rotated = {**place, "secret_access_key": "rotated-s3cret"}
    cluster.control("POST", f"/bdbs/{uid}", {"authentication_redis_pass": "rotated-s3cret", "backup_location": rotated})
    kept = cluster.run("redis_bdb", name="rotated", update_password="on_create", **options)
    assert (kept.changed, kept.writes) == (False, []), kept.result
    one = cluster.run(
        "redis_bdb_set", databases=[{"name": "rotated", "update_password": "on_create", **options, **SIZE}]
    )
    assert (one.changed, one.writes) == (False, []), one.result
    grown = cluster.run("redis_bdb", name="rotated", memory_size="120MB", update_password="on_create", **options)
    assert [write["body"] for write in grown.writes] == [{"memory_size": 120 * 1024 * 1024}]
    assert cluster.api("GET", f"/v1/bdbs/{uid}").json()["authentication_redis_pass"] == "rotated-s3cret"
    sent = cluster.run("redis_bdb", name="rotated", **options)
    assert sent.result["changes"] == ["authentication_redis_pass", "backup_location"]
    assert "rotated-s3cret" not in sent.output


# -- what is not to be seen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "credentials",
    [
        "user@corp.com:h1dden-s3cret",
        "user:h1dden's3cret",
        'user:h1dden"s3cret',
        "user:h1dden' or \"s3cret",
        "user@corp.com:h1dden@:/%40s3cret",
    ],
)
def test_no_password_of_a_uri_is_printed(cluster: Emulated, credentials: str) -> None:
    ours, theirs = f"ftp://{credentials}@10.0.0.5/a", f"ftp://{credentials}-2@10.0.0.5/a"
    place = {"type": "url", "url": ours}
    options: dict[str, t.Any] = {"backup_location": place, "config": {"crdt_sources": [{"uri": ours}]}}
    created(cluster, "with-uris", **options)
    changed = {"backup_location": {**place, "url": theirs}}
    runs = [cluster.run("redis_bdb", name="with-uris", check=check, **changed) for check in (True, False)]
    runs.append(cluster.run("redis_bdb_set", check=True, databases=[{"name": "with-uris", **options}]))
    runs.append(cluster.run("redis_bdb", name="with-uris", memory_size="9000TB", **options))
    assert [run.changed for run in runs] == [True, True, True, False]
    runs.append(cluster.run("redis_bdb_info", name="with-uris"))
    for run in runs:
        assert not [word for word in ("h1dden", "s3cret") if word in run.output]
    cluster.run("redis_bdb", name="with-uris", state="absent")


# -- what is not to be believed ------------------------------------------------------------------------------------

PAGE = "<html>404 page not found</html>"


def no_such_page(cluster: Emulated, path: str, **options: t.Any) -> None:
    cluster.fault("unavailable", status=404, body=PAGE, method="GET", path=path, **options)


def names(cluster: Emulated) -> list[str]:
    return [bdb["name"] for bdb in cluster.api("GET", "/v1/bdbs?fields=name").json()]


@pytest.fixture
def faulty(cluster: Emulated) -> t.Iterator[Emulated]:
    yield cluster
    cluster.control("DELETE", "/faults")


@pytest.mark.parametrize("body", [PAGE, {"error_code": "db_not_exist"}, None])
def test_one_404_is_not_an_absence(faulty: Emulated, body: t.Any) -> None:
    uid = created(faulty, "listed")
    for options in ({"name": "listed", **SIZE}, {"uid": uid, **SIZE}):
        faulty.fault("unavailable", status=404, body=body, method="GET", path=f"/v1/bdbs/{uid}", count=1)
        again = faulty.run("redis_bdb", **options)
        assert (again.changed, again.writes) == (False, []), again.result
        assert again.result["bdb"]["uid"] == uid
    assert names(faulty).count("listed") == 1


@pytest.mark.parametrize("module", ["redis_bdb", "redis_bdb_set"])
@pytest.mark.parametrize("by", ["name", "uid"])
def test_one_404_is_not_a_deletion_either(faulty: Emulated, module: str, by: str) -> None:
    uid = created(faulty, "to-delete")
    no_such_page(faulty, f"/v1/bdbs/{uid}", count=1)
    wanted = {"name": "to-delete", "state": "absent"} if by == "name" else {"uid": uid, "state": "absent"}
    options = wanted if module == "redis_bdb" else {"databases": [wanted]}
    deleted = faulty.run(module, **options)
    assert deleted.changed, deleted.result
    assert "to-delete" not in names(faulty)


@pytest.mark.parametrize("options", [SIZE, {"state": "absent"}])
def test_a_404_that_stays_is_a_failure(faulty: Emulated, options: dict[str, t.Any]) -> None:
    uid = created(faulty, "contradictory")
    no_such_page(faulty, f"/v1/bdbs/{uid}")
    run = faulty.run("redis_bdb", name="contradictory", **options)
    assert run.result["failed"]
    assert f"The cluster lists database 'contradictory' (uid {uid}), but answers" in run.result["msg"]
    assert run.result["failure"]["status"] == 404
    assert run.writes == []
    assert names(faulty).count("contradictory") == 1


def test_a_deletion_is_over_when_the_list_says_so(faulty: Emulated) -> None:
    uid = created(faulty, "half-deleted")
    faulty.fault("action", name="SMDeleteBDB", outcome="stuck", at=50)
    no_such_page(faulty, f"/v1/(bdbs/{uid}|actions/.*)")
    run = faulty.run("redis_bdb", uid=uid, state="absent", wait_timeout=2)
    assert run.result["failed"], "listed, and yet believed to be gone"
    faulty.control("DELETE", "/faults")


def test_a_change_during_which_a_404_comes_goes_on(faulty: Emulated) -> None:
    uid = created(faulty, "changing")
    faulty.fault("slow_action", name="SMUpdateBDB", seconds=2)
    assert faulty.api("PUT", f"/v1/bdbs/{uid}", {"max_connections": 9}).status_code == 200
    faulty.clear_journal()

    def vanish() -> None:
        faulty.wait_for("GET", f"/v1/bdbs/{uid}")
        no_such_page(faulty, f"/v1/bdbs/{uid}", count=2)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        vanished = pool.submit(vanish)
        run = faulty.run("redis_bdb", name="changing", memory_size="120MB")
        vanished.result()
    assert run.changed, run.result
    assert names(faulty).count("changing") == 1


def test_a_404_to_a_write_is_told_in_the_words_of_the_cluster(faulty: Emulated) -> None:
    uid = created(faulty, "named")
    body = {"error_code": "role_not_exist", "description": "There is no role 77."}
    permissions = {"roles_permissions": [{"role_uid": 77, "redis_acl_uid": 1}]}
    for method, path in (("POST", "/v1/bdbs"), ("PUT", f"/v1/bdbs/{uid}"), ("DELETE", f"/v1/bdbs/{uid}")):
        faulty.fault("unavailable", status=404, body=body, method=method, path=path)
    for name, options in (("fresh", {**SIZE, **permissions}), ("named", permissions), ("named", {"state": "absent"})):
        run = faulty.run("redis_bdb", name=name, **options)
        assert run.result["failed"]
        assert "such as a role or an ACL, does not exist" in run.result["msg"]
        assert "The cluster says (404, role_not_exist): There is no role 77." in run.result["msg"]
        failure = run.result["failure"]
        assert (failure["error_code"], failure["description"]) == ("role_not_exist", "There is no role 77.")
        assert (len(run.writes), run.changed) == (1, False)


@pytest.mark.parametrize("options", [{"action": "flush", "confirm_flush": True}, {"action": "reset_admin_pass"}])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_another_does_is_no_proof_of_a_lost_action(faulty: Emulated, when: str, options: dict[str, t.Any]) -> None:
    action = options["action"]
    name = f"lost-{action.replace('_', '-')}-{when}"
    uid = created(faulty, name)
    faulty.clear_journal()
    faulty.fault("drop", when=when, method="PUT", path=f"/v1/bdbs/{uid}/{action}", count=1)

    def change() -> None:
        faulty.wait_for("PUT", f"/v1/bdbs/{uid}/{action}")
        faulty.control("POST", f"/bdbs/{uid}", {"max_connections": 7, "last_changed_time": "2031-01-01T00:00:00Z"})

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        changed = pool.submit(change)
        run = faulty.run("redis_bdb", name=name, **options)
        changed.result()
    assert run.result["failed"]
    assert "nothing shows whether it was carried out" in run.result["msg"]
    assert run.changed, "it may have been done, and nobody can say that it was not"
    assert run.result["diff"]["after"]["action"] == action
    assert len(run.writes) == 1


# -- what is ended from outside -------------------------------------------------------------------------------------


@pytest.fixture
def purging(own_cluster: Emulated) -> dict[str, t.Any]:
    """Options that delete three databases one after the other, each of which takes six seconds."""
    made = own_cluster.run(
        "redis_bdb_set", databases=[{"name": name, **SIZE} for name in ("keep", "x-1", "x-2", "x-3")]
    )
    assert made.changed, made.result
    own_cluster.fault("slow_action", name="SMDeleteBDB", seconds=6)
    own_cluster.clear_journal()
    return {"databases": [{"name": "keep"}], "purge": True, "purge_limit": "3", "max_parallel": 1}


def assert_nothing_more_is_sent(cluster: Emulated) -> None:
    """Nobody has waited for the deletion that is under way, and when it is over, the next does not follow."""
    assert len(cluster.api("GET", "/v1/bdbs?fields=uid").json()) == 4, "the process has waited for its threads"
    end = time.monotonic() + 20
    while len(cluster.api("GET", "/v1/bdbs?fields=uid").json()) > 3:
        assert time.monotonic() < end
        time.sleep(0.1)
    ours = len([entry for entry in cluster.journal() if entry["path"] != "/v1/bdbs"])
    time.sleep(2)
    asked = [entry for entry in cluster.journal() if entry["path"] != "/v1/bdbs"]
    assert [entry["method"] for entry in asked].count("DELETE") == 1
    assert len(asked) == ours


def test_nothing_is_sent_after_the_time_of_the_task_is_over(
    own_cluster: Emulated, purging: dict[str, t.Any], tmp_path: Path
) -> None:
    task = {"name": "Purge", "redis_enterprise.cluster.redis_bdb_set": purging, "timeout": 2}
    play = {"name": "Late", "hosts": "localhost", "gather_facts": False, "tasks": [task]}
    book = tmp_path / "late.yml"
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = playbook(book, "-i", "localhost,", "-c", "local", environment=own_cluster.environment)
    assert done.returncode == 2, done.stdout
    assert "timed out" in done.stdout.lower()
    own_cluster.wait_for("DELETE", "/v1/bdbs/2", seconds=0)
    assert_nothing_more_is_sent(own_cluster)


def test_nothing_is_sent_after_an_interrupt(own_cluster: Emulated, purging: dict[str, t.Any]) -> None:
    arguments = {"ANSIBLE_MODULE_ARGS": {**own_cluster.connection, **purging}}
    command = [sys.executable, "-m", f"{MODULES}.redis_bdb_set"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as module:
        assert module.stdin is not None
        module.stdin.write(json.dumps(arguments))
        module.stdin.close()
        module.stdin = None
        own_cluster.wait_for("DELETE", "/v1/bdbs/2")
        module.send_signal(signal.SIGINT)
        module.communicate(timeout=30)
    assert_nothing_more_is_sent(own_cluster)

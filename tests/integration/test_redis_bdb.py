# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_bdb against the emulated cluster, with the gates: honest check mode, and nothing to do the second time."""

from __future__ import annotations

import concurrent.futures
import typing as t
from pathlib import Path

import pytest
from support.bdb_runs import MB, REGEX, SIZE
from support.emulated import Emulated, playbook

CONNECTIONS = Path(__file__).parents[1] / "support" / "connection"
RACE = """
- name: Race
  hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Create what others create, too
      redis_enterprise.cluster.redis_bdb:
        name: race
        memory_size: 100MB
"""


def stored(cluster: Emulated, name: str) -> list[dict[str, t.Any]]:
    """What the cluster has under a name, asked past the collection."""
    return [bdb for bdb in cluster.api("GET", "/v1/bdbs").json() if bdb["name"] == name]


def test_life_of_a_database(cluster: Emulated) -> None:
    created = cluster.prove("redis_bdb", name="life", gets=2, **SIZE)
    assert created.changed
    assert created.result["bdb"]["status"] == "active"
    assert created.result["bdb"]["memory_size"] == 100 * MB
    assert created.result["changes"] == ["memory_size", "name"]
    uid = created.result["bdb"]["uid"]

    grown = cluster.prove("redis_bdb", name="life", memory_size="200MB", replication=True, gets=2)
    assert grown.result["changes"] == ["memory_size", "replication"]
    assert [write["body"] for write in grown.writes] == [{"memory_size": 200 * MB, "replication": True}]
    assert grown.result["diff"] == {
        "before": {"uid": uid, "name": "life", "memory_size": 100 * MB, "replication": False},
        "after": {"uid": uid, "name": "life", "memory_size": 200 * MB, "replication": True},
    }

    renamed = cluster.prove("redis_bdb", uid=uid, name="life-renamed", gets=1)
    assert renamed.result["changes"] == ["name"]
    assert stored(cluster, "life") == []

    deleted = cluster.prove("redis_bdb", name="life-renamed", state="absent", gets=2)
    assert deleted.changed
    assert deleted.result["bdb"] is None
    assert cluster.api("GET", f"/v1/bdbs/{uid}").status_code == 404


def test_every_typed_option_can_be_set_and_then_converges(cluster: Emulated) -> None:
    options: dict[str, t.Any] = {
        "type": "redis",
        "memory_size": "400MB",
        "replication": True,
        "sharding": True,
        "shards_count": 2,
        "shard_key_regex": REGEX,
        "shards_placement": "sparse",
        "oss_cluster": False,
        "proxy_policy": "single",
        "port": 17321,
        "data_persistence": "snapshot",
        "snapshot_policy": [{"secs": 900, "writes": 1}, {"secs": 60, "writes": 10000}],
        "aof_policy": "appendfsync-every-sec",
        "eviction_policy": "allkeys-lru",
        "authentication_redis_pass": "options-s3cret",
        "tls_mode": "disabled",
        "rack_aware": False,
        "slave_ha": True,
        "max_connections": 1000,
        "tags": [{"key": "team", "value": "shop"}, {"key": "env", "value": "test"}],
        "config": {"max_client_pipeline": 300},
    }
    made = cluster.prove("redis_bdb", name="options", gets=2, **options)
    assert made.changed
    bdb = stored(cluster, "options")[0]
    assert (bdb["shards_count"], bdb["max_client_pipeline"], bdb["authentication_redis_pass"]) == (
        2,
        300,
        "options-s3cret",
    )
    changed = {**options, "tags": [{"key": "team", "value": "shop"}], "eviction_policy": "noeviction"}
    assert cluster.prove("redis_bdb", name="options", **changed).result["changes"] == ["eviction_policy", "tags"]


def test_modules_and_version_are_compared_only_in_what_is_given(cluster: Emulated) -> None:
    modules = [{"module_name": "ReJSON"}]
    cluster.prove("redis_bdb", name="modules", module_list=modules, redis_version="7.4", gets=2, **SIZE)
    refused = cluster.run("redis_bdb", name="modules", module_list=[{"module_name": "search"}])
    assert refused.result["failed"]
    assert "create a new database" in refused.result["msg"]
    assert refused.writes == []


def test_a_given_uid_is_used(cluster: Emulated) -> None:
    made = cluster.prove("redis_bdb", name="chosen-uid", uid=4711, gets=1, **SIZE)
    assert made.result["bdb"]["uid"] == 4711


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "refusals", "port": 19999}, "cannot become 19999"),
        ({"name": "refusals", "type": "memcached"}, "cannot become 'memcached'"),
        ({"name": "bad_name", **SIZE}, "letters, digits and hyphens"),
        ({"name": "sizeless"}, "memory_size is needed"),
        ({"uid": 999, "memory_size": "1GB"}, "set name as well"),
        ({"name": "refusals", "config": {"shard_list": [1]}}, "set by the cluster"),
        ({"name": "refusals", "config": {"module_list": ["search"]}}, "must be a list of objects with module_name"),
        ({"name": "refusals", "config": {"tags": "x"}}, "tags must be a list of objects with key"),
        ({"name": "refusals", "config": {"backup_location": "here"}}, "backup_location must be an object"),
        ({"name": "refusals", "wait_timeout": "nan"}, "wait_timeout must be a number of seconds"),
        ({}, "set name, uid, or both"),
    ],
)
def test_refusals_come_before_any_write_and_the_same_in_check_mode(
    cluster: Emulated, options: dict[str, t.Any], sentence: str
) -> None:
    cluster.run("redis_bdb", name="refusals", **SIZE)
    for check in (True, False):
        run = cluster.run("redis_bdb", check=check, **options)
        assert run.result["failed"]
        assert sentence in run.result["msg"]
        assert run.writes == []


def test_what_the_cluster_refuses_is_told_with_its_own_words(cluster: Emulated) -> None:
    for check in (True, False):
        run = cluster.run("redis_bdb", check=check, name="too-big", memory_size="9000TB")
        assert run.result["failed"]
        assert run.result["failure"]["error_code"] == "insufficient_resources"
        assert run.result["failure"]["description"].rstrip(".") in run.result["msg"]
    assert stored(cluster, "too-big") == []


def test_a_busy_database_is_waited_for(cluster: Emulated) -> None:
    made = cluster.run("redis_bdb", name="busy", **SIZE)
    cluster.fault("busy", bdb_uid=made.result["bdb"]["uid"], seconds=1.5)
    run = cluster.run("redis_bdb", name="busy", memory_size="120MB")
    assert run.changed
    assert run.methods.count("PUT") > 1


def test_time_that_runs_out_is_told(cluster: Emulated) -> None:
    made = cluster.run("redis_bdb", name="busy-long", **SIZE)
    cluster.fault("busy", bdb_uid=made.result["bdb"]["uid"], seconds=5)
    run = cluster.run("redis_bdb", name="busy-long", memory_size="120MB", wait_timeout=0.5)
    assert run.result["failed"]
    assert "did not take the change" in run.result["msg"]
    assert run.result["failure"]["status"] == 409


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_never_makes_a_second_database(cluster: Emulated, when: str) -> None:
    cluster.fault("drop", when=when, method="POST", path="/v1/bdbs", count=1)
    run = cluster.run("redis_bdb", name=f"lost-{when}", **SIZE)
    assert run.changed, run.result
    assert len(stored(cluster, f"lost-{when}")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "options"), [("PUT", {"memory_size": "120MB"}), ("DELETE", {"state": "absent"})])
def test_a_lost_answer_to_a_change_or_a_deletion_is_looked_into(
    cluster: Emulated, when: str, method: str, options: dict[str, t.Any]
) -> None:
    name = f"lost-{when}-{method.lower()}"
    cluster.run("redis_bdb", name=name, **SIZE)
    cluster.fault("drop", when=when, method=method, count=1)
    run = cluster.run("redis_bdb", name=name, **options)
    assert run.changed, run.result
    assert run.methods.count(method) == (2 if when == "before" else 1)
    assert [bdb["memory_size"] for bdb in stored(cluster, name)] == ([120 * MB] if method == "PUT" else [])


def test_plays_that_create_the_same_name_at_once_end_with_one_database(own_cluster: Emulated, tmp_path: Path) -> None:
    """20 of them, in both fronts: half of them run the module as a process of its own."""
    book = tmp_path / "race.yml"
    book.write_text(RACE, encoding="utf-8")
    environment = {**own_cluster.environment, "ANSIBLE_CONNECTION_PLUGINS": str(CONNECTIONS)}

    def play(number: int) -> str:
        connection = ("local", "elsewhere")[number % 2]
        done = playbook(book, "-i", "localhost,", "-c", connection, environment=environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        outputs = list(pool.map(play, range(20)))
    assert sum("changed=1" in output for output in outputs) == 1
    assert len(stored(own_cluster, "race")) == 1
    posts = [entry["status"] for entry in own_cluster.journal() if entry["method"] == "POST"]
    assert posts.count(200) == 1
    assert set(posts) <= {200, 409}


def test_a_failed_action_fails_the_task_with_its_error(cluster: Emulated) -> None:
    cluster.run("redis_bdb", name="unlucky", **SIZE)
    cluster.fault("action", name="SMUpdateBDB", outcome="failed", error="shard 7 did not start", count=1)
    run = cluster.run("redis_bdb", name="unlucky", memory_size="120MB")
    assert run.result["failed"]
    assert "SMUpdateBDB" in run.result["msg"]
    assert run.result["failure"]["action"]["status"] == "failed"


def test_a_stuck_action_is_named_when_time_runs_out(cluster: Emulated) -> None:
    cluster.run("redis_bdb", name="stuck", **SIZE)
    cluster.fault("action", name="SMUpdateBDB", outcome="stuck", count=1)
    run = cluster.run("redis_bdb", name="stuck", memory_size="120MB", wait_timeout=1)
    assert run.result["failed"]
    assert "SMUpdateBDB" in run.result["msg"]
    assert "wait_timeout" in run.result["msg"]


def test_without_wait_the_action_is_handed_over(cluster: Emulated) -> None:
    run = cluster.run("redis_bdb", name="unwaited", wait=False, **SIZE)
    assert run.changed
    uid = run.result["action"]["uid"]
    assert cluster.api("GET", f"/v1/actions/{uid}").status_code == 200


def test_a_masked_password_follows_update_password(cluster: Emulated) -> None:
    made = cluster.run("redis_bdb", name="masked", authentication_redis_pass="first-s3cret", **SIZE)
    uid = made.result["bdb"]["uid"]
    cluster.control("POST", f"/bdbs/{uid}", {"authentication_redis_pass": "********"})
    kept = cluster.run("redis_bdb", name="masked", authentication_redis_pass="n3w-s3cret", update_password="on_create")
    assert not kept.changed
    for check in (True, False):
        sent = cluster.run("redis_bdb", name="masked", check=check, authentication_redis_pass="n3w-s3cret")
        assert sent.result["changes"] == ["authentication_redis_pass"]
        assert sent.result["diff"]["before"] != sent.result["diff"]["after"]
        assert "n3w-s3cret" not in sent.output


def test_a_database_that_could_not_be_created_is_not_ok(own_cluster: Emulated) -> None:
    own_cluster.fault("action", name="SMCreateBDB", outcome="failed", error="no room", count=1)
    for state in ("the first run", "the second"):
        run = own_cluster.run("redis_bdb", name="half-made", **SIZE)
        assert run.result["failed"], state
    assert "its status is creation-failed" in run.result["msg"]
    assert own_cluster.run("redis_bdb", name="half-made", state="absent").changed


@pytest.mark.parametrize(("method", "options"), [("PUT", {"memory_size": "120MB"}), ("DELETE", {"state": "absent"})])
def test_writes_that_never_get_an_answer_are_few_and_end_in_time(
    own_cluster: Emulated, method: str, options: dict[str, t.Any]
) -> None:
    own_cluster.run("redis_bdb", name="mute", **SIZE)
    own_cluster.fault("unavailable", method=method, seconds=60)
    run = own_cluster.run("redis_bdb", name="mute", wait_timeout=2, **options)
    assert run.result["failed"]
    assert "before you run the task again" in run.result["msg"]
    assert run.methods.count(method) < 20
    assert run.changed, "it may have been done, and nobody can say that it was not"


def test_another_database_that_takes_the_name_is_not_deleted(own_cluster: Emulated) -> None:
    first = own_cluster.run("redis_bdb", name="taken", **SIZE).result["bdb"]["uid"]
    own_cluster.clear_journal()
    own_cluster.fault("busy", bdb_uid=first, seconds=60)

    def replace() -> None:
        own_cluster.wait_for("DELETE", f"/v1/bdbs/{first}")
        own_cluster.control("POST", f"/bdbs/{first}", {"name": "moved-away"})
        own_cluster.api("POST", "/v1/bdbs", {"name": "taken", "memory_size": 100 * MB})
        own_cluster.control("DELETE", "/faults")

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        replaced = pool.submit(replace)
        run = own_cluster.run("redis_bdb", name="taken", state="absent")
        replaced.result()
    assert "was renamed from 'taken' to 'moved-away'" in run.result["msg"]
    assert len(stored(own_cluster, "taken")) == len(stored(own_cluster, "moved-away")) == 1


def test_what_was_changed_is_told_also_when_waiting_ends(cluster: Emulated) -> None:
    cluster.run("redis_bdb", name="stuck-but-changed", **SIZE)
    cluster.fault("action", name="SMUpdateBDB", outcome="stuck", count=1)
    run = cluster.run("redis_bdb", name="stuck-but-changed", memory_size="120MB", wait_timeout=0.5)
    assert run.result["failed"]
    assert run.changed
    assert run.result["diff"]["after"]["memory_size"] == 120 * MB


def test_no_secret_is_printed(cluster: Emulated) -> None:
    source = "redis://reader:s3cret-uri@10.0.0.9:12000"
    options: dict[str, t.Any] = {
        "authentication_redis_pass": "s3cret-pass",
        "config": {"authentication_admin_pass": "s3cret-admin", "replica_sources": [{"uri": source}]},
    }
    for check in (True, False, False):
        run = cluster.run("redis_bdb", name="secrets", check=check, **options, **SIZE)
        assert not [secret for secret in ("s3cret-pass", "s3cret-admin", "s3cret-uri") if secret in run.output]
        assert cluster.ready["password"] not in run.output
    failing = cluster.run("redis_bdb", name="secrets", memory_size="9000TB", **options)
    assert failing.result["failed"]
    assert "s3cret-" not in failing.output


def test_an_absence_is_believed_of_the_api_only(own_cluster: Emulated) -> None:
    own_cluster.fault("unavailable", status=404, body="<html>Not Found</html>")
    run = own_cluster.run("redis_bdb", uid=5, state="absent")
    assert run.result["failed"], "a server that knows no databases is not one without this database"


def test_wrong_password_is_told_at_once(cluster: Emulated) -> None:
    run = cluster.run("redis_bdb", name="x", password="wr0ng-s3cret")
    assert run.result["failed"]
    assert "refused the credentials" in run.result["msg"]
    assert "wr0ng-s3cret" not in run.output
    assert len(run.journal) == 1


def test_an_api_that_is_away_is_waited_for(cluster: Emulated) -> None:
    cluster.fault("unavailable", seconds=1.0)
    run = cluster.run("redis_bdb", name="after-election", **SIZE)
    assert run.changed

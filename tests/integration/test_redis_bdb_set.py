# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_bdb_set against the emulated cluster: one request when nothing differs, and no database harmed by a set."""

from __future__ import annotations

import concurrent.futures
import typing as t

import pytest
from support.emulated import Emulated, Run

SIZE = {"memory_size": "50MB"}


def run(cluster: Emulated, *databases: dict[str, t.Any], check: bool = False, **options: t.Any) -> Run:
    return cluster.run("redis_bdb_set", check=check, databases=list(databases), **options)


def names(cluster: Emulated) -> set[str]:
    return {bdb["name"] for bdb in cluster.api("GET", "/v1/bdbs?fields=name").json()}


def test_a_set_is_brought_about_and_then_costs_one_request(own_cluster: Emulated) -> None:
    items = [{"name": f"db-{number}", "eviction_policy": "noeviction", **SIZE} for number in range(10)]
    made = own_cluster.prove("redis_bdb_set", databases=items, gets=1)
    assert [item["name"] for item in made.result["results"]] == [item["name"] for item in items]
    assert all(item["changed"] and item["bdb"]["status"] == "active" for item in made.result["results"])
    again = run(own_cluster, *items)
    assert len({entry["connection"] for entry in again.journal}) == 1
    changed = [{**item, "memory_size": "60MB"} if number < 3 else item for number, item in enumerate(items)]
    grown = own_cluster.prove("redis_bdb_set", databases=changed, gets=1)
    assert [item["changed"] for item in grown.result["results"]] == [True] * 3 + [False] * 7
    assert sorted(grown.result["diff"]["before"]) == ["db-0", "db-1", "db-2"]


def test_it_goes_on_past_a_failed_item_and_names_all_failures(own_cluster: Emulated) -> None:
    items = [{"name": "fine", **SIZE}, {"name": "huge", "memory_size": "9000TB"}, {"name": "sizeless"}]
    made = run(own_cluster, *items)
    assert made.result["failed"]
    assert made.changed
    assert [item["failed"] for item in made.result["results"]] == [False, True, True]
    assert "2 of 3 databases failed. huge: " in made.result["msg"]
    assert "sizeless: memory_size is needed" in made.result["msg"]
    assert names(own_cluster) == {"fine"}


def test_stop_begins_nothing_when_an_item_is_refused_beforehand(own_cluster: Emulated) -> None:
    made = run(own_cluster, {"name": "fine", **SIZE}, {"name": "sizeless"}, on_error="stop")
    assert made.result["failed"]
    assert "Not tried any more: fine" in made.result["msg"]
    assert made.writes == []


def test_purge_deletes_what_no_item_names_within_its_limit(own_cluster: Emulated) -> None:
    for name in ("keep", "old-2", "old-1"):
        own_cluster.run("redis_bdb", name=name, **SIZE)
    for check in (True, False):
        refused = run(own_cluster, {"name": "keep"}, purge=True, check=check)
        assert refused.result["failed"]
        assert "would delete 2 databases (old-1, old-2), and purge_limit allows 1" in refused.result["msg"]
        assert refused.writes == []
    made = own_cluster.prove("redis_bdb_set", databases=[{"name": "keep"}], purge=True, purge_limit="70%", gets=1)
    assert made.result["purged"] == ["old-1", "old-2"], "by name, in whatever order they were made"
    assert sorted(made.result["diff"]["before"]) == ["old-1", "old-2"]
    assert names(own_cluster) == {"keep"}


@pytest.mark.parametrize("limit", [None, "0"])
def test_an_empty_set_does_not_empty_the_cluster(own_cluster: Emulated, limit: str | None) -> None:
    own_cluster.run("redis_bdb", name="precious", **SIZE)
    made = run(own_cluster, purge=True, purge_limit=limit)
    assert made.result["failed"]
    assert names(own_cluster) == {"precious"}


def test_internal_databases_are_never_purged(own_cluster: Emulated) -> None:
    uid = own_cluster.run("redis_bdb", name="inner", **SIZE).result["bdb"]["uid"]
    own_cluster.control("POST", f"/bdbs/{uid}", {"internal": True})
    made = run(own_cluster, purge=True, purge_limit="100%")
    assert (made.changed, made.result["purged"]) == (False, [])


def test_nothing_is_purged_when_an_item_fails(own_cluster: Emulated) -> None:
    own_cluster.run("redis_bdb", name="old", **SIZE)
    for broken in ({"name": "huge", "memory_size": "9000TB"}, {"name": "sizeless"}):
        made = run(own_cluster, broken, purge=True)
        assert made.result["failed"]
        assert (made.result["purged"], names(own_cluster)) == ([], {"old"})


def test_what_was_purged_is_told_also_when_another_purge_fails(own_cluster: Emulated) -> None:
    for name in ("first", "second"):
        own_cluster.run("redis_bdb", name=name, **SIZE)
    own_cluster.fault("action", name="SMDeleteBDB", outcome="failed", error="disk", count=1)
    made = run(own_cluster, purge=True, purge_limit="2", max_parallel=1)
    assert made.result["failed"]
    assert len(made.result["purged"]) == 1
    assert set(made.result["purged"]) == {"first", "second"} - names(own_cluster)


def test_a_database_renamed_meanwhile_is_not_purged(own_cluster: Emulated) -> None:
    old = own_cluster.run("redis_bdb", name="old", **SIZE).result["bdb"]["uid"]
    slow = own_cluster.run("redis_bdb", name="slow", **SIZE).result["bdb"]["uid"]
    own_cluster.clear_journal()
    own_cluster.fault("busy", bdb_uid=slow, seconds=60)

    def rename() -> None:
        own_cluster.wait_for("PUT", f"/v1/bdbs/{slow}")
        own_cluster.control("POST", f"/bdbs/{old}", {"name": "renamed-precious"})
        own_cluster.control("DELETE", "/faults")

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        renamed = pool.submit(rename)
        made = run(own_cluster, {"name": "slow", "memory_size": "60MB"}, purge=True)
        renamed.result()
    assert made.result.get("failed"), made.result
    assert "renamed-precious" in names(own_cluster)
    assert made.result["purged"] == []


def test_a_database_renamed_meanwhile_is_not_deleted(own_cluster: Emulated) -> None:
    victim = own_cluster.run("redis_bdb", name="victim", **SIZE).result["bdb"]["uid"]
    slow = own_cluster.run("redis_bdb", name="slow", **SIZE).result["bdb"]["uid"]
    own_cluster.clear_journal()
    own_cluster.fault("busy", bdb_uid=slow, seconds=60)

    def rename() -> None:
        own_cluster.wait_for("PUT", f"/v1/bdbs/{slow}")
        own_cluster.control("POST", f"/bdbs/{victim}", {"name": "keep"})
        own_cluster.control("DELETE", "/faults")

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        renamed = pool.submit(rename)
        items = [{"name": "slow", "memory_size": "60MB"}, {"name": "victim", "state": "absent"}]
        made = run(own_cluster, *items, max_parallel=1)
        renamed.result()
    assert [item["changed"] for item in made.result["results"]] == [True, False]
    assert names(own_cluster) == {"slow", "keep"}


def test_instances_of_active_active_databases_are_never_purged(own_cluster: Emulated) -> None:
    uid = own_cluster.run("redis_bdb", name="shared", **SIZE).result["bdb"]["uid"]
    own_cluster.control("POST", f"/bdbs/{uid}", {"crdt": True})
    assert run(own_cluster, purge=True, purge_limit="100%").writes == []


@pytest.mark.parametrize(
    "config",
    ['{"authentication_redis_pass": "str1ng-s3cret"}', "authentication_redis_pass=str1ng-s3cret", "a: str1ng-s3cret"],
)
def test_no_secret_is_printed_of_options_written_as_text(cluster: Emulated, config: str) -> None:
    made = run(cluster, {"name": "as-text", "config": config, **SIZE}, check=True)
    assert "str1ng-s3cret" not in made.output
    single = cluster.run("redis_bdb", name="as-text", config=config, check=True, **SIZE)
    assert "str1ng-s3cret" not in single.output


def test_two_items_that_mean_one_database_are_refused(own_cluster: Emulated) -> None:
    uid = own_cluster.run("redis_bdb", name="one", **SIZE).result["bdb"]["uid"]
    made = run(own_cluster, {"uid": uid, "name": "renamed"}, {"name": "one", "state": "absent"})
    assert made.result["failed"]
    assert f"are one database (uid {uid})" in made.result["msg"]
    assert made.writes == []
    assert names(own_cluster) == {"one"}


@pytest.mark.parametrize(
    ("items", "options", "sentence"),
    [
        ([{"name": "a"}, {"name": "a"}], {}, "the name a more than once"),
        ([{"uid": 1}, {"uid": 1}], {}, "the uid 1 more than once"),
        ([{"nam": "a"}], {}, r"item 1 (neither name nor uid): nam is no option"),
        ([{"name": "a", "shards_count": "many"}], {}, "item 1 (a): argument 'shards_count'"),
        ([{"name": "a_b"}], {}, "letters, digits and hyphens"),
        ([{"name": "a"}], {"max_parallel": 0}, "max_parallel must be a number from 1 to 32"),
        ([{"name": "a"}], {"max_parallel": 99}, "max_parallel must be a number from 1 to 32"),
        ([{"name": "a"}], {"purge": True, "purge_limit": "most"}, "purge_limit must be a number such as 3"),
        ([{"name": "a"}], {"purge_limit": "101%"}, "purge_limit must be a number such as 3"),
    ],
)
def test_bad_input_is_told_before_anything_is_sent(
    cluster: Emulated, items: list[dict[str, t.Any]], options: dict[str, t.Any], sentence: str
) -> None:
    made = run(cluster, *items, **options)
    assert made.result["failed"]
    assert sentence in made.result["msg"]
    assert made.writes == []


def test_no_secret_is_printed(own_cluster: Emulated) -> None:
    items = [{"name": "text", "authentication_redis_pass": "s3t-s3cret", **SIZE}]
    items.append({"name": "number", "authentication_redis_pass": 987654321, **SIZE})
    for check in (True, False, False):
        made = run(own_cluster, *items, check=check)
        assert not made.result.get("failed"), made.result
        assert not [secret for secret in ("s3t-s3cret", "987654321") if secret in made.output]
    failing = run(
        own_cluster, {**items[0], "memory_size": "9000TB"}, {"nam": 1, "authentication_redis_pass": "s3t-s3cret"}
    )
    assert failing.result["failed"]
    assert "s3t-s3cret" not in failing.output


# -- how many at once, and check mode ------------------------------------------------------------------------------


def intervals(made: Run) -> list[tuple[float, float]]:
    """When each database was changing: from its write to the last look at its action."""
    found = []
    for item in made.result["results"]:
        ours = {("POST", "/v1/bdbs", item["name"])}
        ours |= {(method, f"/v1/bdbs/{item['uid']}", None) for method in ("PUT", "DELETE")}
        written = [
            entry["time"]
            for entry in made.writes
            if entry["status"] == 200  # not one on an outdated view, which is sent again
            and (entry["method"], entry["path"], (entry["body"] or {}).get("name")) in ours
        ]
        looks = [entry["time"] for entry in made.journal if entry["path"] == f"/v1/actions/{item['action']['uid']}"]
        assert len(written) == 1
        found.append((written[0], max(looks)))
    return found


def most_at_once(spans: list[tuple[float, float]]) -> int:
    return max(sum(begin <= at <= end for begin, end in spans) for at, _end in spans)


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_databases_change_at_once_than_allowed(own_cluster: Emulated, most: int) -> None:
    for machine in ("SMCreateBDB", "SMUpdateBDB", "SMDeleteBDB"):
        own_cluster.fault("slow_action", name=machine, seconds=0.4)
    items = [{"name": f"db-{number}", **SIZE} for number in range(7)]
    wanted = {
        "created": items,
        "changed": [{**item, "memory_size": "60MB"} for item in items],
        "deleted": [{"name": item["name"], "state": "absent"} for item in items],
    }
    for step, databases in wanted.items():
        made = run(own_cluster, *databases, max_parallel=most)
        assert not made.result.get("failed"), made.result
        spans = intervals(made)
        assert all(end - begin > 0.3 for begin, end in spans), (
            f"{step}: they did not take long enough to prove anything"
        )
        assert most_at_once(spans) == most, step


def test_what_is_purged_keeps_to_the_limit_too(own_cluster: Emulated) -> None:
    run(own_cluster, *({"name": f"old-{number}", **SIZE} for number in range(5)))
    own_cluster.fault("slow_action", name="SMDeleteBDB", seconds=0.4)
    made = run(own_cluster, purge=True, purge_limit="100%", max_parallel=2)
    assert len(made.result["purged"]) == 5
    assert most_at_once(intervals(made)) == 2


def test_check_mode_sends_one_dry_run_for_each_item_that_changes(own_cluster: Emulated) -> None:
    run(own_cluster, *({"name": name, **SIZE} for name in ("same", "changed", "gone")))
    items = [
        {"name": "same", **SIZE},
        {"name": "changed", "memory_size": "60MB"},
        {"name": "new", **SIZE},
        {"name": "gone", "state": "absent"},
        {"name": "never-there", "state": "absent"},
        {"name": "sizeless"},
        {"name": "reserved", "port": 9443, **SIZE},
        {"name": "too-many", "shards_count": 2, **SIZE},
    ]
    checked = run(own_cluster, *items, check=True)
    assert checked.writes == []
    uid = next(item["uid"] for item in checked.result["results"] if item["name"] == "changed")
    dry = [(entry["method"], entry["path"], entry["body"].get("name")) for entry in checked.journal if entry["dry_run"]]
    created = [("POST", "/v1/bdbs", name) for name in ("reserved", "new", "too-many")]
    assert sorted(dry, key=str) == sorted([*created, ("PUT", f"/v1/bdbs/{uid}", None)], key=str)
    told = {item["name"]: (item["changed"], item["failed"]) for item in checked.result["results"]}
    assert told == {
        "same": (False, False),
        "changed": (True, False),
        "new": (True, False),
        "gone": (True, False),
        "never-there": (False, False),
        "sizeless": (False, True),
        "reserved": (False, True),
        "too-many": (False, True),
    }
    by_name = {item["name"]: item for item in checked.result["results"]}
    assert by_name["reserved"]["failure"]["error_code"] == "port_unavailable"
    assert "choose another port" in by_name["reserved"]["msg"]
    assert by_name["too-many"]["failure"]["error_code"] == "invalid_sharding"
    assert "3 of 8 databases failed" in checked.result["msg"]
    real = run(own_cluster, *items)
    for key in ("changed", "failed", "changes", "diff", "msg"):
        assert [item.get(key) for item in real.result["results"]] == [
            item.get(key) for item in checked.result["results"]
        ], key
    assert (real.changed, real.result["diff"], real.result["msg"]) == (
        checked.changed,
        checked.result["diff"],
        checked.result["msg"],
    )

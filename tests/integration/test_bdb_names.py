# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which database a name means: while others create the same name, when two have it, and when uid and name disagree."""

from __future__ import annotations

import concurrent.futures
import time
import typing as t

import pytest
from support.bdb_runs import MB, SIZE
from support.brisk import BriskModule
from support.emulated import Emulated, Run

from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_bdb_set

NAMES = ("GET", "/v1/bdbs", "fields=uid%2Cname%2Cstatus")


def stored(cluster: Emulated, name: str) -> list[int]:
    """The uids that the cluster has under a name, asked past the collection."""
    return [bdb["uid"] for bdb in cluster.api("GET", "/v1/bdbs?fields=uid,name").json() if bdb["name"] == name]


def asked(run: Run) -> list[tuple[str, str, str]]:
    return [(entry["method"], entry["path"], entry["query"]) for entry in run.journal]


def overtaken(cluster: Emulated, run: t.Callable[[], Run]) -> tuple[Run, str, int]:
    """A run whose first creation is on its way when somebody else creates the same name; that name, and its uid."""
    cluster.clear_journal()
    cluster.fault("latency", delay=1.0, method="POST", path="/v1/bdbs", count=1)

    def overtake() -> tuple[str, int]:
        cluster.wait_for("POST", "/v1/bdbs")
        name = next(entry["body"]["name"] for entry in cluster.journal() if entry["method"] == "POST")
        made = cluster.api("POST", "/v1/bdbs", {"name": name, "memory_size": 100 * MB})
        assert made.status_code == 200, made.text
        return name, made.json()["uid"]

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        other = pool.submit(overtake)
        return run(), *other.result()


def test_a_creation_on_an_outdated_view_is_refused_by_the_cluster(own_cluster: Emulated) -> None:
    run, name, uid = overtaken(own_cluster, lambda: own_cluster.run("redis_bdb", name="raced", **SIZE))
    assert not run.result.get("failed"), run.result
    assert (run.changed, run.result["bdb"]["uid"], stored(own_cluster, name)) == (False, uid, [uid])


@pytest.mark.parametrize("state_id", ["ignored", "absent"])
@pytest.mark.parametrize("wait", [True, False])
def test_without_a_state_id_two_databases_of_one_name_are_told(
    own_cluster: Emulated, state_id: str, wait: bool
) -> None:
    own_cluster.control("POST", "/settings", {"state_id": state_id})
    run, name, theirs = overtaken(own_cluster, lambda: own_cluster.run("redis_bdb", name="raced", wait=wait, **SIZE))
    uids = stored(own_cluster, name)
    assert len(uids) == 2, "nothing is deleted"
    ours = next(uid for uid in uids if uid != theirs)
    assert run.result["failed"]
    assert run.changed
    assert f"this task created uid {ours}, another client uid {theirs}" in run.result["msg"]
    assert "None was deleted. Find out which one is in use, delete the other" in run.result["msg"]
    assert run.result["bdb"]["uid"] == ours
    assert run.result["diff"]["after"]["name"] == "raced"
    assert "DELETE" not in run.methods
    again = own_cluster.run("redis_bdb", name="raced", **SIZE)
    assert f"2 databases have the name 'raced' (uids {uids[0]}, {uids[1]})" in again.result["msg"]
    assert not again.changed
    assert own_cluster.run("redis_bdb", uid=theirs, state="absent").changed
    assert not own_cluster.run("redis_bdb", name="raced", **SIZE).result.get("failed")


def test_the_names_are_read_once_more_after_a_creation_and_only_then(own_cluster: Emulated) -> None:
    made = own_cluster.run("redis_bdb", name="counted", **SIZE)
    posted = made.methods.index("POST")
    assert asked(made)[:posted] == [NAMES]
    assert asked(made)[posted + 1 :].count(NAMES) == 1
    for options, count in (({}, 1), ({"memory_size": "120MB"}, 1), ({"state": "absent"}, 2)):
        run = own_cluster.run("redis_bdb", name="counted", **options)
        assert not run.result.get("failed"), run.result
        assert asked(run).count(NAMES) == count, "only that a database is gone is read of the list as well"


def test_names_that_cannot_be_read_after_a_creation_are_no_success(own_cluster: Emulated) -> None:
    own_cluster.clear_journal()
    own_cluster.fault("slow_action", name="SMCreateBDB", seconds=1.0)

    def break_down() -> None:
        own_cluster.wait_for("POST", "/v1/bdbs")
        own_cluster.fault("unavailable", method="GET", path="/v1/bdbs", status=500, body={"error_code": "broken"})

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        broken = pool.submit(break_down)
        run = own_cluster.run("redis_bdb", name="unread", **SIZE)
        broken.result()
    assert run.result["failed"]
    assert run.result["failure"]["error_code"] == "broken"
    assert (run.changed, run.result["bdb"]["name"]) == (True, "unread")


@pytest.mark.parametrize("wait", [True, False])
def test_a_database_that_is_being_deleted_has_no_claim_to_its_name(own_cluster: Emulated, wait: bool) -> None:
    old = own_cluster.run("redis_bdb", name="again", **SIZE).result["bdb"]["uid"]
    own_cluster.fault("slow_action", name="SMDeleteBDB", seconds=5)
    assert own_cluster.run("redis_bdb", name="again", state="absent", wait=False).changed
    run = own_cluster.run("redis_bdb", name="again", wait=wait, **SIZE)
    assert not run.result.get("failed"), run.result
    assert run.changed
    new = run.result["bdb"]["uid"]
    assert new != old
    assert stored(own_cluster, "again") == ([new] if wait else [old, new])


# -- a whole set -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state_id", ["ignored", "absent"])
def test_a_set_tells_which_of_its_names_are_taken_twice(own_cluster: Emulated, state_id: str) -> None:
    own_cluster.run("redis_bdb", name="surplus", **SIZE)
    own_cluster.control("POST", "/settings", {"state_id": state_id})
    items = [{"name": f"raced-{number}", **SIZE} for number in range(4)]
    run, name, theirs = overtaken(
        own_cluster, lambda: own_cluster.run("redis_bdb_set", databases=items, purge=True, max_parallel=2)
    )
    ours = next(uid for uid in stored(own_cluster, name) if uid != theirs)
    assert run.result["failed"]
    by_name = {item["name"]: item for item in run.result["results"]}
    assert [by_name[item["name"]]["failed"] for item in items] == [item["name"] == name for item in items]
    assert all(item["changed"] for item in by_name.values())
    assert f"this task created uid {ours}, another client uid {theirs}" in by_name[name]["msg"]
    assert by_name[name]["msg"] in run.result["msg"]
    assert by_name[name]["uid"] == ours
    assert (run.result["purged"], len(stored(own_cluster, "surplus"))) == ([], 1)
    assert run.writes == [write for write in run.writes if write["method"] == "POST"]


def test_a_set_reads_the_names_once_after_all_creations(own_cluster: Emulated) -> None:
    items = [{"name": f"counted-{number}", **SIZE} for number in range(5)]
    made = own_cluster.run("redis_bdb_set", databases=items, max_parallel=2)
    assert not made.result.get("failed"), made.result
    last = len(made.methods) - 1 - made.methods[::-1].index("POST")
    assert asked(made)[last + 1 :].count(NAMES) == 1
    assert asked(made)[-1] == NAMES
    changed = own_cluster.run("redis_bdb_set", databases=[{**item, "memory_size": "120MB"} for item in items])
    assert changed.changed
    assert NAMES not in asked(changed)


def test_a_set_that_cannot_read_the_names_afterwards_tells_what_it_made(own_cluster: Emulated) -> None:
    own_cluster.clear_journal()
    own_cluster.fault("slow_action", name="SMCreateBDB", seconds=1.5)

    def break_down() -> None:
        own_cluster.wait_for("POST", "/v1/bdbs")
        time.sleep(0.5)  # both are on their way
        own_cluster.fault("unavailable", method="GET", path="/v1/bdbs", status=500, body={"error_code": "broken"})

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        broken = pool.submit(break_down)
        run = own_cluster.run("redis_bdb_set", databases=[{"name": "a", **SIZE}, {"name": "b", **SIZE}])
        broken.result()
    assert run.result["failed"]
    assert [(item["changed"], item["failed"]) for item in run.result["results"]] == [(True, True)] * 2
    assert all(item["failure"]["error_code"] == "broken" for item in run.result["results"])


# -- names that two have, and uids that have another name ----------------------------------------------------------


@pytest.fixture(scope="module")
def twins(cluster: Emulated) -> list[int]:
    """Two databases of the name twin, and one of the name single."""
    for name in ("twin", "twin-2", "single"):
        made = cluster.run("redis_bdb", name=name, **SIZE)
        assert made.changed, made.result
    second = stored(cluster, "twin-2")[0]
    cluster.control("POST", f"/bdbs/{second}", {"name": "twin"})
    return stored(cluster, "twin")


def in_a_set(cluster: Emulated, *, check: bool, **item: t.Any) -> Run:
    run = BriskModule(cluster, redis_bdb_set.FRONT).run(check=check, databases=[item])
    return Run(run.result["results"][0] if "results" in run.result else run.result, run.journal, run.output)


def alone(cluster: Emulated, *, check: bool, **item: t.Any) -> Run:
    return BriskModule(cluster).run(check=check, **item)


@pytest.mark.parametrize("way", [alone, in_a_set])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [{"memory_size": "120MB"}, {"state": "absent"}], ids=["present", "absent"])
def test_a_name_that_two_have_is_refused_until_the_uid_says_which(
    cluster: Emulated, twins: list[int], way: t.Callable[..., Run], check: bool, options: dict[str, t.Any]
) -> None:
    refused = way(cluster, check=check, name="twin", **options)
    assert refused.result["failed"]
    told = f"2 databases have the name 'twin' (uids {twins[0]}, {twins[1]}): say which by uid."
    assert told in refused.result["msg"]
    assert set(refused.methods) == {"GET"}
    meant = way(cluster, check=True, uid=twins[1], name="twin", **options)
    assert not meant.result.get("failed"), meant.result
    assert (meant.changed, meant.result["diff"]["before"]["uid"]) == (True, twins[1])


@pytest.mark.parametrize("way", [alone, in_a_set])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "single", "memory_size": "120MB"}, "uid {0} and name 'single' point to different databases"),
        ({"name": "single", "state": "absent"}, "uid {0} and name 'single' point to different databases"),
        ({"name": "nobody", "state": "absent"}, "Database {0} is named 'twin', not 'nobody': nothing was deleted"),
    ],
)
def test_a_uid_and_a_name_of_different_databases_are_refused(
    cluster: Emulated, twins: list[int], way: t.Callable[..., Run], check: bool, options: t.Any, sentence: str
) -> None:
    refused = way(cluster, check=check, uid=twins[0], **options)
    assert refused.result["failed"]
    assert sentence.format(twins[0]) in refused.result["msg"]
    assert set(refused.methods) == {"GET"}


@pytest.mark.parametrize("way", [alone, in_a_set])
@pytest.mark.parametrize("name", ["orders-", "-orders", "-", "", "or ders", "orders_1", "örders", "orders\n"])
def test_what_is_no_name_is_refused_before_anything_is_sent(
    cluster: Emulated, way: t.Callable[..., Run], name: str
) -> None:
    for check in (True, False):
        refused = way(cluster, check=check, name=name, **SIZE)
        assert refused.result["failed"]
        assert "with a letter or digit at both ends" in refused.result["msg"]
        assert refused.journal == []


@pytest.mark.parametrize("name", ["a", "7", "a-b", "A--9"])
def test_hyphens_within_a_name_are_allowed(cluster: Emulated, name: str) -> None:
    assert alone(cluster, check=True, name=name, **SIZE).changed

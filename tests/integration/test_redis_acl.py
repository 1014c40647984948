# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_acl and redis_acl_info against the emulated cluster, with the gates of all modules."""

from __future__ import annotations

import concurrent.futures
import typing as t

import pytest
import yaml
from support.emulated import Emulated, emulated

from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_acl

PATH = "/v1/redis_acls"
READ = "+@read ~app:*"


def rules(cluster: Emulated) -> dict[str, str]:
    return {acl["name"]: acl["acl"] for acl in cluster.api("GET", PATH).json()}


@pytest.fixture(scope="module")
def cluster() -> t.Iterator[Emulated]:
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.2") as running:
        yield running


def test_the_life_of_an_acl(cluster: Emulated) -> None:
    created = cluster.prove("redis_acl", name="life", acl=READ, gets=2)
    uid = created.result["redis_acl"]["uid"]
    assert created.result["redis_acl"]["acl"] == READ
    assert created.result["changes"] == ["acl", "name"]
    assert created.result["diff"] == {"before": {}, "after": {"name": "life", "acl": READ}}
    changed = cluster.prove("redis_acl", name="life", acl="+@read\n-@dangerous   ~app:*\n", gets=2)
    assert changed.result["changes"] == ["acl"]
    assert changed.result["diff"]["before"] == {"uid": uid, "name": "life", "acl": READ}
    assert rules(cluster)["life"] == "+@read -@dangerous ~app:*", "without line ends"
    renamed = cluster.prove("redis_acl", uid=uid, name="life-renamed", gets=1)
    assert renamed.result["changes"] == ["name"]
    info = cluster.run("redis_acl_info", uid=uid)
    assert info.result["redis_acls"] == [cluster.api("GET", f"{PATH}/{uid}").json()]
    assert info.result["redis_acls"][0]["name"] == "life-renamed"
    deleted = cluster.prove("redis_acl", name="life-renamed", state="absent", gets=1)
    assert deleted.result["redis_acl"] is None
    assert deleted.result["diff"]["after"] == {}
    assert rules(cluster) == {"Full Access": "+@all ~*"}


@pytest.mark.parametrize("version", ["6.4.2", "7.2.4", "7.4.6", "7.8.2", "7.8.6", "7.22.2", "8.2.0"])
def test_on_every_release_check_mode_writes_nothing(version: str) -> None:
    with emulated("--nodes", "1", "--data-plane", "none", "--version", version) as cluster:
        cluster.prove("redis_acl", name="kept", acl=READ)
        cluster.prove("redis_acl", name="kept", acl="+@all ~*")
        cluster.prove("redis_acl", name="kept", state="absent")
        state_id = cluster.api("GET", PATH).headers["cluster-state-id"]
        checked = cluster.run("redis_acl", check=True, name="new", acl=READ)
        assert cluster.api("GET", PATH).headers["cluster-state-id"] == state_id
        warned = "Check mode has not validated the rules" in checked.output
        assert warned is (version in ("6.4.2", "7.2.4", "7.4.6", "7.8.2"))


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "wrong", "acl": "read"}, "'read' is no valid rule"),
        ({"name": "wrong", "acl": "+@read >s3cret"}, "Redis ACL 'wrong' was not created. The cluster does not accept"),
        ({"name": "wro/ng", "acl": READ}, "(400, invalid_param)"),
        ({"name": "Full Access", "acl": READ}, "is predefined"),
        ({"name": "Full Access", "state": "absent"}, "is predefined"),
        ({"uid": 77}, "There is no Redis ACL with uid 77"),
    ],
)
def test_what_is_refused(cluster: Emulated, options: dict[str, t.Any], sentence: str, check: bool) -> None:
    before = rules(cluster)
    run = cluster.run("redis_acl", check=check, **options)
    assert run.result["failed"]
    assert sentence in run.result["msg"]
    assert "changed" not in run.result or not run.changed
    assert rules(cluster) == before


def test_an_acl_in_use(cluster: Emulated) -> None:
    uid = cluster.run("redis_acl", name="used", acl=READ).result["redis_acl"]["uid"]
    permissions = [{"role_uid": 1, "redis_acl_uid": uid}]
    cluster.run("redis_bdb", name="user-of-it", memory_size="100MB", roles_permissions=permissions)
    for check in (True, False):
        run = cluster.run("redis_acl", check=check, name="used", state="absent")
        assert "is used by user-of-it: remove it from the roles_permissions" in run.result["msg"]
        assert run.writes == []
    changed = cluster.prove("redis_acl", name="used", acl="+@all ~app:*")
    assert changed.result["action"]["status"] == "completed"
    cluster.fault("action", name="redis_acl", outcome="failed", error="No shard answered.")
    failed = cluster.run("redis_acl", name="used", acl=READ)
    assert failed.changed
    assert "No shard answered. Redis ACL 'used' is there." in failed.result["msg"]
    cluster.control("DELETE", "/faults")
    cluster.run("redis_bdb", name="user-of-it", state="absent")
    assert cluster.run("redis_acl", name="used", state="absent").changed


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_creation_makes_one_acl(cluster: Emulated, when: str) -> None:
    cluster.fault("drop", when=when, method="POST", path=PATH, count=1)
    run = cluster.run("redis_acl", name=f"lost-{when}", acl=READ)
    assert run.changed, run.result
    assert [name for name in rules(cluster) if name.startswith(f"lost-{when}")] == [f"lost-{when}"]
    assert len(run.writes) == (1 if when == "after" else 2)
    assert cluster.run("redis_acl", name=f"lost-{when}", state="absent").changed


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_lost_change_is_read_back(cluster: Emulated, method: str) -> None:
    cluster.run("redis_acl", name="mute", acl=READ)
    cluster.fault("drop", when="after", method=method, path=f"{PATH}/.*", count=1)
    options = {"acl": "+@all ~*"} if method == "PUT" else {"state": "absent"}
    run = cluster.run("redis_acl", name="mute", **options)
    assert run.changed, run.result
    assert len(run.writes) == 1
    cluster.run("redis_acl", name="mute", state="absent")


def test_a_busy_cluster_is_waited_for(cluster: Emulated) -> None:
    body = {"error_code": "busy", "description": "Another change is under way."}
    cluster.fault("unavailable", status=409, body=body, method="POST", path=PATH, count=2)
    assert cluster.run("redis_acl", name="patient", acl=READ).changed
    cluster.fault("unavailable", status=409, body=body, method="PUT", path=f"{PATH}/.*")
    run = cluster.run("redis_acl", name="patient", acl="+@all ~*", wait_timeout=0.5)
    cluster.control("DELETE", "/faults")
    assert (
        "did not take the change of Redis ACL 'patient' in time: Another change is under way (409)" in run.result["msg"]
    )
    assert not run.changed
    cluster.run("redis_acl", name="patient", state="absent")


def test_a_name_created_elsewhere_at_the_same_time(cluster: Emulated) -> None:
    cluster.fault("latency", delay=1.0, method="POST", path=PATH, count=1)

    def elsewhere() -> None:
        cluster.wait_for("POST", PATH)
        assert cluster.api("POST", PATH, {"name": "raced", "acl": "+@write ~x"}).status_code == 200

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        other = pool.submit(elsewhere)
        run = cluster.run("redis_acl", name="raced", acl=READ)
        other.result()
    assert run.changed, run.result
    assert [entry["status"] for entry in run.writes if entry["method"] == "POST"].count(409) == 1
    assert [acl["acl"] for acl in cluster.api("GET", PATH).json() if acl["name"] == "raced"] == [READ]
    cluster.run("redis_acl", name="raced", state="absent")


def test_the_examples_of_the_documentation_work(cluster: Emulated) -> None:
    cluster.run("redis_bdb", name="orders", memory_size="100MB")
    uid = 0
    for task in yaml.safe_load(redis_acl.EXAMPLES):
        options = task.get("redis_enterprise.cluster.redis_acl")
        if options is not None:
            given = {key: value for key, value in options.items() if key not in ("url", "ca_cert")}
            if "uid" in given:
                given["uid"] = uid
            run = cluster.run("redis_acl", **given)
            assert run.changed, run.result
            uid = (run.result["redis_acl"] or {}).get("uid", uid)
    assert uid

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_bdb_info against the emulated cluster: one request, and nothing secret in what comes back."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest
import yaml
from support.emulated import Emulated, playbook

from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_bdb_info

SIZE = 100 * 1024 * 1024


def read(cluster: Emulated, *, gets: int = 1, **options: t.Any) -> list[dict[str, t.Any]]:
    """Run it in check mode and for real: the same answer, from one GET each."""
    runs = [cluster.run("redis_bdb_info", check=check, **options) for check in (True, False)]
    for run in runs:
        assert not run.result.get("failed"), run.result
        assert not run.changed
        assert run.methods == ["GET"] * gets
    assert runs[0].result["bdbs"] == runs[1].result["bdbs"]
    return list(runs[1].result["bdbs"])


@pytest.fixture(scope="module")
def uids(cluster: Emulated) -> dict[str, int]:
    """Three databases, one of which has secrets and one a module."""
    bodies: dict[str, dict[str, t.Any]] = {
        "info-plain": {},
        "info-secret": {
            "authentication_redis_pass": "s3cret-info-pass",
            "replica_sources": [{"uri": "redis://reader:s3cret-info-uri@10.0.0.9:12000"}],
        },
        "info-module": {"module_list": [{"module_name": "search"}]},
    }
    made = {}
    for name, body in bodies.items():
        answer = cluster.api("POST", "/v1/bdbs", {"name": name, "memory_size": SIZE, **body})
        assert answer.status_code == 200, answer.text
        made[name] = int(answer.json()["uid"])
    while any(bdb["status"] != "active" for bdb in cluster.api("GET", "/v1/bdbs?fields=status").json()):
        time.sleep(0.05)
    return made


def test_all_databases(cluster: Emulated, uids: dict[str, int]) -> None:
    bdbs = {bdb["name"]: bdb for bdb in read(cluster)}
    assert set(uids) <= set(bdbs)
    plain = bdbs["info-plain"]
    stored = cluster.api("GET", f"/v1/bdbs/{uids['info-plain']}").json()
    assert (plain["uid"], plain["status"]) == (uids["info-plain"], "active")
    assert plain["endpoints"] == [f"{stored['endpoints'][0]['dns_name']}:{stored['endpoints'][0]['port']}"]
    assert plain["bdb"]["memory_size"] == stored["memory_size"]
    assert set(plain["bdb"]) == set(stored)


def test_one_database_by_uid_and_by_name(cluster: Emulated, uids: dict[str, int]) -> None:
    by_uid = read(cluster, uid=uids["info-plain"])
    assert [bdb["name"] for bdb in by_uid] == ["info-plain"]
    assert read(cluster, name="info-plain") == by_uid
    assert read(cluster, uid=uids["info-plain"], name="info-secret") == []


def test_what_is_not_there_is_no_failure(cluster: Emulated) -> None:
    assert read(cluster, name="info-nobody") == []
    assert read(cluster, uid=98765, gets=2) == []


def test_every_database_of_a_name_is_returned(own_cluster: Emulated) -> None:
    for uid in (5, 3):
        made = own_cluster.api("POST", "/v1/bdbs", {"name": f"twin-{uid}", "uid": uid, "memory_size": SIZE})
        assert made.status_code == 200, made.text
        own_cluster.control("POST", f"/bdbs/{uid}", {"name": "twin"})
    assert [bdb["uid"] for bdb in read(own_cluster, name="twin")] == [3, 5]


def test_only_the_fields_asked_for_are_read(cluster: Emulated, uids: dict[str, int]) -> None:
    for scope in ({}, {"name": "info-secret"}, {"uid": uids["info-secret"]}):
        bdbs = {bdb["name"]: bdb for bdb in read(cluster, fields=["memory_size", "no_such_field"], **scope)}
        found = bdbs["info-secret"]
        assert set(found["bdb"]) == {"uid", "name", "status", "endpoints", "memory_size"}
        assert found["endpoints"] != []


def test_extended_adds_the_settings_of_modules(cluster: Emulated, uids: dict[str, int]) -> None:
    uid = uids["info-module"]
    assert "search" not in read(cluster, uid=uid)[0]["bdb"]
    assert "search" in read(cluster, uid=uid, extended=True)[0]["bdb"]
    assert "search" in read(cluster, uid=uid, extended=True, fields=["search"])[0]["bdb"]


def test_no_secret_is_printed(cluster: Emulated, uids: dict[str, int]) -> None:
    stored = cluster.api("GET", f"/v1/bdbs/{uids['info-secret']}").text
    for options in ({}, {"uid": uids["info-secret"]}, {"fields": ["authentication_redis_pass", "replica_sources"]}):
        run = cluster.run("redis_bdb_info", **options)
        for secret in ("s3cret-info-pass", "s3cret-info-uri"):
            assert secret in stored, "the cluster does show it"
            assert secret not in run.output
        assert cluster.ready["password"] not in run.output


def test_a_field_that_cannot_be_one_is_refused(cluster: Emulated) -> None:
    run = cluster.run("redis_bdb_info", fields=["memory size"])
    assert run.result["failed"]
    assert "which is no field of a database" in run.result["msg"]
    assert run.journal == []


def test_the_examples_run(own_cluster: Emulated, tmp_path: Path) -> None:
    for name, size in (("orders", 20 * SIZE), ("small", SIZE)):
        assert own_cluster.api("POST", "/v1/bdbs", {"name": name, "memory_size": size}).status_code == 200
    while any(bdb["status"] != "active" for bdb in own_cluster.api("GET", "/v1/bdbs?fields=status").json()):
        time.sleep(0.05)
    tasks = yaml.safe_load(redis_bdb_info.EXAMPLES)
    for task in tasks:
        options = task.get("redis_enterprise.cluster.redis_bdb_info", {})
        for name in ("url", "ca_cert"):  # they come from the environment here
            options.pop(name, None)
    path = tmp_path / "play.yml"
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    done = playbook(path, environment=own_cluster.environment)
    assert done.returncode == 0, done.stdout
    endpoint = own_cluster.api("GET", "/v1/bdbs/1").json()["endpoints"][0]
    assert f"Connect to {endpoint['dns_name']}:{endpoint['port']}" in done.stdout
    assert '"msg": [\n        "orders"\n    ]' in done.stdout

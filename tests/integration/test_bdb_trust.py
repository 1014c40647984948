# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_bdb where it could be misled: what is not to be believed, and what is not to be touched."""

from __future__ import annotations

import typing as t

import pytest
from support.emulated import Emulated

SIZE = {"memory_size": "100MB"}


def made(cluster: Emulated, name: str, **options: t.Any) -> int:
    result = cluster.run("redis_bdb", name=name, **{**SIZE, **options}).result
    assert not result.get("failed"), result
    return int(result["bdb"]["uid"])


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
    uid = made(cluster, database)
    cluster.control("POST", f"/bdbs/{uid}", {name: there})
    emptied = cluster.prove("redis_bdb", name=database, gets=2, **{name: []})
    assert [(write["path"], write["body"]) for write in emptied.writes] == [(f"/v1/bdbs/{uid}", {name: []})]
    assert cluster.api("GET", f"/v1/bdbs/{uid}").json().get(name) in (None, [])


def test_on_create_does_not_bring_back_a_password_that_was_changed_since(cluster: Emulated) -> None:
    place = {"type": "s3", "bucket_name": "b", "access_key_id": "id", "secret_access_key": "first-s3cret"}
    options = {"authentication_redis_pass": "first-s3cret", "backup_location": place}
    uid = made(cluster, "rotated", update_password="on_create", **options)
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
    made(cluster, "with-uris", **options)
    changed = {"backup_location": {**place, "url": theirs}}
    runs = [cluster.run("redis_bdb", name="with-uris", check=check, **changed) for check in (True, False)]
    runs.append(cluster.run("redis_bdb_set", check=True, databases=[{"name": "with-uris", **options}]))
    runs.append(cluster.run("redis_bdb", name="with-uris", memory_size="9000TB", **options))
    assert [run.changed for run in runs] == [True, True, True, False]
    runs.append(cluster.run("redis_bdb_info", name="with-uris"))
    for run in runs:
        assert not [word for word in ("h1dden", "s3cret") if word in run.output]
    cluster.run("redis_bdb", name="with-uris", state="absent")

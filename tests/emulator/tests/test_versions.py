# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each release has and has not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from redis_enterprise_emulator.versions import features_of, parse_version

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


@pytest.mark.parametrize(
    ("text", "numbers", "shown"),
    [
        ("8.0.16", (8, 0, 16), "8.0.16-29"),
        ("7.22.2-14", (7, 22, 2), "7.22.2-14"),
        ("7.4", (7, 4, 0), "7.4.0-29"),
    ],
)
def test_spelling(text: str, numbers: tuple[int, int, int], shown: str) -> None:
    assert parse_version(text) == (numbers, shown)


@pytest.mark.parametrize("text", ["", "8", "8.x", "8.0.16.1", "v8.0"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        parse_version(text)


@pytest.mark.parametrize(
    ("feature", "last_without", "first_with"),
    [
        ("v2_actions", (7, 8, 6), (7, 22, 0)),
        ("maintenance_snapshot", (7, 4, 1), (7, 4, 2)),
        ("evict_options", (7, 4, 1), (7, 4, 2)),
        ("lag_check", (7, 22, 9), (8, 0, 0)),
        ("health_report", (8, 0, 15), (8, 0, 16)),
    ],
)
def test_features(feature: str, last_without: tuple[int, int, int], first_with: tuple[int, int, int]) -> None:
    assert getattr(features_of(last_without), feature) is False
    assert getattr(features_of(first_with), feature) is True


@pytest.mark.parametrize(
    ("version", "v2_actions", "health"), [("7.8.4", 404, 404), ("7.22.0", 200, 404), ("8.0.16", 200, 200)]
)
def test_endpoints_of_a_release(start: Start, version: str, v2_actions: int, health: int) -> None:
    api = start("--version", version)
    for path, status in (("/v2/actions", v2_actions), ("/v2/actions/x", 404), ("/v4/cluster/health", health)):
        answer = api.get(path)
        assert answer.status_code == status, path
    assert api.json("/v1/nodes/1")["software_version"] == f"{version}-29"
    if v2_actions == 404:
        assert api.get("/v2/actions").content == b"", "unknown paths have no JSON body"


def test_lag_check_is_passed_over_before_8_0(start: Start) -> None:
    api = start("--version", "7.22.0")
    api.create(replication=True)
    api.fault(kind="lag", bdb_uid=1, seconds=5)
    assert api.get("/v1/bdbs/1/availability?extend_check=lag").status_code == 200


def test_before_7_4_2_each_activation_takes_a_snapshot_and_status_does_not_show_it(start: Start) -> None:
    api = start("--version", "7.2.4")
    api.create(replication=True)
    before = sorted((shard["uid"], shard["node_uid"]) for shard in api.shards())
    api.node_action(1, "maintenance_on")
    assert "maintenance_snapshot" not in api.json("/v1/nodes/status")["1"]
    api.node_action(1, "maintenance_on")
    assert len(api.json("/v1/nodes/1/snapshots")) == 2
    api.node_action(1, "maintenance_off")
    api.node_action(1, "maintenance_off")
    assert sorted((shard["uid"], shard["node_uid"]) for shard in api.shards()) == before
    assert api.json("/v1/nodes/1/snapshots") == []


def test_before_7_4_2_replicas_are_kept_by_the_old_option_only(start: Start) -> None:
    api = start("--version", "7.2.4")
    api.create(replication=True)
    node = api.shards(role="slave")[0]["node_uid"]
    api.node_action(node, "maintenance_on", {"keep_slave_shards": True})
    assert len(api.shards(node_uid=node)) == 1
    api.node_action(node, "maintenance_off")
    api.node_action(node, "maintenance_on", {"evict_ha_replica": False})
    assert api.shards(node_uid=node) == [], "the new option is not known yet"


def test_progress_is_a_whole_number_before_7_4_2(start: Start) -> None:
    for version, kind in (("7.2.4", int), ("7.4.2", float)):
        api = start("--version", version)
        api.fault(kind="action", name="maintenance_on", outcome="stuck", at=3)
        api.post("/v1/nodes/1/actions/maintenance_on", {})
        path = "/v1/nodes/1/actions/maintenance_on"
        api.until(lambda api=api, path=path: api.json(path)["status"] == "running", "the action to run")
        assert isinstance(api.json(path)["progress"], kind)


def test_database_versions_of_a_release(start: Start) -> None:
    def shown(version: str) -> list[str]:
        node = start("--version", version, "--nodes", "1").json("/v1/nodes/1")
        return [v["redis_version"] for v in node["supported_database_versions"] if "redis_version" in v]

    assert shown("7.2.4") == ["6.2", "7.2"]
    assert shown("8.0.16") == ["6.2", "7.2", "7.4", "8.0"]


@pytest.mark.parametrize(("version", "status"), [("7.8.4", 400), ("7.22.0", 200)])
def test_recovery_plan_by_shards(start: Start, version: str, status: int) -> None:
    shard = {"uid": "1", "node_uid": "1", "role": "master", "assigned_slots": "0-16383"}
    body = {"bdb": {"name": "db", "memory_size": 10**8}, "recovery_plan": {"original_bdb_shards": [shard]}}
    assert start("--version", version).post("/v2/bdbs?dry_run", body).status_code == status

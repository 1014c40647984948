# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""--load: objects in the API's own shape are served as they are, quickly, and can still be worked on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from redis_enterprise_emulator.launch import LaunchError, launch

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


def file(tmp_path: Path, data: Any) -> str:
    path = tmp_path / "cluster.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return str(path)


def test_databases_are_served_as_they_are(start: Start, tmp_path: Path) -> None:
    odd = {"uid": 12, "name": "odd", "status": "import-pending", "made_up": {"deep": [1]}}
    api = start("--load", file(tmp_path, {"bdbs": [odd]}))
    assert api.json("/v1/bdbs") == [odd]
    assert api.json("/v1/bdbs/12") == odd
    assert api.json("/v1/bdbs/12?fields=name,missing") == {"name": "odd"}
    assert api.json("/v1/shards") == []
    assert api.get("/v1/bdbs/12/availability").status_code == 200
    assert api.create("next")["uid"] == 13


def test_shard_lists_become_shards_that_maintenance_moves(start: Start, tmp_path: Path) -> None:
    bdb = {
        "uid": 1,
        "name": "loaded",
        "status": "active",
        "memory_size": 10**8,
        "replication": True,
        "shards_count": 2,
        "shard_list": [1, 2, 3, 4],
        "endpoints": [{"uid": "1:1", "port": 12345, "addr": ["10.0.0.1"]}],
    }
    api = start("--data-plane", "redis", "--load", file(tmp_path, {"bdbs": [bdb]}))
    shards = api.json("/v1/shards")
    assert [(s["uid"], s["role"]) for s in shards] == [("1", "master"), ("2", "master"), ("3", "slave"), ("4", "slave")]
    assert api.node_action(1, "maintenance_on")["status"] == "completed"
    assert api.shards(node_uid=1) == []
    assert api.json("/v1/bdbs/1") == bdb, "the object stays as it was loaded"
    assert api.create("real")["uid"] == 2
    assert max(int(shard["uid"]) for shard in api.json("/v1/shards")) == 5


def test_nodes_cluster_and_actions(start: Start, tmp_path: Path) -> None:
    node = {"uid": 2, "addr": "10.0.0.2", "status": "down", "accept_servers": False}
    far = {"uid": 9, "addr": "10.0.0.9", "status": "active"}
    task = {"action_uid": "t1", "name": "maintenance_on", "status": "failed", "progress": "40", "node_uid": "2"}
    machine = {"action_uid": "m1", "name": "SMUpdateBDB", "object_name": "bdb:1", "status": "active"}
    v2 = {"action_uid": "o1", "action_type": "other", "name": "export", "status": "running", "progress": 5.0}
    v2["additional_info"] = {"object_type": "bdb", "object_uid": "1"}
    data = {
        "bdbs": [{"uid": 1, "name": "a", "status": "active"}],
        "nodes": [node, far],
        "cluster": {"name": "loaded.example"},
        "actions": [task, machine, v2],
    }
    api = start("--load", file(tmp_path, data))
    assert api.json("/v1/nodes/2") == node
    assert api.json("/v1/nodes/9") == far
    assert api.json("/v1/cluster")["name"] == "loaded.example"
    assert api.json("/v1/actions") == {"actions": [task], "state-machines": [machine]}
    assert api.json("/v1/actions/m1") == machine
    assert api.json("/v2/actions/o1") == v2
    assert api.json("/v2/actions/t1")["progress"] == 40.0
    answer = api.put("/v1/bdbs/1", {"max_connections": 1})
    assert (answer.status_code, answer.json()["error_code"]) == (409, "busy"), "a loaded machine is at work"


def test_actions_may_come_in_the_shape_of_v1(start: Start, tmp_path: Path) -> None:
    task = {"action_uid": "t1", "name": "retry_bdb", "status": "completed", "progress": "100", "node_uid": "1"}
    shape = {"actions": [task], "state-machines": []}
    assert start("--load", file(tmp_path, {"actions": shape})).json("/v1/actions") == shape


def test_loaded_database_can_be_updated_and_deleted(start: Start, tmp_path: Path) -> None:
    source = start("--nodes", "1")
    source.create("origin")
    loaded = source.json("/v1/bdbs/1")
    api = start("--load", file(tmp_path, {"bdbs": [loaded]}))
    assert api.json("/v1/bdbs/1") == loaded
    assert api.put("/v1/bdbs/1", {"max_connections": 8}).status_code == 200
    assert api.settled(1)["max_connections"] == 8
    assert api.delete("/v1/bdbs/1").status_code == 200
    api.until(lambda: api.get("/v1/bdbs/1").status_code == 404, "the deletion")


def test_five_hundred_databases_are_listed_quickly(start: Start, tmp_path: Path) -> None:
    source = start("--nodes", "1")
    source.create("origin")
    origin = source.json("/v1/bdbs/1")
    many = [{**origin, "uid": uid, "name": f"db-{uid}", "shard_list": [uid]} for uid in range(1, 501)]
    api = start("--load", file(tmp_path, {"bdbs": many}))
    assert len(api.json("/v1/bdbs")) == 500
    fields = "uid,name,status,memory_size,replication,shards_count,port,endpoints,eviction_policy,data_persistence"

    def once() -> float:
        before = time.monotonic()
        assert len(api.get(f"/v1/bdbs?fields={fields}").content) > 10_000
        return time.monotonic() - before

    assert min(once() for dummy in range(10)) < 0.1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "is not JSON"),
        ([1], "must hold one object with some of bdbs, nodes, cluster, actions"),
        ({"databases": []}, "must hold one object"),
        ({"bdbs": [{"name": "no uid"}]}, "must be an object with an integer uid"),
        ({"actions": [{"name": "x"}]}, "needs an action_uid or a task_id"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(tmp_path: Path, data: Any, message: str) -> None:
    with pytest.raises(LaunchError) as refused:
        launch("--data-plane", "none", "--load", file(tmp_path, data), environment={"TMPDIR": str(tmp_path)})
    assert message in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.json"], "a failed start leaves no file"


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="cannot be read"):
        launch("--data-plane", "none", "--load", str(tmp_path / "nothing.json"))

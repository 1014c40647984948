# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of a healthy cluster of three nodes in the API's own shape; a test bends what it is about.

Database 1 (cache) has two primary shards with replicas: 1 and 3 on nodes 1 and 2, replicas 2 and 4 on nodes 2 and 3.
Database 2 (queue) has one shard without a replica, 5 on node 3.
"""

from __future__ import annotations

import typing as t

GIB = 2**30


def answers(version: str = "8.0.16-29") -> dict[str, t.Any]:
    """By path, for StubApi."""
    shards = [
        _shard("1", 1, 1, "master", "0-8191"),
        _shard("2", 1, 2, "slave", "0-8191"),
        _shard("3", 1, 2, "master", "8192-16383"),
        _shard("4", 1, 3, "slave", "8192-16383"),
        _shard("5", 2, 3, "master", "0-16383"),
    ]
    table: dict[str, t.Any] = {
        "/v1/nodes": [_node(uid, version, shards) for uid in (1, 2, 3)],
        "/v1/nodes/status": {str(uid): _status(uid, version) for uid in (1, 2, 3)},
        "/v1/shards": shards,
        "/v1/bdbs": [
            _bdb(1, "cache", shards_count=2, replication=True, memory_size=4 * GIB, addr="127.0.0.1"),
            _bdb(2, "queue", shards_count=1, replication=False, memory_size=GIB, addr="127.0.0.3"),
        ],
        "/v1/cluster/check": {
            "cluster_test_result": True,
            "nodes": [{"node_uid": str(uid), "result": True} for uid in (1, 2, 3)],
        },
        "/v1/license": {
            "expired": False,
            "expiration_date": "2030-01-01T00:00:00Z",
            "ram_shards_in_use": 5,
            "ram_shards_limit": None,
            "flash_shards_in_use": 0,
            "flash_shards_limit": None,
            "shards_limit": 100,
        },
        "/v2/actions": [
            {"action_type": "task", "action_uid": "a1", "creation_time": 1, "name": "retry_bdb", "status": "completed"}
        ],
        "/v1/nodes/actions": {"actions": [{"name": "maintenance_on", "node_uid": "1", "status": "failed"}]},
        "/v1/bdbs/1/availability": None,
        "/v1/bdbs/2/availability": None,
    }
    if version.startswith("8."):
        table["/v4/cluster/health"] = _report(version)
    return table


def maintenance(table: dict[str, t.Any], uid: int) -> None:
    """Show one node in maintenance, as each endpoint of the release does."""
    node = table["/v1/nodes"][uid - 1]
    node["accept_servers"], node["max_listeners"] = False, 0
    snapshot = {"name": "maintenance_mode_2025-01-01_00-00-00", "created_time": "2025-01-01 00:00:00"}
    table["/v1/nodes/status"][str(uid)]["maintenance_snapshot"] = {**snapshot, "node_uid": str(uid)}
    if "/v4/cluster/health" in table:
        table["/v4/cluster/health"]["nodes"][uid - 1] |= {"in_maintenance": True, "quorum_only": True}


def decommissioning(table: dict[str, t.Any], uid: int) -> None:
    """Show one node as a removal can leave it that did not end."""
    node, status = table["/v1/nodes"][uid - 1], table["/v1/nodes/status"][str(uid)]
    node["status"] = status["node_status"] = "decommissioning"
    node["accept_servers"] = False
    if "/v4/cluster/health" in table:
        shown = {"status": "warning", "detailed_status": "decommissioning", "quorum_only": True}
        table["/v4/cluster/health"]["nodes"][uid - 1] |= shown


def _node(uid: int, version: str, shards: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return {
        "uid": uid,
        "addr": f"127.0.0.{uid}",
        "external_addr": [],
        "accept_servers": True,
        "max_listeners": 100,
        "max_redis_servers": 100,
        "rack_id": "",
        "shard_list": [int(each["uid"]) for each in shards if each["node_uid"] == str(uid)],
        "software_version": version,
        "status": "active",
        "total_memory": 16 * GIB,
    }


def _status(uid: int, version: str) -> dict[str, t.Any]:
    return {
        "free_provisional_ram": 8 * GIB,
        "hostname": f"node{uid}",
        "node_status": "active",
        "role": "master" if uid == 1 else "slave",
        "software_version": version,
    }


def _shard(uid: str, bdb_uid: int, node_uid: int, role: str, slots: str) -> dict[str, t.Any]:
    return {
        "uid": uid,
        "bdb_uid": bdb_uid,
        "node_uid": str(node_uid),
        "role": role,
        "assigned_slots": slots,
        "status": "active",
        "detailed_status": "ok",
    }


def _bdb(uid: int, name: str, *, addr: str, **fields: t.Any) -> dict[str, t.Any]:
    return {
        "uid": uid,
        "name": name,
        "status": "active",
        "crdt": False,
        "endpoints": [{"addr": [addr], "port": 12000 + uid, "uid": f"{uid}:1"}],
        **fields,
    }


def _report(version: str) -> dict[str, t.Any]:
    return {
        "fqdn": "cluster.local",
        "status": "ok",
        "license": {"expired": False},
        "certificates": [{"type": "proxy", "expired": False}],
        "active_alerts": [],
        "nodes": [
            {
                "id": str(uid),
                "status": "active",
                "detailed_status": "active",
                "role": "leader" if uid == 1 else "follower",
                "version": version,
                "services": [{"name": "cnm_http", "status": "RUNNING"}],
                "active_alerts": [],
                "quorum_only": False,
                "in_maintenance": False,
            }
            for uid in (1, 2, 3)
        ],
        "database_infos": [
            {"id": str(uid), "name": name, "status": "active", "detailed_status": "active"}
            for uid, name in ((1, "cache"), (2, "queue"))
        ],
    }

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Active-Active databases: which local database is an instance of which, and whether its peers are reachable.

Only the local instance has data. Keys of the objects are those of a captured answer and of the reference.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import catalog
from .cluster import Cluster

LOCAL_ID = 1  # of the instance in this cluster


@dataclass(frozen=True)
class Crdb:
    guid: str
    name: str
    bdb_uid: int
    peers: tuple[str, ...]  # fully qualified names of the other clusters, whose instances have the ids from 2 on


def register(cluster: Cluster, bdb_uid: int, peers: Sequence[str]) -> Crdb:
    """Make a database that there is an instance of an Active-Active database."""
    bdb = cluster.bdb(bdb_uid)
    crdb = Crdb(str(uuid.uuid4()), str(bdb.get("name", "")), bdb_uid, tuple(peers))
    replicas = ",".join(str(number) for number in range(1, len(peers) + 2))
    bdb.update(crdt=True, crdt_guid=crdb.guid, crdt_replica_id=LOCAL_ID, crdt_replicas=replicas, crdt_sync="enabled")
    cluster.crdbs[crdb.guid] = crdb
    cluster.touch()
    return crdb


def _peer_up(cluster: Cluster, crdb: Crdb, peer: str) -> bool:
    faults = cluster.faults.all_of("peer_down")
    return not any(
        fault.settings["bdb_uid"] == crdb.bdb_uid and fault.settings.get("peer", peer) == peer for fault in faults
    )


def links_of(cluster: Cluster, bdb_uid: int) -> list[dict[str, str]] | None:
    """The replication links of a database as its health report shows them; None if it is no instance."""
    crdb = next((found for found in cluster.crdbs.values() if found.bdb_uid == bdb_uid), None)
    if crdb is None:
        return None
    return [
        {"fqdn": peer, "replica_id": str(number), "replication": "up" if _peer_up(cluster, crdb, peer) else "down"}
        for number, peer in enumerate(crdb.peers, LOCAL_ID + 1)
    ]


def as_object(cluster: Cluster, crdb: Crdb) -> dict[str, Any]:
    bdb = cluster.bdbs.get(crdb.bdb_uid, {})
    kept = ("data_persistence", "memory_size", "name", "replication", "sharding", "shards_count")
    local = [{"bdb_uid": str(crdb.bdb_uid), "id": LOCAL_ID}] if bdb else []
    return {
        "causal_consistency": False,
        "default_db_config": {name: bdb[name] for name in kept if name in bdb},
        "encryption": False,
        "featureset_version": 8,
        "ghost_instance_ids": [],
        "guid": crdb.guid,
        "instances": [_instance(crdb, number, name) for number, name in enumerate(_clusters(crdb), LOCAL_ID)],
        "local_databases": local,
        "managed_by": "",
        "modules": [],
        "name": crdb.name,
        "protocol_version": 1,
    }


def _clusters(crdb: Crdb) -> tuple[str, ...]:
    return (catalog.CLUSTER_NAME, *crdb.peers)


def _instance(crdb: Crdb, number: int, name: str) -> dict[str, Any]:
    where = {"credentials": {"password": "", "username": ""}, "name": name, "url": f"https://{name}:9443"}
    shown = {"cluster": where, "compression": 3, "db_config": {}, "id": number}
    return {**shown, "db_uid": str(crdb.bdb_uid)} if number == LOCAL_ID else shown


def health_report(cluster: Cluster, crdb: Crdb) -> list[dict[str, Any]]:
    """One report for each cluster that takes part; of one that is not reachable only that."""
    local = {
        "active_config_version": 1,
        "cluster_name": catalog.CLUSTER_NAME,
        "configurations": [],
        "connections": [
            {
                "name": link["fqdn"],
                "replication_links": [
                    {"link_uid": f"{crdb.bdb_uid}:{link['replica_id']}", "status": link["replication"]}
                ],
                "status": link["replication"],
            }
            for link in links_of(cluster, crdb.bdb_uid) or []
        ],
        "name": crdb.name,
    }
    reports = [local]
    for peer in crdb.peers:
        remote: dict[str, Any] = {"cluster_name": peer, "name": crdb.name}
        if not _peer_up(cluster, crdb, peer):
            remote["connection_error"] = f"Cluster {peer} is not reachable."
        reports.append(remote)
    return reports

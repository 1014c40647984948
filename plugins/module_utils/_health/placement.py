# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the shards of a cluster are: listed twice, without a replica, or the last copy of their data."""

from __future__ import annotations

import collections
import typing as t

from .._api.cluster import Cluster, Database, Shard
from .facts import WARNING, Finding, database_name, inner

_SOURCE = "/v1/shards"


def duplicates(cluster: Cluster) -> t.Iterator[Finding]:
    """Shards that two nodes claim: after a migration the old copy can be left behind."""
    places: dict[str, set[int]] = collections.defaultdict(set)
    for shard in [*cluster.shards, *cluster.strays]:
        places[shard.uid].add(shard.node_uid)
    for node in cluster.nodes:
        for uid in node.listed_shards:
            if uid in places:
                places[uid].add(node.uid)
            else:
                message = f"Node {node.uid} lists shard {uid}, which the cluster does not know; it may be a leftover."
                yield Finding("/v1/nodes", f"shard {uid}", message, WARNING)
    for uid, nodes in places.items():
        if len(nodes) > 1:
            named = " and ".join(str(each) for each in sorted(nodes))
            yield Finding(_SOURCE, f"shard {uid}", f"Shard {uid} is listed on nodes {named} at once.")


def missing_copies(database: Database, cluster: Cluster) -> t.Iterator[Finding]:
    """Primary shards that a database lacks, and with replication those without a replica on another node."""
    shards = {shard.uid: shard for shard in cluster.shards if shard.bdb_uid == database.uid}.values()
    about, named = f"database {database.uid}", database_name(database)
    primaries = [shard for shard in shards if shard.is_master]
    replicas = [shard for shard in shards if not shard.is_master]
    if len(primaries) != database.shards_count:
        message = f"{named} has {len(primaries)} primary shard(s), and it should have {database.shards_count}."
        yield Finding(_SOURCE, about, message)
    if not database.replication:
        return
    if not all(shard.slots for shard in shards) and len(primaries) > 1:
        if len(replicas) < len(primaries):  # without slots it is unknown whose replica each one is
            message = f"{named} has {len(primaries)} primary shards, but only {len(replicas)} replicas."
            yield Finding(_SOURCE, about, message)
        return
    for primary in primaries:
        own = [shard for shard in replicas if shard.slots == primary.slots]
        if not own:
            message = f"Primary shard {primary.uid} of {inner(named)} has no replica, although replication is on."
            yield Finding(_SOURCE, about, message)
        for replica in own:
            if replica.node_uid == primary.node_uid:
                message = (
                    f"Primary shard {primary.uid} of {inner(named)} and its replica {replica.uid} are both on node "
                    f"{primary.node_uid}."
                )
                yield Finding(_SOURCE, about, message)


def is_last_copy(shard: Shard, cluster: Cluster) -> bool:
    """Whether no other copy of a healthy shard is healthy, although replication is on."""
    database = cluster.database(shard.bdb_uid)
    if database is None or not (database.replication and shard.healthy):
        return False
    if not shard.slots and database.shards_count > 1:
        return False  # without slots it is unknown whose copy each one is
    data = (shard.bdb_uid, shard.slots)
    return not any(
        other.healthy and (other.bdb_uid, other.slots) == data for other in cluster.shards if other.uid != shard.uid
    )

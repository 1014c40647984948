# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of a drained node: what has to have left it before it may be stopped. Pure.

The options are those of maintenance_on as the API takes them, since they say what was left on the node on purpose.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .cluster import Cluster, Node, Shard

# Kinds of replicas that may stay on purpose, each with the option of maintenance_on that leaves it where it is.
STAYING_REPLICAS: t.Mapping[str, str] = {"ha": "evict_ha_replica", "active_active": "evict_active_active_replica"}
_MOST_NAMED = 8  # shards in one sentence


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """A reason why a node must not be stopped: the endpoint that shows it, and a sentence without its full stop."""

    source: str
    sentence: str


def options_for(staying: t.Iterable[str]) -> dict[str, bool]:
    """The options of a maintenance_on that left these kinds of replicas on the node."""
    return {STAYING_REPLICAS[kind]: False for kind in staying}


def obstacles(node: Node, options: t.Mapping[str, t.Any], cluster: Cluster) -> t.Iterator[Obstacle]:
    """Everything that shows that the node is not drained; nothing for one that is."""
    if not node.in_maintenance:
        yield Obstacle(node.maintenance_source.partition(" ")[0], f"Node {node.uid} is not in maintenance")
    if left := shards_to_move(node, options, cluster):
        yield Obstacle("/v1/shards", f"Node {node.uid} still holds {_names(left)}")
    # The node's own list counts whatever /v1/shards says: a migration may not have ended.
    if listed := set(node.listed_shards) - {shard.uid for shard in node.shards}:
        yield Obstacle("/v1/nodes", f"Node {node.uid} itself still lists shard {', '.join(sorted(listed))}")
    if node.endpoints and not options.get("evict_dbs"):
        yield Obstacle("/v1/bdbs", f"Node {node.uid} still serves the endpoint of {', '.join(node.endpoints)}")


def shards_to_move(node: Node, options: t.Mapping[str, t.Any], cluster: Cluster) -> list[Shard]:
    """The shards on the node that have to leave it."""
    return [shard for shard in node.shards if _has_to_move(shard, options, cluster)]


def _has_to_move(shard: Shard, options: t.Mapping[str, t.Any], cluster: Cluster) -> bool:
    evicted = options.get("evict_dbs")
    if evicted and str(shard.bdb_uid) not in map(str, evicted):
        return False
    if shard.is_master:
        return True
    if options.get("keep_slave_shards"):
        return False
    database = cluster.database(shard.bdb_uid)
    kind = "active_active" if database is not None and database.crdt else "ha"
    return bool(options.get(STAYING_REPLICAS[kind], True))


def _names(shards: t.Sequence[Shard]) -> str:
    named = [
        f"{'primary' if shard.is_master else 'replica'} shard {shard.uid} of database {shard.bdb_uid}"
        for shard in shards[:_MOST_NAMED]
    ]
    more = len(shards) - len(named)
    return ", ".join(named) + (f" and {more} more shards" if more else "")

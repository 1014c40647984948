# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about maintenance of one node: a pure decision from (what is, what is wanted) to one step."""

from __future__ import annotations

import dataclasses
import typing as t

from ._actions import Action
from ._cluster import Cluster, Node, Shard
from ._errors import Refused

ON, OFF = "maintenance_on", "maintenance_off"
_OPPOSITE = {ON: OFF, OFF: ON}


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The user's request. C(options) has only the action's options that were set, as the API takes them."""

    node_uid: int
    action: str
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    force: bool = False


@dataclasses.dataclass(frozen=True)
class View:
    """The world, for one decision: records are the running action or the last one of that name on the node."""

    cluster: Cluster
    on_record: Action | None = None
    off_record: Action | None = None
    snapshots: tuple[str, ...] | None = None  # names; None where the release does not list them

    def record(self, action: str) -> Action | None:
        return self.on_record if action == ON else self.off_record


@dataclasses.dataclass(frozen=True)
class Step:
    """One of: nothing, run (start the action), adopt (it runs already), wait (its opposite runs: let it end first)."""

    kind: str
    why: str
    body: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def decide(wanted: Wanted, view: View) -> Step:
    """The next step towards what is wanted; raises Refused where it could do harm."""
    node = known_node(wanted.node_uid, view.cluster)
    own, other = view.record(wanted.action), view.record(_OPPOSITE[wanted.action])
    if own is not None and not own.finished:
        return Step("adopt", f"{own.sentence()} already")
    if other is not None and not other.finished:
        return Step("wait", f"{other.sentence()}: it has to end first")
    return _decide_on(wanted, node, view) if wanted.action == ON else _decide_off(wanted, node, view)


def known_node(uid: int, cluster: Cluster) -> Node:
    node = cluster.node(uid)
    if node is None:
        known = ", ".join(str(each.uid) for each in cluster.nodes)
        raise Refused(f"The cluster has no node with uid {uid}; its nodes are {known}.")
    return node


def _decide_on(wanted: Wanted, node: Node, view: View) -> Step:
    half_done = _failed(view.on_record)
    if node.in_maintenance and not half_done and not_as_asked(wanted, view.cluster) is None:
        return Step("nothing", f"node {node.uid} is in maintenance")
    warnings = [*_guard(wanted, _danger_of_on(node, view.cluster))]
    body = dict(wanted.options)
    if body.get("overwrite_snapshot") and (node.in_maintenance or half_done):
        body["overwrite_snapshot"] = False
        warnings.append(
            f"overwrite_snapshot is left out for node {node.uid}: an earlier maintenance_on did not finish, and its "
            "snapshot holds the layout to go back to."
        )
    problem = "an earlier maintenance_on did not finish" if half_done else not_as_asked(wanted, view.cluster)
    why = f"{problem}" if node.in_maintenance else "it is not in maintenance"
    return Step("run", why, body, tuple(warnings))


def _decide_off(wanted: Wanted, node: Node, view: View) -> Step:
    to_restore = _failed(view.on_record) and node.maintenance_snapshot is not None and not _done(view.off_record)
    if not node.in_maintenance and not to_restore:
        return Step("nothing", f"node {node.uid} is not in maintenance")
    warnings = _guard(wanted, _danger_of_off(wanted, node, view))
    why = "it is in maintenance" if node.in_maintenance else "an earlier maintenance_on did not finish"
    return Step("run", why, dict(wanted.options), tuple(warnings))


def _danger_of_on(node: Node, cluster: Cluster) -> str | None:
    if not node.alive:
        return f"Node {node.uid} is {node.status}: its shards cannot be moved away in order. Start it first."
    # The server does not count nodes that are already in maintenance; so they are counted here.
    carrying = [other for other in cluster.others(node.uid) if other.carries]
    if len(carrying) < cluster.quorum:
        away = [f"node {other.uid} is {_absence(other)}" for other in cluster.others(node.uid) if not other.carries]
        reason = " and ".join(away) or f"the cluster has only {len(cluster.nodes)} node(s)"
        return (
            f"Without node {node.uid} the cluster could lose its quorum: {len(carrying)} of {len(cluster.nodes)} nodes "
            f"would be left, {cluster.quorum} are needed, and {reason}."
        )
    return None


def _danger_of_off(wanted: Wanted, node: Node, view: View) -> str | None:
    if not node.alive:
        return (
            f"Node {node.uid} is {node.status}: start it, and wait until the cluster sees it, before maintenance_off."
        )
    wants_snapshot = not wanted.options.get("skip_shards_restore")
    if wants_snapshot and view.snapshots is not None:
        named = wanted.options.get("snapshot_name")
        if named and named not in view.snapshots:
            have = ", ".join(view.snapshots) or "none"
            return f"Node {node.uid} has no snapshot {named!r} (it has: {have}): correct snapshot_name."
        if not named and not view.snapshots:
            return (
                f"Node {node.uid} is in maintenance, but has no snapshot to go back to. Set skip_shards_restore: true "
                "to end maintenance without moving shards back, and rebalance the databases afterwards."
            )
    return None


def _guard(wanted: Wanted, danger: str | None) -> list[str]:
    if danger is None:
        return []
    if not wanted.force:
        raise Refused(f"{danger} Nothing was changed; force: true overrides.")
    return [f"force is set, so {wanted.action} goes on although: {danger}"]


def _failed(record: Action | None) -> bool:
    return record is not None and record.finished and not record.succeeded


def _done(record: Action | None) -> bool:
    return record is not None and record.succeeded


def _absence(node: Node) -> str:
    return "in maintenance" if node.alive else node.status


def shards_to_move(node: Node, options: t.Mapping[str, t.Any], cluster: Cluster) -> list[Shard]:
    """The shards that must have left the node before it may be stopped, given what the user let stay."""
    return [shard for shard in node.shards if _must_move(shard, options, cluster)]


def _must_move(shard: Shard, options: t.Mapping[str, t.Any], cluster: Cluster) -> bool:
    evicted = options.get("evict_dbs")
    if evicted and str(shard.bdb_uid) not in map(str, evicted):
        return False
    if shard.is_master:
        return True
    if options.get("keep_slave_shards"):
        return False
    database = cluster.database(shard.bdb_uid)
    active_active = database is not None and database.crdt
    return bool(options.get("evict_active_active_replica" if active_active else "evict_ha_replica", True))


def not_as_asked(wanted: Wanted, cluster: Cluster) -> str | None:
    """After the action: a sentence that says what is still wrong on the node, or None."""
    node = known_node(wanted.node_uid, cluster)
    if wanted.action == OFF:
        return f"Node {node.uid} is still in maintenance" if node.in_maintenance else None
    left = shards_to_move(node, wanted.options, cluster)
    if not node.in_maintenance:
        return f"Node {node.uid} is not in maintenance"
    if left:
        named = ", ".join(f"{shard.role} shard {shard.uid} of database {shard.bdb_uid}" for shard in left)
        return f"Node {node.uid} still holds {named}"
    listed = set(node.listed_shards) - {shard.uid for shard in node.shards}
    if listed:  # the node says so itself, whatever /v1/shards says: a migration may not have ended
        return f"Node {node.uid} itself still lists shard {', '.join(sorted(listed))}"
    if node.endpoints and not wanted.options.get("evict_dbs"):
        return f"Node {node.uid} still serves the endpoint of {', '.join(node.endpoints)}"
    return None

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about one node: a pure decision from (what is, what is wanted) to one step.

Here are the terms of all node actions, and the decision about maintenance. Those about removal and about the role of
the primary are in _node_plan_remove.py and _node_plan_enslave.py.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._action.model import Action
from .._api.cluster import Cluster, Node
from .._api.drain import obstacles
from .._core.errors import InvalidInput, Refused

ON, OFF, REMOVE, ENSLAVE = "maintenance_on", "maintenance_off", "remove", "enslave_node"
OPTIONS: t.Mapping[str, tuple[str, ...]] = {
    ON: (
        "overwrite_snapshot",
        "evict_ha_replica",
        "evict_active_active_replica",
        "evict_dbs",
        "keep_slave_shards",
    ),
    OFF: ("snapshot_name", "skip_shards_restore"),
    REMOVE: ("wait_for_persistence",),
    ENSLAVE: (),
}
_MOST_NAMED = 8  # shards in one sentence
_CHANGE_OF_OPTIONS = (7, 4, 2)  # the release in which keep_slave_shards was deprecated and its successors came
_SUCCESSORS = ("evict_ha_replica", "evict_active_active_replica")
_NEW_OPTIONS = ("overwrite_snapshot", *_SUCCESSORS, "evict_dbs")


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
    own_record: Action | None = None  # of the action that is wanted
    others: tuple[Action, ...] = ()  # all other records of the node
    snapshots: tuple[str, ...] | None = None  # names; None where the release does not list them
    asked_through: tuple[str, ...] = ()  # the hosts in url

    def other(self, name: str) -> Action | None:
        return next((action for action in self.others if action.name == name), None)

    def in_the_way(self) -> Action | None:
        """Another action that runs on the node."""
        return next((action for action in self.others if not action.finished), None)


@dataclasses.dataclass(frozen=True)
class Step:
    """One of: nothing, run (start the action), adopt (it runs already), wait (C(first) runs: let it end)."""

    kind: str
    why: str
    body: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    first: Action | None = None


def wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """The task's options as a Wanted: only those that were set; raises InvalidInput for one of another action."""
    action = params["action"]
    for owner, names in OPTIONS.items():
        stray = next((name for name in names if params.get(name) is not None and owner != action), None)
        if stray is not None:
            raise InvalidInput(f"{stray} is an option of {owner}, not of {action}: leave it out.")
    options = {name: params[name] for name in OPTIONS[action] if params.get(name) is not None}
    return Wanted(params["node_uid"], action, {**options, **(params.get("action_options") or {})}, params["force"])


def unverified(wanted: Wanted) -> list[str]:
    """A warning for options that the documentation of the API does not have."""
    names = sorted(set(wanted.options) - set(OPTIONS[wanted.action]))
    if not names:
        return []
    return [
        f"The API's documentation has no option {', '.join(names)} of {wanted.action}. It is passed on as it is; what "
        "it does is not verified."
    ]


def adopt(own: Action | None) -> Step | None:
    """What to do if the very action runs already."""
    return Step("adopt", f"{own.sentence()} already") if own is not None and not own.finished else None


def let_end(other: Action | None) -> Step | None:
    """What to do if another action runs on the node; raises Refused where the node will not be there after it."""
    if other is None or other.finished:
        return None
    if other.name == REMOVE and other.status != "cancelling":
        raise Refused(
            f"{other.sentence()}: the node is leaving the cluster. To keep it, cancel that first with action: remove "
            "and state: absent. Nothing was changed."
        )
    return Step("wait", f"{other.sentence()}: it has to end first", first=other)


def decide(wanted: Wanted, view: View) -> Step:
    """The next step towards what is wanted; raises Refused where it could do harm."""
    node = still_there(wanted, view)
    warnings = [*_options_of_release(wanted, view.cluster), *unverified(wanted)]
    step = adopt(view.own_record) or let_end(view.in_the_way())
    step = step or (_decide_on(wanted, node, view) if wanted.action == ON else _decide_off(wanted, node, view))
    return dataclasses.replace(step, warnings=(*warnings, *step.warnings)) if step.kind == "run" else step


def still_there(wanted: Wanted, view: View) -> Node:
    """The node; raises Refused where the cluster does not list it, or not any more."""
    removal = view.other(REMOVE)
    if removal is not None and removal.succeeded and view.cluster.node(wanted.node_uid) is None:
        raise Refused(f"Node {wanted.node_uid} is not in the cluster any more: {removal.sentence()}.")
    return view.cluster.require_node(wanted.node_uid)


def _options_of_release(wanted: Wanted, cluster: Cluster) -> list[str]:
    """Options of maintenance_on that the release has not, or not any more."""
    if wanted.action != ON or not cluster.release:
        return []
    release = ".".join(map(str, cluster.release))
    if cluster.release >= _CHANGE_OF_OPTIONS:
        if "keep_slave_shards" in wanted.options:
            raise InvalidInput(
                f"keep_slave_shards is deprecated as of 7.4.2, and this cluster has {release}: use "
                f"{' and '.join(f'{name}: false' for name in _SUCCESSORS)} instead."
            )
        return []
    early = [name for name in _NEW_OPTIONS if name in wanted.options]
    if not early:
        return []
    return [
        f"{', '.join(early)} came with 7.4.2, and this cluster has {release}: it may pass over that and move "
        "everything away. Before 7.4.2 keep_slave_shards: true leaves replica shards on the node."
    ]


def _decide_on(wanted: Wanted, node: Node, view: View) -> Step:
    half_done = _failed(view.own_record)
    believed = not half_done or doubtful(view.own_record)
    if node.in_maintenance and believed and not_as_asked(wanted, view.cluster) is None:
        return Step("nothing", f"node {node.uid} is in maintenance")
    warnings = guard(wanted, _danger_of_on(node, view.cluster))
    body = dict(wanted.options)
    half_back = _failed(view.other(OFF)) and node.stale_snapshot
    if body.get("overwrite_snapshot") and (node.in_maintenance or half_done or half_back):
        body["overwrite_snapshot"] = False
        warnings.append(
            f"overwrite_snapshot is left out for node {node.uid}: an earlier {OFF if half_back else ON} did not "
            "finish, and its snapshot holds the layout to go back to."
        )
    problem = "an earlier maintenance_on did not finish" if half_done else not_as_asked(wanted, view.cluster)
    why = f"{problem}" if node.in_maintenance else "it is not in maintenance"
    return Step("run", why, body, tuple(warnings))


def _decide_off(wanted: Wanted, node: Node, view: View) -> Step:
    # It unmarks the node first and deletes the snapshot last. Skipping the restoring leaves a snapshot too, but no
    # failed record.
    half_back = node.stale_snapshot and _failed(view.own_record)
    to_restore = _failed(view.other(ON)) and node.maintenance_snapshot is not None and not _done(view.own_record)
    if not node.in_maintenance and not to_restore and not half_back:
        return Step("nothing", f"node {node.uid} is not in maintenance")
    warnings = guard(wanted, _danger_of_off(wanted, node, view))
    half_done = f"an earlier {OFF if half_back else ON} did not finish"
    why = "it is in maintenance" if node.in_maintenance else half_done
    return Step("run", why, dict(wanted.options), tuple(warnings))


def _danger_of_on(node: Node, cluster: Cluster) -> str | None:
    if node.decommissioning:
        return _half_removed(node)
    if not node.alive:
        return f"Node {node.uid} is {node.status}: its shards cannot be moved away in order. Start it first."
    # The server does not count nodes that are already in maintenance; so they are counted here.
    in_service = [other for other in cluster.others(node.uid) if other.in_service]
    if len(in_service) < cluster.quorum:
        away = [f"node {other.uid} is {_absence(other)}" for other in cluster.others(node.uid) if not other.in_service]
        reason = " and ".join(away) or f"the cluster has only {len(cluster.nodes)} node(s)"
        return (
            f"Without node {node.uid} the cluster could lose its quorum: {len(in_service)} of {len(cluster.nodes)} "
            f"nodes would be left, {cluster.quorum} are needed, and {reason}."
        )
    return None


def _danger_of_off(wanted: Wanted, node: Node, view: View) -> str | None:
    if node.decommissioning:
        return _half_removed(node)
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


def _half_removed(node: Node) -> str:
    return (
        f"Node {node.uid} is {node.status}: its removal began and did not end, and the cluster puts nothing on it. Go "
        "on with action: remove."
    )


def unknown_role(node: Node, cluster: Cluster) -> str | None:
    """What speaks against an action that must not meet the primary unawares: that nobody knows which node it is."""
    if not cluster.role_unknown(node):
        return None
    return (
        f"Nobody can say whether node {node.uid} is the primary of the cluster: /v1/nodes/status does not give its "
        "role. Run the task again, and look at redis_health_info if that stays so."
    )


def guard(wanted: Wanted, danger: str | None) -> list[str]:
    if danger is None:
        return []
    if not wanted.force:
        raise Refused(f"{danger} Nothing was changed; force: true overrides.")
    return [f"force is set, so {wanted.action} goes on although: {danger}"]


def _failed(record: Action | None) -> bool:
    return record is not None and record.finished and not record.succeeded


def doubtful(record: Action | None) -> bool:
    """Whether only the node can tell how an action ended: one that has done its work can be recorded as aborted."""
    return record is not None and record.status == "aborted"


def _done(record: Action | None) -> bool:
    return record is not None and record.succeeded


def _absence(node: Node) -> str:
    return "in maintenance" if node.alive else node.status


def not_as_asked(wanted: Wanted, cluster: Cluster) -> str | None:
    """After the action: a sentence that says what is still wrong on the node, or None."""
    node = cluster.require_node(wanted.node_uid)
    if wanted.action == OFF:
        return f"Node {node.uid} is still in maintenance" if node.in_maintenance else None
    return next((each.sentence for each in obstacles(node, wanted.options, cluster)), None)


def facts(uid: int, cluster: Cluster) -> dict[str, t.Any]:
    """What maintenance changes, for the diff."""
    node = cluster.node(uid)
    return {"node_uid": uid, "in_maintenance": node is not None and node.in_maintenance}


def remains(wanted: Wanted, node: Node | None) -> str:
    """What is to be said about the node after an action that did not end well."""
    if node is None:
        return f"Node {wanted.node_uid} is not in the cluster any more."
    snapshot = f", its snapshot {node.maintenance_snapshot} is kept" if node.maintenance_snapshot else ""
    state = "in maintenance" if node.in_maintenance else "not in maintenance"
    way_out = "Run the task again to go on, or use maintenance_off to go back."
    if wanted.action == OFF:
        way_out = (
            "Make room on it and run the task again, or name another snapshot with snapshot_name; "
            "skip_shards_restore: true ends maintenance without moving shards back."
        )
    return f"Node {node.uid} is {state} with {on_node(node)} on it{snapshot}. {way_out}"


def on_node(node: Node) -> str:
    """The shards and endpoints of a node in words."""
    named = ", ".join(f"{shard.role} shard {shard.uid}" for shard in node.shards[:_MOST_NAMED])
    more = f" and {len(node.shards) - _MOST_NAMED} more shards" if len(node.shards) > _MOST_NAMED else ""
    endpoints = f" and the endpoint of {', '.join(node.endpoints)}" if node.endpoints else ""
    return (named or "no shard") + more + endpoints

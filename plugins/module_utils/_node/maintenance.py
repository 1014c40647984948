# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions C(maintenance_on) and C(maintenance_off): draining a node, and taking it back into service."""

from __future__ import annotations

import abc
import dataclasses
import typing as t

from .._action.model import Action
from .._action.registry import (
    ActionType,
    Forceable,
    Option,
    Step,
    View,
    Wanted,
    adopt_running,
    guard,
    options_of_release,
    undocumented_options,
    why_not_completed,
)
from .._api.cluster import Cluster, Node
from .._api.drain import obstacles
from .base import OFF, ON, content, gone, let_other_end, not_in_service, require_node

_NEW_OPTIONS = (7, 4, 2)  # keep_slave_shards was deprecated, and its successors came
_KEEP_REPLICAS = "keep_slave_shards: true leaves replica shards on the node"


class _Maintenance(ActionType):
    """The common part of both: what maintenance changes, and what has to be so before either is decided."""

    advice: t.ClassVar[str]

    def decide(self, wanted: Wanted, view: View) -> Step:
        node = require_node(wanted, view)
        warnings = [
            *options_of_release(self, wanted, view.cluster.release),
            *undocumented_options(self, wanted),
        ]
        step = adopt_running(view) or let_other_end(view.running_other) or self._decide(wanted, node, view)
        return dataclasses.replace(step, warnings=(*warnings, *step.warnings)) if step.kind == "run" else step

    @abc.abstractmethod
    def _decide(self, wanted: Wanted, node: Node, view: View) -> Step:
        """The step where no action runs on the node."""

    def facts(self, wanted: Wanted, view: View) -> dict[str, t.Any]:
        node = view.cluster.node(wanted.node_uid)
        return {"node_uid": wanted.node_uid, "in_maintenance": node is not None and node.in_maintenance}

    def recovery_advice(self, wanted: Wanted, node: Node | None) -> str:
        if node is None:
            return f"{gone(wanted.node_uid)}."
        snapshot = f", its snapshot {node.maintenance_snapshot} is kept" if node.maintenance_snapshot else ""
        state = "in maintenance" if node.in_maintenance else "not in maintenance"
        return f"Node {node.uid} is {state} with {content(node)} on it{snapshot}. {self.advice}"


class MaintenanceOn(_Maintenance):
    name = ON
    sentence = (
        "V(maintenance_on) makes a snapshot of the node, moves its shards and endpoints away, and keeps the node empty."
    )
    options: t.ClassVar = {
        "overwrite_snapshot": Option(
            "bool",
            "Whether to make a new snapshot even if the node has one from an earlier maintenance. Ignored, with a "
            "warning, where the earlier snapshot is still needed.",
            since=_NEW_OPTIONS,
        ),
        "evict_ha_replica": Option(
            "bool",
            "V(false) leaves replica shards on the node and only moves primaries away, for clusters without the room "
            "to move everything.",
            since=_NEW_OPTIONS,
            instead=_KEEP_REPLICAS,
        ),
        "evict_active_active_replica": Option(
            "bool",
            "The same as O(evict_ha_replica), for replica shards of Active-Active databases.",
            since=_NEW_OPTIONS,
            instead=_KEEP_REPLICAS,
        ),
        "evict_dbs": Option(
            "list",
            "The uids of the databases whose shards leave the node. All others stay on it, and are lost while it is "
            "stopped unless they have a replica elsewhere.",
            elements="str",
            since=_NEW_OPTIONS,
        ),
        "keep_slave_shards": Option(
            "bool",
            "Whether replica shards stay on the node. Later releases have O(evict_ha_replica) and "
            "O(evict_active_active_replica) instead, and refuse this option.",
            until=_NEW_OPTIONS,
            instead="use evict_ha_replica: false and evict_active_active_replica: false instead",
        ),
    }
    opposite = OFF
    progress_detail = "left"
    advice = "Run the task again to go on, or use maintenance_off to go back."

    def goal(self, wanted: Wanted) -> dict[str, t.Any]:
        return {"in_maintenance": True}

    def _decide(self, wanted: Wanted, node: Node, view: View) -> Step:
        unmet = self.unmet_goal(wanted, view.cluster, view.cluster)
        record = view.own_record
        half_done = _ended_badly(record)
        if unmet is None and (record is None or record.doubtful or not half_done):
            return Step("nothing", f"node {node.uid} is in maintenance")
        warnings = guard(wanted, _drain_refusal(node, view.cluster))
        body = dict(wanted.options)
        half_back = _ended_badly(view.other(OFF)) and node.stale_snapshot
        if body.get("overwrite_snapshot") and (node.in_maintenance or half_done or half_back):
            body["overwrite_snapshot"] = False
            warnings.append(
                f"overwrite_snapshot is left out for node {node.uid}: an earlier {OFF if half_back else ON} did not "
                "finish, and its snapshot holds the layout to go back to."
            )
        why = "it is not in maintenance"
        if node.in_maintenance:
            why = "an earlier maintenance_on did not finish" if half_done else str(unmet)
        return Step("run", why, body, tuple(warnings))

    def unmet_goal(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        node = now.require_node(wanted.node_uid)
        return next((each.sentence for each in obstacles(node, wanted.options, now)), None)


class MaintenanceOff(_Maintenance):
    name = OFF
    sentence = "V(maintenance_off) ends that, and moves shards and endpoints back."
    options: t.ClassVar = {
        "snapshot_name": Option("str", "The snapshot to go back to, instead of the latest one made by maintenance."),
        "skip_shards_restore": Option("bool", "Whether to leave the shards where they are now."),
    }
    opposite = ON
    reads_snapshots = True
    progress_detail = "back"
    advice = (
        "Make room on it and run the task again, or name another snapshot with snapshot_name; "
        "skip_shards_restore: true ends maintenance without moving shards back."
    )

    def goal(self, wanted: Wanted) -> dict[str, t.Any]:
        return {"in_maintenance": False}

    def _decide(self, wanted: Wanted, node: Node, view: View) -> Step:
        # It unmarks the node first and deletes the snapshot last. Skipping the restoring leaves a snapshot too, but no
        # failed record.
        half_back = node.stale_snapshot and _ended_badly(view.own_record)
        half_drained = _ended_badly(view.other(ON)) and node.maintenance_snapshot is not None
        if view.own_record is not None and view.own_record.succeeded:
            half_drained = False
        if not node.in_maintenance and not half_drained and not half_back:
            return Step("nothing", f"node {node.uid} is not in maintenance")
        warnings = guard(wanted, _restore_refusal(wanted, node, view))
        half_done = f"an earlier {OFF if half_back else ON} did not finish"
        why = "it is in maintenance" if node.in_maintenance else half_done
        return Step("run", why, dict(wanted.options), tuple(warnings))

    def unmet_goal(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        node = now.require_node(wanted.node_uid)
        return f"Node {node.uid} is still in maintenance" if node.in_maintenance else None

    def unfinished_work(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        node = now.node(wanted.node_uid)
        if node is not None and node.stale_snapshot:  # which it deletes last
            return f"Node {node.uid} still has a snapshot"
        return why_not_completed(self, wanted, before, now)

    def repeat_reason(self, wanted: Wanted) -> str | None:
        """Activations of maintenance stack on the server: each needs its own maintenance_off."""
        return f"Node {wanted.node_uid} was put into maintenance more than once, so maintenance_off is repeated."


def _ended_badly(record: Action | None) -> bool:
    return record is not None and record.finished and not record.succeeded


def _drain_refusal(node: Node, cluster: Cluster) -> Forceable | None:
    if node.decommissioning:
        return _decommissioning_refusal(node)
    if not node.alive:
        return Forceable(f"Node {node.uid} is {node.status}: its shards cannot be moved away in order. Start it first.")
    # The server does not count nodes that are already in maintenance; so they are counted here.
    others = cluster.others(node.uid)
    in_service = sum(other.in_service for other in others)
    if in_service >= cluster.quorum:
        return None
    reason = not_in_service(others, " and ") or f"the cluster has only {len(cluster.nodes)} node(s)"
    return Forceable(
        f"Without node {node.uid} the cluster could lose its quorum: {in_service} of {len(cluster.nodes)} "
        f"nodes would be left, {cluster.quorum} are needed, and {reason}."
    )


def _restore_refusal(wanted: Wanted, node: Node, view: View) -> Forceable | None:
    if node.decommissioning:
        return _decommissioning_refusal(node)
    if not node.alive:
        return Forceable(
            f"Node {node.uid} is {node.status}: start it, and wait until the cluster sees it, before maintenance_off."
        )
    if wanted.options.get("skip_shards_restore") or view.snapshots is None:
        return None
    named = wanted.options.get("snapshot_name")
    if named and named not in view.snapshots:
        have = ", ".join(view.snapshots) or "none"
        return Forceable(f"Node {node.uid} has no snapshot {named!r} (it has: {have}): correct snapshot_name.")
    if not named and not view.snapshots:
        return Forceable(
            f"Node {node.uid} is in maintenance, but has no snapshot to go back to. Set skip_shards_restore: true "
            "to end maintenance without moving shards back, and rebalance the databases afterwards."
        )
    return None


def _decommissioning_refusal(node: Node) -> Forceable:
    return Forceable(
        f"Node {node.uid} is {node.status}: its removal began and did not end, and the cluster puts nothing on it. Go "
        "on with action: remove."
    )

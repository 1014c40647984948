# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_node_action): carry out an action of one node, or cancel it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._action import model as _actions
from .._action.model import Action
from .._action.run import GRACE, LOOK_AGAIN, MOST_RUNS, ActionRun, cancel_and_clear, node_spot
from .._api import cluster as _cluster
from .._api.cluster import Cluster, Node
from .._core.context import Context, Result
from .._core.errors import ActionFailed, Failure, GoalNotReached, Refused
from .._node import handover as _node_plan_enslave
from .._node import maintenance as _node_plan
from .._node import removal as _node_plan_remove
from .._node.maintenance import ENSLAVE, OFF, ON, REMOVE, Step, View, Wanted


@dataclasses.dataclass(frozen=True)
class _Plan:
    """What is known about one action, as pure functions."""

    decide: t.Callable[[Wanted, View], Step]
    not_as_asked: t.Callable[[Wanted, Cluster, Cluster], str | None]
    facts: t.Callable[[int, Cluster], dict[str, t.Any]]
    goal: t.Mapping[str, t.Any]
    remains: t.Callable[[Wanted, Node | None], str]
    shards: str | None = None  # what the number of shards on the node means while the action runs


def _maintenance(in_maintenance: bool, shards: str) -> _Plan:
    return _Plan(
        _node_plan.decide,
        lambda wanted, _before, now: _node_plan.not_as_asked(wanted, now),
        _node_plan.facts,
        {"in_maintenance": in_maintenance},
        _node_plan.remains,
        shards,
    )


_PLANS: t.Mapping[str, _Plan] = {
    ON: _maintenance(True, "left"),
    OFF: _maintenance(False, "back"),
    REMOVE: _Plan(
        _node_plan_remove.decide,
        _node_plan_remove.not_as_asked,
        _node_plan_remove.facts,
        {"in_cluster": False},
        _node_plan_remove.remains,
        "left",
    ),
    ENSLAVE: _Plan(
        _node_plan_enslave.decide,
        _node_plan_enslave.not_as_asked,
        _node_plan_enslave.facts,
        {"role": "slave"},
        _node_plan_enslave.remains,
    ),
}


NAMES = tuple(_PLANS)
_OPPOSITE = {ON: OFF, OFF: ON}


def undone(name: str, uid: int, cluster: Cluster) -> str | None:
    """What speaks against an action of a node having ended well, as far as the cluster shows it; or None."""
    if cluster.node(uid) is None and name != REMOVE:
        return f"node {uid} is not in the cluster"
    return _PLANS[name].not_as_asked(Wanted(uid, name), cluster, cluster)


def run(context: Context) -> Result:
    if context.params["state"] == "absent":
        return _remove_record(context)
    task = _NodeAction(context)
    return task.run.carry_out(task.complete)


class _NodeAction:
    """One run of the task: look, decide, act, wait, look again, until there is nothing left to do."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.client = context.client
        self.wanted = _node_plan.wanted_from(context.params)
        self.plan = _PLANS[self.wanted.action]
        self.run = ActionRun(context, node_spot(self.wanted.node_uid, self.wanted.action))
        self.adopted = False
        self.action: Action | None = None
        self.first: View | None = None

    def complete(self) -> Result:
        while True:
            view = self._look()
            self.first = self.first or view
            self._own_request_failed(self.first, view)
            step = self.plan.decide(self.wanted, view)
            if step.kind == "wait" and not self.context.wait.enabled:
                raise Refused(f"{step.why}. Run the task again after that, or set wait: true.")
            for sentence in step.warnings:
                self.context.warn(sentence)
            if step.kind == "nothing" and (self.run.sent or self.run.lost):
                self.action = self.action or view.own_record
            if (
                step.kind == "nothing"
                or self.context.check_mode
                or (self._act(step, self.first.cluster, view) and not self._waits)
            ):
                return self._result(self.first.cluster, view.cluster, step)
            if step.kind == "wait" or self.action is None:
                continue  # not started: look again
            now = self._settled(self.first.cluster)
            if now is not None:
                return self._result(self.first.cluster, now, step)

    @property
    def _waits(self) -> bool:
        return self.context.wait.enabled

    def _look(self) -> View:
        """The records before the cluster: an action that ends in between is then not taken for one that never ran.

        The list of the node's actions need not have the uid of each, nor all that have ended, and where there are none
        it may be answered with 404 (the reference has that and the empty list). So the action itself is read where it
        is named, and so is the opposite one, of which it counts how it has ended too.
        """
        uid = self.wanted.node_uid
        own = self.run.spot.read(self.context)
        listed = _actions.from_node(self.client.find(f"/v1/nodes/{uid}/actions"), uid)
        others = [each for each in listed if each.name != self.wanted.action]
        opposite = _OPPOSITE.get(self.wanted.action)
        record = node_spot(uid, opposite).read(self.context) if opposite else None
        if record is not None:
            others = [record, *(each for each in others if each.name != opposite)]
        cluster = _cluster.read(self.client)
        return View(
            cluster,
            own,
            tuple(others),
            self._snapshots(cluster),
            self.client.host_names,
        )

    def _snapshots(self, cluster: Cluster) -> tuple[str, ...] | None:
        node = cluster.node(self.wanted.node_uid)
        if self.wanted.action != OFF or node is None or not node.in_maintenance:
            return None
        listed = self.client.find(f"/v1/nodes/{node.uid}/snapshots")
        return None if listed is None else tuple(str(each.get("name")) for each in listed)

    def _own_request_failed(self, first: View, view: View) -> None:
        """A POST whose answer was lost may have started an action that has failed meanwhile: that is the answer."""
        record, before = view.own_record, first.own_record
        new = record is not None and (before is None or before.uid != record.uid)
        if record is not None and new and record.finished and self.run.sent and self.action is None:
            self._require_success(record)

    def _act(self, step: Step, before: Cluster, view: View) -> bool:
        """Start the action or take up the one that runs, and wait until it has ended well. False: look again."""
        self.action = None
        if step.kind == "run":
            if self.run.sent >= MOST_RUNS:
                raise GoalNotReached(f"{self.run.spot.label} was run {self.run.sent} times to no effect: {step.why}.")
            self.action = self.run.start(step.body, view.own_record)
            if self.action is None:
                return False
        elif step.kind == "adopt":
            self.adopted = True
            self.action = view.own_record
        elif step.first is not None:
            if self.run.follow(node_spot(self.wanted.node_uid, step.first.name), step.first) is None:
                self.run.pause(step.why)
            return False
        if self._waits:
            known = view.own_record if step.kind == "adopt" else None
            ended = self.run.follow(self.run.spot, known, self._shards)
            if ended is None:
                self._vanished(before)
            else:
                self.action = ended
                self._require_success(ended)
        return True

    def _shards(self) -> str | None:
        """For those who look on: how far the shards are."""
        node = self.client.find(f"/v1/nodes/{self.wanted.node_uid}") if self.plan.shards else None
        count = len((node or {}).get("shard_list") or ())
        return f"{count} shard{'' if count == 1 else 's'} {self.plan.shards}" if node else None

    def _vanished(self, before: Cluster) -> None:
        """The record is gone, so somebody has cleared it: only the node can tell whether the action was done."""
        now = _cluster.read(self.client)
        if now.node(self.wanted.node_uid) is None and self.wanted.action != REMOVE:
            raise ActionFailed(f"Node {self.wanted.node_uid} was removed from the cluster meanwhile.")
        problem = self.plan.not_as_asked(self.wanted, before, now)
        if problem is not None:
            raise ActionFailed(
                f"{self.run.spot.label} was cancelled or cleared by somebody else before it was seen to end: "
                f"{problem}. {self.plan.remains(self.wanted, now.node(self.wanted.node_uid))}",
                Failure(action=self.action.as_dict() if self.action else None),
            )

    def _require_success(self, ended: Action) -> None:
        if not ended.succeeded:
            now = _cluster.read(self.client)
            remains = self.plan.remains(self.wanted, now.node(self.wanted.node_uid))
            if _node_plan.doubtful(ended) and self._is_as_asked(now):
                state = remains.partition(". ")[0].rstrip(".")
                remains = (
                    f"{state}. That is how {self.wanted.action} leaves it: run the task again, and it will find it so."
                )
            _actions.require_success(ended, remains)

    def _is_as_asked(self, now: Cluster) -> bool:
        """Whether the action has done all of its work, whatever its record says."""
        node = now.node(self.wanted.node_uid)
        if node is None and self.wanted.action != REMOVE:
            return False
        if node is not None and node.stale_snapshot and self.wanted.action == OFF:  # which deletes it last
            return False
        return self.plan.not_as_asked(self.wanted, self.first.cluster if self.first else now, now) is None

    def _settled(self, before: Cluster) -> Cluster | None:
        """The cluster, read back and as asked; None when the action has to be run once more."""
        until = self.context.clock.now() + GRACE
        while True:
            now = _cluster.read(self.client)
            problem = self.plan.not_as_asked(self.wanted, before, now)
            if problem is None:
                return now
            if self.context.clock.now() >= until:
                break
            self.context.clock.sleep(LOOK_AGAIN)
        if self._is_stacked():
            return None
        raise GoalNotReached(
            f"{self.run.spot.label} was reported as completed, but: {problem}. "
            "Do not stop the node. Look at redis_node_info and redis_action_info, and run the task again.",
            Failure(action=self.action.as_dict() if self.action else None),
        )

    def _is_stacked(self) -> bool:
        """Activations of maintenance stack on the server: each needs its own maintenance_off."""
        if self.wanted.action != OFF or self.run.sent >= MOST_RUNS:
            return False
        self.context.warn(
            f"Node {self.wanted.node_uid} was put into maintenance more than once, so maintenance_off is repeated."
        )
        return True

    def _result(self, first: Cluster, last: Cluster, step: Step) -> Result:
        uid = self.wanted.node_uid
        before = self.plan.facts(uid, first)
        # Of a lost request that has left no record, only the cluster can tell.
        by_lost = self.run.lost > 0 and before != self.plan.facts(uid, last)
        changed = self.run.sent > 0 or by_lost or (self.context.check_mode and step.kind in ("run", "wait"))
        node = last.node(uid)
        return Result(
            changed,
            {
                "node": node.as_dict() if node else None,
                "action": self.action.as_dict() if self.action else None,
                "adopted": self.adopted or (self.context.check_mode and step.kind == "adopt"),
                "already": not changed and step.kind == "nothing",
                "reason": step.why,
            },
            before=before,
            after={**before, **self.plan.goal} if changed else before,
        )


def _remove_record(context: Context) -> Result:
    """C(state: absent): cancel what runs and wait until it has stopped; clear the record of what has ended."""
    uid, name = context.params["node_uid"], context.params["action"]
    spot = node_spot(uid, name)
    record = spot.read(context)
    changed = record is not None
    reason = f"no {name} of node {uid} is recorded"
    if record is None:
        _check_known(context, uid, name)
    else:
        reason = f"{record.sentence()}, and will be {'cleared' if record.finished else 'cancelled'}"
        if not context.check_mode:
            record = cancel_and_clear(context, spot) or record
            wanted = Wanted(uid, name)
            remains = _PLANS[name].remains(wanted, _cluster.read(context.client).node(uid))
            reason = f"{record.sentence()}, and its record is cleared. {remains}"
    return Result(
        changed,
        {"action": record.as_dict() if record else None, "reason": reason},
        before={"node_uid": uid, "action": name, "recorded": changed},
        after={"node_uid": uid, "action": name, "recorded": False},
    )


def _check_known(context: Context, uid: int, name: str) -> None:
    """Nothing to cancel may mean a mistyped uid; for a removal it may also mean that the node is gone."""
    cluster = _cluster.read(context.client)
    if cluster.node(uid) is None and name == REMOVE:
        known = ", ".join(str(each.uid) for each in cluster.nodes)
        context.warn(f"The cluster has no node with uid {uid}; its nodes are {known}. Check node_uid.")
        return
    cluster.require_node(uid)

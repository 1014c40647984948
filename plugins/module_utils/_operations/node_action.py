# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_node_action): bring one node into maintenance or out of it, or cancel such an action."""

from __future__ import annotations

import typing as t

from .. import _actions, _cluster, _node_plan
from .._actions import Action
from .._errors import Ambiguous, ApiError, CollectionError, Failure, NotAsAsked, Refused, WaitTimeout
from .._node_plan import OFF, ON, Step, View, Wanted
from .._operation import Context, Deadline, Result
from .._waiter import Seen, pause_after, wait_until

OPTIONS: t.Mapping[str, tuple[str, ...]] = {
    ON: (
        "overwrite_snapshot",
        "evict_ha_replica",
        "evict_active_active_replica",
        "evict_dbs",
        "keep_slave_shards",
    ),
    OFF: ("snapshot_name", "skip_shards_restore"),
}
_MOST_RUNS = 10  # activations stack on the server: each needs its own maintenance_off
_GRACE = 5.0  # seconds in which a lost request may still arrive, and the endpoints may still disagree


def run(context: Context) -> Result:
    if context.params["state"] == "absent":
        return _remove_record(context)
    return _Maintenance(context).complete()


def wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """The task's options as a Wanted; only those that were set and that belong to the action."""
    action = params["action"]
    options = {name: params[name] for name in OPTIONS[action] if params.get(name) is not None}
    return Wanted(params["node_uid"], action, {**options, **(params.get("action_options") or {})}, params["force"])


class _Maintenance:
    """One run of the task: look, decide, act, wait, look again, until there is nothing left to do."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.client = context.client
        self.wanted = wanted_from(context.params)
        self.path = f"/v1/nodes/{self.wanted.node_uid}/actions/{self.wanted.action}"
        self.clock = context.clock
        self.deadline: Deadline = context.deadline()
        self.waited_so_far = context.clock.now()
        self.sent = 0
        self.adopted = False
        self.action: Action | None = None

    def complete(self) -> Result:
        try:
            return self._completed()
        except CollectionError as error:
            if self.sent:  # the task has failed, but the action was started
                error.done = {"changed": True}
            raise

    def _completed(self) -> Result:
        first = view = self._look()
        while True:
            step = _node_plan.decide(self.wanted, view)
            for sentence in step.warnings:
                self.context.warn(sentence)
            if step.kind == "wait" and not self.context.wait.enabled:
                raise Refused(f"{step.why}. Run the task again after that, or set wait: true.")
            if step.kind == "nothing" or self.context.check_mode:
                return self._result(first, view, step)
            if self._act(step, view) and not self.context.wait.enabled:
                return self._result(first, view, step)
            view = self._look()
            if step.kind == "adopt" or (step.kind == "run" and self.action is not None and self.action.finished):
                view = self._verified(view)

    def _look(self) -> View:
        uid = self.wanted.node_uid
        cluster = _cluster.read(self.client)
        node = _node_plan.known_node(uid, cluster)
        snapshots = None
        if self.wanted.action == OFF and node.in_maintenance:
            listed = self.client.find(f"/v1/nodes/{uid}/snapshots")
            snapshots = None if listed is None else tuple(str(each.get("name")) for each in listed)
        return View(
            cluster,
            _actions.read_node_action(self.client, uid, ON),
            _actions.read_node_action(self.client, uid, OFF),
            snapshots,
        )

    def _act(self, step: Step, view: View) -> bool:
        """Start the action or take up the one that runs, and wait until it has ended well. False: look again."""
        name = self.wanted.action
        if step.kind == "run":
            if self.sent >= _MOST_RUNS:
                raise NotAsAsked(
                    f"{name} of node {self.wanted.node_uid} was run {self.sent} times to no effect: {step.why}."
                )
            if not self._start(step.body, view.record(name)):
                return False
        elif step.kind == "adopt":
            self.adopted = True
            self.action = view.record(name)
        else:
            name = ON if name == OFF else OFF
        if not self.context.wait.enabled:
            return True
        ended = self._wait_for(name)
        if step.kind != "wait":
            self.action = ended or self.action
            if ended is not None:
                _actions.require_success(ended, self._what_remains())
        return True

    def _start(self, body: t.Mapping[str, t.Any], before: Action | None) -> bool:
        """POST the action. False when the answer was lost or the server is busy: then look again and decide anew."""
        try:
            answer = self.client.write("POST", self.path, dict(body)).data
        except Ambiguous as lost:
            self._let_lost_request_arrive(lost, before)
            return False
        except ApiError as error:
            if error.status != 409:
                raise
            self._pause_after_conflict(error)
            return False
        self.sent += 1
        found = _actions.from_node(answer, self.wanted.node_uid, self.wanted.action)
        self.action = found[0] if found else None
        return True

    def _let_lost_request_arrive(self, lost: Ambiguous, before: Action | None) -> None:
        """Activations stack, so nothing is sent again before the record of the lost request had time to show up."""
        until = self.clock.now() + _GRACE
        while self.clock.now() < until:
            record = _actions.read_node_action(self.client, self.wanted.node_uid, self.wanted.action)
            if record is not None and (before is None or record.uid != before.uid):
                self.sent += 1
                return
            if self.deadline.left().timeout <= 0:
                break
            self.clock.sleep(0.5)
        if self.deadline.left().timeout <= 0 or not self.context.wait.enabled:
            raise WaitTimeout(
                f"{lost} Look at redis_action_info and redis_node_info before you run the task again.", lost.failure
            ) from lost

    def _pause_after_conflict(self, error: ApiError) -> None:
        left = self.deadline.left()
        if left.timeout <= 0 or not self.context.wait.enabled:
            raise WaitTimeout(
                f"{self.wanted.action} of node {self.wanted.node_uid} cannot start: the cluster says that another "
                f"action runs ({error.failure.description or 409}). redis_action_info shows it; try again after it.",
                error.failure,
            )
        elapsed = self.clock.now() - self.waited_so_far
        self.clock.sleep(min(pause_after(elapsed, left.interval), left.timeout))

    def _wait_for(self, name: str) -> Action | None:
        """Poll the action until it is terminal; None when its record vanished meanwhile."""
        last: list[Action | None] = [None]

        def probe() -> Seen:
            action = _actions.read_node_action(self.client, self.wanted.node_uid, name)
            last[0] = action
            if action is None:
                return Seen(True, f"{name} is not listed any more")
            return Seen(action.finished, action.sentence(), Failure(action=action.as_dict()))

        wait_until(probe, self.deadline.left(), self.clock, f"{name} of node {self.wanted.node_uid}")
        return last[0]

    def _verified(self, view: View) -> View:
        """The action is reported as completed; give the endpoints a moment to agree that the node is as asked."""
        until = self.clock.now() + _GRACE
        while True:
            problem = _node_plan.not_as_asked(self.wanted, view.cluster)
            if problem is None:
                return view
            if self.clock.now() >= until:
                break
            self.clock.sleep(0.5)
            view = self._look()
        if self.wanted.action == OFF and self.sent < _MOST_RUNS:
            self.context.warn(
                f"Node {self.wanted.node_uid} was put into maintenance more than once, so maintenance_off is repeated."
            )
            return view
        raise NotAsAsked(
            f"{self.wanted.action} of node {self.wanted.node_uid} was reported as completed, but: {problem}. "
            "Do not stop the node. Look at redis_node_info and redis_action_info, and run the task again.",
            Failure(action=self.action.as_dict() if self.action else None),
        )

    def _what_remains(self) -> str:
        node = _cluster.read(self.client).node(self.wanted.node_uid)
        if node is None:
            return f"Node {self.wanted.node_uid} is not in the cluster any more."
        state = "in maintenance" if node.in_maintenance else "not in maintenance"
        snapshot = f", its snapshot {node.maintenance_snapshot} is kept" if node.maintenance_snapshot else ""
        return (
            f"Node {node.uid} is {state} with {len(node.shards)} shard(s) on it{snapshot}. Run the task again to go "
            "on, or use maintenance_off to go back."
        )

    def _result(self, first: View, last: View, step: Step) -> Result:
        uid = self.wanted.node_uid
        changed = self.sent > 0 or (self.context.check_mode and step.kind in ("run", "wait"))
        node = last.cluster.node(uid)
        before = first.cluster.node(uid)
        was = before is not None and before.in_maintenance
        will_be = self.wanted.action == ON if changed else was
        return Result(
            changed,
            {
                "node": node.as_dict() if node else None,
                "action": self.action.as_dict() if self.action else None,
                "adopted": self.adopted or (self.context.check_mode and step.kind == "adopt"),
                "already": not changed and step.kind == "nothing",
                "reason": step.why,
            },
            before={"node_uid": uid, "in_maintenance": was},
            after={"node_uid": uid, "in_maintenance": will_be},
        )


def _remove_record(context: Context) -> Result:
    """C(state: absent): cancel what runs and wait until it has stopped; clear the record of what has ended."""
    uid, name = context.params["node_uid"], context.params["action"]
    path = f"/v1/nodes/{uid}/actions/{name}"
    _node_plan.known_node(uid, _cluster.read(context.client))
    record = _actions.read_node_action(context.client, uid, name)
    changed = record is not None
    if changed and not context.check_mode:
        record = _cancel_and_clear(context, path, uid, name) or record
    return Result(
        changed,
        {"action": record.as_dict() if record else None},
        before={"node_uid": uid, "action": name, "recorded": changed},
        after={"node_uid": uid, "action": name, "recorded": False},
    )


def _cancel_and_clear(context: Context, path: str, uid: int, name: str) -> Action | None:
    """DELETE cancels a running action and clears a finished one; so it is sent again until nothing is recorded."""
    last: list[Action | None] = [None]
    cancelled: set[str | None] = set()

    def probe() -> Seen:
        action = _actions.read_node_action(context.client, uid, name)
        if action is None:
            return Seen(True, "no record")
        last[0] = action
        key = f"{action.uid} {action.finished}"
        if key not in cancelled:
            cancelled.add(key)
            try:
                context.client.write("DELETE", path, accept=(404,))
            except Ambiguous:
                cancelled.discard(key)  # it is read again, and sent again only if the record is still there
            if not context.wait.enabled:
                return Seen(True, action.sentence())
        return Seen(False, action.sentence(), Failure(action=action.as_dict()))

    wait_until(probe, context.wait, context.clock, f"{name} of node {uid} to stop")
    return last[0]

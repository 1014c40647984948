# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task about one action: read, decide, start or adopt, wait, read back, until there is nothing left to do."""

from __future__ import annotations

import dataclasses
import typing as t

from .._api import cluster as cluster_api
from .._api.cluster import Cluster
from .._core.context import Context, Result
from .._core.errors import ActionFailed, ApiError, CollectionError, Failure, GoalNotReached, Refused
from .._core.waiter import GRACE, pause_after
from .lookup import ActionEndpoint, node_action_endpoint
from .model import Action, require_success
from .registry import NO_CLUSTER, ActionType, Step, View, Wanted, why_not_completed
from .run import LOOK_AGAIN, ActionRun, cancel_and_clear

MOST_RUNS = 10  # POSTs of one task
STARTED, ADOPTED, FOUND = "started", "adopted", "found"  # how a task comes to its goal


class ActionTask:
    """Brings an action to its goal. C(read) reads the view; C(values) gives further keys of the result."""

    def __init__(
        self,
        context: Context,
        action: ActionType,
        wanted: Wanted,
        endpoint: ActionEndpoint,
        read: t.Callable[[], View],
        values: t.Callable[[Cluster], t.Mapping[str, t.Any]],
    ) -> None:
        self.context = context
        self.action = action
        self.wanted = wanted
        self.endpoint = endpoint
        self.read = read
        self.values = values
        self.requests = ActionRun(context, endpoint)
        self.first: View | None = None  # when the task began
        self.record: Action | None = None  # of the action that was started or adopted, as it was listed last
        self.adopted = False

    def run(self) -> Result:
        try:
            while (result := self._next()) is None:
                pass
        except CollectionError as error:
            if self.requests.sent:
                error.done = {"changed": True}
            raise
        return result

    def _next(self) -> Result | None:
        """One round; None if another one is needed."""
        view = self.read()
        self.first = first = self.first or view
        view = dataclasses.replace(view, first_record=first.own_record)
        if view.own_record and view.has_new_record and self.requests.sent and self.record is None:
            self._require_success(view.own_record)  # what a request whose answer was lost has started
        step = self.action.decide(self.wanted, view)
        if step.kind == "wait" and not self.context.wait.enabled:
            raise Refused(f"{step.why}. Run the task again after that, or set wait: true.")
        for sentence in step.warnings:
            self.context.warn(sentence)
        if step.kind == "nothing" or self.context.check_mode:
            if step.kind == "nothing" and (self.requests.sent or self.requests.lost):
                self.record = self.record or view.own_record
            return self._result(view, step)
        if step.kind == "wait":
            self._wait_for_other(step)
            return None
        self.record = step.action if step.kind == "adopt" else self._start(step, view)
        if self.record is None:
            return None
        self.adopted = self.adopted or step.kind == "adopt"
        if not self.context.wait.enabled:
            return self._result(view, step)
        now = self._completed(step)
        return None if now is None else self._result(dataclasses.replace(view, cluster=now), step)

    # -- acting ------------------------------------------------------------------------------------------------------

    def _start(self, step: Step, view: View) -> Action | None:
        if self.requests.sent >= MOST_RUNS:
            raise GoalNotReached(f"{self.endpoint.label} was run {MOST_RUNS} times to no effect: {step.why}.")
        try:
            return self.requests.start(step.body, view.own_record)
        except ApiError as error:
            said = (error.failure.description or error.error_code or "no details given").rstrip(".")
            message = self.action.rejection_help(self.wanted, error.status, said)
            if message is None:
                raise
            raise ApiError(message, error.failure, error.body) from error

    def _wait_for_other(self, step: Step) -> None:
        if step.action is None:
            raise AssertionError("a step that waits names the action")
        other = node_action_endpoint(self.wanted.node_uid, step.action.name)
        if self.requests.wait_until_finished(other, step.action) is None:
            self.requests.pause(step.why)

    def _completed(self, step: Step) -> Cluster | None:
        """The cluster with the goal met, after the action is completed; None if another round is needed."""
        detail = self._shards if self.action.progress_detail else None
        ended = self.requests.wait_until_finished(self.endpoint, step.action, detail)
        self.record = ended or self.record
        may_differ = step.kind == "adopt" and not self.action.record_tells_goal
        if ended is not None:
            self._require_success(ended)
        now, unmet = self._until_goal(ended, GRACE if may_differ else self.action.settles_within)
        if unmet is None:
            return now
        if ended is None:
            raise ActionFailed(
                f"{self.endpoint.label} was cancelled or cleared before its end was seen: {unmet}. {self._advice(now)}",
                self._failure,
            )
        if may_differ:
            return None
        repeat = self.action.repeat_reason(self.wanted) if self.requests.sent < MOST_RUNS else None
        if repeat is None:
            raise GoalNotReached(
                f"{self.endpoint.label} was reported as completed, but: {unmet}. {self.action.unmet_advice}",
                self._failure,
            )
        self.context.warn(repeat)
        return None

    def _shards(self) -> str | None:
        """The progress detail: how many shards are left on the node, or back."""
        node = self.context.client.find(f"/v1/nodes/{self.wanted.node_uid}")
        count = len((node or {}).get("shard_list") or ())
        return f"{count} shard{'' if count == 1 else 's'} {self.action.progress_detail}" if node else None

    # -- judging -----------------------------------------------------------------------------------------------------

    @property
    def _before(self) -> Cluster:
        return self.first.cluster if self.first else NO_CLUSTER

    @property
    def _failure(self) -> Failure:
        return Failure(action=self.record.as_dict() if self.record else None)

    def _read_back(self) -> Cluster:
        return cluster_api.read(self.context.client) if self.action.reads_cluster else NO_CLUSTER

    def _until_goal(self, ended: Action | None, settles_within: float) -> tuple[Cluster, str | None]:
        """The cluster as soon as it shows the goal, or after a while what it does not show: endpoints may disagree."""
        if ended is not None and not self.action.reads_cluster:
            return self._before, None
        clock, began = self.context.clock, self.context.clock.now()
        within = max(GRACE, min(settles_within, self.requests.deadline.left().timeout))
        while True:
            now = self._read_back()
            unmet = why_not_completed(self.action, self.wanted, self._before, now)
            elapsed = clock.now() - began
            if unmet is None or elapsed >= within or not self.action.reads_cluster:
                return now, unmet
            clock.sleep(max(LOOK_AGAIN, pause_after(elapsed, self.context.wait.interval)))

    def _require_success(self, ended: Action) -> None:
        if ended.succeeded or not ended.finished:
            return
        now = self._read_back()
        advice = self._advice(now)
        if ended.doubtful and self.action.unfinished_work(self.wanted, self._before, now) is None:
            state = advice.partition(". ")[0].rstrip(".")
            advice = f"{state}, as {self.wanted.action} leaves it: run the task again to confirm that."
        require_success(ended, advice)

    def _advice(self, now: Cluster) -> str:
        return self.action.recovery_advice(self.wanted, now.node(self.wanted.node_uid))

    # -- the result --------------------------------------------------------------------------------------------------

    def _result(self, last: View, step: Step) -> Result:
        first = self.first or last
        before = self.action.facts(self.wanted, first)
        # Of a lost request that has left no record, only the cluster can tell.
        by_lost = self.requests.lost > 0 and before != self.action.facts(self.wanted, last)
        predicted = self.context.check_mode and step.kind in ("run", "wait")
        changed = self.requests.sent > 0 or by_lost or predicted
        adopted = self.adopted or (self.context.check_mode and step.kind == "adopt")
        record = self.record or (step.action if step.kind in ("nothing", "adopt") else None)
        return Result(
            changed,
            {
                "action": record.as_dict() if record else None,
                "outcome": STARTED if changed else ADOPTED if adopted else FOUND,
                "reason": step.why,
                **self.values(last.cluster),
            },
            before=before,
            after={**before, **self.action.goal(self.wanted)} if changed else before,
        )


def remove_record(
    context: Context,
    endpoint: ActionEndpoint,
    of: t.Mapping[str, t.Any],
    nothing_recorded: str,
    state_after: t.Callable[[], str] = lambda: "",
) -> Result:
    """C(state: absent): cancel what runs and wait until it has stopped; clear the record of what has ended.

    C(of) names the action in the diff; C(state_after) says what it has left behind.
    """
    record = endpoint.action(context.client)
    recorded, reason = record is not None, nothing_recorded
    if record is not None:
        reason = f"{record.sentence()}, and will be {'cleared' if record.finished else 'cancelled'}"
        if not context.check_mode:
            record = cancel_and_clear(context, endpoint) or record
            reason = ". ".join(filter(None, [f"{record.sentence()}, and its record is cleared", state_after()]))
    return Result(
        recorded,
        {"action": record.as_dict() if record else None, "reason": reason, "node_uid": of.get("node_uid")},
        before={**of, "recorded": recorded},
        after={**of, "recorded": False},
    )

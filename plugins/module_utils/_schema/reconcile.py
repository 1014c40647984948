# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reconciler: it brings one object of the API to its desired state, and believes only what the cluster shows.

read → plan → dry run (in check mode) | write once → wait → read back and compare, until there is nothing left to do
"""

from __future__ import annotations

import contextlib
import typing as t

from .._core.context import Context, Result
from .._core.errors import Ambiguous, ApiError, CollectionError, GoalNotReached, WaitTimeout
from .._core.waiter import Seen, pause_after, wait_until
from .desired import Desired
from .error_help import explained
from .plan import (
    Plan,
    duplicate_name_error,
    not_applied_error,
    plan,
    predicted,
    refuse_unknown,
    still_different,
    unknown_fields,
)
from .read import Reader
from .redact import redact
from .schema import Obj

_SHORT_PAUSE = 0.02  # seconds before names are read again for a conditional creation
_PAUSE = 0.5
GRACE = 5.0  # seconds in which a lost creation may still show up, or an object may still show its old values

D = t.TypeVar("D", bound=Desired)


class ManagedObject(t.Generic[D]):
    """One object and its desired state: what the reconciler has to know of its type.

    A subclass says what is different about its own. The defaults suit an object whose name is unique, and whose writes
    are complete once they are answered.
    """

    result_key: t.ClassVar[str]  # of the object in a result
    identity_query: t.ClassVar[t.Mapping[str, str]] = {}  # for the list of all objects, with at least uid and name
    json_schema: t.ClassVar[str] = ""  # what /v1/jsonschema calls it, where fields are accepted that have no row
    conditional_creation: t.ClassVar[bool] = False  # on the cluster's state id, where names need not be unique

    def __init__(self, desired: D) -> None:
        self.desired = desired

    def plan(self, current: Obj | None) -> Plan:
        return plan(self.desired, current)

    def check(self, work: Reconciler, plan: Plan) -> None:
        """Raise Refused for a step that has to be refused for what else the cluster shows; in check mode too."""

    def can_dry_run(self, work: Reconciler) -> bool:
        """Whether this cluster validates a creation or an update as a dry run. If not, check mode predicts."""
        return False

    def is_busy(self, error: ApiError) -> bool:
        """Whether an error passes by itself, so that the write is worth another try."""
        return error.status == 409 and error.error_code == "busy"

    def advice(self, error: ApiError, *, creation: bool) -> str | None:
        """What the user should change; None where the error's own message says it."""
        return None

    def claims_name(self, listed: Obj) -> bool:
        """Whether a listed object counts as one that has its name."""
        return True

    # -- waiting: an object whose writes return an action, or that has a status -----------------------------------

    def settled(self, work: Reconciler, current: Obj | None) -> Obj | None:
        """The object once a change that was under way has ended; comparing before that would be guessing."""
        return current

    def require_ready(self, current: Obj | None, *, may_pass: bool) -> None:
        """Raise where the object has the desired values and is of no use. C(may_pass): it may still be changing."""

    def running(self, work: Reconciler, plan: Plan, answer: Obj) -> Seen[Obj] | None:
        """What is still going on after a write was answered; None once it is over."""
        return None

    def require_success(self, obj: Obj | None) -> None:
        """Raise where what was going on has failed; C(obj) is what it left."""

    def not_ready(self, obj: Obj) -> str | None:
        """A phrase for an object that is not to be compared yet, such as C(is pending)."""
        return None

    def accepted(self, answer: Obj) -> None:
        """A write was answered, and nothing is waited for."""

    def timeout_error(self, work: Reconciler, late: WaitTimeout, uid: t.Any) -> WaitTimeout:
        """The error of a wait that took too long, with what the cluster is doing."""
        return late

    def facts(self, plan: Plan, *, check_mode: bool) -> dict[str, t.Any]:
        """What a result has beside the object, the changes and the diff."""
        return {}

    @property
    def action(self) -> dict[str, t.Any] | None:
        """The action of the last write, for an error."""
        return None


class _StateMoved(Exception):
    """The cluster is no longer in the state in which the names were read, so it refused to create."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(str(error))
        self.error = error


class Reconciler:
    """Reconciles one object.

    For several at once: C(create_lock) serialises lookup and creation of a new name, C(release_slot) is called once the
    cluster has finished, and C(fields) are the fields to read; without them it is the complete object.
    """

    def __init__(
        self,
        context: Context,
        target: ManagedObject[t.Any],
        *,
        create_lock: t.ContextManager[t.Any] | None = None,
        release_slot: t.Callable[[], None] = lambda: None,
        fields: t.Sequence[str] = (),
    ) -> None:
        self.context = context
        self.client = context.client
        self.clock = context.clock
        self.target = target
        self.desired: Desired = target.desired
        self.reader = Reader(self.client, self.clock, target.desired, target.identity_query, fields)
        self._create_lock = create_lock or contextlib.nullcontext()
        self._release_slot = release_slot
        self._started = self.clock.now()
        self._deadline = context.deadline()
        self._sent: Plan | None = None
        self._known_fields: frozenset[str] | None = None  # by the cluster's own schema, once that was read
        self._created_uid: t.Any = None
        self.may_have_created = False  # an answer that was lost counts

    def run(self) -> Result:
        """Read and reconcile; after a creation, make sure that it is the only object of its name."""
        result = self.reconcile(self.reader.read())
        if self.may_have_created:
            try:
                error: CollectionError | None = self.duplicate_error(self.reader.list_identities())
            except CollectionError as unread:
                error = unread
            if error is not None:
                error.done = result.as_dict()
                raise error
        return result

    def reconcile(self, current: Obj | None) -> Result:
        """C(current) is the object as it was read: with at least its identity, its status and the desired fields."""
        try:
            return self._step_by_step(self.target.settled(self, current))
        except CollectionError as error:
            if self._sent is not None:  # the task has failed, but what it sent was sent
                error.done = {"changed": True, "diff": {"before": self._sent.before, "after": self._sent.after}}
            raise

    def duplicate_error(self, listed: t.Sequence[Obj]) -> GoalNotReached | None:
        """After a creation: the error if one of C(listed), read since then, has the name as well."""
        named = [obj for obj in listed if self.target.claims_name(obj)]
        return duplicate_name_error(self.desired.schema, str(self.desired.name), self._created_uid, named)

    def _step_by_step(self, current: Obj | None) -> Result:
        while True:
            self._refuse_unknown_fields(current)
            plan = self.target.plan(current)
            if not plan.changed:
                may_pass = self.context.check_mode or not self.context.wait.enabled
                self.target.require_ready(current, may_pass=may_pass)
                return self._result(self._sent or plan, current)
            self.target.check(self, plan)
            if self.context.check_mode:
                return self._result(plan, self._dry_run(plan))
            answer = self._write(plan)
            if answer is None:
                current = self.target.settled(self, self._read_again(plan))
            elif not self.context.wait.enabled:
                self.target.accepted(answer)
                return self._result(plan, None if plan.deletes else answer)
            else:
                current = self._wait_for(plan, answer)
                if not plan.deletes:
                    return self._result(plan, current)

    def _result(self, plan: Plan, obj: Obj | None) -> Result:
        changed = self._sent is not None or (self.context.check_mode and plan.changed)
        return Result(
            changed,
            {
                self.target.result_key: redact(self.desired.schema, dict(obj)) if obj else None,
                "changes": plan.changes if changed else [],
                **self.target.facts(plan, check_mode=self.context.check_mode),
            },
            before=plan.before if changed else {},
            after=plan.after if changed else {},
        )

    # -- reading -----------------------------------------------------------------------------------------------

    def _read_again(self, plan: Plan) -> Obj | None:
        """After an attempt: the same object as before, even if another has its name by now."""
        if plan.current is None:
            return self.reader.read()
        found = self.reader.find_listed(plan.current["uid"])
        if found is None and self.desired.state == "present":
            raise GoalNotReached(
                f"{self.desired.title} was deleted while it was being changed. Run the task again to create it."
            )
        return found

    def _refuse_unknown_fields(self, current: Obj | None) -> None:
        """Fields without a row are looked up in the schema of the cluster, where it has one."""
        names = unknown_fields(self.desired, current)
        if names and self._known_fields is None:
            query = {"object": self.target.json_schema}
            answer = self.client.get("/v1/jsonschema", query, accept=(*range(400, 500), 500)).data
            properties = answer.get("properties") if isinstance(answer, dict) else None
            self._known_fields = frozenset(properties if isinstance(properties, dict) else ())
        if names:
            refuse_unknown(self.desired.schema, names, self._known_fields or ())

    # -- writing -----------------------------------------------------------------------------------------------

    def _dry_run(self, plan: Plan) -> Obj | None:
        """Check mode: the object as it would be; where the cluster can, it validates the same request as a dry run."""
        if plan.deletes:
            return None  # the API has no dry run of a deletion
        answer, validates = None, self.target.can_dry_run(self)
        while validates and answer is None:
            try:
                answer = self.client.write(*plan.request(), dry_run=True).data or {}
            except ApiError as error:
                self._pause_if_busy(error, plan)
        return {**(answer if isinstance(answer, dict) else {}), **predicted(plan)}

    def _write(self, plan: Plan) -> Obj | None:
        """The answer to the one request of the plan. None: it proves nothing, so the object has to be read again."""
        if not plan.creates:
            return self._send(plan)
        with self._create_lock:
            while self.reader.state_id is not None or self.reader.read() is None:
                try:
                    return self._send(plan)
                except _StateMoved as moved:
                    self.reader.state_id = None  # something has changed since the names were read: read them again
                    self._pause(moved.error, plan, _SHORT_PAUSE)
        return None

    def _send(self, plan: Plan) -> Obj | None:
        method, path, body = plan.request()
        state_id = self.reader.state_id if plan.creates and self.target.conditional_creation else None
        try:
            answer = self.client.write(method, path, body, state_id=state_id).data
        except Ambiguous as lost:
            self._note_sent(plan, {})
            self._await_lost_write(plan, lost)
            return None
        except ApiError as error:
            if error.error_code == "wrong_cluster_state_id":
                raise _StateMoved(error) from error
            if plan.creates and error.error_code == "name_already_exists" and self.reader.read() is not None:
                return None  # another client has created it meanwhile
            if error.status == 404 and plan.current is not None and self._is_gone(plan.current["uid"]):
                return None  # another client has deleted it
            self._pause_if_busy(error, plan)
            return None
        answer = answer if isinstance(answer, dict) else {}
        self._note_sent(plan, answer)
        if plan.creates and answer.get("uid") is None:
            if not self._appears():
                raise GoalNotReached(
                    f"The cluster accepted the creation of {self.desired.label}, but neither its answer nor its list "
                    f"shows a uid. Look at the {self.desired.schema.noun}s before you run the task again."
                )
            return None
        return answer

    def _is_gone(self, uid: t.Any) -> bool:
        return self.reader.find_listed(uid) is None

    def _note_sent(self, plan: Plan, answer: Obj) -> None:
        self._sent = plan
        if plan.creates:
            self.may_have_created, self._created_uid = True, answer.get("uid")

    def _await_lost_write(self, plan: Plan, lost: Ambiguous) -> None:
        """Before anything is sent again, give the lost request time to show up: two creations make two objects.

        What the object cannot show, such as a flush, is never sent again.
        """
        noun, label = self.desired.schema.noun, self.desired.label
        if plan.unprovable:
            raise Ambiguous(
                f"The answer to {plan.unprovable} of {label} was lost, and nothing shows whether it was carried out. "
                f"Look at the {noun} before you run the task again.",
                lost.failure,
            ) from lost
        left = self._deadline.left()
        if left.timeout <= 0 or not self.context.wait.enabled:
            raise WaitTimeout(f"{lost} Look at {label} before you run the task again.", lost.failure) from lost
        self.clock.sleep(min(pause_after(self._elapsed(), GRACE), left.timeout))
        if plan.creates:
            self._appears()

    def _appears(self) -> bool:
        """Whether an object that may have been created shows up in time."""
        until = self.clock.now() + GRACE
        while self.reader.read() is None:
            if self.clock.now() >= until:
                return False
            self.clock.sleep(_PAUSE)
        return True

    def _pause_if_busy(self, error: ApiError, plan: Plan) -> None:
        if not self.target.is_busy(error):
            raise explained(error, self.desired, plan.step, self._advice(error, plan)) from error
        self._pause(error, plan)

    def _pause(self, error: ApiError, plan: Plan, seconds: float | None = None) -> None:
        left = self._deadline.left()
        if left.timeout <= 0 or (seconds is None and not self.context.wait.enabled):
            reason = (error.failure.description or error.error_code or "it is busy").rstrip(".")
            raise WaitTimeout(
                f"The cluster did not take the change of {self.desired.label} in time: {reason} ({error.status}). "
                f"{self._advice(error, plan) or ''} redis_action_info shows what runs now.",
                error.failure,
            ) from error
        pause = pause_after(self._elapsed(), left.interval) if seconds is None else seconds
        self.clock.sleep(min(pause, left.timeout))

    def _advice(self, error: ApiError, plan: Plan) -> str | None:
        return self.target.advice(error, creation=plan.creates)

    def _elapsed(self) -> float:
        return self.clock.now() - self._started

    # -- waiting -----------------------------------------------------------------------------------------------

    def wait_until(self, probe: t.Callable[[], Seen[Obj]], uid: t.Any, waiting_for: str) -> Seen[Obj]:
        """Wait within the user's time; if that runs out, the error says what the cluster is doing with the object."""
        try:
            return wait_until(probe, self._deadline.left(), self.clock, waiting_for)
        except WaitTimeout as late:
            error = self.target.timeout_error(self, late, uid)
            raise error from (None if error is late else late)

    def seen_gone(self, uid: t.Any) -> Seen[Obj]:
        """After a 404: gone only if the list agrees."""
        listed = self.reader.is_listed(uid)
        return Seen(not listed, f"{self.desired.label} is {'still listed' if listed else 'gone'}")

    def _wait_for(self, plan: Plan, answer: Obj) -> Obj | None:
        """The object, read back once the write is complete and its values are as desired; None once it is gone."""
        uid = answer.get("uid", (plan.current or {}).get("uid"))
        ready_since: float | None = None

        def probe() -> Seen[Obj]:
            nonlocal ready_since
            running = self.target.running(self, plan, answer)
            if running is not None:
                return running
            self._release_slot()
            obj = self.reader.find(uid)
            self.target.require_success(obj)
            if plan.deletes:
                return self.seen_gone(uid) if obj is None else Seen(False, f"{self.desired.label} is still there")
            if obj is None:
                return Seen(False, f"{self.desired.label} is not listed")
            not_ready = self.target.not_ready(obj)
            if not_ready:
                return Seen(False, f"{self.desired.label} {not_ready}")
            different = still_different(self.desired, obj, plan)
            if not different:
                return Seen(True, "as desired", value=obj)
            ready_since = self.clock.now() if ready_since is None else ready_since
            if self.clock.now() - ready_since > GRACE:
                raise not_applied_error(self.desired, obj, different, self.target.action)
            return Seen(False, f"{self.desired.label} does not show {', '.join(different)} as desired yet")

        return self.wait_until(probe, uid, f"the {plan.step} of {self.desired.label}").value

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_bdb): one database as it should be, or gone."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._action import model as _actions
from .._action.model import Action
from .._bdb import error_help as _bdb_errors
from .._bdb import facade as _bdb_fields
from .._bdb import plan as _bdb_plan
from .._bdb import verify as _bdb_done
from .._bdb.desired import options
from .._bdb.plan import Bdb, Desired, Plan
from .._bdb.read import NAMES, Reader
from .._bdb.verify import PASSING, Standstill
from .._core.context import Context, Result
from .._core.errors import Ambiguous, ApiError, CollectionError, Failure, GoalNotReached, WaitTimeout
from .._core.waiter import Seen, pause_after, wait_until

# The options that describe one database, as redis_bdb and each item of redis_bdb_set take them.
OPTIONS: t.Mapping[str, t.Any] = options()

_SHORT = 0.02  # seconds before names are read again for a creation
_GRACE = 5.0  # seconds in which a lost request may still arrive, or an object may still show its old values


def run(context: Context) -> Result:
    desired = _bdb_plan.desired_from(context.params)
    for sentence in desired.deprecations():
        context.warn(sentence)
    database = Database(context, desired)
    result = database.bring_about(database.look())
    if database.created:
        _refuse_double(database, result)
    return result


def _refuse_double(database: Database, result: Result) -> None:
    """Where the cluster does not honour its state id, two tasks can create one name: so names are read once more."""
    try:
        error: CollectionError | None = database.double(database.client.get_list("/v1/bdbs", NAMES).data)
    except CollectionError as unread:
        error = unread
    if error is not None:
        error.done = result.as_dict()
        raise error


class _Moved(Exception):
    """The cluster is not in the state any more in which the names were read, so it refused to create."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(str(error))
        self.error = error


class Database:
    """Brings one database about: plan, write, wait, look again, until there is nothing left to do.

    For those who bring several about at once: C(creating) is held while a new name is looked for and created, and
    C(changing_over) is called when the cluster has nothing more to do for this one. C(names) are the fields to read;
    without them it is the whole object.
    """

    def __init__(
        self,
        context: Context,
        desired: Desired,
        creating: t.ContextManager[t.Any] | None = None,
        changing_over: t.Callable[[], None] = lambda: None,
        names: t.Sequence[str] = (),
    ) -> None:
        self.changing_over = changing_over
        self.context = context
        self.client = context.client
        self.clock = context.clock
        self.desired = desired
        self.creating = creating or contextlib.nullcontext()
        self.started = context.clock.now()
        self.deadline = context.deadline()
        self.reader = Reader(context.client, context.clock, desired, names)
        self.sent: Plan | None = None
        self.created = False  # or perhaps: the answer may have been lost
        self.made: t.Any = None  # uid of the database that was created here, if it is known
        self.action: Action | None = None
        self.schema: frozenset[str] | None = None  # fields of the cluster's own schema, once they were asked for

    def bring_about(self, current: Bdb | None) -> Result:
        """C(current) is the database as it was read: with at least its identity, status and the fields wanted."""
        try:
            return self._brought_about(self._settled(current))
        except CollectionError as error:
            if self.sent is not None:  # the task has failed, but what it sent was sent
                error.done = {"changed": True, "diff": {"before": self.sent.before, "after": self.sent.after}}
            raise

    def _brought_about(self, current: Bdb | None) -> Result:
        while True:
            self._refuse_unknown(current)
            plan = _bdb_plan.plan(self.desired, current)
            if not plan.changed:
                may_pass = self.context.check_mode or not self.context.wait.enabled
                _bdb_done.require_active(self.desired, current, may_pass=may_pass)
                return self._result(self.sent or plan, current)
            if self.context.check_mode:
                return self._result(plan, self._predict(plan))
            answer = self._write(plan)
            if answer is not None and not self.context.wait.enabled:
                self.action = _bdb_done.unwaited(answer)
                return self._result(plan, None if plan.step == "delete" else answer)
            if answer is not None:
                current = self._wait_for(plan, answer)
                if plan.step != "delete":
                    return self._result(plan, current)
            else:
                current = self._settled(self._look_again(plan))

    # -- reading -----------------------------------------------------------------------------------------------

    def look(self) -> Bdb | None:
        """The database that is meant."""
        return self.reader.look()

    def _look_again(self, plan: Plan) -> Bdb | None:
        """After an attempt: the same database as before, even if another has its name by now."""
        if plan.current is None:
            return self.look()
        found = self.reader.believed(plan.current["uid"])
        if found is None and self.desired.state == "present":
            raise GoalNotReached(
                f"{self.desired.label} was deleted while it was being changed. Run the task again to create it."
            )
        return found

    def double(self, listed: t.Sequence[Bdb]) -> GoalNotReached | None:
        """After a creation, with all names read once more: the error if another database has got the name as well."""
        return _bdb_done.double(str(self.desired.name), self.made, listed)

    def _find(self, uid: t.Any) -> Bdb | None:
        return self.reader.find(uid)

    def _refuse_unknown(self, current: Bdb | None) -> None:
        """Fields that this collection does not know are held against the schema of the cluster, where it has one."""
        names = _bdb_plan.unknown_fields(self.desired, current)
        if names and self.schema is None:
            answer = self.client.get("/v1/jsonschema", {"object": "bdb"}, accept=(*range(400, 500), 500)).data
            properties = answer.get("properties") if isinstance(answer, dict) else None
            self.schema = frozenset(properties if isinstance(properties, dict) else ())
        if names:
            _bdb_plan.refuse_unknown(names, self.schema or ())

    def _settled(self, current: Bdb | None) -> Bdb | None:
        """Let a change that is under way end first, whoever started it; comparing with it would be guessing."""
        if current is None or current.get("status") not in PASSING:
            return current
        if self.context.check_mode or not self.context.wait.enabled:
            return None if current.get("status") == "delete-pending" else current
        seen: dict[str, t.Any] = {}

        def probe() -> Seen[t.Any]:
            bdb = seen["bdb"] = self._find(current["uid"])
            if bdb is None:
                return self._gone(current["uid"])
            status = str(bdb.get("status"))
            return Seen(status not in PASSING, f"{self.desired.label} is {status}")

        self._until(probe, current["uid"], f"{self.desired.label} to settle")
        if seen["bdb"] is None:
            return self.look() if self.desired.state == "present" else None
        return t.cast("Bdb", seen["bdb"])

    def _gone(self, uid: t.Any) -> Seen[t.Any]:
        """After a 404."""
        listed = self.reader.is_listed(uid)
        return Seen(not listed, f"{self.desired.label} is {'still listed' if listed else 'gone'}")

    def _until(self, probe: t.Callable[[], Seen[t.Any]], uid: t.Any, waiting_for: str) -> None:
        """Wait; if time runs out, the error names what the cluster is doing with the database."""
        try:
            wait_until(probe, self.deadline.left(), self.clock, waiting_for)
        except WaitTimeout as late:
            try:
                bdb, listed = self.reader.believed(uid), self.client.find(f"/v1/actions/bdb/{uid}")
            except CollectionError:
                raise late from None
            raise _bdb_done.in_vain(late, self.desired.label, bdb, _actions.from_v1(listed), self.action) from late

    # -- writing -----------------------------------------------------------------------------------------------

    def _predict(self, plan: Plan) -> Bdb | None:
        """Check mode: the server validates the same request as a dry run. The API has none for deletion."""
        if plan.step == "delete":
            return None
        while True:
            try:
                answer = self.client.write(*plan.request(), dry_run=True).data
            except ApiError as error:
                self._pause_if_busy(error, plan)
                continue
            return {**(answer if isinstance(answer, dict) else {}), **_bdb_plan.predicted(plan)}

    def _write(self, plan: Plan) -> Bdb | None:
        """Send the one request of the plan. None: nobody knows or it was not the time for it, so look again."""
        if plan.step != "create":
            return self._send(plan)
        with self.creating:
            while self.reader.state_id is not None or self.look() is None:
                try:
                    return self._send(plan)
                except _Moved as moved:
                    self.reader.state_id = None  # something has changed since the names were read: read them again
                    self._pause(moved.error, plan, _SHORT)
        return None

    def _send(self, plan: Plan) -> Bdb | None:
        method, path, body = plan.request()
        state_id = self.reader.state_id if plan.step == "create" else None
        try:
            response = self.client.write(method, path, body, state_id=state_id)
        except Ambiguous as lost:
            self._note(plan, {})
            self._let_lost_request_arrive(plan, lost)
            return None
        except ApiError as error:
            if error.error_code == "wrong_cluster_state_id":
                raise _Moved(error) from error
            if error.status == 404 and plan.current is not None and self.reader.believed(plan.current["uid"]) is None:
                return None  # somebody else has deleted it
            self._pause_if_busy(error, plan)
            return None
        return self._note(plan, response.data if isinstance(response.data, dict) else {})

    def _note(self, plan: Plan, answer: Bdb) -> Bdb:
        """What was sent; and the answer to it."""
        self.sent = plan
        if plan.step == "create":
            self.created, self.made = True, answer.get("uid")
        return answer

    def _let_lost_request_arrive(self, plan: Plan, lost: Ambiguous) -> None:
        """Before anything is sent again, give the lost request time to show up: two creations make two databases.

        An action is never sent again: what was flushed may have been filled since. And nothing in the API tells whether
        it was done: its state machine is that of any change, and the database looks the same before and after.
        """
        if plan.action:
            raise Ambiguous(
                f"The answer to action {plan.action} of {self.desired.label} was lost, and nothing shows whether it "
                "was carried out. Look at the database before you run the task again.",
                lost.failure,
            ) from lost
        if self.deadline.left().timeout <= 0 or not self.context.wait.enabled:
            raise WaitTimeout(
                f"{lost} Look at {self.desired.label} before you run the task again.", lost.failure
            ) from lost
        self.clock.sleep(min(pause_after(self.clock.now() - self.started, 5.0), self.deadline.left().timeout))
        until = self.clock.now() + _GRACE
        while plan.step == "create" and self.clock.now() < until and self.look() is None:
            self.clock.sleep(0.5)

    def _pause_if_busy(self, error: ApiError, plan: Plan) -> None:
        """A 409 means busy and passes, except for a uid that exists."""
        if error.status != 409 or error.error_code == "uid_exists":
            raise _bdb_errors.explained(error, self.desired.label, creation=plan.step == "create") from error
        self._pause(error, plan)

    def _pause(self, error: ApiError, plan: Plan, seconds: float | None = None) -> None:
        left = self.deadline.left()
        if left.timeout <= 0 or (seconds is None and not self.context.wait.enabled):
            advice = _bdb_errors.sentence(error, creation=plan.step == "create") or ""
            raise WaitTimeout(
                f"The cluster did not take the change of {self.desired.label} in time: "
                f"{(error.failure.description or error.error_code or 'it is busy').rstrip('.')} (409). {advice} "
                "redis_action_info shows what runs now.",
                error.failure,
            ) from error
        pause = pause_after(self.clock.now() - self.started, left.interval) if seconds is None else seconds
        self.clock.sleep(min(pause, left.timeout))

    # -- waiting -----------------------------------------------------------------------------------------------

    def _wait_for(self, plan: Plan, answer: Bdb) -> Bdb | None:
        """Until the action is terminal and the object, read back, is as asked; the object, or None if it is gone."""
        uid = answer.get("uid", (plan.current or {}).get("uid"))
        action_uid = answer.get("action_uid")
        seen: dict[str, t.Any] = {"active since": None, "forgotten": False}
        standstill = Standstill()

        def probe() -> Seen[t.Any]:
            if action_uid and (self.action is None or not self.action.finished):
                action = _actions.read_one(self.client, action_uid, "v1")
                self.action, seen["forgotten"] = action or self.action, action is None
                if action is not None and not action.finished and not self._is_over(action, plan, standstill, uid):
                    return Seen(False, action.sentence(), Failure(action=action.as_dict()), action.line())
            self.changing_over()
            bdb = seen["bdb"] = self._find(uid)
            if self.action is not None:
                _actions.require_success(self.action, _bdb_done.what_remains(self.desired.label, bdb))
            if plan.step == "delete":
                return self._gone(uid) if bdb is None else Seen(False, f"{self.desired.label} is still there")
            return self._as_asked(plan, bdb, seen)

        self._until(probe, uid, f"the {plan.step} of {self.desired.label}")
        if self.action is not None and seen["forgotten"]:  # by the server, and the object proves that it is done
            self.action = dataclasses.replace(
                self.action, status="completed", progress=100.0, state=None, heartbeat=None, pending_ops={}
            )
        return t.cast("Bdb | None", seen["bdb"])

    def _is_over(self, action: Action, plan: Plan, standstill: Standstill, uid: t.Any) -> bool:
        """Releases have listed actions as running that were over: then the database tells, where it can."""
        if plan.action or not standstill.is_long(action, self.clock.now()):  # a flush cannot be seen in the database
            return False
        bdb = self._find(uid)
        if not _bdb_done.is_done(self.desired, bdb, plan) or (bdb is None and self.reader.is_listed(uid)):
            return False
        self.context.warn(_bdb_done.taken_for_done(self.desired, action))
        return True

    def _as_asked(self, plan: Plan, bdb: Bdb | None, seen: dict[str, t.Any]) -> Seen[t.Any]:
        if bdb is None:
            return Seen(False, f"{self.desired.label} is not listed")
        if bdb.get("status") == "creation-failed":
            _bdb_done.require_active(self.desired, bdb, may_pass=False)
        if bdb.get("status") != "active":
            return Seen(False, f"{self.desired.label} is {bdb.get('status')}")
        different = _bdb_plan.still_different(self.desired, bdb, plan)
        if not different:
            return Seen(True, "as asked")
        seen["active since"] = seen["active since"] or self.clock.now()
        if self.clock.now() - seen["active since"] > _GRACE:
            raise _bdb_done.not_taken_up(self.desired, bdb, different, self.action)
        return Seen(False, f"{self.desired.label} is active, but {', '.join(different)} is not as asked yet")

    def _result(self, plan: Plan, bdb: Bdb | None) -> Result:
        changed = self.sent is not None or (self.context.check_mode and plan.changed)
        return Result(
            changed,
            {
                "bdb": _bdb_fields.redact(dict(bdb)) if bdb else None,
                "changes": plan.changes if changed else [],
                "action": self.action.as_dict() if self.action else None,
                **({"will": plan.will} if plan.will and self.context.check_mode else {}),
            },
            before=plan.before if changed else {},
            after=plan.after if changed else {},
        )

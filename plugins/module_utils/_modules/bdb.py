# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_bdb): one database in its desired state, or gone."""

from __future__ import annotations

import typing as t

from .._action.lookup import bdb_actions_endpoint
from .._action.managed_object import ObjectWithActions
from .._action.model import Action
from .._bdb import error_help, verify
from .._bdb.desired import Desired, desired_from, options
from .._bdb.plan import Plan, plan
from .._core.context import Context, Result
from .._core.errors import ApiError, CollectionError, WaitTimeout
from .._core.waiter import Seen
from .._schema import plan as schema_plan
from .._schema.reconcile import Reconciler
from .._schema.schema import Obj

# The options that describe one database, as redis_bdb and each item of redis_bdb_set take them.
OPTIONS: t.Mapping[str, t.Any] = options()
IDENTITY_QUERY: t.Mapping[str, str] = {"fields": "uid,name,status"}


def run(context: Context) -> Result:
    desired = desired_from(context.params)
    for sentence in desired.deprecations():
        context.warn(sentence)
    return Reconciler(context, Database(desired)).run()


class Database(ObjectWithActions[Desired]):
    """A database for the reconciler. Names need not be unique, changes take time, and actions may be shown wrongly."""

    result_key = "bdb"
    identity_query = IDENTITY_QUERY
    json_schema = "bdb"
    conditional_creation = True

    def __init__(self, desired: Desired) -> None:
        super().__init__(desired)
        self._stall = verify.StallDetector()

    def plan(self, current: Obj | None) -> Plan:
        return plan(self.desired, current)

    def can_dry_run(self, work: Reconciler) -> bool:
        return True

    def is_busy(self, error: ApiError) -> bool:
        return error.status == 409 and error.error_code != "uid_exists"

    def advice(self, error: ApiError, *, creation: bool) -> str | None:
        return error_help.advice(error, creation=creation)

    def claims_name(self, listed: Obj) -> bool:
        return verify.claims_name(listed)

    def settled(self, work: Reconciler, current: Obj | None) -> Obj | None:
        """The database once a change that is under way has ended, whoever started it."""
        if current is None or current.get("status") not in verify.PASSING:
            return current
        if work.context.check_mode or not work.context.wait.enabled:
            return None if current.get("status") == "delete-pending" else current
        uid = current["uid"]

        def probe() -> Seen[Obj]:
            bdb = work.reader.find(uid)
            if bdb is None:
                return work.seen_gone(uid)
            status = str(bdb.get("status"))
            return Seen(status not in verify.PASSING, f"{self.desired.label} is {status}", value=bdb)

        found = work.wait_until(probe, uid, f"{self.desired.label} to settle").value
        return work.reader.read() if found is None and self.desired.state == "present" else found

    def is_over(self, work: Reconciler, plan: schema_plan.Plan, answer: Obj, action: Action) -> bool:
        """Releases have listed actions as running that were over: then the database decides, where it can."""
        if plan.unprovable or not self._stall.is_stalled(action, work.clock.now()):
            return False
        uid = answer.get("uid", (plan.current or {}).get("uid"))
        bdb = work.reader.find(uid)
        if not verify.is_as_desired(self.desired, bdb, plan) or (bdb is None and work.reader.is_listed(uid)):
            return False
        work.context.warn(verify.stalled_warning(self.desired, action))
        return True

    def not_ready(self, obj: Obj) -> str | None:
        if obj.get("status") == "creation-failed":
            verify.require_active(self.desired, obj, may_pass=False)
        return None if obj.get("status") == "active" else f"is {obj.get('status')}"

    def require_ready(self, current: Obj | None, *, may_pass: bool) -> None:
        verify.require_active(self.desired, current, may_pass=may_pass)

    def timeout_error(self, work: Reconciler, late: WaitTimeout, uid: t.Any) -> WaitTimeout:
        try:
            bdb, listed = work.reader.find_listed(uid), bdb_actions_endpoint(uid).actions(work.client)
        except CollectionError:
            return late
        return verify.timeout_error(late, self.desired.label, bdb, listed, self.last_action)

    def facts(self, plan: schema_plan.Plan, *, check_mode: bool) -> dict[str, t.Any]:
        will = plan.will if check_mode and isinstance(plan, Plan) else None
        return {**super().facts(plan, check_mode=check_mode), **({"will": will} if will else {})}

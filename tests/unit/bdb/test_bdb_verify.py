# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a database is as desired, whether its action has stalled, and what the error of a wait says."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb import verify
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.desired import desired_from
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.plan import plan
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import GoalNotReached, WaitTimeout

RUNNING = Action("guid", "SMUpdateBDB", "state_machine", "running", 40.0, "bdb", "7", "proxy_policy", heartbeat=1000)
OPERATIONS = {"3": {"op_name": "wait_for_sync", "status_description": "syncing"}}
WANTED = desired_from({"name": "orders", "memory_size": "1GB"})
GONE = desired_from({"name": "orders", "state": "absent"})
GOOD = {"uid": 7, "name": "orders", "status": "active", "memory_size": 1073741824}


@pytest.mark.parametrize(
    ("moved", "long"),
    [
        ({}, True),
        ({"heartbeat": 1001}, False),
        ({"progress": 41.0}, False),
        ({"state": "configure"}, False),
        ({"status": "queued"}, False),
    ],
)
def test_an_action_stands_still_when_nothing_of_it_has_moved_for_30_s(moved: dict[str, t.Any], long: bool) -> None:
    detector = verify.StallDetector()
    assert not detector.is_stalled(RUNNING, 500.0)
    assert not detector.is_stalled(RUNNING, 529.9)
    assert detector.is_stalled(dataclasses.replace(RUNNING, **moved), 530.0) is long
    assert detector.is_stalled(dataclasses.replace(RUNNING, **moved), 559.9) is long
    assert detector.is_stalled(dataclasses.replace(RUNNING, **moved), 560.0) is (moved != {"status": "queued"})


@pytest.mark.parametrize("waiting", [{"pending_ops": OPERATIONS}, {"status": "queued"}, {"status": "cancelling"}])
def test_an_action_that_waits_for_something_may_stand_still(waiting: dict[str, t.Any]) -> None:
    detector = verify.StallDetector()
    for now in (0.0, 100.0, 1000.0):
        assert not detector.is_stalled(dataclasses.replace(RUNNING, **waiting), now)


@pytest.mark.parametrize(
    ("desired", "bdb", "done"),
    [
        (WANTED, GOOD, True),
        (WANTED, {**GOOD, "status": "active-change-pending"}, False),
        (WANTED, {**GOOD, "memory_size": 5}, False),
        (WANTED, {**GOOD, "name": "other"}, False),
        (WANTED, None, False),
        (GONE, None, True),
        (GONE, GOOD, False),
    ],
)
def test_the_database_says_whether_it_is_as_asked(desired: t.Any, bdb: dict[str, t.Any] | None, done: bool) -> None:
    assert verify.is_as_desired(desired, bdb, plan(desired, {**GOOD, "memory_size": 5})) is done


@pytest.mark.parametrize("current", [None, {**GOOD, "memory_size": 5}], ids=["created", "changed"])
@pytest.mark.parametrize(("shown", "done"), [("s3cret", True), ("another", False), ("****", False), (None, False)])
def test_what_was_sent_and_cannot_be_seen_proves_nothing(current: t.Any, shown: str | None, done: bool) -> None:
    sent = desired_from({"name": "orders", "memory_size": "1GB", "authentication_redis_pass": "s3cret"})
    assert verify.is_as_desired(sent, {**GOOD, "authentication_redis_pass": shown}, plan(sent, current)) is done


def test_a_password_that_was_not_sent_is_not_looked_for() -> None:
    params = {"name": "orders", "memory_size": "1GB", "authentication_redis_pass": "s3cret"}
    kept = desired_from({**params, "update_password": "on_create"})
    masked = {**GOOD, "authentication_redis_pass": "****"}
    assert verify.is_as_desired(kept, masked, plan(kept, {**masked, "memory_size": 5}))
    assert not verify.is_as_desired(kept, masked, plan(kept, None))


@pytest.mark.parametrize("status", ["pending", "active-change-pending", "import-pending"])
def test_a_database_may_be_on_its_way_only_where_nobody_waits(status: str) -> None:
    verify.require_active(WANTED, {**GOOD, "status": status}, may_pass=True)
    with pytest.raises(GoalNotReached, match=f"its status is {status}"):
        verify.require_active(WANTED, {**GOOD, "status": status}, may_pass=False)


@pytest.mark.parametrize("status", ["creation-failed", "recovery"])
def test_a_database_that_is_not_well_is_no_success(status: str) -> None:
    for may_pass in (True, False):
        with pytest.raises(GoalNotReached, match=f"its status is {status}"):
            verify.require_active(WANTED, {**GOOD, "status": status}, may_pass=may_pass)
    verify.require_active(GONE, {**GOOD, "status": status}, may_pass=False)


@pytest.mark.parametrize(
    ("status", "claims"), [("active", True), ("pending", True), (None, True), ("delete-pending", False)]
)
def test_a_database_that_is_being_deleted_gives_its_name_up(status: str | None, claims: bool) -> None:
    assert verify.claims_name({**GOOD, "status": status}) is claims


# -- when time runs out ----------------------------------------------------------------------------------------------


def told(late: str, bdb: dict[str, t.Any] | None, *actions: Action, own: Action | None = None) -> WaitTimeout:
    return verify.timeout_error(WaitTimeout(late), "database 'orders'", bdb, actions, own)


def test_who_waited_in_vain_reads_what_the_cluster_is_doing() -> None:
    pending = {**GOOD, "status": "active-change-pending"}
    error = told("Too late.", pending, dataclasses.replace(RUNNING, pending_ops=OPERATIONS))
    assert str(error) == (
        "Too late. At the end: database 'orders' is active-change-pending; SMUpdateBDB of bdb 7 is running, 40%, state "
        "proxy_policy, shard 3: wait_for_sync syncing."
    )
    assert error.failure.action is not None
    assert error.failure.action["pending_ops"] == OPERATIONS


def test_what_was_said_already_is_not_said_again() -> None:
    own = dataclasses.replace(RUNNING, uid="its own")
    error = told(f"Last seen: {RUNNING.sentence()}.", GOOD, RUNNING, own=own)
    assert str(error) == f"Last seen: {RUNNING.sentence()}. At the end: database 'orders' is active."
    assert error.failure.action == own.as_dict()


def test_a_database_that_is_pending_while_nothing_runs_is_told_so() -> None:
    over = dataclasses.replace(RUNNING, status="completed")
    error = told("Last seen: database 'orders' is pending.", {**GOOD, "status": "pending"}, over)
    assert str(error).endswith("At the end: no action on it is running.")
    assert "is gone; no action" in str(told("Too late.", None))

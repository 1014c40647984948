# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a database is as asked for, whom a name belongs to after a creation, and what is told when time runs out."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb import verify as _bdb_done
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.plan import desired_from, plan
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
    standstill = _bdb_done.Standstill()
    assert not standstill.is_long(RUNNING, 500.0)
    assert not standstill.is_long(RUNNING, 529.9)
    assert standstill.is_long(dataclasses.replace(RUNNING, **moved), 530.0) is long
    assert standstill.is_long(dataclasses.replace(RUNNING, **moved), 559.9) is long
    assert standstill.is_long(dataclasses.replace(RUNNING, **moved), 560.0) is (moved != {"status": "queued"})


@pytest.mark.parametrize("waiting", [{"pending_ops": OPERATIONS}, {"status": "queued"}, {"status": "cancelling"}])
def test_an_action_that_waits_for_something_may_stand_still(waiting: dict[str, t.Any]) -> None:
    standstill = _bdb_done.Standstill()
    for now in (0.0, 100.0, 1000.0):
        assert not standstill.is_long(dataclasses.replace(RUNNING, **waiting), now)


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
    assert _bdb_done.is_done(desired, bdb, plan(desired, {**GOOD, "memory_size": 5})) is done


@pytest.mark.parametrize("current", [None, {**GOOD, "memory_size": 5}], ids=["created", "changed"])
@pytest.mark.parametrize(("shown", "done"), [("s3cret", True), ("another", False), ("****", False), (None, False)])
def test_what_was_sent_and_cannot_be_seen_proves_nothing(current: t.Any, shown: str | None, done: bool) -> None:
    sent = desired_from({"name": "orders", "memory_size": "1GB", "authentication_redis_pass": "s3cret"})
    assert _bdb_done.is_done(sent, {**GOOD, "authentication_redis_pass": shown}, plan(sent, current)) is done


def test_a_password_that_was_not_sent_is_not_looked_for() -> None:
    params = {"name": "orders", "memory_size": "1GB", "authentication_redis_pass": "s3cret"}
    kept = desired_from({**params, "update_password": "on_create"})
    masked = {**GOOD, "authentication_redis_pass": "****"}
    assert _bdb_done.is_done(kept, masked, plan(kept, {**masked, "memory_size": 5}))
    assert not _bdb_done.is_done(kept, masked, plan(kept, None))


@pytest.mark.parametrize("status", ["pending", "active-change-pending", "import-pending"])
def test_a_database_may_be_on_its_way_only_where_nobody_waits(status: str) -> None:
    _bdb_done.require_active(WANTED, {**GOOD, "status": status}, may_pass=True)
    with pytest.raises(GoalNotReached, match=f"its status is {status}"):
        _bdb_done.require_active(WANTED, {**GOOD, "status": status}, may_pass=False)


@pytest.mark.parametrize("status", ["creation-failed", "recovery"])
def test_a_database_that_is_not_well_is_no_success(status: str) -> None:
    for may_pass in (True, False):
        with pytest.raises(GoalNotReached, match=f"its status is {status}"):
            _bdb_done.require_active(WANTED, {**GOOD, "status": status}, may_pass=may_pass)
    _bdb_done.require_active(GONE, {**GOOD, "status": status}, may_pass=False)


# -- names after a creation ----------------------------------------------------------------------------------------


def named(*uids: int) -> list[dict[str, t.Any]]:
    return [{"uid": 1, "name": "another"}, *({"uid": uid, "name": "orders"} for uid in uids)]


@pytest.mark.parametrize(("made", "uids"), [(7, (7,)), (7, ()), (None, (7,)), (None, ())])
def test_one_database_of_a_name_is_as_it_should_be(made: int | None, uids: tuple[int, ...]) -> None:
    assert _bdb_done.double("orders", made, named(*uids)) is None


@pytest.mark.parametrize(
    ("made", "uids", "told"),
    [
        (7, (7, 8), "this task has made uid 7, and somebody else uid 8."),
        (8, (7, 8), "this task has made uid 8, and somebody else uid 7."),
        (8, (7, 8, 9), "this task has made uid 8, and somebody else uid 7 and uid 9."),
        (None, (7, 8), "uid 7 and uid 8, and the answer that says which of them this task has made was lost."),
    ],
)
def test_two_databases_of_a_name_are_told_apart(made: int | None, uids: tuple[int, ...], told: str) -> None:
    error = _bdb_done.double("orders", made, named(*uids))
    assert error is not None
    assert told in str(error)
    assert "'orders'" in str(error)
    assert "None was deleted" in str(error)


@pytest.mark.parametrize(("made", "others"), [(8, ()), (None, ()), (8, (9,)), (None, (8, 9))])
def test_a_database_that_is_being_deleted_is_no_double(made: int | None, others: tuple[int, ...]) -> None:
    leaving = {"uid": 7, "name": "orders", "status": "delete-pending"}
    error = _bdb_done.double("orders", made, [*named(*others), leaving])
    assert (error is not None) is bool(others)
    assert error is None or "uid 7" not in str(error)


# -- when time runs out ----------------------------------------------------------------------------------------------


def told(late: str, bdb: dict[str, t.Any] | None, *actions: Action, own: Action | None = None) -> WaitTimeout:
    return _bdb_done.in_vain(WaitTimeout(late), "database 'orders'", bdb, actions, own)


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

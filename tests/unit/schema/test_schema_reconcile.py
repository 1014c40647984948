# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reconciler with a type of object of its own: nothing in it is particular to an object that exists."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from support.object_api import LOST_AFTER, LOST_BEFORE, ObjectApi, Refusal

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ApiError,
    CollectionError,
    GoalNotReached,
    InvalidInput,
    Refused,
    WaitTimeout,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Seen, Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.desired import Desired, desired_from
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import (
    Kind,
    integer,
    read_only,
    secret,
    size,
    text,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.plan import Plan
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.reconcile import (
    ManagedObject,
    Reconciler,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.schema import Obj, Schema

ROWS = (
    read_only("uid", Kind.INT),
    text("name"),
    size("room", needed="set it to a size."),
    integer("doors", 1),
    secret("code"),
)
GARAGE = Schema("garage", "/v1/garages", {row.name: row for row in ROWS}, containers=frozenset({"config"}))
ONE = {"uid": 1, "name": "one", "room": 1024, "code": "0pen-sesame"}


class Garage(ManagedObject[Desired]):
    result_key = "garage"
    json_schema = "garage"


class Validated(Garage):
    """With a dry run."""

    def can_dry_run(self, work: Reconciler) -> bool:
        return True


class Conditional(Garage):
    """Created on condition of the cluster's state id."""

    conditional_creation = True


def run(
    api: ObjectApi,
    clock: t.Any,
    *,
    target: type[Garage] = Garage,
    check: bool = False,
    wait: bool = True,
    timeout: float = 60.0,
    **params: t.Any,
) -> dict[str, t.Any]:
    client = t.cast("t.Any", api)
    context = Context(client, params, check, Wait(enabled=wait, timeout=timeout), clock)
    return Reconciler(context, target(desired_from(GARAGE, params))).run().as_dict()


@pytest.fixture
def api() -> ObjectApi:
    return ObjectApi(GARAGE.path, dict(ONE))


# -- one step --------------------------------------------------------------------------------------------------------


def test_what_is_as_desired_costs_reads_only(api: ObjectApi, clock: t.Any) -> None:
    result = run(api, clock, name="one", room="1KB", doors=1, code="0pen-sesame")
    assert (result["changed"], result["changes"], result["diff"]) == (False, [], {"before": {}, "after": {}})
    assert result["garage"] == {**ONE, "code": "********"}
    assert api.journal == [("GET", "/v1/garages"), ("GET", "/v1/garages/1")]
    assert run(api, clock, uid=1, doors=1)["changed"] is False
    assert api.journal[2:] == [("GET", "/v1/garages/1")]


@pytest.mark.parametrize("target", [Garage, Validated])
@pytest.mark.parametrize(
    ("params", "method", "changes", "before", "after"),
    [
        (
            {"name": "two", "room": "2KB", "code": "s3cret"},
            "POST",
            ["code", "name", "room"],
            {},
            {"name": "two", "room": 2048, "code": "********"},
        ),
        (
            {"name": "one", "room": "2KB"},
            "PUT",
            ["room"],
            {"uid": 1, "name": "one", "room": 1024},
            {"uid": 1, "name": "one", "room": 2048},
        ),
        (
            {"uid": 1, "name": "uno"},
            "PUT",
            ["name"],
            {"uid": 1, "name": "one"},
            {"uid": 1, "name": "uno"},
        ),
        (
            {"name": "one", "code": "s3cret"},
            "PUT",
            ["code"],
            {"uid": 1, "name": "one", "code": "********"},
            {"uid": 1, "name": "one", "code": "******** (new)"},
        ),
        ({"name": "one", "state": "absent"}, "DELETE", [], {"uid": 1, "name": "one"}, {}),
    ],
    ids=["create", "update", "rename", "secret", "delete"],
)
def test_each_step_is_written_once_and_check_mode_tells_the_truth(
    clock: t.Any,
    target: type[Garage],
    params: dict[str, t.Any],
    method: str,
    changes: list[str],
    before: dict[str, t.Any],
    after: dict[str, t.Any],
) -> None:
    api = ObjectApi(GARAGE.path, dict(ONE))
    checked = run(api, clock, target=target, check=True, **params)
    assert api.writes == [], "check mode has written"
    assert [step for step, _path in api.journal if step == "DRY"] == (
        ["DRY"] if target is Validated and method != "DELETE" else []
    )
    real = run(api, clock, target=target, **params)
    assert api.writes == [method]
    for result in (checked, real):
        assert (result["changed"], result["changes"]) == (True, changes)
        assert result["diff"] == {"before": before, "after": after}
        assert "s3cret" not in repr(result)
        assert "0pen-sesame" not in repr(result)
    predicted, found = (dict(result["garage"] or {}) for result in (checked, real))
    assert {**found, **predicted} == found, "check mode predicts what comes"
    again = run(api, clock, target=target, **params)
    assert again["changed"] is False
    assert api.writes == [method]
    assert clock.sleeps == []


def test_a_dry_run_that_the_cluster_refuses_fails_the_check(api: ObjectApi, clock: t.Any) -> None:
    api.disturb.append(Refusal(400, "invalid_param"))
    with pytest.raises(ApiError, match="answered with 400"):
        run(api, clock, target=Validated, check=True, name="one", doors=2)


@pytest.mark.parametrize(
    ("params", "error", "sentence"),
    [
        ({"name": "two"}, InvalidInput, "room is needed to create garage 'two': set it to a size."),
        ({"uid": 9}, InvalidInput, "There is no garage with uid 9: set name as well to create it."),
        ({"uid": 9, "name": "new", "room": 1}, InvalidInput, "the cluster sets the uid of a new one: leave uid out"),
        ({"doors": 2}, InvalidInput, "Say which garage is meant: set name, uid, or both."),
        ({"uid": 2, "name": "one"}, Refused, "point to different garages: the name belongs to uid 1"),
        ({"uid": 1, "name": "two", "state": "absent"}, Refused, "Garage 1 is named 'one', not 'two'"),
        ({"name": "one", "config": {"door": 3}}, InvalidInput, "no such field of a garage. Did you mean doors?"),
        ({"name": "one", "config": {"uid": 3}}, InvalidInput, "config must not hold uid"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_what_cannot_be_meant_is_refused_before_any_write(
    api: ObjectApi, clock: t.Any, params: dict[str, t.Any], error: type[Exception], sentence: str, check: bool
) -> None:
    api.others["/v1/jsonschema"] = {"properties": {"doors": {}, "room": {}}}
    with pytest.raises(error) as caught:
        run(api, clock, check=check, **params)
    assert sentence in str(caught.value)
    assert api.writes == []


def test_a_field_of_a_newer_release_is_looked_up_and_sent(api: ObjectApi, clock: t.Any) -> None:
    api.others["/v1/jsonschema"] = {"properties": {"windows": {}}}
    assert run(api, clock, name="one", config={"windows": 3})["changes"] == ["windows"]
    assert api.objects[1]["windows"] == 3


def test_a_step_may_be_refused_for_what_else_the_cluster_shows(api: ObjectApi, clock: t.Any) -> None:
    class Occupied(Garage):
        def check(self, work: Reconciler, plan: Plan) -> None:
            raise Refused(f"no {plan.step} while there is a car")

    for check in (True, False):
        with pytest.raises(Refused, match="no delete while there is a car"):
            run(api, clock, target=Occupied, check=check, name="one", state="absent")
    assert api.writes == []


# -- passwords -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["0ther", "****", None])
def test_update_password(api: ObjectApi, clock: t.Any, shown: str | None) -> None:
    api.store = lambda obj: {**obj, "code": shown}
    api.objects[1]["code"] = shown
    kept = run(api, clock, name="one", code="s3cret", update_password="on_create")
    assert (kept["changed"], api.writes) == (False, [])
    both = run(api, clock, name="one", code="s3cret", doors=2, update_password="on_create")
    assert both["changes"] == ["doors"]
    if shown == "0ther":
        with pytest.raises(GoalNotReached, match=r"but code is '\*{8}'"):
            run(api, clock, name="one", code="s3cret")
    else:
        assert run(api, clock, name="one", code="s3cret")["changes"] == ["code"]
    created = run(api, clock, name="two", room=1, code=shown or "x", update_password="on_create")
    assert created["changes"] == ["code", "name", "room"]


# -- lost answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [LOST_BEFORE, LOST_AFTER])
def test_a_lost_creation_makes_one_object(api: ObjectApi, clock: t.Any, lost: str) -> None:
    api.disturb.append(lost)
    result = run(api, clock, name="two", room="2KB")
    assert result["changed"]
    assert [obj["name"] for obj in api.objects.values()] == ["one", "two"]
    assert api.writes == ["POST"] * (1 if lost == LOST_AFTER else 2)
    if lost == LOST_BEFORE:
        assert sum(clock.sleeps) >= 5, "it had time to show up"


def test_a_lost_creation_may_show_up_late(api: ObjectApi, clock: t.Any) -> None:
    def appear() -> None:
        if clock.time > 4 and 2 not in api.objects:
            api.create(name="two", room=2048)

    api.on_read = appear
    api.disturb.append(LOST_BEFORE)
    assert run(api, clock, name="two", room="2KB")["garage"]["uid"] == 2
    assert api.writes == ["POST"]


@pytest.mark.parametrize("lost", [LOST_BEFORE, LOST_AFTER])
@pytest.mark.parametrize("params", [{"doors": 2}, {"state": "absent"}])
def test_a_lost_change_is_read_before_it_is_sent_again(
    api: ObjectApi, clock: t.Any, params: dict[str, t.Any], lost: str
) -> None:
    api.disturb.append(lost)
    assert run(api, clock, name="one", **params)["changed"]
    assert len(api.writes) == (1 if lost == LOST_AFTER else 2)
    last = max(number for number, (method, _path) in enumerate(api.journal) if method in ("PUT", "DELETE"))
    assert api.journal[last - 1][0] == "GET"


@pytest.mark.parametrize("options", [{"wait": False}, {"timeout": 0.0}])
def test_a_lost_answer_without_time_to_look_is_a_failure(
    api: ObjectApi, clock: t.Any, options: dict[str, t.Any]
) -> None:
    api.disturb.append(LOST_AFTER)
    with pytest.raises(WaitTimeout, match="Look at garage 'two' before you run the task again") as caught:
        run(api, clock, name="two", room="2KB", **options)
    assert caught.value.done["changed"], "it may have been carried out"
    assert caught.value.done["diff"]["after"] == {"name": "two", "room": 2048}


def test_what_the_object_cannot_show_is_never_sent_again(api: ObjectApi, clock: t.Any) -> None:
    class Cleaning(Plan):
        @property
        def unprovable(self) -> str:
            return "cleaning"

    class Cleaned(Garage):
        def plan(self, current: Obj | None) -> Plan:
            return Cleaning(GARAGE, "update", current)

    api.disturb.append(LOST_AFTER)
    with pytest.raises(
        CollectionError, match="answer to cleaning of garage 'one' was lost, and nothing shows"
    ) as caught:
        run(api, clock, target=Cleaned, name="one")
    assert caught.value.done["changed"]
    assert api.writes == ["PUT"]


# -- a creation without a uid in its answer ------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [lambda _obj: {}, lambda _obj: None, lambda obj: {"name": obj["name"]}])
def test_a_creation_answered_without_a_uid_is_found_by_its_name(api: ObjectApi, clock: t.Any, answer: t.Any) -> None:
    api.answer = answer
    result = run(api, clock, name="two", room="2KB")
    assert (result["changed"], result["garage"]["uid"]) == (True, 2)
    assert api.writes == ["POST"]
    assert not [path for _method, path in api.journal if "None" in path]


def test_a_creation_that_leaves_no_trace_is_not_sent_again(api: ObjectApi, clock: t.Any) -> None:
    def vanish(_obj: t.Any) -> dict[str, t.Any]:
        api.objects.pop(2)
        return {}

    api.answer = vanish
    with pytest.raises(GoalNotReached, match="neither its answer nor its list shows a uid") as caught:
        run(api, clock, name="two", room="2KB")
    assert caught.value.done["changed"]
    assert api.writes == ["POST"]


# -- other clients ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("room", "writes"), [(2048, ["POST"]), (1, ["POST", "PUT"])])
def test_a_name_created_elsewhere_meanwhile_is_taken_over(
    api: ObjectApi, clock: t.Any, room: int, writes: list[str]
) -> None:
    api.disturb.append(lambda: api.create(name="two", room=room) and None)
    result = run(api, clock, name="two", room="2KB")
    assert api.writes == writes
    assert result["changed"] is (writes == ["POST", "PUT"])
    assert api.objects[2] == {"uid": 2, "name": "two", "room": 2048}
    assert len(api.objects) == 2


def test_a_name_that_is_taken_and_not_listed_is_told(api: ObjectApi, clock: t.Any) -> None:
    api.disturb.extend([Refusal(409, "name_already_exists")] * 2)
    with pytest.raises(ApiError, match="409"):
        run(api, clock, name="two", room="2KB")
    assert api.writes == ["POST"]


def test_two_objects_of_one_name_are_told_apart(api: ObjectApi, clock: t.Any) -> None:
    def twice(obj: t.Any) -> t.Any:
        api.objects[9] = {"uid": 9, "name": "two"}
        return dict(obj)

    api.answer = twice
    with pytest.raises(GoalNotReached, match="this task created uid 2, another client uid 9") as caught:
        run(api, clock, name="two", room="2KB")
    assert caught.value.done["changed"]
    assert caught.value.done["garage"]["uid"] == 2


def test_a_conditional_creation_reads_the_names_again_when_something_has_changed(api: ObjectApi, clock: t.Any) -> None:
    api.disturb.extend([Refusal(409, "wrong_cluster_state_id"), Refusal(409, "wrong_cluster_state_id")])
    assert run(api, clock, target=Conditional, name="two", room="2KB")["changed"]
    assert api.state_ids == ["1", "1", "1"]
    lists = [number for number, step in enumerate(api.journal) if step == ("GET", "/v1/garages")]
    posts = [number for number, step in enumerate(api.journal) if step[0] == "POST"]
    assert all(any(before < found < after for found in lists) for before, after in itertools.pairwise(posts))


def test_an_unconditional_creation_sends_no_state_id(api: ObjectApi, clock: t.Any) -> None:
    run(api, clock, name="two", room="2KB")
    assert api.state_ids == [None]


@pytest.mark.parametrize(
    ("params", "error"), [({"doors": 2}, "was deleted while it was being changed"), ({"state": "absent"}, None)]
)
def test_an_object_deleted_meanwhile(api: ObjectApi, clock: t.Any, params: dict[str, t.Any], error: str | None) -> None:
    api.disturb.append(api.objects.clear)
    if error is None:
        assert run(api, clock, name="one", **params)["changed"] is False, "another client has done it"
    else:
        with pytest.raises(GoalNotReached, match=error):
            run(api, clock, name="one", **params)


def test_a_busy_object_is_tried_again_and_a_conflict_is_not(api: ObjectApi, clock: t.Any) -> None:
    api.disturb.extend([Refusal(409, "busy"), Refusal(409, "busy")])
    assert run(api, clock, name="one", doors=2)["changed"]
    assert api.writes == ["PUT"] * 3
    api.disturb.append(Refusal(409, "read_only_object"))
    with pytest.raises(ApiError, match="409"):
        run(api, clock, name="one", doors=3)
    assert api.writes == ["PUT"] * 4


def test_an_object_that_stays_busy_is_told(api: ObjectApi, clock: t.Any) -> None:
    api.disturb.extend([Refusal(409, "busy")] * 100)
    with pytest.raises(WaitTimeout, match=r"did not take the change of garage 'one' in time: no \(409\)") as caught:
        run(api, clock, name="one", doors=2, timeout=10.0)
    assert caught.value.done == {}, "nothing was carried out"
    assert clock.time == pytest.approx(10, abs=1)


# -- waiting and reading back ----------------------------------------------------------------------------------------


def test_a_change_that_is_not_applied_is_a_failure(api: ObjectApi, clock: t.Any) -> None:
    api.store = lambda obj: {**obj, "doors": 1}
    with pytest.raises(GoalNotReached, match="reports it as done, but doors is 1") as caught:
        run(api, clock, name="one", doors=2)
    assert caught.value.done["changed"]
    assert 5 < clock.time < 7


def test_values_may_come_late(api: ObjectApi, clock: t.Any) -> None:
    api.others["/v1/garages/1"] = lambda: dict(api.objects[1]) if clock.time > 3 else dict(ONE)
    result = run(api, clock, name="one", doors=2)
    assert result["garage"]["doors"] == 2
    assert 3 < clock.time < 5


def test_what_goes_on_after_a_write_is_waited_for(api: ObjectApi, clock: t.Any) -> None:
    class Slow(Garage):
        def running(self, work: Reconciler, plan: Plan, answer: Obj) -> Seen[Obj] | None:
            return Seen(False, "the builders are there") if work.clock.now() < 20 else None

        def timeout_error(self, work: Reconciler, late: WaitTimeout, uid: t.Any) -> WaitTimeout:
            return WaitTimeout(f"{late} They work on {uid}.")

    assert run(api, clock, target=Slow, name="one", doors=2)["changed"]
    assert 20 <= clock.time < 23
    clock.time = 0.0
    with pytest.raises(WaitTimeout, match=r"Last seen: the builders are there.* They work on 1\.") as caught:
        run(api, clock, target=Slow, name="one", doors=3, timeout=5.0)
    assert caught.value.done["changed"]
    clock.time = 0.0
    assert run(api, clock, target=Slow, name="one", doors=4, wait=False)["garage"]["doors"] == 4
    assert clock.time == 0


def test_an_object_that_is_not_ready_is_not_compared(api: ObjectApi, clock: t.Any) -> None:
    class Drying(Garage):
        def not_ready(self, obj: Obj) -> str | None:
            return "is drying" if work_until > clock.time else None

    work_until = 10.0
    assert run(api, clock, target=Drying, name="one", doors=2)["changed"]
    assert 10 <= clock.time < 12

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests it takes to find a database, and when its absence is believed."""

from __future__ import annotations

import typing as t

import pytest
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.desired import desired_from
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import ApiError, Refused
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.read import Reader

LIST = "/v1/bdbs?fields=uid%2Cname%2Cstatus"
ORDERS = {"uid": 1, "name": "orders"}


def reading(clock: t.Any, answers: dict[str, t.Any], **params: t.Any) -> tuple[Reader, list[str]]:
    api = StubApi(answers, clock)
    return Reader(api.client, clock, desired_from(params), {"fields": "uid,name,status"}), api.asked


def one_after_the_other(*answers: t.Any) -> t.Callable[[], t.Any]:
    """The last one again and again."""
    left = list(answers)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(
    ("params", "asked"),
    [
        ({"name": "orders"}, [LIST, "/v1/bdbs/1"]),
        ({"uid": 1}, ["/v1/bdbs/1"]),
        ({"uid": 1, "name": "orders"}, ["/v1/bdbs/1"]),
        ({"uid": 1, "name": "renamed"}, ["/v1/bdbs/1", LIST]),
    ],
)
def test_what_is_there_costs_few_requests(clock: t.Any, params: dict[str, t.Any], asked: list[str]) -> None:
    reader, seen = reading(clock, {"/v1/bdbs": [ORDERS], "/v1/bdbs/1": ORDERS}, **params)
    assert reader.read() == ORDERS
    assert seen == asked


@pytest.mark.parametrize(
    ("params", "asked"),
    [
        ({"name": "nobody"}, [LIST]),
        ({"uid": 9}, ["/v1/bdbs/9", LIST]),
        ({"uid": 9, "name": "new"}, ["/v1/bdbs/9", LIST]),
    ],
)
def test_so_does_what_is_not_there(clock: t.Any, params: dict[str, t.Any], asked: list[str]) -> None:
    reader, seen = reading(clock, {"/v1/bdbs": [ORDERS]}, **params)
    assert reader.read() is None
    assert seen == asked
    assert clock.sleeps == []


@pytest.mark.parametrize("params", [{"name": "orders"}, {"uid": 1}])
def test_a_404_that_passes_is_waited_for(clock: t.Any, params: dict[str, t.Any]) -> None:
    one = one_after_the_other(Status(404, "a page"), Status(404, "a page"), Status(404, "a page"), ORDERS)
    reader, seen = reading(clock, {"/v1/bdbs": [ORDERS], "/v1/bdbs/1": one}, **params)
    assert reader.read() == ORDERS
    assert seen[-1] == "/v1/bdbs/1"
    assert 0 < clock.time < 5


@pytest.mark.parametrize("params", [{"name": "orders"}, {"uid": 1}, {"uid": 1, "name": "other", "state": "present"}])
def test_a_404_that_stays_is_told(clock: t.Any, params: dict[str, t.Any]) -> None:
    reader, _seen = reading(clock, {"/v1/bdbs": [ORDERS], "/v1/bdbs/1": Status(404, "a page")}, **params)
    with pytest.raises(ApiError, match=r"lists database .* \(uid 1\), but answers GET /v1/bdbs/1 with 404") as caught:
        reader.read()
    assert (caught.value.failure.status, caught.value.failure.path) == (404, "/v1/bdbs/1")
    assert clock.time == pytest.approx(5)


def test_a_database_that_goes_between_two_requests_is_gone(clock: t.Any) -> None:
    reader, seen = reading(clock, {"/v1/bdbs": one_after_the_other([ORDERS], [])}, name="orders")
    assert reader.read() is None
    assert seen == [LIST, "/v1/bdbs/1", LIST, LIST]
    assert clock.sleeps == []


def test_another_that_has_taken_its_name_meanwhile_is_found(clock: t.Any) -> None:
    other = {"uid": 2, "name": "orders"}
    answers = {"/v1/bdbs": one_after_the_other([ORDERS], [other]), "/v1/bdbs/2": other}
    assert reading(clock, answers, name="orders")[0].read() == other


def test_a_list_that_cannot_be_read_says_nothing(clock: t.Any) -> None:
    for broken in (Status(404, "a page"), "a page"):
        with pytest.raises(ApiError):
            reading(clock, {"/v1/bdbs": broken}, uid=1)[0].read()
        with pytest.raises(ApiError):
            reading(clock, {"/v1/bdbs": broken}, uid=1)[0].find_listed(1)


def test_uids_are_the_same_as_numbers_and_as_texts(clock: t.Any) -> None:
    reader, _seen = reading(clock, {"/v1/bdbs": [ORDERS]}, uid=1)
    assert (reader.is_listed(1), reader.is_listed("1"), reader.is_listed(2)) == (True, True, False)


def test_the_fields_that_are_asked_for(clock: t.Any) -> None:
    api = StubApi({"/v1/bdbs/1": ORDERS}, clock)
    desired = desired_from({"uid": 1, "search": {"search_timeout": 5}})
    Reader(api.client, clock, desired, fields=["uid", "name"]).find(1)
    assert api.asked == ["/v1/bdbs/1?extended=true&fields=uid%2Cname"]


def test_a_name_that_two_have_is_refused(clock: t.Any) -> None:
    reader, _seen = reading(clock, {"/v1/bdbs": [ORDERS, {"uid": 2, "name": "orders"}]}, name="orders")
    with pytest.raises(Refused, match="say which by uid"):
        reader.read()

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage, what is recorded on it, and the world in which a recording is replayed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fuzz import scenes
from fuzz.mutations import Mutation
from fuzz.recording import Recorder, Recording
from fuzz.replay import MOST_REQUESTS, World
from fuzz.seam import Hung, Seam, checked
from fuzz.stage import Stage, staged
from fuzz.wire import Answer, Request

from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_bdb

NAMES = Request("GET", "/v1/bdbs?fields=uid%2Cname")
CARTS = Request("GET", "/v1/bdbs/2")
RESIZE = Request("PUT", "/v1/bdbs/2", b'{"memory_size": 157286400}')


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged(time_scale=2.0) as made:
        scenes.calm(made)
        yield made


@pytest.fixture
def resized(stage: Stage) -> Recording:
    """What a client sees that resizes database 2 and looks until it is done."""
    recorder = Recorder(stage)
    recorder.answer(CARTS)
    recorder.answer(RESIZE)
    while status(recorder.answer(CARTS)) != "active":
        recorder.sleep(0.1)
    return recorder.finish()


def status(answer: Answer) -> Any:
    return answer.json["status"]


def once(request: int, name: str, path: tuple[str | int, ...] | None = None) -> Mutation:
    return Mutation(request, path, name, sticky=False)


def sticky(request: int, name: str, path: tuple[str | int, ...] | None = None) -> Mutation:
    return Mutation(request, path, name, sticky=True)


# -- the stage -------------------------------------------------------------------------------------------------------


def test_time_on_the_stage_passes_only_when_it_is_told_to(stage: Stage) -> None:
    stage.control("POST", "/faults", {"kind": "slow_action", "name": "SMUpdateBDB", "seconds": 600})
    stage.api("PUT", "/v1/bdbs/2", {"memory_size": 150 * 2**20})
    began = time.monotonic()
    stage.advance(500.0)
    assert stage.api("GET", "/v1/bdbs/2")["status"] == "active-change-pending"
    stage.advance(200.0)
    assert stage.api("GET", "/v1/bdbs/2")["status"] == "active"
    assert time.monotonic() - began < 60, "it was waited for"


def test_the_stage_names_what_it_refuses(stage: Stage) -> None:
    with pytest.raises(AssertionError, match=r"GET /v1/bdbs/77 was answered with 404"):
        stage.api("GET", "/v1/bdbs/77")


# -- recordings ------------------------------------------------------------------------------------------------------


def test_states_are_seen_in_their_order_and_then_the_last_one(resized: Recording) -> None:
    world = World(resized)
    assert status(world.answer(CARTS)) == "active"
    assert world.answer(RESIZE).status == 200
    seen = []
    for dummy in range(40):
        seen.append(status(world.answer(CARTS)))
        world.sleep(0.1)
    assert seen[0] == "active-change-pending"
    assert seen == sorted(seen, reverse=True), "a state has come again"
    assert world.truth("/v1/bdbs/2")["memory_size"] == 150 * 2**20


def test_nothing_happens_before_the_write(resized: Recording) -> None:
    world = World(resized)
    world.sleep(100.0)
    assert world.truth("/v1/bdbs/2")["memory_size"] == 100 * 2**20


def test_a_run_may_ask_what_the_recorded_one_did_not(resized: Recording) -> None:
    world = World(resized)
    assert [node["uid"] for node in world.answer(Request("GET", "/v1/nodes")).json] == [1, 2, 3]
    assert world.answer(NAMES).json[1] == {"uid": 2, "name": "carts"}
    assert world.answer(Request("GET", "/v1/bdbs/77")).status == 404


def test_a_query_that_was_asked_late_shows_the_state_of_its_time(stage: Stage) -> None:
    late = Request("GET", "/v1/bdbs/2?fields=uid%2Cstatus")
    recorder = Recorder(stage)
    recorder.answer(RESIZE)
    recorder.sleep(3.0)
    recorder.answer(late)
    world = World(recorder.finish())
    world.answer(RESIZE)
    assert world.answer(late).json == {"uid": 2, "status": "active-change-pending"}


def test_a_dry_run_is_no_write(stage: Stage) -> None:
    dry = Request("PUT", "/v1/bdbs/2?dry_run", RESIZE.body)
    recorder = Recorder(stage)
    assert recorder.answer(dry).json["memory_size"] == 150 * 2**20
    world = World(recorder.finish())
    assert world.answer(dry).json["memory_size"] == 150 * 2**20
    assert world.answer(Request("PUT", "/v1/bdbs/3?dry_run", b"{}")).status == 404
    assert (world.attempted, world.unexpected) == ([], [])


# -- writes ----------------------------------------------------------------------------------------------------------


def test_a_write_that_was_not_recorded_is_unexpected(resized: Recording) -> None:
    world = World(resized)
    assert world.answer(Request("PUT", "/v1/bdbs/2", b'{"memory_size": 1}')).status == 400
    assert world.unexpected == ['PUT /v1/bdbs/2 {"memory_size": 1}']
    assert world.carried_out == []


def test_a_write_that_may_have_been_carried_out_is_unexpected_when_it_comes_again(resized: Recording) -> None:
    world = World(resized, once(1, "status 303, no body, to another host"))
    world.answer(CARTS)
    assert world.answer(RESIZE).status == 303
    assert world.unexpected == []
    world.answer(RESIZE)
    assert world.unexpected == ["PUT /v1/bdbs/2 again"]


@pytest.mark.parametrize(
    "name", ["status 409, an error", "status 307, no body, to itself", "instead: connection refused"]
)
def test_a_write_that_was_surely_not_carried_out_may_come_again(resized: Recording, name: str) -> None:
    world = World(resized, once(1, name))
    world.answer(CARTS)
    world.answer(RESIZE)
    assert world.carried_out == []
    assert world.answer(RESIZE).status == 200
    assert (world.unexpected, len(world.carried_out), len(world.attempted)) == ([], 1, 2)


def test_bodies_are_compared_as_values(resized: Recording) -> None:
    world = World(resized)
    assert world.answer(Request("PUT", "/v1/bdbs/2", b'{ "memory_size" :157286400 }')).status == 200


# -- mutations -------------------------------------------------------------------------------------------------------


def test_a_mutation_hits_one_answer_or_all_from_there_on(resized: Recording) -> None:
    for mutation, names in (
        (once(0, "null", ("name",)), [None, "carts"]),
        (sticky(0, "null", ("name",)), [None, None]),
    ):
        world = World(resized, mutation)
        assert [world.answer(CARTS).json["name"] for dummy in range(2)] == names
        assert world.stands is mutation.sticky, "whether the run goes by the mutated answer"
        assert world.change is not None
        assert world.change.kind == "null"


def test_other_paths_are_left_alone(resized: Recording) -> None:
    world = World(resized, sticky(0, "body: empty"))
    assert world.answer(CARTS).body == b""
    assert world.answer(NAMES).json
    assert world.stands, "another path has answered"
    assert world.truth("/v1/bdbs/2")["name"] == "carts", "the truth was mutated"


# -- ends ------------------------------------------------------------------------------------------------------------


def test_a_run_beyond_its_limit_is_ended(resized: Recording) -> None:
    world = World(resized, limit=10.0)
    world.sleep(10.0)
    with pytest.raises(Hung, match="goes on after 11 s"):
        world.sleep(1.0)


def test_a_run_that_only_asks_is_ended(resized: Recording) -> None:
    world = World(resized)
    for dummy in range(MOST_REQUESTS):
        world.answer(CARTS)
    with pytest.raises(Hung, match="requests"):
        world.answer(CARTS)


def test_a_module_is_replayed_as_it_was_recorded(stage: Stage) -> None:
    params = checked(redis_bdb.FRONT, {"name": "carts", "memory_size": "150MB"})
    with Seam().open() as seam:
        recorder = Recorder(stage)
        recorded = seam.module(recorder, redis_bdb.FRONT, params)
        world = World(recorder.finish())
        replayed = seam.module(world, redis_bdb.FRONT, params)
    assert recorded == replayed
    assert recorded.result["changed"] is True
    assert [str(request) for request in world.asked] == [str(request) for request in recorder.recording.asked]
    assert [json.loads(request.body) for request in world.carried_out] == [{"memory_size": 150 * 2**20}]

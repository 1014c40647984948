# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutators, what they say of their changes, and the order in which mutations come."""

from __future__ import annotations

import copy
import itertools
import json
import random
from typing import Any

import pytest
from fuzz import values
from fuzz.mutations import Change, Mutation, json_path, planned
from fuzz.recording import Recording
from fuzz.values import Path
from fuzz.wire import Answer, Request

NODES = [{"uid": 1, "status": "active", "up": True, "addr": ["a"]}, {"uid": 2, "status": "down", "up": True}]
ANSWER = Answer(200, json.dumps(NODES).encode())


def recording(*answers: Answer) -> Recording:
    asked = [Request("GET", f"/v1/{number}") for number in range(len(answers))]
    return Recording(asked=asked, given=list(answers))


def test_every_node_and_leaf_is_a_place() -> None:
    assert [json_path(path) for path, dummy in values.places({"a": [1, {"b": None}], "c": {}})] == [
        "$",
        "$.a",
        "$.a[0]",
        "$.a[1]",
        "$.a[1].b",
        "$.c",
    ]


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ((0, "uid"), "taken away", "missing"),
        ((0, "uid"), "null", "null"),
        ((0, "uid"), "true", "type"),
        ((0, "up"), "as number", "type"),
        ((0, "uid"), "in a list", "type"),
        ((0, "uid"), "as text", "text"),
        ((0, "uid"), "one more", "duplicate"),
        ((0, "uid"), "as the neighbour has it", "duplicate"),
        ((0, "uid"), "huge number", "number"),
        ((0, "uid"), "NaN", "broken"),
        ((0, "uid"), "large exponent", "broken"),
        ((0, "uid"), "long number", "broken"),
        ((0, "uid"), "deep list", "type"),
        ((0, "up"), "the other", "flip"),
        ((0, "status"), "unknown word", "word"),
        ((0, "status"), "upper case", "case"),
        ((0, "status"), "lone surrogate", "broken"),
        ((0,), "empty object", "hollow"),
        ((0,), "first member taken away", "members"),
        ((0,), "with an action_uid", "action"),
        ((0, "addr"), "empty list", "emptied"),
        ((), "first item twice", "duplicate"),
        ((), "last item taken away", "items"),
        ((), "null among its items", "type"),
        ((), "an empty object among its items", "type"),
        ((), "as object", "type"),
    ],
)
def test_kind_of_change(path: Path, name: str, kind: str) -> None:
    before = copy.deepcopy(NODES)
    found = Mutation(0, path, name, False).apply(ANSWER)
    assert found is not None
    answer, change = found
    assert (change.path, change.kind) == (path, kind)
    assert answer.body != ANSWER.body
    assert before == NODES == ANSWER.json, "the recorded answer itself was changed"


@pytest.mark.parametrize(
    ("path", "name"),
    [((0, "status"), "negative"), ((7,), "null"), ((0, "status", "x"), "null"), ((0, "up"), "true")],
)
def test_a_mutator_that_does_not_apply_leaves_the_answer_alone(path: Path, name: str) -> None:
    assert Mutation(0, path, name, False).apply(ANSWER) is None


def test_what_the_encoder_cannot_write_stands_in_the_answer_as_it_is() -> None:
    def body(name: str) -> bytes:
        found = Mutation(0, (0, "uid"), name, False).apply(ANSWER)
        assert found is not None
        return found[0].body

    assert b'"uid": [[[' in body("deep list")
    assert b'"uid": 1e999' in body("large exponent")
    assert b'"uid": NaN' in body("NaN")
    assert rb'"uid": "\ud800"' in body("lone surrogate")


@pytest.mark.parametrize(
    ("name", "change", "status"),
    [
        ("body: empty", Change((), "null"), 200),
        ("body: an HTML page", Change((), "body"), 200),
        ("body: nested lists", Change((), "body"), 200),
        ("body: []", Change((), "emptied"), 200),
        ("body: {}", Change((), "type"), 200),
        ("status 201, the same body", Change(None, "same"), 201),
        ("status 204, no body", Change((), "body"), 204),
        ("status 502, an HTML page", Change(None, "status"), 502),
        ("instead: connection lost", Change(None, "error"), 200),
    ],
)
def test_answers_as_a_whole(name: str, change: Change, status: int) -> None:
    found = Mutation(0, None, name, False).apply(ANSWER)
    assert found is not None
    assert (found[1].path, found[1].kind, found[0].status) == (change.path, change.kind, status)


@pytest.mark.parametrize(
    ("name", "carried_out"),
    [
        ("body: an HTML page", True),
        ("status 102, no body", True),
        ("status 303, no body, to another host", True),
        ("status 307, no body, to itself", False),
        ("status 409, an error", False),
        ("status 502, an HTML page", True),
        ("instead: connection refused", False),
        ("instead: no answer in time", True),
        ("instead: chunk of negative size", True),
    ],
)
def test_what_an_answer_proves_about_a_write(name: str, carried_out: bool) -> None:
    found = Mutation(0, None, name, False).apply(ANSWER)
    assert found is not None
    assert found[0].carried_out is carried_out


def test_each_place_has_its_turn_before_any_has_it_again() -> None:
    some = list(itertools.islice(planned(recording(ANSWER), random.Random(1)), 4 * 12))
    places = [path for path, dummy in values.places(NODES)]
    inner = [mutation.path for mutation in some if mutation.path is not None]
    assert sorted(map(str, inner[: len(places)])) == sorted(map(str, places))
    assert len(some) - len(inner) == 12, "answers as a whole have no share of their own"


def test_a_seed_gives_the_same_mutations_and_another_seed_others() -> None:
    def plan(seed: int) -> list[Mutation]:
        return list(planned(recording(ANSWER, Answer(200), Answer(404, b"{}")), random.Random(seed)))

    assert plan(1) == plan(1)
    assert plan(1) != plan(2)
    assert set(plan(1)) == set(plan(2)), "each seed has all mutations in the end"
    assert len(plan(1)) == len(set(plan(1)))


def test_every_mutation_comes_once_and_from_then_on() -> None:
    every = list(planned(recording(ANSWER), random.Random(1)))
    once = {(each.path, each.name) for each in every if not each.sticky}
    assert once == {(each.path, each.name) for each in every if each.sticky}


@pytest.mark.parametrize("body", [b"", b"<html>", b"12", b"null"])
def test_an_answer_without_places_is_mutated_as_a_whole(body: bytes) -> None:
    every = list(planned(recording(Answer(200, body)), random.Random(1)))
    assert every
    assert {each.path for each in every} == {None}


def test_neighbours_are_the_same_member_of_other_items() -> None:
    root: dict[str, Any] = {"nodes": [{"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {}}]}
    assert values.mutated(root, ("nodes", 0, "a", "b"), "as the neighbour has it")["nodes"][0]["a"]["b"] == 2

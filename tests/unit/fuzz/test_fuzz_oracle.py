# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planted faults are found, each by its kind; what is careful is not blamed; and what may be argued is no finding."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fuzz import claims, scenes
from fuzz.__main__ import main
from fuzz.campaign import Tally, subjects
from fuzz.mutations import Change, Mutation
from fuzz.operations import OPERATIONS, Operation
from fuzz.oracle import (
    FALSE_ABSENCE,
    FALSE_GREEN,
    HANG,
    KINDS,
    TRACEBACK,
    UNPRINTABLE,
    WRITE,
    WRONG_CHANGED,
    Finding,
    Met,
)
from fuzz.values import Path as Place
from fuzz.wire import Request

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context, Result
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import Ambiguous, CollectionError
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front

MUTATIONS = 300
RESIZE: Mapping[str, Any] = {"memory_size": 150 * 2**20}


def tally(work: Callable[[Context], Result], **more: Any) -> Tally:
    """What is found in an operation that is made of C(work)."""
    operation = Operation(Front(work, {}), "planted", {}, **more)
    with subjects() as make:
        return make(operation).put_to_the_test(1, MUTATIONS)


def findings(work: Callable[[Context], Result], mutation: Mutation, **more: Any) -> list[Finding]:
    """What is wrong with one run of it."""
    with subjects() as make:
        subject = make(Operation(Front(work, {}), "planted", {}, **more))
        return subject.findings(mutation, *subject.run(mutation))


def _is(value: Any, kind: type) -> bool:
    """Of this type; a boolean is no number."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def known(item: Any, **kinds: type) -> dict[str, Any]:
    """An object whose members are of these types, or an error."""
    if not isinstance(item, dict) or not all(_is(item.get(name), kind) for name, kind in kinds.items()):
        raise CollectionError("answered, but not by the REST API")
    return item


def databases(context: Context) -> list[dict[str, Any]]:
    data = context.client.get("/v1/bdbs").data
    if not isinstance(data, list) or not data:
        raise CollectionError("answered, but not by the REST API")
    found = [known(item, uid=int, name=str, status=str) for item in data]
    if len({item["uid"] for item in found}) < len(found):
        raise CollectionError("two databases have one uid")
    return found


# -- planted faults, each beside its careful twin --------------------------------------------------------------------


def crashes(context: Context) -> Result:
    return Result(False, {"left": context.client.get("/v1/license").data["shards_limit"] - 1})


def writes_what_nonsense_demands(context: Context) -> Result:
    carts = context.client.get("/v1/bdbs/2").data
    if isinstance(carts, dict) and carts.get("replication") is not False:
        context.client.write("PUT", "/v1/bdbs/2", {"replication": False})
    return Result(False)


def writes_again(context: Context) -> Result:
    try:
        context.client.write("PUT", "/v1/bdbs/2", RESIZE)
    except Ambiguous:
        context.client.write("PUT", "/v1/bdbs/2", RESIZE)
    return Result(True)


def writes_what_is_needed(context: Context) -> Result:
    if known(context.client.get("/v1/bdbs/2").data, replication=bool)["replication"]:
        context.client.write("PUT", "/v1/bdbs/2", {"replication": False})
    return Result(False)


def tells_that_it_wrote(context: Context) -> Result:
    try:
        context.client.write("PUT", "/v1/bdbs/2", RESIZE)
    except Exception as error:
        told = CollectionError(str(error))
        told.done = {"changed": True}
        raise told from error
    return Result(True)


def says_that_all_is_well(context: Context) -> Result:
    bad = [item for item in context.client.get("/v1/bdbs").data or [] if item.get("status") == "down"]
    return Result(False, {"bad": bad})


def does_not_wait(context: Context) -> Result:
    context.client.write("PUT", "/v1/bdbs/2", RESIZE)
    status = known(context.client.get("/v1/bdbs/2").data, status=str)["status"]
    while status == "active-change-pending":
        context.clock.sleep(0.1)
        data = context.client.get("/v1/bdbs/2").data
        status = data.get("status") if isinstance(data, dict) else None
    return Result(True)


def knows_that_all_is_well(context: Context) -> Result:
    return Result(False, {"bad": [item for item in databases(context) if item["status"] != "active"]})


def waits(context: Context) -> Result:
    context.client.write("PUT", "/v1/bdbs/2", RESIZE)
    for dummy in range(100):
        carts = known(context.client.get("/v1/bdbs/2").data, uid=int, status=str)
        if carts["status"] == "active" and carts["uid"] == 2:
            return Result(True)
        context.clock.sleep(0.1)
    raise CollectionError("not active")


def passes_over_nonsense(context: Context) -> Result:
    data = context.client.get("/v1/bdbs").data
    some = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    return Result(False, {"bdbs": [{"uid": item.get("uid")} for item in some if item.get("name") == "carts"]})


def refuses_nonsense(context: Context) -> Result:
    return Result(False, {"bdbs": [{"uid": item["uid"]} for item in databases(context) if item["name"] == "carts"]})


def hides_that_it_wrote(context: Context) -> Result:
    context.client.write("PUT", "/v1/bdbs/2", RESIZE)
    context.client.get("/v1/bdbs/2")
    return Result(True)


def runs_for_ever(context: Context) -> Result:
    data = context.client.get("/v1/bdbs/2").data
    while data is None:
        data = context.client.get("/v1/bdbs/2").data
    while data["status"] != "active":
        context.clock.sleep(1.0)
        data = context.client.get("/v1/bdbs/2").data
    return Result(False)


def waits_for_a_while(context: Context) -> Result:
    for dummy in range(10):
        if known(context.client.get("/v1/bdbs/2").data, status=str)["status"] == "active":
            return Result(False)
        context.clock.sleep(1.0)
    raise CollectionError("not active")


_IS_RESIZED = claims.database("carts", **RESIZE)


@pytest.mark.parametrize(
    ("kind", "careless", "careful", "claim"),
    [
        (TRACEBACK, crashes, None, claims.nothing),
        (WRITE, writes_what_nonsense_demands, writes_what_is_needed, claims.nothing),
        (WRITE, writes_again, None, claims.nothing),
        (WRONG_CHANGED, hides_that_it_wrote, tells_that_it_wrote, claims.nothing),
        (FALSE_GREEN, says_that_all_is_well, knows_that_all_is_well, claims.nothing),
        (FALSE_GREEN, does_not_wait, waits, _IS_RESIZED),
        (FALSE_ABSENCE, passes_over_nonsense, refuses_nonsense, claims.shown("bdbs", 2)),
    ],
)
def test_a_planted_fault_is_found_and_its_careful_twin_is_not_blamed(
    kind: str,
    careless: Callable[[Context], Result],
    careful: Callable[[Context], Result] | None,
    claim: claims.Claim,
) -> None:
    found = tally(careless, claim=claim)
    assert found.of_kind(kind) > 0
    assert {example.operation for some in found.examples.values() for example in some} == {"planted"}
    if careful is not None:  # without one it would be the client that is judged
        assert tally(careful, claim=claim).of_kind(kind) == 0


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), {"name": "\ud800"}, {1, 2}])
def test_a_result_that_is_no_json_is_found(value: Any) -> None:
    def passes_on(context: Context) -> Result:
        return Result(False, {"limit": value if context.client.get("/v1/license").data is None else 1})

    assert [each.kind for each in findings(passes_on, Mutation(0, None, "body: null", True))] == [UNPRINTABLE]


@pytest.mark.parametrize(
    "mutation", [Mutation(0, ("status",), "unknown word", True), Mutation(0, None, "body: null", True)]
)
def test_a_run_without_an_end_is_found(mutation: Mutation) -> None:
    assert [each.kind for each in findings(runs_for_ever, mutation)] == [HANG]
    assert findings(waits_for_a_while, mutation) == []


def test_a_crash_is_named_with_its_place() -> None:
    abouts = {finding.about.partition(" in ")[0] for finding in tally(crashes).counts if finding.kind == TRACEBACK}
    assert {"TypeError", "KeyError"} <= abouts


def test_a_refusal_that_a_mutation_lifts_is_found() -> None:
    def refuses(context: Context) -> Result:
        if any(item["name"] == "carts" for item in context.client.get("/v1/bdbs").data):
            raise CollectionError("it is there")
        return Result(False)

    assert any(each.about == "succeeds, where it has to be refused" for each in tally(refuses).counts)


def test_an_item_of_a_set_that_crashed_is_found() -> None:
    def tells(context: Context) -> Result:
        if not isinstance(context.client.get("/v1/license").data, dict):
            message = "This is a mistake in the collection, please report it: ZeroDivisionError('x')"
            return Result(False, {"results": [{"msg": message}]})
        return Result(False)

    assert any(each.about == "ZeroDivisionError" for each in tally(tells).counts if each.kind == TRACEBACK)


def test_a_dry_run_that_has_started_something_must_not_pass() -> None:
    def does_not_look(context: Context) -> Result:
        with contextlib.suppress(CollectionError):
            context.client.write("PUT", "/v1/bdbs/2", RESIZE, dry_run=True)
        return Result(True)

    found = findings(does_not_look, Mutation(0, (), "with an action_uid", False), check=True)
    assert found == [Finding(FALSE_GREEN, "takes an answer with an action_uid for that of a dry run")]


def test_a_cluster_that_is_not_healthy_must_not_become_so() -> None:
    def believes_the_report(context: Context) -> Result:
        nodes = known(context.client.get("/v4/cluster/health").data, nodes=list)["nodes"]
        return Result(False, {"healthy": not any(node["in_maintenance"] for node in nodes)})

    flipped = Mutation(0, ("nodes", 1, "in_maintenance"), "the other", True)
    found = findings(believes_the_report, flipped, scene=scenes.in_maintenance, claim=claims.unhealthy)
    assert found == [Finding(FALSE_GREEN, "says that the cluster is healthy")]


# -- what is plausible -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "place", "kind", "plausible"),
    [
        ("/v1/bdbs/2", ("memory_size",), "number", True),
        ("/v1/bdbs/2", ("memory_size",), "missing", True),
        ("/v1/bdbs/2", ("memory_size",), "type", False),
        ("/v1/bdbs/2", ("memory_size",), "text", False),
        ("/v1/bdbs/2", ("eviction_policy",), "word", True),
        ("/v1/bdbs/2", ("eviction_policy",), "broken", False),
        ("/v1/bdbs/2", ("uid",), "number", False),
        ("/v1/bdbs/2", ("name",), "word", False),
        ("/v1/bdbs/2", ("status",), "word", False),
        ("/v1/bdbs/2", ("status",), "case", True),
        ("/v1/bdbs/2", (), "hollow", False),
        ("/v1/bdbs", (), "emptied", False),
        ("/v1/bdbs", (), "items", True),
        ("/v1/bdbs", (1, "uid"), "number", True),
        ("/v1/bdbs", (1, "uid"), "duplicate", False),
        ("/v1/bdbs", (1, "uid"), "missing", False),
        ("/v1/nodes", (), "emptied", False),
        ("/v1/shards", (), "emptied", True),
        ("/v1/nodes", (1, "accept_servers"), "flip", False),
        ("/v4/cluster/health", ("nodes", 1, "in_maintenance"), "flip", False),
        ("/v1/license", (), "body", False),
        ("/v1/license", None, "status", False),
        ("/v1/nodes/2/actions/remove", None, "status", True),
        ("/v1/license", None, "error", False),
    ],
)
def test_plausible(path: str, place: Place | None, kind: str, plausible: bool) -> None:
    assert Met(Request("GET", path), Change(place, kind), stands=True).plausible is plausible


def test_maintenance_that_only_one_endpoint_tells_of_is_believed() -> None:
    change = Change((1, "max_listeners"), "number")
    assert Met(Request("GET", "/v1/nodes"), change, stands=True, told_once=True).plausible


@pytest.mark.parametrize("after", [[], [{"status": "completed"}]])
def test_a_record_in_a_list_and_an_empty_list_are_shapes_of_the_api(after: list[Any]) -> None:
    change = Change((), "type", {"status": "completed"}, after)
    assert Met(Request("GET", "/v1/nodes/2/actions/remove"), change, stands=True).plausible


# -- the operations and the command ----------------------------------------------------------------------------------


def test_every_module_has_an_operation() -> None:
    plugins = Path(__file__).resolve().parents[3] / "plugins"
    fronts = [each.front for each in OPERATIONS.values()]
    for path in (plugins / "modules").glob("redis_*.py"):
        module = importlib.import_module(f"ansible_collections.redis_enterprise.cluster.plugins.modules.{path.stem}")
        assert module.FRONT in fronts, f"tests/fuzz/operations.py has no operation of {path.stem}"
    assert None in fronts, "tests/fuzz/operations.py has no operation of the inventory plugin"


@pytest.mark.parametrize("name", OPERATIONS)
def test_nothing_is_wrong_without_a_mutation(name: str) -> None:
    with subjects() as make:
        subject = make(OPERATIONS[name])
    assert subject.recording.asked
    assert subject.fails is ("refuse" in name)


def test_the_command_tells_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "all.json"
    arguments = ["--operation", "action_info_one", "--mutations", "60", "--jobs", "1", "--json", str(path)]
    code = main(arguments)
    printed = capsys.readouterr().out
    report = json.loads(path.read_text(encoding="utf-8"))
    assert (report["mutations"], report["seed"]) == (60, 1)
    assert set(report["kinds"]) == set(KINDS)
    assert report["operations"]["action_info_one"]["kinds"] == report["kinds"]
    assert code == (1 if report["findings"] else 0)
    assert printed.splitlines()[-1].startswith("60 mutations in ")
    assert printed.splitlines()[-1].endswith(f" {sum(report['kinds'].values())} findings")


def test_one_mutation_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--operation", "action_info_one", "--seed", "3", "--show", "5"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("request 0, ")
    assert "\n   0 GET /v2/actions/" in printed


def test_show_needs_an_operation(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--show", "5"])
    assert "--show needs one --operation" in capsys.readouterr().err

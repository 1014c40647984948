# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_health_info: what is read for which check, what cannot be found out, and waiting."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from support import small_cluster
from support.health_checks import DEFAULT
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ApiError,
    InvalidInput,
    Refused,
    Unavailable,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.checks import CHECKS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import health_info, node_info
from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_health_info

ROOT = Path(__file__).parents[3]
ROLE = ROOT / "roles" / "health_check"
ONE_LOOK = ["/v1/nodes", "/v1/nodes/status", "/v1/shards", "/v1/bdbs", "/v4/cluster/health"]
BROKEN = Status(500, {"error_code": "internal_error", "description": "it broke"})


def run(clock: t.Any, table: dict[str, t.Any], **params: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    result, asked, dummy = run_with_warnings(clock, table, **params)
    return result, asked


def run_with_warnings(
    clock: t.Any, table: dict[str, t.Any], **params: t.Any
) -> tuple[dict[str, t.Any], list[str], list[str]]:
    api = StubApi(table, clock)
    wait = Wait(bool(params.pop("wait", False)), params.pop("wait_timeout", 600.0), 5.0)
    context = Context(api.client, params, wait=wait, clock=clock)
    return health_info.run(context).as_dict(), api.asked, context.warnings


def paths(asked: list[str]) -> list[str]:
    return [each.partition("?")[0] for each in asked]


def test_a_healthy_cluster(clock: t.Any) -> None:
    result, asked = run(clock, small_cluster.answers())
    assert result == {
        "changed": False,
        "healthy": True,
        "problems": [],
        "checks_run": list(DEFAULT.checks),
        "node": None,
        "waited": 0.0,
    }
    assert paths(asked) == [
        *ONE_LOOK,
        "/v1/cluster/check",
        "/v1/license",
        "/v2/actions",
        "/v1/nodes/actions",
        "/v1/bdbs/1/availability",
        "/v1/bdbs/2/availability",
    ]


@pytest.mark.parametrize(
    ("checks", "more"),
    [
        (["nodes", "shards", "databases", "maintenance", "quorum", "report"], []),
        (["cluster_check"], ["/v1/cluster/check"]),
        (["license"], ["/v1/license"]),
        (["actions"], ["/v2/actions", "/v1/nodes/actions"]),
        (["availability"], ["/v1/bdbs/1/availability", "/v1/bdbs/2/availability"]),
    ],
)
def test_only_what_the_chosen_checks_need_is_read(checks: list[str], more: list[str], clock: t.Any) -> None:
    result, asked = run(clock, small_cluster.answers(), checks=checks)
    assert paths(asked) == [*ONE_LOOK, *more]
    assert sorted(result["checks_run"]) == sorted(checks)


@pytest.mark.parametrize(("version", "query"), [("8.0.2-17", "?extend_check=lag"), ("7.22.0-95", "")])
def test_lag_counts_where_the_release_can_tell(version: str, query: str, clock: t.Any) -> None:
    _result, asked = run(clock, small_cluster.answers(version), checks=["availability"])
    assert asked[-2:] == [f"/v1/bdbs/{uid}/availability{query}" for uid in (1, 2)]


def test_a_release_without_the_report_does_not_miss_it(clock: t.Any) -> None:
    result, _asked = run(clock, small_cluster.answers("7.4.6-22"))
    assert result["healthy"] is True
    assert "report" not in result["checks_run"]


def test_a_database_that_is_not_available_is_an_answer_and_not_waited_for(clock: t.Any) -> None:
    answer = Status(503, {"error_code": "bdb_unavailable_port_unbound", "description": "port unbound"})
    result, _asked = run(clock, {**small_cluster.answers(), "/v1/bdbs/2/availability": answer})
    assert [problem["object"] for problem in result["problems"]] == ["database 2"]
    assert clock.sleeps == []


def test_node_actions_are_seen_too(clock: t.Any) -> None:
    running = [{"name": "maintenance_on", "node_uid": "2", "status": "running", "progress": 40}]
    result, _asked = run(clock, {**small_cluster.answers(), "/v1/nodes/actions": running})
    assert [(problem["object"], problem["message"]) for problem in result["problems"]] == [
        ("node 2", "An action has not ended: maintenance_on of node 2 is running, 40%.")
    ]


# -- taking a node away ----------------------------------------------------------------------------------------------


def test_without_node_adds_its_checks_and_no_request(clock: t.Any) -> None:
    result, asked = run(clock, small_cluster.answers(), without_node="3")
    assert result["checks_run"] == [name for name in CHECKS if name != "node_drained"]
    assert [problem["check"] for problem in result["problems"]] == ["single_copies"]
    assert result["healthy"] is True
    assert len(asked) == 11


def test_the_node_is_returned_as_redis_node_info_returns_it(clock: t.Any) -> None:
    table = small_cluster.answers()
    result, _asked = run(clock, table, without_node="node3.example.com")
    nodes = node_info.run(Context(StubApi(table, clock).client, {}, clock=clock)).as_dict()["nodes"]
    assert result["node"] == nodes[2]
    assert (result["node"]["uid"], result["node"]["in_maintenance"], result["node"]["shard_count"]) == (3, False, 2)
    assert run(clock, {**table, "/v1/nodes": BROKEN}, without_node="3")[0]["node"] is None


def test_node_drained_reads_only_running_actions(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 3)
    result, asked = run(clock, table, checks=["node_drained"], without_node="3")
    assert paths(asked) == [*ONE_LOOK, "/v2/actions", "/v1/nodes/actions"]
    assert {problem["check"] for problem in result["problems"]} == {"node_drained"}
    both, asked = run(clock, table, without_node="3", node_drained=True)
    assert len(asked) == 11, "they are read once for both checks"
    assert both["checks_run"] == list(CHECKS)
    assert {problem["check"] for problem in both["problems"]} == {"node_drained", "single_copies"}


def test_where_replicas_stay_racks_are_asked_and_the_room_is_not(clock: t.Any) -> None:
    table = small_cluster.answers()
    for node, rack in zip(table["/v1/nodes"], "aba", strict=True):
        node["rack_id"] = rack
    table["/v1/bdbs"][0]["rack_aware"] = True
    table["/v1/shards"][1]["node_uid"] = "3"
    table["/v1/nodes/status"]["2"]["free_provisional_ram"] = table["/v1/nodes/status"]["3"]["free_provisional_ram"] = 0
    every, _asked = run(clock, table, without_node="1")
    staying, _asked = run(clock, table, without_node="1", replicas_stay=["ha"])
    assert [name for name in every["checks_run"] if name not in staying["checks_run"]] == ["capacity_without_node"]
    assert {problem["check"] for problem in every["problems"]} >= {"racks", "capacity_without_node"}
    assert "racks" in {problem["check"] for problem in staying["problems"]}


def test_a_node_is_still_known_by_its_host_name_when_it_goes_down(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 3)
    statuses = table["/v1/nodes/status"]
    silent = {**statuses, "3": {name: value for name, value in statuses["3"].items() if name != "hostname"}}
    table["/v1/nodes/status"] = until(clock, 5.0, statuses, silent)
    nodes = table["/v1/nodes"]
    table["/v1/nodes"] = until(clock, 9.0, [*nodes[:2], {**nodes[2], "status": "down"}], nodes)
    result, _asked = run(clock, table, checks=["nodes", "maintenance"], allow_in_maintenance=["node3"], wait=True)
    assert (result["healthy"], result["problems"]) == (True, [])
    assert result["waited"] >= 9.0


def test_a_host_name_that_may_be_that_of_a_silent_node_is_waited_for(clock: t.Any) -> None:
    table = small_cluster.answers()
    statuses = table["/v1/nodes/status"]
    silent = {**statuses, "3": {name: value for name, value in statuses["3"].items() if name != "hostname"}}
    table["/v1/nodes/status"] = until(clock, 5.0, silent, statuses)
    once, asked = run(clock, table, without_node="node3")
    [problem] = once["problems"]
    assert problem["message"] == (
        "Could not read which node node3 is: it matches no known name or address, and node 3 does not say its host "
        "name."
    )
    assert (once["healthy"], once["node"], once["checks_run"], paths(asked)) == (False, None, [], ONE_LOOK)
    waited, _asked = run(clock, table, without_node="node3", wait=True)
    assert (waited["healthy"], waited["node"]["uid"]) == (True, 3)


def test_an_unknown_node_is_refused_with_the_known_ones(clock: t.Any) -> None:
    with pytest.raises(Refused, match="no node with uid 9; its nodes are 1, 2, 3"):
        run(clock, small_cluster.answers(), without_node="9", wait=True)
    assert clock.sleeps == []


def test_a_second_node_must_not_leave(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    result, _asked = run(clock, table, without_node="3", allow_in_maintenance=["2"])
    assert result["healthy"] is False
    assert "quorum_without_node" in [problem["check"] for problem in result["problems"]]
    same, _asked = run(clock, table, without_node="2", allow_in_maintenance=["2"])
    assert [problem["check"] for problem in same["problems"] if problem["check"] == "quorum_without_node"] == []


def test_a_node_that_half_left_may_go_on_leaving_and_no_other(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.decommissioning(table, 2)
    result, _asked = run(clock, table, without_node="2", allow_decommissioning=["2"])
    assert (result["healthy"], result["problems"]) == (True, [])
    for params in ({"without_node": "2"}, {"without_node": "3", "allow_decommissioning": ["3"]}):
        other, _asked = run(clock, table, **params)
        assert other["healthy"] is False


def test_options_that_contradict_each_other_are_refused_before_anything_is_sent(clock: t.Any) -> None:
    api = StubApi(small_cluster.answers(), clock)
    with pytest.raises(InvalidInput, match="node_drained is true: set without_node"):
        health_info.run(Context(api.client, {"node_drained": True}, wait=Wait(False), clock=clock))
    assert api.asked == []


# -- severities ------------------------------------------------------------------------------------------------------


def test_a_check_that_is_off_is_neither_made_nor_read(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"] = BROKEN
    result, asked = run(clock, table, severities={"license": "off", "availability": False})
    assert (result["healthy"], result["problems"]) == (True, [])
    assert [name for name in DEFAULT.checks if name not in result["checks_run"]] == ["availability", "license"]
    assert not [path for path in paths(asked) if "license" in path or "availability" in path]


def test_a_check_that_only_warns_is_not_waited_for(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"]["expired"] = True
    result, _asked = run(clock, table, severities={"license": "warning"}, wait=True, fail_on_problems=True)
    assert [(problem["check"], problem["severity"]) for problem in result["problems"]] == [("license", "warning")]
    assert (result["healthy"], clock.sleeps) == (True, [])


def test_a_cluster_that_cannot_be_read_is_an_error_whatever_the_severities_say(clock: t.Any) -> None:
    severities = dict.fromkeys(CHECKS, "warning")
    result, _asked = run(clock, {**small_cluster.answers(), "/v1/nodes": BROKEN}, severities=severities)
    assert [problem["severity"] for problem in result["problems"]] == ["error"]
    assert result["healthy"] is False
    result, _asked = run(clock, {**small_cluster.answers(), "/v1/bdbs": BROKEN}, severities={"databases": "off"})
    assert result["healthy"] is False


# -- the documentation -----------------------------------------------------------------------------------------------

OPTIONS = yaml.safe_load(redis_health_info.DOCUMENTATION)["options"]
MODULE = "plugins/modules/redis_health_info.py"


def test_the_documented_checks_are_those_of_the_registry() -> None:
    documented = OPTIONS["checks"]["description"][1:], OPTIONS["checks"]["choices"]
    assert documented == ([check.documentation for check in CHECKS.values()], list(CHECKS)), (
        f"{MODULE} documents other checks than plugins/module_utils/_health/checks.py registers; run: make format"
    )


def test_every_key_of_the_result_is_documented(clock: t.Any) -> None:
    documented = yaml.safe_load(redis_health_info.RETURN)
    table = small_cluster.answers()
    table["/v1/license"]["expired"] = True
    failed, _asked = run(clock, table, without_node="3", fail_on_problems=True)
    result, _asked = run(clock, table, without_node="3")
    assert set(documented) == {*failed, *result} - {"changed", "failed", "msg"}
    by_failure = {name for name, key in documented.items() if "failure" in key["returned"]}
    assert by_failure == set(failed) - {"changed", "failed", "msg"}
    assert set(documented["problems"]["contains"]) == set(result["problems"][0])
    assert set(documented["node"]["contains"]) <= set(result["node"])


def test_the_role_offers_every_option_that_decides_what_is_healthy() -> None:
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = specs["argument_specs"]["main"]["options"]
    for name in set(OPTIONS) - {"fail_on_problems", "warn", "wait", "wait_timeout"}:
        own = options.get(f"health_check_{name}")
        assert own is not None, f"roles/health_check/meta/argument_specs.yml has no health_check_{name}"
        assert (own["type"], own.get("elements")) == (OPTIONS[name]["type"], OPTIONS[name].get("elements"))
        assert "choices" not in own or own["choices"] == OPTIONS[name]["choices"], (
            f"roles/health_check/meta/argument_specs.yml gives health_check_{name} other choices than {MODULE}"
        )


@pytest.mark.parametrize(
    "path", sorted((ROOT / "roles").rglob("*.yml")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_roles_have_no_list_of_checks_of_their_own(path: Path) -> None:
    """The registry is the only one; a copy once left out a check that had come later."""
    items = re.findall(r"^\s*- (\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    listed = sorted(set(items) & set(CHECKS))
    assert not listed, f"{path.relative_to(ROOT)} lists {', '.join(listed)}: redis_health_info has options for that"


# -- what cannot be read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "check", "about", "what"),
    [
        ("/v1/cluster/check", "cluster_check", "cluster", "the cluster's own check"),
        ("/v1/license", "license", "license", "the license"),
        ("/v2/actions", "actions", "cluster", "running actions"),
        ("/v1/nodes/actions", "actions", "cluster", "running actions"),
        ("/v1/bdbs/2/availability", "availability", "database 2", "the availability of database 2"),
    ],
)
@pytest.mark.parametrize("status", [400, 500, 503])
def test_what_could_not_be_read_is_an_error_of_the_check(
    path: str, check: str, about: str, what: str, status: int, clock: t.Any
) -> None:
    result, _asked = run(clock, {**small_cluster.answers(), path: Status(status)})
    [problem] = result["problems"]
    assert (problem["check"], problem["source"], problem["object"]) == (check, path, about)
    assert (problem["severity"], result["healthy"]) == ("error", False)
    assert problem["message"].startswith(f"Could not read {what}: ")
    assert str(status) in problem["message"]


def test_a_missing_check_endpoint_is_an_error(clock: t.Any) -> None:
    table = small_cluster.answers()
    del table["/v1/cluster/check"]
    [problem] = run(clock, table)[0]["problems"]
    assert (problem["check"], problem["severity"]) == ("cluster_check", "error")
    assert "404" in problem["message"]


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("/v1/nodes", "nodes"),
        ("/v1/nodes/status", "nodes"),
        ("/v1/shards", "shards"),
        ("/v1/bdbs", "databases"),
        ("/v4/cluster/health", "report"),
    ],
)
def test_a_cluster_that_cannot_be_read_is_never_healthy(path: str, check: str, clock: t.Any) -> None:
    result, _asked = run(clock, {**small_cluster.answers(), path: BROKEN}, checks=["quorum"])
    [problem] = result["problems"]
    assert (problem["check"], problem["source"], problem["severity"]) == (check, path, "error")
    assert "it broke" in problem["message"]
    assert (result["healthy"], result["checks_run"]) == (False, [])


def test_nor_is_one_that_does_not_say_how_its_nodes_are(clock: t.Any) -> None:
    result, _asked = run(clock, {**small_cluster.answers(), "/v1/nodes/status": Status(404)}, checks=["quorum"])
    [problem] = result["problems"]
    assert (problem["check"], problem["source"], problem["severity"]) == ("nodes", "/v1/nodes/status", "error")
    assert "404" in problem["message"]
    assert (result["healthy"], result["checks_run"]) == (False, [])


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("path", ["/v1/nodes", "/v1/license", "/v1/nodes/actions", "/v1/bdbs/1/availability"])
def test_credentials_that_do_not_suffice_end_the_task(path: str, status: int, clock: t.Any) -> None:
    with pytest.raises(ApiError, match=str(status)):
        run(clock, {**small_cluster.answers(), path: Status(status)}, wait=True)
    assert clock.sleeps == []


def test_an_api_that_is_away_ends_the_task(clock: t.Any) -> None:
    with pytest.raises(Unavailable, match="GET /v1/nodes"):
        run(clock, {"/v1/nodes": Status(503)})


def test_an_api_that_goes_away_during_the_look_ends_the_task(clock: t.Any) -> None:
    table = {**small_cluster.answers(), "/v1/cluster/check": Status(503), "/v1/license": Status(503)}
    with pytest.raises(Unavailable, match="GET /v1/license"):
        run(clock, table)


# -- waiting and failing ---------------------------------------------------------------------------------------------


def until(clock: t.Any, moment: float, before: t.Any, after: t.Any) -> t.Callable[[], t.Any]:
    return lambda: before if clock.now() < moment else after


def test_waiting_ends_as_soon_as_the_cluster_is_healthy(clock: t.Any) -> None:
    table = small_cluster.answers()
    active = table["/v1/bdbs"]
    table["/v1/bdbs"] = until(clock, 20.0, [{**active[0], "status": "pending"}, active[1]], active)
    result, _asked = run(clock, table, wait=True, fail_on_problems=True)
    assert (result["healthy"], result["problems"]) == (True, [])
    assert 20.0 <= result["waited"] <= 22.0


def test_waiting_goes_on_through_what_could_not_be_found_out(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"] = until(clock, 3.0, BROKEN, table["/v1/nodes"])
    table["/v1/license"] = until(clock, 6.0, BROKEN, table["/v1/license"])
    result, _asked = run(clock, table, wait=True)
    assert result["healthy"] is True
    assert result["waited"] >= 6.0


def test_warnings_are_not_waited_for(clock: t.Any) -> None:
    result, _asked = run(clock, small_cluster.answers(), without_node="3", wait=True)
    assert (result["healthy"], len(result["problems"]), clock.sleeps) == (True, 1, [])


def test_when_the_time_is_over_the_last_look_is_the_result(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"]["expired"] = True
    result, asked = run(clock, table, wait=True, wait_timeout=60.0)
    assert (result["healthy"], result["waited"]) == (False, 60.0)
    assert [problem["object"] for problem in result["problems"]] == ["license"]
    assert "nodes" in result["checks_run"]
    assert paths(asked).count("/v1/nodes") < 60


def test_without_wait_there_is_one_look(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"]["expired"] = True
    result, asked = run(clock, table)
    assert (result["healthy"], result["waited"], clock.sleeps) == (False, 0.0, [])
    assert paths(asked).count("/v1/nodes") == 1


def test_failing_lists_errors_and_warnings_and_returns_the_results_all_the_same(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][2]["status"] = "down"
    table["/v1/license"]["expired"] = True
    table["/v4/cluster/health"]["active_alerts"] = [{"name": "only_a_warning"}]
    looked, _asked = run(clock, table)
    del looked["node"]  # with all of its shards it would bury the message
    result, _asked, warnings = run_with_warnings(clock, table, fail_on_problems=True, warn=True)
    assert result.pop("msg").splitlines() == [
        "The cluster is not healthy:",
        "nodes: Node 3 (127.0.0.3) is down.",
        "license: The cluster's license expired on 2030-01-01T00:00:00Z.",
        "Warnings:",
        "report: The health report shows the alert only_a_warning on the cluster.",
    ]
    assert result.pop("failed") is True
    assert set(result.pop("failure").values()) == {None, 0}
    assert (result, warnings) == (looked, [])


def test_failing_about_a_node_names_it(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 1)
    result, _asked = run(clock, table, without_node="node1", node_drained=True, fail_on_problems=True)
    assert result["msg"].splitlines() == [
        "Node 1 (127.0.0.1) is not drained and must not be stopped:",
        "node_drained: Node 1 still holds primary shard 1 of database 1.",
        "node_drained: Node 1 still serves the endpoint of cache.",
    ]


def test_failing_after_waiting_says_how_long(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"]["expired"] = True
    result, _asked = run(clock, table, wait=True, wait_timeout=30.0, fail_on_problems=True)
    assert "not healthy after 30 s of waiting" in result["msg"]


def test_an_api_that_stays_away_while_it_is_waited_for_is_a_problem_at_the_end(clock: t.Any) -> None:
    result, _asked = run(clock, {"/v1/nodes": Status(503)}, wait=True, wait_timeout=30.0)
    assert (result["healthy"], result["checks_run"]) == (False, [])
    assert result["problems"][0]["message"].startswith("Could not read the cluster: ")


@pytest.mark.parametrize("fail", [True, False])
def test_warnings_of_a_healthy_cluster_are_warnings_of_the_task_where_that_is_asked_for(
    fail: bool, clock: t.Any
) -> None:
    table = small_cluster.answers()
    for warn, expected in ((True, ["Database 2 (queue) has no replicas"]), (False, [])):
        result, _asked, warnings = run_with_warnings(clock, table, without_node="3", warn=warn, fail_on_problems=fail)
        assert result["healthy"] is True
        assert [each[: len("Database 2 (queue) has no replicas")] for each in warnings] == expected

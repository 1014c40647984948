# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_health_info: what is read for which check, what cannot be found out, and waiting."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from support import small_cluster
from support.stub_api import Status, StubApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    ApiError,
    InvalidInput,
    Refused,
    Unavailable,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health import checks as _health
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import health_info
from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_health_info

ONE_LOOK = ["/v1/nodes", "/v1/nodes/status", "/v1/shards", "/v1/bdbs", "/v4/cluster/health"]
BROKEN = Status(500, {"error_code": "internal_error", "description": "it broke"})


def run(clock: t.Any, table: dict[str, t.Any], **params: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    api = StubApi(table, clock)
    wait = Wait(bool(params.pop("wait", False)), params.pop("wait_timeout", 600.0), 5.0)
    return health_info.run(Context(api.client, params, wait=wait, clock=clock)).as_dict(), api.asked


def paths(asked: list[str]) -> list[str]:
    return [each.partition("?")[0] for each in asked]


def test_a_healthy_cluster(clock: t.Any) -> None:
    result, asked = run(clock, small_cluster.answers())
    assert result == {
        "changed": False,
        "healthy": True,
        "problems": [],
        "checks_run": [name for name in _health.CHECKS if name not in _health.WITHOUT_NODE_CHECKS],
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
    result, asked = run(clock, small_cluster.answers(), without_node=3)
    assert result["checks_run"] == list(_health.CHECKS)
    assert [problem["check"] for problem in result["problems"]] == ["single_copies"]
    assert result["healthy"] is True
    assert len(asked) == 11


def test_an_unknown_node_is_refused_with_the_known_ones(clock: t.Any) -> None:
    with pytest.raises(Refused, match="no node with uid 9; its nodes are 1, 2, 3"):
        run(clock, small_cluster.answers(), without_node=9, wait=True)
    assert clock.sleeps == []


def test_a_second_node_must_not_leave(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 2)
    result, _asked = run(clock, table, without_node=3, allow_in_maintenance=[2])
    assert result["healthy"] is False
    assert "quorum_without_node" in [problem["check"] for problem in result["problems"]]
    same, _asked = run(clock, table, without_node=2, allow_in_maintenance=[2])
    assert [problem["check"] for problem in same["problems"] if problem["check"] == "quorum_without_node"] == []


def test_a_node_that_half_left_may_go_on_leaving_and_no_other(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.decommissioning(table, 2)
    result, _asked = run(clock, table, without_node=2, allow_decommissioning=[2])
    assert (result["healthy"], result["problems"]) == (True, [])
    for params in ({"without_node": 2}, {"without_node": 3, "allow_decommissioning": [3]}):
        other, _asked = run(clock, table, **params)
        assert other["healthy"] is False


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"checks": []}, "checks is empty"),
        ({"checks": ["nodes", "single_copies"]}, "checks names single_copies: set without_node"),
        (
            {"checks": ["nodes"], "without_node": 2},
            "without_node has no effect on the chosen checks: add one of quorum_",
        ),
    ],
)
def test_options_without_effect_are_refused_before_anything_is_sent(
    params: dict[str, t.Any], sentence: str, clock: t.Any
) -> None:
    api = StubApi(small_cluster.answers(), clock)
    with pytest.raises(InvalidInput, match=sentence):
        health_info.run(Context(api.client, params, wait=Wait(False), clock=clock))
    assert api.asked == []


def test_the_documented_checks_are_those_that_exist() -> None:
    documented = yaml.safe_load(redis_health_info.DOCUMENTATION)["options"]["checks"]
    assert documented["choices"] == list(_health.CHECKS)
    assert [line.partition("(")[2].partition(")")[0] for line in documented["description"][1:]] == list(_health.CHECKS)


# -- what cannot be found out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "check", "what"),
    [
        ("/v1/cluster/check", "cluster_check", "the cluster's own check"),
        ("/v1/license", "license", "the license"),
        ("/v2/actions", "actions", "running actions"),
        ("/v1/nodes/actions", "actions", "running actions"),
        ("/v1/bdbs/2/availability", "availability", "database 2"),
    ],
)
@pytest.mark.parametrize("status", [400, 500, 503])
def test_could_not_find_out_is_an_error_of_the_check(
    path: str, check: str, what: str, status: int, clock: t.Any
) -> None:
    result, _asked = run(clock, {**small_cluster.answers(), path: Status(status)})
    [problem] = result["problems"]
    assert (problem["check"], problem["source"], problem["object"]) == (check, path, what)
    assert (problem["severity"], result["healthy"]) == ("error", False)
    assert problem["message"].startswith(f"Could not find out about {what}: ")
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
    result, _asked = run(clock, small_cluster.answers(), without_node=3, wait=True)
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


def test_failing_lists_the_errors_in_plain_sentences(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][2]["status"] = "down"
    table["/v1/license"]["expired"] = True
    table["/v4/cluster/health"]["active_alerts"] = [{"name": "only_a_warning"}]
    with pytest.raises(_health.Unhealthy) as caught:
        run(clock, table, fail_on_problems=True)
    assert str(caught.value).splitlines() == [
        "The cluster is not healthy:",
        "Node 3 (127.0.0.3) is down.",
        "The cluster's license expired on 2030-01-01T00:00:00Z.",
    ]


def test_failing_after_waiting_says_how_long(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/license"]["expired"] = True
    with pytest.raises(_health.Unhealthy, match="not healthy after 30 s of waiting"):
        run(clock, table, wait=True, wait_timeout=30.0, fail_on_problems=True)

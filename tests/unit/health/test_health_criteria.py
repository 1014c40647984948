# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to criteria: which checks are made, what is refused before any request, and which nodes are meant."""

from __future__ import annotations

import typing as t

import pytest
from support import small_cluster
from support.health_checks import ABOUT_NODE, DEFAULT, facts

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput, Refused
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.checks import CHECKS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.criteria import NodeNames, criteria_from

DEFAULT_ABOUT_NODE = [name for name in CHECKS if name != "node_drained"]


@pytest.mark.parametrize(
    ("params", "checks"),
    [
        ({}, list(DEFAULT.checks)),
        ({"without_node": "2"}, DEFAULT_ABOUT_NODE),
        ({"without_node": "2", "node_drained": True}, list(CHECKS)),
        ({"checks": ["quorum", "nodes"]}, ["nodes", "quorum"]),
        ({"checks": ["nodes"], "without_node": "2", "node_drained": True}, ["nodes", "node_drained"]),
        ({"checks": ["node_drained"], "without_node": "2"}, ["node_drained"]),
        (
            {"without_node": "2", "replicas_stay": ["ha"]},
            [name for name in DEFAULT_ABOUT_NODE if name != "capacity_without_node"],
        ),
        (
            {"severities": {"license": "off", "nodes": "warning"}},
            [name for name in DEFAULT.checks if name != "license"],
        ),
        ({"severities": {"license": False}}, [name for name in DEFAULT.checks if name != "license"]),
        ({"severities": dict.fromkeys(ABOUT_NODE, "off"), "without_node": "2"}, list(DEFAULT.checks)),
    ],
)
def test_which_checks_are_made(params: dict[str, t.Any], checks: list[str]) -> None:
    assert list(criteria_from(params).checks) == checks


def test_where_replicas_stay_every_other_check_of_the_gate_is_made() -> None:
    """The racks among them, which a list of checks beside this one once left out."""
    gate = criteria_from({"without_node": "2", "replicas_stay": ["ha", "active_active"]})
    assert set(CHECKS) - set(gate.checks) == {"capacity_without_node", "node_drained"}
    assert "racks" in gate.checks


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"checks": []}, "checks is empty"),
        ({"checks": [], "without_node": "2", "node_drained": True}, "checks is empty"),
        ({"checks": ["nodes", "single_copies"]}, "checks names single_copies: set without_node"),
        ({"checks": ["node_drained"]}, "checks names node_drained: set without_node"),
        ({"node_drained": True}, "node_drained is true: set without_node"),
        ({"replicas_stay": ["ha"]}, "replicas_stay is set: set without_node"),
        (
            {"checks": ["nodes"], "without_node": "2"},
            "without_node has no effect on the chosen checks: add one of quorum_",
        ),
        ({"severities": {"licence": "off"}}, "severities names licence, which is no check; the checks are cluster_"),
        ({"severities": {"license": "info"}}, "severities sets license to info: use one of error, warning, off."),
        ({"severities": {"license": True}}, "severities sets license to True: use one of error, warning, off."),
        ({"severities": {"license": None}}, "severities sets license to None: use one of"),
        ({"severities": {"license": ["off"]}}, "severities sets license to "),
        ({"checks": ["license"], "severities": {"license": "off"}}, "No check is left to make"),
        (
            {"checks": ["capacity_without_node"], "without_node": "2", "replicas_stay": ["ha"]},
            "No check is left to make",
        ),
        (
            {"without_node": "2", "node_drained": True, "severities": {"node_drained": "off"}},
            "node_drained is asked for, and severities turns it off",
        ),
    ],
)
def test_options_that_contradict_each_other_are_refused(params: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        criteria_from(params)


# -- nodes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["2", "node2", "NODE2.", "node2.example.com", "127.0.0.2"])
def test_a_node_is_named_by_uid_host_name_or_address(name: str, clock: t.Any) -> None:
    names = NodeNames.of({"without_node": name, "allow_in_maintenance": [name, "3"], "allow_decommissioning": [name]})
    criteria = names.resolved(criteria_from({"without_node": name}), facts(small_cluster.answers(), clock).cluster)
    assert (criteria.without_node, criteria.allow_in_maintenance, criteria.allow_decommissioning) == (2, {2, 3}, {2})


@pytest.mark.parametrize("option", ["allow_in_maintenance", "allow_decommissioning"])
@pytest.mark.parametrize("name", ["9", "node9"])
def test_a_node_that_the_cluster_does_not_have_is_refused(option: str, name: str, clock: t.Any) -> None:
    with pytest.raises(Refused, match="its nodes are 1"):
        NodeNames.of({option: [name]}).resolved(criteria_from({}), facts(small_cluster.answers(), clock).cluster)


@pytest.mark.parametrize("drained", [True, False])
def test_a_node_that_is_to_be_drained_may_be_in_maintenance(drained: bool, clock: t.Any) -> None:
    params = {"without_node": "2", "node_drained": drained}
    criteria = NodeNames.of(params).resolved(criteria_from(params), facts(small_cluster.answers(), clock).cluster)
    assert criteria.allow_in_maintenance == ({2} if drained else set())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("node3.example.com", "it matches no known name or address, and node 3 does not say its host name"),
        ("node2", None),
        ("127.0.0.3", None),
        ("3", None),
        ("9", None),
    ],
)
def test_a_host_name_may_be_that_of_a_node_that_is_down(name: str, why: str | None, clock: t.Any) -> None:
    table = small_cluster.answers()
    names, known = NodeNames.of({"without_node": name}), facts(table, clock).cluster
    assert names.unresolvable(known) is None
    del table["/v1/nodes/status"]["3"]["hostname"]
    unread = names.unresolvable(facts(table, clock).cluster)
    assert (unread.why if unread else None) == why

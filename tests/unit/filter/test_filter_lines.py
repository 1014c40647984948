# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the roles databases and node_removal."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.redis_enterprise.cluster.plugins.filter.bdb_set_lines import FilterModule as SetFilters
from ansible_collections.redis_enterprise.cluster.plugins.filter.removal_choice import FilterModule as ChoiceFilters

lines = SetFilters().filters()["bdb_set_lines"]
choice = ChoiceFilters().filters()["removal_choice"]


def result(name: str, **fields: t.Any) -> dict[str, t.Any]:
    return {"name": name, "changed": False, "failed": False, "skipped": False, **fields}


def changed(name: str, before: dict[str, t.Any], after: dict[str, t.Any], *fields: str) -> dict[str, t.Any]:
    return result(name, changed=True, diff={"before": before, "after": after}, changes=list(fields))


RESULTS = [
    changed("new", {}, {"name": "new"}),
    changed("grown", {"memory_size": 1, "port": 1}, {"memory_size": 2, "port": 2}, "memory_size", "port"),
    changed("old", {"name": "old"}, {}),
    result("bad", failed=True),
    result("late", skipped=True),
    result("same"),
    result("same-too"),
]


def test_each_kind_of_change_has_a_line() -> None:
    expected = ["created: new", "changed: grown (memory_size, port)", "deleted: old"]
    rest = ["failed: bad", "not tried: late", "unchanged: 2"]
    assert lines(RESULTS) == [*expected, *rest]
    assert lines(RESULTS, check_mode=True) == [*(f"would be {line}" for line in expected), *rest]


def test_what_names_nothing_has_no_line() -> None:
    assert lines([]) == ["unchanged: 0"]
    assert lines([RESULTS[0], RESULTS[0]]) == ["created: new, new", "unchanged: 0"]


@pytest.mark.parametrize("given", [[{"name": "x"}], ["x"], [{**RESULTS[0], "diff": None}], 7])
def test_other_input_is_an_error_of_the_filter(given: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="needs the results of redis_bdb_set"):
        lines(given)


def test_the_choice_is_that_of_the_typed_decision() -> None:
    assert choice("4,5", inventory={"four": "4"})["hosts"] == [
        {"name": "four", "node_uid": 4, "synthetic": False},
        {"name": "node_removal_5", "node_uid": 5, "synthetic": True},
    ]
    assert choice([], pattern="x", matching=[], limit=None)["reason"] == "no_host"
    with pytest.raises(AnsibleFilterError, match="uids of nodes, which are whole numbers"):
        choice("4.5")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes are to be removed: uids as -e gives them, hosts of the inventory, and what is not clear."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.choice import (
    Choice,
    choose,
    is_synthetic,
    uids_from,
)

INVENTORY: dict[str, t.Any] = {"a": 1, "b": "2", "c": 3, "c2": "3"}
UIDS: dict[str, tuple[t.Any, list[int]]] = {
    "a list": ([4, 5], [4, 5]),
    "a list of text": (["4", " 5 "], [4, 5]),
    "a number": (4, [4]),
    "text": ("4", [4]),
    "text with commas": ("4, 5,", [4, 5]),
    "each once": ([4, "4", 5], [4, 5]),
    "nothing": ([], []),
    "empty text": ("", []),
    "null": (None, []),
}


@pytest.mark.parametrize("case", UIDS)
def test_uids_come_in_many_shapes(case: str) -> None:
    given, uids = UIDS[case]
    assert uids_from(given) == uids


@pytest.mark.parametrize("given", ["4.5", "3-5", ["node4"], 4.5, [True]])
def test_what_is_no_uid_is_an_error(given: t.Any) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        uids_from(given)


HOSTS: dict[str, tuple[t.Any, list[tuple[str, int]]]] = {
    "a host of the inventory": ([1], [("a", 1)]),
    "its uid is text there": ([2], [("b", 2)]),
    "no host has the uid": ("2,7", [("b", 2), ("node_removal_7", 7)]),
}


@pytest.mark.parametrize("case", HOSTS)
def test_each_uid_has_a_host(case: str) -> None:
    nodes, expected = HOSTS[case]
    assert choose(nodes, None, (), None, INVENTORY) == Choice(tuple(expected))


Given = tuple[t.Any, str | None, list[str], str | None]
CLEAR: dict[str, Given] = {
    "a limit": ([], None, [], "b"),
    "a pattern": ([], "b", ["b"], None),
    "a pattern and a limit": ([], "all", ["a", "b"], "b"),
    "a pattern without hosts, and a limit": ([], "x", [], "b"),
}
UNCLEAR: dict[str, tuple[Given, str]] = {
    "nothing": (([], None, [], None), "Name the nodes to remove: node_removal_nodes with their uids, or hosts with"),
    "twice": (([4], "b", ["b"], None), "Name the nodes to remove in one way only"),
    "twice, with a limit": (([4], None, [], "b"), "Name the nodes to remove in one way only"),
    "no_host": (([], "x", [], None), "No host of the inventory matches node_removal_hosts (x)."),
    "several": (([3, 1], None, [], None), "have the same redis_node_uid: c, c2. Name the hosts with"),
}


@pytest.mark.parametrize("case", CLEAR)
def test_hosts_are_taken_as_they_are_named(case: str) -> None:
    assert choose(*CLEAR[case], INVENTORY) == Choice()


@pytest.mark.parametrize("case", UNCLEAR)
def test_what_is_not_clear_is_refused(case: str) -> None:
    given, sentence = UNCLEAR[case]
    found = choose(*given, INVENTORY)
    assert sentence in found.refusal
    assert (found.reason, found.hosts) == (case.partition(",")[0], ())


def test_a_synthetic_host_is_known_by_its_name_and_uid() -> None:
    assert choose([7, 1], None, (), None, INVENTORY).as_dict() == {
        "hosts": [
            {"name": "node_removal_7", "node_uid": 7, "synthetic": True},
            {"name": "a", "node_uid": 1, "synthetic": False},
        ],
        "reason": "",
        "refusal": "",
    }
    assert not is_synthetic("node_removal_7", "8")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node a host is: by uid, host name and address, and every doubt about it."""

from __future__ import annotations

import typing as t

import pytest
from support.nodes_of import cluster, node

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.match import (
    Host,
    RollRefused,
    match,
    require_listed,
)

CLUSTER = cluster(
    node(1, external_addr=("203.0.113.1",)),
    node(2),
    node(3, hostname="NODE3.example.com"),
    node(4, addr="fd00::4", hostname=None),
)

MATCHES: dict[str, tuple[Host, int]] = {
    "uid": (Host("db-east", node_uid=2), 2),
    "uid, and a name of its own": (Host("rack7-slot2", ("192.0.2.7",), node_uid=2), 2),
    "uid and name": (Host("node2.example.com", node_uid=2), 2),
    "uid and short name": (Host("node2", node_uid=2), 2),
    "host name": (Host("node2.example.com"), 2),
    "host name in other case": (Host("Node2.Example.COM"), 2),
    "host name with a trailing dot": (Host("node3.example.com."), 3),
    "short name": (Host("node3"), 3),
    "address as the name": (Host("10.0.0.3"), 3),
    "ansible_host": (Host("db-east", ("10.0.0.3",)), 3),
    "external address": (Host("db-east", ("203.0.113.1",)), 1),
    "address of version 6, written otherwise": (Host("db", ("fd00:0::4",)), 4),
    "name and address of one node": (Host("node1", ("10.0.0.1",)), 1),
    "localhost by uid, whatever its address": (Host("localhost", ("10.0.0.1",), node_uid=3), 3),
}


@pytest.mark.parametrize("case", MATCHES)
def test_a_host_is_one_node(case: str) -> None:
    host, uid = MATCHES[case]
    found = match(host, CLUSTER)
    require_listed(found, CLUSTER)
    assert (found.uid, found.node) == (uid, CLUSTER.node(uid))


REFUSED: dict[str, tuple[Host, str, str]] = {
    "no name of a node": (
        Host("stranger", ("192.0.2.7",)),
        "no_node",
        "stranger does not match any node of the cluster: it is known as stranger and 192.0.2.7, and the nodes are "
        "1 at 10.0.0.1, 2 at 10.0.0.2, 3 at 10.0.0.3, 4 at fd00::4.",
    ),
    "another domain": (Host("node2.example.org"), "no_node", "does not match any node"),
    "localhost without uid": (Host("localhost", ("10.0.0.1",)), "no_node", "it is known as no name of its own"),
    "name of one node, address of another": (
        Host("node1", ("10.0.0.2",)),
        "several_nodes",
        "node1 matches nodes 1 and 2 of the cluster: set its host variable redis_node_uid.",
    ),
    "uid of one node, name of another": (
        Host("node1.example.com", node_uid=2),
        "other_node",
        "node1.example.com has redis_node_uid 2, but its name or address is that of node 1: correct one of them.",
    ),
    "uid of one node, short name of another": (Host("node1", node_uid=2), "other_node", "is that of node 1"),
    "uid of one node, name of another in other case": (Host("NODE1.example.com", node_uid=2), "other_node", "node 1"),
    "uid of one node, address of another": (Host("db", ("10.0.0.1",), node_uid=3), "other_node", "is that of node 1"),
    "uid that does not exist, name of a node": (Host("node1", node_uid=9), "other_node", "is that of node 1"),
    "uid that does not exist": (
        Host("db", node_uid=9),
        "no_node",
        "db has redis_node_uid 9, and the cluster has no such node; its nodes are 1 at 10.0.0.1, 2 at",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_host_in_doubt_is_refused(case: str) -> None:
    host, reason, sentence = REFUSED[case]
    with pytest.raises(RollRefused) as refused:
        require_listed(match(host, CLUSTER), CLUSTER)
    assert refused.value.reason == reason
    assert sentence in str(refused.value)


def test_a_node_that_has_left_is_a_match_by_uid_alone() -> None:
    found = match(Host("old", node_uid=9), CLUSTER)
    assert (found.uid, found.node) == (9, None)


@pytest.mark.parametrize(
    ("host", "names"),
    [
        (Host("a", ("a", "b", "")), ("a", "b")),
        (Host("a"), ("a",)),
        (Host("localhost", ("127.0.0.1",)), ()),
    ],
)
def test_names_are_those_that_can_belong_to_a_node(host: Host, names: t.Any) -> None:
    assert host.names == names

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The match of an inventory host to the one node of the cluster that it is, by uid, host name or address."""

from __future__ import annotations

import dataclasses
import typing as t

from .._api.cluster import Cluster, Node
from .._core.errors import Refused

_LOCALHOST = "localhost"  # where a role can be run for any node, so its name and address say nothing


class RollRefused(Refused):
    """A roll or a removal that must not go on; C(reason) is the id of the reason."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Host:
    """An inventory host, and what only Ansible knows about it."""

    name: str
    addresses: tuple[str, ...] = ()  # other names and addresses of it, such as ansible_host
    node_uid: int | None = None  # the host variable redis_node_uid
    url: str = ""  # the host variable redis_enterprise_url
    needed: bool = True  # whether its node needs maintenance
    synthetic: bool = False  # added for a uid that no host of the inventory has; nothing can run on it

    @property
    def names(self) -> tuple[str, ...]:
        """The names and addresses under which it can be a node."""
        if self.name == _LOCALHOST:
            return ()
        return tuple(dict.fromkeys((self.name, *(each for each in self.addresses if each))))


@dataclasses.dataclass(frozen=True)
class Match:
    """A host and its node; C(node) is None where the cluster does not list the uid."""

    host: Host
    uid: int
    node: Node | None


def match(host: Host, cluster: Cluster) -> Match:
    """The node that the host is; raises RollRefused where that is in doubt.

    Its names count even where it has a uid: a wrong uid would drain one node, and the tasks would run on another.
    """
    named = _nodes_named(host, cluster)
    if host.node_uid is None:
        if len(named) != 1:
            raise _unmatched(host, named, cluster)
        return Match(host, named[0].uid, named[0])
    if named and host.node_uid not in [node.uid for node in named]:
        raise RollRefused(
            "other_node",
            f"{host.name} has redis_node_uid {host.node_uid}, but its name or address is that of node "
            f"{_uids(named)}: correct one of them.",
        )
    return Match(host, host.node_uid, cluster.node(host.node_uid))


def require_listed(found: Match, cluster: Cluster) -> Node:
    """The node of a match; raises RollRefused where it is not in the cluster."""
    if found.node is None:
        raise RollRefused(
            "no_node",
            f"{found.host.name} has redis_node_uid {found.uid}, and the cluster has no such node; its nodes are "
            f"{_known(cluster)}. Correct redis_node_uid.",
        )
    return found.node


def _nodes_named(host: Host, cluster: Cluster) -> list[Node]:
    found = {node.uid: node for name in host.names for node in cluster.nodes_named(name)}
    return [found[uid] for uid in sorted(found)]


def _unmatched(host: Host, named: t.Sequence[Node], cluster: Cluster) -> RollRefused:
    if len(named) > 1:
        return RollRefused(
            "several_nodes",
            f"{host.name} matches nodes {_uids(named)} of the cluster: set its host variable redis_node_uid.",
        )
    known_as = " and ".join(host.names) or "no name of its own"
    return RollRefused(
        "no_node",
        f"{host.name} does not match any node of the cluster: it is known as {known_as}, and the nodes are "
        f"{_known(cluster)}. Set its host variable redis_node_uid, or leave the host out if its node was removed.",
    )


def _uids(nodes: t.Iterable[Node]) -> str:
    return " and ".join(str(node.uid) for node in nodes)


def _known(cluster: Cluster) -> str:
    return ", ".join(f"{node.uid} at {node.addr}" for node in cluster.nodes)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of a task to the criteria of its health checks. What contradicts itself is refused."""

from __future__ import annotations

import dataclasses
import typing as t

from .._api.cluster import Cluster
from .._core.errors import InvalidInput
from .checks import CHECKS
from .facts import ERROR, OFF, WARNING, Criteria, Unread

_SEVERITIES = (ERROR, WARNING, OFF)
_ABOUT_NODE = [name for name, check in CHECKS.items() if check.about_node]


def criteria_from(params: t.Mapping[str, t.Any]) -> Criteria:
    """The criteria without their nodes, which only the cluster can resolve; raises InvalidInput."""
    severities = _severities(params.get("severities") or {})
    staying = tuple(params.get("replicas_stay") or ())
    chosen = _chosen(params)
    about_node = [name for name in chosen if name in _ABOUT_NODE]
    if params.get("without_node") is None:
        _refuse_without_node(params.get("checks"), bool(params.get("node_drained")), staying)
        chosen = [name for name in chosen if name not in about_node]
    elif not about_node:
        raise InvalidInput(
            f"without_node has no effect on the chosen checks: add one of {', '.join(_ABOUT_NODE)} to checks, or leave "
            "it out."
        )
    if "node_drained" in chosen and severities.get("node_drained") == OFF:
        raise InvalidInput("node_drained is asked for, and severities turns it off: leave one of them out.")
    left_out = {name for name, severity in severities.items() if severity == OFF}
    if staying:  # the other nodes need no room for all shards of the node
        left_out.add("capacity_without_node")
    made = tuple(name for name in chosen if name not in left_out)
    if not made:
        raise InvalidInput("No check is left to make: name more in checks, or turn fewer off in severities.")
    return Criteria(made, severities, staying)


def _chosen(params: t.Mapping[str, t.Any]) -> list[str]:
    names = params.get("checks")
    if names is not None and not names:
        raise InvalidInput("checks is empty: name at least one check, or leave the option out for all of them.")
    wanted = {name for name, check in CHECKS.items() if not check.on_request} if names is None else set(names)
    if params.get("node_drained"):
        wanted.add("node_drained")
    return [name for name in CHECKS if name in wanted]


def _refuse_without_node(names: t.Sequence[str] | None, drained: bool, staying: t.Sequence[str]) -> None:
    """Options that have no effect as long as C(without_node) is not set."""
    extra = [name for name in names or () if name in _ABOUT_NODE]
    for option, is_set in (
        (f"checks names {', '.join(extra)}", bool(extra)),
        ("node_drained is true", drained),
        ("replicas_stay is set", bool(staying)),
    ):
        if is_set:
            raise InvalidInput(f"{option}: set without_node to the node that is to be taken out of service.")


def _severities(given: t.Mapping[str, t.Any]) -> dict[str, str]:
    severities = {}
    for name, word in given.items():
        if name not in CHECKS:
            raise InvalidInput(f"severities names {name}, which is no check; the checks are {', '.join(CHECKS)}.")
        severity = OFF if word is False else word  # an unquoted off is a boolean in YAML
        if severity not in _SEVERITIES:
            raise InvalidInput(f"severities sets {name} to {word}: use one of {', '.join(_SEVERITIES)}.")
        severities[name] = severity
    return severities


@dataclasses.dataclass(frozen=True)
class NodeNames:
    """The nodes that the options name, each by uid, host name or address."""

    without_node: str | None
    allow_in_maintenance: tuple[str, ...]
    allow_decommissioning: tuple[str, ...]

    @classmethod
    def of(cls, params: t.Mapping[str, t.Any]) -> NodeNames:
        lists = (tuple(params.get(name) or ()) for name in ("allow_in_maintenance", "allow_decommissioning"))
        return cls(params.get("without_node"), *lists)

    def unresolvable(self, cluster: Cluster) -> Unread | None:
        """A host name that may be that of a node which does not say its own at the moment, as one that is down."""
        silent = [str(node.uid) for node in cluster.nodes if not node.hostname]
        for name in filter(None, (self.without_node, *self.allow_in_maintenance, *self.allow_decommissioning)):
            if silent and not name.strip().isdecimal() and not cluster.nodes_named(name):
                why = f"it matches no known name or address, and node {' and '.join(silent)} does not say its host name"
                return Unread("/v1/nodes/status", "cluster", f"which node {name} is", why)
        return None

    def resolved(self, criteria: Criteria, cluster: Cluster) -> Criteria:
        """The criteria with the uids of these nodes; raises Refused for a name that is none, or several."""
        without = None if self.without_node is None else cluster.resolve_node(self.without_node).uid
        in_maintenance, decommissioning = (
            {cluster.resolve_node(name).uid for name in names}
            for names in (self.allow_in_maintenance, self.allow_decommissioning)
        )
        if without is not None and "node_drained" in criteria.checks:
            in_maintenance.add(without)
        return dataclasses.replace(
            criteria,
            without_node=without,
            allow_in_maintenance=frozenset(in_maintenance),
            allow_decommissioning=frozenset(decommissioning),
        )

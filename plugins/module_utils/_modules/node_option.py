# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options C(node) and C(node_uid): two ways to name one node."""

from __future__ import annotations

import typing as t

from .._api import cluster as cluster_api
from .._core.errors import InvalidInput, Refused

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

SPEC: dict[str, t.Any] = {"node": {"type": "str"}, "node_uid": {"type": "int"}}


class UnknownNode(Refused):
    """The host name or address is that of no node of the cluster."""


def given(params: t.Mapping[str, t.Any]) -> str | None:
    """The name of the option that is set; None without one, InvalidInput with both."""
    names = [name for name in SPEC if params.get(name) is not None]
    if len(names) > 1:
        raise InvalidInput("node and node_uid are both set, and each names the node: give one of them.")
    return names[0] if names else None


def require(params: t.Mapping[str, t.Any], of: str) -> None:
    """Raise InvalidInput unless exactly one of both is set; C(of) says what needs it."""
    if given(params) is None:
        raise InvalidInput(f"{of} is about one node: give node (its uid, host name or address) or node_uid.")


def read_uid(client: Client, params: t.Mapping[str, t.Any]) -> int | None:
    """The uid of the node, if one is named. The cluster is read only for a host name or address."""
    name = given(params)
    if name == "node":
        return resolve(client, params["node"])
    return params[name] if name else None


def resolve(client: Client, text: str) -> int:
    if text.strip().isdecimal():
        return int(text)
    cluster = cluster_api.read(client)
    try:
        return cluster.resolve_node(text).uid
    except Refused as refused:
        if cluster.nodes_named(text):
            raise
        raise UnknownNode(str(refused)) from refused

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verification of a node at the end: it is as it was before its maintenance, or nothing of it is left. Pure."""

from __future__ import annotations

import collections
import typing as t

from .._api.cluster import Cluster, Node
from .._core.errors import InvalidInput

_Data = tuple[int, str, str]  # database, slots, role
_ROLES = {"master": "primary", "slave": "replica"}
RACKS = "racks"  # the health check about copies in one rack


def not_restored(before: t.Mapping[str, t.Any], uid: int, cluster: Cluster, *, shards_stay: bool = False) -> str | None:
    """A sentence about what the node has lost, against the note from before its maintenance; None where nothing is.

    A note of a node that was in maintenance already has no shards. What the cluster does not have any more, such as the
    shards of a database that was deleted or resharded meanwhile, is not expected. C(shards_stay) says that shards and
    endpoints were left where they went.
    """
    node = cluster.node(uid)
    if node is None:
        return f"Node {uid} is not in the cluster any more."
    lost = [*_lost_properties(before, node)]
    if not shards_stay:
        lost += [*_lost_shards(before, node, cluster), *_lost_endpoints(before, node, cluster)]
    return f"Node {uid} is not as it was before its maintenance: {'; '.join(lost)}." if lost else None


def _lost_properties(before: t.Mapping[str, t.Any], node: Node) -> t.Iterator[str]:
    if node.in_maintenance:
        yield "it is still in maintenance"
        return
    if not before or before.get("in_maintenance"):
        return
    if node.quorum_only and not before.get("quorum_only", True):
        yield "it only votes now (quorum only)"
    if before.get("rack_id") != node.rack_id and "rack_id" in before:
        yield f"its rack is {node.rack_id or 'none'}, and was {before['rack_id'] or 'none'}"


def _lost_shards(before: t.Mapping[str, t.Any], node: Node, cluster: Cluster) -> t.Iterator[str]:
    existing = {(shard.bdb_uid, shard.slots) for shard in cluster.shards}
    held = collections.Counter((shard.bdb_uid, shard.slots, shard.role) for shard in node.shards)
    expected = collections.Counter(each for each in _noted(before) if each[:2] in existing)
    for (bdb_uid, slots, role), count in sorted((expected - held).items()):
        database = cluster.database(bdb_uid)
        named = f"database {bdb_uid} ({database.name})" if database else f"database {bdb_uid}"
        shards = f"{count} {_ROLES.get(role, 'unknown')} shard{'' if count == 1 else 's'}"
        yield f"{shards} of {named}{f', slots {slots}' if slots else ''} did not come back"


def _noted(before: t.Mapping[str, t.Any]) -> list[_Data]:
    try:
        return [
            (int(each["bdb_uid"]), str(each.get("slots") or ""), str(each.get("role") or ""))
            for each in before.get("shards") or ()
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"before is not a node as redis_roll_plan_info or redis_node_info returns it: its shards cannot be read "
            f"({type(error).__name__} {error})."
        ) from error


def _lost_endpoints(before: t.Mapping[str, t.Any], node: Node, cluster: Cluster) -> t.Iterator[str]:
    existing = {database.name for database in cluster.databases if database.endpoint_addresses}
    for name in before.get("endpoints") or ():
        if name in existing and name not in node.endpoints:
            yield f"the endpoint of {name} did not come back"


def left_behind(
    before: t.Mapping[str, t.Any], uid: int, cluster: Cluster, racks_lost: t.Iterable[str] = ()
) -> str | None:
    """A sentence about what the cluster still shows of a removed node, or has lost with it; None for nothing."""
    addresses = {str(each) for each in (before.get("addr"), *(before.get("external_addr") or ())) if each}
    bound = sorted({address for each in cluster.databases for address in each.endpoint_addresses} & addresses)
    shards = [shard.uid for shard in (*cluster.shards, *cluster.strays) if shard.node_uid == uid]
    found = [
        *(["the node itself"] if cluster.node(uid) is not None else []),
        *([f"shard {', '.join(shards)} on it"] if shards else []),
        *(f"an endpoint at {address}" for address in bound),
        *(f"{name} with its copies in one rack since" for name in racks_lost),
    ]
    return f"Of node {uid} the cluster still shows {' and '.join(found)}." if found else None


def racks_lost(before: t.Iterable[t.Mapping[str, t.Any]], now: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """The objects that the health check C(racks) finds now, and did not find before."""
    known = {each.get("object") for each in before if each.get("check") == RACKS}
    found = [str(each.get("object")) for each in now if each.get("check") == RACKS]
    return [each for each in dict.fromkeys(found) if each not in known]

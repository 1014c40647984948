# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run that did not fail claims, held against what the cluster itself would have said at that moment.

A claim is a function of the result and the world; it yields what is untrue, as (kind, sentence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fuzz.replay import World

FALSE_GREEN, FALSE_ABSENCE = "false green", "false absence"

Untruths = Iterator[tuple[str, str]]
Claim = Callable[[Mapping[str, Any], World], Untruths]


def nothing(result: Mapping[str, Any], world: World) -> Untruths:
    return iter(())


def changes(changed: bool) -> Claim:
    """In check mode: whether there is something to do."""

    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        if bool(result.get("changed")) is not changed:
            yield FALSE_GREEN, f"predicts changed={not changed}"

    return claim


# -- objects -------------------------------------------------------------------------------------------------------


def present(path: str, name: str, **fields: Any) -> Claim:
    """There is one object of this name, and it has these values."""

    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        found = [each for each in world.truth(path) if each["name"] == name]
        if len(found) != 1:
            yield FALSE_GREEN, f"says that {name} is there, and there are {len(found)}"
        if any(each.get(member) != value for each in found for member, value in fields.items()):
            yield FALSE_GREEN, f"says that {name} is as asked"

    return claim


def absent(path: str, name: str) -> Claim:
    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        if any(each["name"] == name for each in world.truth(path)):
            yield FALSE_ABSENCE, f"says that {name} is gone"

    return claim


def shown(key: str, *uids: int) -> Claim:
    """The result lists these objects."""

    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        listed = [each["uid"] for each in result[key]]
        if missing := [uid for uid in uids if uid not in listed]:
            yield FALSE_ABSENCE, f"does not show {key} {', '.join(map(str, missing))}"

    return claim


def database(name: str, **fields: Any) -> Claim:
    return present("/v1/bdbs", name, status="active", **fields)


def settled(uid: int) -> Claim:
    """Nothing is going on with a database any more."""

    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        if result.get("healthy", True) and world.truth(f"/v1/bdbs/{uid}")["status"] != "active":
            yield FALSE_GREEN, f"says that what was going on with database {uid} is over"

    return claim


# -- nodes -----------------------------------------------------------------------------------------------------------


def drained(uid: int) -> Claim:
    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        left = [shard["uid"] for shard in world.truth("/v1/shards") if str(shard["node_uid"]) == str(uid)]
        if left or not _is_in_maintenance(world, uid):
            yield FALSE_GREEN, f"says that node {uid} is drained"

    return claim


def in_service(uid: int) -> Claim:
    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        if _is_in_maintenance(world, uid):
            yield FALSE_GREEN, f"says that node {uid} is in service"

    return claim


def not_in_cluster(uid: int) -> Claim:
    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        if any(node["uid"] == uid for node in world.truth("/v1/nodes")):
            yield FALSE_ABSENCE, f"says that node {uid} is not in the cluster"

    return claim


def not_primary(uid: int) -> Claim:
    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        if world.truth("/v1/nodes/status")[str(uid)]["role"] == "master":
            yield FALSE_GREEN, f"says that node {uid} is not the primary"

    return claim


def primary(uid: int) -> Claim:
    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        if world.truth("/v1/nodes/status")[str(uid)]["role"] != "master":
            yield FALSE_GREEN, f"says that node {uid} is the primary"

    return claim


def hosts_planned(uids: Mapping[str, int]) -> Claim:
    """Each host with its node, and nodes in maintenance as such."""

    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        shown = {each["host"]: each for each in result["hosts"]}
        if {host: each["node_uid"] for host, each in shown.items()} != uids:
            yield FALSE_GREEN, "takes a host for another node"
        for host, uid in uids.items():
            if host in shown and _is_in_maintenance(world, uid) and not shown[host]["in_maintenance"]:
                yield FALSE_GREEN, f"plans node {uid} as not in maintenance"

    return claim


def nodes_shown(result: Mapping[str, Any], world: World) -> Untruths:
    """Every node, and whether it is in maintenance."""
    yield from _nodes({node["uid"]: node["in_maintenance"] for node in result["nodes"]}, world)


def hosts_shown(result: Mapping[str, Any], world: World) -> Untruths:
    """The same of the inventory."""
    members = result["groups"].get("in_maintenance", [])
    yield from _nodes({each.get("redis_node_uid"): name in members for name, each in result["hosts"].items()}, world)


def _nodes(shown: Mapping[Any, bool], world: World) -> Untruths:
    for node in world.truth("/v1/nodes"):
        uid = node["uid"]
        if uid not in shown:
            yield FALSE_ABSENCE, f"does not show node {uid}"
        elif _is_in_maintenance(world, uid) and not shown[uid]:
            yield FALSE_GREEN, f"shows node {uid} as not in maintenance"


def _is_in_maintenance(world: World, uid: int) -> bool:
    return any(node["uid"] == uid and node["max_listeners"] == 0 for node in world.truth("/v1/nodes"))


# -- actions ---------------------------------------------------------------------------------------------------------


def completed(path: str) -> Claim:
    """The action at this path has ended well."""

    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        record = world.truth(path)
        if record is None or record["status"] != "completed":
            yield FALSE_GREEN, f"says that {path} is completed"

    return claim


def actions_shown(path: str) -> Claim:
    """Every action that is listed there."""

    def claim(result: Mapping[str, Any], world: World) -> Untruths:
        truth = world.truth(path)
        listed = truth["actions"] if isinstance(truth, dict) else truth
        uids = {str(each.get("action_uid") or each.get("task_id")) for each in listed}
        missing = uids - {str(each["uid"]) for each in result["actions"]}
        if missing:
            yield FALSE_ABSENCE, f"does not show {len(missing)} of {len(uids)} actions"

    return claim


def action_shown(result: Mapping[str, Any], world: World) -> Untruths:
    """The one that was asked for is listed."""
    if result["record"] != "listed":
        yield FALSE_ABSENCE, f"says that the action is {result['record']}"


# -- health ----------------------------------------------------------------------------------------------------------


def unhealthy(result: Mapping[str, Any], world: World) -> Untruths:
    """The cluster is not, whatever one answer says."""
    if result["healthy"]:
        yield FALSE_GREEN, "says that the cluster is healthy"

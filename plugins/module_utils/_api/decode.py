# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoders of the API's answers, one for each object: what does not fit is an UnexpectedAnswer, never a value.

A decoder returns plain dictionaries. Members that it knows have their type: numbers that came as strings are numbers.
Optional members that are absent stay absent, members that it does not know are kept and ignored.

Shapes: the vendor's reference, editions 7.4 to 8.2, and answers of real clusters. Where both exist, a null is allowed
only for what a real cluster has shown as null or the reference calls nullable; null is never false.
"""

from __future__ import annotations

import typing as t

from .._core.kinds import (
    MISSING,
    Kind,
    Place,
    Record,
    boolean,
    distinct,
    integer,
    items,
    key,
    mapping,
    name,
    nullable,
    number,
    one_of,
    one_or_more,
    record,
    text,
    uid,
)

# -- objects ---------------------------------------------------------------------------------------------------------

_ROLE = one_of("master", "slave")

_NODE = record(
    {"uid": uid, "addr": text, "status": text},
    {
        "accept_servers": boolean,
        "cores": nullable(integer),
        "external_addr": nullable(one_or_more(text)),
        "max_listeners": nullable(integer),
        "max_redis_servers": nullable(integer),
        "os_version": nullable(text),
        "rack_id": nullable(text),
        "shard_list": items(key),
        "software_version": text,
        "total_memory": nullable(integer),
        "uptime": nullable(integer),
    },
)
_SNAPSHOT = record({"name": name})
_NODE_STATUS = record(
    {},
    {
        "free_provisional_ram": nullable(integer),
        "free_ram": nullable(integer),
        "hostname": nullable(text),
        "maintenance_snapshot": nullable(_SNAPSHOT),
        "node_status": text,
        "role": nullable(_ROLE),
        "total_provisional_ram": nullable(integer),
    },
)
_SHARD = record(
    {"uid": key, "bdb_uid": uid, "node_uid": uid, "role": _ROLE, "status": text},
    {"detailed_status": text, "assigned_slots": text},
)
_ENDPOINT = record({}, {"addr": one_or_more(text), "port": nullable(integer), "dns_name": nullable(text)})
_DATABASE = record(
    {"uid": uid, "name": text, "status": text},
    {
        "crdt": boolean,
        "endpoints": items(_ENDPOINT),
        "memory_size": integer,
        "rack_aware": boolean,
        "replication": boolean,
        "shards_count": integer,
    },
)
_ALERT = record({}, {"name": nullable(text), "active_since": nullable(text)})
_REPORT = record(
    {
        "status": name,
        "nodes": distinct(
            record(
                {"id": uid, "in_maintenance": boolean},
                {
                    "active_alerts": items(_ALERT),
                    "detailed_status": text,
                    "quorum_only": boolean,
                    "services": items(record({}, {"name": nullable(text), "status": nullable(text)})),
                    "status": text,
                },
            ),
            "id",
        ),
    },
    {
        "active_alerts": items(_ALERT),
        "certificates": items(record({}, {"expired": nullable(boolean), "type": nullable(text)})),
        "database_infos": distinct(
            record(
                {"id": uid},
                {
                    "detailed_status": text,
                    "high_availability": record({}, {"status": text}),
                    "status": text,
                },
            ),
            "id",
        ),
        "license": record({}, {"expired": nullable(boolean)}),
    },
)
_LICENSE = record(
    {"expired": boolean},
    {
        "expiration_date": nullable(text),
        "flash_shards_in_use": nullable(integer),
        "flash_shards_limit": nullable(integer),
        "ram_shards_in_use": nullable(integer),
        "ram_shards_limit": nullable(integer),
        "shards_limit": nullable(integer),
    },
)
_CHECK_RESULT = record({"node_uid": uid, "result": boolean}, {"error": nullable(text)})
_CLUSTER_CHECK = record({"nodes": distinct(_CHECK_RESULT, "node_uid")}, {"cluster_test_result": boolean})


def nodes(body: t.Any, path: str = "/v1/nodes") -> list[Record]:
    """C(/v1/nodes). A cluster that answers has a node."""
    place = Place(path)
    found: list[Record] = distinct(_NODE, "uid")(body, place)
    if not found:
        raise place.error(body, "a list of at least one node")
    return found


def node_statuses(body: t.Any, path: str = "/v1/nodes/status") -> dict[str, Record]:
    """C(/v1/nodes/status), by uid of the node as text."""
    place = Place(path)
    return {
        str(uid(key_, place[str(key_)])): _NODE_STATUS(each, place[str(key_)])
        for key_, each in mapping(body, place).items()
    }


def shards(body: t.Any, path: str = "/v1/shards") -> list[Record]:
    """C(/v1/shards). One uid can be listed for two nodes: a migration can leave the old copy behind."""
    found: list[Record] = items(_SHARD)(body, Place(path))
    return found


def databases(body: t.Any, path: str = "/v1/bdbs") -> list[Record]:
    """C(/v1/bdbs), with at least uid, name and status of each."""
    found: list[Record] = distinct(_DATABASE, "uid")(body, Place(path))
    return found


def database(body: t.Any, asked: int) -> Record:
    """C(/v1/bdbs/{uid}): the database that was asked for, and no other."""
    place = Place(f"/v1/bdbs/{asked}")
    found: Record = _DATABASE(body, place)
    if found["uid"] != asked:
        raise place["uid"].error(found["uid"], f"{asked}, which was asked for")
    return found


def health_report(body: t.Any, path: str = "/v4/cluster/health") -> Record:
    """C(/v4/cluster/health)."""
    found: Record = _REPORT(body, Place(path))
    return found


def license_(body: t.Any, path: str = "/v1/license") -> Record:
    """C(/v1/license)."""
    found: Record = _LICENSE(body, Place(path))
    return found


def cluster_check(body: t.Any, path: str = "/v1/cluster/check") -> Record:
    """C(/v1/cluster/check): a result for at least one node."""
    place = Place(path)
    found: Record = _CLUSTER_CHECK(body, place)
    if not found["nodes"]:
        raise place["nodes"].error(found["nodes"], "a list of at least one result")
    return found


def availability(body: t.Any, path: str) -> None:
    """C(/v1/bdbs/{uid}/availability): 200 comes without a body, on real clusters, or with an empty one."""
    if body not in (None, "", {}):
        raise Place(path).error(body, "empty")


def node_check(body: t.Any, node_uid: int) -> Record:
    """C(/v1/nodes/check/{uid})."""
    found: Record = record({"result": boolean}, {"error": nullable(text)})(body, Place(f"/v1/nodes/check/{node_uid}"))
    return found


def snapshots(body: t.Any, node_uid: int) -> list[Record]:
    """C(/v1/nodes/{uid}/snapshots)."""
    found: list[Record] = items(_SNAPSHOT)(body, Place(f"/v1/nodes/{node_uid}/snapshots"))
    return found


# -- actions ---------------------------------------------------------------------------------------------------------

STATUSES = (
    *("queued", "pending", "starting", "running", "active"),
    *("completed", "failed", "cancelling", "cancelled", "canceled", "aborted"),
)


def _status(value: t.Any, place: Place) -> str:
    return t.cast(str, one_of(*STATUSES)(value.lower() if isinstance(value, str) else value, place))


_ACTION = {
    "creation_time": nullable(number),
    "error_code": nullable(text),
    "error_message": nullable(text),
    "heartbeat": nullable(number),
    "name": text,
    "node_uid": nullable(key),
    "object_name": nullable(text),
    "pending_ops": nullable(mapping),
    "progress": nullable(number),
    "state": nullable(text),
    "task_id": nullable(key),
}
_TASK = record({"action_uid": key, "status": _status}, _ACTION)
_TASK_V2 = record(
    {"action_uid": key, "status": _status},
    {
        **_ACTION,
        "action_type": text,
        "additional_info": nullable(
            record({}, {**_ACTION, "object_type": nullable(text), "object_uid": nullable(key)}),
        ),
    },
)
_NODE_ACTION = record({"status": _status}, {**_ACTION, "action_uid": nullable(key)})


def actions_v1(body: t.Any, path: str = "/v1/actions") -> tuple[list[Record], list[Record]]:
    """C(/v1/actions): an object with tasks and with state machines; a bare list is one of tasks."""
    place = Place(path)
    if isinstance(body, list):
        return items(_TASK)(body, place), []
    found = mapping(body, place)
    machines = "state-machines" if "state-machines" in found else "state_machines"
    if not {"actions", machines} & set(found):
        raise place["actions"].error(MISSING, "there")
    listed = [items(_TASK)(found.get(member, []), place[member]) for member in ("actions", machines)]
    return listed[0], listed[1]


def action_v1(body: t.Any, path: str) -> Record:
    """C(/v1/actions/{uid}): the one that was asked for."""
    return _asked_action(_TASK, body, Place(path))


def actions_v2(body: t.Any, path: str = "/v2/actions") -> list[Record]:
    """C(/v2/actions): a list."""
    found: list[Record] = items(_TASK_V2)(body, Place(path))
    return found


def action_v2(body: t.Any, path: str) -> Record:
    """C(/v2/actions/{uid}): the one that was asked for."""
    return _asked_action(_TASK_V2, body, Place(path))


def _asked_action(kind: Kind, body: t.Any, place: Place) -> Record:
    asked = place.path.rpartition("/")[2]
    found: Record = kind(body, place)
    if found["action_uid"] != asked:
        raise place["action_uid"].error(found["action_uid"], f"{asked}, which was asked for")
    return found


def object_actions(body: t.Any, path: str) -> list[Record]:
    """Node and cluster actions in a list, bare or in C({"actions": [...]}); each has its name."""
    place = Place(path)
    named = record({"name": name, "status": _status}, {**_ACTION, "action_uid": nullable(key)})
    if isinstance(body, dict):
        if "actions" not in body:
            raise place["actions"].error(MISSING, "there")
        place, body = place["actions"], body["actions"]
    found: list[Record] = items(named)(body, place)
    return found


def object_action(body: t.Any, path: str, method: str = "GET") -> list[Record]:
    """One node or cluster action, named by the path; releases have it bare, and in a list."""
    place = Place(path, method=method)
    if isinstance(body, dict) and "actions" in body:
        place, body = place["actions"], body["actions"]
    found: list[Record] = one_or_more(_NODE_ACTION)(body, place)
    return found

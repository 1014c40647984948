# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the cluster well, and may a node be taken away? Pure checks from what was read to a list of problems."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .._api.capacity import unplaceable_shards
from .._api.cluster import Cluster, Database, Node, Shard
from .._core.errors import CollectionError
from .cluster_report import report_problems
from .facts import ERROR, WARNING, Facts, Problem, Question, database_name, inner, not_found_out, shard_name

_MOST_LINES = 10  # of a failure's message


class Unhealthy(CollectionError):
    """The task was to fail if the cluster is not well, and it is not."""


def problems(facts: Facts, question: Question) -> list[Problem]:
    """All problems that the question asks for, errors first, otherwise in the order of the checks."""
    unread = {problem.check for problem in facts.unread if problem.check != "availability"}
    found = [*facts.unread]
    for name, check in _CHECKS.items():
        if name in question.checks and name not in unread:
            found += [dataclasses.replace(problem, check=name) for problem in check(facts, question)]
    return in_order(found)


def in_order(found: t.Iterable[Problem]) -> list[Problem]:
    """Errors first, otherwise in the order of the checks."""
    return sorted(found, key=lambda problem: (problem.severity != ERROR, CHECKS.index(problem.check)))


def is_healthy(found: t.Iterable[Problem]) -> bool:
    return not any(problem.severity == ERROR for problem in found)


def line(found: t.Sequence[Problem]) -> str:
    """The first error, and how many more there are: what somebody reads who waits for a healthy cluster."""
    first, *others = _errors(found) or ["nothing is wrong"]
    return f"{first.rstrip('.')} (and {len(others)} more)" if others else first.rstrip(".")


def _errors(found: t.Iterable[Problem]) -> list[str]:
    return list(dict.fromkeys(problem.message for problem in found if problem.severity == ERROR))


def summary(found: t.Sequence[Problem], waited: float = 0.0) -> str:
    """The message of a failure: one line for each error, but not without end."""
    lines = _errors(found)
    after = f" after {waited:.0f} s of waiting" if waited >= 1 else ""
    shown = [f"The cluster is not healthy{after}:", *lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"and {len(lines) - _MOST_LINES} more")
    return "\n".join(shown)


# -- the checks ------------------------------------------------------------------------------------------------------


def _cluster_check(facts: Facts, question: Question) -> t.Iterator[Problem]:
    body, source = facts.cluster_check, "/v1/cluster/check"
    results = body.get("nodes") if isinstance(body, dict) else body
    if not isinstance(results, list):
        yield not_found_out("cluster_check", source, "the cluster's own check", "its answer holds no results of nodes")
        return
    failed = [each for each in results if isinstance(each, dict) and not each.get("result")]
    for each in failed:
        uid = each.get("node_uid")
        reason = each.get("error") or "no reason given"
        yield Problem(source, f"node {uid}", ERROR, f"The cluster's own check of node {uid} fails: {reason}.")
    if not failed and isinstance(body, dict) and body.get("cluster_test_result") is False:
        yield Problem(source, "cluster", ERROR, "The cluster's own check fails, and it names no node.")


def _nodes(facts: Facts, question: Question) -> t.Iterator[Problem]:
    for node in facts.cluster.nodes:
        allowed = node.decommissioning and node.uid in question.allow_decommissioning
        if not (node.alive or allowed):
            yield Problem("/v1/nodes", f"node {node.uid}", ERROR, f"Node {node.uid} ({node.addr}) is {node.status}.")
    primaries = [str(node.uid) for node in facts.cluster.nodes if node.role == "master"]
    if not primaries:
        yield Problem("/v1/nodes/status", "cluster", ERROR, "No node says that it is the primary of the cluster.")
    elif len(primaries) > 1:
        message = f"Nodes {' and '.join(primaries)} all say that they are the primary of the cluster."
        yield Problem("/v1/nodes/status", "cluster", ERROR, message)


def _shards(facts: Facts, question: Question) -> t.Iterator[Problem]:
    cluster, source = facts.cluster, "/v1/shards"
    for shard in [*cluster.shards, *cluster.strays]:
        if not shard.healthy:
            state = f"{shard.status or 'unknown'}, {shard.detailed_status or 'unknown'}"
            message = f"{shard_name(shard, cluster)} on node {shard.node_uid} is not well ({state})."
            yield Problem(source, f"shard {shard.uid}", ERROR, message)
    for shard in cluster.strays:
        message = f"{shard_name(shard, cluster)} is on node {shard.node_uid}, which the cluster does not list."
        yield Problem(source, f"shard {shard.uid}", ERROR, message)
    yield from _seen_twice(cluster)
    for database in cluster.databases:
        yield from _copies(database, {shard.uid: shard for shard in cluster.shards if shard.bdb_uid == database.uid})


def _seen_twice(cluster: Cluster) -> t.Iterator[Problem]:
    """A shard that two nodes claim: after a migration the old copy can be left behind."""
    places: dict[str, set[int]] = collections.defaultdict(set)
    for shard in [*cluster.shards, *cluster.strays]:
        places[shard.uid].add(shard.node_uid)
    for node in cluster.nodes:
        for uid in node.listed_shards:
            if uid in places:
                places[uid].add(node.uid)
            else:
                message = f"Node {node.uid} lists shard {uid}, which the cluster does not know; it may be a leftover."
                yield Problem("/v1/nodes", f"shard {uid}", WARNING, message)
    for uid, nodes in places.items():
        if len(nodes) > 1:
            named = " and ".join(str(each) for each in sorted(nodes))
            yield Problem("/v1/shards", f"shard {uid}", ERROR, f"Shard {uid} is listed on nodes {named} at once.")


def _copies(database: Database, shards: t.Mapping[str, Shard]) -> t.Iterator[Problem]:
    """Each database has all its primaries, and with replication a replica of each on another node."""
    source, named = "/v1/shards", database_name(database)
    primaries = [shard for shard in shards.values() if shard.is_master]
    replicas = [shard for shard in shards.values() if not shard.is_master]
    if len(primaries) != database.shards_count:
        message = f"{named} has {len(primaries)} primary shard(s), and it should have {database.shards_count}."
        yield Problem(source, f"database {database.uid}", ERROR, message)
    if not database.replication:
        return
    if not all(shard.slots for shard in shards.values()) and len(primaries) > 1:
        if len(replicas) < len(primaries):  # without slots nobody can say whose replica is whose
            message = f"{named} has {len(primaries)} primary shards, but only {len(replicas)} replicas."
            yield Problem(source, f"database {database.uid}", ERROR, message)
        return
    for primary in primaries:
        own = [shard for shard in replicas if shard.slots == primary.slots]
        if not own:
            message = f"Primary shard {primary.uid} of {inner(named)} has no replica, although replication is on."
            yield Problem(source, f"database {database.uid}", ERROR, message)
        for replica in own:
            if replica.node_uid == primary.node_uid:
                message = (
                    f"Primary shard {primary.uid} of {inner(named)} and its replica {replica.uid} are both on node "
                    f"{primary.node_uid}."
                )
                yield Problem(source, f"database {database.uid}", ERROR, message)


def _racks(facts: Facts, question: Question) -> t.Iterator[Problem]:
    cluster = facts.cluster
    racks = {node.uid: node.rack_id for node in cluster.nodes}
    for primary in cluster.shards:
        database = cluster.database(primary.bdb_uid)
        if database is None or not (database.rack_aware and primary.is_master):
            continue
        rack, named = racks.get(primary.node_uid), inner(database_name(database))
        for replica in cluster.shards:
            same_data = (replica.bdb_uid, replica.slots) == (primary.bdb_uid, primary.slots)
            if rack and same_data and not replica.is_master and racks.get(replica.node_uid) == rack:
                message = (
                    f"Primary shard {primary.uid} of {named} and its replica {replica.uid} are both in rack {rack}, "
                    "although the database is rack-aware."
                )
                yield Problem("/v1/shards", f"database {database.uid}", WARNING, message)


def _databases(facts: Facts, question: Question) -> t.Iterator[Problem]:
    for each in facts.cluster.databases:
        if each.status != "active":
            message = f"{database_name(each)} is not active: its status is {each.status or 'unknown'}."
            yield Problem("/v1/bdbs", f"database {each.uid}", ERROR, message)


def _availability(facts: Facts, question: Question) -> t.Iterator[Problem]:
    for database in facts.cluster.databases:
        answer = facts.availability.get(database.uid)
        if answer is None or 200 <= answer.status < 300:
            continue
        source, what = f"/v1/bdbs/{database.uid}/availability", f"database {database.uid}"
        reason = _reason(answer.body)
        if answer.status == 503 and reason is None:
            yield not_found_out("availability", source, what, "its availability was answered with 503 and no reason")
        elif answer.status == 503:
            yield Problem(source, what, ERROR, f"{database_name(database)} is not available: {reason}.")
        else:
            message = (
                f"{database_name(database)} is not known to the check of availability ({reason or answer.status})."
            )
            yield Problem(source, what, ERROR, message)


def _reason(body: t.Any) -> str | None:
    """Of an error body; None for a front proxy's page, which says nothing about the database."""
    if not isinstance(body, dict):
        return None
    texts = [str(body[key]) for key in ("error_code", "description") if body.get(key)]
    return ", ".join(texts).rstrip(".") or None


def _license(facts: Facts, question: Question) -> t.Iterator[Problem]:
    body, source = facts.license, "/v1/license"
    if not isinstance(body, dict):
        yield Problem(source, "license", ERROR, "The cluster has no license installed.")
        return
    if body.get("expired"):
        message = f"The cluster's license expired on {body.get('expiration_date') or 'an unknown date'}."
        yield Problem(source, "license", ERROR, message)
    ram, flash = body.get("ram_shards_in_use") or 0, body.get("flash_shards_in_use") or 0
    for kind, used, limit in (
        ("", ram + flash, body.get("shards_limit")),
        ("RAM ", ram, body.get("ram_shards_limit")),
        ("flash ", flash, body.get("flash_shards_limit")),
    ):
        if isinstance(limit, int) and 0 <= limit < used:
            message = f"The cluster uses {used} {kind}shards, and its license allows {limit}."
            yield Problem(source, "license", ERROR, message)


def _actions(facts: Facts, question: Question) -> t.Iterator[Problem]:
    seen: set[t.Any] = set()
    for action in facts.actions:
        key = action.uid or (action.name, action.object_uid)
        if action.finished or key in seen:
            continue
        seen.add(key)
        kind = {"bdb": "database"}.get(action.object_type or "", action.object_type)
        about = f"{kind} {action.object_uid}" if action.object_uid else f"action {action.name}"
        source = "/v1/nodes/actions" if action.kind == "node" else "/v1/actions"
        yield Problem(source, about, ERROR, f"An action has not ended: {action.sentence()}.")


def _maintenance(facts: Facts, question: Question) -> t.Iterator[Problem]:
    for node in facts.cluster.nodes:
        if node.in_maintenance and node.uid not in question.allow_in_maintenance:
            source = node.maintenance_source.partition(" ")[0]
            yield Problem(source, f"node {node.uid}", ERROR, f"Node {node.uid} is in maintenance.")


def _quorum(facts: Facts, question: Question) -> t.Iterator[Problem]:
    if (in_service := _in_service(facts.cluster.nodes)) < facts.cluster.quorum:
        yield _no_quorum("Too few nodes are up and not in maintenance", in_service, facts.cluster)


def _quorum_without_node(facts: Facts, question: Question) -> t.Iterator[Problem]:
    uid = question.without_node or 0
    if (in_service := _in_service(facts.cluster.others(uid))) < facts.cluster.quorum:
        opening = f"Without node {uid}, too few nodes would be up and not in maintenance"
        yield _no_quorum(opening, in_service, facts.cluster)


def _in_service(nodes: t.Iterable[Node]) -> int:
    return sum(node.in_service for node in nodes)


def _no_quorum(opening: str, in_service: int, cluster: Cluster) -> Problem:
    message = f"{opening}: {in_service} of {len(cluster.nodes)}, and the quorum needs {cluster.quorum}."
    return Problem("/v1/nodes", "cluster", ERROR, message)


def _capacity_without_node(facts: Facts, question: Question) -> t.Iterator[Problem]:
    cluster, source = facts.cluster, "/v1/nodes/status"
    node = cluster.node(question.without_node or 0)
    if node is None:
        return
    if node.shards:
        for other in cluster.others(node.uid):
            if other.in_service and other.free_provisional_ram is None:
                message = f"Node {other.uid} does not say how much memory it has free for shards of node {node.uid}."
                yield Problem(source, f"node {other.uid}", WARNING, message)
    for misfit in unplaceable_shards(node, cluster):
        size = f"{misfit.size / 2**20:.0f} MiB"
        message = f"{shard_name(misfit.shard, cluster)} ({size}) fits on no node other than {node.uid}: {misfit.why}."
        yield Problem(source, f"shard {misfit.shard.uid}", ERROR, message)


def _single_copies(facts: Facts, question: Question) -> t.Iterator[Problem]:
    node = facts.cluster.node(question.without_node or 0)
    for shard in node.shards if node else ():
        if _is_last(shard, facts.cluster):
            message = (
                f"{shard_name(shard, facts.cluster)} on node {question.without_node} is the last copy of its data that "
                "is well, although replication is on."
            )
            yield Problem("/v1/shards", f"shard {shard.uid}", ERROR, message)
    held = {shard.bdb_uid for shard in node.shards} if node else set()
    for database in facts.cluster.databases:
        if database.uid in held and not database.replication:
            message = (
                f"{database_name(database)} has no replicas and a shard on node {question.without_node}: it is safe "
                "only if the node is drained completely before it is stopped."
            )
            yield Problem("/v1/shards", f"database {database.uid}", WARNING, message)


def _is_last(shard: Shard, cluster: Cluster) -> bool:
    """Whether no other copy of a shard is well, although there should be one."""
    database = cluster.database(shard.bdb_uid)
    if database is None or not (database.replication and shard.healthy):
        return False
    if not shard.slots and database.shards_count > 1:
        return False  # without slots nobody can say whose copy is whose
    data = (shard.bdb_uid, shard.slots)
    return not any(
        other.healthy and (other.bdb_uid, other.slots) == data for other in cluster.shards if other.uid != shard.uid
    )


def _report(facts: Facts, question: Question) -> t.Iterator[Problem]:
    if facts.cluster.report is not None:
        yield from report_problems(facts.cluster, facts.cluster.report, question)


_CHECKS: t.Mapping[str, t.Callable[[Facts, Question], t.Iterator[Problem]]] = {
    "cluster_check": _cluster_check,
    "nodes": _nodes,
    "shards": _shards,
    "racks": _racks,
    "databases": _databases,
    "availability": _availability,
    "license": _license,
    "actions": _actions,
    "maintenance": _maintenance,
    "quorum": _quorum,
    "report": _report,
    "quorum_without_node": _quorum_without_node,
    "capacity_without_node": _capacity_without_node,
    "single_copies": _single_copies,
}
CHECKS = tuple(_CHECKS)
WITHOUT_NODE_CHECKS = ("quorum_without_node", "capacity_without_node", "single_copies")

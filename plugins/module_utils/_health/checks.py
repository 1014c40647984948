# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health checks. Each is one pure function, registered with the sentence that it proves.

The choices of the option C(checks) and the names in C(severities) come from here; the documentation of the module
redis_health_info repeats the sentences, and a test compares them.
"""

from __future__ import annotations

import typing as t

from .._api import drain
from .._api.capacity import unplaceable_shards
from .._api.cluster import Cluster, Node
from . import placement
from .cluster_report import report_findings
from .facts import WARNING, Criteria, Facts, Finding, Unread, database_name, inner, shard_name
from .registry import Registry

CHECKS = Registry()


@CHECKS.add("every node passes the checks that it makes on itself.", needs=["cluster_check"])
def cluster_check(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    body, source = facts.cluster_check, "/v1/cluster/check"
    results = body.get("nodes") if isinstance(body, dict) else body
    if not isinstance(results, list):
        yield Unread(source, "cluster", "the cluster's own check", "its answer holds no results of nodes").finding()
        return
    failed = [each for each in results if isinstance(each, dict) and not each.get("result")]
    for each in failed:
        uid = each.get("node_uid")
        reason = each.get("error") or "no reason given"
        yield Finding(source, f"node {uid}", f"The cluster's own check of node {uid} fails: {reason}.")
    if not failed and isinstance(body, dict) and body.get("cluster_test_result") is False:
        yield Finding(source, "cluster", "The cluster's own check fails, and it names no node.")


@CHECKS.add("every node is active except O(allow_decommissioning), and exactly one of them is the primary.")
def nodes(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    for node in facts.cluster.nodes:
        allowed = node.decommissioning and node.uid in criteria.allow_decommissioning
        if not (node.alive or allowed):
            yield Finding("/v1/nodes", f"node {node.uid}", f"Node {node.uid} ({node.addr}) is {node.status}.")
    primaries = [str(node.uid) for node in facts.cluster.nodes if node.role == "master"]
    if not primaries:
        yield Finding("/v1/nodes/status", "cluster", "No node says that it is the primary of the cluster.")
    elif len(primaries) > 1:
        message = f"Nodes {' and '.join(primaries)} all say that they are the primary of the cluster."
        yield Finding("/v1/nodes/status", "cluster", message)


@CHECKS.add(
    "every shard is active and on one known node, every database has all its primary shards, and with replication a "
    "replica of each on another node."
)
def shards(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    cluster, source = facts.cluster, "/v1/shards"
    for shard in [*cluster.shards, *cluster.strays]:
        if not shard.healthy:
            state = f"{shard.status or 'unknown'}, {shard.detailed_status or 'unknown'}"
            message = f"{shard_name(shard, cluster)} on node {shard.node_uid} is not healthy ({state})."
            yield Finding(source, f"shard {shard.uid}", message)
    for shard in cluster.strays:
        message = f"{shard_name(shard, cluster)} is on node {shard.node_uid}, which the cluster does not list."
        yield Finding(source, f"shard {shard.uid}", message)
    yield from placement.duplicates(cluster)
    for database in cluster.databases:
        yield from placement.missing_copies(database, cluster)


@CHECKS.add("no primary shard of a rack-aware database is in the same rack as its replica.", severity=WARNING)
def racks(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    cluster = facts.cluster
    rack_of = {node.uid: node.rack_id for node in cluster.nodes}
    for primary in cluster.shards:
        database = cluster.database(primary.bdb_uid)
        if database is None or not (database.rack_aware and primary.is_master):
            continue
        rack, named = rack_of.get(primary.node_uid), inner(database_name(database))
        for replica in cluster.shards:
            same_data = (replica.bdb_uid, replica.slots) == (primary.bdb_uid, primary.slots)
            if rack and same_data and not replica.is_master and rack_of.get(replica.node_uid) == rack:
                message = (
                    f"Primary shard {primary.uid} of {named} and its replica {replica.uid} are both in rack {rack}, "
                    "although the database is rack-aware."
                )
                yield Finding("/v1/shards", f"database {database.uid}", message)


@CHECKS.add("every database has the status V(active).")
def databases(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    for each in facts.cluster.databases:
        if each.status != "active":
            message = f"{database_name(each)} is not active: its status is {each.status or 'unknown'}."
            yield Finding("/v1/bdbs", f"database {each.uid}", message)


@CHECKS.add(
    "every database is available, which takes one request each. From 8.0, a replica that lags behind counts too.",
    needs=["availability"],
)
def availability(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    for database in facts.cluster.databases:
        answer = facts.availability[database.uid]
        if isinstance(answer, Unread):
            yield answer.finding()
            continue
        if 200 <= answer.status < 300:
            continue
        source, about = f"/v1/bdbs/{database.uid}/availability", f"database {database.uid}"
        reason = _reason(answer.body)
        if answer.status == 503 and reason is None:
            yield Unread(source, about, f"the availability of {about}", "the answer is 503 without a reason").finding()
        elif answer.status == 503:
            yield Finding(source, about, f"{database_name(database)} is not available: {reason}.")
        else:
            message = f"{database_name(database)} is unknown to the availability check ({reason or answer.status})."
            yield Finding(source, about, message)


def _reason(body: t.Any) -> str | None:
    """The reason in an error body; None for the page of a front proxy, which says nothing about the database."""
    if not isinstance(body, dict):
        return None
    texts = [str(body[key]) for key in ("error_code", "description") if body.get(key)]
    return ", ".join(texts).rstrip(".") or None


@CHECKS.add("the license is not expired, and allows all shards in use.", needs=["license"])
def license(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    body, source = facts.license, "/v1/license"
    if not isinstance(body, dict):
        yield Finding(source, "license", "The cluster has no license installed.")
        return
    if body.get("expired"):
        message = f"The cluster's license expired on {body.get('expiration_date') or 'an unknown date'}."
        yield Finding(source, "license", message)
    ram, flash = body.get("ram_shards_in_use") or 0, body.get("flash_shards_in_use") or 0
    for kind, used, limit in (
        ("", ram + flash, body.get("shards_limit")),
        ("RAM ", ram, body.get("ram_shards_limit")),
        ("flash ", flash, body.get("flash_shards_limit")),
    ):
        if isinstance(limit, int) and 0 <= limit < used:
            message = f"The cluster uses {used} {kind}shards, and its license allows {limit}."
            yield Finding(source, "license", message)


@CHECKS.add("no action runs or is queued.", needs=["actions"])
def actions(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    seen: set[t.Any] = set()
    for action in facts.actions:
        key = action.uid or (action.name, action.object_uid)
        if action.finished or key in seen:
            continue
        seen.add(key)
        kind = {"bdb": "database"}.get(action.object_type or "", action.object_type)
        about = f"{kind} {action.object_uid}" if action.object_uid else f"action {action.name}"
        source = "/v1/nodes/actions" if action.kind == "node" else "/v1/actions"
        yield Finding(source, about, f"An action has not ended: {action.sentence()}.")


@CHECKS.add("no node is in maintenance except O(allow_in_maintenance).")
def maintenance(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    for node in facts.cluster.nodes:
        if node.in_maintenance and node.uid not in criteria.allow_in_maintenance:
            source = node.maintenance_source.partition(" ")[0]
            yield Finding(source, f"node {node.uid}", f"Node {node.uid} is in maintenance.")


@CHECKS.add("more than half of the nodes are up and not in maintenance.")
def quorum(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    if (in_service := _in_service(facts.cluster.nodes)) < facts.cluster.quorum:
        yield _no_quorum("Too few nodes are up and not in maintenance", in_service, facts.cluster)


@CHECKS.add("the health report of the cluster (8.0.16 and later) shows no error. Its alerts are warnings.")
def report(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    if facts.cluster.report is not None:
        yield from report_findings(facts.cluster, facts.cluster.report, criteria)


@CHECKS.add("the other nodes are enough for the quorum.", about_node=True)
def quorum_without_node(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    node = facts.leaving(criteria)
    if (in_service := _in_service(facts.cluster.others(node.uid))) < facts.cluster.quorum:
        opening = f"Without node {node.uid}, too few nodes would be up and not in maintenance"
        yield _no_quorum(opening, in_service, facts.cluster)


def _in_service(nodes: t.Iterable[Node]) -> int:
    return sum(node.in_service for node in nodes)


def _no_quorum(opening: str, in_service: int, cluster: Cluster) -> Finding:
    message = f"{opening}: {in_service} of {len(cluster.nodes)}, and the quorum needs {cluster.quorum}."
    return Finding("/v1/nodes", "cluster", message)


@CHECKS.add(
    "the shards of that node fit on the others, never beside another copy of the same data, nor for rack-aware "
    "databases in the same rack as one. This is an estimate. It is not made with O(replicas_stay).",
    about_node=True,
)
def capacity_without_node(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    cluster, source, node = facts.cluster, "/v1/nodes/status", facts.leaving(criteria)
    if node.shards:
        for other in cluster.others(node.uid):
            if other.in_service and other.free_provisional_ram is None:
                message = f"Node {other.uid} does not say how much memory it has free for shards of node {node.uid}."
                yield Finding(source, f"node {other.uid}", message, WARNING)
    for unplaceable in unplaceable_shards(node, cluster):
        named = f"{shard_name(unplaceable.shard, cluster)} ({unplaceable.size / 2**20:.0f} MiB)"
        message = f"{named} fits on no node other than {node.uid}: {unplaceable.why}."
        yield Finding(source, f"shard {unplaceable.shard.uid}", message)


@CHECKS.add(
    "no healthy shard on that node is the last copy of replicated data. A database without replication that has a "
    "shard there is a warning.",
    about_node=True,
)
def single_copies(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    node = facts.leaving(criteria)
    for shard in node.shards:
        if placement.is_last_copy(shard, facts.cluster):
            message = (
                f"{shard_name(shard, facts.cluster)} on node {node.uid} is the last healthy copy of its data, although "
                "replication is on."
            )
            yield Finding("/v1/shards", f"shard {shard.uid}", message)
    held = {shard.bdb_uid for shard in node.shards}
    for database in facts.cluster.databases:
        if database.uid in held and not database.replication:
            message = (
                f"{database_name(database)} has no replicas and a shard on node {node.uid}: it is safe only if the "
                "node is drained completely before it is stopped."
            )
            yield Finding("/v1/shards", f"database {database.uid}", message, WARNING)


@CHECKS.add(
    "that node may be stopped. It is in maintenance, no action runs on it, no shard that has to leave is on it, "
    "neither by C(/v1/shards) nor by its own list, and no endpoint. Replicas that O(replicas_stay) names may be on it.",
    about_node=True,
    on_request=True,
    needs=["actions"],
)
def node_drained(facts: Facts, criteria: Criteria) -> t.Iterator[Finding]:
    node = facts.leaving(criteria)
    for action in facts.actions:
        if (action.object_type, action.object_uid) == ("node", str(node.uid)) and not action.finished:
            message = f"Node {node.uid} is not at rest: {action.sentence()}."
            yield Finding("/v1/nodes/actions", f"node {node.uid}", message)
            break  # two endpoints can show the same one
    for obstacle in drain.obstacles(node, drain.options_for(criteria.replicas_stay), facts.cluster):
        yield Finding(obstacle.source, f"node {node.uid}", f"{obstacle.sentence}.")

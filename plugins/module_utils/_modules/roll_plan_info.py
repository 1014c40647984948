# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_roll_plan_info): the plan of a roll for all of its hosts, or for the one whose turn it is."""

from __future__ import annotations

import typing as t

from .._action.lookup import node_action_endpoint, node_actions_endpoint
from .._api import cluster as _cluster
from .._api.cluster import Cluster
from .._core.context import Context, Result
from .._core.errors import InvalidInput
from .._roll import maintenance, removal
from .._roll.choice import is_synthetic
from .._roll.match import Host, Match, RollRefused, match
from .._roll.plan import HostPlan, Plan, Progress, TasksFile, matched, progress_at
from .._roll.stop import MAINTENANCE, REMOVAL, REMOVE

MATCH = "match"  # which host is which node, and nothing else
OPTIONS: t.Mapping[str, t.Any] = {
    "operation": {"type": "str", "required": True, "choices": [MAINTENANCE, REMOVAL, MATCH]},
    "hosts": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "node_uid": {"type": "str"},
            "url": {"type": "raw"},
            "needed": {"type": "bool", "default": True},
        },
    },
    "turn": {"type": "str"},
    "planned": {"type": "list", "elements": "dict", "default": []},
    "deferred": {"type": "list", "elements": "str", "default": []},
    "may_defer": {"type": "bool", "default": False},
    "order": {"type": "str", "choices": list(maintenance.ORDERS), "default": maintenance.PRIMARY_LAST},
    "tasks": {"type": "str", "default": ""},
    "tasks_path": {"type": "str", "default": ""},
    "tasks_searched": {"type": "list", "elements": "str", "default": []},
    "min_nodes": {"type": "int", "default": removal.Rules.min_nodes},
    "hand_over_primary": {"type": "bool", "default": removal.Rules.hand_over_primary},
    "migrate_single_copies": {"type": "bool", "default": removal.Rules.migrate_single_copies},
}


def run(context: Context) -> Result:
    hosts = [_host(each) for each in context.params["hosts"]]
    progress = _progress(context, hosts)
    cluster = _cluster.read(context.client)
    try:
        plan = _plan(context, [match(host, cluster) for host in hosts], cluster, progress)
    except RollRefused as refused:
        raise RollRefused(refused.reason, f"{refused} Nothing was changed.") from refused
    turn = plan.hosts[0] if context.params.get("turn") else None
    for sentence in _warnings(context, turn) if turn else ():
        context.warn(sentence)
    return Result(
        False,
        {
            "order": plan.order,
            "hosts": [each.as_dict() for each in plan.hosts],
            "lines": plan.lines,
            "host": turn.as_dict() if turn else None,
            "node": turn.node.as_dict() if turn and turn.node else None,
            "allow": sorted({turn.node_uid, *progress.supposed}) if turn else [],
        },
    )


def _host(given: t.Mapping[str, t.Any]) -> Host:
    url = given.get("url")
    return Host(
        given["name"],
        tuple(given.get("addresses") or ()),
        _uid(given),
        ", ".join(map(str, url)) if isinstance(url, (list, tuple)) else str(url or ""),
        given.get("needed", True),
        is_synthetic(given["name"], given.get("node_uid")),
    )


def _uid(given: t.Mapping[str, t.Any]) -> int | None:
    text = str(given.get("node_uid") or "").strip()
    if text and not text.isdecimal():
        raise InvalidInput(f"{given['name']} has redis_node_uid {text!r}, and the uid of a node is a whole number.")
    return int(text) if text else None


def _progress(context: Context, hosts: t.Sequence[Host]) -> Progress:
    """How far the run is when it is the turn of the only host; nothing is done yet where all hosts are planned."""
    params = context.params
    if not hosts:
        raise InvalidInput("hosts is empty: name at least one host.")
    turn = params.get("turn")
    if not turn:
        return Progress()
    if [host.name for host in hosts] != [turn]:
        raise InvalidInput(f"turn is {turn}, so hosts has to hold that host and no other.")
    try:
        uids = {str(each["host"]): int(each["node_uid"]) for each in params.get("planned") or ()}
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("planned does not hold hosts as this module returns them for a plan of all.") from error
    return progress_at(
        turn,
        uids,
        params.get("deferred") or (),
        pretended=context.check_mode,
        may_defer=bool(params.get("may_defer")),
    )


def _plan(context: Context, matches: t.Sequence[Match], cluster: Cluster, progress: Progress) -> Plan:
    params, tasks = context.params, _tasks(context.params)
    if params["operation"] == MATCH:
        return matched(matches, cluster)
    if params["operation"] == MAINTENANCE:
        return maintenance.plan(matches, cluster, params["order"], tasks, progress)
    rules = removal.Rules(params["min_nodes"], params["hand_over_primary"], params["migrate_single_copies"])
    removals = _removals(context, [found.uid for found in matches])
    return removal.plan(matches, cluster, removals, rules, context.client.host_names, tasks, progress)


def _tasks(params: t.Mapping[str, t.Any]) -> TasksFile:
    searched = tuple(params.get("tasks_searched") or ())
    return TasksFile(params.get("tasks") or "", params.get("tasks_path") or "", searched)


def _removals(context: Context, uids: t.Iterable[int]) -> removal.Removals:
    """The list need not have the uid of each action, nor those that have ended; so each node is asked too."""
    client = context.client
    listed = node_actions_endpoint(None).actions(client)
    return removal.Removals(
        tuple(action for action in listed if action.name == REMOVE),
        {uid: node_action_endpoint(uid, REMOVE).action(client) for uid in uids},
    )


def _warnings(context: Context, turn: HostPlan) -> t.Iterator[str]:
    if turn.deferred:
        yield maintenance.deferral(turn)
    withheld = removal.tasks_withheld(turn, _tasks(context.params))
    if withheld and context.params["operation"] == REMOVAL:
        yield withheld

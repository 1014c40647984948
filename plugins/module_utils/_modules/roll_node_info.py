# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_roll_node_info): verify one node at the end of its turn, or say how a failure left it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._action.lookup import node_actions_endpoint
from .._api import cluster as _cluster
from .._core.context import Context, Result
from .._core.errors import CollectionError, InvalidInput
from .._roll.stop import MAINTENANCE, PHASES, REMOVAL, Outcome, Stopped
from .._roll.verify import left_behind, not_restored, racks_lost
from . import health_info

OPTIONS: t.Mapping[str, t.Any] = {
    "operation": {"type": "str", "required": True, "choices": [MAINTENANCE, REMOVAL]},
    "node_uid": {"type": "int", "required": True},
    "before": {"type": "dict", "default": {}},
    "failed_phase": {"type": "str", "choices": list(dict.fromkeys((*PHASES[MAINTENANCE], *PHASES[REMOVAL])))},
    "shards_stay": {"type": "bool", "default": False},
    "problems_before": {"type": "list", "elements": "dict"},
    "check_health": {"type": "bool", "default": True},
}


def run(context: Context) -> Result:
    return _how_it_was_left(context) if context.params.get("failed_phase") else _verification(context)


# -- after a failure -------------------------------------------------------------------------------------------------


def _how_it_was_left(context: Context) -> Result:
    params = context.params
    if params["failed_phase"] not in PHASES[params["operation"]]:
        phases = ", ".join(PHASES[params["operation"]])
        raise InvalidInput(
            f"failed_phase is {params['failed_phase']}: the phases of a {params['operation']} are {phases}."
        )
    before = params.get("before") or {}
    stopped = Stopped(
        params["operation"], params["failed_phase"], bool(before.get("in_maintenance")), dry=context.check_mode
    )
    outcome = stopped.known_outcome or _read_outcome(context, stopped)
    return Result(False, {"outcome": outcome.sentence, "roll_back": outcome.roll_back})


def _read_outcome(context: Context, stopped: Stopped) -> Outcome:
    uid = context.params["node_uid"]
    try:
        return stopped.outcome(node_actions_endpoint(uid).actions(context.client))
    except CollectionError as error:
        return stopped.unknown(str(error))


# -- at the end ------------------------------------------------------------------------------------------------------


def _verification(context: Context) -> Result:
    """The health of the cluster first, with all checks, since what has to come back may still be on its way."""
    params = context.params
    problems: list[t.Mapping[str, t.Any]] = []
    if params["check_health"]:
        health = health_info.run(dataclasses.replace(context, params=_HEALTH))
        if health.failed:
            return health
        problems = health.values["problems"]
    before, uid, cluster = params.get("before") or {}, params["node_uid"], _cluster.read(context.client)
    if params["operation"] == MAINTENANCE:
        wrong = not_restored(before, uid, cluster, shards_stay=params["shards_stay"])
    else:
        known = params.get("problems_before")
        wrong = left_behind(before, uid, cluster, [] if known is None else racks_lost(known, problems))
    values = {"verified": wrong is None, "problems": problems}
    return Result(False, values, failed=wrong)


# All checks, with their own severities.
_HEALTH: t.Mapping[str, t.Any] = {"fail_on_problems": True}

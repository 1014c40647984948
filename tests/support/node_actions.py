# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of redis_node_action and redis_cluster_action in a world of their own, with options as Ansible checks them."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context, Result
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import CollectionError
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import OnProgress, Wait, silent
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import cluster_action, node_action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.actions import NODE_ACTIONS

from .acting_api import ActingApi, World

ON, OFF, REMOVE, ENSLAVE = "maintenance_on", "maintenance_off", "remove", "enslave_node"
CHANGE_MASTER, REBALANCE = "change_master", "rebalance"
_VALIDATORS = {
    operation: ArgumentSpecValidator(dict(options))
    for operation, options in ((node_action.run, node_action.OPTIONS), (cluster_action.run, cluster_action.OPTIONS))
}


class Attempt:
    """One run of a task: its result or its error, and its warnings. Node 2 is meant, unless options say otherwise."""

    def __init__(
        self,
        world: World,
        action: str,
        *,
        check: bool = False,
        wait: bool = True,
        timeout: float = 60.0,
        interval: float = 5.0,
        on_progress: OnProgress = silent,
        **options: t.Any,
    ) -> None:
        operation: t.Callable[[Context], Result] = node_action.run if action in NODE_ACTIONS else cluster_action.run
        if action != REBALANCE and not {"node", "node_uid"} & set(options):
            options["node_uid"] = 2
        checked = _VALIDATORS[operation].validate({"action": action, **options})
        assert not checked.error_messages, checked.error_messages
        context = Context(
            ActingApi(world).client,
            checked.validated_parameters,
            check,
            Wait(wait, timeout, interval, on_progress),
            world.clock,
        )
        self.result: dict[str, t.Any] = {}
        self.error: CollectionError | None = None
        try:
            self.result = operation(context).as_dict()
        except CollectionError as error:
            self.error = error
        self.warnings = context.warnings


def act(world: World, action: str, **options: t.Any) -> dict[str, t.Any]:
    """The result of a run that succeeds, with its warnings."""
    attempt = Attempt(world, action, **options)
    assert attempt.error is None, attempt.error
    return {**attempt.result, "warnings": attempt.warnings}


def failed(world: World, action: str, kind: type[CollectionError], **options: t.Any) -> CollectionError:
    """The error of a run that fails."""
    attempt = Attempt(world, action, **options)
    assert isinstance(attempt.error, kind), attempt.error or attempt.result
    return attempt.error

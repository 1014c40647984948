# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision about an action of the cluster that is known by its name alone, and judged by its record."""

from __future__ import annotations

import pytest
from support.clusters import cluster_record as record
from support.node_actions import REBALANCE

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import NO_NODE, View, Wanted
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.cluster_action import RecordedAction

OLD = record(REBALANCE, "completed")


@pytest.mark.parametrize(
    ("now", "first", "rerun", "kind"),
    [
        (None, None, False, "run"),
        (record(REBALANCE, "queued"), None, False, "adopt"),
        (record(REBALANCE, "starting"), record(REBALANCE, "starting"), True, "adopt"),
        (record(REBALANCE, "cancelling"), record(REBALANCE, "running"), True, "adopt"),
        (OLD, OLD, False, "nothing"),
        (OLD, OLD, True, "run"),
        (record(REBALANCE, "completed", "c-2"), OLD, True, "nothing"),
        (OLD, record(REBALANCE, "running"), True, "nothing"),
        (record(REBALANCE, "failed"), record(REBALANCE, "failed"), False, "run"),
        (record(REBALANCE, "cancelled"), record(REBALANCE, "cancelled"), False, "run"),
        (record(REBALANCE, "aborted"), record(REBALANCE, "aborted"), True, "run"),
    ],
)
def test_steps_of_a_recorded_action(now: Action | None, first: Action | None, rerun: bool, kind: str) -> None:
    wanted = Wanted(NO_NODE, REBALANCE, {"only": ["1"]}, rerun=rerun)
    step = RecordedAction(REBALANCE).decide(wanted, View(own_record=now, first_record=first))
    assert step.kind == kind
    assert step.body == ({"only": ["1"]} if kind == "run" else {})


@pytest.mark.parametrize("name", ["", "a/b", "a b", "../nodes"])
def test_a_name_that_cannot_stand_in_a_path_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not the name of an action"):
        RecordedAction(name)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a failed phase leaves a node: the one case in which the drain is rolled back, and what is said in all others."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.stop import PHASES, Outcome, Stopped, cause

RUNNING = [Action("a", "maintenance_on", "node", "running"), Action("b", "maintenance_off", "node", "completed")]
ENDED = [Action("a", "maintenance_on", "node", "failed")]
KNOWN: dict[tuple[str, str], str] = {
    ("maintenance", "order"): "Nothing was changed.",
    ("maintenance", "gate"): "Nothing was changed.",
    ("maintenance", "tasks"): "stays drained and in maintenance, where it can do no harm.",
    ("maintenance", "wait"): "stays drained and in maintenance, where it can do no harm.",
    ("maintenance", "restore"): "the end of its maintenance failed",
    ("maintenance", "verify"): "out of maintenance, but the verification failed",
    ("removal", "order"): "Nothing was changed.",
    ("removal", "gate"): "Nothing was changed.",
    ("removal", "hand_over"): "still in the cluster with all that is on it",
    ("removal", "verify"): "has left the cluster, but the verification failed",
    ("removal", "tasks"): "has left the cluster for good; only the tasks on its host failed",
}
READ = [("maintenance", "drain"), ("maintenance", "gate_again"), ("removal", "remove")]


def test_every_phase_has_an_outcome() -> None:
    assert {*KNOWN, *READ} == {(operation, phase) for operation, phases in PHASES.items() for phase in phases}


@pytest.mark.parametrize(("operation", "phase"), KNOWN)
def test_where_the_phase_says_it_all_nothing_is_read_and_nothing_rolled_back(operation: str, phase: str) -> None:
    for before in (True, False):
        found = Stopped(operation, phase, was_in_maintenance=before).known_outcome
        assert found is not None
        assert KNOWN[operation, phase] in found.sentence
        assert not found.roll_back


@pytest.mark.parametrize(("operation", "phase"), READ)
def test_in_check_mode_nothing_was_changed(operation: str, phase: str) -> None:
    assert Stopped(operation, phase, dry=True).known_outcome == Outcome("Nothing was changed.")


@pytest.mark.parametrize("phase", ["drain", "gate_again"])
def test_a_drain_is_rolled_back_only_if_it_is_ours_and_nothing_runs(phase: str) -> None:
    stopped = Stopped("maintenance", phase)
    assert stopped.known_outcome is None
    for actions in ([], ENDED):
        assert stopped.outcome(actions) == Outcome(
            "The node is back in service as it was; no task had run on it.", roll_back=True
        )
    assert stopped.outcome(RUNNING) == Outcome(
        "An action still runs on the node and is left to run: maintenance_on. Run the playbook again to take it over."
    )
    assert stopped.unknown("GET /v1/nodes/2/actions was answered with 500.") == Outcome(
        "It is not known what the node is doing (GET /v1/nodes/2/actions was answered with 500), so nothing was "
        "undone. Run the playbook again when the cluster answers."
    )
    before = Stopped("maintenance", phase, was_in_maintenance=True).known_outcome
    assert before is not None
    assert (before.roll_back, "was in maintenance before this run, and is left so" in before.sentence) == (False, True)


def test_a_removal_is_never_rolled_back() -> None:
    stopped = Stopped("removal", "remove", was_in_maintenance=True)
    assert stopped.known_outcome is None
    runs = stopped.outcome([Action("a", "remove", "node", "running")])
    assert (runs.roll_back, "The removal still runs and is left to run." in runs.sentence) == (False, True)
    for actions in ([], RUNNING, [Action("a", "remove", "node", "failed")]):
        ended = stopped.outcome(actions)
        assert ended == Outcome("No removal of the node runs any more. Run the playbook again to continue.")


FAILED = Action("a", "maintenance_on", "node", "failed", object_type="node", object_uid="2", error="no room")
CAUSES: dict[str, tuple[dict[str, t.Any], str]] = {
    "a message": ({"msg": "the disk is full"}, "the disk is full."),
    "a message with its own end": ({"msg": "Is it on?\n"}, "Is it on?"),
    "no message": ({}, "No reason is given."),
    "an action that failed": (
        {"msg": "... Run the task again to go on.", "failure": {"action": FAILED.as_dict()}},
        "maintenance_on of node 2 is failed, no room.",
    ),
    "an action that runs": (
        {"msg": "Waited 1 s.", "failure": {"action": {**FAILED.as_dict(), "status": "running"}}},
        "Waited 1 s.",
    ),
    "an action that is said to be completed": (
        {"msg": "Node 2 still holds a shard.", "failure": {"action": {**FAILED.as_dict(), "status": "completed"}}},
        "Node 2 still holds a shard.",
    ),
    "a failure without action": ({"msg": "refused", "failure": {"action": None, "status": 409}}, "refused."),
    "the failure of something else": ({"msg": "refused", "failure": {"action": {"status": "failed"}}}, "refused."),
    "no failure": ({"msg": "refused", "failure": None}, "refused."),
}


@pytest.mark.parametrize("case", CAUSES)
def test_the_cause_is_said_once_and_without_advice_that_the_outcome_overrules(case: str) -> None:
    failed, sentence = CAUSES[case]
    assert cause(failed) == sentence

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a phase that failed leaves its node: whether the drain is rolled back, what is left, and what to do. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._action.model import Action

ORDER, GATE, VERIFY, TASKS = "order", "gate", "verify", "tasks"
DRAIN, GATE_AGAIN, WAIT, RESTORE = "drain", "gate_again", "wait", "restore"
HAND_OVER, REMOVE = "hand_over", "remove"
MAINTENANCE, REMOVAL = "maintenance", "removal"
PHASES: t.Mapping[str, tuple[str, ...]] = {
    MAINTENANCE: (ORDER, GATE, DRAIN, GATE_AGAIN, TASKS, WAIT, RESTORE, VERIFY),
    REMOVAL: (ORDER, GATE, HAND_OVER, REMOVE, VERIFY, TASKS),
}
_AGAIN = "Run the playbook again"
_END_IT = "end maintenance with redis_node_action (maintenance_off)"
_UNTOUCHED = "Nothing was changed."
_TOUCHED = (
    "Work on the node had begun, so it stays drained and in maintenance, where it can do no harm. Fix the machine and "
    f"run the playbook again, or {_END_IT}."
)
_OUTCOMES: t.Mapping[tuple[str, str], str] = {
    (MAINTENANCE, ORDER): _UNTOUCHED,
    (MAINTENANCE, GATE): _UNTOUCHED,
    (MAINTENANCE, TASKS): _TOUCHED,
    (MAINTENANCE, WAIT): _TOUCHED,
    (MAINTENANCE, RESTORE): (
        f"The work on the node is done, but the end of its maintenance failed. {_AGAIN}, or {_END_IT}."
    ),
    (MAINTENANCE, VERIFY): (
        "The node is out of maintenance, but the verification failed. Find out why with redis_health_info, and then "
        "run the playbook again for the nodes that are left."
    ),
    (REMOVAL, ORDER): _UNTOUCHED,
    (REMOVAL, GATE): _UNTOUCHED,
    (REMOVAL, HAND_OVER): (
        "The node is still in the cluster with all that is on it, and another node may be the primary by now. "
        f"{_AGAIN} to continue."
    ),
    (REMOVAL, VERIFY): (
        "The node has left the cluster, but the verification failed. Find out why with redis_health_info, and then run "
        "the playbook again for the nodes that are left."
    ),
    (REMOVAL, TASKS): (
        "The node has left the cluster for good; only the tasks on its host failed. Fix the host and run the playbook "
        "again: the tasks run once more as long as the cluster remembers the removal."
    ),
}
_ROLLED_BACK = "The node is back in service as it was; no task had run on it."
_IN_MAINTENANCE_BEFORE = (
    f"The node was in maintenance before this run, and is left so. {_AGAIN} to continue, or {_END_IT}."
)
_REMOVAL_RUNS = (
    f"The removal still runs and is left to run. {_AGAIN} to wait for it, or cancel it with redis_node_action (action "
    "remove, state absent)."
)
_REMOVAL_ENDED = f"No removal of the node runs any more. {_AGAIN} to continue."


@dataclasses.dataclass(frozen=True)
class Outcome:
    """C(roll_back) says that the drain is to be undone, which the sentence takes for granted."""

    sentence: str
    roll_back: bool = False


@dataclasses.dataclass(frozen=True)
class Stopped:
    """A phase that failed. C(was_in_maintenance) is how the node was before this run, C(dry) says check mode."""

    operation: str
    phase: str
    was_in_maintenance: bool = False
    dry: bool = False

    @property
    def known_outcome(self) -> Outcome | None:
        """The outcome where it does not depend on what runs on the node; None where the node has to be read."""
        if self.dry:
            return Outcome(_UNTOUCHED)
        sentence = _OUTCOMES.get((self.operation, self.phase))
        if sentence is None and self.operation == MAINTENANCE and self.was_in_maintenance:
            sentence = _IN_MAINTENANCE_BEFORE
        return None if sentence is None else Outcome(sentence)

    def outcome(self, actions: t.Iterable[Action]) -> Outcome:
        """The outcome of a drain or a removal, given the actions on the node."""
        running = [action for action in actions if not action.finished]
        if self.operation == REMOVAL:
            is_removed = any(action.name == REMOVE for action in running)
            return Outcome(_REMOVAL_RUNS if is_removed else _REMOVAL_ENDED)
        if running:
            named = ", ".join(action.name for action in running)
            return Outcome(f"An action still runs on the node and is left to run: {named}. {_AGAIN} to take it over.")
        return Outcome(_ROLLED_BACK, roll_back=True)

    def unknown(self, why: str) -> Outcome:
        """The outcome where the cluster does not say what runs: nothing may be undone."""
        return Outcome(
            f"It is not known what the node is doing ({why.rstrip('.')}), so nothing was undone. {_AGAIN} when the "
            "cluster answers."
        )


def cause(failed: t.Mapping[str, t.Any]) -> str:
    """What failed, from the result of the task.

    The result of an action that has ended badly also says how to go on with the task alone. That is left out, since the
    outcome says how to go on with the whole run.
    """
    action = _action_of(failed)
    if action is not None and action.finished and not action.succeeded:
        return _full_stop(action.sentence())
    return _full_stop(str(failed.get("msg") or "No reason is given."))


def _action_of(failed: t.Mapping[str, t.Any]) -> Action | None:
    shown = (failed.get("failure") or {}).get("action")
    if not isinstance(shown, dict):
        return None
    names = {field.name for field in dataclasses.fields(Action)}
    try:
        return Action(**{name: value for name, value in shown.items() if name in names})
    except TypeError:  # not an action of this collection
        return None


def _full_stop(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."

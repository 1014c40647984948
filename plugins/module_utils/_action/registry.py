# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base of the classes of actions: the request, the view of the cluster, the step that follows, and the registry.

An action of a node or of the cluster is one class. Choices, options and their documentation follow from it, and so does
what a task does: C(ActionTask) reads, asks the class for the next step, carries it out, and proves the goal.
"""

from __future__ import annotations

import abc
import dataclasses
import typing as t

from .._api.cluster import Cluster, Node
from .._core.errors import InvalidInput, Refused
from .._core.waiter import GRACE
from .model import Action

Release = tuple[int, ...]
NO_NODE = 0  # in place of a uid; those of nodes begin with 1
NO_CLUSTER = Cluster((), ())  # where the cluster is not read


@dataclasses.dataclass(frozen=True)
class Option:
    """An option of an action: its type, its documentation, and the releases that have it."""

    type: str
    sentence: str
    elements: str | None = None
    since: Release = ()
    until: Release = ()  # the first release without it
    instead: str = ""  # what to set on the other releases

    @property
    def spec(self) -> dict[str, t.Any]:
        """The option in an argument spec."""
        return {"type": self.type, **({"elements": self.elements} if self.elements else {})}

    def documentation(self, action: str) -> str:
        """The option's description in the documentation of a module."""
        releases = f", {dotted(self.since)} and later" if self.since else ""
        releases = f", before {dotted(self.until)} only" if self.until else releases
        return f"For O(action={action}){releases}. {self.sentence}"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A request for an action. C(options) has only those options that were set, as the API takes them."""

    node_uid: int  # the node that it is about, or NO_NODE
    action: str
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    force: bool = False
    rerun: bool = False  # for an action that is judged by its record alone


@dataclasses.dataclass(frozen=True)
class View:
    """All that a decision is made from. A record is the running action of that name, or the last one."""

    cluster: Cluster = NO_CLUSTER
    own_record: Action | None = None  # of the action that is wanted
    others: tuple[Action, ...] = ()  # all other records of the node
    snapshots: tuple[str, ...] | None = None  # names; None where the release does not list them
    asked_through: tuple[str, ...] = ()  # the hosts in url
    first_record: Action | None = None  # of the action that is wanted, when the task began

    def other(self, name: str) -> Action | None:
        return next((action for action in self.others if action.name == name), None)

    @property
    def running_other(self) -> Action | None:
        """Another action that runs on the node."""
        return next((action for action in self.others if not action.finished), None)

    @property
    def has_new_record(self) -> bool:
        """Whether the action was started, by whomever, since the task began."""
        own, first = self.own_record, self.first_record
        return own is not None and (first is None or first.uid != own.uid)


@dataclasses.dataclass(frozen=True)
class Step:
    """The next thing to do: C(nothing), C(run) it, C(adopt) the one that runs, or C(wait) for another one.

    C(action) is the one that is adopted, waited for, or the record that shows that nothing is left to do.
    """

    kind: t.Literal["nothing", "run", "adopt", "wait"]
    why: str
    body: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    action: Action | None = None


class Forceable(Refused):
    """A refusal that C(force: true) turns into a warning. No other refusal can be overridden."""


def guard(wanted: Wanted, *refusals: Forceable | None) -> list[str]:
    """The warning about what is done in spite of a refusal; raises Forceable without C(force)."""
    danger = " ".join(str(each) for each in refusals if each is not None)
    if not danger:
        return []
    if not wanted.force:
        raise Forceable(f"{danger} Nothing was changed; force: true overrides.")
    return [f"force is set, so {wanted.action} goes on although: {danger}"]


def adopt_running(view: View) -> Step | None:
    """The step if the very action runs already."""
    own = view.own_record
    return Step("adopt", f"{own.sentence()} already", action=own) if own is not None and not own.finished else None


class ActionType(abc.ABC):
    """One type of action: its name and options, and the pure decisions about it."""

    name: str
    sentence: t.ClassVar[str]  # its description in the documentation of a module
    options: t.ClassVar[t.Mapping[str, Option]] = {}
    since: t.ClassVar[Release] = ()  # the first release that has it, where not all have
    takes_node: t.ClassVar[bool] = True
    removes_node: t.ClassVar[bool] = False  # the node is not in the cluster afterwards
    opposite: t.ClassVar[str | None] = None  # another action of the node of which it counts how it ended
    reads_snapshots: t.ClassVar[bool] = False  # those of a node in maintenance
    reads_cluster: t.ClassVar[bool] = True  # False: nothing but its record tells how it ended
    record_tells_goal: t.ClassVar[bool] = True  # False: one that runs may have been started for another goal
    progress_detail: t.ClassVar[str | None] = None  # what the number of shards on the node means: left, back
    settles_within: t.ClassVar[float] = GRACE  # seconds from its end until the cluster shows its effect
    unmet_advice: t.ClassVar[str] = (
        "Do not stop the node. Look at redis_node_info and redis_action_info, and run the task again."
    )

    @abc.abstractmethod
    def decide(self, wanted: Wanted, view: View) -> Step:
        """The next step towards the goal; raises Refused where it could do harm."""

    @abc.abstractmethod
    def unmet_goal(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        """After the action: a sentence that says what the cluster does not show as it should, or None."""

    @abc.abstractmethod
    def facts(self, wanted: Wanted, view: View) -> dict[str, t.Any]:
        """The state that the action changes, for the diff."""

    @abc.abstractmethod
    def goal(self, wanted: Wanted) -> dict[str, t.Any]:
        """Those of the facts that the action changes, as they are afterwards."""

    @abc.abstractmethod
    def recovery_advice(self, wanted: Wanted, node: Node | None) -> str:
        """The state after an action that ended badly, and what to do then."""

    def unfinished_work(self, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
        """What a doubtful end has left undone: the goal, and more where its end does more; None if all is done."""
        return why_not_completed(self, wanted, before, now)

    def repeat_reason(self, wanted: Wanted) -> str | None:
        """A warning that says why the action has to run once more, where it may be repeated until the goal is met."""
        return None

    def rejection_help(self, wanted: Wanted, status: int, said: str) -> str | None:
        """The message for a request that the cluster has answered with this status, where there is more to say."""
        return None


def why_not_completed(action: ActionType, wanted: Wanted, before: Cluster, now: Cluster) -> str | None:
    """Why the cluster does not show the action as completed; None if it does."""
    if action.takes_node and not action.removes_node and now.node(wanted.node_uid) is None:
        return f"node {wanted.node_uid} is not in the cluster"
    return action.unmet_goal(wanted, before, now)


class Registry(dict[str, ActionType]):
    """The actions of one kind by name, in the order of the documentation."""

    def __init__(self, *types: type[ActionType]) -> None:
        super().__init__((each.name, each()) for each in types)

    @property
    def option_specs(self) -> dict[str, t.Any]:
        """The options of all actions, for an argument spec."""
        return {name: option.spec for action in self.values() for name, option in action.options.items()}

    def options_from(self, action: ActionType, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The members of the request body that were set; raises InvalidInput for an option of another action."""
        own = action.options
        for other in self.values():
            stray = next((each for each in other.options if each not in own and params.get(each) is not None), None)
            if stray is not None:
                raise InvalidInput(f"{stray} is an option of {other.name}, not of {action.name}: leave it out.")
        options = {each: params[each] for each in own if params.get(each) is not None}
        return {**options, **(params.get("action_options") or {})}


def undocumented_options(action: ActionType, wanted: Wanted) -> list[str]:
    """A warning for options that the documentation of the API does not have."""
    names = ", ".join(sorted(set(wanted.options) - set(action.options)))
    if not names:
        return []
    return [
        f"The API's documentation has no option {names} of {action.name}. It is passed on as it is; what it does is "
        "not verified."
    ]


def options_of_release(action: ActionType, wanted: Wanted, release: Release) -> list[str]:
    """A warning for options that a release does not have yet; raises InvalidInput for one that it has no longer."""
    warnings = []
    for name in wanted.options if release else ():
        option = action.options.get(name)
        if option is not None and option.until and release >= option.until:
            raise InvalidInput(
                f"{name} is deprecated as of {dotted(option.until)}, and this cluster has {dotted(release)}: "
                f"{option.instead}."
            )
        if option is not None and release < option.since:
            instead = f" Before {dotted(option.since)}, {option.instead}." if option.instead else ""
            warnings.append(
                f"{name} came with {dotted(option.since)}, and this cluster has {dotted(release)}, which may ignore it."
                f"{instead}"
            )
    return warnings


def dotted(release: Release) -> str:
    return ".".join(map(str, release))

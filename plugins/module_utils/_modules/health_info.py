# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_health_info): look at the cluster from several sides, once or until it is well."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._action import model as _actions
from .._action.model import Action
from .._api import cluster as _cluster
from .._api.cluster import Cluster
from .._core.context import Context, Result
from .._core.errors import ApiError, CollectionError, InvalidInput, Unavailable, WaitTimeout
from .._core.waiter import Seen, wait_until
from .._health import checks as _health
from .._health.facts import Answer, Facts, Problem, Question, not_found_out

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

_Read = t.TypeVar("_Read")
_REFUSED = (401, 403)  # the user's credentials or role: no look will be better
_CHECK_OF = {
    "/v1/nodes": "nodes",
    "/v1/nodes/status": "nodes",
    "/v1/shards": "shards",
    "/v1/bdbs": "databases",
    "/v4/cluster/health": "report",
}
_LAG_SINCE = (8, 0)  # release from which availability can be asked with extend_check=lag


def run(context: Context) -> Result:
    question = question_from(context.params)
    started = context.clock.now()
    look = _look_until_healthy(context, question) if context.wait.enabled else _Look(context.client, question).take()
    waited = context.clock.now() - started if context.wait.enabled else 0.0
    healthy = _health.is_healthy(look.problems)
    if not healthy and context.params.get("fail_on_problems"):
        raise _health.Unhealthy(_health.summary(look.problems, waited))
    return Result(
        False,
        {
            "healthy": healthy,
            "problems": [problem.as_dict() for problem in look.problems],
            "checks_run": list(look.checked),
            "waited": round(waited, 1),
        },
    )


def question_from(params: t.Mapping[str, t.Any]) -> Question:
    """The task's options as a Question; raises InvalidInput where they contradict each other."""
    node, chosen = params.get("without_node"), params.get("checks")
    about_node = ", ".join(_health.WITHOUT_NODE_CHECKS)
    wanted = [name for name in _health.CHECKS if chosen is None or name in chosen]
    if chosen is not None and not wanted:
        raise InvalidInput("checks is empty: name at least one check, or leave the option out for all of them.")
    if node is None:
        if chosen and (extra := [name for name in wanted if name in _health.WITHOUT_NODE_CHECKS]):
            raise InvalidInput(
                f"checks names {', '.join(extra)}: set without_node to the uid of the node to take away."
            )
        wanted = [name for name in wanted if name not in _health.WITHOUT_NODE_CHECKS]
    elif not set(wanted) & set(_health.WITHOUT_NODE_CHECKS):
        raise InvalidInput(
            f"without_node has no effect on the chosen checks: add one of {about_node} to checks, or leave it out."
        )
    return Question(
        tuple(wanted),
        allow_in_maintenance=frozenset(params.get("allow_in_maintenance") or ()),
        allow_decommissioning=frozenset(params.get("allow_decommissioning") or ()),
        without_node=node,
    )


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What one look found, and the checks that were done in it."""

    problems: list[Problem]
    checked: tuple[str, ...]


def _look_until_healthy(context: Context, question: Question) -> _Seen:
    """Look until nothing is wrong or the time is over; then the last look is the answer."""
    last: list[_Seen] = []

    def probe() -> Seen[t.Any]:
        look = _Look(context.client, question)
        try:
            last[:] = [look.take()]
        except Unavailable as error:  # as long as there is time, an API that is away is a problem like any other
            last[:] = [look.blind(error)]
        problems = last[0].problems
        return Seen(_health.is_healthy(problems), _health.line(problems))

    try:
        wait_until(probe, context.wait, context.clock, "the cluster to be healthy")
    except WaitTimeout:
        return last[0]
    return last[0]


class _Look:
    """One look: read the cluster once, then what each chosen check needs beside it."""

    def __init__(self, client: Client, question: Question) -> None:
        self.client = client
        self.question = question
        self.unread: list[Problem] = []
        self.away = False

    def take(self) -> _Seen:
        try:
            cluster = _cluster.read(self.client)
        except ApiError as error:
            if error.status in _REFUSED:
                raise
            return self.blind(error)
        if self.question.without_node is not None:
            cluster.require_node(self.question.without_node)
        facts = Facts(
            cluster,
            cluster_check=self._ask(
                "cluster_check", "/v1/cluster/check", "the cluster's own check", self._cluster_check
            ),
            license=self._ask("license", "/v1/license", "the license", lambda: self.client.find("/v1/license")),
            actions=tuple(self._ask("actions", "/v1/actions", "running actions", self._actions) or ()),
            availability=self._availability(cluster),
            unread=tuple(self.unread),
        )
        done = [name for name in self.question.checks if name != "report" or cluster.report is not None]
        return _Seen(_health.problems(facts, self.question), tuple(done))

    def blind(self, error: CollectionError) -> _Seen:
        """The cluster itself could not be read, and no check can be done without it."""
        path = error.failure.path or "/v1/nodes"
        return _Seen([not_found_out(_CHECK_OF.get(path, "nodes"), path, "the cluster", str(error))], ())

    def _ask(self, check: str, source: str, what: str, read: t.Callable[[], _Read]) -> _Read | None:
        """What C(read) returns, if the check is chosen; a failure to find out is kept as a problem of the check."""
        if check not in self.question.checks:
            return None
        try:
            return read()
        except ApiError as error:
            if error.status in _REFUSED:
                raise
            self.unread.append(not_found_out(check, error.failure.path or source, what, str(error)))
        except Unavailable as error:
            if self.away:  # more than one endpoint: it is the API that is away
                raise
            self.away = True
            self.unread.append(not_found_out(check, error.failure.path or source, what, str(error)))
        return None

    def _cluster_check(self) -> t.Any:
        return self.client.get("/v1/cluster/check").data

    def _actions(self) -> list[Action]:
        return [*_actions.read_all(self.client), *_actions.from_node(self.client.find("/v1/nodes/actions"))]

    def _availability(self, cluster: Cluster) -> dict[int, Answer]:
        parameters = {"extend_check": "lag"} if cluster.release >= _LAG_SINCE else None
        answers = {}
        for database in cluster.databases:
            path = f"/v1/bdbs/{database.uid}/availability"
            read = functools.partial(self._answer, path, parameters)
            answer = self._ask("availability", path, f"database {database.uid}", read)
            if answer is not None:
                answers[database.uid] = answer
        return answers

    def _answer(self, path: str, parameters: t.Mapping[str, str] | None) -> Answer:
        response = self.client.get(path, parameters, accept=(404, 503))
        return Answer(response.status, response.data)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_health_info): assess the health of the cluster, once or until it is healthy."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._action import model as _actions
from .._action.lookup import node_actions_endpoint
from .._action.model import Action
from .._api import cluster as _cluster
from .._api import decode
from .._api.cluster import Cluster, Node
from .._api.drain import STAYING_REPLICAS
from .._core.context import Context, Result
from .._core.errors import ApiError, CollectionError, Failure, Unavailable, WaitTimeout
from .._core.waiter import Seen, wait_until
from .._health import verdict
from .._health.checks import CHECKS
from .._health.criteria import NodeNames, criteria_from
from .._health.facts import ERROR, WARNING, Availability, Criteria, Facts, Problem, Unread

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

OPTIONS: t.Mapping[str, t.Any] = {
    "checks": {"type": "list", "elements": "str", "choices": list(CHECKS)},
    "severities": {"type": "dict", "default": {}},
    "allow_in_maintenance": {"type": "list", "elements": "str", "default": []},
    "allow_decommissioning": {"type": "list", "elements": "str", "default": []},
    "without_node": {"type": "str"},
    "node_drained": {"type": "bool", "default": False},
    "replicas_stay": {"type": "list", "elements": "str", "choices": list(STAYING_REPLICAS), "default": []},
    "fail_on_problems": {"type": "bool", "default": False},
    "warn": {"type": "bool", "default": False},
}
_REFUSED = (401, 403)  # the user's credentials or role: reading again does not help
_CHECK_OF_ENDPOINT = {
    "/v1/nodes": "nodes",
    "/v1/nodes/status": "nodes",
    "/v1/shards": "shards",
    "/v1/bdbs": "databases",
    "/v4/cluster/health": "report",
}
_LAG_SINCE = (8, 0)  # release from which availability can be asked with extend_check=lag
_T = t.TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class Assessment:
    """One assessment of the cluster: its problems, the checks that were made, and the node of C(without_node)."""

    problems: list[Problem]
    checks_run: tuple[str, ...] = ()
    node: Node | None = None

    @property
    def healthy(self) -> bool:
        return verdict.is_healthy(self.problems)


def run(context: Context) -> Result:
    assessor = _Assessor(context.client, criteria_from(context.params), NodeNames.of(context.params))
    started = context.clock.now()
    found = _wait_until_healthy(context, assessor) if context.wait.enabled else assessor.assess()
    waited = context.clock.now() - started if context.wait.enabled else 0.0
    values = {
        "healthy": found.healthy,
        "problems": [problem.as_dict() for problem in found.problems],
        "checks_run": list(found.checks_run),
        "waited": round(waited, 1),
    }
    if not found.healthy and context.params.get("fail_on_problems"):
        message = verdict.failure_message(found.problems, waited, found.node)
        return Result(False, {**values, "failure": Failure().as_dict()}, failed=message)
    if context.params.get("warn"):
        for problem in found.problems:
            if problem.severity == WARNING:
                context.warn(problem.message)
    return Result(False, {**values, "node": found.node.as_dict() if found.node else None})


def _wait_until_healthy(context: Context, assessor: _Assessor) -> Assessment:
    """Assess until the cluster is healthy or the time is over; then the last assessment is the answer."""

    def probe() -> Seen[Assessment]:
        try:
            found = assessor.assess()
        except (
            Unavailable
        ) as error:  # as long as there is time, an API that does not answer is a problem like any other
            found = _unreadable(error)
        line = "healthy" if found.healthy else verdict.status_line(found.problems)
        return Seen(found.healthy, line, value=found)

    try:
        seen = wait_until(probe, context.wait, context.clock, "the cluster to be healthy").value
    except WaitTimeout as late:
        seen = late.value
    return t.cast(Assessment, seen)


def _unreadable(error: CollectionError) -> Assessment:
    """The cluster itself could not be read, and no check can be made without it."""
    path = error.failure.path or "/v1/nodes"
    return _undecided(Unread(path, "cluster", "the cluster", str(error)), _CHECK_OF_ENDPOINT.get(path, "nodes"))


def _undecided(unread: Unread, check: str) -> Assessment:
    """An assessment without checks, which is an error whatever the severities say."""
    finding = unread.finding()
    return Assessment([Problem(finding.source, finding.object, ERROR, finding.message, check)])


class _Assessor:
    """Reads the cluster, and makes the checks on what was read."""

    def __init__(self, client: Client, criteria: Criteria, names: NodeNames) -> None:
        self.client = client
        self.criteria = criteria
        self.names = names
        self.resolved: Criteria | None = None  # once: a node that goes down does not say its host name any more

    def assess(self) -> Assessment:
        try:
            cluster = _cluster.read(self.client)
        except ApiError as error:
            if error.status in _REFUSED:
                raise
            return _unreadable(error)
        if self.resolved is None:
            unresolvable = self.names.unresolvable(cluster)
            if unresolvable is not None:
                return _undecided(unresolvable, "nodes")
            self.resolved = self.names.resolved(self.criteria, cluster)
        criteria = self.resolved
        node = None if criteria.without_node is None else cluster.require_node(criteria.without_node)
        problems = verdict.find_problems(_Reader(self.client, criteria.checks).read(cluster), criteria)
        checks_run = tuple(name for name in criteria.checks if name != "report" or cluster.report is not None)
        return Assessment(problems, checks_run, node)


class _Reader:
    """Reads, once for one assessment, what the chosen checks need beside the cluster."""

    def __init__(self, client: Client, checks: t.Sequence[str]) -> None:
        self.client = client
        self.needs = {need for name in checks for need in CHECKS[name].needs}
        self.unavailable = False

    def read(self, cluster: Cluster) -> Facts:
        unread: dict[str, Unread] = {}

        def optional(need: str, source: str, about: str, what: str, read: t.Callable[[], _T], default: _T) -> _T:
            answer = self._try(source, about, what, read) if need in self.needs else default
            if isinstance(answer, Unread):
                unread[need] = answer
                return default
            return answer

        return Facts(
            cluster,
            cluster_check=optional(
                "cluster_check", "/v1/cluster/check", "cluster", "the cluster's own check", self._cluster_check, None
            ),
            license=optional("license", "/v1/license", "license", "the license", self._license, None),
            actions=optional("actions", "/v1/actions", "cluster", "running actions", self._actions, ()),
            availability=self._availability(cluster) if "availability" in self.needs else {},
            unread=unread,
        )

    def _try(self, source: str, about: str, what: str, read: t.Callable[[], _T]) -> _T | Unread:
        """What C(read) returns, or what could not be read, which is a problem of the checks that need it."""
        try:
            return read()
        except ApiError as error:
            if error.status in _REFUSED:
                raise
            return Unread(error.failure.path or source, about, what, str(error))
        except Unavailable as error:
            if self.unavailable:  # more than one endpoint: it is the API that does not answer
                raise
            self.unavailable = True
            return Unread(error.failure.path or source, about, what, str(error))

    def _cluster_check(self) -> t.Any:
        return decode.cluster_check(self.client.get("/v1/cluster/check").data)

    def _license(self) -> t.Any:
        body = self.client.find("/v1/license")
        return None if body is None else decode.license_(body)

    def _actions(self) -> tuple[Action, ...]:
        return (*_actions.read_all(self.client), *node_actions_endpoint(None).actions(self.client))

    def _availability(self, cluster: Cluster) -> dict[int, Availability | Unread]:
        parameters = {"extend_check": "lag"} if cluster.release >= _LAG_SINCE else None
        answers = {}
        for database in cluster.databases:
            path, about = f"/v1/bdbs/{database.uid}/availability", f"database {database.uid}"
            read = functools.partial(self._availability_of, path, parameters)
            answers[database.uid] = self._try(path, about, f"the availability of {about}", read)
        return answers

    def _availability_of(self, path: str, parameters: t.Mapping[str, str] | None) -> Availability:
        response = self.client.get(path, parameters, accept=(404, 503))
        if response.status == 200:
            decode.availability(response.data, path)
        return Availability(response.status, response.data)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding one action by its uid, wherever the cluster lists it, and again with one request once it was found."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.errors import ActionFailed, ApiError
from . import model as _actions
from .model import Action

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client


@dataclasses.dataclass(frozen=True)
class Source:
    """One endpoint that may know the action. C(for_admins): others get 403 from it."""

    path: str
    parse: t.Callable[[t.Any], list[Action]]
    for_admins: bool = False


def _one(parse: t.Callable[[t.Mapping[str, t.Any]], Action]) -> t.Callable[[t.Any], list[Action]]:
    return lambda body: [parse(body)] if isinstance(body, dict) else []


def by_uid(uid: str, api_version: str) -> list[Source]:
    """All endpoints that may know a uid, those with the most first: node actions can be missing in the former."""
    v2 = Source(f"/v2/actions/{uid}", _one(_actions.from_v2_item))
    v1 = Source(f"/v1/actions/{uid}", _one(_actions.from_v1_item))
    if api_version == "v2":
        return [v2]
    return [*([v2] if api_version == "auto" else []), v1, node_list(None, True), cluster_list(True)]


def by_action(given: Action) -> list[Source]:
    """The same for an action of which more is known than its uid."""
    first = []
    if given.kind == "node" and given.object_uid and given.name:
        uid, name = given.object_uid, given.name
        first = [Source(f"/v1/nodes/{uid}/actions/{name}", lambda body: _actions.from_node(body, uid, name))]
    elif given.kind == "cluster" and given.name:
        path = f"/v1/cluster/actions/{given.name}"
        first = [Source(path, lambda body: _actions.from_cluster(body, given.name))]
    return [*first, *by_uid(str(given.uid), "auto")[:2]]


def node_list(node_uid: int | None, for_admins: bool = False) -> Source:
    path = "/v1/nodes/actions" if node_uid is None else f"/v1/nodes/{node_uid}/actions"
    return Source(path, lambda body: _actions.from_node(body, node_uid), for_admins)


def cluster_list(for_admins: bool = False) -> Source:
    return Source("/v1/cluster/actions", _actions.from_cluster, for_admins)


def bdb_list(bdb_uid: int) -> Source:
    return Source(f"/v1/actions/bdb/{bdb_uid}", _actions.from_v1)


class Finder:
    """Looks for one uid in some sources; C(seen) is the action as it was found last."""

    def __init__(self, client: Client, uid: str, sources: t.Sequence[Source], warn: t.Callable[[str], None]) -> None:
        self._client = client
        self._uid = uid
        self._sources = sources
        self._warn = warn
        self._found_in: Source | None = None
        self.seen: Action | None = None

    def look(self) -> Action | None:
        """The action as it is listed now; None where nobody lists it."""
        first = [self._found_in] if self._found_in else []
        for source in (*first, *(each for each in self._sources if each is not self._found_in)):
            action = self._in(source)
            if action is not None:
                self._found_in, self.seen = source, action
                return action
        return None

    def _in(self, source: Source) -> Action | None:
        try:
            body = self._client.find(source.path)
        except ApiError as error:
            if error.status != 403 or not source.for_admins:
                raise
            self._warn(
                f"The action {self._uid} was not looked for among node actions, which only the role admin may see."
            )
            return None
        return next((action for action in source.parse(body) if action.uid == self._uid), None)

    def require_v2(self) -> None:
        """Raise where the release has no C(/v2/actions): not finding anything there says nothing."""
        if self._client.find("/v2/actions") is None:
            raise ActionFailed("This release has no /v2/actions (it came with 7.22): use api_version v1 or auto.")

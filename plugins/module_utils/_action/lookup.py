# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that list actions, and the search for one action by its uid."""

from __future__ import annotations

import dataclasses
import typing as t

from .._api import decode
from .._core.errors import ActionFailed, ApiError
from . import model
from .model import Action

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client


@dataclasses.dataclass(frozen=True)
class ActionEndpoint:
    """A path of the API that answers with actions, with the decoder of its answer and the parser of what that gives."""

    path: str
    decode: t.Callable[[t.Any, str], t.Any]
    parse: t.Callable[[t.Any], list[Action]]
    label: str = ""  # of the one action that it is about, such as C(remove of node 2)
    admin_only: bool = False  # other roles get 403

    def actions(self, client: Client) -> list[Action]:
        body = client.find(self.path)
        return [] if body is None else self.parse(self.decode(body, self.path))

    def started(self, answer: t.Any) -> Action:
        """The action that a POST has started, by its answer, which some releases leave empty."""
        body = {"status": "queued"} if answer is None else answer
        return self.parse(decode.object_action(body, self.path, "POST"))[0]

    def action(self, client: Client) -> Action | None:
        """The running action, or the record of the last one."""
        return next(iter(self.actions(client)), None)


def node_action_endpoint(node_uid: int | str, name: str) -> ActionEndpoint:
    return ActionEndpoint(
        f"/v1/nodes/{node_uid}/actions/{name}",
        decode.object_action,
        lambda body: model.from_node(body, node_uid, name),
        f"{name} of node {node_uid}",
    )


def cluster_action_endpoint(name: str) -> ActionEndpoint:
    return ActionEndpoint(
        f"/v1/cluster/actions/{name}",
        decode.object_action,
        lambda body: model.from_cluster(body, name),
        f"the cluster action {name}",
    )


def node_actions_endpoint(node_uid: int | None, admin_only: bool = False) -> ActionEndpoint:
    path = "/v1/nodes/actions" if node_uid is None else f"/v1/nodes/{node_uid}/actions"
    return ActionEndpoint(
        path, decode.object_actions, lambda body: model.from_node(body, node_uid), admin_only=admin_only
    )


def cluster_actions_endpoint(admin_only: bool = False) -> ActionEndpoint:
    return ActionEndpoint("/v1/cluster/actions", decode.object_actions, model.from_cluster, admin_only=admin_only)


def bdb_actions_endpoint(bdb_uid: int) -> ActionEndpoint:
    return ActionEndpoint(f"/v1/actions/bdb/{bdb_uid}", decode.actions_v1, model.from_v1)


def endpoints_of_uid(uid: str, api_version: str) -> list[ActionEndpoint]:
    """All endpoints that may know a uid. Those that list all kinds come first, but they can lack node actions."""
    v2 = ActionEndpoint(f"/v2/actions/{uid}", decode.action_v2, lambda item: [model.from_v2_item(item)])
    v1 = ActionEndpoint(f"/v1/actions/{uid}", decode.action_v1, lambda item: [model.from_v1_item(item)])
    if api_version == "v2":
        return [v2]
    return [
        *([v2] if api_version == "auto" else []),
        v1,
        node_actions_endpoint(None, admin_only=True),
        cluster_actions_endpoint(admin_only=True),
    ]


def endpoints_of_action(given: Action) -> list[ActionEndpoint]:
    """The same for an action of which more is known than its uid."""
    first = []
    if given.kind == "node" and given.object_uid and given.name:
        first = [node_action_endpoint(given.object_uid, given.name)]
    elif given.kind == "cluster" and given.name:
        first = [cluster_action_endpoint(given.name)]
    return [*first, *endpoints_of_uid(str(given.uid), "auto")[:2]]


class ActionSearch:
    """The search for one uid in several endpoints; the one that has it is asked first from then on."""

    def __init__(
        self, client: Client, uid: str, endpoints: t.Sequence[ActionEndpoint], warn: t.Callable[[str], None]
    ) -> None:
        self._client = client
        self._uid = uid
        self._endpoints = list(endpoints)
        self._warn = warn
        self.last: Action | None = None  # as it was found last

    def find(self) -> Action | None:
        """The action as it is listed now; None where no endpoint lists it."""
        for endpoint in tuple(self._endpoints):
            action = self._in(endpoint)
            if action is not None:
                self._endpoints.sort(key=lambda each: each is not endpoint)
                self.last = action
                return action
        return None

    def _in(self, endpoint: ActionEndpoint) -> Action | None:
        try:
            actions = endpoint.actions(self._client)
        except ApiError as error:
            if error.status != 403 or not endpoint.admin_only:
                raise
            self._warn(
                f"The action {self._uid} was not looked for among node actions, which only the role admin may see."
            )
            return None
        return next((action for action in actions if action.uid == self._uid), None)

    def require_v2(self) -> None:
        """Raise where the release has no C(/v2/actions): finding nothing there proves nothing."""
        if self._client.find("/v2/actions") is None:
            raise ActionFailed("This release has no /v2/actions (it came with 7.22): use api_version v1 or auto.")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in memory behind the client's interface, with disturbances of its writes: for tests of the reconciler."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import Ambiguous, ApiError, Failure
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.client import Response

Obj = dict[str, t.Any]
LOST_BEFORE, LOST_AFTER = "lost before", "lost after"  # the answer is lost: the request was not carried out, or it was


class Refusal(t.NamedTuple):
    """An answer that is not a success."""

    status: int
    error_code: str = ""


class ObjectApi:
    """Objects below C(path). C(disturb) holds what happens to the next writes: a disturbance, or something to call."""

    def __init__(self, path: str, *objects: Obj) -> None:
        self.path = path
        self.objects: dict[int, Obj] = {obj["uid"]: obj for obj in objects}
        self.others: dict[str, t.Any] = {}  # answers to GET by path
        self.on_read: t.Callable[[], t.Any] = lambda: None  # called before each
        self.disturb: collections.deque[t.Any] = collections.deque()
        self.answer: t.Callable[[Obj], t.Any] = dict  # of a write, from the object
        self.store: t.Callable[[Obj], Obj] = dict  # what is kept of a body
        self.journal: list[tuple[str, str]] = []
        self.bodies: list[t.Any] = []
        self.state_ids: list[str | None] = []  # of the writes
        self.state_id = 1

    @property
    def writes(self) -> list[str]:
        return [method for method, path in self.journal if method not in ("GET", "DRY")]

    # -- what the reconciler calls ---------------------------------------------------------------------------------

    def get(self, path: str, params: t.Any = None, *, accept: t.Collection[int] = ()) -> Response:
        self.journal.append(("GET", path))
        self.on_read()
        if path == self.path:
            return Response(200, [dict(obj) for obj in self.objects.values()], str(self.state_id))
        found = self.others.get(path)
        uid = path.rpartition("/")[2]
        if found is None and path.startswith(f"{self.path}/") and uid.isdigit():
            found = self.objects.get(int(uid))
        if callable(found):
            found = found()
        if found is None:
            assert 404 in accept, f"GET {path} is 404"
            return Response(404)
        return Response(200, found, str(self.state_id))

    def get_list(self, path: str, params: t.Any = None) -> Response:
        return self.get(path, params)

    def find(self, path: str, params: t.Any = None) -> t.Any:
        return self.get(path, params, accept=(404,)).data

    def write(
        self, method: str, path: str, body: t.Any = None, *, dry_run: bool = False, state_id: str | None = None
    ) -> Response:
        self.journal.append(("DRY" if dry_run else method, path))
        self.bodies.append(body)
        self.state_ids.append(state_id)
        disturbance = self.disturb.popleft() if self.disturb else None
        if callable(disturbance):
            disturbance = disturbance()
        if isinstance(disturbance, Refusal):
            raise self._error(method, path, disturbance)
        if disturbance == LOST_BEFORE:
            raise Ambiguous(f"{method} {path} was sent, but no answer came.")
        answer = self._carry_out(method, path, body, dry_run)
        if disturbance == LOST_AFTER:
            raise Ambiguous(f"{method} {path} was sent, but no answer came.")
        return Response(200, self.answer(answer), str(self.state_id))

    def create(self, **fields: t.Any) -> Obj:
        """As another client does it."""
        uid = fields.setdefault("uid", max(self.objects, default=0) + 1)
        self.objects[uid] = self.store(fields)
        self.state_id += 1
        return fields

    def _carry_out(self, method: str, path: str, body: t.Any, dry_run: bool) -> Obj:
        names = [obj["name"] for uid, obj in self.objects.items() if path != f"{self.path}/{uid}"]
        if body and body.get("name") in names:
            raise self._error(method, path, Refusal(409, "name_already_exists"))
        uid = max(self.objects, default=0) + 1 if method == "POST" else int(path.rpartition("/")[2])
        if method != "POST" and uid not in self.objects:
            raise self._error(method, path, Refusal(404))
        found = {**self.objects.get(uid, {"uid": uid}), **(body or {})}
        if not dry_run:
            self.state_id += 1
            if method == "DELETE":
                return self.objects.pop(uid)
            self.objects[uid] = self.store(found)
        return found

    def _error(self, method: str, path: str, refusal: Refusal) -> ApiError:
        failure = Failure(refusal.status, refusal.error_code or None, "no", method, path)
        return ApiError(f"{method} {path} was answered with {refusal.status}.", failure)

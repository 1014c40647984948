# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/redis_acls: named rules of what may be done with the keys of databases.

A database refers to them in its roles_permissions. The README says where each behaviour comes from.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.routing import Route

from .actions import Action, Run
from .cluster import Cluster
from .errors import ApiError
from .model import VIEWERS
from .routing import Call, api

Acl = dict[str, Any]

FULL_ACCESS: Acl = {"uid": 1, "name": "Full Access", "acl": "+@all ~*"}
WRITERS = frozenset({"admin", "user_manager"})
_NAME = re.compile(r"[a-zA-Z0-9_ \[\]()@,.;#-]+")
_RULE = re.compile(
    r"[+-](@?[\w.|-]+)|(~|%(R|W|RW)~)[^\s()]+|&[^\s()]+|"
    r"all(keys|channels|commands)|no(commands|pass)|reset(keys|channels)|clearselectors|on"
)


class RedisAcls:
    """The ACLs of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._acls: dict[int, Acl] = {1: FULL_ACCESS}
        self._last = max(self._acls)

    def all(self) -> list[Acl]:
        return [self._shown(acl) for dummy, acl in sorted(self._acls.items())]

    def get(self, uid: int) -> Acl:
        if uid not in self._acls:
            raise ApiError(404, "redis_acl_not_exist", f"Redis ACL {uid} does not exist.")
        return self._shown(self._acls[uid])

    def create(self, body: dict[str, Any], *, dry_run: bool) -> Acl:
        for name in ("name", "acl"):
            if name not in body:
                raise ApiError(400, "missing_field", f"The field '{name}' is missing.")
        self._check(body, None)
        acl = {"uid": self._last + 1, **body}
        if not self._is_dry(dry_run):
            self._last += 1
            self._acls[self._last] = acl
            self._cluster.touch()
        return self._shown(acl)

    def update(self, uid: int, body: dict[str, Any], *, dry_run: bool) -> Acl:
        acl = self.get(uid)
        self._check_writable(uid)
        self._check(body, uid)
        if self._is_dry(dry_run):
            return {**acl, **body}
        self._acls[uid] = {**self._acls[uid], **body}
        self._cluster.touch()
        return self._with_action({**acl, **body})

    def delete(self, uid: int) -> Acl:
        self.get(uid)
        self._check_writable(uid)
        users = self._users(uid)
        if users:
            raise ApiError(406, "redis_acl_in_use", f"Redis ACL {uid} is used by database {', '.join(users)}.")
        del self._acls[uid]
        self._cluster.touch()
        return {}

    def _shown(self, acl: Acl) -> Acl:
        return self._cluster.release.shown("redis_acl", {**acl, "min_version": "6.0", "max_version": "9999"})

    def _is_dry(self, dry_run: bool) -> bool:
        """Releases that do not know the parameter carry the request out."""
        return dry_run and self._cluster.release.does("dry run of Redis ACLs")

    def _users(self, uid: int) -> list[str]:
        bdbs = self._cluster.bdbs.values()
        pairs = ((bdb, pair) for bdb in bdbs for pair in bdb.get("roles_permissions") or [])
        return sorted({str(bdb["uid"]) for bdb, pair in pairs if pair.get("redis_acl_uid") == uid})

    def _with_action(self, acl: Acl) -> Acl:
        """The rules of databases that use it are set by an action, which the answer names."""

        async def distribute(run: Run) -> None:
            await run.advance(50, "configure", 0.1)
            await run.finish()

        if not self._users(acl["uid"]):
            return acl
        return {**acl, "action_uid": self._cluster.actions.start(Action("task", "redis_acl", "queued"), distribute).uid}

    def _check_writable(self, uid: int) -> None:
        if uid == FULL_ACCESS["uid"]:
            raise ApiError(409, "read_only_object", f"Redis ACL {uid} is read-only.")

    def _check(self, body: dict[str, Any], uid: int | None) -> None:
        for name, value in body.items():
            if name not in ("name", "acl"):
                raise ApiError(400, "invalid_schema", f"A Redis ACL has no field '{name}' that can be set.")
            if not isinstance(value, str):
                raise ApiError(400, "invalid_param", f"The value of '{name}' must be a string.")
        if "name" in body and not _NAME.fullmatch(body["name"]):
            raise ApiError(400, "invalid_param", "The name has a character that is not allowed.")
        for rule in re.sub(r"[()]", " ", body.get("acl", "")).split():
            if not _RULE.fullmatch(rule):
                raise ApiError(400, "invalid_param", f"'{rule}' is no valid rule.")
        if any(acl["name"] == body.get("name") and acl["uid"] != uid for acl in self._acls.values()):
            raise ApiError(409, "name_already_exists", f"There is a Redis ACL named '{body['name']}'.")


async def list_acls(call: Call) -> list[Acl]:
    return call.emulator.acls.all()


async def get_acl(call: Call) -> Acl:
    return call.emulator.acls.get(call.uid())


async def create(call: Call) -> Acl:
    return call.emulator.acls.create(call.object_body(), dry_run=call.flag("dry_run"))


async def update(call: Call) -> Acl:
    return call.emulator.acls.update(call.uid(), call.object_body(), dry_run=call.flag("dry_run"))


async def delete(call: Call) -> Acl:
    return call.emulator.acls.delete(call.uid())


ROUTES: list[Route] = [
    api("GET", "/v1/redis_acls", list_acls, VIEWERS),
    api("POST", "/v1/redis_acls", create, WRITERS),
    api("GET", "/v1/redis_acls/{uid:int}", get_acl, VIEWERS),
    api("PUT", "/v1/redis_acls/{uid:int}", update, WRITERS),
    api("DELETE", "/v1/redis_acls/{uid:int}", delete, WRITERS),
]

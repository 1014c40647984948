# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small cluster whose node actions run on a fake clock: for exact tests of what is sent and when it is noticed.

The answers are those of small_cluster; this adds the actions of nodes. POST starts one, which ends so many seconds
later and then changes the answers as the action would.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Clock

from . import small_cluster
from .stub_api import Status, StubApi

_NODE = re.compile(r"/v1/nodes/(\d+)")
_PATH = re.compile(r"/v1/nodes/(\d+)/actions(?:/(\w+))?")


@dataclass
class Running:
    """One action: its record, when it ends (None: never), and how."""

    name: str
    node_uid: int
    uid: str
    ends_at: float | None
    outcome: str = "completed"
    until_then: str = "running"
    hidden_until: float = 0.0
    begins_at: float = 0.0  # nothing shows it before
    cleared_at: float | None = None
    removes: bool = False  # when it is cleared, the node goes too

    def status(self, now: float) -> str:
        return self.outcome if self.ends_at is not None and now >= self.ends_at else self.until_then

    def is_gone(self, now: float) -> bool:
        return self.cleared_at is not None and now >= self.cleared_at

    def finished(self, now: float) -> bool:
        return self.status(now) in ("completed", "failed", "cancelled", "aborted")

    def shown(self, now: float) -> dict[str, t.Any]:
        record = {"status": self.status(now), "task_id": self.uid}
        if self.status(now) == "failed":
            record |= {"error_code": "internal_error", "error_message": "it went wrong"}
        return record


@dataclass
class Told:
    """What the next POST does."""

    seconds: float = 3.0
    outcome: str = "completed"
    conflicts: int = 0  # POSTs that get 409 first
    idle: bool = False  # the action ends, and nothing has changed
    lost: bool = False  # it is done, but its answer does not arrive
    cleared_after: float | None = None  # somebody cancels it, and its record is gone, so many seconds later
    removed_after: float | None = None  # the node is removed by somebody else, and the record with it
    hidden_for: float = 0.0  # the new record is not listed at first
    effect_after: float = 0.0  # the cluster shows the effect so long after the end
    overtaken: bool = False  # somebody else starts the action just before
    terse: bool = False  # the list of a node's actions has only those that run, and without their uids
    unreadable: str = ""  # an action that is listed under a name which has no record
    leaves_shard: str = ""  # a shard that stays on the node
    node_fails: bool = False  # GET of a single node is answered with 500


@dataclass
class Sent:
    method: str
    path: str
    at: float
    body: t.Any = None


@dataclass
class World:
    """The answers of a release, the actions, and what was sent."""

    release: str
    clock: Clock
    latency: float = 0.0
    table: dict[str, t.Any] = field(init=False)
    actions: dict[tuple[int, str], Running] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    sent: list[Sent] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.table = small_cluster.answers(f"{self.release}-29")
        if self.numbers < (8, 0, 16):
            self.table.pop("/v4/cluster/health", None)
        if self.numbers < (7, 22):
            self.table.pop("/v2/actions", None)

    @property
    def loses_answers(self) -> bool:
        return self.told.lost

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(each) for each in self.release.split("."))

    # -- what a test does to it ------------------------------------------------------------------------------------
    def maintain(self, uid: int) -> None:
        """As maintenance_on leaves it, in what the release shows of that."""
        small_cluster.maintenance(self.table, uid)
        if self.numbers < (7, 4, 2):
            del self.table["/v1/nodes/status"][str(uid)]["maintenance_snapshot"]
        self.table[f"/v1/nodes/{uid}/snapshots"] = [{"name": "maintenance_mode_2025-01-01_00-00-00"}]
        self.empty(uid)

    def empty(self, uid: int) -> None:
        """Primaries change places with their replicas, and what is still there goes to another node."""
        shards = self.table["/v1/shards"]
        for shard in [each for each in shards if each["node_uid"] == str(uid)]:
            twins = [
                each
                for each in shards
                if each is not shard
                and (each["bdb_uid"], each["assigned_slots"]) == (shard["bdb_uid"], shard["assigned_slots"])
            ]
            for twin in twins:
                if shard["role"] == "master":
                    shard["role"], twin["role"] = "slave", "master"
            taken = {uid, *(int(twin["node_uid"]) for twin in twins)}
            shard["node_uid"] = str(next(node for node in self.uids if node not in taken))
        for bdb in self.table["/v1/bdbs"]:
            for endpoint in bdb["endpoints"]:
                if endpoint["addr"] == [f"127.0.0.{uid}"]:
                    endpoint["addr"] = [f"127.0.0.{next(node for node in self.uids if node != uid)}"]

    def end_maintenance(self, uid: int) -> None:
        node = self.node(uid)
        node["accept_servers"], node["max_listeners"] = True, 100
        self.table["/v1/nodes/status"][str(uid)].pop("maintenance_snapshot", None)
        if "/v4/cluster/health" in self.table:
            self.reported(uid).update(in_maintenance=False, quorum_only=False)
        self.table[f"/v1/nodes/{uid}/snapshots"] = []

    def remove(self, uid: int) -> None:
        self.empty(uid)
        self.table["/v1/nodes"].remove(self.node(uid))
        del self.table["/v1/nodes/status"][str(uid)]
        if "/v4/cluster/health" in self.table:
            self.table["/v4/cluster/health"]["nodes"].remove(self.reported(uid))

    def make_primary(self, uid: int) -> None:
        for each, status in self.table["/v1/nodes/status"].items():
            status["role"] = "master" if each == str(uid) else "slave"

    def put_down(self, uid: int) -> None:
        self.node(uid)["status"] = self.table["/v1/nodes/status"][str(uid)]["node_status"] = "down"
        if "/v4/cluster/health" in self.table:
            self.reported(uid)["status"] = "down"

    def decommission(self, uid: int) -> None:
        """As a removal can leave it that did not end."""
        small_cluster.decommissioning(self.table, uid)

    def record(
        self, uid: int, name: str, outcome: str, *, ends_in: float | None = -1.0, shows: str = "running"
    ) -> None:
        """An action from before; with C(ends_in) above 0 it still runs, with None it runs for ever."""
        ends_at = None if ends_in is None else self.clock.now() + ends_in
        running = Running(name, uid, f"earlier-{name}-{uid}", ends_at, outcome, shows)
        if ends_in is not None and ends_in <= 0:
            self.done.add(running.uid)
        self.actions[uid, name] = running

    @property
    def uids(self) -> list[int]:
        return [node["uid"] for node in self.table["/v1/nodes"]]

    def node(self, uid: int) -> dict[str, t.Any]:
        return next(node for node in self.table["/v1/nodes"] if node["uid"] == uid)

    def reported(self, uid: int) -> dict[str, t.Any]:
        return next(node for node in self.table["/v4/cluster/health"]["nodes"] if node["id"] == str(uid))

    # -- what the API does -----------------------------------------------------------------------------------------
    def answer(self, method: str, path: str, body: t.Any) -> t.Any:
        if hasattr(self.clock, "time"):
            self.clock.time += self.latency
        now = self.clock.now()
        self.sent.append(Sent(method, path, now, body))
        self._let_effects_show(now)
        match = _PATH.fullmatch(path)
        if match is None:
            assert method == "GET", f"{method} {path}"
            for node in self.table["/v1/nodes"]:
                held = [each["uid"] for each in self.table["/v1/shards"] if each["node_uid"] == str(node["uid"])]
                node["shard_list"] = [int(each) for each in held]
            one = _NODE.fullmatch(path)
            if one is not None and int(one[1]) in self.uids:
                return Status(500) if self.told.node_fails else self.node(int(one[1]))
            return self.table.get(path, Status(404))
        uid, name = int(match[1]), match[2]
        if name is None:
            shown = [
                {**each.shown(now), "name": "remove_node" if each.name == "remove" else each.name, "node_uid": str(uid)}
                for (node, dummy), each in self.actions.items()
                if node == uid and now >= each.begins_at and not (self.told.terse and each.finished(now))
            ]
            for each in shown if self.told.terse else ():
                del each["task_id"]
            return {"actions": shown} if shown or uid in self.uids else Status(404)
        running = self.actions.get((uid, name))
        if running is not None and (running.is_gone(now) or now < running.hidden_until or name == self.told.unreadable):
            running = None
        if method == "GET":
            return running.shown(now) if running else Status(404)
        if method == "DELETE":
            return self._end(running, now)
        return self._start(uid, name, now)

    def _start(self, uid: int, name: str, now: float) -> t.Any:
        if uid not in self.uids:
            return Status(404)
        if self.told.overtaken:
            self.told.overtaken = False
            self.actions[uid, name] = Running(name, uid, "theirs", now + self.told.seconds)
        busy = any(each.name == name and not each.finished(now) for each in self.actions.values())
        if self.told.conflicts or busy:
            self.told.conflicts = max(self.told.conflicts - 1, 0)
            return Status(409, {"error_code": "action_in_progress", "description": f"{name} is already in progress."})
        task = f"task-{len(self.sent)}"
        running = Running(name, uid, task, now + self.told.seconds, self.told.outcome)
        running.hidden_until = now + self.told.hidden_for
        gone_after = self.told.removed_after or self.told.cleared_after
        if gone_after is not None:
            running.cleared_at, running.ends_at = now + gone_after, None
            running.removes = self.told.removed_after is not None
        self.actions[uid, name] = running
        return {"status": "queued", "task_id": task}

    def _end(self, running: Running | None, now: float) -> t.Any:
        if running is None:
            return Status(404)
        if running.finished(now):
            del self.actions[running.node_uid, running.name]
        else:
            running.until_then, running.outcome, running.ends_at = "cancelling", "cancelled", now + 1.0
        return None

    def _let_effects_show(self, now: float) -> None:
        for running in self.actions.values():
            if running.removes and running.is_gone(now) and running.node_uid in self.uids:
                self.remove(running.node_uid)
            if running.uid in self.done or not running.finished(now - self.told.effect_after):
                continue
            self.done.add(running.uid)
            if running.status(now) == "completed" and not self.told.idle:
                self._take_effect(running.name, running.node_uid)

    def _take_effect(self, name: str, uid: int) -> None:
        if name == "enslave_node":
            self.make_primary(next(other for other in self.uids if other != uid))
        else:
            {"maintenance_on": self.maintain, "maintenance_off": self.end_maintenance, "remove": self.remove}[name](uid)
        for shard in self.table["/v1/shards"]:
            if shard["uid"] == self.told.leaves_shard:
                shard["node_uid"] = str(uid)


class Acting(t.Protocol):
    """What answers requests, and acts on them: a World, or another."""

    clock: Clock

    @property
    def loses_answers(self) -> bool:
        """Whether a POST is carried out, and its answer lost."""

    def answer(self, method: str, path: str, body: t.Any) -> t.Any: ...


class ActingApi(StubApi):
    """The real client on a world."""

    def __init__(self, world: Acting) -> None:
        super().__init__({}, world.clock)
        self.world = world

    def send(self, request: requests.PreparedRequest, *_args: t.Any, **_options: t.Any) -> requests.Response:
        body = json.loads(request.body) if request.body else None
        answer = self.world.answer(str(request.method), urlsplit(str(request.url)).path, body)
        if self.world.loses_answers and request.method == "POST":
            raise requests.exceptions.ReadTimeout("lost")
        status = answer if isinstance(answer, Status) else Status(200, answer)
        response = requests.Response()
        response.status_code = status.status
        response._content = b"" if status.body is None else json.dumps(status.body).encode()
        response.request, response.url = request, str(request.url)
        return response

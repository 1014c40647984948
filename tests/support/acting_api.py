# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small cluster whose actions run on a fake clock: for exact tests of what is sent and when it is noticed.

The answers are those of small_cluster; this adds the actions of nodes and of the cluster. POST starts one, which ends
so many seconds later and then changes the answers as the action would.
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

CLUSTER = 0  # in place of a node's uid, for actions of the cluster
CLUSTER_ACTIONS = ("change_master", "rebalance")  # rebalance is one that the collection does not know
_NODE = re.compile(r"/v1/nodes/(\d+)")
_ACTION = re.compile(r"/v1/(?:nodes/(\d+)|cluster)/actions(?:/(\w+))?")


@dataclass
class Running:
    """One action: its record, when it ends (None: never), and how."""

    name: str
    node_uid: int
    uid: str
    ends_at: float | None
    outcome: str = "completed"
    until_then: str = "running"
    body: dict[str, t.Any] = field(default_factory=dict)
    hidden_until: float = 0.0
    begins_at: float = 0.0  # nothing shows it before
    cleared_at: float | None = None
    removes: bool = False  # when it is cleared, the node goes too

    def status(self, now: float) -> str:
        return self.outcome if self.ends_at is not None and now >= self.ends_at else self.until_then

    def is_cleared(self, now: float) -> bool:
        return self.cleared_at is not None and now >= self.cleared_at

    def finished(self, now: float) -> bool:
        return self.status(now) in ("completed", "failed", "cancelled", "aborted")

    def shown(self, now: float) -> dict[str, t.Any]:
        record = {"status": self.status(now), "task_id": self.uid}
        if self.status(now) == "failed":
            record |= {"error_code": "internal_error", "error_message": "it went wrong"}
        return record


@dataclass
class Behaviour:
    """How the API treats the next action."""

    seconds: float = 3.0
    outcome: str = "completed"
    conflicts: int = 0  # POSTs that get 409 first
    busy_until: float = 0.0  # POSTs before get 409
    refusal: Status | None = None  # the answer to every POST
    without_effect: bool = False  # the action ends, and nothing has changed
    answer_lost: bool = False  # it is carried out, but its answer does not arrive
    cleared_after: float | None = None  # another client cancels it, and its record is gone, so many seconds later
    removed_after: float | None = None  # another client removes the node, and the record with it
    done_when_cleared: bool = False  # its record goes when it has taken effect
    hidden_for: float = 0.0  # the new record is not listed at first
    effect_after: float = 0.0  # the cluster shows the effect so long after the end
    overtaken: bool = False  # another client starts the action just before
    terse_list: bool = False  # the list of a node's actions has only those that run, and without their uids
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
    behaviour: Behaviour = field(default_factory=Behaviour)
    sent: list[Sent] = field(default_factory=list)
    done: set[str] = field(default_factory=set)  # uids of actions whose effect shows

    def __post_init__(self) -> None:
        self.table = small_cluster.answers(f"{self.release}-29")
        if self.numbers < (8, 0, 16):
            self.table.pop("/v4/cluster/health", None)
        if self.numbers < (7, 22):
            self.table.pop("/v2/actions", None)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(each) for each in self.release.split("."))

    @property
    def writes(self) -> list[str]:
        return [each.method for each in self.sent if each.method != "GET"]

    @property
    def posts(self) -> list[t.Any]:
        """The bodies of all POSTs."""
        return [each.body for each in self.sent if each.method == "POST"]

    # -- changes by a test -------------------------------------------------------------------------------------------

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
        self, uid: int, name: str, outcome: str, *, ends_in: float | None = -1.0, shows: str = "running", **body: t.Any
    ) -> None:
        """An earlier action; with C(ends_in) above 0 it still runs, with None it runs for ever. C(body) started it."""
        ends_at = None if ends_in is None else self.clock.now() + ends_in
        running = Running(name, uid, f"earlier-{name}-{uid}", ends_at, outcome, shows, body)
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

    # -- the API -----------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, body: t.Any) -> t.Any:
        if hasattr(self.clock, "time"):
            self.clock.time += self.latency
        now = self.clock.now()
        self.sent.append(Sent(method, path, now, body))
        self._show_effects(now)
        match = _ACTION.fullmatch(path)
        if match is None:
            assert method == "GET", f"{method} {path}"
            return self._object(path)
        uid, name = int(match[1] or CLUSTER), match[2]
        if name is None:
            return self._list(uid, now)
        running = self.actions.get((uid, name))
        if running is not None and (
            running.is_cleared(now) or now < running.hidden_until or name == self.behaviour.unreadable
        ):
            running = None
        if method == "GET":
            return running.shown(now) if running else Status(404)
        return self._end(running, now) if method == "DELETE" else self._start(uid, name, body, now)

    def _object(self, path: str) -> t.Any:
        for node in self.table["/v1/nodes"]:
            held = [each["uid"] for each in self.table["/v1/shards"] if each["node_uid"] == str(node["uid"])]
            node["shard_list"] = [int(each) for each in held]
        one = _NODE.fullmatch(path)
        if one is not None and int(one[1]) in self.uids:
            return Status(500) if self.behaviour.node_fails else self.node(int(one[1]))
        return self.table.get(path, Status(404))

    def _list(self, uid: int, now: float) -> t.Any:
        terse = self.behaviour.terse_list
        shown = [
            {**each.shown(now), "name": "remove_node" if each.name == "remove" else each.name, "node_uid": str(uid)}
            for (node, dummy), each in self.actions.items()
            if node == uid and now >= each.begins_at and not (terse and each.finished(now))
        ]
        for each in shown if terse else ():
            del each["task_id"]
        return {"actions": shown} if shown or uid in self.uids else Status(404)

    def _start(self, uid: int, name: str, body: t.Any, now: float) -> t.Any:
        behaviour = self.behaviour
        if behaviour.refusal is not None:
            return behaviour.refusal
        if uid != CLUSTER and uid not in self.uids:
            return Status(404)
        if uid == CLUSTER and name not in CLUSTER_ACTIONS:
            return Status(400, {"error_code": "invalid_action", "description": "The cluster has no such action."})
        if behaviour.overtaken:
            behaviour.overtaken = False
            self.actions[uid, name] = Running(name, uid, "theirs", now + behaviour.seconds, body=body)
        busy = any(each.name == name and not each.finished(now) for each in self.actions.values())
        if behaviour.conflicts or busy or now < behaviour.busy_until:
            behaviour.conflicts = max(behaviour.conflicts - 1, 0)
            return Status(409, {"error_code": "action_in_progress", "description": f"{name} is already in progress."})
        running = Running(name, uid, f"task-{len(self.sent)}", now + behaviour.seconds, behaviour.outcome, body=body)
        running.hidden_until = now + behaviour.hidden_for
        gone_after = behaviour.removed_after or behaviour.cleared_after
        if gone_after is not None:
            running.cleared_at, running.ends_at = now + gone_after, None
            running.removes = behaviour.removed_after is not None
        self.actions[uid, name] = running
        return {"status": "queued", "task_id": running.uid}

    def _end(self, running: Running | None, now: float) -> t.Any:
        if running is None:
            return Status(404)
        if running.finished(now):
            del self.actions[running.node_uid, running.name]
        else:
            running.until_then, running.outcome, running.ends_at = "cancelling", "cancelled", now + 1.0
        return None

    def _show_effects(self, now: float) -> None:
        for running in self.actions.values():
            if running.removes and running.is_cleared(now) and running.node_uid in self.uids:
                self.remove(running.node_uid)
            if running.is_cleared(now) and self.behaviour.done_when_cleared and running.uid not in self.done:
                self.done.add(running.uid)
                self._take_effect(running)
            if running.uid in self.done or not running.finished(now - self.behaviour.effect_after):
                continue
            self.done.add(running.uid)
            if running.status(now) == "completed" and not self.behaviour.without_effect:
                self._take_effect(running)

    def _take_effect(self, running: Running) -> None:
        uid = running.node_uid
        effects: dict[str, t.Callable[[], None]] = {
            "maintenance_on": lambda: self.maintain(uid),
            "maintenance_off": lambda: self.end_maintenance(uid),
            "remove": lambda: self.remove(uid),
            "enslave_node": lambda: self._enslave(running),
            "change_master": lambda: self.make_primary(int(running.body["node_uid"])),
            "rebalance": lambda: None,
        }
        assert running.name in effects, f"tests/support/acting_api.py: add the effect of {running.name} to _take_effect"
        effects[running.name]()
        for shard in self.table["/v1/shards"]:
            if shard["uid"] == self.behaviour.leaves_shard:
                shard["node_uid"] = str(uid)

    def _enslave(self, running: Running) -> None:
        """Only with demote_node another node becomes the primary."""
        if running.body.get("demote_node"):
            self.make_primary(next(other for other in self.uids if other != running.node_uid))


class ActingApi(StubApi):
    """The real client on a world."""

    def __init__(self, world: World) -> None:
        super().__init__({}, world.clock)
        self.world = world

    def send(self, request: requests.PreparedRequest, *_args: t.Any, **_options: t.Any) -> requests.Response:
        body = json.loads(request.body) if request.body else None
        answer = self.world.answer(str(request.method), urlsplit(str(request.url)).path, body)
        if self.world.behaviour.answer_lost and request.method == "POST":
            raise requests.exceptions.ReadTimeout("lost")
        status = answer if isinstance(answer, Status) else Status(200, answer)
        response = requests.Response()
        response.status_code = status.status
        response._content = b"" if status.body is None else json.dumps(status.body).encode()
        response.request, response.url = request, str(request.url)
        return response

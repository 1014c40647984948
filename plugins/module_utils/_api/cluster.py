# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster as its API shows it now: nodes, shards and databases, read from several endpoints into typed objects."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from .._core.errors import Refused
from . import decode

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client


ROLE_NAMES = {"master": "primary", "slave": "replica"}  # the API's words for roles, and the field's
BDB_FIELDS = "uid,name,status,endpoints,replication,shards_count,memory_size,crdt,shard_list,rack_aware"


@dataclasses.dataclass(frozen=True)
class Shard:
    uid: str
    bdb_uid: int
    node_uid: int
    role: str  # master or slave
    status: str
    detailed_status: str
    slots: str = ""  # the same for a primary and its replicas, such as 0-8191

    @property
    def is_master(self) -> bool:
        return self.role == "master"

    @property
    def healthy(self) -> bool:
        return self.status == "active" and self.detailed_status in ("ok", "")


@dataclasses.dataclass(frozen=True)
class Database:
    uid: int
    name: str
    status: str
    replication: bool
    crdt: bool
    memory_size: int  # bytes, over all shards and replicas
    shards_count: int  # primaries
    endpoint_addresses: tuple[str, ...]
    rack_aware: bool = False  # copies of the same data have to be in different racks

    @property
    def bytes_per_shard(self) -> int:
        return self.memory_size // max(self.shards_count * (2 if self.replication else 1), 1)


@dataclasses.dataclass(frozen=True)
class Node:
    """A node. C(maintenance_source) says which endpoint the answer about maintenance came from."""

    uid: int
    addr: str
    external_addr: tuple[str, ...]
    hostname: str | None
    status: str
    role: str | None  # master (the cluster's primary) or slave
    rack_id: str | None
    software_version: str
    accept_servers: bool
    quorum_only: bool
    max_shards: int | None
    total_memory: int | None
    free_provisional_ram: int | None
    in_maintenance: bool
    maintenance_source: str
    maintenance_snapshot: str | None
    shards: tuple[Shard, ...]
    endpoints: tuple[str, ...]  # names of the databases whose endpoint is bound here
    listed_shards: tuple[str, ...] = ()  # uids in the node's own list, which can differ from what /v1/shards says
    free_ram: int | None = None
    total_provisional_ram: int | None = None
    uptime: int | None = None  # seconds
    cores: int | None = None
    os_version: str | None = None
    maintenance_conflict: str | None = None  # which source says what, where they do not agree about maintenance

    @property
    def names(self) -> tuple[str, ...]:
        """Every host name and address by which it can be called."""
        return tuple(each for each in (self.addr, *self.external_addr, self.hostname) if each)

    @property
    def stale_snapshot(self) -> bool:
        """Whether it has a maintenance snapshot without being in maintenance: one that was not ended properly."""
        return bool(self.maintenance_snapshot) and not self.in_maintenance

    @property
    def alive(self) -> bool:
        return self.status == "active"

    @property
    def decommissioning(self) -> bool:
        """Whether its removal began and did not end: what is on it still serves, and the cluster puts nothing on it."""
        return self.status == "decommissioning"

    @property
    def can_migrate(self) -> bool:
        """Whether what is on it can be moved away in order."""
        return self.alive or self.decommissioning

    @property
    def in_service(self) -> bool:
        """Whether it counts for quorum and can take shards: alive and not in maintenance."""
        return self.alive and not self.in_maintenance

    def as_dict(self) -> dict[str, t.Any]:
        shown = dataclasses.asdict(self)
        shown["shards"] = [dataclasses.asdict(shard) for shard in self.shards]
        primaries = sum(shard.is_master for shard in self.shards)
        shown["shard_count"] = len(self.shards)
        shown["primary_shard_count"] = primaries
        shown["replica_shard_count"] = len(self.shards) - primaries
        shown["stale_snapshot"] = self.stale_snapshot
        return shown


@dataclasses.dataclass(frozen=True)
class Cluster:
    nodes: tuple[Node, ...]
    databases: tuple[Database, ...]
    report: t.Mapping[str, t.Any] | None = None  # /v4/cluster/health, where the release has it
    strays: tuple[Shard, ...] = ()  # shards said to be on a node that the cluster does not list
    shown_in: t.Mapping[str, frozenset[int]] = dataclasses.field(default_factory=dict)  # node uids in other endpoints

    def node(self, uid: int) -> Node | None:
        return next((node for node in self.nodes if node.uid == uid), None)

    def require_node(self, uid: int) -> Node:
        """The node; raises Refused where the cluster does not list it."""
        node = self.node(uid)
        if node is None:
            known = ", ".join(str(each.uid) for each in self.nodes)
            raise Refused(f"The cluster has no node with uid {uid}; its nodes are {known}.")
        return node

    def nodes_named(self, name: str) -> list[Node]:
        """The nodes that a host name or address means: without case, by FQDN or short name, with or without a dot."""
        return [node for node in self.nodes if any(same_host(name, each) for each in node.names)]

    def resolve_node(self, text: str) -> Node:
        """The one node that a uid, host name or address means; raises Refused where it is none, or several."""
        if text.strip().isdecimal():
            return self.require_node(int(text))
        found = self.nodes_named(text)
        if len(found) == 1:
            return found[0]
        known = ", ".join(f"{each.uid} at {each.addr}" for each in self.nodes)
        if not found:
            raise Refused(f"{text} does not match any node of the cluster; its nodes are {known}.")
        several = " and ".join(str(each.uid) for each in found)
        raise Refused(f"{text} matches nodes {several} of the cluster: say which by uid.")

    def others(self, uid: int) -> list[Node]:
        return [node for node in self.nodes if node.uid != uid]

    def role_unknown(self, node: Node) -> bool:
        """Whether nobody can say if a node is the primary. One that is not in service is not, if another one is."""
        if node.role is not None:
            return False
        return node.can_migrate or not any(other.role == "master" for other in self.others(node.uid))

    def database(self, uid: int) -> Database | None:
        return next((database for database in self.databases if database.uid == uid), None)

    @property
    def shards(self) -> list[Shard]:
        return [shard for node in self.nodes for shard in node.shards]

    @property
    def quorum(self) -> int:
        """Nodes that must be up: more than half of all."""
        return len(self.nodes) // 2 + 1

    @property
    def releases(self) -> list[str]:
        """The releases that its nodes run, each once; several while it is upgraded."""
        return sorted({node.software_version for node in self.nodes if node.software_version}, key=_numbers)

    @property
    def racks(self) -> dict[str, list[int]]:
        """The uids of the nodes in each rack, without the nodes that have none."""
        names = sorted({node.rack_id for node in self.nodes if node.rack_id})
        return {name: [node.uid for node in self.nodes if node.rack_id == name] for name in names}

    @property
    def release(self) -> tuple[int, ...]:
        """The lowest release on any node, such as (8, 0, 16)."""
        versions = [tuple(_numbers(node.software_version)[:3]) for node in self.nodes]
        return min((version for version in versions if version), default=())


def same_host(one: str, other: str) -> bool:
    """Whether two host names or addresses mean the same machine: a short name matches the FQDN that begins with it.

    Two different FQDNs, and addresses, match only as a whole.
    """
    first, second = (each.strip().rstrip(".").lower() for each in (one, other))
    addresses = _address(first), _address(second)
    if any(addresses):
        return addresses[0] == addresses[1]
    if first == second or not (first and second):
        return first == second != ""
    is_short = "." not in first or "." not in second
    return is_short and first.partition(".")[0] == second.partition(".")[0]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def read(client: Client) -> Cluster:
    """Five requests: nodes, their status, shards, databases, and the health report (8.0.16 and later)."""
    nodes = decode.nodes(client.get("/v1/nodes").data)
    statuses = decode.node_statuses(client.get("/v1/nodes/status").data)
    shards = [_shard(item) for item in decode.shards(client.get("/v1/shards").data)]
    databases = [_database(item) for item in decode.databases(client.get("/v1/bdbs", {"fields": BDB_FIELDS}).data)]
    return assemble(nodes, statuses, shards, databases, _report(client))


def _report(client: Client) -> t.Mapping[str, t.Any] | None:
    """The health report; None where the release has none, and without members where the cluster cannot give it."""
    response = client.get("/v4/cluster/health", accept=(404, 503))
    if response.status == 503:
        return {"status": "error"}
    return decode.health_report(response.data) if response.status == 200 else None


def assemble(
    nodes: t.Sequence[t.Mapping[str, t.Any]],
    statuses: t.Mapping[str, t.Mapping[str, t.Any]],
    shards: t.Sequence[Shard],
    databases: t.Sequence[Database],
    report: t.Mapping[str, t.Any] | None,
) -> Cluster:
    """The cluster, of decoded answers."""
    reported = {each["id"]: each for each in (report or {}).get("nodes", ())}
    known = {item["uid"] for item in nodes}
    return Cluster(
        nodes=tuple(
            _node(item, statuses.get(str(item["uid"]), {}), reported.get(item["uid"]), shards, databases)
            for item in sorted(nodes, key=lambda each: int(each["uid"]))
        ),
        databases=tuple(databases),
        report=report,
        strays=tuple(shard for shard in shards if shard.node_uid not in known),
        shown_in={
            "/v1/nodes/status": frozenset(map(int, statuses)),
            "/v4/cluster/health": frozenset(reported),
        },
    )


@dataclasses.dataclass(frozen=True)
class Maintenance:
    """Whether a node is in maintenance, by the source that its release has for it.

    C(conflict) says which source says what where they do not agree. C(active) is then true: the node is not counted on.
    """

    active: bool
    source: str
    conflict: str | None = None


def maintenance(
    node: t.Mapping[str, t.Any], status: t.Mapping[str, t.Any], report: t.Mapping[str, t.Any] | None
) -> Maintenance:
    """What the sources about one node say together.

    A snapshot alone is not maintenance: maintenance_off leaves one behind when it skips the restoring of shards. Nor is
    C(accept_servers: false) alone: that is a permanent quorum-only node, which keeps its C(max_listeners).
    """
    accepts = node.get("accept_servers", True)
    listeners = node.get("max_listeners")
    snapshot = bool(status.get("maintenance_snapshot"))
    marked = not accepts and listeners == 0
    if report is None:
        if snapshot:
            active = not accepts and listeners in (0, None)
            return Maintenance(active, "/v1/nodes/status maintenance_snapshot")
        return Maintenance(marked, "/v1/nodes max_listeners and accept_servers")
    source = "/v4/cluster/health in_maintenance"
    says = report["in_maintenance"]
    shown = f"/v1/nodes says accept_servers: {str(accepts).lower()} and max_listeners: {listeners}"
    conflict = None
    if not says and marked and snapshot:
        conflict = f"/v4/cluster/health says in_maintenance: false, but {shown} and /v1/nodes/status has a snapshot"
    elif says and accepts and listeners != 0:
        conflict = f"/v4/cluster/health says in_maintenance: true, but {shown}"
    return Maintenance(says or conflict is not None, source, conflict)


def _node(
    item: t.Mapping[str, t.Any],
    status: t.Mapping[str, t.Any],
    report: t.Mapping[str, t.Any] | None,
    shards: t.Sequence[Shard],
    databases: t.Sequence[Database],
) -> Node:
    uid = item["uid"]
    found = maintenance(item, status, report)
    snapshot = status.get("maintenance_snapshot")
    external = tuple(item.get("external_addr") or ())
    addr = item.get("addr") or ""
    accepts = item.get("accept_servers", True)
    return Node(
        uid=uid,
        addr=addr,
        external_addr=external,
        hostname=status.get("hostname"),
        status=item.get("status") or status.get("node_status") or "unknown",
        role=status.get("role"),
        rack_id=item.get("rack_id") or None,
        software_version=item.get("software_version") or "",
        accept_servers=accepts,
        quorum_only=report.get("quorum_only", not accepts) if report else not accepts,
        max_shards=item.get("max_redis_servers"),
        total_memory=item.get("total_memory"),
        free_provisional_ram=status.get("free_provisional_ram"),
        in_maintenance=found.active,
        maintenance_source=found.source,
        maintenance_conflict=found.conflict,
        maintenance_snapshot=snapshot["name"] if snapshot else None,
        shards=tuple(shard for shard in shards if shard.node_uid == uid),
        endpoints=tuple(each.name for each in databases if {addr, *external} & set(each.endpoint_addresses)),
        listed_shards=tuple(item.get("shard_list") or ()),
        free_ram=status.get("free_ram"),
        total_provisional_ram=status.get("total_provisional_ram"),
        uptime=item.get("uptime"),
        cores=item.get("cores"),
        os_version=item.get("os_version") or None,
    )


def _shard(item: t.Mapping[str, t.Any]) -> Shard:
    return Shard(
        uid=item["uid"],
        bdb_uid=item["bdb_uid"],
        node_uid=item["node_uid"],
        role=item["role"],
        status=item["status"],
        detailed_status=item.get("detailed_status", ""),
        slots=item.get("assigned_slots", ""),
    )


def _database(item: t.Mapping[str, t.Any]) -> Database:
    return Database(
        uid=item["uid"],
        name=item["name"],
        status=item["status"],
        replication=item.get("replication", False),
        crdt=item.get("crdt", False),
        memory_size=item.get("memory_size", 0),
        shards_count=item.get("shards_count", 1),
        endpoint_addresses=tuple(each for endpoint in item.get("endpoints", ()) for each in endpoint.get("addr", ())),
        rack_aware=item.get("rack_aware", False),
    )

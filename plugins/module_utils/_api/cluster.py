# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster as its API shows it now: nodes, shards and databases, read from several endpoints into typed objects."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from .._core.errors import Refused

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
    nodes = client.get_list("/v1/nodes").data
    statuses = client.find("/v1/nodes/status", required=True)  # without it nobody would be the primary
    shards = [_shard(item) for item in client.get_list("/v1/shards").data]
    databases = [_database(item) for item in client.get_list("/v1/bdbs", {"fields": BDB_FIELDS}).data]
    return assemble(nodes, statuses, shards, databases, _report(client))


def _report(client: Client) -> t.Mapping[str, t.Any] | None:
    """The health report; None where the release has none. A cluster that cannot give it (503) is not well."""
    response = client.get("/v4/cluster/health", accept=(404, 503))
    if response.status == 503:
        return {"status": "error"}
    return response.data if response.status == 200 and isinstance(response.data, dict) else None


def assemble(
    nodes: t.Sequence[t.Mapping[str, t.Any]],
    statuses: t.Mapping[str, t.Any],
    shards: t.Sequence[Shard],
    databases: t.Sequence[Database],
    report: t.Mapping[str, t.Any] | None,
) -> Cluster:
    """Pure part of C(read)."""
    reported = {str(each.get("id")): each for each in (report or {}).get("nodes") or []}
    known = {int(item["uid"]) for item in nodes}
    return Cluster(
        nodes=tuple(
            _node(item, statuses.get(str(item["uid"])) or {}, reported.get(str(item["uid"])), shards, databases)
            for item in sorted(nodes, key=lambda each: int(each["uid"]))
        ),
        databases=tuple(databases),
        report=report,
        strays=tuple(shard for shard in shards if shard.node_uid not in known),
        shown_in={
            "/v1/nodes/status": frozenset(int(uid) for uid in statuses if str(uid).isdigit()),
            "/v4/cluster/health": frozenset(int(uid) for uid in reported if uid.isdigit()),
        },
    )


def maintenance(
    node: t.Mapping[str, t.Any], status: t.Mapping[str, t.Any], report: t.Mapping[str, t.Any] | None
) -> tuple[bool, str]:
    """Whether a node is in maintenance, and the best source that its release has for the answer.

    A snapshot alone is not enough: one can be left behind by a maintenance_off that skipped the restoring of shards.
    C(accept_servers: false) alone is not either: that is also a permanent quorum-only node.
    """
    if report is not None and "in_maintenance" in report:
        return bool(report["in_maintenance"]), "/v4/cluster/health in_maintenance"
    accepts = bool(node.get("accept_servers", True))
    if status.get("maintenance_snapshot"):
        return not accepts, "/v1/nodes/status maintenance_snapshot"
    return not accepts and node.get("max_listeners") == 0, "/v1/nodes max_listeners and accept_servers"


def _node(
    item: t.Mapping[str, t.Any],
    status: t.Mapping[str, t.Any],
    report: t.Mapping[str, t.Any] | None,
    shards: t.Sequence[Shard],
    databases: t.Sequence[Database],
) -> Node:
    uid = int(item["uid"])
    in_maintenance, source = maintenance(item, status, report)
    snapshot = status.get("maintenance_snapshot") or {}
    external = item.get("external_addr") or []
    external = tuple(str(each) for each in (external if isinstance(external, list) else [external]))
    addr = str(item.get("addr") or "")
    return Node(
        uid=uid,
        addr=addr,
        external_addr=external,
        hostname=status.get("hostname"),
        status=str(item.get("status") or status.get("node_status") or "unknown"),
        role=status.get("role"),
        rack_id=item.get("rack_id") or None,
        software_version=str(item.get("software_version") or ""),
        accept_servers=bool(item.get("accept_servers", True)),
        quorum_only=bool(report.get("quorum_only")) if report else not item.get("accept_servers", True),
        max_shards=item.get("max_redis_servers"),
        total_memory=item.get("total_memory"),
        free_provisional_ram=status.get("free_provisional_ram"),
        in_maintenance=in_maintenance,
        maintenance_source=source,
        maintenance_snapshot=snapshot.get("name") if isinstance(snapshot, dict) else str(snapshot),
        shards=tuple(shard for shard in shards if shard.node_uid == uid),
        endpoints=tuple(each.name for each in databases if {addr, *external} & set(each.endpoint_addresses)),
        listed_shards=tuple(str(each) for each in item.get("shard_list") or []),
        free_ram=status.get("free_ram"),
        total_provisional_ram=status.get("total_provisional_ram"),
        uptime=item.get("uptime"),
        cores=item.get("cores"),
        os_version=item.get("os_version") or None,
    )


def _shard(item: t.Mapping[str, t.Any]) -> Shard:
    return Shard(
        uid=str(item["uid"]),
        bdb_uid=int(item["bdb_uid"]),
        node_uid=int(item["node_uid"]),
        role=str(item.get("role") or ""),
        status=str(item.get("status") or ""),
        detailed_status=str(item.get("detailed_status") or ""),
        slots=str(item.get("assigned_slots") or ""),
    )


def _database(item: t.Mapping[str, t.Any]) -> Database:
    addresses = [address for endpoint in item.get("endpoints") or [] for address in endpoint.get("addr") or []]
    return Database(
        uid=int(item["uid"]),
        name=str(item.get("name") or ""),
        status=str(item.get("status") or ""),
        replication=bool(item.get("replication")),
        crdt=bool(item.get("crdt")),
        memory_size=int(item.get("memory_size") or 0),
        shards_count=int(item.get("shards_count") or 1),
        endpoint_addresses=tuple(addresses),
        rack_aware=bool(item.get("rack_aware")),
    )

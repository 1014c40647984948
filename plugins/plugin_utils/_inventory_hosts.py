# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters of an inventory, and the variables, groups and host name of each node. Pure functions."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import typing as t

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import ROLE_NAMES, Cluster, Node
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.connection import (
    Connection,
    argument_spec,
    from_params,
)

PERMANENT_GROUPS = ("role_primary", "role_replica", "in_maintenance")  # they exist while they have no member, too
NAME_CHOICES = ("addr", "external_addr", "hostname", "uid", "rack")  # of the option hostname; the rest are expressions
_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")  # such as a colon or a comma, which have a meaning in host patterns
_ATTRIBUTES = (  # of a node, whose variable has the same name
    "uid",
    "addr",
    "external_addr",
    "hostname",
    "status",
    "rack_id",
    "software_version",
    "os_version",
    "accept_servers",
    "quorum_only",
    "in_maintenance",
    "maintenance_snapshot",
    "stale_snapshot",
    "shard_count",
    "primary_shard_count",
    "replica_shard_count",
    "max_shards",
    "endpoints",
    "cores",
    "uptime",
    "total_memory",
    "free_ram",
    "free_provisional_ram",
    "total_provisional_ram",
)


@dataclasses.dataclass(frozen=True)
class Source:
    """One cluster of an inventory; C(name) is None where there is only this one."""

    name: str | None
    connection: Connection
    prefix: str

    @property
    def title(self) -> str:
        return f"Cluster {self.name}" if self.name else f"The cluster at {', '.join(self.connection.hosts)}"

    def variables(self) -> dict[str, t.Any]:
        """The variables by which the playbooks find this cluster, without credentials."""
        connection = self.connection
        found: dict[str, t.Any] = {"redis_enterprise_url": [f"https://{host}" for host in connection.hosts]}
        if connection.ca_cert:
            found["redis_enterprise_ca_cert"] = connection.ca_cert
        if not connection.validate_certs:
            found["redis_enterprise_validate_certs"] = False
        return found


def sources(
    options: t.Mapping[str, t.Any],
    clusters: t.Sequence[t.Mapping[str, t.Any]] | None,
    prefix: str,
    environ: t.Mapping[str, str],
) -> list[Source]:
    """One for each entry of C(clusters), which is completed from the plugin's own options, or the one cluster."""
    if clusters is None:
        return [Source(None, from_params(options, environ), prefix)]
    if not clusters:
        raise InvalidInput("clusters is empty: name at least one cluster, or leave it out and set url.")
    common = {name: value for name, value in options.items() if name != "url"}
    found: list[Source] = []
    for entry in clusters:
        name = str(entry["name"])
        if not entry.get("url"):
            raise InvalidInput(f"Cluster {name} has no url: each entry of clusters needs its own.")
        if any(source.name == name for source in found):
            raise InvalidInput(f"clusters names {name} twice: give each cluster a name of its own.")
        given = {option: entry[option] for option in argument_spec() if entry.get(option) is not None}
        own = entry.get("hostname_prefix")
        try:
            connection = from_params({**common, **given}, environ)
        except InvalidInput as error:
            raise InvalidInput(f"Cluster {name}: {error}") from error
        found.append(Source(name, connection, prefix if own is None else str(own)))
    return found


def fingerprint(clusters: t.Sequence[Source]) -> str:
    """A part of the cache key, so that what was cached of some clusters is not taken for that of others."""
    text = json.dumps([(source.name, source.connection.hosts) for source in clusters])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def variables(node: Node, cluster: Cluster) -> dict[str, t.Any]:
    """The variables of a node's host, all of them plain values that a cache can keep."""
    attributes = json.loads(json.dumps(node.as_dict()))
    return {
        **{f"redis_node_{name}": attributes[name] for name in _ATTRIBUTES},
        "redis_node_role": ROLE_NAMES.get(node.role or ""),
        "redis_cluster_release": ".".join(map(str, cluster.release)),
    }


def groups(variables: t.Mapping[str, t.Any], cluster: str | None) -> list[str]:
    """The groups of a node, before their names are made safe."""
    named = {
        "role": variables["redis_node_role"],
        "status": variables["redis_node_status"],
        "rack": variables["redis_node_rack_id"],
        "cluster": cluster,
    }
    found = [f"{kind}_{name}" for kind, name in named.items() if name]
    return [*found, "in_maintenance"] if variables["redis_node_in_maintenance"] else found


def host_name(variables: t.Mapping[str, t.Any], choice: str) -> str | None:
    """The name of a node's host by one of the NAME_CHOICES; None where the node has no such name."""
    by_uid = f"node-{variables['redis_node_uid']}"
    if choice == "uid":
        return by_uid
    if choice == "rack":
        rack = _UNSAFE_IN_NAMES.sub("-", variables["redis_node_rack_id"] or "").strip("-")
        return f"{rack}-{by_uid}" if rack else by_uid
    value = variables[f"redis_node_{choice}"]
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value) if value else None


def node_title(source: Source, variables: t.Mapping[str, t.Any]) -> str:
    return f"node {variables['redis_node_uid']}" + (f" of cluster {source.name}" if source.name else "")

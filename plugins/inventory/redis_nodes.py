# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory from the nodes of Redis Enterprise clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
name: redis_nodes
short_description: The nodes of Redis Enterprise clusters as inventory hosts
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Reads the nodes of one or more clusters, with five requests each, and adds an inventory host for every node.
  - The file's name must end in C(redis_nodes.yml) or C(redis_nodes.yaml).
  - All nodes are in the group O(group). By what the cluster says they are also in C(role_primary) or
    C(role_replica), in C(status_active), C(status_down) and so on, in C(in_maintenance), in C(rack_<rack>) if they have
    one, and with O(clusters) in C(cluster_<name>). Characters that a group's name cannot have become underscores.
  - A host has C(ansible_host), which is the node's address inside the cluster, and C(redis_node_uid), by which the
    roles of this collection know it. The other variables are C(redis_cluster), which is its O(clusters[].name) or
    null, C(redis_cluster_release), and as C(redis_node_<name>) the values C(addr), C(external_addr), C(hostname),
    C(status), C(role) (V(primary) or V(replica)), C(rack_id), C(software_version), C(os_version), C(accept_servers),
    C(quorum_only), C(in_maintenance), C(maintenance_snapshot), C(stale_snapshot), C(shard_count),
    C(primary_shard_count), C(replica_shard_count), C(max_shards), C(endpoints), C(cores), C(uptime), C(total_memory),
    C(free_ram), C(free_provisional_ram) and C(total_provisional_ram), as M(redis_enterprise.cluster.redis_node_info)
    returns them.
  - Credentials are in no variable, no message and no cache.
notes:
  - Ansible goes on without the hosts of a source that it could not read, with a warning. To have it fail instead, set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true).
options:
  plugin:
    description: Must be V(redis_enterprise.cluster.redis_nodes).
    type: str
    required: true
    choices:
      - redis_enterprise.cluster.redis_nodes
  url:
    env:
      - name: REDIS_ENTERPRISE_URL
  username:
    env:
      - name: REDIS_ENTERPRISE_USER
  password:
    description:
      - Password of O(username). A template such as a lookup, and a value from a vault, work as well.
      - E(REDIS_ENTERPRISE_PASSWORD) is used if this is not set.
    env:
      - name: REDIS_ENTERPRISE_PASSWORD
  client_cert:
    env:
      - name: REDIS_ENTERPRISE_CLIENT_CERT
  client_key:
    env:
      - name: REDIS_ENTERPRISE_CLIENT_KEY
  ca_cert:
    env:
      - name: REDIS_ENTERPRISE_CA_CERT
  request_timeout:
    env:
      - name: REDIS_ENTERPRISE_REQUEST_TIMEOUT
  unavailable_timeout:
    env:
      - name: REDIS_ENTERPRISE_UNAVAILABLE_TIMEOUT
  clusters:
    description:
      - Several clusters, each with a name and a URL. All other connection options are taken from the plugin's own
        options where an entry does not set them.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the cluster in this inventory; its nodes are in the group C(cluster_<name>).
        type: str
        required: true
      hostname_prefix:
        description: As O(hostname_prefix), for this cluster.
        type: str
      url:
        description: As O(url), for this cluster.
        type: list
        elements: str
        required: true
      username:
        description: As O(username), for this cluster.
        type: str
      password:
        description: As O(password), for this cluster.
        type: str
      client_cert:
        description: As O(client_cert), for this cluster.
        type: path
      client_key:
        description: As O(client_key), for this cluster.
        type: path
      ca_cert:
        description: As O(ca_cert), for this cluster.
        type: path
      validate_certs:
        description: As O(validate_certs), for this cluster.
        type: bool
      request_timeout:
        description: As O(request_timeout), for this cluster.
        type: float
      unavailable_timeout:
        description: As O(unavailable_timeout), for this cluster.
        type: float
  unreachable:
    description:
      - What happens if a cluster does not answer within O(unavailable_timeout).
      - With V(fail) the whole source fails. With V(warn) there is a warning, the hosts of this cluster are missing, and
        nothing is cached.
      - Wrong credentials and a certificate that is not trusted are failures either way.
    type: str
    choices:
      - fail
      - warn
    default: fail
  hostname:
    description:
      - How hosts are named. V(addr) is the node's address inside the cluster, V(external_addr) its first address for
        clients, V(hostname) its own host name, and V(uid) gives C(node-1) and so on.
      - V(rack) puts the node's rack before that, as in C(east-1a-node-1), with hyphens for characters that host
        patterns cannot have. A node without a rack is named as with V(uid).
      - A node without such an address or name is named by its address inside the cluster.
      - Anything else is an expression over the variables of the host, such as V(redis_node_hostname.split('.'\)[0]).
    type: str
    default: addr
  hostname_prefix:
    description: Prefix of the name of every host. Two clusters may need it to keep their hosts apart.
    type: str
    default: ""
  group:
    description: The group of all nodes.
    type: str
    default: redis_enterprise_nodes
  group_prefix:
    description: Prefix of the names of the other groups, except those of O(groups) and O(keyed_groups).
    type: str
    default: ""
  connection_variables:
    description:
      - Whether C(redis_enterprise_url), C(redis_enterprise_ca_cert) and C(redis_enterprise_validate_certs) are set, by
        which the playbooks of this collection find the cluster of a host. They are variables of the group
        C(cluster_<name>), or without O(clusters) of the group O(group), so C(group_vars) go before them.
      - Credentials are not; give them to the playbooks in the environment or as variables of their own.
    type: bool
    default: true
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - redis_enterprise.cluster.connection
seealso:
  - module: redis_enterprise.cluster.redis_node_info
"""

EXAMPLES = r"""
# my.redis_nodes.yml: with REDIS_ENTERPRISE_URL, REDIS_ENTERPRISE_USER and so on in the environment, this is all
plugin: redis_enterprise.cluster.redis_nodes

---
# shop.redis_nodes.yml: one cluster, with more groups and a cache
plugin: redis_enterprise.cluster.redis_nodes
url:
  - https://node1.example.com:9443
  - https://node2.example.com:9443
ca_cert: /etc/ssl/redis-enterprise.pem
username: inventory@example.com
password: "{{ lookup('ansible.builtin.file', '/run/secrets/redis-inventory') }}"
hostname: hostname
compose:
  ansible_host: redis_node_external_addr | first | default(redis_node_addr)
  ansible_user: "'admin'"
keyed_groups:
  - key: redis_node_software_version | split('-') | first
    prefix: release
groups:
  empty: redis_node_shard_count == 0
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/redis-nodes
cache_timeout: 60

---
# all.redis_nodes.yml: two clusters, one of which may be unreachable
plugin: redis_enterprise.cluster.redis_nodes
ca_cert: /etc/ssl/redis-enterprise.pem
clusters:
  - name: east
    url: https://redis.east.example.com:9443
    hostname_prefix: east-
  - name: west
    url: https://redis.west.example.com:9443
    hostname_prefix: west-
    unavailable_timeout: 5
hostname: uid
unreachable: warn
"""

import json
import os
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import cluster as _cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    CollectionError,
    InvalidInput,
    Unavailable,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http import connection as _connection
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.client import MISSING, Client
from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils import _inventory_hosts
from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils._inventory_hosts import Source

ENTRY = {
    "name": {"type": "str", "required": True},
    "hostname_prefix": {"type": "str"},
    **_connection.argument_spec(),
}
_Nodes = list[dict[str, t.Any]]  # of one cluster, each node by its variables


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "redis_enterprise.cluster.redis_nodes"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(("redis_nodes.yml", "redis_nodes.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if MISSING is not None:
            raise AnsibleParserError(missing_required_lib("requests"))
        self._config = self._read_config_data(path)
        try:
            sources = self._sources()
            self._populate(sources, self._nodes(sources, path, cache))
        except CollectionError as error:
            raise AnsibleParserError(str(error)) from None  # Ansible would show the sentence once for each cause

    # -- the options -------------------------------------------------------------------------------------------------

    def _sources(self) -> list[Source]:
        options = {name: self._value(name) for name in _connection.argument_spec()}
        clusters = self._value("clusters")
        if clusters is not None:
            if "url" in self._config:
                raise InvalidInput("url and clusters are both set: put the url into the entry of its cluster.")
            clusters = [self._checked(entry) for entry in clusters]
        return _inventory_hosts.sources(options, clusters, self.get_option("hostname_prefix"), os.environ)

    def _value(self, option: str) -> t.Any:
        """An option. What the file sets is templated, what the environment sets is not."""
        value = self.get_option(option)
        if option in self._config:
            try:
                value = self.templar.template(value)
            except AnsibleError as error:
                raise InvalidInput(f"The template of {option} cannot be evaluated: {error}") from error
        # What Ansible wraps values in (vault, tags) falls away here.
        return json.loads(json.dumps(value, default=str))

    def _checked(self, entry: t.Any) -> dict[str, t.Any]:
        if not isinstance(entry, dict):
            raise InvalidInput("clusters must be a list of dictionaries, each with a name and a url.")
        checked = ArgumentSpecValidator(ENTRY).validate(entry)
        if checked.error_messages:
            raise InvalidInput(f"Cluster {entry.get('name', 'without a name')}: {'; '.join(checked.error_messages)}.")
        return dict(checked.validated_parameters)

    # -- the clusters ------------------------------------------------------------------------------------------------

    def _nodes(self, sources: list[Source], path: str, cache: bool) -> list[_Nodes]:
        """The nodes of each source: from the cache, or else read, and then cached if no cluster is missing."""
        key = f"{self.get_cache_key(path)}_{_inventory_hosts.fingerprint(sources)}"
        keep = bool(self.get_option("cache"))
        if keep:
            self.load_cache_plugin()
            if cache and key in self._cache:
                return t.cast("list[_Nodes]", self._cache[key])
        found = [self._read(source) for source in sources]
        if keep and None not in found:
            self._cache[key] = found
        return [each or [] for each in found]

    def _read(self, source: Source) -> _Nodes | None:
        """The nodes of one cluster; None if it does not answer and that is only a warning."""
        try:
            client = Client(source.connection)
            try:
                cluster = _cluster.read(client)
            finally:
                client.close()
        except Unavailable as error:
            if self.get_option("unreachable") == "warn":
                self.display.warning(f"{source.title} is left out: {error}")
                return None
            raise Unavailable(f"{source.title}: {error}") from error
        except CollectionError as error:
            raise CollectionError(f"{source.title}: {error}") from error
        return [_inventory_hosts.variables(node, cluster) for node in cluster.nodes]

    # -- the hosts ---------------------------------------------------------------------------------------------------

    def _hosts(self, sources: list[Source], clusters: list[_Nodes]) -> dict[str, tuple[Source, dict[str, t.Any]]]:
        """The hosts by name, complete before the first one is added, so that a failure leaves none."""
        hosts: dict[str, tuple[Source, dict[str, t.Any]]] = {}
        for source, nodes in zip(sources, clusters, strict=True):
            # What a cluster reports is data: before core 2.19 it would be taken for a template unless it is marked.
            for node in wrap_var(nodes):
                host = source.prefix + self._name(node)
                title = _inventory_hosts.node_title(source, node)
                if "{" in host:
                    raise InvalidInput(f"{title} would be named {host!r}, which is no host name: correct hostname.")
                if host in hosts:
                    first = _inventory_hosts.node_title(*hosts[host])
                    raise InvalidInput(
                        f"The host {host} would be both {first} and {title}: set hostname to what differs between "
                        "them, or give each cluster a hostname_prefix."
                    )
                hosts[host] = source, node
        return hosts

    def _populate(self, sources: list[Source], clusters: list[_Nodes]) -> None:
        hosts = self._hosts(sources, clusters)
        all_nodes = self._group(self.get_option("group"), prefix=False)
        for name in _inventory_hosts.PERMANENT_GROUPS:
            self._group(name)
        for source in sources:
            common = self._group(f"cluster_{source.name}") if source.name else all_nodes
            if self.get_option("connection_variables"):
                for name, value in source.variables().items():
                    self.inventory.set_variable(common, name, value)
        for host, (source, node) in hosts.items():
            self._add(host, all_nodes, source, node)

    def _add(self, host: str, all_nodes: str, source: Source, node: dict[str, t.Any]) -> None:
        self.inventory.add_host(host, all_nodes)
        variables = {"ansible_host": node["redis_node_addr"], "redis_cluster": source.name, **node}
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        for group in _inventory_hosts.groups(node, source.name):
            self.inventory.add_child(self._group(group), host)
        strict = bool(self.get_option("strict"))
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _name(self, node: dict[str, t.Any]) -> str:
        choice = str(self.get_option("hostname"))
        if choice in _inventory_hosts.NAME_CHOICES:
            return _inventory_hosts.host_name(node, choice) or str(node["redis_node_addr"])
        try:
            name = self._compose(self.get_option("hostname"), node)
        except AnsibleError as error:
            raise InvalidInput(
                f"hostname is none of addr, external_addr, hostname, uid and rack, and as an expression it fails for "
                f"node {node['redis_node_uid']}: {error}"
            ) from error
        if not isinstance(name, str) or not name:
            raise InvalidInput(
                f"The expression in hostname gives no name for node {node['redis_node_uid']}: "
                "it must be a text that is not empty."
            )
        return name

    def _group(self, name: str, *, prefix: bool = True) -> str:
        """The group of this name, added if it is missing."""
        full_name = self.get_option("group_prefix") + name if prefix else name
        return str(self.inventory.add_group(to_safe_group_name(full_name, force=True, silent=True)))

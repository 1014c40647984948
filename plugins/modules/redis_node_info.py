#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_node_info
short_description: Nodes of a Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Returns the nodes with their role, status, shards, endpoints and free memory.
  - Says for each whether it is in maintenance, and from which endpoint the answer comes, because releases differ in
    where they show it.
options:
  node:
    description:
      - The nodes to return, each by its uid, host name or address; by default all. One that the cluster does not have
        is an error. Names are compared without case and without a trailing dot, and a short name matches the full one.
      - At most one of O(node) and O(node_uid) can be set.
    type: list
    elements: str
  node_uid:
    description: The uids of the nodes to return; by default all. A uid that the cluster does not have is an error.
    type: list
    elements: int
  extended:
    description:
      - Whether to read the running actions and the snapshots of each node, and to let it check itself, with two more
        requests for each node and one for all.
    type: bool
    default: false
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.attributes.info
  - redis_enterprise.cluster.connection
seealso:
  - module: redis_enterprise.cluster.redis_node_action
  - module: redis_enterprise.cluster.redis_health_info
"""

EXAMPLES = r"""
- name: Read all nodes
  redis_enterprise.cluster.redis_node_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
  register: cluster

- name: Show which nodes are in maintenance
  ansible.builtin.debug:
    msg: "{{ cluster.nodes | selectattr('in_maintenance') | map(attribute='uid') }}"

- name: Read node 2 with its snapshots and its own checks
  redis_enterprise.cluster.redis_node_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 2
    extended: true
"""

RETURN = r"""
nodes:
  description: The nodes, in the order of O(node) or O(node_uid), otherwise by uid.
  returned: success
  type: list
  elements: dict
  contains:
    uid:
      description: The uid of the node.
      type: int
    addr:
      description: Its address inside the cluster.
      type: str
    external_addr:
      description: Its addresses for clients, if they are others.
      type: list
      elements: str
    hostname:
      description: Its host name; null while it is down.
      type: str
    status:
      description: V(active), V(down), V(provisioning) or V(decommissioning).
      type: str
    role:
      description: V(master) for the primary node of the cluster, V(slave) for the others.
      type: str
    rack_id:
      description: Its rack or zone, if the cluster knows racks.
      type: str
    software_version:
      description: Its release.
      type: str
    accept_servers:
      description: Whether shards and endpoints may be placed on it.
      type: bool
    quorum_only:
      description: Whether it only votes, which a node in maintenance also does.
      type: bool
    max_shards:
      description: How many shards it may hold.
      type: int
    total_memory:
      description: Its memory in bytes.
      type: int
    free_ram:
      description: The bytes of its memory that are free; null where the cluster does not say.
      type: int
    free_provisional_ram:
      description: The bytes that are left for new shards; null where the cluster does not say.
      type: int
    total_provisional_ram:
      description: The bytes that shards may take in all; null where the cluster does not say.
      type: int
    cores:
      description: How many processor cores it has; null where the cluster does not say.
      type: int
    uptime:
      description: The seconds since its machine was started; null where the cluster does not say.
      type: int
    os_version:
      description: Its operating system, in words.
      type: str
    in_maintenance:
      description: Whether it is in maintenance.
      type: bool
    maintenance_source:
      description: The endpoint and field that the answer about maintenance comes from.
      type: str
    maintenance_snapshot:
      description: The name of its maintenance snapshot, if it has one.
      type: str
    stale_snapshot:
      description:
        - Whether it has a maintenance snapshot although it is not in maintenance, as after a maintenance that was not
          ended properly. The next maintenance would restore the layout in it, unless
          O(redis_enterprise.cluster.redis_node_action#module:overwrite_snapshot=true).
      type: bool
    shards:
      description:
        - The shards on it, with C(uid), C(bdb_uid), C(node_uid), C(role), C(status), C(detailed_status) and C(slots).
      type: list
      elements: dict
    shard_count:
      description: How many shards are on it.
      type: int
    primary_shard_count:
      description: How many of them are primary shards.
      type: int
    replica_shard_count:
      description: How many of them are replicas.
      type: int
    listed_shards:
      description:
        - The uids of shards in the node's own list, which can differ from RV(nodes[].shards) after a migration.
      type: list
      elements: str
    endpoints:
      description: The names of the databases whose endpoint is bound to it.
      type: list
      elements: str
    actions:
      description:
        - The node actions on it that have not ended, in the shape that
          M(redis_enterprise.cluster.redis_action_info) returns.
      returned: with O(extended=true)
      type: list
      elements: dict
    snapshots:
      description: Its snapshots, with C(name) and C(created_time); null where the release does not list them.
      returned: with O(extended=true)
      type: list
      elements: dict
    check:
      description: The result of the checks that it runs on itself.
      returned: with O(extended=true)
      type: dict
      contains:
        passed:
          description: Whether all of them passed.
          type: bool
        error:
          description: What failed, or why the checks could not be run; null if they passed.
          type: str
primary_uid:
  description: The uid of the primary node of the cluster; null if no node says that it is.
  returned: success
  type: int
quorum:
  description: The quorum of the cluster.
  returned: success
  type: dict
  contains:
    nodes:
      description: How many nodes the cluster has.
      type: int
    needed:
      description: How many of them must be up.
      type: int
    in_service:
      description: How many are up and not in maintenance.
      type: int
racks:
  description: The racks or zones, each with the uids of its nodes. Nodes without one are left out.
  returned: success
  type: dict
  sample:
    east-1a:
      - 1
      - 2
    east-1b:
      - 3
release:
  description: The lowest release on any node, such as V(8.0.16).
  returned: success
  type: str
releases:
  description: All releases on its nodes, with their build; several while the cluster is upgraded.
  returned: success
  type: list
  elements: str
  sample:
    - 8.0.16-29
url_hosts:
  description:
    - The hosts in O(url), without their ports. If they are all names and addresses of a node that is to leave, its end
      cannot be seen.
  returned: success
  type: list
  elements: str
  sample:
    - node1.example.com
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import node_info
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front, run_module

FRONT = Front(
    node_info.run,
    {
        "node": {"type": "list", "elements": "str"},
        "node_uid": {"type": "list", "elements": "int"},
        "extended": {"type": "bool", "default": False},
    },
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

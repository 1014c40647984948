#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_health_info
short_description: Health of a Redis Enterprise cluster, and whether a node can be taken out of service
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Looks at the cluster from several sides and returns what is wrong, each with the endpoint that shows it, the object,
    a severity and a sentence. It is the gate before and after the maintenance of a node, and serves as a check of its
    own.
  - What cannot be read is an error too. Only credentials or a role that do not suffice, and an API that does not answer
    for longer than O(unavailable_timeout), end the task.
options:
  checks:
    description:
      - The checks to make; by default all that their conditions allow. Each proves what is said of it here.
      - 'V(cluster_check): every node passes the checks that it makes on itself.'
      - 'V(nodes): every node is active except O(allow_decommissioning), and exactly one of them is the primary.'
      - 'V(shards): every shard is active and on one known node, every database has all its primary shards, and with
        replication a replica of each on another node.'
      - 'V(racks) (warning): no primary shard of a rack-aware database is in the same rack as its replica.'
      - 'V(databases): every database has the status V(active).'
      - 'V(availability): every database is available, which takes one request each. From 8.0, a replica that lags
        behind counts too.'
      - 'V(license): the license is not expired, and allows all shards in use.'
      - 'V(actions): no action runs or is queued.'
      - 'V(maintenance): no node is in maintenance except O(allow_in_maintenance).'
      - 'V(quorum): more than half of the nodes are up and not in maintenance.'
      - 'V(report): the health report of the cluster (8.0.16 and later) shows no error. Its alerts are warnings.'
      - 'V(quorum_without_node), with O(without_node): the other nodes are enough for the quorum.'
      - 'V(capacity_without_node), with O(without_node): the shards of that node fit on the others, never beside another
        copy of the same data, nor for rack-aware databases in the same rack as one. This is an estimate. It is not made
        with O(replicas_stay).'
      - 'V(single_copies), with O(without_node): no healthy shard on that node is the last copy of replicated data. A
        database without replication that has a shard there is a warning.'
      - 'V(node_drained), with O(without_node) and O(node_drained=true): that node may be stopped. It is in maintenance,
        no action runs on it, no shard that has to leave is on it, neither by C(/v1/shards) nor by its own list, and no
        endpoint. Replicas that O(replicas_stay) names may be on it.'
    type: list
    elements: str
    choices:
      - cluster_check
      - nodes
      - shards
      - racks
      - databases
      - availability
      - license
      - actions
      - maintenance
      - quorum
      - report
      - quorum_without_node
      - capacity_without_node
      - single_copies
      - node_drained
  severities:
    description:
      - The severity of what a check finds, by the name of the check, where it is to be another than its own.
      - With V(warning), what the check calls errors are warnings. With V(error), its warnings are errors as well. With
        V(off), the check is not made.
      - A cluster that cannot be read is an error in any case.
    type: dict
    default: {}
  allow_in_maintenance:
    description: Nodes that may be in maintenance, each by uid, host name or address.
    type: list
    elements: str
    default: []
  allow_decommissioning:
    description:
      - Nodes that may be V(decommissioning), as an interrupted removal can leave them, each by uid, host name or
        address.
      - They do not count for V(quorum), and other nodes of that status stay a problem.
    type: list
    elements: str
    default: []
  without_node:
    description:
      - A node that is to be taken out of service, by uid, host name or address. Adds the checks of whether the cluster
        can do without it.
    type: str
  node_drained:
    description:
      - Whether to add the check V(node_drained), which proves that O(without_node) may be stopped. That node may then
        be in maintenance without being named in O(allow_in_maintenance).
    type: bool
    default: false
  replicas_stay:
    description:
      - The kinds of replicas that were left on O(without_node) on purpose. V(ha) are those of
        O(redis_enterprise.cluster.redis_node_action#module:evict_ha_replica=false), V(active_active) those of
        O(redis_enterprise.cluster.redis_node_action#module:evict_active_active_replica=false).
      - The check V(node_drained) accepts them, and V(capacity_without_node) is not made.
    type: list
    elements: str
    choices:
      - ha
      - active_active
    default: []
  fail_on_problems:
    description:
      - Whether the task fails if the cluster is not healthy. The message lists the errors and warnings, each with its
        check.
    type: bool
    default: false
  warn:
    description: Whether problems of the severity V(warning) are warnings of the task, unless it fails.
    type: bool
    default: false
  wait:
    description: Whether to look again until the cluster is healthy or O(wait_timeout) is over.
    default: false
  wait_timeout:
    description:
      - Seconds for which is waited with O(wait=true). When they are over, the last look is the result.
    default: 600.0
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.attributes.info
  - redis_enterprise.cluster.connection
  - redis_enterprise.cluster.waiting
seealso:
  - module: redis_enterprise.cluster.redis_node_action
  - module: redis_enterprise.cluster.redis_node_info
  - module: redis_enterprise.cluster.redis_action_info
"""

EXAMPLES = r"""
- name: Assess the health of the cluster
  redis_enterprise.cluster.redis_health_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
  register: health

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ item.severity }}: {{ item.message }}"
  loop: "{{ health.problems }}"
  loop_control:
    label: "{{ item.object }}"

- name: Go on only when the cluster is healthy and can do without a node
  redis_enterprise.cluster.redis_health_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    without_node: node2.example.com
    wait: true
    fail_on_problems: true
    warn: true

- name: Go on only when that node may be stopped, on which replicas were left on purpose
  redis_enterprise.cluster.redis_health_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    without_node: node2.example.com
    node_drained: true
    replicas_stay:
      - ha
    fail_on_problems: true

- name: Report the health of a cluster on a trial license, without a request for each database
  redis_enterprise.cluster.redis_health_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    severities:
      license: warning
      availability: "off"

- name: Wait until the shards are back in place, while node 3 may still be in maintenance
  redis_enterprise.cluster.redis_health_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    checks:
      - nodes
      - shards
      - databases
      - maintenance
    allow_in_maintenance:
      - 3
    wait: true
    wait_timeout: 300
"""

RETURN = r"""
healthy:
  description: Whether no problem has the severity V(error).
  returned: success, and failure because of O(fail_on_problems)
  type: bool
problems:
  description: What is wrong, errors first, otherwise in the order of the checks.
  returned: success, and failure because of O(fail_on_problems)
  type: list
  elements: dict
  contains:
    check:
      description: The check that found it.
      type: str
    source:
      description: The endpoint that shows it.
      type: str
    object:
      description: What it is about, such as V(node 2), V(database 5), V(shard 12), V(license) or V(cluster).
      type: str
    severity:
      description: V(error) or V(warning).
      type: str
    message:
      description: A sentence that says what is wrong.
      type: str
  sample:
    - check: shards
      source: /v1/shards
      object: shard 12
      severity: error
      message: Replica shard 12 of database 5 (orders) on node 2 is not healthy (inactive, down).
checks_run:
  description:
    - The checks that were made. V(report) is missing where the release has no report, and all are missing if not even
      the nodes could be read.
  returned: success, and failure because of O(fail_on_problems)
  type: list
  elements: str
node:
  description:
    - The node of O(without_node), with all keys that RV(redis_enterprise.cluster.redis_node_info#module:nodes) has
      without C(extended). It is null without O(without_node), and if the cluster could not be read.
  returned: success
  type: dict
  contains:
    uid:
      description: Its uid.
      type: int
    addr:
      description: Its address inside the cluster.
      type: str
    hostname:
      description: Its host name; null while it is down.
      type: str
    status:
      description: V(active), V(down), V(provisioning) or V(decommissioning).
      type: str
    role:
      description: V(master) for the primary node of the cluster, V(slave) for the others.
      type: str
    in_maintenance:
      description: Whether it is in maintenance.
      type: bool
    shard_count:
      description: How many shards are on it.
      type: int
    shards:
      description: The shards on it.
      type: list
      elements: dict
    endpoints:
      description: The names of the databases whose endpoint is bound to it.
      type: list
      elements: str
waited:
  description: The seconds waited.
  returned: success, and failure because of O(fail_on_problems)
  type: float
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import health_info
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)

FRONT = Front(
    health_info.run, {**health_info.OPTIONS, **waiting_spec(600.0), "wait": {"type": "bool", "default": False}}
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

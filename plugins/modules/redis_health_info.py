#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_health_info
short_description: Whether a Redis Enterprise cluster is well, and whether it can do without a node
version_added: 0.1.0
author:
  - The redis_enterprise.cluster contributors (@redis-enterprise)
description:
  - Looks at the cluster from several sides and returns what is wrong, each with the endpoint that shows it, the object,
    a severity and a sentence. It is the gate before and after a node is touched, and serves as a check of its own.
  - What cannot be found out is an error too. Only credentials or a role that do not suffice, and an API that stays away
    for longer than O(unavailable_timeout), end the task.
options:
  checks:
    description:
      - The checks to do; by default all, those about taking a node away only if O(without_node) is set.
      - V(cluster_check) lets every node check itself.
      - V(nodes) wants every node active except O(allow_decommissioning), and exactly one of them primary.
      - V(shards) wants every shard active and on one known node, every database with all its primary shards, and with
        replication a replica of each on another node.
      - V(racks) warns of rack-aware databases with a primary shard and its replica in one rack.
      - V(databases) wants every database in the status V(active).
      - V(availability) asks for the availability of every database, one request each. From 8.0, that a replica lags
        behind counts too.
      - V(license) wants a license that is not expired, and not more shards in use than it allows.
      - V(actions) wants no action that runs or is queued.
      - V(maintenance) wants no node in maintenance except O(allow_in_maintenance).
      - V(quorum) wants more than half of the nodes up and not in maintenance.
      - V(report) reads the health report of the cluster (8.0.16 and later). Its alerts are warnings.
      - V(quorum_without_node), with O(without_node), wants the quorum without that node.
      - V(capacity_without_node), with O(without_node), wants room for its shards on the other nodes, never beside
        another copy of the same data, nor for rack-aware databases in the same rack as one. It is an estimate. Leave
        it out if replicas are to stay on the node.
      - V(single_copies), with O(without_node), warns of databases without replication that have a shard on that node.
        With replication, a shard there that is the last copy of its data that is well is a problem.
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
  allow_in_maintenance:
    description: The uids of nodes that may be in maintenance.
    type: list
    elements: int
    default: []
  allow_decommissioning:
    description:
      - The uids of nodes that may be V(decommissioning), as a removal that did not end can leave them.
      - They do not count for V(quorum), and other nodes of that status stay a problem.
    type: list
    elements: int
    default: []
  without_node:
    description: The uid of a node that is to be taken away. Adds checks of whether the cluster can do without it.
    type: int
  fail_on_problems:
    description: Whether the task fails, with a message that lists the errors, if the cluster is not healthy.
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
- name: Is the cluster well?
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

- name: Go on only when the cluster is well and can do without node 2
  redis_enterprise.cluster.redis_health_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    without_node: 2
    wait: true
    fail_on_problems: true

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
  returned: success
  type: bool
problems:
  description: What is wrong, errors first, otherwise in the order of the checks.
  returned: success
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
      message: Replica shard 12 of database 5 (orders) on node 2 is not well (inactive, down).
checks_run:
  description:
    - The checks that were done. V(report) is missing where the release has no report, and all are missing if not even
      the nodes could be read.
  returned: success
  type: list
  elements: str
waited:
  description: The seconds waited.
  returned: success
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
    health_info.run,
    {
        "checks": {
            "type": "list",
            "elements": "str",
            "choices": [
                "cluster_check",
                "nodes",
                "shards",
                "racks",
                "databases",
                "availability",
                "license",
                "actions",
                "maintenance",
                "quorum",
                "report",
                "quorum_without_node",
                "capacity_without_node",
                "single_copies",
            ],
        },
        "allow_in_maintenance": {"type": "list", "elements": "int", "default": []},
        "allow_decommissioning": {"type": "list", "elements": "int", "default": []},
        "without_node": {"type": "int"},
        "fail_on_problems": {"type": "bool", "default": False},
        **waiting_spec(600.0),
        "wait": {"type": "bool", "default": False},
    },
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan of a rolling maintenance or of a node removal."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_roll_plan_info
short_description: Plan of a rolling maintenance or a node removal of a Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Says which inventory host is which node, in which order the nodes come, and what happens to each. It fails with one
    sentence if the run must not start or go on, and changes nothing.
  - The roles P(redis_enterprise.cluster.rolling_maintenance#role) and P(redis_enterprise.cluster.node_removal#role) ask
    it for all hosts before the first node, and again for each host when its turn has come.
options:
  operation:
    description: What is planned. V(match) plans nothing and only finds out which host is which node.
    type: str
    choices:
      - maintenance
      - removal
      - match
    required: true
  hosts:
    description: The hosts, and what only Ansible knows about them. With O(turn) this is the one host whose turn it is.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name in the inventory. It counts as a host name of the node, except C(localhost).
        type: str
        required: true
      addresses:
        description:
          - Other host names and addresses of the host, such as C(ansible_host).
          - Names match without regard to case or a trailing dot, and a short name matches a fully qualified one.
        type: list
        elements: str
        default: []
      node_uid:
        description:
          - The uid of its node. If it is not set, the node is found by the names and addresses.
          - If it is set, these must not be those of another node.
        type: str
      url:
        description: The URL of its cluster. It must be the same for all hosts.
        type: raw
      needed:
        description: Whether its node needs maintenance. One that is in maintenance already is restored in any case.
        type: bool
        default: true
  turn:
    description:
      - The name of the host whose turn has come. Then only its own refusals count, and RV(host) and RV(node) are about
        it.
    type: str
  planned:
    description: With O(turn), RV(hosts) of the plan for all hosts. Without it, the host is the only one.
    type: list
    elements: dict
    default: []
  deferred:
    description: With O(turn), the names of the hosts that were deferred so far.
    type: list
    elements: str
    default: []
  may_defer:
    description:
      - With O(turn), whether the host can be deferred, that is, whether hosts that are deferred get another turn at the
        end.
    type: bool
    default: false
  order:
    description:
      - The order of a maintenance. V(primary_last) costs one election and suits patching. V(primary_first) is the
        vendor's rule for upgrades of the software. V(inventory) takes the hosts as they come.
      - A node that is in maintenance already always comes first.
      - With V(primary_last), a host whose node has become the primary meanwhile is deferred as long as others are left.
    type: str
    choices:
      - primary_last
      - primary_first
      - inventory
    default: primary_last
  tasks:
    description: The file of tasks to run on each host, as it was given.
    type: str
    default: ""
  tasks_path:
    description: Where that file was found. It is an error if it was not.
    type: str
    default: ""
  tasks_searched:
    description: The folders in which it was looked for, for the message of that error.
    type: list
    elements: str
    default: []
  min_nodes:
    description: How many nodes the cluster keeps at least after a removal.
    type: int
    default: 3
  hand_over_primary:
    description: Whether the primary of the cluster may be removed, after it has handed over that role.
    type: bool
    default: true
  migrate_single_copies:
    description:
      - Whether a node may be removed that has shards of databases without replication, so that the cluster moves the
        only copy of their data.
    type: bool
    default: false
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.attributes.info
  - redis_enterprise.cluster.connection
seealso:
  - module: redis_enterprise.cluster.redis_roll_node_info
  - module: redis_enterprise.cluster.redis_health_info
"""

EXAMPLES = r"""
- name: Plan a rolling maintenance of three hosts
  redis_enterprise.cluster.redis_roll_plan_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    operation: maintenance
    hosts:
      - name: node1.example.com
      - name: node2.example.com
      - name: rack7-slot3
        node_uid: 3
  register: plan

- name: Show it
  ansible.builtin.debug:
    msg: "{{ plan.lines }}"

- name: Can nodes 4 and 5 be removed?
  redis_enterprise.cluster.redis_roll_plan_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    operation: removal
    min_nodes: 3
    hosts:
      - name: node4.example.com
        node_uid: 4
      - name: node5.example.com
        node_uid: 5
"""

RETURN = r"""
order:
  description: The names of the hosts that need work, in the order of their turns.
  returned: success
  type: list
  elements: str
  sample:
    - node2.example.com
    - node1.example.com
hosts:
  description: All hosts in that order; those that need nothing come last.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: Its name in the inventory.
      type: str
    node_uid:
      description: The uid of its node.
      type: int
    role:
      description: V(primary) or V(replica), which is the role of the node in the cluster; null if it is not known.
      type: str
    in_maintenance:
      description: Whether the node is in maintenance.
      type: bool
    state:
      description:
        - Of a maintenance, V(begin), V(resume) (in maintenance already), V(restore) (in maintenance, and needs no more
          than to be restored) or V(skip) (needs nothing).
        - Of a removal, V(begin), V(adopt) (its removal runs) or V(gone) (not in the cluster).
        - V(matched) with O(operation=match).
      type: str
    needs_work:
      description: Whether anything is done to the node, in this turn if it is one.
      type: bool
    deferred:
      description: Whether its turn is put off until all others are done.
      type: bool
    known:
      description:
        - Whether it is certain that the host is the node or was it, since the cluster lists the node or records that it
          was removed.
      type: bool
    line:
      description: What happens to it, in words.
      type: str
lines:
  description: The plan for people, which has the line of each host, and one of each node that is not touched.
  returned: success
  type: list
  elements: str
  sample:
    - "node2: node 2 at 10.0.0.12, replica, 3 shards, release 8.0.20-19: drain, run patch.yml, restore"
host:
  description: The element of RV(hosts) about O(turn); null without it.
  returned: success
  type: dict
node:
  description:
    - Its node as M(redis_enterprise.cluster.redis_node_info) returns it; null without O(turn), and for a node that is
      not in the cluster.
  returned: success
  type: dict
allow:
  description:
    - With O(turn), the uids of nodes that may be in maintenance or decommissioning at that time. They are the node
      itself and, in check mode, those that had their turn before and would be done.
  returned: success
  type: list
  elements: int
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import roll_plan_info
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front, run_module

FRONT = Front(roll_plan_info.run, roll_plan_info.OPTIONS)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State of one node in a rolling maintenance or a node removal, at the end of its turn or after a failure."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_roll_node_info
short_description: Verify a node of a rolling maintenance or a node removal, or find out how a failure left it
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Verifies the end of a node's turn. First every check of M(redis_enterprise.cluster.redis_health_info) has to find
    the cluster healthy. After a maintenance, the node has to be out of it and to hold again what it held before. After
    a removal, nothing may be left of it. The task fails if something is missing.
  - With O(failed_phase), it says instead how the failure of that phase leaves the node, and whether the drain can be
    rolled back.
  - It changes nothing.
options:
  operation:
    description: What the node is in.
    type: str
    choices:
      - maintenance
      - removal
    required: true
  node_uid:
    description: The uid of the node.
    type: int
    required: true
  before:
    description:
      - The node as it was before, as M(redis_enterprise.cluster.redis_node_info) returns it. What it does not have is
        not compared.
      - After a maintenance, the shards are compared by database, slots and role, and the endpoints, the rack and
        C(quorum_only) too. Databases that are gone by now do not count.
    type: dict
    default: {}
  shards_stay:
    description: Whether shards and endpoints were left where the drain had moved them.
    type: bool
    default: false
  problems_before:
    description:
      - RV(redis_enterprise.cluster.redis_health_info#module:problems) before the removal. If it is given, databases
        whose copies are in one rack only since then are a failure.
    type: list
    elements: dict
  check_health:
    description: Whether the cluster has to be healthy.
    type: bool
    default: true
  failed_phase:
    description:
      - The phase that has failed. Of a maintenance these are V(order), V(gate), V(drain), V(gate_again), V(tasks),
        V(wait), V(restore) and V(verify).
      - Of a removal they are V(order), V(gate), V(hand_over), V(remove), V(verify) and V(tasks).
    type: str
    choices:
      - order
      - gate
      - drain
      - gate_again
      - tasks
      - wait
      - restore
      - verify
      - hand_over
      - remove
  failed_result:
    description: With O(failed_phase), the result of the task that has failed, with its C(msg) and C(failure).
    type: dict
    default: {}
  wait:
    description: Whether to look again until the cluster is healthy or O(wait_timeout) is over.
    default: false
  wait_timeout:
    description: Seconds for which is waited with O(wait=true).
    default: 600.0
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.attributes.info
  - redis_enterprise.cluster.connection
  - redis_enterprise.cluster.waiting
seealso:
  - module: redis_enterprise.cluster.redis_roll_plan_info
  - module: redis_enterprise.cluster.redis_health_info
  - module: redis_enterprise.cluster.redis_node_action
"""

EXAMPLES = r"""
- name: Read node 2
  redis_enterprise.cluster.redis_node_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 2
  register: before

# Here it goes into maintenance and out of it again.

- name: Verify that the cluster is healthy, and that node 2 holds what it held before
  redis_enterprise.cluster.redis_roll_node_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    operation: maintenance
    node_uid: 2
    before: "{{ before.nodes[0] }}"
    wait: true
"""

RETURN = r"""
verified:
  description: Whether all is as it has to be; otherwise the task fails.
  returned: without O(failed_phase)
  type: bool
problems:
  description: As RV(redis_enterprise.cluster.redis_health_info#module:problems).
  returned: without O(failed_phase)
  type: list
  elements: dict
cause:
  description:
    - What failed, in a sentence. It is the C(msg) of O(failed_result), or the status of its action if that has failed.
  returned: with O(failed_phase)
  type: str
  sample: "maintenance_on of node 2 is failed, internal_error: no room."
outcome:
  description:
    - How the failure leaves the node, and what to do. If RV(roll_back) is true, how the roll back will leave it.
  returned: with O(failed_phase)
  type: str
  sample: Nothing was changed.
roll_back:
  description:
    - Whether C(maintenance_off) may take the node back into service. The drain was begun by this run, no task has run
      on the node, and no action runs.
  returned: with O(failed_phase)
  type: bool
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import roll_node_info
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)

FRONT = Front(
    roll_node_info.run,
    {**roll_node_info.OPTIONS, **waiting_spec(600.0), "wait": {"type": "bool", "default": False}},
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_cluster_action
short_description: Start, wait for, cancel or clear an action of a Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Starts an action of the cluster by its name and waits until it has ended.
  - For V(change_master) the roles of the nodes decide. The module does nothing if O(node) is the primary, and otherwise
    waits until the cluster shows it as the primary and answers again.
  - Does nothing for another action if the record of the last one says that it is completed. Nothing else tells what
    such an action has done, and the cluster forgets records some time after the end.
  - Adopts an action that is in flight, started by a job that crashed or by another client, and waits for it. A
    V(change_master) in flight does not say for which node it was started. If another node is the primary after it, it
    is started anew.
  - The page C(docs/node_actions.md) of the collection says for each state of the cluster what happens.
options:
  action:
    description:
      - The name of the action.
      - V(change_master) makes a node the primary of the cluster (7.4 and later). It does nothing if the node is the
        primary, and refuses a node that is not in service.
      - Any other name is passed on. Which actions there are depends on the release.
    type: str
    required: true
  node:
    description:
      - The node, by its uid, host name or address. Names are compared without case and without a trailing dot, and a
        short name matches the full one.
      - For O(action=change_master), which requires exactly one of O(node) and O(node_uid).
    type: str
  node_uid:
    description: The uid of the node, for O(action=change_master).
    type: int
  state:
    description:
      - V(completed) means that the node is the primary, and for other actions than V(change_master) that the action is
        recorded as completed.
      - V(absent) cancels the action if it runs and waits until it has stopped, and clears its record if it has ended.
        It does not undo what was done.
    type: str
    choices:
      - completed
      - absent
    default: completed
  rerun:
    description:
      - Whether to run the action again if it is recorded as completed. One that runs is still adopted.
      - Not for O(action=change_master).
    type: bool
    default: false
  action_options:
    description: The request body, or further members of it for O(action=change_master), passed on as it is.
    type: dict
    default: {}
  wait_timeout:
    default: 3600.0
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.connection
  - redis_enterprise.cluster.waiting
attributes:
  check_mode:
    support: full
    details:
      - The API has no dry run for cluster actions. The prediction comes from the roles of the nodes for
        V(change_master), with the same refusals, and otherwise from the record of the action. Whether the cluster knows
        an action of that name shows only in the real run.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Full for V(change_master). Otherwise as long as the cluster remembers the completed action, and without
        O(rerun=true).
seealso:
  - module: redis_enterprise.cluster.redis_action_info
  - module: redis_enterprise.cluster.redis_node_action
"""

EXAMPLES = r"""
- name: Make node 2 the primary of the cluster, before node 1 is patched
  redis_enterprise.cluster.redis_cluster_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    action: change_master
    node: node2.example.com

- name: Run an action that this release has
  redis_enterprise.cluster.redis_cluster_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    action: rebalance
    wait_timeout: 1800

- name: Run it again although it is recorded as completed
  redis_enterprise.cluster.redis_cluster_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    action: rebalance
    rerun: true

- name: Cancel it, or clear its record
  redis_enterprise.cluster.redis_cluster_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    action: rebalance
    state: absent
"""

RETURN = r"""
action:
  description: The action that was started, adopted, or found completed; null if there is none.
  returned: success
  type: dict
  contains:
    uid:
      description: Its uid, with which M(redis_enterprise.cluster.redis_action_info) finds it.
      type: str
    name:
      description: Its name.
      type: str
    status:
      description:
        - V(queued), V(starting), V(running), V(completed), V(failed), V(cancelling), V(cancelled) or V(aborted).
      type: str
    progress:
      description: Progress from 0 to 100.
      type: float
outcome:
  description:
    - How the task came to the goal. V(started) means that it started the action, or would in check mode. V(adopted)
      means that the action was running already, so that another job or client started it. V(found) means that the goal
      was met from the beginning.
  returned: success, with O(state=completed)
  type: str
node_uid:
  description: The uid of the node that O(node) or O(node_uid) names; null for actions that are about no node.
  returned: success
  type: int
reason:
  description: The reason of what the module did, or why it did nothing.
  returned: success
  type: str
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import cluster_action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)

FRONT = Front(cluster_action.run, {**cluster_action.OPTIONS, **waiting_spec(3600.0)})


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

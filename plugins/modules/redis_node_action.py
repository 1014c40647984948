#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions of one node of a Redis Enterprise cluster: maintenance, removal, and the role of the primary."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_node_action
short_description: Maintain or remove a node of a Redis Enterprise cluster, or make it a replica
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Starts an action of one node, waits until it has ended, and then reads the node, its shards and its endpoints back
    to prove that the cluster is as the action should leave it.
  - Does nothing if the goal is met already. On the server, activations of maintenance stack (two "on" need two "off"),
    so the module first reads whether the node is in maintenance. It repeats C(maintenance_off) while activations are
    left.
  - Adopts an action that is in flight, started by a job that crashed or by another client, and waits for it.
  - Waits for another action that runs on the node. While the node is being removed, nothing else is begun on it, not
    even with O(force).
  - Refuses what would cost the cluster its quorum. Nodes that are already in maintenance count as absent, which the
    server's own check leaves out.
  - Never overwrites the snapshot of a C(maintenance_on) that did not finish, because that snapshot holds the layout to
    go back to.
  - The page C(docs/node_actions.md) of the collection says for each action and each state of the cluster what happens.
options:
  node:
    description:
      - The node, by its uid, host name or address. Names are compared without case and without a trailing dot, and a
        short name matches the full one.
      - Exactly one of O(node) and O(node_uid) is required.
    type: str
  node_uid:
    description: The uid of the node.
    type: int
  action:
    description:
      - V(maintenance_on) makes a snapshot of the node, moves its shards and endpoints away, and keeps the node empty.
      - V(maintenance_off) ends that, and moves shards and endpoints back.
      - V(remove) moves everything to the other nodes and takes the node out of the cluster for good. A node that the
        cluster does not list counts as removed, with a warning unless its completed action is still recorded. A node
        that an earlier removal has left V(decommissioning) goes on leaving.
      - V(enslave_node) hands the role of the cluster's primary over to another node, which the cluster chooses, and
        makes replicas of the node's primary shards where they have one elsewhere. From 7.4 on,
        M(redis_enterprise.cluster.redis_cluster_action) with V(change_master) hands over the role alone.
    type: str
    required: true
    choices: [maintenance_on, maintenance_off, remove, enslave_node]
  state:
    description:
      - V(completed) means that the node is as the action leaves it.
      - V(absent) cancels the action if it runs, and clears its record if it has ended. It does not undo what was done.
    type: str
    choices:
      - completed
      - absent
    default: completed
  overwrite_snapshot:
    description:
      - For O(action=maintenance_on), 7.4.2 and later. Whether to make a new snapshot even if the node has one from an
        earlier maintenance. Ignored, with a warning, where the earlier snapshot is still needed.
    type: bool
  evict_ha_replica:
    description:
      - For O(action=maintenance_on), 7.4.2 and later. V(false) leaves replica shards on the node and only moves
        primaries away, for clusters without the room to move everything.
    type: bool
  evict_active_active_replica:
    description:
      - For O(action=maintenance_on), 7.4.2 and later. The same as O(evict_ha_replica), for replica shards of
        Active-Active databases.
    type: bool
  evict_dbs:
    description:
      - For O(action=maintenance_on), 7.4.2 and later. The uids of the databases whose shards leave the node. All others
        stay on it, and are lost while it is stopped unless they have a replica elsewhere.
    type: list
    elements: str
  keep_slave_shards:
    description:
      - For O(action=maintenance_on), before 7.4.2 only. Whether replica shards stay on the node. Later releases have
        O(evict_ha_replica) and O(evict_active_active_replica) instead, and refuse this option.
    type: bool
  snapshot_name:
    description:
      - For O(action=maintenance_off). The snapshot to go back to, instead of the latest one made by maintenance.
    type: str
  skip_shards_restore:
    description: For O(action=maintenance_off). Whether to leave the shards where they are now.
    type: bool
  wait_for_persistence:
    description:
      - For O(action=remove). Whether the action ends only when the migrated shards have new persistence files. By
        default, the policy C(persistent_node_removal) of the cluster decides.
    type: bool
  action_options:
    description:
      - Further members of the request body, for options that have no option here. They are passed on as they are, with
        a warning, because the API's documentation does not have them.
      - C(rladmin) has C(demote_node) for V(maintenance_on), and C(shards_only) and C(endpoints_only) for
        V(enslave_node). V(enslave_node) is sent with C(demote_node), without which the role of the primary stays where
        it is, unless O(action_options) has one of the three.
    type: dict
    default: {}
  force:
    description:
      - Whether to go on, with a warning, where the module would refuse. Data can be lost.
    type: bool
    default: false
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
      - The API has no dry run for node actions. The prediction comes from reading the cluster, with the same refusals.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: redis_enterprise.cluster.redis_node_info
  - module: redis_enterprise.cluster.redis_health_info
  - module: redis_enterprise.cluster.redis_action_info
"""

EXAMPLES = r"""
- name: Empty node 2 before it is patched
  redis_enterprise.cluster.redis_node_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 2
    action: maintenance_on
    overwrite_snapshot: true

- name: Take node 2 back into service
  redis_enterprise.cluster.redis_node_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 2
    action: maintenance_off

- name: Take node 3 out of the cluster for good
  redis_enterprise.cluster.redis_node_action:
    url:
      - https://node1.example.com:9443
      - https://node2.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 3
    action: remove
    wait_for_persistence: true

- name: Drain a node that is known by its host name
  redis_enterprise.cluster.redis_node_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node: node2.example.com
    action: maintenance_on

- name: Let another node be the primary of the cluster
  redis_enterprise.cluster.redis_node_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 1
    action: enslave_node

- name: Cancel a drain that takes too long
  redis_enterprise.cluster.redis_node_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 2
    action: maintenance_on
    state: absent
"""

RETURN = r"""
node:
  description: The node as it is now (in check mode, as it is before); null if the cluster does not list it.
  returned: success, with O(state=completed)
  type: dict
  contains:
    uid:
      description: The uid of the node.
      type: int
    status:
      description: Its status, such as V(active) or V(down).
      type: str
    role:
      description: V(master) for the primary node of the cluster, V(slave) for the others.
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
    shards:
      description: The shards on it.
      type: list
      elements: dict
    endpoints:
      description: The names of the databases whose endpoint is bound to it.
      type: list
      elements: str
action:
  description: The action that was started or adopted; null if there was none.
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
  description: The uid of the node; null if O(node) is a host name or address that no node of the cluster has.
  returned: success
  type: int
reason:
  description:
    - The reason of the last thing that the module did, or why it did nothing.
    - With O(state=absent), what was cancelled or cleared, and the state of the node.
  returned: success
  type: str
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import node_action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)

FRONT = Front(node_action.run, {**node_action.OPTIONS, **waiting_spec(3600.0)})


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_action_info
short_description: Actions of a Redis Enterprise cluster, its nodes and its databases
version_added: 0.1.0
author:
  - The redis_enterprise.cluster contributors (@redis-enterprise)
description:
  - Lists the actions that the cluster runs or remembers, all in one shape, whichever of its endpoints they come from.
  - Finds one action by its uid, such as the one that another module returned with O(ignore:wait=false).
  - An action that the cluster does not know is not an error. Actions are forgotten some time after they have ended.
options:
  uid:
    description:
      - The uid of one action. It is searched everywhere unless O(scope), O(node_uid) or O(bdb_uid) is set.
    type: str
  scope:
    description:
      - V(all) lists the actions of the cluster, its nodes and its databases.
      - V(node) lists the node actions of all nodes, or of O(node_uid).
      - V(cluster) lists actions that concern the whole cluster.
      - V(bdb) lists the state machines of the database O(bdb_uid).
      - By default V(node) if O(node_uid) is set, V(bdb) if O(bdb_uid) is set, and V(all) otherwise.
    type: str
    choices:
      - all
      - node
      - cluster
      - bdb
  node_uid:
    description: List only the node actions of this node.
    type: int
  bdb_uid:
    description: List only the state machines of this database.
    type: int
  name:
    description: List only actions of this name, such as V(maintenance_on) or V(SMUpdateBDB).
    type: str
  status:
    description: List only actions with one of these statuses.
    type: list
    elements: str
    choices:
      - queued
      - starting
      - running
      - completed
      - failed
      - cancelling
      - cancelled
      - aborted
  api_version:
    description:
      - V(auto) asks C(/v2/actions) and falls back to C(/v1/actions) on clusters before 7.22.
      - V(v1) and V(v2) ask only the one. Imports, exports and backups are listed only by V(v2).
      - The scopes other than V(all) exist only in V(v1).
    type: str
    choices:
      - auto
      - v1
      - v2
    default: auto
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.attributes.info
  - redis_enterprise.cluster.connection
seealso:
  - module: redis_enterprise.cluster.redis_node_action
  - module: redis_enterprise.cluster.redis_health_info
"""

EXAMPLES = r"""
- name: What is going on in the cluster?
  redis_enterprise.cluster.redis_action_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    status:
      - queued
      - starting
      - running
  register: ongoing

- name: How did the last maintenance of node 2 end?
  redis_enterprise.cluster.redis_action_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 2
    name: maintenance_on

- name: Start the drain of node 2 without waiting for it
  redis_enterprise.cluster.redis_node_action:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node_uid: 2
    action: maintenance_on
    wait: false
  register: drain

- name: Wait for it later
  redis_enterprise.cluster.redis_action_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    uid: "{{ drain.action.uid }}"
  register: found
  until: found.action is none or found.action.finished
  retries: 60
  delay: 10
  when: drain.action is not none
"""

RETURN = r"""
actions:
  description: The actions found, in the order of the cluster.
  returned: success
  type: list
  elements: dict
  contains: &action
    uid:
      description: The uid of the action.
      type: str
    name:
      description: Its name.
      type: str
    kind:
      description: V(task), V(state_machine), V(node), V(cluster) or V(other), such as a backup.
      type: str
    status:
      description:
        - V(queued), V(starting), V(running), V(completed), V(failed), V(cancelling), V(cancelled) or V(aborted),
          whatever the endpoint calls it.
      type: str
    finished:
      description: Whether the status is a last one. That says nothing about success.
      type: bool
    progress:
      description: Progress from 0 to 100; null where the cluster does not say.
      type: float
    object_type:
      description: V(bdb), V(node) or V(cluster); null where the cluster does not say.
      type: str
    object_uid:
      description: The uid of the database or the node.
      type: str
    state:
      description: The state in which a state machine is.
      type: str
    creation_time:
      description: When it was created, in seconds since the epoch.
      type: int
    heartbeat:
      description: When it last gave a sign of life, in seconds since the epoch.
      type: int
    description:
      description: What it does.
      type: str
    error_code:
      description: The code of its failure.
      type: str
    error:
      description: What went wrong.
      type: str
    pending_ops:
      description: What a state machine waits for, by uid of the shard.
      type: dict
action:
  description: The action that O(uid) names; null if O(uid) is not set or the cluster does not know it.
  returned: success
  type: dict
  contains: *action
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._frame import Front, run_module
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._operations import action_info

FRONT = Front(
    action_info.run,
    {
        "uid": {"type": "str"},
        "scope": {"type": "str", "choices": ["all", "node", "cluster", "bdb"]},
        "node_uid": {"type": "int"},
        "bdb_uid": {"type": "int"},
        "name": {"type": "str"},
        "status": {
            "type": "list",
            "elements": "str",
            "choices": [
                "queued",
                "starting",
                "running",
                "completed",
                "failed",
                "cancelling",
                "cancelled",
                "aborted",
            ],
        },
        "api_version": {"type": "str", "choices": ["auto", "v1", "v2"], "default": "auto"},
    },
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

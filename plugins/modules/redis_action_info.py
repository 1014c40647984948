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
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Lists the actions that the cluster runs or remembers, all in one shape, whichever of its endpoints they come from.
  - Finds one action by its uid, such as the one that another module returned with O(ignore:wait=false), and waits for
    its end with O(wait=true).
  - An action that the cluster does not list is not an error, unless it is waited for. Actions are forgotten some time
    after they have ended, and RV(record) says what can be known about that.
options:
  uid:
    description:
      - The uid of one action. It is searched everywhere unless O(scope), O(node), O(node_uid) or O(bdb_uid) is
        set.
    type: str
  action:
    description:
      - One action as another module has returned it, instead of O(uid). It proves that the cluster had this action, so
        one that is forgotten differs from one that never was; and the object that it was about is read.
    type: dict
  wait:
    description:
      - Whether to wait until the action has ended, and to fail if it is not completed then.
      - If the cluster has forgotten the action, the database or node that it was about has to be as the action leaves
        it. An O(uid) alone that the cluster never listed is a failure.
    type: bool
    default: false
  wait_timeout:
    default: 3600.0
  scope:
    description:
      - V(all) lists the actions of the cluster, its nodes and its databases.
      - V(node) lists the node actions of all nodes, or of O(node).
      - V(cluster) lists the actions of the cluster itself.
      - V(bdb) lists the state machines of the database O(bdb_uid).
      - By default V(node) if O(node) or O(node_uid) is set, V(bdb) if O(bdb_uid) is set, and V(all) otherwise.
    type: str
    choices:
      - all
      - node
      - cluster
      - bdb
  node:
    description:
      - The node whose actions are listed, by its uid, host name or address. Names are compared without case
        and without a trailing dot, and a short name matches the full one.
      - With O(scope=all), its actions among all actions.
    type: str
  node_uid:
    description: The uid of that node, instead of O(node).
    type: int
  bdb_uid:
    description: List only the state machines of this database; with O(scope=all), its actions among all actions.
    type: int
  name:
    description:
      - List only actions of this name, such as V(maintenance_on) or V(SMUpdateBDB). V(remove) and V(remove_node) are
        the same.
    type: str
  object_type:
    description: List only actions on objects of this type.
    type: str
    choices:
      - bdb
      - node
      - cluster
  since:
    description:
      - List only actions created since this time, in seconds since the epoch or like V(2030-01-31T12:00:00Z).
      - Where the cluster does not say when an action was created, its last sign of life counts. An action without
        any time, such as those of O(scope=node), is listed.
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
  - redis_enterprise.cluster.waiting
seealso:
  - module: redis_enterprise.cluster.redis_node_action
  - module: redis_enterprise.cluster.redis_health_info
"""

EXAMPLES = r"""
- name: List what the cluster is doing
  redis_enterprise.cluster.redis_action_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    status:
      - queued
      - starting
      - running
  register: ongoing

- name: Read how the last maintenance of a node ended
  redis_enterprise.cluster.redis_action_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    node: node2.example.com
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
    action: "{{ drain.action }}"
    wait: true
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
  description: The one action that O(uid) or O(action) names; null if neither is set or the cluster does not list it.
  returned: success
  type: dict
  contains: *action
record:
  description:
    - What is known about the one action. V(listed) means that the cluster lists it.
    - V(forgotten) means that the cluster had it and does not list it any more.
    - V(unknown) means that the cluster does not list it, and nothing proves that it ever had it.
    - Null if neither O(uid) nor O(action) is set.
  returned: success
  type: str
evidence:
  description:
    - With O(wait=true), what showed the good end of an action that is V(forgotten), such as V(database 7 is gone).
  returned: success
  type: str
node_uid:
  description: The uid of the node that O(node) or O(node_uid) names; null if neither is set.
  returned: success
  type: int
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import action_info, node_option
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)

FRONT = Front(
    action_info.run,
    {
        "uid": {"type": "str"},
        "action": {"type": "dict"},
        "scope": {"type": "str", "choices": ["all", "node", "cluster", "bdb"]},
        **node_option.SPEC,
        "bdb_uid": {"type": "int"},
        "name": {"type": "str"},
        "object_type": {"type": "str", "choices": ["bdb", "node", "cluster"]},
        "since": {"type": "str"},
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
        **waiting_spec(3600.0),
        "wait": {"type": "bool", "default": False},
    },
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions of a whole Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_cluster_action
short_description: Start, follow, cancel or clear an action of a whole Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster contributors (@redis-enterprise)
description:
  - Starts an action of the whole cluster by its name and waits until it has ended.
  - Does nothing if the record of the last one says that it is completed. Nothing else tells what a cluster action has
    left behind, and the cluster forgets such records some time after the end.
  - Takes up an action that is in flight, started by a job that crashed or by somebody else, and waits for it.
  - The documentation of the API names no cluster action, so which ones there are depends on the release.
options:
  action:
    description: The name of the action.
    type: str
    required: true
  state:
    description:
      - V(completed) means that the action is recorded as completed.
      - V(absent) cancels the action if it runs and waits until it has stopped, and clears its record if it has ended.
        It does not undo what was done.
    type: str
    choices:
      - completed
      - absent
    default: completed
  rerun:
    description: Whether to run the action again if it is recorded as completed. One that runs is still taken up.
    type: bool
    default: false
  action_options:
    description: The request body, passed on as it is.
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
      - The API has no dry run for cluster actions. The prediction comes from the record of the action; whether the
        cluster knows an action of that name shows only in the real run.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - As long as the cluster remembers the completed action, and without O(rerun=true).
seealso:
  - module: redis_enterprise.cluster.redis_action_info
  - module: redis_enterprise.cluster.redis_node_action
"""

EXAMPLES = r"""
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
  description: The action that was started, taken up, or found completed; null if there is none.
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
adopted:
  description: Whether the action was already running and has been taken up instead of started.
  returned: success, with O(state=completed)
  type: bool
already:
  description: Whether the action was recorded as completed from the beginning, so that there was nothing to do.
  returned: success, with O(state=completed)
  type: bool
reason:
  description: Why the module did what it did, or why it did nothing.
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

FRONT = Front(
    cluster_action.run,
    {
        "action": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["completed", "absent"], "default": "completed"},
        "rerun": {"type": "bool", "default": False},
        "action_options": {"type": "dict", "default": {}},
        **waiting_spec(3600.0),
    },
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

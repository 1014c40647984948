# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter removal_choice."""

from __future__ import annotations

DOCUMENTATION = r"""
name: removal_choice
short_description: The hosts of the nodes that are to be removed
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Decides for the role P(redis_enterprise.cluster.node_removal#role) which nodes are meant, and refuses where that is
    not clear. Nodes are named by uid, or by hosts with a pattern or a limit, in one way only.
options:
  _input:
    description: The uids of the nodes, as a list, a number, or text with commas.
    type: raw
    required: true
  pattern:
    description: The pattern of hosts, if one was given.
    type: str
  matching:
    description: The hosts of the inventory that match it.
    type: list
    elements: str
    default: []
  limit:
    description: The limit of the play, if one was given.
    type: str
  inventory:
    description:
      - The uid of the node of each host of the inventory, by the name of the host. It is empty where there is none.
    type: dict
    default: {}
seealso:
  - module: redis_enterprise.cluster.redis_roll_plan_info
"""

EXAMPLES = r"""
- name: Show the hosts of nodes 4 and 5, of which the inventory has one
  ansible.builtin.debug:
    msg: "{{ '4,5' | redis_enterprise.cluster.removal_choice(inventory={'node4.example.com': 4}) }}"

# "refusal": "", "reason": "",
# "hosts": [{"name": "node4.example.com", "node_uid": 4, "synthetic": false},
#           {"name": "node_removal_5", "node_uid": 5, "synthetic": true}]
"""

RETURN = r"""
_value:
  description:
    - The C(hosts) with C(name), C(node_uid) and C(synthetic), which says that the name was made because no host of the
      inventory has the uid. The list is empty where hosts were named.
    - C(refusal) is a sentence where it is not clear which nodes are meant, otherwise empty. C(reason) says the same in
      a word, C(twice), C(nothing), C(no_host) or C(several).
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._roll.choice import choose


def removal_choice(
    nodes: t.Any,
    pattern: str | None = None,
    matching: t.Sequence[str] = (),
    limit: str | None = None,
    inventory: t.Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    try:
        return choose(nodes, pattern, matching, limit, inventory or {}).as_dict()
    except ValueError as error:
        raise AnsibleFilterError(
            f"removal_choice needs the uids of nodes, which are whole numbers: {error}."
        ) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., dict[str, t.Any]]]:
        return {"removal_choice": removal_choice}

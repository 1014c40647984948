#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Redis ACL of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_acl
short_description: Create, change, rename or delete a Redis ACL of a Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - A Redis ACL is a named set of rules that says which commands may be used on which keys and channels. A database
    gives it to a role in its option C(roles_permissions), which takes the C(uid) that this module returns.
  - Compares the options that are set with the ACL as the cluster shows it, and sends only what differs.
  - The predefined ACL C(Full Access) cannot be changed or deleted. An ACL that a database uses is not deleted.
  - Changing an ACL changes at once what the users of all databases may do that use it.
  - If another client creates the same name at the same time, there is one ACL, with the rules of the task.
options:
  state:
    description:
      - V(present) creates the ACL or changes what differs.
      - V(absent) deletes it.
    type: str
    choices:
      - present
      - absent
    default: present
  name:
    description:
      - The name of the ACL. Needed to create one.
      - Together with O(uid), an ACL of another name is renamed.
    type: str
  uid:
    description: The uid of an existing ACL. The cluster chooses the uid of a new one.
    type: int
  acl:
    description:
      - The rules, in the syntax of Redis, such as V(+@read ~app:*). Needed to create an ACL.
      - White space between rules, line ends too, is sent and compared as single spaces.
      - The cluster takes no passwords in rules.
    type: str
  wait_timeout:
    default: 120.0
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.connection
  - redis_enterprise.cluster.waiting
attributes:
  check_mode:
    support: full
    details:
      - From release 7.8.4 on, the cluster validates creations and updates as a dry run. Before that, and for deletions,
        they are predicted, and a warning says that the rules have not been validated.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: redis_enterprise.cluster.redis_acl_info
  - module: redis_enterprise.cluster.redis_bdb
"""

EXAMPLES = r"""
- name: Read-only access to the keys of the shop
  redis_enterprise.cluster.redis_acl:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: shop-read
    acl: +@read ~shop:*
  register: shop_read

- name: Give it to a role in a database
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: orders
    roles_permissions:
      - role_uid: 7
        redis_acl_uid: "{{ shop_read.redis_acl.uid }}"

- name: Rename it
  redis_enterprise.cluster.redis_acl:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    uid: 5
    name: shop-readers

- name: Delete it
  redis_enterprise.cluster.redis_acl:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: shop-readers
    state: absent
"""

RETURN = r"""
redis_acl:
  description:
    - The ACL as the cluster shows it; null when it is absent.
    - In check mode, the ACL as it would be.
  returned: success
  type: dict
  sample:
    uid: 5
    name: shop-read
    acl: +@read ~shop:*
    min_version: "6.0"
    max_version: "9999"
changes:
  description: The names of the fields that differed and were sent.
  returned: success
  type: list
  elements: str
  sample:
    - acl
action:
  description: The action that the cluster ran, if the change needed one; null if it was done at once.
  returned: success
  type: dict
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import acl
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)

FRONT = Front(acl.run, {**acl.OPTIONS, **waiting_spec(120.0)})


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

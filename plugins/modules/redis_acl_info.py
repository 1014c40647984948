#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis ACLs of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_acl_info
short_description: Redis ACLs of a Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Returns one Redis ACL or all of them, each as the object of the API.
  - An ACL that does not exist is not an error; the list is empty then.
options:
  name:
    description:
      - Return only the ACL of this name.
      - Together with O(uid), the ACL of that uid is returned only if it has this name.
    type: str
  uid:
    description: Return only the ACL of this uid.
    type: int
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.attributes.info
  - redis_enterprise.cluster.connection
seealso:
  - module: redis_enterprise.cluster.redis_acl
"""

EXAMPLES = r"""
- name: Read all Redis ACLs
  redis_enterprise.cluster.redis_acl_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
  register: acls

- name: Show their rules by name
  ansible.builtin.debug:
    msg: "{{ acls.redis_acls | items2dict(key_name='name', value_name='acl') }}"
"""

RETURN = r"""
redis_acls:
  description: The ACLs found, by uid.
  returned: success
  type: list
  elements: dict
  contains:
    uid:
      description: The uid of the ACL.
      type: int
    name:
      description: Its name.
      type: str
    acl:
      description: Its rules.
      type: str
    min_version:
      description: The earliest version of a database that takes these rules, from release 7.2.4 on.
      type: str
    max_version:
      description: The latest version of a database that takes these rules, from release 7.2.4 on.
      type: str
  sample:
    - uid: 1
      name: Full Access
      acl: +@all ~*
      min_version: "6.0"
      max_version: "9999"
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import acl
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front, run_module

FRONT = Front(acl.run_info, {name: acl.OPTIONS[name] for name in ("name", "uid")})


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

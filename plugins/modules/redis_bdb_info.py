#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_bdb_info
short_description: Databases of a Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Returns one database or all of them, each with the addresses that clients connect to and the object of the API.
  - Reads with one request.
  - A database that does not exist is not an error; the list is empty then. Databases that are internal to the cluster
    are returned as well, where the cluster lists them.
options:
  name:
    description:
      - Return only databases of this name. All of them, if several have it.
      - Together with O(uid), the database of that uid is returned only if it has this name.
    type: str
  uid:
    description: Return only the database of this uid.
    type: int
  fields:
    description:
      - Names of the fields in the API that are read, such as V(memory_size). By default all. With many databases a few
        fields are read much faster.
      - C(uid), C(name), C(status) and C(endpoints) are always read.
      - The cluster leaves out a field that it does not know.
    type: list
    elements: str
  extended:
    description:
      - Whether to read the settings of modules too, which are the fields C(search), C(timeseries) and
        C(probabilistic). Clusters before 8.0 do not have them.
    type: bool
    default: false
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.attributes.info
  - redis_enterprise.cluster.connection
seealso:
  - module: redis_enterprise.cluster.redis_bdb
  - module: redis_enterprise.cluster.redis_health_info
"""

EXAMPLES = r"""
- name: Read one database
  redis_enterprise.cluster.redis_bdb_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: orders
  register: orders

- name: Give its address to the application
  ansible.builtin.debug:
    msg: "Connect to {{ orders.bdbs[0].endpoints[0] }}"
  when: orders.bdbs | length == 1

- name: Read the memory limit of every database
  redis_enterprise.cluster.redis_bdb_info:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    fields:
      - memory_size
  register: limits

- name: Show which databases may grow beyond 1 GB
  ansible.builtin.debug:
    msg: "{{ limits.bdbs | selectattr('bdb.memory_size', 'gt', 1073741824) | map(attribute='name') }}"
"""

RETURN = r"""
bdbs:
  description: The databases found, by uid.
  returned: success
  type: list
  elements: dict
  contains:
    uid:
      description: The uid of the database.
      type: int
    name:
      description: Its name.
      type: str
    status:
      description: Its status, such as V(active) or V(active-change-pending).
      type: str
    endpoints:
      description:
        - The addresses that clients connect to, as C(host:port). The host is the DNS name of the endpoint, or where it
          has none, each of its IP addresses. Empty while the endpoint is not bound.
      type: list
      elements: str
    bdb:
      description: The object of the API, with passwords and keys masked. With O(fields), only those fields.
      type: dict
  sample:
    - uid: 7
      name: orders
      status: active
      endpoints:
        - redis-12000.cluster.example.com:12000
      bdb:
        uid: 7
        name: orders
        status: active
        memory_size: 2147483648
        endpoints:
          - addr:
              - 10.0.0.11
            dns_name: redis-12000.cluster.example.com
            port: 12000
            uid: "7:1"
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import bdb_info
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front, run_module

FRONT = Front(
    bdb_info.run,
    {
        "name": {"type": "str"},
        "uid": {"type": "int"},
        "fields": {"type": "list", "elements": "str"},
        "extended": {"type": "bool", "default": False},
    },
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

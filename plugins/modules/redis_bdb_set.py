#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many databases of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_bdb_set
short_description: Reconcile many databases of a Redis Enterprise cluster in one task
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Reads all databases with one request, compares each item with what is there, and changes what differs, several
    databases at a time. A set in which nothing differs costs that one request.
  - Each item is what M(redis_enterprise.cluster.redis_bdb) takes, and is treated as that module treats it. In check
    mode each change goes to the cluster as a dry run.
  - Goes on past an item that fails, and fails at the end with all of them named.
  - After creations the names are read once more, with one request for all of them. An item whose name another database
    has got by then fails, as with M(redis_enterprise.cluster.redis_bdb), and nothing is purged.
options:
  databases:
    description:
      - The databases. Each item has the options of M(redis_enterprise.cluster.redis_bdb), without those for the
        connection and for waiting.
    type: list
    elements: dict
    required: true
  purge:
    description:
      - Whether to delete the databases that no item names. They are listed in the diff. Databases that are internal to
        the cluster, and instances of Active-Active databases, are never deleted.
      - Nothing is purged when an item has failed.
    type: bool
    default: false
  purge_limit:
    description:
      - The most databases that O(purge) may delete, as a number or as a percentage of all, such as V(10%). With more,
        the task is refused before anything is changed.
      - The default is 1. If O(databases) is empty, the limit has to be set.
    type: str
  max_parallel:
    description: How many databases are changed at the same time, from 1 to 32.
    type: int
    default: 4
  on_error:
    description:
      - V(continue) tries every item. V(stop) begins no further item after one has failed, and none at all if an item is
        refused beforehand.
    type: str
    choices:
      - continue
      - stop
    default: continue
  wait_timeout:
    default: 600.0
extends_documentation_fragment:
  - redis_enterprise.cluster.attributes
  - redis_enterprise.cluster.connection
  - redis_enterprise.cluster.waiting
attributes:
  check_mode:
    support: full
    details:
      - The cluster validates creations and updates as a dry run. For deletions the API has none; they are predicted.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Passwords that the cluster does not show are sent on every run, unless the item has
        C(update_password=on_create).
seealso:
  - module: redis_enterprise.cluster.redis_bdb
"""

EXAMPLES = r"""
- name: The databases of the shop, and no others
  redis_enterprise.cluster.redis_bdb_set:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    databases:
      - name: orders
        memory_size: 2GB
        replication: true
      - name: sessions
        memory_size: 512MB
        eviction_policy: allkeys-lru
    purge: true
    purge_limit: "2"
"""

RETURN = r"""
results:
  description: The result of each item, in their order; after them the databases that were purged.
  returned: success, and failure of an item
  type: list
  elements: dict
  contains:
    name:
      description: The name of the database.
      type: str
    uid:
      description: Its uid, once it has one.
      type: int
    changed:
      description: Whether it was changed.
      type: bool
    failed:
      description: Whether it failed.
      type: bool
    skipped:
      description: Whether it was not tried any more, after another had failed.
      type: bool
    changes:
      description: The names of the fields that differed and were sent.
      type: list
      elements: str
    diff:
      description: What differs, before and after.
      type: dict
    bdb:
      description:
        - The database, with passwords and keys masked. Only its identity, its endpoints and the fields that are
          compared; M(redis_enterprise.cluster.redis_bdb_info) has the others.
      type: dict
    action:
      description: The action that the cluster ran, if it was changed.
      type: dict
    msg:
      description: Why it failed, if it did.
      type: str
    failure:
      description: The facts behind its failure, as in M(redis_enterprise.cluster.redis_bdb).
      type: dict
purged:
  description: The names of the databases that were deleted because no item names them.
  returned: success, and failure of an item
  type: list
  elements: str
"""

import functools

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import bdb_set
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.redact import secrets_in

FRONT = Front(
    bdb_set.run,
    {
        "databases": {"type": "list", "elements": "dict", "required": True},
        "purge": {"type": "bool", "default": False},
        "purge_limit": {"type": "str"},
        "max_parallel": {"type": "int", "default": 4},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        **waiting_spec(600.0),
    },
    secrets=functools.partial(secrets_in, SCHEMA),
)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

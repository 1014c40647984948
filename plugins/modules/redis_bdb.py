#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One database of a Redis Enterprise cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_bdb
short_description: Create, change, rename or delete a database of a Redis Enterprise cluster
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Compares the options that are set with the database as the cluster shows it, and sends only what differs. Options
    that are not set are neither compared nor changed. An empty list or string that is set means none.
  - What cannot be done is refused before anything is sent, such as another value for a field that is set once.
  - Options that the vendor has deprecated still work. If there is another option instead, a warning names it.
  - Waits until the action has ended, the database is active, and the values read back are those asked for.
  - In check mode the same request goes to the cluster as a dry run, so the cluster itself validates it.
  - Two tasks that create the same name at the same time end with one database. The creation is conditional on the state
    id of the cluster, where the cluster honours it; and after an answer was lost, the names are read again before
    anything is sent again.
  - A cluster that does not honour its state id lets both create one. So the names are read once more after a creation.
    If another database has the name by then, the task fails and names the uids of both. None is deleted.
  - An action that the cluster lists as running, but that makes no progress, is taken for completed after 30 seconds if
    the database is active and shows all that is desired. A warning says so.
options:
  state:
    description:
      - V(present) creates the database or changes what differs.
      - V(absent) deletes the database and its data.
    type: str
    choices:
      - present
      - absent
    default: present
  update_password:
    description:
      - What to do about passwords and keys, and about other values that the cluster does not show.
      - V(always) sends those that differ. Where the cluster shows no value, a difference cannot be seen, so that it is
        sent on every run, and reported as a change each time.
      - V(on_create) sends them when the database is created, and never after that. A password that the database has is
        left alone, even if the cluster shows that it is another one. This holds for passwords inside objects and URIs
        too, but an object or a list in which anything else differs is sent as a whole, with its passwords.
    type: str
    choices:
      - always
      - on_create
    default: always
  action:
    description:
      - What to do beside changing what differs, in the same request. Needs an existing database.
      - V(flush) deletes all keys. V(reset_admin_pass) makes a new random admin password.
      - An action is carried out, and reported as a change, on every run of the task.
      - It is never sent twice. If its answer is lost, the task fails, because nothing that the cluster shows tells
        whether it was carried out.
    type: str
    choices:
      - flush
      - reset_admin_pass
  confirm_flush:
    description: Must be V(true) for O(action=flush), because all data of the database is lost.
    type: bool
    default: false
  recovery_plan:
    description:
      - The files from which a new database is loaded; they must have been written with the same sharding.
      - It counts at creation only. When the database exists, it is neither compared nor sent.
    type: dict
    suboptions:
      original_bdb_shards:
        description:
          - The shards whose files are loaded.
          - Since release 7.22.
        type: list
        elements: dict
        suboptions:
          uid:
            description: The uid that the shard had.
            type: str
            required: true
          node_uid:
            description: The uid of the node where the file is.
            type: str
            required: true
          role:
            description: The role that the shard had.
            type: str
            required: true
            choices: [master, slave]
          assigned_slots:
            description: First and last slot, such as V(0-16383).
            type: str
            required: true
      data_files:
        description:
          - The files to load.
          - Deprecated since release 7.22; use O(recovery_plan.original_bdb_shards) instead.
        type: list
        elements: dict
        suboptions:
          shard_slots:
            description: First and last slot, such as V(0-16383).
            type: str
            required: true
          node_uid:
            description: The uid of the node where the file is.
            type: str
            required: true
          filename:
            description: The name of the file, such as V(redis-4.rdb).
            type: str
            required: true
  config:
    description:
      - Further fields of the API's BDB object, by their names in the API. For fields of a release that is newer than
        this collection, and for values that an option does not offer yet.
      - A name that this collection does not know is looked up in the cluster's own schema, and refused if it is not
        there either.
    type: dict
    default: {}
  wait_timeout:
    default: 600.0
extends_documentation_fragment:
  - redis_enterprise.cluster.bdb
  - redis_enterprise.cluster.bdb_access
  - redis_enterprise.cluster.bdb_data
  - redis_enterprise.cluster.bdb_modules
  - redis_enterprise.cluster.bdb_sync
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
      - Passwords that the cluster does not show are sent on every run, unless O(update_password=on_create). So are the
        few fields that it never shows.
      - O(action) is carried out on every run.
seealso:
  - module: redis_enterprise.cluster.redis_action_info
  - module: redis_enterprise.cluster.redis_health_info
"""

EXAMPLES = r"""
- name: A replicated database of 2 GB
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: orders
    memory_size: 2GB
    replication: true
    data_persistence: aof
    authentication_redis_pass: "{{ orders_password }}"

- name: Rename it
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    uid: 7
    name: orders-old

- name: Search settings, tags, and a backup every night at two
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: orders-old
    search:
      search_timeout: 1000
    tags:
      - key: team
        value: shop
    backup: true
    backup_interval: 86400
    backup_interval_offset: 7200
    backup_location:
      type: mount_point
      path: /mnt/backup

- name: Set a field of a release that is newer than this collection
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: orders-old
    config:
      flush_on_fullsync: true

- name: Delete all keys, and keep the database
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: orders-old
    action: flush
    confirm_flush: true

- name: Delete it, by uid and name, so that no other can be hit
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    uid: 7
    name: orders-old
    state: absent
"""

RETURN = r"""
bdb:
  description:
    - The database as the cluster shows it, with passwords and keys masked; null when it is absent.
    - In check mode, the database as it would be.
  returned: success, and when another database has got the same name
  type: dict
  sample:
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
changes:
  description: The names of the fields that differed and were sent.
  returned: success
  type: list
  elements: str
  sample:
    - memory_size
action:
  description:
    - The action that the cluster ran. With O(wait=false), its C(uid) can be given to
      M(redis_enterprise.cluster.redis_action_info) later.
  returned: success
  type: dict
will:
  description: What O(action) would do, in a sentence.
  returned: in check mode, with O(action)
  type: str
  sample: All keys of database 'orders' (uid 7) will be deleted, on every shard and replica; the configuration is kept.
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

import functools

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import bdb
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import (
    Front,
    run_module,
    waiting_spec,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.redact import secrets_in

FRONT = Front(bdb.run, {**bdb.OPTIONS, **waiting_spec(600.0)}, secrets=functools.partial(secrets_in, SCHEMA))


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

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
    that are not set are neither compared nor changed.
  - Waits until the action has ended, the database is active, and the values read back are those asked for.
  - In check mode the same request goes to the cluster as a dry run, so the cluster itself validates it.
  - Two tasks that create the same name at the same time end with one database. The creation is conditional on the state
    id of the cluster, where the cluster honours it; and after an answer was lost, the names are read again before
    anything is sent again.
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
  name:
    description:
      - The name of the database. Letters, digits and hyphens, with a letter or digit at both ends.
      - Needed to create it. Together with O(uid) of an existing database, the database is renamed.
    type: str
  uid:
    description:
      - The uid of the database. Says which one is meant, also where two have the same name.
      - A new database gets the uid only if it is set here.
    type: int
  type:
    description: The type of the database. Set once, at creation.
    type: str
    choices:
      - redis
      - memcached
  memory_size:
    description:
      - The memory limit over all shards and replicas, in bytes, or with a unit such as V(512MB) or V(1GB). Units are
        powers of 1024.
      - Needed to create a database.
    type: str
  replication:
    description: Whether each primary shard has a replica on another node.
    type: bool
  sharding:
    description: Whether the keys are spread over several shards. It cannot be turned off.
    type: bool
  shards_count:
    description: The number of primary shards.
    type: int
  shard_key_regex:
    description: The rules that find the part of a key that decides about its shard, in order.
    type: list
    elements: dict
    suboptions:
      regex:
        description: The rule; the group named C(tag) is the part that counts.
        type: str
        required: true
  shards_placement:
    description: Whether the shards lie on few nodes (V(dense)) or on many (V(sparse)).
    type: str
    choices:
      - dense
      - sparse
  oss_cluster:
    description: Whether clients may use the Redis Cluster protocol.
    type: bool
  proxy_policy:
    description: On which nodes the endpoint is bound.
    type: str
    choices:
      - single
      - all-master-shards
      - all-nodes
  port:
    description:
      - The TCP port of the endpoint. The cluster chooses one if it is not set. Set once, at creation.
    type: int
  data_persistence:
    description: How the data is kept on disk.
    type: str
    choices:
      - disabled
      - aof
      - snapshot
  aof_policy:
    description: How often the append-only file is written to disk.
    type: str
    choices:
      - appendfsync-every-sec
      - appendfsync-always
  snapshot_policy:
    description: When a snapshot is taken; the order of the rules does not matter.
    type: list
    elements: dict
    suboptions:
      secs:
        description: Seconds after which a snapshot is taken.
        type: int
        required: true
      writes:
        description: If at least so many keys have changed.
        type: int
        required: true
  eviction_policy:
    description: What to evict when the memory limit is reached.
    type: str
    choices:
      - volatile-lru
      - volatile-ttl
      - volatile-random
      - allkeys-lru
      - allkeys-random
      - noeviction
      - volatile-lfu
      - allkeys-lfu
  authentication_redis_pass:
    description:
      - The password of the default user. An empty string removes it.
      - If the cluster shows the password, it is compared. If the cluster masks it, O(update_password) decides.
    type: str
  update_password:
    description:
      - For passwords that the cluster does not show, so that a difference cannot be seen.
      - V(always) sends them on every run and reports a change each time. V(on_create) sends them only when the database
        is created.
    type: str
    choices:
      - always
      - on_create
    default: always
  tls_mode:
    description: Which connections to the database use TLS.
    type: str
    choices:
      - enabled
      - disabled
      - replica_ssl
  rack_aware:
    description: Whether a primary and its replica lie in different racks.
    type: bool
  slave_ha:
    description: Whether a lost replica is made anew on another node. The default is the cluster's setting.
    type: bool
  max_connections:
    description: The greatest number of client connections; V(0) means no limit.
    type: int
  module_list:
    description:
      - The modules of the database. Set once, at creation.
      - They are compared by name, and only in what is given. Modules beyond these make no difference, because databases
        of Redis 8 bring some unasked.
    type: list
    elements: dict
    suboptions:
      module_name:
        description: The name of the module, such as V(search) or V(ReJSON).
        type: str
        required: true
      module_args:
        description: Its arguments.
        type: str
  tags:
    description: The tags of the database, all of them; the order does not matter, and an empty list removes them.
    type: list
    elements: dict
    suboptions:
      key:
        description: The key of the tag.
        type: str
        required: true
      value:
        description: The value of the tag.
        type: str
        required: true
  redis_version:
    description:
      - The version of Redis that the database is created with, such as V(7.4). Later it changes only by an upgrade.
      - V(7.4) is met by V(7.4.2).
    type: str
  config:
    description:
      - Further fields of the API's BDB object, by their names in the API. For what has no option of its own.
    type: dict
    default: {}
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
      - Passwords that the cluster does not show are sent on every run, unless O(update_password=on_create).
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

- name: Set a field that has no option here
  redis_enterprise.cluster.redis_bdb:
    url: https://node1.example.com:9443
    ca_cert: /etc/ssl/redis-enterprise.pem
    name: orders-old
    config:
      max_client_pipeline: 300

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
  returned: success
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
failure:
  description:
    - The facts behind a failure, with the keys C(status), C(error_code), C(description), C(method), C(path), C(action)
      and C(attempts). Those that do not apply are null.
  returned: failure
  type: dict
"""

from ansible_collections.redis_enterprise.cluster.plugins.module_utils import _bdb_fields
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._frame import Front, run_module, waiting_spec
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._operations import bdb

FRONT = Front(bdb.run, {**bdb.OPTIONS, **waiting_spec(600.0)}, secrets=_bdb_fields.secrets_in)


def main() -> None:
    run_module(FRONT)


if __name__ == "__main__":
    main()

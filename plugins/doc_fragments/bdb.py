# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of options for the fields of a database: what it is, and where it lies."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  name:
    description:
      - The name of the database. Letters, digits and hyphens, with a letter or digit at both ends.
      - Needed to create it. Together with O(uid) of an existing database, the database is renamed.
    type: str
  uid:
    description:
      - The uid of the database. Says which one is meant, also where two have the same name.
      - A new database gets the uid only if it is set here.
      - Set once, at creation.
    type: int
  type:
    description:
      - The protocol that the database speaks.
      - The cluster's default is V(redis).
      - Set once, at creation.
    type: str
    choices: [redis, memcached]
  port:
    description:
      - The TCP port of the endpoint. The cluster chooses one if it is not set.
      - It is compared with the port on which the endpoint really listens.
      - Set once, at creation.
    type: int
  redis_version:
    description:
      - The version of Redis that the database is created with, such as V(7.4). Later it changes only by an upgrade.
      - V(7.4) is met by V(7.4.2).
      - Set once, at creation.
    type: str
  version:
    description:
      - The full version of the database, such as V(7.4.2), where O(redis_version) does not say enough.
      - V(7.4) is met by V(7.4.2).
      - Set once, at creation.
    type: str
  module_list:
    description:
      - The modules of the database.
      - They are compared by name, and only in what is given. Modules beyond these make no difference, because databases
        of Redis 8 bring some unasked. So an empty list makes none either.
      - Set once, at creation.
    type: list
    elements: dict
    suboptions:
      module_name:
        description: The name of the module, such as V(search) or V(ReJSON).
        type: str
        required: true
      module_args:
        description:
          - Its arguments, as one string or as a list of strings.
          - Deprecated since release 8.0; use O(search) or O(timeseries) or O(probabilistic) instead.
        type: raw
      module_id:
        description:
          - The id of the module in the cluster.
          - Deprecated since release 7.8.2; use O(module_list[].module_name) instead.
        type: str
      semantic_version:
        description:
          - The version of the module.
          - Deprecated since release 7.8.2; use O(module_list[].module_name) instead.
        type: str
  auto_upgrade:
    description:
      - Whether the database is upgraded by itself after the cluster was.
      - The cluster's default is V(false).
    type: bool
  tags:
    description: The tags of the database, all of them. The order does not matter, and an empty list removes them.
    type: list
    elements: dict
    suboptions:
      key:
        description: The key of the tag. Each key can be there once.
        type: str
        required: true
      value:
        description: The value of the tag.
        type: str
        required: true
  account_id:
    description: The number of the account that the database is booked to.
    type: int
  email_alerts:
    description:
      - Whether alerts of this database are sent by mail.
      - The cluster's default is V(false).
    type: bool
  metrics_export_all:
    description:
      - Whether the metrics exporter shows all metrics of the shards.
      - The cluster's default is V(false).
    type: bool
  memory_size:
    description:
      - The memory limit over all shards and replicas, in bytes, or with a unit such as V(512MB) or V(1GB). Units are
        powers of 1024. V(0) means no limit.
      - Needed to create a database.
    type: str
  replication:
    description:
      - Whether each primary shard has a replica on another node.
      - The cluster's default is V(false).
    type: bool
  sharding:
    description:
      - Whether the keys are spread over several shards. It cannot be turned off.
      - The cluster's default is V(false).
    type: bool
  shards_count:
    description:
      - The number of primary shards. How far it can be changed later depends on the release.
      - From 1 to 512. The cluster's default is V(1).
    type: int
  shard_key_regex:
    description:
      - The rules that find the part of a key that decides about its shard, in order.
      - For a database that is sharded, it changes only together with O(action=flush).
    type: list
    elements: dict
    suboptions:
      regex:
        description: The rule. Its group named C(tag) is the part that counts.
        type: str
        required: true
  hash_slots_policy:
    description:
      - The range of the hash slots. V(legacy) means 1 to 4096, V(16k) means 0 to 16383, as the OSS Cluster API needs
        it.
      - For a database that is sharded, it changes only together with O(action=flush).
    type: str
    choices: [legacy, 16k]
  implicit_shard_key:
    description:
      - Whether a key that no rule of O(shard_key_regex) fits is hashed as a whole. Otherwise commands with such a key
        are refused.
      - The cluster's default is V(false).
    type: bool
  shards_placement:
    description:
      - Whether the shards lie on few nodes (V(dense)) or on many (V(sparse)). The default is the cluster's setting.
    type: str
    choices: [dense, sparse]
  shards_blueprint:
    description:
      - The node of each shard, as the cluster proposes it in answer to C(optimize_shards_placement).
      - 'The cluster does not show it, so that it cannot be compared: O(update_password) decides when it is sent.'
    type: list
    elements: dict
    suboptions:
      nodes:
        description:
          - 'The nodes for one range of slots: one with the primary and, with O(replication), one with the replica.'
        type: list
        elements: dict
        required: true
        suboptions:
          node_uid:
            description: The uid of the node.
            type: str
            required: true
          role:
            description: The role of the shard on this node.
            type: str
            required: true
            choices: [master, slave]
      slot_range:
        description: First and last slot, such as V(0-8191).
        type: str
        required: true
  avoid_nodes:
    description: The uids of nodes on which neither shards nor endpoints shall be. The order does not matter.
    type: list
    elements: str
  use_nodes:
    description: The uids of the nodes for shards and endpoints. The order does not matter.
    type: list
    elements: str
  rack_aware:
    description:
      - Whether a primary and its replica lie in different racks.
      - The cluster's default is V(false).
    type: bool
  oss_sharding:
    description:
      - Kept by the vendor for later. Leave it at V(false).
      - The cluster's default is V(false).
    type: bool
  auto_shards_balancing:
    description:
      - Whether the cluster balances the shards by itself. Kept by the vendor for later; leave it alone.
      - The cluster's default is V(false).
      - Since release 8.0.2.
    type: bool
  auto_shards_balancing_grace_period:
    description:
      - How long balancing waits before it begins. Kept by the vendor for later; leave it alone.
      - The cluster's default is V(120).
      - Since release 8.0.2.
    type: int
  shard_imbalance_threshold:
    description:
      - The imbalance from which on shards are balanced. Kept by the vendor for later; leave it alone.
      - The cluster's default is V(314572800).
      - Since release 8.0.2.
    type: float
  shard_imbalance_threshold_percentage:
    description:
      - The same in percent. Kept by the vendor for later; leave it alone.
      - The cluster's default is V(20).
      - Since release 8.0.2.
    type: int
  bigstore:
    description:
      - Whether the database extends its memory to flash.
      - The cluster's default is V(false).
      - Set once, at creation.
    type: bool
  bigstore_ram_size:
    description: With O(bigstore), the memory limit for RAM, in bytes or with a unit such as V(512MB).
    type: str
  bigstore_ram_weights:
    description: With O(bigstore), how RAM is shared among the shards. The order does not matter.
    type: list
    elements: dict
    suboptions:
      shard_uid:
        description: The uid of the shard.
        type: int
        required: true
      weight:
        description: Its share, relative to the other weights.
        type: float
        required: true
  bigstore_version:
    description:
      - With O(bigstore), V(1) for Auto Tiering and V(2) for Redis Flex. There is a choice with Redis 7.4 only.
      - From 1 to 2. The cluster's default is V(1).
      - Set once, at creation. Since release 7.22.
    type: int
  search_on_bigstore:
    description:
      - Whether a Redis Flex database has the search module.
      - The cluster's default is V(false).
      - Since release 8.0.18.
    type: bool
"""

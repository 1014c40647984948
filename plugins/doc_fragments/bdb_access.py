# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of options for the fields of a database: who may use it, and how clients and proxies reach it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  authentication_redis_pass:
    description:
      - The password of the default user. An empty string removes it.
      - O(update_password) decides whether it is sent when the database exists.
      - Deprecated since release 7.2 in favour of the request PUT /v1/bdbs/{uid}/passwords, for several passwords.
    type: str
  authentication_admin_pass:
    description:
      - The password with which other databases synchronise from this one. The cluster makes one if it is not set.
      - O(update_password) decides whether it is sent when the database exists.
    type: str
  authentication_sasl_uname:
    description: For O(type=memcached), the SASL user name. It cannot hold any of C(&), C(<), C(>) and double quotes.
    type: str
  authentication_sasl_pass:
    description:
      - For O(type=memcached), the SASL password.
      - O(update_password) decides whether it is sent when the database exists.
    type: str
  default_user:
    description:
      - Whether clients may connect as the default user.
      - The cluster's default is V(true).
    type: bool
  disconnect_clients_on_password_removal:
    description:
      - Whether clients are disconnected when the password that they used is removed or replaced.
      - The cluster's default is V(false).
      - Since release 8.0.2.
    type: bool
  roles_permissions:
    description: Which ACL each role has in this database, for all roles. The order does not matter.
    type: list
    elements: dict
    suboptions:
      role_uid:
        description: The uid of the role.
        type: int
        required: true
      redis_acl_uid:
        description: The uid of the ACL.
        type: int
        required: true
  disabled_commands:
    description: The Redis commands that are off in this database.
    type: str
  tls_mode:
    description:
      - Which connections to the database use TLS. V(replica_ssl) means those of databases that replicate from it.
      - The cluster's default is V(disabled).
    type: str
    choices: [enabled, disabled, replica_ssl]
  ssl:
    description:
      - Whether connections to the database use TLS.
      - The cluster's default is V(false).
      - Deprecated since release 5.0.1; use O(tls_mode) instead.
    type: bool
  enforce_client_authentication:
    description:
      - Whether clients that use TLS must show a certificate. V(enabled) needs certificates in
        O(authentication_ssl_client_certs) or O(authentication_ssl_crdt_certs).
      - The cluster's default is V(enabled).
    type: str
    choices: [enabled, disabled]
  authentication_ssl_client_certs:
    description:
      - The certificates with which clients are let in, all of them. They are compared by content, in any order and with
        any line ends.
    type: list
    elements: dict
    suboptions: &authentication_ssl_client_certs
      client_cert:
        description: The certificate as PEM.
        type: str
        required: true
  authentication_ssl_crdt_certs:
    description: The same for the other instances of an Active-Active database.
    type: list
    elements: dict
    suboptions: *authentication_ssl_client_certs
  client_cert_subject_validation_type:
    description:
      - 'What of a valid certificate is checked in addition: nothing, its common name (V(san_cn)), or its whole subject.
        The last two need O(authorized_subjects).'
      - The cluster's default is V(disabled).
    type: str
    choices: [disabled, san_cn, full_subject]
  authorized_subjects:
    description:
      - The subjects whose certificates are let in, all of them. Upper and lower case count, the order does not.
      - Since release 6.4.2.
    type: list
    elements: dict
    suboptions:
      CN:
        description: Common name.
        type: str
        required: true
      O:
        description: Organization.
        type: str
      OU:
        description: Organizational units.
        type: list
        elements: str
      L:
        description: Locality, such as a city.
        type: str
      ST:
        description: State or province.
        type: str
      C:
        description: Country, as a code of two letters.
        type: str
  authorized_names:
    description:
      - Names that certificates may have. The order does not matter.
      - Deprecated since release 6.4.2; use O(authorized_subjects) instead.
    type: list
    elements: str
  mtls_allow_outdated_certs:
    description:
      - Whether client certificates are let in after their end.
      - The cluster's default is V(false).
    type: bool
  mtls_allow_weak_hashing:
    description:
      - Whether client certificates with weak hashes are let in.
      - The cluster's default is V(false).
    type: bool
  data_internode_encryption:
    description: Whether data that goes from node to node is encrypted. The default is the cluster's setting.
    type: bool
  audit_settings:
    description:
      - Which connections and commands are audited. Only the suboptions that are set are compared and changed.
      - Filters count for connections that are made later.
      - Since release 8.2.
    type: dict
    suboptions:
      audit_mode:
        description:
          - 'What is audited: nothing, connections and authentication, or commands as well.'
          - The cluster's default is V(disabled).
        type: str
        choices: [disabled, connection, connection_and_crud]
      username_filter:
        description: Whose commands are audited, by user name.
        type: dict
        suboptions:
          enabled:
            description:
              - Whether the filter is on. It needs O(audit_settings.username_filter.usernames).
              - The cluster's default is V(false).
            type: bool
          usernames:
            description: Up to 512 user names. The order does not matter.
            type: list
            elements: str
          filter_type:
            description:
              - Whether only these users are audited, or all others.
              - The cluster's default is V(inclusive).
            type: str
            choices: [inclusive, exclusive]
          allow_while_username_unknown:
            description:
              - Whether commands are audited before the user name is known.
              - The cluster's default is V(false).
            type: bool
      source_ip_filter:
        description: Whose commands are audited, by address.
        type: dict
        suboptions:
          enabled:
            description:
              - Whether the filter is on. It needs an address or a range; 512 are possible together.
              - The cluster's default is V(false).
            type: bool
          ip_addresses:
            description: Single IPv4 and IPv6 addresses. The order does not matter.
            type: list
            elements: str
          cidr_ranges:
            description: IPv4 and IPv6 ranges, such as V(10.0.0.0/8). The order does not matter.
            type: list
            elements: str
          filter_type:
            description:
              - Whether only these addresses are audited, or all others.
              - The cluster's default is V(inclusive).
            type: str
            choices: [inclusive, exclusive]
      max_total_key_bytes:
        description:
          - The greatest number of bytes of keys in the record of one command.
          - At least 0. The cluster's default is V(131072).
        type: int
  db_conns_auditing:
    description:
      - Whether connections to the database are audited.
      - The cluster's default is V(false).
      - Deprecated since release 8.2; use O(audit_settings.audit_mode) instead.
    type: bool
  proxy_policy:
    description: On which nodes the endpoint is bound. The default is the cluster's setting.
    type: str
    choices: [single, all-master-shards, all-nodes]
  oss_cluster:
    description:
      - Whether clients may use the Redis Cluster protocol.
      - It needs O(sharding=true), O(hash_slots_policy=16k), and O(proxy_policy) V(all-master-shards) or V(all-nodes).
      - The cluster's default is V(false).
    type: bool
  oss_cluster_api_preferred_endpoint_type:
    description:
      - Whether the OSS Cluster API names addresses or host names.
      - The cluster's default is V(ip).
    type: str
    choices: [ip, hostname]
  oss_cluster_api_preferred_ip_type:
    description:
      - Whether the OSS Cluster API names internal or external addresses.
      - The cluster's default is V(internal).
    type: str
    choices: [internal, external]
  endpoint:
    description:
      - The endpoint that the update is about, where an update reconfigures one.
      - 'The cluster does not show it, so that it cannot be compared: O(update_password) decides when it is sent.'
    type: str
  max_connections:
    description:
      - The greatest number of client connections. V(0) means no limit.
      - At least 0. The cluster's default is V(0).
    type: int
  maxclients:
    description:
      - The greatest number of connections between the proxies and a shard.
      - The cluster's default is V(10000).
      - Since release 7.22.
    type: int
  max_client_pipeline:
    description:
      - The greatest number of commands in the pipeline of one client connection.
      - At most 2047. The cluster's default is V(200).
    type: int
  max_pipelined:
    description:
      - The greatest number of commands in the proxy's pipeline of one shard connection.
      - The cluster's default is V(2000).
    type: int
  conns:
    description:
      - The number of connections that a proxy holds to the shards, counted as O(conns_type) says.
      - The cluster's default is V(5).
    type: int
  conns_type:
    description:
      - Whether O(conns) counts for each thread of the proxy or for each shard.
      - The cluster's default is V(per-thread).
    type: str
    choices: [per-thread, per-shard]
  conns_global_maximum_dedicated:
    description:
      - The greatest number of dedicated connections to the shards, over all proxy threads. V(0) means no limit.
      - The cluster's default is V(0).
      - Since release 8.0.2.
    type: int
  conns_minimum_dedicated:
    description:
      - The number of dedicated connections that each proxy thread has to each shard.
      - The cluster's default is V(2).
      - Since release 8.0.2.
    type: int
  sched_policy:
    description:
      - 'Which connection to a shard the proxy takes: the fullest that is below O(max_pipelined) (V(cmp)), the one used
        last (V(mru)), all in turn (V(spread)), or the emptiest (V(mnp)).'
      - The cluster's default is V(cmp).
    type: str
    choices: [cmp, mru, spread, mnp]
  multi_commands_opt:
    description:
      - Whether the commands of a transaction go to the shard in one batch. V(auto) means as the cluster's setting says.
      - The cluster's default is V(auto).
      - Since release 7.22.
    type: str
    choices: [disabled, batch, auto]
  mkms:
    description:
      - Whether commands with keys in several slots are supported.
      - The cluster's default is V(true).
    type: bool
  resp3:
    description:
      - Whether clients may use RESP3.
      - The cluster's default is V(true).
    type: bool
  shard_block_crossslot_keys:
    description:
      - Whether Lua scripts are kept from using keys of several hash slots of their shard.
      - The cluster's default is V(false).
    type: bool
  shard_block_foreign_keys:
    description:
      - Whether Lua scripts are kept from using keys that could lie in another shard.
      - The cluster's default is V(true).
    type: bool
  link_sconn_on_full_request:
    description:
      - Whether a proxy takes a connection to a shard only when a request is complete; V(ssl_only) means for TLS
        clients.
      - The cluster's default is V(disabled).
      - Since release 8.0.2.
    type: str
    choices: [enabled, disabled, ssl_only]
  replica_sconns_on_demand:
    description:
      - Whether proxies connect to replicas only when they need to, which halves the connections between nodes.
      - The cluster's default is V(enabled).
      - Since release 8.0.2.
    type: str
    choices: [enabled, disabled]
  partial_request_timeout_seconds:
    description:
      - Seconds after which a client is disconnected that stops in the middle of a command and blocks a connection to a
        shard.
      - The cluster's default is V(3).
      - Since release 8.0.2.
    type: int
  preemptive_drain_timeout_seconds:
    description:
      - Seconds for which clients are drained before a shard is taken down.
      - The cluster's default is V(2).
      - Since release 8.0.2.
    type: int
"""

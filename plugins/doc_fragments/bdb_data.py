# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of options for the fields of a database: persistence, backup, eviction."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  data_persistence:
    description:
      - How the data is kept on disk. V(snapshot) needs O(snapshot_policy).
      - The cluster's default is V(disabled).
    type: str
    choices: [disabled, aof, snapshot]
  aof_policy:
    description:
      - How often the append-only file is written to disk.
      - The cluster's default is V(appendfsync-every-sec).
    type: str
    choices: [appendfsync-every-sec, appendfsync-always]
  snapshot_policy:
    description: When a snapshot is taken. The order of the rules does not matter.
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
  master_persistence:
    description:
      - Whether the primary shards of a replicated database are persisted too, and not the replicas alone.
      - The cluster's default is V(false).
    type: bool
  max_aof_file_size:
    description: The greatest size of a shard's append-only file, in bytes or with a unit such as V(300GB).
    type: str
  max_aof_load_time:
    description:
      - The longest time that loading a shard's append-only file should take, in seconds.
      - The cluster's default is V(3600).
    type: int
  recovery_wait_time:
    description:
      - How long automatic recovery waits for the persistence files, in seconds. V(-1) means for ever; after any other
        time it goes on without the data.
      - At least -1. The cluster's default is V(-1).
    type: int
  backup:
    description:
      - Whether the database is backed up at intervals. It needs O(backup_interval) and O(backup_location).
      - The cluster's default is V(false).
    type: bool
  backup_interval:
    description: Seconds from one backup to the next.
    type: int
  backup_interval_offset:
    description: Seconds by which backups begin after the round interval. Less than O(backup_interval).
    type: int
  backup_history:
    description:
      - Days for which backups are kept. V(0) means for ever.
      - The cluster's default is V(0).
    type: int
  backup_location:
    description:
      - Where backups are written. What else is needed depends on O(backup_location.type).
      - 'It is compared as a whole: a suboption that is left out is taken to be blank.'
    type: dict
    suboptions:
      type:
        description: The kind of storage.
        type: str
        required: true
        choices: [url, sftp, s3, gs, abs, mount_point]
      url:
        description: For C(url), the FTP URL. It may hold user and password.
        type: str
      sftp_url:
        description: For C(sftp), the SFTP URL. It may hold user and password.
        type: str
      key:
        description: For C(sftp), the private SSH key. The cluster's own is used if it is not set.
        type: str
      bucket_name:
        description: For C(s3) and C(gs), the name of the bucket.
        type: str
      region_name:
        description: For C(s3), the region.
        type: str
      access_key_id:
        description: For C(s3), the id of the access key.
        type: str
      secret_access_key:
        description: For C(s3), the secret access key.
        type: str
      client_id:
        description: For C(gs), the id of the client.
        type: str
      client_email:
        description: For C(gs), the mail address of the client.
        type: str
      private_key:
        description: For C(gs), the private key.
        type: str
      private_key_id:
        description: For C(gs), the id of the private key.
        type: str
      account_name:
        description: For C(abs), the name of the storage account.
        type: str
      account_key:
        description: For C(abs), the key of the storage account, unless there is a SAS token.
        type: str
      sas_token:
        description: For C(abs), the SAS token, unless there is an account key.
        type: str
      container:
        description: For C(abs), the name of the container.
        type: str
      subdir:
        description: For C(s3), C(gs) and C(abs), the folder.
        type: str
      path:
        description: For C(mount_point), the path of a mount point that exists on every node.
        type: str
  dataset_import_sources:
    description:
      - The files that an import loads. The import itself is another request.
      - 'The cluster does not show it, so that it cannot be compared: O(update_password) decides when it is sent.'
    type: list
    elements: dict
    suboptions:
      type:
        description: The kind of storage.
        type: str
        required: true
        choices: [url, sftp, s3, gs, abs, mount_point]
      url:
        description: For C(url), the FTP URL. It may hold user and password.
        type: str
      sftp_url:
        description: For C(sftp), the SFTP URL. It may hold user and password.
        type: str
      key:
        description: For C(sftp), the private SSH key. The cluster's own is used if it is not set.
        type: str
      bucket_name:
        description: For C(s3) and C(gs), the name of the bucket.
        type: str
      region_name:
        description: For C(s3), the region.
        type: str
      access_key_id:
        description: For C(s3), the id of the access key.
        type: str
      secret_access_key:
        description: For C(s3), the secret access key.
        type: str
      client_id:
        description: For C(gs), the id of the client.
        type: str
      client_email:
        description: For C(gs), the mail address of the client.
        type: str
      private_key:
        description: For C(gs), the private key.
        type: str
      private_key_id:
        description: For C(gs), the id of the private key.
        type: str
      account_name:
        description: For C(abs), the name of the storage account.
        type: str
      account_key:
        description: For C(abs), the key of the storage account, unless there is a SAS token.
        type: str
      sas_token:
        description: For C(abs), the SAS token, unless there is an account key.
        type: str
      container:
        description: For C(abs), the name of the container.
        type: str
      subdir:
        description: For C(s3), C(gs) and C(abs), the folder.
        type: str
      path:
        description: For C(mount_point), the path of a mount point that exists on every node.
        type: str
      filename:
        description: For C(s3), C(gs) and C(abs), the name of the RDB file.
        type: str
  skip_import_analyze:
    description:
      - Whether an import goes without the analysis of the RDB file.
      - The cluster's default is V(disabled).
    type: str
    choices: [enabled, disabled]
  eviction_policy:
    description:
      - What to evict when the memory limit is reached. The default for a database of O(type=memcached) is
        V(allkeys-lru).
      - V(allkeys-lrm) and V(volatile-lrm) came with release 8.0.18.
      - The cluster's default is V(volatile-lru).
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
      - allkeys-lrm
      - volatile-lrm
  activedefrag:
    description:
      - Whether memory is defragmented while the database runs.
      - The cluster's default is V(no).
      - Since release 7.22.
    type: str
    choices: ["yes", "no"]
  active_defrag_cycle_max:
    description:
      - The most CPU for defragmentation, in percent, at the upper threshold.
      - From 1 to 99. The cluster's default is V(25).
      - Since release 7.22.
    type: int
  active_defrag_cycle_min:
    description:
      - The least CPU for defragmentation, in percent, at the lower threshold.
      - From 1 to 99. The cluster's default is V(1).
      - Since release 7.22.
    type: int
  active_defrag_ignore_bytes:
    description:
      - The waste from which on defragmentation starts, in bytes or with a unit such as V(100mb).
      - The cluster's default is V(100mb).
      - Since release 7.22.
    type: str
  active_defrag_max_scan_fields:
    description:
      - The greatest number of members of one key that the main scan works on.
      - The cluster's default is V(1000).
      - Since release 7.22.
    type: int
  active_defrag_threshold_lower:
    description:
      - The fragmentation at which defragmentation starts, in percent.
      - From 0 to 1000. The cluster's default is V(10).
      - Since release 7.22.
    type: int
  active_defrag_threshold_upper:
    description:
      - The fragmentation at which it takes the greatest effort, in percent.
      - From 0 to 1000. The cluster's default is V(100).
      - Since release 7.22.
    type: int
  tracking_table_max_keys:
    description:
      - The size of the table for client-side caching, in keys. V(0) means no limit. The default is the cluster's
        setting.
      - At least 0.
      - Since release 7.8.2.
    type: int
"""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of options for the fields of a database: settings of its modules."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  search:
    description:
      - Settings of the search module. Only the suboptions that are set are compared and changed.
      - Since release 8.0.2.
    type: dict
    suboptions:
      search_timeout:
        description:
          - The longest time that a query may run, in milliseconds.
          - From 1 to 9223372036854775807. The cluster's default is V(500).
        type: int
      search_ext_load:
        description:
          - The path of an extension library to load.
          - Counts after a restart of the database.
        type: str
      search_max_doctablesize:
        description:
          - The size of the hash table for documents.
          - Counts after a restart of the database.
          - From 1 to 18446744073709551615. The cluster's default is V(1000000).
        type: int
      search_friso_ini:
        description:
          - The path of a dictionary for Chinese.
          - Counts after a restart of the database.
        type: str
      search_cursor_max_idle:
        description:
          - The longest idle time that can be set for a cursor, in milliseconds.
          - From 1 to 9223372036854775807. The cluster's default is V(300000).
        type: int
      search_partial_indexed_docs:
        description:
          - Whether documents that are indexed in part only are filtered; V(0) means no.
          - Counts after a restart of the database.
          - From 0 to 9223372036854775807. The cluster's default is V(0).
        type: int
      search_gc_scan_size:
        description:
          - The bulk size of index garbage collection.
          - From 1 to 9223372036854775807. The cluster's default is V(100).
        type: int
      search_no_gc:
        description:
          - Whether garbage collection of indexes is off.
          - Counts after a restart of the database.
          - The cluster's default is V(false).
        type: bool
      search_fork_gc_run_interval:
        description:
          - Seconds from one run of fork garbage collection to the next.
          - From 1 to 9223372036854775807. The cluster's default is V(30).
        type: int
      search_fork_gc_retry_interval:
        description:
          - Seconds to the next try after a run that failed.
          - From 1 to 9223372036854775807. The cluster's default is V(5).
        type: int
      search_fork_gc_clean_threshold:
        description:
          - The number of documents to clean from which on a run does its work.
          - From 1 to 9223372036854775807. The cluster's default is V(100).
        type: int
      search_vss_max_resize:
        description:
          - The greatest change of size of a vector index, in bytes.
          - From 0 to 4294967295. The cluster's default is V(0).
        type: int
      search_union_iterator_heap:
        description:
          - The number of iterators in a union from which on a heap is used.
          - From 1 to 9223372036854775807. The cluster's default is V(20).
        type: int
      search_min_phonetic_term_len:
        description:
          - The shortest term for phonetic matching.
          - From 1 to 9223372036854775807. The cluster's default is V(3).
        type: int
      search_multi_text_slop:
        description:
          - The distance in positions between the values of an array of texts.
          - Counts after a restart of the database.
          - From 1 to 4294967295. The cluster's default is V(100).
        type: int
      search_raw_docid_encoding:
        description:
          - Whether document ids are kept without compression, for less CPU.
          - Counts after a restart of the database.
          - The cluster's default is V(false).
        type: bool
      search__print_profile_clock:
        description:
          - Whether C(FT.PROFILE) shows times. For tests only.
          - The cluster's default is V(true).
        type: bool
      search__free_resource_on_thread:
        description:
          - Whether some resources of an index are freed on a second thread.
          - The cluster's default is V(true).
        type: bool
      search__numeric_compress:
        description:
          - Whether doubles are stored as floats, as in older versions.
          - The cluster's default is V(false).
        type: bool
      search_bg_index_sleep_gap:
        description:
          - Steps of background indexing from one short pause to the next.
          - Counts after a restart of the database.
          - From 1 to 4294967295. The cluster's default is V(100).
        type: int
      search__numeric_ranges_parents:
        description:
          - How many levels of parents keep numeric ranges.
          - From 0 to 2. The cluster's default is V(0).
        type: int
      search_fork_gc_sleep_before_exit:
        description:
          - Seconds for which fork garbage collection sleeps before it ends. For tests only.
          - From 0 to 9223372036854775807. The cluster's default is V(0).
        type: int
      search_no_mem_pools:
        description:
          - Whether the module works without memory pools.
          - Counts after a restart of the database.
          - The cluster's default is V(false).
        type: bool
      search__prioritize_intersect_union_children:
        description:
          - Whether the order of an intersection takes into account how many children its unions have.
          - The cluster's default is V(false).
        type: bool
      search_conn_per_shard:
        description:
          - Connections to each shard. V(0) means one more than O(search.search_workers).
          - From 0 to 9223372036854775807. The cluster's default is V(0).
        type: int
      search_cursor_reply_threshold:
        description:
          - Replies that are collected before shards are asked for more.
          - From 1 to 9223372036854775807. The cluster's default is V(1).
        type: int
      search_threads:
        description:
          - Threads of the search module.
          - Counts after a restart of the database.
        type: int
      search_default_dialect:
        description:
          - The query dialect where a command names none.
          - From 1 to 4. The cluster's default is V(1).
        type: int
      search_topology_validation_timeout:
        description:
          - How long requests wait for all shards to be connected, in milliseconds.
          - From 0 to 9223372036854775807. The cluster's default is V(30000).
        type: int
      search_workers:
        description:
          - Threads for queries and background work.
          - From 0 to 8192. The cluster's default is V(0).
        type: int
      search_min_operation_workers:
        description:
          - Threads for background work while the server is busy with an operation.
          - From 0 to 8192. The cluster's default is V(4).
        type: int
      search_tiered_hnsw_buffer_limit:
        description:
          - The number of waiting vectors from which on they go to the HNSW index directly.
          - Counts after a restart of the database.
          - From 0 to 9223372036854775807. The cluster's default is V(1024).
        type: int
      search_workers_priority_bias_threshold:
        description:
          - Tasks of high priority that run before others get their turn.
          - From 0 to 9223372036854775807. The cluster's default is V(1).
        type: int
      search_on_timeout:
        description:
          - Whether a query that runs out of time gives what it has, or fails.
          - The cluster's default is V(RETURN).
        type: str
        choices: [RETURN, FAIL]
      search_min_prefix:
        description:
          - The shortest prefix for prefix queries.
          - From 1 to 9223372036854775807. The cluster's default is V(2).
        type: int
      search_min_stem_len:
        description:
          - The shortest word that is stemmed.
          - From 2 to 4294967295. The cluster's default is V(4).
        type: int
      search_max_prefix_expansions:
        description:
          - The greatest number of terms that a prefix expands to.
          - From 1 to 9223372036854775807. The cluster's default is V(200).
        type: int
      search_max_search_results:
        description:
          - The greatest number of results of C(FT.SEARCH).
          - From 0 to 9223372036854775807. The cluster's default is V(1000000).
        type: int
      search_max_aggregate_results:
        description:
          - The greatest number of results of C(FT.AGGREGATE).
          - From 0 to 9223372036854775807. The cluster's default is V(2147483648).
        type: int
      search_io_threads:
        description:
          - Threads for traffic between shards.
          - From 1 to 256. The cluster's default is V(1).
        type: int
      search_enable_unstable_features:
        description:
          - Whether unstable features are on.
          - The cluster's default is V(false).
        type: bool
      search_index_cursor_limit:
        description:
          - The greatest number of open cursors for each shard.
          - From 0 to 9223372036854775807. The cluster's default is V(128).
        type: int
      search_bm25std_tanh_factor:
        description:
          - The stretch factor of the scorer C(BM25STD.TANH).
          - From 1 to 10000. The cluster's default is V(4).
        type: int
      search_indexer_yield_every_ops:
        description:
          - Operations of indexing, while data is loaded, from one break for other work to the next.
          - From 1 to 4294967295. The cluster's default is V(1000).
        type: int
      search_on_oom:
        description:
          - What a query does when memory runs out.
          - The cluster's default is V(return).
        type: str
        choices: [return, fail, ignore]
      search_default_scorer:
        description:
          - The scorer where a query names none.
          - The cluster's default is V(BM25STD).
        type: str
        choices: [TFIDF, TFIDF.DOCNORM, BM25, BM25STD, BM25STD.TANH, BM25STD.NORM, DISMAX, DOCSCORE, HAMMING]
      search__bg_index_mem_pct_thr:
        description:
          - The share of the memory limit at which background indexing stops, in percent.
          - From 0 to 100. The cluster's default is V(100).
        type: int
      search__bg_index_oom_pause_time:
        description:
          - Seconds for which background indexing pauses at that limit.
          - From 0 to 4294967295. The cluster's default is V(5).
        type: int
      search_bg_index_sleep_duration_us:
        description:
          - The length of a short pause of background indexing, in microseconds.
          - From 0 to 999999. The cluster's default is V(1).
        type: int
  timeseries:
    description:
      - Settings of the time series module. Only the suboptions that are set are compared and changed.
      - Since release 8.0.2.
    type: dict
    suboptions:
      ts_num_threads:
        description:
          - Threads for time series.
          - Counts after a restart of the database.
          - From 1 to 16.
        type: int
      ts_compaction_policy:
        description: The compaction rules of new time series.
        type: str
      ts_retention_policy:
        description:
          - How long samples of new time series are kept, in milliseconds. V(0) means for ever. Compaction rules have
            their own.
          - From 0 to 9223372036854775807. The cluster's default is V(0).
        type: int
      ts_duplicate_policy:
        description:
          - What becomes of a second sample with the same time stamp.
          - The cluster's default is V(BLOCK).
        type: str
        choices: [BLOCK, FIRST, LAST, MIN, MAX, SUM]
      ts_encoding:
        description:
          - Whether the chunks of new compacted time series are compressed.
          - The cluster's default is V(COMPRESSED).
        type: str
        choices: [COMPRESSED, UNCOMPRESSED]
      ts_chunk_size_bytes:
        description:
          - The size of a new chunk, in bytes.
          - From 48 to 1048576. The cluster's default is V(4096).
        type: int
      ts_ignore_max_time_diff:
        description:
          - The greatest difference in time at which a sample can count as a duplicate, in milliseconds.
          - From 0 to 9223372036854775807. The cluster's default is V(0).
        type: int
      ts_ignore_max_val_diff:
        description:
          - The greatest difference in value at which a sample can count as a duplicate.
          - The cluster's default is V(0).
        type: float
  probabilistic:
    description:
      - Settings for probabilistic data types. They count for filters that are made later. Only the suboptions that are
        set are compared and changed.
      - Since release 8.0.2.
    type: dict
    suboptions:
      bf_error_rate:
        description:
          - The error rate of new Bloom filters.
          - From 0 to 1. The cluster's default is V(0.01).
        type: float
      bf_initial_size:
        description:
          - The capacity of new Bloom filters.
          - From 1 to 1048576. The cluster's default is V(100).
        type: int
      bf_expansion_factor:
        description:
          - By which factor new Bloom filters grow.
          - From 0 to 32768. The cluster's default is V(2).
        type: int
      cf_initial_size:
        description:
          - The capacity of new Cuckoo filters.
          - From 1 to 1048576. The cluster's default is V(1024).
        type: int
      cf_bucket_size:
        description:
          - The items in each bucket of new Cuckoo filters.
          - From 1 to 255. The cluster's default is V(2).
        type: int
      cf_max_iterations:
        description:
          - How often an item is moved in new Cuckoo filters before they count as full.
          - From 1 to 65535. The cluster's default is V(20).
        type: int
      cf_expansion_factor:
        description:
          - By which factor new Cuckoo filters grow.
          - From 0 to 32768. The cluster's default is V(1).
        type: int
      cf_max_expansions:
        description:
          - How often new Cuckoo filters can grow.
          - From 1 to 65536. The cluster's default is V(32).
        type: int
  query_performance_factor:
    description:
      - The query performance factor of the search module. Only the suboptions that are set are compared and changed.
      - Since release 8.0.2.
    type: dict
    suboptions:
      active:
        description:
          - Whether it is on.
          - The cluster's default is V(false).
        type: bool
      scaling_factor:
        description:
          - The factor.
          - From 0 to 16. The cluster's default is V(0).
        type: int
"""

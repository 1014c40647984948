# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of a drained node, as maintenance_on and the health check node_drained share it."""

from __future__ import annotations

import typing as t

import pytest
from support import small_cluster
from support.health_checks import facts

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import drain


@pytest.mark.parametrize(
    ("options", "staying"),
    [
        ({}, []),
        ({"evict_ha_replica": True, "evict_active_active_replica": False}, []),
        (drain.options_for(["ha"]), ["2"]),
        (drain.options_for(["active_active"]), []),
        ({"keep_slave_shards": True}, ["2"]),
        ({"evict_dbs": ["2"]}, ["2", "3"]),
        ({"evict_dbs": [1]}, []),
    ],
)
def test_which_shards_have_to_move(options: dict[str, t.Any], staying: list[str], clock: t.Any) -> None:
    """Node 2 holds replica 2 and primary 3 of database 1."""
    cluster = facts(small_cluster.answers(), clock).cluster
    node = cluster.require_node(2)
    moving = [shard.uid for shard in drain.shards_to_move(node, options, cluster)]
    assert [shard.uid for shard in node.shards if shard.uid not in moving] == staying


def test_each_obstacle_names_the_endpoint_that_shows_it(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][0]["shard_list"] = [1, 77]
    cluster = facts(table, clock).cluster
    found = list(drain.obstacles(cluster.require_node(1), {}, cluster))
    assert [each.source for each in found] == ["/v4/cluster/health", "/v1/shards", "/v1/nodes", "/v1/bdbs"]


def test_endpoints_may_stay_where_only_some_databases_were_evicted(clock: t.Any) -> None:
    table = small_cluster.answers()
    small_cluster.maintenance(table, 1)
    cluster = facts(table, clock).cluster
    assert list(drain.obstacles(cluster.require_node(1), {"evict_dbs": ["2"]}, cluster)) == []

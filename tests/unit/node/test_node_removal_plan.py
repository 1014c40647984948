# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision about the removal of a node: run, adopt, wait, nothing, or a refusal; and what is left of the node."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from support.clusters import cluster, record, shard
from support.node_actions import REMOVE

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import Forceable, View, Wanted
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import GoalNotReached, Refused
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.removal import Remove

REMOVAL = Remove()


def remove(view: View, *, force: bool = False, uid: int = 2, **options: t.Any) -> t.Any:
    return REMOVAL.decide(Wanted(uid, REMOVE, options, force), view)


def test_a_removal_that_harms_nothing_has_no_remark() -> None:
    step = remove(View(cluster(4), asked_through=("10.0.0.1", "10.0.0.2")), wait_for_persistence=True)
    assert (step.kind, dict(step.body), step.warnings) == ("run", {"wait_for_persistence": True}, ())


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (View(cluster(4, primary=2)), "Node 2 is the primary of the cluster: hand that role over first"),
        (View(cluster(3, down=[3])), "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is down"),
        (View(cluster(2)), "Without node 2 the cluster would be a single node"),
        (View(cluster(4, shards=[shard()], room=100)), "shard 1 of database db: node 1 has 0 MiB left"),
        (
            View(cluster(2, shards=[shard(), shard("slave", "2", 1)])),
            "shard 1 of database db: node 1 has its other copy",
        ),
        (View(cluster(4, down=[2], shards=[shard()])), "has the only copy of shard 1 of database db: start it first"),
        (View(cluster(4), asked_through=("10.0.0.2",)), "url names only node 2 itself"),
        (View(cluster(4), asked_through=("n2", "10.0.0.2")), "url names only node 2 itself"),
    ],
)
def test_a_removal_that_harms_is_refused_and_force_overrides(view: View, sentence: str) -> None:
    with pytest.raises(Forceable) as caught:
        remove(view)
    assert sentence in str(caught.value)
    assert "Nothing was changed; force: true overrides." in str(caught.value)
    forced = remove(view, force=True)
    assert forced.kind == "run"
    assert [warning for warning in forced.warnings if sentence in warning]


@pytest.mark.parametrize(
    "view",
    [
        View(cluster(4, leaving=[2])),
        View(cluster(4, leaving=[2]), record(REMOVE, "failed")),
        View(cluster(4, leaving=[2], shards=[shard(), shard("slave", "2", 3)]), record(REMOVE, "aborted")),
        View(cluster(4, leaving=[2], shards=[shard("slave", "2", detail="loading"), shard(node=3)])),
    ],
)
def test_a_node_that_half_left_goes_on_leaving(view: View) -> None:
    step = remove(view)
    assert (step.kind, step.warnings) == ("run", ())
    assert step.why == "node 2 is decommissioning, and no removal of it runs"


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (View(cluster(4, leaving=[2], primary=2)), "Node 2 is the primary of the cluster"),
        (View(cluster(4, leaving=[2, 3], down=[4])), "and node 3 is decommissioning and node 4 is down"),
        (
            View(cluster(3, leaving=[2, 3])),
            "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is dec",
        ),
        (View(cluster(3, leaving=[3])), "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is dec"),
        (View(cluster(2, leaving=[2])), "Without node 2 the cluster would be a single node"),
        (View(cluster(4, leaving=[2], shards=[shard()], room=100)), "shard 1 of database db: node 1 has 0 MiB left"),
        (
            View(cluster(4, leaving=[2], shards=[shard(detail="down")])),
            "Node 2 is decommissioning, and shard 1 of database db on it is not healthy: repair it first",
        ),
        (View(cluster(4, leaving=[2]), asked_through=("10.0.0.2",)), "url names only node 2 itself"),
    ],
)
def test_what_speaks_against_a_removal_does_so_for_a_node_that_half_left(view: View, sentence: str) -> None:
    with pytest.raises(Forceable) as caught:
        remove(view)
    assert sentence in str(caught.value)
    assert remove(view, force=True).kind == "run"


def test_shards_find_no_place_on_a_node_that_half_left() -> None:
    copies = [shard(), shard("slave", "2", 1)]
    assert remove(View(cluster(3, shards=copies))).kind == "run"
    with pytest.raises(Forceable, match="shard 1 of database db: node 1 has its other copy"):
        remove(View(cluster(3, leaving=[3], shards=copies)))


def test_all_that_speaks_against_a_removal_is_said_at_once() -> None:
    with pytest.raises(Forceable, match=r"is the primary.*single node.*find a place"):
        remove(View(cluster(2, primary=2, shards=[shard(), shard("slave", "2", 1)])))


def test_the_only_node_stays_even_with_force() -> None:
    with pytest.raises(Refused, match="only node of the cluster") as caught:
        remove(View(cluster(1)), uid=1, force=True)
    assert not isinstance(caught.value, Forceable)


@pytest.mark.parametrize(
    ("view", "remark"),
    [
        (View(cluster(3)), "will have 2 nodes left"),
        (View(cluster(4, shards=[shard()], replication=False)), "shard 1 of database db on node 2 has no replica"),
        (
            View(cluster(4, leaving=[2], shards=[shard()], replication=False)),
            "shard 1 of database db on node 2 has no rep",
        ),
    ],
)
def test_what_a_removal_costs_is_remarked(view: View, remark: str) -> None:
    step = remove(view)
    assert step.kind == "run"
    assert [warning for warning in step.warnings if remark in warning]


def test_a_removed_node_is_known_by_its_record_and_another_uid_by_nothing() -> None:
    removed = remove(View(cluster(4), own_record=record(REMOVE, "completed")), uid=9)
    assert (removed.kind, removed.warnings) == ("nothing", ())
    unknown = remove(View(cluster(4)), uid=9)
    assert unknown.kind == "nothing"
    assert "its nodes are 1, 2, 3, 4" in unknown.warnings[0]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"strays": (shard(uid="5", node=9),)}, "/v1/shards still shows shard 5 on it"),
        ({"shown_in": {"/v1/nodes/status": frozenset({9})}}, "/v1/nodes/status still shows it"),
        ({"shown_in": {"/v4/cluster/health": frozenset({9})}}, "/v4/cluster/health still shows it"),
    ],
)
def test_a_removed_node_of_which_something_is_left_is_no_success(change: dict[str, t.Any], left: str) -> None:
    now = dataclasses.replace(cluster(4), **change)
    with pytest.raises(GoalNotReached, match=left):
        remove(View(now, own_record=record(REMOVE, "completed")), uid=9)


def test_after_a_removal_every_endpoint_is_looked_at() -> None:
    wanted = Wanted(4, REMOVE)
    before = cluster(4)
    assert REMOVAL.unmet_goal(wanted, before, cluster(3)) is None
    assert "/v1/nodes still lists it" in str(REMOVAL.unmet_goal(wanted, before, before))
    bound = REMOVAL.unmet_goal(wanted, before, cluster(3, endpoint_on=4))
    assert bound == "of node 4, /v1/bdbs still shows the endpoint of db on it"


def test_the_advice_about_a_removal_names_shards_and_endpoints() -> None:
    many = [shard(uid=str(uid)) for uid in range(1, 11)]
    node = cluster(4, shards=many, endpoint_on=2).node(2)
    said = REMOVAL.recovery_advice(Wanted(2, REMOVE), node)
    assert "with master shard 1, master shard 2" in said
    assert "and 2 more shards and the endpoint of db on it" in said
    assert REMOVAL.recovery_advice(Wanted(9, REMOVE), None) == "Node 9 is no longer in the cluster."


def test_a_node_whose_role_is_unknown_may_be_the_primary() -> None:
    now = cluster(4)
    view = View(dataclasses.replace(now, nodes=tuple(dataclasses.replace(each, role=None) for each in now.nodes)))
    with pytest.raises(Forceable, match="The cluster role of node 2 is unknown: /v1/nodes/status does not give it"):
        remove(view)
    forced = remove(view, force=True)
    assert (forced.kind, "role of node 2 is unknown" in forced.warnings[0]) == ("run", True)

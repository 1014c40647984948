# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision about maintenance of a node: run, adopt, wait, nothing, or a refusal."""

from __future__ import annotations

import typing as t

import pytest
from support.clusters import cluster, record, shard
from support.node_actions import ENSLAVE, OFF, ON, REMOVE

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import Forceable, View, Wanted
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import Cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import Refused
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.actions import NODE_ACTIONS


def step(action: str, view: View, **options: t.Any) -> t.Any:
    force = options.pop("force", False)
    return NODE_ACTIONS[action].decide(Wanted(2, action, options, force), view)


def unmet(action: str, now: Cluster, **options: t.Any) -> str | None:
    return NODE_ACTIONS[action].unmet_goal(Wanted(2, action, options), now, now)


@pytest.mark.parametrize(
    ("action", "view", "kind"),
    [
        (ON, View(cluster()), "run"),
        (ON, View(cluster(maintained=[2])), "nothing"),
        (ON, View(cluster(maintained=[2]), record(ON, "completed")), "nothing"),
        (ON, View(cluster(), record(ON, "running")), "adopt"),
        (ON, View(cluster(maintained=[2]), record(ON, "queued")), "adopt"),
        (ON, View(cluster(maintained=[2]), others=(record(OFF, "running"),)), "wait"),
        (ON, View(cluster(), others=(record(OFF, "completed"),)), "run"),
        (ON, View(cluster(maintained=[2]), record(ON, "failed")), "run"),
        (ON, View(cluster(maintained=[2], shards=[shard("master")])), "run"),
        (ON, View(cluster(maintained=[2], endpoint_on=2)), "run"),
        (OFF, View(cluster()), "nothing"),
        (OFF, View(cluster(maintained=[2])), "run"),
        (OFF, View(cluster(maintained=[2]), record(OFF, "running")), "adopt"),
        (OFF, View(cluster(), others=(record(ON, "running"),)), "wait"),
        (OFF, View(cluster(snapshot_of=[2]), others=(record(ON, "aborted"),)), "run"),
        (OFF, View(cluster(snapshot_of=[2]), others=(record(ON, "completed"),)), "nothing"),
        (OFF, View(cluster(snapshot_of=[2]), record(OFF, "completed"), (record(ON, "aborted"),)), "nothing"),
        (OFF, View(cluster(maintained=[2]), record(OFF, "failed")), "run"),
        (OFF, View(cluster(snapshot_of=[2]), record(OFF, "failed")), "run"),
        (OFF, View(cluster(snapshot_of=[2]), record(OFF, "aborted"), (record(ON, "completed"),)), "run"),
        (OFF, View(cluster(snapshot_of=[2]), record(OFF, "cancelled")), "run"),
        (OFF, View(cluster(snapshot_of=[2]), record(OFF, "completed")), "nothing"),  # with skip_shards_restore
        (OFF, View(cluster(snapshot_of=[2])), "nothing"),
        (OFF, View(cluster(), record(OFF, "failed")), "nothing"),
        (ON, View(cluster(maintained=[2]), others=(record(ENSLAVE, "running"),)), "wait"),
        (OFF, View(cluster(), others=(record(ENSLAVE, "queued"),)), "wait"),
        (ON, View(cluster(), others=(record(REMOVE, "cancelling"),)), "wait"),
        (OFF, View(cluster(maintained=[2]), others=(record(REMOVE, "cancelling"),)), "wait"),
        (ON, View(cluster(), others=(record(REMOVE, "failed"), record(ENSLAVE, "completed"))), "run"),
    ],
)
def test_steps(action: str, view: View, kind: str) -> None:
    assert step(action, view).kind == kind


@pytest.mark.parametrize(
    ("action", "view", "options", "sentence"),
    [
        (
            ON,
            View(cluster(maintained=[3])),
            {},
            r"1 of 3 nodes would be left, 2 are needed, and node 3 is in maintenance",
        ),
        (ON, View(cluster(down=[1])), {}, "node 1 is down"),
        (ON, View(cluster(2)), {}, "could lose its quorum"),
        (ON, View(cluster(5, maintained=[3], down=[4])), {}, r"2 of 5 nodes would be left, 3 are needed"),
        (ON, View(cluster(down=[2])), {}, "Node 2 is down.*Start it first"),
        (ON, View(cluster(leaving=[2])), {}, "Node 2 is decommissioning: its removal began.*with action: remove"),
        (ON, View(cluster(leaving=[3])), {}, "1 of 3 nodes would be left, 2 are needed, and node 3 is decommissioning"),
        (OFF, View(cluster(maintained=[2], leaving=[2])), {}, "Node 2 is decommissioning.*with action: remove"),
        (OFF, View(cluster(maintained=[2], down=[2])), {}, "start it"),
        (OFF, View(cluster(maintained=[2]), snapshots=()), {}, "no snapshot to go back to.*skip_shards_restore: true"),
        (
            OFF,
            View(cluster(maintained=[2]), snapshots=("snap-2",)),
            {"snapshot_name": "other"},
            r"has no snapshot 'other' \(it has: snap-2\)",
        ),
    ],
)
def test_danger_is_refused_and_force_overrides_with_a_warning(
    action: str, view: View, options: dict[str, t.Any], sentence: str
) -> None:
    with pytest.raises(Forceable, match=sentence) as caught:
        step(action, view, **options)
    assert "Nothing was changed" in str(caught.value)
    forced = step(action, view, force=True, **options)
    assert forced.kind == "run"
    assert [warning for warning in forced.warnings if "force is set" in warning]


def test_one_node_of_four_may_be_in_maintenance_when_three_are_left() -> None:
    assert step(ON, View(cluster(4))).kind == "run"
    with pytest.raises(Forceable):
        step(ON, View(cluster(4, maintained=[4])))


def test_an_unknown_node_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused, match="no node with uid 9; its nodes are 1, 2, 3"):
        NODE_ACTIONS[ON].decide(Wanted(9, ON, force=True), View(cluster()))


@pytest.mark.parametrize("action", [ON, OFF])
@pytest.mark.parametrize("status", ["queued", "starting", "running"])
@pytest.mark.parametrize("force", [True, False])
def test_a_node_that_is_being_removed_is_left_alone(action: str, status: str, force: bool) -> None:
    """Also with force: once the removal has ended there is nothing left to maintain."""
    for now in (cluster(), cluster(maintained=[2]), cluster(leaving=[2])):
        with pytest.raises(Refused, match=f"remove of node 2 is {status}: the node is leaving the cluster.*state: abs"):
            step(action, View(now, others=(record(REMOVE, status),)), force=force)


@pytest.mark.parametrize("action", [ON, OFF])
def test_a_node_that_was_removed_is_told_from_one_that_never_was(action: str) -> None:
    with pytest.raises(Refused, match="Node 2 is no longer in the cluster: remove of node 2 is completed"):
        step(action, View(cluster(1), others=(record(REMOVE, "completed"),)))
    with pytest.raises(Refused, match="no node with uid 2; its nodes are 1"):
        step(action, View(cluster(1), others=(record(REMOVE, "failed"),)))


@pytest.mark.parametrize(
    ("view", "sent"),
    [
        (View(cluster(snapshot_of=[2])), True),
        (View(cluster(maintained=[2]), record(ON, "failed")), False),
        (View(cluster(snapshot_of=[2]), record(ON, "aborted")), False),
        (View(cluster(maintained=[2], shards=[shard("master")])), False),
        (View(cluster(snapshot_of=[2]), others=(record(OFF, "failed"),)), False),
        (View(cluster(snapshot_of=[2]), record(ON, "completed"), (record(OFF, "aborted"),)), False),
        (View(cluster(snapshot_of=[2]), others=(record(OFF, "cancelled"),)), False),
        (View(cluster(snapshot_of=[2]), others=(record(OFF, "completed"),)), True),
        (View(cluster(), others=(record(OFF, "failed"),)), True),
    ],
)
def test_the_snapshot_of_an_unfinished_attempt_is_never_overwritten(view: View, sent: bool) -> None:
    taken = step(ON, view, overwrite_snapshot=True)
    assert taken.body["overwrite_snapshot"] is sent
    assert bool([warning for warning in taken.warnings if "snapshot" in warning]) is not sent


@pytest.mark.parametrize(("left_by", "view"), [(ON, {"own_record": ON}), (OFF, {"others": OFF})])
def test_a_snapshot_that_is_kept_is_named_with_its_action(left_by: str, view: dict[str, str]) -> None:
    own, other = view.get("own_record"), view.get("others")
    seen = View(
        cluster(snapshot_of=[2]),
        record(own, "failed") if own else None,
        (record(other, "failed"),) if other else (),
    )
    [warning] = step(ON, seen, overwrite_snapshot=True).warnings
    assert f"overwrite_snapshot is left out for node 2: an earlier {left_by} did not finish" in warning


@pytest.mark.parametrize(
    ("role", "options", "crdt", "must_move"),
    [
        ("master", {}, False, True),
        ("slave", {}, False, True),
        ("slave", {"evict_ha_replica": False}, False, False),
        ("slave", {"evict_ha_replica": False}, True, True),
        ("slave", {"evict_active_active_replica": False}, True, False),
        ("slave", {"keep_slave_shards": True}, False, False),
        ("master", {"evict_ha_replica": False}, False, True),
        ("master", {"evict_dbs": ["7"]}, False, True),
        ("master", {"evict_dbs": ["8"]}, False, False),
    ],
)
def test_a_shard_that_had_to_leave_is_noticed(
    role: str, options: dict[str, t.Any], crdt: bool, must_move: bool
) -> None:
    problem = unmet(ON, cluster(maintained=[2], shards=[shard(role)], crdt=crdt), **options)
    assert bool(problem) is must_move
    if must_move:
        kind = "primary" if role == "master" else "replica"
        assert problem == f"Node 2 still holds {kind} shard 1 of database 7"


@pytest.mark.parametrize(
    ("action", "now", "problem"),
    [
        (ON, cluster(maintained=[2]), None),
        (ON, cluster(), "Node 2 is not in maintenance"),
        (ON, cluster(maintained=[2], endpoint_on=2), "Node 2 still serves the endpoint of db"),
        (OFF, cluster(), None),
        (OFF, cluster(maintained=[2]), "Node 2 is still in maintenance"),
    ],
)
def test_what_is_unmet_after_the_action(action: str, now: Cluster, problem: str | None) -> None:
    assert unmet(action, now) == problem

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions about the role of the primary: enslave_node, which gives it up, and change_master, which moves it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from support.clusters import cluster, cluster_record, record, shard
from support.node_actions import CHANGE_MASTER, ENSLAVE, ON, REMOVE

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import Forceable, View, Wanted
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import Cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import Refused
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.handover import ChangeMaster, EnslaveNode

HANDOVER, CHANGE = EnslaveNode(), ChangeMaster()


def enslave(view: View, *, force: bool = False, uid: int = 2, **options: t.Any) -> t.Any:
    return HANDOVER.decide(Wanted(uid, ENSLAVE, options, force), view)


def change_master(view: View, *, uid: int = 2, **options: t.Any) -> t.Any:
    return CHANGE.decide(Wanted(uid, CHANGE_MASTER, options), view)


def without_roles(now: Cluster) -> Cluster:
    return dataclasses.replace(now, nodes=tuple(dataclasses.replace(each, role=None) for each in now.nodes))


@pytest.mark.parametrize(
    ("view", "options", "kind"),
    [
        (View(cluster(primary=2)), {}, "run"),
        (View(cluster(primary=1)), {}, "nothing"),
        (View(cluster(primary=2), own_record=record(ENSLAVE, "queued")), {}, "adopt"),
        (View(cluster(primary=2), others=(record(ON, "running"),)), {}, "wait"),
        (View(cluster(primary=1), others=(record(ON, "running"),)), {}, "nothing"),
        (View(cluster(primary=2), others=(record(ON, "failed"),)), {}, "run"),
        (View(cluster(primary=2, leaving=[2])), {}, "run"),
        (View(cluster(primary=2), others=(record(REMOVE, "cancelling"),)), {}, "wait"),
        (View(cluster(primary=1), others=(record(REMOVE, "running"),)), {}, "nothing"),
        (View(cluster(primary=2)), {"shards_only": True}, "nothing"),
        (View(cluster(shards=[shard()])), {"shards_only": True}, "run"),
        (View(cluster(shards=[shard()], replication=False)), {"shards_only": True}, "nothing"),
        (View(cluster(shards=[shard("slave")])), {"shards_only": True}, "nothing"),
        (View(cluster(endpoint_on=2)), {"endpoints_only": True}, "run"),
        (View(cluster(shards=[shard()])), {"endpoints_only": True}, "nothing"),
        (View(cluster(endpoint_on=2)), {"demote_node": False}, "run"),
        (View(cluster(primary=2)), {"demote_node": False}, "nothing"),
    ],
)
def test_steps_of_enslave_node(view: View, options: dict[str, t.Any], kind: str) -> None:
    step = enslave(view, **options)
    assert step.kind == kind
    assert bool(step.warnings) is (kind == "run" and bool(options)), "what is not documented is warned about"


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({}, {"demote_node": True}),
        ({"demote_node": True}, {"demote_node": True}),
        ({"retry_timeout_seconds": 9}, {"retry_timeout_seconds": 9, "demote_node": True}),
        ({"shards_only": True}, {"shards_only": True}),
        ({"demote_node": False}, {"demote_node": False}),
    ],
)
@pytest.mark.parametrize("release", ["6.4.2-1", "8.2.0-25"])
def test_demote_node_is_sent_where_the_goal_is_the_role(
    options: dict[str, t.Any], body: dict[str, t.Any], release: str
) -> None:
    """Without it a cluster only makes replicas of shards and moves endpoints, on every release."""
    now = cluster(primary=2, shards=[shard()], endpoint_on=2, release=release)
    assert dict(enslave(View(now), **options).body) == body


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (
            View(cluster(2, primary=2, down=[1])),
            "No other node could take over from node 2: node 1 is down",
        ),
        (
            View(cluster(2, primary=2, leaving=[1])),
            "No other node could take over from node 2: node 1 is decommissioning",
        ),
        (View(cluster(primary=2, down=[2])), "Node 2 is down: the others elect a new primary"),
        (View(without_roles(cluster())), "The cluster role of node 2 is unknown: /v1/nodes/status does not give it"),
    ],
)
def test_a_handover_that_harms_is_refused_and_force_overrides(view: View, sentence: str) -> None:
    with pytest.raises(Forceable, match=sentence):
        enslave(view)
    forced = enslave(view, force=True)
    assert forced.kind == "run"
    assert sentence in forced.warnings[0]


@pytest.mark.parametrize(
    ("view", "uid", "sentence"),
    [
        (
            View(cluster(primary=2), others=(record(REMOVE, "running"),)),
            2,
            "remove of node 2 is running: the node is le",
        ),
        (
            View(cluster(1), others=(record(REMOVE, "completed"),)),
            2,
            "Node 2 is no longer in the cluster: remove of no",
        ),
        (View(cluster(1)), 1, "nothing can take over"),
        (View(cluster()), 9, "no node with uid 9"),
    ],
)
def test_a_handover_that_cannot_be_carried_out_is_refused_with_force_too(view: View, uid: int, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as caught:
        enslave(view, uid=uid, force=True)
    assert not isinstance(caught.value, Forceable)


@pytest.mark.parametrize(("primary", "role"), [(2, "is the primary of"), (1, "is not the primary of")])
def test_the_advice_says_the_role(primary: int, role: str) -> None:
    said = HANDOVER.recovery_advice(Wanted(2, ENSLAVE), cluster(primary=primary).node(2))
    assert f"Node 2 {role} the cluster, with no shard on it" in said
    assert "no longer in the cluster" in HANDOVER.recovery_advice(Wanted(2, ENSLAVE), None)


# -- change_master ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "kind"),
    [
        (View(cluster(primary=1)), "run"),
        (View(cluster(primary=2)), "nothing"),
        (View(cluster(primary=1), cluster_record(CHANGE_MASTER, "completed")), "run"),
        (View(cluster(primary=2), cluster_record(CHANGE_MASTER, "failed")), "nothing"),
        (View(cluster(primary=1), cluster_record(CHANGE_MASTER, "queued")), "adopt"),
        (View(cluster(primary=2), cluster_record(CHANGE_MASTER, "running")), "adopt"),
        (View(cluster(primary=1, maintained=[1], down=[3])), "run"),
        (View(cluster(primary=1), others=(record(ON, "completed"), record(REMOVE, "failed"))), "run"),
        (View(cluster(primary=1, release="")), "run"),
    ],
)
def test_the_role_of_the_node_decides_and_not_the_record(view: View, kind: str) -> None:
    step = change_master(view)
    assert step.kind == kind
    assert dict(step.body) == ({"node_uid": "2"} if kind == "run" else {})


def test_an_adopted_action_is_said_not_to_name_its_node() -> None:
    step = change_master(View(cluster(), cluster_record(CHANGE_MASTER, "running")))
    assert step.why == (
        "change_master is running, and does not say for which node: it is waited for, and started for node 2 if "
        "another one is the primary then"
    )


@pytest.mark.parametrize(
    ("view", "uid", "sentence"),
    [
        (View(cluster(down=[2])), 2, "Node 2 is down, so it must not become the primary: name a node in service."),
        (View(cluster(leaving=[2])), 2, "Node 2 is decommissioning, so it must not become the primary"),
        (View(cluster(maintained=[2])), 2, "Node 2 is in maintenance, so it must not become the primary"),
        (View(cluster(quorum_only=[2])), 2, "Node 2 is a quorum-only node, so it must not become the primary"),
        (
            View(cluster(), others=(record(ON, "queued"),)),
            2,
            r"not going to stay in service \(maintenance_on of node 2 is q",
        ),
        (View(cluster(), others=(record(REMOVE, "running"),)), 2, r"\(remove of node 2 is running\), so it must not"),
        (View(cluster()), 9, "The cluster has no node with uid 9; its nodes are 1, 2, 3"),
        (
            View(cluster(release="7.2.4-1")),
            2,
            r"change_master came with 7\.4, and this cluster has 7\.2\.4: use redis_node_ac",
        ),
        (View(without_roles(cluster())), 2, "The cluster role of node 2 is unknown"),
    ],
)
def test_a_node_that_must_not_be_the_primary_is_refused(view: View, uid: int, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as caught:
        change_master(view, uid=uid)
    assert not isinstance(caught.value, Forceable)
    assert uid == 9 or "Nothing was changed." in str(caught.value)


def test_further_members_are_passed_on_with_a_warning() -> None:
    step = change_master(View(cluster()), reason="patching")
    assert dict(step.body) == {"reason": "patching", "node_uid": "2"}
    assert "no option reason of change_master" in step.warnings[0]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "Node 2 cannot become the primary (400: no). The release may not have it: use redis_node_action with"),
        (404, "Node 2 cannot become the primary (404: no). The cluster no longer has this node"),
        (406, "Node 2 cannot become the primary (406: no). The node has not finished its bootstrap: wait until it is"),
    ],
)
def test_a_rejection_says_what_to_do(status: int, sentence: str) -> None:
    assert sentence in str(CHANGE.rejection_help(Wanted(2, CHANGE_MASTER), status, "no"))
    assert CHANGE.rejection_help(Wanted(2, CHANGE_MASTER), 500, "no") is None


@pytest.mark.parametrize(
    ("primary", "unmet", "advice"),
    [
        (2, None, "Node 2 is the primary of the cluster. Run the task again"),
        (1, "node 1 is the primary of the cluster", "Node 2 is not the primary of the cluster. Run the task again"),
        (0, "no node is the primary of the cluster", "Node 2 is not the primary of the cluster. Run the task again"),
    ],
)
def test_the_goal_is_read_from_the_roles(primary: int, unmet: str | None, advice: str) -> None:
    now, wanted = cluster(primary=primary), Wanted(2, CHANGE_MASTER)
    assert CHANGE.unmet_goal(wanted, now, now) == unmet
    assert advice in CHANGE.recovery_advice(wanted, now.node(2))
    assert CHANGE.facts(wanted, View(now)) == {"primary_uid": primary or None}
    assert CHANGE.recovery_advice(wanted, None) == "Node 2 is no longer in the cluster."

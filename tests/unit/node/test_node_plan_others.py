# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions about removal, about the role of the primary, and about options of an action or a release."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.model import Action
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import (
    Cluster,
    Database,
    Shard,
    assemble,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    GoalNotReached,
    InvalidInput,
    Refused,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node import (
    cluster_action as _cluster_action_plan,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node import handover as _node_plan_enslave
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node import maintenance as _node_plan
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node import removal as _node_plan_remove
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.maintenance import (
    ENSLAVE,
    OFF,
    ON,
    REMOVE,
    View,
    Wanted,
)

ROOM = 10 * 2**20


def cluster(
    count: int = 4,
    *,
    primary: int = 1,
    down: t.Collection[int] = (),
    leaving: t.Collection[int] = (),
    shards: t.Sequence[Shard] = (),
    room: int = ROOM,
    replication: bool = True,
    release: str = "8.0.16-29",
    endpoint_on: int | None = None,
) -> Cluster:
    nodes = [
        {
            "uid": uid,
            "addr": f"10.0.0.{uid}",
            "status": "down" if uid in down else "decommissioning" if uid in leaving else "active",
            "max_redis_servers": 100,
            "software_version": release,
        }
        for uid in range(1, count + 1)
    ]
    statuses = {
        str(uid): {"role": "master" if uid == primary else "slave", "free_provisional_ram": room, "hostname": f"n{uid}"}
        for uid in range(1, count + 1)
    }
    addresses = (f"10.0.0.{endpoint_on}",) if endpoint_on else ()
    return assemble(
        nodes, statuses, shards, [Database(7, "db", "active", replication, False, 2048, 1, addresses)], None
    )


def shard(uid: str = "1", node: int = 2, role: str = "master", detail: str = "ok") -> Shard:
    return Shard(uid, 7, node, role, "active", detail, "0-16383")


def record(name: str, status: str) -> Action:
    return Action("guid", name, "node", status, object_type="node", object_uid="2")


def remove(view: View, *, force: bool = False, uid: int = 2, **options: t.Any) -> t.Any:
    return _node_plan_remove.decide(Wanted(uid, REMOVE, options, force), view)


def enslave(view: View, *, force: bool = False, **options: t.Any) -> t.Any:
    return _node_plan_enslave.decide(Wanted(2, ENSLAVE, options, force), view)


# -- removal ---------------------------------------------------------------------------------------------------------


def test_a_removal_that_harms_nothing_has_no_remark() -> None:
    step = remove(View(cluster(), asked_through=("10.0.0.1", "10.0.0.2")), wait_for_persistence=True)
    assert (step.kind, dict(step.body), step.warnings) == ("run", {"wait_for_persistence": True}, ())


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (View(cluster(primary=2)), "Node 2 is the primary of the cluster: hand that over first with enslave_node"),
        (View(cluster(3, down=[3])), "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is down"),
        (View(cluster(2)), "Without node 2 the cluster would be a single node"),
        (View(cluster(shards=[shard()], room=100)), "shard 1 of database db: node 1 has 0 MiB left"),
        (
            View(cluster(2, shards=[shard(), shard("2", 1, "slave")])),
            "shard 1 of database db: node 1 has its other copy",
        ),
        (View(cluster(down=[2], shards=[shard()])), "has the only copy of shard 1 of database db: start it first"),
        (View(cluster(), asked_through=("10.0.0.2",)), "url names only node 2 itself"),
        (View(cluster(), asked_through=("n2", "10.0.0.2")), "url names only node 2 itself"),
    ],
)
def test_a_removal_that_harms_is_refused_and_force_overrides(view: View, sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        remove(view)
    assert sentence in str(caught.value)
    assert "Nothing was changed; force: true overrides." in str(caught.value)
    forced = remove(view, force=True)
    assert forced.kind == "run"
    assert [warning for warning in forced.warnings if sentence in warning]


@pytest.mark.parametrize(
    "view",
    [
        View(cluster(leaving=[2])),
        View(cluster(leaving=[2]), record(REMOVE, "failed")),
        View(cluster(leaving=[2], shards=[shard(), shard("2", 3, "slave")]), record(REMOVE, "aborted")),
        View(cluster(leaving=[2], shards=[shard("2", 2, "slave", "loading"), shard("1", 3)])),
    ],
)
def test_a_node_that_half_left_goes_on_leaving(view: View) -> None:
    step = remove(view)
    assert (step.kind, step.warnings) == ("run", ())
    assert step.why == "node 2 is decommissioning, and no removal of it runs"


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (View(cluster(leaving=[2], primary=2)), "Node 2 is the primary of the cluster"),
        (View(cluster(leaving=[2, 3], down=[4])), "and node 3 is decommissioning and node 4 is down"),
        (
            View(cluster(3, leaving=[2, 3])),
            "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is dec",
        ),
        (View(cluster(3, leaving=[3])), "1 of the 2 nodes left would be in service, 2 are needed, and node 3 is dec"),
        (View(cluster(2, leaving=[2])), "Without node 2 the cluster would be a single node"),
        (View(cluster(leaving=[2], shards=[shard()], room=100)), "shard 1 of database db: node 1 has 0 MiB left"),
        (
            View(cluster(leaving=[2], shards=[shard(detail="down")])),
            "Node 2 is decommissioning, and shard 1 of database db on it is not well: mend that first",
        ),
        (View(cluster(leaving=[2]), asked_through=("10.0.0.2",)), "url names only node 2 itself"),
    ],
)
def test_what_speaks_against_a_removal_does_so_for_a_node_that_half_left(view: View, sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        remove(view)
    assert sentence in str(caught.value)
    assert remove(view, force=True).kind == "run"


def test_shards_find_no_place_on_a_node_that_half_left() -> None:
    copies = [shard(), shard("2", 1, "slave")]
    assert remove(View(cluster(3, shards=copies))).kind == "run"
    with pytest.raises(Refused, match="shard 1 of database db: node 1 has its other copy"):
        remove(View(cluster(3, leaving=[3], shards=copies)))


def test_all_that_speaks_against_a_removal_is_said_at_once() -> None:
    with pytest.raises(Refused, match=r"is the primary.*single node.*find a place"):
        remove(View(cluster(2, primary=2, shards=[shard(), shard("2", 1, "slave")])))


def test_the_only_node_stays_even_with_force() -> None:
    with pytest.raises(Refused, match="only node of the cluster"):
        _node_plan_remove.decide(Wanted(1, REMOVE, force=True), View(cluster(1)))


@pytest.mark.parametrize(
    ("view", "remark"),
    [
        (View(cluster(3)), "will have 2 nodes left"),
        (View(cluster(shards=[shard()], replication=False)), "shard 1 of database db on node 2 has no replica"),
        (
            View(cluster(leaving=[2], shards=[shard()], replication=False)),
            "shard 1 of database db on node 2 has no rep",
        ),
    ],
)
def test_what_a_removal_costs_is_remarked(view: View, remark: str) -> None:
    step = remove(view)
    assert step.kind == "run"
    assert [warning for warning in step.warnings if remark in warning]


def test_a_removed_node_is_known_by_its_record_and_another_uid_by_nothing() -> None:
    removed = remove(View(cluster(), own_record=record(REMOVE, "completed")), uid=9)
    assert (removed.kind, removed.warnings) == ("nothing", ())
    unknown = remove(View(cluster()), uid=9)
    assert unknown.kind == "nothing"
    assert "its nodes are 1, 2, 3, 4" in unknown.warnings[0]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"strays": (shard("5", 9),)}, "/v1/shards still shows shard 5 on it"),
        ({"shown_in": {"/v1/nodes/status": frozenset({9})}}, "/v1/nodes/status still shows it"),
        ({"shown_in": {"/v4/cluster/health": frozenset({9})}}, "/v4/cluster/health still shows it"),
    ],
)
def test_a_removed_node_of_which_something_is_left_is_no_success(change: dict[str, t.Any], left: str) -> None:
    now = dataclasses.replace(cluster(), **change)
    with pytest.raises(GoalNotReached, match=left):
        remove(View(now, own_record=record(REMOVE, "completed")), uid=9)


def test_after_a_removal_every_endpoint_is_looked_at() -> None:
    wanted = Wanted(4, REMOVE)
    before = cluster(4)
    assert _node_plan_remove.not_as_asked(wanted, before, cluster(3)) is None
    assert "/v1/nodes still lists it" in str(_node_plan_remove.not_as_asked(wanted, before, before))
    bound = _node_plan_remove.not_as_asked(wanted, before, cluster(3, endpoint_on=4))
    assert bound == "of node 4, /v1/bdbs still shows the endpoint of db on it"


def test_what_remains_of_a_removal_names_shards_and_endpoints() -> None:
    many = [shard(str(uid)) for uid in range(1, 11)]
    node = cluster(shards=many, endpoint_on=2).node(2)
    said = _node_plan_remove.remains(Wanted(2, REMOVE), node)
    assert "with master shard 1, master shard 2" in said
    assert "and 2 more shards and the endpoint of db on it" in said
    assert _node_plan_remove.remains(Wanted(9, REMOVE), None) == "Node 9 is not in the cluster any more."


# -- the role of the primary -----------------------------------------------------------------------------------------


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
        (View(cluster(shards=[shard(role="slave")])), {"shards_only": True}, "nothing"),
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


def test_nobody_can_take_over() -> None:
    with pytest.raises(Refused, match="No other node could take over from node 2: node 1 is down"):
        enslave(View(cluster(2, primary=2, down=[1])))
    assert enslave(View(cluster(2, primary=2, down=[1])), force=True).kind == "run"
    with pytest.raises(Refused, match="No other node could take over from node 2: node 1 is decommissioning"):
        enslave(View(cluster(2, primary=2, leaving=[1])))
    with pytest.raises(Refused, match="remove of node 2 is running: the node is leaving the cluster"):
        enslave(View(cluster(primary=2), others=(record(REMOVE, "running"),)), force=True)
    with pytest.raises(Refused, match="Node 2 is not in the cluster any more: remove of node 2 is completed"):
        enslave(View(cluster(1), others=(record(REMOVE, "completed"),)))
    with pytest.raises(Refused, match="Node 2 is down"):
        enslave(View(cluster(primary=2, down=[2])))
    with pytest.raises(Refused, match="nothing can take over"):
        _node_plan_enslave.decide(Wanted(1, ENSLAVE, force=True), View(cluster(1)))
    with pytest.raises(Refused, match="no node with uid 9"):
        _node_plan_enslave.decide(Wanted(9, ENSLAVE, force=True), View(cluster()))


@pytest.mark.parametrize(("primary", "role"), [(2, "is the primary of"), (1, "is not the primary of")])
def test_what_remains_says_the_role(primary: int, role: str) -> None:
    said = _node_plan_enslave.remains(Wanted(2, ENSLAVE), cluster(primary=primary).node(2))
    assert f"Node 2 {role} the cluster, with no shard on it" in said
    assert "not in the cluster" in _node_plan_enslave.remains(Wanted(2, ENSLAVE), None)


# -- options ---------------------------------------------------------------------------------------------------------


def params(action: str, **options: t.Any) -> dict[str, t.Any]:
    return {"node_uid": 2, "action": action, "force": False, "action_options": {}, **options}


@pytest.mark.parametrize(
    ("action", "option", "owner"),
    [
        (ON, "snapshot_name", OFF),
        (OFF, "evict_dbs", ON),
        (REMOVE, "overwrite_snapshot", ON),
        (ENSLAVE, "wait_for_persistence", REMOVE),
    ],
)
def test_an_option_of_another_action_is_refused(action: str, option: str, owner: str) -> None:
    with pytest.raises(InvalidInput, match=f"{option} is an option of {owner}, not of {action}: leave it out"):
        _node_plan.wanted_from(params(action, **{option: False}))


def test_options_that_are_set_are_sent() -> None:
    wanted = _node_plan.wanted_from(params(REMOVE, wait_for_persistence=False, action_options={"x": 1}))
    assert wanted.options == {"wait_for_persistence": False, "x": 1}
    assert "no option x of remove" in _node_plan.unverified(wanted)[0]
    assert _node_plan.unverified(Wanted(2, REMOVE, {"wait_for_persistence": True})) == []


@pytest.mark.parametrize("release", ["7.4.2-1", "7.4.6-27", "8.0.16-29"])
@pytest.mark.parametrize("value", [True, False])
def test_the_old_option_is_refused_with_its_successors(release: str, value: bool) -> None:
    with pytest.raises(
        InvalidInput, match="use evict_ha_replica: false and evict_active_active_replica: false instead"
    ):
        _node_plan.decide(Wanted(2, ON, {"keep_slave_shards": value}, force=True), View(cluster(release=release)))


@pytest.mark.parametrize("release", ["6.4.2-1", "7.4.1-9", ""])
def test_the_old_option_is_taken_before_7_4_2(release: str) -> None:
    step = _node_plan.decide(Wanted(2, ON, {"keep_slave_shards": True}), View(cluster(release=release)))
    assert (step.kind, dict(step.body), step.warnings) == ("run", {"keep_slave_shards": True}, ())


@pytest.mark.parametrize(
    "option", ["evict_ha_replica", "evict_active_active_replica", "evict_dbs", "overwrite_snapshot"]
)
def test_a_new_option_on_an_old_release_is_warned_about(option: str) -> None:
    wanted = Wanted(2, ON, {option: True})
    old, new = (_node_plan.decide(wanted, View(cluster(release=release))) for release in ("7.2.4-1", "7.4.2-1"))
    assert f"{option} came with 7.4.2, and this cluster has 7.2.4" in old.warnings[0]
    assert new.warnings == ()


def test_an_off_that_cannot_restore_has_three_ways_out() -> None:
    said = _node_plan.remains(Wanted(2, OFF), cluster().node(2))
    assert all(way in said for way in ("Make room", "snapshot_name", "skip_shards_restore: true"))
    assert "maintenance_off to go back" in _node_plan.remains(Wanted(2, ON), cluster().node(2))
    assert "not in the cluster" in _node_plan.remains(Wanted(2, ON), None)


# -- actions of the cluster ------------------------------------------------------------------------------------------


def ended(status: str, uid: str = "c-1") -> Action:
    return Action(uid, "rebalance", "cluster", status)


@pytest.mark.parametrize(
    ("now", "before", "rerun", "kind"),
    [
        (None, None, False, "run"),
        (ended("queued"), None, False, "adopt"),
        (ended("starting"), ended("starting"), True, "adopt"),
        (ended("cancelling"), ended("running"), True, "adopt"),
        (ended("completed"), ended("completed"), False, "nothing"),
        (ended("completed"), ended("completed"), True, "run"),
        (ended("completed", "c-2"), ended("completed"), True, "nothing"),
        (ended("completed"), ended("running"), True, "nothing"),
        (ended("failed"), ended("failed"), False, "run"),
        (ended("cancelled"), ended("cancelled"), False, "run"),
        (ended("aborted"), ended("aborted"), True, "run"),
    ],
)
def test_steps_of_a_cluster_action(now: Action | None, before: Action | None, rerun: bool, kind: str) -> None:
    assert _cluster_action_plan.decide(_cluster_action_plan.Wanted("rebalance", rerun), now, before).kind == kind


@pytest.mark.parametrize("name", ["", "a/b", "a b", "../nodes"])
def test_a_name_that_cannot_stand_in_a_path_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not the name of an action"):
        _cluster_action_plan.wanted_from({"action": name})


@pytest.mark.parametrize("decide", [remove, enslave])
def test_a_node_whose_role_nobody_knows_may_be_the_primary(decide: t.Callable[..., t.Any]) -> None:
    now = cluster()
    view = View(dataclasses.replace(now, nodes=tuple(dataclasses.replace(each, role=None) for each in now.nodes)))
    with pytest.raises(Refused, match="Nobody can say whether node 2 is the primary of the cluster: /v1/nodes/status"):
        decide(view)
    forced = decide(view, force=True)
    assert (forced.kind, "Nobody can say" in forced.warnings[0]) == ("run", True)

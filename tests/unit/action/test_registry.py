# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of actions and releases, refusals and force, and whether every class of an action is registered."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest
from support.clusters import cluster
from support.node_actions import ENSLAVE, OFF, ON, REMOVE

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import (
    ActionType,
    Forceable,
    Option,
    View,
    Wanted,
    guard,
    undocumented_options,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.actions import (
    CLUSTER_ACTIONS,
    NODE_ACTIONS,
)

NODE = Path(__file__).parents[3] / "plugins" / "module_utils" / "_node"


def options(action: str, **params: t.Any) -> dict[str, t.Any]:
    return NODE_ACTIONS.options_from(NODE_ACTIONS[action], params)


def test_every_action_is_registered() -> None:
    """A class with a name is an action; without its line in the registry no module could reach it."""
    named = {
        statement.name: path.name
        for path in sorted(NODE.glob("*.py"))
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(statement, ast.ClassDef)
        and any(isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "name" for each in statement.body)
    }
    registered = {type(each).__name__ for each in (*NODE_ACTIONS.values(), *CLUSTER_ACTIONS.values())}
    forgotten = [f"{name} of _node/{file}" for name, file in named.items() if name not in registered]
    assert named
    assert not forgotten, f"add {', '.join(forgotten)} to NODE_ACTIONS or CLUSTER_ACTIONS in _node/actions.py"


@pytest.mark.parametrize("action", [*NODE_ACTIONS.values(), *CLUSTER_ACTIONS.values()], ids=lambda each: each.name)
def test_every_action_has_a_goal_among_its_facts(action: ActionType) -> None:
    wanted = Wanted(2, action.name)
    assert set(action.goal(wanted)) <= set(action.facts(wanted, View(cluster())))
    assert action.opposite is None or NODE_ACTIONS[action.opposite].opposite == action.name


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
        options(action, **{option: False})


def test_options_that_are_set_are_sent() -> None:
    sent = options(REMOVE, wait_for_persistence=False, action_options={"x": 1})
    assert sent == {"wait_for_persistence": False, "x": 1}
    assert "no option x of remove" in undocumented_options(NODE_ACTIONS[REMOVE], Wanted(2, REMOVE, sent))[0]
    assert undocumented_options(NODE_ACTIONS[REMOVE], Wanted(2, REMOVE, {"wait_for_persistence": True})) == []


@pytest.mark.parametrize("release", ["7.4.2-1", "7.4.6-27", "8.0.16-29"])
@pytest.mark.parametrize("value", [True, False])
def test_the_old_option_is_refused_with_its_successors(release: str, value: bool) -> None:
    wanted = Wanted(2, ON, {"keep_slave_shards": value}, force=True)
    with pytest.raises(
        InvalidInput, match="use evict_ha_replica: false and evict_active_active_replica: false instead"
    ):
        NODE_ACTIONS[ON].decide(wanted, View(cluster(release=release)))


@pytest.mark.parametrize("release", ["6.4.2-1", "7.4.1-9", ""])
def test_the_old_option_is_taken_before_7_4_2(release: str) -> None:
    step = NODE_ACTIONS[ON].decide(Wanted(2, ON, {"keep_slave_shards": True}), View(cluster(release=release)))
    assert (step.kind, dict(step.body), step.warnings) == ("run", {"keep_slave_shards": True}, ())


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("evict_ha_replica", True),
        ("evict_active_active_replica", True),
        ("evict_dbs", False),
        ("overwrite_snapshot", False),
    ],
)
def test_a_new_option_on_an_old_release_is_warned_about(option: str, hint: bool) -> None:
    wanted = Wanted(2, ON, {option: True})
    old, new = (NODE_ACTIONS[ON].decide(wanted, View(cluster(release=release))) for release in ("7.2.4-1", "7.4.2-1"))
    assert f"{option} came with 7.4.2, and this cluster has 7.2.4, which may ignore it." in old.warnings[0]
    assert ("Before 7.4.2, keep_slave_shards: true leaves replica" in old.warnings[0]) is hint
    assert new.warnings == ()


def test_an_option_says_its_type_and_its_releases() -> None:
    assert Option("list", "What.", elements="str").spec == {"type": "list", "elements": "str"}
    assert Option("bool", "Whether.").documentation("x") == "For O(action=x). Whether."
    assert Option("bool", "Whether.", since=(7, 4, 2)).documentation("x") == (
        "For O(action=x), 7.4.2 and later. Whether."
    )
    assert Option("bool", "Whether.", until=(8, 0)).documentation("x") == "For O(action=x), before 8.0 only. Whether."


def test_all_refusals_are_said_at_once_and_force_overrides_them() -> None:
    refusals = (Forceable("One is down."), None, Forceable("Two is full."))
    with pytest.raises(Forceable) as caught:
        guard(Wanted(2, ON), *refusals)
    assert str(caught.value) == "One is down. Two is full. Nothing was changed; force: true overrides."
    assert guard(Wanted(2, ON, force=True), *refusals) == [
        "force is set, so maintenance_on goes on although: One is down. Two is full."
    ]
    assert guard(Wanted(2, ON), None) == []


def test_an_off_that_cannot_restore_has_three_ways_out() -> None:
    advice = NODE_ACTIONS[OFF].recovery_advice(Wanted(2, OFF), cluster().node(2))
    assert all(way in advice for way in ("Make room", "snapshot_name", "skip_shards_restore: true"))
    assert "maintenance_off to go back" in NODE_ACTIONS[ON].recovery_advice(Wanted(2, ON), cluster().node(2))
    assert "no longer in the cluster" in NODE_ACTIONS[ON].recovery_advice(Wanted(2, ON), None)

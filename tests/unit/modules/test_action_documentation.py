# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the action modules follows the registry of actions; a failure says what to write where."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import Option, Registry
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.actions import (
    CLUSTER_ACTIONS,
    NODE_ACTIONS,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.cluster_action import RecordedAction
from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_cluster_action, redis_node_action

NODE_SENTENCES = [action.sentence for action in NODE_ACTIONS.values()]
CLUSTER_SENTENCES = [action.sentence for action in CLUSTER_ACTIONS.values()] + [RecordedAction.sentence]


def options(module: t.Any) -> dict[str, t.Any]:
    return dict(yaml.safe_load(module.DOCUMENTATION)["options"])


def place(module: t.Any) -> str:
    return f"plugins/modules/{module.__name__.rpartition('.')[2]}.py"


def documented(option: Option, action: str) -> dict[str, t.Any]:
    """An option's documentation as it should be."""
    return {"description": [option.documentation(action)], **option.spec}


@pytest.mark.parametrize(
    ("module", "sentences"), [(redis_node_action, NODE_SENTENCES), (redis_cluster_action, CLUSTER_SENTENCES)]
)
def test_each_action_is_described(module: t.Any, sentences: list[str]) -> None:
    found = options(module)["action"]["description"]
    wrong = [sentence for sentence in sentences if sentence not in found]
    assert not wrong, f"{place(module)}: write below options, action, description:\n" + yaml.safe_dump(wrong, width=100)


def test_the_choices_of_the_node_actions_are_documented() -> None:
    choices = options(redis_node_action)["action"]["choices"]
    assert choices == list(NODE_ACTIONS), (
        f"{place(redis_node_action)}: write below options, action, choices:\n" + yaml.safe_dump(list(NODE_ACTIONS))
    )
    assert redis_node_action.FRONT.options["action"]["choices"] == choices


@pytest.mark.parametrize(
    ("module", "registry"), [(redis_node_action, NODE_ACTIONS), (redis_cluster_action, CLUSTER_ACTIONS)]
)
def test_each_option_of_an_action_is_documented(module: t.Any, registry: Registry) -> None:
    expected = {
        name: documented(option, action.name) for action in registry.values() for name, option in action.options.items()
    }
    found = options(module)
    wrong = {name: text for name, text in expected.items() if found.get(name) != text}
    assert not wrong, f"{place(module)}: write below options:\n" + yaml.safe_dump(wrong, width=100, sort_keys=False)
    assert {name: module.FRONT.options[name] for name in expected} == registry.option_specs

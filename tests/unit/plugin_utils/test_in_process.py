# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the in-process front takes over from a module process, where that differs by the release of Ansible's core."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.config.manager import ConfigManager

from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_action_info, redis_bdb, redis_health_info
from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils._in_process import InProcess, shows_invocation


class Config:
    """As core 2.21 has it."""

    def __init__(self, asked: bool) -> None:
        self.asked = asked

    def get_config_value(self, name: str, variables: t.Any) -> bool:
        assert (name, variables) == ("INJECT_INVOCATION", {"some": "variable"})
        return self.asked


@pytest.mark.parametrize("asked", [True, False])
def test_the_invocation_is_shown_where_it_is_asked_for(asked: bool) -> None:
    assert shows_invocation(Config(asked), {"some": "variable"}) is asked


def test_a_core_that_does_not_ask_shows_it() -> None:
    known = ConfigManager().get_configuration_definitions()
    assert "INJECT_INVOCATION" not in known, "since 2.21"
    assert shows_invocation(ConfigManager(), {})


@pytest.mark.parametrize(
    ("module", "args", "followed"),
    [
        (redis_bdb, {}, True),
        (redis_bdb, {"wait": False}, False),
        (redis_bdb, {"progress": "no"}, False),
        (redis_health_info, {}, False),
        (redis_health_info, {"wait": "yes"}, True),
        (redis_action_info, {}, False),
        (redis_action_info, {"wait": True}, True),
    ],
)
def test_a_module_that_does_not_wait_unless_asked_is_not_followed(
    module: t.Any, args: dict[str, t.Any], followed: bool
) -> None:
    front = InProcess.__new__(InProcess)
    front.front = module.FRONT
    front._task = types.SimpleNamespace(args=args, check_mode=False, async_val=0, no_log=False)
    assert front._is_to_be_followed() is followed

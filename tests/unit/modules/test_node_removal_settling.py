# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A removal is done when no endpoint shows anything of the node any more, and not when its action is completed."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import urlsplit

import pytest
import requests
from support.acting_api import ActingApi, World
from support.node_actions import REMOVE

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import GoalNotReached
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Wait
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import node_action

LASTS = 3.0  # seconds from the request to the end of the action
ENDPOINTS = {
    "/v1/nodes": "/v1/nodes still lists it",
    "/v1/nodes/status": "/v1/nodes/status still shows it",
    "/v1/shards": "/v1/shards still shows shard 2, 3 on it",
    "/v1/bdbs": "/v1/bdbs still shows the endpoint of cache on it",
    "/v4/cluster/health": "/v4/cluster/health still shows it",
}


class Late(ActingApi):
    """One endpoint answers as before the removal, until so many seconds after the end of the action."""

    def __init__(self, world: World, path: str, seconds: float) -> None:
        super().__init__(world)
        self.path, self.until = path, LASTS + seconds
        self.before = json.dumps(world.table[path]).encode()

    def send(self, request: requests.PreparedRequest, *args: t.Any, **options: t.Any) -> requests.Response:
        response = super().send(request, *args, **options)
        if urlsplit(str(request.url)).path == self.path and self.world.clock.now() < self.until:
            response._content = self.before
        return response


@pytest.fixture
def world(clock: t.Any) -> World:
    """Node 2 has shards and an endpoint."""
    world = World("8.0.16", clock)
    world.table["/v1/bdbs"][0]["endpoints"][0]["addr"] = ["127.0.0.2"]
    world.behaviour.seconds = LASTS
    return world


def remove(api: ActingApi) -> dict[str, t.Any]:
    params = {"node_uid": 2, "action": REMOVE, "state": "completed", "action_options": {}, "force": False}
    return node_action.run(Context(api.client, params, wait=Wait(timeout=60.0), clock=api.world.clock)).as_dict()


def test_an_effect_that_shows_late_is_waited_for(world: World) -> None:
    world.behaviour.effect_after = 2.0
    result = remove(ActingApi(world))
    assert (result["changed"], result["node"], len(world.posts)) == (True, None, 1)
    assert world.clock.now() >= LASTS + 2.0
    assert 2 not in world.uids


@pytest.mark.parametrize("path", ENDPOINTS)
def test_each_endpoint_is_waited_for(world: World, path: str) -> None:
    result = remove(Late(world, path, 3.0))
    assert (result["changed"], result["node"], result["action"]["status"]) == (True, None, "completed")
    assert world.clock.now() >= LASTS + 3.0
    assert len(world.posts) == 1


@pytest.mark.parametrize(("path", "sentence"), ENDPOINTS.items())
def test_an_endpoint_that_does_not_forget_the_node_is_named(world: World, path: str, sentence: str) -> None:
    with pytest.raises(GoalNotReached) as caught:
        remove(Late(world, path, 600.0))
    assert f"remove of node 2 was reported as completed, but: of node 2, {sentence}. Do not stop" in str(caught.value)
    assert caught.value.done == {"changed": True}
    assert len(world.posts) == 1

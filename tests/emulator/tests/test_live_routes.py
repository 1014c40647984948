# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator against real clusters: which routes each release has, and how it answers what it does not have.

The facts are typed in here from their sources and share nothing with the emulator's own table:

live   redis-developer/redis-enterprise-rs, `tests/fixtures/live_compliance_baseline.json` at d746933: what single nodes
       of five builds answered to GET; and `live_non_inventory_routes.json` at 76ec6a8: what OPTIONS says is registered
notes  the vendor's release notes (repository redis/docs, content/operate/rs/release-notes)
doc    the vendor's reference: the first edition that has the page

A captured cluster had one database, not replicated and not Active-Active, and no action of a node or of the cluster.
`pytest -s` shows for each release how many routes were compared, and how many answers were equal and different.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from redis_enterprise_emulator.emulator import ROUTES

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
LIVE = ("7.4.6", "7.8.6", "7.22.2", "8.0.20", "8.2.0")

# 200 on all five.
ALWAYS = """
/v1/actions /v1/actions/bdb/{bdb} /v1/actions/{action} /v1/bdbs /v1/bdbs/alerts /v1/bdbs/alerts/{bdb}
/v1/bdbs/crdt_sources/alerts /v1/bdbs/crdt_sources/alerts/{bdb} /v1/bdbs/replica_sources/alerts
/v1/bdbs/replica_sources/alerts/{bdb} /v1/bdbs/stats /v1/bdbs/stats/last /v1/bdbs/stats/last/{bdb} /v1/bdbs/stats/{bdb}
/v1/bdbs/{bdb}/shards /v1/bdbs/{bdb}/sync_source_stats /v1/bdbs/{bdb} /v1/bdbs/{bdb}/actions/optimize_shards_placement
/v1/bdbs/{bdb}/actions/recover /v1/cluster /v1/cluster/actions /v1/cluster/alerts /v1/cluster/auditing/db_conns
/v1/cluster/certificates /v1/cluster/check /v1/cluster/ldap /v1/cluster/module-capabilities /v1/cluster/policy
/v1/cluster/services_configuration /v1/cluster/stats /v1/cluster/stats/last /v1/crdb_tasks /v1/crdbs /v1/endpoints/stats
/v1/job_scheduler /v1/jsonschema?object=bdb /v1/ldap_mappings /v1/license /v1/local/node/master_healthcheck
/v1/local/services /v1/logs /v1/modules /v1/modules/{module} /v1/nodes /v1/nodes/actions /v1/nodes/alerts
/v1/nodes/alerts/{node} /v1/nodes/check/{node} /v1/nodes/stats /v1/nodes/stats/last /v1/nodes/stats/last/{node}
/v1/nodes/stats/{node} /v1/nodes/status /v1/nodes/{node}/actions /v1/nodes/{node} /v1/nodes/{node}/snapshots
/v1/nodes/{node}/status /v1/ocsp /v1/ocsp/status /v1/proxies /v1/proxies/{node} /v1/redis_acls /v1/redis_acls/1
/v1/roles /v1/roles/1 /v1/shards /v1/shards/stats /v1/shards/stats/last /v1/shards/stats/last/{shard}
/v1/shards/stats/{shard} /v1/shards/{shard} /v1/suffix/cluster.local /v1/suffixes /v1/users /v1/users/1
"""
# The status on each of the five, in their order.
SOMETIMES = {
    "/v1/bdbs/{bdb}/peer_stats": (406, 406, 406, 406, 406),
    "/v1/bdbs/{bdb}/peer_stats/1": (406, 406, 406, 406, 406),
    "/v1/bdbs/{bdb}/sync_source_stats/1": (404, 404, 404, 404, 404),
    "/v1/bdbs/{bdb}/syncer_state": (404, 404, 404, 404, 404),
    "/v1/bdbs/{bdb}/syncer_state/crdt": (404, 404, 404, 404, 404),
    "/v1/bdbs/{bdb}/syncer_state/replica": (404, 404, 404, 404, 404),
    "/v1/boostrap": (404, 404, 404, 404, 404),
    "/v1/bdbs/{bdb}/availability": (404, 200, 200, 200, 200),
    "/v1/local/bdbs/{bdb}/endpoint/availability": (404, 200, 200, 200, 200),
    "/v1/cm_settings": (404, 200, 200, 200, 200),
    "/v1/diagnostics": (404, 200, 200, 200, 200),
    "/v1/usage_report": (404, 404, 200, 200, 200),
    "/v2/actions": (404, 404, 200, 200, 200),
    "/v2/actions/{action}": (404, 404, 200, 200, 200),
    "/v1/cluster/sso": (404, 404, 404, 200, 200),
    "/v1/cluster/sso/saml/metadata/sp": (404, 404, 404, 406, 406),
    "/v1/metrics_config": (404, 404, 404, 200, 200),
    "/v2/local/modules/user-defined/artifacts": (404, 404, 404, 200, 200),
}
# What the capture does not say: route → (status on a release, source).
FURTHER = {
    "6.4.2": {
        "/v1/bdbs/{bdb}/availability": (404, "notes: new in 7.8.2-34"),
        "/v1/actions/bdb/{bdb}": (404, "notes: new in 7.4.2-54"),
        "/v1/nodes/{node}/snapshots": (404, "notes: new in 7.4.2-54"),
        "/v1/nodes/1/actions": (200, "doc: the pages of 2021"),
        "/v1/cluster/check": (200, "doc: its permission and its object are on the pages of 2021"),
        "/v1/nodes/check/{node}": (200, "doc: its permission is on the pages of 2021"),
        "/v1/nodes/alerts": (200, "doc: the pages of 2021"),
        "/v1/nodes/stats/last": (200, "doc: the pages of 2021"),
        "/v1/cluster/policy": (200, "doc: the pages of 2021"),
        "/v2/actions": (404, "notes: new in 7.22.0-95"),
        "/v4/cluster/health": (404, "notes: new in 8.0.16-29"),
    },
    "7.2.4": {
        "/v1/bdbs/{bdb}/availability": (404, "notes: new in 7.8.2-34"),
        "/v1/actions/bdb/{bdb}": (404, "notes: new in 7.4.2-54"),
        "/v1/nodes/{node}/snapshots": (404, "notes: new in 7.4.2-54"),
        "/v1/cluster/check": (200, "doc: its permission and its object are on the pages of 2021"),
        "/v2/actions": (404, "notes: new in 7.22.0-95"),
        "/v4/cluster/health": (404, "notes: new in 8.0.16-29"),
    },
    "7.4.6": {"/v4/cluster/health": (404, "notes: new in 8.0.16-29")},
    "7.8.6": {"/v4/cluster/health": (404, "notes: new in 8.0.16-29")},
    "7.22.2": {"/v4/cluster/health": (404, "notes: new in 8.0.16-29")},
    "8.0.20": {
        "/v4/cluster/health": (200, "notes: new in 8.0.16-29"),
        "/v4/db/{bdb}/health": (200, "doc: openapi.json"),
    },
    "8.2.0": {
        "/v4/cluster/health": (200, "notes: new in 8.0.16-29"),
        "/v4/db/{bdb}/health": (200, "doc: openapi.json"),
    },
}
# Methods that OPTIONS showed for a path, of those that the emulator has: on the releases from this one on.
REGISTERED = {
    ("GET", "/v1/nodes/{node}"): "6.4.2",
    ("POST", "/v1/nodes/{node}/snapshots/x"): "7.8.6",
}
# And those that none of the five has, all from the same file.
ABSENT = """
DELETE /v1/actions/x, DELETE /v1/bootstrap, DELETE /v1/cm_settings, DELETE /v1/debuginfo/x, DELETE /v1/job_scheduler/x
DELETE /v1/migrations/x, DELETE /v1/ocsp/cache, GET /v1/bdbs/{bdb}/alert_settings, GET /v1/bdbs/{bdb}/endpoints
GET /v1/cluster/alert_settings, GET /v1/cluster/settings, GET /v1/cluster/topology, GET /v1/debuginfo
GET /v1/diagnostics/checks, GET /v1/diagnostics/last, GET /v1/endpoints, GET /v1/endpoints/x, GET /v1/license/usage
GET /v1/migrations, GET /v1/nodes/{node}/endpoints, GET /v1/proxies/1/stats, GET /v1/roles/builtin, POST /v1/bootstrap
POST /v1/crdb_tasks, POST /v1/debuginfo, POST /v1/diagnostics, POST /v1/job_scheduler, POST /v1/license/validate
POST /v1/migrations, POST /v1/ocsp/query, POST /v1/proxies/1/actions/reload, POST /v1/suffix
PUT /v1/bdbs/{bdb}/alert_settings, PUT /v1/cluster/alert_settings, PUT /v1/job_scheduler/x, PUT /v1/modules/x
GET /v1/bdbs/metrics/x, GET /v1/bdbs/{bdb}/proxies, GET /v1/cluster/license, GET /v1/cluster/suffixes
GET /v1/crdbs/x/tasks, GET /v1/endpoints/1/stats, GET /v1/nodes/{node}/proxies, GET /v1/nodes/{node}/shards
GET /v1/roles/1/users, GET /v1/shards/1/stats/used_memory
"""


def emulated(path: str) -> bool:
    """Whether the emulator has this route on any release."""
    known = [
        route for routes in ROUTES for route in routes if isinstance(route, Route) and "GET" in (route.methods or ())
    ]
    bare = path.partition("?")[0].format(**dict.fromkeys(("bdb", "node", "shard"), "1"), action="a", module="m")
    return any(route.path_regex.match(bare) for route in known)


def expected(release: str) -> dict[str, int]:
    """Every route of which a source says how this release answers it."""
    found: dict[str, int] = {}
    if release in LIVE:
        found |= dict.fromkeys(ALWAYS.split(), 200)
        found |= {path: statuses[LIVE.index(release)] for path, statuses in SOMETIMES.items()}
    return found | {path: status for path, (status, dummy) in FURTHER.get(release, {}).items()}


@pytest.mark.parametrize("release", ["6.4.2", "7.2.4", *LIVE])
def test_routes_answer_as_real_clusters_do(start: Start, release: str) -> None:
    api = start("--version", release, "--nodes", "1")
    api.create()
    state_machine = api.json("/v1/actions")["state-machines"][0]["action_uid"]
    module = api.json("/v1/modules")[0]["uid"]
    names = {"bdb": 1, "node": 1, "shard": 1, "action": state_machine, "module": module}
    facts = expected(release)
    compared = {path: status for path, status in facts.items() if emulated(path) or status == 404}
    answered = {path: api.get(path.format(**names)) for path in compared}
    different = {
        path: (answered[path].status_code, status)
        for path, status in compared.items()
        if answered[path].status_code != status
    }
    print(f"{release}: of {len(facts)} known routes {len(compared)} compared,", end=" ")
    print(f"{len(compared) - len(different)} equal, {len(different)} different")
    assert not different, "path: (the emulator's status, the source's)"
    assert len(compared) >= (10 if release in LIVE else 6)
    for path, answer in answered.items():
        if answer.status_code == 404 and not emulated(path):
            assert answer.content == b"", "a path that is not registered has no JSON body"


def allowed(api: Api, path: str) -> set[str]:
    answer = api.call("OPTIONS", path)
    if answer.status_code == 404:
        return set()
    assert answer.status_code == 200
    return set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize("release", LIVE)
def test_methods_are_registered_as_on_real_clusters(start: Start, release: str) -> None:
    api = start("--version", release, "--nodes", "1")
    numbers = [int(part) for part in release.split(".")]
    for (method, path), since in REGISTERED.items():
        there = numbers >= [int(part) for part in since.split(".")]
        assert (method in allowed(api, path.format(node=1))) is there, (method, path)
    for pair in ABSENT.strip().replace("\n", ", ").split(", "):
        method, path = pair.split()
        path = path.format(bdb=1, node=1)
        assert method not in allowed(api, path), pair
        assert api.call(method, path, json={}).status_code in (404, 405), pair


def test_a_method_that_a_known_path_does_not_have(calm: Api) -> None:
    answer = calm.call("DELETE", "/v1/nodes/1")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS, PUT")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of releases: what it names exists, and the objects have the members that were seen on each release."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import Route

from redis_enterprise_emulator import node_actions
from redis_enterprise_emulator.emulator import ROUTES
from redis_enterprise_emulator.releases import HISTORY, Release, known_names
from redis_enterprise_emulator.versions import BUILDS, Version, parse_version

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]
PACKAGE = Path(node_actions.__file__).parent
RELEASES = ("6.4.2", "7.2.4", "7.4.6", "7.8.6", "7.22.2", "8.0.20", "8.2.0")


def release(text: str) -> Release:
    return Release(parse_version(text)[0])


def test_changes_are_in_order_and_every_release_has_a_build() -> None:
    order = [change.release for change in HISTORY]
    assert order == sorted(order)
    assert all(change.source for change in HISTORY)
    assert {parse_version(text)[0][:3] for text in RELEASES} <= BUILDS.keys()


def test_every_route_of_the_history_is_one_of_the_emulator() -> None:
    registered = {
        f"{method} {route.path.replace(':int}', '}')}"
        for routes in ROUTES
        for route in routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    assert {name for name in known_names() if re.match(r"[A-Z]+ /", name)} <= registered


def test_every_behaviour_of_the_history_is_asked_for() -> None:
    code = "".join(path.read_text() for path in PACKAGE.glob("*.py") if path.name != "releases.py")
    behaviours = {name.removeprefix("!") for name in known_names() if name.startswith("!")}
    assert {name for name in behaviours if f'"{name}"' not in code} == set()
    with pytest.raises(KeyError):
        release("8.0").does("no such behaviour")


def test_every_option_of_the_history_is_one_of_an_action() -> None:
    code = (PACKAGE / "node_actions.py").read_text()
    options = [re.fullmatch(r"(\w+)\((\w+)\)", name) for name in known_names() if "(" in name]
    assert options
    assert all(found and found[1] in node_actions.NAMES and f'"{found[2]}"' in code for found in options)


@pytest.mark.parametrize(
    ("name", "last_without", "first_with"),
    [
        ("GET /v2/actions", "7.8.6", "7.22.0"),
        ("GET /v1/bdbs/{uid}/availability", "7.4.6", "7.8.2"),
        ("GET /v1/actions/bdb/{uid}", "7.2.4", "7.4.2"),
        ("GET /v4/cluster/health", "8.0.10", "8.0.16"),
        ("POST /v1/nodes/{uid}/snapshots/{name}", "7.4.6", "7.8.2"),
    ],
)
def test_routes_begin_with_a_release(name: str, last_without: str, first_with: str) -> None:
    method, path = name.split()
    assert not release(last_without).has_route(method, path.replace("{uid}", "{uid:int}"))
    assert release(first_with).has_route(method, path)


@pytest.mark.parametrize(
    ("behaviour", "without", "having"),
    [
        ("lag check", ["7.22.2"], ["8.0.2"]),
        ("sharding needs rules", ["7.4.6"], ["7.8.2"]),
        ("skipped restoring deletes the snapshot", ["7.4.6", "7.22.0-95"], ["7.8.6-119", "7.22.0-216", "8.0.2"]),
        ("availability on every node", ["7.22.2-55", "8.0.6"], ["7.22.2-79", "8.0.10", "8.2.0"]),
    ],
)
def test_a_correction_stands_in_each_branch(behaviour: str, without: list[str], having: list[str]) -> None:
    assert [release(text).does(behaviour) for text in without] == [False] * len(without)
    assert [release(text).does(behaviour) for text in having] == [True] * len(having)


# -- members, as captured -------------------------------------------------------------------------------------
# live: live_compliance_baseline.json at 1d0a51e (paths of answers of 7.22.2-170, 8.0.20-68 and 8.2.0-25)
SEEN = {
    "7.22.2": {
        "bdb": "availability_api",
        "cluster": "availability_api",
        "license": "cluster_name flash_shards_limit owner ram_shards_limit",
        "shard": "detailed_status loading report_timestamp",
    },
    "8.0.20": {
        "bdb": "asm_scaling auto_shards_balancing auto_shards_balancing_grace_period availability_api "
        "conns_global_maximum_dedicated conns_minimum_dedicated disconnect_clients_on_password_removal "
        "dmc_shard_routing_map is_balanced link_sconn_on_full_request link_sconn_on_full_request_size_limit "
        "partial_request_timeout_seconds preemptive_drain_timeout_seconds query_performance_factor "
        "replica_sconns_on_demand replication_oom_threshold_percent scaling_in_progress search_on_bigstore "
        "shard_imbalance_threshold shard_imbalance_threshold_percentage streamlined_translation string_sharing "
        "traffic_manually_disabled use_grpc_syncer_communication",
        "cluster": "availability_api availability_lag_tolerance_ms client_eviction client_maint_notifications "
        "clusterset_on_topology_changed crdt_supported_featureset_version_map "
        "crdt_supported_module_featureset_version_map crdt_supported_protocol_versions_map "
        "disconnect_clients_on_password_removal dmc_external_authentication dmc_external_cba_authentication "
        "dmc_external_entraid_authentication dmc_external_ldap_authentication grpc_cluster_wd metrics_auth "
        "oss_cluster_client_maint_notifications pdns_server_type redis_flex_multitenant replica_sconns_on_demand "
        "shared_strings_enabled state_machine_smart_client_handoffs_delay_ms streamlined_translation "
        "usage_report_fields use_grpc_syncer_communication uuid",
        "shard": "actual_role detailed_status loading marked_for_removal report_timestamp",
    },
    "8.2.0": {
        "bdb": "audit_settings gradual_sync_policy gradual_sync_policy_parameters max_pubsub_connections "
        "maxmemory_rapid_growth",
        "cluster": "allow_modules_upload asm_client_maint_notifications control_plane_basic_authentication grpc_gossip "
        "grpc_gossip_only grpc_info_provider state_machine_smart_client_handoffs_asm_delay_ms",
        "node": "node_guardrails_ingress_throttling_worker_limit_ops_per_sec",
        "shard": "",
    },
}
# doc and notes: members that are not there yet, or not any more
UNSEEN = {
    "6.4.2": {
        "node": "os_family use_internal_ipv6 second_rack_id bigstore_enabled",
        "license": "ram_shards_limit flash_shards_limit ram_shards_in_use flash_shards_in_use",
        "cluster": "bigstore_driver reserved_ports mtls_certificate_authentication password_min_length",
        "policy": "resp3_default auto_recovery default_oss_cluster",
        "module": "capability_name compatible_redis_version",
        "bdb": "resp3 recovery_wait_time maxclients tracking_table_max_keys",
        "status": "maintenance_snapshot",
    },
    "7.2.4": {"node": "use_internal_ipv6", "bdb": "recovery_wait_time", "policy": "auto_recovery"},
    "7.4.6": {"node": "bigstore_enabled", "bdb": "tracking_table_max_keys", "cluster": "password_min_length"},
    "7.8.6": {"node": "second_rack_id max_redis_forks", "bdb": "maxclients", "policy": "default_oss_cluster"},
    "7.22.2": {"shard": "actual_role marked_for_removal", "cluster": "uuid", "bdb": "is_balanced"},
    "8.2.0": {"cluster": "use_ipv6"},
}
LATER = {"8.0.20": ("7.22.2",), "8.2.0": ("7.22.2", "8.0.20")}  # nothing captured on these was missing on that


def objects(api: Api) -> dict[str, dict[str, Any]]:
    api.create()
    one = {
        "bdb": "/v1/bdbs",
        "node": "/v1/nodes",
        "shard": "/v1/shards",
        "module": "/v1/modules",
        "redis_acl": "/v1/redis_acls",
    }
    found = {kind: api.json(path)[0] for kind, path in one.items()}
    rest = {"cluster": "/v1/cluster", "license": "/v1/license", "policy": "/v1/cluster/policy"}
    found |= {kind: api.json(path) for kind, path in rest.items()}
    found["status"] = api.json("/v1/nodes/status")["1"]
    return found


@pytest.mark.parametrize("text", RELEASES)
def test_objects_have_the_members_of_their_release(start: Start, text: str) -> None:
    shown = objects(start("--version", text, "--nodes", "1"))
    for captured in (*LATER.get(text, ()), text):
        for kind, names in SEEN.get(captured, {}).items():
            assert set(names.split()) - shown[kind].keys() == set(), (captured, kind)
    for kind, names in UNSEEN.get(text, {}).items():
        assert set(names.split()) & shown[kind].keys() == set(), kind


def test_every_member_of_the_history_is_one_of_an_object(start: Start) -> None:
    def shown(text: str) -> set[str]:
        api = start("--version", text, "--nodes", "1")
        api.control("POST", "/nodes/1/snapshots", {"name": "left", "maintenance": True})
        found = objects(api)
        found["node_status"] = found.pop("status")
        return {f"{kind}.{name}" for kind, members in found.items() for name in members}

    named = {name for name in known_names() if re.match(r"[a-z_]+\.", name)}
    assert named - shown("8.2.0") - shown("6.4.2") == set()


def test_nothing_is_shown_before_it_came() -> None:
    first: Version = (0,)
    lacking = [name for name in known_names() if "." in name and " " not in name]
    hidden = [
        name
        for name in lacking
        if name.partition(".")[2] not in Release(first).shown(name.partition(".")[0], {name.partition(".")[2]: 1})
    ]
    dropped_only = {"node.bigstore_driver", "cluster.use_ipv6"}
    assert set(hidden) == set(lacking) - dropped_only

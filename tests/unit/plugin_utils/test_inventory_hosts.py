# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's pure parts: the clusters that the options name, and what becomes of a node."""

from __future__ import annotations

import ast
import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from support import small_cluster
from support.stub_api import StubApi

from ansible_collections.redis_enterprise.cluster.plugins.inventory import redis_nodes
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api import cluster as _cluster
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http import connection as _connection
from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils import _inventory_hosts

PLUGIN = Path(__file__).parents[3] / "plugins" / "inventory" / "redis_nodes.py"
ACCESS = {"username": "admin@example.com", "password": "s3cret-pass"}
ENVIRONMENT = {"REDIS_ENTERPRISE_URL": "https://env.test", "REDIS_ENTERPRISE_CA_CERT": "/env.pem"}
EAST = {"name": "east", "url": ["https://east.test"]}


def documentation() -> dict[str, t.Any]:
    for node in ast.parse(PLUGIN.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return t.cast("dict[str, t.Any]", yaml.safe_load(ast.literal_eval(node.value)))
    raise AssertionError("the plugin has no documentation")


def variables_of(clock: t.Any, table: dict[str, t.Any], uid: int) -> dict[str, t.Any]:
    cluster = _cluster.read(StubApi(table, clock).client)
    node = cluster.node(uid)
    assert node is not None
    return _inventory_hosts.variables(node, cluster)


def test_the_documented_environment_is_that_of_the_modules() -> None:
    options = documentation()["options"]
    named = {name: option["env"] for name, option in options.items() if "env" in option}
    assert named == {name: [{"name": variable}] for name, variable in _connection.ENVIRONMENT.items()}


def test_every_variable_is_documented_and_none_that_is_not_there(clock: t.Any) -> None:
    text = " ".join(documentation()["description"])
    names = set(variables_of(clock, small_cluster.answers(), 1)) - {"redis_cluster_release", "redis_node_uid"}
    assert "C(redis_cluster_release)" in text
    values = text.partition("as C(redis_node_<name>) the values ")[2].partition(", as M(")[0]
    shown = {part.split(")")[0] for part in values.split("C(")[1:]}
    assert {f"redis_node_{name}" for name in shown} == names


def test_an_entry_of_clusters_has_the_connection_options_and_no_others() -> None:
    suboptions = documentation()["options"]["clusters"]["suboptions"]
    assert set(suboptions) == {"name", "hostname_prefix", *_connection.argument_spec()}
    types = {name: option["type"] for name, option in _connection.argument_spec().items()}
    assert {name: suboptions[name]["type"] for name in types} == types


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(redis_nodes, "MISSING", "Traceback")
    with pytest.raises(AnsibleParserError, match="Failed to import the required Python library"):
        redis_nodes.InventoryModule().parse(InventoryData(), DataLoader(), str(tmp_path / "redis_nodes.yml"))


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("redis_nodes.yml", True),
        ("shop.redis_nodes.yaml", True),
        ("redis_nodes.json", False),
        ("nodes.yml", False),
        ("missing/redis_nodes.yml", False),
    ],
)
def test_the_names_of_its_files(name: str, ours: bool, tmp_path: Path) -> None:
    path = tmp_path / name
    if path.parent.exists():
        path.write_text("plugin: redis_enterprise.cluster.redis_nodes\n", encoding="utf-8")
    assert redis_nodes.InventoryModule().verify_file(str(path)) is ours


# -- the clusters ----------------------------------------------------------------------------------------------------


def test_without_clusters_there_is_one_without_a_name() -> None:
    (source,) = _inventory_hosts.sources(ACCESS, None, "p-", ENVIRONMENT)
    assert (source.name, source.prefix, source.connection.hosts) == (None, "p-", ("env.test:9443",))
    assert source.variables() == {
        "redis_enterprise_url": ["https://env.test:9443"],
        "redis_enterprise_ca_cert": "/env.pem",
    }
    assert source.title == "The cluster at env.test:9443"


def test_an_entry_goes_before_the_common_options_and_these_before_the_environment() -> None:
    common = {**ACCESS, "ca_cert": "/common.pem", "url": ["https://env.test"], "request_timeout": 7.0}
    west = {"name": "west", "url": ["https://west.test:1"], "ca_cert": "/west.pem", "username": "w", "password": "x"}
    plain = {**EAST, "ca_cert": None, "hostname_prefix": ""}
    east, other = _inventory_hosts.sources(common, [plain, {**west, "validate_certs": False}], "p-", ENVIRONMENT)
    assert (east.connection.hosts, east.connection.ca_cert, east.prefix) == (("east.test:9443",), "/common.pem", "")
    assert (other.connection.hosts, other.connection.ca_cert, other.prefix) == (("west.test:1",), "/west.pem", "p-")
    assert (east.connection.username, other.connection.username) == ("admin@example.com", "w")
    assert other.connection.request_timeout == 7.0
    assert east.title == "Cluster east"
    assert other.variables() == {
        "redis_enterprise_url": ["https://west.test:1"],
        "redis_enterprise_ca_cert": "/west.pem",
        "redis_enterprise_validate_certs": False,
    }


@pytest.mark.parametrize(
    ("clusters", "sentence"),
    [
        ([], "clusters is empty: name at least one cluster"),
        ([{"name": "east"}], "Cluster east has no url: each entry of clusters needs its own"),
        ([EAST, EAST], "clusters names east twice"),
        ([{**EAST, "url": ["http://east.test"]}], "Cluster east: url must begin with https://"),
    ],
)
def test_clusters_that_cannot_be_used(clusters: list[dict[str, t.Any]], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        _inventory_hosts.sources(ACCESS, clusters, "", ENVIRONMENT)


def test_the_fingerprint_follows_names_and_hosts_and_nothing_secret() -> None:
    def of(*clusters: dict[str, t.Any], **options: t.Any) -> str:
        return _inventory_hosts.fingerprint(_inventory_hosts.sources({**ACCESS, **options}, clusters, "", {}))

    assert of(EAST) == of(EAST, password="another")
    assert (
        len(
            {
                of(EAST),
                of({**EAST, "name": "e"}),
                of({**EAST, "url": ["https://e.test"]}),
                of(EAST, {**EAST, "name": "e"}),
            }
        )
        == 4
    )


# -- the nodes -------------------------------------------------------------------------------------------------------


def test_variables_of_a_node(clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][1] |= {"external_addr": ["192.0.2.2"], "rack_id": "r1", "uptime": 9}
    found = variables_of(clock, table, 2)
    shown = {name.removeprefix("redis_node_"): value for name, value in found.items()}
    assert {name: shown[name] for name in ("uid", "addr", "external_addr", "hostname", "status", "role")} == {
        "uid": 2,
        "addr": "127.0.0.2",
        "external_addr": ["192.0.2.2"],
        "hostname": "node2",
        "status": "active",
        "role": "replica",
    }
    assert (shown["shard_count"], shown["primary_shard_count"], shown["replica_shard_count"]) == (2, 1, 1)
    assert (shown["rack_id"], shown["uptime"], shown["software_version"]) == ("r1", 9, "8.0.16-29")
    assert found["redis_cluster_release"] == "8.0.16"
    assert json.loads(json.dumps(found)) == found


def test_groups_of_a_node(clock: t.Any) -> None:
    table = small_cluster.answers()
    assert _inventory_hosts.groups(variables_of(clock, table, 1), None) == ["role_primary", "status_active"]
    table["/v1/nodes"][2] |= {"rack_id": "r1", "status": "down"}
    table["/v1/nodes/status"]["3"] = {}
    small_cluster.maintenance(table, 2)
    assert _inventory_hosts.groups(variables_of(clock, table, 3), "east") == ["status_down", "rack_r1", "cluster_east"]
    assert _inventory_hosts.groups(variables_of(clock, table, 2), None) == [
        "role_replica",
        "status_active",
        "in_maintenance",
    ]


@pytest.mark.parametrize(
    ("how", "name", "when_down"),
    [
        ("addr", "127.0.0.2", "127.0.0.2"),
        ("external_addr", "192.0.2.2", None),
        ("hostname", "node2", None),
        ("uid", "node-2", "node-2"),
        ("rack", "east-1a-node-2", "east-1a-node-2"),
    ],
)
def test_names_of_a_node(how: str, name: str, when_down: str | None, clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][1] |= {"external_addr": ["192.0.2.2", "192.0.2.3"], "rack_id": "east-1a"}
    assert how in _inventory_hosts.NAME_CHOICES
    assert _inventory_hosts.host_name(variables_of(clock, table, 2), how) == name
    table["/v1/nodes"][1]["external_addr"] = []
    table["/v1/nodes/status"]["2"] = {}
    assert _inventory_hosts.host_name(variables_of(clock, table, 2), how) == when_down


@pytest.mark.parametrize(
    ("rack", "name"),
    [
        ("a", "a-node-2"),
        ("East_1.a", "East_1.a-node-2"),
        ("zone 1:a,b", "zone-1-a-b-node-2"),
        ("&a!", "a-node-2"),
        ("*", "node-2"),
        ("", "node-2"),
        (None, "node-2"),
    ],
)
def test_a_rack_in_a_name_is_fit_for_a_pattern(rack: str | None, name: str, clock: t.Any) -> None:
    table = small_cluster.answers()
    table["/v1/nodes"][1]["rack_id"] = rack
    assert _inventory_hosts.host_name(variables_of(clock, table, 2), "rack") == name

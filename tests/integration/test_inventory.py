# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin redis_nodes as ansible-inventory and playbooks use it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
from support.emulated import BIN, Emulated, emulated
from support.inventories import PASSWORD, Inventory, hostvars
from support.nodes import stop

ROOT = Path(__file__).parents[2]
QUICK = ("--data-plane", "none", "--time-scale", "0.3", "--password", PASSWORD)
FIRST = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
ROLL = "redis_enterprise.cluster.rolling_maintenance"


@pytest.fixture(scope="module")
def east() -> t.Iterator[Emulated]:
    """Three nodes in two racks, with a database that has two shards and their replicas."""
    with emulated("--nodes", "3", "--rack", "a,b-1,b-1", *QUICK) as running:
        options = {"memory_size": "100MB", "replication": True, "shards_count": 2, "sharding": True}
        made = running.run("redis_bdb", name="orders", **options)
        assert not made.result.get("failed"), made.result
        yield running


@pytest.fixture(scope="module")
def west() -> t.Iterator[Emulated]:
    with emulated("--nodes", "1", *QUICK) as running:
        yield running


@pytest.fixture
def inventory(east: Emulated, tmp_path: Path) -> Inventory:
    return Inventory(east, tmp_path)


def as_cluster(cluster: Emulated, name: str, **options: t.Any) -> dict[str, t.Any]:
    return {"name": name, "url": cluster.urls, "ca_cert": cluster.ready["ca_cert"], **options}


# -- what is there ---------------------------------------------------------------------------------------------------


def test_the_graph(inventory: Inventory) -> None:
    assert inventory.graph() == {
        "redis_enterprise_nodes": list(FIRST),
        "role_primary": ["127.0.0.1"],
        "role_replica": ["127.0.0.2", "127.0.0.3"],
        "in_maintenance": [],
        "status_active": list(FIRST),
        "rack_a": ["127.0.0.1"],
        "rack_b_1": ["127.0.0.2", "127.0.0.3"],
    }
    assert len(inventory.requests) == 5
    assert {entry["method"] for entry in inventory.cluster.journal()} == {"GET"}


def test_the_graph_follows_the_cluster(tmp_path: Path) -> None:
    with emulated("--nodes", "3", *QUICK) as cluster:
        inventory = Inventory(cluster, tmp_path)
        started = cluster.run("redis_node_action", node_uid=3, action="maintenance_on")
        assert not started.result.get("failed"), started.result
        assert inventory.graph(hostname="uid")["in_maintenance"] == ["node-3"]
        ended = cluster.run("redis_node_action", node_uid=3, action="maintenance_off")
        assert not ended.result.get("failed"), ended.result
        stop(cluster, 1)
        groups = inventory.graph(hostname="uid")
        assert (groups["status_down"], groups["in_maintenance"]) == (["node-1"], [])
        assert groups["status_active"] == ["node-2", "node-3"]
        assert "node-1" in groups["redis_enterprise_nodes"]
        assert groups["role_primary"] == ["node-2"]


def test_the_variables_are_those_of_redis_node_info(inventory: Inventory) -> None:
    hosts = inventory.hosts()
    nodes = inventory.cluster.run("redis_node_info").result["nodes"]
    assert sorted(hosts) == [node["addr"] for node in nodes]
    changing = {"redis_node_uptime", "redis_node_role"}
    for node in nodes:
        variables = hosts[node["addr"]]
        own = {name: value for name, value in variables.items() if name.startswith("redis_node_")}
        for name in own.keys() - changing:
            assert own[name] == node[name.removeprefix("redis_node_")], name
        assert variables["redis_node_role"] == {"master": "primary", "slave": "replica"}[node["role"]]
        assert (variables["ansible_host"], variables["redis_cluster"]) == (node["addr"], None)
        assert variables["redis_cluster_release"] == "8.0.16"
        assert variables["redis_enterprise_url"] == inventory.cluster.urls
        assert variables["redis_enterprise_ca_cert"] == inventory.cluster.ready["ca_cert"]
    assert sum(variables["redis_node_shard_count"] for variables in hosts.values()) == 4


def test_no_credentials_in_what_is_shown(inventory: Inventory) -> None:
    inventory.write(username=inventory.cluster.ready["username"], password=PASSWORD)
    done = inventory.run("--list", "-vvvv", without=("REDIS_ENTERPRISE_USER", "REDIS_ENTERPRISE_PASSWORD"))
    assert done.returncode == 0, done.stderr
    variables = hostvars(done.stdout[done.stdout.index("{") :])["127.0.0.1"]
    assert PASSWORD not in done.stdout + done.stderr
    assert not {"redis_enterprise_username", "redis_enterprise_password"} & set(variables)


def test_names_groups_and_variables_of_ones_own(inventory: Inventory) -> None:
    options = {
        "hostname": "redis_node_hostname.split('.')[0]",
        "hostname_prefix": "db-",
        "group": "shop",
        "group_prefix": "redis_",
        "connection_variables": False,
        "compose": {"ansible_user": "'admin'", "half": "redis_node_max_shards // 2"},
        "keyed_groups": [{"key": "redis_node_software_version.split('-')[0]", "prefix": "release"}],
        "groups": {"crowded": "redis_node_shard_count > 100", "even": "redis_node_uid % 2 == 0"},
    }
    groups = inventory.graph(**options)
    assert groups["shop"] == ["db-node1", "db-node2", "db-node3"]
    assert (groups["even"], groups["redis_role_primary"]) == (["db-node2"], ["db-node1"])
    assert groups["release_8_0_16"] == groups["redis_status_active"] == groups["shop"]
    assert "crowded" not in groups
    hosts = inventory.hosts(**options)
    assert hosts["db-node1"]["ansible_user"] == "admin"
    assert int(hosts["db-node1"]["half"]) == 50  # before ansible-core 2.19 it is a text
    assert "redis_enterprise_url" not in hosts["db-node1"]


# -- several clusters ------------------------------------------------------------------------------------------------


def test_several_clusters(inventory: Inventory, west: Emulated) -> None:
    clusters = [
        as_cluster(inventory.cluster, "east"),
        as_cluster(west, "far-west", hostname_prefix="w-", validate_certs="no", request_timeout="9"),
    ]
    groups = inventory.graph(clusters=clusters)
    assert (groups["cluster_east"], groups["cluster_far_west"]) == (list(FIRST), ["w-127.0.0.1"])
    assert groups["redis_enterprise_nodes"] == [*FIRST, "w-127.0.0.1"]
    assert groups["role_primary"] == ["127.0.0.1", "w-127.0.0.1"]
    hosts = inventory.hosts(clusters=clusters)
    assert (hosts["127.0.0.1"]["redis_cluster"], hosts["w-127.0.0.1"]["redis_cluster"]) == ("east", "far-west")
    assert hosts["127.0.0.1"]["redis_enterprise_url"] == inventory.cluster.urls
    assert hosts["w-127.0.0.1"]["redis_enterprise_url"] == west.urls
    assert hosts["w-127.0.0.1"]["redis_enterprise_validate_certs"] is False
    assert hosts["w-127.0.0.1"]["ansible_host"] == "127.0.0.1"


def test_two_nodes_of_one_name_are_refused(inventory: Inventory, west: Emulated) -> None:
    clusters = [as_cluster(inventory.cluster, "East"), as_cluster(west, "west")]
    said = inventory.refusal(clusters=clusters)
    assert "The host 127.0.0.1 would be both node 1 of cluster East and node 1 of cluster west: set hostname" in said


def test_a_cluster_that_is_away(inventory: Inventory) -> None:
    silent = {"name": "west", "url": ["https://127.0.0.1:1"], "unavailable_timeout": 0.2}
    clusters = [silent, as_cluster(inventory.cluster, "east")]
    said = inventory.refusal(clusters=clusters)
    assert "Cluster west: The API did not answer GET /v1/nodes" in said
    inventory.write(clusters=clusters, unreachable="warn")
    done = inventory.run("--list")
    assert done.returncode == 0, done.stderr
    assert "Cluster west is left out: The API did not answer" in " ".join(done.stderr.split())
    assert sorted(hostvars(done.stdout)) == list(FIRST)


# -- the cache -------------------------------------------------------------------------------------------------------


def test_the_cache(inventory: Inventory, west: Emulated) -> None:
    folder = inventory.folder / "cache"
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}
    first = inventory.hosts(**cache)
    assert len(inventory.requests) == 5
    kept = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    assert len(kept) == 1
    assert PASSWORD not in kept[0]
    assert inventory.hosts(**cache) == first
    assert inventory.requests == []
    assert list(inventory.hosts(**cache, hostname="uid")) == ["node-1", "node-2", "node-3"]
    assert inventory.requests == []
    assert inventory.run(ROLL, "--list-hosts", "--flush-cache", command="ansible-playbook").returncode == 0
    assert len(inventory.requests) == 5
    there = {"url": west.urls, "ca_cert": west.ready["ca_cert"]}
    assert list(inventory.hosts(**cache, **there)) == ["127.0.0.1"]


def test_an_inventory_with_a_cluster_missing_is_not_cached(inventory: Inventory) -> None:
    folder = inventory.folder / "cache"
    folder.mkdir()
    silent = {"name": "west", "url": ["https://127.0.0.1:1"], "unavailable_timeout": 0.2}
    inventory.write(
        clusters=[silent, as_cluster(inventory.cluster, "east")],
        unreachable="warn",
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(folder),
    )
    assert inventory.run("--list").returncode == 0
    assert list(folder.iterdir()) == []


# -- the password ----------------------------------------------------------------------------------------------------


def test_the_password_from_a_lookup_and_from_a_vault(inventory: Inventory, west: Emulated) -> None:
    without = ("REDIS_ENTERPRISE_PASSWORD",)
    inventory.write(password="{{ lookup('ansible.builtin.env', 'ELSEWHERE') }}")
    assert inventory.run("--graph", without=without, ELSEWHERE=PASSWORD).stdout.count("127.0.0.1") == 4
    secret = inventory.folder / "vault-password"
    secret.write_text("open sesame", encoding="utf-8")
    sealed = subprocess.run(
        [
            str(BIN / "ansible-vault"),
            "encrypt_string",
            "--vault-password-file",
            str(secret),
            "--stdin-name",
            "password",
        ],
        env=inventory.environment(),
        input=PASSWORD,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    path = inventory.write()
    path.write_text(path.read_text(encoding="utf-8") + sealed, encoding="utf-8")
    opened = inventory.run("--graph", "--vault-password-file", str(secret), without=without)
    assert opened.stdout.count("127.0.0.1") == 4, opened.stderr
    entry = "\n".join(f"    {line}" for line in sealed.splitlines())
    clusters = f"clusters:\n  - name: east\n    url: {json.dumps(inventory.cluster.urls)}\n{entry}\n"
    path = inventory.write()
    path.write_text(path.read_text(encoding="utf-8") + clusters, encoding="utf-8")
    opened = inventory.run("--graph", "--vault-password-file", str(secret), without=without)
    assert opened.stdout.count("127.0.0.1") == 5, opened.stderr


# -- what cannot be used ---------------------------------------------------------------------------------------------

ENTRY = {"name": "east", "url": "https://east.test"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"username": "x", "password": "wrong", "unreachable": "warn"}, "The cluster refused the credentials (401)"),
        ({"ca_cert": "/no/such.pem", "unreachable": "warn"}, "ca_cert /no/such.pem cannot be read as PEM"),
        ({"password": "{{ nope }}"}, "The template of password cannot be evaluated: 'nope' is undefined"),
        ({"url": "http://127.0.0.1"}, "url must begin with https://, not http://"),
        ({"unreachable": "maybe"}, "maybe"),
        (
            {"hostname": "nope"},
            "hostname is none of addr, external_addr, hostname, uid and rack, and as an expression it fails",
        ),
        ({"hostname": "redis_node_uid"}, "The expression in hostname gives no name for node 1: it must be a text"),
        ({"hostname": "redis_node_role"}, "The host replica would be both node 2 and node 3: set hostname"),
        ({"compose": {"x": "nope"}, "strict": True}, "Could not set x for host 127.0.0.1"),
        (
            {"clusters": [ENTRY], "url": "https://east.test"},
            "url and clusters are both set: put the url into the entry",
        ),
        ({"clusters": ["east"]}, "clusters must be a list of dictionaries, each with a name and a url"),
        ({"clusters": [{"url": "https://east.test"}]}, "Cluster without a name: missing required arguments: name"),
        ({"clusters": [{**ENTRY, "pasword": "x"}]}, "Cluster east: pasword. Supported parameters include"),
        ({"clusters": [{**ENTRY, "validate_certs": "perhaps"}]}, "Cluster east: argument 'validate_certs' is of type"),
    ],
)
def test_what_cannot_be_used_is_said(inventory: Inventory, options: dict[str, t.Any], sentence: str) -> None:
    assert sentence in inventory.refusal(**options)


def test_without_a_url_and_without_the_right_name(inventory: Inventory) -> None:
    assert "No cluster to talk to: set url" in inventory.refusal("REDIS_ENTERPRISE_URL")
    path = inventory.write("nodes.yml")
    done = inventory.run("-i", str(path), "--graph", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true")
    assert done.returncode != 0
    assert "could not be verified by inventory plugin" in " ".join(done.stderr.split())


# -- the examples ----------------------------------------------------------------------------------------------------


def examples() -> dict[str, str]:
    """Those of the guide and those of the plugin's own documentation, by name."""
    guide = re.findall(
        r"```yaml\n# (\S+)\n(.*?)```", (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8"), re.DOTALL
    )
    for node in ast.parse((ROOT / "plugins" / "inventory" / "redis_nodes.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES":
            own = ast.literal_eval(node.value).split("---\n")
            return {**dict(guide), **{f"plugin {number}": text for number, text in enumerate(own)}}
    raise AssertionError("the plugin has no examples")


@pytest.mark.parametrize("name", sorted(examples()))
def test_the_examples_work(inventory: Inventory, west: Emulated, name: str) -> None:
    """Only addresses and files lead elsewhere; a template that fails is an error here."""
    (inventory.folder / "password").write_text(PASSWORD, encoding="utf-8")
    ready = inventory.cluster.ready
    bundle = inventory.folder / "both.pem"
    bundle.write_text("".join(Path(each.ready["ca_cert"]).read_text() for each in (inventory.cluster, west)))
    places = {
        "https://node1.example.com:9443": inventory.cluster.urls[0],
        "https://node2.example.com:9443": inventory.cluster.urls[1],
        "https://redis.east.example.com:9443": inventory.cluster.urls[0],
        "https://redis.west.example.com:9443": west.urls[0],
        "/etc/ssl/redis-enterprise.pem": str(bundle),
        "/etc/ssl/redis-east.pem": ready["ca_cert"],
        "/etc/ssl/redis-west.pem": west.ready["ca_cert"],
        "/run/secrets/redis-inventory": str(inventory.folder / "password"),
        "inventory@example.com": ready["username"],
        "~/.cache/redis-nodes": str(inventory.folder / "cache"),
    }
    text = examples()[name]
    for place, here in places.items():
        text = text.replace(place, here)
    path = inventory.write()
    path.write_text(f"---\n{text}\nstrict: true\n", encoding="utf-8")
    done = inventory.run("--list")
    assert done.returncode == 0, done.stderr
    hosts = hostvars(done.stdout)
    assert [variables["redis_node_uid"] for variables in hosts.values()][:3] == [1, 2, 3], done.stderr
    assert len(hosts) == (4 if "redis.west" in examples()[name] else 3), done.stderr


# -- in use ----------------------------------------------------------------------------------------------------------


def test_it_is_the_inventory_of_a_roll(inventory: Inventory, west: Emulated) -> None:
    inventory.write(
        clusters=[as_cluster(west, "west", hostname_prefix="w-"), as_cluster(inventory.cluster, "east")],
        compose={"ansible_connection": "'local'"},
    )
    arguments = ("--check", "-e", "rolling_maintenance_hosts=cluster_east")
    where = ("REDIS_ENTERPRISE_URL", "REDIS_ENTERPRISE_CA_CERT")  # the inventory knows better
    done = inventory.run(ROLL, *arguments, command="ansible-playbook", without=where)
    assert done.returncode == 0, done.stdout + done.stderr
    for uid in (1, 2, 3):
        assert f"127.0.0.{uid}: node {uid} at 127.0.0.{uid}" in done.stdout
    assert done.stdout.count(" Gate | ") == 3, "each node of the one cluster has its turn"
    assert done.stderr == ""
    assert {entry["method"] for entry in inventory.cluster.journal()} == {"GET"}

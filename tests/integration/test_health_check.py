# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook health_check: what they show, keep and write, and how they end."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.emulated import BIN, Emulated, emulated
from support.health_checks import DEFAULT, without
from support.nodes import stop
from support.removing import database

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "health_check"
PLAYBOOK = "redis_enterprise.cluster.health_check"
PASSWORD = "h3alth-s3cret"
QUICK = ("--data-plane", "none", "--time-scale", "0.3", "--password", PASSWORD)
EXAMPLE = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)
NO_INVENTORY = ("No inventory was parsed", "provided hosts list is empty")


@dataclass(frozen=True)
class Check:
    """One run of a playbook: how it ended, the report that it showed, and what it handed on."""

    code: int
    output: str
    errors: str

    @property
    def reports(self) -> list[list[str]]:
        """The lines of each report, in the order of the hosts."""
        found = re.findall(r"^ok: \[[^]]+\] => (\{\n    \"msg\": \[.*?^\})", self.output, re.DOTALL | re.MULTILINE)
        return [json.loads(each)["msg"] for each in found]

    @property
    def verdict(self) -> str:
        (lines,) = self.reports
        return lines[-1]

    @property
    def stats(self) -> dict[str, t.Any]:
        text = self.output.rpartition("CUSTOM STATS: ")[2]
        found = json.loads(text[text.index("{") : text.rindex("}") + 1])
        return dict(found["health_check"])


def check(cluster: Emulated, folder: Path, *arguments: str, playbook: str = PLAYBOOK, **variables: t.Any) -> Check:
    own = {
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_SHOW_CUSTOM_STATS": "1",
        "ANSIBLE_INVENTORY_ENABLED": "auto",
    }
    done = subprocess.run(
        [str(BIN / "ansible-playbook"), playbook, "-e", json.dumps(variables), *arguments],
        env={**cluster.environment, **own},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert PASSWORD not in done.stdout + done.stderr
    return Check(done.returncode, done.stdout, done.stderr)


def written(folder: Path) -> dict[str, t.Any]:
    return dict(json.loads((folder / "report.json").read_text(encoding="utf-8")))


def test_a_healthy_cluster_in_check_mode_as_well(cluster: Emulated, tmp_path: Path) -> None:
    cluster.clear_journal()
    looked = check(cluster, tmp_path, "--check", health_check_report="report.json")
    assert (looked.code, list(tmp_path.glob("report*"))) == (0, [])
    real = check(cluster, tmp_path, health_check_report="report.json")
    assert real.code == 0, real.output
    assert looked.reports[0][1:] == real.reports[0][1:]
    assert (
        real.verdict == f"HEALTHY: {len(DEFAULT.checks)} checks found nothing wrong; 3 of 3 nodes in service, 2 needed."
    )
    assert [line.split()[:3] for line in real.reports[0][2:6]] == [
        ["node", "address", "role"],
        ["1", "127.0.0.1", "primary"],
        ["2", "127.0.0.2", "replica"],
        ["3", "127.0.0.3", "replica"],
    ]
    report = written(tmp_path)
    assert (report["healthy"], report["verdict"], report["error"]) == (True, real.verdict, None)
    assert [node["uid"] for node in report.pop("nodes")] == [1, 2, 3]
    assert real.stats == {"cluster": report}
    assert "changed=0" in real.output
    assert {entry["method"] for entry in cluster.journal()} == {"GET"}
    warnings = re.findall(r"^\[[A-Z ]+\]: (.*)", real.errors, re.MULTILINE)
    assert [each for each in warnings if not each.startswith(NO_INVENTORY)] == []


def test_a_node_that_is_down(own_cluster: Emulated, tmp_path: Path) -> None:
    stop(own_cluster, 2)
    report = str(tmp_path / "report.json")
    failed = check(own_cluster, tmp_path, health_check_report=report)
    assert failed.code == 2
    (lines,) = failed.reports
    assert any(line.split()[:4] == ["2", "127.0.0.2", "replica", "down"] for line in lines)
    assert any(line.split(None, 2) == ["error", "nodes", "Node 2 (127.0.0.2) is down."] for line in lines)
    assert re.fullmatch(r"NOT HEALTHY: \d+ errors and \d+ warnings?; 2 of 3 nodes in service, 2 needed\.", lines[-1])
    assert f'"msg": "{lines[-1]}"' in failed.output
    assert (written(tmp_path)["healthy"], failed.stats["cluster"]["verdict"]) == (False, lines[-1])
    waited = check(own_cluster, tmp_path, health_check_wait_timeout=1.2, health_check_checks=["nodes", "quorum"])
    assert (waited.code, waited.verdict) == (
        2,
        "NOT HEALTHY: 1 error after 1 s of waiting; 2 of 3 nodes in service, 2 needed.",
    )
    reported = check(own_cluster, tmp_path, health_check_fail=False)
    assert (reported.code, reported.stats["cluster"]["healthy"]) == (0, False)
    fine = check(own_cluster, tmp_path, health_check_checks=["quorum", "license"])
    assert (fine.code, fine.stats["cluster"]["checks_run"]) == (0, ["license", "quorum"])
    spare = check(own_cluster, tmp_path, health_check_checks=["quorum_without_node"], health_check_without_node=1)
    assert spare.code == 2
    assert any("Without node 1, too few nodes would be up" in line for line in spare.reports[0])


def test_a_node_in_maintenance(own_cluster: Emulated, tmp_path: Path) -> None:
    started = own_cluster.run("redis_node_action", node_uid=3, action="maintenance_on")
    assert not started.result.get("failed"), started.result
    failed = check(own_cluster, tmp_path)
    assert failed.code == 2
    (lines,) = failed.reports
    assert any(line.split()[:5] == ["3", "127.0.0.3", "replica", "active", "yes"] for line in lines)
    assert any(line.split(None, 2) == ["error", "maintenance", "Node 3 is in maintenance."] for line in lines)
    allowed = check(own_cluster, tmp_path, health_check_allow_in_maintenance=[3])
    assert (allowed.code, allowed.stats["cluster"]["healthy"]) == (0, True), allowed.output


def errors(run: Check) -> set[str]:
    """The checks that found an error."""
    return {line.split()[1] for line in run.reports[0] if line.startswith("error ")}


def test_whether_a_node_may_be_stopped(own_cluster: Emulated, tmp_path: Path) -> None:
    """By host name, from the moment before the drain to one that leaves replicas where they are."""
    for number in range(3):
        database(own_cluster, f"db{number}")
    about = {"health_check_without_node": "node2", "health_check_node_drained": True}
    before = check(own_cluster, tmp_path, **about)
    assert (before.code, errors(before)) == (2, {"node_drained"}), before.output
    assert any("Node 2 is not in maintenance." in line for line in before.reports[0])
    on = {"node_uid": 2, "action": "maintenance_on"}
    assert own_cluster.run("redis_node_action", **on, evict_ha_replica=False).changed
    left = [each["uid"] for each in own_cluster.api("GET", "/v1/shards").json() if each["node_uid"] == "2"]
    assert left, "no replica stayed, so this test would show nothing"
    refused = check(own_cluster, tmp_path, **about)
    assert (refused.code, errors(refused)) == (2, {"node_drained"}), refused.output
    assert any(f"Node 2 still holds replica shard {left[0]} of database " in line for line in refused.reports[0])
    accepted = check(own_cluster, tmp_path, **about, health_check_replicas_stay=["ha"])
    assert accepted.code == 0, accepted.output
    checks_run = accepted.stats["cluster"]["checks_run"]
    assert ("node_drained" in checks_run, "racks" in checks_run, "capacity_without_node" in checks_run) == (
        True,
        True,
        False,
    )
    assert own_cluster.run("redis_node_action", **on).changed
    drained = check(own_cluster, tmp_path, **about)
    assert drained.code == 0, drained.output
    own_cluster.fault("slow_action", name="maintenance_off", seconds=60)
    assert own_cluster.run("redis_node_action", node_uid=2, action="maintenance_off", wait=False).changed
    leaving = check(own_cluster, tmp_path, **about, health_check_severities={"actions": "off"})
    assert (leaving.code, "node_drained" in errors(leaving)) == (2, True), "the drain is being undone"


def test_severities(own_cluster: Emulated, tmp_path: Path) -> None:
    own_cluster.control("POST", "/license", {"expired": True})
    expired = check(own_cluster, tmp_path)
    assert (expired.code, errors(expired)) == (2, {"license"})
    warned = check(own_cluster, tmp_path, health_check_severities={"license": "warning"})
    assert warned.code == 0, warned.output
    assert warned.verdict.startswith(f"HEALTHY: {len(DEFAULT.checks)} checks found 1 warning;")
    for off in ("off", False):
        silent = check(own_cluster, tmp_path, health_check_severities={"license": off})
        assert silent.verdict.startswith(f"HEALTHY: {len(DEFAULT.checks) - 1} checks found nothing wrong;"), off
    unknown = check(own_cluster, tmp_path, health_check_severities={"licence": "off"})
    assert unknown.code == 2
    assert unknown.verdict.startswith("UNKNOWN: severities names licence, which is no check; the checks are")


GATE = """
- name: Gate
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Gate
      block:
        - name: The cluster can do without the node
          redis_enterprise.cluster.redis_health_info:
            severities:
              availability: off
            without_node: "{{ node }}"
            fail_on_problems: true
            warn: true
          register: gate

        - name: Show the node
          ansible.builtin.debug:
            msg: "node {{ gate.node.uid }} holds {{ gate.node.shard_count }} shard, {{ gate.checks_run | length }} run"
      rescue:
        - name: Show what failed
          ansible.builtin.debug:
            msg: "{{ ansible_failed_result.problems | map(attribute='check') | join(' and ') }} failed"
"""


def test_a_gate_in_a_play_of_ones_own(own_cluster: Emulated, tmp_path: Path) -> None:
    """Warnings are shown without a task for it, the node is known, and a rescue has the problems."""
    database(own_cluster, "alone", replication=False)
    (shard,) = own_cluster.api("GET", "/v1/shards").json()
    uid = int(shard["node_uid"])
    warning = f"Database 1 (alone) has no replicas and a shard on node {uid}: it is safe only if the node is drained"
    (tmp_path / "gate.yml").write_text(GATE, encoding="utf-8")
    passed = check(own_cluster, tmp_path, playbook="gate.yml", node=uid)
    expected = f"node {uid} holds 1 shard, {len(without(uid).checks) - 1} run"
    assert (passed.code, expected in passed.output) == (0, True), passed.output
    assert warning in " ".join(passed.errors.split())
    module = own_cluster.run("redis_health_info", without_node=f"node{uid}", warn=True, fail_on_problems=True)
    assert warning in module.output
    own_cluster.control("POST", "/license", {"expired": True})
    failed = check(own_cluster, tmp_path, playbook="gate.yml", node=f"node{uid}")
    assert (failed.code, "license and single_copies failed" in failed.output) == (0, True), failed.output
    module = own_cluster.run("redis_health_info", without_node=uid, warn=True, fail_on_problems=True)
    assert module.result["failed"] is True
    assert [line.split(":")[0] for line in module.result["msg"].splitlines()] == [
        "The cluster is not healthy",
        "license",
        "Warnings",
        "single_copies",
    ]
    assert [problem["check"] for problem in module.result["problems"]] == ["license", "single_copies"]


@pytest.mark.parametrize(
    ("variables", "verdict"),
    [
        ({"redis_enterprise_password": "wrong"}, "UNKNOWN: The cluster refused the credentials (401)"),
        (
            {"redis_enterprise_url": "https://127.0.0.1:1", "redis_enterprise_unavailable_timeout": 0.2},
            "UNKNOWN: The API did not answer GET /v1/nodes",
        ),
        ({"health_check_checks": ["moon"]}, "UNKNOWN: value of checks must be one or more of"),
        ({"health_check_without_node": 9}, "UNKNOWN: The cluster has no node with uid 9; its nodes are 1, 2, 3."),
    ],
)
def test_an_unknown_health_is_always_a_failure(
    cluster: Emulated, tmp_path: Path, variables: dict[str, t.Any], verdict: str
) -> None:
    failed = check(cluster, tmp_path, health_check_fail=False, health_check_report="report.json", **variables)
    assert failed.code == 2
    assert failed.verdict.startswith(verdict)
    report = written(tmp_path)
    assert (report["healthy"], report["nodes"], report["verdict"]) == (None, [], failed.verdict)
    assert failed.stats["cluster"]["healthy"] is None


def test_a_host_for_the_calls_that_cannot_be_reached_has_an_exit_code_of_its_own(
    cluster: Emulated, tmp_path: Path
) -> None:
    away = {"ansible_connection": "ssh", "ansible_host": "localhost.invalid", "ansible_port": 1}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"bastion": away}}}), encoding="utf-8")
    cluster.clear_journal()
    for allowed in (True, False):
        failed = check(
            cluster, tmp_path, "-i", str(inventory), health_check_api_host="bastion", health_check_fail=allowed
        )
        assert failed.code == 4, failed.output
        assert "UNREACHABLE!" in failed.output
        assert failed.reports == [], "what was not asked is not shown"
    assert cluster.journal() == []


def test_nodes_that_cannot_be_read_are_reported(cluster: Emulated, tmp_path: Path) -> None:
    cluster.fault("unavailable", path="/v1/nodes", status=500, body={"error_code": "internal_error"})
    try:
        failed = check(cluster, tmp_path)
    finally:
        cluster.control("DELETE", "/faults")
    assert failed.code == 2
    (lines,) = failed.reports
    assert any("Could not read the cluster: GET /v1/nodes was answered with 500" in line for line in lines)
    assert lines[-3] == "The nodes could not be read: GET /v1/nodes was answered with 500: internal_error."
    assert lines[-1] == "NOT HEALTHY: 1 error."


def test_several_clusters_and_a_pattern_without_hosts(cluster: Emulated, tmp_path: Path) -> None:
    with emulated("--nodes", "1", *QUICK) as west:
        entries = [
            {"name": name, "url": each.urls, "hostname_prefix": f"{name}-", "ca_cert": each.ready["ca_cert"]}
            | {"username": each.ready["username"], "password": each.ready["password"]}
            for name, each in (("east", cluster), ("west", west))
        ]
        source = tmp_path / "all.redis_nodes.yml"
        options = {"plugin": "redis_enterprise.cluster.redis_nodes", "hostname": "uid", "clusters": entries}
        source.write_text(yaml.safe_dump(options), encoding="utf-8")
        (tmp_path / "group_vars").mkdir()
        for entry in entries:
            secrets = {f"redis_enterprise_{name}": entry[name] for name in ("username", "password")}
            (tmp_path / "group_vars" / f"cluster_{entry['name']}.yml").write_text(
                yaml.safe_dump(secrets), encoding="utf-8"
            )
        west.control("POST", "/license", {"expired": True})
        hosts = "cluster_east[0]:cluster_west[0]"
        both = check(cluster, tmp_path, "-i", str(source), health_check_hosts=hosts)
        assert both.code == 2, both.output
        assert {name: each["healthy"] for name, each in both.stats.items()} == {"east": True, "west": False}
        assert sorted(lines[0].split(",")[0] for lines in both.reports) == ["Cluster east", "Cluster west"]
        assert both.stats["west"]["problems"][0]["object"] == "license"
        unmatched = check(cluster, tmp_path, "-i", str(source), health_check_hosts="cluster_north")
        assert unmatched.code == 2
        assert "health_check_hosts is cluster_north, and no host of the inventory matches it" in unmatched.output


def test_the_examples_of_the_guide_work(cluster: Emulated, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "health_check.md").read_text(encoding="utf-8")
    examples = dict(EXAMPLE.findall(text))
    assert set(examples) == {"deploy.yml", "spare.yml"}
    for name, content in examples.items():
        (tmp_path / name).write_text(f"---\n{content}", encoding="utf-8")
        done = check(cluster, tmp_path, playbook=name)
        assert done.code == 0, done.output + done.errors
        if name == "deploy.yml":
            assert "3 nodes carry cluster" in done.output
        else:
            assert done.output.count(f": HEALTHY: {len(without(1).checks)} checks found nothing wrong.") == 3
    commands = re.findall(r"-e '(\{.*?\})'", text)
    assert commands
    for variables in commands:
        assert check(cluster, tmp_path, "-e", variables).code == 0

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `databases` by way of its playbook, as a user runs it."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.emulated import WRITES, Emulated, playbook

ROLE = Path(__file__).resolve().parents[2] / "roles" / "databases"
PLAYBOOK = "redis_enterprise.cluster.databases"
MB = 1024 * 1024


@dataclass(frozen=True)
class Play:
    """One run of a playbook: how it ended, what it said, and what it sent."""

    code: int
    output: str
    journal: list[dict[str, t.Any]]

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(entry["method"], entry["path"]) for entry in self.journal if self._writes(entry)]

    @staticmethod
    def _writes(entry: dict[str, t.Any]) -> bool:
        return entry["method"] in WRITES and not entry["dry_run"]

    @property
    def changed(self) -> int:
        found = re.search(r"changed=(\d+)", self.output)
        assert found, self.output
        return int(found[1])

    @property
    def diff(self) -> str:
        """What --diff shows."""
        return "\n".join(line for line in self.output.splitlines() if re.match(r"[-+@]", line))

    @property
    def summary(self) -> list[str]:
        found = re.search(r'"msg": (\[.*?\])', self.output, re.DOTALL)
        return list(json.loads(found[1])) if found else []


@pytest.fixture
def play(own_cluster: Emulated, tmp_path: Path) -> t.Callable[..., Play]:
    """play(*arguments, **variables) runs the playbook of the role."""

    def run(*arguments: str, path: Path | str = PLAYBOOK, **variables: t.Any) -> Play:
        file = tmp_path / "variables.yml"
        file.write_text(yaml.safe_dump(variables), encoding="utf-8")
        own_cluster.clear_journal()
        done = playbook(path, "-e", f"@{file}", *arguments, environment=own_cluster.environment, cwd=tmp_path)
        return Play(done.returncode, done.stdout, own_cluster.journal())

    return run


def stored(cluster: Emulated) -> dict[str, dict[str, t.Any]]:
    return {bdb["name"]: bdb for bdb in cluster.api("GET", "/v1/bdbs").json()}


def test_a_set_is_created_then_converged_and_check_mode_tells_the_truth(
    own_cluster: Emulated, play: t.Callable[..., Play]
) -> None:
    wanted: dict[str, t.Any] = {
        "databases_defaults": {"memory_size": "100MB", "config": {"max_client_pipeline": 300}},
        "databases": [{"name": "orders", "memory_size": "200MB"}, {"name": "carts"}],
    }
    checked = play("--check", "--diff", **wanted)
    assert checked.code == 0, checked.output
    assert checked.writes == []
    assert stored(own_cluster) == {}
    assert checked.summary == ["would be created: orders, carts", "unchanged: 0"]

    real = play("--diff", **wanted)
    assert real.code == 0, real.output
    assert real.summary == ["created: orders, carts", "unchanged: 0"]
    assert (checked.changed, checked.diff) == (real.changed, real.diff)
    assert {name: bdb["memory_size"] for name, bdb in stored(own_cluster).items()} == {
        "orders": 200 * MB,
        "carts": 100 * MB,
    }

    again = play("--diff", **wanted)
    assert (again.code, again.changed, again.diff) == (0, 0, "")
    assert again.summary == ["unchanged: 2"]
    assert [entry["method"] for entry in again.journal] == ["GET"]


def test_defaults_are_merged_under_each_item_and_nested_values_replaced(
    own_cluster: Emulated, play: t.Callable[..., Play]
) -> None:
    made = play(
        databases_defaults={
            "memory_size": "100MB",
            "eviction_policy": "allkeys-lru",
            "max_connections": 700,
            "tags": [{"key": "team", "value": "shop"}],
            "config": {"max_client_pipeline": 300, "conns": 7},
        },
        databases=[
            {"name": "as-default"},
            {"name": "own", "eviction_policy": "noeviction", "config": {"conns": 9}, "tags": []},
            {"name": "without", "max_connections": None},
        ],
    )
    assert made.code == 0, made.output
    found = stored(own_cluster)
    shown = ("eviction_policy", "max_connections", "max_client_pipeline", "conns")
    usual = own_cluster.api("POST", "/v1/bdbs?dry_run", {"name": "plain", "memory_size": 100 * MB}).json()
    assert [found["as-default"][name] for name in shown] == ["allkeys-lru", 700, 300, 7]
    assert [found["own"][name] for name in shown] == ["noeviction", 700, usual["max_client_pipeline"], 9]
    assert found["without"]["max_connections"] == usual["max_connections"]
    assert [found[name].get("tags") or [] for name in ("as-default", "own")] == [[{"key": "team", "value": "shop"}], []]


def test_what_changes_is_summed_up_by_name(own_cluster: Emulated, play: t.Callable[..., Play]) -> None:
    first = {"databases": [{"name": name, "memory_size": "100MB"} for name in ("grows", "goes", "stays")]}
    assert play(**first).code == 0
    second: dict[str, t.Any] = {
        "databases": [
            {"name": "grows", "memory_size": "200MB", "max_connections": 800},
            {"name": "goes", "state": "absent"},
            {"name": "stays", "memory_size": "100MB"},
            {"name": "comes", "memory_size": "100MB"},
            {"name": "never-was", "state": "absent"},
        ]
    }
    checked, real = play("--check", "--diff", **second), play("--diff", **second)
    assert real.summary == [
        "created: comes",
        "changed: grows (max_connections, memory_size)",
        "deleted: goes",
        "unchanged: 2",
    ]
    assert [line.removeprefix("would be ") for line in checked.summary] == real.summary
    assert (checked.code, checked.writes, checked.changed, checked.diff) == (0, [], real.changed, real.diff)
    assert set(stored(own_cluster)) == {"grows", "stays", "comes"}
    assert {entry["method"] for entry in play(**second).journal} == {"GET"}


def test_purge_is_off_limited_and_never_without_a_list(own_cluster: Emulated, play: t.Callable[..., Play]) -> None:
    names = ("keep", "spare-1", "spare-2")
    assert play(databases=[{"name": name, "memory_size": "100MB"} for name in names]).code == 0
    keep = {"databases": [{"name": "keep"}]}
    assert play(**keep).summary == ["unchanged: 1"]

    beyond = play(**keep, databases_purge=True)
    assert beyond.code != 0
    assert "purge would delete 2 databases" in beyond.output
    for missing in ({}, {"databases": []}):
        refused = play(**missing, databases_purge=True)
        assert refused.code != 0
        assert refused.writes == []
    assert set(stored(own_cluster)) == set(names)

    purged = play(**keep, databases_purge=True, databases_purge_limit="70%")
    assert purged.code == 0, purged.output
    assert purged.summary == ["deleted: spare-1, spare-2", "unchanged: 1"]
    assert set(stored(own_cluster)) == {"keep"}


@pytest.mark.parametrize(
    ("on_error", "summary"),
    [
        ("continue", ["created: fits", "failed: too-big", "unchanged: 0"]),
        ("stop", ["failed: too-big", "not tried: fits", "unchanged: 0"]),
    ],
)
def test_a_failure_fails_the_run_and_is_summed_up(
    own_cluster: Emulated, play: t.Callable[..., Play], on_error: str, summary: list[str]
) -> None:
    done = play(
        databases=[{"name": "too-big", "memory_size": "9000TB"}, {"name": "fits", "memory_size": "100MB"}],
        databases_on_error=on_error,
        databases_max_parallel=1,
    )
    assert done.code != 0
    assert "too-big" in done.output
    assert "1 of 2 databases failed" in done.output
    assert done.summary == summary
    assert ("fits" in stored(own_cluster)) == (on_error == "continue")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "missing required arguments: databases"),
        ({"databases": [], "databases_on_error": "ignore"}, "value of databases_on_error must be one of"),
        (
            {"databases": [{"name": "a", "memry_size": "1GB"}]},
            "is no option of redis_bdb. Put fields of the API into config",
        ),
        ({"databases": [{"memory_size": "1GB"}]}, "set name, uid, or both"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    play: t.Callable[..., Play], variables: dict[str, t.Any], sentence: str
) -> None:
    done = play(**variables)
    assert done.code != 0
    assert sentence in re.sub(r"\s+", " ", done.output)
    assert done.writes == []


def test_no_password_is_printed_and_the_diff_still_shows_the_rest(
    own_cluster: Emulated, play: t.Callable[..., Play]
) -> None:
    secrets = ["s3cret-default", "s3cret-item", "s3cret-admin", "s3cret-new"]
    wanted: dict[str, t.Any] = {
        "databases_defaults": {"memory_size": "100MB", "authentication_redis_pass": "s3cret-default"},
        "databases": [
            {"name": "plain"},
            {"name": "own", "authentication_redis_pass": "s3cret-item"},
            {"name": "admin", "config": {"authentication_admin_pass": "s3cret-admin"}},
        ],
    }
    runs = [play("-vvv", "--diff", *check, **wanted) for check in (["--check"], [], [])]
    assert [run.code for run in runs] == [0, 0, 0], [run.output for run in runs]
    wanted["databases"][0] |= {"authentication_redis_pass": "s3cret-new", "memory_size": "200MB"}
    runs.append(play("-vvv", "--diff", **wanted))
    assert str(200 * MB) in runs[-1].diff
    assert "authentication_redis_pass" in runs[-1].diff
    for bad in ({"memory_size": "9000TB"}, {"memry_size": 1}, {"port": "many"}):
        bad_item = {"name": "bad", "authentication_redis_pass": "s3cret-item", **bad}
        runs.append(play("-vvv", "--diff", **{**wanted, "databases": [*wanted["databases"], bad_item]}))
        assert runs[-1].code != 0
    for run in runs:
        assert [secret for secret in (*secrets, own_cluster.ready["password"]) if secret in run.output] == []
    assert stored(own_cluster)["own"]["authentication_redis_pass"] == "s3cret-item"


def test_the_connection_can_come_from_variables(own_cluster: Emulated, tmp_path: Path) -> None:
    file = tmp_path / "variables.yml"
    ready = own_cluster.ready
    variables = {
        "redis_enterprise_url": ready["urls"],
        "redis_enterprise_username": ready["username"],
        "redis_enterprise_password": ready["password"],
        "redis_enterprise_ca_cert": ready["ca_cert"],
        "databases": [{"name": "by-variables", "memory_size": "100MB"}],
    }
    file.write_text(yaml.safe_dump(variables), encoding="utf-8")
    done = playbook(PLAYBOOK, "-vvv", "-e", f"@{file}", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert ready["password"] not in done.stdout
    assert "by-variables" in stored(own_cluster)


def test_the_examples_of_the_readme_run(own_cluster: Emulated, tmp_path: Path) -> None:
    variables, own_play = re.findall(r"```yaml\n(.*?)```", (ROLE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "databases.yml").write_text(variables, encoding="utf-8")
    (tmp_path / "play.yml").write_text(own_play, encoding="utf-8")
    ready = own_cluster.ready
    extra = {f"redis_enterprise_{name}": ready[name] for name in ("username", "password", "ca_cert")}
    extra["redis_enterprise_url"] = ready["urls"][0]
    (tmp_path / "connection.yml").write_text(yaml.safe_dump(extra), encoding="utf-8")
    files = ("-e", "@databases.yml", "-e", "@connection.yml")
    environment = {**own_cluster.environment, "DATABASES_PASSWORD": "s3cret-readme"}
    own_cluster.run("redis_bdb", name="carts-old", memory_size="100MB")
    for path in (PLAYBOOK, "play.yml"):
        done = playbook(path, *files, environment=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        assert "s3cret-readme" not in done.stdout
        assert "WARN" not in done.stdout.replace("[WARNING]: No inventory was parsed", "").replace(
            "[WARNING]: provided hosts list is empty", ""
        )
    found = stored(own_cluster)
    assert set(found) == {"orders", "sessions"}
    assert (found["orders"]["memory_size"], found["orders"]["data_persistence"]) == (2 * 1024 * MB, "aof")
    assert (found["sessions"]["data_persistence"], found["sessions"]["max_client_pipeline"]) == ("disabled", 300)
    assert f"orders: {found['orders']['endpoints'][0]['dns_name']}" in done.stdout

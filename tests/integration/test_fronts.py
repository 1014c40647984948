# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two fronts give the same results: the operation in the controller's worker, and the module in its own process."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.emulated import Emulated, emulated, playbook

SUPPORT = Path(__file__).parents[1] / "support"
PLUGINS = {
    "ANSIBLE_CONNECTION_PLUGINS": str(SUPPORT / "connection"),
    "ANSIBLE_BECOME_PLUGINS": str(SUPPORT / "become"),
}
BECOME = {"become": True, "become_method": "plainly"}
SECRET = "fr0nt-s3cret"
SIZE = {"memory_size": "100MB"}
OK, CHANGED, FAILED, REJECTED = "ok", "changed", "failed", "rejected"  # rejected: for its options, by Ansible itself


@dataclass(frozen=True)
class Step:
    """One task, and its outcome in both fronts."""

    module: str
    options: dict[str, t.Any]
    outcome: str
    keywords: dict[str, t.Any]


def step(module: str, options: dict[str, t.Any], outcome: str, **keywords: t.Any) -> Step:
    return Step(module, options, outcome, keywords)


# They run in this order, on one cluster for each front. Every module is among them: add a step for a new one.
STEPS = [
    step("redis_bdb", {"name": "one", **SIZE}, CHANGED, check_mode=True),
    step("redis_bdb", {"name": "one", "authentication_redis_pass": SECRET, **SIZE}, CHANGED),
    step("redis_bdb", {"name": "one", "memory_size": "200MB", "replication": "yes"}, CHANGED, diff=True),
    step("redis_bdb", {"name": "one", "memory_size": "200MB"}, OK),
    step("redis_bdb", {"name": "one", "port": 11111}, FAILED),
    step("redis_bdb", {"name": "bad_name", **SIZE}, FAILED),
    step("redis_bdb", {"name": "big", "memory_size": "9000TB"}, FAILED),
    step("redis_bdb", {"name": "one", "no_such_option": 1}, REJECTED),
    step("redis_bdb", {"name": "one", "shards_count": "many"}, REJECTED),
    step("redis_bdb", {"name": "one", "config": {"authentication_admin_pass": SECRET}}, CHANGED, diff=True),
    step("redis_bdb", {"name": "one"}, FAILED, environment={"REDIS_ENTERPRISE_PASSWORD": "wrong"}),
    step("redis_bdb", {"name": "one"}, FAILED, environment={"REDIS_ENTERPRISE_URL": "http://127.0.0.1"}),
    step("redis_bdb", {"name": "one"}, OK, no_log=True),
    step(
        "redis_bdb_set",
        {"databases": [{"name": "two", **SIZE}, {"name": "one", "type": "memcached"}]},
        CHANGED,
        diff=True,
    ),
    step("redis_bdb_set", {"databases": [{"name": "one"}], "purge": True}, CHANGED, check_mode=True, diff=True),
    step("redis_bdb_set", {"databases": [{"nam": "one"}]}, FAILED),
    step("redis_node_action", {"node_uid": 2, "action": "maintenance_on"}, CHANGED, check_mode=True),
    step("redis_node_action", {"node_uid": 2, "action": "maintenance_on"}, CHANGED),
    step("redis_node_action", {"node_uid": 3, "action": "maintenance_on"}, FAILED),
    step("redis_node_action", {"node_uid": 2, "action": "maintenance_off"}, CHANGED, diff=True),
    step("redis_node_action", {"node_uid": 2, "action": "maintenance_off", "state": "absent"}, CHANGED),
    step("redis_node_info", {}, OK),
    step("redis_roll_plan_info", {"operation": "maintenance", "hosts": [{"name": "two", "node_uid": "2"}]}, OK),
    step("redis_roll_plan_info", {"operation": "match", "hosts": [{"name": "stranger"}]}, FAILED, check_mode=True),
    step("redis_roll_node_info", {"operation": "maintenance", "node_uid": 2, "check_health": False}, OK),
    step("redis_action_info", {"name": "SMCreateBDB"}, OK),
    step("redis_health_info", {"allow_in_maintenance": "3"}, OK),
    step("redis_roll_node_info", {"operation": "removal", "node_uid": 2, "failed_phase": "remove"}, OK),
    step("redis_bdb", {"name": "one", "state": "absent"}, CHANGED, diff=True),
    step("redis_cluster_action", {"action": "unheard-of"}, FAILED),
    step("redis_cluster_action", {"action": "unheard-of", "state": "absent"}, OK),
    step(
        "redis_node_action",
        {"node_uid": 1, "action": "enslave_node", "action_options": {"x": 1}},
        CHANGED,
        check_mode=True,
    ),
    step("redis_action_info", {"uid": "4be7a5a0-0000-4000-8000-000000000000", "wait": True}, FAILED),
    step("redis_bdb_info", {}, OK),
    step("redis_bdb_info", {"name": "two", "fields": ["memory_size"]}, OK, check_mode=True),
    step("redis_bdb_info", {"fields": ["memory size"]}, FAILED),
    step("redis_acl", {"name": "Geo", "acl": "~* +@geo"}, CHANGED, check_mode=True, diff=True),
    step("redis_acl", {"name": "Geo", "acl": "~* +@geo"}, CHANGED, diff=True),
    step("redis_acl", {"name": "Geo", "acl": "~*  +@geo"}, OK),
    step("redis_acl", {"uid": 2, "name": "Places", "acl": "~geo:* +@geo"}, CHANGED, diff=True),
    step("redis_acl", {"name": "Full Access", "state": "absent"}, FAILED, check_mode=True),
    step("redis_acl", {"name": "Wrong", "acl": "geo"}, FAILED),
    step("redis_acl", {"acl": "~* +@geo"}, FAILED),
    step("redis_acl", {"name": "Geo", "acls": "+@geo"}, REJECTED),
    step("redis_acl_info", {}, OK),
    step("redis_acl_info", {"name": "Places"}, OK, check_mode=True),
    step("redis_acl", {"name": "Places", "state": "absent"}, CHANGED, diff=True),
    step("redis_bdb", {"name": "two", "authentication_redis_pass": SECRET, **SIZE}, CHANGED, diff=True),
    step("redis_bdb", {"name": "two", "authentication_redis_pass": SECRET, **SIZE}, OK, diff=True),
    step("redis_bdb", {"name": "two", "authentication_redis_pass": SECRET, **SIZE}, OK, diff=True, **BECOME),
]


def run_steps(cluster: Emulated, folder: Path, *, connection: str, verbose: bool = False) -> tuple[list[t.Any], str]:
    """The registered results of all steps, and what the play printed."""
    tasks: list[dict[str, t.Any]] = []
    for number, each in enumerate(STEPS):
        tasks.append(
            {
                "name": f"Step {number}",
                f"redis_enterprise.cluster.{each.module}": each.options,
                "register": f"step_{number}",
                "failed_when": False,
                **each.keywords,
            }
        )
    saved = folder / f"{connection}.json"
    everything = "{{ [" + ", ".join(f"step_{number}" for number in range(len(STEPS))) + "] | to_json }}"
    tasks.append({"name": "Save", "ansible.builtin.copy": {"content": everything, "dest": str(saved), "mode": "0600"}})
    play = {
        "name": "Steps",
        "hosts": "localhost",
        "gather_facts": False,
        "connection": connection,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": tasks,
    }
    book = folder / f"{connection}.yml"
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    environment = {**cluster.environment, **PLUGINS}
    done = playbook(book, "-i", "localhost,", *(["-vvv"] if verbose else []), environment=environment)
    assert done.returncode == 0, done.stdout
    return json.loads(saved.read_text(encoding="utf-8")), done.stdout


def comparable(results: list[t.Any], cluster: Emulated) -> list[t.Any]:
    """Without what differs between any two runs: uids made at random, addresses, times, and fresh passwords."""
    text = json.dumps(results)
    for number, url in enumerate(cluster.urls):
        text = text.replace(url.removeprefix("https://"), f"node{number}")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "guid", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T _]\d\d[:-]\d\d[:-]\d\dZ?", "time", text)
    text = re.sub(r'"(creation_time|heartbeat|waited|uptime|free_ram|delta|start|end)": [^,}]+', r'"\1": 0', text)
    found = t.cast("list[t.Any]", json.loads(text))
    for result in found:
        result.pop("failed_when_suppressed_exception", None)  # Ansible's own remark about a module process
        if (result.get("action") or {}).get("name") == "SMDeleteBDB":
            result["action"] = None  # not listed after its end, so whether and how it was seen is chance
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[t.Any], str, Emulated]]:
    found = {}
    for connection in ("local", "elsewhere"):
        with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.2") as cluster:
            folder = tmp_path_factory.mktemp(connection)
            results, output = run_steps(cluster, folder, connection=connection, verbose=True)
            found[connection] = (comparable(results, cluster), output, cluster)
    return found


def outcome(result: dict[str, t.Any]) -> str:
    if "failure" in result:
        return FAILED
    if result["changed"]:
        return CHANGED
    return REJECTED if "msg" in result else OK


NUMBERED = pytest.mark.parametrize(
    "number", range(len(STEPS)), ids=[f"{number}-{each.module}-{each.outcome}" for number, each in enumerate(STEPS)]
)


@NUMBERED
def test_both_fronts_give_the_same_result(both: t.Any, number: int) -> None:
    here, there = both["local"][0][number], both["elsewhere"][0][number]
    assert here == there


@NUMBERED
def test_each_step_has_its_outcome(both: t.Any, number: int) -> None:
    result = both["local"][0][number]
    assert outcome(result) == STEPS[number].outcome, result.get("msg")


def test_become_makes_no_difference_to_the_result(both: t.Any) -> None:
    with_become = [number for number, each in enumerate(STEPS) if "become" in each.keywords]
    assert with_become
    for front in ("local", "elsewhere"):
        results = both[front][0]
        assert [results[number] for number in with_become] == [results[number - 1] for number in with_become]


@pytest.mark.parametrize("front", ["local", "elsewhere"])
def test_neither_front_prints_a_secret(both: t.Any, front: str) -> None:
    _results, output, cluster = both[front]
    assert SECRET not in output
    assert cluster.ready["password"] not in output


def test_only_the_local_connection_runs_in_process(both: t.Any) -> None:
    used = {
        front: re.findall(r"Using module file \S*/cluster/plugins/modules/(\w+)\.py", both[front][1]) for front in both
    }
    assert len(used["elsewhere"]) == len(STEPS)
    assert used["local"] == [each.module for each in STEPS if each.outcome == REJECTED or "become" in each.keywords], (
        "those with options that the module has to explain, and the one with become"
    )


# What Ansible adds to the result of a task with async.
OF_ASYNC = {"ansible_job_id", "finished", "results_file", "started", "stdout", "stdout_lines", "stderr", "stderr_lines"}


@pytest.fixture(scope="module")
def asynchronous(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[dict[str, t.Any]], str]]:
    """Results and output of the same tasks, by a module that is waited for and by one that runs by itself."""
    tasks = [
        {"name": "by-async", "authentication_redis_pass": SECRET, **SIZE},
        {"name": "by-async", "authentication_redis_pass": SECRET, **SIZE},
        {"name": "by-async", "port": 11111},
        {"name": "by-async", "state": "absent"},
    ]
    found = {}
    for way, keywords in {
        "async": {"async": 60, "poll": 1},
        "module": {"vars": {"ansible_connection": "elsewhere"}},
    }.items():
        folder = tmp_path_factory.mktemp(way)
        steps: list[dict[str, t.Any]] = [
            {
                "name": f"Step {number}",
                "redis_enterprise.cluster.redis_bdb": options,
                "register": f"step_{number}",
                "failed_when": False,
                "diff": True,
                **keywords,
            }
            for number, options in enumerate(tasks)
        ]
        everything = "{{ [" + ", ".join(f"step_{number}" for number in range(len(steps))) + "] | to_json }}"
        save = {"content": everything, "dest": str(folder / "results.json"), "mode": "0600"}
        play = {
            "name": "Asynchronously",
            "hosts": "localhost",
            "gather_facts": False,
            "connection": "local",
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [*steps, {"name": "Save", "ansible.builtin.copy": save}],
        }
        book = folder / "play.yml"
        book.write_text(yaml.safe_dump([play]), encoding="utf-8")
        with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.2") as cluster:
            environment = {**cluster.environment, **PLUGINS, "ANSIBLE_ASYNC_DIR": str(folder / "jobs")}
            done = playbook(book, "-i", "localhost,", "-vvv", environment=environment)
            assert done.returncode == 0, done.stdout
            saved = json.loads((folder / "results.json").read_text(encoding="utf-8"))
            found[way] = (comparable(saved, cluster), done.stdout)
    return found


def test_async_takes_the_way_of_the_module(asynchronous: t.Any) -> None:
    results, output = asynchronous["async"]
    assert len(re.findall(r"Using module file \S*/cluster/plugins/modules/redis_bdb\.py", output)) == len(results)
    assert [step["changed"] for step in results] == [True, False, False, True]
    assert results[0]["bdb"]["name"] == "by-async"
    assert all(step["finished"] for step in results)
    assert SECRET not in output


@pytest.mark.parametrize("number", range(4))
def test_async_has_the_result_of_the_module(asynchronous: t.Any, number: int) -> None:
    by_itself, waited_for = (asynchronous[way][0][number] for way in ("async", "module"))
    assert {key: value for key, value in by_itself.items() if key not in OF_ASYNC} == {
        key: value for key, value in waited_for.items() if key not in OF_ASYNC
    }

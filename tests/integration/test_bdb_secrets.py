# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret of a database occurs in anything that is printed or logged: results, diffs, -vvv, refusals, tracebacks.

The secrets are made from the table of fields, so that none can be forgotten here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from support.emulated import MODULES, Emulated, playbook

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Compare, Field, Kind

SUPPORT = Path(__file__).parents[1] / "support"
# Members that are no secrets, and without which those that are cannot be.
BESIDE: dict[str, dict[str, t.Any]] = {
    "backup_location": {"type": "s3", "bucket_name": "b"},
    "dataset_import_sources": {"type": "s3", "bucket_name": "b"},
}


def planted(row: Field, path: str) -> t.Any:
    """A value of the field that is secret or holds secrets, each with its path in it; None where there are none."""
    if row.secret and row.name.endswith("key") and row.name != "secret_access_key":  # keys have several lines
        lines = "\n".join(f"s3cret-{path}-line-{number}" for number in (1, 2))
        return f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----\n"
    if row.secret:
        return f"s3cret-{path}"
    if row.compare is Compare.URI:
        return f"redis://reader:s3cret-{path}@10.0.0.9:12000"
    found = {member.name: planted(member, f"{path}-{member.name}") for member in row.members}
    found = {name: value for name, value in found.items() if value}
    if not found:
        return None
    whole = {**BESIDE.get(row.name, {}), **found}
    return [whole] if row.kind is Kind.LIST else whole


PLANTED = {name: value for name, row in FIELDS.items() if row.is_option and (value := planted(row, name))}
WORDS = sorted(set(re.findall(r"s3cret-[\w-]+", json.dumps(PLANTED).replace("\\n", " "))))
SECRETS: dict[str, t.Any] = {
    "memory_size": "100MB",
    "tags": [{"key": "visible-key", "value": "visible-value"}],
    **PLANTED,
}
UNKNOWN = {"authentication_redis_pass": "s3cret-stored", "replica_sources": [{"uri": "redis://:s3cret-stored@h:1"}]}
OTHER_PLACE = {**PLANTED["backup_location"], "secret_access_key": "s3cret-other"}
OTHER_SOURCE = {"uri": "redis://:s3cret%20uri-2@10.0.0.8:12000"}
BAD_TYPE = {"config": {"new_pass": "s3cret-new", "crdt_replicas": [{"uri": "redis://:s3cret-4@h:1"}]}}
# Options beside those of a database with secrets in it, and how the run ends.
STEPS: list[tuple[dict[str, t.Any], str]] = [
    ({}, "changed"),
    ({"authentication_redis_pass": "s3cret-redis-2"}, "changed"),
    ({"backup_location": OTHER_PLACE}, "changed"),
    ({"replica_sources": [OTHER_SOURCE]}, "changed"),
    ({"memory_size": "9000TB"}, "failed"),
    ({"port": 9443}, "failed"),
    ({"shards_count": "many", **BAD_TYPE}, "failed"),
    ({"no_such_option": 1, **BAD_TYPE}, "failed"),
    ({"config": {"new_store": {"password": "s3cret-new", "api_token": "s3cret-token"}}}, "failed"),
    ({"action": "reset_admin_pass"}, "failed"),
]
WITNESS = """
import runpy, sys, syslog
syslog.openlog = lambda *given: None
syslog.syslog = lambda *given: print("LOGGED", *given, file=sys.stderr)
{more}
runpy.run_module("{module}", run_name="__main__")
"""
POISON = """
from support.poison import poison

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Compare, Field, Kind
poison()
"""
MISTAKE = "This is a mistake in the collection"


def assert_clean(output: str, *, hidden: t.Iterable[str] = ()) -> None:
    leaks = sorted({output[max(match.start() - 60, 0) : match.end() + 40] for match in re.finditer("s3cret", output)})
    assert not leaks, leaks
    assert not [secret for secret in hidden if secret in output]


def witnessed(cluster: Emulated, module: str = "redis_bdb", *, more: str = "", **options: t.Any) -> str:
    """All that a module process prints, and all that it would write to the system's log.

    It gets the connection from the environment, so that what it hides is more than options.
    """
    script = WITNESS.format(more=more, module=f"{MODULES}.{module}")
    ansible = {"_ansible_diff": True, "_ansible_verbosity": 3, "_ansible_tracebacks_for": ["error"]}
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, **ansible}}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(arguments),
        env=cluster.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_every_secret_of_the_table_is_planted_and_arrives(own_cluster: Emulated) -> None:
    """Or the tests below would prove nothing of it."""
    for known in ("backup_location-sas_token", "crdt_sources-client_key", "sync_sources-client_key", "sources-uri"):
        assert [word for word in WORDS if known in word], WORDS
    assert {name for name in FIELDS if FIELDS[name].secret} <= set(PLANTED)
    assert len(WORDS) > 25
    sent = own_cluster.run("redis_bdb", name="planted", **SECRETS)
    assert not sent.result.get("failed"), sent.result
    body = json.dumps([write["body"] for write in sent.writes])
    assert [word for word in WORDS if word not in body] == []


@pytest.mark.parametrize(("options", "ending"), STEPS)
def test_no_secret_is_printed_or_logged_by_a_module_process(
    cluster: Emulated, options: dict[str, t.Any], ending: str
) -> None:
    output = witnessed(cluster, name="printed", **{**SECRETS, **options})
    assert f'"{ending}": true' in output
    assert_clean(output, hidden=[cluster.ready["password"]])
    if "no_such_option" not in options and "shards_count" not in options:
        assert "LOGGED" in output
        assert "visible-value" in output, "more is hidden than the secrets"


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (
            "redis_bdb_set",
            {
                "databases": [
                    {"name": "many", **SECRETS},
                    {"name": "many-2", **SECRETS, "port": 9443},
                    {"name": "with-others"},
                ]
            },
        ),
        ("redis_bdb", {"name": "with-others", "tags": [{"key": "a", "value": "visible-value"}]}),
        ("redis_bdb_info", {}),
        ("redis_bdb_info", {"extended": True, "fields": sorted({*PLANTED, "tags"})}),
    ],
)
def test_no_secret_is_printed_or_logged_by_the_other_modules(
    cluster: Emulated, module: str, options: dict[str, t.Any]
) -> None:
    cluster.run("redis_bdb", name="printed-here", **SECRETS)
    cluster.run("redis_bdb", name="with-others", memory_size="100MB", **UNKNOWN)
    output = witnessed(cluster, module, **options)
    assert "LOGGED" in output
    assert "visible-value" in output
    assert_clean(output, hidden=[cluster.ready["password"]])


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("redis_bdb", {"name": "crashing", **SECRETS}),
        ("redis_bdb_set", {"databases": [{"name": "crashing", **SECRETS}]}),
        ("redis_bdb_info", {}),
    ],
)
def test_no_secret_is_in_a_traceback(cluster: Emulated, module: str, options: dict[str, t.Any]) -> None:
    output = witnessed(cluster, module, more=POISON, **options)
    assert MISTAKE in output
    assert "Traceback" in output
    assert "poisoned: " in output
    assert_clean(output, hidden=[cluster.ready["password"]])


def tasks_with_secrets(name: str) -> list[dict[str, t.Any]]:
    tasks: list[dict[str, t.Any]] = []
    for number, (options, _ending) in enumerate(STEPS):
        wanted = {"name": name, **SECRETS, **options}
        for check in (True, False):
            task = {"name": f"Step {number}", "redis_enterprise.cluster.redis_bdb": wanted, "check_mode": check}
            tasks.append({**task, "ignore_errors": True})
    in_a_set = {"databases": [{"name": name, **SECRETS}, {"name": name + "-2", **SECRETS, "port": 9443}]}
    tasks.append({"name": "Set", "redis_enterprise.cluster.redis_bdb_set": in_a_set, "ignore_errors": True})
    for options in ({}, {"name": name}, {"extended": True, "fields": sorted({*PLANTED, "tags"})}):
        tasks.append({"name": "Info", "redis_enterprise.cluster.redis_bdb_info": options})
    return tasks


def played(cluster: Emulated, folder: Path, tasks: list[dict[str, t.Any]], connection: str, **more: str) -> str:
    play = {
        "name": "Secrets",
        "hosts": "localhost",
        "gather_facts": False,
        "connection": connection,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": tasks,
    }
    book = folder / "secrets.yml"
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    environment = {**cluster.environment, "ANSIBLE_CONNECTION_PLUGINS": str(SUPPORT / "connection"), **more}
    done = playbook(book, "-i", "localhost,", "-vvv", "--diff", environment=environment)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
def test_no_secret_is_in_the_output_of_a_play(cluster: Emulated, tmp_path: Path, connection: str) -> None:
    """Both fronts, check mode and diff, at -vvv."""
    output = played(cluster, tmp_path, tasks_with_secrets(f"play-{connection}"), connection)
    assert "visible-value" in output
    assert '"changed": true' in output
    assert_clean(output, hidden=[cluster.ready["password"]])


def test_no_secret_is_in_the_traceback_of_an_operation_in_the_controller(cluster: Emulated, tmp_path: Path) -> None:
    tasks = [each for each in tasks_with_secrets("crashing-here") if each["name"] in ("Step 0", "Set", "Info")]
    output = played(
        cluster,
        tmp_path,
        [{**task, "ignore_errors": True} for task in tasks],
        "local",
        ANSIBLE_CALLBACK_PLUGINS=str(SUPPORT / "callback"),
        ANSIBLE_CALLBACKS_ENABLED="poisoned",
        ANSIBLE_DISPLAY_TRACEBACK="always",
    )
    assert "Using module file" not in output, "the operations ran in the controller"
    assert output.count(f'"msg": "{MISTAKE}') >= len(tasks)
    assert "Traceback" in output
    assert "poisoned: " in output
    assert_clean(output, hidden=[cluster.ready["password"]])

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret of a database occurs in anything that is printed or logged: results, diffs, -vvv, refusals, tracebacks."""

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

CONNECTIONS = Path(__file__).parents[1] / "support" / "connection"
KEY_LINES = "s3cretKeyLine1AAAA\ns3cretKeyLine2BBBB"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{KEY_LINES}\n-----END RSA PRIVATE KEY-----\n"
PLACES: list[dict[str, t.Any]] = [
    {"type": "sftp", "sftp_url": "sftp://backup:s3cret-sftp@10.0.0.5/a", "key": KEY},
    {"type": "s3", "bucket_name": "b", "access_key_id": "s3cret-id", "secret_access_key": "s3cret-access"},
    {
        "type": "gs",
        "bucket_name": "b",
        "client_id": "1",
        "client_email": "a@b",
        "private_key_id": "2",
        "private_key": KEY,
    },
    {"type": "abs", "account_name": "a", "container": "c", "account_key": "s3cret-account"},
    {"type": "url", "url": "ftp://backup:s3cret-ftp@10.0.0.5/a"},
]
SECRETS: dict[str, t.Any] = {
    "memory_size": "100MB",
    "authentication_redis_pass": "s3cret-redis",
    "authentication_admin_pass": "s3cret-admin",
    "replica_sources": [
        {"uri": "redis://reader:s3cret-uri@10.0.0.9:12000", "client_key": KEY, "encryption": True},
        {"uri": "redis://:s3cret%20uri-2@10.0.0.8:12000"},
    ],
    "backup_location": PLACES[0],
    "dataset_import_sources": PLACES[1:],
    "tags": [{"key": "visible-key", "value": "visible-value"}],
}
BAD_TYPE = {"config": {"authentication_sasl_pass": "s3cret-sasl", "crdt_sources": [{"uri": "redis://:s3cret-4@h:1"}]}}
# Options beside those of a database with secrets in it, and how the run ends.
STEPS: list[tuple[dict[str, t.Any], str]] = [
    ({}, "changed"),
    ({"authentication_redis_pass": "s3cret-redis-2"}, "changed"),
    ({"backup_location": PLACES[1]}, "changed"),
    ({"backup_location": {**PLACES[1], "secret_access_key": "s3cret-other"}}, "changed"),
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
CRASH = """
from ansible_collections.redis_enterprise.cluster.plugins.module_utils import _bdb_plan
def crash(desired, current):
    raise RuntimeError(f"cannot plan {desired.values}")
_bdb_plan.plan = crash
"""


def assert_clean(output: str, *, hidden: t.Iterable[str] = ()) -> None:
    leaks = sorted({output[max(match.start() - 60, 0) : match.end() + 20] for match in re.finditer("s3cret", output)})
    assert not leaks, leaks
    assert not [secret for secret in hidden if secret in output]


def witnessed(cluster: Emulated, *, more: str = "", **options: t.Any) -> str:
    """All that a module process prints, and all that it would write to the system's log."""
    script = WITNESS.format(more=more, module=f"{MODULES}.redis_bdb")
    ansible = {"_ansible_diff": True, "_ansible_verbosity": 3, "_ansible_tracebacks_for": ["error"]}
    arguments = {"ANSIBLE_MODULE_ARGS": {**cluster.connection, **options, **ansible}}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


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


def test_no_secret_is_in_a_traceback(cluster: Emulated) -> None:
    output = witnessed(cluster, more=CRASH, name="crashing", **SECRETS)
    assert "RuntimeError" in output
    assert "Traceback" in output
    assert_clean(output)


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
def test_no_secret_is_in_the_output_of_a_play(cluster: Emulated, tmp_path: Path, connection: str) -> None:
    """Both fronts, check mode and diff, at -vvv."""
    name = f"play-{connection}"
    tasks: list[dict[str, t.Any]] = []
    for number, (options, _ending) in enumerate(STEPS):
        wanted = {"name": name, **SECRETS, **options}
        for check in (True, False):
            task = {"name": f"Step {number}", "redis_enterprise.cluster.redis_bdb": wanted, "check_mode": check}
            tasks.append({**task, "ignore_errors": True})
    in_a_set = {"databases": [{"name": name, **SECRETS}, {"name": name + "-2", **SECRETS, "port": 9443}]}
    tasks.append({"name": "Set", "redis_enterprise.cluster.redis_bdb_set": in_a_set, "ignore_errors": True})
    play = {
        "name": "Secrets",
        "hosts": "localhost",
        "gather_facts": False,
        "connection": connection,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": tasks,
    }
    book = tmp_path / "secrets.yml"
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    environment = {**cluster.environment, "ANSIBLE_CONNECTION_PLUGINS": str(CONNECTIONS)}
    done = playbook(book, "-i", "localhost,", "-vvv", "--diff", environment=environment)
    assert done.returncode == 0, done.stdout
    assert "visible-value" in done.stdout
    assert '"changed": true' in done.stdout
    assert_clean(done.stdout, hidden=[cluster.ready["password"]])

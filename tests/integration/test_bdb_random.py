# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random pairs of a present and a wanted database, through the module's front: what check mode says, the real run does,
and a second run finds nothing to do. What is refused is refused in the same words, whenever it is tried.
"""

from __future__ import annotations

import random
import typing as t

import pytest
from support.bdb_samples import NEEDS, values
from support.brisk import BriskModule
from support.emulated import Run

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS, SCHEMA
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import (
    Compare,
    Field,
    Kind,
    Settable,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.values import to_api

PAIRS = 200
THROUGH_A_PROCESS = 20  # of so many pairs, one goes through a process of the module's own
ROWS = [
    row
    for row in FIELDS.values()
    if row.is_option and row.settable is not Settable.WRITE_ONLY and row.name not in ("name", "uid")
]
CHANGEABLE = [row for row in ROWS if row.settable is Settable.ALWAYS]
# Not used by the emulated cluster itself, so that they can be made as odd as real clusters show them.
AS_TEXT = ("max_pipelined", "conns", "slave_ha_priority", "max_connections", "backup_history")
OFTEN_ABSENT = ("email_alerts", "tags", "authorized_subjects", "enforce_client_authentication", "roles_permissions")


def some_value(row: Field, chance: random.Random) -> t.Any:
    """A value of the field, in one of the spellings that users use."""
    if row.kind is Kind.INT and row.compare is Compare.PLAIN and row.name not in ("shards_count", "account_id"):
        low = int(row.low if row.low is not None else 0)
        return chance.randint(low, int(min(row.high or low + 5000, low + 5000)))
    value = chance.choice(values(row))
    if row.compare is Compare.SIZE and str(value).endswith("GB"):
        return chance.choice([value, value.lower(), str(to_api(row, value))])
    if isinstance(value, list) and row.compare is not Compare.PLAIN:
        return chance.choice([chance.sample(value, len(value)), value, []])
    return value


def some_options(rows: t.Sequence[Field], chance: random.Random, most: int) -> dict[str, t.Any]:
    options: dict[str, t.Any] = {}
    for row in chance.sample(list(rows), chance.randint(0, most)):
        options.update({**NEEDS.get(row.name, {}), row.name: some_value(row, chance)})
    if options.get("type") == "memcached":  # a version of Redis means nothing there, and is not judged
        options = {key: value for key, value in options.items() if key not in ("version", "redis_version")}
    return options


def present(process: BriskModule, name: str, chance: random.Random) -> dict[str, t.Any] | None:
    """A database made past the collection, with the oddities of real clusters; None if there is to be none."""
    if chance.random() < 0.15:
        return None
    while True:
        options = {"name": name, "memory_size": "1GB", **some_options(ROWS, chance, 12)}
        options.update(chance.choice([{}, {"sharding": True, "shards_count": 2}]))
        answer = process.cluster.api(
            "POST", "/v1/bdbs", {key: to_api(SCHEMA.field(key), value) for key, value in options.items()}
        )
        if answer.status_code == 200:
            break
    uid = answer.json()["uid"]
    process.cluster.control("POST", f"/bdbs/{uid}", oddities(answer.json(), chance))
    return options


def oddities(bdb: t.Mapping[str, t.Any], chance: random.Random) -> dict[str, t.Any]:
    found = {name: str(bdb[name]) for name in AS_TEXT if chance.random() < 0.3}
    return {**found, **{name: None for name in OFTEN_ABSENT if not bdb.get(name) and chance.random() < 0.3}}


def wanted(now: t.Mapping[str, t.Any] | None, name: str, chance: random.Random) -> dict[str, t.Any]:
    """Some of what there is, some of it changed, and now and then something that is refused."""
    kept = {key: value for key, value in (now or {"memory_size": "1GB"}).items() if chance.random() < 0.5}
    rows = ROWS if now is None or chance.random() < 0.15 else CHANGEABLE
    options = {**kept, **some_options(rows, chance, 8), "name": name}
    if now is None and chance.random() < 0.9:
        options.setdefault("memory_size", "1GB")
    if now is not None and chance.random() < 0.05:
        options = {"name": name, "state": "absent"}
    return options


def told(run: Run) -> tuple[t.Any, ...]:
    result = run.result
    if result.get("failed"):
        return ("failed", result["msg"], result["failure"]["error_code"])
    return (result["changed"], result["diff"], result["changes"])


def play(run: t.Callable[..., Run], options: dict[str, t.Any]) -> str:
    checked, real = run(check=True, **options), run(**options)
    assert checked.writes == [], "check mode has written"
    assert told(checked) == told(real)
    again = run(**options)
    if real.result.get("failed"):
        assert told(again) == told(real)
        status = real.result["failure"]["status"]  # none: the collection has refused it by itself
        for refused in (real, again):
            assert not refused.changed
            answers = [write["status"] for write in refused.writes if write["status"] != 409]  # that passes
            assert answers == ([status] if status else [])
        return "refused"
    assert bool(real.writes) is real.changed
    assert not again.result.get("failed"), again.result
    assert (again.changed, set(again.methods)) == (False, {"GET"}), again.result["diff"]
    return "changed" if real.changed else "nothing"


@pytest.mark.parametrize("seed", range(PAIRS))
def test_check_mode_and_the_real_run_agree(process: BriskModule, seed: int, endings: list[str]) -> None:
    chance = random.Random(f"pair {seed}")
    name = f"pair-{seed}"
    options = wanted(present(process, name, chance), name, chance)
    if seed % THROUGH_A_PROCESS:
        endings.append(play(process.run, options))
    else:
        endings.append(play(lambda **given: process.cluster.run("redis_bdb", **given), options))
    process.run(name=name, state="absent")


@pytest.fixture(scope="module")
def endings() -> t.Iterator[list[str]]:
    """How the pairs ended; most must have got past the refusals, or they would prove little."""
    found: list[str] = []
    yield found
    if len(found) == PAIRS:
        assert found.count("changed") > PAIRS * 0.5
        assert found.count("refused") > PAIRS * 0.05

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_bdb beyond plain fields: actions, recovery plans, unknown and deprecated fields, those of extended=true."""

from __future__ import annotations

import typing as t

import pytest
from support.bdb_runs import SIZE, created
from support.brisk import BriskModule
from support.emulated import Emulated

FLUSH = {"action": "flush", "confirm_flush": True}
SHARD = {"uid": "1", "node_uid": "1", "role": "master", "assigned_slots": "0-16383"}
FILE = {"shard_slots": "0-16383", "node_uid": "1", "filename": "redis-4.rdb"}


@pytest.fixture(scope="module")
def process(cluster: Emulated) -> BriskModule:
    return BriskModule(cluster)


def sent(run: t.Any) -> list[tuple[str, str, t.Any]]:
    return [(entry["method"], entry["path"], entry["body"]) for entry in run.journal if entry["method"] != "GET"]


# -- actions -----------------------------------------------------------------------------------------------------


def test_a_flush_is_told_in_check_mode_and_done_on_every_run(process: BriskModule) -> None:
    uid = created(process, "flushed")
    options = {"name": "flushed", **SIZE, **FLUSH}
    checked = process.run(check=True, **options)
    assert (checked.changed, checked.writes) == (True, [])
    assert sent(checked) == [("PUT", f"/v1/bdbs/{uid}/flush", {})]
    assert checked.result["will"].startswith(f"All keys of database 'flushed' (uid {uid}) will be deleted")
    for _again in range(2):
        real = process.run(**options)
        assert sent(real) == [("PUT", f"/v1/bdbs/{uid}/flush", {})]
        assert (real.changed, real.result["diff"]) == (True, checked.result["diff"])
        assert real.result["diff"]["after"]["action"] == "flush"
        assert "will" not in real.result


def test_an_action_and_a_change_are_one_request(process: BriskModule) -> None:
    uid = created(process, "flushed-and-changed", sharding=True)
    regex = [{"regex": "(?<tag>.{2}).*"}]
    refused = process.run(name="flushed-and-changed", shard_key_regex=regex)
    assert "which deletes all data" in refused.result["msg"]
    real = process.run(name="flushed-and-changed", shard_key_regex=regex, **FLUSH)
    assert sent(real) == [("PUT", f"/v1/bdbs/{uid}/flush", {"shard_key_regex": regex})]
    assert real.result["changes"] == ["shard_key_regex"]
    process.converged(name="flushed-and-changed", shard_key_regex=regex)


def test_a_flush_without_confirmation_sends_nothing(process: BriskModule) -> None:
    created(process, "unconfirmed")
    for check in (True, False):
        run = process.run(check=check, name="unconfirmed", action="flush")
        assert "set confirm_flush to true" in run.result["msg"]
        assert run.journal == []


def test_the_admin_password_is_reset_and_not_shown(process: BriskModule) -> None:
    uid = created(process, "reset")
    before = process.cluster.api("GET", f"/v1/bdbs/{uid}").json()["authentication_admin_pass"]
    checked = process.run(check=True, name="reset", action="reset_admin_pass")
    assert "new random admin password" in checked.result["will"]
    real = process.run(name="reset", action="reset_admin_pass")
    after = process.cluster.api("GET", f"/v1/bdbs/{uid}").json()["authentication_admin_pass"]
    assert after != before
    assert not [word for word in (before, after) if word in checked.output + real.output]


def test_an_action_needs_a_database(process: BriskModule) -> None:
    run = process.run(name="nobody-here", **SIZE, **FLUSH)
    assert "nothing to act on" in run.result["msg"]
    assert run.writes == []


def test_an_action_on_a_busy_database_waits_its_turn(process: BriskModule) -> None:
    uid = created(process, "flush-busy")
    process.cluster.fault("busy", bdb_uid=uid, seconds=0.5)
    run = process.run(name="flush-busy", **FLUSH)
    assert run.changed, run.result
    assert run.methods.count("PUT") > 1


def test_an_action_whose_answer_was_lost_is_never_sent_twice(process: BriskModule) -> None:
    cluster = process.cluster
    path = f"/v1/bdbs/{created(process, 'flush-lost')}/flush"
    for when in ("after", "before"):
        cluster.fault("drop", when=when, method="PUT", path=path, count=1)
        lost = process.run(name="flush-lost", **FLUSH)
        assert lost.result["failed"]
        assert "nothing shows whether it was carried out" in lost.result["msg"]
        assert lost.methods.count("PUT") == 1


# -- recovery plans ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "entry", "warned"), [("data_files", FILE, True), ("original_bdb_shards", SHARD, False)]
)
def test_a_recovery_plan_is_sent_at_creation_and_never_again(
    process: BriskModule, key: str, entry: dict[str, str], warned: bool
) -> None:
    name = f"recovered-by-{key.partition('_')[0]}"
    options = {"name": name, **SIZE, "recovery_plan": {key: [entry]}}
    proved = process.prove(**options)
    body = {"bdb": {"name": name, "memory_size": 104857600}, "recovery_plan": {key: [entry]}}
    assert sent(proved) == [("POST", "/v2/bdbs", body)]
    assert proved.result["diff"]["after"]["recovery_plan"] == {key: [entry]}
    assert bool(proved.result["warnings"]) is warned


def test_a_recovery_plan_that_does_not_fit_is_told(process: BriskModule) -> None:
    options = {"name": "not-recovered", "recovery_plan": {"data_files": [FILE]}, "sharding": True, "shards_count": 2}
    for check in (True, False):
        run = process.run(check=check, **options, **SIZE)
        assert run.result["failure"]["error_code"] == "bad_shards_blueprint"
        assert "recovery_plan" in run.result["msg"]


# -- unknown fields ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["unknown-new", "unknown-existing"])
def test_an_unknown_field_is_refused_with_the_closest_name(process: BriskModule, name: str) -> None:
    if name == "unknown-existing":
        created(process, name)
    for check in (True, False):
        run = process.run(check=check, name=name, config={"max_conections": 5}, **SIZE)
        assert "Did you mean max_connections?" in run.result["msg"], run.result
        assert set(run.methods) == {"GET"}
        assert run.journal[-1]["path"] == "/v1/jsonschema"
    process.run(name=name, state="absent")


def test_a_field_that_only_the_cluster_knows_is_set(process: BriskModule) -> None:
    """It is in no reference, but real clusters show it."""
    options = {"name": "undescribed", "config": {"flush_on_fullsync": False}, **SIZE}
    assert process.prove(**options).changed
    assert process.run(**options).methods == ["GET", "GET"]


def test_a_field_of_the_schema_that_the_table_has_not_costs_one_request_more(cluster: Emulated) -> None:
    schema = {"type": "object", "properties": {"name": {}, "from_the_future": {"type": "boolean"}}}
    uid = cluster.run("redis_bdb", name="future", **SIZE).result["bdb"]["uid"]
    cluster.fault("unavailable", method="GET", path="/v1/jsonschema", status=200, body=schema)
    run = cluster.run("redis_bdb", name="future", check=True, config={"from_the_future": True})
    assert [entry["path"] for entry in run.journal][-2:] == ["/v1/jsonschema", f"/v1/bdbs/{uid}"]
    cluster.control("POST", f"/bdbs/{uid}", {"from_the_future": True})
    again = cluster.run("redis_bdb", name="future", config={"from_the_future": True})
    assert (again.changed, again.methods) == (False, ["GET", "GET"])
    cluster.control("DELETE", "/faults")


@pytest.mark.parametrize("status", [404, 406])
def test_without_a_schema_the_cluster_judges_itself(process: BriskModule, status: int) -> None:
    process.cluster.fault("unavailable", method="GET", path="/v1/jsonschema", status=status, body={})
    run = process.run(name="no-schema", config={"max_conections": 5}, **SIZE)
    process.cluster.control("DELETE", "/faults")
    assert run.result["failure"]["error_code"] == "invalid_schema"
    assert "may be unknown to its release" in run.result["msg"]


# -- deprecated fields, fields of extended=true, fields of later releases ----------------------------------------


def test_a_deprecated_option_warns_once_and_works(process: BriskModule) -> None:
    options = {"name": "old-fashioned", "gradual_sync_mode": "enabled", "authorized_names": ["a.test"], **SIZE}
    run = process.run(**options)
    assert not run.result.get("failed"), run.result
    assert [sentence.split()[0] for sentence in run.result["warnings"]] == ["authorized_names", "gradual_sync_mode"]
    assert "authorized_subjects" in run.result["warnings"][0]
    process.converged(**options)


def test_only_those_who_set_module_options_ask_for_them(process: BriskModule) -> None:
    created(process, "searching")
    plain = process.run(name="searching", **SIZE)
    assert not [entry for entry in plain.journal if "extended" in str(entry.get("query"))]
    proved = process.prove(name="searching", search={"search_timeout": 900})
    assert sent(proved) == [("PUT", proved.journal[1]["path"], {"search": {"search-timeout": 900}})]
    again = process.run(name="searching", search={"search_timeout": 900})
    assert "extended" in str(again.journal[1].get("query"))
    assert again.methods == ["GET", "GET"]
    assert process.prove(name="searching", search={"search_workers": 2}).result["changes"] == ["search"]
    process.converged(name="searching", search={"search_timeout": 900, "search_workers": 2})


def test_a_field_that_the_cluster_does_not_take_up_is_told_with_its_release(process: BriskModule) -> None:
    cluster, uid = process.cluster, created(process, "ignoring")
    answer = {**cluster.api("GET", f"/v1/bdbs/{uid}").json(), "action_uid": ""}
    cluster.fault("unavailable", method="PUT", path=f"/v1/bdbs/{uid}", status=200, body=answer)
    run = process.run(name="ignoring", gradual_sync_policy="custom")
    cluster.control("DELETE", "/faults")
    assert run.result["failed"]
    assert "the field came with release 8.2" in run.result["msg"]


def test_masked_secrets_inside_objects_follow_update_password(process: BriskModule) -> None:
    place = {"type": "s3", "bucket_name": "b", "access_key_id": "id-s3cret", "secret_access_key": "key-s3cret"}
    uid = created(process, "masked-inside", backup_location=place)
    shown = {**place, "access_key_id": "********", "secret_access_key": "********"}
    process.cluster.control("POST", f"/bdbs/{uid}", {"backup_location": shown})
    kept = process.run(name="masked-inside", backup_location=place, update_password="on_create")
    assert (kept.changed, kept.writes) == (False, [])
    told = process.run(check=True, name="masked-inside", backup_location=place)
    assert told.result["changes"] == ["backup_location"]
    assert "s3cret" not in told.output

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of an object that is identified by something else than a name, and the plan that follows from it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput, Refused
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.compare import Verdict, verdict
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.desired import (
    Desired,
    desired_from,
    options,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import (
    Compare,
    Kind,
    Settable,
    enum,
    integer,
    read_only,
    record,
    secret,
    strings,
    text,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.plan import (
    duplicate_name_error,
    pick,
    plan,
    predicted,
    still_different,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.redact import redact, secrets_in
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.schema import Schema

ROWS = (
    integer("uid", settable=Settable.AT_CREATION, remedy="Make a new one."),
    text("email"),
    text("name"),
    secret("password", needed="give it one."),
    enum("auth", "regular", "regular", "external", settable=Settable.AT_CREATION, remedy="Make a new one."),
    strings("groups"),
    record("limits", integer("daily", 5), integer("hourly", 1)),
    text("rules", compare=Compare.JOINED),
    text("place", also_in=("home.town", "old_place")),
    read_only("status", Kind.TEXT),
)
MEMBER = Schema(
    "member",
    "/v1/members",
    {row.name: row for row in ROWS},
    name_field="email",
    containers=frozenset({"config"}),
    shown_when_deleted=("uid", "email", "password", "auth"),
)
ANN = {"uid": 1, "email": "ann@x.test", "name": "Ann", "password": "0ld", "limits": {"daily": 7}, "groups": ["a", "b"]}


def want(**params: t.Any) -> Desired:
    return desired_from(MEMBER, {"email": "ann@x.test", **params})


def test_options_follow_from_the_schema() -> None:
    spec = options(MEMBER)
    assert set(spec) == {"state", "update_password", *(row.name for row in ROWS if row.name != "status")}
    assert spec["password"]["no_log"] is True
    assert spec["limits"]["options"]["daily"] == {"type": "int"}
    without_secrets = Schema("thing", "/v1/things", {row.name: row for row in ROWS if not row.secret})
    assert "update_password" not in options(without_secrets)


def test_the_name_field_identifies() -> None:
    listed = [{"uid": 1, "email": "ann@x.test", "name": "Bob"}, {"uid": 2, "email": "bob@x.test", "name": "Ann"}]
    assert pick(want(), listed) == listed[0]
    assert pick(want(email=None, uid=2), listed) == listed[1]
    with pytest.raises(Refused, match="the email belongs to uid 1"):
        pick(want(uid=2), listed)
    with pytest.raises(Refused, match=r"2 members have the email 'ann@x\.test'"):
        pick(want(), [listed[0], {**listed[1], "email": "ann@x.test"}])
    with pytest.raises(InvalidInput, match="Say which member is meant: set email, uid, or both"):
        want(email=None)


def test_a_name_that_does_not_identify_is_a_field() -> None:
    step = plan(want(name="Anne"), ANN)
    assert (step.step, step.body) == ("update", {"name": "Anne"})
    assert step.before == {"uid": 1, "email": "ann@x.test", "name": "Ann"}
    renamed = plan(want(uid=1, email="anne@x.test"), ANN)
    assert (renamed.body, renamed.request()) == (
        {"email": "anne@x.test"},
        ("PUT", "/v1/members/1", {"email": "anne@x.test"}),
    )
    assert still_different(want(uid=1, email="anne@x.test"), ANN, renamed) == ["email"]


def test_creation_and_deletion() -> None:
    with pytest.raises(InvalidInput, match=r"password is needed to create member 'ann@x\.test': give it one\."):
        plan(want(), None)
    created = plan(want(password="n3w", uid=7), None)
    assert created.request() == ("POST", "/v1/members", {"email": "ann@x.test", "password": "n3w", "uid": 7})
    assert created.after == {"email": "ann@x.test", "password": "********", "uid": 7}
    deleted = plan(want(state="absent"), ANN)
    assert deleted.request() == ("DELETE", "/v1/members/1", None)
    assert deleted.before == {"uid": 1, "email": "ann@x.test", "password": "********"}


def test_what_is_set_once_is_refused_with_its_remedy() -> None:
    with pytest.raises(
        Refused, match=r"auth of member 'ann@x\.test' is None and cannot become 'external'\. Make a new"
    ):
        plan(want(auth="external"), ANN)
    assert plan(want(auth="regular"), ANN).step == "nothing"


def test_members_left_out_are_kept_in_a_prediction() -> None:
    assert predicted(plan(want(limits={"hourly": 3}), ANN))["limits"] == {"daily": 7, "hourly": 3}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ({"place": "Rome"}, Verdict.SAME),
        ({"place": "", "home": [{"town": "Oslo"}, {"town": "Rome"}]}, Verdict.SAME),
        ({"old_place": "Rome"}, Verdict.SAME),
        ({"place": "Oslo", "home": None, "old_place": "Paris"}, Verdict.DIFFERENT),
        ({"home": ["Rome"]}, Verdict.DIFFERENT),
        ({}, Verdict.DIFFERENT),
    ],
)
def test_a_value_may_be_shown_elsewhere(obj: dict[str, t.Any], expected: Verdict) -> None:
    assert verdict(MEMBER, "place", "Rome", obj) is expected


def test_the_diff_shows_the_value_that_says_something() -> None:
    step = plan(want(place="Rome"), {**ANN, "place": "", "home": [{"town": "Oslo"}]})
    assert step.before["place"] == "Oslo"


@pytest.mark.parametrize("rules", ["+@read ~app:*", "+@read   ~app:*", " +@read\n~app:*\n"])
def test_words_are_compared_and_sent_without_their_white_space(rules: str) -> None:
    assert want(rules=rules).values == {"rules": "+@read ~app:*"}
    assert plan(want(rules=rules), {**ANN, "rules": "+@read  ~app:*"}).step == "nothing"
    assert plan(want(rules=rules), {**ANN, "rules": "~app:* +@read"}).step == "update"


def test_unknown_members_mean_what_they_mean_in_the_schema_handed_in() -> None:
    other = Schema("thing", "/v1/things", {"code": secret("code")})
    assert redact(other, {"deep": {"code": "x", "password": "y", "place": "z"}}) == {
        "deep": {"code": "********", "password": "********", "place": "z"}
    }
    assert redact(MEMBER, {"deep": {"code": "x", "password": "y"}}) == {"deep": {"code": "x", "password": "********"}}
    assert sorted(secrets_in(other, {"config": '{"code": "x"}'})) == []
    assert sorted(secrets_in(MEMBER, {"config": '{"password": "x"}'})) == ["x"]


def named(*uids: int) -> list[dict[str, t.Any]]:
    return [{"uid": 1, "email": "another"}, *({"uid": uid, "email": "ann"} for uid in uids)]


@pytest.mark.parametrize(("created", "uids"), [(7, (7,)), (7, ()), (None, (7,)), (None, ())])
def test_one_object_of_a_name_is_as_it_should_be(created: int | None, uids: tuple[int, ...]) -> None:
    assert duplicate_name_error(MEMBER, "ann", created, named(*uids)) is None


@pytest.mark.parametrize(
    ("created", "uids", "sentence"),
    [
        (7, (7, 8), "this task created uid 7, another client uid 8."),
        (8, (7, 8), "this task created uid 8, another client uid 7."),
        (8, (7, 8, 9), "this task created uid 8, another client uid 7 and uid 9."),
        (None, (7, 8), "uid 7 and uid 8, and the answer that says which of them this task created was lost."),
    ],
)
def test_two_objects_of_a_name_are_named(created: int | None, uids: tuple[int, ...], sentence: str) -> None:
    error = duplicate_name_error(MEMBER, "ann", created, named(*uids))
    assert error is not None
    assert sentence in str(error)
    assert "Several members got the email 'ann' at the same time" in str(error)
    assert "None was deleted" in str(error)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against exact HTTP: what is sent, to whom, how often, and what comes of each kind of answer."""

from __future__ import annotations

import base64
import contextlib
import socket
import typing as t

import pytest
from support.scripted_api import DROP, Answer, ScriptedApi

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import (
    Ambiguous,
    ApiError,
    InvalidInput,
    Unavailable,
)

BASIC = "Basic " + base64.b64encode(b"admin@example.com:s3cret-pass").decode()


def closed_port() -> str:
    """A host:port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_a_read_is_one_request_with_credentials(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200, [{"uid": 1}], {"cluster-state-id": "42"}))
    response = client_for(api.host).get("/v1/bdbs", {"fields": "uid,name"})
    assert (response.status, response.data, response.state_id) == (200, [{"uid": 1}], "42")
    assert [(each.method, each.target, each.authorization) for each in api.asked] == [
        ("GET", "/v1/bdbs?fields=uid%2Cname", BASIC)
    ]


def test_several_reads_share_one_connection(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200, {}))
    client = client_for(api.host)
    for path in ["/v1/cluster"] * 5:
        client.get(path)
    assert (len(api.asked), api.connections) == (5, 1)


def test_a_dry_run_is_a_bare_flag_and_a_state_id_a_header(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200, {"uid": 3}))
    client = client_for(api.host)
    client.write("POST", "/v1/bdbs", {"name": "a"}, dry_run=True)
    client.write("POST", "/v1/bdbs", {"name": "a"}, state_id="42")
    assert [(each.method, each.target, each.state_id, each.body) for each in api.asked] == [
        ("POST", "/v1/bdbs?dry_run", None, {"name": "a"}),
        ("POST", "/v1/bdbs", "42", {"name": "a"}),
    ]


@pytest.mark.parametrize("away", [Answer(503, "<html>away</html>"), Answer(502), DROP])
def test_a_read_is_repeated_until_the_api_is_back(serve: t.Any, client_for: t.Any, clock: t.Any, away: t.Any) -> None:
    api = serve(away, away, Answer(200, {"name": "c"}))
    assert client_for(api.host).get("/v1/cluster").data == {"name": "c"}
    assert len(api.asked) == 3
    assert clock.sleeps == [0.1, 0.2]


def test_a_read_gives_up_after_unavailable_timeout_and_says_what_was_seen(
    serve: t.Any, client_for: t.Any, clock: t.Any
) -> None:
    api = serve(Answer(503, {"description": "no master"}))
    with pytest.raises(Unavailable, match=r"within 10 s.*answered 503 \(no master\).*unavailable_timeout") as caught:
        client_for(api.host).get("/v1/cluster")
    assert clock.time == pytest.approx(10.0)
    assert caught.value.failure.attempts == len(api.asked)


@pytest.mark.parametrize("answer", [Answer(503), Answer(504, "gateway"), DROP])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_without_an_answer_is_never_repeated(
    serve: t.Any, client_for: t.Any, answer: t.Any, method: str
) -> None:
    api, other = serve(answer), serve(Answer(200, {}))
    with pytest.raises(Ambiguous, match=f"{method} /v1/bdbs was sent"):
        client_for(api.host, other.host).write(method, "/v1/bdbs", {})
    assert (len(api.asked), len(other.asked)) == (1, 0)


def test_a_write_that_timed_out_is_ambiguous(client_for: t.Any, ca: t.Any) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Ambiguous, match="POST /v1/bdbs"):
            client_for(host, request_timeout=0.2).write("POST", "/v1/bdbs", {})


def test_a_write_is_sent_elsewhere_when_it_cannot_have_arrived(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200, {"uid": 1}))
    client = client_for(closed_port(), api.host)
    assert client.write("POST", "/v1/bdbs", {"name": "a"}).data == {"uid": 1}
    assert len(api.asked) == 1


def test_the_host_that_answered_is_asked_first_from_then_on(serve: t.Any, client_for: t.Any) -> None:
    away, api = serve(Answer(503)), serve(Answer(200, {}))
    client = client_for(away.host, api.host)
    client.get("/v1/cluster")
    client.get("/v1/cluster")
    assert (len(away.asked), len(api.asked)) == (1, 2)


@pytest.mark.parametrize(
    ("status", "body", "code", "description"),
    [
        (406, {"error_code": "missing_db_name", "description": "name is required"}, "missing_db_name", "name is req"),
        (400, {"error_code": "bad", "message": "other shape"}, "bad", "other shape"),
        (409, {"error_message": "task shape"}, None, "task shape"),
        (404, None, None, None),
        (405, "<p>plain\n text</p>", None, "<p>plain text</p>"),
        (406, ["odd"], None, None),
    ],
)
def test_every_shape_of_error_body_is_kept(
    serve: t.Any, client_for: t.Any, status: int, body: t.Any, code: str | None, description: str | None
) -> None:
    api = serve(Answer(status, body))
    with pytest.raises(ApiError, match=f"answered with {status}") as caught:
        client_for(api.host).write("PUT", "/v1/bdbs/1", {})
    failure = caught.value.failure
    assert (failure.status, failure.error_code, failure.method, failure.path, failure.attempts) == (
        status,
        code,
        "PUT",
        "/v1/bdbs/1",
        1,
    )
    assert (failure.description or "").startswith(description or "")


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, None, "refused the credentials"),
        (403, {"description": "forbidden"}, "role admin"),
        (403, {"description": "redislabs license expired"}, "Renew the cluster's license"),
    ],
)
def test_a_refusal_says_what_to_do(serve: t.Any, client_for: t.Any, status: int, body: t.Any, sentence: str) -> None:
    api = serve(Answer(status, body))
    with pytest.raises(ApiError, match=sentence):
        client_for(api.host).write("POST", "/v1/bdbs", {})
    assert len(api.asked) == 1


def test_statuses_that_the_caller_expects_are_answers(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(404), Answer(503, {"error_code": "no_quorum"}))
    client = client_for(api.host)
    assert client.find("/v1/bdbs/9") is None
    assert client.get("/v1/bdbs/9/availability", accept=(503,)).data == {"error_code": "no_quorum"}


@pytest.mark.parametrize("body", [None, "<html>a page of something else</html>", {"an": "object"}])
def test_what_is_no_list_is_not_taken_for_an_empty_one(serve: t.Any, client_for: t.Any, body: t.Any) -> None:
    client = client_for(serve(Answer(200, body)).host)
    with pytest.raises(ApiError, match=r"not by the REST API. Does url lead to it \(port 9443\)"):
        client.get_list("/v1/bdbs")
    if not isinstance(body, dict):
        with pytest.raises(ApiError, match="not by the REST API"):
            client.find("/v1/bdbs/1")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_is_called_off_is_neither_sent_nor_repeated(serve: t.Any, client_for: t.Any, method: str) -> None:
    """Not even where the request was waiting for an API that was away."""
    api = serve(Answer(307), Answer(200, {}))
    allowed = iter([True, False])

    def go_on() -> None:
        if not next(allowed):
            raise RuntimeError("called off")

    with contextlib.closing(client_for(api.host).another(go_on)) as client, pytest.raises(RuntimeError, match="off"):
        client.get("/v1/bdbs/1") if method == "GET" else client.write(method, "/v1/bdbs/1", {})
    assert [each.method for each in api.asked] == [method]


# -- redirects -------------------------------------------------------------------------------------------------------


def test_a_redirect_to_a_named_host_keeps_method_body_and_credentials(serve: t.Any, client_for: t.Any) -> None:
    primary = serve(Answer(200, {"uid": 1}))
    replica = serve(Answer(307, None, {"Location": f"{primary.url}/v1/bdbs"}))
    assert client_for(replica.host, primary.host).write("POST", "/v1/bdbs", {"name": "a"}).data == {"uid": 1}
    assert [(each.method, each.authorization, each.body) for each in primary.asked] == [("POST", BASIC, {"name": "a"})]


def test_a_redirect_to_a_node_of_the_cluster_is_followed(serve: t.Any, client_for: t.Any, ca: t.Any) -> None:
    named = serve(Answer(200, [{"uid": 1, "addr": "127.0.0.1"}, {"uid": 2, "addr": "127.0.0.2"}]))
    with ScriptedApi(ca, [Answer(200, {"uid": 7})], "127.0.0.2", named.port) as other:
        named.script = [
            Answer(307, None, {"Location": f"{other.url}/v1/bdbs/7"}),
            Answer(
                200, [{"uid": 1, "addr": "127.0.0.1"}, {"uid": 2, "addr": "10.0.0.2", "external_addr": "127.0.0.2"}]
            ),
        ]
        assert client_for(named.host).get("/v1/bdbs/7").data == {"uid": 7}
        assert other.asked[0].authorization == BASIC


def test_credentials_never_go_to_a_host_that_nobody_named(serve: t.Any, client_for: t.Any, ca: t.Any) -> None:
    named = serve(Answer(200))
    with ScriptedApi(ca, [Answer(200, {"uid": 1})], "127.0.0.3", named.port) as stranger:
        named.script = [
            Answer(307, None, {"Location": f"{stranger.url}/v1/bdbs"}),
            Answer(200, [{"uid": 1, "addr": "127.0.0.1"}]),
            Answer(307, None, {"Location": f"{stranger.url}/v1/bdbs"}),
        ]
        with pytest.raises(Unavailable, match=r"neither in url nor an address of a node.*add it to url"):
            client_for(named.host).get("/v1/bdbs")
        assert stranger.asked == []


def test_credentials_never_go_to_another_port_of_a_node(serve: t.Any, client_for: t.Any) -> None:
    stranger = serve(Answer(200, {"uid": 1}))
    named = serve(Answer(307, None, {"Location": f"{stranger.url}/v1/bdbs"}))
    with pytest.raises(Unavailable, match="neither in url"):
        client_for(named.host).get("/v1/bdbs")
    assert stranger.asked == []


def test_the_other_named_hosts_are_tried_when_a_redirect_leads_nowhere(serve: t.Any, client_for: t.Any) -> None:
    primary = serve(Answer(200, {"uid": 1}))
    lost = serve(Answer(307, None, {"Location": "https://10.99.99.99:9443/v1/bdbs"}), Answer(404))
    client = client_for(lost.host, primary.host)
    assert client.write("POST", "/v1/bdbs", {"name": "a"}).data == {"uid": 1}
    assert len(primary.asked) == 1 + 1  # the node list was asked of it too, then the write


@pytest.mark.parametrize("location", ["http://127.0.0.1:8080/v1/bdbs", "", "/v1/bdbs"])
def test_a_redirect_away_from_https_is_not_followed(serve: t.Any, client_for: t.Any, location: str) -> None:
    api = serve(Answer(307, None, {"Location": location}))
    with pytest.raises(Unavailable, match="not https"):
        client_for(api.host).get("/v1/bdbs")


@pytest.mark.parametrize(
    "location",
    ["https://127.0.0.1:99999/v1/bdbs", "https://127.0.0.1:x/v1/bdbs", "https://[bad/v1/bdbs", "https://[1::z]/"],
)
def test_a_redirect_to_no_address_means_that_this_host_is_away(serve: t.Any, client_for: t.Any, location: str) -> None:
    lost, primary = serve(Answer(307, None, {"Location": location})), serve(Answer(200, {"uid": 1}))
    assert client_for(lost.host, primary.host).write("POST", "/v1/bdbs", {"name": "a"}).data == {"uid": 1}
    assert (len(lost.asked), len(primary.asked)) == (1, 1)
    with pytest.raises(Unavailable, match=r"\(127\.0\.0\.1:\d+: redirects to an address that is none\). Check"):
        client_for(lost.host, unavailable_timeout=0).write("POST", "/v1/bdbs", {"name": "a"})


def test_a_circle_of_redirects_ends(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200))
    api.script = [Answer(307, None, {"Location": f"{api.url}/v1/bdbs"})]
    with pytest.raises(Unavailable, match="redirects more than 5 times"):
        client_for(api.host, unavailable_timeout=0).get("/v1/bdbs")
    assert len(api.asked) == 5


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 306])
def test_a_redirect_that_drops_the_method_is_not_followed_and_a_write_is_not_repeated(
    serve: t.Any, client_for: t.Any, status: int
) -> None:
    """A gateway can answer so after it has carried the request out."""
    redirect = Answer(status, None, {"Location": "https://127.0.0.1/"})
    api = serve(redirect, Answer(200, {}))
    with pytest.raises(Ambiguous, match=f"PUT /v1/bdbs/1 was sent, .*answered {status}"):
        client_for(api.host).write("PUT", "/v1/bdbs/1", {})
    assert len(api.asked) == 1
    assert client_for(serve(redirect, Answer(200, {})).host).get("/v1/cluster").status == 200


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_an_untrusted_certificate_ends_the_task_at_once_with_the_way_out(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200, {}))
    with pytest.raises(InvalidInput, match=r"is not trusted.*Set ca_cert.*validate_certs: false"):
        client_for(api.host, ca_cert=None).get("/v1/cluster")
    assert api.asked == []


def test_a_certificate_for_another_name_is_not_trusted(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200, {}))
    with pytest.raises(InvalidInput, match="is not trusted"):
        client_for(f"localhost:{api.port}").get("/v1/cluster")
    assert api.asked == []


def test_verification_can_be_switched_off(serve: t.Any, client_for: t.Any) -> None:
    api = serve(Answer(200, {"name": "c"}))
    assert client_for(api.host, ca_cert=None, validate_certs=False).get("/v1/cluster").data == {"name": "c"}


def test_a_client_certificate_replaces_the_password(
    serve: t.Any, client_for: t.Any, ca: t.Any, tmp_path: t.Any
) -> None:
    api = serve(Answer(200, {}))
    pem = tmp_path / "client.pem"
    ca.issue_cert("operator").private_key_and_cert_chain_pem.write_to_path(str(pem))
    client_for(api.host, username=None, password=None, client_cert=str(pem)).get("/v1/cluster")
    assert api.asked[0].authorization is None


@pytest.mark.parametrize(
    ("option", "sentence"),
    [("ca_cert", "ca_cert .* cannot be read"), ("client_cert", "client_cert .* cannot be loaded")],
)
def test_a_file_that_is_no_pem_is_named(client_for: t.Any, tmp_path: t.Any, option: str, sentence: str) -> None:
    path = tmp_path / "empty.pem"
    path.write_text("")
    with pytest.raises(InvalidInput, match=sentence):
        client_for("127.0.0.1:9443", **{option: str(path)})


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_the_password_is_in_no_message_and_no_repr(serve: t.Any, client_for: t.Any) -> None:
    api = serve(DROP)
    client = client_for(api.host, unavailable_timeout=0.5)
    with pytest.raises(Unavailable) as caught:
        client.get("/v1/cluster")
    told = [str(caught.value), repr(caught.value), repr(caught.value.failure), repr(client._connection)]
    assert not [text for text in told if "s3cret-pass" in text or BASIC.split()[1] in text]


def test_netrc_is_not_read(
    serve: t.Any, client_for: t.Any, ca: t.Any, tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    api = serve(Answer(200, {}))
    pem = tmp_path / "client.pem"
    ca.issue_cert("operator").private_key_and_cert_chain_pem.write_to_path(str(pem))
    client_for(api.host, username=None, password=None, client_cert=str(pem)).get("/v1/cluster")
    assert api.asked[0].authorization is None

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to the cluster: hosts, TLS, authentication, redirects, retries, error bodies. Knows no database."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import ssl
import traceback
import typing as t
from urllib.parse import quote, urlsplit

from .._core.errors import Ambiguous, ApiError, CollectionError, Failure, InvalidInput, Unavailable, error_body
from .._core.waiter import Clock
from .connection import DEFAULT_PORT, Connection, join_host, redirected_to, tls_context

try:
    import requests
    import requests.adapters
    import requests.exceptions
    import requests.utils
    import urllib3
    import urllib3.exceptions
except ImportError:  # the one library that a fresh host may lack; the frame says so to the user
    MISSING: str | None = traceback.format_exc()
else:
    MISSING = None

STATE_ID_HEADER = "cluster-state-id"
_REDIRECTS = frozenset({307, 308})
_AWAY = frozenset({502, 503, 504})  # answers of a front proxy whose API is not there just now
_MOST_HOPS = 5
_LONGEST_BACKOFF = 2.0
_CONNECT_TIMEOUT_WITH_CHOICE = 5.0  # a node that is switched off must not cost a whole request_timeout


@dataclasses.dataclass(frozen=True)
class Response:
    """A successful answer: the decoded JSON body (None when there is none) and the cluster's state id."""

    status: int
    data: t.Any = None
    state_id: str | None = None


class _Away(Exception):
    """This host did not give a usable answer; C(sent) says whether the request may have reached the API."""

    def __init__(self, why: str, *, sent: bool, status: int | None = None, body: t.Any = None) -> None:
        super().__init__(why)
        self.sent = sent
        self.status = status
        self.body = body


class Client:
    """The API of one cluster, through whichever of its nodes answers."""

    def __init__(
        self, connection: Connection, clock: Clock | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        self._connection = connection
        self._clock = clock or Clock()
        self._context = context or tls_context(connection, _default_bundle())
        self._hosts = list(connection.hosts)  # the one that answered last comes first
        self._members: frozenset[str] | None = None  # addresses that the cluster lists as its nodes
        self._session = _session(connection, self._context)
        self._go_on: t.Callable[[], None] = lambda: None

    def close(self) -> None:
        self._session.close()

    @property
    def host_names(self) -> tuple[str, ...]:
        """The hosts in C(url), without their ports."""
        return tuple(urlsplit(f"//{host}").hostname or host for host in self._connection.hosts)

    def another(self, go_on: t.Callable[[], None]) -> Client:
        """One with connections of its own, for another thread. C(go_on) raises if nothing is to be sent any more."""
        other = Client(self._connection, self._clock, self._context)
        other._go_on = go_on
        return other

    def get(self, path: str, params: t.Mapping[str, str] | None = None, *, accept: t.Collection[int] = ()) -> Response:
        """Read; retried on every host until C(unavailable_timeout). Statuses in C(accept) are answers, not errors."""
        return self._call("GET", path, params=params, accept=accept)

    def get_list(self, path: str, params: t.Mapping[str, str] | None = None) -> Response:
        """Read a list. Anything else is no answer of this API: an empty page is not "there are none"."""
        return _checked(self._call("GET", path, params=params), list, path)

    def find(self, path: str, params: t.Mapping[str, str] | None = None, *, required: bool = False) -> t.Any:
        """The JSON body of GET, or None when the API says 404, which is an error of what is C(required)."""
        response = self._call("GET", path, params=params, accept=() if required else (404,))
        return None if response.status == 404 else _checked(response, (dict, list), path).data

    def write(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        dry_run: bool = False,
        state_id: str | None = None,
        accept: t.Collection[int] = (),
    ) -> Response:
        """POST, PUT or DELETE, sent once: raises Ambiguous when nobody can say whether it was done.

        It is tried again only where the request cannot have reached the API (connection refused). With
        C(state_id) the write is conditional: the cluster refuses it if anything has changed since.
        A dry run changes nothing and is repeated like a read.
        """
        headers = {STATE_ID_HEADER: state_id} if state_id else {}
        return self._call(
            method,
            path,
            params={"dry_run": ""} if dry_run else None,
            body=body,
            headers=headers,
            accept=accept,
            repeatable=dry_run,
        )

    # -- one call over all hosts -------------------------------------------------------------------------------

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: t.Mapping[str, str] | None = None,
        body: t.Any = None,
        headers: t.Mapping[str, str] | None = None,
        accept: t.Collection[int] = (),
        repeatable: bool | None = None,
    ) -> Response:
        repeatable = method == "GET" if repeatable is None else repeatable
        attempts = 0
        backoff = 0.1
        started = self._clock.now()
        while True:
            problems = []
            for host in list(self._hosts):
                attempts += 1
                try:
                    response, used = self._through(host, method, path, params, body, headers or {}, accept)
                except _Away as away:
                    problems.append(f"{host}: {away}")
                    if away.sent and not repeatable:
                        raise Ambiguous(
                            f"{method} {path} was sent, but no answer tells whether it was done ({host}: {away}).",
                            _failure(away.status or 0, away.body, method, path, attempts),
                        ) from away
                    continue
                self._prefer(used)
                if 200 <= response.status < 300 or response.status in accept:
                    return response
                raise self._api_error(response, method, path, attempts)
            waited = self._clock.now() - started
            if waited >= self._connection.unavailable_timeout:
                raise Unavailable(
                    f"The API did not answer {method} {path} within {waited:.0f} s on any host of url "
                    f"({'; '.join(problems)}). Check the addresses and that the cluster has a quorum, or give a "
                    "longer unavailable_timeout.",
                    Failure(method=method, path=path, attempts=attempts),
                )
            self._clock.sleep(min(backoff, max(self._connection.unavailable_timeout - waited, 0.01)))
            backoff = min(backoff * 2, _LONGEST_BACKOFF)

    def _prefer(self, host: str) -> None:
        if self._hosts[0] != host and host in self._connection.hosts:
            self._hosts.sort(key=lambda each: each != host)

    def _through(
        self,
        host: str,
        method: str,
        path: str,
        params: t.Mapping[str, str] | None,
        body: t.Any,
        headers: t.Mapping[str, str],
        accept: t.Collection[int],
    ) -> tuple[Response, str]:
        """One request by way of one host, with its redirects; the answer, and the host that gave it."""
        for _hop in range(_MOST_HOPS):
            raw = self._send(host, method, path, params, body, headers)
            if raw.status_code in _REDIRECTS:
                host = self._redirect_target(raw.headers.get("Location", ""))
                continue
            if 300 <= raw.status_code < 400:
                raise _Away(f"answered {raw.status_code}, a redirect that does not keep the method", sent=True)
            data = _decode(raw)
            if raw.status_code in _AWAY and raw.status_code not in accept:
                raise _Away(_away_text(raw.status_code, data), sent=True, status=raw.status_code, body=data)
            return Response(raw.status_code, data, raw.headers.get(STATE_ID_HEADER)), host
        raise _Away(f"redirects more than {_MOST_HOPS} times", sent=False)

    def _send(
        self,
        host: str,
        method: str,
        path: str,
        params: t.Mapping[str, str] | None,
        body: t.Any,
        headers: t.Mapping[str, str],
    ) -> requests.Response:
        options = self._connection
        url = f"https://{host}{path}"
        connect = options.request_timeout
        if len(self._hosts) > 1:
            connect = min(connect, _CONNECT_TIMEOUT_WITH_CHOICE)
        self._go_on()
        try:
            return self._session.request(
                method,
                url,
                params=_query(params),
                data=None if body is None else json.dumps(body).encode(),
                headers={"Accept": "application/json", "Content-Type": "application/json", **headers},
                timeout=(connect, options.request_timeout),
                allow_redirects=False,
                proxies=requests.utils.get_environ_proxies(url),
            )
        except requests.exceptions.SSLError as error:
            told = self._tls_error(host, error)
            if host not in options.hosts:  # a redirect led there; the hosts that the user named may do better
                told = _Away("its TLS certificate is not trusted", sent=False)
            raise told from error
        except requests.exceptions.ConnectTimeout as error:
            raise _Away(f"no connection within {connect:.0f} s", sent=False) from error
        except requests.exceptions.Timeout as error:
            raise _Away(f"no answer within {options.request_timeout:.0f} s", sent=True) from error
        except requests.exceptions.ConnectionError as error:
            raise _connection_problem(error) from error
        except requests.exceptions.RequestException as error:
            raise _Away(f"{type(error).__name__} while the answer was read", sent=True) from error

    def _tls_error(self, host: str, error: Exception) -> CollectionError | _Away:
        text = str(error)
        if "CERTIFICATE_VERIFY_FAILED" not in text and "doesn't match" not in text:
            return _Away("TLS handshake failed", sent="EOF" in text)
        reason = text.rpartition("certificate verify failed:")[2].partition("(_ssl")[0].strip(" )")
        return InvalidInput(
            f"The TLS certificate of {host} is not trusted ({reason}). Set ca_cert to the PEM file of the authority "
            "that signed it; clusters sign their own by default. validate_certs: false switches the check off."
        )

    # -- redirects ---------------------------------------------------------------------------------------------

    def _redirect_target(self, location: str) -> str:
        """Where to go after a 307: only to a host that the user named or that the cluster lists as its node."""
        try:
            name, port = redirected_to(location)
        except ValueError as wrong:
            raise _Away(f"redirects to {wrong}", sent=False) from wrong
        target = join_host(name, port)
        ports = {urlsplit(f"//{named}").port for named in self._connection.hosts} | {DEFAULT_PORT}
        if target in self._connection.hosts or (port in ports and name in self._nodes()):
            return target
        raise _Away(
            f"redirects to {target}, which is neither in url nor an address of a node of the cluster; add it to url",
            sent=False,
        )

    def _nodes(self) -> frozenset[str]:
        """Addresses of the cluster's nodes, asked of the named hosts once; empty when none can tell."""
        if self._members is not None:
            return self._members
        for host in self._connection.hosts:
            try:
                raw = self._send(host, "GET", "/v1/nodes", {"fields": "addr,external_addr"}, None, {})
            except _Away:
                continue
            data = _decode(raw) if raw.status_code == 200 else None
            if isinstance(data, list):
                self._members = frozenset(_addresses(data))
                return self._members
        return frozenset()

    # -- answers that are not a success ------------------------------------------------------------------------

    def _api_error(self, response: Response, method: str, path: str, attempts: int) -> ApiError:
        failure = _failure(response.status, response.data, method, path, attempts)
        said = failure.description or failure.error_code or "no further word"
        message = f"{method} {path} was answered with {response.status}: {said.rstrip('.')}."
        if response.status == 401:
            message = "The cluster refused the credentials (401): check username and password, or client_cert."
        elif response.status == 403 and "licen" in said.lower():
            message = (
                f"The license does not allow {method} {path} (403: {said.rstrip('.')}). Renew the cluster's license."
            )
        elif response.status == 403:
            message = f"This user may not do {method} {path} (403: {said.rstrip('.')}). Use one with the role admin."
        elif response.status == 505:
            message += " Use a release of this collection that knows the cluster's release of the API."
        return ApiError(message, failure, response.data)


def _tls_adapter(context: ssl.SSLContext) -> requests.adapters.HTTPAdapter:
    """An adapter that uses the one TLS context built from the user's options, and nothing else."""

    class TlsAdapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **{**kwargs, "ssl_context": context})

        def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return super().proxy_manager_for(*args, **{**kwargs, "ssl_context": context})

        def build_connection_pool_key_attributes(
            self, request: requests.PreparedRequest, verify: bool | str, cert: t.Any = None
        ) -> t.Any:
            parts = urlsplit(request.url or "")
            return {"scheme": "https", "host": parts.hostname, "port": parts.port}, {"ssl_context": context}

        def cert_verify(self, conn: t.Any, url: str, verify: bool | str, cert: t.Any) -> None:
            """Nothing to add: the context says it all."""

    return TlsAdapter(max_retries=0)


def _default_bundle() -> str:
    """The authorities that are trusted when the user names none."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return named or requests.utils.DEFAULT_CA_BUNDLE_PATH


def _session(connection: Connection, context: ssl.SSLContext) -> requests.Session:
    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> None:
            """None: it would be taken apart even where redirects are not followed, and may be no URL at all."""

    session = Session()
    session.trust_env = False  # no credentials from .netrc; proxies are asked for on each request
    if not connection.validate_certs:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the user said so; once is enough
    session.mount("https://", _tls_adapter(context))
    if connection.username:
        pair = f"{connection.username}:{connection.password}".encode()
        session.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return session


def _query(params: t.Mapping[str, str] | None) -> str | None:
    """Flags are sent bare (C(?dry_run)), values as usual."""
    if not params:
        return None
    return "&".join(key if value == "" else f"{key}={quote(value)}" for key, value in params.items())


def _decode(raw: requests.Response) -> t.Any:
    if not raw.content:
        return None
    try:
        return raw.json()
    except ValueError:
        return raw.text.strip() or None


def _checked(response: Response, kind: type | tuple[type, ...], path: str) -> Response:
    if isinstance(response.data, kind):
        return response
    raise ApiError(
        f"GET {path} was answered with {response.status}, but not by the REST API. Does url lead to it (port 9443)?",
        Failure(status=response.status, method="GET", path=path),
    )


def _failure(status: int, body: t.Any, method: str, path: str, attempts: int) -> Failure:
    code, description = error_body(body)
    return Failure(
        status=status or None, error_code=code, description=description, method=method, path=path, attempts=attempts
    )


def _away_text(status: int, body: t.Any) -> str:
    code, description = error_body(body)
    return f"answered {status}" + (f" ({description or code})" if description or code else "")


def _connection_problem(error: Exception) -> _Away:
    """What went wrong below HTTP, and whether the request can have been sent."""
    reason: t.Any = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return _Away("the name cannot be resolved", sent=False)
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return _Away("connection refused", sent=False)
    return _Away("connection lost", sent=True)


def _addresses(nodes: t.Sequence[t.Any]) -> t.Iterator[str]:
    for node in nodes:
        yield str(node.get("addr") or "")
        external = node.get("external_addr") or []
        yield from (str(each) for each in (external if isinstance(external, list) else [external]))

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options: one group that owns its argument spec, its environment variables and its checks."""

from __future__ import annotations

import dataclasses
import ssl
import typing as t
from urllib.parse import urlsplit

from .._core.errors import InvalidInput

DEFAULT_PORT = 9443
_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
_FALSE = frozenset({"0", "false", "no", "off", "n", "f", ""})


def argument_spec() -> dict[str, t.Any]:
    """Options of every module. Environment fallbacks are resolved by C(from_params), which can name them in errors."""
    return {
        "url": {"type": "list", "elements": "str"},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "ca_cert": {"type": "path"},
        "validate_certs": {"type": "bool"},
        "request_timeout": {"type": "float"},
        "unavailable_timeout": {"type": "float"},
    }


ENVIRONMENT: t.Mapping[str, str] = {
    "url": "REDIS_ENTERPRISE_URL",
    "username": "REDIS_ENTERPRISE_USER",
    "password": "REDIS_ENTERPRISE_PASSWORD",
    "client_cert": "REDIS_ENTERPRISE_CLIENT_CERT",
    "client_key": "REDIS_ENTERPRISE_CLIENT_KEY",
    "ca_cert": "REDIS_ENTERPRISE_CA_CERT",
    "request_timeout": "REDIS_ENTERPRISE_REQUEST_TIMEOUT",
    "unavailable_timeout": "REDIS_ENTERPRISE_UNAVAILABLE_TIMEOUT",
}
INSECURE_VARIABLE = "REDIS_ENTERPRISE_INSECURE"


@dataclasses.dataclass(frozen=True)
class Connection:
    """Where the cluster is and how to talk to it. Times in seconds."""

    hosts: tuple[str, ...]  # "host:port", in the user's order
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    client_cert: str | None = None
    client_key: str | None = None
    ca_cert: str | None = None
    validate_certs: bool = True
    request_timeout: float = 30.0
    unavailable_timeout: float = 60.0


def from_params(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> Connection:
    """The user's options, completed from the environment; raises InvalidInput with one clear sentence."""

    def value(option: str) -> t.Any:
        given = params.get(option)
        return given if given not in (None, [], "") else environ.get(ENVIRONMENT[option]) or None

    urls = value("url")
    if not urls:
        raise InvalidInput(
            f"No cluster to talk to: set url (or the environment variable {ENVIRONMENT['url']}) to the base URL of "
            "one or more nodes, such as https://node1.example.com:9443."
        )
    given = urls if isinstance(urls, list) else [urls]
    hosts = tuple(dict.fromkeys(host_of(part.strip()) for url in given for part in str(url).split(",") if part.strip()))
    connection = Connection(
        hosts=hosts,
        username=value("username"),
        password=value("password"),
        client_cert=value("client_cert"),
        client_key=value("client_key"),
        ca_cert=value("ca_cert"),
        validate_certs=_validate_certs(params, environ),
        request_timeout=_seconds("request_timeout", value("request_timeout"), 30.0),
        unavailable_timeout=_seconds("unavailable_timeout", value("unavailable_timeout"), 60.0, zero=True),
    )
    _check_credentials(connection)
    return connection


def secrets(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> t.Iterator[str]:
    """The password, wherever it comes from, also when the other options turn out to be of no use."""
    for password in (params.get("password"), environ.get(ENVIRONMENT["password"])):
        if password:
            yield str(password)


def host_of(url: str) -> str:
    """C(host:port) of a base URL; the scheme must be https and may be left out."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
    except ValueError as error:
        raise InvalidInput(
            "url holds an address that is none: write IPv6 addresses as https://[2001:db8::1]."
        ) from error
    if parts.scheme != "https":
        raise InvalidInput(f"url must begin with https://, not {parts.scheme}://: the API is served over TLS only.")
    if parts.username or parts.password:
        raise InvalidInput("url must not hold a user name or password: use the options username and password.")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInput(f"url holds a port that is not a number from 1 to 65535: {url}") from error
    if not host:
        raise InvalidInput(f"url holds no host name: {url!r}. Write it as https://host:9443.")
    if parts.path.strip("/") or parts.query:
        raise InvalidInput(f"url must be a base URL without a path, such as https://{host}:{port or DEFAULT_PORT}.")
    return join_host(host, port or DEFAULT_PORT)


def redirected_to(location: str) -> tuple[str, int]:
    """Host and port to which a redirect leads; raises ValueError with a word on those that lead nowhere."""
    try:
        parts = urlsplit(location)
        port = parts.port or DEFAULT_PORT
    except ValueError:  # a port or an IPv6 address that cannot be one
        raise ValueError("an address that is none") from None
    if parts.scheme != "https" or not parts.hostname:
        shown = f"{parts.scheme}://{parts.hostname}" if parts.hostname else "nowhere"
        raise ValueError(f"{shown}, which is not https")
    return parts.hostname, port


def join_host(host: str, port: int) -> str:
    """C(host:port), with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check_credentials(connection: Connection) -> None:
    if connection.client_key and not connection.client_cert:
        raise InvalidInput("client_key is set, but client_cert is not: give both, or put both PEMs into client_cert.")
    if connection.username and connection.password is None:
        raise InvalidInput(
            f"username is set, but password is not: set password or the variable {ENVIRONMENT['password']}."
        )
    if connection.password is not None and not connection.username:
        raise InvalidInput(
            f"password is set, but username is not: set username or the variable {ENVIRONMENT['username']}."
        )
    if not connection.username and not connection.client_cert:
        raise InvalidInput(
            "No credentials: set username and password, or client_cert "
            f"(environment: {ENVIRONMENT['username']}, {ENVIRONMENT['password']}, {ENVIRONMENT['client_cert']})."
        )


def _validate_certs(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> bool:
    if params.get("validate_certs") is not None:
        return bool(params["validate_certs"])
    text = environ.get(INSECURE_VARIABLE, "").strip().lower()
    if text not in _TRUE | _FALSE:
        raise InvalidInput(f"{INSECURE_VARIABLE} must be true or false.")
    return text not in _TRUE


def _seconds(option: str, value: t.Any, default: float, *, zero: bool = False) -> float:
    if value is None:
        return default
    try:
        number = float(value)
    except ValueError as error:
        raise InvalidInput(f"{option} must be a number of seconds, not {value!r}.") from error
    if number < 0 or (number == 0 and not zero):
        raise InvalidInput(f"{option} must be a number of seconds greater than 0, not {value!r}.")
    return number


def tls_context(connection: Connection, default_bundle: str) -> ssl.SSLContext:
    """The TLS context for all connections of a task.

    Built here because the library would load the system's whole CA bundle even when nothing is to be verified.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if connection.validate_certs:
            context.load_verify_locations(cafile=connection.ca_cert or default_bundle)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(f"ca_cert {connection.ca_cert or default_bundle} cannot be read as PEM: {error}") from error
    if connection.client_cert:
        try:
            context.load_cert_chain(connection.client_cert, connection.client_key)
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(
                f"client_cert {connection.client_cert} and its key cannot be loaded as PEM: {error}"
            ) from error
    return context

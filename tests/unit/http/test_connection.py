# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options: what is taken from where, and what is said about options that cannot be meant."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.connection import from_params

LOGIN = {"username": "admin", "password": "secret"}


def test_options_win_over_the_environment() -> None:
    environ = {
        "REDIS_ENTERPRISE_URL": "https://env:1",
        "REDIS_ENTERPRISE_USER": "env",
        "REDIS_ENTERPRISE_PASSWORD": "e",
    }
    connection = from_params({"url": ["https://option:2"], **LOGIN}, environ)
    assert (connection.hosts, connection.username, connection.password) == (("option:2",), "admin", "secret")


def test_the_environment_alone_is_enough() -> None:
    connection = from_params(
        {},
        {
            "REDIS_ENTERPRISE_URL": "https://a, b:8443,https://a:9443",
            "REDIS_ENTERPRISE_USER": "u",
            "REDIS_ENTERPRISE_PASSWORD": "p",
            "REDIS_ENTERPRISE_CA_CERT": "/ca.pem",
            "REDIS_ENTERPRISE_INSECURE": "true",
            "REDIS_ENTERPRISE_REQUEST_TIMEOUT": "7",
            "REDIS_ENTERPRISE_UNAVAILABLE_TIMEOUT": "0",
        },
    )
    assert connection.hosts == ("a:9443", "b:8443")
    assert (connection.ca_cert, connection.validate_certs) == ("/ca.pem", False)
    assert (connection.request_timeout, connection.unavailable_timeout) == (7.0, 0.0)


def test_defaults() -> None:
    connection = from_params({"url": ["https://[2001:db8::1]"], **LOGIN}, {})
    assert connection.hosts == ("[2001:db8::1]:9443",)
    assert connection.validate_certs
    assert (connection.request_timeout, connection.unavailable_timeout) == (30.0, 60.0)


def test_validate_certs_wins_over_insecure() -> None:
    environ = {"REDIS_ENTERPRISE_INSECURE": "true"}
    assert from_params({"url": ["https://a"], "validate_certs": True, **LOGIN}, environ).validate_certs


@pytest.mark.parametrize(
    ("params", "environ", "sentence"),
    [
        ({**LOGIN}, {}, "set url"),
        ({"url": ["http://a"], **LOGIN}, {}, "must begin with https://"),
        ({"url": ["https://u:p@a"], **LOGIN}, {}, "must not hold a user name"),
        ({"url": ["https://a:port"], **LOGIN}, {}, "not a number from 1 to 65535"),
        ({"url": ["https://[bad"], **LOGIN}, {}, "an address that is none"),
        ({"url": ["https://:9443"], **LOGIN}, {}, "no host name"),
        ({"url": ["https://a/v1"], **LOGIN}, {}, "without a path"),
        ({"url": ["https://a"]}, {}, "No credentials"),
        ({"url": ["https://a"], "username": "u"}, {}, "password is not"),
        ({"url": ["https://a"], "password": "p"}, {}, "username is not"),
        ({"url": ["https://a"], "client_key": "/k", **LOGIN}, {}, "client_cert is not"),
        ({"url": ["https://a"], "request_timeout": 0, **LOGIN}, {}, "greater than 0"),
        ({"url": ["https://a"], "unavailable_timeout": -1, **LOGIN}, {}, "greater than 0"),
        ({"url": ["https://a"], **LOGIN}, {"REDIS_ENTERPRISE_REQUEST_TIMEOUT": "soon"}, "number of seconds"),
        ({"url": ["https://a"], **LOGIN}, {"REDIS_ENTERPRISE_INSECURE": "maybe"}, "must be true or false"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence(
    params: dict[str, t.Any], environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence) as caught:
        from_params(params, environ)
    assert "secret" not in str(caught.value)

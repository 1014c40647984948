# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutations of answers: of a value in one, of its body, of its status, or of whether there is an answer at all."""

from __future__ import annotations

import codecs
import dataclasses
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests.exceptions
import urllib3
import urllib3.connection
import urllib3.exceptions

from fuzz import values
from fuzz.recording import Recording
from fuzz.values import Path
from fuzz.wire import Answer

_INNER_SHARE = 3  # mutations of a value for each one of an answer as a whole

_HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>"
_ERROR = b'{"error_code": "internal_error", "description": "Something went wrong."}'
_DEEP = 100_000
_BODIES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: b"",
    "blank": lambda body: b" \r\n ",
    "an HTML page": lambda body: _HTML,
    "plain text": lambda body: b"OK",
    "an error": lambda body: _ERROR,
    "its first half": lambda body: body[: len(body) // 2],
    "without its last byte": lambda body: body[:-1],
    "twice": lambda body: body + body,
    "followed by text": lambda body: body + b"\n</html>",
    "single quotes": lambda body: body.replace(b'"', b"'"),
    "in a list": lambda body: b"[" + (body or b"null") + b"]",
    "in data": lambda body: b'{"data": ' + (body or b"null") + b"}",
    "as a text": lambda body: json.dumps(body.decode()).encode(),
    "null": lambda body: b"null",
    "true": lambda body: b"true",
    "0": lambda body: b"0",
    "a text": lambda body: b'"ok"',
    "[]": lambda body: b"[]",
    "{}": lambda body: b"{}",
    "[[]]": lambda body: b"[[]]",
    "[null]": lambda body: b"[null]",
    "NaN": lambda body: b"NaN",
    "invalid UTF-8": lambda body: b'{"uid": "\xff\xfe\xc3"}' + body,
    "UTF-16": lambda body: codecs.BOM_UTF16_LE + body.decode().encode("utf-16-le"),
    "NUL bytes": lambda body: b"\x00" * 64,
    "nested lists": lambda body: b"[" * _DEEP,
    "nested objects": lambda body: b'{"a":' * _DEEP,
}
_STATUSES = (
    *(100, 101, 102, 103, 201, 202, 203, 204, 205, 206, 207, 226),
    *(300, 301, 302, 303, 304, 305, 306, 307, 308),
    *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 415, 418, 421, 422, 423, 424, 425, 428),
    *(429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 599, 600, 999),
)
_STATUS_BODIES: dict[str, Callable[[bytes], bytes]] = {
    "the same body": lambda body: body,
    "no body": lambda body: b"",
    "an HTML page": lambda body: _HTML,
    "an error": lambda body: _ERROR,
}
_LOCATIONS = {
    "no Location": None,
    "to itself": "https://cluster.test:9443/",
    "to a node": "https://127.0.0.2:9443/",
    "to another host": "https://elsewhere.test/login",
    "to plain HTTP": "http://cluster.test:9443/",
    "to nonsense": "https://[::1:9443\x7f/%%",
}


def _refused() -> Exception:
    pool = urllib3.HTTPSConnectionPool("cluster.test")
    reason = urllib3.exceptions.NewConnectionError(urllib3.connection.HTTPConnection("cluster.test"), "refused")
    return requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/", reason))


_ERRORS: dict[str, tuple[Callable[[], Exception], bool]] = {
    "connection refused": (_refused, False),
    "connection lost": (lambda: requests.exceptions.ConnectionError("Connection aborted."), True),
    "no answer in time": (lambda: requests.exceptions.ReadTimeout("Read timed out."), True),
    "no connection in time": (lambda: requests.exceptions.ConnectTimeout("timed out"), False),
    "TLS ends": (lambda: requests.exceptions.SSLError("EOF occurred in violation of protocol"), True),
    "broken chunks": (lambda: requests.exceptions.ChunkedEncodingError("Connection broken"), True),
    "broken compression": (lambda: requests.exceptions.ContentDecodingError("incorrect header check"), True),
    "invalid header": (lambda: requests.exceptions.InvalidHeader("Content-Length contained multiple values"), True),
    "chunk of negative size": (lambda: ValueError("invalid literal for int() with base 16: b'-2'"), True),
}


@dataclass(frozen=True)
class Change:
    """What a mutation did: where in the answer (C(path), None: to its status or instead of it), and of what kind."""

    path: Path | None
    kind: str
    before: Any = None  # the value
    after: Any = None


@dataclass(frozen=True)
class Mutation:
    """One mutation of the answer to request C(request) of a run, or to this and all later ones for its path."""

    request: int
    path: Path | None  # None: the answer as a whole
    name: str
    sticky: bool

    def __str__(self) -> str:
        where = f"{json_path(self.path)}: " if self.path is not None else ""
        return f"{where}{self.name}{', from then on' if self.sticky else ''}"

    def apply(self, answer: Answer) -> tuple[Answer, Change] | None:
        """The mutated answer and what was changed; None where that leaves the answer as it is."""
        if self.path is None:
            return _WHOLE[self.name](answer)
        body = answer.json
        mutated = values.mutated(body, self.path, self.name)
        if mutated is values.MISSING:
            return None
        encoded = values.encoded(mutated)
        if encoded == answer.normal:
            return None
        before, after = values.at(body, self.path), values.at(mutated, self.path)
        kind = values.kind_of_change(before, after, body, self.path)
        return dataclasses.replace(answer, body=encoded), Change(self.path, kind, before, after)


def json_path(path: Path) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def _with_body(change: Callable[[bytes], bytes]) -> Callable[[Answer], tuple[Answer, Change] | None]:
    def apply(answer: Answer) -> tuple[Answer, Change] | None:
        body = change(answer.body)
        return None if body == answer.body else (dataclasses.replace(answer, body=body), _of_body(answer, body))

    return apply


def _of_body(answer: Answer, body: bytes) -> Change:
    """Of the whole body; of the kind C(body) where it is no JSON any more."""
    try:
        now = json.loads(body)
    except (ValueError, RecursionError):
        return Change((), "body" if body.strip() else "null")
    return Change((), values.kind_of_change(answer.json, now, None, ()), answer.json, now)


def _with_status(status: int, name: str, location: str | None) -> Callable[[Answer], tuple[Answer, Change] | None]:
    def apply(answer: Answer) -> tuple[Answer, Change] | None:
        body = _STATUS_BODIES[name](answer.body)
        same = 200 <= status < 300 and body == answer.body
        headers = (*answer.headers, ("location", location)) if location else answer.headers
        change = Change(None, "same" if same else "status") if not 200 <= status < 300 or same else Change((), "body")
        return dataclasses.replace(answer, status=status, body=body, headers=headers), change

    return apply


def _instead(error: Callable[[], Exception], sent: bool) -> Callable[[Answer], tuple[Answer, Change] | None]:
    return lambda answer: (dataclasses.replace(answer, error=error, sent=sent), Change(None, "error"))


_BODY = {f"body: {name}": _with_body(change) for name, change in _BODIES.items()}
_STATUS = {
    f"status {status}, {name}{f', {where}' if where else ''}": _with_status(status, name, location)
    for status in _STATUSES
    for name in _STATUS_BODIES
    for where, location in (_LOCATIONS.items() if 300 <= status < 400 and name == "no body" else (("", None),))
}
_ERROR_INSTEAD = {f"instead: {name}": _instead(*error) for name, error in _ERRORS.items()}
_WHOLE = {**_BODY, **_STATUS, **_ERROR_INSTEAD}


# -- which mutations there are ---------------------------------------------------------------------------------------


def planned(recording: Recording, rng: random.Random) -> Iterator[Mutation]:
    """All mutations of all answers in random order, so that the first N are a fair sample.

    Each place has its turn before any has it again; and those of whole answers, which are few, get a share of their
    own.
    """
    whole, inner = [], []
    for number, answer in enumerate(recording.given):
        whole += [_pool(number, None, list(names), rng) for names in (_BODY, _STATUS, _ERROR_INSTEAD)]
        if isinstance(answer.json, dict | list):
            inner += [
                _pool(number, path, values.names_for(value, path), rng) for path, value in values.places(answer.json)
            ]
    of_whole, of_inner = _in_turns(whole, rng), _in_turns(inner, rng)
    while some := [*itertools.islice(of_inner, _INNER_SHARE), *itertools.islice(of_whole, 1)]:
        yield from some


def _pool(number: int, path: Path | None, names: list[str], rng: random.Random) -> Iterator[Mutation]:
    pool = [(name, sticky) for name in names for sticky in (False, True)]
    rng.shuffle(pool)
    for name, sticky in pool:
        yield Mutation(number, path, name, sticky)


def _in_turns(pools: list[Iterator[Mutation]], rng: random.Random) -> Iterator[Mutation]:
    while pools:
        rng.shuffle(pools)
        left = []
        for pool in pools:
            if (mutation := next(pool, None)) is not None:
                left.append(pool)
                yield mutation
        pools = left

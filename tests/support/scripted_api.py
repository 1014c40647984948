# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTPS server that plays back a script and writes down what it was asked: for exact tests of the client."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import typing as t
from dataclasses import dataclass, field

import trustme

DROP = object()  # read the request, then close the connection without an answer


@dataclass
class Answer:
    status: int = 200
    body: t.Any = None
    headers: t.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    authorization: str | None
    state_id: str | None
    body: t.Any


class ScriptedApi:
    """Answers from a list, in order; the last one is repeated. C(asked) has every request that arrived."""

    def __init__(self, ca: trustme.CA, script: t.Sequence[t.Any], host: str = "127.0.0.1", port: int = 0) -> None:
        self.script = list(script)
        self.asked: list[Asked] = []
        self.connections = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(host).configure_cert(context)
        ca.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        self._server = http.server.ThreadingHTTPServer((host, port), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.host = f"{host}:{self.port}"
        self.url = f"https://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> ScriptedApi:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self) -> t.Any:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def _handler(api: ScriptedApi) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            api.connections += 1
            super().handle()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            api.asked.append(
                Asked(
                    self.command,
                    self.path,
                    self.headers.get("Authorization"),
                    self.headers.get("cluster-state-id"),
                    json.loads(sent) if sent else None,
                )
            )
            answer = api.take()
            if answer is DROP:
                self.close_connection = True
                return
            body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
            if answer.body is None:
                body = b""
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_args: t.Any) -> None:
            pass

    return Handler

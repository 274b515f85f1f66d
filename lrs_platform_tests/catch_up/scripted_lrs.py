"""An LRS that does what a test tells it to: answers late, asks for patience, shows statements out of order.

It stands for LRSs that are not ours and whose worst days cannot be ordered; that good ones can be pulled from is tested
against this platform itself and against Ralph.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class ScriptedLrs:
    """Statements in the order in which they are sent; `answers` are given first, one a request."""

    port: int = 0
    statements: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    more: str | None = None  # in the place of its own link

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/xAPI"

    def page(self, target: str) -> dict[str, Any]:
        """What a conformant LRS answers, as far as pulling asks."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        since = datetime.fromisoformat(asked["since"]) if "since" in asked else datetime.min.replace(tzinfo=UTC)
        found = [s for s in self.statements if datetime.fromisoformat(s["stored"]) > since]
        start, limit = int(asked.get("from", 0)), int(asked["limit"])
        link = f"/xAPI/statements?from={start + limit}&limit={limit}"
        link += f"&since={asked['since'].replace('+', '%2B')}" if "since" in asked else ""
        more = link if len(found) > start + limit else ""
        return {"statements": found[start : start + limit], "more": self.more or more}


@contextmanager
def scripted_lrs(*statements: dict[str, Any]) -> Iterator[ScriptedLrs]:
    """One that runs."""
    lrs = ScriptedLrs(statements=list(statements))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            lrs.requests.append(self.path)
            lrs.authorizations.append(self.headers.get("Authorization", ""))
            status, headers = lrs.answers.pop(0) if lrs.answers else (200, {})
            body = json.dumps(lrs.page(self.path)).encode() if status == 200 else b"not now"
            self.send_response(status)
            for name, value in {**lrs.headers, **headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    lrs.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield lrs
    finally:
        server.shutdown()
        server.server_close()

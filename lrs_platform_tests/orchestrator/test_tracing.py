"""Traces: spans of a request reach the collector, its statement carries the trace; without a collector nothing does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lrs_platform import tracing
from lrs_platform.stream import StatementLog
from lrs_platform_tests.conftest import wait_for
from lrs_platform_tests.gateway.conftest import STREAM, log_url, running_gateway, statement

__all__ = ["log_url"]  # the fixture

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP/HTTP collector: its address, and the bodies it was sent (protobuf; trace ids stand in them as bytes)."""
    received: list[bytes] = []

    class Collect(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()


def traces_in_log(url: str) -> list[str]:
    async def read() -> list[str]:
        log = StatementLog(url, STREAM, "test-of-traces")
        await log.ensure_group()
        entries = await log.read("reader", 1000, 0)
        await log.close()
        return [entry.trace for entry in entries]

    return asyncio.run(read())


def test_a_request_is_traced_to_the_collector_and_into_the_log(
    collector: tuple[str, list[bytes]], log_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, received = collector
    monkeypatch.setenv(tracing.ENDPOINT, address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    with running_gateway(tmp_path, log_url) as gateway:
        sent = statement()
        answer = gateway.client.post("/xAPI/statements", json=sent, headers={"traceparent": PARENT})
        assert answer.status_code == 200
        wait_for(lambda: any(bytes.fromhex(TRACE) in body for body in received), 120, "the span")
    carried = traces_in_log(log_url)[-1]
    assert carried[3:35] == TRACE
    assert carried != PARENT  # the gateway's own span is in between
    assert not any(sent["id"].encode() in body or b"learner@example.com" in body for body in received)


def test_without_a_collector_no_entry_carries_a_trace(log_url: str, tmp_path: Path) -> None:
    assert not tracing.is_on()
    with running_gateway(tmp_path, log_url) as gateway:
        traces_in_log(log_url)
        gateway.client.post("/xAPI/statements", json=statement(), headers={"traceparent": PARENT})
    assert traces_in_log(log_url) == [""]

"""The HTTP around statements: versions, parameters, bodies, methods, headers of every answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import pytest

from lrs_platform_tests.gateway.conftest import MAX_BODY_BYTES, Gateway, statement

STATEMENTS = "/xAPI/statements"


@pytest.mark.parametrize(
    ("sent", "answered"),
    [("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.3", "1.0.3"), ("2.0", "2.0.0"), ("2.0.0", "2.0.0")],
)
def test_the_version_of_the_request_decides_that_of_the_answer(gateway: Gateway, sent: str, answered: str) -> None:
    answer = gateway.put(statement(), headers={"X-Experience-API-Version": sent})
    assert answer.status_code == 204
    assert answer.headers["X-Experience-API-Version"] == answered


@pytest.mark.parametrize("sent", ["0.95", "1.1.0", "3.0.0", "", "one"])
def test_a_version_that_is_not_served_is_refused(gateway: Gateway, sent: str) -> None:
    answer = gateway.put(statement(), headers={"X-Experience-API-Version": sent})
    assert answer.status_code == 400
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


def test_a_request_without_a_version_is_refused(gateway: Gateway) -> None:
    answer = httpx.post(gateway.url + STATEMENTS, json=statement(), auth=gateway.client.auth, trust_env=False)
    assert answer.status_code == 400
    assert "X-Experience-API-Version" in answer.json()["error"]


def test_about_needs_neither_version_nor_credentials(gateway: Gateway) -> None:
    answer = httpx.get(gateway.url + "/xAPI/about", trust_env=False)
    assert answer.json()["version"] == ["1.0.3", "2.0.0"]
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


@pytest.mark.parametrize(
    ("method", "query"), [("POST", ""), ("PUT", "?statementId=x"), ("GET", "?limit=x"), ("HEAD", ""), ("DELETE", "")]
)
def test_every_answer_says_version_and_watermark(gateway: Gateway, method: str, query: str) -> None:
    answer = gateway.client.request(method, STATEMENTS + query)
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert datetime.fromisoformat(answer.headers["X-Experience-API-Consistent-Through"]).tzinfo is not None


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON; Charset="UTF-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("text/plain", 400),
        ("multipart/form-data; boundary=x", 400),
        ("application/x-www-form-urlencoded", 400),
        ("multipart/mixed; boundary=x", 400),  # JSON without a boundary in it
        ("", 400),
    ],
)
def test_only_json_is_read(gateway: Gateway, content_type: str, status: int) -> None:
    body = json.dumps(statement()).encode()
    answer = gateway.client.post(STATEMENTS, content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
def test_a_compressed_body_is_refused_unread(gateway: Gateway, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = gateway.client.post(STATEMENTS, content=b"\x1f\x8b" * 100, headers=headers)
    assert answer.status_code == 415


def test_a_body_beyond_the_limit_is_refused_when_it_is_declared(gateway: Gateway) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    answer = gateway.client.post(STATEMENTS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert str(MAX_BODY_BYTES) in answer.json()["error"]


def test_a_body_beyond_the_limit_is_refused_when_its_length_is_not_declared(gateway: Gateway) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(2 * MAX_BODY_BYTES // 4096):
            yield b" " * 4096

    answer = gateway.client.post(STATEMENTS, content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert gateway.put(statement()).status_code == 204, "the gateway goes on"


def test_a_body_of_exactly_the_limit_is_read(gateway: Gateway) -> None:
    body = json.dumps(statement()).encode()
    answer = gateway.client.post(
        STATEMENTS, content=body.ljust(MAX_BODY_BYTES), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200


def test_a_head_without_end_is_cut_off(gateway: Gateway) -> None:
    address = urlsplit(gateway.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(b"GET /xAPI/about HTTP/1.1\r\nhost: x\r\n")
        received = b""
        try:
            for _ in range(200):
                connection.sendall(b"x-filler: " + b"y" * 4096 + b"\r\n")
            received = connection.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            pass  # cut off while we were still sending
    assert not received or b" 431 " in received.split(b"\r\n")[0]
    assert httpx.get(gateway.url + "/health/live", trust_env=False).is_success


@pytest.mark.parametrize(
    ("method", "query", "named"),
    [
        ("POST", "?statementId=00000000-0000-4000-8000-000000000000", "statementId"),
        ("POST", "?method=PATCH", "method"),
        ("PUT", "?method=POST&statementId=00000000-0000-4000-8000-000000000000", "method"),
        ("PUT", "", "statementId"),
        ("PUT", "?statementId=12", "statementId"),
        ("PUT", "?statementId=00000000-0000-4000-8000-000000000000&x=1", "x"),
        ("PUT", "?statementId=1&statementId=2", "statementId"),
        ("GET", "?limit=1&limit=2", "limit"),
        ("GET", "?agent=%7B%7D", "agent"),
        ("GET", "?statementid=00000000-0000-4000-8000-000000000000", "statementid"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(gateway: Gateway, method: str, query: str, named: str) -> None:
    answer = gateway.client.request(method, STATEMENTS + query, json=statement())
    assert answer.status_code == 400
    assert answer.json()["property"] == named


@pytest.mark.parametrize(
    "query", ["?%ff=1", "?a=%C3%28", "?" + "&".join(f"p{n}=1" for n in range(200)), "?limit=" + "9" * 5000]
)
def test_a_query_that_cannot_be_read_is_refused(gateway: Gateway, query: str) -> None:
    assert gateway.client.get(STATEMENTS + query).status_code == 400


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(gateway: Gateway, method: str) -> None:
    answer = gateway.client.request(method, STATEMENTS)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST, PUT"


@pytest.mark.parametrize("path", ["/xAPI", "/xAPI/", "/xAPI/activities/grades", "/xAPI/statements/more", "/nothing"])
def test_unknown_paths_are_answered_404_as_json(gateway: Gateway, path: str) -> None:
    answer = gateway.client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"12",
        b'"text"',
        b"[null]",
        b"[[]]",
        b"\xff\xfe",
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b'{"actor":{"mbox":"mailto:\\u0000@example.com"}}',
        b'{"actor":{"name":"\\ud800"}}',
        b'{"id":1e999}',
        b'{"id":' + b"9" * 10_000 + b"}",
        json.dumps({"unknown property": 1, **statement()}).encode(),
        b'{"id":"a","id":"b"}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_hostile_body_is_refused_in_words(gateway: Gateway, body: bytes) -> None:
    answer = gateway.client.post(STATEMENTS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["rule"]


def test_reading_without_a_warehouse_is_answered_503_with_retry_after(gateway: Gateway) -> None:
    answer = gateway.client.get(STATEMENTS, params={"limit": 1})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0

"""The tools on the path of a statement: a plain call is answered as the SDK answers the same call."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest

from lrs_platform.mcp_servers.serving import MAX_REQUEST_BYTES
from lrs_platform_tests.mcp.conftest import Server
from lrs_platform_tests.mcp.lines import Line, call_of

VERSION = "2025-11-25"


def post(server: Server, body: Any, **headers: str) -> httpx.Response:
    """A request as a client sends it that has shaken hands."""
    given = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {server.token}",
        "content-type": "application/json",
        "mcp-protocol-version": VERSION,
        **headers,
    }
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(server.url, content=content, headers=given, timeout=60, trust_env=False)


def called(server: Server, tool: str, arguments: dict[str, Any], *, plain: bool = True) -> dict[str, Any]:
    """The result of a call: a plain one, or one with `_meta`, which the SDK answers."""
    params = {"name": tool, "arguments": arguments} | ({} if plain else {"_meta": {"a": "b"}})
    message = post(server, {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).json()
    assert (message["jsonrpc"], message["id"]) == ("2.0", 7)
    result: dict[str, Any] = message["result"]
    return result


def loaded(result: dict[str, Any]) -> dict[str, Any]:
    """What load_statements tells, without its times."""
    assert not result["isError"]
    told: dict[str, Any] = json.loads(result["content"][0]["text"])
    assert set(told.pop("ms")) == {"align", "insert", "index", "settle", "commit"}
    return told


@pytest.mark.parametrize(
    "code", ["payload.upper()", "print('said')\nNone", "1 / 0", "x = (", "[payload] * 3", "'\\u2028 \\\\ \"'"]
)
def test_code_gives_the_same_either_way(sandbox: Server, code: str) -> None:
    arguments = {"python_code": code, "global_variables": {"payload": "grüße"}}
    plain = called(sandbox, "run_python_code", arguments)
    assert plain == called(sandbox, "run_python_code", arguments, plain=False)


def test_a_batch_is_loaded_the_same_either_way(warehouse: Server) -> None:
    line = Line()
    first = loaded(called(warehouse, "load_statements", call_of(line)))
    assert (first["inserted"], first["last"]["log_id"]) == (1, line.log_id)
    again = loaded(called(warehouse, "load_statements", call_of(line), plain=False))
    assert again == first | {"inserted": 0, "events": 0, "redelivered": 1}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("load_statements", {"statements": "no line", "events": ""}),
        ("load_statements", {"statements": "", "events": "[]"}),
        ("load_statements", {"statements": 5, "events": ""}),
        ("load_statements", {"events": ""}),
        ("find_statements", {"statement_id": "no id"}),
        ("find_statements", {"limit": "many"}),
        ("no_such_tool", {}),
    ],
)
def test_what_is_wrong_is_told_the_same_either_way(warehouse: Server, tool: str, arguments: dict[str, Any]) -> None:
    told = []
    for meta in ({}, {"_meta": {"a": "b"}}):
        params = {"name": tool, "arguments": arguments, **meta}
        told.append(post(warehouse, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).json())
    assert told[0] == told[1]
    assert told[0].get("error") or told[0]["result"]["isError"]


def test_statements_are_found_the_same_either_way(warehouse: Server) -> None:
    line = Line()
    called(warehouse, "load_statements", call_of(line))
    for arguments in ({"statement_id": line.statement_id}, {"statement_id": str(uuid.uuid4())}, {"limit": 3}):
        plain = called(warehouse, "find_statements", arguments)
        assert plain == called(warehouse, "find_statements", arguments, plain=False)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', {}, 200),
        (b"{}", {"accept": "text/html"}, 406),
        (b"{}", {"content-type": "text/plain"}, None),
        (b" " * (MAX_REQUEST_BYTES + 1), {}, 413),
    ],
)
def test_what_is_no_call_is_the_sdks_to_answer(
    sandbox: Server, body: bytes, headers: dict[str, str], status: int | None
) -> None:
    answer = post(sandbox, body, **headers)
    assert answer.status_code == status or (status is None and 400 <= answer.status_code < 500)


def test_a_call_of_a_version_that_is_not_known_is_the_sdks_to_answer(sandbox: Server) -> None:
    params = {"name": "run_python_code", "arguments": {"python_code": "1", "global_variables": {}}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    assert post(sandbox, call, **{"mcp-protocol-version": "1999-01-01"}).status_code == 400

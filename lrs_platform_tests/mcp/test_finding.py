"""find_statements and describe: what was stored, page by page, unchanged."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from lrs_platform.mcp_client import McpToolError
from lrs_platform_tests.mcp.conftest import Caller, Server
from lrs_platform_tests.mcp.lines import Line, call_of


def iso(line: Line, *, add_ms: float = 0) -> str:
    ms = int(line.log_id.partition("-")[0]) + add_ms
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def position(line: Line) -> int:
    ms, sequence = line.log_id.split("-")
    return int(ms) * 2**20 + int(sequence)


def find(caller: Caller, warehouse: Server, **parameters: Any) -> tuple[list[str], int | None]:
    found = caller.json(warehouse, "find_statements", **parameters)
    return [one["statement_id"] for one in found["statements"]], found["more"]


@pytest.fixture(scope="module")
def ten(caller: Caller, warehouse: Server) -> list[Line]:
    """Ten statements, the newest of the record until others come."""
    lines = [Line() for _ in range(10)]
    caller.text(warehouse, "load_statements", **call_of(*lines))
    return lines


def test_a_statement_is_found_by_its_id_as_it_was_received(caller: Caller, warehouse: Server) -> None:
    line = Line(raw='{"a": 1.50, "b":"\\u00e9 é"}', version="2.0.0")
    caller.text(warehouse, "load_statements", **call_of(line))
    found = caller.json(warehouse, "find_statements", statement_id=line.statement_id)
    (one,) = found["statements"]
    assert (one["raw"], one["version"], one["position"]) == (line.raw, "2.0.0", position(line))
    assert datetime.fromisoformat(one["stored"]) == datetime.fromisoformat(iso(line))
    assert find(caller, warehouse, statement_id=str(uuid.uuid4())) == ([], None)


@pytest.mark.parametrize("ascending", [True, False])
def test_pages_hold_each_statement_once_though_others_arrive_between_them(
    caller: Caller, warehouse: Server, ten: list[Line], ascending: bool
) -> None:
    parameters = {"since": iso(ten[0], add_ms=-1), "upto": position(ten[-1]), "limit": 4, "ascending": ascending}
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page, after = find(caller, warehouse, **parameters, after=after)
        seen += page
        caller.text(warehouse, "load_statements", **call_of(Line()))
    assert seen == [line.statement_id for line in (ten if ascending else reversed(ten))]


def test_since_is_exclusive_and_until_inclusive(caller: Caller, warehouse: Server, ten: list[Line]) -> None:
    ids = [line.statement_id for line in ten]
    whole = {"ascending": True, "since": iso(ten[2]), "until": iso(ten[5])}
    assert find(caller, warehouse, **whole) == (ids[3:6], None)
    between = {"ascending": True, "since": iso(ten[2], add_ms=-0.4), "until": iso(ten[5], add_ms=-0.4)}
    assert find(caller, warehouse, **between) == (ids[2:5], None)


def test_a_page_of_large_statements_ends_early_and_says_that_there_is_more(caller: Caller, warehouse: Server) -> None:
    lines = [Line(raw='{"a":"' + "x" * 6_000_000 + '"}') for _ in range(4)]
    for line in lines:
        caller.text(warehouse, "load_statements", **call_of(line))
    page, more = find(caller, warehouse, since=iso(lines[0], add_ms=-1), upto=position(lines[-1]), ascending=True)
    assert page == [line.statement_id for line in lines[:3]]
    assert more == position(lines[2])


@pytest.mark.parametrize(
    "parameters", [{"since": "yesterday"}, {"until": "2025-13-01T00:00:00Z"}, {"statement_id": "not-a-uuid"}]
)
def test_what_is_no_timestamp_or_id_is_refused(caller: Caller, warehouse: Server, parameters: dict[str, str]) -> None:
    with pytest.raises(McpToolError, match=r"^data: "):
        find(caller, warehouse, **parameters)


def test_describe_tells_counts_and_the_last_statement_with_its_event(caller: Caller, warehouse: Server) -> None:
    before = caller.json(warehouse, "describe")
    line = Line()
    caller.text(warehouse, "load_statements", **call_of(line))
    described = caller.json(warehouse, "describe")
    assert described["statements"] == before["statements"] + 1
    assert described["statements_estimated"] is False
    assert described["last_statement"]["statement_id"] == line.statement_id
    assert described["last_statement"]["event"]["actor_key"] == "mailto:anna@example.com"
    assert described["schema_version"] >= 3
    assert described["database_bytes"] > 0

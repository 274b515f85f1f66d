"""load_statements: everything is in Postgres exactly once, whatever is repeated, mixed up or broken."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from lrs_platform.mcp_client import McpToolError
from lrs_platform_tests.mcp.conftest import Caller, Postgres, Server
from lrs_platform_tests.mcp.lines import Line, call_of, rejected_of

COUNTS = ("inserted", "duplicates", "redelivered", "conflicts", "rejected", "events")


def load(caller: Caller, warehouse: Server, *lines: Line, **options: Any) -> dict[str, int]:
    loaded = caller.json(warehouse, "load_statements", **call_of(*lines, **options))
    return {name: loaded[name] for name in COUNTS if loaded[name]}


def raw_of(postgres: Postgres, line: Line) -> list[str]:
    rows = postgres.rows("select raw::text from lrs.statement where statement_id = %s", (line.statement_id,))
    return [row[0] for row in rows]


def events_of(postgres: Postgres, *lines: Line) -> int:
    ids = [line.statement_id for line in lines]
    return int(postgres.rows("select count(*) from core.event where statement_id = any(%s::uuid[])", (ids,))[0][0])


def test_a_batch_is_stored_with_its_events_and_loading_it_again_adds_nothing(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    lines = [Line() for _ in range(50)]
    assert load(caller, warehouse, *lines) == {"inserted": 50, "events": 50}
    assert load(caller, warehouse, *lines) == {"redelivered": 50}
    assert load(caller, warehouse, *lines[25:], Line()) == {"inserted": 1, "redelivered": 25, "events": 1}
    assert events_of(postgres, *lines) == 50


def test_the_reply_names_the_last_statement(caller: Caller, warehouse: Server) -> None:
    lines = [Line(), Line()]
    loaded = caller.json(warehouse, "load_statements", **call_of(*lines))
    ms = int(lines[1].log_id.partition("-")[0])
    stored = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert loaded["last"] == {"statement_id": lines[1].statement_id, "log_id": lines[1].log_id, "stored": stored}


def test_the_text_is_kept_to_the_character(caller: Caller, warehouse: Server, postgres: Postgres) -> None:
    raw = '{ "b":1.50e+02,  "a":"tab \\t, quote \\", slash \\\\, not NUL \\\\u0000, 日本語 \\u00e9 \U0001f600","c":-0 }'
    line = Line(raw=raw)
    load(caller, warehouse, line)
    assert raw_of(postgres, line) == [raw]


def test_every_column_of_an_event_has_its_value(caller: Caller, warehouse: Server, postgres: Postgres) -> None:
    line = Line()
    registration = str(uuid.uuid4())
    line.event = line.event_of(
        actor_name="Anna", object_name="Lesson 1", activity_type="http://adlnet.gov/expapi/activities/lesson",
        registration=registration, parent_id="https://example.com/course", grouping_id="https://example.com/all",
        score_scaled=0.5, score_raw=5, score_min=0, score_max=10.0, success=True, completion=False, response='a "b"',
        duration_seconds=61.5, session_id="s1", progress=0.25, platform="web",
    )  # fmt: skip
    load(caller, warehouse, line)
    (row,) = postgres.rows("select to_jsonb(event) from core.event where statement_id = %s", (line.statement_id,))
    event = row[0]
    ms, sequence = (int(part) for part in line.log_id.split("-"))
    assert event.pop("position") == ms * 2**20 + sequence
    assert datetime.fromisoformat(event.pop("stored")).timestamp() * 1000 == ms
    assert datetime.fromisoformat(event.pop("occurred_at")) == datetime(2025, 6, 15, 8, tzinfo=UTC)
    assert event == {
        "statement_id": line.statement_id, "actor_key": "mailto:anna@example.com", "actor_name": "Anna",
        "verb_id": "http://adlnet.gov/expapi/verbs/completed", "object_type": "Activity",
        "object_id": "https://example.com/lesson/1", "object_name": "Lesson 1",
        "activity_type": "http://adlnet.gov/expapi/activities/lesson", "registration": registration,
        "parent_id": "https://example.com/course", "grouping_id": "https://example.com/all", "score_scaled": 0.5,
        "score_raw": 5, "score_min": 0, "score_max": 10, "success": True, "completion": False, "response": 'a "b"',
        "duration_seconds": 61.5, "session_id": "s1", "progress": 0.25, "platform": "web",
    }  # fmt: skip


def test_a_statement_without_a_timestamp_happened_when_it_was_stored(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    line = Line()
    line.event = line.event_of(occurred_at=None)
    load(caller, warehouse, line)
    assert postgres.rows(
        "select occurred_at = stored from core.event where statement_id = %s", (line.statement_id,)
    ) == [(True,)]


def test_the_same_statement_from_another_log_entry_is_a_duplicate(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    line = Line()
    spaced = json.dumps(json.loads(line.raw), indent=1).replace("\n", " ")
    assert spaced != line.raw
    assert load(caller, warehouse, line, line.again()) == {"inserted": 1, "duplicates": 1, "events": 1}
    assert load(caller, warehouse, line.again(raw=spaced)) == {"duplicates": 1}
    assert raw_of(postgres, line) == [line.raw]


def test_another_statement_under_the_same_id_is_kept_as_a_conflict_and_the_first_one_stands(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    line = Line()
    other = line.again(raw=line.raw.replace("lesson/1", "lesson/2"))
    other.event = other.event_of(object_id="https://example.com/lesson/2")
    load(caller, warehouse, line)
    assert load(caller, warehouse, other) == {"conflicts": 1}
    assert load(caller, warehouse, other) == {"redelivered": 1}
    assert raw_of(postgres, line) == [line.raw]
    assert postgres.rows(
        "select statement_id::text, raw::text from lrs.conflict where log_id = %s", (other.log_id,)
    ) == [(line.statement_id, other.raw)]
    assert postgres.rows("select object_id from core.event where statement_id = %s", (line.statement_id,)) == [
        ("https://example.com/lesson/1",)
    ]


def test_of_two_statements_under_one_id_in_a_batch_the_first_stands_with_its_own_event(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    first = Line()
    second = first.again(raw=first.raw.replace("lesson/1", "lesson/2"))
    second.event = second.event_of(object_id="https://example.com/lesson/2")
    assert load(caller, warehouse, first, Line(), second) == {"inserted": 2, "conflicts": 1, "events": 2}
    assert postgres.rows("select object_id from core.event where statement_id = %s", (first.statement_id,)) == [
        ("https://example.com/lesson/1",)
    ]


def test_a_statement_never_gets_the_event_of_a_later_one_with_its_id(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    first = Line()
    second = first.again(raw=first.raw.replace("lesson/1", "lesson/2"))
    found = load(caller, warehouse, first, second, without_event=(first,), rejected=[rejected_of(first)])
    assert found == {"inserted": 1, "conflicts": 1, "rejected": 1}
    assert events_of(postgres, first) == 0


def test_a_statement_that_could_not_be_mapped_is_in_the_record_and_gets_its_event_when_it_comes_again(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    lines = [Line() for _ in range(3)]
    found = load(caller, warehouse, *lines, without_event=(lines[1],), rejected=[rejected_of(lines[1])])
    assert found == {"inserted": 3, "events": 2, "rejected": 1}
    assert load(caller, warehouse, *lines) == {"redelivered": 3, "events": 1}
    assert events_of(postgres, *lines) == 3


def test_a_rejected_statement_is_kept_once_a_stage_with_its_text(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    line = Line(raw='{"a":"\x00"}')
    for _ in range(2):
        load(caller, warehouse, rejected=[rejected_of(line, "map"), rejected_of(line, "load", statement_id=None)])
    assert postgres.rows(
        "select stage, raw, mapping from lrs.rejected where log_id = %s order by stage", (line.log_id,)
    ) == [("load", '{"a":"\\u0000"}', "canonical@0"), ("map", '{"a":"\\u0000"}', "canonical@0")]


def test_names_of_any_length_are_loaded_and_found_by_their_key(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    line = Line()
    long = "https://example.com/" + "é" * 50_000
    line.event = line.event_of(object_id=long, verb_id=long + "v", actor_key=long + "a", object_name=long)
    assert load(caller, warehouse, line) == {"inserted": 1, "events": 1}
    assert postgres.rows("select statement_id::text from core.event where object_id = core.key(%s)", (long,)) == [
        (line.statement_id,)
    ]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"occurred_at": "yesterday-secret"}, "22007"),
        ({"registration": "secret"}, "22P02"),
        ({"score_raw": "secret"}, "22P02"),
        ({"verb_id": None}, "23502"),
    ],
)
def test_a_value_that_cannot_be_stored_is_the_datas_fault_and_stores_nothing(
    caller: Caller, warehouse: Server, postgres: Postgres, change: dict[str, Any], state: str
) -> None:
    good, bad = Line(), Line()
    bad.event = bad.event_of(**change)
    with pytest.raises(McpToolError) as caught:
        load(caller, warehouse, good, bad)
    assert str(caught.value).startswith(f"data: {state} ")
    assert not caught.value.transient
    assert "secret" not in str(caught.value)
    assert raw_of(postgres, good) == []
    assert load(caller, warehouse, good) == {"inserted": 1, "events": 1}  # as bisecting does


@pytest.mark.parametrize(
    "arguments",
    [
        {"statements": "1-0\tx", "events": ""},
        {"statements": "no tabs at all\nnone", "events": "[]"},
        {"statements": "", "events": '["a"]'},
        {"statements": "", "events": "", "rejected": "{"},
        {"statements": "", "events": "", "rejected": '{"log_id":"1-0"}'},
    ],
)
def test_lines_of_another_shape_are_refused_as_data(
    caller: Caller, warehouse: Server, arguments: dict[str, str]
) -> None:
    with pytest.raises(McpToolError, match=r"^data: "):
        caller.text(warehouse, "load_statements", **arguments)


def test_events_in_another_order_than_their_statements_are_refused(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    first, second = Line(), Line()
    arguments = call_of(first, second)
    arguments["events"] = "\n".join(reversed(arguments["events"].split("\n")))
    with pytest.raises(McpToolError, match=r"^data: event lines are not in the order"):
        caller.text(warehouse, "load_statements", **arguments)
    assert raw_of(postgres, first) == []


def test_calls_that_share_statements_end_without_dead_lock_and_store_each_once(
    caller: Caller, warehouse: Server, postgres: Postgres
) -> None:
    lines = [Line() for _ in range(400)]
    totals: list[dict[str, int]] = []

    def send(own: list[Line]) -> None:
        totals.append(load(caller, warehouse, *own))

    for _ in range(3):
        lines = [Line() for _ in range(400)]
        backwards = [line.again() for line in reversed(lines)]
        totals.clear()
        threads = [threading.Thread(target=send, args=(own,)) for own in (lines, backwards)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(total.get("inserted", 0) for total in totals) == 400
        assert sum(total.get("duplicates", 0) for total in totals) == 400
        assert events_of(postgres, *lines) == 400

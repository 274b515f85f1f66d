"""`lrs send` gets every statement of a file to the LRS, once, and says which were refused and why."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from lrs_platform.bench.statements import ids, templates
from lrs_platform.local.launch import signal_group
from lrs_platform.send import ALL_ACCEPTED, CANNOT_SEND, INTERRUPTED, SOME_REFUSED, send
from lrs_platform.send.bookmark import Bookmark, Rejections
from lrs_platform.send.source import Source, SourceUnreadable
from lrs_platform.settings import get_settings
from lrs_platform_tests.conftest import wait_for

if TYPE_CHECKING:
    from lrs_platform_tests.conftest import Platform


def _statements(count: int, *, seed: int | None = None) -> list[dict[str, Any]]:
    texts = (
        before + statement_id.encode() + behind
        for (before, behind), statement_id in zip(templates(), ids(seed), strict=False)
    )
    return [json.loads(text) for text, _ in zip(texts, range(count), strict=False)]


def _lines(path: Path, statements: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(statement) + "\n" for statement in statements), encoding="utf-8")
    return path


def _stored(platform: Platform, statement_ids: list[str]) -> int:
    with psycopg.connect(platform.admin_database_url) as connection:
        row = connection.execute(
            "select count(*) from lrs.statement where statement_id = any(%s::uuid[])", (statement_ids,)
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[Path]:
    """A home of its own for bookmarks; `send` finds no credential in it."""
    monkeypatch.setenv("LRS_HOME", str(tmp_path / "home"))
    get_settings.cache_clear()
    yield tmp_path / "home"
    get_settings.cache_clear()


@pytest.fixture
def to(platform: Platform, home: Path) -> dict[str, Any]:
    return {"endpoint": platform.endpoint, "username": platform.username, "password": platform.password}


# what a file may look like


def test_the_kind_of_a_file_is_seen_from_its_content(tmp_path: Path) -> None:
    statements = _statements(50)
    text = "".join(json.dumps(statement) + "\n" for statement in statements)
    (tmp_path / "lines").write_text(text)
    (tmp_path / "crlf").write_text("\r\n".join(["", *text.splitlines(), ""]), newline="")
    (tmp_path / "array").write_text(json.dumps(statements))
    (tmp_path / "indented").write_text(json.dumps(statements, indent=2))
    (tmp_path / "zipped").write_bytes(gzip.compress(text.encode()))
    for kind in ("lines", "crlf", "array", "indented", "zipped"):
        assert [json.loads(found.raw) for found in Source(tmp_path / kind).statements()] == statements, kind
    for indent in (None, 4):
        (tmp_path / "one").write_text(json.dumps(statements[0], indent=indent))
        assert [json.loads(found.raw) for found in Source(tmp_path / "one").statements()] == statements[:1]


def test_the_text_of_a_statement_is_untouched(tmp_path: Path) -> None:
    text = '{"id" : "f5f5f5f5-0000-4000-8000-000000000001", "é\\u00e9" : [1.0, 1E2, "]}\\"[{" ],\n  "x":null }'
    (tmp_path / "array.json").write_text(f"[ {text} ,\n{text}]", encoding="utf-8")
    assert [found.raw.decode() for found in Source(tmp_path / "array.json").statements()] == [text, text]


def test_a_statement_as_long_as_several_reads_comes_out_whole(tmp_path: Path) -> None:
    long = {"id": "f5f5f5f5-0000-4000-8000-000000000001", "text": 'a"\\{[' * 200_000}
    (tmp_path / "array.json").write_text(json.dumps([long, long]))
    assert [json.loads(found.raw) for found in Source(tmp_path / "array.json").statements()] == [long, long]


def test_a_statement_without_an_id_gets_the_same_one_each_time_and_another_on_another_line(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"verb": 1}\n{"verb": 1}\n{ }\n')
    first, again = (list(Source(path).statements()) for _ in range(2))
    assert first == again
    assert len({found.statement_id for found in first}) == 3
    assert [json.loads(found.raw) for found in first] == [
        {"id": found.statement_id} | rest for found, rest in zip(first, ({"verb": 1}, {"verb": 1}, {}), strict=True)
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"a": 1}', "closing bracket is missing"),
        ('[{"a": 1}, {"b": [1', "breaks off"),
        ('[{"a": 1}, 5, {"b": 2}]', "stands where a statement should be"),
        ('[{"a": 1}, "x"]', "stands where a statement should be"),
    ],
)
def test_a_file_that_breaks_off_is_never_taken_for_a_whole_one(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(SourceUnreadable, match=words):
        list(Source(tmp_path / "file.json").statements())
    (tmp_path / "file.gz").write_bytes(gzip.compress(b'{"a": 1}\n' * 1000)[:-9])
    with pytest.raises(SourceUnreadable, match="cannot be read to its end"):
        list(Source(tmp_path / "file.gz").statements())


def test_a_line_that_is_no_statement_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text('{"id": "x"}\n\n[1]\n{"broken\n{"id": 7}\n')
    found = list(Source(tmp_path / "lines.jsonl").statements())
    assert [(statement.number, statement.fault is None) for statement in found] == [
        (1, True),
        (3, False),
        (4, False),
        (5, True),
    ]


# going on


def test_a_bookmark_moves_only_over_batches_without_a_gap(tmp_path: Path) -> None:
    path = _lines(tmp_path / "file.jsonl", _statements(3))
    bookmark = Bookmark(tmp_path, path, "http://lrs", "me", resume=True)
    bookmark.answered(1, 20, 10, 0)
    bookmark.save()
    assert Bookmark(tmp_path, path, "http://lrs", "me", resume=True).point.line == 0
    bookmark.answered(0, 10, 9, 1)
    bookmark.save()
    point = Bookmark(tmp_path, path, "http://lrs", "me", resume=True).point
    assert (point.line, point.accepted, point.refused) == (20, 19, 1)
    assert Bookmark(tmp_path, path, "http://lrs", "me", resume=False).point.line == 0
    assert Bookmark(tmp_path, path, "http://lrs", "someone else", resume=True).point.line == 0
    path.write_text("another file now\n")
    assert Bookmark(tmp_path, path, "http://lrs", "me", resume=True).point.line == 0


def test_refused_statements_behind_the_bookmark_are_not_written_twice(tmp_path: Path) -> None:
    first = Rejections(tmp_path / "r.jsonl", keep_up_to=0)
    for line in (3, 9):
        first.add(line, 400, {"property": "verb", "rule": "is required"}, b"{}")
    again = Rejections(tmp_path / "r.jsonl", keep_up_to=5)
    again.add(9, 400, {"property": "verb", "rule": "is required"}, b"{}")
    assert [json.loads(line)["line"] for line in again.path.read_text().splitlines()] == [3, 9]
    assert not Rejections(tmp_path / "r.jsonl", keep_up_to=0).path.exists()


def test_without_an_instance_or_an_answer_it_says_what_to_do(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _lines(tmp_path / "file.jsonl", _statements(1))
    assert send([path]) == CANNOT_SEND
    assert "sh lrs up" in capsys.readouterr().err
    assert send([path], endpoint="http://127.0.0.1:9/xAPI", username="u", password="p") == CANNOT_SEND
    assert "no LRS answers" in capsys.readouterr().err
    assert send([path], endpoint="127.0.0.1:9", username="u", password="p") == CANNOT_SEND
    assert "http://" in capsys.readouterr().err


# against the running platform


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_file_is_stored_whole_and_sending_it_again_adds_nothing(
    platform: Platform, to: dict[str, Any], tmp_path: Path, one_by_one: bool
) -> None:
    statements = _statements(230)
    path = _lines(tmp_path / "file.jsonl", statements)
    assert send([path], one_by_one=one_by_one, **to) == ALL_ACCEPTED
    assert send([path], one_by_one=not one_by_one, **to) == ALL_ACCEPTED
    wanted = [statement["id"] for statement in statements]
    wait_for(lambda: _stored(platform, wanted) == len(wanted), 60, "all stored")
    assert not list(tmp_path.glob("*.rejected.jsonl"))


def test_good_statements_of_a_refused_batch_get_through_and_the_bad_ones_are_named(
    platform: Platform, to: dict[str, Any], tmp_path: Path
) -> None:
    statements = _statements(120)
    del statements[7]["verb"]
    statements[60]["actor"] = {"mbox": "not a mailto"}
    path = _lines(tmp_path / "file.jsonl", statements)
    with path.open("a") as file:
        file.write('{"broken\n')

    assert send([path], **to) == SOME_REFUSED

    refused = [json.loads(line) for line in (tmp_path / "file.jsonl.rejected.jsonl").read_text().splitlines()]
    by_line = {entry["line"]: entry for entry in refused}
    assert sorted(by_line) == [8, 61, 121]
    assert by_line[8]["property"].endswith("verb")
    assert "mbox" in by_line[61]["property"]
    assert all(entry["rule"] for entry in refused)
    assert json.loads(by_line[8]["statement"]) == statements[7]
    good = [statement["id"] for number, statement in enumerate(statements, 1) if number not in by_line]
    wait_for(lambda: _stored(platform, good) == len(good), 60, "the good ones stored")


def test_statements_without_ids_are_not_doubled_by_sending_again(
    platform: Platform, to: dict[str, Any], tmp_path: Path
) -> None:
    statements = [
        {key: value for key, value in statement.items() if key != "id"} for statement in _statements(20, seed=None)
    ]
    for number, statement in enumerate(statements):
        statement["timestamp"] = f"2026-01-01T00:00:{number:02d}.000Z"
    path = _lines(tmp_path / f"{os.getpid()}.jsonl", statements)
    made = [found.statement_id for found in Source(path).statements()]
    for _ in range(2):
        assert send([path], **to) == ALL_ACCEPTED
    wait_for(lambda: _stored(platform, [made_id for made_id in made if made_id]) == 20, 60, "twenty stored")


def test_another_statement_under_a_known_id_is_refused_and_said_so(
    platform: Platform, to: dict[str, Any], tmp_path: Path
) -> None:
    first, second = _statements(2)
    second["id"] = first["id"]
    assert send([_lines(tmp_path / "first.jsonl", [first])], **to) == ALL_ACCEPTED
    assert send([_lines(tmp_path / "second.jsonl", [second])], **to) == SOME_REFUSED
    assert json.loads((tmp_path / "second.jsonl.rejected.jsonl").read_text())["status"] == 409


def test_a_wrong_password_stops_it_at_once(
    platform: Platform, to: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _lines(tmp_path / "file.jsonl", _statements(5))
    assert send([path], **{**to, "password": "mistaken-7"}) == CANNOT_SEND
    said = capsys.readouterr().err
    assert "401" in said
    assert "mistaken-7" not in said
    assert not list(tmp_path.glob("*.rejected.jsonl"))


SEND = """
import json, sys
from pathlib import Path
from lrs_platform.send import send
sys.exit(send([Path(sys.argv[1])], **json.loads(sys.stdin.readline())))
"""


def _sending(path: Path, home: Path, options: dict[str, Any]) -> subprocess.Popen[str]:
    """`send` in a process of its own."""
    environment = os.environ | {"LRS_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-c", SEND, str(path)],
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(options) + "\n")
    process.stdin.close()
    return process


def _bookmarked(home: Path) -> int:
    points = [json.loads(path.read_text())["point"]["line"] for path in home.glob("send/*.json")]
    return max(points, default=0)


@pytest.mark.slow
def test_what_was_interrupted_goes_on_where_it_stopped(
    platform: Platform, to: dict[str, Any], tmp_path: Path, home: Path
) -> None:
    statements = _statements(20_000)
    path = _lines(tmp_path / "file.jsonl", statements)
    options = {**to, "one_by_one": True, "connections": 2}
    with _sending(path, home, options) as process:
        wait_for(lambda: _bookmarked(home) > 0, 60, "a bookmark")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == INTERRUPTED
    assert 0 < _bookmarked(home) < 20_000
    assert send([path], **to) == ALL_ACCEPTED
    assert _bookmarked(home) == 0
    wanted = [statement["id"] for statement in statements]
    wait_for(lambda: _stored(platform, wanted) == len(wanted), 120, "all stored")


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.parametrize("name", ["gateway", "redis"])
def test_nothing_is_lost_or_doubled_when_a_part_is_killed_while_sending(
    platform: Platform, to: dict[str, Any], tmp_path: Path, home: Path, name: str
) -> None:
    statements = _statements(15_000)
    path = _lines(tmp_path / "file.jsonl", statements)
    # one by one, or a quick machine is through before the first bookmark, which is written after a second
    with _sending(path, home, {**to, "one_by_one": True, "connections": 2}) as process:
        wait_for(lambda: _bookmarked(home) > 0, 60, "a bookmark")
        signal_group(platform.pid(name), signal.SIGKILL)
        assert process.wait(120) == ALL_ACCEPTED
    platform.wait_until_well()
    wanted = [statement["id"] for statement in statements]
    wait_for(lambda: _stored(platform, wanted) == len(wanted), 120, "all stored")

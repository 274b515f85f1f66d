"""On the running platform: after `lrs erase` no byte of the person is found, in databases, log, Dagster and files."""

from __future__ import annotations

import hashlib
import json
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from typer.testing import CliRunner

from lrs_platform import administration
from lrs_platform.archive.days import Archive
from lrs_platform.archive.writing import archive_day
from lrs_platform.cli import app
from lrs_platform.mcp_client import McpClient
from lrs_platform.rights.erasure import have_marts_follow
from lrs_platform.settings import Settings
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.samples import statement


class Person:
    """Somebody who has never been here before."""

    def __init__(self) -> None:
        word = f"zz{uuid.uuid4().hex[:14]}"
        self.mail, self.name, self.secret = f"{word}@example.com", f"Name{word}", f"secret{word}"
        self.hash = hashlib.sha1(f"mailto:{self.mail}".encode(), usedforsecurity=False).hexdigest()

    @property
    def marks(self) -> list[str]:
        return [self.mail, self.name, self.secret, self.hash]


def lrs(platform: Platform, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments, "--home", str(platform.home)])
    return result.exit_code, result.output


def rows(platform: Platform, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(platform.admin_database_url) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def texts_of(url: str) -> str:
    """Every row of every table of a database, as text."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' "
            "and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        found = []
        for schema, table in tables:
            name = psycopg.sql.Identifier(schema, table)
            found += connection.execute(psycopg.sql.SQL("select t::text from {} as t").format(name)).fetchall()
    return "\n".join(row[0] for row in found)


def redis_texts(platform: Platform) -> str:
    with redis.Redis.from_url(platform.redis_url) as client:
        found = []
        for key in client.scan_iter():
            kind = client.type(key)
            found.append(
                repr(client.xrange(key) if kind == b"stream" else client.hgetall(key) if kind == b"hash" else b"")
            )
    return "\n".join(found)


def left_behind(platform: Platform, person: Person, statement_ids: list[str]) -> dict[str, list[str]]:
    """Where something of the person is still to be found."""
    dagster = platform.admin_database_url.rsplit("/", 1)[0] + "/dagster"
    places = {
        "warehouse": texts_of(platform.admin_database_url),
        "Dagster": texts_of(dagster),
        "Redis": redis_texts(platform),
        "files of Redis": "".join(
            path.read_bytes().decode("latin-1") for path in (platform.home / "redis").rglob("*") if path.is_file()
        ),
        "files": "".join(
            path.read_bytes().decode("latin-1")
            for name in ("logs", "send", "erasures", "dagster", "attachments")
            for path in (platform.home / name).rglob("*")
            if path.is_file()
        ),
        "archive": archived_text(platform),
    }
    marks = {place: [*person.marks, *statement_ids] for place in places}
    return {
        place: found for place, text in places.items() if (found := [mark for mark in marks[place] if mark in text])
    }


def send(platform: Platform, *statements: dict[str, Any]) -> list[str]:
    answer = platform.client.post("/xAPI/statements", json=list(statements))
    answer.raise_for_status()
    ids: list[str] = answer.json()
    known = "select count(*) from lrs.statement where statement_id = any(%s::uuid[])"
    wait_for(lambda: rows(platform, known, ids)[0][0] == len(ids), 120, "the statements in the warehouse")
    return ids


def send_with_attachment(platform: Platform, content: bytes, **changes: Any) -> list[str]:
    """A statement and what is attached to it, in one request."""
    sha2 = hashlib.sha256(content).hexdigest()
    drawing = {
        "usageType": "https://x.example/drawing",
        "display": {"en": "a drawing"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    sent = statement(attachments=[drawing], **changes)
    head = f"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n"
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(sent).encode()
    body += b"\r\n--b\r\n" + head.encode() + content + b"\r\n--b--\r\n"
    answer = platform.client.post(
        "/xAPI/statements", content=body, headers={"Content-Type": "multipart/mixed; boundary=b"}
    )
    answer.raise_for_status()
    ids: list[str] = answer.json()
    return ids


def archive_of(platform: Platform) -> Archive:
    return Archive.of(Settings(home=platform.home))


def archived_text(platform: Platform) -> str:
    archive = archive_of(platform)
    return "\n".join(line for day in archive.days() for batch in archive.batches(day) for line in batch)


async def archived(platform: Platform, warehouse: McpClient) -> int:
    """Today in the archive, as tonight's run would leave it."""
    done = await archive_day(warehouse, archive_of(platform), datetime.now(UTC).date())
    assert done.archive.statements
    return administration.DONE


async def refreshed(warehouse: McpClient) -> int:
    await have_marts_follow(warehouse)
    return administration.DONE


def leave_traces(platform: Platform, person: Person, tmp_path: Path) -> tuple[list[str], str]:
    """Ids of the person's statements, and of one of somebody else that names them."""
    lesson = f"https://{uuid.uuid4().hex[:8]}.example/safety"
    agent = {"mbox": f"mailto:{person.mail}", "name": person.name}
    mine = send_with_attachment(platform, f"drawn by {person.secret}".encode(), actor=agent, object={"id": lesson})
    mine += send(
        platform,
        statement(actor=agent, object={"id": lesson}),
        statement(actor=agent, object={"id": f"{lesson}/card/1"}, result={"response": f"I think {person.secret}"}),
        statement(actor={"mbox_sha1sum": person.hash}, object={"id": lesson}),
    )
    [other] = send(platform, statement(object={"id": lesson}, context={"instructor": agent}))
    file = tmp_path / "people.csv"
    file.write_text(f"Email,First Name,Last Name,Group\n{person.mail},{person.name},X,G{uuid.uuid4().hex[:6]}\n")
    assert lrs(platform, "import", "roster", str(file))[0] == 0
    known = "select count(*) from core.learner_key where actor_key = any(%s)"
    keys = [f"mailto:{person.mail}", person.hash]
    wait_for(lambda: rows(platform, known, keys)[0][0] == 2, 60, "the learner")
    with (platform.home / "logs" / "gateway.log").open("a") as log:
        log.write(f"what somebody's proxy told of {person.mail}\n")
    administration.run(platform.home, lambda _, warehouse: refreshed(warehouse))
    administration.run(platform.home, lambda _, warehouse: archived(platform, warehouse))
    attempts = "select count(*) from mart.lesson_attempts join core.learner using (learner_id) where mail = %s"
    assert rows(platform, attempts, person.mail) != [(0,)]
    return mine, other


def holds_what_they_left(platform: Platform, person: Person, mine: list[str], out: Path) -> None:
    """The copy of somebody's data is whole, readable, and its owner's alone."""
    status, said = lrs(platform, "export", "--learner", person.mail, "--out", str(out))
    assert status == 0, said
    assert out.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(out) as archive:
        statements = json.loads(archive.read("statements.json"))
        page = archive.read("index.html").decode()
        names = archive.namelist()
    assert {each["id"] for each in statements} == set(mine)
    assert all(each["stored"] for each in statements)
    assert person.secret in page and person.mail in page
    assert {"attachments/" + hashlib.sha256(f"drawn by {person.secret}".encode()).hexdigest()} <= set(names)
    assert {"tables/core.learner.json", "tables/mart.lesson_attempts.json", "tables/core.roster_row.json"} <= set(names)


def test_no_byte_of_an_erased_person_is_found(platform: Platform, tmp_path: Path) -> None:
    person = Person()
    mine, other = leave_traces(platform, person, tmp_path)
    traces = left_behind(platform, person, mine)
    assert {"warehouse", "Redis", "files of Redis", "files", "archive"} <= set(traces)
    holds_what_they_left(platform, person, mine, tmp_path / "copy.zip")

    status, said = lrs(platform, "erase", "--learner", person.mail, "--dry-run")
    assert status == 0 and "lrs.statement" in said, said
    assert left_behind(platform, person, mine).keys() >= {"warehouse", "Redis"}

    status, said = lrs(platform, "erase", "--learner", person.mail, "--yes")
    assert status == 0, said
    assert left_behind(platform, person, mine) == {}
    kept = platform.client.get("/xAPI/statements", params={"statementId": other})
    assert kept.status_code == 200 and person.mail not in kept.text
    for statement_id in mine:
        assert platform.client.get("/xAPI/statements", params={"statementId": statement_id}).status_code == 404

    [path] = [Path(line.rpartition(" ")[2]) for line in said.splitlines() if "the proof:" in line]
    proof = json.loads(path.read_text())
    assert proof["removed"]["lrs.statement"] == 4
    assert proof["removed"]["log entries"] == 5  # four of the person, and one that named them
    assert proof["removed"]["attachments"] == 1
    assert proof["removed"]["archived statements removed"] == 4
    assert proof["removed"]["archived statements rewritten"] == 1
    archive_of(platform).remove(datetime.now(UTC).date())  # the day is not over
    assert proof["removed"]["lines of the processes' logs blanked"] >= 1
    assert proof["found_afterwards"] == 0
    assert not any(mark in path.read_text() for mark in person.marks)
    assert lrs(platform, "verify-proof", str(path), "--learner", person.mail) == (
        0,
        f"valid, signed by this instance\nit is about {person.mail}\n",
    )
    assert lrs(platform, "verify-proof", str(path), "--learner", person.hash)[0] == 0
    assert lrs(platform, "verify-proof", str(path), "--learner", f"not-{person.mail}")[0] == 1
    path.write_text(path.read_text().replace('"lrs.statement": 4', '"lrs.statement": 3'))
    assert lrs(platform, "verify-proof", str(path))[0] == 1
    audit = rows(platform, "select subject, finished_at is not null from lrs.erasure where erasure_id = %s", path.stem)
    assert audit == [(None, True)]


@pytest.mark.parametrize(
    "arguments", [["erase", "--learner", "12345678", "--yes"], ["export", "--learner", "nobody", "--out", "x"]]
)
def test_somebody_who_is_not_known_is_told(platform: Platform, arguments: list[str], tmp_path: Path) -> None:
    arguments = [str(tmp_path / "x.zip") if argument == "x" else argument for argument in arguments]
    result = CliRunner().invoke(app, [*arguments, "--home", str(platform.home)])
    assert result.exit_code != 0
    assert "nobody" in str(result.exception)


def test_retention_says_what_it_would_remove(platform: Platform) -> None:
    status, said = lrs(platform, "retention", "--dry-run")
    assert status == 0, said

"""Importing on the running platform: by command and on the page, tried first, repeated, taken back."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from lrs_platform.cli import app
from lrs_platform_tests.conftest import Platform, wait_for

HTML = {"Accept": "text/html"}


def post(platform: Platform, path: str, *, page: bool = False, **sent: Any) -> httpx.Response:
    """POST as an admin."""
    headers = platform.admin | (HTML if page else {})
    return httpx.post(f"{platform.urls['gateway']}{path}", headers=headers, timeout=30, **sent)


def rows(platform: Platform, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(platform.admin_database_url) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def lrs(platform: Platform, *arguments: str) -> tuple[int, str]:
    """Run a command against the running instance."""
    result = CliRunner().invoke(app, [*arguments, "--home", str(platform.home)])
    return result.exit_code, result.output


@pytest.fixture
def site() -> str:
    """A site of the test's own, so that runs do not see each other's lessons."""
    return f"https://{uuid.uuid4().hex[:12]}.example"


def test_a_roster_comes_in_by_command_and_goes_by_command(platform: Platform, tmp_path: Path) -> None:
    mail = f"{uuid.uuid4().hex[:12]}@example.com"
    file = tmp_path / "people.csv"
    file.write_text(f"Email;First Name;Group\n{mail};Ada;Engines\nnobody;;\n", encoding="utf-8")
    learner = "select roster_name from core.learner where mail = %s"
    status, said = lrs(platform, "import", "roster", str(file))
    assert status == 2 and "line 3, Email" in said, said
    assert rows(platform, learner, mail) == []
    status, said = lrs(platform, "import", "roster", str(file), "--dry-run")
    assert status == 1 and rows(platform, learner, mail) == []
    status, said = lrs(platform, "import", "roster", str(file), "--skip-errors")
    assert status == 1, said
    assert rows(platform, learner, mail) == [("Ada",)]
    number = re.search(r"as number (\d+)", said)
    assert number is not None
    status, said = lrs(platform, "import", "roster", str(file), "--skip-errors")
    assert f"as number {number[1]}: nothing changed" in said
    assert lrs(platform, "import", "undo", number[1])[0] == 0
    assert rows(platform, learner, mail) == []


def test_responses_become_statements_once_and_are_voided_by_taking_them_back(
    platform: Platform, tmp_path: Path, site: str
) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(f"Email,Lesson URL,Card,Response\nada@example.com,{site}/safety,3,Look left\n", encoding="utf-8")
    standing = "select response from core.standing_event where object_id = %s"
    card = f"{site}/safety/card/3"

    status, said = lrs(platform, "import", "responses", str(file))
    assert status == 0, said
    wait_for(lambda: rows(platform, standing, card) == [("Look left",)], 120, "the response in the warehouse")
    assert lrs(platform, "import", "responses", str(file))[0] == 0
    number = re.search(r"as number (\d+)", said)
    assert number is not None
    assert lrs(platform, "import", "undo", number[1])[0] == 0
    wait_for(lambda: rows(platform, standing, card) == [], 120, "the response voided")
    assert lrs(platform, "import", "responses", str(file))[0] == 0
    wait_for(lambda: rows(platform, standing, card) == [("Look left",)], 120, "the response again, under a new id")


def test_the_page_shows_a_file_before_it_is_imported(platform: Platform) -> None:
    mail = f"{uuid.uuid4().hex[:12]}@example.com"
    content = f"Email,First Name,Group\n{mail},<b>Ada</b>,Engines\nnobody,,\n".encode()
    learner = "select roster_name from core.learner where mail = %s"
    files = {"file": ("people.csv", content)}
    page = post(platform, "/ui/import/preview", page=True, data={"kind": "roster"}, files=files)
    assert page.status_code == 200
    assert "&lt;b&gt;Ada" in page.text and "<b>Ada" not in page.text
    assert "is no mail address" in page.text
    assert rows(platform, learner, mail) == []
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text.split("confirm")[1]))
    answer = post(platform, "/ui/import/confirm", page=True, data=hidden)
    assert answer.status_code == 303
    assert rows(platform, learner, mail) == [("<b>Ada</b>",)]
    number = re.search(r"number%20(\d+)", answer.headers["location"])
    assert number is not None
    listed = platform.client.get("/ui/import", headers=platform.admin, auth=None).json()["imports"]
    assert str(listed[0]["import_id"]) == number[1]
    undone = post(platform, "/ui/import/undo", data={"import_id": number[1]})
    assert undone.json()["effect"]["learners removed"] == 1
    assert rows(platform, learner, mail) == []


@pytest.mark.parametrize(
    ("data", "content", "words"),
    [
        ({"kind": "roster"}, b"Name\nAda\n", "no column Email"),
        ({"kind": "sums"}, b"Email\na@example.com\n", "kind is one of"),
        ({"kind": "roster"}, b"", "no file"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_changes_nothing(
    platform: Platform, data: dict[str, str], content: bytes, words: str
) -> None:
    for path in ("/ui/import/preview", "/ui/import/confirm"):
        files = {"file": ("people.csv", content)}
        answer = post(platform, path, data=data, files=files)
        assert answer.status_code == 400
        assert words in answer.json()["error"]


def test_the_pages_need_a_login(platform: Platform) -> None:
    for path in ("/ui/import", "/ui/learners"):
        assert httpx.get(f"{platform.urls['gateway']}{path}").status_code == 401
    for path in ("/ui/import/preview", "/ui/import/confirm", "/ui/import/undo", "/ui/learners/merge"):
        assert httpx.post(f"{platform.urls['gateway']}{path}", data={"kind": "roster"}).status_code == 401

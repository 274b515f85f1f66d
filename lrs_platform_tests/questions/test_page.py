"""Questions over HTTP: the answer's shape, corrections, what is taught, what is kept, who may ask (b.05)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from lrs_platform.gateway.access import Role
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.reports.company import logged_in, work_through_a_lesson

ASK = "/ui/nlp-query"
SHAPE = {"answer", "sql", "rows", "columns", "chart", "intent", "confidence", "alternatives", "took_ms", "model"}


@pytest.fixture
def client(platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=platform.urls["gateway"], headers=platform.admin, timeout=120, trust_env=False) as made:
        yield made


def asked(client: httpx.Client, question: str, **more: Any) -> dict[str, Any]:
    answer = client.post(ASK, json={"question": question, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert set(told) >= SHAPE
    return told


def test_an_answer_has_words_sql_rows_and_how_it_was_read(client: httpx.Client) -> None:
    told = asked(client, "How many learners do we have?")
    assert told["columns"] == ["learners"]
    assert isinstance(told["rows"][0][0], int)
    assert told["sql"].startswith("SELECT")
    assert "report.engagement_segments" in told["sql"]
    assert told["intent"]["figure"] == "engagement_segments.learners"
    assert (told["sure"], told["model"], told["mode"]) == (True, "", "model")


def test_what_is_not_understood_is_not_answered(client: httpx.Client) -> None:
    told = asked(client, "What is the weather in Berlin?")
    assert (told["rows"], told["sql"], told["intent"]) == (None, "", None)
    assert told["reason"]


def test_a_corrected_reading_is_answered_as_it_is_and_can_be_asked_on(client: httpx.Client) -> None:
    first = asked(client, "completion rate by lesson")
    corrected = {**first["intent"], "by": ["cohort"]}
    second = asked(client, "completion rate by lesson", intent=corrected)
    assert second["intent"]["by"] == ["cohort"]
    assert second["sure"] is True
    third = asked(client, "and the pass rate?", context=second["intent"])
    assert (third["intent"]["figure"], third["intent"]["by"]) == ("lesson_attempts.pass_rate", ["cohort"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": "  "},
        {"question": "x" * 501},
        {"question": "x" * 10_000},
        {"question": 1},
        {"question": "x", "mode": "shell"},
        {"question": "x", "intent": {"figure": "core.learner"}},
        {"question": "x", "intent": {"figure": "lesson_progress.completion_rate", "sql": "drop table x"}},
        {"question": "x", "context": {"figure": "lesson_progress.completion_rate", "by": ["mail"]}},
        {"question": "x", "intent": {"figure": "time_on_task.median_time", "filters": {"lesson": [{"id": "1;"}]}}},
    ],
)
def test_what_is_no_question_is_refused_in_words(client: httpx.Client, body: dict[str, Any]) -> None:
    answer = client.post(ASK, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_pick_teaches_what_was_meant(platform: Platform, client: httpx.Client) -> None:
    word = f"zog{uuid.uuid4().hex[:6].translate(str.maketrans('0123456789', 'ghijklmnop'))}"
    before = asked(client, f"{word} of learners")
    assert before["rows"] is None
    picked = {"wording": before["wording"], "figure": "learner_streaks.longest_streak"}
    assert client.post(f"{ASK}/picks", json=picked).status_code == 200
    after = asked(client, f"{word} of learners")
    assert after["intent"]["figure"] == "learner_streaks.longest_streak"
    with psycopg.connect(platform.admin_database_url, autocommit=True) as connection:
        connection.execute("delete from lrs.question_wording where wording = %s", (before["wording"],))


def test_a_figure_that_is_none_cannot_be_taught(client: httpx.Client) -> None:
    answer = client.post(f"{ASK}/picks", json={"wording": "salary", "figure": "core.learner"})
    assert answer.status_code == 400


def test_every_question_leaves_a_row_for_the_audit(platform: Platform, client: httpx.Client) -> None:
    mark = uuid.uuid4().hex
    asked(client, f"completion rate {mark}")
    asked(client, f"Delete everything {mark}")
    with psycopg.connect(platform.admin_database_url, autocommit=True) as connection:
        rows = connection.execute(
            "select asked_by, mode, outcome, sql is null from lrs.question where question like %s order by asked_at",
            (f"%{mark}",),
        ).fetchall()
    assert [row[:2] for row in rows] == [("admin", "model")] * 2
    assert rows[1][2:] == ("abstained", True)


def test_the_agent_shows_as_one_that_was_at_work(client: httpx.Client) -> None:
    asked(client, "How many learners do we have?")

    def seen() -> bool:
        told = client.get("/api/debug/active-agents").json()
        agents = told["agents"] if isinstance(told["agents"], list) else []
        return any(agent["agent"] == "nlp" and agent["contract"] == "b05_nlp_query" for agent in agents)

    wait_for(seen, 60, "nlp among the agents")


@pytest.mark.parametrize(("method", "path"), [("GET", ASK), ("POST", ASK), ("POST", f"{ASK}/picks")])
def test_nobody_asks_without_a_login_or_from_another_site(platform: Platform, method: str, path: str) -> None:
    url = platform.urls["gateway"] + path
    body = {"question": "completion rate", "wording": "x", "figure": "x"} if method == "POST" else None
    assert httpx.request(method, url, json=body, trust_env=False, timeout=60).status_code == 401
    if method == "POST":
        with httpx.Client(base_url=platform.urls["gateway"], timeout=60, trust_env=False) as browser:
            browser.get("/login", params={"token": platform.admin_token})
            foreign = browser.post(path, json=body, headers={"Sec-Fetch-Site": "cross-site"})
            assert foreign.status_code == 403


def test_the_page_says_what_can_be_asked(client: httpx.Client) -> None:
    told = client.get(ASK).json()
    assert {"figures", "names"} <= set(told)
    page = client.get(ASK, headers={"accept": "text/html"}).text
    assert "<script>" not in page
    assert "Ask" in page


def test_who_the_learners_are_is_told_to_those_who_may_know_and_to_no_other(platform: Platform) -> None:
    lesson = work_through_a_lesson(platform)
    with psycopg.connect(platform.admin_database_url) as admin:
        pseudonym = admin.execute("select core.pseudonym('mailto:' || %s)", [lesson.mail]).fetchone()
    assert pseudonym is not None
    question = f"active days of {pseudonym[0][:16]} by learner"
    page = {"origin": platform.urls["gateway"]}
    with logged_in(platform, Role.COORDINATOR) as coordinator:
        coordinator.headers.update(page)
        told = asked(coordinator, question)
        assert told["columns"] == ["learner", "active_days", "name", "mail"]
        (row,) = [row for row in told["rows"] if row[3] == lesson.mail]
        assert row[2] == lesson.learner
        assert lesson.learner not in told["sql"]
    with logged_in(platform, Role.ANALYST) as analyst:
        analyst.headers.update(page)
        told = asked(analyst, question)
        assert told["columns"] == ["learner", "active_days"]
        assert lesson.mail not in str(told["rows"])

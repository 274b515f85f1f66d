"""Reports over HTTP on the running instance: forms of the answer, pages of rows, refusals, and who sees names."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from lrs_platform.gateway.access import Role
from lrs_platform.reports.catalogue import reports
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.reports.company import Lesson, logged_in


def get(platform: Platform, path: str, **options: Any) -> httpx.Response:
    """GET as a program that holds the admin token."""
    headers = {**platform.admin, **options.pop("headers", {})}
    return httpx.get(platform.urls["gateway"] + path, headers=headers, timeout=60, trust_env=False, **options)


def test_the_list_names_every_report_with_its_typed_parameters(platform: Platform) -> None:
    told = get(platform, "/api/reports").json()["reports"]
    assert {report["name"] for report in told} == set(reports())
    by_name = {report["name"]: report for report in told}
    since = next(each for each in by_name["active_learners"]["parameters"] if each["name"] == "since")
    assert since == {"name": "since", "type": "date", "label": "Since", "default": "today-60"}


@pytest.mark.parametrize("name", sorted(reports()))
def test_every_report_answers(platform: Platform, lesson: Lesson, name: str) -> None:
    answer = get(platform, f"/api/reports/{name}")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["row_count"] == len(told["rows"])
    drawn = reports()[name].chart or {}
    if not reports()[name].chart_sql:
        columns = {column["name"] for column in told["columns"]}
        assert {drawn["x"], drawn["y"]} <= columns
    assert get(platform, f"/ui/reports/{name}", headers={"Accept": "text/html"}).status_code == 200


def test_a_filter_with_a_quote_in_it_finds_its_lesson(platform: Platform, lesson: Lesson) -> None:
    told = get(platform, "/api/reports/lesson_funnel", params={"lesson": lesson.name}).json()
    assert [row["lesson"] for row in told["rows"]] == [lesson.name]
    assert told["rows"][0]["completed"] == 1
    nothing = get(platform, "/api/reports/lesson_funnel", params={"lesson": "' or '1'='1"}).json()
    assert nothing["rows"] == []


def test_the_same_rows_come_as_json_csv_and_parquet(platform: Platform, lesson: Lesson) -> None:
    from pyarrow import parquet

    path, wanted = "/api/reports/lesson_funnel", {"lesson": lesson.name}
    rows = get(platform, path, params=wanted).json()["rows"]
    by_accept = get(platform, path, params=wanted, headers={"Accept": "text/csv"})
    by_format = get(platform, path, params={**wanted, "format": "csv"})
    assert by_accept.text == by_format.text
    assert by_accept.headers["Content-Type"].startswith("text/csv")
    first = next(csv.DictReader(io.StringIO(by_accept.text)))
    assert {name: str(value) for name, value in rows[0].items()} == first
    media = "application/vnd.apache.parquet"
    answer = get(platform, path, params=wanted, headers={"Accept": media})
    assert answer.headers["Content-Type"] == media
    assert parquet.read_table(io.BytesIO(answer.content)).to_pylist() == rows


def test_pages_of_rows_meet_and_do_not_overlap(platform: Platform, lesson: Lesson) -> None:
    whole = get(platform, "/api/reports/data_quality").json()["rows"]
    assert len(whole) > 3
    found: list[Any] = []
    path: str | None = "/api/reports/data_quality?page_size=2"
    while path:
        answer = get(platform, path)
        assert len(answer.json()["rows"]) <= 2
        found += answer.json()["rows"]
        path = answer.json()["next"]
        assert (path is not None) == ("Link" in answer.headers)
        assert len(found) < 1000
    assert [row["measure"] for row in found] == [row["measure"] for row in whole]


@pytest.mark.parametrize(
    ("name", "wanted", "parameter", "says"),
    [
        ("quiz_items", {"answers": "many"}, "answers", "whole number"),
        ("quiz_items", {"answers": "-1"}, "answers", "0 or more"),
        ("quiz_items", {"lessen": "x"}, "lessen", "answers, lesson"),
        ("retention", {"began_from": "soon"}, "began_from", "2026-01-31"),
        ("stalled_learners", {"reason": "bored"}, "reason", "stopped"),
        ("lesson_funnel", {"lesson": "a\x00b"}, "lesson", "invisible"),
        ("lesson_funnel", {"format": "xml"}, "format", "json"),
        ("lesson_funnel", {"page": "0"}, "page", "1"),
    ],
)
def test_a_refusal_names_the_parameter_and_the_reason(
    platform: Platform, name: str, wanted: dict[str, str], parameter: str, says: str
) -> None:
    answer = get(platform, f"/api/reports/{name}", params=wanted)
    assert answer.status_code == 400
    assert answer.json()["property"] == parameter
    assert says in answer.json()["error"]


def test_what_is_not_there_is_said(platform: Platform) -> None:
    for path in ("/api/reports/nope", "/ui/reports/nope", "/api/reports/..%2Fsettings"):
        assert get(platform, path).status_code == 404
    refused = get(platform, "/api/reports/lesson_funnel", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert "text/csv" in refused.json()["error"]


def test_names_and_texts_are_for_the_roles_that_may_see_them(platform: Platform, lesson: Lesson) -> None:
    path, wanted = "/api/reports/free_text_responses", {"lesson": lesson.name}
    with logged_in(platform, Role.COORDINATOR) as coordinator, logged_in(platform, Role.ANALYST) as analyst:
        row = coordinator.get(path, params=wanted).json()["rows"][0]
        assert (row["name"], row["mail"], row["response"]) == (lesson.learner, lesson.mail, lesson.text)
        for form in ("json", "csv", "parquet"):
            content = analyst.get(path, params={**wanted, "format": form}).content
            for told in (lesson.learner, lesson.mail, lesson.text):
                assert told.encode() not in content
        page = analyst.get("/ui/reports/free_text_responses", params=wanted, headers={"Accept": "text/html"}).text
        assert "O&#39;Neill" in page
        assert lesson.mail not in page
        assert lesson.text not in page
        spreadsheet = coordinator.get(path, params={**wanted, "format": "csv"}).text
        assert f"'{lesson.text}" in spreadsheet


def test_each_role_has_its_doors(platform: Platform) -> None:
    with logged_in(platform, Role.COORDINATOR) as coordinator, logged_in(platform, Role.ANALYST) as analyst:
        for path in ("/ui/db-terminal", "/api/sql/schema", "/api/sql/queries"):
            assert coordinator.get(path).status_code == 403
            assert analyst.get(path).status_code == 200
        assert coordinator.post("/api/sql", json={"sql": "select 1"}).status_code == 403
        assert analyst.post("/api/sql", json={"sql": "select 1"}).json()["rows"] == [[1]]
        for path in ("/ui/learners", "/ui/import"):
            assert coordinator.get(path).status_code == 200
            assert analyst.get(path).status_code == 403
        for client in (coordinator, analyst):
            assert client.get("/ui").status_code == 200
            assert client.get("/api/reports/data_quality").status_code == 200
            for path in ("/api/debug/progress", "/ui/test-etl-streaming"):
                assert client.get(path).status_code == 403
    with logged_in(platform) as nobody:
        assert nobody.get("/ui").status_code == 403


def test_without_a_login_there_is_no_report(platform: Platform) -> None:
    for path in ("/api/reports", "/api/reports/lesson_funnel", "/ui/reports", "/ui/reports/lesson_funnel", "/ui"):
        url = platform.urls["gateway"] + path
        assert httpx.get(url, trust_env=False).status_code == 401
        assert httpx.get(url, auth=platform.auth, trust_env=False).status_code == 401


def test_the_figures_of_the_front_page_are_those_of_their_queries(platform: Platform, lesson: Lesson) -> None:
    told = get(platform, "/ui", params={"format": "json"}).json()
    assert told["unknown"] == ""
    for figure in told["figures"]:
        assert isinstance(figure["value"], int)
        assert figure["query"].startswith("/ui/db-terminal?view=terminal#sql=")
    with logged_in(platform, Role.COORDINATOR) as coordinator:
        assert {figure["query"] for figure in coordinator.get("/ui").json()["figures"]} == {""}

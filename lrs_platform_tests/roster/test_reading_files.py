"""Files of any make are read, and what is wrong with which line is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_platform.roster.lessons import Addresses, read_lessons
from lrs_platform.roster.people import read_roster
from lrs_platform.roster.responses import read_responses, slugs_in
from lrs_platform.roster.table import FileUnreadable, read_table
from lrs_platform.simulate import simulate
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version

PLAIN = "First Name,Last Name,Email,Group,Team\nZoë,Müller,zoe@example.com,Vertrieb,Süd\n"
SITE = Addresses("https://7taps.example")


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("cp1252"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        b"sep=;\r\n" + PLAIN.replace(",", ";").encode(),
        "TEAM,group,E-Mail,last_name, FIRST  NAME \nSüd,Vertrieb,zoe@example.com,Müller,Zoë\n".encode(),
        "email,first name,last name,group,team,,\nzoe@example.com,Zoë,Müller,Vertrieb,Süd,,\n".encode(),
        '"First Name";"Last Name";"Email";"Group";"Team"\n"Zoë";"Müller";"zoe@example.com";"Vertrieb";"Süd"\n'.encode(),
    ],
    ids=["utf-8", "mark", "utf-16", "cp1252", "semicolon", "tab", "crlf", "sep", "order", "empty-columns", "quoted"],
)
def test_one_roster_in_many_spellings_says_the_same(content: bytes) -> None:
    [row] = read_roster(read_table(content)).rows
    assert (row["first_name"], row["last_name"], row["mail"]) == ("Zoë", "Müller", "zoe@example.com")
    assert row["cohort_name"] == "Vertrieb / Süd"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"Email\n", "no lines"),
        (b"Name,Team\nAda,1\n", "no column Email"),
        (b"PK\x03\x04 workbook", "workbook"),
        (b"Email,Email\na@example.com,b@example.com\n", "twice"),
        (b"Email\nnul\x00@example.com\n", "no text"),
        (b'Email\n"' + b"x" * 200_000, "field"),
    ],
    ids=["nothing", "blank", "header", "no-mail", "workbook", "twice", "nul", "open-quote"],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(FileUnreadable, match=reason):
        read_roster(read_table(content))


def test_problems_name_the_line_of_the_file() -> None:
    text = 'Email,Name\na@example.com,"two\nlines"\n\nnobody,N\n,M\nb@example.com,B,too much\na@example.com,again\n'
    problems = read_roster(read_table(text.encode())).problems
    assert {problem.line: problem.column for problem in problems} == {5: "Email", 6: "Email", 7: "", 8: "Email"}


@given(st.binary(max_size=300))
def test_no_content_breaks_the_reader(content: bytes) -> None:
    try:
        table = read_table(content)
        read_roster(table)
    except FileUnreadable:
        pass


@given(st.text(alphabet='aä@.,;"\n\r\t=|', max_size=80))
def test_no_text_below_a_header_breaks_a_reader(text: str) -> None:
    for header in ("Email,Lesson URL,Card,Response,Delivered At\n",):
        try:
            table = read_table((header + text).encode())
        except FileUnreadable:
            continue
        for read in (read_roster, lambda t: read_lessons(t, SITE), lambda t: read_responses(t, SITE)):
            understood = read(table)
            named = {problem.line for problem in understood.problems}
            assert all(line.number in named or understood.rows for line in table.lines)


def test_lessons_take_addresses_slugs_cards_and_deliveries() -> None:
    text = (
        "Slug,Title,Order,Cards,Group,Delivered At,Due\n"
        "safety,Safety,1,2,Engines,2026-03-02T09:00+01:00,2026-03-05\n"
        "https://other.example/x,X,2,,,,\n"
        "known,,,,,,\n"
    )
    understood = read_lessons(
        read_table(text.encode()), Addresses("https://7taps.example", {"known": "https://k.example/known"})
    )
    assert understood.problems == []
    lesson, *cards, other, known = understood.rows
    assert lesson["lesson_iri"] == "https://7taps.example/safety"
    assert [card["card_iri"] for card in cards] == [f"https://7taps.example/safety/card/{n}" for n in (1, 2)]
    assert (lesson["delivered_at"], lesson["due_on"]) == ("2026-03-02T09:00:00+01:00", "2026-03-05")
    assert (other["lesson_iri"], known["lesson_iri"]) == ("https://other.example/x", "https://k.example/known")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("unknown,,,,,", "no lesson with the slug"),
        ("https://x.example/a b,,,,,", "no address"),
        (",Title,,,,", "missing"),
        ("https://x.example/a,,many,,,", "no whole number"),
        ("https://x.example/a,,,G,31.3.2026,", "no date"),
        ("https://x.example/a,,,,2026-03-31,", "needs a Group"),
        ("https://x.example/a,,,G,2026-03-31,2026-03-01", "before"),
    ],
)
def test_a_line_of_a_course_file_that_cannot_be_used_says_why(line: str, reason: str) -> None:
    text = f"Lesson URL,Title,Cards,Group,Delivered At,Due\n{line}\n"
    understood = read_lessons(read_table(text.encode()), Addresses())
    assert understood.rows == []
    assert reason in understood.problems[0].reason


def test_the_files_of_a_simulated_company_are_understood_whole() -> None:
    from datetime import date

    company = simulate(seed=3, learners=20, days=10, start=date(2026, 3, 2), lessons=3)
    people = read_roster(read_table(company.roster_csv().encode()))
    lessons = read_lessons(read_table(company.lessons_csv().encode()), Addresses())
    assert people.problems == [] and lessons.problems == []
    assert people.rows and all(row["time_zone"] for row in people.rows)
    assert all(row["card_type"] and row["lesson_name"] for row in lessons.rows)


LONG = (
    "First Name,Last Name,Email,Group,Team,Course,Card,Card Type,Question,Response,Submitted At\n"
    "Ada,L,ada@example.com,G,T,safety,3,Open question,What did you learn?,Look left first,2026-03-02T09:00:00Z\n"
    "Bea,B,bea@example.com,G,T,safety,2,Poll,How sure are you?,Very,2026-03-02T09:01:00Z\n"
)
WIDE = "Email,Q1: What did you learn?,Anything else\nada@example.com,Look left,\nbea@example.com,Look right,No\n"


def test_responses_become_statements_that_the_standard_allows() -> None:
    understood = read_responses(read_table(LONG.encode()), SITE)
    assert understood.problems == []
    import msgspec

    statements = [response.named(0) for response in understood.rows]
    assert len(parse(msgspec.json.encode(statements), Version.V1_0_3).statements) == 2
    first = statements[0]
    assert first["object"]["id"] == "https://7taps.example/safety/card/3"
    assert first["result"] == {"response": "Look left first"}
    assert first["context"]["contextActivities"]["parent"][0]["id"] == "https://7taps.example/safety"


def test_a_column_for_each_question_makes_a_response_each() -> None:
    table = read_table(WIDE.encode())
    assert slugs_in(table, "safety") == ["safety"]
    rows = read_responses(table, SITE, "safety").rows
    assert [row.statement["result"]["response"] for row in rows] == ["Look left", "Look right", "No"]
    assert rows[0].statement["object"]["id"] == "https://7taps.example/safety/card/1"


def test_the_same_response_is_the_same_statement_wherever_it_stands() -> None:
    header, *lines = LONG.splitlines()
    longer = "\n".join([header, "Cyd,C,cyd@example.com,G,T,safety,3,Open question,Q,A,2026-03-03", *reversed(lines)])
    once = {row.named(0)["id"] for row in read_responses(read_table(LONG.encode()), SITE).rows}
    assert once < {row.named(0)["id"] for row in read_responses(read_table(longer.encode()), SITE).rows}


def test_a_response_that_stands_twice_in_a_file_is_one() -> None:
    understood = read_responses(read_table((LONG + LONG.splitlines()[1] + "\n").encode()), SITE)
    assert len(understood.rows) == 2
    assert "the same response as line 2" in understood.problems[0].reason

"""Suggestions say who somebody may be, the surest first, and nobody where nothing speaks for it."""

from __future__ import annotations

import hashlib
import time

import pytest

from lrs_platform.identity.matching import Person, suggest


def person(number: int, *keys: str, name: str | None = None, roster: str | None = None) -> Person:
    return Person(number, keys, name, roster, roster is not None)


ADA = person(1, "mailto:ada.lovelace@example.com", roster="Ada Lovelace")
BEA = person(2, "mailto:bea@example.com", roster="Bea Blackwell")


@pytest.mark.parametrize(
    ("orphan", "who", "at_least"),
    [
        (person(9, hashlib.sha1(b"mailto:bea@example.com", usedforsecurity=False).hexdigest()), 2, 1.0),
        (person(9, "mailto:BEA@example.com"), 2, 0.95),
        (person(9, "https://sso.example|bea@example.com"), 2, 0.9),
        (person(9, "https://sso.example|bea"), 2, 0.6),
        (person(9, "mailto:bea@home.example"), 2, 0.6),
        (person(9, "https://sso.example|17", name="Lovelace, Ada"), 1, 0.7),
        (person(9, "https://sso.example|17", name="Ada Lovelance"), 1, 0.5),
    ],
)
def test_the_likeliest_comes_first(orphan: Person, who: int, at_least: float) -> None:
    [first, *_] = suggest([9], [ADA, BEA, orphan])[9]
    assert first.learner_id == who
    assert first.score >= at_least
    assert first.reason


@pytest.mark.parametrize(
    "orphan", [person(9, "mailto:zoe@example.com"), person(9, "https://x.example|99", name="Zoe Zimt")]
)
def test_nobody_is_suggested_without_a_reason(orphan: Person) -> None:
    assert suggest([9], [ADA, BEA, orphan]) == {9: []}


def test_a_name_alike_raises_the_score_of_the_same_local_part() -> None:
    like = suggest([9], [BEA, person(9, "mailto:bea@home.example", name="Bea Blackwell")])[9][0]
    unlike = suggest([9], [BEA, person(9, "mailto:bea@home.example", name="Xaver Quint")])[9][0]
    assert like.score > unlike.score


def test_a_large_company_is_searched_in_seconds() -> None:
    names = [
        f"{first} {last}" for first in ("Ada", "Bea", "Cyd", "Dee") for last in map("Family{}".format, range(2500))
    ]
    people = [person(n, f"mailto:p{n}@example.com", roster=name) for n, name in enumerate(names)]
    orphans = [person(20_000 + n, f"https://sso.example|{n}", name=names[n * 7]) for n in range(100)]
    started = time.process_time()
    found = suggest([each.learner_id for each in orphans], [*people, *orphans])
    assert [found[20_000 + n][0].learner_id for n in range(100)] == [n * 7 for n in range(100)]
    assert time.process_time() - started < 60

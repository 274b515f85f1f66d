"""Known wordings are those that were tuned on and no others, and everyday English stays what it is."""

from __future__ import annotations

from datetime import date

import pytest

from lrs_platform.bench.questions.measuring import questions
from lrs_platform.bench.questions.wordings import text
from lrs_platform.questions.everyday import without_asides
from lrs_platform.questions.intent import Chosen
from lrs_platform.questions.lookalikes import LOOKALIKES
from lrs_platform.questions.names import Named, Names
from lrs_platform.questions.neighbours import ASKED, neighbours
from lrs_platform.questions.reading import read

NAMES = Names([Named("lesson", Chosen(1, "Handling Returns")), Named("cohort", Chosen(1, "Sales West"))])
TODAY = date(2026, 2, 16)


def test_the_known_wordings_are_those_of_the_questions_that_were_tuned_on() -> None:
    renew = "renew them: .venv/bin/python -m lrs_platform.bench.questions.wordings"
    assert ASKED.read_text(encoding="utf-8") == text(), renew


def test_no_held_out_question_is_known() -> None:
    known = ASKED.read_text(encoding="utf-8")
    held_out = [case["q"].lower().strip(" ?.!") for case in questions("held_out")["free"]]
    assert not [each for each in held_out if each in known]


def test_the_nearest_wording_tells_the_figure() -> None:
    found = neighbours("how many people have wrapped up lesson in cohort")
    assert max(found.shares, key=lambda each: found.shares[each])[0] == "lesson_progress.completed_learners"
    assert 0 < found.likeness <= 1.0001
    assert sum(found.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Hi there, completion rate by team please", "completion rate by team"),
        ("For my monthly report: completion rate", "completion rate"),
        ("My boss wants to know how many people failed", "how many people failed"),
        ("Morning", "Morning"),
    ],
)
def test_greetings_and_whom_it_is_for_are_passed_over(said: str, left: str) -> None:
    assert without_asides(said) == left


@pytest.mark.parametrize("word", ["sick", "john", "stars", "shift"])
def test_an_english_word_is_not_taken_for_a_slip(word: str) -> None:
    reading = read(f"How many {word} in Sales West?", NAMES, TODAY)
    assert reading.answer is None


def test_lookalikes_are_words() -> None:
    assert all(each.isalpha() and each == each.lower() for each in LOOKALIKES)


def test_what_is_not_answered_offers_other_families() -> None:
    reading = read("How many contractors finished Handling Returns?", NAMES, TODAY)
    assert (reading.answer, reading.sure) == (None, False)
    assert "contractor" in reading.reason
    assert len({each.intent.figure for each in reading.others}) == 3

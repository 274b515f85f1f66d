"""What was learned from is what stands here and nothing that is held out, and everyday English stays what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from lrs_platform.bench.questions.measuring import HELD_OUT, questions
from lrs_platform.bench.questions.training import fingerprint
from lrs_platform.bench.questions.wordings import names, wordings
from lrs_platform.questions.everyday import without_asides
from lrs_platform.questions.intent import Chosen, Intent
from lrs_platform.questions.lookalikes import LOOKALIKES
from lrs_platform.questions.meaning.likely import NOTHING, WEIGHTS, known_figures, likely
from lrs_platform.questions.meaning.masking import masked
from lrs_platform.questions.meaning.sentences import sentence_model
from lrs_platform.questions.names import Named, Names
from lrs_platform.questions.offering import Candidate
from lrs_platform.questions.reading import read
from lrs_platform.questions.vocabulary import figures
from lrs_platform.questions.weighing import Near, first_of, is_answered

NAMES = Names([Named("lesson", Chosen(1, "Handling Returns")), Named("cohort", Chosen(1, "Sales West"))])
TODAY = date(2026, 2, 16)


def test_the_weights_are_learned_from_the_wordings_that_stand_here() -> None:
    with np.load(str(WEIGHTS), allow_pickle=False) as stored:
        assert str(stored["wordings"]) == fingerprint(wordings()), (
            "learn them anew: .venv/bin/python -m lrs_platform.bench.questions.training"
        )


def test_no_held_out_question_is_known() -> None:
    known = {each for each_of in wordings().values() for each in each_of}
    cases = [case["q"] for each_of in questions(HELD_OUT).values() for case in each_of if "after" not in case]
    assert len(cases) > 150
    assert not [each for each in cases if masked(each, names(), TODAY) in known]


def test_every_label_is_a_figure_or_one_of_its_values() -> None:
    for label in wordings():
        figure, _, restricted = label.partition(" ")
        if label == NOTHING:
            continue
        column, _, value = restricted.partition(" ")
        assert not restricted or value in figures()[figure].mart.values[column], label


def test_a_wording_tells_the_figure_with_the_sentence_model_and_without() -> None:
    for by_sentence in (True, False):
        found = likely("any idea how many people in cohort have wrapped lesson up", by_sentence=by_sentence)
        assert max(found.shares, key=lambda each: found.shares[each])[0] == "lesson_progress.completed_learners"
        assert found.answerable > 0.5
        assert sum(found.shares.values()) == pytest.approx(1)
        assert likely("what shall we have for lunch", by_sentence=by_sentence).answerable < 0.1


def test_sentences_that_mean_the_same_are_near_each_other() -> None:
    model = sentence_model()
    assert model is not None, "the extra `sentences` is not installed"
    one, same, other = map(
        model.vector,
        ("how many people finished the course", "number of participants who completed it", "it is raining"),
    )
    assert float(np.linalg.norm(one)) == pytest.approx(1, abs=1e-5)
    assert float(one @ same) > 0.5 > 0.2 > float(one @ other)


def test_a_figure_that_nothing_was_learned_about_is_found_by_its_words() -> None:
    name = "lesson_funnel.lessons"
    assert name not in known_figures()
    by_words = Candidate(Intent(figure=name), 0.9)
    learned = Candidate(Intent(figure="learner_days.active_learners"), 0.99)
    first, score = first_of([by_words, replace(learned, score=0.7)], Near((learned,), 0.95))
    assert (first.intent.figure, score) == (name, 0.9)
    assert is_answered(Near((learned,), 0.1), name, 0.9, ())
    assert not is_answered(Near((learned,), 0.1), name, 0.9, ("weather",))


def test_what_is_said_beside_a_question_does_not_matter() -> None:
    reading = read("Preparing for the works council: who is late in Sales West?", NAMES, TODAY)
    assert reading.answer is not None
    assert reading.answer.intent.figure == "daily_progress.learners_to_follow_up"
    assert not reading.sure


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
    headcount = read("How many people in Sales West?", NAMES, TODAY)
    assert not reading.sure
    assert reading.answer is None or headcount.answer is None or reading.answer.intent == headcount.answer.intent


def test_lookalikes_are_words() -> None:
    assert all(each.isalpha() and each == each.lower() for each in LOOKALIKES)


def test_what_is_not_answered_offers_other_families() -> None:
    reading = read("How many contractors finished Handling Returns?", NAMES, TODAY)
    assert (reading.answer, reading.sure) == (None, False)
    assert "contractor" in reading.reason
    assert len({each.intent.figure for each in reading.others}) == 3

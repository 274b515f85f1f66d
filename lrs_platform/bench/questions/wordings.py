"""Wordings by what they ask for, to learn from: those of wordings.yaml, and the questions that were tuned on.

Belongs here: putting them together. Not here: learning (training.py), right answers (gold.py). No held-out question is
among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from lrs_platform.bench.questions.measuring import HELD_OUT, NONE, PARTS, questions
from lrs_platform.questions.intent import Chosen
from lrs_platform.questions.meaning.likely import NOTHING
from lrs_platform.questions.meaning.masking import masked
from lrs_platform.questions.names import Named, Names
from lrs_platform.questions.vocabulary import Figure, figures

TODAY = date(2026, 2, 16)
WRITTEN = files(__package__).joinpath("wordings.yaml")
# Figures of gold.py that are called otherwise in the model.
FIGURES = {
    "active": "learner_days.active_learners",
    "active_days": "learner_days.active_days",
    "assigned": "lesson_progress.assigned_learners",
    "completed": "lesson_progress.completed_learners",
    "drop_off": "card_drop_off.worst_drop_off",
    "failed": "lesson_attempts.failed_learners",
    "flags": "flagged_responses.flags",
    "follow_up": "daily_progress.learners_to_follow_up",
    "gain": "learning_gain.mean_gain",
    "hours_to_complete": "completion_speed.median_hours_to_complete",
    "learners": "engagement_segments.learners",
    "mean_daily_active": "active_learners.mean_active",
    "mean_score": "lesson_attempts.average_score",
    "not_completed": "lesson_progress.not_completed_learners",
    "opened": "lesson_progress.opened_learners",
    "passed": "lesson_progress.passed_learners",
    "quality": "data_quality.measured",
    "retention": "cohort_retention.retention_rate",
    "right_answers": "quiz_items.mean_difficulty",
    "segment": "engagement_segments.learners_in_segment",
    "stalled": "stalled_learners.stalled",
    "started": "lesson_progress.started_learners",
    "texts": "free_text_responses.texts",
    "time_on_task": "time_on_task.median_time",
    "within_day": "completion_speed.completed_within_day",
}


def wordings() -> dict[str, list[str]]:
    """Masked wordings by label: a figure, a figure with column and value, or NOTHING. None stands under two labels."""
    label_of: dict[str, str] = {}
    for label, wording in (*_written(), *_asked()):
        label_of.setdefault(masked(wording, names(), TODAY), label)
    found: dict[str, list[str]] = {}
    for wording, label in sorted(label_of.items()):
        found.setdefault(label, []).append(wording)
    return {label: found[label] for label in sorted(found)}


def _written() -> Iterator[tuple[str, str]]:
    for label, written in yaml.safe_load(WRITTEN.read_text(encoding="utf-8")).items():
        for wording in written:
            yield label, wording.replace("<lesson>", "lesson").replace("<cohort>", "cohort")


def _asked() -> Iterator[tuple[str, str]]:
    for part in PARTS:
        if part == HELD_OUT:
            continue
        for cases in questions(part).values():
            for case in cases:
                if "after" not in case:
                    gold = case.get("gold", NONE)
                    first = gold[0] if isinstance(gold, list) else gold
                    yield NOTHING if first == NONE else _key(first), case["q"]


def _key(gold: dict[str, Any]) -> str:
    figure = _figure(gold["figure"])
    value = gold.get("value", "")
    column = next((name for name, values in figure.mart.values.items() if value in values), "")
    return f"{figure.name} {column} {value}" if column else figure.name


def _figure(name: str) -> Figure:
    if name in FIGURES:
        return figures()[FIGURES[name]]
    return next(figure for figure in figures().values() if figure.metric.name == name)


@cache
def names() -> Names:
    """The names in the questions, as an instance would know them."""
    named: dict[tuple[str, str], None] = {}
    for part in PARTS:
        for cases in questions(part).values():
            for case in cases:
                golds = case.get("gold", NONE)
                for gold in golds if isinstance(golds, list) else [golds]:
                    if gold != NONE:
                        named |= {("lesson", gold["lesson"]): None} if "lesson" in gold else {}
                        cohorts = (gold.get("cohort"), *gold.get("cohorts", ()))
                        named |= {("cohort", each): None for each in cohorts if each}
    return Names(Named(dimension, Chosen(place, name)) for place, (dimension, name) in enumerate(named))

"""Makes lrs_platform/questions/asked.yaml: how people put each figure, out of the questions that were tuned on.

Belongs here: this step, run by hand where those questions change (`python -m lrs_platform.bench.questions.wordings`).
Not here: finding the nearest of them (lrs_platform/questions/neighbours.py). No held-out question is among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from lrs_platform.bench.questions.measuring import NONE, PARTS, questions
from lrs_platform.questions.dates import find_days
from lrs_platform.questions.neighbours import ASKED
from lrs_platform.questions.vocabulary import Figure, figures

TODAY = date(2026, 2, 16)
KINDS = ("vocabulary", "free")
_HEAD = """\
# How people put each figure, with `lesson` and `cohort` for names and without days; of one value, with its column.
# Made by lrs_platform/bench/questions/wordings.py; neighbours.py looks for the nearest of them.
"""
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


def wordings(lessons: tuple[str, ...], cohorts: tuple[str, ...]) -> dict[str, list[str]]:
    """Wordings by what they ask for; `lessons` and `cohorts` are the names in the questions."""
    found: dict[str, list[str]] = {}
    for part in PARTS:
        if part == "held_out":
            continue
        for kind in KINDS:
            for case in questions(part).get(kind, []):
                first = case["gold"][0] if isinstance(case["gold"], list) else case["gold"]
                if first != NONE:
                    found.setdefault(_key(first), []).append(_masked(case["q"], lessons, cohorts))
    return {key: sorted(dict.fromkeys(found[key])) for key in sorted(found)}


def _key(gold: dict[str, Any]) -> str:
    figure = _figure(gold["figure"])
    value = gold.get("value", "")
    column = next((name for name, values in figure.mart.values.items() if value in values), "")
    return f"{figure.name} {column} {value}" if column else figure.name


def _figure(name: str) -> Figure:
    if name in FIGURES:
        return figures()[FIGURES[name]]
    return next(figure for figure in figures().values() if figure.metric.name == name)


def _masked(question: str, lessons: tuple[str, ...], cohorts: tuple[str, ...]) -> str:
    for days in sorted(find_days(question.lower(), TODAY), key=lambda each: -each.start):
        question = question[: days.start] + question[days.end :]
    for names, word in ((lessons, "lesson"), (cohorts, "cohort")):
        for name in sorted(names, key=len, reverse=True):
            question = question.replace(name, word)
    return " ".join(question.split()).strip(" ?.!").lower()


def _names() -> Iterator[tuple[str, str]]:
    for part in PARTS:
        for cases in questions(part).values():
            for case in cases:
                golds = case.get("gold", NONE)
                for gold in golds if isinstance(golds, list) else [golds]:
                    if gold != NONE:
                        yield from (("lesson", gold["lesson"]),) if "lesson" in gold else ()
                        yield from (("cohort", each) for each in (gold.get("cohort"), *gold.get("cohorts", ())) if each)


def text() -> str:
    """The file's text."""
    names = list(dict.fromkeys(_names()))
    lessons = tuple(name for dimension, name in names if dimension == "lesson")
    cohorts = tuple(name for dimension, name in names if dimension == "cohort")
    return _HEAD + yaml.safe_dump(wordings(lessons, cohorts), sort_keys=True, width=200, allow_unicode=True)


if __name__ == "__main__":
    Path(str(ASKED)).write_text(text(), encoding="utf-8")

"""The truth beside the statements: what was planted and what they add up to, each figure with its definition.

Belongs here: the truth as a whole. The figures are computed from what happened, never from the statements' text, so
that whoever computes them from the statements has something to be compared with.

Realised figures (counts, medians, streaks) are exact: a right computation from the statements gives the same. Planted
figures (hazard, a, b, ability, left_because) are what the counts were drawn from, and are met within chance.
"""

from __future__ import annotations

from typing import Any

from lrs_platform.simulate.company import Company
from lrs_platform.simulate.history import History
from lrs_platform.simulate.noise import Traffic
from lrs_platform.simulate.statements import Pen, written_time
from lrs_platform.simulate.truth import attempts, cohorts, items, learners, lessons, quality
from lrs_platform.simulate.zones import Window

FORMAT = 1  # raised when a figure's name or definition changes


def truth_of(
    parameters: dict[str, Any], company: Company, history: History, window: Window, traffic: Traffic, pen: Pen
) -> dict[str, Any]:
    """The truth of a simulation as JSON values; `definitions` says what each figure means."""
    record = attempts.read(company, history, window, traffic.voided)
    return {
        "format": FORMAT,
        "parameters": parameters,
        "window": {"begin": written_time(window.begin), "end": written_time(window.end)},
        "definitions": (
            attempts.DEFINITIONS
            | quality.DEFINITIONS
            | lessons.DEFINITIONS
            | items.DEFINITIONS
            | learners.DEFINITIONS
            | cohorts.DEFINITIONS
        ),
        "quality": quality.quality_truth(record, traffic, pen),
        "lessons": lessons.lesson_truth(record),
        "cards": lessons.card_truth(record),
        "items": items.item_truth(record),
        "polls": items.poll_truth(record),
        "free_text": items.free_text_truth(record),
        "cohorts": cohorts.cohort_truth(record),
        "active": cohorts.active_truth(record),
        "learners": learners.learner_truth(record),
    }

"""Questions are answered as well as docs/questions.md says, over a company whose answers are known."""

from __future__ import annotations

import asyncio

import pytest

from lrs_platform.bench.questions.company import bench_company
from lrs_platform.bench.questions.measuring import PARTS, Verdict, measure, questions
from lrs_platform.bench.questions.reporting import STRAYS, shortcomings
from lrs_platform.questions.answering import Questions
from lrs_platform_tests.conftest import Platform


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_questions_are_answered_as_well_as_is_said(platform: Platform) -> None:
    async def ask() -> list[Verdict]:
        async with bench_company(platform.instance) as company:
            return await measure(company, Questions(company.database), every=3)

    verdicts = asyncio.run(ask())
    assert len(verdicts) >= 150
    assert shortcomings(verdicts) == []


def test_a_wrong_or_overconfident_reading_would_be_found() -> None:
    right = Verdict("tuning", "free", "q", True, True, True, True, 1.0, "", 1.0)
    wrong = Verdict("tuning", "free", "w", True, True, False, False, 1.0, "", 1.0)
    told = Verdict("tuning", "out_of_scope", "o", True, False, False, False, 1.0, "", 1.0)
    found = shortcomings([right, wrong, *[told] * (STRAYS + 1)])
    assert any("tuning, free: 1 of 2 right" in line for line in found)
    assert "sure and wrong: w" in found
    assert "answered, and should not be: o" in found


def test_no_question_stands_in_two_parts() -> None:
    parts = [
        {case["q"].lower() for cases in questions(part).values() for case in cases if "after" not in case}
        for part in PARTS
    ]
    assert sum(map(len, parts)) == len(set().union(*parts))

"""Asking the questions and comparing: whether an answer has the right rows, whether it was sure, how long it took.

Belongs here: the measurement and its figures. Not here: right answers (gold.py), the company (company.py). Results are
compared, never SQL; an answer is right where it has the right labels with the right values, in whatever order.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from lrs_platform.asking import Answer as Rows
from lrs_platform.bench.questions.company import BenchCompany
from lrs_platform.bench.questions.gold import Gold
from lrs_platform.bench.questions.slices import Answer
from lrs_platform.questions.answering import Asked, Questions
from lrs_platform.questions.compiling import compile_intent
from lrs_platform.questions.intent import Intent

HELD_OUT = "held_out"
PARTS = ("tuning", "seen", "chatty", "asides", "exam", "resit", "retake", "refresher", HELD_OUT)
NOTHING = ("out_of_scope", "hostile")
NONE = "none"
FEW = 50  # questions of a kind, which are asked all


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one question went. `first`: the answer is right; `three`: it, or one of those offered, is."""

    part: str
    kind: str
    question: str
    answered: bool
    sure: bool
    first: bool
    three: bool
    ms: float
    read_as: str
    confidence: float


@cache
def questions(part: str) -> dict[str, list[dict[str, Any]]]:
    """The questions of a part, by kind."""
    text = files(__package__).joinpath(f"{part}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


async def measure(company: BenchCompany, asking: Questions, *, every: int = 1) -> list[Verdict]:
    """Ask everything, one after the other; of what was learned from only every so manieth question."""
    gold = Gold(company)
    return [
        await _one(company, gold, asking, part, kind, case)
        for part in PARTS
        for kind, cases in questions(part).items()
        for case in cases[:: 1 if part == HELD_OUT or len(cases) < FEW else every]
    ]


async def _one(
    company: BenchCompany, gold: Gold, asking: Questions, part: str, kind: str, case: dict[str, Any]
) -> Verdict:
    context: Intent | None = None
    for earlier in case.get("after", []):
        context = (await asking.ask(earlier, context=context, today=company.as_of.date())).intent
    started = time.perf_counter()
    asked = await asking.ask(case["q"], context=context, today=company.as_of.date())
    ms = (time.perf_counter() - started) * 1000
    right = list(_right(gold, case.get("gold", NONE)))
    first = asked.rows is None and None in right
    three = first
    if asked.rows is not None and asked.intent is not None:
        first = three = _found_in(_as_answer(asked.intent, asked.rows), right)
    if not three and any(each is not None for each in right):
        three = await _offered(company, asked, right)
    return Verdict(
        part, kind, case["q"], asked.rows is not None, asked.sure, first, three, ms, asked.reading, asked.confidence
    )


def _right(gold: Gold, wanted: Any) -> Iterator[Answer | None]:
    for each in wanted if isinstance(wanted, list) else [wanted]:
        yield None if each == NONE else gold.answer(each)


async def _offered(company: BenchCompany, asked: Asked, right: Sequence[Answer | None]) -> bool:
    """Whether one of the first three things that were offered is right."""
    offers = asked.alternatives[: 3 if asked.rows is None else 2]
    for offer in offers:
        sql = compile_intent(offer.intent, today=company.as_of.date())
        if _found_in(_as_answer(offer.intent, await company.database.ask(sql)), right):
            return True
    return False


def _as_answer(intent: Intent, rows: Rows) -> Answer:
    """Rows by label; a single row without label under ""; a funnel by stage."""
    figure = intent.of
    found = rows.rows()
    value = rows.columns.index(figure.metric.name)
    if figure.metric.beside and not intent.by:
        names = ("assigned", *figure.metric.beside)
        return {name: float(each or 0) for name, each in zip(names, found[0][value:], strict=True)}
    if not intent.by:
        return {} if found[0][value] is None else {"": float(found[0][value])}
    labels = [rows.columns.index(each) for each in intent.by]
    return {" / ".join(str(row[label]) for label in labels): float(row[value]) for row in found}


def _found_in(answer: Answer, right: Sequence[Answer | None]) -> bool:
    return any(each is not None and _same(answer, each) for each in right)


def _same(one: Answer, other: Answer) -> bool:
    return one.keys() == other.keys() and all(
        math.isclose(one[label], other[label], rel_tol=1e-6, abs_tol=1e-9) for label in one
    )


def summary(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """A row for each part and kind: how many, and the shares that the targets are about."""
    rows = []
    for part in PARTS:
        for kind in dict.fromkeys(verdict.kind for verdict in verdicts):
            group = [verdict for verdict in verdicts if (verdict.part, verdict.kind) == (part, kind)]
            if group:
                rows.append({"part": part, "kind": kind, **_figures(group)})
    return rows


def _figures(group: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "questions": len(group),
        "right_first": round(sum(verdict.first for verdict in group) / len(group), 3),
        "right_in_three": round(sum(verdict.three for verdict in group) / len(group), 3),
        "answered": sum(verdict.answered for verdict in group),
        "sure": sum(verdict.sure for verdict in group),
        "sure_and_wrong": sum(verdict.sure and not verdict.first for verdict in group),
        "p95_ms": round(quantile([verdict.ms for verdict in group], 0.95), 1),
    }


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, interpolated."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def plain(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """All verdicts, for the report."""
    return [asdict(verdict) for verdict in verdicts]

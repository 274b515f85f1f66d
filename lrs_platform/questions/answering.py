"""From a question to its answer: read, compiled, asked through the guard like any query, told.

Belongs here: the order of these, names and learned wordings kept for a minute. Not here: HTTP (page.py), how a question
is read (reading.py, chat/), the database (lrs_platform/asking.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from lrs_platform.asking import Answer, Database
from lrs_platform.questions.compiling import compile_intent
from lrs_platform.questions.intent import Chosen, Intent, IntentInvalid, checked
from lrs_platform.questions.matching import Lexicon, lexicon
from lrs_platform.questions.names import Named, Names
from lrs_platform.questions.offering import Candidate
from lrs_platform.questions.reading import read
from lrs_platform.questions.telling import answer_of, chart_of, reading_of
from lrs_platform.questions.words import LONGEST_QUESTION
from lrs_platform.sql_files import sql_alone

KEPT_SECONDS = 60.0  # that names and learned wordings are believed
MODEL = "model"  # read by the semantic model alone

Wordings = Callable[[], Awaitable[dict[str, str]]]


class QuestionInvalid(ValueError):
    """What was sent is no question; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a question. `rows` is None where it was not answered, and `reason` says why."""

    question: str
    mode: str = MODEL
    model: str = ""
    reading: str = ""
    answer: str = ""
    reason: str = ""
    intent: Intent | None = None
    sql: str = ""
    rows: Answer | None = None
    chart: dict[str, str] | None = None
    confidence: float = 0.0
    sure: bool = False
    alternatives: tuple[Candidate, ...] = ()
    wording: str = ""
    tokens: int | None = None
    took_ms: float = 0.0


async def _nothing_learned() -> dict[str, str]:
    return {}


@dataclass
class Questions:
    """Questions of one process. `wordings` gives what people taught: telling words -> figure."""

    database: Database
    wordings: Wordings = _nothing_learned
    _names: Names = field(default_factory=Names)
    _learned: dict[frozenset[str], str] = field(default_factory=dict)
    _until: float = 0.0
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(
        self,
        question: str,
        *,
        context: Intent | None = None,
        intent: Intent | None = None,
        today: date | None = None,
    ) -> Asked:
        """The answer to a question, or to an intent that somebody corrected; `context` is what was asked before.

        Raises QuestionInvalid, IntentInvalid, SqlRefused, DatabaseAway, DatabaseBusy.
        """
        started = time.perf_counter()
        question = checked_question(question)
        today = today or datetime.now(UTC).date()
        if intent is not None:
            asked = await self._run(Asked(question, confidence=1.0, sure=True), checked(intent), today)
        else:
            names = await self.names()
            # In a thread: the sentence model takes ten milliseconds, in which the process has statements to accept.
            reading = await asyncio.to_thread(read, question, names, today, context, self._lexicon())
            asked = Asked(question, reason=reading.reason, alternatives=reading.others, wording=reading.wording)
            if reading.answer is not None:
                asked = replace(asked, confidence=round(min(1.0, reading.answer.score), 3), sure=reading.sure)
                asked = await self._run(asked, reading.answer.intent, today)
        return replace(asked, took_ms=round((time.perf_counter() - started) * 1000, 1))

    async def names(self) -> Names:
        """The names of lessons and cohorts, at most a minute old. Raises DatabaseAway."""
        if time.monotonic() >= self._until:
            async with self._renewing:
                if time.monotonic() >= self._until:
                    await self._renew()
        return self._names

    def forget(self) -> None:
        """Look names and wordings up again with the next question: one was taught just now."""
        self._until = 0.0

    async def run(self, asked: Asked, intent: Intent, today: date) -> Asked:
        """`asked` with the answer to `intent`, however that was read."""
        return await self._run(asked, intent, today)

    async def _run(self, asked: Asked, intent: Intent, today: date) -> Asked:
        sql = compile_intent(intent, today=today)
        rows = await self.database.ask(sql)
        return replace(
            asked,
            intent=intent,
            sql=sql,
            rows=rows,
            reading=reading_of(intent),
            answer=answer_of(intent, rows),
            chart=chart_of(intent, rows),
        )

    async def _renew(self) -> None:
        found = await self.database.ask(sql_alone(__package__, "names"))
        self._names = Names(Named(str(row[0]), Chosen(int(row[1]), str(row[2]))) for row in found.rows())
        self._learned = {frozenset(words.split()): figure for words, figure in (await self.wordings()).items()}
        self._until = time.monotonic() + KEPT_SECONDS

    def _lexicon(self) -> Lexicon:
        return replace(lexicon(), learned=self._learned)


def checked_question(question: str) -> str:
    """The question without what surrounds it. Raises QuestionInvalid."""
    text = question.strip()
    if not text:
        raise QuestionInvalid("there is no question: write what you would like to know")
    if len(text) > LONGEST_QUESTION:
        raise QuestionInvalid(f"the question is longer than {LONGEST_QUESTION} characters: ask for one thing at a time")
    return text


__all__ = ["Asked", "IntentInvalid", "QuestionInvalid", "Questions", "checked_question"]

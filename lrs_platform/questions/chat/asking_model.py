"""The exchange with a chat model: a question in, a named figure out, told what was wrong with it until it is right.

Belongs here: tries, time, tokens, which way a question goes. Not here: what it is told (prompt.py), SQL (agent.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from lrs_platform.questions.answering import Asked, Questions, checked_question
from lrs_platform.questions.chat.agent import SqlAgent
from lrs_platform.questions.chat.budget import Budget, ModelAway, one_call
from lrs_platform.questions.chat.prompt import CANNOT, WITH_FIGURE, system_text
from lrs_platform.questions.intent import Chosen, Intent, IntentInvalid, Order, checked
from lrs_platform.questions.names import Names
from lrs_platform.questions.reading import read
from lrs_platform.questions.words import cut

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

Way = Literal["chat", "sql"]


@dataclass
class _Spent:
    tokens: int = 0
    messages: list[BaseMessage] = field(default_factory=list)


@dataclass(frozen=True)
class ModelReader:
    """Questions read by a chat model, answered as `questions` does; `sees_rows` is for free SQL."""

    model: BaseChatModel
    name: str
    questions: Questions
    budget: Budget
    sees_rows: bool = False

    async def ask(self, question: str, way: Way, *, context: Intent | None = None, today: date) -> Asked:
        """The answer. Raises ModelAway, QuestionInvalid, DatabaseAway, DatabaseBusy."""
        asked = Asked(checked_question(question), mode=way, model=self.name)
        try:
            async with asyncio.timeout(self.budget.seconds):
                if way == "sql":
                    return await self._with_sql(asked, today)
                return await self._with_figure(asked, context, today)
        except TimeoutError as error:
            raise ModelAway(f"{self.name} did not answer within {self.budget.seconds:.0f} s") from error

    async def _with_figure(self, asked: Asked, context: Intent | None, today: date) -> Asked:
        names = await self.questions.names()
        spent = _begin(system_text(today=today, context=context), asked.question)
        problem = ""
        for _ in range(self.budget.tries):
            name, arguments = await self._call(spent, [WITH_FIGURE, CANNOT])
            if name == "cannot_answer":
                return _unanswered(asked, spent, "The model found nothing here that answers this.")
            try:
                intent = checked(intent_of(arguments, names, context))
            except (IntentInvalid, ValueError, TypeError) as error:
                problem = str(error)[:300]
                _tell(spent, problem)
                continue
            alone = await asyncio.to_thread(read, asked.question, names, today, context)
            agreed = alone.answer is not None and alone.answer.intent == intent
            asked = replace(asked, confidence=0.95 if agreed else 0.7, sure=agreed and alone.sure)
            others = tuple(each for each in (alone.answer, *alone.others) if each and each.intent != intent)[:3]
            answered = await self.questions.run(asked, intent, today)
            return replace(answered, tokens=spent.tokens, alternatives=others, wording=alone.wording)
        return _unanswered(asked, spent, f"The model's reading makes no sense: {problem}.")

    async def _with_sql(self, asked: Asked, today: date) -> Asked:
        agent = SqlAgent(self.model, self.name, self.questions.database, self.budget, self.sees_rows)
        work = await agent.work(asked.question, today)
        asked = replace(asked, tokens=work.tokens)
        if work.rows is None:
            told = f"No query of the model could be run: {work.problem}" if work.problem else ""
            return replace(asked, reason=told or "The model found nothing here that answers this.")
        text = f"{work.rows.row_count} rows of a query that {self.name} wrote. Read it before you rely on it."
        return replace(asked, answer=text, reading="free SQL", sql=work.sql, rows=work.rows, confidence=0.5)

    async def _call(self, spent: _Spent, tools: Sequence[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
        """One tool call of the model. Raises ModelAway where it fails, or has used up its tokens."""
        from langchain_core.messages import AIMessage
        from langsmith import tracing_context

        with (
            one_call(self.name, self.budget, spent.tokens),
            tracing_context(enabled=False),  # an environment that traces LangChain would send questions elsewhere
        ):
            reply = await self.model.bind_tools(list(tools)).ainvoke(spent.messages)
        assert isinstance(reply, AIMessage)
        spent.tokens += reply.usage_metadata["total_tokens"] if reply.usage_metadata else 0
        spent.messages.append(reply)
        known = {tool["function"]["name"] for tool in tools}
        for call in reply.tool_calls:
            if call["name"] in known:
                return call["name"], call["args"]
        return "cannot_answer", {}


def intent_of(arguments: dict[str, Any], names: Names, context: Intent | None) -> Intent:
    """The intent that a tool call names; names of lessons and cohorts are looked up here. Raises ValueError."""
    filters: dict[str, tuple[Chosen, ...]] = {}
    for key, dimension in (("lessons", "lesson"), ("cohorts", "cohort")):
        for written in arguments.get(key) or []:
            found = [each for each in names.find(cut(str(written)), frozenset()) if each.dimension == dimension]
            if not found:
                raise IntentInvalid(f"no {dimension} is called like that: leave it out, or write it as in the question")
            filters[dimension] = (*filters.get(dimension, ()), *found[0].values)
    for name, value in (arguments.get("values") or {}).items():
        filters[str(name)] = (Chosen(str(value), str(value).replace("_", " ")),)
    if context is not None and not filters:
        filters = dict(context.filters)
    days = {key: date.fromisoformat(arguments[key]) for key in ("from_day", "to_day") if arguments.get(key)}
    orders: dict[str, Order] = {"": "", "asc": "asc", "desc": "desc"}
    order = orders.get(str(arguments.get("order") or ""))
    limit = arguments.get("limit")
    if order is None or not (limit is None or isinstance(limit, int)):
        raise IntentInvalid("order is asc, desc or empty; limit is a number")
    return Intent(
        figure=str(arguments.get("figure", "")),
        filters=filters,
        by=tuple(str(each) for each in arguments.get("by") or []),
        from_day=days.get("from_day"),
        to_day=days.get("to_day"),
        order=order,
        limit=limit,
    )


def _begin(system: str, question: str) -> _Spent:
    from langchain_core.messages import HumanMessage, SystemMessage

    return _Spent(messages=[SystemMessage(system), HumanMessage(question)])


def _tell(spent: _Spent, problem: str) -> None:
    from langchain_core.messages import AIMessage, ToolMessage

    last = spent.messages[-1]
    assert isinstance(last, AIMessage)
    spent.messages += [ToolMessage(problem, tool_call_id=call["id"] or "call") for call in last.tool_calls]


def _unanswered(asked: Asked, spent: _Spent, reason: str) -> Asked:
    return replace(asked, reason=reason, tokens=spent.tokens)

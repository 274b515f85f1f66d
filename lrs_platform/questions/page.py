"""`/ui/nlp-query`: the page for questions in plain words, and the JSON behind it (module b.05 of the plan).

Belongs here: routes, statuses, the audit row of each question. Not here: reading and answering (answering.py, chat/),
the page's looks (gateway/templates/questions.html, gateway/static/questions).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Body, FastAPI, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from lrs_platform.asking import DatabaseAway, DatabaseBusy
from lrs_platform.call_log import at_work
from lrs_platform.gateway.login import LoggedIn, TheServices, TheViewer
from lrs_platform.gateway.pages import RETRY_SECONDS, WantedFormat, answer
from lrs_platform.gateway.services import Services
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.questions.answering import MODEL, Asked, QuestionInvalid, Questions
from lrs_platform.questions.chat.asking_model import ModelReader
from lrs_platform.questions.chat.budget import Budget, ModelAway
from lrs_platform.questions.chat.model import open_model
from lrs_platform.questions.intent import Intent, IntentInvalid, checked
from lrs_platform.questions.offering import Candidate
from lrs_platform.questions.telling import reading_of
from lrs_platform.questions.vocabulary import figures
from lrs_platform.questions.who import with_names
from lrs_platform.sql_guard import SqlRefused
from lrs_platform.ui.admin import AWAY, REFUSED, database_of, owner_of

log = logging.getLogger(__name__)
AGENT = "nlp"
CONTRACT = "b05_nlp_query"
Mode = Literal["model", "chat", "sql"]


class Question(BaseModel):
    """A question in plain words."""

    question: Annotated[str, Field(max_length=2000, description="What is asked.")]
    mode: Annotated[
        Mode | None,
        Field(
            description="How it is read: model (the semantic model), chat (a chat model names the figure), sql (it "
            "writes a query). Without it chat where there is a model, else model."
        ),
    ] = None
    context: Annotated[dict[str, Any] | None, Field(description="The `intent` of the answer before.")] = None
    intent: Annotated[
        dict[str, Any] | None, Field(description="A reading that was corrected by hand: answered as it is.")
    ] = None


class Pick(BaseModel):
    """What was meant by words that were not understood."""

    wording: Annotated[str, Field(min_length=1, max_length=300, description="`wording` of the answer.")]
    figure: Annotated[str, Field(min_length=1, max_length=200, description="The figure that was meant.")]


@dataclass
class _Held:
    """What a gateway process keeps for questions."""

    questions: Questions | None = None
    reader: ModelReader | None = None


@asynccontextmanager
async def keeping(app: FastAPI) -> AsyncIterator[None]:
    """For the time of the application: names and wordings, looked up with the first question."""
    app.state.questions = _Held()
    yield


router = APIRouter(tags=["questions"], lifespan=keeping)


def questions_of(request: Request, services: Services) -> Questions:
    """The questions of this process. 503 where it has no DBHub."""
    held: _Held = request.app.state.questions
    if held.questions is None:

        async def wordings() -> dict[str, str]:
            try:
                found = await services.warehouse.client.call_json("list_wordings", {}, safe_to_retry=True)
            except (McpUnavailable, McpToolError) as error:
                log.warning("what people taught cannot be read: %s", error)
                return {}
            return dict(found["wordings"])

        held.questions = Questions(database_of(services), wordings)
    return held.questions


@router.get("/ui/nlp-query", summary="Questions in plain words", responses=AWAY, dependencies=[LoggedIn])
async def page(request: Request, services: TheServices, wanted: WantedFormat = None) -> Response:
    """The page; as JSON, what can be asked: figures, and the names that questions may use."""
    try:
        names = (await questions_of(request, services).names()).all
    except DatabaseAway as error:
        if wanted != "json" and "text/html" in request.headers.get("accept", ""):
            names = {}
        else:
            return _away(error)
    data = {
        "figures": [
            {
                "name": figure.name,
                "title": figure.title,
                "unit": figure.metric.unit,
                "dimensions": figure.dimensions,
                "filterable": figure.filterable,
                "days": bool(figure.metric.time),
                "values": {column: list(values) for column, values in figure.mart.values.items()},
            }
            for figure in figures().values()
        ],
        "names": {name: [msgspec.to_builtins(value) for value in values[:2000]] for name, values in names.items()},
        "model": services.settings.llm or "",
    }
    return answer(request, "questions.html", data, wanted=wanted)


@router.post("/ui/nlp-query", summary="Ask a question", responses=REFUSED, dependencies=[LoggedIn])
async def ask(
    request: Request, services: TheServices, viewer: TheViewer, question: Annotated[Question, Body()]
) -> Response:
    """Answer, SQL, rows and what else may have been meant. `rows` is null where it is not understood.

    Admins and coordinators get names and mail addresses beside the pseudonyms of learners.
    """
    started = time.perf_counter()
    with at_work(AGENT, contract=CONTRACT):
        outcome, asked = "failed", Asked(question.question[:500])
        response: Response | None = None
        try:
            context, intent = _intent(question.context), _intent(question.intent)
            asked = await _answered(request, services, question, context, intent)
            if asked.rows is not None and viewer.sees_names and services.settings.reveal_names:
                asked = replace(asked, rows=await with_names(asked.rows, services.warehouse.client))
            outcome = "answered" if asked.rows is not None else "abstained"
        except (QuestionInvalid, IntentInvalid) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except SqlRefused as error:
            outcome = "refused"
            response = JSONResponse({"refused": error.refusal.as_json("")}, status_code=422)
        except DatabaseBusy as error:
            response = JSONResponse({"error": str(error)}, status_code=429, headers={"retry-after": RETRY_SECONDS})
        except DatabaseAway as error:
            response = _away(error)
        asked = replace(asked, took_ms=round((time.perf_counter() - started) * 1000, 1))
        await _record(services, request, asked, outcome)
    return response or Response(_as_json(asked), media_type="application/json", headers={"cache-control": "no-store"})


@router.post("/ui/nlp-query/picks", summary="Teach what was meant", responses=REFUSED, dependencies=[LoggedIn])
async def pick(request: Request, services: TheServices, picked: Annotated[Pick, Body()]) -> Response:
    """The next question in these words is read as the figure that was picked."""
    if picked.figure not in figures():
        return JSONResponse({"error": f"there is no figure {picked.figure!r}"}, status_code=400)
    wanted = {"wording": picked.wording, "figure": picked.figure, "by": owner_of(request)}
    try:
        taught = await services.warehouse.client.call_json("teach_wording", wanted)
    except McpToolError as error:
        if error.kind == "data":
            return JSONResponse({"error": str(error).removeprefix("data: ")}, status_code=400)
        return _away(error)
    except McpUnavailable as error:
        return _away(error)
    questions_of(request, services).forget()
    return JSONResponse(taught)


async def _answered(
    request: Request, services: Services, question: Question, context: Intent | None, intent: Intent | None
) -> Asked:
    """By the chat model where one is set and wanted; by the semantic model else, and where the chat model is away."""
    asking, reader = questions_of(request, services), reader_of(request, services)
    mode = question.mode or ("chat" if reader else "model")
    if intent is not None or mode == "model":
        return await asking.ask(question.question, context=context, intent=intent)
    if reader is None:
        raise QuestionInvalid("LRS_LLM is not set: questions are read by the semantic model alone")
    try:
        return await reader.ask(question.question, mode, context=context, today=datetime.now(UTC).date())
    except ModelAway as error:
        log.warning("%s", error)
        if mode == "sql":
            return Asked(question.question, mode=mode, model=reader.name, reason=f"{error}.")
        return await asking.ask(question.question, context=context)


def reader_of(request: Request, services: Services) -> ModelReader | None:
    """The chat model of this process, None where none is set."""
    held: _Held = request.app.state.questions
    settings = services.settings
    if held.reader is None and settings.llm:
        model = open_model(settings)
        assert model is not None
        budget = Budget(settings.llm_seconds, settings.llm_tokens, settings.llm_tries)
        questions = questions_of(request, services)
        held.reader = ModelReader(model, settings.llm, questions, budget, settings.llm_sees_rows)
    return held.reader


def _intent(given: dict[str, Any] | None) -> Intent | None:
    if given is None:
        return None
    try:
        return checked(msgspec.convert(given, Intent))
    except msgspec.ValidationError as error:
        raise IntentInvalid(f"that is no intent: {error}") from error


async def _record(services: Services, request: Request, asked: Asked, outcome: str) -> None:
    """The audit row. A question is answered also where it cannot be kept; the log says so then."""
    row = {
        "question_id": str(uuid4()),
        "asked_by": owner_of(request),
        "question": asked.question.replace("\x00", "\ufffd"),
        "mode": asked.mode,
        "model": asked.model,
        "outcome": outcome,
        "intent": asked.intent,
        "sql": asked.sql or None,
        "row_count": None if asked.rows is None else asked.rows.row_count,
        "confidence": asked.confidence,
        "took_ms": asked.took_ms,
        "tokens": asked.tokens,
    }
    wanted = {"row": msgspec.json.encode(row).decode(), "keep_days": services.settings.questions_retention_days}
    try:
        async with asyncio.timeout(5):
            await services.warehouse.client.call("record_question", wanted, safe_to_retry=True)
    except (McpUnavailable, McpToolError, TimeoutError) as error:
        log.warning("a question could not be kept: %s", error or type(error).__name__)


def _as_json(asked: Asked) -> bytes:
    rows = asked.rows
    head = {
        "answer": asked.answer,
        "reading": asked.reading,
        "reason": asked.reason,
        "sql": asked.sql,
        "columns": rows.columns if rows else [],
        "types": rows.types if rows else [],
    }
    tail = {
        "row_count": rows.row_count if rows else 0,
        "truncated": bool(rows.cut) if rows else False,
        "chart": asked.chart,
        "intent": asked.intent,
        "confidence": asked.confidence,
        "sure": asked.sure,
        "alternatives": [_offer(each) for each in asked.alternatives],
        "wording": asked.wording,
        "took_ms": asked.took_ms,
        "mode": asked.mode,
        "model": asked.model,
    }
    cells = b"[" + rows.cells.encode() + b"]" if rows is not None else b"null"
    return msgspec.json.encode(head)[:-1] + b',"rows":' + cells + b"," + msgspec.json.encode(tail)[1:]


def _offer(candidate: Candidate) -> dict[str, Any]:
    return {
        "reading": reading_of(candidate.intent),
        "intent": candidate.intent,
        "confidence": round(min(1.0, candidate.score), 3),
    }


def _away(error: Exception) -> Response:
    return JSONResponse({"error": str(error)[:300]}, status_code=503, headers={"retry-after": RETRY_SECONDS})


__all__ = ["MODEL", "router"]

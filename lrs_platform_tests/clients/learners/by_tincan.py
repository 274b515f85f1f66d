"""A learner by tincan for Python.

Left out is what the library itself cannot do: read About of an LRS that speaks 2.0 (ValueError), read a document under
Python 3 (it encodes bytes), make a profile (it knows no If-None-Match, which 1.0.3 asks for).
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    Context,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    Statement,
    StatementRef,
    Verb,
)
from tincan.documents import StateDocument

VERB = "http://adlnet.gov/expapi/verbs/"
JSON = "application/json"


def play(endpoint: str, username: str, password: str, scene_id: str) -> dict[str, Any]:
    """Go through the lesson; what the library returned."""
    lrs = RemoteLRS(endpoint=f"{endpoint}/", username=username, password=password)
    learner = Agent(mbox=f"mailto:{scene_id}@example.com", name="Ada Example")
    lesson = Activity(
        id=f"https://example.com/lessons/{scene_id}",
        definition=ActivityDefinition(name=LanguageMap({"en-US": "Fire safety"})),
    )

    def statement(verb: str, **parts: Any) -> Statement:
        said = Verb(id=VERB + verb, display=LanguageMap({"en-US": verb}))
        return Statement(actor=learner, verb=said, object=parts.pop("object", lesson), **parts)

    here = Context(registration=scene_id)
    passed = Result(score=Score(scaled=0.9, raw=9, min=0, max=10), success=True, completion=True)
    first = lrs.save_statement(statement("initialized", context=here)).content  # without an id: POST
    others = lrs.save_statements(
        [statement("experienced", context=here), statement("passed", context=here, result=passed)]
    )
    sent = [first, *others.content]

    def pages() -> list[str]:
        page = lrs.query_statements(
            {"agent": learner, "registration": scene_id, "ascending": "true", "limit": 2}
        ).content
        ids = [str(one.id) for one in page.statements]
        while page.more:
            page = lrs.more_statements(page).content
            ids += [str(one.id) for one in page.statements]
        return ids

    found = _until(lambda ids: len(ids) >= len(sent), pages)
    voiding = statement("voided", id=str(uuid.uuid4()), object=StatementRef(id=str(first.id)))  # with an id: PUT
    lrs.save_statement(voiding)
    voided = _until(lambda answer: answer.success, lambda: lrs.retrieve_voided_statement(str(first.id)))

    bookmark = StateDocument(id="bookmark", activity=lesson, agent=learner, content='{"card": 1}', content_type=JSON)
    saved = lrs.save_state(bookmark).response.status
    states = lrs.retrieve_state_ids(lesson, learner).content
    deleted = lrs.delete_state(bookmark).response.status
    wrong = statement("passed", id=str(uuid.uuid4()), result=Result(score=Score(scaled=0.5, min=10, max=0)))
    return {
        "made": uuid.UUID(str(first.id)).version,
        "sent": [str(one.id) for one in sent],
        "found": found,
        "one": json.loads(lrs.retrieve_statement(str(sent[2].id)).data),
        "voided": str(voided.content.id),
        "states": states,
        "saved": saved,
        "deleted": deleted,
        "left": lrs.retrieve_state_ids(lesson, learner).content,
        "refused": lrs.save_statement(wrong).response.status,
    }


def _until(enough: Any, ask: Any) -> Any:
    """Ask until the answer is enough: a busy loader may need longer than a GET waits for it."""
    end = time.monotonic() + 60
    while True:
        answer = ask()
        if enough(answer) or time.monotonic() > end:
            return answer
        time.sleep(0.2)

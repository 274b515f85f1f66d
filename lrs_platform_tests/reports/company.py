"""A lesson that somebody works through, for tests of reports on the running instance: made once, known by its names."""

from __future__ import annotations

import asyncio
import datetime
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import psycopg
import pytest

from lrs_platform.gateway.access import Role
from lrs_platform.gateway.login import COOKIE, signed
from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_client import McpClient, McpToolError
from lrs_platform.settings import Settings
from lrs_platform_tests.conftest import Platform, wait_for

VERBS = "http://adlnet.gov/expapi/verbs"


@dataclass(frozen=True)
class Lesson:
    """A lesson with one learner, who wrote something."""

    name: str
    learner: str
    mail: str
    text: str


def work_through_a_lesson(platform: Platform) -> Lesson:
    """Send what a learner does in a lesson of its own, and have the marts refreshed."""
    mark = uuid.uuid4().hex[:10]
    lesson = Lesson(
        f"O'Neill's lesson {mark}", f"Juno {mark}", f"juno-{mark}@example.com", f"=cmd twice said {mark} in the shop"
    )
    url = f"https://example.com/lessons/{mark}"
    happened = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    registration = str(uuid.uuid4())

    def statement(minute: int, verb: str, where: str, name: str, **more: object) -> dict[str, object]:
        return {
            "id": str(uuid.uuid4()),
            "actor": {"name": lesson.learner, "mbox": f"mailto:{lesson.mail}"},
            "verb": {"id": f"{VERBS}/{verb}"},
            "object": {"id": where, "definition": {"name": {"en": name}}},
            "context": {"registration": registration, "contextActivities": {"parent": [{"id": url}]}},
            "timestamp": (happened + datetime.timedelta(minutes=minute)).isoformat(),
            **more,
        }

    sent = [
        statement(0, "launched", url, lesson.name, context={"registration": registration}),
        statement(1, "answered", f"{url}/card/1", "What did you see?", result={"response": lesson.text}),
        statement(2, "completed", url, lesson.name, context={"registration": registration}),
    ]
    answer = platform.client.post("/xAPI/statements", json=sent)
    assert answer.status_code == 200, answer.text
    wait_for(lambda: is_there(platform, str(sent[-1]["id"])), 120, "the statements in the record")
    with ThreadPoolExecutor(1) as another:  # playwright keeps an event loop in this thread
        another.submit(asyncio.run, _refresh_marts(platform)).result()
    return lesson


def is_there(platform: Platform, statement_id: str) -> bool:
    """Whether the statement is in Postgres."""
    with psycopg.connect(platform.admin_database_url) as connection:
        found = connection.execute("select from core.event where statement_id = %s", (statement_id,)).fetchone()
    return found is not None


async def _refresh_marts(platform: Platform) -> None:
    token = load_secrets(platform.instance).warehouse_token
    warehouse = McpClient("warehouse", platform.urls["warehouse"], token)
    try:
        for _ in range(120):
            try:
                await warehouse.call("refresh_marts", {})
                return
            except McpToolError as error:  # Dagster's own refresh is running
                if not error.transient:
                    raise
                await asyncio.sleep(1)
        pytest.fail("another refresh of the marts did not end in two minutes")
    finally:
        await warehouse.close()


@contextmanager
def logged_in(platform: Platform, *roles: Role) -> Iterator[httpx.Client]:
    """A browser's session with these roles, as a login at a provider would have made it."""
    settings = Settings.model_validate({"admin_token": platform.admin_token})
    claims = {"sub": "somebody", "name": "Somebody", "roles": [str(role) for role in roles]}
    cookies = {COOKIE: signed(settings, "session", claims, 600)}
    with httpx.Client(base_url=platform.urls["gateway"], cookies=cookies, timeout=60, trust_env=False) as client:
        yield client

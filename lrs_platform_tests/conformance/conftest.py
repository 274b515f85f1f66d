"""A client of /xAPI for each version of the standard."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from lrs_platform_tests.conftest import Platform

Json = dict[str, Any]
STATEMENTS = "/xAPI/statements"
VERSIONS = ("1.0.3", "2.0.0")


class Client:
    """Sends requests as a client of one version does."""

    def __init__(self, http: httpx.Client, version: str) -> None:
        self.http = http
        self.version = version
        self._sent = datetime.fromtimestamp(0, UTC)

    def send(self, *statements: Json) -> list[str]:
        """POST statements that must be stored; their ids."""
        answer = self.http.post(STATEMENTS, json=list(statements))
        assert answer.status_code == 200, answer.text
        self._sent = datetime.now(UTC)
        ids: list[str] = answer.json()
        return ids

    def find(self, **parameters: Any) -> list[str]:
        """Ids of all statements that a query finds, following `more`."""
        answer = self.get(**parameters).json()
        found = [one["id"] for one in answer["statements"]]
        while answer["more"]:
            answer = self.read(answer["more"]).json()
            found += [one["id"] for one in answer["statements"]]
        return found

    def get(self, **parameters: Any) -> httpx.Response:
        """GET statements; objects among the parameters are sent as JSON."""
        sent = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in parameters.items()}
        answer = self.read(STATEMENTS, params=sent)
        assert answer.status_code == 200, answer.text
        return answer

    def read(self, path: str, **options: Any) -> httpx.Response:
        """GET until the answer covers all that this client has sent, as the standard wants it of a client that cares:
        on a slow machine the loader may need longer than the read barrier waits (Communication 2.1.3).
        """
        end = time.monotonic() + 120
        while True:
            answer = self.http.get(path, **options)
            through = datetime.fromisoformat(answer.headers["X-Experience-API-Consistent-Through"])
            if through >= self._sent:
                return answer
            assert time.monotonic() < end, f"nothing is loaded since {through}"
            time.sleep(0.2)


def agent(name: str | None = None) -> Json:
    """An Agent that nobody else has."""
    return {"mbox": f"mailto:{name or uuid.uuid4().hex}@example.com"}


def iri() -> str:
    """An IRI that nobody else has."""
    return f"https://example.com/{uuid.uuid4().hex}"


@pytest.fixture(scope="session", params=VERSIONS)
def client(request: pytest.FixtureRequest, platform: Platform) -> Iterator[Client]:
    """A client of 1.0.3, and one of 2.0.0."""
    headers = {"X-Experience-API-Version": request.param}
    with httpx.Client(base_url=platform.urls["gateway"], auth=platform.auth, headers=headers, timeout=30) as http:
        yield Client(http, request.param)

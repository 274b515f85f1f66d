"""Asking the endpoints that contracts require, at a running instance: status, shape, time.

Belongs here: one GET an endpoint, all at once. Not here: what follows from the answers (status.py). Endpoints that
change something are not asked; that they are served is seen in the OpenAPI, that they work is for the tests.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lrs_platform.contracts.contract import Endpoint

if TYPE_CHECKING:
    import httpx
    from jsonschema import Draft202012Validator

PROBE_SECONDS = 3.0  # /health itself gives its components 2 s
AT_ONCE = 4  # probes beside each other; more would be a load of their own
GUARDED = 401
# With the questions of a gateway to itself: the board must neither wait for itself nor take that for somebody watching.
OF_THE_BOARD = ("x-lrs-probe", "board")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking: `ok` as required; `said` is the reason where it is not; `late` where there was no answer in
    time, which says more of the machine than of the endpoint.
    """

    ok: bool
    ms: float
    said: str = ""
    late: bool = False


async def probe(
    client: httpx.AsyncClient,
    endpoints: Iterable[Endpoint],
    addresses: Mapping[str, str],
    *,
    token: str,
    xapi: tuple[str, str] | None = None,
    seconds: float = PROBE_SECONDS,
    at_once: int = AT_ONCE,
    of_the_board: bool = False,
) -> dict[Endpoint, Answer]:
    """Ask every GET endpoint whose service has an address. `token` opens the pages; `xapi` is username and password.

    Without `xapi` the LRS counts as answering where it asks for a credential. Each has `seconds` to answer.
    `of_the_board`: a gateway asks, itself among others.
    """
    slots = asyncio.Semaphore(at_once)

    async def ask(endpoint: Endpoint) -> Answer:
        async with slots:
            return await _ask(client, endpoint, origin(addresses[endpoint.service]), token, xapi, seconds, of_the_board)

    asked = sorted({item for item in endpoints if item.method == "GET" and item.service in addresses}, key=str)
    return dict(zip(asked, await asyncio.gather(*map(ask, asked)), strict=True))


def origin(url: str) -> str:
    """http://host:port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _ask(
    client: httpx.AsyncClient,
    endpoint: Endpoint,
    at: str,
    token: str,
    xapi: tuple[str, str] | None,
    seconds: float,
    of_the_board: bool,
) -> Answer:
    import httpx

    headers, expect = {"accept": "application/json"}, endpoint.expect
    if of_the_board:
        headers |= dict([OF_THE_BOARD])
    auth: httpx.Auth | None = None
    if endpoint.path.startswith("/xAPI/"):
        headers["x-experience-api-version"] = "1.0.3"
        if xapi is not None:
            auth = httpx.BasicAuth(*xapi)
        elif endpoint.path != "/xAPI/about":
            expect = GUARDED
    elif endpoint.service == "gateway":
        headers["authorization"] = f"Bearer {token}"
    started, late = time.perf_counter(), False
    try:
        reply = await client.get(f"{at}{endpoint.ask or endpoint.path}", headers=headers, auth=auth, timeout=seconds)
        said = "" if reply.status_code == expect else f"answered {reply.status_code}, required is {expect}"
        if not said and endpoint.shape and expect != GUARDED:
            said = misshapen(reply.json(), endpoint.shape)
    except httpx.TimeoutException:
        said, late = f"no answer within {seconds:g} s", True
    except (httpx.HTTPError, ValueError) as error:
        said = f"no answer: {type(error).__name__}"
    return Answer(not said, round((time.perf_counter() - started) * 1000, 1), said, late)


def misshapen(answer: Any, shape: str) -> str:
    """How `answer` differs from the JSON Schema `shape`, "" where it fits."""
    error = next(_validator(shape).iter_errors(answer), None)
    return f"{error.json_path}: {error.message[:200]}" if error else ""


@cache
def _validator(shape: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(shape))

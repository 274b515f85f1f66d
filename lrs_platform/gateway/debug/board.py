"""The board: parts of the evidence, renewed beside the requests, so that an answer takes milliseconds under any load.

Belongs here: which parts there are, how often each is looked at, and the pages made of them as bytes with an ETag.
The board looks while somebody watches, and for a minute longer; left alone it costs nothing, and whoever comes first
waits until every part has been looked at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lrs_platform.contracts.contract import Endpoint
from lrs_platform.contracts.probing import Answer, origin, probe
from lrs_platform.gateway.debug.agents import CallFacts, Wanted, active_agents, look_at_calls
from lrs_platform.gateway.debug.dagster_facts import DagsterFacts, facts_of
from lrs_platform.gateway.debug.parts import Known, Part, PartAway
from lrs_platform.gateway.debug.progress import Parts, progress
from lrs_platform.gateway.debug.project import Project, look_at_project
from lrs_platform.gateway.debug.test_report import test_report
from lrs_platform.gateway.orchestrator import OrchestratorAway
from lrs_platform.gateway.services import Services
from lrs_platform.local.instance import ROOT
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.stream import LogPosition, LogUnavailable

WATCHED_SECONDS = 60.0  # after a request, the board goes on looking for this long
WAKING_SECONDS = 10.0  # how long the first request waits for all parts; it then tells those that are not yet known
TURN_SECONDS = 0.25
PART_SECONDS = 5.0
SERVICES = ("warehouse", "python", "dbhub", "mail")  # those with an address of their own, by LRS_MCP_<NAME>_URL


@dataclass(frozen=True, slots=True)
class Page:
    """An answer, made once for all who ask: data, its JSON, and the tag of that."""

    data: dict[str, Any]
    body: bytes
    etag: str

    @classmethod
    def of(cls, data: dict[str, Any]) -> Page:
        """A page of this data."""
        body = msgspec.json.encode(data)
        return cls(data, body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')


class Board:
    """The evidence of one gateway process."""

    def __init__(self, services: Services, *, root: Path = ROOT) -> None:
        self._services = services
        self._root = root
        self._watched_since = self._watched_until = 0.0
        self._turned = asyncio.Condition()
        self._pages: dict[str, Page] = {}
        self.project: Part[Project] = Part("project", self._project, 4, 15)
        self.answers: Part[Mapping[Endpoint, Answer]] = Part("answers", self._answers, 5, 15)
        self.dagster: Part[DagsterFacts] = Part("dagster", self._dagster, 5, 20)
        self.calls: Part[CallFacts] = Part("calls", self._calls, 1, 10)
        self.log: Part[LogPosition] = Part("log", self._log, 2, 15)
        self.marts: Part[Mapping[str, Any]] = Part("marts", self._marts, 10, 30)

    async def run(self) -> None:
        """Renew parts when they are due, and the pages when a part has changed, until cancelled."""
        parts = self._all_parts()
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                now = time.monotonic()
                if now < self._watched_until:
                    under_way |= {part.start(now) for part in parts if part.due(now) and self._may_look(part)}
                done = {task for task in under_way if task.done()}
                under_way -= done
                if done:
                    await self._make_pages()
                await asyncio.sleep(TURN_SECONDS)
        finally:
            await asyncio.gather(*(part.cancel() for part in parts))

    async def page(self, name: str, *, watched: bool = True) -> Page:
        """The page as it stands; for somebody who watches, once everything was looked at."""
        if watched:
            await self._awake()
        if name not in self._pages:
            self._pages[name] = Page.of(self._makers()[name]())
        return self._pages[name]

    async def agents(self, wanted: Wanted) -> Page:
        """Active agents with some of the recent calls."""
        await self._awake()
        return Page.of(active_agents(self.calls.current(), self.dagster.current(), wanted))

    async def changed(self, name: str, etag: str, *, seconds: float) -> str:
        """Wait until a page is another than `etag`, at most so long; its present tag."""
        end = time.monotonic() + seconds
        while (found := (await self.page(name)).etag) == etag and (left := end - time.monotonic()) > 0:
            async with self._turned:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._turned.wait(), min(left, WATCHED_SECONDS / 2))
        return found

    async def _awake(self) -> None:
        """Keep the board looking; where it was left alone, wait until it has seen everything once."""
        now = time.monotonic()
        if now >= self._watched_until:
            self._watched_since = now
        self._watched_until = now + WATCHED_SECONDS
        if self._seen_all():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(WAKING_SECONDS), self._turned:
                await self._turned.wait_for(self._seen_all)

    def _seen_all(self) -> bool:
        return all(self._seen(part) for part in self._all_parts())

    def _seen(self, part: Part[Any]) -> bool:
        """Whether a look has ended since the board was woken."""
        return part.looked_at >= self._watched_since

    def _may_look(self, part: Part[Any]) -> bool:
        """The contracts say what to ask the servers and Dagster for, so they come first."""
        return not (part is self.answers or part is self.dagster) or self._seen(self.project)

    def _all_parts(self) -> list[Part[Any]]:
        return [self.project, self.answers, self.dagster, self.calls, self.log, self.marts]

    def _makers(self) -> dict[str, Callable[[], dict[str, Any]]]:
        return {
            "progress": lambda: progress(self._parts()),
            "test-report": lambda: test_report(self.project.current()),
            "active-agents": lambda: active_agents(self.calls.current(), self.dagster.current(), Wanted()),
        }

    async def _make_pages(self) -> None:
        """In a thread: judging two thousand tests takes 30 ms that requests should not wait for."""
        made = await asyncio.to_thread(lambda: {name: Page.of(make()) for name, make in self._makers().items()})
        async with self._turned:
            self._pages = made
            self._turned.notify_all()

    def _parts(self) -> Parts:
        return Parts(
            self.project.current(),
            self.answers.current(),
            self.dagster.current(),
            self.calls.current(),
            self.log.current(),
            self.marts.current(),
        )

    # the looks

    async def _project(self) -> Project:
        return await asyncio.to_thread(look_at_project, self._services.settings, self._root)

    async def _answers(self) -> Mapping[Endpoint, Answer]:
        project = self.project.current()
        if not isinstance(project, Known):
            raise PartAway("the contracts, which say what to ask, are not known yet")
        settings = self._services.settings
        addresses = {"gateway": f"http://{settings.host}:{settings.port}"}
        for name in SERVICES:
            url = getattr(settings, f"mcp_{name}_url", None)
            if url:
                addresses[name] = origin(url)
        token = settings.admin_token.get_secret_value() if settings.admin_token else ""
        endpoints = [item for contract in project.value.tree.contracts for item in contract.endpoints]
        return await probe(self._services.http, endpoints, addresses, token=token, of_the_board=True)

    async def _dagster(self) -> DagsterFacts:
        project = self.project.current()
        contracts = project.value.tree.contracts if isinstance(project, Known) else ()
        checks = [name for contract in contracts for name in contract.checks]
        try:
            return await self._services.orchestrator.ask(
                lambda instance: facts_of(instance, checks), timeout_seconds=PART_SECONDS
            )
        except OrchestratorAway as error:
            raise PartAway(str(error)) from error

    async def _calls(self) -> CallFacts:
        return await look_at_calls(self._services.redis)

    async def _log(self) -> LogPosition:
        try:
            async with asyncio.timeout(PART_SECONDS):
                return await self._services.log.position()
        except (LogUnavailable, TimeoutError) as error:
            raise PartAway(f"the log cannot be reached: {str(error) or 'no answer'}") from error

    async def _marts(self) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(PART_SECONDS):
                status = await self._services.warehouse.client.call_json("mart_status", {}, safe_to_retry=True)
        except (McpUnavailable, McpToolError, TimeoutError) as error:
            raise PartAway(
                f"the warehouse does not say how the marts are: {str(error)[:200] or 'no answer'}"
            ) from error
        return status if isinstance(status, dict) else {}


@asynccontextmanager
async def open_board(services: Services) -> AsyncIterator[Board]:
    """The board of a process, at work until the end of the block."""
    board = Board(services)
    at_work = asyncio.create_task(board.run(), name="debug-board")
    try:
        yield board
    finally:
        at_work.cancel()
        await asyncio.gather(at_work, return_exceptions=True)

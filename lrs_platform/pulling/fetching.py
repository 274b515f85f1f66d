"""One page of statements from a source LRS, over HTTP.

Belongs here: the request, what an answer means, how long to wait. Not here: where to begin, what becomes of the
statements (pull.py). A source is somebody else's: nothing that it sends is believed before it is checked, and its
`more` links are followed only to itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from lrs_platform.pulling.sources import Source

BUSY = frozenset({429, 502, 503, 504})
MAX_PAGE_BYTES = 64 * 2**20
WAIT_SECONDS = 30.0  # where a source that is busy does not say for how long


class SourceBusy(Exception):
    """The source asks to be left alone (429, 503 with Retry-After); `seconds` from now."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class SourceFailed(Exception):
    """The source cannot be reached or does not answer as an LRS does; the message says how."""


class _Stored(msgspec.Struct):
    """What is read of a statement before it is checked."""

    id: str | None = None
    stored: str | None = None
    timestamp: str | None = None


class _Result(msgspec.Struct):
    statements: list[msgspec.Raw]
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A statement of a page: its text, its id, and the time that the source's `since` goes by; None: it has none."""

    raw: bytes
    id: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """`more` is the target of the next page, "" at the end. `consistent` and `clock` are what the source says of
    itself: up to when it holds everything, and what time it has.
    """

    statements: list[Fetched]
    more: str
    consistent: datetime | None
    clock: datetime | None


class Fetcher:
    """Fetches pages of one source; an async context manager."""

    def __init__(self, source: Source) -> None:
        """Raises SourcesInvalid where the credential is not set."""
        self._source = source
        self._statements = f"{source.endpoint}/statements"
        # trust_env: no proxy and no .netrc unless said so; a redirect of an endpoint is worth an error.
        self._http = httpx.AsyncClient(
            auth=httpx.BasicAuth(*source.credential()),
            headers={"X-Experience-API-Version": source.version.value, "Accept": "application/json"},
            timeout=source.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def first(self, since: datetime | None) -> Page:
        """The first page of what came after `since`, exclusive. Raises SourceBusy, SourceFailed."""
        parameters = {
            **self._source.filters.parameters(),
            "ascending": "true",
            "limit": str(self._source.page_size),
            "attachments": "false",
        }
        if since is not None:
            parameters["since"] = since.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return await self._get(self._statements, parameters)

    async def following(self, more: str) -> Page:
        """The page that `more` leads to. Raises SourceBusy, SourceFailed."""
        target = urljoin(self._statements, more)
        if urlsplit(target)[:2] != urlsplit(self._statements)[:2]:
            raise SourceFailed(f"its `more` leads to another server, {target[:100]}: the credential is not sent there")
        return await self._get(target, None)

    async def _get(self, target: str, parameters: dict[str, str] | None) -> Page:
        try:
            async with self._http.stream("GET", target, params=parameters) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_PAGE_BYTES:
                        raise SourceFailed(f"a page is larger than {MAX_PAGE_BYTES >> 20} MiB: make page_size smaller")
        except httpx.HTTPError as error:
            raise SourceFailed(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from error
        if response.status_code in BUSY:
            raise SourceBusy(f"it answers {response.status_code}", _wait(response))
        if response.status_code != 200:
            raise SourceFailed(
                f"it answers {response.status_code}: {bytes(body[:200]).decode('utf-8', 'replace').strip()}"
            )
        return _page(bytes(body), response, by_timestamp=self._source.since_by == "timestamp")


def _page(body: bytes, response: httpx.Response, *, by_timestamp: bool) -> Page:
    try:
        result = msgspec.json.decode(body, type=_Result)
        read = [(bytes(raw), msgspec.json.decode(raw, type=_Stored)) for raw in result.statements]
    except msgspec.MsgspecError as error:
        raise SourceFailed(f"its answer is no StatementResult: {error}") from error
    return Page(
        statements=[
            Fetched(raw, told.id, _moment(told.timestamp if by_timestamp else told.stored)) for raw, told in read
        ],
        more=result.more or "",
        consistent=_moment(response.headers.get("X-Experience-API-Consistent-Through")),
        clock=_http_date(response.headers.get("Date")),
    )


def _moment(text: str | None) -> datetime | None:
    """An ISO 8601 time, in UTC where it names no zone; None where it is none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _wait(response: httpx.Response) -> float:
    """Seconds of Retry-After, which is a number or a date (RFC 9110 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    date = _http_date(text)
    if date is None:
        return WAIT_SECONDS
    now = _http_date(response.headers.get("Date")) or datetime.now(UTC)
    return max(0.0, (date - now).total_seconds())

"""What a gateway process holds open while it runs: the log, MCP clients, credentials, Dagster's instance.

Belongs here: making these from the settings at start and closing them at the end. One object, so that routes name
what they use and tests can build it anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import redis.asyncio as redis_async

from lrs_platform.asking import Database, Limits
from lrs_platform.call_log import log_calls
from lrs_platform.gateway.accepting import Accepting
from lrs_platform.gateway.attachments import AttachmentStore
from lrs_platform.gateway.auth import Credentials
from lrs_platform.gateway.bearer import Issuer
from lrs_platform.gateway.orchestrator import Orchestrator
from lrs_platform.gateway.rate import RateLimit
from lrs_platform.gateway.reading import Warehouse
from lrs_platform.gateway.watermark import Watermark
from lrs_platform.mcp_client import McpClient
from lrs_platform.reports.running import Reports
from lrs_platform.settings import Settings
from lrs_platform.stream import DurableLog
from lrs_platform.stream.client import connect
from lrs_platform.stream.opening import open_log


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that requests share. Connections are made when first used, so a part that is away delays nobody's
    start.
    """

    settings: Settings
    log: DurableLog
    redis: redis_async.Redis  # for everything that is not the log itself: credentials, health
    watermark: Watermark
    credentials: Credentials
    rate: RateLimit
    warehouse: Warehouse
    python: McpClient | None  # for looking at a mail before it goes out; None where no sandbox is set
    accepting: Accepting
    attachments: AttachmentStore
    orchestrator: Orchestrator
    http: httpx.AsyncClient
    database: Database | None  # as readers see it; None where no DBHub is set
    reports: Reports | None


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """The services of one process, closed at the end. Raises SettingMissing."""
    redis_url = settings.require("redis_url")
    calls = log_calls(redis_url, process="gateway", agent="gateway", contract="gateway")
    log = open_log(settings)
    redis = connect(redis_url, answer_seconds=2)
    http = httpx.AsyncClient(timeout=2.0, trust_env=False)  # health probes go to our own servers, never by a proxy
    outside = httpx.AsyncClient(timeout=5.0)
    issuer = _issuer(settings, outside)
    credentials = Credentials(redis, verdict_seconds=settings.verdict_ttl_seconds, issuer=issuer)
    client = McpClient(
        "warehouse",
        settings.require("mcp_warehouse_url"),
        settings.mcp_warehouse_token.get_secret_value() if settings.mcp_warehouse_token else "",
        read_timeout=settings.mcp_read_timeout_seconds,
    )
    warehouse = Warehouse(client)
    dbhub, python = _server("dbhub", settings), _server("python", settings)
    database = Database(dbhub, client, _limits(settings)) if dbhub else None
    orchestrator = Orchestrator()
    try:
        yield Services(
            settings=settings,
            log=log,
            redis=redis,
            watermark=Watermark(log),
            credentials=credentials,
            rate=RateLimit(settings.rate_limit_per_minute),
            warehouse=warehouse,
            python=python,
            accepting=Accepting(log, warehouse),
            attachments=AttachmentStore(
                settings.attachments_url or (settings.home / "attachments").resolve().as_uri(),
                settings.home / "attachments" / ".arriving",
            ),
            orchestrator=orchestrator,
            http=http,
            database=database,
            reports=Reports(database, client) if database else None,
        )
    finally:
        await http.aclose()
        await outside.aclose()
        await client.close()
        for server in (dbhub, python):
            if server is not None:
                await server.close()
        await asyncio.to_thread(calls.close)
        await redis.aclose()
        await log.close()
        await orchestrator.close()


def _issuer(settings: Settings, outside: httpx.AsyncClient) -> Issuer | None:
    """Whose Bearer tokens open /xAPI; None where the issuer, if any, is only for people at the pages."""
    if not settings.oidc_issuer or (settings.oidc_client_id and not settings.oidc_audience):
        return None
    return Issuer(settings.oidc_issuer, settings.require("oidc_audience"), outside)


def _server(name: str, settings: Settings) -> McpClient | None:
    """A client of an MCP server that may be missing."""
    url, token = getattr(settings, f"mcp_{name}_url"), getattr(settings, f"mcp_{name}_token")
    if not url:
        return None
    return McpClient(
        name, url, token.get_secret_value() if token else "", read_timeout=settings.mcp_read_timeout_seconds
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        rows=settings.sql_max_rows,
        reply_bytes=settings.dbhub_max_reply_bytes,
        cost=settings.sql_max_cost,
        seconds=settings.dbhub_query_seconds,
    )

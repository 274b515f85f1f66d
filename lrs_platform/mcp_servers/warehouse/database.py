"""The way to Postgres: a pool that heals, the schema brought up to date at start, and failures told in two classes.

Belongs here: connections and what a database error means to a caller. Not here: which SQL runs when.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
from mcp.server.mcpserver.exceptions import ToolError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from lrs_platform.mcp_servers.serving import Health
from lrs_platform.warehouse import sql
from lrs_platform.warehouse.schema_changes import SchemaError, apply

logger = logging.getLogger(__name__)

CONNECTIONS = 6  # two loads in flight, the readers of the gateway, one for /health
CHECKOUT_SECONDS = 5.0
HEALTH_SECONDS = 2.0

# work_mem: a batch of 5,000 rows is sorted and joined in memory (8 MB at 1.2 kB a row). jit: compiling costs more than
# these statements take. timezone: a timestamp without an offset is taken as UTC.
SESSION = "-c work_mem=64MB -c jit=off -c timezone=UTC -c application_name=lrs-warehouse -c statement_timeout={ms}"

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class DataFault(ValueError):
    """What the caller sent cannot be loaded, and sending it again will not help; the message holds no row content."""


class Database:
    """The warehouse's database. Usable while Postgres is away: calls then fail as transient, and /health says why."""

    def __init__(self, url: str, *, statement_seconds: float) -> None:
        self._url = url
        self._options = SESSION.format(ms=int(statement_seconds * 1000))
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            kwargs={"options": self._options, "connect_timeout": 5},
            min_size=1,
            max_size=CONNECTIONS,
            timeout=CHECKOUT_SECONDS,
            max_idle=300,
            # The pause between attempts doubles from 1 s until this is over, then a caller starts anew: at the default
            # of 300 s, minutes without Postgres would be followed by a minute without the warehouse.
            reconnect_timeout=5.0,
            check=_still_open,  # so that a restart of Postgres costs no later caller an error
            open=False,
        )
        self._schema_version: int | None = None
        self._waiting_for = "the schema is being checked"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """Open the pool and bring the schema up to date in the background; close both at the end."""
        await self._pool.open(wait=False)
        schema = asyncio.create_task(self._bring_schema_up_to_date())
        try:
            yield self
        finally:
            schema.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await schema
            await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside a transaction's scope. Database failures inside are raised as ToolError (see `told`)."""
        with told():
            if self._schema_version is None:
                raise ToolError(f"transient: the warehouse is not ready: {self._waiting_for}")
            async with self._pool.connection() as connection:
                yield connection

    async def health(self) -> Health:
        """Whether Postgres answers and has the schema of this release."""
        if self._schema_version is None:
            return Health(False, {"reason": self._waiting_for})
        started = time.perf_counter()
        try:
            async with asyncio.timeout(HEALTH_SECONDS), self._pool.connection(HEALTH_SECONDS) as connection:
                row = await (await connection.execute(sql("ready"))).fetchone()
        except (psycopg.Error, TimeoutError) as error:
            return Health(False, {"reason": f"Postgres does not answer: {type(error).__name__}"})
        assert row is not None
        ms = round((time.perf_counter() - started) * 1000, 1)
        return Health(True, {"postgres": row[0], "schema": self._schema_version, "ms": ms})

    async def _bring_schema_up_to_date(self) -> None:
        """Try until it is done: Postgres may start later than this server, or be restored under it."""
        delay = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, options=self._options, connect_timeout=5, autocommit=True
                ) as connection:
                    self._schema_version = await apply(connection)
                return
            except SchemaError as error:
                waiting_for = str(error)
            except psycopg.Error as error:
                waiting_for = f"Postgres does not answer: {error.sqlstate or ''} {type(error).__name__}".replace(
                    "  ", " "
                )
            if waiting_for != self._waiting_for:
                logger.warning("%s; trying again", waiting_for)
            self._waiting_for = waiting_for
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)


async def _still_open(connection: Connection) -> None:
    """Raise where the other side has closed the connection. Looks at the socket only: 5 microseconds, where the pool's
    own check, a query, costs 300. Twice, because Postgres may say why before it closes."""
    connection.pgconn.consume_input()
    connection.pgconn.consume_input()


@contextmanager
def told() -> Iterator[None]:
    """Raise what fails inside as ToolError, its text beginning with `data:` or `transient:`.

    data: these rows will never load. transient: sending the same again may work. SQLSTATE and condition follow. Texts
    hold no row content, because they reach logs.
    """
    try:
        yield
    except DataFault as error:
        raise ToolError(f"data: {error}") from error
    except UnicodeEncodeError as error:
        raise ToolError("data: a text holds a lone surrogate, which is not Unicode text") from error
    except PoolTimeout as error:
        raise ToolError(f"transient: no connection to Postgres within {CHECKOUT_SECONDS:g} s") from error
    except psycopg.Error as error:
        raise ToolError(failure_text(error)) from error


def failure_text(error: psycopg.Error) -> str:
    """`<data or transient>: <SQLSTATE> <condition> (place)`.

    Only classes 22 (data exception) and 23 (constraint violation) and 54000 (a value over a limit of Postgres) are the
    data's fault; anything else, a missing table too, must not reject statements.
    """
    state = error.sqlstate
    if state is None:
        kind = "data" if isinstance(error, psycopg.DataError) else "transient"
        return f"{kind}: {type(error).__name__} before the database answered"
    kind = "data" if state[:2] in ("22", "23") or state == "54000" else "transient"
    place = [f"{name} {value}" for name in ("table", "column", "constraint")
             if (value := getattr(error.diag, f"{name}_name"))]  # fmt: skip
    if error.diag.context and (line := re.search(r"line (\d+)", error.diag.context)):
        place.append(f"line {line[1]}")
    return f"{kind}: {state} {type(error).__name__}" + (f" ({', '.join(place)})" if place else "")

"""The instance that is measured, and the processes that measure it.

Belongs here: what every measurement needs of the running platform: where it is, when its log is loaded, running a
worker of ours beside it. Not here: any one measurement.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from pydantic import SecretStr

from lrs_platform.bench.footprint import Usage, pids_of, usage
from lrs_platform.bench.plain_script import sql
from lrs_platform.local.credentials import Credentials, admin_database_url, load_credentials, redis_url
from lrs_platform.local.instance import ROOT, Instance, open_instance
from lrs_platform.settings import get_settings
from lrs_platform.stream.opening import open_log
from lrs_platform.stream.position import LogPosition

LOADER = ("daemon", "code-server")  # what keeps the log from being loaded while it is stopped
LOAD_PATH = ("redis", "code-server", "daemon", "python", "warehouse", "postgres")
# A session as the warehouse server has it: memory, no JIT, UTC.
AS_THE_WAREHOUSE = "-c work_mem=64MB -c jit=off -c timezone=UTC"
LOADED_WITHIN_SECONDS = 1800.0

Answer = TypeVar("Answer", bound=msgspec.Struct)


@dataclass(frozen=True)
class Subject:
    """A running instance."""

    instance: Instance
    credentials: Credentials
    pids: dict[str, int]

    @classmethod
    def running(cls) -> Subject:
        """The instance of LRS_HOME. Raises StartError where it does not run."""
        instance = open_instance(get_settings().home)
        return cls(instance, load_credentials(instance), pids_of(instance))

    @property
    def redis_url(self) -> str:
        """Its log."""
        settings = get_settings()
        return settings.require("redis_url") if settings.redis_url else redis_url(self.instance)

    @property
    def admin_database_url(self) -> str:
        """Its database, as one who may make a schema."""
        return admin_database_url(self.instance)

    def usage(self, *names: str) -> dict[str, Usage]:
        """What the named processes have used; those run elsewhere are left out."""
        return usage({name: self.pids[name] for name in names if name in self.pids})

    def wait_loaded(self, *, upto: int = 0, poll_seconds: float = 0.02) -> LogPosition:
        """Wait until no more than `upto` accepted statements are not in the warehouse; TimeoutError after 30 min."""
        return asyncio.run(self._loaded(upto, poll_seconds))

    def wait_settled(self) -> None:
        """Wait until all is loaded, and let the marts count it: their refresh would work beside what is measured."""
        self.wait_loaded()
        asyncio.run(self._refreshed())

    async def _refreshed(self) -> None:
        import psycopg

        from lrs_platform.warehouse.marts.refresh import RefreshRunning, refresh

        async with (
            asyncio.timeout(LOADED_WITHIN_SECONDS),
            await psycopg.AsyncConnection.connect(
                self.admin_database_url, autocommit=True, options=AS_THE_WAREHOUSE
            ) as connection,
        ):
            while await (await connection.execute(sql("pending"))).fetchone():
                try:
                    await refresh(connection, mode="incremental", as_of=datetime.now(UTC))
                except RefreshRunning:
                    await asyncio.sleep(1.0)

    async def _loaded(self, upto: int, poll_seconds: float) -> LogPosition:
        log = open_log(get_settings().model_copy(update={"redis_url": SecretStr(self.redis_url)}))
        try:
            async with asyncio.timeout(LOADED_WITHIN_SECONDS):
                while (position := await log.position()).backlog > upto:
                    await asyncio.sleep(poll_seconds)
            return position
        finally:
            await log.close()


def work(
    module: str, task: msgspec.Struct, answer: type[Answer], *, at_start: Callable[[], Any] | None = None
) -> Answer:
    """Run `python -m lrs_platform.bench.<module>` on `task` and return its answer.

    With `at_start` the worker gets itself ready first; then `at_start` is called and the worker told to begin.
    RuntimeError when it ends without an answer.
    """
    command = [sys.executable, "-m", f"lrs_platform.bench.{module}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(msgspec.json.encode(task).decode() + "\n")
        process.stdin.flush()
        if at_start is not None and process.stdout.readline() == "ready\n":
            at_start()
            process.stdin.write("go\n")
            process.stdin.flush()
        line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{' '.join(command[1:])} ended with status {process.returncode} and without a result")
    return msgspec.json.decode(line, type=answer)

"""`lrs replay`. Belongs here: options, and what is shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lrs_platform import DEFAULT_HOME

if TYPE_CHECKING:
    from lrs_platform.archive.replaying import Batches
    from lrs_platform.etl_streaming import Drained
    from lrs_platform.mcp_client import McpClient
    from lrs_platform.settings import Settings
    from lrs_platform.stream.durable_log import LogIndex

Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance.")]


def replay(
    first: Annotated[
        str, typer.Option("--from", metavar="DAY", help="First day (UTC), YYYY-MM-DD. Default: all.")
    ] = "",
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day (UTC), included. Default: all.")] = "",
    source: Annotated[Literal["archive", "log"], typer.Option(help="Where the statements come from.")] = "archive",
    home: Home = DEFAULT_HOME,
) -> int:
    """Load archived statements, or those of the log, into the database: all of them, or what it does not have."""
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    from lrs_platform.administration import DONE, run
    from lrs_platform.archive.replaying import replay as replay_all
    from lrs_platform.local.display import say
    from lrs_platform.local.instance import StartError
    from lrs_platform.mappings.rules import MappingInvalid
    from lrs_platform.mcp_client import McpClient
    from lrs_platform.stream import LogUnavailable
    from lrs_platform.stream.opening import open_index, open_log

    span = _day(first, "--from"), _day(last, "--to")

    async def replayed(settings: Settings, warehouse: McpClient) -> int:
        log, index = open_log(settings), open_index(settings)
        python = McpClient("python", settings.require("mcp_python_url"), settings.require("mcp_python_token"))
        try:
            with _progress() as told:
                batches = _batches(settings, index, source, span)
                done = await replay_all(batches, log=log, python=python, warehouse=warehouse, told=told)
        except (LogUnavailable, MappingInvalid, OSError) as error:
            raise StartError(f"not finished ({error}); the same command again goes on") from error
        finally:
            await python.close()
            await index.close()
            await log.close()
        say(
            f"{done.entries:,} statements of the {source}: {done.inserted:,} loaded, {done.redelivered:,} were there, "
            f"{done.duplicates:,} repeat another, {done.conflicts:,} in conflict, {done.rejected:,} rejected; "
            "the next refresh of the marts follows"
        )
        return DONE

    return run(home, replayed)


def _batches(settings: Settings, index: LogIndex, source: str, span: tuple[date | None, date | None]) -> Batches:
    from lrs_platform.archive.days import Archive
    from lrs_platform.archive.replaying import from_archive, from_log

    return from_log(index, *span) if source == "log" else from_archive(Archive.of(settings), *span)


def _day(text: str, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no day, write YYYY-MM-DD", param_hint=option) from error


@contextmanager
def _progress() -> Iterator[Callable[[Drained], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("reading")

        def told(done: Drained) -> None:
            progress.update(bar, description=f"{done.entries:,} read, {done.inserted:,} loaded")

        yield told

"""`lrs import`: rosters, course files and exports of responses from the command line.

Belongs here: options, and what is shown. Not here: what happens to a file (importing.py).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrs_platform import DEFAULT_HOME

if TYPE_CHECKING:
    from lrs_platform.mcp_client import McpClient
    from lrs_platform.roster.importing import Outcome, Upload
    from lrs_platform.settings import Settings

app = typer.Typer(help="Rosters, course files and responses, from CSV.", no_args_is_help=True)

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, as any program writes it.")
]
Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
SkipErrors = Annotated[bool, typer.Option("--skip-errors", help="Leave out the lines that cannot be used.")]
Site = Annotated[str, typer.Option(help="Put before slugs of lessons that are not known, e.g. https://7taps.example.")]
COLUMN_WIDTH = 16  # characters that a column of the first lines needs to be read
SHOWN_PROBLEMS = 50


@app.command()
def roster(
    file: File,
    home: Home = DEFAULT_HOME,
    complete: Annotated[bool, typer.Option("--complete", help="Whoever is not in this file has left.")] = False,
    dry_run: DryRun = False,
    skip_errors: SkipErrors = False,
) -> int:
    """Import people and cohorts: First Name, Last Name, Email, Group, Team, Time Zone; other columns are kept."""
    from lrs_platform.roster.importing import Upload

    return _import(home, Upload("roster", file.name, file.read_bytes(), complete=complete), dry_run, skip_errors)


@app.command()
def lessons(
    file: File, home: Home = DEFAULT_HOME, site: Site = "", dry_run: DryRun = False, skip_errors: SkipErrors = False
) -> int:
    """Import lessons, cards and deliveries: Lesson URL or Slug, Title, Order, Cards, Group, Team, Delivered At, Due."""
    from lrs_platform.roster.importing import Upload

    return _import(home, Upload("lessons", file.name, file.read_bytes(), site=site), dry_run, skip_errors)


@app.command()
def responses(
    file: File,
    home: Home = DEFAULT_HOME,
    lesson: Annotated[str, typer.Option(help="Address or slug of the lesson, where no column names it.")] = "",
    site: Site = "",
    dry_run: DryRun = False,
    skip_errors: SkipErrors = False,
) -> int:
    """Import answers as statements: Email, Lesson, Card, Question, Response; or a column for each question."""
    from lrs_platform.roster.importing import Upload

    upload = Upload("responses", file.name, file.read_bytes(), site=site, lesson=lesson)
    return _import(home, upload, dry_run, skip_errors)


@app.command("list")
def list_imports(home: Home = DEFAULT_HOME) -> int:
    """Show what was imported, the latest first."""
    from lrs_platform.administration import DONE, run

    async def show(_: Settings, warehouse: McpClient) -> int:
        _show_imports((await warehouse.call_json("list_imports", {}, safe_to_retry=True))["imports"])
        return DONE

    return run(home, show)


@app.command()
def undo(
    number: Annotated[int, typer.Argument(help="Number of the import, as `lrs import list` shows it.")],
    home: Home = DEFAULT_HOME,
) -> int:
    """Take an import back: what it said no longer counts, statements that it brought are voided."""
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    from lrs_platform.administration import DONE, deliver, run
    from lrs_platform.local.credentials import load_credentials
    from lrs_platform.local.instance import open_instance
    from lrs_platform.roster.importing import undo as take_back

    async def undone(settings: Settings, warehouse: McpClient) -> int:
        name = "import"
        if settings.public_url is None:
            name = load_credentials(open_instance(home)).username
        home_page = settings.public_url or f"http://{settings.host}:{settings.port}"
        actor = {"account": {"homePage": home_page, "name": name}}
        effect = await take_back(warehouse, number, by="cli", actor=actor, deliver=deliver)
        _say(f"import {number} is taken back: {_counts(effect)}")
        return DONE

    return run(home, undone)


def _import(home: Path, upload: Upload, dry_run: bool, skip_errors: bool) -> int:
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    from lrs_platform.administration import CANNOT, DONE, NOT_ALL, deliver, run
    from lrs_platform.local.instance import StartError
    from lrs_platform.roster.importing import look, take
    from lrs_platform.roster.table import FileUnreadable

    async def imported(_: Settings, warehouse: McpClient) -> int:
        try:
            outcome = await look(warehouse, upload)
        except FileUnreadable as error:
            raise StartError(f"{upload.file_name}: {error}") from error
        _show(outcome, upload)
        status = NOT_ALL if outcome.left_out else DONE
        if dry_run:
            _say("nothing was changed, because of --dry-run")
            return status
        if not outcome.rows or (outcome.left_out and not skip_errors):
            _say("nothing was imported: mend these lines, or leave them out with --skip-errors")
            return CANNOT
        outcome = await take(warehouse, upload, by="cli", deliver=deliver)
        if outcome.repeated:
            _say(f"this was imported before, as number {outcome.import_id}: nothing changed")
        else:
            _say(f"imported as number {outcome.import_id}; `lrs import undo {outcome.import_id}` takes it back")
        return status

    return run(home, imported)


def _show(outcome: Outcome, upload: Upload) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(stderr=True)
    shown = max(1, console.width // COLUMN_WIDTH)
    what = "the first lines" + (f", {shown} of {len(outcome.columns)} columns" if shown < len(outcome.columns) else "")
    table = Table("line", title=f"{upload.file_name}: {what}", title_justify="left")
    for name in outcome.columns[:shown]:
        table.add_column(name, no_wrap=True, max_width=max(COLUMN_WIDTH, console.width // shown) - 4)
    for row in outcome.sample:
        table.add_row(*map(Text, row[: 1 + shown]))
    console.print(table)
    for problem in outcome.problems[:SHOWN_PROBLEMS]:
        console.print(Text(str(problem), style="red" if problem.fatal else "yellow"), soft_wrap=True)
    if len(outcome.problems) > SHOWN_PROBLEMS:
        console.print(f"and {len(outcome.problems) - SHOWN_PROBLEMS} more")
    _say(f"{outcome.rows} rows, {outcome.left_out} lines left out: {_counts(outcome.effect)}")


def _show_imports(imports: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("number", "kind", "file", "rows", "when", "by", "effect", "taken back")
    for each in imports:
        undone = f"{each['undone_at'][:16]} by {each['undone_by']}" if each["undone_at"] else ""
        table.add_row(
            str(each["import_id"]),
            each["kind"],
            Text(each["file_name"]),
            str(each["row_count"]),
            each["imported_at"][:16],
            each["imported_by"],
            _counts(each["effect"]),
            undone,
        )
    Console().print(table)


def _counts(effect: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in effect.items()) or "nothing changes"


def _say(text: str) -> None:
    from lrs_platform.local.display import say

    say(text)

"""`lrs mappings`: which scripts map statements, another version tried and put in force, what nothing maps.

Belongs here: options, and what is shown. Not here: what is done (composing.py, trying.py, publishing.py, replaying.py).
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrs_platform import DEFAULT_HOME

if TYPE_CHECKING:
    from lrs_platform.mappings.composing import Composed
    from lrs_platform.mappings.trying import Trial
    from lrs_platform.mcp_client import McpClient

app = typer.Typer(help="Scripts that make events of statements, and the rules that choose them.", no_args_is_help=True)

Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Folder = Annotated[Path, typer.Argument(help="Folder with rules.yaml, scripts, or both.", exists=True, file_okay=False)]
Sample = Annotated[int, typer.Option(min=1, max=10_000, help="Stored statements to try it on.")]
WORSE = 1  # exit status: some statements that have events would have none


@app.command("list")
def list_(home: Home = DEFAULT_HOME, json: Json = False) -> int:
    """Show the rules and scripts in force, with their versions."""
    mapping = _in_force(home)
    if json:
        return _as_json(
            {
                "version": mapping.version,
                "rules": [{"use": rule.use, **rule.conditions()} for rule in mapping.rules],
                "scripts": [
                    {"name": each.name, "version": each.version, "source": each.source} for each in mapping.scripts
                ],
            }
        )
    rules = [
        (
            str(number),
            rule.use,
            "\n".join(f"{name}: {value}" for name, values in rule.conditions().items() for value in values) or "all",
        )
        for number, rule in enumerate(mapping.rules, 1)
    ]
    _table(("rule", "script", "of statements with"), rules)
    _table(("script", "version", "from"), [(each.name, each.version, each.source) for each in mapping.scripts])
    _say(f"{mapping.version}; rules: {mapping.rules_source}; what no rule fits: canonical")
    return 0


@app.command("try")
def try_(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with rules.yaml, scripts, or both. Default: what is in force.")
    ] = None,
    home: Home = DEFAULT_HOME,
    sample: Sample = 1000,
    rows: Annotated[int, typer.Option(min=0, help="Rows to show.")] = 20,
    json: Json = False,
) -> int:
    """Try a mapping on stored statements, and show which events would be others. Changes nothing."""
    from lrs_platform.mappings.trying import try_on_sample

    mapping = _composed(folder) if folder else _in_force(home)
    trials: list[Trial] = []

    async def tried(python: McpClient, warehouse: McpClient) -> int:
        trials.append(await try_on_sample(python, warehouse, mapping, sample))
        return 0

    _with_servers(home, tried)
    [trial] = trials
    if json:
        _as_json(trial.as_json())
    else:
        _show(trial, rows)
    return WORSE if trial.lost else 0


@app.command()
def use(
    folder: Folder,
    home: Home = DEFAULT_HOME,
    sample: Sample = 1000,
    force: Annotated[bool, typer.Option("--force", help="Also if some of the sample would lose their events.")] = False,
) -> int:
    """Put the rules and scripts of a folder in force for what is loaded from now on, after a trial."""
    from lrs_platform.mappings.composing import current, folder_in_force
    from lrs_platform.mappings.publishing import put_in_force

    status = try_(folder, home=home, sample=sample, rows=0, json=False)
    if status and not force:
        _say("nothing was changed: mend what it cannot digest, or --force", error=True)
        return status
    place = folder_in_force() or home.expanduser().resolve() / "mappings"
    names = put_in_force(folder, place)
    _say(f"{current().version} is in force: {', '.join(names)} in {place}")
    _say("`lrs mappings replay` maps what is stored already")
    return 0


@app.command()
def replay(
    home: Home = DEFAULT_HOME,
    after: Annotated[int, typer.Option(min=0, help="Position to go on from, as an interrupted one told.")] = 0,
    json: Json = False,
) -> int:
    """Map all stored statements again with what is in force; events that differ are replaced, the marts follow."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from lrs_platform.mappings.remapping import Remapped
    from lrs_platform.mappings.replaying import replay as replay_all

    mapping = _in_force(home)
    done = Remapped()
    reached = [after]

    async def replayed(python: McpClient, warehouse: McpClient) -> int:
        nonlocal done
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("mapping", total=None)

            def told(position: int, so_far: Remapped, upto: int) -> None:
                first = reached[0] if len(reached) == 1 else reached[1]
                reached[:] = [position, first]
                described = f"{so_far.mapped:,} mapped, {so_far.changed + so_far.added:,} replaced"
                progress.update(bar, description=described, completed=position - first, total=max(upto - first, 1))

            try:
                done = await replay_all(python, warehouse, mapping, after=after, told=told)
            except BaseException:
                _say(f"stopped; `lrs mappings replay --after {reached[0]}` goes on", error=True)
                raise
        return 0

    _with_servers(home, replayed)
    if json:
        return _as_json(
            {
                "version": mapping.version,
                "mapped": done.mapped,
                "changed": done.changed,
                "added": done.added,
                "rejected": done.rejected,
            }
        )
    _say(
        f"{done.mapped:,} mapped by {mapping.version}: {done.changed:,} events replaced, {done.added:,} new, "
        f"{done.rejected:,} statements that it cannot digest; the next refresh of the marts follows"
    )
    return 0


@app.command()
def unmapped(
    home: Home = DEFAULT_HOME,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most lines.")] = 50,
    json: Json = False,
) -> int:
    """Show what is kept but part of no learning path, by reason, verb and type."""
    found: list[dict[str, Any]] = []

    async def asked(_: McpClient, warehouse: McpClient) -> int:
        found.extend(await warehouse.call_json("unmapped", {"limit": limit}, safe_to_retry=True))
        return 0

    _with_servers(home, asked)
    if json:
        return _as_json(found)
    rows = [
        (f"{each['statements']:,}", each["reason"], each["verb"] or "", each["type"] or "", each["latest"] or "")
        for each in found
    ]
    if not rows:
        _say("every statement is part of a learning path")
        return 0
    _table(("statements", "reason", "verb", "type", "for example"), rows)
    return 0


def _show(trial: Trial, most: int) -> None:
    shown = [
        (row["statement_id"], row["mapping"], column, _text(before), _text(after))
        for row in trial.rows[:most]
        for column, (before, after) in row["changes"].items()
    ]
    if shown:
        _table(("statement", "script", "column", "stands", "would be"), shown)
    if trial.rejected:
        _table(
            ("statement", "cannot be mapped"), [(each["statement_id"], each["error"]) for each in trial.rejected[:20]]
        )
    _say(f"{trial.version}: {trial.statements:,} statements, {len(trial.rows):,} events would be others")
    for title, counts in (("by script", trial.chosen), ("columns that differ", trial.columns)):
        if counts:
            _say(f"{title}: " + ", ".join(f"{name or 'none'} {count:,}" for name, count in counts.most_common()))


def _in_force(home: Path) -> Composed:
    """The mapping of the instance in `home`, as its loader has it."""
    from lrs_platform.mappings.composing import current
    from lrs_platform.mappings.rules import MappingInvalid

    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    try:
        return current()
    except MappingInvalid as error:
        raise _refused(error) from error


def _composed(folder: Path) -> Composed:
    from lrs_platform.mappings.composing import compose
    from lrs_platform.mappings.rules import MappingInvalid

    try:
        return compose(folder)
    except MappingInvalid as error:
        raise _refused(error) from error


def _refused(error: Exception) -> Exception:
    from lrs_platform.local.instance import StartError

    return StartError(str(error))


def _with_servers(home: Path, action: Callable[[McpClient, McpClient], Awaitable[int]]) -> None:
    """Run `action` with the python and the warehouse server of the instance."""
    from lrs_platform.administration import run
    from lrs_platform.mcp_client import McpClient
    from lrs_platform.settings import Settings

    os.environ["LRS_HOME"] = str(home.expanduser().resolve())

    async def with_python(settings: Settings, warehouse: McpClient) -> int:
        python = McpClient("python", settings.require("mcp_python_url"), settings.require("mcp_python_token"))
        try:
            return await action(python, warehouse)
        finally:
            await python.close()

    run(home, with_python)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _as_json(value: Any) -> int:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
    return 0


def _say(text: str, *, error: bool = False) -> None:
    from lrs_platform.local.display import say

    say(text, error=error)

"""`lrs learners`: who is who, from the command line. Belongs here: options, and what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrs_platform import DEFAULT_HOME

if TYPE_CHECKING:
    from lrs_platform.mcp_client import McpClient
    from lrs_platform.settings import Settings

app = typer.Typer(help="Who is who: keys, merges, learners whom no roster names.", no_args_is_help=True)

Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Learner = Annotated[str, typer.Argument(help="Id, mail address, actor key or pseudonym.")]


@app.command()
def find(learner: Learner, home: Home = DEFAULT_HOME, json: Json = False) -> int:
    """Show a learner: keys, cohorts, number of events."""
    found = _ask(home, "find_learners", {"text": learner})["learners"]
    if json:
        return _as_json(found)
    rows = [
        (
            str(each["learner_id"]),
            each["name"] or "",
            "\n".join(each["keys"]),
            ", ".join(each["cohorts"]),
            each["time_zone"],
            str(each["events"]),
        )
        for each in found
    ]
    return _table(("id", "name", "keys", "cohorts", "time zone", "events"), rows, "nobody")


@app.command()
def orphans(
    home: Home = DEFAULT_HOME,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 50,
    skip: Annotated[int, typer.Option(min=0, help="How many to pass over first.")] = 0,
    json: Json = False,
) -> int:
    """Show learners in events whom no roster names, and whom they may be."""
    found = _ask(home, "list_orphans", {"limit": limit, "skip": skip})
    if json:
        return _as_json(found)
    rows = [
        (
            str(each["learner_id"]),
            each["name"] or "",
            "\n".join(each["keys"]),
            str(each["events"]),
            "\n".join(
                f"{may['learner_id']} {may['shown']} ({may['score']:.2f}: {may['reason']})"
                for may in each["suggestions"]
            ),
        )
        for each in found["orphans"]
    ]
    _table(("id", "name", "keys", "events", "may be"), rows, "every learner in events is in a roster")
    if found["total"] > len(rows):
        _say(f"{len(rows)} of {found['total']}; --skip {skip + len(rows)} shows the next")
    return 0


@app.command()
def merge(
    keep: Annotated[str, typer.Argument(help="The learner who stays: id, mail address, actor key or pseudonym.")],
    other: Annotated[str, typer.Argument(help="The learner whose keys go over.")],
    home: Home = DEFAULT_HOME,
    note: Annotated[str, typer.Option(help="Why, for whoever looks later.")] = "",
) -> int:
    """Make one learner of two. `lrs learners unmerge` undoes it."""
    done = _ask(home, "merge_learners", {"keep": keep, "merge": other, "note": note, "by": "cli"}, retry=False)
    _say(f"merged as number {done['merge_id']}; `lrs learners unmerge {done['merge_id']}` undoes it")
    return 0


@app.command()
def unmerge(
    number: Annotated[int, typer.Argument(help="Number of the merge, as `lrs learners merges` shows it.")],
    home: Home = DEFAULT_HOME,
) -> int:
    """Undo a merge: the learner is there again, with the same keys and pseudonym."""
    done = _ask(home, "unmerge_learners", {"merge_id": number, "by": "cli"}, retry=False)
    _say(f"learner {done['learner_id']} is there again")
    return 0


@app.command()
def merges(home: Home = DEFAULT_HOME, json: Json = False) -> int:
    """Show merges, the latest first, also those that were undone."""
    found = _ask(home, "list_merges", {})["merges"]
    if json:
        return _as_json(found)
    rows = [
        (
            str(each["merge_id"]),
            f"{each['kept']} ({each['kept_id']})",
            f"{each['merged']} ({each['merged_id']})",
            each["cause"],
            f"{each['merged_at'][:16]} by {each['merged_by']}",
            each["note"] or "",
            f"{each['unmerged_at'][:16]} by {each['unmerged_by']}" if each["unmerged_at"] else "",
        )
        for each in found
    ]
    return _table(("number", "stayed", "went over", "cause", "when", "why", "undone"), rows, "no merge yet")


def _ask(home: Path, tool: str, arguments: dict[str, Any], *, retry: bool = True) -> Any:
    from lrs_platform.administration import DONE, run

    answer: list[Any] = []

    async def asked(_: Settings, warehouse: McpClient) -> int:
        answer.append(await warehouse.call_json(tool, arguments, safe_to_retry=retry))
        return DONE

    run(home, asked)
    return answer[0]


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], none: str) -> int:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        _say(none)
        return 0
    table = Table(*columns)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
    return 0


def _as_json(value: Any) -> int:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
    return 0


def _say(text: str) -> None:
    from lrs_platform.local.display import say

    say(text)

"""The command line `lrs`. Each function only reads its options, imports what it needs and calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lrs_platform import DEFAULT_HOME
from lrs_platform.archive.commands import replay
from lrs_platform.backup.commands import add_to as add_backup
from lrs_platform.capacity.commands import capacity
from lrs_platform.credentials_cli import app as credentials_app
from lrs_platform.identity.commands import app as learners_app
from lrs_platform.mappings.commands import app as mappings_app
from lrs_platform.rights.commands import add_to as add_rights
from lrs_platform.roster.commands import app as import_app

if TYPE_CHECKING:
    from lrs_platform.local.instance import Instance


def leave(status: int, **options: object) -> None:
    """A command returns its exit status."""
    raise typer.Exit(status)


app = typer.Typer(
    name="lrs",
    result_callback=leave,
    help="A learning-record data platform: xAPI in, Dagster through, answers out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
contracts_app = typer.Typer(help="Contracts of the modules, held against the evidence.", no_args_is_help=True)
model_app = typer.Typer(help="What the semantic model is made into for other programs.", no_args_is_help=True)
app.add_typer(contracts_app, name="contracts")

app.add_typer(credentials_app, name="credentials")
app.add_typer(import_app, name="import")
app.add_typer(learners_app, name="learners")
add_rights(app)
add_backup(app)
app.add_typer(mappings_app, name="mappings")
app.command()(capacity)
app.command()(replay)
app.add_typer(model_app, name="semantic-model")

Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance: data, logs, credentials.json.")]


@app.command()
def up(
    home: Home = DEFAULT_HOME,
    port: Annotated[
        int | None, typer.Option(envvar="LRS_PORT", help="First of ten ports. Default: as before, else 8000.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when everything is healthy.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Send sample statements too, and show them arriving.")] = False,
) -> int:
    """Start the platform on this machine and watch over it."""
    from lrs_platform.local.control import start

    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    return start(home, port, detach=detach, demo=demo)


@app.command()
def down(home: Home = DEFAULT_HOME) -> int:
    """Stop the platform, in order, and wait for it."""
    from lrs_platform.local.control import stop
    from lrs_platform.local.display import say

    stopped = stop(_instance(home))
    say("stopped" if stopped else f"not running in {home}")
    return 0


@app.command()
def status(
    home: Home = DEFAULT_HOME,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> int:
    """Show the processes; exit status 0 healthy, 1 not healthy, 3 not running."""
    from lrs_platform.local.display import show_status

    return show_status(_instance(home), as_json=json)


@app.command()
def doctor(
    home: Home = DEFAULT_HOME,
    port: Annotated[int | None, typer.Option(envvar="LRS_PORT", help="First of ten ports, before a start.")] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> int:
    """Look at everything, and say what to do where something is not well; exit status 1 where something is to mend."""
    from lrs_platform.doctor import doctor as examine

    return examine(home, port, as_json=json)


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="A process, as `lrs status` names it. Default: all.")] = None,
    home: Home = DEFAULT_HOME,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> int:
    """Show the end of the processes' logs."""
    from lrs_platform.local.logs import show_logs

    return show_logs(_instance(home), name, follow=follow)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def test(context: typer.Context) -> int:
    """Run the test suite against an instance of its own; arguments go to pytest."""
    from lrs_platform.local.suite import run_suite

    return run_suite(context.args)


@app.command()
def send(
    files: Annotated[list[Path], typer.Argument(help=".jsonl, .json, either with .gz, or - for standard input.")],
    home: Home = DEFAULT_HOME,
    batch: Annotated[int, typer.Option(min=1, help="Statements in one request.")] = 50,
    connections: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 4,
    one_by_one: Annotated[bool, typer.Option("--one-by-one", help="PUT each alone, as 7taps does.")] = False,
    endpoint: Annotated[str | None, typer.Option(help="Of another LRS. Default: the running instance.")] = None,
    username: Annotated[str | None, typer.Option(envvar="LRS_SEND_USERNAME")] = None,
    password: Annotated[str | None, typer.Option(envvar="LRS_SEND_PASSWORD", help="Better given by variable.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on where an earlier try stopped.")] = True,
) -> int:
    """Post files of statements to an LRS; what was interrupted goes on where it stopped."""
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    from lrs_platform.send import send as send_files

    return send_files(
        files,
        batch=batch,
        connections=connections,
        one_by_one=one_by_one,
        endpoint=endpoint,
        username=username,
        password=password,
        resume=resume,
    )


@app.command()
def bench(
    name: Annotated[
        Literal[
            "accept",
            "load",
            "freshness",
            "answers",
            "idle",
            "read",
            "growth",
            "upkeep",
            "mapping",
            "marts",
            "nlp",
            "all",
        ],
        typer.Argument(help="What to measure."),
    ] = "all",
    home: Home = DEFAULT_HOME,
    rounds: Annotated[int, typer.Option(min=1, help="Each figure is the median of so many.")] = 3,
    seconds: Annotated[
        float | None,
        typer.Option(help="Of one round. Default: 5 for accept, 60 freshness, 20 answers, 300 idle, 600 upkeep."),
    ] = None,
    statements: Annotated[
        int | None,
        typer.Option(min=1, help="How many wait in the log (load: 200000), are stored (read, marts: 1000000)."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Requests a second. Default: 200 for freshness, 20 (of 50) for answers.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A file of statements to send. Default: made ones.")] = None,
    against: Annotated[str | None, typer.Option(help="For accept: endpoint of another LRS, in the same run.")] = None,
    user: Annotated[str | None, typer.Option(envvar="LRS_BENCH_USER", help="Of that LRS.")] = None,
    password: Annotated[str | None, typer.Option(envvar="LRS_BENCH_PASSWORD", help="Of that LRS.")] = None,
) -> int:
    """Measure the running instance, each figure beside its yardstick."""
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    from lrs_platform.bench import run

    return run(
        name,
        rounds=rounds,
        seconds=seconds,
        statements=statements,
        rate=rate,
        data=data,
        against=against,
        user=user,
        password=password,
    )


@app.command()
def chaos(
    home: Home = DEFAULT_HOME,
    rounds: Annotated[int, typer.Option(min=1, help="A fault each.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed: the same faults in the same order.")] = 1,
    seconds: Annotated[float, typer.Option(min=1, help="Of traffic in a round.")] = 6.0,
    rate: Annotated[float, typer.Option(min=1, help="Requests a second, of 1 to 50 statements.")] = 40.0,
    only: Annotated[str, typer.Option(help="Faults whose name begins so, e.g. kill: or stall:redis.")] = "",
) -> int:
    """Kill, stall, fill and cut the running instance while statements come in, then look for what was lost."""
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    from lrs_platform.chaos import chaos as run

    return run(rounds=rounds, seed=seed, seconds=seconds, rate=rate, only=only)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Directory for statements, truth, roster, lessons, schedule.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    learners: Annotated[int, typer.Option(min=1)] = 200,
    days: Annotated[int, typer.Option(min=1)] = 60,
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "2026-01-05",
    lessons: Annotated[int, typer.Option(min=1)] = 24,
    clean: Annotated[bool, typer.Option("--clean", help="No duplicates, conflicts, voids or wrong ones.")] = False,
) -> int:
    """Make up a company that learns, with the truth about it beside its statements."""
    from datetime import date

    from lrs_platform.simulate import command

    return command(
        out, seed=seed, learners=learners, days=days, start=date.fromisoformat(start), lessons=lessons, clean=clean
    )


@contracts_app.command()
def check() -> int:
    """Say where contracts and tree do not agree; exit status 1 where that is anywhere."""
    from lrs_platform.contracts import check as check_contracts
    from lrs_platform.local.display import say
    from lrs_platform.local.instance import ROOT

    problems = check_contracts(ROOT)
    for problem in problems:
        say(problem, error=True)
    say(f"{len(problems)} problems" if problems else "contracts and tree agree")
    return 1 if problems else 0


@contracts_app.command()
def show() -> int:
    """Show each module with the status that the evidence gives it."""
    from lrs_platform.contracts import show as show_contracts
    from lrs_platform.local.instance import ROOT

    return show_contracts(ROOT)


@model_app.command()
def superset(
    out: Annotated[Path, typer.Argument(help="ZIP to write; Superset imports it as a dashboard.")],
    uri: Annotated[
        str | None,
        typer.Option(help="The database as Superset reaches it, without password. Default: of compose."),
    ] = None,
) -> int:
    """Write Superset's datasets and a dashboard, made from the semantic model."""
    from lrs_platform.local.display import say
    from lrs_platform.ui.superset import DATABASE_URI, write

    say(f"{write(out, uri or DATABASE_URI)} files in {out}")
    return 0


def main() -> None:
    """Run the command line; failures that someone can do something about are one line and exit status 2."""
    from lrs_platform.local.instance import StartError

    try:
        app(prog_name="lrs")
    except StartError as error:
        from lrs_platform.local.display import say

        say(str(error), error=True)
        sys.exit(2)


def _instance(home: Path) -> Instance:
    from lrs_platform.local.instance import open_instance

    return open_instance(home)


if __name__ == "__main__":
    main()

"""`lrs capacity`: print a plan, renew the costs, draw the simulation. Belongs here: options and printing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lrs_platform.capacity.planning import Plan

GIB = 2**30


def capacity(
    learners: Annotated[int, typer.Option(min=1, help="People who learn.")] = 1000,
    statements_per_day: Annotated[
        float, typer.Option(min=0, help="Statements of all of them in a day. Default: 20 a learner.")
    ] = 0.0,
    peak: Annotated[float, typer.Option(min=1, help="The busiest second against the mean of the day.")] = 10.0,
    batch: Annotated[float, typer.Option(min=1, help="Statements in a request; 7taps sends one.")] = 1.0,
    pages_per_day: Annotated[float, typer.Option(min=0, help="Pages of 100 statements that clients read.")] = 0.0,
    keep_days: Annotated[float, typer.Option(min=1, help="How long the record is kept.")] = 365.0,
    busy: Annotated[float, typer.Option(min=0.05, max=0.95, help="Share of a core that may be at work.")] = 0.6,
    costs: Annotated[
        Path | None, typer.Option(help="Costs of your own machine. Default: those of this release.")
    ] = None,
    measured: Annotated[
        Path | None, typer.Option(help="Directory of `lrs bench` results: print the costs that follow from them.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Simulate, and write the curves there (SVG).")] = None,
) -> int:
    """Print what a company of some size needs: cores, processes, memory, disk."""
    import yaml

    from lrs_platform.capacity.costs import load_costs, renewed
    from lrs_platform.capacity.planning import Workload, plan
    from lrs_platform.local.display import say

    if measured is not None:
        from importlib.resources import files

        text = (costs or files("lrs_platform.capacity").joinpath("costs.yaml")).read_text(encoding="utf-8")
        try:
            say(yaml.safe_dump(renewed(yaml.safe_load(text), measured), sort_keys=False, width=120))
        except FileNotFoundError as error:
            say(str(error), error=True)
            return 1
        return 0
    known = load_costs(costs)
    if picture is not None:
        from lrs_platform.capacity.picture import picture as drawn

        picture.write_text(drawn(known), encoding="utf-8")
        say(f"the curves are in {picture}")
        return 0
    workload = Workload(
        learners, statements_per_day or 20.0 * learners, peak=peak, batch=batch, pages_per_day=pages_per_day,
        keep_days=keep_days,
    )  # fmt: skip
    _show(plan(workload, known, busy=busy), known.measured["machine"])
    return 0


def _show(made: Plan, machine: str) -> None:
    from rich.console import Console
    from rich.table import Table

    workload = made.workload
    table = Table(
        "process", "cores at the peak", "how many", "memory", "",
        title=f"{workload.learners:,} learners, {workload.statements_per_day:,.0f} statements a day, "
        f"{workload.peak_rate:,.0f} in the busiest second", title_justify="left",
    )  # fmt: skip
    for need in made.needs:
        memory = f"{need.memory_mb / 1024:.1f} GB" if need.memory_mb else ""
        table.add_row(need.process, f"{need.cores:.2f}", f"{need.count}", memory, need.why)
    console = Console()
    console.print(table)
    where = "one machine" if made.fits_one_machine else f"several machines, {made.logs} logs"
    console.print(
        f"{where}: {made.cores:.1f} cores at work in the busiest second, {made.memory / GIB:.1f} GB of memory "
        f"({made.log_memory / GIB:.1f} the log), {made.log_disk / GIB:.0f} GB of disk for the log, "
        f"{made.postgres_disk / GIB:,.0f} GB for Postgres in {workload.keep_days:.0f} days",
        soft_wrap=True,
    )
    console.print(f"[dim]by costs measured on {machine}; docs/scale.md[/]", soft_wrap=True)

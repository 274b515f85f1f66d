"""`lrs simulate`: a company that learns in small lessons, made up from a seed, with the truth about it beside.

Belongs here: the simulation as one object, and the command. What is modelled is in company.py, course.py, behaviour.py
and noise.py, how it is written in statements.py and write.py, what it adds up to in truth/.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from lrs_platform.simulate.behaviour import deliveries, live
from lrs_platform.simulate.company import Company, found
from lrs_platform.simulate.course import author
from lrs_platform.simulate.history import History
from lrs_platform.simulate.noise import CLEAN, USUAL, Rates, Traffic, send
from lrs_platform.simulate.statements import Pen
from lrs_platform.simulate.truth import truth_of
from lrs_platform.simulate.write import (
    LESSONS,
    ROSTER,
    SCHEDULE,
    STATEMENTS,
    TRUTH,
    lessons_csv,
    roster_csv,
    schedule_csv,
    truth_json,
    write_statements,
    write_text,
)
from lrs_platform.simulate.zones import Window

__all__ = ["CLEAN", "DEFAULT_START", "USUAL", "Rates", "Simulation", "command", "simulate"]

DEFAULT_START = date(2026, 1, 5)  # a Monday; fixed, for the same seed has to give the same bytes on any day

Watch = Callable[[str, int, int], None]  # what is done, how far, of how many


class Simulation:
    """A simulated company: its statements as an LRS would receive them, and the truth about them."""

    def __init__(
        self, parameters: dict[str, Any], company: Company, history: History, window: Window, traffic: Traffic
    ) -> None:
        self.company = company
        self.history = history
        self.window = window
        self.traffic = traffic
        self._parameters = parameters
        self._pen = Pen(parameters["seed"], company, history)

    def __len__(self) -> int:
        return len(self.traffic)

    def statements(self) -> Iterator[bytes]:
        """Every line as it arrives: JSON without line break; duplicates, conflicting and wrong ones too."""
        traffic, line = self.traffic, self._pen.line
        for number in traffic.order:
            yield line(traffic.event[number], traffic.form[number], traffic.flaw[number])

    def arrivals(self) -> Iterator[int]:
        """When each line of `statements()` arrives, ms since 1970: to play a day in its own rhythm."""
        for number in self.traffic.order:
            yield self.traffic.arrival[number]

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What was planted and what the statements add up to; `truth["definitions"]` says what each figure means."""
        with _unhurried():
            return truth_of(self._parameters, self.company, self.history, self.window, self.traffic, self._pen)

    def roster_csv(self) -> str:
        """First Name, Last Name, Email, Group, Team, Time Zone."""
        return roster_csv(self.company)

    def lessons_csv(self) -> str:
        """A line a card, with its lesson and course."""
        return lessons_csv(self.history.catalogue)

    def schedule_csv(self) -> str:
        """Group, Team, Lesson URL, Delivered At: what is assigned to whom."""
        return schedule_csv(self.company, self.history)

    def write(self, out: Path, watch: Watch | None = None) -> None:
        """Write statements.jsonl.gz, truth.json, roster.csv, lessons.csv and schedule.csv into `out`, which is made."""
        tell = watch or _nobody
        out.mkdir(parents=True, exist_ok=True)
        write_statements(out / STATEMENTS, self.statements(), lambda done: tell("statements", done, len(self)))
        write_text(out / ROSTER, self.roster_csv())
        write_text(out / LESSONS, self.lessons_csv())
        write_text(out / SCHEDULE, self.schedule_csv())
        write_text(out / TRUTH, truth_json(self.truth))


def simulate(
    seed: int,
    learners: int,
    days: int,
    *,
    start: date = DEFAULT_START,
    lessons: int = 12,
    out: Path | None = None,
    rates: Rates = USUAL,
    watch: Watch | None = None,
) -> Simulation:
    """Simulate `learners` people for `days` days from `start` (00:00 UTC) with `lessons` lessons.

    The same arguments give the same bytes on every Python from 3.11 (and one time zone database). `rates` are the
    shares of mishaps (CLEAN: none). With `out`, the files are written there. `watch` is told how far it is.
    ValueError where a number makes no company.
    """
    for name, value in (("learners", learners), ("days", days), ("lessons", lessons)):
        if value < 1:
            raise ValueError(f"{name} is {value}: it has to be at least 1")
    tell = watch or _nobody
    window = Window(start, days)
    with _unhurried():
        company = found(seed, learners, lessons, window)
        history = History(author(seed, lessons))
        history.deliveries = [deliveries(cohort, history.catalogue, window) for cohort in company.cohorts]
        for person in company.people:
            live(seed, person, history, window)
            tell("people", person.ordinal + 1, len(company.people))
        traffic = send(seed, company, history, rates)
    parameters = {
        "seed": seed,
        "learners": learners,
        "days": days,
        "start": start.isoformat(),
        "lessons": lessons,
        "rates": asdict(rates),
    }
    made = Simulation(parameters, company, history, window, traffic)
    if out is not None:
        made.write(out, watch)
    return made


def command(
    out: Path,
    *,
    seed: int = 1,
    learners: int = 200,
    days: int = 60,
    start: date = DEFAULT_START,
    lessons: int = 24,
    clean: bool = False,
) -> int:
    """`lrs simulate`: write a simulation into folder `out` and say what is in it; an exit status.

    `clean` leaves out what goes wrong on the way: no duplicates, no conflicts, no late, wrong or voided statements.
    """
    import time

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    started = time.monotonic()
    tasks = {name: bar.add_task(name, total=None) for name in ("people", "statements")}
    try:
        with bar:
            made = simulate(
                seed,
                learners,
                days,
                start=start,
                lessons=lessons,
                out=out,
                rates=CLEAN if clean else USUAL,
                watch=lambda name, done, total: bar.update(tasks[name], completed=done, total=total),
            )
    except (OSError, ValueError, OverflowError) as error:
        console.print(f"[red]lrs simulate:[/] {error}", highlight=False, soft_wrap=True)
        return 2
    quality = made.truth["quality"]
    seconds = time.monotonic() - started
    rate = quality["lines"] / seconds
    console.print(
        f"{out}: {quality['lines']:,} lines in {seconds:.1f} s ({rate:,.0f}/s): {quality['accepted']:,} statements, "
        f"{quality['duplicates']:,} duplicates, {quality['conflicts']:,} conflicts, {quality['rejected']:,} wrong; "
        f"{quality['voided']:,} voided. What they add up to: {out / TRUTH}",
        highlight=False,
        soft_wrap=True,
    )
    return 0


@contextmanager
def _unhurried() -> Iterator[None]:
    """Without the cyclic garbage collector: a million records and no cycles make it walk through them in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _nobody(name: str, done: int, total: int) -> None:
    """Watches nothing."""

"""What a measurement leaves: a JSON file with everything needed to judge and repeat it, and a table for the eye.

Belongs here: machine, versions, medians, writing and printing, how far a measurement is. Not here: measuring.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from lrs_platform.bench.plot import bars
from lrs_platform.settings import get_settings

PACKAGES = ("lrs-platform", "dagster", "fastapi", "uvicorn", "mcp", "pydantic-monty", "psycopg", "redis", "msgspec")
KNOBS = ("gateway_workers", "batch_size", "batches_in_flight", "linger_ms", "tick_budget_seconds", "sandbox_workers")
MOST_COLUMNS = 10  # of a printed table

Row = dict[str, Any]


def medians(rounds: Sequence[Mapping[str, Any]]) -> Row:
    """The median of every figure over the rounds; of what is no number, the first round's value."""
    found: Row = {}
    for name, value in rounds[0].items():
        values = [each[name] for each in rounds]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        found[name] = round(statistics.median(values), 3) if number else value
    return found


def write(home: Path, name: str, command: str, content: Mapping[str, Any]) -> Path:
    """Write `$LRS_HOME/bench/<time>-<name>.json` and return its path."""
    now = datetime.now(UTC)
    path = home / "bench" / f"{now:%Y%m%dT%H%M%SZ}-{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = get_settings()
    document = {
        "name": name,
        "at": now.isoformat(timespec="seconds"),
        "command": command,
        "machine": machine(),
        "versions": versions(),
        "settings": {knob: getattr(settings, knob) for knob in KNOBS},
        **content,
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def machine() -> Row:
    """What it was measured on, as far as it bears on speed."""
    information = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in information.splitlines() if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpus": os.cpu_count(),
        "cpu": models[0] if models else platform.machine(),
        "memory_gb": round(pages / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_average": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages on the measured paths."""
    from importlib.metadata import PackageNotFoundError

    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # the project itself is not installed as a package where the launcher runs it
            continue
    return found


def tracked(what: str, count: int) -> Iterable[int]:
    """The numbers from 0 on, `count` of them, with a bar on the terminal that says how far they are."""
    return track(range(count), description=what, console=Console(stderr=True), transient=True)


def show(title: str, rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Print a table with a column for each of `rows` and a line for each figure, draw them beside `path`, say where.

    Texts of a row make the head of its column; figures in lines, because there are many and terminals are narrow. Of
    many rows it is the other way round.
    """
    figures = [name for name, value in rows[0].items() if not isinstance(value, str)]
    headings = [[value for name, value in row.items() if name not in figures and value] for row in rows]
    table = Table("", title=title, title_justify="left")
    if len(rows) > MOST_COLUMNS:
        for name in figures:
            table.add_column(name.replace("_", "\n"), justify="right")
        for heading, row in zip(headings, rows, strict=True):
            table.add_row(" ".join(heading).replace("_", " "), *(_text(row.get(name, "")) for name in figures))
    else:
        for heading in headings:
            table.add_column("\n".join(heading), justify="right", overflow="fold")
        for name in figures:
            table.add_row(name.replace("_", " "), *(_text(row.get(name, "")) for row in rows))
    console = Console()
    console.print(table)
    drawn = path.with_suffix(".svg")
    for number in range(2, 100):  # a measurement may have several tables
        if not drawn.exists():
            break
        drawn = path.with_name(f"{path.stem}-{number}.svg")
    drawn.write_text(bars(title, rows, _text), encoding="utf-8")
    console.print(f"[dim]everything measured: {path}; as a picture: {drawn.name}[/]", soft_wrap=True)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

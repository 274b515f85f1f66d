"""What `lrs send` shows: a bar on a terminal, plain lines elsewhere, a summary at the end.

Belongs here: words and figures for the eye. Not here: what happens to a statement.
"""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from lrs_platform.send.delivery import Tally
from lrs_platform.send.source import Source

PLAIN_LINE_EVERY_SECONDS = 5.0
REDRAW_EVERY_SECONDS = 0.1


class ProgressView:
    """Shows the tally of a file while it is sent; use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._shown = time.monotonic()
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[counts]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("send", total=None, counts="")

    def __enter__(self) -> ProgressView:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, tally: Tally, source: Source) -> None:
        """Draw the tally, at most ten times a second (a line every five seconds where there is no terminal)."""
        now = time.monotonic()
        if now - self._shown < (REDRAW_EVERY_SECONDS if self._console.is_terminal else PLAIN_LINE_EVERY_SECONDS):
            return
        self._shown = now
        rate = tally.sent / max(now - self._started, 1e-9)
        counts = f"{tally.sent:,} statements  {rate:,.0f}/s  {tally.refused:,} refused"
        if tally.reasons:
            counts += f" ({tally.reasons.most_common(1)[0][0][:60]})"
        if tally.waiting:
            counts += f"  waiting: {tally.waiting[:60]}"
        if self._console.is_terminal:
            self._bar.update(
                self._task,
                description=source.name,
                total=source.size or None,
                completed=source.bytes_read,
                counts=counts,
            )
        else:
            self._console.print(f"{source.name}: {counts}", highlight=False, markup=False, soft_wrap=True)


def summary(tally: Tally, seconds: float) -> Table:
    """The figures of a whole run."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("sent", f"{tally.sent:,}")
    table.add_row("accepted", f"{tally.accepted:,}", "repeats too: an LRS does not say which it had already")
    table.add_row("refused", f"{tally.refused:,}")
    if tally.repeated_requests:
        table.add_row("requests repeated", f"{tally.repeated_requests:,}", "the LRS was away or busy")
    table.add_row("seconds", f"{seconds:.1f}")
    table.add_row("statements/s", f"{tally.sent / max(seconds, 1e-9):,.0f}")
    return table


def reasons(tally: Tally) -> Table:
    """Refusals by reason, the commonest first."""
    table = Table("refused", "reason", title="Refused statements by reason", title_justify="left")
    for reason, count in tally.reasons.most_common(20):
        table.add_row(f"{count:,}", Text(reason))
    return table

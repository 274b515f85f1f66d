"""What the commands show: progress of a start, addresses, the table of processes; plain off a terminal."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lrs_platform.local.credentials import load_credentials
from lrs_platform.local.instance import Instance
from lrs_platform.local.state import PlatformState, ProcessState, is_running, read_state

HEALTHY, UNHEALTHY, NOT_RUNNING = 0, 1, 3  # exit statuses of `lrs status`
STYLES = {"healthy": "green", "done": "green", "external": "cyan", "waiting": "dim", "starting": "yellow"}

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str, *, error: bool = False) -> None:
    """One line; errors go to stderr and name the program."""
    if error:
        err.print(Text(f"lrs: {line}", style="red"))
    else:
        out.print(Text(line))


class Progress:
    """The processes while they start: a table that changes in place, or a line a change."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.last: dict[str, str] = {}
        self.live = Live(console=out, refresh_per_second=8, transient=True) if out.is_terminal else None

    def __enter__(self) -> Progress:
        if self.live:
            self.live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.__exit__(kind, error, trace)

    def update(self, state: PlatformState) -> None:
        """Show `state`."""
        if self.live:
            self.live.update(_table_of_starts(state))
            return
        for name, each in state.processes.items():
            if each.state != self.last.get(name) and (each.well or each.reason):
                words = f": {each.reason}" if each.reason else ""
                say(f"{time.monotonic() - self.started:5.1f} s  {name} {each.state}{words}")
            self.last[name] = each.state


def show_addresses(instance: Instance) -> None:
    """Where everything is reached, how to log in, where the credential lies."""
    credentials = load_credentials(instance)
    for name, address in (
        ("xAPI endpoint", credentials.endpoint),
        ("log in", credentials.login_url),
        ("streaming", credentials.urls["streaming"]),
        ("health", credentials.urls["health"]),
        ("Dagster", credentials.urls["dagster"]),
        ("credential", f"{instance.credentials_file} (username {credentials.username})"),
        ("logs", f"{instance.logs} (sh lrs logs [NAME])"),
    ):
        out.print(Text(f"{name:<15}", style="bold") + Text(address))  # no table: an address must not be cut


def show_status(instance: Instance, *, as_json: bool) -> int:
    """The processes of an instance; 0 healthy, 1 not, 3 not running."""
    running = is_running(instance)
    state = read_state(instance)
    status = NOT_RUNNING if not running or state is None else HEALTHY if state.well else UNHEALTHY
    if as_json:
        out.print_json(json.dumps(_status_document(instance, state if running else None, status)))
    elif status == NOT_RUNNING or state is None:
        say(f"not running in {instance.home}: `sh lrs up` starts it")
    else:
        out.print(_table_of_processes(state))
        for name, each in state.processes.items():
            if each.reason:
                say(f"{name}: {each.reason}")
        say("")
        show_addresses(instance)
    return status


def _status_document(instance: Instance, state: PlatformState | None, status: int) -> dict[str, object]:
    now = time.time()
    return {
        "home": str(instance.home),
        "running": state is not None,
        "healthy": status == HEALTHY,
        "supervisor": state.supervisor if state else None,
        "port": state.port if state else instance.port,
        "urls": load_credentials(instance).urls if state else {},
        "processes": {
            name: asdict(each) | {"uptime_seconds": round(now - each.since, 1) if each.since else None}
            for name, each in (state.processes if state else {}).items()
        },
    }


def _table_of_starts(state: PlatformState) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, each in state.processes.items():
        table.add_row(name, _styled(each), Text(each.reason[:90], style="dim"))
    return table


def _table_of_processes(state: PlatformState) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("process", "state"):
        table.add_column(heading)
    for heading in ("pid", "port", "up", "restarts", "health ms"):
        table.add_column(heading, justify="right")
    for name, each in state.processes.items():
        health = "" if each.health_ms is None else f"{each.health_ms:.1f}"
        up = _duration(time.time() - each.since) if each.since else ""
        numbers = (str(each.pid or ""), str(each.port or ""), up, str(each.restarts), health)
        table.add_row(name, _styled(each), *numbers)
    return table


def _styled(process: ProcessState) -> Text:
    return Text(process.state, style=STYLES.get(process.state, "red"))


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return (
        f"{whole // 86400}d {whole % 86400 // 3600}h"
        if whole >= 86400
        else f"{whole // 3600}:{whole % 3600 // 60:02d} h"
    )

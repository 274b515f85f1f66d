"""`lrs send`: post files of statements to an LRS over HTTP, to the last one, whatever happens in between.

Belongs here: the command as a function. Reading files is source.py, talking to the LRS delivery.py, going on after a
stop bookmark.py, what is shown progress.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lrs_platform.settings import get_settings

if TYPE_CHECKING:
    from lrs_platform.send.delivery import Delivery, Target
    from lrs_platform.send.source import Source

ALL_ACCEPTED, SOME_REFUSED, CANNOT_SEND, INTERRUPTED = 0, 1, 2, 130


def send(
    files: Sequence[Path],
    *,
    batch: int = 50,
    connections: int = 4,
    one_by_one: bool = False,
    endpoint: str | None = None,
    username: str | None = None,
    password: str | None = None,
    resume: bool = True,
    version: str = "1.0.3",
    patience: float = 600.0,
) -> int:
    """Send `files` ("-" is standard input) and return an exit status.

    `batch` statements go in one POST, or each alone in a PUT with its id where `one_by_one`. Without `endpoint`,
    `username` and `password` those of the running instance are taken ($LRS_HOME/credentials.json). `patience` is how
    many seconds the LRS may be away before sending stops.

    0: all accepted; 1: some refused (in `<file>.rejected.jsonl`); 2: could not go on; 130: stopped by a signal.
    """
    from rich.console import Console

    from lrs_platform.send.delivery import Delivery, Stopped, Target
    from lrs_platform.send.progress import ProgressView, reasons, summary
    from lrs_platform.send.source import SourceUnreadable

    console = Console(stderr=True)
    home = get_settings().home
    started = time.monotonic()
    status = ALL_ACCEPTED
    try:
        target = Target(*_credential(home, endpoint, username, password), version)
        with ProgressView(console) as view:
            delivery = Delivery(
                target, batch=batch, connections=connections, one_by_one=one_by_one, patience=patience, watcher=view
            )
            written = asyncio.run(_send_all(delivery, target, files, home / "send", resume))
    except (Stopped, SourceUnreadable, OSError, ValueError) as error:
        console.print(f"lrs send: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        if not isinstance(error, Stopped | SourceUnreadable):
            return CANNOT_SEND
        console.print("The same command goes on behind the last statement that was answered.")
        written, status = [], CANNOT_SEND
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Stopped. The same command goes on behind the last statement that was answered.")
        return INTERRUPTED
    if delivery.tally.sent == 0 and status == CANNOT_SEND:
        return status
    console.print(summary(delivery.tally, time.monotonic() - started))
    if delivery.tally.refused:
        console.print(reasons(delivery.tally))
        for path in written:
            console.print(f"The refused statements, with line and rule: {path}", soft_wrap=True)
        status = status or SOME_REFUSED
    return status


async def _send_all(
    delivery: Delivery, target: Target, files: Sequence[Path], folder: Path, resume: bool
) -> list[Path]:
    """Send one file after the other; returns the files of refused statements that were written."""
    from lrs_platform.send.bookmark import Bookmark, Rejections
    from lrs_platform.send.source import Source

    task = asyncio.current_task()
    assert task is not None
    with suppress(ValueError, RuntimeError, NotImplementedError):  # only the main thread may; Windows cannot
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    written = []
    await delivery.greet()
    for path in files:
        source = Source(path)
        bookmark = Bookmark(folder, path, target.endpoint, target.username, resume=resume)
        rejections = Rejections(_rejections_path(source, folder), keep_up_to=bookmark.point.line)
        await delivery.send(source, bookmark, rejections)
        if rejections.path.exists():
            written.append(rejections.path)
    return written


def _rejections_path(source: Source, folder: Path) -> Path:
    """Beside the file; in `folder` for standard input and for a file on read-only ground."""
    name, place = source.path.name, source.path.parent
    if source.standard_input or not os.access(place, os.W_OK):
        name, place = "stdin" if source.standard_input else name, folder
        folder.mkdir(parents=True, exist_ok=True)
    return place / f"{name}.rejected.jsonl"


def _credential(home: Path, endpoint: str | None, username: str | None, password: str | None) -> tuple[str, str, str]:
    """Endpoint, username and password as given, else of the instance in `home`; ValueError where neither is there."""
    given = (endpoint, username, password)
    if not all(given):
        path = home / "credentials.json"
        if not path.exists():
            raise ValueError(
                f"{path} is not there: `sh lrs up` starts an instance; or give endpoint, username and password"
            )
        kept = json.loads(path.read_text(encoding="utf-8"))
        given = (endpoint or kept["endpoint"], username or kept["username"], password or kept["password"])
    return str(given[0]), str(given[1]), str(given[2])

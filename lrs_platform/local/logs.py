"""`lrs logs`: the last lines of the processes' logs, and following them."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lrs_platform.local.instance import Instance, StartError

LINES = 100
TAIL_BYTES = 65536


def show_logs(instance: Instance, name: str | None, *, follow: bool) -> int:
    """Print the end of the log of `name`, or of all; with `follow` go on until interrupted. Raises StartError."""
    paths = sorted(instance.logs.glob("*.log"))
    if name is not None:
        known = ", ".join(path.stem for path in paths) or "none yet"
        paths = [path for path in paths if path.stem == name]
        if not paths:
            raise StartError(f"there is no log of {name!r} in {instance.logs} (there: {known})")
    if not paths:
        raise StartError(f"there are no logs in {instance.logs}: `sh lrs up` starts the platform")
    width = max(len(path.stem) for path in paths) if len(paths) > 1 else 0
    ends = {path: _print_end(path, width, LINES if len(paths) == 1 else 15) for path in paths}
    try:
        while follow:
            time.sleep(0.3)
            for path, end in ends.items():
                ends[path] = _print_from(path, end, width)
    except KeyboardInterrupt:
        return 0
    return 0


def _print_end(path: Path, width: int, lines: int) -> int:
    end = path.stat().st_size
    with path.open("rb") as log:
        log.seek(max(0, end - TAIL_BYTES))
        _print(path, log.read(end).splitlines()[-lines:], width)
    return end


def _print_from(path: Path, end: int, width: int) -> int:
    """Print what came after `end`, whole lines only; where the log was cut off (rotation), from its beginning."""
    size = path.stat().st_size
    with path.open("rb") as log:
        log.seek(end if size >= end else 0)
        start, new = log.tell(), log.read()
    whole = new[: new.rfind(b"\n") + 1]
    _print(path, whole.splitlines(), width)
    return start + len(whole)


def _print(path: Path, lines: list[bytes], width: int) -> None:
    prefix = f"{path.stem:<{width}} | " if width else ""
    for line in lines:
        sys.stdout.write(f"{prefix}{line.decode(errors='replace')}\n")
    sys.stdout.flush()

"""Turning what a process printed before it died into one line that says what to do: causes people really meet."""

from __future__ import annotations

import re
from pathlib import Path

# Debian's names of the packages that hold the libraries which wheels take for granted.
DEBIAN_PACKAGES = {
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libatomic.so.1": "libatomic1",
    "libgomp.so.1": "libgomp1",
    "libssl.so.3": "libssl3",
}
SAYS_ERROR = re.compile(r"\b(FATAL|PANIC|ERROR|CRITICAL|\w*Error)\b")
MISSING_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")


def known_cause(name: str, output: str) -> str | None:
    """One line for a cause that a restart does not heal, or None. `name` is the process that printed `output`."""
    library = MISSING_LIBRARY.search(output)
    if library:
        package = DEBIAN_PACKAGES.get(library[1])
        remedy = f"Debian: apt-get install {package}" if package else "install the package that holds it"
        return f"{name} needs the shared library {library[1]}, which this machine lacks: {remedy}"
    if "No space left on device" in output:
        return f"{name} cannot write: the disk is full; free some space and start again"
    return None


def tail(path: Path, size: int = 4000) -> str:
    """The last `size` bytes of a log file, "" where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def last_words(path: Path) -> str:
    """The last line of a log file that speaks of an error, else its last line."""
    lines = [line.strip() for line in tail(path).splitlines() if line.strip()]
    errors = [line for line in lines[-20:] if SAYS_ERROR.search(line)]
    return (errors or lines or ["it printed nothing"])[-1]

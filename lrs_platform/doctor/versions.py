"""Versions: Python, the packages against the lock file, Node, DBHub. The database servers say theirs themselves
(database.py, log.py).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from lrs_platform import __version__
from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.local.dbhub_package import package_of
from lrs_platform.local.instance import IS_CHECKOUT, ROOT
from lrs_platform.mcp_servers.dbhub.launch import ENTRY, DbHubMissing, node

PYTHONS = ((3, 11), (3, 13))  # oldest and newest, pyproject.toml
OLDEST_NODE = (22, 5)  # DBHub 1.4; on Node 20 npm silently installs 0.21
INSTALLERS = frozenset({"pip", "setuptools"})  # a virtual environment brings its own, and nothing of ours uses them
NAMED = 4  # packages in one line
INSTALL_AGAIN = (
    "`sh lrs --help` installs what the lock names"
    if IS_CHECKOUT
    else "install with `pip install --no-deps --require-hashes -r requirements.lock` first,"
    " or try whether it works as it is"
)


def examine(subject: Subject) -> Iterator[Finding]:
    """Everything that was installed."""
    yield ok("lrs_platform", f"{__version__}, {'a checkout' if IS_CHECKOUT else 'installed'} in {ROOT}")
    yield python_finding(sys.version_info[:3])
    yield packages_finding((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    if subject.given is None or not subject.given.mcp_dbhub_url:
        yield node_finding()
        yield dbhub_finding(subject)


def python_finding(running: tuple[int, ...]) -> Finding:
    """Whether this Python is one that the lock file was made for."""
    told = ".".join(map(str, running))
    if PYTHONS[0] <= running[:2] <= PYTHONS[1]:
        return ok("python", told)
    return fail("python", f"{told} is none that the packages are locked for", "install Python 3.11, 3.12 or 3.13")


def packages_finding(lock: str) -> Finding:
    """Whether the packages are those of the lock file, of which every line that holds for this Python counts."""
    wanted = locked(lock)
    other, missing = [], []
    for name, number in wanted.items():
        if name in INSTALLERS:
            continue
        try:
            there = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        if there != number:
            other.append(f"{name} {there} (lock: {number})")
    if missing and IS_CHECKOUT:  # what pip installs is without the extras that were not asked for
        return fail("packages", f"{len(missing)} are missing: {_first(missing)}", INSTALL_AGAIN)
    if other:
        return warn("packages", f"{len(other)} of {len(wanted)} are not as locked: {_first(other)}", INSTALL_AGAIN)
    return ok("packages", f"{len(wanted) - len(missing)} as locked")


def locked(lock: str) -> dict[str, str]:
    """Versions by name, of the lines of a lock file whose markers hold for this Python and system."""
    from packaging.requirements import Requirement

    wanted = {}
    for line in lock.splitlines():
        if not line or line.startswith((" ", "#", "-")):
            continue
        requirement = Requirement(line.rstrip(" \\"))
        if requirement.marker is None or requirement.marker.evaluate():
            wanted[requirement.name] = next(iter(requirement.specifier)).version
    return wanted


def node_finding() -> Finding:
    """Whether DBHub has a Node that is new enough."""
    try:
        program = node()
    except DbHubMissing as error:
        return fail("node", "there is none, so DBHub cannot run", str(error))
    done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False, timeout=30)
    number = done.stdout.strip().removeprefix("v")
    if tuple(int(part) for part in re.findall(r"\d+", number)[:2]) < OLDEST_NODE:
        return fail("node", f"{number or 'none that runs'} at {program}", "install Node 22.5 or newer for DBHub")
    return ok("node", number)


def dbhub_finding(subject: Subject) -> Finding:
    """Whether the installed DBHub is the one of its lock file."""
    given = subject.given
    named = given is not None and "dbhub_package" in given.model_fields_set
    package = (ROOT / given.dbhub_package) if given and named else package_of(subject.instance)
    wanted = json.loads((ROOT / "deploy" / "dbhub" / "package.json").read_text(encoding="utf-8"))
    number = wanted["dependencies"]["@bytebase/dbhub"]
    try:
        description = (package / ENTRY).parents[1] / "package.json"
        there = json.loads(description.read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError):
        return fail(
            "dbhub", f"is not installed in {package}", "`lrs up` installs it; offline: npm ci in that directory"
        )
    if there != number:
        return warn("dbhub", f"{there}, {number} is wanted", f"npm ci in {package}")
    return ok("dbhub", there)


def _first(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more

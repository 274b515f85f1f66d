"""`lrs test`: the test suite against an instance of its own, on ports of its own, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lrs_platform.contracts.test_history import keep as keep_report
from lrs_platform.local.control import FINE, start, stop
from lrs_platform.local.display import say
from lrs_platform.local.instance import IS_CHECKOUT, ROOT, Instance, StartError, free_block, open_instance
from lrs_platform.local.postgres import remove_state

FIRST_PORT = 18800
HOME = ROOT / ".lrs-test"
REPORTS = HOME / "reports"


def run_suite(arguments: Sequence[str]) -> int:
    """Start, run pytest with `arguments`, stop; pytest's exit status, or 2 where the platform did not start.

    The state is made anew each time, unless LRS_TEST_KEEP is set: then it is kept, and the instance runs on.
    """
    if not IS_CHECKOUT:
        raise StartError("the tests are not in the package: take a checkout of the project")
    keep = bool(os.environ.get("LRS_TEST_KEEP"))
    old = Instance(HOME, FIRST_PORT)
    _end_those_beside()
    if not keep:
        stop(old)
        remove_state(old)
        _remove_all_but_reports()
    os.environ["LRS_HOME"] = str(HOME)
    kept_port = keep and (HOME / "credentials.json").exists()
    try:
        if start(HOME, None if kept_port else free_block(FIRST_PORT), detach=True, demo=False, addresses=False) != FINE:
            say("the tests were not run, because the platform is not healthy", error=True)
            return 2
        try:
            return subprocess.run(_pytest(arguments), cwd=ROOT, check=False).returncode
        finally:
            keep_report(REPORTS, ROOT)
    finally:
        _end_those_beside()
        if not keep:
            stop(old)


def home_beside(home: Path, worker: str) -> Path:
    """The home of the instance that another worker of pytest-xdist starts for its tests, beside the first one's."""
    return home.with_name(f"{home.name}-{worker}")


def _end_those_beside() -> None:
    """What a worker that died has left running."""
    for home in HOME.parent.glob(home_beside(HOME, "gw*").name):
        instance = open_instance(home)
        stop(instance)
        remove_state(instance)


def _remove_all_but_reports() -> None:
    """The history of reports outlives the instances that they are about."""
    for path in HOME.iterdir() if HOME.exists() else ():
        if path.is_dir() and not path.is_symlink():
            if path != REPORTS:
                shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    for last in (REPORTS / "ctrf.json", REPORTS / "junit.xml"):
        last.unlink(missing_ok=True)  # a run that dies must not be taken for the one before


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [
        sys.executable,
        "-m",
        "pytest",
        f"--ctrf={REPORTS / 'ctrf.json'}",
        f"--junitxml={REPORTS / 'junit.xml'}",
        *arguments,
    ]

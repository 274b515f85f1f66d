"""A Chromium, where the machine has one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from lrs_platform_tests.conftest import HOME

QUIET = (
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """The system's Chromium; playwright's own would have to be downloaded. Its event loop stays in this thread until it
    ends, and no other can run then.
    """
    found = os.environ.get("LRS_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("needs a Chromium: apt-get install chromium, or LRS_CHROMIUM=/path")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser for the tests of this package."""
    with running_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def reports() -> Path:
    """Where screenshots go: reports/ in the home of `sh lrs test`, whichever instance they are of."""
    assert HOME is not None
    directory = Path(HOME) / "reports"
    directory.mkdir(parents=True, exist_ok=True)
    return directory

"""The tutorial and the how-tos do what they say: their commands, run as written, print what the page shows.

They run on the instance under test. docs/how-to/write-a-mart.md has a test of its own: learning/test_a_new_mart.py.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lrs_platform.gateway.credential_store import remove_credential
from lrs_platform.local.instance import ROOT
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.pages import DOCS, Block, blocks

PAGES = [
    "tutorial.md",
    *sorted(f"how-to/{page.name}" for page in (DOCS / "how-to").glob("*.md") if page.stem != "write-a-mart"),
]
CREDENTIALS = ("7taps", "moodle", "lms")
MARK = "<<< block {} >>>"
# What a page takes for granted and a test does not have: the clone as the working directory, its home, its ports.
PRELUDE = """\
set -euo pipefail
sh() { if [ "$1" = lrs ]; then shift; command sh "$CLONE/lrs" "$@"; else command sh "$@"; fi; }
"""


def script(page: str, platform: Platform) -> str:
    """All commands of a page as one script, which tells the blocks apart in what it prints."""
    parts = [
        f"{block.text}echo '{MARK.format(number)}'"
        for number, block in enumerate(blocks(page))
        if block.language == "sh"
    ]
    text = PRELUDE + "\n".join(parts)
    text = text.replace("http://127.0.0.1:8000", platform.urls["gateway"]).replace(".lrs/", f"{platform.home}/")
    return text.replace("http://127.0.0.1:8001", platform.urls["dagster"])


def shown(page: str) -> list[tuple[int, Block]]:
    """Blocks of output, each with the number of the block of commands before it."""
    found, last = [], 0
    for number, block in enumerate(blocks(page)):
        if block.language == "sh":
            last = number
        elif block.language == "text":
            found.append((last, block))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page: str, platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "lrs_platform").symlink_to(ROOT / "lrs_platform")
    environment = {**os.environ, "CLONE": str(ROOT), "LRS_HOME": str(platform.home)}
    for name in CREDENTIALS:  # of an earlier run on this instance
        asyncio.run(remove_credential(platform.redis_url, name))
    for block in blocks(page):
        if block.title:
            block.write(tmp_path)
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "-c", script(page, platform)],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    for number, block in shown(page):
        output = done.stdout.partition(MARK.format(number))[0].rpartition("<<< block ")[2]
        assert block.missing_in(output) == [], output


def test_every_page_of_the_how_tos_has_commands_that_are_run() -> None:
    assert [page for page in PAGES if not any(block.language == "sh" for block in blocks(page))] == []

"""`python -m lrs_platform_tests.screenshots`: the README's pictures, taken anew from a simulated company.

Belongs here: what is shown and how large it is. Not here: tests of pages (browser/). It wants an instance that runs and
may be filled (`LRS_HOME=... sh lrs up --detach`), and a Chromium; it writes docs/images/NAME.png.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Page, ViewportSize, expect

from lrs_platform.local.credentials import load_credentials
from lrs_platform.local.display import say
from lrs_platform.local.instance import open_instance
from lrs_platform_tests.browser.conftest import running_chromium

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
LARGEST = 250_000  # bytes of a picture
SIZE: ViewportSize = {"width": 1280, "height": 800}
DAYS, LEARNERS, LESSONS = 42, 125, 10
PATIENCE = 60_000  # ms
MARTS_SECONDS = 180.0
QUESTION = "Completion rate by team"
SQL = """select lesson, opened, completed
from report.lesson_funnel
where cohort_id = 0
order by opened desc
limit 10"""


def fill() -> None:
    """A company of its own, up to now, comes in as everything does: by the command line."""
    start = datetime.now(UTC).date() - timedelta(days=DAYS - 1)
    with TemporaryDirectory() as folder:
        _lrs("simulate", "--out", folder, "--seed", "11", "--learners", str(LEARNERS), "--days", str(DAYS),
             "--lessons", str(LESSONS), "--start", start.isoformat(), "--clean")  # fmt: skip
        _until_now(Path(folder, "statements.jsonl.gz"))
        _lrs("import", "roster", f"{folder}/roster.csv")
        _lrs("import", "lessons", f"{folder}/lessons.csv")
        _lrs("import", "lessons", f"{folder}/schedule.csv")
        _lrs("send", f"{folder}/statements.jsonl.gz")


def _until_now(path: Path) -> None:
    """Without what happens later today."""
    now = datetime.now(UTC)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line for line in file if datetime.fromisoformat(json.loads(line)["timestamp"]) <= now]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(lines)


def _lrs(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "lrs_platform.cli", *arguments], check=True)


def front(page: Page) -> None:
    """Today's figures."""
    page.goto("/ui")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def report(page: Page) -> None:
    """A report with its chart."""
    page.goto("/ui/reports/lesson_funnel")
    expect(page.locator(".report-chart svg")).to_be_visible(timeout=PATIENCE)


def terminal(page: Page) -> None:
    """A query with its chart."""
    page.goto("/ui/db-terminal?view=terminal")
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(SQL)
    page.locator("#run").click()
    expect(page.locator("#told b")).to_contain_text("row", timeout=PATIENCE)
    page.get_by_role("tab", name="Chart").click()
    expect(page.locator("#chart svg")).to_be_visible(timeout=PATIENCE)


def question(page: Page) -> None:
    """A question, its reading and its answer."""
    page.goto("/ui/nlp-query")
    page.locator("#question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Completion rate", timeout=PATIENCE)


def streaming(page: Page) -> None:
    """Statements on their way from the log to Postgres."""
    page.goto("/ui/test-etl-streaming?format=html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("ok", timeout=PATIENCE)


def mart(page: Page) -> None:
    """One mart in Dagster."""
    page.goto("/assets/lesson_funnel?view=overview")
    expect(page.get_by_text("Description").first).to_be_visible()
    page.wait_for_timeout(3_000)  # its parts come one by one


def graph(page: Page) -> None:
    """Dagster's graph of the marts."""
    page.goto("/locations/lrs_platform/asset-groups/learning/lineage")
    page.wait_for_timeout(8_000)  # it lays the graph out in a worker, and says nowhere that it is done


PICTURES: dict[str, Callable[[Page], None]] = {
    "front-page": front,
    "report": report,
    "terminal": terminal,
    "question": question,
    "streaming-page": streaming,
}
DAGSTERS: dict[str, Callable[[Page], None]] = {"asset-graph": graph, "dagster-asset": mart}


def main() -> int:
    """Fill the instance, take the pictures; exit status 1 where one is larger than the README should carry."""
    instance = open_instance(Path(os.environ.get("LRS_HOME", ".lrs")))
    credentials = load_credentials(instance)
    if "--filled" not in sys.argv:
        fill()
        _wait_for_marts(credentials.urls["gateway"], credentials.admin_token, datetime.now(UTC).date())
    with running_chromium() as browser:
        for address, pictures in (
            (credentials.urls["gateway"], PICTURES),
            (credentials.urls["dagster"], DAGSTERS),
        ):
            page = browser.new_page(base_url=address, viewport=SIZE, color_scheme="light")
            page.set_default_timeout(PATIENCE)
            if address == credentials.urls["gateway"]:
                page.goto(f"/login?token={credentials.admin_token}")
            for name, show in pictures.items():
                show(page)
                page.screenshot(path=IMAGES / f"{name}.png")
    sizes = {name: (IMAGES / f"{name}.png").stat().st_size for name in (*PICTURES, *DAGSTERS)}
    for name, size in sizes.items():
        say(f"{name}: {size / 1000:.0f} kB{' - too large' if size > LARGEST else ''}")
    return int(max(sizes.values()) > LARGEST)


def _wait_for_marts(gateway: str, token: str, today: date) -> None:
    """Until a report has what was sent."""
    deadline = time.monotonic() + MARTS_SECONDS
    with httpx.Client(base_url=gateway, headers={"authorization": f"Bearer {token}"}, trust_env=False) as client:
        while time.monotonic() < deadline:
            answer = client.get("/api/reports/lesson_funnel", params={"page_size": 50})
            if answer.status_code == 200 and len(answer.json().get("rows", [])) >= LESSONS:
                return
            time.sleep(2)
    raise TimeoutError(f"the reports do not have the company of {today} after {MARTS_SECONDS:.0f} s")


if __name__ == "__main__":
    sys.exit(main())

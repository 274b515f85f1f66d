"""Every reminder arrives once, whatever is killed whenever: real servers, a real SMTP server, SIGKILL.

The short round is part of the suite; LRS_TEST_MAILS=5000 makes it the long one (docs/outreach.md has its result).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from lrs_platform.local.credentials import load_secrets
from lrs_platform.local.instance import ROOT
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.gateway.conftest import free_port
from lrs_platform_tests.mcp.conftest import Server, server_of
from lrs_platform_tests.outreach.office import LESSONS, MONDAY, ROSTER, TUESDAY, decided_in
from lrs_platform_tests.outreach.sink import copies, received
from lrs_platform_tests.roster.company import Company, company_in

MAILS = int(os.environ.get("LRS_TEST_MAILS", "200"))
VICTIMS = ["mail", "pass", "warehouse", "mail and pass", "mail"] if MAILS >= 1000 else ["mail", "pass", "warehouse"]


@dataclass
class Post:
    """Warehouse and mail server of a test's own, the instance's sandbox, and an SMTP server that nobody kills."""

    company: Company
    warehouse: Server
    mail: Server
    maildir: Path
    environment: dict[str, str]

    def pass_begins(self, minutes: float) -> subprocess.Popen[bytes]:
        now = TUESDAY + timedelta(minutes=minutes)
        command = [sys.executable, "-m", "lrs_platform_tests.outreach.running", now.isoformat()]
        return subprocess.Popen(command, env=self.environment, cwd=ROOT, stderr=subprocess.DEVNULL)

    def begin(self, server: Server) -> None:
        """Start a server and do not wait for it: what needs it has to cope."""
        with server.log.open("ab") as log:
            server.process = subprocess.Popen(
                [sys.executable, "-m", f"lrs_platform.mcp_servers.{server.name}"],
                env=server.environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def is_healthy(self) -> bool:
        """Whether both servers are at work."""
        try:
            return all(server.health().status_code == 200 for server in (self.warehouse, self.mail))
        except httpx.TransportError:
            return False

    def arrived(self) -> int:
        return len(os.listdir(self.maildir / "new"))  # noqa: PTH208, many times a second

    def states(self) -> dict[str, int]:
        rows = self.company.rows("select state, count(*) as n from outreach.reminder group by state")
        return {row["state"]: row["n"] for row in rows}


@contextmanager
def sink_process(maildir: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "lrs_platform_tests.outreach.sink", str(port), str(maildir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield port
        finally:
            process.kill()


@pytest.fixture
def post(platform: Platform, tmp_path: Path) -> Iterator[Post]:
    secrets = load_secrets(platform.instance)
    people = "".join(f"N{number},L,n{number}@example.com,Engines,,UTC,\n" for number in range(MAILS - 3))
    for company in company_in(platform):
        company.roster(ROSTER + people)
        company.lessons(LESSONS)
        company.refresh(MONDAY)
        maildir = tmp_path / "arrived"
        with sink_process(maildir) as port:
            settings = {
                "LRS_SMTP_HOST": "127.0.0.1",
                "LRS_SMTP_PORT": str(port),
                "LRS_SMTP_SECURITY": "none",
                "LRS_MAIL_FROM": "Learning <learning@example.com>",
                "LRS_MAIL_ALLOWED_RECIPIENTS": "@example.com",
                "LRS_MAIL_PER_SECOND": "0",
                "LRS_MAIL_CONNECTIONS": "8",
                "LRS_MAIL_LEDGER": str(tmp_path / "ledger.sqlite"),
                "LRS_MAIL_LOOKUP": str(maildir),
                "LRS_MAIL_SETTLE_SECONDS": "1",
            }
            warehouse = server_of(
                "warehouse", platform.instance, {"LRS_DATABASE_URL": company.writer}, port=free_port()
            )
            mail = server_of("mail", platform.instance, settings, port=free_port())
            environment = {
                **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
                "LRS_MCP_WAREHOUSE_URL": warehouse.url,
                "LRS_MCP_WAREHOUSE_TOKEN": warehouse.token,
                "LRS_MCP_MAIL_URL": mail.url,
                "LRS_MCP_MAIL_TOKEN": mail.token,
                "LRS_MCP_PYTHON_URL": platform.urls["python"],
                "LRS_MCP_PYTHON_TOKEN": secrets.python_token,
            }
            made = Post(company, warehouse, mail, maildir, environment)
            made.begin(warehouse)
            made.begin(mail)
            wait_for(made.is_healthy, 300, "both servers are at work")
            yield made
            warehouse.stop()
            mail.stop()


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_every_reminder_arrives_once_although_everything_is_killed(
    post: Post, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(20260303)  # the moments still differ: they depend on how quick the machine is
    begun = time.monotonic()
    assert decided_in(post.company)["planned"] == MAILS
    moments = sorted(dice.randrange(MAILS // 20, MAILS * 9 // 10) for _ in VICTIMS)
    victims = dice.sample(VICTIMS, len(VICTIMS))
    minutes = 0.0
    sending = post.pass_begins(minutes)
    while True:
        if moments and post.arrived() >= moments[0]:
            moments.pop(0)
            victim = victims.pop()
            for server in (post.mail, post.warehouse):
                if server.name in victim:
                    server.kill()
                    post.begin(server)
            if "pass" in victim:
                sending.kill()
        if sending.poll() is not None and post.is_healthy():
            states = post.states()
            if set(states) == {"sent"}:
                break
            assert time.monotonic() - begun < 800, f"not within 800 s: {states}"
            minutes += 1.1  # as the next tick of the schedule
            sending = post.pass_begins(minutes)
        time.sleep(0.02)
    seconds = time.monotonic() - begun
    counted = copies(post.maildir)
    record_property("mails", MAILS)
    record_property("seconds", round(seconds, 1))
    sys.stderr.write(f"\n{MAILS} mails, killed {len(VICTIMS) - len(moments)} times, {seconds:.0f} s\n")
    assert moments == [], "all of the kills happened on the way"
    assert len(counted) == MAILS
    assert set(counted.values()) == {1}
    recipients = {message["To"] for message in received(post.maildir)}
    assert len(recipients) == MAILS
    assert post.states() == {"sent": MAILS}

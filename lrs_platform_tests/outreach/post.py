"""Warehouse and mail server of a test's own with an SMTP server behind them, to be killed at will."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from lrs_platform.local.credentials import load_secrets
from lrs_platform.local.instance import ROOT
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.gateway.conftest import free_port
from lrs_platform_tests.mcp.conftest import Server, server_of
from lrs_platform_tests.outreach.office import TUESDAY
from lrs_platform_tests.roster.company import Company, company_in


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


def post_of(platform: Platform, directory: Path, roster: str, lessons: str, as_of: datetime) -> Iterator[Post]:
    """Everything started, for a company with these people and lessons."""
    secrets = load_secrets(platform.instance)
    for company in company_in(platform):
        company.roster(roster)
        company.lessons(lessons)
        company.refresh(as_of)
        maildir = directory / "arrived"
        with sink_process(maildir) as port:
            settings = {
                "LRS_SMTP_HOST": "127.0.0.1",
                "LRS_SMTP_PORT": str(port),
                "LRS_SMTP_SECURITY": "none",
                "LRS_MAIL_FROM": "Learning <learning@example.com>",
                "LRS_MAIL_ALLOWED_RECIPIENTS": "@example.com",
                "LRS_MAIL_PER_SECOND": "0",
                "LRS_MAIL_CONNECTIONS": "8",
                "LRS_MAIL_LEDGER": str(directory / "ledger.sqlite"),
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

"""Settings: values that are none, variables that nobody reads, settings that contradict each other, files that are not
there. Nothing is asked of a server here.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.local.instance import StartError
from lrs_platform.local.processes import PROCESSES, chosen_processes
from lrs_platform.settings import Settings

PART = "settings"
# Variables that are no settings: options of commands, the launcher's, the test suite's.
OF_COMMANDS = frozenset(
    {
        "LRS_PYTHON",
        "LRS_TEST_KEEP",
        "LRS_SEND_USERNAME",
        "LRS_SEND_PASSWORD",
        "LRS_BENCH_USER",
        "LRS_BENCH_PASSWORD",
        "LRS_BACKUP_PASSPHRASE",
    }
)
TICK_SECONDS = 5.0  # Dagster starts the next tick of a sensor after so long
PATHS = (
    "sources_file",
    "retention_file",
    "mappings_dir",
    "reminder_templates",
    "smtp_certificates",
    "mail_returned",
)


def examine(subject: Subject) -> Iterator[Finding]:
    """What the environment says."""
    found = [*unknown_variables(os.environ)]
    for variable, problem in subject.problems:
        found.append(fail(PART, f"{variable}: {problem}", "correct it, or unset it for its default"))
    if subject.given is not None:
        found += contradictions(subject.given)
        found += missing_files(subject.given)
    yield from found
    if not found:
        count = len(subject.given.model_fields_set - {"home"}) if subject.given else 0
        yield ok(PART, f"{count} set, the others are defaults")


def unknown_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables with our prefix that nobody reads: most are misspelt."""
    known = {f"LRS_{name.upper()}" for name in Settings.model_fields} | OF_COMMANDS
    prefixes = tuple(prefix for process in PROCESSES.values() for prefix in process.passes)
    for name in sorted(environment):
        if name.upper().startswith("LRS_") and name.upper() not in known and not name.startswith(prefixes):
            close = difflib.get_close_matches(name.upper(), known, n=1)
            advice = f"{close[0]} is meant?" if close else "docs/operations.md lists them all; unset it"
            yield warn(PART, f"nobody reads {name}", advice)


def contradictions(given: Settings) -> Iterator[Finding]:
    """Settings that cannot both be meant."""
    try:
        chosen_processes(given)
    except StartError as error:
        yield fail(PART, str(error), "set it, or unset the other")
    yield from _login(given)
    yield from _mail(given)
    if given.tick_budget_seconds >= TICK_SECONDS:
        told = f"LRS_TICK_BUDGET_SECONDS is {given.tick_budget_seconds:g}, and Dagster starts a tick every 5 s"
        yield warn(PART, told, "stay below 5: ticks that overlap wait for each other")
    if given.test_load_delay_ms:
        yield warn(PART, f"LRS_TEST_LOAD_DELAY_MS delays each load by {given.test_load_delay_ms} ms", "unset it")
    if given.llm is None and (given.llm_api_key or given.llm_url):
        yield warn(PART, "LRS_LLM_API_KEY or LRS_LLM_URL is set, LRS_LLM is not", "set LRS_LLM, or unset the others")
    if "*" in given.cors_origins:
        told = "LRS_CORS_ORIGINS has a *: pages of any site may use a credential that they were given"
        yield warn(PART, told, "name the origins of your courses")


def missing_files(given: Settings) -> Iterator[Finding]:
    """Files and directories that are named and not there."""
    for name in PATHS:
        path: Path | None = getattr(given, name)
        if path is not None and not path.exists():
            yield fail(PART, f"LRS_{name.upper()} names {path}, which is not there", "make it, or unset the variable")


def _login(given: Settings) -> Iterator[Finding]:
    if given.oidc_client_id and not given.oidc_issuer:
        yield fail(PART, "LRS_OIDC_CLIENT_ID is set, LRS_OIDC_ISSUER is not", "set both: docs/login.md")
    if given.oidc_issuer and not given.oidc_client_id and not given.oidc_audience:
        told = "LRS_OIDC_ISSUER is set, and neither LRS_OIDC_CLIENT_ID nor LRS_OIDC_AUDIENCE"
        yield fail(PART, told, "set the client for logins of people, the audience for tokens of clients")
    if given.oidc_client_id and not given.public_url:
        told = "LRS_OIDC_CLIENT_ID is set, LRS_PUBLIC_URL is not"
        yield warn(PART, told, "set it: the provider sends people back to the address that a request names otherwise")
    if given.public_url:
        parts = urlsplit(given.public_url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            yield fail(PART, "LRS_PUBLIC_URL is no web address", "write it as https://lrs.example.com")
        elif parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
            told = "LRS_PUBLIC_URL begins with http: passwords and cookies cross the net in clear"
            yield warn(PART, told, "put a proxy with TLS before the gateway: docs/operations.md")


def _mail(given: Settings) -> Iterator[Finding]:
    if given.reminder_from >= given.reminder_until:
        yield fail(PART, "LRS_REMINDER_FROM is not before LRS_REMINDER_UNTIL", "no mail would ever go out: correct one")
    if given.smtp_username and not given.smtp_password and given.reminders == "on":
        yield fail(PART, "LRS_SMTP_USERNAME is set, LRS_SMTP_PASSWORD is not", "set both or neither")
    if given.reminders != "on" and given.smtp_host:
        yield warn(
            PART, f"LRS_SMTP_HOST is set and LRS_REMINDERS is {given.reminders}", "nothing is sent until it is on"
        )

"""No secret is in the repository: every tracked file is searched for what keys, tokens and passwords look like."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# By form: what the makers of each token say that it looks like.
FORMS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/=]{20}",
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{80,}\b",
    "GitLab token": r"\bglpat-[\w-]{20}\b",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{20,}\b",
    "key of a chat model": r"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}\b",
    "Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "PyPI token": r"\bpypi-[A-Za-z0-9_-]{50,}\b",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "URL with a password": r"\b(?:postgres(?:ql)?|redis|rediss|amqp|smtp|https?)://[^\s/:@{}<>$'\"]*:"
    r"(?P<password>[^\s/@{}<>$'\"]{6,})@",
    "password as a value": r"(?i)(?:password|passwd|secret|token|api_?key)[\"']?\s*[:=]\s*[\"']"
    r"(?P<password>[A-Za-z0-9+/_-]{20,})[\"']",
}
# Passwords that are plainly none: words of documentation and of tests, and long names with a meaning.
NO_SECRET = re.compile(
    r"(?i)^(?:password|secret|token|correct|wrong|other|hunter|example|of-the|token-of|p%40ss|change)|^[a-z]+(?:[_-][a-z]+)+$"
)
# Files of others, checksums, and signatures of keys that were thrown away.
LEFT_OUT = (
    "lrs_platform/gateway/static/vendor/", "lrs_platform_tests/browser/vendor/", "lrs_platform_tests/fuzz/corpus/",
)  # fmt: skip
LOCKS = {"package-lock.json", "requirements.lock"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout of git")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def secrets_in(text: str) -> list[str]:
    """What in `text` looks like a secret, by kind."""
    found = []
    for kind, form in FORMS.items():
        for match in re.finditer(form, text):
            if not NO_SECRET.search(match.groupdict().get("password") or match.group()):
                found.append(f"{kind}: {match.group()[:40]}")
    return found


def test_no_tracked_file_holds_a_secret() -> None:
    found = []
    files = [path for path in tracked() if not str(path.relative_to(ROOT)).startswith(LEFT_OUT)]
    assert len(files) > 300
    for path in files:
        if path.name in LOCKS or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(ROOT)}: {secret}" for secret in secrets_in(text)]
    assert found == []


def test_no_file_is_tracked_that_is_made_to_hold_secrets() -> None:
    names = [str(path.relative_to(ROOT)) for path in tracked()]
    closed = re.compile(
        r"(?:^|/)(?:\.env|credentials\.json|secrets\.json|[^/]*\.(?:pem|key|p12|pfx))$|^deploy/secrets/"
    )
    assert [name for name in names if closed.search(name)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "AKIA" + "Z" * 16,
        "ghp_" + "a1" * 18,
        "postgresql://writer:" + "k3Jx9qLm2Pzz" + "@db/lrs",
        "-----BEGIN " + "RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bqZ",
        "SMTP_PASSWORD" + ' = "' + "Zk3Jx9qLm2Pzz8Qa7Ws" + '1x"',
        '"admin_token"' + ': "' + "Zk3Jx9qLm2Pzz8Qa7Ws" + '1x"',
    ],
)
def test_a_planted_secret_would_be_found(planted: str) -> None:
    assert secrets_in(f"x = {planted}\n")

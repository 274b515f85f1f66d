"""The words: declared fields, one's own templates first, and nothing that a name could do to a mail. In the sandbox."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_client import McpClient
from lrs_platform.mcp_servers.mail.message import Sender, compose
from lrs_platform.outreach.rendering import Mail, Wording, render_reminders
from lrs_platform.outreach.sending import list_headers
from lrs_platform.outreach.templates import TemplateFault, check, find
from lrs_platform_tests.conftest import Platform

HOSTILE = [
    "Ada\r\nBcc: eve@example.com",
    "Ada\nSubject: other",
    "Ada\u2028Bcc: eve@example.com",
    "Ada\x00\x1b[31m",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{unsubscribe_url}}",
    "{{nobody}}",
    "Ada & Ben's",
]
ROW: dict[str, Any] = {
    "to": "ada@example.com", "first_name": "Ada", "name": "Ada Lovelace", "lesson": "Fire safety",
    "lesson_url": "https://7taps.example/fire", "due_on": "2026-03-02", "overdue_days": 1, "reason": "not_opened",
    "others": 0, "cohort": "Engines", "language": "", "token": "abc.def",
}  # fmt: skip
OWN = """\
fields: [first_name, unsubscribe_url]
subject: "For {{first_name}}"
text: "Ours. {{unsubscribe_url}}"
html: "<p>Ours. <a href='{{unsubscribe_url}}'>No</a></p>"
"""


def rendered(platform: Platform, *rows: dict[str, Any], own: Path | None = None) -> list[Mail]:
    async def run() -> list[Mail]:
        client = McpClient("python", platform.urls["python"], load_secrets(platform.instance).python_token)
        try:
            return await render_reminders(client, rows, Wording(own, "en", "https://learn.example.com/"))
        finally:
            await client.close()

    return asyncio.run(run())


def test_a_mail_says_what_is_to_do_and_how_to_end_it(platform: Platform) -> None:
    (mail,) = rendered(platform, ROW)
    assert mail.error == ""
    assert mail.subject == "Fire safety: a few minutes for you"
    assert "Hello Ada," in mail.text
    assert "waiting for you since 2026-03-02" in mail.text
    assert "\n\nhttps://7taps.example/fire\n\n" in mail.text
    assert mail.text.rstrip().endswith("https://learn.example.com/unsubscribe/abc.def")
    assert 'href="https://7taps.example/fire"' in mail.html
    assert 'href="https://learn.example.com/unsubscribe/abc.def"' in mail.html


@pytest.mark.parametrize("reason", ["not_opened", "opened", "started", "failed"])
@pytest.mark.parametrize("language", ["en", "de", "de-AT", "xx", "../../etc"])
def test_every_reason_has_words_in_every_language(reason: str, language: str) -> None:
    template = find("reminder", language, "Engines", None)
    assert template.sentences["reason"][reason]
    assert ("Guten Tag" in template.text) == language.startswith("de")


def test_what_is_empty_leaves_no_gap(platform: Platform) -> None:
    some, none = rendered(platform, {**ROW, "others": 4}, {**ROW, "lesson_url": "javascript:alert(1)"})
    assert "A few more lessons" in some.text
    assert "\n\n\n" not in none.text
    assert "javascript" not in none.text + none.html
    assert "Open the lesson" not in none.html


def test_a_name_is_words_and_nothing_else(platform: Platform) -> None:
    rows = [{**ROW, "first_name": each, "lesson": each, "cohort": each} for each in HOSTILE]
    for given, mail in zip(HOSTILE, rendered(platform, *rows), strict=True):
        assert mail.error == "", given
        assert mail.subject.isprintable()
        assert "<script" not in mail.html
        assert "<img" not in mail.html
        raw = compose(
            sender=Sender.of("learning@example.com"), to="ada@example.com", subject=mail.subject, text=mail.text,
            html=mail.html, headers=list_headers("https://learn.example.com/unsubscribe/x"), identifier="<a@b>",
        )  # fmt: skip
        message = message_from_bytes(raw, policy=default)
        assert message["Bcc"] is None
        assert message["To"] == "ada@example.com"
        assert message["Subject"].endswith(": a few minutes for you")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_one_s_own_templates_go_first_and_a_cohort_s_before_those(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "reminder.en.yaml").write_text(OWN)
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "reminder.en.yaml").write_text(OWN.replace("Ours", "Of Engines"))
    theirs, others = rendered(platform, ROW, {**ROW, "cohort": "Dance"}, own=tmp_path)
    assert (theirs.subject, theirs.text[:10], others.text[:5]) == ("For Ada", "Of Engines", "Ours.")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("{{first_name}}", "{{lesson}}"), "'lesson' is used and not declared"),
        (("first_name, ", "first_name, shoe_size, "), "no field shoe_size"),
        (("Ours. {{unsubscribe_url}}", "Ours."), "text has to hold {{unsubscribe_url}}"),
        (("fields:", "feilds:"), "feilds"),
        (("subject:", "subject: ["), "reminder.en.yaml"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(change: tuple[str, str], problem: str) -> None:
    with pytest.raises(TemplateFault) as fault:
        check("reminder", "reminder.en.yaml", OWN.replace(*change))
    assert problem in str(fault.value)
    assert "reminder.en.yaml" in str(fault.value)


def test_a_wrong_template_holds_back_its_mails_and_no_others(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "reminder.en.yaml").write_text(OWN.replace("{{first_name}}", "{{lesson}}"))
    wrong, right = rendered(platform, ROW, {**ROW, "cohort": "Dance"}, own=tmp_path)
    assert "not declared" in wrong.error
    assert right.error == ""

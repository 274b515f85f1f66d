"""What comes back: delivery reports and complaints as servers write them, in a Maildir and in an mbox file."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from lrs_platform.mcp_servers.mail.bounces import CameBack, raw_messages, read_returned
from lrs_platform.mcp_servers.mail.ledger import Ledger
from lrs_platform.mcp_servers.mail.server import _returned

ORIGINAL = """\
From: Learning <learning@example.com>
To: ada@example.com
Subject: Fire safety
Message-ID: <0123@example.com>

Hello Ada,
"""


def report(kind: str, machine_part: str, content_type: str, *, whole: bool = True) -> bytes:
    """A multipart/report in the form of RFC 6522: words for people, a part for machines, the mail that it is about."""
    about = "message/rfc822" if whole else "text/rfc822-headers"
    return f"""\
From: MAILER-DAEMON@relay.example.net
To: learning@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="B"

--B
Content-Type: text/plain

I'm sorry.

--B
Content-Type: {content_type}

{machine_part}
--B
Content-Type: {about}

{ORIGINAL}
--B--
""".replace("\n", "\r\n").encode()


def bounce(status: str, action: str = "failed", **options: bool) -> bytes:
    fields = f"""\
Reporting-MTA: dns; relay.example.net

Final-Recipient: rfc822; ada@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <ada@example.com>: no such user
"""
    return report("delivery-status", fields, "message/delivery-status", **options)


COMPLAINT = report(
    "feedback-report",
    "Feedback-Type: abuse\nUser-Agent: Loop/1\nVersion: 1\nOriginal-Rcpt-To: <ada@example.com>\n",
    "message/feedback-report",
)


@pytest.mark.parametrize(
    ("status", "kind"), [("5.1.1", "bounce"), ("5.7.1", "bounce"), ("5.2.2", "soft_bounce"), ("4.4.7", "soft_bounce")]
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_delivery_report_names_the_mail_and_its_recipient(status: str, kind: str, whole: bool) -> None:
    (told,) = read_returned(bounce(status, whole=whole), "mark")
    assert (told.kind, told.message_id, told.recipient) == (kind, "<0123@example.com>", "ada@example.com")
    assert told.detail.startswith(status)
    assert "ada@" not in told.detail


def test_a_report_of_a_delay_is_no_bounce() -> None:
    assert read_returned(bounce("4.4.1", action="delayed"), "mark") == []


def test_a_complaint_names_the_mail_and_its_recipient() -> None:
    assert read_returned(COMPLAINT, "mark") == [
        CameBack("mark", "complaint", "<0123@example.com>", "ada@example.com", "reported as spam")
    ]


def test_other_mail_to_the_same_box_tells_nothing() -> None:
    answer = EmailMessage()
    answer["Subject"] = "I am on holiday"
    answer.set_content("Until Monday.")
    assert read_returned(answer.as_bytes(), "mark") == []
    assert read_returned(b"", "mark") == []
    assert read_returned(b"\xff\x00 no mail at all", "mark") == []


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_each_report_is_given_out_until_it_is_taken_and_then_never_again(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "returned"
    box: mailbox.Maildir | mailbox.mbox = mailbox.Maildir(place) if kind == "maildir" else mailbox.mbox(place)
    for raw in (bounce("5.1.1"), COMPLAINT, b"Subject: hello\n\nnothing\n"):
        box.add(raw)
    box.flush()
    assert len(list(raw_messages(place))) == 3
    ledger = Ledger(tmp_path / "ledger.sqlite")
    try:
        first = _returned(ledger, place)
        assert sorted(each["kind"] for each in first["returned"]) == ["bounce", "complaint"]
        assert first["unread"] == 1
        again = _returned(ledger, place)
        assert again["returned"] == first["returned"]
        assert again["unread"] == 0
        ledger.taken(each["mark"] for each in first["returned"])
        assert _returned(ledger, place) == {"returned": [], "unread": 0}
    finally:
        ledger.close()

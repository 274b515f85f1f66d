"""The mail server against a real SMTP server: each key is one mail, whatever is cut off when; headers hold."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from lrs_platform.mcp_servers.mail.delivery import Delivery, Relay
from lrs_platform.mcp_servers.mail.ledger import Ledger, LedgerTaken
from lrs_platform.mcp_servers.mail.lookup import MaildirLookup, WebLookup
from lrs_platform.mcp_servers.mail.message import AllowList, Sender, Unsendable
from lrs_platform.mcp_servers.mail.sending import Outbox, Sent
from lrs_platform_tests.gateway.conftest import free_port
from lrs_platform_tests.outreach.sink import Sink, copies

SENDER = Sender.of("Learning <learning@example.com>", "help@example.com")


class Post:
    """A mail server of one test: started, killed and started anew on the same ledger."""

    def __init__(self, home: Path, port: int, **changes: Any) -> None:
        self.home, self.port, self.changes = home, port, changes

    def run(self, action: Callable[[Outbox], Coroutine[Any, Any, Any]]) -> Any:
        """What happens between a start and an end."""

        async def life() -> Any:
            given = {"security": "none", "timeout": 10, **self.changes.get("relay", {})}
            delivery = Delivery(
                Relay("127.0.0.1", self.port, **given), connections=4,
                per_second=self.changes.get("per_second", 0),
            )  # fmt: skip
            ledger = Ledger(self.home / "ledger.sqlite")
            outbox = Outbox(
                sender=SENDER, allowed=AllowList.of("@example.com"), ledger=ledger, delivery=delivery,
                lookup=self.changes.get("lookup"), settle_seconds=self.changes.get("settle_seconds", 0),
            )  # fmt: skip
            try:
                return await action(outbox)
            finally:
                await outbox.finish()
                await delivery.close()
                ledger.close()

        return asyncio.run(life())

    def send(self, key: str = "", **changes: Any) -> Sent:
        told: Sent = self.run(lambda outbox: send(outbox, key, **changes))
        return told


async def send(outbox: Outbox, key: str = "", **changes: Any) -> Sent:
    mail = {"to": "ada@example.com", "subject": "Fire safety", "text": "Two minutes.", "html": "", "headers": {}}
    return await outbox.send(key=key or f"key-{uuid.uuid4()}", **{**mail, **changes})


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with Sink(tmp_path / "mail", free_port()) as running:
        yield running


@pytest.fixture
def post(tmp_path: Path, sink: Sink) -> Post:
    return Post(tmp_path, sink.port)


def test_a_mail_arrives_as_it_was_given(post: Post, sink: Sink) -> None:
    headers = {"List-Unsubscribe": "<https://learn.example.com/unsubscribe/x>"}
    told = post.send(
        subject="Brändschutz – zwei Minuten", text="Hallo Zoë,\n.\nbis gleich", html="<p>ä</p>", headers=headers
    )
    assert (told["state"], told["again"]) == ("sent", False)
    (mail,) = sink.received()
    assert (mail["Subject"], mail["To"]) == ("Brändschutz – zwei Minuten", "ada@example.com")
    assert (mail["From"], mail["Reply-To"]) == ("Learning <learning@example.com>", "help@example.com")
    assert (mail["X-Envelope-From"], mail["X-Envelope-To"]) == ("learning@example.com", "ada@example.com")
    assert mail["List-Unsubscribe"] == headers["List-Unsubscribe"]
    assert mail["Message-ID"] == told["message_id"]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().splitlines() == ["Hallo Zoë,", ".", "bis gleich"]
    assert html is not None and html.get_content().strip() == "<p>ä</p>"


def test_a_key_is_one_mail_however_often_it_is_sent(post: Post, sink: Sink) -> None:
    first, again = post.send("the-same-key"), post.send("the-same-key")
    assert (first["again"], again["again"], again["state"]) == (False, True, "sent")
    assert len(sink.received()) == 1


def test_callers_who_send_one_key_together_wait_for_one_mail(post: Post, sink: Sink) -> None:
    async def together(outbox: Outbox) -> list[Sent]:
        return await asyncio.gather(*(send(outbox, "one-key-for-all") for _ in range(20)))

    assert {told["state"] for told in post.run(together)} == {"sent"}
    assert len(sink.received()) == 1


def test_a_caller_who_hangs_up_leaves_a_mail_that_is_sent_and_recorded(post: Post, sink: Sink) -> None:
    async def hang_up(outbox: Outbox) -> None:
        caller = asyncio.create_task(send(outbox, "key-of-the-impatient"))
        await asyncio.sleep(0)
        caller.cancel()

    post.run(hang_up)
    assert post.send("key-of-the-impatient")["again"] is True
    assert len(sink.received()) == 1


@pytest.mark.parametrize("code", ["550 5.1.1 no such user", "553 not here"])
def test_what_the_server_refuses_for_good_is_never_tried_again(post: Post, sink: Sink, code: str) -> None:
    sink.keeper.answers["gone@example.com"] = code
    assert post.send("key-refused", to="gone@example.com")["state"] == "refused"
    sink.keeper.answers.clear()
    told = post.send("key-refused", to="gone@example.com")
    assert (told["state"], told["again"], told["retry_after"]) == ("refused", True, None)
    assert sink.received() == []


def test_what_the_server_defers_is_sent_when_it_is_asked_again(post: Post, sink: Sink) -> None:
    sink.keeper.answers["full@example.com"] = "452 4.2.2 mailbox full"
    told = post.send("key-deferred", to="full@example.com")
    assert (told["state"], told["retry_after"]) == ("deferred", 60.0)
    sink.keeper.answers.clear()
    sink.keeper.data_answers = ["451 4.3.0 come back later"]
    assert post.send("key-deferred", to="full@example.com")["state"] == "deferred"
    assert post.send("key-deferred", to="full@example.com")["state"] == "sent"
    assert len(sink.received()) == 1


def test_a_server_that_is_away_defers(tmp_path: Path) -> None:
    told = Post(tmp_path, free_port()).send("key-nobody-there")
    assert told["state"] == "deferred"


@pytest.mark.parametrize("arrived", [True, False])
def test_without_a_lookup_a_lost_answer_stays_unknown_and_nothing_is_sent_again(
    post: Post, sink: Sink, arrived: bool
) -> None:
    sink.keeper.cut_off = ["after" if arrived else "before"]
    told = post.send("key-lost-answer")
    assert (told["state"], told["retry_after"]) == ("unknown", None)
    assert post.send("key-lost-answer")["state"] == "unknown"
    assert len(sink.received()) == arrived


def test_a_lookup_settles_what_arrived_and_sends_what_did_not(tmp_path: Path, sink: Sink) -> None:
    post = Post(tmp_path, sink.port, lookup=MaildirLookup(sink.keeper.maildir))
    sink.keeper.cut_off = ["after", "before"]
    assert post.send("key-arrived-1")["state"] == "unknown"
    assert post.send("key-got-lost-1")["state"] == "unknown"
    arrived, lost = post.send("key-arrived-1"), post.send("key-got-lost-1")
    assert (arrived["state"], arrived["again"]) == ("sent", True)
    assert (lost["state"], lost["again"]) == ("sent", False)
    assert set(copies(sink.keeper.maildir).values()) == {1}
    assert len(sink.received()) == 2


def test_a_mail_that_may_still_be_taken_over_is_not_sent_again_yet(tmp_path: Path, sink: Sink) -> None:
    post = Post(tmp_path, sink.port, lookup=MaildirLookup(sink.keeper.maildir), settle_seconds=600)
    sink.keeper.cut_off = ["before"]
    post.send("key-too-early")
    told = post.send("key-too-early")
    assert told["state"] == "unknown"
    assert told["retry_after"] is not None and 500 < told["retry_after"] <= 600


def test_a_lookup_that_cannot_say_leaves_it_open(tmp_path: Path, sink: Sink) -> None:
    nobody = WebLookup(f"http://127.0.0.1:{free_port()}/lookup")
    post = Post(tmp_path, sink.port, lookup=nobody)
    sink.keeper.cut_off = ["before"]
    post.send("key-no-telling")
    told = post.send("key-no-telling")
    assert (told["state"], told["retry_after"]) == ("unknown", 60.0)
    assert sink.received() == []


def test_sessions_are_used_again(post: Post, sink: Sink) -> None:
    async def many(outbox: Outbox) -> None:
        await asyncio.gather(*(send(outbox) for _ in range(40)))

    post.run(many)
    assert len(sink.received()) == 40
    assert sink.keeper.sessions <= 4


def test_mails_leave_at_the_given_rate_and_no_faster(tmp_path: Path, sink: Sink) -> None:
    async def many(outbox: Outbox) -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(*(send(outbox) for _ in range(11)))
        return loop.time() - begun

    assert Post(tmp_path, sink.port, per_second=20).run(many) >= 0.5


@pytest.mark.parametrize(
    "change",
    [
        {"to": "ada@example.com, bob@example.com"},
        {"to": "Ada <ada@example.com>"},
        {"to": "ada@example.com\r\nBcc: eve@example.com"},
        {"to": "eve@elsewhere.example"},
        {"to": "eve@sub.example.com"},
        {"subject": "Hello\r\nBcc: eve@example.com"},
        {"subject": "Hello\nBcc: eve@example.com"},
        {"subject": "Hello\u2028Bcc: eve@example.com"},
        {"subject": " "},
        {"text": ""},
        {"headers": {"Bcc": "eve@example.com"}},
        {"headers": {"From": "boss@example.com"}},
        {"headers": {"List-Unsubscribe": "<https://x>\r\nBcc: eve@example.com"}},
        {"headers": {"List-Unsubscribe\r\nBcc": "eve@example.com"}},
        {"key": "short"},
        {"key": "with a space in it"},
    ],
)
def test_nothing_breaks_out_of_a_header_and_nobody_else_gets_mail(
    post: Post, sink: Sink, change: dict[str, Any]
) -> None:
    with pytest.raises(Unsendable):
        post.send(**change)
    assert sink.received() == []


def test_a_second_server_on_the_same_ledger_is_refused(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(LedgerTaken):
        Ledger(tmp_path / "ledger.sqlite")
    first.close()
    Ledger(tmp_path / "ledger.sqlite").close()


def test_the_ledger_holds_no_address_and_no_text(post: Post, tmp_path: Path) -> None:
    post.send("key-of-somebody", text="A private word.")
    written = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.sqlite*"))
    assert b"key-of-somebody" in written
    assert b"ada@" not in written
    assert b"private" not in written


def test_the_way_is_encrypted_and_the_server_known(tmp_path: Path) -> None:
    """STARTTLS with a certificate that is trusted by name of its file, and a login; without trust nothing is said."""
    certificate, key = certificate_for("localhost", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, given: Any) -> AuthResult:
        seen.append((given.login, given.password))
        return AuthResult(success=given.password == b"correct horse")

    seen: list[tuple[bytes, bytes]] = []
    options = {
        "tls_context": context, "require_starttls": True, "authenticator": authenticate, "auth_required": True,
    }  # fmt: skip
    relay = {"security": "starttls", "username": "platform", "password": "correct horse"}
    with Sink(tmp_path / "mail", free_port(), **options) as sink:
        impatient = {**relay, "timeout": 1}  # a handshake that fails is noticed by its silence
        assert Post(tmp_path, sink.port, relay=impatient).send("key-untrusted")["state"] == "deferred"
        assert seen == []
        trusted = {**relay, "certificates": str(certificate)}
        assert Post(tmp_path, sink.port, relay=trusted).send("key-trusted")["state"] == "sent"
        assert set(seen) == {(b"platform", b"correct horse")}
        wrong = {**trusted, "password": "wrong"}
        told = Post(tmp_path, sink.port, relay=wrong).send("key-wrong-password")
        assert told["state"] == "deferred"
        assert "correct horse" not in told["reply"]


def certificate_for(name: str, directory: Path) -> tuple[Path, Path]:
    """A certificate for `name` and 127.0.0.1 that signs itself, and its key."""
    import ipaddress
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2)).add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths

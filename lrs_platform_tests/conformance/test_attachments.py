"""Attachments and signed statements over HTTP (1.0.3: Data 2.4.11, 2.6, Communication 1.5.2; 2.0: 4.1.3, 4.2.2.6)."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
import uuid
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lrs_platform_tests.conformance.conftest import STATEMENTS, Client, Json, iri
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.gateway.conftest import statement

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"


def described(content: bytes, algorithm: str = "sha256", **changes: Any) -> Json:
    """What a statement says of an attachment."""
    return {
        "usageType": iri(),
        "display": {"en": "a"},
        "contentType": "application/x-odd",
        "length": len(content),
        "sha2": hashlib.new(algorithm, content).hexdigest(),
        **changes,
    }


def part(content: bytes, sha2: str | None = None, **headers: str | None) -> bytes:
    """A part as it stands between boundaries; a header that is None is left out."""
    named: dict[str, str | None] = {
        "Content-Type": "application/x-odd",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha2 or hashlib.sha256(content).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value is not None)
    return f"{head}\r\n".encode() + content


def post(
    client: Client, sent: Any, *parts: bytes, ends: bool = True, first: str = "application/json"
) -> httpx.Response:
    """POST statements with parts."""
    boundary = uuid.uuid4().hex
    pieces = [f"Content-Type: {first}\r\n\r\n".encode() + json.dumps(sent).encode(), *parts]
    body = b"".join(f"\r\n--{boundary}\r\n".encode() + piece for piece in pieces)
    body += f"\r\n--{boundary}--\r\n".encode() if ends else b""
    return client.http.post(
        STATEMENTS, content=body, headers={"Content-Type": f'multipart/mixed; boundary="{boundary}"'}
    )


def received(answer: httpx.Response) -> tuple[Any, dict[str, Any]]:
    """The JSON of a multipart answer, and its other parts by hash."""
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    first, *others = message_from_bytes(head + answer.content, policy=HTTP).iter_parts()
    body = first.get_payload(decode=True)
    assert isinstance(body, bytes)
    return json.loads(body), {one["X-Experience-API-Hash"]: one for one in others}


@pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
def test_an_attachment_comes_back_with_its_bytes(client: Client, algorithm: str) -> None:
    content = os.urandom(700_000) + b"\r\n--not a boundary\r\n"
    about = described(content, algorithm)
    sent = statement(attachments=[about])
    answer = post(client, sent, part(content, about["sha2"].upper()))
    assert answer.json() == [sent["id"]]
    found = client.get(statementId=sent["id"], attachments="true")
    assert int(found.headers["Content-Length"]) == len(found.content)
    whole, parts = received(found)
    assert whole["attachments"] == [about]
    kept = parts[about["sha2"]]
    assert kept.get_payload(decode=True) == content
    assert (kept["Content-Type"], kept["Content-Transfer-Encoding"]) == ("application/x-odd", "binary")
    page, parts = received(client.get(activity=sent["object"]["id"], limit=1, attachments="true"))
    assert page["statements"][0]["id"] == sent["id"]
    assert parts.keys() == {about["sha2"]}
    assert client.get(statementId=sent["id"]).json()["id"] == sent["id"]  # without attachments: plain JSON


def test_one_part_may_serve_several_statements(client: Client) -> None:
    content = os.urandom(50)
    sent = [statement(attachments=[described(content)]), statement(attachments=[described(content)])]
    assert post(client, sent, part(content)).status_code == 200
    inner = {"objectType": "SubStatement", **statement(id=None, attachments=[described(content)])}
    assert post(client, statement(object=inner), part(content)).status_code == 200


def test_put_brings_attachments_too(client: Client) -> None:
    content, sent = b"abc", statement()
    sent["attachments"] = [described(content)]
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(sent).encode()
    body += b"\r\n--b\r\n" + part(content) + b"\r\n--b--"
    answer = client.http.put(
        STATEMENTS,
        params={"statementId": sent["id"]},
        content=body,
        headers={"Content-Type": "multipart/mixed; boundary=b"},
    )
    assert answer.status_code == 204, answer.text


def test_an_attachment_elsewhere_needs_no_part(client: Client) -> None:
    sent = statement(attachments=[described(b"elsewhere", fileUrl=iri())])
    assert client.http.post(STATEMENTS, json=sent).status_code == 200
    whole, parts = received(client.get(statementId=sent["id"], attachments="true"))
    assert (whole["id"], parts) == (sent["id"], {})


def test_parts_that_do_not_fit_are_refused_and_nothing_is_stored(client: Client, platform: Platform) -> None:
    content = os.urandom(40)
    about = described(content)
    sent = statement(attachments=[about])
    good = part(content)
    other = part(os.urandom(40))
    refused = [
        post(client, sent),  # missing
        post(client, sent, good, other),  # excess
        post(client, sent, part(os.urandom(40), about["sha2"])),  # other bytes than the hash says
        post(client, sent, part(content, X_Experience_API_Hash=None)),
        post(client, sent, part(content, "abc")),
        post(client, sent, part(content, Content_Transfer_Encoding=None)),
        post(client, sent, part(content, Content_Transfer_Encoding="base64")),
        post(client, sent, good, ends=False),
        post(client, sent, good, first="text/plain"),
        client.http.post(STATEMENTS, json=sent),  # plain JSON, and nowhere to get the bytes from
        client.http.post(STATEMENTS, content=b"--x", headers={"Content-Type": "multipart/mixed"}),
    ]
    assert [(answer.status_code, bool(answer.json()["error"])) for answer in refused] == [(400, True)] * len(refused)
    assert client.read(STATEMENTS, params={"statementId": sent["id"]}).status_code == 404
    store = platform.home / "attachments"
    assert not (store / about["sha2"][:2] / about["sha2"]).exists()
    assert list((store / ".arriving").iterdir()) == []


def certificate(key: rsa.RSAPrivateKey, issuer: rsa.RSAPrivateKey, name: str, by: str) -> x509.Certificate:
    """A certificate of `key` by `issuer`."""
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    return builder.sign(issuer, hashes.SHA256())


@pytest.fixture(scope="module")
def keys() -> list[rsa.RSAPrivateKey]:
    """The signer's key, its authority's, and a stranger's."""
    return [rsa.generate_private_key(65537, 2048) for _ in range(3)]


def signed(
    client: Client, keys: list[rsa.RSAPrivateKey], *, payload: Json | None = None, chain: bool = True, **changes: Any
) -> httpx.Response:
    """POST a statement with its signature; `changes` are of the attachment, `signer` and `algorithm`."""
    signer, root, _ = keys
    sent = statement(result={"score": {"raw": 7.50}})
    headers: Json = {}
    if chain:
        chained = [certificate(signer, root, "signer", "root"), certificate(root, root, "root", "root")]
        headers["x5c"] = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chained]
        headers["x5c"] = headers["x5c"][:: changes.pop("order", 1)]
    key = changes.pop("signer", signer)
    text = json.dumps(sent if payload is None else payload).encode()
    jws = jwt.PyJWS().encode(text, key, algorithm=changes.pop("algorithm", "RS256"), headers=headers).encode()
    about = described(jws, usageType=SIGNATURE, **{"contentType": "application/octet-stream", **changes})
    return post(client, {**sent, "attachments": [about]}, part(jws))


def test_a_signed_statement_is_accepted(client: Client, keys: list[rsa.RSAPrivateKey]) -> None:
    for algorithm in ("RS256", "RS384", "RS512"):
        assert signed(client, keys, algorithm=algorithm).status_code == 200
    assert signed(client, keys, chain=False).status_code == 200


def test_a_signature_that_does_not_sign_is_refused(client: Client, keys: list[rsa.RSAPrivateKey]) -> None:
    refused = [
        signed(client, keys, payload=statement()),  # another statement
        signed(client, keys, payload={"a": 1}),
        signed(client, keys, signer=keys[2]),  # not by the certificate's key
        signed(client, keys, order=-1),  # a chain upside down
        signed(client, keys, algorithm="PS256"),
        signed(client, keys, contentType="text/plain"),
    ]
    assert [answer.status_code for answer in refused] == [400] * len(refused)
    assert {answer.json()["property"] for answer in refused} == {"attachments"}

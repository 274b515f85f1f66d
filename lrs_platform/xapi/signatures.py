"""Signed statements: the JWS that comes as an attachment (1.0.3: Data 2.6; 2.0: 4.2.2.6).

Belongs here: whether a signature is one, and signs this statement. Not here: which attachment is a signature
(statements.py), whom to trust: the standard leaves that to whoever reads the statement.
"""

from __future__ import annotations

import base64
import binascii
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from lrs_platform.xapi.equality import same_statement
from lrs_platform.xapi.errors import Flaw

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

ALGORITHMS = ("RS256", "RS384", "RS512")
CONTENT_TYPE = "application/octet-stream"
LONGEST_CHAIN = 10


class _Header(msgspec.Struct):
    alg: str
    x5c: list[str] | None = None


def check_signature(jws: bytes, content_type: str, statement: bytes) -> None:
    """Flaw at `attachments` unless `jws` is a JWS (RFC 7515, compact) whose payload is `statement`.

    With a chain of certificates in its header (x5c), the signature must be by the first one's key, and each certificate
    by the next one's. Without a chain there is no key to verify it by, which the standard allows.
    """
    if content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise _flaw(f"The contentType of a signature must be {CONTENT_TYPE}.", content_type)
    parts = jws.split(b".")
    if len(parts) != 3:
        raise _flaw("A signature must be a JWS in compact form: header, payload and signature, joined by dots.")
    try:
        header = msgspec.json.decode(_bytes(parts[0]), type=_Header)
        payload = _bytes(parts[1])
        _bytes(parts[2])
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _flaw("A signature's header must be JSON with an alg, and its parts base64url.") from error
    if header.alg not in ALGORITHMS:
        raise _flaw(f"The algorithm of a signature must be one of {', '.join(ALGORITHMS)}.", header.alg)
    try:
        same = same_statement(payload, statement)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:  # JSON, but no statement
        raise _flaw("The payload of a signature must be the statement as JSON.") from error
    if not same:
        raise _flaw("The payload of a signature must be the statement that it comes with.")
    if header.x5c:
        _check_chain(jws, header.alg, header.x5c)


def _check_chain(jws: bytes, algorithm: str, x5c: list[str]) -> None:
    """Flaw unless the first certificate signed `jws`, and each was issued by the next."""
    import jwt
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if len(x5c) > LONGEST_CHAIN:
        raise _flaw(f"A chain in x5c must not be longer than {LONGEST_CHAIN} certificates.")
    chain = [_certificate(text) for text in x5c]
    try:
        for issued, issuer in pairwise(chain):
            issued.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise _flaw("Each certificate in x5c must be issued by the next one.") from error
    try:
        key: Any = chain[0].public_key()
    except (UnsupportedAlgorithm, ValueError) as error:
        raise _flaw("The key of the first certificate in x5c cannot be read.") from error
    if not isinstance(key, RSAPublicKey):
        raise _flaw("The first certificate in x5c must have an RSA key.")
    try:
        jwt.PyJWS().decode(jws.decode("ascii"), key, algorithms=[algorithm])
    except (jwt.InvalidTokenError, UnicodeDecodeError) as error:
        raise _flaw("The signature is not by the key of the first certificate in x5c.") from error


def _certificate(text: str) -> Certificate:
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error) as error:
        raise _flaw("x5c must hold certificates: DER in base64.") from error


def _bytes(part: bytes) -> bytes:
    if b"=" in part:
        raise binascii.Error("base64url of a JWS has no padding (RFC 7515, 2)")
    return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _flaw(rule: str, value: object = None) -> Flaw:
    return Flaw(("attachments",), rule, value)

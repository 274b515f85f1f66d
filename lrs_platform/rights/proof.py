"""The signed proof of an erasure: what was removed and where was looked afterwards, without anything of the person.

Belongs here: the key, signing, checking. The key (Ed25519) is made at the first erasure and lies beside the proofs,
mode 0600; a proof carries its public half. That it is about somebody shows only whoever has the key: the person's
identifiers are in it as HMACs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrs_platform.local.files import write_whole
from lrs_platform.rights.subject import key_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PROOFS = Path("erasures")  # directory of proofs and of the key, below the instance's home
KEY_FILE = PROOFS / "signing_key.pem"
ALGORITHM = "Ed25519"


class ProofInvalid(ValueError):
    """A proof does not hold; the message says why."""


@dataclass(frozen=True)
class Signer:
    """Signs proofs with the key of one instance."""

    key: Ed25519PrivateKey

    @classmethod
    def of(cls, home: Path) -> Signer:
        """The signer of the instance in `home`; its key is made where there is none."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        path = home / KEY_FILE
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_whole(path, made.decode(), mode=0o600, durable=True)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ProofInvalid(f"{path} holds no Ed25519 key")
        return cls(key)

    @property
    def public(self) -> str:
        """The public key, in base64."""
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def hash_of(self, learner: str) -> str:
        """What stands for somebody's key, id or pseudonym in proofs and in the audit.

        An HMAC-SHA-256, so that nobody else can try out addresses; the same for all spellings of a key.
        """
        secret = hashlib.sha256(b"subject of an erasure" + self.key.private_bytes_raw()).digest()
        named = (key_of(learner) or learner.strip()).lower()
        return hmac.new(secret, named.encode(), hashlib.sha256).hexdigest()

    def sign(self, content: dict[str, Any]) -> dict[str, Any]:
        """`content` with algorithm, public key and signature."""
        signed = content | {"algorithm": ALGORITHM, "public_key": self.public}
        return signed | {"signature": base64.b64encode(self.key.sign(_bytes(signed))).decode()}


def check(proof: dict[str, Any], *, public_key: str | None = None) -> None:
    """Raise ProofInvalid unless the signature is that of the content, and of `public_key` where one is given."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if public_key is not None and proof.get("public_key") != public_key:
        raise ProofInvalid("it is signed by another key than that of this instance")
    content = {name: value for name, value in proof.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(proof["public_key"], validate=True))
        key.verify(base64.b64decode(proof["signature"], validate=True), _bytes(content))
    except (KeyError, TypeError, ValueError) as error:
        raise ProofInvalid("it has no signature") from error
    except InvalidSignature as error:
        raise ProofInvalid("it was changed after it was signed") from error


def sha256_of(proof: dict[str, Any]) -> str:
    """Checksum of a proof, as the audit keeps it."""
    return hashlib.sha256(_bytes(proof)).hexdigest()


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

"""Files of the installation: its configuration and what only it knows, as a tar; its secrets, only where asked for,
encrypted.

Belongs here: which files, and under which names they come back. Not kept: logs, reports, compiled output of Dagster,
what the databases keep (postgres.py, log.py), archives, which are copies already, and secrets.json: the passwords of
the processes among themselves are made anew.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tarfile
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lrs_platform.backup.store import Reads, Written
from lrs_platform.local.files import write_whole
from lrs_platform.local.instance import StartError
from lrs_platform.rights.proof import KEY_FILE, PROOFS
from lrs_platform.settings import Settings

# A setting, and where in the home its file or directory comes back; the first two are found there without the setting.
CONFIGURATION = {
    "sources_file": "sources.yaml",
    "mappings_dir": "mappings",
    "retention_file": "retention.yaml",
    "reminder_templates": "reminder_templates",
}
FOUND_BY_THEMSELVES = ("sources_file", "mappings_dir")
LEDGER = "mail/ledger.sqlite"
SECRETS = ("credentials.json", str(KEY_FILE))
# OWASP's parameters of scrypt for a passphrase: 128 MiB, about a second.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
ASSOCIATED = b"lrs_platform backup secrets 1"


def pack(settings: Settings, home: Path, into: Written) -> int:
    """Write the tar; how many files are in it."""
    count = 0
    with tarfile.open(fileobj=into, mode="w|gz") as tar:  # type: ignore[call-overload]
        for name, path in _kept(settings, home):
            tar.add(path, name, recursive=False)
            count += 1
        ledger = settings.mail_ledger or home / LEDGER
        if ledger.exists():
            with tempfile.NamedTemporaryFile() as copy:
                _copy_sqlite(ledger, Path(copy.name))
                tar.add(copy.name, LEDGER)
            count += 1
    return count


def unpack(home: Path, source: Reads) -> list[str]:
    """Put the files into `home` and return their names. A ledger of mails that is there already is newer: it stays."""
    names = []
    with tarfile.open(fileobj=source, mode="r|gz") as tar:  # type: ignore[call-overload]
        for member in tar:
            if member.name == LEDGER and (home / LEDGER).exists():
                continue
            tar.extract(member, home, filter="data")
            names.append(member.name)
    return names


def settings_to_set(names: list[str]) -> dict[str, str]:
    """Of restored files, those that are not found by themselves: variable and path below the home."""
    tops = {name.partition("/")[0] for name in names}
    return {
        f"LRS_{setting.upper()}": place
        for setting, place in CONFIGURATION.items()
        if place in tops and setting not in FOUND_BY_THEMSELVES
    }


def seal(home: Path, passphrase: str) -> bytes:
    """The secrets, encrypted with AES-256-GCM under a key that scrypt makes of the passphrase."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    found = {name: (home / name).read_text(encoding="utf-8") for name in SECRETS if (home / name).exists()}
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, json.dumps(found).encode(), ASSOCIATED)
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    return json.dumps({name: b64encode(value).decode() for name, value in parts.items()}).encode()


def unseal(text: bytes, passphrase: str) -> dict[str, str]:
    """The secrets by file name. Raises StartError for another passphrase or a damaged file."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    parts = {name: b64decode(value) for name, value in json.loads(text).items()}
    try:
        plain = AESGCM(_key(passphrase, parts["salt"])).decrypt(parts["nonce"], parts["sealed"], ASSOCIATED)
    except InvalidTag:
        raise StartError("the passphrase is not the one that the backup's secrets were encrypted with") from None
    found: dict[str, str] = json.loads(plain)
    return found


def write_secrets(home: Path, found: dict[str, str]) -> None:
    """Put secrets back, readable by their owner alone."""
    for name in SECRETS:
        if name in found:
            (home / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(home / name, found[name], mode=0o600, durable=True)


def _kept(settings: Settings, home: Path) -> Iterator[tuple[str, Path]]:
    """Names in the tar, and files."""
    for setting, place in CONFIGURATION.items():
        path: Path = getattr(settings, setting) or home / place
        if path.is_file():
            yield place, path
        else:
            for below in sorted(path.rglob("*")) if path.is_dir() else ():
                if below.is_file() and not below.is_symlink() and "__pycache__" not in below.parts:
                    yield f"{place}/{below.relative_to(path)}", below
    for proof in sorted((home / PROOFS).glob("*.json")):
        yield f"{PROOFS}/{proof.name}", proof


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database file that is in use, as of one moment."""
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _key(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())

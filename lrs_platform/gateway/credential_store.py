"""Credentials of xAPI clients as they lie in Redis: made, listed, given a new password, removed.

Belongs here: the hash `xapi:credentials`, from username to JSON {"hash", "scopes", "authority", "name"}, and the hash
of a password: scrypt with its parameters, so they can be raised later. Not here: checking a request (auth.py), the
command (credentials_cli.py), the page (credentials.py). A password is made at random, given once to whoever asked for
it, and kept nowhere.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import redis.asyncio as redis_async

from lrs_platform.settings import get_settings

CREDENTIALS = "xapi:credentials"
SCOPES = frozenset(
    {"statements/write", "statements/read", "statements/read/mine", "state", "define", "profile", "all/read", "all"}
)  # Communication 4.2
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 5  # OWASP's choice of 16 MiB; about 0.15 s of one core
PASSWORD_BYTES = 24


class StoredCredential(msgspec.Struct):
    """A credential as it lies in Redis."""

    hash: str
    scopes: list[str]
    authority: msgspec.Raw
    name: str = ""


async def make_credential(
    redis_url: str, *, username: str, scopes: list[str], name: str, home_page: str | None = None
) -> str:
    """Create a credential and return its password, which is kept nowhere. As store_credential, but ValueError too for
    a username that is taken and for no scope at all.
    """
    async with _connected(redis_url) as client:
        taken = await client.hexists(CREDENTIALS, username)
    if taken:
        raise ValueError(f"there is a credential {username} already: rotate its password, or choose another name")
    if not scopes:
        raise ValueError(f"a credential needs a scope: one or more of {', '.join(sorted(SCOPES))}")
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    await store_credential(
        redis_url, username=username, password=password, scopes=scopes, name=name, home_page=home_page
    )
    return password


async def store_credential(
    redis_url: str, *, username: str, password: str, scopes: list[str], name: str, home_page: str | None = None
) -> None:
    """Create or replace a credential; known by the gateways at once, a replaced one within the verdicts' lifetime.

    `name` tells people what the credential is for. `home_page` is the account's homePage in the authority of its
    statements, fixed from then on; without it LRS_PUBLIC_URL, else the gateway's address. Raises ValueError for a
    username that Basic cannot carry or an unknown scope.
    """
    if not username or ":" in username or not username.isprintable() or not password:
        raise ValueError("a credential needs a password and a printable username without a colon (RFC 7617)")
    if unknown := set(scopes) - SCOPES:
        raise ValueError(f"unknown scopes {sorted(unknown)}: use {sorted(SCOPES)}")
    settings = get_settings()
    home_page = home_page or settings.public_url or f"http://{settings.host}:{settings.port}"
    authority = {"objectType": "Agent", "account": {"homePage": home_page, "name": username}}
    vouches = msgspec.Raw(msgspec.json.encode(authority))
    record = StoredCredential(await _fresh_hash(password), sorted(set(scopes)), vouches, name)
    async with _connected(redis_url) as client:
        await client.hset(CREDENTIALS, username, msgspec.json.encode(record))


async def list_credentials(redis_url: str) -> dict[str, StoredCredential]:
    """All credentials by username."""
    async with _connected(redis_url) as client:
        stored: dict[Any, Any] = await client.hgetall(CREDENTIALS)
    return {name.decode(): read_credential(text) for name, text in stored.items()}


async def rotate_password(redis_url: str, username: str) -> str:
    """A new password for a credential, returned and kept nowhere; all else stays. LookupError where there is none."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    async with _connected(redis_url) as client:
        stored = await client.hget(CREDENTIALS, username)
        if stored is None:
            raise LookupError(f"there is no credential {username}")
        record = read_credential(stored)
        record.hash = await _fresh_hash(password)
        await client.hset(CREDENTIALS, username, msgspec.json.encode(record))
    return password


async def remove_credential(redis_url: str, username: str) -> bool:
    """Remove a credential; False where there is none. Gateways forget it when its last verdict ends."""
    async with _connected(redis_url) as client:
        return bool(await client.hdel(CREDENTIALS, username))


def read_credential(stored: bytes | str) -> StoredCredential:
    """A credential from its text in Redis."""
    return msgspec.json.decode(stored, type=StoredCredential)


def hash_password(password: str) -> str:
    """A fresh hash of a password; takes about 0.15 s of a core."""
    return _hash(password.encode(), secrets.token_bytes(16), SCRYPT_N, SCRYPT_R, SCRYPT_P)


def matches(password: bytes, stored: str) -> bool:
    """Whether a password is that of a hash; takes as long as making one."""
    _, n, r, p, salt, _ = stored.split("$")
    return hmac.compare_digest(_hash(password, base64.b64decode(salt), int(n), int(r), int(p)), stored)


async def _fresh_hash(password: str) -> str:
    return await asyncio.to_thread(hash_password, password)


def _hash(password: bytes, salt: bytes, n: int, r: int, p: int) -> str:
    """scrypt of a password, with all that is needed to repeat it: `scrypt$n$r$p$salt$hash`, salt and hash in base64."""
    key = hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
    return "$".join(("scrypt", str(n), str(r), str(p), base64.b64encode(salt).decode(), base64.b64encode(key).decode()))


@asynccontextmanager
async def _connected(redis_url: str) -> AsyncIterator[redis_async.Redis]:
    client: redis_async.Redis = redis_async.Redis.from_url(redis_url)
    try:
        yield client
    finally:
        await client.aclose()

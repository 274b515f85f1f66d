"""Who may use /xAPI: Basic authentication, tokens, scopes, and verdicts remembered for a short time.

Belongs here: checking a request of an xAPI client. Not here: what is stored of a credential (credential_store.py), the
login to the pages (login.py). Passwords are neither kept nor logged: a verdict is remembered under an HMAC of the
header with a key that this process made at random.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

import redis.asyncio as redis_async
from redis.exceptions import RedisError

from lrs_platform.gateway.bearer import Issuer, unauthorized
from lrs_platform.gateway.credential_store import CREDENTIALS, SCOPES, hash_password, matches, read_credential
from lrs_platform.gateway.refusals import Refused, away

log = logging.getLogger(__name__)


class Scopes:
    """Scopes of which one is needed, by what is asked for (Communication 4.2)."""

    WRITE_STATEMENTS = frozenset({"statements/write", "all"})
    READ_STATEMENTS = frozenset({"statements/read", "statements/read/mine", "all/read", "all"})
    READ_ALL_STATEMENTS = frozenset({"statements/read", "all/read", "all"})
    READ_STATE = frozenset({"state", "all/read", "all"})
    WRITE_STATE = frozenset({"state", "all"})
    READ_PROFILE = frozenset({"profile", "all/read", "all"})
    WRITE_PROFILE = frozenset({"profile", "all"})
    READ_ENTITIES = frozenset({"statements/read", "state", "define", "profile", "all/read", "all"})


VERDICTS = 10_000  # remembered at most; the oldest goes
CHECKS_AT_ONCE = 2  # each costs a core and 16 MiB
CHECKS_WAITING = 64
FAILURES_REMEMBERED = 10_000  # usernames
SLOWEST_REFUSAL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: username, scopes, and the authority (one JSON object) that its statements get."""

    username: str
    scopes: frozenset[str]
    authority: bytes

    @property
    def reads_own_only(self) -> bool:
        """Whether statements are shown only where this caller's authority vouches for them (statements/read/mine)."""
        return self.scopes.isdisjoint(Scopes.READ_ALL_STATEMENTS)

    def require(self, allowed: frozenset[str]) -> None:
        """403 unless one of the `allowed` scopes is held."""
        if self.scopes.isdisjoint(allowed):
            raise Refused(403, f"this credential lacks the scope: one of {', '.join(sorted(allowed))}", reason="scope")


class Credentials:
    """Checks the Authorization header of xAPI requests: Basic against Redis, Bearer against an issuer where one is
    set.
    """

    def __init__(self, redis: redis_async.Redis, *, verdict_seconds: float, issuer: Issuer | None = None) -> None:
        self._redis = redis
        self._issuer = issuer
        self._verdict_seconds = verdict_seconds
        self._key = secrets.token_bytes(32)
        self._verdicts: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._checks: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._room = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._failures: OrderedDict[str, int] = OrderedDict()
        self._nobody = hash_password("")

    async def verify(self, header: bytes | None) -> Caller:
        """The caller behind an Authorization header. Raises Refused: 401, or 503 where it cannot be checked now."""
        if not header:
            raise _unauthorized("credentials are missing: send Authorization: Basic")
        digest = hmac.digest(self._key, header, "sha256")
        known = self._verdicts.get(digest)
        if known and known[0] > time.monotonic():
            return known[1]
        if self._issuer is not None and header[:7].lower() == b"bearer ":
            return await self._check_token(self._issuer, header[7:].strip(), digest)
        username, password = _read_basic(header)
        check = self._checks.get(digest)
        if check is None:  # requests that arrive together with the same password share one scrypt
            if len(self._checks) >= CHECKS_WAITING:
                raise away("too many passwords wait to be checked", reason="login_queue")
            check = asyncio.create_task(self._check(username, password, digest))
            self._checks[digest] = check
            check.add_done_callback(lambda _: self._checks.pop(digest, None))
        caller = await asyncio.shield(check)
        if caller is None:
            await self._slow_down(username)
            raise _unauthorized("username or password is wrong")
        return caller

    async def _check(self, username: str, password: bytes, digest: bytes) -> Caller | None:
        try:
            stored = await self._redis.hget(CREDENTIALS, username)
        except (RedisError, OSError) as error:
            raise away("credentials cannot be checked: the log is away", reason="log_away") from error
        credential = read_credential(stored) if stored else None
        async with self._room:
            # An unknown name costs the same scrypt as a wrong password, so time does not tell which names exist.
            right = await asyncio.to_thread(matches, password, credential.hash if credential else self._nobody)
        if credential is None or not right:
            return None
        self._failures.pop(username, None)
        caller = Caller(username, frozenset(credential.scopes), bytes(credential.authority))
        self._remember(digest, caller, self._verdict_seconds)
        return caller

    async def _check_token(self, issuer: Issuer, token: bytes, digest: bytes) -> Caller:
        try:
            text = token.decode("ascii")
        except UnicodeDecodeError as error:
            raise unauthorized("the token is no JWT") from error
        bearer = await issuer.verify(text, SCOPES)
        caller = Caller(bearer.username, bearer.scopes, bearer.authority)
        self._remember(digest, caller, min(self._verdict_seconds, bearer.expires - time.time()))
        return caller

    def _remember(self, digest: bytes, caller: Caller, seconds: float) -> None:
        self._verdicts[digest] = (time.monotonic() + seconds, caller)
        self._verdicts.move_to_end(digest)
        if len(self._verdicts) > VERDICTS:
            self._verdicts.popitem(last=False)

    async def _slow_down(self, username: str) -> None:
        """Answer the n-th wrong password for a name later and later: 0.1, 0.2, 0.4 .. 2 s."""
        failures = self._failures.pop(username, 0) + 1
        self._failures[username] = failures
        if len(self._failures) > FAILURES_REMEMBERED:
            self._failures.popitem(last=False)
        log.warning("refused login of %r, %d in a row", username[:64], failures)
        await asyncio.sleep(min(0.1 * 2 ** min(failures - 1, 10), SLOWEST_REFUSAL_SECONDS))


def _read_basic(header: bytes) -> tuple[str, bytes]:
    """Username and password of a Basic header (RFC 7617)."""
    scheme, _, encoded = header.strip().partition(b" ")
    if scheme.lower() != b"basic":
        raise _unauthorized("this kind of Authorization is not supported: send Basic")
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        if not colon:
            raise ValueError
        return username.decode("utf-8"), password
    except (binascii.Error, ValueError) as error:
        raise _unauthorized("Authorization is no valid Basic header") from error


def _unauthorized(error: str) -> Refused:
    headers = {"www-authenticate": 'Basic realm="xAPI", charset="UTF-8"'}
    return Refused(401, error, reason="unauthorized", headers=headers)

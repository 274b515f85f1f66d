"""Bearer tokens of an OpenID Connect issuer: accounts that people have already are the door, there is no sign-up here.

Belongs here: discovery, the issuer's keys, what a token must say. Not here: Basic credentials and remembered verdicts
(auth.py). A token is a JWT (RFC 9068): its issuer and audience must be ours, its scopes are those of xAPI
(Communication 4.2) in the claim `scope`, and its subject becomes the authority's account at the issuer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import msgspec

from lrs_platform.gateway.refusals import Refused, away

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEYS_SECONDS = 3600.0  # an issuer announces new keys well before it uses them
REFRESH_SECONDS = 30.0  # between two looks for a key that is not known: tokens are made up faster than keys
LEEWAY_SECONDS = 30.0  # clocks differ


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for: scopes of xAPI, the authority of what it sends, and when it ends (seconds since
    1970).
    """

    username: str
    scopes: frozenset[str]
    authority: bytes
    expires: float


@dataclass(slots=True)
class Issuer:
    """The issuer whose tokens are taken."""

    url: str
    audience: str
    http: httpx.AsyncClient
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _looked: float = -REFRESH_SECONDS
    _fetched: float = -KEYS_SECONDS
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def verify(self, token: str, known_scopes: frozenset[str]) -> Bearer:
        """Whom `token` stands for. Raises Refused: 401, or 503 where the issuer's keys cannot be had."""
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid", "")))
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.audience,
                issuer=self.url,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.InvalidTokenError as error:
            raise unauthorized(f"the token is refused: {error}"[:200]) from error
        account = {"homePage": self.url, "name": claims["sub"]}
        return Bearer(
            username=f"{claims['sub']}@{self.url}",
            scopes=_scopes(claims) & known_scopes,
            authority=msgspec.json.encode({"objectType": "Agent", "account": account}),
            expires=float(claims["exp"]),
        )

    async def _key(self, key_id: str) -> jwt.PyJWK:
        async with self._lock:
            now = time.monotonic()
            stale = now - self._fetched > KEYS_SECONDS
            if (stale or key_id not in self._keys) and now - self._looked > REFRESH_SECONDS:
                self._looked = now
                await self._fetch()
        found = self._keys.get(key_id)
        if found is None and not key_id and len(self._keys) == 1:  # an issuer with one key need not name it
            found = next(iter(self._keys.values()))
        if found is None:
            raise jwt.InvalidTokenError("it is signed by a key that the issuer does not have")
        return found

    async def _fetch(self) -> None:
        try:
            discovered = await self.http.get(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
            discovered.raise_for_status()
            document = discovered.json()
            if document["issuer"] != self.url:
                raise ValueError("another issuer")
            keys = await self.http.get(document["jwks_uri"])
            keys.raise_for_status()
            found = [jwt.PyJWK(key) for key in keys.json()["keys"] if key.get("use", "sig") == "sig"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError, jwt.PyJWKError) as error:
            if self._keys:  # the ones at hand are still true
                return
            raise away(
                f"the keys of the issuer cannot be had: {type(error).__name__}; see LRS_OIDC_ISSUER", reason="oidc_away"
            ) from error
        self._keys = {key.key_id or "": key for key in found}
        self._fetched = time.monotonic()


def unauthorized(error: str) -> Refused:
    """401 for a token."""
    return Refused(401, error, reason="unauthorized", headers={"www-authenticate": 'Bearer error="invalid_token"'})


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """`scope` as RFC 8693 has it, a text with spaces; `scp` or a list as some issuers send it."""
    value = claims.get("scope", claims.get("scp", ""))
    return frozenset(value.split() if isinstance(value, str) else map(str, value))

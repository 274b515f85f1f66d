"""Bearer tokens of an OpenID Connect issuer, rate limits and CORS, on gateways of their own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lrs_platform_tests.gateway.conftest import Gateway, running_gateway, statement

STATEMENTS = "/xAPI/statements"
AUDIENCE = "https://lrs.example.com"


@dataclass
class Issuer:
    """An OpenID Connect issuer of the tests."""

    url: str
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def token(self, key: str = "one", signer: rsa.RSAPrivateKey | None = None, **claims: Any) -> str:
        """A token for a writer; `claims` replace what it says, None leaves a claim out."""
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "anna",
            "exp": time.time() + 600,
            "scope": "statements/write openid",
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, signer or self.keys[key], algorithm="RS256", headers={"kid": key})

    def answer(self, path: str) -> Any:
        """What it answers to a GET."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        algorithm = jwt.algorithms.RSAAlgorithm
        return {
            "keys": [
                {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": name, "use": "sig", "alg": "RS256"}
                for name, key in self.keys.items()
            ]
        }


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer with one key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Issuer(f"http://127.0.0.1:{server.server_port}", {"one": rsa.generate_private_key(65537, 2048)})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def guarded(log_url: str, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that takes this issuer's tokens and pages of one other origin."""
    directory: Path = tmp_path_factory.mktemp("guarded")
    settings = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "cors_origins": "https://course.example.com"}
    with running_gateway(directory, log_url, **settings) as running:
        yield running


def post(gateway: Gateway, token: str) -> httpx.Response:
    """POST a statement with a token instead of the credential."""
    headers = {"Authorization": f"Bearer {token}", "X-Experience-API-Version": "1.0.3"}
    return httpx.post(f"{gateway.url}{STATEMENTS}", json=statement(), headers=headers, timeout=30, trust_env=False)


def test_a_token_of_the_issuer_may_what_its_scopes_say(guarded: Gateway, issuer: Issuer) -> None:
    answer = post(guarded, issuer.token())
    assert answer.status_code == 200, answer.text
    entry = guarded.entry(answer.json()[0])
    assert entry is not None
    assert json.loads(entry[b"a"])["account"] == {"homePage": issuer.url, "name": "anna"}
    assert post(guarded, issuer.token(scope="profile")).status_code == 403
    assert post(guarded, issuer.token(scope=None)).status_code == 403
    assert post(guarded, issuer.token(scope=None, scp=["all"])).status_code == 200


def test_a_token_that_is_not_for_us_is_refused(guarded: Gateway, issuer: Issuer) -> None:
    stranger = rsa.generate_private_key(65537, 2048)
    forged = jwt.encode({"iss": issuer.url}, "secret" * 10, algorithm="HS256", headers={"kid": "one"})
    tokens = {
        "ended": issuer.token(exp=time.time() - 600),
        "never ends": issuer.token(exp=None),
        "audience": issuer.token(aud="https://other.example.com"),
        "issuer": issuer.token(iss="https://other.example.com"),
        "nobody": issuer.token(sub=None),
        "signature": issuer.token(signer=stranger),
        "algorithm": forged,
        "none": jwt.encode({"iss": issuer.url}, None, algorithm="none"),  # type: ignore[arg-type]
        "no token": "abc",
    }
    answers = {name: post(guarded, token) for name, token in tokens.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(tokens, 401)
    assert answers["ended"].headers["WWW-Authenticate"].startswith("Bearer")


def test_keys_are_fetched_once_and_the_basic_credential_still_works(guarded: Gateway, issuer: Issuer) -> None:
    for number in range(5):
        assert post(guarded, issuer.token(sub=f"learner{number}")).status_code == 200
    assert issuer.asked.count("/keys") == 1
    assert guarded.client.post(STATEMENTS, json=statement()).status_code == 200


def test_pages_of_the_allowed_origin_may_call_and_others_not(guarded: Gateway) -> None:
    asks = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,x-experience-api-version",
    }
    allowed = httpx.options(
        f"{guarded.url}{STATEMENTS}", headers={"Origin": "https://course.example.com", **asks}, trust_env=False
    )
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://course.example.com"
    refused = httpx.options(
        f"{guarded.url}{STATEMENTS}", headers={"Origin": "https://evil.example.com", **asks}, trust_env=False
    )
    assert "Access-Control-Allow-Origin" not in refused.headers
    answer = guarded.client.post(STATEMENTS, json=statement(), headers={"Origin": "https://course.example.com"})
    assert "X-Experience-API-Consistent-Through" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_credential_beyond_its_rate_is_told_when_to_come_again(
    log_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_gateway(tmp_path_factory.mktemp("limited"), log_url, rate_limit_per_minute="1") as gateway:
        first = gateway.client.post(STATEMENTS, json=statement())
        second = gateway.client.post(STATEMENTS, json=statement())
        assert (first.status_code, second.status_code) == (200, 429)
        assert 1 <= int(second.headers["Retry-After"]) <= 60
        other = gateway.client.post(STATEMENTS, json=statement(), auth=("reader", "correct horse battery"))
        assert other.status_code == 403  # a bucket of its own

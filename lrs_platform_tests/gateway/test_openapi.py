"""Requests made from the OpenAPI document never find a fault: no 5xx but a 503, and no answer that the document does
not know.
"""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from lrs_platform.gateway.app import create_app
from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, PASSWORD, Gateway

# Each wrong token of /login costs half a second; test_pages.py has its promises.
DOCUMENT = schemathesis.openapi.from_dict(create_app().openapi()).exclude(path="/login")


@DOCUMENT.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_no_request_finds_a_fault(gateway: Gateway, case: Case[Any]) -> None:
    auth = None if case.path.startswith("/ui") else ("writer", PASSWORD)
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"} if auth is None else {}
    answer = case.call(base_url=gateway.url, auth=auth, headers=headers, timeout=30, allow_redirects=False)
    if answer.status_code == 503:
        assert answer.headers.get("retry-after") or case.path == "/health"
        return
    case.validate_response(answer, checks=[not_a_server_error, status_code_conformance])


def test_every_route_is_documented() -> None:
    documented = set(create_app().openapi()["paths"])
    assert documented >= {
        "/xAPI/statements",
        "/xAPI/about",
        "/health",
        "/health/live",
        "/metrics",
        "/login",
        "/ui",
        "/ui/test-etl-streaming",
    }

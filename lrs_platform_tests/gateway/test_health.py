"""Health and metrics: open to supervisors, and honest."""

from __future__ import annotations

import httpx

from lrs_platform_tests.gateway.conftest import PASSWORD, Gateway, statement


def get(gateway: Gateway, path: str) -> httpx.Response:
    """GET without any credential."""
    return httpx.get(gateway.url + path, trust_env=False, timeout=30)


def sample(gateway: Gateway, name: str) -> float:
    """The value of a metric, 0 where it is not there yet."""
    lines = get(gateway, "/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


def test_live_asks_nobody_else(gateway: Gateway) -> None:
    assert get(gateway, "/health/live").json() == {"status": "ok"}


def test_health_is_503_and_names_what_is_down_and_why(gateway: Gateway) -> None:
    answer = get(gateway, "/health")
    assert answer.status_code == 503
    told = answer.json()
    assert {"warehouse", "dagster daemon"} == set(told["down"]) - {"loader"}  # none runs here: what waits grows old
    assert told["components"]["redis"]["status"] == "up"
    assert told["components"]["redis"]["version"]
    assert told["components"]["redis"]["fsync_before_answer"] is True
    assert "ConnectError" in told["components"]["warehouse"]["reason"]
    assert told["components"]["postgres"]["status"] == "unknown"
    assert all(part["latency_ms"] is None or part["latency_ms"] >= 0 for part in told["components"].values())


def test_a_redis_that_does_not_write_to_disk_first_is_reported_as_down(gateway: Gateway) -> None:
    gateway.redis.config_set("appendfsync", "everysec")
    try:
        told = get(gateway, "/health").json()
        assert "redis" in told["down"]
        assert "appendfsync always" in told["components"]["redis"]["reason"]
    finally:
        gateway.redis.config_set("appendfsync", "always")


def test_metrics_count_what_was_accepted_repeated_and_refused(gateway: Gateway) -> None:
    names = (
        "lrs_gateway_statements_accepted_total",
        "lrs_gateway_statements_repeated_total",
        'lrs_gateway_requests_refused_total{reason="invalid_statement"}',
        "lrs_gateway_accept_seconds_count",
    )
    before = [sample(gateway, name) for name in names]
    sent = statement()
    gateway.client.post("/xAPI/statements", json=[sent, statement()])
    gateway.put(sent)
    gateway.client.post("/xAPI/statements", json={})
    after = [sample(gateway, name) for name in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [3, 1, 1, 2]


def test_metrics_tell_of_the_log(gateway: Gateway) -> None:
    assert sample(gateway, "lrs_log_up ") == 1
    assert sample(gateway, "lrs_log_entries ") == gateway.entries()


def test_metrics_hold_no_personal_data(gateway: Gateway) -> None:
    httpx.get(f"{gateway.url}/xAPI/statements", auth=("a-name-that-is-wrong", PASSWORD), trust_env=False)
    page = get(gateway, "/metrics").text
    assert "a-name-that-is-wrong" not in page
    assert "example.com" not in page

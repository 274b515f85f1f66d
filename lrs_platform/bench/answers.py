"""How fast the pages for operators answer while statements come in: /health, /api/debug and a statement's trace.

The sender is a process of its own (load_generator.py); the questions are asked one after the other by this one.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from lrs_platform.bench.load_generator import Load, Result
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import Subject, work

PATHS = (
    "/health",
    "/api/debug/progress",
    "/api/debug/test-report",
    "/api/debug/active-agents",
    "/api/debug/trace/{statement}",
    "/ui/test-etl-streaming?format=json",
)


def answers(*, rounds: int, seconds: float, rate: float) -> int:
    """Measure and report: `rate` requests of 50 statements a second come in for `seconds` a round."""
    subject = Subject.running()
    subject.wait_settled()
    measured = [_round(subject, seconds, rate, number) for number in tracked("answers", rounds)]
    command = f"sh lrs bench answers --rounds {rounds} --seconds {seconds:g} --rate {rate:g}"
    summary = [medians([round_[path] for round_ in measured]) for path in PATHS]
    path = write(subject.instance.home, "answers", command, {"rounds": measured, "medians": summary})
    title = f"Answers while {rate * 50:g} statements a second come in, median of {rounds} rounds"
    show(title, summary, path)
    return 0


def _round(subject: Subject, seconds: float, rate: float, number: int) -> dict[str, Row]:
    credentials = subject.credentials
    load = Load(
        endpoint=credentials.endpoint,
        username=credentials.username,
        password=credentials.password,
        batch=50,
        connections=4,
        seconds=seconds,
        rate=rate,
        seed=number + 1,
    )
    headers = {"Authorization": f"Bearer {credentials.admin_token}", "Accept": "application/json"}
    with (
        httpx.Client(base_url=credentials.urls["gateway"], headers=headers, timeout=30) as client,
        ThreadPoolExecutor(1) as beside,
    ):
        statement = _some_statement(client, credentials.username, credentials.password)
        paths = [path.format(statement=statement) for path in PATHS]
        for path in paths:  # the board of evidence wakes up with the first question
            client.get(path)
        sending = beside.submit(work, "load_generator", load, Result, at_start=lambda: None)
        answered = _ask(client, paths, sending)
        sent = sending.result()
    return {
        name: {"path": name, **_percentiles(answered[path]), "statements_per_s": sent.accepted / sent.seconds}
        for name, path in zip(PATHS, paths, strict=True)
    }


def _ask(client: httpx.Client, paths: list[str], sending: Future[Result]) -> dict[str, list[tuple[float, bool]]]:
    """Milliseconds of each answer and whether it was a 2xx, asked in turn until sending has ended."""
    answered: dict[str, list[tuple[float, bool]]] = {path: [] for path in paths}
    while not sending.done():
        for path in paths:
            started = time.perf_counter()
            response = client.get(path)
            answered[path].append(((time.perf_counter() - started) * 1000, response.is_success))
    return answered


def _some_statement(client: httpx.Client, username: str, password: str) -> str:
    found = client.get(
        "/xAPI/statements?limit=1", auth=(username, password), headers={"X-Experience-API-Version": "1.0.3"}
    ).json()["statements"]
    if not found:
        raise RuntimeError("there is no statement to trace yet: `sh lrs bench accept` sends some")
    return str(found[0]["id"])


def _percentiles(answered: list[tuple[float, bool]]) -> Row:
    ordered = sorted(milliseconds for milliseconds, _ in answered)
    return {
        "asked": len(ordered),
        "not_2xx": sum(not success for _, success in answered),
        "p50_ms": ordered[len(ordered) // 2],
        "p95_ms": ordered[int(len(ordered) * 0.95)],
        "worst_ms": ordered[-1],
    }

"""How tests are shared out among the workers of pytest-xdist: `sh lrs test -n 2`. Which instance a worker has is
said in conftest.py.

A directory's tests go to one worker, because many share servers of their own. The groups of pytest-xdist itself would
be written behind the ids of tests, which reports and their history go by.
"""

from __future__ import annotations

from typing import Any

import pytest

LONG = (  # begun first, the longest in front, so that the workers end together
    "browser",
    "backup",
    "test_pages_as_written.py",
    "gateway",
    "catch_up",
    "test_orchestrator.py",
    "outreach",
    "test_send.py",
    "mcp",
    "learning",
    "upgrade",
    "test_bench.py",
)
TOGETHER = {"sql_guard": "mcp"}  # their servers look for free ports from the same number on


def group(test_id: str) -> str:
    """What goes to one worker: a directory, or a file that lies in none; each fault of chaos by itself."""
    place = test_id.removeprefix("lrs_platform_tests/").partition("::")[0].partition("/")[0]
    return test_id if place == "chaos" else TOGETHER.get(place, place)


def _turn(item: pytest.Item) -> int:
    """Long groups first. Tests that kill processes last: what they disturb heals, but no other need wait for it."""
    if item.get_closest_marker("chaos"):
        return len(LONG) + 1
    place = group(item.nodeid)
    return LONG.index(place) if place in LONG else len(LONG)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in order; pytest-xdist takes the groups as their first tests come."""
    items.sort(key=_turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Work is given out by groups; asked for where there are several workers."""
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group  # what the scheduler by files replaces as well
    return scheduler


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Leave out what pytest-json-ctrf tells of parameters: not all their types can be sent to another process."""
    vars(report).get("_ctrf_metadata", {}).pop("parameters", None)

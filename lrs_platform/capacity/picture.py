"""Curves of the simulation: what senders and readers wait as more comes in, for a few deployments, as an SVG.

Belongs here: which deployments, and drawing. Made anew by `sh lrs capacity --picture FILE`; docs/scale.md shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lrs_platform.capacity.costs import Costs
from lrs_platform.capacity.simulation import Deployment, Traffic, simulate

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 360, 64, 16, 40, 48  # pixels
SLOWEST_MS, FASTEST_MS = 10_000.0, 1.0
SECONDS = 10.0  # of virtual time for a point
BY_RATE = (100, 200, 500, 1000, 1500, 2000, 2500, 3000, 4000, 6000, 8000, 10_000, 14_000)


@dataclass(frozen=True, slots=True)
class Series:
    """One deployment and its colour."""

    name: str
    deployment: Deployment
    colour: str


SERIES = (
    Series("2 cores, 1 gateway, 1 log", Deployment(2), "#4f43dd"),
    Series("8 cores, 3 gateways, 1 log", Deployment(8, gateways=3), "#0a7d62"),
    Series("32 cores, 10 gateways, 4 logs", Deployment(32, gateways=10, logs=4, disk_share=0.25), "#b4530a"),
)


def waits(series: Series, costs: Costs, rates: Sequence[int]) -> list[tuple[int, float, float]]:
    """For each rate of statements, one a request: rate, p95 ms until it is answered, p95 ms until it is readable.

    Ends with the first rate at which answers take longer than is shown: beyond it the queue grows without end.
    """
    found = []
    for rate in rates:
        outcome = simulate(series.deployment, Traffic(rate=rate), costs, seconds=SECONDS)
        point = (rate, outcome.percentile("accept_ms", 95), outcome.percentile("fresh_ms", 95))
        found.append(point)
        if point[1] > SLOWEST_MS / 10:
            break
    return found


def picture(costs: Costs, *, series: Sequence[Series] = SERIES, rates: Sequence[int] = BY_RATE) -> str:
    """The curves as SVG text: rate across, milliseconds up, both by powers of ten."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="11" role="img">',
        "<title>Wait by rate of statements, simulated</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="13">95 % wait at most so long (ms); dashed: for the answer, '
        "full: until it can be read</text>",
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">statements a second, one a request</text>',
    ]
    low, high = float(min(rates)), float(max(rates))
    for ms in (1, 10, 100, 1000, 10_000):
        y = _up(ms)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{ms:,}</text>')
    for rate in (100, 1000, 10_000):
        if low <= rate <= high:
            x = _across(rate, low, high)
            parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eee"/>')
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{rate:,}</text>')
    for number, one in enumerate(series):
        points = waits(one, costs, rates)
        for index, dashes in ((1, ' stroke-dasharray="4 3"'), (2, "")):
            line = " ".join(f"{_across(point[0], low, high):.1f},{_up(point[index]):.1f}" for point in points)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{one.colour}" stroke-width="2"{dashes}/>')
        y = TOP + 12 + 16 * number
        parts.append(f'<path d="M{LEFT + 12} {y}h18" stroke="{one.colour}" stroke-width="3"/>')
        parts.append(f'<text x="{LEFT + 36}" y="{y + 4}">{escape(one.name)}</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)


def _up(ms: float) -> float:
    share = math.log10(min(max(ms, FASTEST_MS), SLOWEST_MS) / FASTEST_MS) / math.log10(SLOWEST_MS / FASTEST_MS)
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _across(rate: float, low: float, high: float) -> float:
    return LEFT + math.log10(rate / low) / math.log10(high / low) * (WIDTH - LEFT - RIGHT)

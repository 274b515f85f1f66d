"""Clocks: `stored` is the log's time and marts go by days, so clocks that differ show as records from the future."""

from __future__ import annotations

from lrs_platform.doctor.finding import Finding, fail, ok, warn

NOTICEABLE_SECONDS = 1.0
WRONG_SECONDS = 60.0
ADVICE = "let both machines follow a time server (NTP)"


def clock_finding(server: str, told: float, asked: float, answered: float) -> Finding:
    """How far `server`'s clock, which said `told` (Unix time) between `asked` and `answered`, is from ours."""
    early, late = asked - told, told - answered  # both negative where its time lies between ours
    apart = max(0.0, early, late)
    if apart > WRONG_SECONDS:
        return fail("clock", f"{server} is {apart:.0f} s {'behind' if early > late else 'ahead'}", ADVICE)
    if apart > NOTICEABLE_SECONDS:
        return warn("clock", f"{server} is {apart:.1f} s {'behind' if early > late else 'ahead'}", ADVICE)
    return ok("clock", f"{server} agrees to {max(apart, answered - asked) * 1000:.0f} ms")

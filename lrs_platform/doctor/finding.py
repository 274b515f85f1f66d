"""What an examination says: one line about one thing. Belongs here: the shape of a finding, and no examination."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it stands. warn: it works, and something should be done; fail: something does not work or is not safe."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`part` names what was looked at, `told` what was found, `advice` what to do. Texts hold no secret."""

    part: str
    level: Level
    told: str
    advice: str = ""


def ok(part: str, told: str) -> Finding:
    """Nothing is to be done."""
    return Finding(part, Level.OK, told)


def warn(part: str, told: str, advice: str) -> Finding:
    """It works; something should be done all the same."""
    return Finding(part, Level.WARN, told, advice)


def fail(part: str, told: str, advice: str) -> Finding:
    """It does not work, or statements or people's data are in danger."""
    return Finding(part, Level.FAIL, told, advice)

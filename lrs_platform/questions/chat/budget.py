"""What one question may cost a chat model, and its absence.

Belongs here: what the exchange (asking_model.py) and the agent (agent.py) share. Not here: either of them.
"""

from __future__ import annotations

from dataclasses import dataclass


class ModelAway(RuntimeError):
    """The chat model did not answer, in time or at all; the message says so without its words."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Of one question: seconds, tokens, tries."""

    seconds: float
    tokens: int
    tries: int

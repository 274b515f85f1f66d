"""What one question may cost a chat model, and its absence.

Belongs here: what the exchange (asking_model.py) and the agent (agent.py) share. Not here: either of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class ModelAway(RuntimeError):
    """The chat model did not answer, in time or at all; the message says so without its words."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Of one question: seconds, tokens, tries."""

    seconds: float
    tokens: int
    tries: int


@contextmanager
def one_call(name: str, budget: Budget, spent: int) -> Iterator[None]:
    """Around one call of the model `name`, with so many tokens spent before.

    Raises ModelAway where they are used up, or the call fails; a time-out passes.
    """
    if spent >= budget.tokens:
        raise ModelAway(f"{name} has used up the {budget.tokens} tokens of a question")
    try:
        yield
    except TimeoutError:
        raise
    except Exception as error:  # noqa: BLE001 - each provider has errors of its own; their texts may hold the key
        raise ModelAway(f"{name} cannot be asked: {type(error).__name__}") from None

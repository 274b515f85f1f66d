"""Random draws that are the same on every Python: one stream of numbers for each named purpose.

Belongs here: how a draw is made. Not here: what is drawn (company.py, course.py, behaviour.py, noise.py).

Only `random()` and `gauss()` of the standard library are used, whose streams Python has kept since 3.2; `choices`,
`sample` and others may change their use of the stream between versions. A stream is seeded by text (SHA-512 inside),
so one learner's life stays as it is when another learner is added.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice(Random):
    """A stream of draws for `purpose` under `seed`."""

    def __init__(self, seed: int, purpose: str) -> None:
        super().__init__(f"{seed}/{purpose}")

    def below(self, bound: int) -> int:
        """An integer from 0 to `bound` - 1."""
        return int(self.random() * bound)

    def pick(self, values: Sequence[T]) -> T:
        """One of `values`."""
        return values[int(self.random() * len(values))]

    def between(self, low: float, high: float) -> float:
        """A number from `low` to `high`, evenly."""
        return low + (high - low) * self.random()

    def waiting(self, mean: float) -> float:
        """An exponential waiting time."""
        return -mean * math.log(1.0 - self.random())

    def around(self, median: float, sigma: float) -> float:
        """A log-normal number with that median; `sigma` is the standard deviation of its logarithm."""
        return median * math.exp(self.gauss(0.0, sigma))

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """`values` in random order (Fisher and Yates)."""
        mixed = list(values)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self.random() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed


class Weighted:
    """Indexes drawn with given weights, by bisection."""

    __slots__ = ("_last", "_sums")

    def __init__(self, weights: Sequence[float]) -> None:
        self._sums = list(accumulate(weights))
        self._last = len(self._sums) - 1

    def draw(self, dice: Dice) -> int:
        """An index into the weights."""
        return min(bisect(self._sums, dice.random() * self._sums[-1]), self._last)


def logistic(x: float) -> float:
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + math.exp(-x))

"""Patience, measured: how long to wait before the next attempt, how long nothing has moved. Pure.

Time is an argument everywhere; knows neither processes nor devices.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRIDE = 7
"""Every how many pixels, either way, two pictures are compared."""


@dataclass
class Backoff:
    """Waiting times that double from ``first_s`` up to ``most_s``, until something succeeds."""

    first_s: float = 0.1
    most_s: float = 4.0
    failures: int = 0

    def next_s(self) -> float:
        """How long to wait now, after one more failure."""
        wait_s = min(self.most_s, self.first_s * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return wait_s

    def reset(self) -> None:
        """It worked: the next failure is the first again."""
        self.failures = 0


@dataclass
class Silence:
    """How long nothing was heard of something that should be heard of all the time."""

    since_s: float

    def sign(self, now_s: float) -> None:
        """It has given a sign of life."""
        self.since_s = now_s

    def lasts_s(self, now_s: float) -> float:
        """Seconds since the last sign."""
        return now_s - self.since_s


class Stillness:
    """For how long a camera's picture has been the same to the last bit: no living camera's is."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._since_s = 0.0

    def update(self, image: NDArray[np.uint8], now_s: float) -> float:
        """Seconds for which the picture has not changed, ``image`` included."""
        sample = image[::STRIDE, ::STRIDE].copy()
        if self._last is None or not np.array_equal(sample, self._last):
            self._last, self._since_s = sample, now_s
        return now_s - self._since_s

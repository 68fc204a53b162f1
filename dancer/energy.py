"""How much the dancer gives: a number from 0 (stands still) to 1 (all out) at every time.

A plain number wanders a little, as people do; points are followed to the letter, for tests.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Energy = float | tuple[tuple[float, float], ...]
"""A level 0..1, or points (time in s, level from then on)."""

WANDER = 0.12
"""Half-range of the slow wandering around a level; a level of 0 or 1 still stays inside 0..1."""
WANDER_PERIODS_S = (31.0, 17.3, 9.1)
RAMP_S = 0.25
"""A body takes this long to go from one level to the next."""


def check_energy(energy: Energy) -> None:
    """Raises ValueError where ``energy`` is not a level 0..1 or rising points of such levels."""
    points = energy if isinstance(energy, tuple) else ((0.0, energy),)
    times = [time for time, _ in points]
    if not points or any(b <= a for a, b in pairwise(times)):
        raise ValueError(f"energy has the times {times}: give at least one point, times rising.")
    for _, level in points:
        if not 0 <= level <= 1:
            raise ValueError(f"energy is {level}: give a level from 0 (still) to 1 (all out), such as 0.6.")


class EnergyCurve:
    """Energy as a pure function of time, by seed."""

    def __init__(self, energy: Energy, seed: int = 0) -> None:
        check_energy(energy)
        self._points = energy if isinstance(energy, tuple) else None
        self._level = 0.0 if isinstance(energy, tuple) else float(energy)
        self._phases = np.random.default_rng([seed, 0xE4E]).uniform(0, 2 * np.pi, len(WANDER_PERIODS_S))

    def __call__(self, time_s: ArrayLike) -> Floats:
        """Energy 0..1 at ``time_s`` seconds, any shape."""
        time = np.asarray(time_s, np.float64)
        return self._along_points(time) if self._points is not None else self._wandering(time)

    def _along_points(self, time: Floats) -> Floats:
        assert self._points is not None
        value = np.full(time.shape, self._points[0][1], np.float64)
        for (_, before), (start, after) in pairwise(self._points):
            ramp = np.clip((time - start) / RAMP_S, 0, 1)
            value = value + (after - before) * ramp * ramp * (3 - 2 * ramp)
        return value

    def _wandering(self, time: Floats) -> Floats:
        room = WANDER * np.minimum(1, 4 * min(self._level, 1 - self._level) + 0.25 * (self._level > 0))
        waves = [
            np.sin(2 * np.pi * time / p + f) for p, f in zip(WANDER_PERIODS_S, self._phases, strict=True)
        ]
        return np.asarray(np.clip(self._level + room * np.mean(waves, axis=0), 0, 1))

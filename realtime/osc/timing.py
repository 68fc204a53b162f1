"""How punctual beats are, from when their messages arrive. Pure; knows nothing of sockets or sound cards.

Two yardsticks: the beats' own grid (how evenly they come) and the onsets in the recorded sound (whether
they come when they are heard).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GRID_BEATS = 16
MATCH_S = 0.08
"""An onset further from a beat than this is another sound."""


class Grid:
    """The line through the latest beats; how far a new beat lies beside it."""

    def __init__(self) -> None:
        self._beats: deque[tuple[float, float]] = deque(maxlen=GRID_BEATS)

    def error_s(self, position: float, heard_s: float) -> float | None:
        """Take the beat at ``position`` (beats counted on) that claims to be heard at ``heard_s``.

        Returns:
            How much later it is than the line through those before it; None for the first four, and after
            a gap or a jump.
        """
        if self._beats and not 0 < position - self._beats[-1][0] <= 4:
            self._beats.clear()
        error_s = None
        if len(self._beats) >= 4:
            positions, times_s = np.array(self._beats).T
            slope_s, origin_s = np.polyfit(positions - positions[0], times_s - times_s[0], 1)
            error_s = float(heard_s - times_s[0] - origin_s - slope_s * (position - positions[0]))
        self._beats.append((position, heard_s))
        return error_s


def match_onsets(heard_s: Sequence[float], onsets_s: Sequence[float]) -> list[float | None]:
    """For each claimed time the distance to the nearest onset, s; positive: the claim is later.

    None where no onset lies within ``MATCH_S``: a beat need not be an attack.
    """
    found: list[float | None] = []
    onsets = np.sort(np.asarray(onsets_s, float))
    for claim_s in heard_s:
        distances = claim_s - onsets
        nearest = distances[np.argmin(np.abs(distances))] if len(onsets) else np.inf
        found.append(float(nearest) if abs(nearest) <= MATCH_S else None)
    return found


@dataclass(frozen=True)
class Spread:
    """Median, middle 90 % and count of some errors, ms."""

    count: int
    median_ms: float
    low_ms: float
    high_ms: float
    p95_ms: float
    """95 % of the errors are at most this far from zero."""

    def __str__(self) -> str:
        if not self.count:
            return "nothing to measure"
        middle = f"90 % within {self.low_ms:+.1f} .. {self.high_ms:+.1f}"
        return (
            f"median {self.median_ms:+.1f} ms, {middle}, |error| p95 {self.p95_ms:.1f} ({self.count} beats)"
        )


def spread(errors_s: Sequence[float]) -> Spread:
    """Of errors in seconds."""
    if not errors_s:
        return Spread(0, 0.0, 0.0, 0.0, 0.0)
    errors_ms = 1000 * np.asarray(errors_s)
    median, low, high = np.percentile(errors_ms, (50, 5, 95))
    return Spread(
        len(errors_ms), float(median), float(low), float(high), float(np.percentile(np.abs(errors_ms), 95))
    )


def strip(error_s: float | None, half_width_ms: float = 20.0, width: int = 21) -> str:
    """An error as a mark on a line whose middle is "on time": ``|·········*··········|``."""
    cells = ["·"] * width
    cells[width // 2] = "+"
    if error_s is not None:
        place = round((1000 * error_s / half_width_ms + 1) / 2 * (width - 1))
        cells[min(max(place, 0), width - 1)] = "*"
    return f"|{''.join(cells)}|"

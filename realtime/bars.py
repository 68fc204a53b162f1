"""Which beat of the bar is the first: where a dancer moves the most, over some bars of four.

Dancers put more into the first beat, then the third, least into the fourth. It is weak evidence: of twenty
drawn dances of 40 s eight were ever decided, seven of them rightly (chance: one in four). So the count is
moved once, when it is sure, and then left alone.
"""

from dataclasses import dataclass, replace
from math import exp

BEATS = 4
EMPHASIS = (1.0, -0.5, 0.25, -0.75)
"""How much more than average goes into each beat of the bar, in shape; the scale does not matter."""
SURE = 0.2
"""Least lead of the best count over the next, in units of ``EMPHASIS``."""
MEMORY_S = 20.0
LEAST_S = 12.0
NEAR_BEATS = 0.25
"""Accents within this of a beat belong to it."""


@dataclass(frozen=True)
class BarCount:
    """Accents heard on each beat of the bar as it is counted now; ``decided``: it has been put right."""

    sums: tuple[float, ...] = (0.0,) * BEATS
    heard_s: float = 0.0
    decided: bool = False

    def heard(self, phase_beats: float, strength: float, dt: float) -> "BarCount":
        """One moment's accents, ``dt`` seconds long, at a phase of the grid that is played."""
        keep = exp(-dt / MEMORY_S)
        sums = [keep * s for s in self.sums]
        beat = round(phase_beats)
        if abs(phase_beats - beat) < NEAR_BEATS:
            sums[beat % BEATS] += strength * dt
        return replace(self, sums=tuple(sums), heard_s=self.heard_s + dt)

    def shift(self) -> int:
        """How many beats (-1 .. 2) to add to the count so that bars begin where the dancer's do."""
        total = sum(self.sums)
        if self.decided or self.heard_s < LEAST_S or total <= 0:
            return 0
        excess = [BEATS * s / total - 1.0 for s in self.sums]
        scores = [
            sum(EMPHASIS[m] * excess[(m + first) % BEATS] for m in range(BEATS)) for first in range(BEATS)
        ]
        first = max(range(BEATS), key=scores.__getitem__)
        lead = scores[first] - max(s for k, s in enumerate(scores) if k != first)
        return (-first + 1) % BEATS - 1 if lead >= SURE else 0

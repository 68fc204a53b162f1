"""Which beat of the bar is the first: what the network says, or where a dancer moves the most.

Dancers put more into the first beat, then the third, least into the fourth. It is weak evidence: of twenty
drawn dances of 40 s eight were ever decided, seven of them rightly (chance: one in four). So the count is
moved once, when it is sure, and then left alone. The network (features/beat_sense.py) knows phrases and is
believed first, and again later if it is sure that the count has become another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np
from numpy.typing import NDArray

BEATS = 4
EMPHASIS = (1.0, -0.5, 0.25, -0.75)
"""How much more than average goes into each beat of the bar, in shape; the scale does not matter."""
SURE = 0.2
"""Least lead of the best count over the next, in units of ``EMPHASIS``."""
MEMORY_S = 20.0
LEAST_S = 12.0
NEAR_BEATS = 0.25
"""Accents within this of a beat belong to it."""
LOOKS = 0.5
"""So many times a second the network's word about the bar is news: it remembers for seconds."""
SURE_NATS, HINT_NATS = 6.0, 2.0
"""Lead of one count over the others at which the network decides, and at which it is listened to alone."""
EMPHASIS_NATS = 8.0
"""What a unit of emphasis is worth beside it."""
DOUBT = 0.2
"""How often the network is sure of a bar, and wrong."""
TOLD_S = 12.0
"""Memory of what the network said."""
SHIFTS = (0, 1, 2, -1)


@dataclass(frozen=True)
class BarCount:
    """Accents heard on each beat of the bar as it is counted now; ``decided``: it has been put right.

    ``nats``: what the network said of counting on by ``SHIFTS`` beats.
    """

    sums: tuple[float, ...] = (0.0,) * BEATS
    heard_s: float = 0.0
    decided: bool = False
    nats: tuple[float, ...] = (0.0,) * BEATS

    def heard(self, phase_beats: float, strength: float, dt: float) -> "BarCount":
        """One moment's accents, ``dt`` seconds long, at a phase of the grid that is played."""
        keep = exp(-dt / MEMORY_S)
        sums = [keep * s for s in self.sums]
        beat = round(phase_beats)
        if abs(phase_beats - beat) < NEAR_BEATS:
            sums[beat % BEATS] += strength * dt
        return replace(self, sums=tuple(sums), heard_s=self.heard_s + dt)

    def told(self, phase_beats: float, spectrum: NDArray[np.complex128], seconds: float) -> "BarCount":
        """What the network said of a moment: Fourier coefficients of a log-density over the bar's phase."""
        keep, orders = exp(-seconds / TOLD_S), np.arange(1, len(spectrum) + 1)
        phases = (phase_beats + np.array(SHIFTS)) / BEATS
        said = (np.exp(2j * np.pi * np.outer(phases, orders)) @ spectrum).real
        share = np.exp(said - said.max())
        said = np.log((1.0 - DOUBT) * share / share.mean() + DOUBT)
        return replace(self, nats=tuple((keep * np.array(self.nats) + LOOKS * seconds * said).tolist()))

    def shift(self) -> int:
        """How many beats (-1 .. 2) to add to the count so that bars begin where the dancer's do."""
        scores = self._emphasis()
        if _lead(self.nats) >= HINT_NATS:
            both = [n + EMPHASIS_NATS * e for n, e in zip(self.nats, scores, strict=True)]
            return SHIFTS[both.index(max(both))] if _lead(both) >= SURE_NATS else 0
        if self.decided or self.heard_s < LEAST_S:
            return 0
        return SHIFTS[scores.index(max(scores))] if _lead(scores) >= SURE else 0

    def _emphasis(self) -> list[float]:
        """For each of ``SHIFTS``, how well the accents heard fit a bar that is counted so."""
        total = sum(self.sums)
        if total <= 0:
            return [0.0] * BEATS
        excess = [BEATS * s / total - 1.0 for s in self.sums]
        return [sum(EMPHASIS[m] * excess[(m - shift) % BEATS] for m in range(BEATS)) for shift in SHIFTS]


def _lead(scores: Sequence[float]) -> float:
    """Of the best over the next."""
    first, second = sorted(scores, reverse=True)[:2]
    return first - second

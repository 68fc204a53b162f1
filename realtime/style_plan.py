"""Changes of style wait for the bar line. Pure."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from features.landmarks import Array

BAR_BEATS = 4


@dataclass(frozen=True)
class StylePlan:
    """The mix that plays, and the one that takes over at ``switch_beats`` of the unwrapped phase."""

    now: tuple[float, ...]
    song: int
    next: tuple[float, ...] | None = None
    next_song: int = 0
    switch_beats: float = 0.0

    def ask(self, style: tuple[float, ...], song: int, phase_beats: float) -> "StylePlan":
        """The plan once ``style`` and ``song`` are wanted and the music stands at ``phase_beats``."""
        plan = self
        if plan.next is not None and phase_beats >= plan.switch_beats:
            plan = StylePlan(plan.next, plan.next_song)
        if (style, song) == (plan.now, plan.song):
            return StylePlan(plan.now, plan.song)
        if plan.next is not None and (style, song) == (plan.next, plan.next_song):
            return plan
        line = float(ceil(phase_beats / BAR_BEATS + 1e-6) * BAR_BEATS)
        return StylePlan(plan.now, plan.song, style, song, line)

    def weights_at(self, phase_beats: NDArray[np.float64]) -> Array:
        """Genre weights ``[10, T]`` at each code's phase."""
        weights = np.repeat(np.array(self.now, np.float32)[:, None], len(phase_beats), axis=1)
        if self.next is None:
            return weights
        return np.where(phase_beats >= self.switch_beats, np.array(self.next, np.float32)[:, None], weights)

    def song_at(self, phase_beats: float) -> int:
        """The song slot at a phase."""
        return self.next_song if self.next is not None and phase_beats >= self.switch_beats else self.song

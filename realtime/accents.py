"""What an accent of hands, feet or body says about the beat: its usual place, and its usual strength.

Knows nothing of tempo filters. The numbers of ``PROFILES`` are described where they stand.
"""

from dataclasses import dataclass

import numpy as np

from features.kinematics import CHANNELS, Accents
from realtime.tempo_tracker import Array, Profiles

LEVEL_S = 4.0
"""Memory of a channel's usual strength."""

FLOOR = np.array([1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
"""Strength, torso lengths / s^2, below which a channel hardly counts: breathing, swaying, fidgeting."""

MOST = 4.0
"""An accent counts at most this many times the usual strength."""

PROFILES = Profiles(
    names=CHANNELS,
    centre_beats=(-0.03, -0.03, -0.03, -0.03, -0.03, 0.0, 0.5, 0.0),
    lag_s=(-0.015, -0.015, -0.015, -0.015, -0.015, 0.01, 0.01, 0.0),
    width_beats=(0.09, 0.09, 0.09, 0.09, 0.09, 0.15, 0.15, 0.15),
    width_s=0.03,
    offbeat=(0.15, 0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.4),
    floor=0.15,
    weight=(1.0, 1.0, 0.6, 1.0, 0.4, 1.0, 0.6, 0.2),
)


@dataclass(frozen=True)
class AccentLevels:
    """The running mean strength of each channel."""

    time_s: float = -np.inf
    mean: tuple[float, ...] = (1.0,) * len(CHANNELS)

    def update(self, accents: Accents) -> tuple["AccentLevels", Array]:
        """Take the accents of one moment; also return them as rates ``[C]``, about 1 on average."""
        dt = min(accents.time_s - self.time_s, LEVEL_S)
        mean = np.array(self.mean)
        rates = np.minimum(accents.strength / (mean + FLOOR), MOST)
        mean = mean + (accents.strength - mean) * (1.0 - np.exp(-dt / LEVEL_S))
        return AccentLevels(accents.time_s, tuple(mean.tolist())), rates

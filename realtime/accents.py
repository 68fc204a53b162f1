"""What an accent of hands, feet or body says about the beat: its usual place, and its usual strength.

Knows nothing of tempo filters. Two grooves are told apart: a dancer who sinks on the beat, and one who rises.
"""

from dataclasses import dataclass

import numpy as np

from features.kinematics import CHANNELS, Accents
from realtime.tempo_tracker import Array, Profile

LEVEL_S = 4.0
"""Memory of a channel's usual strength."""

FLOOR = np.array([1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
"""Strength, torso lengths / s^2, below which a channel hardly counts: breathing, swaying, fidgeting."""

MOST = 4.0
"""An accent counts at most this many times the usual strength."""

BRAKE = dict(centre=0.0, before=0.1, after=0.03, blur_s=0.03)
"""A limb brakes until it arrives, on the beat: a long rise, a sharp end."""
THRUST = dict(before=0.12, after=0.12, blur_s=0.03, lag_s=0.0, offbeat=0.1)
_LIMBS = (
    Profile(1.0, **BRAKE),
    Profile(1.0, **BRAKE),
    Profile(0.6, **BRAKE),
    Profile(1.0, **BRAKE),
    Profile(0.4, **BRAKE),
)
_LOW, _HIGH = Profile(1.0, **THRUST), Profile(1.0, centre=0.5, **THRUST)
_SWAY = Profile(0.2, offbeat=0.4)
GROOVES: tuple[tuple[Profile, ...], ...] = ((*_LIMBS, _LOW, _HIGH, _SWAY), (*_LIMBS, _HIGH, _LOW, _SWAY))
"""For each groove (down, up) the profile of every channel."""
ODDS = (0.75, 0.25)
"""How often dancers sink, and rise, on the beat."""

assert len(CHANNELS) == len(GROOVES[0])


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

"""What an accent of hands, feet or body says about the beat: its usual place, and its usual strength.

Knows nothing of tempo filters. Two grooves are told apart: a dancer's weight is lowest a third of a beat
after the beat, or half a beat and more.
"""

from dataclasses import dataclass

import numpy as np

from features.kinematics import CHANNELS, Accents
from realtime.tempo_tracker import FRAME_S, Array, Profile

LEVEL_S = 4.0
"""Memory of a channel's usual strength."""

FLOOR = np.array([1.0, 0.5, 0.4, 0.3, 0.5, 0.3, 0.3, 0.3])
"""Strength, torso lengths / s^2, below which a channel hardly counts: breathing, swaying, fidgeting. A person
who stands shows 0.05, who talks with the hands 0.1 (hands 1.1); a dancer 1 to 10 in the drawn figure, 0.3 to
3 in motion capture of small real dances."""

NEAR, FAR = 1.4, 1.9
"""Ground covered in six seconds, torso lengths: who keeps within the first stays on the spot, who goes
beyond the second gets about. Walkers cover 2 to 5, dancers on film 1 to 2.4."""

STILL, ROCKS = 0.035, 0.06
"""How fast the trunk of somebody who gets about leans to and fro (rad / s, averaged over LEVEL_S) for each
torso length of ground: below the first it is a walk, above the second a dance. Walkers: drawn 0.01, on film
0.02 to 0.035. Dancers: on film 0.13 and more, drawn ones and motion capture mostly 0.1, at least 0.05."""

LATELY_S, ALIVE = 0.5, 0.2
"""Who shows less than this mean rate of accents has stopped; dancers show 0.3 to 1."""

MOST = 4.0
"""An accent counts at most this many times the usual strength."""

EVIDENCE = 1.7
"""Nats per unit of log-profile and mean accent-second, shared by all channels: they seldom err apart."""


def _brake(weight: float) -> Profile:
    """A limb brakes until it arrives, on the beat: a long rise, a sharp end."""
    return Profile(weight * EVIDENCE, before=0.14, after=0.02, blur_s=0.035, offbeat=0.15, floor=0.5)


def _thrust(centre: float) -> Profile:
    """The floor pushes the body up at the bottom of a bounce; at its top the body falls."""
    return Profile(EVIDENCE, centre, before=0.12, after=0.12, blur_s=0.03, offbeat=0.1, floor=0.4)


_LIMBS = tuple(_brake(weight) for weight in (1.0, 1.0, 0.6, 1.0, 0.4))  # hands, feet, knees, body, head
_SWAY = Profile(0.2 * EVIDENCE, offbeat=0.4)
GROOVES: tuple[tuple[Profile, ...], ...] = (
    (*_LIMBS, _thrust(0.33), _thrust(0.8), _SWAY),
    (*_LIMBS, _thrust(0.57), _thrust(0.05), _SWAY),
)
"""For each groove the profile of every channel. Who took a dancer's lowest point for the beat would be half a
beat off: in films of known beats the body is pushed up hardest 0.34 to 0.37 of a beat after it (two of break,
one of house) or 0.53 to 0.67 (middle hip-hop, three of TikTok), and falls hardest at 0.77 to 0.87, or at 0.97
to 0.2 (docs/beat_sense.md)."""
ODDS = (0.5, 0.5)

assert len(CHANNELS) == len(GROOVES[0])


@dataclass(frozen=True)
class AccentLevels:
    """The running mean strength of each channel, and whether this is somebody who walks."""

    time_s: float = -np.inf
    mean: tuple[float, ...] = (1.0,) * len(CHANNELS)
    lately: float = 0.0  # mean rate of all channels, over LATELY_S
    ground: float = 0.0
    rocking: float = 0.0  # mean over LEVEL_S, or over seen_s if that is less
    seen_s: float = 0.0  # how long this person has been seen

    def update(self, accents: Accents) -> tuple["AccentLevels", Array]:
        """Take the accents of one moment; also return them as rates ``[C]``, about 1 on average."""
        dt = min(accents.time_s - self.time_s, LEVEL_S)
        keep = float(np.exp(-dt / LEVEL_S))
        mean = np.array(self.mean)
        after = keep * mean + (1 - keep) * accents.strength
        rates = np.minimum(accents.strength / (mean + FLOOR), MOST)
        forget = float(np.exp(-dt / LATELY_S))
        lately = forget * self.lately + (1 - forget) * float(rates.mean())
        ground, rocking, seen_s = self.ground, self.rocking, 0.0
        if accents.ground is not None:  # else somebody came, or came back, just now
            frame_s = max(1e-6, min(dt, FRAME_S))
            ground, seen_s = accents.ground, self.seen_s + frame_s
            rocking += (accents.rocking - rocking) * frame_s / min(seen_s, LEVEL_S)
        levels = AccentLevels(accents.time_s, tuple(after.tolist()), lately, ground, rocking, seen_s)
        return levels, levels.danced * rates

    @property
    def danced(self) -> float:
        """How much of what is seen counts, 0..1: nothing of who gets about with a still trunk."""
        away = np.clip((self.ground - NEAR) / (FAR - NEAR), 0.0, 1.0)
        rocks = self.rocking / max(self.ground, NEAR)
        still = np.clip((ROCKS - rocks) / (ROCKS - STILL), 0.0, 1.0)
        return float(1.0 - away * still)

    @property
    def alive(self) -> float:
        """How far a network's word counts, 0..1: it counts on for seconds after a dancer has stopped.

        Squared, because it drags the tempo of who comes to rest: by 0.6 % in the mean, 0.8 % before.
        """
        return self.danced * min(1.0, self.lately / ALIVE) ** 2

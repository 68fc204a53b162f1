"""What a move, and a genre's way of moving, are. Knows no particular genre and no time but beats.

A move is a row of key poses for one track of the body (legs, core, arms), each with the beat on which
it is reached. Between keys the body waits, then travels so as to stop on the next key: that stop is
the accent that an eye, and a beat follower, sees.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dancer.channels import INDEX, mirror

Floats = NDArray[np.float64]

Point = tuple[float, ...]


@dataclass(frozen=True)
class Key:
    """A pose to be reached at ``beat`` of its move: channel values, and how the track gets there.

    ``hop`` (m) is the height of a leap on the way; ``lift`` (m) is how high a moving foot is picked
    up, (left, right); ``travel`` stretches the genre's travelling time, 0 keeps the genre's own.
    """

    beat: float
    values: dict[str, float]
    hop: float = 0.0
    lift: tuple[float, float] = (0.05, 0.05)
    travel: float = 0.0


@dataclass(frozen=True)
class Move:
    """A named row of keys that lasts ``beats``; ``needs`` is the energy below which nobody does it."""

    name: str
    track: str
    beats: float
    keys: tuple[Key, ...]
    needs: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True)
class Manner:
    """How a genre moves, whatever it does. Lengths m, angles rad, at full energy.

    ``travel`` beats are spent on the way to a key; ``sharp`` (2 smooth .. 6 abrupt) moves the peak of
    speed towards the arrival; ``recoil`` is the share of the way that springs back after it.
    ``bounce`` is the depth of the knees' pulse once a beat, ``pulse`` (1 round .. 4 pointed) is its shape.
    Feet and hands arrive on the beat; the weight sinks after them (the pulse, and what keys ask of ``up``),
    lowest ``late`` danced beats later, and so do chest and head: ``rock`` pitches the one, ``nod`` drives the
    other. ``sway`` shifts the weight from beat to beat, ``jack`` waves the spine on the beat. ``freedom``
    scales how often this dancer skips, doubles or syncopates.

    ``late`` is measured: of AIST's dancers, whose films begin on a beat (AIST Dance DB, "How to refine raw
    videos"), the hips are lowest 0.2 to 0.4 beats after it in house, 0.3 in break and waack, and in hip-hop
    0.1, or 0.54 by who rises on the beat (docs/beat_sense.md). Of other genres nobody knows: 0.2.
    """

    travel: float = 0.5
    sharp: float = 3.0
    recoil: float = 0.03
    bounce: float = 0.05
    pulse: float = 1.5
    late: float = 0.2
    rock: float = 0.05
    sway: float = 0.02
    nod: float = 0.08
    jack: float = 0.0
    freedom: float = 1.0


@dataclass(frozen=True)
class Genre:
    """A genre's stance, manner and moves."""

    name: str
    manner: Manner
    moves: tuple[Move, ...]
    stance: dict[str, float] = field(default_factory=dict)

    def of_track(self, track: str) -> tuple[Move, ...]:
        """The moves of legs, core or arms."""
        return tuple(move for move in self.moves if move.track == track)


def _foot(side: str, place: Point) -> dict[str, float]:
    """Channels of a foot from (out, up, front[, toe[, heel]])."""
    axes = ("out", "up", "front", "toe", "heel")
    return {f"{side}_foot_{axis}": value for axis, value in zip(axes, place, strict=False)}


def step(
    left: Point = (),
    right: Point = (),
    hop: float = 0.0,
    lift: tuple[float, float] = (0.05, 0.05),
    travel: float = 0.0,
    **body: float,
) -> Key:
    """A key of the legs: feet as (out, up, front[, toe[, heel]]), () as they stand, and the pelvis."""
    return Key(0.0, {**_foot("l", left), **_foot("r", right), **body}, hop, lift, travel)


def legs(name: str, every: float, *keys: Key, flip: bool = True, needs: float = 0, weight: float = 1) -> Move:
    """A leg move with a key every ``every`` beats; ``flip`` appends its mirror image."""
    return _move(name, "legs", every, keys, flip, needs, weight)


def core(name: str, every: float, *keys: dict[str, float], flip: bool = True, weight: float = 1) -> Move:
    """A torso and head move from dicts of core channels."""
    return _move(name, "core", every, tuple(Key(0.0, dict(key)) for key in keys), flip, 0, weight)


def arms(
    name: str,
    every: float,
    *keys: str,
    flip: bool = True,
    needs: float = 0,
    weight: float = 1,
    travel: float = 0,
) -> Move:
    """An arm move from pairs of named places, ``"left right"`` or ``"both"``: see SPOTS."""
    made = tuple(Key(0.0, _hands(key), travel=travel) for key in keys)
    return _move(name, "arms", every, made, flip, needs, weight)


def _hands(key: str) -> dict[str, float]:
    names = key.split()
    places = (SPOTS[names[0]], SPOTS[names[-1]])
    axes = ("out", "up", "front", "elbow", "plant")
    return {
        f"{s}_hand_{a}": v for s, p in zip("lr", places, strict=True) for a, v in zip(axes, p, strict=False)
    }


def _move(
    name: str, track: str, every: float, keys: tuple[Key, ...], flip: bool, needs: float, weight: float
) -> Move:
    if flip:
        keys = keys + tuple(_flipped(key) for key in keys)
    timed = tuple(Key(i * every, k.values, k.hop, k.lift, k.travel) for i, k in enumerate(keys))
    return Move(name, track, every * len(keys), timed, needs, weight)


def _flipped(key: Key) -> Key:
    vector = np.full(len(INDEX), np.nan)
    for name, value in key.values.items():
        vector[INDEX[name]] = value
    swapped = mirror(vector)
    values = {name: float(swapped[i]) for name, i in INDEX.items() if not np.isnan(swapped[i])}
    return Key(key.beat, values, key.hop, (key.lift[1], key.lift[0]), key.travel)


SPOTS: dict[str, Point] = {
    # place of a hand from its own shoulder, in arm lengths: out, up, front, elbow (-1 low .. 1 high)
    "rest": (0.16, -0.92, 0.10, 0.0),
    "loose": (0.26, -0.80, 0.20, 0.1),
    "hip": (0.12, -0.66, 0.12, 0.55),
    "belt": (-0.18, -0.60, 0.30, 0.1),
    "side": (0.97, 0.04, 0.06, 0.0),
    "half_side": (0.70, -0.10, 0.35, 0.1),
    "low_side": (0.66, -0.66, 0.12, 0.0),
    "vee": (0.62, 0.74, 0.06, 0.1),
    "up": (0.10, 0.97, 0.04, 0.3),
    "fifth": (-0.10, 0.86, 0.16, 0.5),
    "front": (0.02, 0.05, 0.94, 0.0),
    "jab": (-0.22, 0.02, 0.88, 0.1),
    "guard": (-0.08, -0.12, 0.46, -0.3),
    "chest": (-0.26, -0.20, 0.34, 0.45),
    "heart": (-0.22, -0.08, 0.26, 0.6),
    "across": (-0.62, 0.00, 0.52, 0.4),
    "across_low": (-0.52, -0.58, 0.36, 0.0),
    "across_high": (-0.36, 0.72, 0.34, 0.5),
    "brow": (-0.08, 0.44, 0.24, 0.7),
    "behind_head": (-0.06, 0.42, -0.08, 0.8),
    "clap": (-0.30, -0.10, 0.56, 0.0),
    "clap_low": (-0.30, -0.52, 0.50, 0.0),
    "clap_high": (-0.30, 0.70, 0.30, 0.3),
    "back": (0.22, -0.72, -0.42, 0.2),
    "behind": (-0.12, -0.62, -0.28, 0.6),
    "swing_front": (0.10, -0.50, 0.66, 0.0),
    "swing_back": (0.22, -0.74, -0.38, 0.0),
    "square": (0.52, 0.30, 0.16, 0.15),
    "square_down": (0.54, -0.38, 0.22, 0.9),
    "dangle": (0.42, -0.30, 0.36, 0.95),
    "point_up": (0.52, 0.80, 0.22, 0.0),
    "point_front": (0.16, 0.16, 0.92, 0.0),
    "point_low": (0.44, -0.76, 0.40, 0.0),
    "first": (-0.22, -0.40, 0.42, 0.5),
    "second": (0.90, -0.12, 0.26, 0.3),
    "arabesque": (0.10, 0.26, 0.93, 0.1),
    "trail": (0.82, -0.14, -0.42, 0.1),
    "shoulder": (-0.16, -0.04, 0.20, 0.7),
    "whip_in": (-0.30, 0.10, 0.36, 0.9),
    "whip_over": (0.06, 0.58, -0.06, 0.9),
    "whip_out": (0.86, 0.30, -0.06, 0.2),
    "roll_high": (-0.16, 0.06, 0.46, 0.4),
    "roll_low": (-0.16, -0.22, 0.40, 0.4),
    "hammer_up": (0.26, 0.78, 0.18, 0.6),
    "hammer_down": (0.06, -0.46, 0.58, 0.1),
    "floor": (0.20, -0.90, 0.20, 0.1, 1.0),
    "wave_low": (0.86, -0.34, 0.12, 0.0),
    "wave_high": (0.84, 0.34, 0.10, 0.5),
}

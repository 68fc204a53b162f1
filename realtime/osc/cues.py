"""What can be told to a desk, and what a profile may know when it says it. No behaviour.

A cue is an event of the score (Beat, Onset, Tempo) or a state of the show, small enough to become a few
OSC messages. Knows nothing of addresses.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from realtime.types import Beat, Onset, Tempo


@dataclass(frozen=True, slots=True)
class Phase:
    """Where in the bar we are, in beats: 0 <= ``beats`` < beats per bar, 0 on the downbeat."""

    beats: float


@dataclass(frozen=True, slots=True)
class Energy:
    """How much the dancer moves, 0..1."""

    level: float


@dataclass(frozen=True, slots=True)
class Style:
    """The style being played, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """One word or sentence on how the show is: ``playing``, ``held``, ``muted`` ..."""

    text: str


@dataclass(frozen=True, slots=True)
class Pose:
    """One person in one frame: ``points`` [33, 4] finite float32 (x, y, z, visibility)."""

    person: int
    points: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Glow:
    """A light that the demo rig has lit: ``age_s`` after ``beat``. Only the OLA profile makes these."""

    beat: Beat
    age_s: float


Cue = Beat | Onset | Tempo | Phase | Energy | Style | Status | Pose | Glow

KINDS: dict[type, str] = {
    Beat: "beat",
    Onset: "onset",
    Tempo: "tempo",
    Phase: "phase",
    Energy: "energy",
    Style: "style",
    Status: "status",
    Pose: "pose",
    Glow: "glow",
}
"""The name of each kind of cue in configurations, logs and addresses."""

EVENTS: tuple[str, ...] = ("beat", "onset", "tempo", "phase", "energy", "style", "status", "pose")
"""The kinds that a target can switch on and off."""


@dataclass(slots=True)
class Moment:
    """What a profile knows beside the cue itself: the target's settings and the show as last told to it."""

    prefix: str
    base: int
    lead_s: float = 0.0
    """Seconds from sending until the cue is heard: measured, not nominal."""
    style: str = ""
    energy: float = 0.0
    bpm: float = 0.0
    beat: Beat | None = field(default=None)
    """The last beat told to this target."""

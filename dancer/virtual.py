"""The virtual dancer: pictures, joints, exact landmarks and the truth of one performance, at any time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dancer.camera import Camera
from dancer.choreography import Choreography, Dance
from dancer.config import DancerConfig
from dancer.energy import EnergyCurve
from dancer.landmarks import landmarks
from dancer.skeleton import joints
from dancer.tempo import TempoMap

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """What only tests and traces may know; no performing code reads it."""

    beat_times_s: Floats
    beat_numbers: NDArray[np.int64]  # beat 0 is a downbeat
    tempo: TempoMap
    energy: EnergyCurve

    @property
    def downbeat_times_s(self) -> Floats:
        """Times of the first beats of the bars of four."""
        return self.beat_times_s[self.beat_numbers % 4 == 0]

    def phase_at(self, time_s: ArrayLike) -> Floats:
        """Position in beats; the bar line is at multiples of 4."""
        return self.tempo.beat_at(time_s)


class VirtualDancer:
    """A performance that can be looked at anywhere: ``frame(i)`` depends on the config and ``i`` alone."""

    def __init__(self, config: DancerConfig = DancerConfig()) -> None:
        self.config = config
        tempo = TempoMap(config.bpm, config.tempo, _first_beat_s(config))
        energy = EnergyCurve(config.energy, config.seed)
        dance = Dance(config.style, config.seed, config.speed, config.mirrored, config.looseness)
        self.choreography = Choreography(dance, tempo, energy)
        self.camera = Camera(config.view, config.width, config.height, config.seed)
        beats = tempo.beats_between(0.0, config.seconds)
        self.truth = Truth(tempo.time_at(beats), beats, tempo, energy)

    def __len__(self) -> int:
        """Number of frames in ``config.seconds``."""
        return int(round(self.config.seconds * self.config.fps))

    def time_of(self, index: int) -> float:
        """Time in seconds at which frame ``index`` is taken."""
        return index / self.config.fps

    def joints(self, time_s: ArrayLike) -> Floats:
        """Joints (dancer/skeleton.py) in metres, ``[23, 3]`` at one time or ``[T, 23, 3]`` at times ``[T]``."""
        times = np.asarray(time_s, np.float64)
        placed = joints(self.choreography.poses(np.atleast_1d(times)), self.config.body)
        return placed[0] if times.ndim == 0 else placed

    def landmarks(self, time_s: ArrayLike) -> NDArray[np.float32]:
        """Exact landmarks ``[33, 4]`` at one time or ``[T, 33, 4]`` at times ``[T]``, MediaPipe's order."""
        times = np.asarray(time_s, np.float64)
        row = np.atleast_1d(times)
        seen = landmarks(self.joints(row), self.camera, row, self.config.body.height)
        return seen[0] if times.ndim == 0 else seen


def _first_beat_s(config: DancerConfig) -> float:
    if config.first_beat_s is not None:
        return config.first_beat_s
    return float(np.random.default_rng([config.seed, 0xBEA7]).uniform(0, 60 / config.bpm))

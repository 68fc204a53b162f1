"""The virtual dancer: pictures, joints, exact landmarks and the truth of one performance, at any time."""

from abc import ABC, abstractmethod
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
from dancer.scene import Scene
from dancer.skeleton import JOINT, Body, joints
from dancer.tempo import TempoMap

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]

SPEED_S = 0.1
LIMB_JOINTS = [
    JOINT[f"{side}_{name}"] for side in ("left", "right") for name in ("hand", "elbow", "knee", "ankle")
]


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
        return np.asarray(self.beat_times_s[self.beat_numbers % 4 == 0])

    def phase_at(self, time_s: ArrayLike) -> Floats:
        """Position in beats; the bar line is at multiples of 4."""
        return self.tempo.beat_at(time_s)


class Dancer(ABC):
    """Somebody before a camera, at any time: ``frame(i)`` depends on the config and ``i`` alone."""

    def __init__(self, config: DancerConfig) -> None:
        self.config = config
        self.tempo = TempoMap(config.bpm, config.tempo, _first_beat_s(config))
        self.camera = Camera(config.view, config.width, config.height, config.seed)

    @abstractmethod
    def joints(self, time_s: ArrayLike) -> Floats:
        """Joints (dancer/skeleton.py) in metres: ``[23, 3]`` at a time, ``[T, 23, 3]`` at times ``[T]``."""

    def __len__(self) -> int:
        """Number of frames in ``config.seconds``."""
        return round(self.config.seconds * self.config.fps)

    def time_of(self, index: int) -> float:
        """Time in seconds at which frame ``index`` is taken."""
        return index / self.config.fps

    @cached_property
    def scene(self) -> Scene:
        """Room and figures; made at the first picture, for landmarks need none."""
        c = self.config
        bodies = [c.body] + [Body(height=0.94 + 0.05 * k) for k in range(c.people)]
        return Scene(self.camera, c.seed if c.look is None else c.look, bodies, c.room)

    @cached_property
    def _others(self) -> list["_Other"]:
        return [_Other(self.config, k, self.tempo) for k in range(self.config.people)]

    def frame(self, index: int) -> Image:
        """Picture ``index``, ``[H, W, 3]`` BGR: the same whether or not others were drawn before it."""
        time = self.time_of(index)
        people = [self.joints(time)] + [other.joints(time) for other in self._others]
        return self.scene.draw(people, index, time)

    def frames(self) -> Iterator[Image]:
        """All pictures of ``config.seconds``, in order."""
        return (self.frame(index) for index in range(len(self)))

    def limb_speed(self, time_s: ArrayLike) -> Floats:
        """Mean speed of hands, elbows, knees and feet over the 0.1 s before each of ``[T]`` times, m/s."""
        times = np.asarray(time_s, np.float64)
        now, before = (self.joints(times - back_s)[:, LIMB_JOINTS] for back_s in (0.0, SPEED_S))
        return np.asarray(np.linalg.norm(now - before, axis=-1).mean(axis=1) / SPEED_S)

    def landmarks(self, time_s: ArrayLike) -> NDArray[np.float32]:
        """Exact landmarks ``[33, 4]`` at one time or ``[T, 33, 4]`` at times ``[T]``, MediaPipe's order."""
        times = np.asarray(time_s, np.float64)
        row = np.atleast_1d(times)
        seen = landmarks(self.joints(row), self.camera, row, self.config.body.height)
        return seen[0] if times.ndim == 0 else seen


class VirtualDancer(Dancer):
    """A performance that nobody gave: procedural choreography to a beat that is known."""

    def __init__(self, config: DancerConfig | None = None) -> None:
        config = config or DancerConfig()
        super().__init__(config)
        energy = EnergyCurve(config.energy, config.seed)
        dance = Dance(config.style, config.seed, config.speed, config.mirrored, config.looseness)
        self.choreography = Choreography(dance, self.tempo, energy)
        beats = self.tempo.beats_between(0.0, config.seconds)
        self.truth = Truth(self.tempo.time_at(beats), beats, self.tempo, energy)

    def joints(self, time_s: ArrayLike) -> Floats:
        """Joints (dancer/skeleton.py) in metres: ``[23, 3]`` at a time, ``[T, 23, 3]`` at times ``[T]``."""
        times = np.asarray(time_s, np.float64)
        placed = joints(self.choreography.poses(np.atleast_1d(times)), self.config.body)
        return placed[0] if times.ndim == 0 else placed


class _Other:
    """Somebody in the background, who hardly moves and knows nothing of the beat."""

    PLACES_M = ((-1.25, -1.5), (1.35, -1.7), (-0.55, -2.0))

    def __init__(self, config: DancerConfig, number: int, tempo: TempoMap) -> None:
        seed = config.seed + 104729 * (number + 1)
        self.choreography = Choreography(Dance("middle_hiphop", seed), tempo, EnergyCurve(0.0, seed))
        self.body = Body(height=0.94 + 0.05 * number)
        x, z = self.PLACES_M[number]
        angle = np.radians(config.view.azimuth_deg)
        c, s = np.cos(angle), np.sin(angle)
        self.place = np.array([c * x + s * z, 0.0, c * z - s * x])

    def joints(self, time_s: float) -> Floats:
        return np.asarray(joints(self.choreography.poses(np.array([time_s])), self.body)[0] + self.place)


def _first_beat_s(config: DancerConfig) -> float:
    if config.first_beat_s is not None:
        return config.first_beat_s
    return float(np.random.default_rng([config.seed, 0xBEA7]).uniform(0, 60 / config.bpm))

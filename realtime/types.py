"""The values that pass between the stages of a show. No behaviour, no devices, no clocks.

Show time starts at zero: audio counts integer samples at 22,050 Hz, the camera stamps seconds.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Samples = NDArray[np.float32]
Points = NDArray[np.float32]


@dataclass(frozen=True)
class Frame:
    """One camera image, ``[H, W, 3]`` BGR, and the show time at which it was taken."""

    index: int
    time_s: float
    image: Image


@dataclass(frozen=True)
class Landmarks:
    """One person's pose ``[33, 4]`` (features/landmarks.py) in the frame taken at ``time_s``."""

    time_s: float
    points: Points
    aspect: float
    person: int = 0


@dataclass(frozen=True)
class Block:
    """A timed piece of mono audio: ``samples[0]`` belongs at ``start_sample`` of the show.

    ``reserve`` is what follows if the next block is late: rendered with this one, played only then.
    """

    start_sample: int
    samples: Samples
    reserve: Samples = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def end_sample(self) -> int:
        """The sample after the last, the reserve not counted."""
        return self.start_sample + len(self.samples)


@dataclass(frozen=True)
class Beat:
    """A beat that will be heard at ``sample``. ``beat_in_bar`` counts from 1, ``bar`` from 0."""

    sample: int
    beat_in_bar: int
    bar: int
    bpm: float
    confidence: float


@dataclass(frozen=True)
class Onset:
    """An audible attack in the rendered sound; ``strength`` 0..1."""

    sample: int
    strength: float


@dataclass(frozen=True)
class Tempo:
    """The followed tempo and how sure the follower is of it, 0..1."""

    bpm: float
    confidence: float


@dataclass(frozen=True)
class FreeBeat:
    """A beat of the music that nobody is known to dance: only for who asked for the music's own."""

    beat: Beat

    @property
    def sample(self) -> int:
        """Where it is heard."""
        return self.beat.sample


Event = Beat | FreeBeat | Onset | Tempo


@dataclass(frozen=True)
class TimedEvent:
    """An event of the score with the wall time, in ``time.perf_counter()`` seconds, of its sound."""

    event: Event
    heard_at_s: float

"""The held groove: when nothing new comes in time, the last bar is played again rather than silence. Pure."""

import numpy as np

from realtime.crossfade import crossfade
from realtime.types import Samples

SEAM_SAMPLES = 256
"""11.6 ms: the end of the bar fades into what came before its beginning."""

SHORTEST_SAMPLES = 4096
"""A bar of 0.2 s is none: nobody told the tempo."""


class Groove:
    """Remembers what was played last.

    Args:
        seconds: of memory, at least the longest bar (at 40 BPM 6 s) and its seam.
        sample_rate: Hz.
    """

    def __init__(self, seconds: float = 6.5, sample_rate: int = 22050) -> None:
        self._memory = np.zeros(round(seconds * sample_rate), np.float32)
        self._heard = 0

    def hear(self, samples: Samples) -> None:
        """Samples that were played."""
        size = len(self._memory)
        samples = samples[-size:]
        start = self._heard % size
        first = min(len(samples), size - start)
        self._memory[start : start + first] = samples[:first]
        self._memory[: len(samples) - first] = samples[first:]
        self._heard += len(samples)

    def loop(self, bar_samples: int) -> Samples | None:
        """The last bar, so that it can be repeated without a click; None if there was none yet.

        Element 0 continues the last sample heard, a bar later than it was.
        """
        length = bar_samples + SEAM_SAMPLES
        if bar_samples < SHORTEST_SAMPLES or length > min(self._heard, len(self._memory)):
            return None
        places = np.arange(self._heard - length, self._heard) % len(self._memory)
        recent = self._memory[places]
        bar = recent[SEAM_SAMPLES:].copy()
        bar[-SEAM_SAMPLES:] = crossfade(bar[-SEAM_SAMPLES:], recent[:SEAM_SAMPLES])
        return bar


def repeated(bar: Samples, start: int, count: int) -> Samples:
    """``count`` samples of a bar played over and over, from ``start`` on."""
    return bar[np.arange(start, start + count) % len(bar)]

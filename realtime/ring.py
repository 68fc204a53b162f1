"""A ring of stereo frames between one thread that writes and one that reads; neither ever waits."""

import numpy as np

from realtime.types import Samples

CHANNELS = 2


class Ring:
    """Single producer, single consumer, float32 frames ``[N, 2]``."""

    def __init__(self, frames: int) -> None:
        self._buffer = np.zeros((frames, CHANNELS), np.float32)
        self._written = 0
        self._read = 0

    @property
    def written(self) -> int:
        """Frames ever written."""
        return self._written

    @property
    def fill(self) -> int:
        """Frames that can be read."""
        return self._written - self._read

    @property
    def room(self) -> int:
        """Frames that can be written."""
        return len(self._buffer) - self.fill

    def write(self, mono: Samples) -> None:
        """Append samples to both channels; the caller has looked at ``room``."""
        size = len(self._buffer)
        start = self._written % size
        first = min(len(mono), size - start)
        self._buffer[start : start + first] = mono[:first, None]
        self._buffer[: len(mono) - first] = mono[first:, None]
        self._written += len(mono)

    def read_into(self, out: Samples) -> int:
        """Fill ``out`` ``[N, 2]`` as far as there is sound; returns the frames copied."""
        count = min(len(out), self.fill)
        size = len(self._buffer)
        start = self._read % size
        first = min(count, size - start)
        out[:first] = self._buffer[start : start + first]
        out[first:count] = self._buffer[: count - first]
        self._read += count
        return count

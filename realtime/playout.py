"""The playout buffer: blocks go in by their place in the show, samples come out in order, always.

Every block brings a reserve. A block that comes too late finds its beginning already played from
the reserve before it, and is joined on from there; when the reserve is used up too, the sound
fades to silence. Both are counted. Holds a lock for microseconds; knows no device.
"""

import threading
from dataclasses import dataclass

import numpy as np

from realtime.crossfade import crossfade
from realtime.types import Block, Samples

JOIN_SAMPLES = 128  # 6 ms: from reserve to a late block, and from sound to silence


@dataclass
class PlayoutHealth:
    """What went wrong so far."""

    late_hops: int = 0
    """Blocks that came after their first sample was needed."""
    starved_samples: int = 0
    """Samples for which there was neither block nor reserve."""
    starvations: int = 0


class Playout:
    """Samples by their show time, between the loop that renders and the thread that feeds the device."""

    def __init__(self) -> None:
        self.health = PlayoutHealth()
        self._lock = threading.Lock()
        self._samples = np.zeros(0, np.float32)
        self._certain_until = 0
        self._position = 0
        self._last = np.float32(0.0)

    @property
    def position(self) -> int:
        """The next sample to be taken."""
        return self._position

    def put(self, block: Block) -> None:
        """Take a block; what of it is already past is not played any more."""
        with self._lock:
            late = self._position - block.start_sample
            fresh = np.concatenate([block.samples, block.reserve])
            if late > 0:
                self.health.late_hops += 1
                fresh = fresh[late:]
                join = min(JOIN_SAMPLES, len(self._samples), len(fresh))
                fresh[:join] = crossfade(self._samples[:join], fresh[:join])
                kept = np.zeros(0, np.float32)
            else:
                kept = self._samples[:-late] if late else np.zeros(0, np.float32)
                missing = -late - len(kept)
                kept = np.concatenate([kept, np.zeros(max(0, missing), np.float32)])
            self._samples = np.concatenate([kept, fresh]).astype(np.float32)
            self._certain_until = block.end_sample

    def take(self, count: int) -> Samples:
        """The next ``count`` samples; silence, faded into, where there are none."""
        with self._lock:
            taken = self._samples[:count]
            self._samples = self._samples[count:]
            self._position += count
            if len(taken) == count:
                self._last = taken[-1]
                return taken
            return self._starve(taken, count)

    def _starve(self, taken: Samples, count: int) -> Samples:
        missing = count - len(taken)
        self.health.starvations += self.health.starved_samples == 0 or len(taken) > 0
        self.health.starved_samples += missing
        last = taken[-1] if len(taken) else self._last
        fade = np.zeros(missing, np.float32)
        length = min(JOIN_SAMPLES, missing)
        fade[:length] = last * np.linspace(1.0, 0.0, length, dtype=np.float32)
        self._last = np.float32(0.0)
        return np.concatenate([taken, fade])

    @property
    def reserve_samples(self) -> int:
        """Samples that could be played if no further block came."""
        return len(self._samples)

    @property
    def certain_samples(self) -> int:
        """Samples that are final, the reserve not counted."""
        return max(0, self._certain_until - self._position)

"""The playout buffer: blocks go in by their place in the show, samples come out in order, always.

Every block brings a reserve. A block that comes too late finds its beginning already played from
the reserve before it, and is joined on from there; when the reserve is used up too, the last bar is
played again, or, before there was one, the sound fades to silence. All is counted. Holds a lock for
microseconds; knows no device.
"""

import threading
from dataclasses import dataclass

import numpy as np

from realtime.crossfade import crossfade
from realtime.groove import Groove, repeated
from realtime.types import Block, Samples

JOIN_SAMPLES = 128  # 6 ms: from reserve to a late block, and from sound to silence
MOST_SAMPLES = 30 * 22_050
"""If a card's driver hangs, nobody takes samples: the oldest go."""


@dataclass
class PlayoutHealth:
    """What went wrong so far."""

    late_hops: int = 0
    """Blocks that came after their first sample was needed."""
    starved_samples: int = 0
    """Samples for which there was neither block nor reserve."""
    starvations: int = 0
    held_samples: int = 0
    """Those of the starved samples for which the last bar was played again."""
    dropped_samples: int = 0
    """Samples that nobody took."""


class Playout:
    """Samples by their show time, between the loop that renders and the thread that feeds the device."""

    def __init__(self) -> None:
        self.health = PlayoutHealth()
        self._lock = threading.Lock()
        self._samples = np.zeros(0, np.float32)
        self._certain_until = 0
        self._position = 0
        self._last = np.float32(0.0)
        self._groove = Groove()
        self._bar_samples = 0
        self._starving = False
        self._bar: Samples | None = None
        self._bar_at = 0

    @property
    def position(self) -> int:
        """The next sample to be taken."""
        return self._position

    def put(self, block: Block, bar_samples: int = 0) -> None:
        """Take a block; what of it is already past is not played any more.

        Args:
            block: the next one.
            bar_samples: length of a bar at the block's tempo, 0 if there is none to hold.
        """
        with self._lock:
            self._bar_samples = bar_samples
            late = self._position - block.start_sample
            fresh = np.concatenate([block.samples, block.reserve])
            if late > 0:
                self.health.late_hops += 1
                self._samples = self._joined(fresh[late:])
            else:
                kept = self._samples[:-late] if late else np.zeros(0, np.float32)
                hole = np.zeros(max(0, -late - len(kept)), np.float32)
                self._samples = np.concatenate([kept, hole, fresh]).astype(np.float32)
            self._certain_until = block.end_sample
            if (excess := len(self._samples) - MOST_SAMPLES) > 0:
                self._advance(excess)
                self.health.dropped_samples += excess

    def _joined(self, fresh: Samples) -> Samples:
        """What is left of a late block, faded in over what plays instead of it."""
        playing = self._samples
        if self._starving and self._bar is not None:
            playing = repeated(self._bar, self._bar_at, JOIN_SAMPLES)
        join = min(JOIN_SAMPLES, len(playing), len(fresh))
        fresh[:join] = crossfade(playing[:join], fresh[:join])
        return fresh

    def take(self, count: int) -> Samples:
        """The next ``count`` samples; the last bar, or a fade into silence, where there are none."""
        with self._lock:
            taken = self._advance(count)
            self._groove.hear(taken)
            if len(taken) == count:
                self._starving = False
                self._last = taken[-1]
                return taken
            filling = self._starve(taken, count - len(taken))
            self._groove.hear(filling)
            return np.concatenate([taken, filling])

    def pass_by(self, count: int) -> None:
        """Nobody hears the next ``count`` samples: they are gone, and none is missed."""
        with self._lock:
            self._groove.hear(self._advance(count))
            self._starving = False

    def _advance(self, count: int) -> Samples:
        taken = self._samples[:count]
        self._samples = self._samples[count:]
        self._position += count
        return taken

    def _starve(self, taken: Samples, missing: int) -> Samples:
        """What is played after ``taken``, for ``missing`` samples."""
        self.health.starved_samples += missing
        if self._starving and not len(taken):
            return self._hold(missing)
        self.health.starvations += 1
        self._starving = True
        self._bar, self._bar_at = self._groove.loop(self._bar_samples), 0
        filling = self._hold(missing)
        last = taken[-1] if len(taken) else self._last
        length = min(JOIN_SAMPLES, missing)
        filling[:length] += last * np.linspace(1.0, 0.0, length, dtype=np.float32)
        return filling

    def _hold(self, count: int) -> Samples:
        """The last bar again, faded in where it begins; silence if there is none."""
        if self._bar is None:
            return np.zeros(count, np.float32)
        held = repeated(self._bar, self._bar_at, count)
        if self._bar_at == 0:
            length = min(JOIN_SAMPLES, count)
            held[:length] *= np.linspace(0.0, 1.0, length, dtype=np.float32)
        self._bar_at += count
        self.health.held_samples += count
        return held

    @property
    def reserve_samples(self) -> int:
        """Samples that could be played if no further block came."""
        return len(self._samples)

    @property
    def certain_samples(self) -> int:
        """Samples that are final, the reserve not counted."""
        return max(0, self._certain_until - self._position)

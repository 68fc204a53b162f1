"""The show's rate to 48 kHz: a polyphase filter that needs only 32 samples of the future.

Stream resamplers hold back tens of milliseconds; a listener would hear every one of them.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import upfirdn

from realtime.types import Samples

OUTPUT_RATE = 48_000
AHEAD = 32
"""Input samples that must be known after an output sample, and as many before it."""


class Upsampler:
    """Streams mono samples from ``input_rate`` to 48 kHz without changing their timing.

    Output sample k is the sound at second k / 48,000 of the input: no delay to compensate.
    """

    def __init__(self, input_rate: int) -> None:
        ratio = Fraction(OUTPUT_RATE, input_rate)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._filter = _kernel(self._up, self._down)
        self._held: Samples = np.zeros(0, np.float32)
        self._held_from = 0
        self._next = 0

    def push(self, samples: Samples) -> Samples:
        """Everything that can be said at 48 kHz once ``samples`` are known."""
        self._held = np.concatenate([self._held, np.asarray(samples, np.float32)])
        known = self._held_from + len(self._held) - AHEAD
        stop = -(-known * self._up // self._down) if known > 0 else 0
        if stop <= self._next:
            return np.zeros(0, np.float32)
        # The filter's centre lies AHEAD input samples into it: that many outputs come before the first.
        offset = self._held_from // self._down * self._up
        filtered = upfirdn(self._filter, self._padded(), self._up, self._down)
        lead = (AHEAD + self._pad) * self._up // self._down
        output = filtered[lead + self._next - offset : lead + stop - offset]
        self._next = stop
        self._forget()
        return output.astype(np.float32, copy=False)

    @property
    def _pad(self) -> int:
        """Zeros in front, so that the filter's delay is a whole number of output samples."""
        return -AHEAD % self._down

    def _padded(self) -> Samples:
        return np.concatenate([np.zeros(self._pad, np.float32), self._held])

    def _forget(self) -> None:
        """Keep what later outputs need, from a sample that falls on an output sample."""
        needed = max(0, self._next * self._down // self._up - AHEAD)
        start = needed // self._down * self._down
        self._held = self._held[start - self._held_from :]
        self._held_from = start

    def finish(self) -> Samples:
        """The rest, as if silence followed."""
        return self.push(np.zeros(AHEAD, np.float32))


def _kernel(up: int, down: int) -> NDArray[np.float32]:
    """A windowed sinc over 2 x AHEAD input samples at ``up`` times their rate.

    Kaiser window, 80 dB: flat to 0.46 of the input rate, images gone above 0.54.
    """
    cutoff = min(1.0, up / down)
    offsets = np.arange(-AHEAD * up, AHEAD * up + 1) / up
    window = np.i0(8.0 * np.sqrt(np.maximum(0.0, 1 - (offsets / AHEAD) ** 2))) / np.i0(8.0)
    kernel = cutoff * np.sinc(cutoff * offsets) * window
    return (kernel * up / kernel.sum()).astype(np.float32)

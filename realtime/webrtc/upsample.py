"""The show's rate to 48 kHz: a polyphase filter that needs only 32 samples of the future.

Stream resamplers hold back tens of milliseconds; a listener would hear every one of them.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from realtime.types import Samples

OUTPUT_RATE = 48_000
TAPS = 64
"""Per phase. Kaiser window, 80 dB: flat to 0.46 of the input rate, images gone above 0.54."""
AHEAD = TAPS // 2
"""Input samples that must be known after an output sample."""


class Upsampler:
    """Streams mono samples from ``input_rate`` to 48 kHz without changing their timing.

    Output sample k is the sound at second k / 48,000 of the input: no delay to compensate.
    """

    def __init__(self, input_rate: int) -> None:
        ratio = Fraction(OUTPUT_RATE, input_rate)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._filters = _phases(self._up, min(1.0, OUTPUT_RATE / input_rate))
        self._held: Samples = np.zeros(AHEAD - 1, np.float32)
        self._held_from = -(AHEAD - 1)
        self._next = 0

    def push(self, samples: Samples) -> Samples:
        """Everything that can be said at 48 kHz once ``samples`` are known."""
        held = np.concatenate([self._held, np.asarray(samples, np.float32)])
        known = self._held_from + len(held) - AHEAD
        stop = -(-known * self._up // self._down) if known > 0 else 0
        if stop <= self._next:
            self._held = held
            return np.zeros(0, np.float32)
        positions = np.arange(self._next, stop, dtype=np.int64) * self._down
        first = positions // self._up - (AHEAD - 1) - self._held_from
        windows = np.lib.stride_tricks.sliding_window_view(held, TAPS)
        output = np.einsum("nt,nt->n", windows[first], self._filters[positions % self._up])
        self._next = stop
        keep_from = stop * self._down // self._up - (AHEAD - 1)
        self._held = held[keep_from - self._held_from :]
        self._held_from = keep_from
        return output.astype(np.float32, copy=False)

    def finish(self) -> Samples:
        """The rest, as if silence followed."""
        return self.push(np.zeros(AHEAD, np.float32))


def _phases(up: int, cutoff: float) -> NDArray[np.float32]:
    """Windowed-sinc filters ``[up, TAPS]``, one for each fraction of an input sample."""
    offsets = np.arange(-(AHEAD - 1), AHEAD + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(8.0 * np.sqrt(np.maximum(0.0, 1 - (offsets / AHEAD) ** 2))) / np.i0(8.0)
    filters = cutoff * np.sinc(cutoff * offsets) * window
    return (filters / filters.sum(axis=1, keepdims=True)).astype(np.float32)

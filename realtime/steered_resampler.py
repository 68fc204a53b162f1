"""A streaming resampler whose ratio may be bent by a hair while it runs. Pure: knows no device, no time."""

import soxr

from realtime.types import Samples

MOST_BEND = 2e-3
"""3.5 cents, 2 ms caught up with in a second: nobody hears it. Two crystals differ by a tenth of that."""


class SteeredResampler:
    """Samples at one rate in, frames at another out.

    Made for any ratio (soxr's ``vr``), it hands out every sample 11 ms after it came; the usual one, blocks
    of 37 ms.

    Args:
        in_rate: Hz.
        out_rate: Hz.
    """

    def __init__(self, in_rate: int, out_rate: int) -> None:
        self._ratio = in_rate / out_rate
        self._stream = soxr.ResampleStream(in_rate * (1.0 + MOST_BEND), out_rate, 1, dtype="float32", vr=True)
        self.held = 0.0
        """Samples taken in and not yet given out."""

    def resample(self, samples: Samples, bend: float = 0.0) -> Samples:
        """Frames for ``samples``, as far as they are known by now.

        Args:
            samples: the next ones.
            bend: this share of them is used up in addition, or spared where it is negative; ±``MOST_BEND``.
        """
        ratio = self._ratio * (1.0 + min(max(bend, -MOST_BEND), MOST_BEND))
        self._stream.set_io_ratio(ratio, 1.0)
        frames: Samples = self._stream.resample_chunk(samples)
        self.held += len(samples) - len(frames) * ratio
        return frames

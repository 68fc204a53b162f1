"""Music as Opus: 20 ms of 48 kHz stereo in, one payload out. Encoded once, whoever listens."""

from fractions import Fraction

import av
import numpy as np

from realtime.types import Samples

SAMPLES_PER_PACKET = 960
LOOK_AHEAD = 312
"""Samples by which libopus delays the sound in its music mode; decoders do not undo it in a live stream."""


class OpusEncoder:
    """libopus in its music mode: full band, constrained variable rate, no voice processing.

    Args:
        bitrate: bit/s for both channels together.
    """

    def __init__(self, bitrate: int) -> None:
        self._codec = av.CodecContext.create("libopus", "w")
        self._codec.bit_rate = bitrate
        self._codec.format = "flt"
        self._codec.layout = "stereo"
        self._codec.sample_rate = 48_000
        self._codec.time_base = Fraction(1, 48_000)
        self._codec.options = {
            "application": "audio",
            "frame_duration": "20",
            "vbr": "constrained",
            "compression_level": "8",
        }
        self._position = 0

    def encode(self, samples: Samples) -> bytes:
        """One packet of 960 mono ``[960]`` or stereo ``[960, 2]`` samples in [-1, 1].

        Raises:
            ValueError: another number of samples; time stamps would no longer step by 960.
        """
        if len(samples) != SAMPLES_PER_PACKET:
            raise ValueError(f"a packet is {SAMPLES_PER_PACKET} samples, not {len(samples)}")
        stereo = np.repeat(samples, 2) if samples.ndim == 1 else samples.reshape(-1)
        frame = av.AudioFrame.from_ndarray(
            np.clip(stereo, -1.0, 1.0).astype(np.float32)[None], format="flt", layout="stereo"
        )
        frame.sample_rate = 48_000
        frame.pts = self._position
        self._position += SAMPLES_PER_PACKET
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))

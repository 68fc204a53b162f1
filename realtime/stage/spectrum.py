"""The spectrogram's columns and the level meter, from the blocks that are about to sound. Pure."""

from dataclasses import dataclass

import numpy as np

from realtime.types import Block, Samples

FFT = 1024
ADVANCE = 1024
"""Samples from column to column: 46 ms."""
BANDS = 64
LOWEST_HZ, FLOOR_DB = 40.0, -78.0


@dataclass(frozen=True)
class Column:
    """One moment of the sound: bands as 0..255, low first, and its level in dB full scale."""

    start_sample: int
    bands: np.ndarray
    peak_db: float
    level_db: float


class Spectrum:
    """Cuts the running sound into columns.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        edges = np.geomspace(LOWEST_HZ, 0.49 * sample_rate, BANDS + 1) * FFT / sample_rate
        bins = np.arange(FFT // 2 + 1)
        # A triangle a band, at least one bin wide, so that no low band is empty.
        centres, widths = (edges[1:] + edges[:-1]) / 2, np.maximum(np.diff(edges), 1.0)
        self._weights = np.maximum(0.0, 1 - np.abs(bins[None] - centres[:, None]) / widths[:, None])
        self._window = np.hanning(FFT) / (FFT / 4)
        self._rest: Samples = np.zeros(0, np.float32)
        self._next = 0

    def columns(self, block: Block) -> list[Column]:
        """The columns that ``block`` completes."""
        if block.start_sample != self._next:
            self._rest = np.zeros(0, np.float32)
        sound = np.concatenate([self._rest, block.samples])
        start = block.start_sample - len(self._rest)
        self._next = block.end_sample
        found = [
            self._column(sound[at : at + FFT], start + at) for at in range(0, len(sound) - FFT + 1, ADVANCE)
        ]
        self._rest = sound[len(found) * ADVANCE :]
        return found

    def _column(self, samples: Samples, start: int) -> Column:
        power = np.abs(np.fft.rfft(samples * self._window)) ** 2
        level_db = 10 * np.log10(np.maximum(self._weights @ power, 1e-12))
        bands = np.clip((level_db - FLOOR_DB) / -FLOOR_DB * 255, 0, 255).astype(np.uint8)
        peak = float(np.max(np.abs(samples)))
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
        return Column(start, bands, _db(peak), _db(rms))


def _db(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-6)))

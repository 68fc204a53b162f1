"""The sound bank: every hit and note the band can play, at 22,050 Hz mono. Knows nothing of songs.

``Bank.synthetic()`` needs nothing but numpy; ``Bank.load`` reads what ``python -m corpus bank`` recorded.
Notes between recorded pitches are resampled from the nearest, and kept.
"""

import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from corpus.band import synth
from corpus.band.intune import wave_at_start
from corpus.band.sounds import HITS, INSTRUMENTS

Samples = NDArray[np.float32]

SAMPLE_RATE = 22_050
FULL_SCALE = 32_767.0
DEFAULT_PATH = Path("build/bank.npz")


class Bank:
    """Sounds by name. Returned arrays are shared: do not write to them."""

    def __init__(self, recorded: dict[str, NDArray[np.int16]], name: str) -> None:
        """``recorded`` maps ``hit/NAME`` and ``note/INSTRUMENT/PITCH`` to int16; ``name`` says whose."""
        self.name = name
        self._recorded = recorded
        self._cache: dict[tuple[str, int], Samples] = {}
        self._waves: dict[tuple[str, int], float] = {}
        self._pitches: dict[str, list[int]] = {}
        for key in recorded:
            kind, sound, *pitch = key.split("/")
            if kind == "note":
                self._pitches.setdefault(sound, []).append(int(pitch[0]))

    @property
    def fingerprint(self) -> str:
        """The bank's name and a checksum of its recordings: sounds with the same fingerprint are the same."""
        checksum = 0
        for key in sorted(self._recorded):
            checksum = zlib.crc32(self._recorded[key].tobytes(), zlib.crc32(key.encode(), checksum))
        return f"{self.name}-{checksum:08x}"

    @classmethod
    def synthetic(cls) -> "Bank":
        """A bank without recordings: our own synthesis plays everything."""
        return cls({}, "synthetic")

    @classmethod
    def load(cls, path: Path = DEFAULT_PATH) -> "Bank":
        """Read a bank file.

        Raises:
            FileNotFoundError: there is none; the message says how to make one.
        """
        if not path.exists():
            raise FileNotFoundError(
                f"There is no sound bank at {path}: make one with `python -m corpus bank --out {path}`."
            )
        with np.load(path, allow_pickle=False) as file:
            return cls({key: file[key] for key in file.files}, path.name)

    @classmethod
    def best(cls, path: Path = DEFAULT_PATH) -> "Bank":
        """The recorded bank if it is there, else the synthetic one."""
        return cls.load(path) if path.exists() else cls.synthetic()

    def hit(self, sound: str) -> Samples:
        """A drum hit, peak 0.9."""
        key = (sound, -1)
        if key not in self._cache:
            stored = self._recorded.get(f"hit/{sound}")
            self._cache[key] = synth.hit(HITS[sound].synth) if stored is None else as_float(stored)
        return self._cache[key]

    def note(self, instrument: str, pitch: int) -> Samples:
        """A note held as long as the bank keeps it, peak about 0.9."""
        key = (instrument, pitch)
        if key not in self._cache:
            self._cache[key] = self._make_note(instrument, pitch)
        return self._cache[key]

    def wave_at_start(self, instrument: str, pitch: int) -> float:
        """Where in its wave a note begins, turns."""
        key = (instrument, pitch)
        if key not in self._waves:
            self._waves[key] = wave_at_start(self.note(instrument, pitch), pitch)
        return self._waves[key]

    def _make_note(self, instrument: str, pitch: int) -> Samples:
        source = INSTRUMENTS[instrument]
        pitches = self._pitches.get(instrument)
        if source.own or not pitches:
            return synth.NOTE_RECIPES[source.synth].play(pitch, source.length_s)
        root = min(pitches, key=lambda p: (abs(p - pitch), p))
        samples = as_float(self._recorded[f"note/{instrument}/{root}"])
        return samples if root == pitch else transposed(samples, pitch - root)


def as_float(samples: NDArray[np.int16]) -> Samples:
    """int16 to float32 in [-1, 1]."""
    return (samples / FULL_SCALE).astype(np.float32)


def transposed(samples: Samples, semitones: float) -> Samples:
    """Played faster or slower, as a sampler does."""
    ratio = Fraction(2 ** (-semitones / 12)).limit_denominator(400)  # a hundredth of a cent or two
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator), np.float32)

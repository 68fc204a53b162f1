"""Would a listener hear that the music answered? Loudness, density, brightness before and after."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from features.mel import SAMPLE_RATE_HZ, frames_of, hann
from features.onsets import find_onsets

Direction = Literal["up", "down"]

LOUDNESS_JND_DB = 1.0
DENSITY_JND_PER_S = 0.5
BRIGHTNESS_JND_OCTAVES = 0.1
MOST_JNDS = 5.0


@dataclass(frozen=True)
class Audible:
    """What a listener notices of a passage."""

    loudness_db: float
    onsets_per_s: float
    brightness_octaves: float
    """Log2 of the A-weighted spectral centroid in Hz."""


@dataclass(frozen=True)
class Change:
    """After minus before, in steps that are just noticeable; each between -5 and 5."""

    loudness: float
    density: float
    brightness: float

    def answers(self, direction: Direction) -> bool:
        """Two of the three move the right way by a noticeable step, and all three together do."""
        sign = 1.0 if direction == "up" else -1.0
        moves = sign * np.array([self.loudness, self.density, self.brightness])
        return bool(np.sum(moves >= 1) >= 2 and moves.sum() > 0)


def a_weighting(frequency_hz: ArrayLike) -> np.ndarray:
    """Gain (linear, 1 at 1 kHz) of the A curve of IEC 61672-1."""
    squared = np.asarray(frequency_hz, np.float64) ** 2
    gain = (12194.0**2 * squared**2) / (
        (squared + 20.6**2) * np.sqrt((squared + 107.7**2) * (squared + 737.9**2)) * (squared + 12194.0**2)
    )
    return np.asarray(gain * 10 ** (2.0 / 20))


def audible(samples: ArrayLike) -> Audible:
    """Describe a passage of at least 0.1 s: mono at 22,050 Hz."""
    mono = np.asarray(samples, np.float32)
    if mono.ndim != 1 or len(mono) < SAMPLE_RATE_HZ // 10:
        raise ValueError(f"a passage must be mono and last 0.1 s or more, not of shape {mono.shape}")
    spectra = np.abs(np.fft.rfft(frames_of(mono, 1024, 512) * hann(1024), axis=-1))
    bins_hz = np.fft.rfftfreq(1024, 1 / SAMPLE_RATE_HZ)
    power = (spectra * a_weighting(bins_hz)) ** 2
    # Hann's power gain is 3/8; half of a sine's power lies in the negative frequencies.
    level = 2 * power.sum(1).mean() / (1024**2 * 3 / 8)
    weights = power.sum(0)
    centroid_hz = float((weights * bins_hz).sum() / weights.sum()) if weights.sum() > 0 else 20.0
    return Audible(
        float(10 * np.log10(level + 1e-10)),
        len(find_onsets(mono)) * SAMPLE_RATE_HZ / len(mono),
        float(np.log2(max(20.0, centroid_hz))),
    )


def change(before: ArrayLike, after: ArrayLike) -> Change:
    """The audible change from one passage to another, both mono at 22,050 Hz."""
    first, second = audible(before), audible(after)
    return Change(
        _steps(second.loudness_db - first.loudness_db, LOUDNESS_JND_DB),
        _steps(second.onsets_per_s - first.onsets_per_s, DENSITY_JND_PER_S),
        _steps(second.brightness_octaves - first.brightness_octaves, BRIGHTNESS_JND_OCTAVES),
    )


def answer_rate(pairs: list[tuple[ArrayLike, ArrayLike]], direction: Direction) -> float:
    """Share of (before, after) passages in which the music answered in the given direction, 0..1."""
    if not pairs:
        raise ValueError("no trials to judge; give at least one pair of passages")
    return float(np.mean([change(before, after).answers(direction) for before, after in pairs]))


def _steps(difference: float, just_noticeable: float) -> float:
    return float(np.clip(difference / just_noticeable, -MOST_JNDS, MOST_JNDS))

"""Is it in tune? How far the partials that stand out lie from the tempered scale, in cents."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configs.tuning import CONCERT_A_HZ
from features.mel import SAMPLE_RATE_HZ, frames_of, hann

FRAME_SAMPLES = 16_384  # 0.74 s: a bin is 1.3 Hz
LOWEST_HZ, HIGHEST_HZ = 55.0, 1000.0
STANDS_OUT = 8.0
"""A peak counts when it is so many times the median of the half octave around it..."""
HEARD = 0.03
"""...and this share of the strongest peak of its frame."""
NEAR = 2 ** (1 / 4)
CENTS_BY_CHANCE = 25.0
"""What pitches without any scale get: anywhere within half a semitone of a key."""


def cents_off(samples: ArrayLike) -> float:
    """Mean distance of the partials between 55 Hz and 1 kHz from the nearest key, by magnitude; 0..50 cents.

    NaN where no partial stands out: there is no pitch to judge.

    Drums have partials too, of any pitch: compare with music of the same band that is known to be in tune.
    `CENTS_BY_CHANCE` is what a scale of no keys gets.

    Args:
        samples: mono ``[N]`` at 22,050 Hz.
    """
    sound = np.asarray(samples, np.float64)
    padded = np.pad(sound, (0, max(0, FRAME_SAMPLES - len(sound))))
    frames = frames_of(padded, FRAME_SAMPLES, FRAME_SAMPLES // 2)
    spectra = np.abs(np.fft.rfft(frames * hann(FRAME_SAMPLES), axis=-1))
    found = [partials(spectrum) for spectrum in spectra]
    pitch_hz, weight = (np.concatenate(part) for part in zip(*found, strict=True))
    if len(pitch_hz) == 0:
        return float("nan")
    keys = 12 * np.log2(pitch_hz / CONCERT_A_HZ)
    return float(100 * np.average(np.abs(keys - np.round(keys)), weights=weight))


def partials(spectrum: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies (Hz) and magnitudes of the peaks that stand out of a magnitude spectrum.

    A peak's place between bins is the vertex of the parabola through three log magnitudes, which for a Hann
    window is right to a few hundredths of a bin.
    """
    bin_hz = SAMPLE_RATE_HZ / FRAME_SAMPLES
    inside = np.arange(round(LOWEST_HZ / bin_hz), round(HIGHEST_HZ / bin_hz))
    top = inside[
        (spectrum[inside] > spectrum[inside - 1])
        & (spectrum[inside] >= spectrum[inside + 1])
        & (spectrum[inside] > HEARD * spectrum[inside].max(initial=1e-9))
    ]
    around = np.array(
        [np.median(spectrum[int(at / NEAR) : int(at * NEAR) + 2]) for at in top], dtype=np.float64
    )
    top = top[spectrum[top] > STANDS_OUT * around]
    left, middle, right = (np.log(spectrum[top + step] + 1e-12) for step in (-1, 0, 1))
    shift = 0.5 * (left - right) / np.minimum(left - 2 * middle + right, -1e-9)
    return (top + shift) * bin_hz, spectrum[top]

"""Mel spectrograms of samples, in numpy: the one definition for losses, metrics, plots and onsets.

Knows nothing of files, torch or what the numbers are used for.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float32]

SAMPLE_RATE_HZ = 22050
N_FFT = 1024
HOP_SAMPLES = 256
N_MELS = 128
PAPER_FLOOR = 1e-5
"""Magnitudes below this are clamped in the paper's mel loss."""


def hz_to_mel(hz: ArrayLike) -> NDArray[np.float64]:
    """Slaney's mel scale: linear to 1 kHz (15 mels), then 27 steps to each factor of 6.4."""
    hz = np.asarray(hz, np.float64)
    return np.where(hz < 1000.0, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1000.0) / 1000) / np.log(6.4))


def mel_to_hz(mel: ArrayLike) -> NDArray[np.float64]:
    """The inverse of :func:`hz_to_mel`."""
    mel = np.asarray(mel, np.float64)
    return np.where(mel < 15.0, mel * 200 / 3, 1000 * np.exp((np.maximum(mel, 15.0) - 15) * np.log(6.4) / 27))


@lru_cache(maxsize=16)
def mel_filters(
    sample_rate_hz: float = SAMPLE_RATE_HZ,
    n_fft: int = N_FFT,
    n_mels: int = N_MELS,
    lowest_hz: float = 0.0,
    highest_hz: float | None = None,
) -> Array:
    """Triangles on Slaney's scale, each of unit area (librosa's default): ``[n_mels, n_fft // 2 + 1]``."""
    top_hz = sample_rate_hz / 2 if highest_hz is None else highest_hz
    if not 0 <= lowest_hz < top_hz <= sample_rate_hz / 2:
        raise ValueError(f"mel band {lowest_hz}..{top_hz} Hz does not fit below {sample_rate_hz / 2} Hz")
    edges_hz = mel_to_hz(np.linspace(hz_to_mel(lowest_hz), hz_to_mel(top_hz), n_mels + 2))
    bins_hz = np.fft.rfftfreq(n_fft, 1 / sample_rate_hz)
    rising = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    falling = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    area = 2 / (edges_hz[2:] - edges_hz[:-2])
    filters = (np.maximum(0, np.minimum(rising, falling)) * area[:, None]).astype(np.float32)
    filters.flags.writeable = False
    return filters


@lru_cache(maxsize=8)
def hann(length: int) -> Array:
    """The periodic Hann window, as used for spectra: ``[length]``."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


def frames_of(samples: ArrayLike, length: int, hop_samples: int) -> Array:
    """Every whole frame that fits, as a view: ``[T, length]``. No padding."""
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"samples must be mono [N], not of shape {samples.shape}; mix the channels first")
    if len(samples) < length:
        return np.zeros((0, length), np.float32)
    return np.lib.stride_tricks.sliding_window_view(samples, length)[::hop_samples]


def mel_magnitudes(
    samples: ArrayLike, n_fft: int = N_FFT, hop_samples: int = HOP_SAMPLES, n_mels: int = N_MELS
) -> Array:
    """Mel-weighted magnitudes of Hann frames, reflect-padded by ``(n_fft - hop) / 2`` as in the paper.

    Args:
        samples: mono ``[N]`` at 22,050 Hz; anything shorter than the padding is first filled with zeros.

    Returns:
        ``[n_mels, N // hop_samples]``, at least one frame.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"samples must be mono [N], not of shape {samples.shape}; mix the channels first")
    pad = (n_fft - hop_samples) // 2
    short = max(pad + 1, hop_samples) - len(samples)
    padded = np.pad(np.pad(samples, (0, max(0, short))), pad, mode="reflect")
    spectra = np.abs(np.fft.rfft(frames_of(padded, n_fft, hop_samples) * hann(n_fft), axis=-1))
    return mel_filters(SAMPLE_RATE_HZ, n_fft, n_mels) @ spectra.astype(np.float32).T


def log_mel(samples: ArrayLike, floor: float = PAPER_FLOOR, **shape: Any) -> Array:
    """``log10(max(mel magnitude, floor))``, ``[n_mels, T]``; keywords as :func:`mel_magnitudes`."""
    return np.log10(np.maximum(mel_magnitudes(samples, **shape), np.float32(floor)))

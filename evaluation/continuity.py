"""Does long music hold together? Drift of key and timbre, exact loops, audible window boundaries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dct
from scipy.signal import fftconvolve, resample_poly

from evaluation.audio import Samples, windows_of
from evaluation.logistic import fit
from features.mel import SAMPLE_RATE_HZ, frames_of, hann, log_mel

Array = NDArray[np.float64]

CHROMA_FFT = 4096
LOWEST_HZ, HIGHEST_HZ = 55.0, 2000.0
N_MFCC = 13
LOOP_DECIMATION = 4
EDGE_SAMPLES = 256


@dataclass(frozen=True)
class Drift:
    """Largest distance of any later span from the first.

    ``chroma``: half the L1 distance of pitch-class shares, 0 (same) to 1; ``timbre``: RMS distance of mean
    MFCCs, in decades of mel magnitude.
    """

    chroma: float
    timbre: float


def chroma(samples: Samples) -> Array:
    """Shares of the twelve pitch classes (C first) between 55 Hz and 2 kHz, ``[12]``, summing to 1."""
    frames = frames_of(np.pad(samples, (0, max(0, CHROMA_FFT - len(samples)))), CHROMA_FFT, CHROMA_FFT // 2)
    magnitude = np.abs(np.fft.rfft(frames * hann(CHROMA_FFT), axis=-1)).sum(0)
    bins_hz = np.fft.rfftfreq(CHROMA_FFT, 1 / SAMPLE_RATE_HZ)
    inside = (bins_hz >= LOWEST_HZ) & (bins_hz <= HIGHEST_HZ)
    pitch_class = np.round(12 * np.log2(bins_hz[inside] / 440.0) + 69).astype(int) % 12
    shares = np.bincount(pitch_class, magnitude[inside], minlength=12)
    return np.asarray(shares / shares.sum() if shares.sum() > 0 else np.full(12, 1 / 12))


def timbre(samples: Samples) -> Array:
    """Mean MFCCs 1..12 (without loudness) of 40 mel bands, scaled to decades: ``[12]``."""
    levels = log_mel(samples, 1e-3, n_mels=40).mean(1)
    return np.asarray(dct(levels, norm="ortho")[1:N_MFCC] / np.sqrt(40))


def drift(samples: Samples, span_s: float) -> Drift:
    """Compare spans of ``span_s`` seconds (8 bars), end to end, with the first of them."""
    spans = list(windows_of(samples, round(span_s * SAMPLE_RATE_HZ)))
    if len(spans) < 2:
        raise ValueError(f"{len(samples) / SAMPLE_RATE_HZ:.1f} s hold fewer than two spans of {span_s:.1f} s")
    keys, timbres = [chroma(span) for span in spans], [timbre(span) for span in spans]
    return Drift(
        max(float(np.abs(key - keys[0]).sum() / 2) for key in keys[1:]),
        max(float(np.linalg.norm(colour - timbres[0])) for colour in timbres[1:]),
    )


def strongest_loop(samples: Samples, span_s: float, apart_s: float) -> float:
    """Largest correlation of any span with any other place of the music at least ``apart_s`` away.

    Spans begin every half span; places are searched to a fifth of a millisecond. 1 is an exact repetition.
    Sound above 2.7 kHz does not count (hats alone do not make a difference).
    """
    slow = resample_poly(np.asarray(samples, np.float64), 1, LOOP_DECIMATION)
    rate = SAMPLE_RATE_HZ / LOOP_DECIMATION
    span, apart = round(span_s * rate), round(apart_s * rate)
    if len(slow) < span + apart:
        raise ValueError(f"{len(slow) / rate:.1f} s are too short to look for loops of {span_s:.1f} s")
    energy = np.concatenate([[0.0], np.cumsum(slow**2)])
    local = np.sqrt(np.maximum(energy[span:] - energy[:-span], 1e-12))
    strongest = 0.0
    for start in range(0, len(slow) - span + 1, span // 2):
        part = slow[start : start + span]
        level = np.linalg.norm(part)
        if level < 1e-6:
            continue
        matches = fftconvolve(slow, part[::-1], mode="valid") / (local * level)
        matches[max(0, start - apart + 1) : start + apart] = 0
        strongest = max(strongest, float(matches.max()))
    return strongest


def edge_features(samples: Samples, at: int) -> Array:
    """What could betray a seam at one sample: jumps of value, slope, level, spectrum; ``[26]``."""
    left, right = (
        samples[at - EDGE_SAMPLES : at].astype(np.float64),
        samples[at : at + EDGE_SAMPLES].astype(np.float64),
    )
    near = samples[at - 8 : at + 8].astype(np.float64)
    around = np.concatenate([left, right])
    scale = np.sqrt(np.mean(around**2)) + 1e-4
    slopes = np.abs(np.diff(around)) + 1e-9
    jumps = [
        np.log(np.abs(np.diff(near)).max() / scale + 1e-4),
        np.log(np.abs(np.diff(near, 2)).max() / scale + 1e-4),
        np.log(np.abs(np.diff(near, 3)).max() / scale + 1e-4),
        np.log(np.abs(samples[at] - samples[at - 1]) / slopes.mean() + 1e-2),
        np.log((np.sqrt(np.mean(right**2)) + 1e-4) / (np.sqrt(np.mean(left**2)) + 1e-4)),
        np.log(scale),
        *(_level_step(around, reach) for reach in (16, 32, 64, 128)),
    ]
    window = hann(EDGE_SAMPLES)
    before, across, after = (
        _octave_levels(around[start : start + EDGE_SAMPLES] * window)
        for start in (0, EDGE_SAMPLES // 2, EDGE_SAMPLES)
    )
    return np.concatenate([jumps, across - (before + after) / 2, np.abs(after - before)])


def boundary_accuracy(
    samples: ArrayLike, hop_samples: int, first: int = 0, grid: int = 1, seed: int = 0, folds: int = 5
) -> float:
    """How well a classifier tells block boundaries from other places, cross-validated in time: 0.5 is chance.

    Args:
        samples: mono ``[N]`` at 22,050 Hz with boundaries at ``first + k * hop_samples``.
        hop_samples: length of a block.
        first: place of the first boundary.
        grid: places that are no boundaries lie a multiple of this many samples from one. With the samples of
            a code it is boundaries that are found; with 1 also whatever a decoder repeats in every code.
        seed: of the places that are no boundaries: one in each block, anywhere but near its ends.
        folds: stretches of time, each judged by a classifier that never heard it.
    """
    sound = np.asarray(samples, np.float32)
    edges = [at for at in range(first, len(sound) - hop_samples, hop_samples) if at >= EDGE_SAMPLES]
    if len(edges) < 4 * folds:
        raise ValueError(f"{len(edges)} boundaries are too few to judge; give {4 * folds} blocks or more")
    rng = np.random.default_rng(seed)
    nearest, furthest = -(-2 * EDGE_SAMPLES // grid), (hop_samples - 2 * EDGE_SAMPLES) // grid
    others = [at + grid * int(rng.integers(nearest, furthest)) for at in edges]
    edges = [at for at, other in zip(edges, others, strict=True) if other + EDGE_SAMPLES <= len(sound)]
    seams = np.array([edge_features(sound, at) for at in edges])
    plain = np.array([edge_features(sound, at) for at in others[: len(edges)]])
    part = np.arange(len(edges)) * folds // len(edges)
    right = []
    for fold in range(folds):
        train = np.concatenate([seams[part != fold], plain[part != fold]])
        labels = ["seam"] * int((part != fold).sum()) + ["plain"] * int((part != fold).sum())
        judge = fit(train, labels, penalty=1e-2)
        right += [name == "seam" for name in judge.predict(seams[part == fold])]
        right += [name == "plain" for name in judge.predict(plain[part == fold])]
    return float(np.mean(right))


def _level_step(around: Array, reach: int) -> float:
    """How far the level right after the middle departs from that right before, either way, in nats."""
    middle = len(around) // 2
    left, right = around[middle - reach : middle], around[middle : middle + reach]
    return float(abs(np.log((np.mean(right**2) + 1e-8) / (np.mean(left**2) + 1e-8))))


def _octave_levels(windowed: Array) -> Array:
    """Log10 power in eight octave-like bands of a 256-sample window: ``[8]``."""
    power = np.abs(np.fft.rfft(windowed)) ** 2
    edges = np.array([0, 1, 2, 4, 8, 16, 32, 64, len(power)])
    return np.log10(np.add.reduceat(power, edges[:-1]) + 1e-7)

"""Audible attacks in samples: their strength, and an online picker that never changes its mind.

Numpy only; the same code announces onsets on stage and finds beats in evaluation. Knows nothing of
blocks, clocks or beats. The law it keeps: a signal fed in pieces of any length gives the onsets of
the whole signal (``tests/features/test_onsets.py``).

Strength is spectral flux as in SuperFlux (Boeck and Widmer, DAFx 2013): log-compressed mel magnitudes,
compared with the loudest neighbouring band two hops earlier, so that vibrato is not an attack.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.mel import SAMPLE_RATE_HZ, hann, mel_filters

Array = NDArray[np.float32]

HOP_SAMPLES = 128
FRAME_SAMPLES = 512
N_BANDS = 32
LAG_HOPS = 2
COMPRESSION = 1000.0
FULL_STRENGTH = 0.6
"""Mean rise, in decades over all bands, that counts as strength 1: a snare over a quiet bar."""

PEAK_HOPS = 4
MEAN_HOPS = 40
DELTA = 0.06
REFRACTORY_SAMPLES = 1323  # 60 ms
LOOKAHEAD_SAMPLES = FRAME_SAMPLES // 2 + (PEAK_HOPS + 1) * HOP_SAMPLES
"""An onset is certain once this much sound after it is known: 40.6 ms."""

HISTORY_SAMPLES = FRAME_SAMPLES + HOP_SAMPLES * (MEAN_HOPS + 2 * PEAK_HOPS + LAG_HOPS + 4)


@dataclass(frozen=True)
class FoundOnset:
    """An attack at ``sample`` of the stream, with its strength 0..1."""

    sample: int
    strength: float


@dataclass(frozen=True)
class OnsetState:
    """What the picker remembers: the last samples, its place in the stream, and what it has decided."""

    history: Array
    end_sample: int = 0
    next_hop: int = 0
    last_onset_sample: int = -REFRACTORY_SAMPLES


@lru_cache(maxsize=1)
def _bands() -> Array:
    """Mel triangles, each averaging the bins it covers: ``[N_BANDS, FRAME_SAMPLES // 2 + 1]``."""
    filters = mel_filters(SAMPLE_RATE_HZ, FRAME_SAMPLES, N_BANDS, 30.0, 11000.0)
    return filters / np.maximum(filters.sum(1, keepdims=True), 1e-9)


def band_levels(samples: Array, first_centre: int, count: int) -> Array:
    """Compressed band magnitudes ``[count, N_BANDS]`` of frames centred every hop from ``first_centre``."""
    starts = first_centre - FRAME_SAMPLES // 2 + HOP_SAMPLES * np.arange(count)
    frames = samples[starts[:, None] + np.arange(FRAME_SAMPLES)]
    full_scale = FRAME_SAMPLES / 4  # a sine of amplitude 1 through the Hann window
    spectra = np.abs(np.fft.rfft(frames * hann(FRAME_SAMPLES), axis=-1)).astype(np.float32) / full_scale
    return np.log10(1 + COMPRESSION * (spectra @ _bands().T)).astype(np.float32)


def rises(levels: Array) -> Array:
    """How far each band rose above its loudest neighbour ``LAG_HOPS`` earlier: ``[T - LAG_HOPS, bands]``."""
    sides = np.pad(levels, ((0, 0), (1, 1)), mode="edge")
    loudest = np.maximum(np.maximum(sides[:, :-2], sides[:, 1:-1]), sides[:, 2:])
    return np.maximum(0, levels[LAG_HOPS:] - loudest[:-LAG_HOPS])


def onset_strength(samples: ArrayLike) -> Array:
    """Attack strength 0..1 at every hop: ``[ceil(N / 128)]``; value n belongs to sample ``128 n + 64``.

    Args:
        samples: mono ``[N]`` at 22,050 Hz; silence is assumed before and after.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"samples must be mono [N], not of shape {samples.shape}; mix the channels first")
    hops = -(-len(samples) // HOP_SAMPLES)
    before = FRAME_SAMPLES + HOP_SAMPLES * (LAG_HOPS + 1)
    padded = np.pad(samples, (before, before))
    first = before + HOP_SAMPLES // 2 - LAG_HOPS * HOP_SAMPLES
    flux = rises(band_levels(padded, first, hops + LAG_HOPS)).mean(1)
    return np.minimum(1, flux / FULL_STRENGTH)


def start() -> OnsetState:
    """The state before the first sample: silence."""
    return OnsetState(np.zeros(HISTORY_SAMPLES, np.float32))


def step(
    state: OnsetState, samples: ArrayLike, lookahead: ArrayLike = ()
) -> tuple[list[FoundOnset], OnsetState]:
    """Take the next samples of the stream and return the onsets that have become certain.

    Without ``lookahead`` an onset is reported once ``LOOKAHEAD_SAMPLES`` have followed it. A block that
    is known with its reserve is passed with the reserve as ``lookahead``: then every onset inside the
    block is reported with the block, and none of them again.

    Args:
        state: as :func:`start` or the last call returned it.
        samples: mono ``[N]`` at 22,050 Hz, any length.
        lookahead: what will probably follow; used to decide, not remembered.
    """
    new = np.asarray(samples, np.float32)
    known = np.concatenate([state.history, new, np.asarray(lookahead, np.float32)])
    origin = state.end_sample - HISTORY_SAMPLES
    end_sample = state.end_sample + len(new)
    known_until = origin + len(known)

    last_hop = (known_until - LOOKAHEAD_SAMPLES) // HOP_SAMPLES
    if len(known) > HISTORY_SAMPLES + len(new):
        last_hop = min(last_hop, end_sample // HOP_SAMPLES)
    onsets, last_onset = _pick(known, origin, state.next_hop, last_hop, state.last_onset_sample)
    history = np.concatenate([state.history, new])[-HISTORY_SAMPLES:]
    moved = replace(state, history=history, end_sample=end_sample, last_onset_sample=last_onset)
    return onsets, replace(moved, next_hop=max(state.next_hop, last_hop))


def find_onsets(samples: ArrayLike) -> list[FoundOnset]:
    """All onsets of a whole mono signal ``[N]`` at 22,050 Hz."""
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"samples must be mono [N], not of shape {samples.shape}; mix the channels first")
    onsets, _ = step(start(), np.pad(samples, (0, LOOKAHEAD_SAMPLES + HOP_SAMPLES)))
    return [onset for onset in onsets if onset.sample < len(samples)]


def _pick(
    known: Array, origin: int, first_hop: int, last_hop: int, last_onset: int
) -> tuple[list[FoundOnset], int]:
    """Decide hops ``first_hop .. last_hop - 1`` of a stream whose samples from ``origin`` are known."""
    if last_hop <= first_hop:
        return [], last_onset
    before = MEAN_HOPS + LAG_HOPS
    count = last_hop - first_hop + before + PEAK_HOPS
    first_centre = (first_hop - before) * HOP_SAMPLES + HOP_SAMPLES // 2 - origin
    flux = rises(band_levels(known, first_centre, count)).mean(1)

    onsets = []
    for hop in range(first_hop, last_hop):
        at = hop - first_hop + MEAN_HOPS
        value = flux[at]
        if (
            value < DELTA + flux[at - MEAN_HOPS : at].mean()
            or value < flux[at - PEAK_HOPS : at + PEAK_HOPS + 1].max()
        ):
            continue
        sample = hop * HOP_SAMPLES + HOP_SAMPLES // 2
        if sample - last_onset >= REFRACTORY_SAMPLES:
            onsets.append(FoundOnset(sample, float(min(1.0, value / FULL_STRENGTH))))
            last_onset = sample
    return onsets, last_onset

"""Beats heard in music, found offline by exact dynamic programming over tempo and time.

It judges finished audio, so it may look at all of it; it is told nothing of the truth but, optionally, the
nominal tempo, which settles only the octave. The model is the bar-pointer idea without bars (Krebs, Boeck
and Widmer, ISMIR 2015): a beat interval is drawn near the last one, seldom of any length, beats explain
onsets, onsets between beats cost. Knows nothing of dancers or traces.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.mel import SAMPLE_RATE_HZ
from features.onsets import FRAME_SAMPLES, HOP_SAMPLES, LAG_HOPS, band_levels, rises

Array = NDArray[np.float64]

SLOWEST_BPM, FASTEST_BPM = 55.0, 195.0
STEP_HOPS = 2
STEP_S = STEP_HOPS * HOP_SAMPLES / SAMPLE_RATE_HZ  # 11.6 ms
LOW_BANDS = 3
TEMPO_STIFFNESS = 60.0
"""Log-cost of a relative change of the interval from beat to beat: 5 % costs 3 nats."""

LEAP = 6.0
"""Log-cost of an interval of any length: whoever catches up cuts one beat short, and a listener hears that.
At 6 nats the house's music with a leap on a known grid is met again after 0.66 s or less in nine of ten (1.7
without), at worst after 1.9 s (3.4), and without one its beats are heard as before (40 songs each)."""

HINT_OCTAVES = 0.25
PRIOR_BPM, PRIOR_OCTAVES = 105.0, 0.4  # AIST dances at 80 to 135 BPM
REFINE_HOPS = 4


def attack_curve(samples: ArrayLike) -> Array:
    """Accents that carry a beat, 0..1 at every 128 samples: low drums count as much as all else together."""
    mono = np.asarray(samples, np.float32)
    if mono.ndim != 1:
        raise ValueError(f"samples must be mono [N], not of shape {mono.shape}; mix the channels first")
    hops = -(-len(mono) // HOP_SAMPLES)
    before = FRAME_SAMPLES + HOP_SAMPLES * (LAG_HOPS + 1)
    padded = np.pad(mono, (before, before))
    flux = rises(band_levels(padded, before + HOP_SAMPLES // 2 - LAG_HOPS * HOP_SAMPLES, hops + LAG_HOPS))
    low, rest = flux[:, :LOW_BANDS].mean(1), flux.mean(1)
    return 0.5 * _scaled(low) + 0.5 * _scaled(rest)


def track_beats(samples: ArrayLike, bpm: float | None = None) -> Array:
    """Beat times in seconds, rising.

    Args:
        samples: mono ``[N]`` at 22,050 Hz; shorter than about two beats gives none.
        bpm: nominal tempo if known; the found tempo stays within about a quarter octave of it.
    """
    fine = attack_curve(samples)
    if len(fine) < 2 * STEP_HOPS or fine.max() <= 0:
        return np.zeros(0)
    coarse = fine[: len(fine) // STEP_HOPS * STEP_HOPS].reshape(-1, STEP_HOPS).max(1)
    steps = beat_steps(coarse, bpm)
    refined = [_refined(fine, step * STEP_HOPS + (STEP_HOPS - 1) / 2) for step in steps]
    times_s = (np.array(refined) * HOP_SAMPLES + HOP_SAMPLES / 2) / SAMPLE_RATE_HZ
    return times_s[np.concatenate([[True], np.diff(times_s) > 0])] if len(times_s) else times_s


def beat_steps(activation: Array, bpm: float | None = None) -> list[int]:
    """Indices of the most likely beats in an activation curve 0..1 sampled every ``STEP_S`` seconds."""
    intervals = np.arange(round(60 / FASTEST_BPM / STEP_S), round(60 / SLOWEST_BPM / STEP_S) + 1)
    wide = np.maximum(activation, np.maximum(np.roll(activation, 1), np.roll(activation, -1)))
    on_beat = np.log(np.clip(wide, 0.03, 0.97))
    off_beat = np.concatenate([[0.0], np.cumsum(np.log(1 - np.clip(activation, 0.03, 0.97)))])

    bends = np.abs(np.log(intervals[None] / intervals[:, None]))  # [from, to]
    moves = -np.minimum(TEMPO_STIFFNESS * bends, LEAP)
    found_bpm = 60 / (intervals * STEP_S)
    centre, width = (PRIOR_BPM, PRIOR_OCTAVES) if bpm is None else (bpm, HINT_OCTAVES)
    prior = -0.5 * (np.log2(found_bpm / centre) / width) ** 2

    # best[t, j]: log-probability of a beat at step t that is followed by interval j.
    steps, longest = len(activation), int(intervals[-1])
    best = np.full((steps, len(intervals)), -np.inf)
    came_from = np.full((steps, len(intervals)), -1)
    for step in range(steps):
        first = (
            off_beat[step] + on_beat[step] + prior if step <= longest else np.full(len(intervals), -np.inf)
        )
        since = step - intervals
        there = np.flatnonzero(since >= 0)
        if len(there):
            arrived = best[since[there], there] + off_beat[step] - off_beat[since[there] + 1]
            options = arrived[:, None] + moves[there]
            winner = options.argmax(0)
            next_ = options[winner, np.arange(len(intervals))] + on_beat[step] + 0.5 * prior
            better = next_ > first
            came_from[step] = np.where(better, there[winner], -1)
            first = np.where(better, next_, first)
        best[step] = first
    return _walk_back(best, came_from, intervals, off_beat)


def _walk_back(
    best: Array, came_from: NDArray[np.int_], intervals: NDArray[np.int_], off_beat: Array
) -> list[int]:
    """Read the best path from the last interval to the first beat."""
    steps = len(best)
    last = [step for step in range(max(0, steps - int(intervals[-1])), steps)]
    rest = off_beat[-1] - off_beat[np.array(last) + 1]
    # A path may only end where its next beat would lie beyond the sound.
    open_end = np.array(last)[:, None] + intervals[None] >= steps
    totals = np.where(open_end, best[last] + rest[:, None], -np.inf)
    at, interval = np.unravel_index(int(totals.argmax()), totals.shape)
    step, beats = last[int(at)], []
    index = int(interval)
    while True:
        beats.append(step)
        previous = int(came_from[step, index])
        if previous < 0:
            return beats[::-1]
        step, index = step - int(intervals[previous]), previous


def _refined(fine: Array, hop: float) -> float:
    """Move a beat to the strongest attack within 4 hops (23 ms), with a parabola through its top."""
    low, high = max(1, int(hop) - REFINE_HOPS), min(len(fine) - 1, int(hop) + REFINE_HOPS + 2)
    if high <= low:
        return hop
    top = low + int(fine[low:high].argmax())
    if fine[top] < 0.15 or not fine[top - 1] <= fine[top] >= fine[min(top + 1, len(fine) - 1)]:
        return hop
    left, here, right = fine[top - 1], fine[top], fine[min(top + 1, len(fine) - 1)]
    bend = left - 2 * here + right
    return top + (0.5 * (left - right) / bend if bend < 0 else 0.0)


def _scaled(curve: NDArray[np.float32]) -> Array:
    """Divide by the 97th percentile of its peaks and clip to 0..1; all zero stays zero."""
    peaks = curve[1:-1][(curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:]) & (curve[1:-1] > 0.02)]
    top = float(np.percentile(peaks, 90)) if len(peaks) else 0.0
    return np.clip(curve / top, 0, 1).astype(np.float64) if top > 0 else np.zeros(len(curve))

"""A hand that taps the beat: the grid that fits its last taps. Knows nothing of what is played."""

import numpy as np

from realtime.grid import BeatGrid

MOST_TAPS = 8
PAUSE_S = 2.0
"""A tap later than this begins a new row (30 BPM)."""
QUICKEST_S = 0.2
"""A tap sooner than this is a bounce of the key."""


def with_tap(taps_s: tuple[float, ...], time_s: float) -> tuple[float, ...]:
    """The row of taps with one more; a pause begins a new row."""
    if taps_s and time_s - taps_s[-1] < QUICKEST_S:
        return taps_s
    if taps_s and time_s - taps_s[-1] > PAUSE_S:
        return (time_s,)
    return (*taps_s[-(MOST_TAPS - 1) :], time_s)


def grid_of(taps_s: tuple[float, ...], beats_per_bar: int = 4) -> BeatGrid | None:
    """The grid through at least two taps by least squares; the last tap is a beat, whichever of the bar.

    A tap left out is counted as a beat of the median interval, so one missed tap does no harm.
    """
    if len(taps_s) < 2:
        return None
    taps = np.array(taps_s)
    gaps = np.diff(taps)
    counts = np.maximum(1, np.round(gaps / np.median(gaps)))
    beats = np.concatenate([[0.0], np.cumsum(counts)])
    period_s, _ = np.polyfit(beats, taps, 1)
    middle_s = float(taps.mean() + (beats[-1] - beats.mean()) * period_s)
    return BeatGrid(middle_s, 60.0 / float(period_s), 0.0, 1.0, beats_per_bar)

"""Beats against beats with a tolerance, in seconds: F-measure by mir_eval, signed errors, tempo."""

from dataclasses import dataclass

import mir_eval
import numpy as np
from numpy.typing import ArrayLike, NDArray

Times = NDArray[np.float64]

WIDE_S = 0.070
NARROW_S = 0.025


@dataclass(frozen=True)
class Errors:
    """Signed distances of heard beats from the nearest true beat, in ms; positive means heard too late."""

    median_ms: float
    p95_absolute_ms: float
    matched: int


def checked_times(times_s: ArrayLike, name: str) -> Times:
    """Validate beat times: one dimension, finite, not negative, strictly rising."""
    times = np.asarray(times_s, np.float64)
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(times < 0):
        raise ValueError(f"{name} must be a list of finite times in seconds, none negative")
    if np.any(np.diff(times) <= 0):
        raise ValueError(f"{name} must rise strictly; sort the times and remove doubles")
    return times


def beat_f(truth_s: ArrayLike, heard_s: ArrayLike, tolerance_s: float = WIDE_S) -> float:
    """F-measure 0..1 of heard beats, each matched to at most one true beat within the tolerance.

    The definition of ``mir_eval.beat.f_measure``; nothing is trimmed from the start. Without any true
    or any heard beat it is 0.
    """
    truth, heard = checked_times(truth_s, "true beats"), checked_times(heard_s, "heard beats")
    if len(truth) == 0 or len(heard) == 0:
        return 0.0
    return float(mir_eval.beat.f_measure(truth, heard, f_measure_threshold=tolerance_s))


def beat_errors(truth_s: ArrayLike, heard_s: ArrayLike) -> Errors:
    """Median and 95th percentile of the errors of all heard beats against the nearest true beat.

    A heard beat farther from any true beat than half the median true interval is not matched.
    """
    truth, heard = checked_times(truth_s, "true beats"), checked_times(heard_s, "heard beats")
    if len(truth) < 2 or len(heard) == 0:
        return Errors(float("nan"), float("nan"), 0)
    errors_s = heard - truth[nearest(truth, heard)]
    errors_s = errors_s[np.abs(errors_s) <= np.median(np.diff(truth)) / 2]
    if len(errors_s) == 0:
        return Errors(float("nan"), float("nan"), 0)
    return Errors(
        float(1e3 * np.median(errors_s)), float(1e3 * np.percentile(np.abs(errors_s), 95)), len(errors_s)
    )


def nearest(truth_s: Times, times_s: Times) -> NDArray[np.intp]:
    """Index of the true beat nearest to each time; ``truth_s`` must rise and not be empty."""
    right = np.clip(np.searchsorted(truth_s, times_s), 1, max(1, len(truth_s) - 1))
    if len(truth_s) == 1:
        return np.zeros(len(times_s), np.intp)
    left_is_nearer = np.abs(times_s - truth_s[right - 1]) <= np.abs(times_s - truth_s[right])
    return np.where(left_is_nearer, right - 1, right)


def tempo_bpm(beats_s: ArrayLike) -> float:
    """Tempo of a beat sequence in BPM: 60 over the median interval; NaN for fewer than two beats."""
    beats = checked_times(beats_s, "beats")
    return float(60 / np.median(np.diff(beats))) if len(beats) > 1 else float("nan")


def octave_error(true_bpm: float, found_bpm: float) -> tuple[float, float]:
    """Relative tempo error with the octave that explains it best: ``(error, 1 | 0.5 | 2)``.

    ``(0.01, 2.0)`` says: found twice the true tempo, one percent fast.
    """
    if not (true_bpm > 0 and found_bpm > 0):
        raise ValueError(f"tempi must be positive, not {true_bpm} and {found_bpm} BPM")
    errors = {octave: found_bpm / (octave * true_bpm) - 1 for octave in (1.0, 0.5, 2.0)}
    octave = min(errors, key=lambda key: abs(errors[key]))
    return errors[octave], octave

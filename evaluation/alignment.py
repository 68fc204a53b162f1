"""Audible beats against the dancer's: tolerance scores, signed errors, time to lock; all in seconds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.audio import Samples
from evaluation.rhythm import (
    NARROW_S,
    WIDE_S,
    beat_errors,
    beat_f,
    checked_times,
    nearest,
    octave_error,
    tempo_bpm,
)
from evaluation.trace import Trace
from evaluation.tracking import track_beats

Times = NDArray[np.float64]

LOCK_BEATS = 4
TEMPO_STEP = 0.08
RELOCK_LIMIT_S = 4.0


@dataclass(frozen=True)
class Alignment:
    """How well heard beats fall on the dancer's. ``_all`` counts from the start, the rest after the lock.

    A tempo step of the dancer opens a new search for the lock: ``relocks_s`` gives how long each took (None:
    never), and the 4 s granted for it are left out of the scores, on both sides alike.
    """

    beats: int
    f_70: float
    f_25: float
    f_70_all: float
    f_25_all: float
    median_ms: float
    p95_ms: float
    lock_s: float | None
    relocks_s: tuple[float | None, ...]
    tempo_error: float
    octave: float


def align(truth_s: ArrayLike, heard_s: ArrayLike, start_s: float = 0.0) -> Alignment:
    """Compare heard beats with true beats, both in seconds of show time.

    Args:
        start_s: when the dancer could first be seen; the time to lock counts from here.
    """
    truth, heard = checked_times(truth_s, "true beats"), checked_times(heard_s, "heard beats")
    if len(truth) < LOCK_BEATS:
        raise ValueError(
            f"{len(truth)} true beats are too few to judge alignment; give at least {LOCK_BEATS}"
        )
    inside = heard[(heard >= truth[0] - WIDE_S) & (heard <= truth[-1] + WIDE_S)]
    steps = tempo_steps(truth)
    locked = time_of_lock(truth, inside, float(truth[0]))
    relocks = tuple(_since(time_of_lock(truth, inside, step), step) for step in steps)
    from_s = locked if locked is not None else float(truth[0])
    excused = [(step, step + RELOCK_LIMIT_S) for step in steps]
    judged_truth, judged_heard = _judged(truth, from_s, excused), _judged(inside, from_s, excused)
    errors = beat_errors(judged_truth, judged_heard)
    tempo_error, octave = _tempo(judged_truth, judged_heard)
    return Alignment(
        beats=len(judged_truth),
        f_70=beat_f(judged_truth, judged_heard, WIDE_S),
        f_25=beat_f(judged_truth, judged_heard, NARROW_S),
        f_70_all=beat_f(truth, inside, WIDE_S),
        f_25_all=beat_f(truth, inside, NARROW_S),
        median_ms=errors.median_ms,
        p95_ms=errors.p95_absolute_ms,
        lock_s=None if locked is None else locked - start_s,
        relocks_s=relocks,
        tempo_error=tempo_error,
        octave=octave,
    )


def time_of_lock(truth_s: Times, heard_s: Times, from_s: float) -> float | None:
    """The first of four heard beats in a row that fall on four true beats in a row, within 70 ms; or None."""
    truth = truth_s[truth_s >= from_s - WIDE_S]
    if len(truth) == 0:
        return None
    heard = heard_s[heard_s >= from_s - WIDE_S]
    places = nearest(truth, heard)
    on_beat = np.abs(heard - truth[places]) <= WIDE_S if len(heard) else np.zeros(0, bool)
    run = 0
    for index in range(len(heard)):
        follows = index > 0 and on_beat[index - 1] and places[index] == places[index - 1] + 1
        run = 0 if not on_beat[index] else run + 1 if follows else 1
        if run == LOCK_BEATS:
            return float(heard[index - LOCK_BEATS + 1])
    return None


def tempo_steps(truth_s: Times) -> list[float]:
    """Times at which the dancer's tempo jumps by 8 % or more from one pair of beats to the next and stays."""
    intervals = np.diff(truth_s)
    steps: list[float] = []
    for index in range(2, len(intervals) - 1):
        before, after = np.median(intervals[index - 2 : index]), np.median(intervals[index : index + 2])
        far = not steps or truth_s[index] - steps[-1] > RELOCK_LIMIT_S
        if far and abs(np.log(after / before)) > np.log(1 + TEMPO_STEP):
            steps.append(float(truth_s[index]))
    return steps


def heard_beats(samples: Samples, trace: Trace) -> Times:
    """Beats heard in the show's sound, in seconds of show time.

    The tracker is told the dancer's median tempo, which settles no more than the octave.
    """
    bpm = tempo_bpm(trace.true_beats_s())
    heard = track_beats(samples, bpm) + trace.sound_starts_s()
    return heard[heard >= 0]


def claimed_beats(trace: Trace) -> Times:
    """The beats that the score announced, in seconds of show time at which they should be heard."""
    return np.unique(trace.values("beat", "heard_s"))


def alignment_of(samples: Samples, trace: Trace) -> dict[str, Alignment]:
    """``heard``: beats found in the sound; ``claimed``: beats announced, if the trace holds any."""
    truth = trace.true_beats_s()
    frames = trace.values("frame", "time_s")
    start_s = float(frames.min()) if len(frames) else 0.0
    found = {"heard": align(truth, heard_beats(samples, trace), start_s)}
    claimed = claimed_beats(trace)
    return found | ({"claimed": align(truth, claimed[claimed >= 0], start_s)} if len(claimed) else {})


def _since(time_s: float | None, step_s: float) -> float | None:
    return None if time_s is None else time_s - step_s


def _judged(times_s: Times, from_s: float, excused: list[tuple[float, float]]) -> Times:
    keep = times_s >= from_s - NARROW_S
    for begin, end in excused:
        keep &= (times_s < begin - NARROW_S) | (times_s >= end)
    return times_s[keep]


def _tempo(truth_s: Times, heard_s: Times) -> tuple[float, float]:
    if len(truth_s) < 2 or len(heard_s) < 2:
        return float("nan"), 1.0
    return octave_error(tempo_bpm(truth_s), tempo_bpm(heard_s))

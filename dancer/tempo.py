"""When the beats are: a tempo that is steady, drifts or steps, as an exact map. Knows nothing of dance.

Beats are counted from 0 at ``first_beat_s``; negative beats lie before it. Every map is strictly
increasing and closed-form, so ``time_at(beat_at(t)) == t`` to rounding and nothing accumulates.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0


@dataclass(frozen=True)
class Steady:
    """One tempo for ever."""


@dataclass(frozen=True)
class Drifting:
    """The tempo swings by ``depth`` (0.04 = 4 % up and down) as a sine of ``period_s`` seconds."""

    depth: float = 0.04
    period_s: float = 20.0

    def __post_init__(self) -> None:
        if not 0 <= self.depth <= 0.5:
            raise ValueError(f"drift is {self.depth}: give a fraction from 0 to 0.5, such as 0.04 for 4 %.")
        if not self.period_s > 0:
            raise ValueError(f"drift_period is {self.period_s}: give a number of seconds above 0.")


@dataclass(frozen=True)
class Stepping:
    """The tempo jumps: ``steps`` are (time in s, BPM from then on), times rising from above 0."""

    steps: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        times = [time for time, _ in self.steps]
        if not times or times[0] <= 0 or any(b <= a for a, b in pairwise(times)):
            raise ValueError(f"steps has the times {times}: give at least one, rising, the first above 0.")
        for _, bpm in self.steps:
            check_bpm("steps", bpm)


Tempo = Steady | Drifting | Stepping


def check_bpm(key: str, bpm: float) -> None:
    """Raises ValueError, naming ``key``, where ``bpm`` is no tempo that a body could dance."""
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise ValueError(f"{key} has the tempo {bpm}: give beats a minute from 30 to 300, such as 112.")


class TempoMap:
    """Beat number as a function of time, and back. ``bpm`` is the tempo at time 0."""

    def __init__(self, bpm: float, tempo: Tempo = Steady(), first_beat_s: float = 0.0) -> None:
        check_bpm("bpm", bpm)
        self.bpm, self.tempo, self.first_beat_s = bpm, tempo, first_beat_s
        self._knots_s, self._knot_bpm = self._knots()
        spans = np.diff(self._knots_s, prepend=0.0)
        before = np.concatenate([[bpm], self._knot_bpm[:-1]])
        self._knot_beats = np.cumsum(spans * before / 60)
        self._origin = 0.0
        self._origin = float(self.beat_at(first_beat_s))

    def _knots(self) -> tuple[Floats, Floats]:
        steps = self.tempo.steps if isinstance(self.tempo, Stepping) else ()
        table = np.array([(0.0, self.bpm), *steps], np.float64)
        return table[:, 0], table[:, 1]

    def beat_at(self, time_s: ArrayLike) -> Floats:
        """Beat number (fractional) at ``time_s``, any shape."""
        time = np.asarray(time_s, np.float64)
        if isinstance(self.tempo, Drifting):
            wave = self.tempo.period_s / (2 * np.pi)
            swing = self.tempo.depth * wave * (1 - np.cos(time / wave))
            return np.asarray((time + swing) * self.bpm / 60 - self._origin)
        knot = np.maximum(np.searchsorted(self._knots_s, time, side="right") - 1, 0)
        since = time - self._knots_s[knot]
        return np.asarray(self._knot_beats[knot] + since * self._knot_bpm[knot] / 60 - self._origin)

    def time_at(self, beat: ArrayLike) -> Floats:
        """Time in seconds of ``beat`` (fractional), any shape: the inverse of ``beat_at``."""
        beats = np.asarray(beat, np.float64) + self._origin
        if isinstance(self.tempo, Drifting):
            return self._drifting_time(beats)
        knot = np.maximum(np.searchsorted(self._knot_beats, beats, side="right") - 1, 0)
        since = beats - self._knot_beats[knot]
        return np.asarray(self._knots_s[knot] + since * 60 / self._knot_bpm[knot])

    def _drifting_time(self, beats: Floats) -> Floats:
        """Newton's method; the slope never falls below half the nominal tempo, so it always closes in."""
        time = beats * 60 / self.bpm
        for _ in range(60):
            error = self.beat_at(time) + self._origin - beats
            time = time - error * 60 / self.bpm_at(time)
            if np.all(np.abs(error) < 1e-12 * np.maximum(1, np.abs(beats))):
                break
        return np.asarray(time)

    def bpm_at(self, time_s: ArrayLike) -> Floats:
        """Tempo in beats a minute at ``time_s``, any shape."""
        time = np.asarray(time_s, np.float64)
        if isinstance(self.tempo, Drifting):
            swing = self.tempo.depth * np.sin(2 * np.pi * time / self.tempo.period_s)
            return np.asarray(self.bpm * (1 + swing))
        knot = np.maximum(np.searchsorted(self._knots_s, time, side="right") - 1, 0)
        return np.asarray(self._knot_bpm[knot])

    def beats_between(self, start_s: float, end_s: float) -> NDArray[np.int64]:
        """Whole beat numbers whose times lie in ``[start_s, end_s)``."""
        first, last = (int(np.ceil(self.beat_at(time_s) - 1e-9)) for time_s in (start_s, end_s))
        return np.arange(first, last, dtype=np.int64)

"""The beat grid of a take: AIST's tempo moved a little, with the drift of a human band. No sound."""

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

DRIFT_PER_BEAT = 0.002
"""Standard deviation of the change of log tempo from one beat to the next."""

DRIFT_MEMORY = 0.95
"""Share of the drift that survives a beat: the band comes back to its tempo, s.d. about 0.6 %."""

STRETCH = 0.12
"""A take plays a song at up to 12 % below or above its AIST tempo."""


def beat_times(bpm: float, beats: int, rng: np.random.Generator | None = None) -> Times:
    """Times in seconds of ``beats`` + 1 beats from 0; with ``rng``, drifting as people do."""
    drift = np.zeros(beats)
    if rng is not None:
        steps = rng.normal(0.0, DRIFT_PER_BEAT, beats)
        for i in range(1, beats):
            drift[i] = DRIFT_MEMORY * drift[i - 1] + steps[i]
    return np.concatenate([[0.0], np.cumsum(60.0 / bpm * np.exp(-drift))])


def phase_at(times_s: Times, beats_s: Times) -> Times:
    """Beats since the start at each of ``times_s``; outside the grid the nearest tempo goes on."""
    indices = np.arange(len(beats_s), dtype=np.float64)
    phase = np.interp(times_s, beats_s, indices)
    after = times_s > beats_s[-1]
    phase[after] = indices[-1] + (times_s[after] - beats_s[-1]) / (beats_s[-1] - beats_s[-2])
    return phase

"""Builds the window a generator sees: past | block | reserve | margin, ending in the future.

Movement is known up to the newest pose, then held and masked; phase, style and variation are known
as far ahead as one likes. Everything is a pure function of its arguments.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.bundle import Layout, Manifest
from features.landmarks import NUM_LANDMARKS, Array
from features.motion import MEMORY_FRAMES, MOTION_FEATURES, MOTION_FPS, NEUTRAL, motion_features
from features.resample import to_grid
from features.visual import NEUTRAL_VISUAL
from realtime.types import Landmarks
from realtime.vision import Observation

Times = NDArray[np.float64]

SHORT_BEAT_S, LONG_BEAT_S = 0.52, 0.62
"""Up to the first (115 BPM) energy follows the limbs as fast as it can; from the second (97 BPM) on beat by
beat."""

HISTORY_S = 7.0
"""Observations older than this are forgotten: window, feature memory and some slack."""


@dataclass(frozen=True)
class Seen:
    """What was observed of the followed dancer in one frame."""

    time_s: float
    landmarks: Landmarks | None
    visual: Array
    scenery: Array | None = None
    """The newest I3D features at that moment, ``[2048]``, if anybody computes them."""


@dataclass(frozen=True)
class History:
    """The last seconds of observations of the followed dancer, oldest first."""

    seen: tuple[Seen, ...] = ()

    def add(self, observation: Observation, followed: Landmarks | None) -> "History":
        """The history with one more frame, and without what is too old."""
        held = self.seen[-1].scenery if self.seen else None
        scenery = held if observation.scenery is None else observation.scenery
        newest = Seen(observation.time_s, followed, observation.visual, scenery)
        if self.seen and newest.time_s <= self.seen[-1].time_s:
            return self
        oldest_s = newest.time_s - HISTORY_S
        return History((*(seen for seen in self.seen if seen.time_s >= oldest_s), newest))

    @property
    def newest_s(self) -> float:
        """Time of the newest frame, minus infinity before the first."""
        return self.seen[-1].time_s if self.seen else -np.inf


def code_times(layout: Layout, heard_s: float, samples_per_code: int, sample_rate: int) -> Times:
    """When the centre of each code of a window is heard, show time s, ``[window]``.

    ``heard_s`` is when the block's first sample is heard.
    """
    codes = np.arange(layout.window) - layout.past
    return heard_s + (codes * samples_per_code + samples_per_code / 2) / sample_rate


def code_numbers(manifest: Manifest, hop_index: int) -> NDArray[np.int64]:
    """The number of each code of a hop's window since the show began, less whole turns of the clock."""
    codes = hop_index * manifest.hop_codes - manifest.layout.past + np.arange(manifest.window_codes)
    return codes % manifest.clock_turn_codes if manifest.clock_turn_codes else codes


def motion_track(history: History, from_s: float) -> tuple[Times, Array]:
    """Motion features on the absolute 30 fps grid, from ``from_s`` to the newest frame.

    The grid is anchored at show time 0, so windows that overlap share its points and a camera of
    any rate gives the same motion to within the interpolation.

    Returns:
        Times ``[N]`` and features ``[N, D]``; both empty before the first frame.
    """
    if not history.seen:
        return np.zeros(0), np.zeros((0, len(MOTION_FEATURES)), np.float32)
    first = int(np.floor(from_s * MOTION_FPS)) - MEMORY_FRAMES
    last = int(np.floor(history.newest_s * MOTION_FPS + 1e-6))
    grid_s = np.arange(first, max(first, last) + 1) / MOTION_FPS
    times_s = np.array([seen.time_s for seen in history.seen])
    points = np.stack([_points(seen.landmarks) for seen in history.seen])
    aspect = next((s.landmarks.aspect for s in reversed(history.seen) if s.landmarks), 1.0)
    poses = to_grid(times_s, points, grid_s)
    return grid_s[MEMORY_FRAMES:], motion_features(poses, aspect)[MEMORY_FRAMES:]


def _points(landmarks: Landmarks | None) -> Array:
    if landmarks is None:
        return np.full((NUM_LANDMARKS, 4), np.nan, np.float32)
    return landmarks.points


def over_a_beat(features: Array, beat_s: float) -> Array:
    """Motion features whose energy does not swell with every slow beat: ``[N, D]`` as given.

    A body gives its energy stroke by stroke. Where beats are long, the mean over less than one rises after
    each of them, and the band would be loudest between the beats; so there it is the mean over one beat.
    """
    share = float(np.clip((beat_s - SHORT_BEAT_S) / (LONG_BEAT_S - SHORT_BEAT_S), 0.0, 1.0))
    if share == 0.0 or len(features) == 0:
        return features
    frames = min(len(features), round(beat_s * MOTION_FPS))
    fast = features[:, MOTION_FEATURES.index("energy_fast")].astype(np.float64)
    total = np.cumsum(np.concatenate([np.full(frames, fast[0]), fast]))
    mean = (total[frames:] - total[:-frames]) / frames
    smooth = features.copy()
    energy = MOTION_FEATURES.index("energy")
    smooth[:, energy] = (1.0 - share) * features[:, energy] + share * mean
    return smooth


def motion_at(times_s: Times, grid_s: Times, features: Array, intensity: float = 0.5) -> tuple[Array, Array]:
    """Motion features at code centres, held after the newest known, and their mask.

    Args:
        times_s: code centres ``[T]``.
        grid_s: times of ``features`` ``[N]``.
        features: ``[N, D]``.
        intensity: 0.5 leaves the energies alone; 0 silences them, 1 doubles them.

    Returns:
        ``[D, T]`` float32 and mask ``[T]``, 1 where the movement is known.
    """
    if len(grid_s) == 0:
        held = np.repeat(NEUTRAL[:, None], len(times_s), axis=1)
        return held, np.zeros(len(times_s), np.float32)
    columns = [np.interp(times_s, grid_s, features[:, column]) for column in range(features.shape[1])]
    motion = np.stack(columns).astype(np.float32)
    for name in ("energy", "energy_fast"):
        row = MOTION_FEATURES.index(name)
        motion[row] = np.clip(motion[row] * 2.0 * intensity, 0.0, 1.0)
    return motion, (times_s <= grid_s[-1]).astype(np.float32)


def visual_at(times_s: Times, history: History) -> Array:
    """Visual features at code centres ``[V, T]``, held after the newest and before the oldest."""
    if not history.seen:
        return np.repeat(NEUTRAL_VISUAL[:, None], len(times_s), axis=1)
    seen_s = np.array([seen.time_s for seen in history.seen])
    values = np.stack([seen.visual for seen in history.seen])
    smooth = _one_second_mean(values)
    return np.stack([np.interp(times_s, seen_s, column) for column in smooth.T]).astype(np.float32)


def _one_second_mean(values: Array) -> Array:
    """Causal mean over about a second of frames: a flickering lamp is not a change of light."""
    total = np.cumsum(values, axis=0, dtype=np.float64)
    span = min(30, len(values))
    lagged = np.concatenate([np.zeros((span, values.shape[1])), total[:-span]])[: len(values)]
    count = np.minimum(np.arange(1, len(values) + 1), span)[:, None]
    return ((total - lagged) / count).astype(np.float32)

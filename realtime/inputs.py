"""Gives a bundle the inputs its manifest asks for, or refuses by name those the stage cannot give.

House bundles read everything at code rate, the phase included. The paper's read a finished window of
motion at their own rate and know no phase: theirs ends in the past, at a delay of whole beats.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from configs.bundle import Manifest, Tensor
from configs.errors import BundleError
from configs.genres import GENRES
from features.body25 import BODY_25, body_25
from features.i3d import VALUES
from features.landmarks import NUM_LANDMARKS, Array
from features.motion import MOTION_FEATURES
from features.resample import to_grid
from features.smpl import SMPL_VALUES, smpl_motion
from features.visual import VISUAL_FEATURES
from realtime.backend.base import Inputs
from realtime.variation import PHRASE_VALUES, SONG_SLOTS, variation_at
from realtime.window import History, motion_at, motion_track, over_a_beat, visual_at

CYCLE_BEATS = 16
BODY_HEIGHT_PIXELS = 480
"""OpenPose coordinates are pixels; ours are made as if every frame were this high."""


@dataclass(frozen=True)
class Moment:
    """All that inputs are made of: the same for every input of one hop."""

    times_s: NDArray[np.float64]
    """When the centre of each code of the window is heard, ``[window]``."""
    phase_beats: NDArray[np.float64]
    bpm: float
    history: History
    intensity: float
    style: Array
    """Genre weights ``[10, window]``."""
    song: int
    seed: int
    clock: NDArray[np.int64]
    """The number of each code of the window since the show began, ``[window]``, less whole turns."""

    @cached_property
    def track(self) -> tuple[NDArray[np.float64], Array]:
        """Motion features over the window up to the newest frame: times ``[N]``, values ``[N, D]``."""
        beat_s = 60.0 / self.bpm
        grid_s, features = motion_track(self.history, float(self.times_s[0]) - beat_s)
        return grid_s, over_a_beat(features, beat_s)

    @property
    def energy(self) -> float:
        """The dancer's energy in the newest frame, after intensity; 0 before the first."""
        if not self.history.seen:
            return 0.0
        motion, _ = motion_at(np.array([self.history.newest_s]), *self.track, self.intensity)
        return float(motion[MOTION_FEATURES.index("energy"), 0])


def _motion(moment: Moment, tensor: Tensor) -> Array:
    return motion_at(moment.times_s, *moment.track, moment.intensity)[0]


def _motion_mask(moment: Moment, tensor: Tensor) -> Array:
    newest = moment.history.newest_s
    return (moment.times_s <= newest).astype(np.float32)


def _phase(moment: Moment, tensor: Tensor) -> Array:
    return (moment.phase_beats % CYCLE_BEATS).astype(np.float32)


def _visual(moment: Moment, tensor: Tensor) -> Array:
    return visual_at(moment.times_s, moment.history)


def _style(moment: Moment, tensor: Tensor) -> Array:
    return moment.style


def _variation(moment: Moment, tensor: Tensor) -> Array:
    return variation_at(moment.phase_beats, moment.song, moment.seed)


def _clock(moment: Moment, tensor: Tensor) -> Array:
    return moment.clock.astype(np.float32)


def _genre(moment: Moment, tensor: Tensor) -> Array:
    """The heaviest genre, one-hot ``[10]``."""
    return np.eye(len(GENRES), dtype=np.float32)[int(np.argmax(moment.style[:, -1]))]


def _scenery(moment: Moment, tensor: Tensor) -> Array:
    """The newest I3D features ``[1, 2048]``; zeros before the first, or where the bundle brings no I3D."""
    seen = moment.history.seen
    newest = seen[-1].scenery if seen else None
    return np.zeros((1, VALUES), np.float32) if newest is None else newest[None]


def _window_motion(moment: Moment, tensor: Tensor) -> Array:
    """The paper's motion: a whole window of poses ``[T, D]`` that ended a whole number of beats ago."""
    frames, values = (int(side) for side in tensor.shape[1:])
    grid_s = _finished_window(moment, frames)
    seen = moment.history.seen
    found = [one for one in seen if one.landmarks is not None]
    if not found:
        return np.zeros((frames, values), np.float32)
    times_s = np.array([one.time_s for one in found])
    points = np.stack([one.landmarks.points for one in found if one.landmarks is not None])
    held_s = np.clip(grid_s, times_s[0], times_s[-1])
    poses = to_grid(times_s, points, held_s, max_gap_s=np.inf).reshape(frames, NUM_LANDMARKS, 4)
    aspect = found[-1].landmarks.aspect if found[-1].landmarks is not None else 1.0
    if values == SMPL_VALUES:
        return smpl_motion(poses, aspect)
    width = round(BODY_HEIGHT_PIXELS * aspect)
    return body_25(poses, width, BODY_HEIGHT_PIXELS).reshape(frames, values)


def _window_features(moment: Moment, tensor: Tensor) -> Array:
    """Our own motion features over a finished window ``[T, 16]``: paper networks taught on our corpus."""
    grid_s = _finished_window(moment, int(tensor.shape[1]))
    known_s, features = motion_track(moment.history, float(grid_s[0]))
    return motion_at(grid_s, known_s, features, moment.intensity)[0].T


def _window_visual(moment: Moment, tensor: Tensor) -> Array:
    """Our own visual features of the newest picture ``[1, 6]``."""
    return visual_at(moment.times_s[-1:], moment.history).T


def _finished_window(moment: Moment, frames: int) -> NDArray[np.float64]:
    """Times of ``frames`` motion frames over a window that ended a whole number of beats ago."""
    codes = len(moment.times_s)
    span_s = (moment.times_s[-1] - moment.times_s[0]) * codes / (codes - 1)
    start_s = float(moment.times_s[0]) - whole_beats_s(moment, span_s)
    return start_s + np.arange(frames) * span_s / frames


def whole_beats_s(moment: Moment, span_s: float) -> float:
    """The delay of a bundle without phase: as short as can be, but whole beats of the followed tempo.

    So its beats, made from the dancer's, fall on the dancer's again.
    """
    needed_s = float(moment.times_s[0]) + span_s - moment.history.newest_s
    if not np.isfinite(needed_s):
        return 0.0
    beat_s = 60.0 / moment.bpm
    return ceil(max(0.0, needed_s) / beat_s - 1e-6) * beat_s


Maker = Callable[[Moment, Tensor], Array]

_AT_CODE_RATE: dict[str, tuple[int, Maker]] = {
    "motion": (len(MOTION_FEATURES), _motion),
    "motion_mask": (1, _motion_mask),
    "visual": (len(VISUAL_FEATURES), _visual),
    "phase": (1, _phase),
    "style": (len(GENRES), _style),
    "variation": (SONG_SLOTS + PHRASE_VALUES, _variation),
    "clock": (1, _clock),
}


def maker_of(tensor: Tensor, manifest: Manifest) -> Maker:
    """What makes an input.

    Raises:
        BundleError: the stage cannot give it; the sentence names it.
    """
    if tensor.rate == "code" and tensor.name in _AT_CODE_RATE:
        channels, maker = _AT_CODE_RATE[tensor.name]
        _check_code_rate(tensor, channels, manifest)
        return maker
    shape = tensor.shape[1:]
    if tensor.name == "motion" and len(shape) == 2 and shape[1] in (SMPL_VALUES, 3 * BODY_25):
        return _window_motion
    if tensor.name == "motion" and len(shape) == 2 and shape[1] == len(MOTION_FEATURES):
        return _window_features
    if tensor.name == "visual" and tensor.rate == "window" and shape[-1] == len(VISUAL_FEATURES):
        return _window_visual
    if tensor.name == "visual" and tensor.rate == "window" and shape == (1, VALUES):
        return _scenery
    if tensor.name == "genre" and shape == (len(GENRES),):
        return _genre
    known = ", ".join([*_AT_CODE_RATE, "genre"])
    raise BundleError(
        f"bundle {manifest.name!r} wants the input {tensor.name!r} of shape {list(tensor.shape)}, which the "
        f"stage cannot give: it gives {known}"
    )


def _check_code_rate(tensor: Tensor, channels: int, manifest: Manifest) -> None:
    if tensor.shape[-1] != manifest.window_codes:
        raise BundleError(
            f"bundle {manifest.name!r}: input {tensor.name!r} has {tensor.shape[-1]} steps, "
            f"its layout {manifest.window_codes}: export it again"
        )
    given = tensor.shape[1] if len(tensor.shape) == 3 else 1
    if given != channels:
        raise BundleError(
            f"bundle {manifest.name!r}: input {tensor.name!r} has {given} channels, the stage gives "
            f"{channels}: it was made for another version"
        )


class InputMaker:
    """All inputs of one bundle.

    Raises:
        BundleError: it wants one that the stage cannot give.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._makers = [(tensor, maker_of(tensor, manifest)) for tensor in manifest.inputs]

    def __call__(self, moment: Moment) -> Inputs:
        """The inputs of a moment, each with a batch of one."""
        return {tensor.name: maker(moment, tensor)[None].astype(np.float32) for tensor, maker in self._makers}

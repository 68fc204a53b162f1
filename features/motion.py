"""Motion features: what the networks are told of the dancer's movement. Pure numpy, causal.

The same code runs in training and on stage. Every column is a function of the last
``MEMORY_FRAMES`` poses only, so two windows that overlap agree on the overlap.
Lengths are in torsos, speeds in torsos per second, then squashed to about 0..1.
"""

import numpy as np
from numpy.typing import NDArray

from features import landmarks as lm
from features.landmarks import Array

MOTION_FPS = 30
"""The grid on which motion features live, whatever the camera's rate."""

MOTION_FEATURES: tuple[str, ...] = (
    "energy",
    "energy_fast",
    "stillness",
    "arm_openness",
    "arm_height",
    "body_height",
    "jump",
    "turn",
    "accent",
    "sway",
    "left_arm",
    "right_arm",
    "left_leg",
    "right_leg",
    "torso",
    "present",
)

NEUTRAL: Array = np.array([0, 0, 1, 0.3, 0.1, 0.9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], np.float32)
"""The features of nobody: a person standing still, arms down."""

SCALE_FRAMES = 45  # torso length is averaged over 1.5 s: leaning forward must not look like speed
SLOW_FRAMES = 30
ENERGY_FRAMES = 12
FAST_FRAMES = 5
VELOCITY_FRAMES = 3
HOLD_FRAMES = 15  # a pose lost for longer than 0.5 s fades to NEUTRAL
MEMORY_FRAMES = SCALE_FRAMES + SLOW_FRAMES + HOLD_FRAMES + VELOCITY_FRAMES + 1
"""Poses of history that a feature can depend on, itself included."""

JITTER_FLOOR = 0.35  # torsos/s: what MediaPipe shows of a person who stands still
ENERGY_SCALE = 2.0  # torsos/s of mean limb speed at which energy reaches 1 - 1/e

_LIMBS: dict[str, tuple[int, ...]] = {
    "left_arm": (lm.LEFT_WRIST, lm.LEFT_ELBOW),
    "right_arm": (lm.RIGHT_WRIST, lm.RIGHT_ELBOW),
    "left_leg": (lm.LEFT_ANKLE, lm.LEFT_KNEE),
    "right_leg": (lm.RIGHT_ANKLE, lm.RIGHT_KNEE),
    "torso": (lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER, lm.LEFT_HIP, lm.RIGHT_HIP),
}


def motion_features(points: Array, aspect: float, fps: int = MOTION_FPS) -> Array:
    """Describe a sequence of poses.

    Args:
        points: landmarks ``[T, 33, 4]`` on a regular grid; NaN rows where nobody was found.
        aspect: frame width / height.
        fps: rate of the grid, Hz.

    Returns:
        ``[T, len(MOTION_FEATURES)]`` float32, finite everywhere.
    """
    if points.ndim != 3 or points.shape[1:] != (lm.NUM_LANDMARKS, 4):
        raise ValueError(f"motion_features wants landmarks [T, 33, 4], got {list(points.shape)}")
    if len(points) == 0:
        return np.zeros((0, len(MOTION_FEATURES)), np.float32)
    found, age, held = _hold(points)
    scale = _torso_scale(held, found, aspect)
    in_heights = lm.in_frame_heights(held, aspect)
    velocity = _velocity(in_heights, scale, found, fps)
    place = in_heights / scale[:, None, None]
    speed = _limb_speeds(velocity, held[..., 3])
    columns = speed | _energy(speed) | _posture(place, held[..., 3]) | _gestures(place, velocity)
    columns["present"] = found.astype(np.float32)
    features = np.stack([columns[name] for name in MOTION_FEATURES], axis=-1)
    features = np.where((age > HOLD_FRAMES)[:, None], NEUTRAL, features)
    return np.nan_to_num(features.astype(np.float32))


def _hold(points: Array) -> tuple[NDArray[np.bool_], NDArray[np.int64], Array]:
    """Which rows were found [T], frames since the last find [T], and rows with gaps held."""
    found = np.asarray(np.isfinite(points).all(axis=(1, 2)))
    index = np.where(found, np.arange(len(points)), -1)
    last = np.maximum.accumulate(index)
    age = np.where(last >= 0, np.arange(len(points)) - last, HOLD_FRAMES + 1)
    held = np.where((last >= 0)[:, None, None], points[np.maximum(last, 0)], 0.0)
    return found, age, held.astype(np.float32)


def _torso_scale(held: Array, found: NDArray[np.bool_], aspect: float) -> Array:
    """Body size in frame heights, a causal mean over the poses that were found. ``[T]``"""
    torso = np.where(found, lm.torso_lengths(held, aspect), 0.0)
    weight = _boxcar(found.astype(np.float32), SCALE_FRAMES)
    return np.maximum(_boxcar(torso, SCALE_FRAMES) / np.maximum(weight, 1e-6), 0.02).astype(np.float32)


def _velocity(in_heights: Array, scale: Array, found: NDArray[np.bool_], fps: int) -> Array:
    """Torsos per second ``[T, 33, 2]``, averaged as vectors so that jitter cancels."""
    step = np.diff(in_heights, axis=0, prepend=in_heights[:1]) * fps / scale[:, None, None]
    seen_twice = found & np.concatenate([[False], found[:-1]])
    step = np.where(seen_twice[:, None, None], step, 0.0)
    step = np.clip(step, -15.0, 15.0)  # a left-right swap is no movement a body can make
    return _boxcar(step.reshape(len(step), -1), VELOCITY_FRAMES).reshape(step.shape)


def _limb_speeds(velocity: Array, visibility: Array) -> dict[str, Array]:
    """Squashed speed of each limb, joints weighted by how well they are seen."""
    speed = np.maximum(np.linalg.norm(velocity, axis=-1) - JITTER_FLOOR, 0.0)
    limbs = {}
    for name, joints in _LIMBS.items():
        weight = np.clip(visibility[:, joints], 0.0, 1.0)
        mean = (speed[:, joints] * weight).sum(axis=1) / len(joints)
        limbs[name] = (1.0 - np.exp(-mean / ENERGY_SCALE)).astype(np.float32)
    return limbs


def _energy(limbs: dict[str, Array]) -> dict[str, Array]:
    """Overall activity at three time scales, and its sudden falls."""
    activity = np.mean([limbs[name] for name in _LIMBS], axis=0)
    fast = _boxcar(activity, FAST_FRAMES)
    fall = np.maximum(np.roll(fast, VELOCITY_FRAMES) - fast, 0.0)
    fall[:VELOCITY_FRAMES] = 0.0
    return {
        "energy": np.clip(1.25 * _boxcar(activity, ENERGY_FRAMES), 0.0, 1.0),
        "energy_fast": np.clip(1.25 * fast, 0.0, 1.0),
        "stillness": np.exp(-_boxcar(activity, SLOW_FRAMES) / 0.05),
        "accent": np.clip(4.0 * fall, 0.0, 1.0),
    }


def _posture(place: Array, visibility: Array) -> dict[str, Array]:
    """How open and high the arms are, how tall the body stands."""
    wrists = place[:, (lm.LEFT_WRIST, lm.RIGHT_WRIST)]
    shoulders = place[:, (lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER)]
    hips = place[:, (lm.LEFT_HIP, lm.RIGHT_HIP), 1].mean(axis=1)
    ankles = place[:, (lm.LEFT_ANKLE, lm.RIGHT_ANKLE), 1].max(axis=1)
    raised = (shoulders[..., 1] - wrists[..., 1]).mean(axis=1)
    spread = np.abs(wrists[:, 0, 0] - wrists[:, 1, 0])
    legs_seen = visibility[:, (lm.LEFT_ANKLE, lm.RIGHT_ANKLE)].mean(axis=1) > 0.3
    height = np.where(legs_seen, np.clip((ankles - hips) / 1.8, 0.0, 1.0), 0.9)
    return {
        "arm_openness": _boxcar(np.clip(spread / 2.6, 0.0, 1.0), FAST_FRAMES),
        "arm_height": _boxcar(np.clip(0.5 + 0.5 * raised, 0.0, 1.0), FAST_FRAMES),
        "body_height": _boxcar(height, FAST_FRAMES),
    }


def _gestures(place: Array, velocity: Array) -> dict[str, Array]:
    """Jumps (hips and both feet rise together), turns (the shoulders' width changes), sway."""
    rise = -velocity[:, (lm.LEFT_HIP, lm.RIGHT_HIP, lm.LEFT_ANKLE, lm.RIGHT_ANKLE), 1].max(axis=1)
    width = place[:, lm.LEFT_SHOULDER, 0] - place[:, lm.RIGHT_SHOULDER, 0]
    turning = np.abs(_boxcar(np.diff(width, prepend=width[:1]), FAST_FRAMES)) * MOTION_FPS
    sideways = velocity[:, (lm.LEFT_HIP, lm.RIGHT_HIP), 0].mean(axis=1)
    return {
        "jump": np.clip((rise - JITTER_FLOOR) / 2.0, 0.0, 1.0),
        "turn": np.clip((turning - 0.3) / 2.0, 0.0, 1.0),
        "sway": np.tanh(sideways / 1.5),
    }


def _boxcar(signal: Array, frames: int) -> Array:
    """Causal moving mean along the first axis; before the start the first value is repeated."""
    first = np.repeat(signal[:1], frames - 1, axis=0)
    padded = np.concatenate([first, signal]).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, frames, axis=0)
    return windows.mean(axis=-1).astype(np.float32)

"""Random dancers as numbers: sixteen motion columns and six visual ones, clean and as a tracker sees them.

Stands in for danced landmarks where only the answer of the band is to be learnt; the columns mean what
`features.motion` and `features.visual` say.
"""

import numpy as np
from numpy.typing import NDArray

from features.motion import MOTION_FEATURES, NEUTRAL
from features.visual import VISUAL_FEATURES

Array = NDArray[np.float32]
CODE_RATE_HZ = 22_050 / 128
MOTION_STEP = CODE_RATE_HZ / 30
"""Codes between two motion frames."""


def steps(
    rng: np.random.Generator, codes: int, low: float, high: float, hold_s: float, glide_s: float
) -> Array:
    """Levels in low..high held for `hold_s` on average, joined by glides of `glide_s`."""
    count = int(codes / (hold_s * CODE_RATE_HZ) * 3) + 8
    lengths = rng.exponential(hold_s * CODE_RATE_HZ, count) + 20
    level = rng.uniform(low, high, count)
    extreme = rng.random(count)
    level = np.where(extreme < 0.1, low, np.where(extreme > 0.92, high, level))
    starts = np.cumsum(lengths) - rng.uniform(0, lengths[0])
    index = np.searchsorted(starts, np.arange(codes + 400))
    return moving_mean(level[np.minimum(index, count - 1)], max(1, int(glide_s * CODE_RATE_HZ)))[400:]


def moving_mean(x: NDArray[np.floating], codes: int) -> Array:
    """Causal moving mean; before the start the first value stands."""
    total = np.cumsum(np.concatenate([np.full(codes, x[0], np.float64), x]))
    mean: Array = ((total[codes:] - total[:-codes]) / codes).astype(np.float32)
    return mean


def bursts(rng: np.random.Generator, codes: int, every_s: float, length_s: float) -> Array:
    """Short bumps of height 0.3..1 now and then: jumps, turns."""
    curve = np.zeros(codes, np.float32)
    for _ in range(rng.poisson(codes / CODE_RATE_HZ / every_s)):
        length = max(4, int(length_s * rng.uniform(0.6, 1.6) * CODE_RATE_HZ))
        at = int(rng.integers(-length // 2, codes))
        bump = rng.uniform(0.3, 1.0) * np.hanning(length)
        first, last = max(0, at), min(codes, at + length)
        if last > first:
            curve[first:last] = np.maximum(curve[first:last], bump[first - at : last - at])
    return curve


def motion_curves(rng: np.random.Generator, codes: int) -> Array:
    """Clean motion columns [16, codes] of a random dancer."""
    highest = rng.uniform(0.3, 1.0) if rng.random() < 0.2 else rng.uniform(0.3, 0.45)
    energy = steps(rng, codes, 0.0, highest, rng.choice([0.8, 2.0, 5.0]), rng.uniform(0.2, 0.7))
    if rng.random() < 0.12:  # stands still for a while
        first = int(rng.integers(-codes // 2, codes))
        energy = energy * (1 - _gate(codes, first, first + int(rng.uniform(1, 4) * CODE_RATE_HZ)))
    activity = energy / 1.25
    turns = np.arange(codes) * rng.uniform(0.7, 3.0) / CODE_RATE_HZ + rng.random()
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * turns)
    energy = energy * (1 + rng.uniform(0, 0.3) * (2 * wave - 1)).astype(np.float32)  # swells with every step
    beat = (rng.uniform(0, 0.6) * activity * (wave - 0.5)).astype(np.float32)
    columns = dict(zip(MOTION_FEATURES, np.zeros((len(MOTION_FEATURES), codes), np.float32), strict=True))
    columns["energy"] = np.clip(energy, 0, 1)
    columns["energy_fast"] = np.clip(energy + beat, 0, 1)
    columns["stillness"] = np.exp(-moving_mean(activity, int(CODE_RATE_HZ)) / 0.05)
    columns["arm_openness"] = steps(rng, codes, 0.05, 1.0, 1.5, 0.35)
    columns["arm_height"] = steps(rng, codes, 0.0, 1.0, 1.5, 0.35)
    columns["body_height"] = steps(rng, codes, 0.5, 1.0, 2.0, 0.3)
    columns["jump"] = bursts(rng, codes, 4.0, 0.25)
    columns["turn"] = bursts(rng, codes, 5.0, 0.8)
    columns["accent"] = np.clip(bursts(rng, codes, 0.6, 0.15) * activity, 0, 1)
    columns["sway"] = np.tanh(1.5 * activity * (wave * 2 - 1)).astype(np.float32)
    for limb in ("left_arm", "right_arm", "left_leg", "right_leg", "torso"):
        columns[limb] = np.clip(activity * steps(rng, codes, 0.4, 1.6, 2.0, 0.5) + beat, 0, 1)
    columns["present"] = np.ones(codes, np.float32)
    curves = np.stack([columns[name] for name in MOTION_FEATURES]).astype(np.float32)
    if rng.random() < 0.06:  # nobody there
        first = int(rng.integers(-codes // 2, codes))
        away = _gate(codes, first, first + int(rng.uniform(1, 4) * CODE_RATE_HZ), 3) > 0.5
        curves = np.where(away, NEUTRAL[:, None], curves)
    return curves.astype(np.float32)


def visual_curves(rng: np.random.Generator, codes: int) -> Array:
    """Visual columns [6, codes]: a room, whose light changes now and then."""
    columns = np.zeros((len(VISUAL_FEATURES), codes), np.float32)
    hold_s = float(rng.choice([3.0, 20.0]))
    for index, name in enumerate(VISUAL_FEATURES):
        low = -1.0 if name.startswith("hue") else 0.0
        columns[index] = steps(rng, codes, low, 1.0, hold_s, 0.3)
    return columns


def as_seen(rng: np.random.Generator, motion: Array) -> Array:
    """Motion columns as they reach the stage: at 30 fps, jittering, with a little delay and lost frames."""
    codes = motion.shape[1]
    at = np.arange(0, codes - 1 + MOTION_STEP, MOTION_STEP)
    late = np.clip(at - rng.uniform(0, 6), 0, codes - 1).astype(int)
    frames = motion[:, late]
    jitter = rng.uniform(0.0, 0.05)
    slow = moving_mean(rng.standard_normal(len(at)), 5) * 2
    noise = jitter * (rng.standard_normal(frames.shape) * 0.7 + slow)
    noise[MOTION_FEATURES.index("present")] = 0
    low = np.where(np.array(MOTION_FEATURES) == "sway", -1.0, 0.0)[:, None]
    seen = np.clip(frames + noise, low, 1.0)
    return np.stack([np.interp(np.arange(codes), at, row) for row in seen]).astype(np.float32)


def _gate(codes: int, first: int, last: int, glide: int = 40) -> Array:
    gate = np.zeros(codes + 2 * glide, np.float32)
    gate[max(0, first + glide) : max(0, last + glide)] = 1
    return moving_mean(gate, glide)[glide : glide + codes]

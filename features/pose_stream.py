"""Poses at any frame rate, one after the other, as even rows of numbers for a small network.

Rows lie on a grid of ``RATE_HZ`` and are interpolated between the two poses about them, so that 15 or 60
frames a second, jitter and dropped frames look alike; nothing waits for a later pose than the one just given.
Lengths are torso lengths about the hips. Knows nothing of networks, beats or cameras.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import landmarks as lm
from features.kinematics import JOINTS

Array = NDArray[np.float64]

RATE_HZ = 30
LONGEST_GAP_S = 0.5
"""Over a longer gap nothing is interpolated: the stream begins anew."""
CUT = 2.5
"""Hips that move more torso lengths than this between two poses belong to somebody else."""
FASTEST = 15.0  # torso lengths / s; what is faster is an error
RISE_S, SINK_S = 0.5, 6.0
"""A torso looks shorter when it bends, never longer: its length rises quickly and sinks slowly."""
INPUTS = 5 * len(JOINTS)
"""Of each joint: place (x, y) about the hips, velocity (x, y) in the picture, visibility."""

_HIPS = [JOINTS.index(lm.LEFT_HIP), JOINTS.index(lm.RIGHT_HIP)]


@dataclass(frozen=True)
class StreamState:
    """The last pose, and the last row's. ``torso`` 0: nothing seen yet."""

    time_s: float
    pose: Array  # [J, 3] x, y in frame heights, visibility
    torso: float  # frame heights
    row: int  # number of the last row: it lies at row / RATE_HZ
    laid: Array  # [J, 3] the pose of that row


@dataclass(frozen=True)
class Rows:
    """New rows: the first lies at ``first / RATE_HZ`` s. ``fresh``: they do not continue those before."""

    first: int
    values: Array  # [n, INPUTS]
    fresh: bool


def start() -> StreamState:
    """Nobody seen yet."""
    none = np.zeros((len(JOINTS), 3))
    return StreamState(-np.inf, none, 0.0, 0, none)


def update(state: StreamState, points: lm.Array, aspect: float, time_s: float) -> tuple[StreamState, Rows]:
    """Take one whole pose ``[33, 4]`` seen at ``time_s``, later than the last; return the rows now known."""
    pose = np.empty((len(JOINTS), 3))
    pose[:, :2] = lm.in_frame_heights(points[list(JOINTS)], aspect)
    pose[:, 2] = np.clip(points[list(JOINTS), 3], 0.0, 1.0)
    length = max(float(lm.torso_lengths(points[None], aspect)[0]), 1e-3)
    gap_s = time_s - state.time_s
    way = pose[_HIPS, :2].mean(0) - state.pose[_HIPS, :2].mean(0)
    if gap_s > LONGEST_GAP_S or np.hypot(*way) > CUT * length:
        row = int(np.floor(time_s * RATE_HZ))
        return StreamState(time_s, pose, length, row, pose), Rows(row + 1, np.zeros((0, INPUTS)), True)
    slow_s = RISE_S if length > state.torso else SINK_S
    torso = state.torso + (length - state.torso) * (1.0 - np.exp(-gap_s / slow_s))
    last = int(np.floor(time_s * RATE_HZ + 1e-6))
    rows, laid = [], state.laid
    for row in range(state.row + 1, last + 1):
        share = np.clip((row / RATE_HZ - state.time_s) / gap_s, 0.0, 1.0)
        now = state.pose + share * (pose - state.pose)
        rows.append(_row(now, laid, torso))
        laid = now
    values = np.array(rows) if rows else np.zeros((0, INPUTS))
    return StreamState(time_s, pose, torso, last, laid), Rows(state.row + 1, values, False)


def _row(pose: Array, before: Array, torso: float) -> Array:
    place = (pose[:, :2] - pose[_HIPS, :2].mean(0)) / torso
    velocity = np.clip((pose[:, :2] - before[:, :2]) * (RATE_HZ / torso), -FASTEST, FASTEST)
    return np.concatenate([place.ravel(), velocity.ravel(), pose[:, 2]])

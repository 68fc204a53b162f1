"""SMPL-like joint rotations from landmarks, for the paper's AIST++ networks. An estimate, and it says so.

SMPL's pose has 24 joint rotations; MediaPipe gives 33 points. From points alone the direction of each
bone is known, its twist is not. So each rotation here is the smallest one that turns the bone of the
rest pose (a T) into the bone that is seen, relative to its parent: swing without twist. Hands,
collars and spine segments that no landmark shows keep the identity.
"""

import numpy as np
from numpy.typing import NDArray

from features import landmarks as lm
from features.landmarks import Array

JOINTS = 24
SMPL_VALUES = JOINTS * 9 + 3

PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
"""Parent of each SMPL joint: pelvis, hips, spine, knees, ... hands."""

_BONES: dict[int, tuple[tuple[int, ...], tuple[int, ...], tuple[float, float, float]]] = {
    # joint: landmarks the bone starts at, landmarks it ends at, its direction in the rest pose
    1: ((lm.LEFT_HIP,), (lm.LEFT_KNEE,), (0, -1, 0)),
    2: ((lm.RIGHT_HIP,), (lm.RIGHT_KNEE,), (0, -1, 0)),
    4: ((lm.LEFT_KNEE,), (lm.LEFT_ANKLE,), (0, -1, 0)),
    5: ((lm.RIGHT_KNEE,), (lm.RIGHT_ANKLE,), (0, -1, 0)),
    7: ((lm.LEFT_ANKLE,), (lm.LEFT_FOOT,), (0, -0.4, 0.9165)),
    8: ((lm.RIGHT_ANKLE,), (lm.RIGHT_FOOT,), (0, -0.4, 0.9165)),
    12: ((lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER), (lm.LEFT_EAR, lm.RIGHT_EAR), (0, 1, 0)),
    16: ((lm.LEFT_SHOULDER,), (lm.LEFT_ELBOW,), (1, 0, 0)),
    17: ((lm.RIGHT_SHOULDER,), (lm.RIGHT_ELBOW,), (-1, 0, 0)),
    18: ((lm.LEFT_ELBOW,), (lm.LEFT_WRIST,), (1, 0, 0)),
    19: ((lm.RIGHT_ELBOW,), (lm.RIGHT_WRIST,), (-1, 0, 0)),
}

Rotations = NDArray[np.float64]


def smpl_motion(points: Array, aspect: float) -> Array:
    """Landmarks as the 219 values a frame that the official AIST++ networks read.

    Args:
        points: ``[T, 33, 4]``, finite.
        aspect: frame width / height.

    Returns:
        ``[T, 219]``: 24 rotation matrices, row by row, then the pelvis' place in torso lengths.
    """
    if points.ndim != 3 or points.shape[1:] != (lm.NUM_LANDMARKS, 4):
        raise ValueError(f"smpl_motion wants landmarks [T, 33, 4], got {list(points.shape)}")
    body = _upright(points, aspect)
    world = {0: _pelvis(body)}
    local = np.tile(np.eye(3), (len(points), JOINTS, 1, 1))
    local[:, 0] = world[0]
    for joint in range(1, JOINTS):
        parent = world[PARENTS[joint]]
        if joint in _BONES:
            start, end, rest = _BONES[joint]
            seen = body[:, end].mean(1) - body[:, start].mean(1)
            wanted = np.einsum("tji,tj->ti", parent, seen)  # in the parent's frame
            local[:, joint] = swing(np.array(rest, np.float64), wanted)
        world[joint] = parent @ local[:, joint]
    hips = body[:, (lm.LEFT_HIP, lm.RIGHT_HIP)].mean(1)
    torso = np.linalg.norm(body[:, (lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER)].mean(1) - hips, axis=-1)
    place = hips / max(float(np.median(torso)), 1e-6)
    return np.concatenate([local.reshape(len(points), -1), place], axis=1).astype(np.float32)


def _upright(points: Array, aspect: float) -> Rotations:
    """Points in frame heights, y up, the dancer's left along x, towards the camera along z."""
    x = points[..., 0] * aspect
    y, z = -points[..., 1], -points[..., 2] * aspect
    return np.stack([x, y, z], axis=-1).astype(np.float64)


def _pelvis(body: Rotations) -> Rotations:
    """The body's own axes: left along the hips, up along the spine."""
    hips = body[:, (lm.LEFT_HIP, lm.RIGHT_HIP)]
    left = _unit(hips[:, 0] - hips[:, 1])
    up = body[:, (lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER)].mean(1) - hips.mean(1)
    up = _unit(up - left * (up * left).sum(-1, keepdims=True))
    return np.stack([left, up, np.cross(left, up)], axis=-1)


def swing(rest: NDArray[np.float64], wanted: NDArray[np.float64]) -> Rotations:
    """Smallest rotations ``[T, 3, 3]`` that turn ``rest`` ``[3]`` into the directions ``wanted`` ``[T, 3]``.

    Rodrigues' formula with axis ``rest x wanted``: R = I + K + K^2 / (1 + cos).
    """
    rest = rest / np.linalg.norm(rest)
    wanted = _unit(wanted)
    axis = np.cross(rest, wanted)
    cosine = wanted @ rest
    cross = np.zeros((len(wanted), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    cross -= np.transpose(cross, (0, 2, 1))
    share = 1.0 / np.maximum(1.0 + cosine, 1e-4)  # straight back: any axis would do, none is better
    return np.eye(3) + cross + share[:, None, None] * (cross @ cross)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)

"""Names and geometry of MediaPipe's 33 pose landmarks. Knows nothing of cameras or models.

A pose is float32 ``[33, 4]``: x and y as fractions of frame width and height (origin top left,
y down), z in the scale of x (nearer is smaller), visibility 0..1. A pose that was not found is NaN.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

NUM_LANDMARKS = 33

NOSE = 0
LEFT_EYE, RIGHT_EYE = 2, 5
LEFT_EAR, RIGHT_EAR = 7, 8
MOUTH_LEFT, MOUTH_RIGHT = 9, 10
LEFT_SHOULDER, RIGHT_SHOULDER = 11, 12
LEFT_ELBOW, RIGHT_ELBOW = 13, 14
LEFT_WRIST, RIGHT_WRIST = 15, 16
LEFT_PINKY, RIGHT_PINKY = 17, 18
LEFT_INDEX, RIGHT_INDEX = 19, 20
LEFT_THUMB, RIGHT_THUMB = 21, 22
LEFT_HIP, RIGHT_HIP = 23, 24
LEFT_KNEE, RIGHT_KNEE = 25, 26
LEFT_ANKLE, RIGHT_ANKLE = 27, 28
LEFT_HEEL, RIGHT_HEEL = 29, 30
LEFT_FOOT, RIGHT_FOOT = 31, 32

SKELETON: tuple[tuple[int, int], ...] = (
    (LEFT_EAR, LEFT_EYE),
    (LEFT_EYE, NOSE),
    (NOSE, RIGHT_EYE),
    (RIGHT_EYE, RIGHT_EAR),
    (MOUTH_LEFT, MOUTH_RIGHT),
    (LEFT_SHOULDER, RIGHT_SHOULDER),
    (LEFT_SHOULDER, LEFT_ELBOW),
    (LEFT_ELBOW, LEFT_WRIST),
    (LEFT_WRIST, LEFT_INDEX),
    (LEFT_WRIST, LEFT_PINKY),
    (RIGHT_SHOULDER, RIGHT_ELBOW),
    (RIGHT_ELBOW, RIGHT_WRIST),
    (RIGHT_WRIST, RIGHT_INDEX),
    (RIGHT_WRIST, RIGHT_PINKY),
    (LEFT_SHOULDER, LEFT_HIP),
    (RIGHT_SHOULDER, RIGHT_HIP),
    (LEFT_HIP, RIGHT_HIP),
    (LEFT_HIP, LEFT_KNEE),
    (LEFT_KNEE, LEFT_ANKLE),
    (LEFT_ANKLE, LEFT_HEEL),
    (LEFT_HEEL, LEFT_FOOT),
    (RIGHT_HIP, RIGHT_KNEE),
    (RIGHT_KNEE, RIGHT_ANKLE),
    (RIGHT_ANKLE, RIGHT_HEEL),
    (RIGHT_HEEL, RIGHT_FOOT),
)
"""Pairs of landmarks joined by a line in a drawing."""

MIRROR: tuple[int, ...] = (
    0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15,
    18, 17, 20, 19, 22, 21, 24, 23, 26, 25, 28, 27, 30, 29, 32, 31,
)  # fmt: skip
"""``points[MIRROR]`` exchanges left and right."""


def torso_lengths(points: Array, aspect: float) -> Array:
    """Distance from hip centre to shoulder centre, in frame heights, for each pose.

    Args:
        points: landmarks ``[T, 33, 4]``.
        aspect: frame width / height; makes x comparable with y.

    Returns:
        ``[T]``, NaN where the pose is missing.
    """
    plane = in_frame_heights(points, aspect)
    hips = (plane[:, LEFT_HIP] + plane[:, RIGHT_HIP]) / 2
    shoulders = (plane[:, LEFT_SHOULDER] + plane[:, RIGHT_SHOULDER]) / 2
    return np.linalg.norm(shoulders - hips, axis=-1).astype(np.float32)


def in_frame_heights(points: Array, aspect: float) -> Array:
    """x and y of ``[..., 33, 4]`` landmarks in one unit, the frame's height: ``[..., 33, 2]``."""
    return points[..., :2] * np.array([aspect, 1.0], np.float32)

"""MediaPipe's landmarks as OpenPose's 25 body joints, which the paper's TikTok networks read."""

import numpy as np

from features import landmarks as lm
from features.landmarks import Array

BODY_25 = 25
_FROM_LANDMARKS: tuple[tuple[int, ...], ...] = (
    (lm.NOSE,),
    (lm.LEFT_SHOULDER, lm.RIGHT_SHOULDER),  # neck
    (lm.RIGHT_SHOULDER,),
    (lm.RIGHT_ELBOW,),
    (lm.RIGHT_WRIST,),
    (lm.LEFT_SHOULDER,),
    (lm.LEFT_ELBOW,),
    (lm.LEFT_WRIST,),
    (lm.LEFT_HIP, lm.RIGHT_HIP),  # mid hip
    (lm.RIGHT_HIP,),
    (lm.RIGHT_KNEE,),
    (lm.RIGHT_ANKLE,),
    (lm.LEFT_HIP,),
    (lm.LEFT_KNEE,),
    (lm.LEFT_ANKLE,),
    (lm.RIGHT_EYE,),
    (lm.LEFT_EYE,),
    (lm.RIGHT_EAR,),
    (lm.LEFT_EAR,),
    (lm.LEFT_FOOT,),  # big toe
    (lm.LEFT_FOOT,),  # small toe: MediaPipe sees one
    (lm.LEFT_HEEL,),
    (lm.RIGHT_FOOT,),
    (lm.RIGHT_FOOT,),
    (lm.RIGHT_HEEL,),
)


def body_25(points: Array, width: int, height: int) -> Array:
    """MediaPipe landmarks ``[T, 33, 4]`` as OpenPose's 25 joints: pixels x, y, confidence ``[T, 25, 3]``.

    A joint made of two is their mean, its confidence the lesser.
    """
    if points.ndim != 3 or points.shape[1:] != (lm.NUM_LANDMARKS, 4):
        raise ValueError(f"body_25 wants landmarks [T, 33, 4], got {list(points.shape)}")
    scale = np.array([width, height], np.float32)
    joints = np.empty((len(points), BODY_25, 3), np.float32)
    for index, sources in enumerate(_FROM_LANDMARKS):
        joints[:, index, :2] = points[:, sources, :2].mean(1) * scale
        joints[:, index, 2] = points[:, sources, 3].min(1)
    return joints

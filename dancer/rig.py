"""Bones of a body from its joints: a place and an orientation for each part. Works on recorded joints too.

Each bone's frame has y along the bone (up the trunk, outward along limbs), z towards the front of the
body part and x = y x z. Limbs twist with the plane in which they bend; where they are straight, with the
trunk.
"""

import numpy as np
from numpy.typing import NDArray

from dancer.skeleton import JOINT, cross, unit

Floats = NDArray[np.float64]

LIMB_BONES = ("upper_arm", "forearm", "hand", "thigh", "shin", "foot")
BONES: tuple[str, ...] = (
    *("pelvis", "spine", "chest", "neck", "head"),
    *(f"{side}_{bone}" for side in ("left", "right") for bone in LIMB_BONES),
)
BONE: dict[str, int] = {name: i for i, name in enumerate(BONES)}


def bones(joints: Floats) -> tuple[Floats, Floats]:
    """Origins ``[..., B, 3]`` and frames ``[..., B, 3, 3]`` (columns x, y, z) of joints ``[..., J, 3]``."""
    origins: list[Floats] = []
    frames: list[Floats] = []

    def at(name: str) -> Floats:
        return np.asarray(joints[..., JOINT[name], :])

    def put(origin: Floats, frame: Floats) -> None:
        origins.append(origin)
        frames.append(frame)

    hips_left, shoulders_left = at("left_hip") - at("right_hip"), at("left_shoulder") - at("right_shoulder")
    pelvis = frame_left(at("spine") - at("pelvis"), hips_left)
    chest = frame_left(at("neck") - at("chest"), shoulders_left)
    put(at("pelvis"), pelvis)
    put(at("spine"), frame_left(at("chest") - at("spine"), unit(hips_left) + unit(shoulders_left)))
    put(at("chest"), chest)
    head = _frame(at("crown") - at("head"), at("nose") - at("head"))
    put(at("neck"), _frame(at("head") - at("neck"), chest[..., :, 2] + head[..., :, 2]))
    put(at("head"), head)
    for side in ("left", "right"):
        shoulder, elbow, wrist, hand = (at(f"{side}_{j}") for j in ("shoulder", "elbow", "wrist", "hand"))
        inside = _bend_front(elbow - shoulder, wrist - elbow, chest[..., :, 2] + 0.4 * chest[..., :, 1])
        put(shoulder, _frame(elbow - shoulder, inside))
        put(elbow, _frame(wrist - elbow, inside))
        put(wrist, _frame(hand - wrist, inside))
        hip, knee, ankle, toe = (at(f"{side}_{j}") for j in ("hip", "knee", "ankle", "toe"))
        kneecap = -_bend_front(knee - hip, ankle - knee, -pelvis[..., :, 2])
        put(hip, _frame(knee - hip, kneecap))
        put(knee, _frame(ankle - knee, kneecap))
        put(ankle, _frame(toe - ankle, knee - ankle))
    return np.stack(origins, -2), np.stack(frames, -3)


def _frame(along: Floats, front: Floats) -> Floats:
    """Columns x, y, z with y along the bone and z as near to ``front`` as that allows."""
    y = unit(along)
    x = unit(cross(y, front))
    return np.stack([x, y, cross(x, y)], -1)


def frame_left(up: Floats, left: Floats) -> Floats:
    """The same for the trunk, whose sides are better known than its front."""
    y = unit(up)
    z = unit(cross(left, y))
    return np.stack([cross(y, z), y, z], -1)


def _bend_front(upper: Floats, lower: Floats, default: Floats) -> Floats:
    """Direction towards which a limb folds; the trunk decides where the limb is nearly straight."""
    a, b = unit(upper), unit(lower)
    fold = b - a * np.sum(a * b, axis=-1, keepdims=True)
    side = default - a * np.sum(a * default, axis=-1, keepdims=True)
    return unit(fold + 0.15 * side)

"""The 33 landmarks a perfect tracker would see: points of the body, projected, with what hides them.

MediaPipe's order and units: x, y in fractions of the picture, z in the scale of x with the hips' middle
at 0 (nearer is smaller), visibility 0..1.
"""

import numpy as np
from numpy.typing import NDArray

from dancer.camera import Camera
from dancer.rig import BONE, bones
from dancer.skeleton import JOINT

Floats = NDArray[np.float64]

SEEN, HIDDEN, OUTSIDE = 0.99, 0.45, 0.10
"""Visibility of a landmark in plain sight, behind a part of the body, and outside the picture."""

_HEAD_POINTS = (
    (0.0, -0.012, 0.112),  # nose
    (0.018, 0.024, 0.092), (0.032, 0.025, 0.088), (0.046, 0.022, 0.080),  # left eye, inner to outer
    (-0.018, 0.024, 0.092), (-0.032, 0.025, 0.088), (-0.046, 0.022, 0.080),
    (0.076, 0.004, 0.010), (-0.076, 0.004, 0.010),  # ears
    (0.024, -0.058, 0.088), (-0.024, -0.058, 0.088),  # mouth
)  # fmt: skip


def _points() -> tuple[NDArray[np.int64], Floats]:
    """Bone and place in its frame (metres on a body of height 1.0) of each landmark."""
    table: list[tuple[str, tuple[float, float, float]]] = [("head", p) for p in _HEAD_POINTS]

    def both(bone: str, x: float, y: float, z: float) -> None:
        table.append((f"left_{bone}", (x, y, z)))
        table.append((f"right_{bone}", (-x, y, z)))

    both("upper_arm", 0, 0, 0)
    both("forearm", 0, 0, 0)
    both("hand", 0, 0, 0)
    both("hand", 0.032, 0.088, 0)  # knuckle of the little finger
    both("hand", -0.026, 0.098, 0)  # of the index finger
    both("hand", -0.034, 0.058, 0.022)  # thumb
    both("thigh", 0, 0, 0)
    both("shin", 0, 0, 0)
    both("foot", 0, 0, 0.03)  # MediaPipe marks the ankle this much above the joint
    both("foot", 0, -0.036, -0.062)  # heel
    both("foot", 0, 0.165, 0)  # tip of the foot
    return np.array([BONE[bone] for bone, _ in table]), np.array([place for _, place in table])


LANDMARK_BONE, LANDMARK_PLACE = _points()

_SHADES = (  # capsules that can hide a landmark: joint, joint, radius in metres
    ("pelvis", "chest", 0.115), ("chest", "neck", 0.115), ("head", "crown", 0.075),
    *((f"{s}_{a}", f"{s}_{b}", r) for s in ("left", "right") for a, b, r in (
        ("shoulder", "elbow", 0.042), ("elbow", "wrist", 0.034), ("hip", "knee", 0.070),
        ("knee", "ankle", 0.048),
    )),
)  # fmt: skip
_SHADE_ENDS = np.array([[JOINT[a], JOINT[b]] for a, b, _ in _SHADES])
_SHADE_RADIUS = np.array([r for _, _, r in _SHADES])


def surface_points(joints: Floats, height: float = 1.0) -> Floats:
    """The landmarks in metres ``[..., 33, 3]`` on a body with ``joints`` ``[..., J, 3]``."""
    origins, frames = bones(joints)
    turned = np.einsum("...lij,lj->...li", frames[..., LANDMARK_BONE, :, :], LANDMARK_PLACE * height)
    return np.asarray(origins[..., LANDMARK_BONE, :] + turned)


def landmarks(joints: Floats, camera: Camera, time_s: Floats, height: float = 1.0) -> NDArray[np.float32]:
    """Landmarks ``[T, 33, 4]`` of joints ``[T, J, 3]`` as the camera sees them at times ``[T]``."""
    points = surface_points(joints, height)
    shake = camera.shake_at(time_s)[:, None]
    pixels, depth = camera.project(points, shake)
    hips = depth[:, [23, 24]].mean(axis=1, keepdims=True)
    out = np.empty((*points.shape[:-1], 4), np.float32)
    out[..., 0] = pixels[..., 0] / camera.width
    out[..., 1] = pixels[..., 1] / camera.height
    out[..., 2] = (depth - hips) / hips * camera.focal_px / camera.width
    out[..., 3] = np.where(_hidden(points, joints, camera.eye), HIDDEN, SEEN)
    inside = np.all((out[..., :2] >= 0) & (out[..., :2] <= 1), axis=-1)
    out[..., 3] = np.where(inside, out[..., 3], OUTSIDE)
    return out


def _hidden(points: Floats, joints: Floats, eye: Floats) -> NDArray[np.bool_]:
    """Whether the line of sight to each point ``[T, P, 3]`` passes through a part of the body before it.

    The last part of the way is not looked at, for a landmark lies inside the very limb it belongs to.
    """
    near = np.array([0.10 if bone != BONE["head"] else 0.02 for bone in LANDMARK_BONE])
    a, b = (joints[:, None, _SHADE_ENDS[:, k]] for k in (0, 1))  # [T, 1, S, 3]
    ray = points - eye
    length = np.sqrt(np.sum(ray * ray, axis=-1, keepdims=True))
    ray = ray / length
    gap, along = _line_distance(eye, ray[:, :, None], a, b)
    blocked = (gap < 0.8 * _SHADE_RADIUS) & (along < length - _SHADE_RADIUS - near[:, None])
    return np.asarray(blocked.any(axis=-1))


def _line_distance(eye: Floats, ray: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Least distance of a line of sight to segments a-b, and how far along the line it is."""
    ab, ae = b - a, eye - a
    along_ab = np.sum(ab * ray, axis=-1)
    ab2 = np.sum(ab * ab, axis=-1)
    ae_ab, ae_ray = np.sum(ae * ab, axis=-1), np.sum(ae * ray, axis=-1)
    u = np.clip((ae_ab - ae_ray * along_ab) / np.maximum(ab2 - along_ab**2, 1e-9), 0, 1)
    t = u * along_ab - ae_ray
    gap = ae + t[..., None] * ray - u[..., None] * ab
    return np.sqrt(np.sum(gap * gap, axis=-1)), t
